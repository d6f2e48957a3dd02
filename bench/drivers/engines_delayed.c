// SPDX-License-Identifier: GPL-2.0-only
/*
 * engines/delayed: how late is delayed work?
 *
 * Span: the time it was to run, counted from just before it was asked for -> its first statement.
 *
 * Not in it: the delay itself; waiting until the thread is asleep before the next one.
 *
 * Baseline futex: a thread that is given the deadline and waits with a timeout. The kernel's timer
 * slack of 50 us is in all of it, since all threads have it. keventd is not in it: that design
 * has no delays.
 */
#include <errno.h>
#include <string.h>

#include "bench/drivers/driver.h"

struct delayed {
	const struct arm *arm;
	void *delay;
	uint64_t delay_ns;
	struct sleeper sleeper;
	uint64_t ran_ns __attribute__((aligned(64)));
	struct handoff ran;
};

static void due(void *arg)
{
	struct delayed *d = arg;

	d->ran_ns = bench_now_ns();
	handoff_give(&d->ran);
}

static int delayed_setup(struct bench_state *st)
{
	struct delayed *d = bench_ctx(st);
	struct arm_peer_opts o = {
		.cpu = bench_cpu(st, 1), .on_wake = due, .arg = d, .name = "delayed"
	};
	int ret;

	if (o.cpu < 0)
		return bench_skip(st, "needs two CPUs, and may use only one");
	d->delay_ns = (uint64_t)bench_param_int(st, "us") * 1000;
	d->arm = driver_arm(st);
	if (!d->arm)
		return -ENOENT;
	ret = d->arm->delay_create(&d->delay, &o);
	if (ret)
		return bench_fail(st, "cannot make a thread: %s", strerror(-ret));
	ret = sleeper_open(&d->sleeper, d->arm->delay_tid(d->delay));
	if (ret) {
		d->arm->delay_destroy(d->delay);
		bench_fail(st, "cannot read the state of a thread in /proc: %s", strerror(-ret));
	}
	return ret;
}

static void delayed_teardown(struct bench_state *st)
{
	struct delayed *d = bench_ctx(st);

	sleeper_close(&d->sleeper);
	d->arm->delay_destroy(d->delay);
}

DRIVER_ARMS(delays, .can = ARM_CAN_DELAY);

BENCHMARK_NAMED(engines_delayed, "engines/delayed", .params = BENCH_PARAMS("us=100,1000,10000"),
		.arms = delays, .baseline = "futex", .mode = BENCH_LATENCY, .manual = true,
		.ctx_size = sizeof(struct delayed), .setup = delayed_setup,
		.teardown = delayed_teardown)
{
	struct delayed *d = bench_ctx(st);
	uint64_t at;

	while (bench_keep_running(st)) {
		if (!sleeper_wait(&d->sleeper, OTHER_CPU)) {
			bench_fail(st, "the thread did not fall asleep");
			break;
		}
		at = bench_now_ns() + d->delay_ns;
		d->arm->delay_arm(d->delay, d->delay_ns);
		if (!handoff_take(&d->ran, SAME_CPU)) {
			bench_fail(st, "delayed work did not run");
			break;
		}
		if (d->ran_ns < at) {
			bench_fail(st, "it ran %llu ns early",
				   (unsigned long long)(at - d->ran_ns));
			break;
		}
		bench_lat_record(st, d->ran_ns - at);
	}
}
