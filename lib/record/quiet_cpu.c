// SPDX-License-Identifier: GPL-2.0-only
/* What the CPUs do to figures: clock rate, shared cores, sleep, heat, the tick. */
#include "lib/record/quiet_checks.h"

#include <string.h>

#include "lib/record/shown.h"

/* A wake that finds its CPU asleep waits for it; C1 takes a microsecond or two. */
#define SHALLOW_US 5

void quiet_governor(struct quiet_looker *l)
{
	const char *governor = quiet_text_at(l, "frequency.governor");

	if (!governor) {
		quiet_say(l, QUIET_NOT_SHOWN,
			  "no frequency governor: firmware or the host decides");
	} else if (strcmp(governor, "performance")) {
		quiet_say(l, QUIET_WARNING, "the frequency governor is %s", governor);
		quiet_fix(l, "cpupower frequency-set -g performance");
		if (!strchr(governor, ','))
			quiet_undo(l, "cpupower frequency-set -g %s", governor);
	}
}

void quiet_turbo(struct quiet_looker *l)
{
	const json_t *turbo = quiet_at(l, "frequency.turbo");
	bool intel = shown_exists(CPU_DIR "intel_pstate/no_turbo");
	const char *file = intel ? CPU_DIR "intel_pstate/no_turbo" : CPU_DIR "cpufreq/boost";

	if (!turbo) {
		quiet_say(l, QUIET_NOT_SHOWN, "no switch for turbo: firmware or the host decides");
	} else if (json_is_true(turbo)) {
		quiet_say(l, QUIET_WARNING,
			  "turbo is on: the clock rate depends on temperature and neighbours");
		quiet_fix(l, "echo %d > %s", intel, file);
		quiet_undo(l, "echo %d > %s", !intel, file);
	}
}

void quiet_smt(struct quiet_looker *l)
{
	const char *smt = quiet_text_at(l, "cpu.smt");

	if (!smt) {
		quiet_say(l, QUIET_NOT_SHOWN,
			  "no switch for SMT; `lscpu -e` shows which CPUs share a core");
	} else if (!strcmp(smt, "on")) {
		quiet_say(l, QUIET_WARNING, "SMT is on: sibling CPUs share a core");
		quiet_fix(l, "echo off > " CPU_DIR "smt/control");
		quiet_undo(l, "echo on > " CPU_DIR "smt/control");
	}
}

void quiet_idle_states(struct quiet_looker *l)
{
	const json_t *states = quiet_at(l, "frequency.idle_states");
	json_int_t us = json_integer_value(quiet_at(l, "frequency.idle_latency_us"));
	const char *deepest;

	if (!states) {
		quiet_say(l, QUIET_NOT_SHOWN,
			  "no idle states: how deep an idle CPU sleeps is not known");
	} else if (us > SHALLOW_US) {
		deepest = json_string_value(json_array_get(states, json_array_size(states) - 1));
		quiet_say(l, QUIET_WARNING,
			  "an idle CPU sleeps as deep as %s and takes %" JSON_INTEGER_FORMAT
			  " us to wake: it shows as `wake`",
			  deepest ?: "it can", us);
		quiet_fix(l, "cpupower idle-set -D %d", SHALLOW_US);
		quiet_undo(l, "cpupower idle-set -E");
	}
}

void quiet_throttled(struct quiet_looker *l)
{
	const json_t *throttled = quiet_at(l, "load.throttled");

	if (!throttled) {
		quiet_say(l, QUIET_NOT_SHOWN, "whether heat slows CPUs down is not counted here");
	} else if (l->now->throttled > 0) {
		quiet_say(l, QUIET_WARNING, "a CPU is too hot and is slowed down now");
		quiet_fix(l, "let it cool down; cpupower frequency-set -u FREQUENCY keeps it cool");
	} else if (json_integer_value(throttled)) {
		quiet_say(l, QUIET_HINT,
			  "CPUs were too hot and slowed down %" JSON_INTEGER_FORMAT
			  " times since boot",
			  json_integer_value(throttled));
		quiet_fix(l, "cpupower frequency-set -u FREQUENCY, one that it can hold");
	}
}

/* The boot options of both; the CPUs are the user's to choose. */
#define BOOT_OPTIONS "isolcpus=LIST nohz_full=LIST rcu_nocbs=LIST"

void quiet_isolated(struct quiet_looker *l)
{
	const char *list = quiet_text_at(l, "cpu.isolated");

	if (!list) {
		quiet_say(l, QUIET_NOT_SHOWN, "this kernel does not list isolated CPUs");
	} else if (!*list) {
		quiet_say(l, QUIET_HINT, "no CPU is isolated: any thread may run on each of them");
		quiet_fix(l, "boot with " BOOT_OPTIONS " and measure with taskset -c LIST");
	}
}

void quiet_tick(struct quiet_looker *l)
{
	const char *list = quiet_text_at(l, "cpu.nohz_full");

	if (!list) {
		quiet_say(l, QUIET_NOT_SHOWN,
			  "this kernel cannot stop the tick of a busy CPU (CONFIG_NO_HZ_FULL)");
	} else if (!*list) {
		quiet_say(l, QUIET_HINT, "the timer tick interrupts each busy CPU");
		quiet_fix(l, "boot with " BOOT_OPTIONS);
	}
}

void quiet_clock_source(struct quiet_looker *l)
{
	static const char file[] =
		"/sys/devices/system/clocksource/clocksource0/current_clocksource";
	const char *source = quiet_text_at(l, "clock.source");
	const char *available = quiet_text_at(l, "clock.available");

	if (!source || !available) {
		quiet_say(l, QUIET_NOT_SHOWN, "the kernel does not say which clock it reads");
	} else if (strstr(available, "tsc") && strcmp(source, "tsc")) {
		quiet_say(l, QUIET_WARNING, "the clock source is %s, slow to read", source);
		quiet_fix(l, "echo tsc > %s", file);
		quiet_undo(l, "echo %s > %s", source, file);
	}
}

void quiet_one_cpu(struct quiet_looker *l)
{
	if (json_integer_value(quiet_at(l, "cpu.nr_allowed")) != 1)
		return;
	quiet_say(l, QUIET_WARNING, "only one CPU is allowed: questions across CPUs are skipped");
	quiet_fix(l, "taskset -pc 0-$(($(nproc --all)-1)) $$");
	if (quiet_text_at(l, "cpu.allowed"))
		quiet_undo(l, "taskset -pc %s $$", quiet_text_at(l, "cpu.allowed"));
}
