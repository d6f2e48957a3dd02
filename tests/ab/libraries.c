// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two builds of libkthread as the arms of one run: is the new one slower?
 *
 * Each is loaded by dlmopen() into a name space of its own, so that both are in one process and
 * their epochs take turns. KT_AB_OLD and KT_AB_NEW name the files; `scripts/compare-speed` sets
 * them. Functions are called through pointers, the same way for both.
 *
 * Alternating whole runs of two programs cannot show what this shows: runs of the same program
 * differ by more than a percent.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <kthread/kthread.h>

#include "bench/harness/bench.h"

#define BATCH 256

/* What is measured, X(function); the declarations of the public headers are the types. */
#define FUNCTIONS                        \
	X(kthread_create_on_node)        \
	X(kthread_wake_state)            \
	X(kthread_stop)                  \
	X(kthread_park)                  \
	X(kthread_unpark)                \
	X(kthread_parkme)                \
	X(kthread_should_stop)           \
	X(kthread_should_park)           \
	X(kthread_set_state)             \
	X(kthread_set_state_relaxed)     \
	X(kthread_schedule)              \
	X(kthread_create_worker_on_node) \
	X(kthread_destroy_worker)        \
	X(kthread_queue_work)            \
	X(kthread_flush_work)            \
	X(kthread_cancel_work_sync)      \
	X(kthread_queue_delayed_work)    \
	X(kthread_cancel_delayed_work_sync)

struct library {
#define X(f) __typeof__(f) *f;
	FUNCTIONS
#undef X
};

struct ab {
	struct library l;
	struct task_struct *thread;
	struct kthread_worker *worker;
	struct kthread_work gate, work[BATCH];
	struct kthread_delayed_work delayed;
	uint64_t seen __attribute__((aligned(64))); /* asked for, answered */
	uint64_t asked __attribute__((aligned(64)));
	uint32_t open, running;
};

static void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#endif
}

