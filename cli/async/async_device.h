/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What devices keep mechanisms from having any effect. root: as in async.h. device: a name
 * in /sys/class/block. Each says in text why, and what to do, and returns true; or false.
 */
#ifndef IOSTAGE_ASYNC_DEVICE_H
#define IOSTAGE_ASYNC_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

bool device_not_light(const char *root, const char *device, char *text, size_t size);
bool device_not_polled(const char *root, const char *device, char *text, size_t size);

#endif
