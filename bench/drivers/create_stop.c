// SPDX-License-Identifier: GPL-2.0-only
/*
 * create_stop: what does a short-lived thread cost?
 *
 * Span: create called -> stop has returned and the thread is joined; in between it has run an empty
 * function and waited to be stopped. One life per operation.
 *
 * Not in it: starting the creator thread.
 *
 * Trap: stop waits for the function, else an arm could win by never running it. Threads and
 * creator may run on every CPU, as kthreads do, so the scheduler's placement is part of the answer.
 */
#include <errno.h>
#include <string.h>

#include "bench/drivers/driver.h"

struct create_stop {
	const struct arm *arm;
	uint64_t nr_ran;
};

static void run(void *arg)
{
	struct create_stop *c = arg;

	c->nr_ran++;
}

static int create_stop_setup(struct bench_state *st)
{
	struct create_stop *c = bench_ctx(st);
	int ret;

	c->arm = driver_arm(st);
	if (!c->arm)
		return -ENOENT;
	ret = c->arm->cycle_prepare ? c->arm->cycle_prepare() : 0;
	return ret ? bench_fail(st, "cannot start: %s", strerror(-ret)) : 0;
}

static void create_stop_teardown(struct bench_state *st)
{
	struct create_stop *c = bench_ctx(st);

	if (c->arm->cycle_finish)
		c->arm->cycle_finish();
}

DRIVER_ARMS(cycles, .can = ARM_CAN_CYCLE);

BENCHMARK(create_stop, .arms = cycles, .baseline = "pthread", .mode = BENCH_LATENCY,
	  .ctx_size = sizeof(struct create_stop), .setup = create_stop_setup,
	  .teardown = create_stop_teardown)
{
	struct create_stop *c = bench_ctx(st);
	uint64_t begin, before;
	int ret;

	while (bench_keep_running(st)) {
		before = c->nr_ran;
		begin = bench_now_ns();
		ret = c->arm->cycle(run, c);
		bench_lat_record(st, bench_now_ns() - begin);
		if (ret || c->nr_ran != before + 1) {
			bench_fail(st, "%s", ret ? strerror(-ret) : "the thread did not run");
			break;
		}
	}
}
