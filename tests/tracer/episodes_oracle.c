// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single works and parks against a program that does a known number of them: each is handed over
 * once, they add up to the histograms, who queued or asked is named, and with a ring that is too small
 * the rest is counted as lost.
 *
 *	episodes_oracle PROGRAM [OLDER]
 *
 * PROGRAM is a kthread_oracle; OLDER is one whose works have no logs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/park_shared.h"
#include "bpf/trace_command.h"
#include "bpf/tracer.h"
#include "bpf/work_shared.h"
#include "lib/record/types.h"

enum { IDLE = 20, BUSY = 300, CANCELLED = 3, FLUSHES = 2, WORKS = IDLE + 1 + BUSY, PARKS = 25 };

static int nr_passed, nr_failed;

static void check(bool ok, const char *what, unsigned long long value)
{
	if (ok) {
		nr_passed++;
		return;
	}
	nr_failed++;
	printf("FAIL: %s: %llu\n", what, value);
}

static void die(const char *err)
{
	fprintf(stderr, "episodes_oracle: %s\n", err);
	exit(1);
}

/* ---- what was handed over -------------------------------------------------------------------- */

static struct tally {
	unsigned long long nr, steps, gates, unnamed, idle, busy, idle_ns, busy_ns, run_ns;
	unsigned long long by_main, by_none, wrong_sum, react_ns, unpark_ns, parked, asked;
	unsigned long long backwards, last_end, others;
} got;

static unsigned long long phase_of(const struct record_event *e, const char *name)
{
	for (size_t i = 0; i < e->nr_phases; i++)
		if (!strcmp(e->phase[i].name, name))
			return e->phase[i].value;
	return 0;
}

static int take(const struct record_event *e, uint32_t group, void *arg)
{
	unsigned long long sum = 0;

	(void)group;
	(void)arg;
	got.nr++;
	for (size_t i = 0; i < e->nr_phases; i++)
		sum += e->phase[i].value;
	got.wrong_sum += sum != e->ns;
	got.by_none += !e->has_waker;
	got.by_main += e->has_waker && e->waker.task.tid == e->waker.task.tgid &&
		       e->waker.task.tgid == e->task.tgid && e->task.tid != e->task.tgid &&
		       e->waker.context && !strcmp(e->waker.context, "task");
	got.backwards += e->time_ns < got.last_end;
	got.last_end = e->time_ns;
	got.idle += !strcmp(e->population, "delay_idle");
	got.busy += !strcmp(e->population, "delay_busy");
	got.asked += !strcmp(e->population, "park_react");
	got.idle_ns += phase_of(e, "delay_idle");
	got.busy_ns += phase_of(e, "delay_busy");
	got.run_ns += phase_of(e, "run");
	got.react_ns += phase_of(e, "park_react");
	got.unpark_ns += phase_of(e, "unpark");
	if (e->function) {
		got.steps += !strcmp(e->function, "oracle_step");
		got.gates += !strcmp(e->function, "oracle_gate");
		got.unnamed += !strncmp(e->function, "0x", 2);
	}
	return 0;
}

/* ---- runs ------------------------------------------------------------------------------------ */

static struct tracer_snapshot *run(const char *program, struct tracer_opts *o, char **command)
{
	struct tracer_snapshot *s;
	struct trace_command *c;
	char err[512] = "";
	struct tracer *t;
	pid_t pid;

	memset(&got, 0, sizeof(got));
	command[0] = (char *)program;
	if (trace_command_hold(&c, command, NULL, err, sizeof(err)))
		die(err);
	pid = trace_command_pid(c);
	o->filter = (struct filter){ .tgid = &pid, .nr_tgids = 1 };
	o->follow_children = true;
	o->command = program;
	if (tracer_open(&t, o, err, sizeof(err)))
		die(err);
	tracer_on_event(t, take, NULL);
	if (tracer_attach(t, err, sizeof(err)) || trace_command_wake(c, err, sizeof(err)))
		die(err);
	tracer_enable(t, true);
	if (trace_command_go(c, err, sizeof(err)))
		die(err);
	/* While it runs, so that its functions have names; a ring that is too small is left to overflow. */
	while (!o->ring_bytes && !trace_command_ended(c))
		if (tracer_poll(t))
			die("cannot poll");
	check(trace_command_wait(c) == 7, "the program's status", 0);
	tracer_enable(t, false);
	if (tracer_read(t, &s))
		die("cannot read");
	tracer_close(t);
	trace_command_free(c);
	return s;
}

static struct tracer_snapshot *run_works(const char *program, struct tracer_opts *o)
{
	char idle[16], busy[16], cancelled[16], flushes[16];
	char *command[] = { NULL, "work", idle, busy, cancelled, flushes, NULL };

	snprintf(idle, sizeof(idle), "%d", IDLE);
	snprintf(busy, sizeof(busy), "%d", BUSY);
	snprintf(cancelled, sizeof(cancelled), "%d", CANCELLED);
	snprintf(flushes, sizeof(flushes), "%d", FLUSHES);
	o->kind = TRACER_WORK;
	return run(program, o, command);
}

static struct tracer_snapshot *run_parks(const char *program, struct tracer_opts *o)
{
	char parks[16];
	char *command[] = { NULL, "park", parks, NULL };

	snprintf(parks, sizeof(parks), "%d", PARKS);
	o->kind = TRACER_PARK;
	return run(program, o, command);
}

