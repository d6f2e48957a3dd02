// SPDX-License-Identifier: GPL-2.0-only
/*
 * engines/queue_stream: how long do 1000 works take from one caller to one worker?
 *
 * Span: the first queue call, the worker asleep -> the flush after the last work has returned.
 * The caller queues as fast as it can, the works are empty. Counter "sleeps": voluntary context
 * switches of the process, which is how often the worker ran dry, or found the lock taken.
 *
 * Not in it: waiting until the worker is asleep; making the works.
 *
 * Baseline futex: the cheapest hand-over there is; not pthread, which has no queue. libuv and
 * GLib are what others would take today. The other questions on queues are in work_queue.c.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/drivers/driver.h"

#define NR_WORKS 1000

struct stream {
	const struct arm *arm;
	void *worker;
	struct sleeper sleeper;
	struct arm_work *work[NR_WORKS];
	uint64_t nr_ran __attribute__((aligned(64)));
};

static void work(void *arg)
{
	struct stream *s = arg;

	s->nr_ran++;
}

static void stream_teardown(struct bench_state *st)
{
	struct stream *s = bench_ctx(st);

	sleeper_close(&s->sleeper);
	s->arm->worker_destroy(s->worker);
	for (int i = 0; i < NR_WORKS && s->work[i]; i++)
		s->arm->work_destroy(s->work[i]);
}

static int stream_setup(struct bench_state *st)
{
	struct arm_worker_opts o = { .cpu = bench_cpu(st, 1), .name = "stream" };
	struct stream *s = bench_ctx(st);
	int ret;

	if (o.cpu < 0)
		return bench_skip(st, "needs two CPUs, and may use only one");
	s->arm = driver_arm(st);
	if (!s->arm)
		return -ENOENT;
	s->sleeper.fd = -1;
	ret = s->arm->worker_create(&s->worker, &o);
	if (ret)
		return bench_fail(st, "cannot make a worker: %s", strerror(-ret));
	for (int i = 0; !ret && i < NR_WORKS; i++) {
		s->work[i] = s->arm->work_create(s->worker, work, s);
		ret = s->work[i] ? 0 : -ENOMEM;
	}
	if (!ret)
		ret = sleeper_open(&s->sleeper, s->arm->worker_tid(s->worker));
	if (!ret)
		return 0;
	stream_teardown(st);
	return bench_fail(st, "cannot make the works: %s", strerror(-ret));
}

/* Not the primitives: what is put together from them queues as the floor does, more slowly. */
DRIVER_ARMS(streams, .can = ARM_CAN_WORK, .kinds = ARM_ENGINE | ARM_FLOOR | ARM_LIBRARY);

BENCHMARK_NAMED(engines_queue_stream, "engines/queue_stream", .params = BENCH_PARAMS("works=1000"),
		.arms = streams, .baseline = "futex", .mode = BENCH_LATENCY, .manual = true,
		.ctx_size = sizeof(struct stream), .setup = stream_setup,
		.teardown = stream_teardown)
{
	struct stream *s = bench_ctx(st);
	struct rusage before, after;
	uint64_t begin, due;

	while (bench_keep_running(st)) {
		if (!sleeper_wait(&s->sleeper, OTHER_CPU)) {
			bench_fail(st, "the worker did not fall asleep");
			break;
		}
		due = s->nr_ran + NR_WORKS;
		getrusage(RUSAGE_SELF, &before);
		begin = bench_now_ns();
		for (int i = 0; i < NR_WORKS; i++)
			s->arm->work_queue(s->worker, s->work[i]);
		s->arm->work_flush(s->worker);
		bench_lat_record(st, bench_now_ns() - begin);
		getrusage(RUSAGE_SELF, &after);
		bench_counter(st, "sleeps", (double)(after.ru_nvcsw - before.ru_nvcsw));
		if (s->nr_ran != due) {
			bench_fail(st, "not each work ran once");
			break;
		}
	}
}
