// SPDX-License-Identifier: GPL-2.0-only
#include "lib/record/quiet.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/record/build.h"
#include "lib/record/doctor.h"
#include "lib/record/environment.h"
#include "lib/record/quiet_checks.h"
#include "lib/record/record.h"
#include "lib/record/settings.h"
#include "lib/record/shown.h"
#include "lib/record/types.h"
#include "lib/record/watched.h"

static const char *const state_names[NR_QUIET_STATES] = {
	[QUIET_FINE] = "fine",
	[QUIET_HINT] = "hint",
	[QUIET_WARNING] = "warning",
	[QUIET_NOT_SHOWN] = "not shown",
};

const char *quiet_state_name(enum quiet_state s)
{
	return state_names[s];
}

/* ---- for the checks --------------------------------------------------------------------------- */

const json_t *quiet_at(const struct quiet_looker *l, const char *path)
{
	const json_t *at = l->environment;
	char part[64];

	while (at && *path) {
		size_t n = strcspn(path, ".");

		snprintf(part, sizeof(part), "%.*s", (int)n, path);
		at = json_object_get(at, part);
		path += n + (path[n] == '.');
	}
	return json_is_null(at) ? NULL : at;
}

const char *quiet_text_at(const struct quiet_looker *l, const char *path)
{
	return json_string_value(quiet_at(l, path));
}

#define PRINT(to, fmt)                                  \
	do {                                            \
		va_list args;                           \
                                                        \
		va_start(args, fmt);                    \
		vsnprintf((to), sizeof(to), fmt, args); \
		va_end(args);                           \
	} while (0)

void quiet_say(struct quiet_looker *l, enum quiet_state state, const char *fmt, ...)
{
	l->out->state = state;
	PRINT(l->out->text, fmt);
}

void quiet_fix(struct quiet_looker *l, const char *fmt, ...)
{
	PRINT(l->out->fix, fmt);
}

void quiet_undo(struct quiet_looker *l, const char *fmt, ...)
{
	PRINT(l->out->undo, fmt);
}

/* ---- all of them ------------------------------------------------------------------------------ */

/* Whether a record has it among its warnings. */
enum { NOT_RECORDED, RECORDED };

static const struct row {
	const char *name;
	quiet_check_function *look;
	int recorded;
} rows[] = {
	{ "governor", quiet_governor, RECORDED },
	{ "turbo", quiet_turbo, RECORDED },
	{ "smt", quiet_smt, RECORDED },
	{ "idle-states", quiet_idle_states, NOT_RECORDED },
	{ "throttled", quiet_throttled, NOT_RECORDED },
	{ "clock", quiet_clock_source, RECORDED },
	{ "hypervisor", quiet_hypervisor, RECORDED },
	{ "steal", quiet_steal, NOT_RECORDED },
	{ "quota", quiet_quota, RECORDED },
	{ "one-cpu", quiet_one_cpu, RECORDED },
	{ "load", quiet_load, RECORDED },
	{ "busy", quiet_busy, NOT_RECORDED },
	{ "pressure", quiet_pressure, NOT_RECORDED },
	{ "bpf", quiet_bpf, RECORDED },
	{ "tracefs", quiet_tracefs, RECORDED },
	{ "profiler", quiet_profiler, NOT_RECORDED },
	{ "kernel-debug", quiet_kernel_debug, RECORDED },
	{ "sched-ext", quiet_sched_ext, NOT_RECORDED },
	{ "numa", quiet_numa_balancing, NOT_RECORDED },
	{ "ksm", quiet_ksm, NOT_RECORDED },
	{ "huge-pages", quiet_huge_pages, NOT_RECORDED },
	{ "watchdog", quiet_watchdog, NOT_RECORDED },
	{ "irqbalance", quiet_irqbalance, NOT_RECORDED },
	{ "priority", quiet_priority, NOT_RECORDED },
	{ "timer-slack", quiet_timer_slack, NOT_RECORDED },
	{ "variables", quiet_variables, NOT_RECORDED },
	{ "build", quiet_build, RECORDED },
	{ "isolated", quiet_isolated, NOT_RECORDED },
	{ "tick", quiet_tick, NOT_RECORDED },
};

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))
_Static_assert(NR_ROWS <= QUIET_MAX_CHECKS, "room for all checks");

const char *quiet_name(size_t i)
{
	return i < NR_ROWS ? rows[i].name : NULL;
}

int quiet_judge(struct quiet_check c[QUIET_MAX_CHECKS], const json_t *environment,
		const struct quiet_moment *m)
{
	memset(c, 0, NR_ROWS * sizeof(*c));
	for (size_t i = 0; i < NR_ROWS; i++) {
		struct quiet_looker l = { environment, m, &c[i] };

		c[i].name = rows[i].name;
		rows[i].look(&l);
	}
	return (int)NR_ROWS;
}

