// SPDX-License-Identifier: GPL-2.0-only
/*
 * engines/create: how many threads can be created per second, by one and by many callers?
 * engines/create_latency: how long does one of many callers wait for its thread?
 *
 * Span: create called -> create has returned; the threads are not started. Each of the callers
 * creates four (of 64 callers: one), one after the other; engines/create is the time of all divided
 * by their number. busy=4: four threads that never sleep compete for the CPUs.
 *
 * Not in it: the ends of the threads; the callers' threads.
 *
 * Baseline pthread: a creator thread and a handshake, in the same shape. The 2004 creator waits
 * until each newborn has had a CPU, so one that gets none holds up all callers.
 */
#include <errno.h>
#include <string.h>

#include "bench/drivers/crew.h"
#include "bench/drivers/driver.h"

#define MAX_LIVES 64
#define MAX_EACH  4

struct create {
	const struct arm *arm;
	struct crew *callers, *busy;
	unsigned int nr_each, nr; /* of one caller, of all */
	bool calm;
	int ret;
	void *life[MAX_LIVES];
	uint64_t took_ns[MAX_LIVES];
};

static void create_each(void *arg, unsigned int number)
{
	const struct arm_life_opts o = { .cpu = -1 };
	struct create *c = arg;
	uint64_t begin;
	unsigned int i;
	int ret;

	for (i = number * c->nr_each; i < (number + 1) * c->nr_each; i++) {
		begin = bench_now_ns();
		ret = c->arm->life_create(&c->life[i], &o);
		c->took_ns[i] = bench_now_ns() - begin;
		if (ret) {
			c->life[i] = NULL;
			__atomic_store_n(&c->ret, ret, __ATOMIC_RELAXED);
		}
	}
}

static void be_busy(void *arg, unsigned int number)
{
	struct create *c = arg;

	(void)number;
	while (!__atomic_load_n(&c->calm, __ATOMIC_RELAXED))
		;
}

/* All callers, once; the time until the last is through, 0 after bench_fail(). */
static uint64_t create_all(struct bench_state *st, struct create *c)
{
	uint64_t begin, end;

	if (c->busy) {
		__atomic_store_n(&c->calm, false, __ATOMIC_RELAXED);
		crew_go(c->busy);
	}
	begin = bench_now_ns();
	crew_go(c->callers);
	end = crew_wait(c->callers);
	if (c->busy) {
		__atomic_store_n(&c->calm, true, __ATOMIC_RELAXED);
		crew_wait(c->busy);
	}
	for (unsigned int i = 0; end && i < c->nr; i++)
		if (c->life[i])
			c->arm->life_stop(c->life[i]);
	if (!end || c->ret) {
		bench_fail(st, "%s", end ? strerror(-c->ret) : "the callers did not return");
		return 0;
	}
	return end - begin;
}

static void create_teardown(struct bench_state *st)
{
	struct create *c = bench_ctx(st);

	if (c->busy)
		crew_destroy(c->busy);
	if (c->callers)
		crew_destroy(c->callers);
	if (c->arm->cycle_finish)
		c->arm->cycle_finish();
}

static int create_setup(struct bench_state *st)
{
	unsigned int nr_callers = (unsigned int)bench_param_int(st, "callers");
	unsigned int nr_busy = (unsigned int)bench_param_int(st, "busy");
	struct create *c = bench_ctx(st);
	int ret;

	c->arm = driver_lives(st);
	if (!c->arm)
		return -ENOENT;
	c->nr_each = MAX_LIVES / nr_callers < MAX_EACH ? MAX_LIVES / nr_callers : MAX_EACH;
	c->nr = nr_callers * c->nr_each;
	ret = crew_create(&c->callers, nr_callers, create_each, c);
	if (!ret && nr_busy)
		ret = crew_create(&c->busy, nr_busy, be_busy, c);
	if (!ret)
		return 0;
	create_teardown(st);
	return bench_fail(st, "cannot make the callers: %s", strerror(-ret));
}

DRIVER_ARMS(lives, .can = ARM_CAN_LIVE);

BENCHMARK_NAMED(engines_create, "engines/create", .params = BENCH_PARAMS("callers=1,8,64"),
		.arms = lives, .baseline = "pthread", .mode = BENCH_LATENCY, .manual = true,
		.ctx_size = sizeof(struct create), .setup = create_setup,
		.teardown = create_teardown)
{
	struct create *c = bench_ctx(st);
	uint64_t took;

	while (bench_keep_running(st)) {
		took = create_all(st, c);
		if (!took)
			break;
		bench_lat_record(st, took / c->nr);
	}
}

BENCHMARK_NAMED(engines_create_latency, "engines/create_latency",
		.params = BENCH_PARAMS("callers=8", "busy=0,4"), .arms = lives,
		.baseline = "pthread", .mode = BENCH_LATENCY, .manual = true,
		.ctx_size = sizeof(struct create), .setup = create_setup,
		.teardown = create_teardown)
{
	struct create *c = bench_ctx(st);

	while (bench_keep_running(st)) {
		if (!create_all(st, c))
			break;
		for (unsigned int i = 0; i < c->nr; i++)
			bench_lat_record(st, c->took_ns[i]);
	}
}
