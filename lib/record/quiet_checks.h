/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_QUIET_CHECKS_H
#define KT_RECORD_QUIET_CHECKS_H
/*
 * What each check of quiet.h is made of: a function that says what it found, or nothing when all is
 * fine. For quiet*.c only.
 */
#include "lib/record/quiet.h"

struct quiet_looker {
	const json_t *environment;
	const struct quiet_moment *now; /* NULL: what needs to look for a while is left out */
	struct quiet_check *out;	/* of the check that looks */
};

/* quiet_at - "cpu.smt" of the environment; NULL: not there, or null */
const json_t *quiet_at(const struct quiet_looker *l, const char *path);
const char *quiet_text_at(const struct quiet_looker *l, const char *path);

/* quiet_say - what was found: @state, a sentence without its period */
void quiet_say(struct quiet_looker *l, enum quiet_state state, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* quiet_fix, quiet_undo - what changes it, and back; once each, after quiet_say() */
void quiet_fix(struct quiet_looker *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void quiet_undo(struct quiet_looker *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

typedef void quiet_check_function(struct quiet_looker *l);

/* The CPUs: quiet_cpu.c */
quiet_check_function quiet_governor, quiet_turbo, quiet_smt, quiet_idle_states, quiet_throttled,
	quiet_isolated, quiet_tick, quiet_clock_source, quiet_one_cpu;
/* What else runs: quiet_others.c */
quiet_check_function quiet_load, quiet_busy, quiet_pressure, quiet_steal, quiet_bpf, quiet_tracefs,
	quiet_profiler, quiet_irqbalance;
/* The kernel, the process, kt itself: quiet_kernel.c */
quiet_check_function quiet_hypervisor, quiet_kernel_debug, quiet_sched_ext, quiet_numa_balancing,
	quiet_huge_pages, quiet_ksm, quiet_watchdog, quiet_quota, quiet_priority, quiet_timer_slack,
	quiet_variables, quiet_build;
#endif
