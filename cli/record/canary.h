/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A canary: one cold and one hot read, one direct read, an fsync and a synchronous
 * write on a scratch file, recorded, so that a hook that attaches and counts nothing is
 * found out.
 */
#ifndef IOSTAGE_CANARY_H
#define IOSTAGE_CANARY_H

#include "capture.h"

/*
 * Runs in directory, which has to be on a filesystem with a block device. The file is
 * unlinked before anything is written to it. 0 or negative errno; err gets one line.
 */
int canary(const char *directory, struct capture *out, char *err, size_t size);

#endif
