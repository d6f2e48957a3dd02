// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/harness/settings.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

void bench_settings_read(struct bench_settings *s)
{
	struct sched_param param = { 0 };

	memset(s, 0, sizeof(*s));
	sched_getaffinity(0, sizeof(s->affinity), (cpu_set_t *)s->affinity);
	s->nice = getpriority(PRIO_PROCESS, (id_t)gettid());
	s->policy = sched_getscheduler(0);
	sched_getparam(0, &param);
	s->priority = param.sched_priority;
	s->slack_ns = prctl(PR_GET_TIMERSLACK);
	for (int i = 0; i < RLIM_NLIMITS; i++)
		getrlimit(i, &s->limit[i]);
}

static uint32_t differences(const struct bench_settings *a, const struct bench_settings *b)
{
	uint32_t bits = 0;

	if (memcmp(a->affinity, b->affinity, sizeof(a->affinity)))
		bits |= 1U << WIRE_AFFINITY;
	if (a->nice != b->nice)
		bits |= 1U << WIRE_NICE;
	if (a->policy != b->policy || a->priority != b->priority)
		bits |= 1U << WIRE_POLICY;
	if (a->slack_ns != b->slack_ns)
		bits |= 1U << WIRE_SLACK;
	if (memcmp(a->limit, b->limit, sizeof(a->limit)))
		bits |= 1U << WIRE_LIMITS;
	return bits;
}

static void put_back(const struct bench_settings *s, uint32_t bits)
{
	const struct sched_param param = { .sched_priority = s->priority };

	/* The policy first: where it is a real-time one, the rest may be refused or wait. */
	if (bits & 1U << WIRE_POLICY)
		sched_setscheduler(0, s->policy, &param);
	if (bits & 1U << WIRE_AFFINITY)
		sched_setaffinity(0, sizeof(s->affinity), (const cpu_set_t *)s->affinity);
	if (bits & 1U << WIRE_NICE)
		setpriority(PRIO_PROCESS, (id_t)gettid(), s->nice);
	if (bits & 1U << WIRE_SLACK)
		prctl(PR_SET_TIMERSLACK, (unsigned long)s->slack_ns);
	for (int i = 0; bits & 1U << WIRE_LIMITS && i < RLIM_NLIMITS; i++)
		setrlimit(i, &s->limit[i]);
}

uint32_t bench_settings_restore(const struct bench_settings *s, uint32_t *stuck)
{
	struct bench_settings now;
	uint32_t bits;

	bench_settings_read(&now);
	bits = differences(s, &now);
	*stuck = 0;
	if (!bits)
		return 0;
	put_back(s, bits);
	bench_settings_read(&now);
	*stuck = differences(s, &now);
	return bits;
}
