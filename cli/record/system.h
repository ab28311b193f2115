/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IOSTAGE_SYSTEM_H
#define IOSTAGE_SYSTEM_H

#include "capture.h"

/* Fills c->system. 0 or negative errno. */
int system_describe(struct capture *c);

#endif
