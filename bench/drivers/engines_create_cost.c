// SPDX-License-Identifier: GPL-2.0-only
/*
 * engines/create_cost: what does one thread cost, apart from time?
 *
 * Span: create called -> create has returned; one caller, idle machine, the thread is not started.
 * Counter "switches": voluntary context switches of the process in the span, its creator's and the
 * newborn's among them: the hand-overs for which somebody slept. One for which nobody did is not
 * in it, and what the newborn does after the return is not waited for. Counter "bytes": what the
 * heap grew by, one thread's memory; a stack is not on the heap, and of the C library's own part
 * pthread has the same.
 *
 * Not in it: starting the creator; the thread's end.
 *
 * Baseline pthread: a creator thread and a handshake, in the same shape.
 */
#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/drivers/driver.h"

struct create_cost {
	const struct arm *arm;
};

static int create_cost_setup(struct bench_state *st)
{
	struct create_cost *c = bench_ctx(st);

	c->arm = driver_lives(st);
	return c->arm ? 0 : -ENOENT;
}

static void create_cost_teardown(struct bench_state *st)
{
	struct create_cost *c = bench_ctx(st);

	if (c->arm->cycle_finish)
		c->arm->cycle_finish();
}

static long switches(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_nvcsw;
}

DRIVER_ARMS(lives, .can = ARM_CAN_LIVE);

BENCHMARK_NAMED(engines_create_cost, "engines/create_cost", .params = BENCH_PARAMS("callers=1"),
		.arms = lives, .baseline = "pthread", .mode = BENCH_LATENCY, .manual = true,
		.ctx_size = sizeof(struct create_cost), .setup = create_cost_setup,
		.teardown = create_cost_teardown)
{
	const struct arm_life_opts o = { .cpu = -1 };
	struct create_cost *c = bench_ctx(st);
	long nr_switches;
	size_t nr_bytes;
	uint64_t begin;
	void *life;
	int ret;

	while (bench_keep_running(st)) {
		nr_bytes = mallinfo2().uordblks;
		nr_switches = switches();
		begin = bench_now_ns();
		ret = c->arm->life_create(&life, &o);
		bench_lat_record(st, bench_now_ns() - begin);
		if (ret) {
			bench_fail(st, "cannot make a thread: %s", strerror(-ret));
			break;
		}
		bench_counter(st, "switches", (double)(switches() - nr_switches));
		bench_counter(st, "bytes", (double)mallinfo2().uordblks - (double)nr_bytes);
		c->arm->life_stop(life);
	}
}
