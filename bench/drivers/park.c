// SPDX-License-Identifier: GPL-2.0-only
/*
 * park: how long do park and unpark of a sleeping thread take together?
 *
 * Span: park called -> the thread runs its own code again after unpark, by its own first statement.
 * One pair per operation.
 *
 * Not in it: waiting until the thread is asleep again; how the answer comes back.
 *
 * Trap: on one CPU each hand-over is also a context switch of the controller.
 *
 * engines/pause is the same question beside engines/pause_by_stop; keventd cannot park.
 */
#include <errno.h>
#include <string.h>

#include "bench/drivers/driver.h"

struct park {
	struct bench_state *st;
	const struct arm *arm;
	void *peer;
	enum driver_side side;
	struct sleeper sleeper;
	uint64_t ran_ns __attribute__((aligned(64)));
	struct handoff ran;
};

static void peer_start(void *arg)
{
	struct park *p = arg;

	bench_slot(p->st);
}

static void peer_ran(void *arg)
{
	struct park *p = arg;

	p->ran_ns = bench_now_ns();
	handoff_give(&p->ran);
}

static int park_setup(struct bench_state *st)
{
	struct park *p = bench_ctx(st);
	struct arm_peer_opts o = {
		.on_start = peer_start, .on_wake = peer_ran, .arg = p, .name = "park"
	};
	int ret;

	p->st = st;
	p->arm = driver_arm(st);
	if (!p->arm)
		return -ENOENT;
	o.cpu = driver_place(st, &p->side);
	if (o.cpu < 0)
		return o.cpu;
	ret = p->arm->park_create(&p->peer, &o);
	if (ret)
		return bench_fail(st, "cannot make a thread: %s", strerror(-ret));
	ret = sleeper_open(&p->sleeper, p->arm->park_tid(p->peer));
	if (ret) {
		p->arm->park_destroy(p->peer);
		bench_fail(st, "cannot read the state of a thread in /proc: %s", strerror(-ret));
	}
	return ret;
}

static void park_teardown(struct bench_state *st)
{
	struct park *p = bench_ctx(st);

	sleeper_close(&p->sleeper);
	p->arm->park_destroy(p->peer);
}

static void park_pairs(struct bench_state *st)
{
	struct park *p = bench_ctx(st);
	uint64_t begin;

	while (bench_keep_running(st)) {
		if (!sleeper_wait(&p->sleeper, p->side)) {
			bench_fail(st, "the thread did not fall asleep");
			break;
		}
		begin = bench_now_ns();
		p->arm->park(p->peer);
		p->arm->unpark(p->peer);
		if (!handoff_take(&p->ran, p->side)) {
			bench_fail(st, "the thread did not run after unpark");
			break;
		}
		bench_lat_record(st, p->ran_ns - begin);
	}
}

DRIVER_ARMS(parks, .can = ARM_CAN_PARK);

BENCHMARK(park, .params = BENCH_PARAMS("cpu=same,cross"), .arms = parks, .baseline = "futex",
	  .mode = BENCH_LATENCY, .ctx_size = sizeof(struct park), .setup = park_setup,
	  .teardown = park_teardown)
{
	park_pairs(st);
}

DRIVER_ARMS(pauses, .can = ARM_CAN_PARK, .kinds = ARM_ENGINE | ARM_FLOOR);

BENCHMARK_NAMED(engines_pause, "engines/pause", .params = BENCH_PARAMS("cpu=same,cross"),
		.arms = pauses, .baseline = "futex", .mode = BENCH_LATENCY, .manual = true,
		.ctx_size = sizeof(struct park), .setup = park_setup, .teardown = park_teardown)
{
	park_pairs(st);
}
