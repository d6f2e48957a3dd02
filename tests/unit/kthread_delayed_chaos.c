// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delayed works under races, with seeded delays at the library's marked points. Names begin with
 * the scenario's id; mutations are those of tests/mutations/.
 *
 * KT_CHAOS=N: operations of each of the eight threads (default 3000). KT_SEED=N: where the random
 * numbers begin (default 1).
 */
#include <criterion/criterion.h>
#include <pthread.h>

#include "tests/unit/chaos.h"

TestSuite(kthread_delayed_chaos, .timeout = 120);

extern void (*kthread_test_delay)(const char *point);

static unsigned long from_env(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 0) : otherwise;
}

static void quiet(enum kthread_warning w, const char *text)
{
	(void)w;
	(void)text;
}

static void disturb(void)
{
	kthread_warn_hook(quiet);
	chaos_seed = from_env("KT_SEED", 1);
	__atomic_store_n(&kthread_test_delay, random_delay, __ATOMIC_RELEASE);
}

struct job {
	struct kthread_delayed_work d;
	unsigned int runs, running;
	unsigned long data, saw;
};

static struct kthread_worker *w;
static struct job job[3];
static unsigned int queued, cancelled, modified;
static unsigned int together; /* runs beside another run of the same work */
static unsigned int end;

static void job_fn(struct kthread_work *work)
{
	struct job *j = container_of(work, struct job, d.work);

	if (ADD(j->running))
		ADD(together);
	j->saw = READ(j->data);
	__atomic_fetch_sub(&j->running, 1, __ATOMIC_ACQ_REL);
	ADD(j->runs);
}

/* Several works of one kind: some arm themselves again. */
static void again_fn(struct kthread_work *work)
{
	struct job *j = container_of(work, struct job, d.work);

	ADD(j->runs);
	if (rnd() % 4 && kthread_queue_delayed_work_ns(w, &j->d, rnd() % 50000))
		ADD(queued);
}

static void jobs_init(const char *name, kthread_work_func_t last)
{
	w = kthread_run_worker(0, "%s", name);
	for (int i = 0; i < 3; i++)
		kthread_init_delayed_work(&job[i].d, i == 2 ? last : job_fn);
}

/* Until a cancel waits for it. */
static void until_cancelled(struct kthread_work *work)
{
	struct job *j = container_of(work, struct job, d.work);

	ADD(j->running);
	WAIT_UNTIL(PEEK(work->canceling));
	__atomic_fetch_sub(&j->running, 1, __ATOMIC_ACQ_REL);
	ADD(j->runs);
}

/* What chance must not leave out: a mod of a pending work, and a cancel of one that only runs. */
static void at_least_once(struct job *j)
{
	kthread_work_func_t func = j->d.work.func;

	queued += kthread_queue_delayed_work(w, &j->d, 1000000);
	if (!kthread_mod_delayed_work(w, &j->d, 1000000))
		ADD(queued);
	cancelled += kthread_cancel_delayed_work_sync(&j->d);
	j->d.work.func = until_cancelled;
	queued += kthread_queue_work(w, &j->d.work);
	cr_assert(WAIT_UNTIL(READ(j->running)));
	cancelled += kthread_cancel_delayed_work_sync(&j->d);
	j->d.work.func = func;
}

static void one_operation(void)
{
	uint32_t r = rnd();
	struct job *j = &job[(r >> 8) % 3];
	uint64_t delay_ns = r & 0x10000 ? 0 : rnd() % 100000;

	switch (r % 16) {
	case 0:
	case 1:
	case 2:
		if (kthread_cancel_delayed_work_sync(&j->d))
			ADD(cancelled);
		break;
	case 3:
		kthread_flush_work(&j->d.work);
		break;
	case 4:
		kthread_flush_delayed_work(&j->d);
		break;
	case 5:
		kthread_flush_worker(w);
		break;
	case 6:
		if (!kthread_park(w->task))
			kthread_unpark(w->task);
		break;
	case 7:
	case 8:
		if (kthread_queue_work(w, &j->d.work))
			ADD(queued);
		break;
	case 9:
	case 10:
	case 11:
		/* False: it was idle and is queued now. */
		if (!kthread_mod_delayed_work_ns(w, &j->d, delay_ns))
			ADD(queued);
		else
			ADD(modified);
		break;
	default:
		if (kthread_queue_delayed_work_ns(w, &j->d, delay_ns))
			ADD(queued);
	}
}

