// SPDX-License-Identifier: GPL-2.0-only
/*
 * work_queue/producers: what does queueing cost while others queue on the same worker?
 *
 * Span: the first of several threads begins -> the last one has queued its 1024 works, after a work
 * that still runs; divided by the number of works of all. One value per batch.
 *
 * Not in it: waiting until all are ready, one on each CPU in turn; the running of the works.
 *
 * Traps: producers that do not run at the same time do not disturb each other, so they spin for
 * each other rather than sleep. With more of them than CPUs, the span has changes of thread in it,
 * which may come while one holds a lock.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "bench/drivers/crew.h"
#include "bench/drivers/driver.h"

#define BATCH	      1024
#define MAX_PRODUCERS 4
#define SPIN_NS	      2000000ULL

struct producers {
	const struct arm *arm;
	void *worker;
	struct crew *crew;
	unsigned int nr;
	struct arm_work *first, *work[MAX_PRODUCERS][BATCH];
	uint64_t begin_ns[MAX_PRODUCERS], end_ns[MAX_PRODUCERS];
	uint64_t nr_ran;
	struct handoff running, gate;
	int cpu[MAX_PRODUCERS];
	bool placed[MAX_PRODUCERS];
	uint32_t ready __attribute__((aligned(64)));
};

static void gate_work(void *arg)
{
	struct producers *p = arg;

	handoff_give(&p->running);
	handoff_take(&p->gate, SAME_CPU);
}

static void batch_work(void *arg)
{
	struct producers *p = arg;

	p->nr_ran++;
}

/* Each to a CPU of its own while there are any, then in turn; the caller. */
static void pin(struct producers *p, unsigned int number)
{
	unsigned int nr_cpus = 0;
	cpu_set_t set;

	while (nr_cpus < p->nr && p->cpu[nr_cpus] >= 0)
		nr_cpus++;
	CPU_ZERO(&set);
	CPU_SET((size_t)p->cpu[number % nr_cpus], &set);
	sched_setaffinity(0, sizeof(set), &set);
	p->placed[number] = true;
}

/* All begin at once, as far as they have CPUs. */
static void line_up(struct producers *p)
{
	uint64_t end = bench_now_ns() + SPIN_NS;

	__atomic_fetch_add(&p->ready, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&p->ready, __ATOMIC_ACQUIRE) != p->nr && bench_now_ns() < end)
		;
	count_reaches(&p->ready, p->nr);
}

static void produce(void *arg, unsigned int number)
{
	struct producers *p = arg;

	if (!p->placed[number])
		pin(p, number);
	line_up(p);
	p->begin_ns[number] = bench_now_ns();
	for (int i = 0; i < BATCH; i++)
		p->arm->work_queue(p->worker, p->work[number][i]);
	p->end_ns[number] = bench_now_ns();
}

static void free_works(struct producers *p)
{
	if (p->first)
		p->arm->work_destroy(p->first);
	for (unsigned int i = 0; i < p->nr; i++)
		for (int k = 0; k < BATCH && p->work[i][k]; k++)
			p->arm->work_destroy(p->work[i][k]);
}

static int make_works(struct producers *p)
{
	p->first = p->arm->work_create(p->worker, gate_work, p);
	if (!p->first)
		return -ENOMEM;
	for (unsigned int i = 0; i < p->nr; i++)
		for (int k = 0; k < BATCH; k++) {
			p->work[i][k] = p->arm->work_create(p->worker, batch_work, p);
			if (!p->work[i][k])
				return -ENOMEM;
		}
	return 0;
}

static int producers_setup(struct bench_state *st)
{
	struct arm_worker_opts o = { .name = "producers" };
	struct producers *p = bench_ctx(st);
	enum driver_side side;
	int ret;

	p->nr = (unsigned int)bench_param_int(st, "producers");
	for (unsigned int i = 0; i < p->nr; i++)
		p->cpu[i] = bench_cpu(st, i);
	p->arm = driver_arm(st);
	if (!p->arm)
		return -ENOENT;
	o.cpu = driver_place(st, &side);
	if (o.cpu < 0)
		return o.cpu;
	ret = p->arm->worker_create(&p->worker, &o);
	if (ret)
		return bench_fail(st, "cannot make a worker: %s", strerror(-ret));
	ret = make_works(p);
	if (!ret)
		ret = crew_create(&p->crew, p->nr, produce, p);
	if (!ret)
		return 0;
	p->arm->worker_destroy(p->worker);
	free_works(p);
	return bench_fail(st, "cannot make the works or the threads: %s", strerror(-ret));
}

static void producers_teardown(struct bench_state *st)
{
	struct producers *p = bench_ctx(st);

	crew_destroy(p->crew);
	p->arm->worker_destroy(p->worker);
	free_works(p);
}

/* From the first to the last; 0: out of patience */
static uint64_t span_of_round(struct producers *p)
{
	uint64_t begin = UINT64_MAX, end = 0;

	p->ready = 0;
	crew_go(p->crew);
	if (!crew_wait(p->crew))
		return 0;
	for (unsigned int i = 0; i < p->nr; i++) {
		begin = p->begin_ns[i] < begin ? p->begin_ns[i] : begin;
		end = p->end_ns[i] > end ? p->end_ns[i] : end;
	}
	return end - begin;
}

DRIVER_ARMS(workers, .can = ARM_MANY_FEED);

BENCHMARK_NAMED(work_queue_producers, "work_queue",
		.params = BENCH_PARAMS("worker=busy", "producers=1,2,4"), .arms = workers,
		.baseline = "futex", .mode = BENCH_LATENCY, .batch = BATCH, .manual = true,
		.ctx_size = sizeof(struct producers), .setup = producers_setup,
		.teardown = producers_teardown)
{
	struct producers *p = bench_ctx(st);
	uint64_t span, nr_due = p->nr_ran;

	while (bench_keep_running(st)) {
		p->arm->work_queue(p->worker, p->first);
		span = handoff_take(&p->running, OTHER_CPU) ? span_of_round(p) : 0;
		handoff_give(&p->gate);
		p->arm->work_flush(p->worker);
		nr_due += p->nr * BATCH;
		if (!span || p->nr_ran != nr_due) {
			bench_fail(st, "a queued work did not run");
			break;
		}
		bench_lat_record(st, span / p->nr);
	}
}
