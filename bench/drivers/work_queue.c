// SPDX-License-Identifier: GPL-2.0-only
/*
 * work_queue: how long until queued work runs, and what does queueing cost the caller?
 *
 * Span, worker=idle: the last statement before the queue call -> the first statement of the work.
 * Span, worker=busy: 256 queue calls after a work that still runs, divided by 256; one value per
 * batch.
 *
 * armed=1: the same while a delayed work is armed on the worker, an hour away.
 *
 * Not in it: waiting until the worker is asleep (idle); the running of the batch (busy); making the
 * works; completions, where a library has them.
 *
 * Traps: with cpu=same a wake that does not preempt includes the caller's way into its own sleep.
 * The work that keeps a worker busy blocks instead of spinning, so the caller has its CPU to
 * itself.
 *
 * engines/queue asks the same of a kthread_worker and of the loop that users of keventd made by
 * hand.
 */
#include <errno.h>
#include <string.h>

#include "bench/drivers/driver.h"

#define BATCH	256
#define HOUR_NS 3600000000000ULL

struct work_queue {
	struct bench_state *st;
	const struct arm *arm;
	void *worker;
	enum driver_side side;
	struct sleeper sleeper;
	struct kthread_slot *slot;
	struct arm_work *first; /* the one that is timed, or that keeps the worker busy */
	struct arm_work *batch[BATCH];
	struct arm_delayed *armed; /* NULL: none */
	uint64_t begin_ns __attribute__((aligned(64)));
	uint64_t nr_ran;
	struct handoff running, gate;
};

static void worker_start(void *arg)
{
	struct work_queue *q = arg;

	q->slot = bench_slot(q->st);
}

static void timed_work(void *arg)
{
	struct work_queue *q = arg;

	bench_resume(q->st, q->slot, q->begin_ns);
	handoff_give(&q->running);
}

static void gate_work(void *arg)
{
	struct work_queue *q = arg;

	handoff_give(&q->running);
	handoff_take(&q->gate, SAME_CPU);
}

static void batch_work(void *arg)
{
	struct work_queue *q = arg;

	q->nr_ran++;
}

static void free_works(struct work_queue *q)
{
	if (q->armed)
		q->arm->delayed_destroy(q->armed);
	if (q->first)
		q->arm->work_destroy(q->first);
	for (int i = 0; i < BATCH && q->batch[i]; i++)
		q->arm->work_destroy(q->batch[i]);
}

static int make_works(struct work_queue *q)
{
	bool busy = bench_param_is(q->st, "worker", "busy");

	q->first = q->arm->work_create(q->worker, busy ? gate_work : timed_work, q);
	if (!q->first)
		return -ENOMEM;
	for (int i = 0; busy && i < BATCH; i++) {
		q->batch[i] = q->arm->work_create(q->worker, batch_work, q);
		if (!q->batch[i])
			return -ENOMEM;
	}
	if (!bench_param_is(q->st, "armed", "1"))
		return 0;
	q->armed = q->arm->delayed_create(q->worker, batch_work, q);
	if (!q->armed)
		return -ENOMEM;
	q->arm->delayed_arm(q->worker, q->armed, HOUR_NS);
	return 0;
}

/* With its works, armed or not. */
static void end_worker(struct work_queue *q)
{
	if (q->armed)
		q->arm->delayed_cancel(q->armed);
	q->arm->worker_destroy(q->worker);
	free_works(q);
}

static int work_queue_setup(struct bench_state *st)
{
	struct work_queue *q = bench_ctx(st);
	struct arm_worker_opts o = { .on_start = worker_start, .arg = q, .name = "work_queue" };
	int ret;

	q->st = st;
	q->arm = driver_arm(st);
	if (!q->arm)
		return -ENOENT;
	o.cpu = driver_place(st, &q->side);
	if (o.cpu < 0)
		return o.cpu;
	ret = q->arm->worker_create(&q->worker, &o);
	if (ret)
		return bench_fail(st, "cannot make a worker: %s", strerror(-ret));
	ret = make_works(q);
	if (ret) {
		bench_fail(st, "cannot make the works: %s", strerror(-ret));
		goto destroy;
	}
	ret = sleeper_open(&q->sleeper, q->arm->worker_tid(q->worker));
	if (ret) {
		bench_fail(st, "cannot read the state of a thread in /proc: %s", strerror(-ret));
		goto destroy;
	}
	return 0;

destroy:
	end_worker(q);
	return ret;
}

