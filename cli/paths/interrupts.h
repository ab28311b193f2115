/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IOSTAGE_INTERRUPTS_H
#define IOSTAGE_INTERRUPTS_H

#include <stdint.h>

/*
 * How many interrupts the I/O queues of a disk or partition, by its name in sysfs, have raised
 * since the machine started. -1: they cannot be told from others' (it is neither NVMe nor
 * virtio).
 */
int64_t interrupts_of(const char *disk);

#endif