static unsigned long long counter(const struct tracer_snapshot *s, const char *name)
{
	for (uint32_t i = 0; i < s->nr_counters; i++)
		if (!strcmp(s->counter[i].name, name))
			return s->counter[i].value;
	return 0;
}

static const struct hist *hist(const struct tracer_snapshot *s, uint32_t m)
{
	static const struct hist none;

	return s->nr_groups && s->group[0].metric[m] ? s->group[0].metric[m] : &none;
}

static unsigned long long number_of(const struct tracer_snapshot *s, uint32_t m)
{
	return hist(s, m)->count;
}

static unsigned long long sum_of(const struct tracer_snapshot *s, uint32_t m)
{
	return hist(s, m)->sum;
}

/* ---- cases ----------------------------------------------------------------------------------- */

static void all_works(const char *program)
{
	struct tracer_opts o = { .events = { .stream = true } };
	struct tracer_snapshot *s = run_works(program, &o);

	check(got.nr == WORKS, "each work once", got.nr);
	check(!counter(s, "ring_full") && counter(s, "streamed") == got.nr, "none is lost",
	      counter(s, "ring_full"));
	check(got.idle == number_of(s, METRIC_DELAY_IDLE), "idle ones", got.idle);
	check(got.busy == number_of(s, METRIC_DELAY_BUSY), "busy ones", got.busy);
	check(got.idle_ns == sum_of(s, METRIC_DELAY_IDLE), "their delays are the histogram's",
	      got.idle_ns);
	check(got.busy_ns == sum_of(s, METRIC_DELAY_BUSY), "likewise of busy ones",
	      sum_of(s, METRIC_DELAY_BUSY) - got.busy_ns);
	check(got.run_ns == sum_of(s, METRIC_RUN), "and how long they ran", got.run_ns);
	check(!got.wrong_sum, "the parts are the whole", got.wrong_sum);
	check(!got.backwards, "one thread's come in order", got.backwards);
	check(got.by_main == WORKS, "the main thread queued them", got.by_main);
	check(got.steps == WORKS - 1 && got.gates == 1, "their functions", got.steps);
	tracer_snapshot_free(s);
}

static void slow_works(const char *program)
{
	/* Whoever waits for the gate to open waits for a millisecond. */
	struct tracer_opts o = { .events = { .slower_ns = 1000000 } };
	struct tracer_snapshot *s = run_works(program, &o);

	check(got.nr >= BUSY && got.busy == BUSY, "works that waited long", got.nr);
	check(got.nr == counter(s, "streamed"), "those alone", counter(s, "streamed"));
	tracer_snapshot_free(s);
}

static void no_works(const char *program)
{
	struct tracer_opts o = { 0 };
	struct tracer_snapshot *s = run_works(program, &o);

	check(!got.nr && number_of(s, METRIC_RUN) == WORKS, "none that was not asked for", got.nr);
	tracer_snapshot_free(s);
}

static void lost_works(const char *program)
{
	struct tracer_opts o = { .events = { .stream = true }, .ring_bytes = 4096 };
	struct tracer_snapshot *s = run_works(program, &o);
	unsigned long long lost = counter(s, "ring_full");

	check(lost > 0, "a small ring loses", lost);
	check(got.nr > 0 && got.nr + lost == WORKS, "and says how many", got.nr);
	check(number_of(s, METRIC_RUN) == WORKS, "the sums have all", number_of(s, METRIC_RUN));
	tracer_snapshot_free(s);
}

static void all_parks(const char *program)
{
	struct tracer_opts o = { .events = { .stream = true } };
	struct tracer_snapshot *s = run_parks(program, &o);

	check(got.nr == PARKS, "each park once", got.nr);
	check(got.asked == PARKS, "all were asked for", got.asked);
	check(got.by_main == PARKS, "by the main thread", got.by_main);
	check(got.react_ns == sum_of(s, METRIC_PARK_REACT), "reactions are the histogram's",
	      got.react_ns);
	check(got.unpark_ns == sum_of(s, METRIC_UNPARK), "so are releases", got.unpark_ns);
	check(!counter(s, "ring_full") && counter(s, "streamed") == PARKS, "none is lost",
	      counter(s, "streamed"));
	tracer_snapshot_free(s);
}

static void lost_parks(const char *program)
{
	struct tracer_opts o = { .events = { .stream = true }, .ring_bytes = 4096 };
	struct tracer_snapshot *s = run_parks(program, &o);
	unsigned long long lost = counter(s, "ring_full");

	check(lost > 0, "a small ring loses parks", lost);
	check(got.nr > 0 && got.nr + lost == PARKS, "and says how many", got.nr);
	tracer_snapshot_free(s);
}

int main(int argc, char **argv)
{
	char err[512] = "";

	if (argc < 2)
		die("episodes_oracle PROGRAM [OLDER]");
	if (tracer_permitted(err, sizeof(err))) {
		printf("SKIP: %s\n0 passed, 0 failed\n", err);
		return 0;
	}
	no_works(argv[1]);
	for (int i = 1; i < argc; i++) {
		all_works(argv[i]);
		slow_works(argv[i]);
		lost_works(argv[i]);
	}
	all_parks(argv[1]);
	lost_parks(argv[1]);
	printf("%d passed, %d failed\n", nr_passed, nr_failed);
	return nr_failed != 0;
}
