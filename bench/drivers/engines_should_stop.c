// SPDX-License-Identifier: GPL-2.0-only
/*
 * engines/should_stop: what does it cost a thread to look whether it should stop?
 *
 * Span: 100 000 looks in a row by one thread, given per 1000 looks, so that parts of a nanosecond
 * show. storm=yes: meanwhile other threads are stopped, one after the other, from another CPU.
 *
 * Not in it: creating the threads that are stopped. They run on the stopper's CPU, so the looker
 * loses no time to them.
 *
 * Baseline pthread: a flag of the thread's own. The 2004 design looks at one record of all
 * threads, which each stop writes twice; one stopper is the mildest storm there is.
 */
#include <errno.h>
#include <string.h>

#include "bench/drivers/driver.h"

#define LOOKS	   100000ULL
#define NR_VICTIMS 12

struct should_stop {
	struct bench_state *st;
	const struct arm *arm;
	void *looker;
	void *victim[NR_VICTIMS];
	uint32_t nr_ran;
	bool storm, leave;
	uint64_t took_ns, yes;
	struct handoff go, looking, done;
	bool is_done __attribute__((aligned(64)));
};

static void look(void *arg)
{
	struct should_stop *s = arg;
	uint64_t begin;

	for (;;) {
		while (!handoff_take(&s->go, SAME_CPU))
			; /* until the next round, or the end */
		if (s->leave)
			return;
		handoff_give(&s->looking);
		begin = bench_now_ns();
		s->yes += s->arm->life_poll(LOOKS);
		s->took_ns = bench_now_ns() - begin;
		__atomic_store_n(&s->is_done, true, __ATOMIC_RELAXED);
		handoff_give(&s->done);
	}
}

static void ran(void *arg)
{
	struct should_stop *s = arg;

	__atomic_fetch_add(&s->nr_ran, 1, __ATOMIC_RELEASE);
}

static int should_stop_setup(struct bench_state *st)
{
	struct should_stop *s = bench_ctx(st);
	struct arm_life_opts o = { .cpu = bench_cpu(st, 1), .fn = look, .arg = s };
	int ret;

	if (o.cpu < 0)
		return bench_skip(st, "needs two CPUs, and may use only one");
	s->st = st;
	s->storm = bench_param_is(st, "storm", "yes");
	s->arm = driver_lives(st);
	if (!s->arm)
		return -ENOENT;
	ret = s->arm->life_create(&s->looker, &o);
	if (!ret) {
		s->arm->life_start(s->looker);
		return 0;
	}
	if (s->arm->cycle_finish)
		s->arm->cycle_finish();
	return bench_fail(st, "cannot make a thread: %s", strerror(-ret));
}

static void should_stop_teardown(struct bench_state *st)
{
	struct should_stop *s = bench_ctx(st);

	s->leave = true;
	handoff_give(&s->go);
	s->arm->life_stop(s->looker);
	if (s->arm->cycle_finish)
		s->arm->cycle_finish();
}

/* How many; fewer than NR_VICTIMS after bench_fail(). */
static unsigned int make_victims(struct should_stop *s)
{
	const struct arm_life_opts o = { .cpu = bench_cpu(s->st, 0), .fn = ran, .arg = s };
	unsigned int i;
	int ret;

	s->nr_ran = 0;
	for (i = 0; i < NR_VICTIMS; i++) {
		ret = s->arm->life_create(&s->victim[i], &o);
		if (ret) {
			bench_fail(s->st, "cannot make a thread: %s", strerror(-ret));
			return i;
		}
		s->arm->life_start(s->victim[i]);
	}
	if (!count_reaches(&s->nr_ran, i))
		bench_fail(s->st, "the threads did not run");
	return i;
}

/* One round of looks; false when they did not end. */
static bool look_once(struct should_stop *s, unsigned int nr_victims)
{
	unsigned int i = 0;

	s->is_done = false;
	handoff_give(&s->go);
	if (!handoff_take(&s->looking, OTHER_CPU))
		return false;
	while (i < nr_victims && !__atomic_load_n(&s->is_done, __ATOMIC_RELAXED))
		s->arm->life_stop(s->victim[i++]);
	if (!handoff_take(&s->done, OTHER_CPU))
		return false;
	if (nr_victims)
		bench_counter(s->st, "stops", i);
	while (i < nr_victims)
		s->arm->life_stop(s->victim[i++]);
	return true;
}

DRIVER_ARMS(lives, .can = ARM_CAN_LIVE);

BENCHMARK_NAMED(engines_should_stop, "engines/should_stop",
		.params = BENCH_PARAMS("looks=1000", "storm=no,yes"), .arms = lives,
		.baseline = "pthread", .mode = BENCH_LATENCY, .manual = true,
		.ctx_size = sizeof(struct should_stop), .setup = should_stop_setup,
		.teardown = should_stop_teardown)
{
	struct should_stop *s = bench_ctx(st);

	while (bench_keep_running(st)) {
		if (!look_once(s, s->storm ? make_victims(s) : 0) || s->yes) {
			bench_fail(st, "the looks did not end, or saw a request that was not made");
			break;
		}
		bench_lat_record(st, s->took_ns * 1000 / LOOKS);
	}
}
