// SPDX-License-Identifier: GPL-2.0-only
/*
 * engines/stop_slow: how long does it take to stop many threads that are each slow to end?
 *
 * Span: as many callers as threads are released, each stops one -> the last stop has returned. Each
 * thread needs 1 ms, asleep, between seeing that it should stop and its end.
 *
 * Not in it: creating the threads, those of all operations of an epoch before the first one.
 *
 * Baseline pthread: a flag, a semaphore and a join for each thread. Where stops queue behind each
 * other the time is the sum of all ends, else about that of one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/drivers/crew.h"
#include "bench/drivers/driver.h"

struct stop_slow {
	const struct arm *arm;
	struct crew *callers;
	unsigned int nr;
	uint32_t nr_ran, nr_ended;
	void **life; /* of this operation */
};

static void ran(void *arg)
{
	struct stop_slow *s = arg;

	__atomic_fetch_add(&s->nr_ran, 1, __ATOMIC_RELEASE);
}

static void end_slowly(void *arg)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	struct stop_slow *s = arg;

	nanosleep(&ms, NULL);
	__atomic_fetch_add(&s->nr_ended, 1, __ATOMIC_RELAXED);
}

static void stop_one(void *arg, unsigned int number)
{
	struct stop_slow *s = arg;

	s->arm->life_stop(s->life[number]);
}

static int stop_slow_setup(struct bench_state *st)
{
	struct stop_slow *s = bench_ctx(st);
	int ret;

	s->arm = driver_lives(st);
	if (!s->arm)
		return -ENOENT;
	s->nr = (unsigned int)bench_param_int(st, "threads");
	ret = crew_create(&s->callers, s->nr, stop_one, s);
	if (!ret)
		return 0;
	if (s->arm->cycle_finish)
		s->arm->cycle_finish();
	return bench_fail(st, "cannot make the callers: %s", strerror(-ret));
}

static void stop_slow_teardown(struct bench_state *st)
{
	struct stop_slow *s = bench_ctx(st);

	crew_destroy(s->callers);
	if (s->arm->cycle_finish)
		s->arm->cycle_finish();
}

/* @nr threads, waiting to be stopped; or why not. */
static const char *start_all(struct stop_slow *s, void **life, unsigned int nr)
{
	const struct arm_life_opts o = { .cpu = -1, .fn = ran, .on_stop = end_slowly, .arg = s };
	unsigned int i;
	int ret = 0;

	s->nr_ran = s->nr_ended = 0;
	for (i = 0; i < nr && !ret; i++) {
		ret = s->arm->life_create(&life[i], &o);
		if (!ret)
			s->arm->life_start(life[i]);
	}
	if (!ret)
		return count_reaches(&s->nr_ran, nr) ? NULL : "the threads did not run";
	for (i--; i > 0; i--)
		s->arm->life_stop(life[i - 1]);
	return strerror(-ret);
}

DRIVER_ARMS(lives, .can = ARM_CAN_LIVE);

BENCHMARK_NAMED(engines_stop_slow, "engines/stop_slow", .params = BENCH_PARAMS("threads=8,64"),
		.arms = lives, .baseline = "pthread", .mode = BENCH_TIME, .manual = true,
		.ctx_size = sizeof(struct stop_slow), .setup = stop_slow_setup,
		.teardown = stop_slow_teardown)
{
	struct stop_slow *s = bench_ctx(st);
	unsigned int nr = s->nr * (unsigned int)bench_iterations(st);
	void **life = calloc(nr, sizeof(*life));
	const char *why;

	why = life ? start_all(s, life, nr) : strerror(ENOMEM);
	if (why)
		bench_fail(st, "%s", why);
	s->life = life;
	while (bench_keep_running(st)) {
		crew_go(s->callers);
		if (!crew_wait(s->callers)) {
			bench_fail(st, "a stop did not return");
			return; /* the callers use what was allocated */
		}
		s->life += s->nr;
	}
	if (!why && s->nr_ended != nr)
		bench_fail(st, "a stop did not wait for its thread");
	free(life);
}