static void *operations(void *nr)
{
	for (unsigned long i = 0; i < *(unsigned long *)nr; i++)
		one_operation();
	return NULL;
}

/*
 * What reference counts rely on: each true of queue, and false of mod, is one run or one true of
 * cancel. Mutations: W13b has mod say false for a pending work, W13c has a cancel say true for a
 * work that was only running.
 */
Test(kthread_delayed_chaos, W13_each_queue_is_one_run_or_one_cancel)
{
	unsigned long nr = from_env("KT_CHAOS", 3000);
	unsigned int runs = 0;
	pthread_t t[8];

	disturb();
	jobs_init("w13", again_fn);
	at_least_once(&job[0]);
	for (int i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, operations, &nr);
	for (int i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < 3; i++)
		cancelled += kthread_cancel_delayed_work_sync(&job[i].d);
	for (int i = 0; i < 3; i++)
		runs += READ(job[i].runs);
	kthread_destroy_worker(w);
	for (int i = 0; i < 3; i++)
		runs -= job[i].runs;
	cr_expect_eq(runs, 0, "a run after the cancel");
	for (int i = 0; i < 3; i++)
		runs += job[i].runs;
	cr_expect_eq(queued, runs + cancelled, "%u queued, %u run, %u cancelled", queued, runs,
		     cancelled);
	cr_expect_eq(together, 0);
	cr_expect(runs && cancelled && modified);
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_WORKER_ARMED), 0);
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_WORK_REINIT), 0);
}

/* A deadline against a cancel: it runs or is cancelled, never both, and not after the cancel. */
Test(kthread_delayed_chaos, W10_deadline_against_cancel)
{
	unsigned long nr = from_env("KT_CHAOS", 3000);
	unsigned int gone = 0;
	struct job *j = &job[0];

	disturb();
	jobs_init("w10", job_fn);
	for (unsigned int i = 1; i <= nr; i++) {
		j->data = i;
		cr_assert(kthread_queue_delayed_work_ns(w, &j->d, rnd() % 150000));
		if (rnd() & 1)
			usleep(rnd() % 100);
		gone += kthread_cancel_delayed_work_sync(&j->d);
		/* Plain reads: nothing runs now, and the cancel has ordered them. */
		cr_assert_eq(j->runs + gone, i);
		cr_assert(j->saw <= i);
	}
	cr_expect(gone && j->runs);
	kthread_destroy_worker(w);
}

static void *modifies(void *arg)
{
	(void)arg;
	while (!READ(end))
		if (!kthread_mod_delayed_work_ns(w, &job[0].d, rnd() % 60000))
			ADD(queued);
	return NULL;
}

static void *cancels(void *arg)
{
	(void)arg;
	while (!READ(end)) {
		if (kthread_cancel_delayed_work_sync(&job[0].d))
			ADD(cancelled);
		random_delay("");
	}
	return NULL;
}

static unsigned int nr_blocked, may_end, mods, mods_false;

static void runs_until_it_may_end(struct kthread_work *work)
{
	struct job *j = container_of(work, struct job, d.work);

	ADD(nr_blocked);
	cr_assert(WAIT_UNTIL(READ(may_end)));
	ADD(j->runs);
}

static void *cancels_once(void *arg)
{
	return kthread_cancel_delayed_work_sync(arg) ? arg : NULL;
}

