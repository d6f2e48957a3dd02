// SPDX-License-Identifier: GPL-2.0-only
/*
 * engines/stop_nested: how long does a stop take whose thread first stops another one?
 * engines/stop_ended: how long does the stop of a thread take that has ended by itself?
 * engines/stop_exited: how long does one take whose thread leaves by the arm's own exit call?
 *
 * Span: stop called -> returned. The threads are asleep before, or, in stop_ended, the kernel has
 * no such thread any more.
 *
 * Not in it: creating the threads, and waiting for that state.
 *
 * Baseline pthread: a flag, a semaphore and a join for each thread. The 2004 design hangs in all
 * three, for good: it is absent, with the reason, and a test of its own looks at the hangs.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "bench/drivers/driver.h"

struct victim {
	struct stop_ends *scene;
	void *life;
	pid_t tid;
};

struct stop_ends {
	const struct arm *arm;
	enum arm_end end;
	uint32_t nr_ran;
	struct victim outer, inner; /* inner: of stop_nested */
};

static void ran(void *arg)
{
	struct victim *v = arg;

	v->tid = gettid();
	__atomic_fetch_add(&v->scene->nr_ran, 1, __ATOMIC_RELEASE);
}

static void stop_inner(void *arg)
{
	struct victim *v = arg;

	v->scene->arm->life_stop(v->scene->inner.life);
}

static void stop_ends_teardown(struct bench_state *st)
{
	struct stop_ends *s = bench_ctx(st);

	if (s->arm->cycle_finish)
		s->arm->cycle_finish();
}

/* @why: where an arm has its reason, if it hangs. */
static int stop_ends_setup(struct bench_state *st, size_t why)
{
	struct stop_ends *s = bench_ctx(st);
	const char *hangs;

	s->arm = driver_lives(st);
	if (!s->arm)
		return -ENOENT;
	s->outer.scene = s->inner.scene = s;
	hangs = *(const char *const *)((const char *)s->arm + why);
	if (!hangs)
		return 0;
	stop_ends_teardown(st);
	return bench_skip(st, "hangs: %s", hangs);
}

static bool falls_asleep(pid_t tid)
{
	struct sleeper sleeper;
	bool asleep;

	if (sleeper_open(&sleeper, tid))
		return false;
	asleep = sleeper_wait(&sleeper, SAME_CPU);
	sleeper_close(&sleeper);
	return asleep;
}

/* A thread that has run, and now waits or has ended, as s->end says; false after bench_fail(). */
static bool start(struct bench_state *st, struct victim *v, arm_fn on_stop)
{
	struct stop_ends *s = v->scene;
	const struct arm_life_opts o = {
		.cpu = -1, .fn = ran, .on_stop = on_stop, .arg = v, .end = s->end
	};
	int ret = s->arm->life_create(&v->life, &o);

	if (ret) {
		bench_fail(st, "cannot make a thread: %s", strerror(-ret));
		return false;
	}
	s->nr_ran = 0;
	s->arm->life_start(v->life);
	if (!count_reaches(&s->nr_ran, 1) ||
	    !(s->end == ARM_END_ITSELF ? thread_ends(v->tid) : falls_asleep(v->tid))) {
		bench_fail(st, "the thread did not %s",
			   s->end == ARM_END_ITSELF ? "end" : "fall asleep");
		return false;
	}
	return true;
}

static void stop(struct bench_state *st, struct stop_ends *s)
{
	uint64_t begin = bench_now_ns();

	s->arm->life_stop(s->outer.life);
	bench_lat_record(st, bench_now_ns() - begin);
}

DRIVER_ARMS(lives, .can = ARM_CAN_LIVE);

static int nested_setup(struct bench_state *st)
{
	return stop_ends_setup(st, offsetof(struct arm, stop_hangs.nested));
}

BENCHMARK_NAMED(engines_stop_nested, "engines/stop_nested", .arms = lives, .baseline = "pthread",
		.mode = BENCH_LATENCY, .manual = true, .ctx_size = sizeof(struct stop_ends),
		.setup = nested_setup, .teardown = stop_ends_teardown)
{
	struct stop_ends *s = bench_ctx(st);

	while (bench_keep_running(st)) {
		if (!start(st, &s->inner, NULL) || !start(st, &s->outer, stop_inner))
			break;
		stop(st, s);
	}
}

static int ended_setup(struct bench_state *st)
{
	((struct stop_ends *)bench_ctx(st))->end = ARM_END_ITSELF;
	return stop_ends_setup(st, offsetof(struct arm, stop_hangs.itself));
}

BENCHMARK_NAMED(engines_stop_ended, "engines/stop_ended", .arms = lives, .baseline = "pthread",
		.mode = BENCH_LATENCY, .manual = true, .ctx_size = sizeof(struct stop_ends),
		.setup = ended_setup, .teardown = stop_ends_teardown)
{
	struct stop_ends *s = bench_ctx(st);

	while (bench_keep_running(st)) {
		if (!start(st, &s->outer, NULL))
			break;
		stop(st, s);
	}
}

static int exited_setup(struct bench_state *st)
{
	((struct stop_ends *)bench_ctx(st))->end = ARM_END_EXITS;
	return stop_ends_setup(st, offsetof(struct arm, stop_hangs.exits));
}

BENCHMARK_NAMED(engines_stop_exited, "engines/stop_exited", .arms = lives, .baseline = "pthread",
		.mode = BENCH_LATENCY, .manual = true, .ctx_size = sizeof(struct stop_ends),
		.setup = exited_setup, .teardown = stop_ends_teardown)
{
	struct stop_ends *s = bench_ctx(st);

	while (bench_keep_running(st)) {
		if (!start(st, &s->outer, NULL))
			break;
		stop(st, s);
	}
}
