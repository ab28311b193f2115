/* SPDX-License-Identifier: GPL-2.0-only */
/* NVMe's queues, as sysfs shows them. */
#ifndef IOSTAGE_QUEUES_H
#define IOSTAGE_QUEUES_H

#include <stdbool.h>

/*
 * Can a request be completed elsewhere than in the interrupt that announced it? So it is where a
 * queue of any NVMe disk serves several CPUs, or is polled. Where each CPU has a queue, the queue's
 * interrupt goes to that CPU (managed affinity, Linux 4.8). Interrupts in threads are not looked
 * for: there the device's time ends where the driver's work begins. block: /sys/block.
 */
bool queues_complete_elsewhere(const char *block);

#endif