static void work_queue_teardown(struct bench_state *st)
{
	struct work_queue *q = bench_ctx(st);

	sleeper_close(&q->sleeper);
	end_worker(q);
}

static void ask_idle(struct bench_state *st)
{
	struct work_queue *q = bench_ctx(st);

	while (bench_keep_running(st)) {
		if (!sleeper_wait(&q->sleeper, q->side)) {
			bench_fail(st, "the worker did not fall asleep");
			break;
		}
		q->begin_ns = bench_request(st, q->slot);
		q->arm->work_queue(q->worker, q->first);
		if (!handoff_take(&q->running, q->side)) {
			bench_fail(st, "a queued work did not run");
			break;
		}
		if (q->arm->work_settle)
			q->arm->work_settle(q->worker);
	}
}

/* One batch after a running work; false when that work did not start. */
static bool batch_once(struct bench_state *st, struct work_queue *q)
{
	uint64_t begin, end;

	q->arm->work_queue(q->worker, q->first);
	if (!handoff_take(&q->running, q->side))
		return false;
	begin = bench_now_ns();
	for (int i = 0; i < BATCH; i++)
		q->arm->work_queue(q->worker, q->batch[i]);
	end = bench_now_ns();
	handoff_give(&q->gate);
	q->arm->work_flush(q->worker);
	bench_lat_record(st, end - begin);
	return true;
}

static void ask_busy(struct bench_state *st)
{
	struct work_queue *q = bench_ctx(st);
	uint64_t nr_due = q->nr_ran;

	while (bench_keep_running(st)) {
		if (!batch_once(st, q)) {
			bench_fail(st, "a queued work did not run");
			break;
		}
		nr_due += BATCH;
		if (q->nr_ran != nr_due) {
			bench_fail(st, "%llu works of a batch did not run",
				   (unsigned long long)(nr_due - q->nr_ran));
			break;
		}
	}
}

DRIVER_ARMS(workers, .can = ARM_HAS_WORKER);

BENCHMARK_NAMED(work_queue_idle, "work_queue",
		.params = BENCH_PARAMS("worker=idle", "cpu=same,cross"), .arms = workers,
		.baseline = "futex", .mode = BENCH_LATENCY, .phases = true,
		.ctx_size = sizeof(struct work_queue), .setup = work_queue_setup,
		.teardown = work_queue_teardown)
{
	ask_idle(st);
}

BENCHMARK_NAMED(work_queue_busy, "work_queue",
		.params = BENCH_PARAMS("worker=busy", "cpu=same,cross"), .arms = workers,
		.baseline = "futex", .mode = BENCH_LATENCY, .batch = BATCH,
		.ctx_size = sizeof(struct work_queue), .setup = work_queue_setup,
		.teardown = work_queue_teardown)
{
	ask_busy(st);
}

DRIVER_ARMS(arming, .can = ARM_HAS_WORKER | ARM_CAN_ARM);

BENCHMARK_NAMED(work_queue_armed, "work_queue", .params = BENCH_PARAMS("worker=busy", "armed=0,1"),
		.arms = arming, .mode = BENCH_LATENCY, .batch = BATCH, .manual = true,
		.ctx_size = sizeof(struct work_queue), .setup = work_queue_setup,
		.teardown = work_queue_teardown)
{
	ask_busy(st);
}

DRIVER_ARMS(engines, .can = ARM_CAN_WORK, .kinds = ARM_ENGINE | ARM_FLOOR);

BENCHMARK_NAMED(engines_queue_idle, "engines/queue",
		.params = BENCH_PARAMS("worker=idle", "cpu=cross"), .arms = engines,
		.baseline = "futex", .mode = BENCH_LATENCY, .manual = true,
		.ctx_size = sizeof(struct work_queue), .setup = work_queue_setup,
		.teardown = work_queue_teardown)
{
	ask_idle(st);
}

BENCHMARK_NAMED(engines_queue_busy, "engines/queue",
		.params = BENCH_PARAMS("worker=busy", "cpu=cross"), .arms = engines,
		.baseline = "futex", .mode = BENCH_LATENCY, .batch = BATCH, .manual = true,
		.ctx_size = sizeof(struct work_queue), .setup = work_queue_setup,
		.teardown = work_queue_teardown)
{
	ask_busy(st);
}
