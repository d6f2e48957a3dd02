/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_BENCH_SETTINGS_H
#define KT_BENCH_SETTINGS_H
/*
 * What an arm can change of the driving thread, and would leave to the arms after it: where and how
 * it is scheduled, and the limits of the process. Internal to the harness.
 */
#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>

#include "bench/harness/cpus.h"
#include "bench/harness/wire.h"

struct bench_settings {
	unsigned long affinity[BENCH_MAX_CPUS / (8 * sizeof(unsigned long))];
	int nice, policy, priority;
	int slack_ns;
	struct rlimit limit[RLIM_NLIMITS];
};

/* bench_settings_read - those of the calling thread */
void bench_settings_read(struct bench_settings *s);

/*
 * bench_settings_restore - put back what differs from @s
 * @stuck: gets the settings that could not be put back (a limit that was lowered for good), as bits
 *
 * Return: the settings that differed, bits 1 << enum wire_setting.
 */
uint32_t bench_settings_restore(const struct bench_settings *s, uint32_t *stuck);
#endif
