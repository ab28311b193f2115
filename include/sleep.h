/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a request explains the sleep that its completion ended. The programs split a journal
 * thread's sleeps by it as they end; an operation's are split by iostage (cli/record/sleeps.c),
 * since an operation must not wait for that.
 *
 * Who includes it has SLEEPER, what sleeps, and
 *
 *	until(s, stage, at, end, in)	it is in `stage` since `at`, if that lasts at all; returns
 *					where that ends, `in` at the latest
 *	mark(s, device, issued, done, out)	that I/O was in flight: what ran before `out`, when
 *					the sleep began, is hidden
 */
#ifndef IOSTAGE_SLEEP_H
#define IOSTAGE_SLEEP_H

#include "stages.h"
#include "stamps.h"

/*
 * [at, end) of the sleep: where the request was held, its flush, the device, the completion. `gap`
 * names the time before it reached the driver, `found` how the driver got to know of its completion.
 * Returns where what it explains ends.
 */
static inline __attribute__((always_inline)) __u64
split_by_request(SLEEPER *s, const struct stamps *why, __u32 gap, __u32 device, __u32 found, __u64 at,
		 __u64 end)
{
	__u64 out = at;

	if (why->sequence && why->flush_done) {
		at = until(s, gap, at, why->flush_issued, end);
		at = until(s, STAGE_DEVICE_FLUSH, at, why->flush_done, end);
		gap = STAGE_REQUEST;
		mark(s, STAGE_DEVICE_FLUSH, why->flush_issued, why->flush_done, out);
	}
	at = until(s, gap, at, why->issued, end);
	at = until(s, device, at, why->irq ? why->irq : why->complete, end);
	mark(s, device, why->issued, why->complete, out);
	if (why->unmap)
		at = until(s, found, at, why->unmap, end);
	at = until(s, why->unmap ? STAGE_DMA_UNMAP : found, at, why->complete, end);
	if (why->sequence && why->post_done) {
		at = until(s, STAGE_REQUEST, at, why->post_issued, end);
		at = until(s, STAGE_DEVICE_FLUSH, at, why->post_done, end);
	}
	return at;
}

#endif
