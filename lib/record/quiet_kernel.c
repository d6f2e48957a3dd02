// SPDX-License-Identifier: GPL-2.0-only
/* How the kernel, this process and kt itself are set up. */
#include "lib/record/quiet_checks.h"

#include <string.h>

#include "lib/record/shown.h"

void quiet_hypervisor(struct quiet_looker *l)
{
	const json_t *hypervisor = quiet_at(l, "cpu.hypervisor");

	if (!hypervisor) {
		quiet_say(l, QUIET_NOT_SHOWN,
			  "this architecture does not say whether it is a "
			  "virtual machine");
	} else if (json_is_true(hypervisor)) {
		quiet_say(
			l, QUIET_WARNING,
			"a virtual machine: other guests take CPU time, and wake-ups go through the hypervisor");
		quiet_fix(l, "measure on bare metal for absolute figures; ratios hold");
	}
}

/* Each of these makes locks or memory accesses several times as expensive. */
void quiet_kernel_debug(struct quiet_looker *l)
{
	static const char *const option[] = { "KASAN=y", "KMSAN=y", "KCSAN=y", "PROVE_LOCKING=y" };
	const json_t *config = quiet_at(l, "kernel.config"), *set;
	size_t k;

	if (!config) {
		quiet_say(l, QUIET_NOT_SHOWN,
			  "neither /proc/config.gz nor /boot/config says how the kernel was built");
		return;
	}
	for (size_t i = 0; i < sizeof(option) / sizeof(option[0]); i++) {
		json_array_foreach (config, k, set) {
			if (strcmp(json_string_value(set) ?: "", option[i]))
				continue;
			quiet_say(l, QUIET_WARNING, "the kernel checks itself (CONFIG_%s)",
				  option[i]);
			quiet_fix(l, "boot a kernel that was built without it");
			return;
		}
	}
}

void quiet_sched_ext(struct quiet_looker *l)
{
	const char *state = quiet_text_at(l, "settings.sched_ext");

	/* A kernel without the file has no such scheduler. */
	if (!state || !strcmp(state, "disabled"))
		return;
	quiet_say(l, QUIET_HINT, "a scheduler made of BPF programs is loaded (sched_ext)");
	quiet_fix(l, "end the program that loaded it, to measure the kernel's own scheduler");
}

void quiet_numa_balancing(struct quiet_looker *l)
{
	const char *balancing = quiet_text_at(l, "settings.numa_balancing");

	if (json_integer_value(quiet_at(l, "cpu.numa_nodes")) < 2 || !balancing ||
	    !strcmp(balancing, "0"))
		return;
	quiet_say(l, QUIET_WARNING,
		  "NUMA balancing moves memory between nodes while something is measured");
	quiet_fix(l, "sysctl kernel.numa_balancing=0");
	quiet_undo(l, "sysctl kernel.numa_balancing=%s", balancing);
}

void quiet_huge_pages(struct quiet_looker *l)
{
	const char *mode = quiet_text_at(l, "transparent_hugepage");

	/* A kernel without the file makes none. */
	if (!mode || !strstr(mode, "[always]"))
		return;
	quiet_say(l, QUIET_HINT,
		  "any memory may become huge pages, and making them takes time now and then");
	quiet_fix(l, "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
	quiet_undo(l, "echo always > /sys/kernel/mm/transparent_hugepage/enabled");
}

void quiet_ksm(struct quiet_looker *l)
{
	const char *run = quiet_text_at(l, "settings.ksm");

	if (!run || strcmp(run, "1"))
		return;
	quiet_say(l, QUIET_WARNING, "the kernel looks for equal pages all the time (KSM)");
	quiet_fix(l, "echo 0 > /sys/kernel/mm/ksm/run");
	quiet_undo(l, "echo 1 > /sys/kernel/mm/ksm/run");
}

void quiet_watchdog(struct quiet_looker *l)
{
	const char *on = quiet_text_at(l, "settings.nmi_watchdog");

	if (!on || strcmp(on, "1"))
		return;
	quiet_say(l, QUIET_HINT, "the NMI watchdog interrupts each busy CPU");
	quiet_fix(l, "sysctl kernel.nmi_watchdog=0");
	quiet_undo(l, "sysctl kernel.nmi_watchdog=1");
}

void quiet_quota(struct quiet_looker *l)
{
	const char *quota = quiet_text_at(l, "process.cpu_quota");

	if (!quota) {
		quiet_say(l, QUIET_NOT_SHOWN,
			  "control groups are not mounted here: there may be a CPU quota");
	} else if (strcmp(quota, "max")) {
		quiet_say(l, QUIET_WARNING, "a CPU quota throttles this process (%s)", quota);
		quiet_fix(l, "echo max > cpu.max in the control group");
	}
}

void quiet_priority(struct quiet_looker *l)
{
	const char *policy = quiet_text_at(l, "process.policy");
	json_int_t nice = json_integer_value(quiet_at(l, "process.nice"));

	if (policy && strcmp(policy, "other")) {
		quiet_say(l, QUIET_WARNING,
			  "kt runs with the scheduling policy %s, and so do all "
			  "arms",
			  policy);
		quiet_fix(l, "chrt -o -p 0 $$");
	} else if (nice) {
		quiet_say(l, QUIET_WARNING,
			  "kt runs with nice %" JSON_INTEGER_FORMAT ", and so do all arms", nice);
		quiet_fix(l, "renice -n 0 $$");
		quiet_undo(l, "renice -n %" JSON_INTEGER_FORMAT " $$", nice);
	}
}

/* What the kernel gives every process. */
#define USUAL_SLACK_NS 50000

void quiet_timer_slack(struct quiet_looker *l)
{
	json_int_t slack = json_integer_value(quiet_at(l, "process.timer_slack_ns"));

	if (slack <= USUAL_SLACK_NS)
		return;
	quiet_say(l, QUIET_WARNING,
		  "timers may be %" JSON_INTEGER_FORMAT " us late (the usual slack is %d us)",
		  slack / 1000, USUAL_SLACK_NS / 1000);
	quiet_fix(l, "echo %d > /proc/$$/timerslack_ns", USUAL_SLACK_NS);
	quiet_undo(l, "echo %" JSON_INTEGER_FORMAT " > /proc/$$/timerslack_ns", slack);
}

void quiet_variables(struct quiet_looker *l)
{
	const json_t *set = quiet_at(l, "variables");
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)set, name, value) {
		quiet_say(l, QUIET_WARNING, "%s is set, which changes how the arms run", name);
		quiet_fix(l, "unset %s", name);
		return;
	}
}

void quiet_build(struct quiet_looker *l)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	quiet_say(l, QUIET_WARNING, "kt was built with a sanitizer");
	quiet_fix(l, "make clean, then make");
#elif !defined(__OPTIMIZE__)
	quiet_say(l, QUIET_WARNING, "kt was built without optimisation");
	quiet_fix(l, "make CFLAGS='-O2 -g'");
#else
	(void)l;
#endif
}
