// SPDX-License-Identifier: GPL-2.0-only
/*
 * create_storm: what does each of many threads cost, made by one caller or by eight?
 *
 * Span: the first caller begins -> the last of them has its last thread; divided by the number of
 * threads.
 * A thread counts as made once it has a thread id; whether it has run by then is the contender's
 * affair, and the others' CPU time that it takes is in the span.
 *
 * Not in it: the ends of the threads; the callers' threads.
 *
 * Trap: libc keeps the stacks of a few ended threads and maps the others anew, so a thousand at a
 * time cost more each than one: all arms pay that.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/drivers/crew.h"
#include "bench/drivers/driver.h"

#define MAX_CALLERS 8

struct storm {
	const struct arm *arm;
	struct crew *callers;
	unsigned int nr_callers, nr; /* of threads */
	int ret;
	void **thread;
	uint64_t begin_ns[MAX_CALLERS];
};

/* As many as the others, or one more. */
static void spawn_each(void *arg, unsigned int number)
{
	struct storm *s = arg;
	unsigned int i = number * s->nr / s->nr_callers;
	unsigned int end = (number + 1) * s->nr / s->nr_callers;
	int ret = 0;

	s->begin_ns[number] = bench_now_ns();
	for (; !ret && i < end; i++)
		ret = s->arm->spawn(&s->thread[i]);
	if (ret)
		__atomic_store_n(&s->ret, ret, __ATOMIC_RELAXED);
}

static void storm_teardown(struct bench_state *st)
{
	struct storm *s = bench_ctx(st);

	if (s->callers)
		crew_destroy(s->callers);
	free(s->thread);
	if (s->arm->cycle_finish)
		s->arm->cycle_finish();
}

static int storm_setup(struct bench_state *st)
{
	struct storm *s = bench_ctx(st);
	int ret;

	s->arm = driver_lives(st);
	if (!s->arm)
		return -ENOENT;
	s->nr_callers = (unsigned int)bench_param_int(st, "callers");
	s->nr = (unsigned int)bench_param_int(st, "threads");
	s->thread = calloc(s->nr, sizeof(*s->thread));
	ret = s->thread ? crew_create(&s->callers, s->nr_callers, spawn_each, s) : -ENOMEM;
	if (!ret)
		return 0;
	storm_teardown(st);
	return bench_fail(st, "cannot make the callers: %s", strerror(-ret));
}

/* The first of the callers' times, not that of their release: it takes a while to wake them. */
static uint64_t first_begin(const struct storm *s)
{
	uint64_t first = s->begin_ns[0];

	for (unsigned int i = 1; i < s->nr_callers; i++)
		if (s->begin_ns[i] < first)
			first = s->begin_ns[i];
	return first;
}

static void ask(struct bench_state *st)
{
	struct storm *s = bench_ctx(st);
	uint64_t end;

	while (bench_keep_running(st)) {
		memset(s->thread, 0, s->nr * sizeof(*s->thread));
		crew_go(s->callers);
		end = crew_wait(s->callers);
		if (!end) {
			bench_fail(st, "the callers did not return");
			return; /* they use what was allocated */
		}
		bench_lat_record(st, (end - first_begin(s)) / s->nr);
		for (unsigned int i = 0; i < s->nr; i++)
			if (s->thread[i])
				s->arm->reap(s->thread[i]);
		if (s->ret) {
			bench_fail(st, "%s", strerror(-s->ret));
			break;
		}
	}
}

DRIVER_ARMS(spawners, .can = ARM_CAN_SPAWN);

BENCHMARK_NAMED(create_storm_of_one, "create_storm",
		.params = BENCH_PARAMS("callers=1", "threads=1,10,100,1000"), .arms = spawners,
		.baseline = "bare", .mode = BENCH_LATENCY, .manual = true,
		.ctx_size = sizeof(struct storm), .setup = storm_setup, .teardown = storm_teardown)
{
	ask(st);
}

BENCHMARK_NAMED(create_storm_of_many, "create_storm",
		.params = BENCH_PARAMS("callers=8", "threads=10,100,1000"), .arms = spawners,
		.baseline = "bare", .mode = BENCH_LATENCY, .manual = true,
		.ctx_size = sizeof(struct storm), .setup = storm_setup, .teardown = storm_teardown)
{
	ask(st);
}