/* ---- looking for a while ---------------------------------------------------------------------- */

/* As the half seconds of a run. */
#define LOOK_NS 500000000

struct cpu_time {
	bool shown;
	double busy, steal, all;
};

static struct cpu_time cpu_time(void)
{
	double user, nice, system, idle, iowait, irq, softirq, steal;
	struct cpu_time t = { 0 };
	char line[256];

	if (!shown_line("/proc/stat", line, sizeof(line)) ||
	    sscanf(line, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &user, &nice, &system, &idle,
		   &iowait, &irq, &softirq, &steal) != 8)
		return t;
	t.shown = true;
	t.busy = user + nice + system + irq + softirq;
	t.steal = steal;
	t.all = t.busy + idle + iowait + steal;
	return t;
}

static long long throttled(void)
{
	json_t *count = settings_throttled();
	long long n = json_integer_value(count);

	json_decref(count);
	return n;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void sleep_a_moment(void)
{
	struct timespec left = { .tv_nsec = LOOK_NS };

	while (nanosleep(&left, &left) && errno == EINTR)
		continue;
}

static void watch(struct quiet_moment *m)
{
	struct cpu_time before = cpu_time(), after;
	long long throttled_before = throttled();
	double begin = seconds(), ticks;

	sleep_a_moment();
	after = cpu_time();
	m->throttled = throttled() - throttled_before;
	m->steal = m->busy = NAN;
	ticks = after.all - before.all;
	if (!before.shown || !after.shown || ticks <= 0)
		return;
	m->steal_ticks = after.steal - before.steal;
	m->steal = m->steal_ticks / ticks;
	m->busy = (after.busy - before.busy) / (double)sysconf(_SC_CLK_TCK) / (seconds() - begin);
}

int quiet_look(struct quiet_check c[QUIET_MAX_CHECKS])
{
	struct watched_processes others;
	struct quiet_moment m = { 0 };
	json_t *environment;
	int nr;

	watch(&m);
	watched_look(&others);
	m.processes_shown = others.all_shown;
	m.profiler = others.nr_profilers ? others.profiler : NULL;
	m.irqbalance = others.irqbalance;
	environment = environment_now();
	if (!environment)
		return -ENOMEM;
	nr = quiet_judge(c, environment, &m);
	json_decref(environment);
	return nr;
}

/* ---- for programs ----------------------------------------------------------------------------- */

static void put_text(json_t *of, const char *key, const char *text)
{
	if (*text)
		json_object_set_new(of, key, record_string(text));
}

static json_t *check_json(const struct quiet_check *c)
{
	json_t *o = json_pack("{s:s, s:s}", "name", c->name, "state", quiet_state_name(c->state));

	put_text(o, "text", c->text);
	put_text(o, "fix", c->fix);
	put_text(o, "undo", c->undo);
	return o;
}

int quiet_write_json(FILE *out, const struct quiet_check *c, size_t nr)
{
	json_t *checks = json_array(), *all;
	struct record_build kt;
	int ret;

	record_build_self(&kt);
	for (size_t i = 0; i < nr; i++)
		json_array_append_new(checks, check_json(&c[i]));
	all = json_pack("{s:s, s:o}", "kt", kt.version, "checks", checks);
	ret = all && !json_dumpf(all, out, JSON_INDENT(2)) ? 0 : -EIO;
	json_decref(all);
	if (!ret && fputc('\n', out) == EOF)
		ret = -EIO;
	return ret;
}

json_t *quiet_warnings(const json_t *environment)
{
	json_t *all = json_array();

	for (size_t i = 0; i < NR_ROWS; i++) {
		struct quiet_check c = { .state = QUIET_FINE };
		struct quiet_looker l = { environment, NULL, &c };

		if (rows[i].recorded)
			rows[i].look(&l);
		if (c.state == QUIET_WARNING)
			json_array_append_new(all,
					      json_pack("{s:o, s:o}", "text", record_string(c.text),
							"fix", record_string(c.fix)));
	}
	return all;
}

size_t record_machine_warnings(struct record_warning *w, size_t max)
{
	json_t *environment = environment_now(), *all, *warning;
	size_t i, nr = 0;

	json_object_del(environment, "load");
	all = quiet_warnings(environment);
	json_array_foreach (all, i, warning) {
		if (nr == max)
			break;
		snprintf(w[nr].text, sizeof(w[nr].text), "%s",
			 json_string_value(json_object_get(warning, "text")) ?: "");
		snprintf(w[nr].fix, sizeof(w[nr].fix), "%s",
			 json_string_value(json_object_get(warning, "fix")) ?: "");
		nr++;
	}
	json_decref(all);
	json_decref(environment);
	return nr;
}
