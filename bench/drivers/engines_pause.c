// SPDX-License-Identifier: GPL-2.0-only
/*
 * engines/pause_by_stop: what does it cost to pause a thread where nothing can park?
 *
 * Span: stop of the waiting thread called -> another one in its place runs its first own statement.
 * What users of 2004 had to do; libkthread does it both ways, its parking is engines/pause.
 *
 * Not in it: how the answer comes back.
 *
 * Baseline pthread: stop by flag and join, create by a creator thread.
 */
#include <errno.h>
#include <string.h>

#include "bench/drivers/driver.h"

struct pause {
	const struct arm *arm;
	void *life; /* NULL: none */
	enum driver_side side;
	struct arm_life_opts o;
	uint64_t ran_ns __attribute__((aligned(64)));
	struct handoff ran;
};

static void ran(void *arg)
{
	struct pause *p = arg;

	p->ran_ns = bench_now_ns();
	handoff_give(&p->ran);
}

/* A thread in its place; false after bench_fail(). */
static bool resume(struct bench_state *st, struct pause *p)
{
	int ret = p->arm->life_create(&p->life, &p->o);

	if (ret) {
		p->life = NULL;
		bench_fail(st, "cannot make a thread: %s", strerror(-ret));
		return false;
	}
	p->arm->life_start(p->life);
	if (handoff_take(&p->ran, p->side))
		return true;
	bench_fail(st, "the thread did not run");
	return false;
}

static void pause_teardown(struct bench_state *st)
{
	struct pause *p = bench_ctx(st);

	if (p->life)
		p->arm->life_stop(p->life);
	if (p->arm->cycle_finish)
		p->arm->cycle_finish();
}

static int pause_setup(struct bench_state *st)
{
	struct pause *p = bench_ctx(st);
	int cpu = driver_place(st, &p->side);

	if (cpu < 0)
		return cpu;
	p->o = (struct arm_life_opts){ .cpu = cpu, .fn = ran, .arg = p };
	p->arm = driver_lives(st);
	if (!p->arm)
		return -ENOENT;
	if (resume(st, p))
		return 0;
	pause_teardown(st);
	return -ECANCELED;
}

DRIVER_ARMS(lives, .can = ARM_CAN_LIVE);

BENCHMARK_NAMED(engines_pause_by_stop, "engines/pause_by_stop",
		.params = BENCH_PARAMS("cpu=same,cross"), .arms = lives, .baseline = "pthread",
		.mode = BENCH_LATENCY, .manual = true, .ctx_size = sizeof(struct pause),
		.setup = pause_setup, .teardown = pause_teardown)
{
	struct pause *p = bench_ctx(st);
	uint64_t begin;

	while (bench_keep_running(st)) {
		begin = bench_now_ns();
		p->arm->life_stop(p->life);
		if (!resume(st, p))
			break;
		bench_lat_record(st, p->ran_ns - begin);
	}
}
