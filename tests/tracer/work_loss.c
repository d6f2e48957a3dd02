// SPDX-License-Identifier: GPL-2.0-only
/*
 * A map of pending works that is too small: what did not fit is counted as lost, what did is right.
 *
 *	work_loss PROGRAM
 *
 * Runs PROGRAM, a kthread_oracle whose works are traced by their probes, with more of them behind
 * its gate than the map holds.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/trace_command.h"
#include "bpf/tracer.h"
#include "bpf/work_shared.h"

/* The kernel rounds the size of a preallocated map up by what its CPUs hold in reserve. */
enum { IDLE = 20, BUSY = 2000, MAX_PENDING = 16, ROUNDED_UP = 512 };

static int nr_failed;

static void check(bool ok, const char *what, unsigned long long value)
{
	if (ok)
		return;
	nr_failed++;
	printf("FAIL: %s: %llu\n", what, value);
}

static unsigned long long counter(const struct tracer_snapshot *s, const char *name)
{
	for (uint32_t i = 0; i < s->nr_counters; i++)
		if (!strcmp(s->counter[i].name, name))
			return s->counter[i].value;
	return 0;
}

static unsigned long long number_of(const struct tracer_snapshot *s, uint32_t m)
{
	return s->nr_groups && s->group[0].metric[m] ? s->group[0].metric[m]->count : 0;
}

static void die(const char *err)
{
	fprintf(stderr, "work_loss: %s\n", err);
	exit(1);
}

int main(int argc, char **argv)
{
	char err[512] = "", path[4096], busy[16], idle[16];
	char *command[] = { path, "work", idle, busy, "0", "0", NULL };
	struct tracer_opts o = { .kind = TRACER_WORK, .max_pending = MAX_PENDING };
	unsigned long long lost, delays;
	struct tracer_snapshot *s;
	struct trace_command *c;
	struct tracer *t;
	pid_t pid;

	if (argc != 2)
		die("work_loss PROGRAM");
	if (tracer_permitted(err, sizeof(err))) {
		printf("SKIP: %s\n0 passed, 0 failed\n", err);
		return 0;
	}
	snprintf(path, sizeof(path), "%s", argv[1]);
	snprintf(idle, sizeof(idle), "%d", IDLE);
	snprintf(busy, sizeof(busy), "%d", BUSY);
	if (trace_command_hold(&c, command, NULL, err, sizeof(err)))
		die(err);
	pid = trace_command_pid(c);
	o.filter = (struct filter){ .tgid = &pid, .nr_tgids = 1 };
	o.follow_children = true;
	o.command = path;
	if (tracer_open(&t, &o, err, sizeof(err)) || tracer_attach(t, err, sizeof(err)) ||
	    trace_command_wake(c, err, sizeof(err)))
		die(err);
	tracer_enable(t, true);
	if (trace_command_go(c, err, sizeof(err)))
		die(err);
	check(trace_command_wait(c) == 7, "the program's status", 0);
	tracer_enable(t, false);
	if (tracer_read(t, &s))
		die("cannot read");

	lost = counter(s, "map_full");
	delays = number_of(s, METRIC_DELAY_IDLE) + number_of(s, METRIC_DELAY_BUSY);
	check(lost > 0 && lost >= BUSY - MAX_PENDING - ROUNDED_UP, "map_full", lost);
	check(delays + lost == IDLE + 1 + BUSY, "delays and losses are all works", delays + lost);
	check(number_of(s, METRIC_RUN) >= IDLE + 1 + BUSY, "each run is seen",
	      number_of(s, METRIC_RUN));
	check(counter(s, "unmatched") + counter(s, "flush_work") >= lost, "starts without queue",
	      counter(s, "unmatched"));

	tracer_snapshot_free(s);
	tracer_close(t);
	trace_command_free(c);
	printf("%d passed, %d failed\n", 5 - nr_failed, nr_failed);
	return nr_failed != 0;
}
