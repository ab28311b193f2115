// SPDX-License-Identifier: GPL-2.0-only
/* The driver: what a submission does between blk-mq and the doorbell. */
#include "request.h"

TRACE(nvme_setup_cmd, STAGE_DMA_MAP)

/*
 * The completion side: the request's own stamps, never the clock of `current`. Where the CPU that
 * submits also gets the interrupt, its entry is known without this.
 */
SEC("tp_btf")
int BPF_PROG(nvme_sq, struct request *rq)
{
	struct request_record *r = request_find(rq);
	struct cpu *cpu = this_cpu();

	if (r)
		r->stamps.irq = cpu->interrupts && cpu->irq ? cpu->irq : bpf_ktime_get_ns();
	return 0;
}

SEC("fentry")
int BPF_PROG(nvme_unmap_data, void *dev, struct request *rq)
{
	struct request_record *r = request_find(rq);

	if (r)
		r->stamps.unmap = bpf_ktime_get_ns();
	return 0;
}