static int load(struct bench_state *st, struct library *l)
{
	const char *variable = bench_arm(st)[0] == 'o' ? "KT_AB_OLD" : "KT_AB_NEW";
	const char *path = getenv(variable);
	static struct {
		const char *path;
		void *handle;
	} loaded[2];
	int i = bench_arm(st)[0] == 'n';

	if (!path)
		return bench_fail(st, "%s names no library; run scripts/compare-speed", variable);
	if (!loaded[i].handle)
		loaded[i].handle = dlmopen(LM_ID_NEWLM, path, RTLD_NOW | RTLD_LOCAL);
	if (!loaded[i].handle)
		return bench_fail(st, "cannot load %s: %s", path, dlerror());
#define X(f)                                                  \
	l->f = (__typeof__(l->f))dlsym(loaded[i].handle, #f); \
	if (!l->f)                                            \
		return bench_fail(st, "%s has no function %s", path, #f);
	FUNCTIONS
#undef X
	bench_label(st, "%s", path);
	return 0;
}

/* ---- threads --------------------------------------------------------------------------------- */

static int answer(void *data)
{
	struct ab *a = data;
	struct library *l = &a->l;

	while (!l->kthread_should_stop()) {
		if (l->kthread_should_park()) {
			l->kthread_parkme();
			continue;
		}
		l->kthread_set_state(TASK_INTERRUPTIBLE);
		if (__atomic_load_n(&a->asked, __ATOMIC_ACQUIRE) == a->seen &&
		    !l->kthread_should_stop() && !l->kthread_should_park())
			l->kthread_schedule();
		l->kthread_set_state_relaxed(TASK_RUNNING);
		__atomic_store_n(&a->seen, __atomic_load_n(&a->asked, __ATOMIC_ACQUIRE),
				 __ATOMIC_RELEASE);
	}
	return 0;
}

static int thread_setup(struct bench_state *st)
{
	struct ab *a = bench_ctx(st);
	int ret = load(st, &a->l);

	if (ret)
		return ret;
	a->thread = a->l.kthread_create_on_node(answer, a, NUMA_NO_NODE, "ab");
	if (IS_ERR(a->thread))
		return bench_fail(st, "cannot create a thread");
	a->l.kthread_wake_state(a->thread, TASK_NORMAL);
	return 0;
}

static void thread_teardown(struct bench_state *st)
{
	struct ab *a = bench_ctx(st);

	a->l.kthread_stop(a->thread);
}

#define AB .arms = BENCH_ARMS("old", "new"), .baseline = "old", .ctx_size = sizeof(struct ab)

BENCHMARK(round_trip, AB, .setup = thread_setup, .teardown = thread_teardown)
{
	struct ab *a = bench_ctx(st);

	while (bench_keep_running(st)) {
		__atomic_store_n(&a->asked, a->asked + 1, __ATOMIC_RELEASE);
		a->l.kthread_wake_state(a->thread, TASK_NORMAL);
		while (__atomic_load_n(&a->seen, __ATOMIC_ACQUIRE) != a->asked)
			relax();
	}
}

BENCHMARK(park_unpark, AB, .setup = thread_setup, .teardown = thread_teardown)
{
	struct ab *a = bench_ctx(st);

	while (bench_keep_running(st)) {
		a->l.kthread_park(a->thread);
		a->l.kthread_unpark(a->thread);
	}
}

static int load_only(struct bench_state *st)
{
	struct ab *a = bench_ctx(st);

	return load(st, &a->l);
}

BENCHMARK(create_stop, AB, .setup = load_only)
{
	struct ab *a = bench_ctx(st);

	while (bench_keep_running(st)) {
		struct task_struct *t = a->l.kthread_create_on_node(answer, a, NUMA_NO_NODE, "ab");

		a->l.kthread_wake_state(t, TASK_NORMAL);
		a->l.kthread_stop(t);
	}
}

/* ---- workers --------------------------------------------------------------------------------- */

static void nothing(struct kthread_work *work)
{
	bench_keep(work);
}

/* Asleep: a CPU that it spun on would be one less for those who queue. */
static void wait_for_gate(struct kthread_work *work)
{
	struct ab *a = container_of(work, struct ab, gate);

	__atomic_store_n(&a->running, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&a->open, __ATOMIC_ACQUIRE))
		syscall(SYS_futex, &a->open, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

/* Until it is taken: the worker's own way to its first work is another question. */
static void close_gate(struct ab *a)
{
	a->running = 0;
	__atomic_store_n(&a->open, 0, __ATOMIC_RELEASE);
	a->l.kthread_queue_work(a->worker, &a->gate);
	while (!__atomic_load_n(&a->running, __ATOMIC_ACQUIRE))
		sched_yield();
}

static void open_gate(struct ab *a)
{
	__atomic_store_n(&a->open, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &a->open, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static int worker_setup(struct bench_state *st)
{
	struct ab *a = bench_ctx(st);
	int ret = load(st, &a->l);

	if (ret)
		return ret;
	a->worker = a->l.kthread_create_worker_on_node(0, NUMA_NO_NODE, "ab");
	if (IS_ERR(a->worker))
		return bench_fail(st, "cannot create a worker");
	a->l.kthread_wake_state(a->worker->task, TASK_NORMAL);
	kthread_init_work(&a->gate, wait_for_gate);
	kthread_init_delayed_work(&a->delayed, nothing);
	for (int i = 0; i < BATCH; i++)
		kthread_init_work(&a->work[i], nothing);
	return 0;
}

static void worker_teardown(struct bench_state *st)
{
	struct ab *a = bench_ctx(st);

	a->l.kthread_destroy_worker(a->worker);
}

BENCHMARK(queue_behind_a_running_work, AB, .mode = BENCH_LATENCY, .setup = worker_setup,
	  .teardown = worker_teardown)
{
	struct ab *a = bench_ctx(st);

	while (bench_keep_running(st)) {
		uint64_t begin;

		close_gate(a);
		begin = bench_now_ns();
		for (int i = 0; i < BATCH; i++)
			a->l.kthread_queue_work(a->worker, &a->work[i]);
		bench_lat_record(st, bench_now_ns() - begin);
		open_gate(a);
		a->l.kthread_flush_work(&a->work[BATCH - 1]);
	}
}

BENCHMARK(queue_and_flush, AB, .setup = worker_setup, .teardown = worker_teardown)
{
	struct ab *a = bench_ctx(st);

	while (bench_keep_running(st)) {
		a->l.kthread_queue_work(a->worker, &a->work[0]);
		a->l.kthread_flush_work(&a->work[0]);
	}
}

BENCHMARK(queue_and_cancel, AB, .setup = worker_setup, .teardown = worker_teardown)
{
	struct ab *a = bench_ctx(st);

	while (bench_keep_running(st)) {
		a->l.kthread_queue_work(a->worker, &a->work[0]);
		a->l.kthread_cancel_work_sync(&a->work[0]);
	}
}

BENCHMARK(arm_and_cancel, AB, .setup = worker_setup, .teardown = worker_teardown)
{
	struct ab *a = bench_ctx(st);

	while (bench_keep_running(st)) {
		a->l.kthread_queue_delayed_work(a->worker, &a->delayed, HZ * 1000);
		a->l.kthread_cancel_delayed_work_sync(&a->delayed);
	}
}

/* ---- many producers: how long does one of their calls take? ---------------------------------- */

#define MAX_OTHERS 3

struct crowd {
	struct ab ab;
	struct other {
		struct crowd *crowd;
		pthread_t thread;
		struct kthread_work work[BATCH];
	} other[MAX_OTHERS];
	unsigned int nr, nr_busy;
	uint32_t round, leave;
	uint32_t ready; /* of this round, also the caller */
};

#define LINE_UP_NS 1000000

/* All begin at once, as far as they have CPUs: who comes alone meets nobody. */
static void line_up(struct crowd *c)
{
	uint64_t end = bench_now_ns() + LINE_UP_NS;

	__atomic_fetch_add(&c->ready, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&c->ready, __ATOMIC_ACQUIRE) <= c->nr && bench_now_ns() < end)
		relax();
}

static void *storm(void *arg)
{
	struct other *o = arg;
	struct crowd *c = o->crowd;
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
	for (uint32_t round = 0;; round++) {
		while (__atomic_load_n(&c->round, __ATOMIC_ACQUIRE) == round)
			sched_yield();
		if (c->leave)
			return NULL;
		line_up(c);
		for (int i = 0; i < BATCH; i++)
			c->ab.l.kthread_queue_work(c->ab.worker, &o->work[i]);
		__atomic_fetch_sub(&c->nr_busy, 1, __ATOMIC_ACQ_REL);
	}
}

static void next_round(struct crowd *c)
{
	c->nr_busy = c->nr;
	c->ready = 0;
	__atomic_fetch_add(&c->round, 1, __ATOMIC_RELEASE);
}

static int crowd_setup(struct bench_state *st)
{
	struct crowd *c = bench_ctx(st);
	int ret = worker_setup(st);

	if (ret)
		return ret;
	for (long n = bench_param_int(st, "producers") - 1; c->nr < n; c->nr++) {
		struct other *o = &c->other[c->nr];

		o->crowd = c;
		for (int i = 0; i < BATCH; i++)
			kthread_init_work(&o->work[i], nothing);
		if (pthread_create(&o->thread, NULL, storm, o))
			return bench_fail(st, "cannot create a thread");
	}
	return 0;
}

static void crowd_teardown(struct bench_state *st)
{
	struct crowd *c = bench_ctx(st);

	c->leave = 1;
	next_round(c);
	for (unsigned int i = 0; i < c->nr; i++)
		pthread_join(c->other[i].thread, NULL);
	worker_teardown(st);
}

BENCHMARK(queue_in_a_crowd, .arms = BENCH_ARMS("old", "new"), .baseline = "old",
	  .ctx_size = sizeof(struct crowd), .mode = BENCH_LATENCY,
	  .params = BENCH_PARAMS("producers=1,2,4"), .setup = crowd_setup,
	  .teardown = crowd_teardown)
{
	struct crowd *c = bench_ctx(st);
	struct ab *a = &c->ab;
	uint64_t begin, end;

	while (bench_keep_running(st)) {
		close_gate(a);
		next_round(c);
		line_up(c);
		begin = bench_now_ns();
		for (int i = 0; i < BATCH; i++) {
			a->l.kthread_queue_work(a->worker, &a->work[i]);
			end = bench_now_ns();
			bench_lat_record(st, end - begin);
			begin = bench_now_ns();
		}
		open_gate(a);
		while (__atomic_load_n(&c->nr_busy, __ATOMIC_ACQUIRE))
			sched_yield();
		a->l.kthread_flush_work(&a->work[BATCH - 1]);
		for (unsigned int i = 0; i < c->nr; i++)
			a->l.kthread_flush_work(&c->other[i].work[BATCH - 1]);
	}
}

BENCH_MAIN()
