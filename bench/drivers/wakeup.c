// SPDX-License-Identifier: GPL-2.0-only
/*
 * wakeup: how long until a waiting thread runs?
 *
 * Span, oneway: the last statement before the wake -> the first statement in the woken thread.
 * Span, roundtrip: wake the peer and be woken by it, both in the arm's own way, on the driving
 * thread's clock.
 *
 * wait=sleep: the peer is asleep in the kernel when it is woken, arms that could spin may not.
 * wait=spin: the next wake follows the answer after 2 us, so an arm that spins at all still does.
 * load=hog, crowd (only with a filter): the CPU of the woken thread, or every CPU, has another thread
 * to run while an epoch runs (hogs.h); one way, wait=sleep.
 *
 * Not in it: waiting until the peer is asleep; how the answer comes back (oneway).
 *
 * Traps: with cpu=same a wake that does not preempt includes the waker's way into its own sleep.
 * wait=spin has no cpu=same: two threads cannot spin for each other on one CPU. A round trip
 * includes two clock reads, which a spinning arm sees. Between the epochs of wait=spin the peers
 * rest in a futex, else one arm's spinner would take the CPU that the next one's thread needs.
 */
#include <errno.h>
#include <string.h>

#include "bench/drivers/driver.h"
#include "bench/drivers/hogs.h"

/* Long enough for the peer to be back in its wait, well within any adaptive spin. */
#define SPIN_GAP_NS 2000

struct wakeup {
	struct bench_state *st;
	const struct arm *arm;
	void *peer, *self;
	enum driver_side side;
	bool resting;
	struct sleeper sleeper;
	struct hogs *hogs; /* NULL: a machine of one's own */
	struct kthread_slot *slot;
	uint64_t begin_ns __attribute__((aligned(64))); /* 0: go to rest */
	struct handoff ack, leave;
};

static void peer_start(void *arg)
{
	struct wakeup *w = arg;

	w->slot = bench_slot(w->st);
}

static void peer_rest(struct wakeup *w)
{
	handoff_give(&w->ack);
	while (!handoff_take(&w->leave, SAME_CPU))
		; /* until the next epoch, or the end */
	handoff_give(&w->ack);
}

static void oneway_woken(void *arg)
{
	struct wakeup *w = arg;
	uint64_t begin = w->begin_ns;

	if (!begin) {
		peer_rest(w);
		return;
	}
	bench_resume(w->st, w->slot, begin);
	handoff_give(&w->ack);
}

static void roundtrip_woken(void *arg)
{
	struct wakeup *w = arg;

	if (w->begin_ns)
		w->arm->self_wake(w->self);
	else
		peer_rest(w);
}

static int rest(struct wakeup *w)
{
	w->begin_ns = 0;
	w->arm->peer_wake(w->peer);
	w->resting = true; /* or will be, once it wakes */
	return handoff_take(&w->ack, w->side) ? 0 : bench_fail(w->st, "the peer was not woken");
}

static int unrest(struct wakeup *w)
{
	w->resting = false;
	handoff_give(&w->leave);
	return handoff_take(&w->ack, w->side) ? 0 : bench_fail(w->st, "the peer was not woken");
}

static int wakeup_setup(struct bench_state *st)
{
	bool may_spin = bench_param_is(st, "wait", "spin");
	bool roundtrip = bench_param_is(st, "trip", "roundtrip");
	struct wakeup *w = bench_ctx(st);
	struct arm_peer_opts o = { .on_start = peer_start,
				   .on_wake = roundtrip ? roundtrip_woken : oneway_woken,
				   .arg = w,
				   .name = "wakeup",
				   .may_spin = may_spin };
	int ret;

	w->st = st;
	w->arm = driver_arm(st);
	if (!w->arm)
		return -ENOENT;
	o.cpu = driver_place(st, &w->side);
	if (o.cpu < 0)
		return o.cpu;
	if (roundtrip) {
		ret = w->arm->self_create(&w->self, may_spin);
		if (ret)
			return bench_fail(st, "cannot wait: %s", strerror(-ret));
	}
	ret = w->arm->peer_create(&w->peer, &o);
	if (ret) {
		bench_fail(st, "cannot make a thread: %s", strerror(-ret));
		goto destroy_self;
	}
	ret = sleeper_open(&w->sleeper, w->arm->peer_tid(w->peer));
	if (ret) {
		bench_fail(st, "cannot read the state of a thread in /proc: %s", strerror(-ret));
		goto destroy_peer;
	}
	ret = may_spin ? rest(w) : 0;
	if (!ret && bench_param(st, "load"))
		ret = hogs_create(&w->hogs, st);
	if (!ret)
		return 0;
	handoff_give(&w->leave);
	sleeper_close(&w->sleeper);

destroy_peer:
	w->arm->peer_destroy(w->peer);
destroy_self:
	if (w->self)
		w->arm->self_destroy(w->self);
	return ret;
}