static void *modifies_until_it_may_end(void *arg)
{
	static const unsigned long delay[] = { 0, 1, 1000000 };

	while (!READ(end)) {
		if (!kthread_mod_delayed_work(w, arg, delay[rnd() % 3]))
			ADD(mods_false);
		ADD(mods);
	}
	return NULL;
}

/*
 * All the time while a cancel waits, with any delay. Mutations, mod without its look at canceling:
 * W11 changes something, W11b says false.
 */
Test(kthread_delayed_chaos, W11_mod_during_a_cancel_returns_true_and_changes_nothing)
{
	struct job *j = &job[0];
	pthread_t canceller, t[2];
	void *ret;

	disturb();
	jobs_init("w11", job_fn);
	kthread_init_delayed_work(&j->d, runs_until_it_may_end);
	for (unsigned int i = 0; i < 60; i++) {
		end = may_end = nr_blocked = mods = 0;
		cr_assert(kthread_queue_delayed_work(w, &j->d, i % 2));
		cr_assert(WAIT_UNTIL(READ(nr_blocked)));
		pthread_create(&canceller, NULL, cancels_once, &j->d);
		cr_assert(WAIT_UNTIL(PEEK(j->d.work.canceling)));
		for (int k = 0; k < 2; k++)
			pthread_create(&t[k], NULL, modifies_until_it_may_end, &j->d);
		cr_assert(WAIT_UNTIL(READ(mods) >= 20));
		__atomic_store_n(&end, 1, __ATOMIC_RELEASE);
		for (int k = 0; k < 2; k++)
			pthread_join(t[k], NULL);
		ADD(may_end);
		pthread_join(canceller, &ret);
		cr_expect_not(ret, "it was not pending");
		cr_assert_eq(READ(mods_false), 0);
		cr_assert_not(PEEK(j->d.work.armed));
		kthread_flush_worker(w);
		cr_assert_eq(j->runs, i + 1);
	}
	kthread_destroy_worker(w);
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0);
}

/* Mutation W11c: mod says false for a pending work. */
Test(kthread_delayed_chaos, W11_mod_against_cancel_and_the_deadline)
{
	unsigned long nr = from_env("KT_CHAOS", 3000);
	pthread_t t[3];

	disturb();
	jobs_init("w11", job_fn);
	at_least_once(&job[0]);
	pthread_create(&t[0], NULL, modifies, NULL);
	pthread_create(&t[1], NULL, modifies, NULL);
	pthread_create(&t[2], NULL, cancels, NULL);
	cr_expect(WAIT_UNTIL(READ(job[0].runs) >= nr / 10 && READ(cancelled) >= nr / 10));
	__atomic_store_n(&end, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	cancelled += kthread_cancel_delayed_work_sync(&job[0].d);
	cr_expect_eq(queued, job[0].runs + cancelled);
	kthread_destroy_worker(w);
	cr_expect_eq(queued, job[0].runs + cancelled);
}

static pthread_barrier_t gate;

static void *modifies_once(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&gate);
	return (void *)(intptr_t)kthread_mod_delayed_work(w, &job[0].d, 1000000);
}

Test(kthread_delayed_chaos, W12_of_two_mods_at_once_one_queues)
{
	disturb();
	jobs_init("w12", job_fn);
	pthread_barrier_init(&gate, NULL, 2);
	for (int i = 0; i < 500; i++) {
		pthread_t t[2];
		void *ret[2];

		for (int k = 0; k < 2; k++)
			pthread_create(&t[k], NULL, modifies_once, NULL);
		for (int k = 0; k < 2; k++)
			pthread_join(t[k], &ret[k]);
		cr_assert_eq((intptr_t)ret[0] + (intptr_t)ret[1], 1);
		cr_assert(kthread_cancel_delayed_work_sync(&job[0].d));
	}
	kthread_destroy_worker(w);
	cr_expect_eq(job[0].runs, 0);
}
