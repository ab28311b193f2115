/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IOSTAGE_STAMPS_H
#define IOSTAGE_STAMPS_H

#include <linux/types.h>

/* When a request passed which boundary (ns, CLOCK_MONOTONIC); 0: it did not, or not seen. */
struct stamps {
	__u64 issued;
	__u64 irq;		/* entry of the interrupt that completed it */
	__u64 unmap;
	__u64 complete;
	__u64 sector;
	__u32 sectors;
	__u32 dev;
	__u32 flags;		/* cmd_flags at issue */
	__u32 sequence;		/* not 0: went through the flush sequence, only then is what follows set */
	__u64 flush_issued;	/* cache flush before its data (REQ_PREFLUSH) */
	__u64 flush_done;
	__u64 post_issued;	/* cache flush after its data, in place of FUA */
	__u64 post_done;
	__u64 flushes;		/* that were done for it: requests of their own */
};

#endif
