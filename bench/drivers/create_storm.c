// SPDX-License-Identifier: GPL-2.0-only
/*
 * create_storm: what does each of a thousand threads cost, made by one caller or by eight?
 *
 * Span: the callers begin -> the last of them has its last thread; divided by the number of threads.
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

struct storm {
	const struct arm *arm;
	struct crew *callers;
	unsigned int nr_each, nr; /* of one caller, of all */
	int ret;
	void **thread;
};

static void spawn_each(void *arg, unsigned int number)
{
	struct storm *s = arg;
	int ret = 0;

	for (unsigned int i = number * s->nr_each; !ret && i < (number + 1) * s->nr_each; i++)
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
	unsigned int nr_callers = (unsigned int)bench_param_int(st, "callers");
	struct storm *s = bench_ctx(st);
	int ret;

	s->arm = driver_lives(st);
	if (!s->arm)
		return -ENOENT;
	s->nr_each = (unsigned int)bench_param_int(st, "threads") / nr_callers;
	s->nr = nr_callers * s->nr_each;
	s->thread = calloc(s->nr, sizeof(*s->thread));
	ret = s->thread ? crew_create(&s->callers, nr_callers, spawn_each, s) : -ENOMEM;
	if (!ret)
		return 0;
	storm_teardown(st);
	return bench_fail(st, "cannot make the callers: %s", strerror(-ret));
}

DRIVER_ARMS(spawners, .can = ARM_CAN_SPAWN);

BENCHMARK(create_storm, .params = BENCH_PARAMS("callers=1,8", "threads=1000"), .arms = spawners,
	  .baseline = "bare", .mode = BENCH_LATENCY, .manual = true,
	  .ctx_size = sizeof(struct storm), .setup = storm_setup, .teardown = storm_teardown)
{
	struct storm *s = bench_ctx(st);
	uint64_t begin, end;

	while (bench_keep_running(st)) {
		memset(s->thread, 0, s->nr * sizeof(*s->thread));
		begin = bench_now_ns();
		crew_go(s->callers);
		end = crew_wait(s->callers);
		if (!end) {
			bench_fail(st, "the callers did not return");
			return; /* they use what was allocated */
		}
		bench_lat_record(st, (end - begin) / s->nr);
		for (unsigned int i = 0; i < s->nr; i++)
			if (s->thread[i])
				s->arm->reap(s->thread[i]);
		if (s->ret) {
			bench_fail(st, "%s", strerror(-s->ret));
			break;
		}
	}
}
