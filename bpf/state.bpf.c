// SPDX-License-Identifier: GPL-2.0-only
/* What the programs keep, once for all of them. */
#include "device.h"
#include "owner.h"
#include "request.h"

/* Off until everything is attached and calibrated, and again while reading out. */
volatile u32 recording;

/* An operation of io_uring has begun: before that, nobody looks for one. */
volatile u32 rings;

/* So it is with one that has flushed for data of its own, as other filesystems' logs do. */
volatile u32 flushers;

u16 pids[MAX_PIDS];
u8 members[MAX_PIDS];
struct op ops[MAX_OPERATIONS];
struct journal journals[MAX_JOURNALS];
struct cpu cpus[MAX_CPUS];
struct request_record requests[MAX_REQUESTS];
struct owned owned[MAX_OWNED];
struct device devices[MAX_DEVICE_ENTRIES];
