// SPDX-License-Identifier: GPL-2.0-only
/* What else takes CPU time while something is measured, or watches it. */
#include "lib/record/quiet_checks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/record/shown.h"

#define WHO_IS_BUSY "ps -eo pcpu,pid,comm --sort=-pcpu | head"

void quiet_load(struct quiet_looker *l)
{
	json_int_t cpus = json_integer_value(quiet_at(l, "cpu.nr_allowed"));
	const json_t *load = quiet_at(l, "load.average");
	double average = json_real_value(json_array_get(load, 0));

	if (!load) {
		quiet_say(l, QUIET_NOT_SHOWN, "there is no load average");
	} else if (cpus > 0 && average > 0.5 * (double)cpus) {
		quiet_say(l, QUIET_WARNING, "load average %.1f on %d CPUs before the run", average,
			  (int)cpus);
		quiet_fix(l, WHO_IS_BUSY);
	}
}

/* As a run is called unsteady: more than half a CPU. */
void quiet_busy(struct quiet_looker *l)
{
	if (isnan(l->now->busy)) {
		quiet_say(l, QUIET_NOT_SHOWN, "/proc/stat does not say how busy the CPUs are");
	} else if (l->now->busy > 0.5) {
		quiet_say(l, QUIET_WARNING, "other programs keep %.1f CPUs busy now", l->now->busy);
		quiet_fix(l, WHO_IS_BUSY);
	}
}

/* "some avg10=0.35 avg60=...": the share of the last ten seconds in percent; NAN */
static double pressure(const struct quiet_looker *l, const char *path)
{
	const char *text = quiet_text_at(l, path), *at = text ? strstr(text, "avg10=") : NULL;
	double percent;

	return at && sscanf(at, "avg10=%lf", &percent) == 1 ? percent : NAN;
}

/* Beyond these shares of ten seconds somebody waited who would have been in the way. */
void quiet_pressure(struct quiet_looker *l)
{
	double cpu = pressure(l, "load.psi_cpu"), memory = pressure(l, "load.psi_memory");
	double io = pressure(l, "load.psi_io");

	if (isnan(cpu)) {
		quiet_say(l, QUIET_NOT_SHOWN,
			  "/proc/pressure is not there: boot with psi=1 (CONFIG_PSI)");
	} else if (cpu > 5) {
		quiet_say(l, QUIET_WARNING,
			  "threads waited for a CPU in %.0f %% of the last ten seconds", cpu);
		quiet_fix(l, WHO_IS_BUSY);
	} else if (memory > 1) {
		quiet_say(l, QUIET_WARNING,
			  "threads waited for memory in %.0f %% of the last ten seconds", memory);
		quiet_fix(l, "ps -eo rss,pid,comm --sort=-rss | head");
	} else if (io > 20) {
		quiet_say(l, QUIET_WARNING,
			  "threads waited for a disk in %.0f %% of the last ten seconds", io);
		quiet_fix(l, "ps -eo stat,pid,comm | grep ^D");
	}
}

/* As a run is called unsteady, and as long ago as the machine booted. */
void quiet_steal(struct quiet_looker *l)
{
	const json_t *since_boot = quiet_at(l, "load.steal");

	if (isnan(l->now->steal) || !since_boot) {
		quiet_say(l, QUIET_NOT_SHOWN, "/proc/stat does not say what other guests take");
	} else if (l->now->steal > 0.02 && l->now->steal_ticks >= 3) {
		quiet_say(l, QUIET_WARNING, "other guests take %.0f %% of the CPU time now (steal)",
			  100 * l->now->steal);
		quiet_fix(l, "ask the host for dedicated CPUs; tracers cannot see such a pause");
	} else if (json_number_value(since_boot) >= 0.01) {
		quiet_say(l, QUIET_HINT,
			  "other guests had %.0f %% of the CPU time since boot (steal)",
			  100 * json_number_value(since_boot));
		quiet_fix(l, "ask the host for dedicated CPUs; tracers cannot see such a pause");
	}
}

void quiet_bpf(struct quiet_looker *l)
{
	const json_t *nr = quiet_at(l, "watched.bpf_programs");

	if (!nr) {
		quiet_say(l, QUIET_NOT_SHOWN,
			  "BPF programs are listed for root alone (CAP_SYS_ADMIN)");
	} else if (json_integer_value(nr)) {
		quiet_say(l, QUIET_WARNING,
			  "%" JSON_INTEGER_FORMAT " BPF program%s of others trace%s this kernel",
			  json_integer_value(nr), json_integer_value(nr) == 1 ? "" : "s",
			  json_integer_value(nr) == 1 ? "s" : "");
		quiet_fix(l, "bpftool prog list; end the programs that loaded them");
	}
}

void quiet_tracefs(struct quiet_looker *l)
{
	const char *tracer = quiet_text_at(l, "watched.tracer");
	const json_t *events = quiet_at(l, "watched.events");

	if (!tracer || !events) {
		quiet_say(l, QUIET_NOT_SHOWN,
			  "tracefs is not mounted, or not readable: run as root");
	} else if (strcmp(tracer, "nop")) {
		quiet_say(l, QUIET_WARNING, "the %s tracer is on", tracer);
		quiet_fix(l, "echo nop > /sys/kernel/tracing/current_tracer");
		quiet_undo(l, "echo %s > /sys/kernel/tracing/current_tracer", tracer);
	} else if (json_integer_value(events)) {
		quiet_say(l, QUIET_WARNING, "%" JSON_INTEGER_FORMAT " trace event%s switched on",
			  json_integer_value(events),
			  json_integer_value(events) == 1 ? " is" : "s are");
		quiet_fix(l, "echo > /sys/kernel/tracing/set_event");
	}
}

void quiet_profiler(struct quiet_looker *l)
{
	if (l->now->profiler) {
		quiet_say(l, QUIET_WARNING, "%s has perf events open", l->now->profiler);
		quiet_fix(l, "end that process");
	} else if (!l->now->processes_shown) {
		quiet_say(l, QUIET_NOT_SHOWN,
			  "what other users' processes have open is shown to root alone");
	}
}

void quiet_irqbalance(struct quiet_looker *l)
{
	if (!l->now->irqbalance)
		return;
	quiet_say(l, QUIET_HINT, "irqbalance moves interrupts from CPU to CPU");
	quiet_fix(l, "systemctl stop irqbalance");
	quiet_undo(l, "systemctl start irqbalance");
}
