// SPDX-License-Identifier: GPL-2.0-only
/*
 * engines/create_cancel: how soon does a create return once it is cancelled?
 *
 * Span: the last statement before the cancel, or before the create if that came later -> create has
 * returned in the caller's thread. Many callers wait for the one creator; one cancel, right after
 * the first began, is for all. Each create that it ended gives one value; counter "cancelled": how
 * many those are of a round.
 *
 * Not in it: what becomes of the request; the end of a thread that was made all the same.
 *
 * libkthread alone: the 2004 design and pthreads cannot cancel a create.
 */
#include <errno.h>
#include <string.h>

#include "bench/drivers/crew.h"
#include "bench/drivers/driver.h"

#define NR_CALLERS 16

struct caller {
	void *life;
	uint64_t begin_ns, end_ns;
	int ret;
} __attribute__((aligned(64)));

struct create_cancel {
	const struct arm *arm;
	struct crew *crew;
	void *cancel;
	struct handoff begun;
	uint32_t nr_begun;
	struct caller caller[NR_CALLERS];
};

static void create_one(void *arg, unsigned int number)
{
	const struct arm_life_opts o = { .cpu = -1 };
	struct create_cancel *c = arg;
	struct caller *k = &c->caller[number];

	if (!__atomic_fetch_add(&c->nr_begun, 1, __ATOMIC_RELAXED))
		handoff_give(&c->begun);
	k->begin_ns = bench_now_ns();
	k->ret = c->arm->life_create_cancellable(&k->life, &o, c->cancel);
	k->end_ns = bench_now_ns();
}

static void create_cancel_teardown(struct bench_state *st)
{
	struct create_cancel *c = bench_ctx(st);

	if (c->crew)
		crew_destroy(c->crew);
	if (c->arm->cycle_finish)
		c->arm->cycle_finish();
}

static int create_cancel_setup(struct bench_state *st)
{
	struct create_cancel *c = bench_ctx(st);
	int ret;

	c->arm = driver_lives(st);
	if (!c->arm)
		return -ENOENT;
	ret = crew_create(&c->crew, NR_CALLERS, create_one, c);
	if (!ret)
		return 0;
	create_cancel_teardown(st);
	return bench_fail(st, "cannot make the callers: %s", strerror(-ret));
}

/* How many were cancelled; negative after bench_fail(). */
static int count_cancelled(struct bench_state *st, struct create_cancel *c, uint64_t begin)
{
	int nr = 0, ret = 0;
	uint64_t from;

	for (struct caller *k = c->caller; k < c->caller + NR_CALLERS; k++) {
		if (k->ret == -EINTR) {
			from = k->begin_ns > begin ? k->begin_ns : begin;
			bench_lat_record(st, k->end_ns > from ? k->end_ns - from : 0);
			nr++;
		} else if (k->ret) {
			ret = k->ret;
		} else {
			c->arm->life_stop(k->life);
		}
	}
	return ret ? bench_fail(st, "cannot make a thread: %s", strerror(-ret)) : nr;
}

/* Return: may we go on? */
static bool cancel_once(struct bench_state *st, struct create_cancel *c)
{
	uint64_t begin;
	int nr;

	c->nr_begun = 0;
	c->cancel = c->arm->cancel_create();
	if (!c->cancel) {
		bench_fail(st, "no memory");
		return false;
	}
	crew_go(c->crew);
	if (!handoff_take(&c->begun, OTHER_CPU)) {
		bench_fail(st, "no caller began");
		return false;
	}
	begin = bench_now_ns();
	c->arm->life_cancel(c->cancel);
	if (!crew_wait(c->crew)) {
		bench_fail(st, "a cancelled create did not return");
		return false;
	}
	c->arm->cancel_destroy(c->cancel);
	nr = count_cancelled(st, c, begin);
	if (nr >= 0)
		bench_counter(st, "cancelled", nr);
	return nr >= 0;
}

DRIVER_ARMS(cancels, .can = ARM_CAN_LIVE | ARM_CAN_CANCEL);

BENCHMARK_NAMED(engines_create_cancel, "engines/create_cancel",
		.params = BENCH_PARAMS("callers=16"), .arms = cancels, .baseline = "libkthread",
		.mode = BENCH_LATENCY, .manual = true, .ctx_size = sizeof(struct create_cancel),
		.setup = create_cancel_setup, .teardown = create_cancel_teardown)
{
	struct create_cancel *c = bench_ctx(st);

	while (bench_keep_running(st) && cancel_once(st, c))
		;
}