static void wakeup_teardown(struct bench_state *st)
{
	struct wakeup *w = bench_ctx(st);

	hogs_destroy(w->hogs);
	if (w->resting)
		unrest(w);
	sleeper_close(&w->sleeper);
	w->arm->peer_destroy(w->peer);
	if (w->self)
		w->arm->self_destroy(w->self);
}

/* One measured wake; false when it failed. */
static inline bool wake_once(struct bench_state *st, struct wakeup *w)
{
	w->begin_ns = bench_request(st, w->slot);
	w->arm->peer_wake(w->peer);
	return handoff_take(&w->ack, w->side);
}

static void wake_sleeper(struct bench_state *st, struct wakeup *w)
{
	while (bench_keep_running(st)) {
		if (!sleeper_wait(&w->sleeper, w->side)) {
			bench_fail(st, "the peer did not fall asleep");
			break;
		}
		if (!wake_once(st, w)) {
			bench_fail(st, "a wake got no answer");
			break;
		}
	}
}

DRIVER_ARMS(sleeping, .can = ARM_CAN_SLEEP);

BENCHMARK_NAMED(wakeup_sleep, "wakeup",
		.params = BENCH_PARAMS("trip=oneway", "cpu=same,cross", "wait=sleep"),
		.arms = sleeping, .baseline = "futex", .mode = BENCH_LATENCY, .phases = true,
		.ctx_size = sizeof(struct wakeup), .setup = wakeup_setup,
		.teardown = wakeup_teardown)
{
	wake_sleeper(st, bench_ctx(st));
}

BENCHMARK_NAMED(wakeup_load, "wakeup", .params = BENCH_PARAMS("load=hog,crowd", "cpu=cross"),
		.arms = sleeping, .baseline = "futex", .mode = BENCH_LATENCY, .phases = true,
		.manual = true, .ctx_size = sizeof(struct wakeup), .setup = wakeup_setup,
		.teardown = wakeup_teardown)
{
	struct wakeup *w = bench_ctx(st);

	if (!hogs_run(w->hogs)) {
		bench_fail(st, "the other threads got no CPU");
		return;
	}
	wake_sleeper(st, w);
	if (!hogs_rest(w->hogs))
		bench_fail(st, "the other threads did not end");
}

DRIVER_ARMS(waking, .can = ARM_CAN_WAKE);

BENCHMARK_NAMED(wakeup_spin, "wakeup",
		.params = BENCH_PARAMS("trip=oneway", "cpu=cross", "wait=spin"), .arms = waking,
		.baseline = "futex", .mode = BENCH_LATENCY, .ctx_size = sizeof(struct wakeup),
		.setup = wakeup_setup, .teardown = wakeup_teardown)
{
	struct wakeup *w = bench_ctx(st);
	uint64_t next;

	if (unrest(w))
		return;
	while (bench_keep_running(st)) {
		next = bench_now_ns() + SPIN_GAP_NS;
		while (bench_now_ns() < next)
			;
		if (!wake_once(st, w)) {
			bench_fail(st, "a wake got no answer");
			return;
		}
	}
	rest(w);
}

static void trips(struct bench_state *st, struct wakeup *w)
{
	uint64_t begin, now;

	w->begin_ns = begin = bench_now_ns();
	while (bench_keep_running(st)) {
		w->arm->peer_wake(w->peer);
		w->arm->self_wait(w->self);
		now = bench_now_ns();
		bench_lat_record(st, now - begin);
		begin = now;
	}
}

DRIVER_ARMS(tripping_asleep, .can = ARM_CAN_TRIP | ARM_CAN_SLEEP);

BENCHMARK_NAMED(wakeup_trip_sleep, "wakeup",
		.params = BENCH_PARAMS("trip=roundtrip", "cpu=same,cross", "wait=sleep"),
		.arms = tripping_asleep, .baseline = "futex", .mode = BENCH_LATENCY,
		.ctx_size = sizeof(struct wakeup), .setup = wakeup_setup,
		.teardown = wakeup_teardown)
{
	trips(st, bench_ctx(st));
}

DRIVER_ARMS(tripping, .can = ARM_CAN_TRIP);

BENCHMARK_NAMED(wakeup_trip_spin, "wakeup",
		.params = BENCH_PARAMS("trip=roundtrip", "cpu=cross", "wait=spin"),
		.arms = tripping, .baseline = "futex", .mode = BENCH_LATENCY,
		.ctx_size = sizeof(struct wakeup), .setup = wakeup_setup,
		.teardown = wakeup_teardown)
{
	struct wakeup *w = bench_ctx(st);

	if (unrest(w))
		return;
	trips(st, w);
	rest(w);
}
