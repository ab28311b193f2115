/* SPDX-License-Identifier: GPL-2.0-only */
/* The generated skeleton, with the types that it takes from the BPF side. */
#ifndef IOSTAGE_SKELETON_H
#define IOSTAGE_SKELETON_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

#include "state.h"
#include "iostage.skel.h"

#endif
