// SPDX-License-Identifier: GPL-2.0-only
/*
 * engines/stop_behind_slow: how long does a stop take while another one waits for a slow thread?
 *
 * Span: stop of a thread that ends at once, called -> returned. Just before, another caller has
 * begun to stop a thread that has noticed and now needs 1 ms, asleep, to end.
 *
 * Not in it: creating the two threads; the slow stop itself, which is waited for afterwards.
 *
 * Baseline pthread: a flag, a semaphore and a join for each thread.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "bench/drivers/crew.h"
#include "bench/drivers/driver.h"

struct behind {
	const struct arm *arm;
	struct crew *other; /* the caller that stops the slow one */
	void *slow, *fast;
	uint32_t nr_ran;
	struct handoff noticed;
};

static void ran(void *arg)
{
	struct behind *b = arg;

	__atomic_fetch_add(&b->nr_ran, 1, __ATOMIC_RELEASE);
}

static void end_slowly(void *arg)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	struct behind *b = arg;

	handoff_give(&b->noticed);
	nanosleep(&ms, NULL);
}

static void stop_the_slow(void *arg, unsigned int number)
{
	struct behind *b = arg;

	(void)number;
	b->arm->life_stop(b->slow);
}

static int behind_setup(struct bench_state *st)
{
	struct behind *b = bench_ctx(st);
	int ret;

	b->arm = driver_lives(st);
	if (!b->arm)
		return -ENOENT;
	ret = crew_create(&b->other, 1, stop_the_slow, b);
	if (!ret)
		return 0;
	if (b->arm->cycle_finish)
		b->arm->cycle_finish();
	return bench_fail(st, "cannot make a caller: %s", strerror(-ret));
}

static void behind_teardown(struct bench_state *st)
{
	struct behind *b = bench_ctx(st);

	crew_destroy(b->other);
	if (b->arm->cycle_finish)
		b->arm->cycle_finish();
}

/* Both threads, waiting to be stopped; or why not. */
static const char *start_both(struct behind *b)
{
	struct arm_life_opts o = { .cpu = -1, .fn = ran, .arg = b };
	int ret;

	b->nr_ran = 0;
	ret = b->arm->life_create(&b->fast, &o);
	if (ret)
		return strerror(-ret);
	o.on_stop = end_slowly;
	ret = b->arm->life_create(&b->slow, &o);
	if (ret) {
		b->arm->life_stop(b->fast);
		return strerror(-ret);
	}
	b->arm->life_start(b->fast);
	b->arm->life_start(b->slow);
	return count_reaches(&b->nr_ran, 2) ? NULL : "the threads did not run";
}

DRIVER_ARMS(lives, .can = ARM_CAN_LIVE);

BENCHMARK_NAMED(engines_stop_behind, "engines/stop_behind_slow", .arms = lives,
		.baseline = "pthread", .mode = BENCH_LATENCY, .manual = true,
		.ctx_size = sizeof(struct behind), .setup = behind_setup,
		.teardown = behind_teardown)
{
	struct behind *b = bench_ctx(st);
	const char *why;
	uint64_t begin;

	while (bench_keep_running(st)) {
		why = start_both(b);
		if (why) {
			bench_fail(st, "%s", why);
			break;
		}
		crew_go(b->other);
		if (!handoff_take(&b->noticed, OTHER_CPU)) {
			bench_fail(st, "the slow thread was not stopped");
			break;
		}
		begin = bench_now_ns();
		b->arm->life_stop(b->fast);
		bench_lat_record(st, bench_now_ns() - begin);
		if (!crew_wait(b->other)) {
			bench_fail(st, "the slow stop did not return");
			break;
		}
	}
}
