// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delayed works, one scenario each. Names begin with the scenario's id; mutations with a number are
 * those of tests/mutations/. Linked with the testing build of the library, whose marked points tell
 * of system calls.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>

#include "tests/unit/kthread_test.h"

#define LONG_TIME 1000000 /* jiffies: longer than any test */

TestSuite(kthread_delayed, .timeout = 60);

extern void (*kthread_test_delay)(const char *point);

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

struct job {
	struct kthread_delayed_work d;
	struct kthread_worker *w;
	unsigned int runs, rank;
	uint64_t ran_ns;
	unsigned int rearm; /* times to arm itself again */
	int ret;
	struct completion *started, *go;
};

static unsigned int next_rank;

static void job_fn(struct kthread_work *work)
{
	struct job *j = container_of(work, struct job, d.work);

	j->ran_ns = now_ns();
	j->rank = ADD(next_rank);
	if (j->started)
		complete(j->started);
	if (j->go)
		wait_for_completion(j->go);
	if (j->rearm) {
		j->rearm--;
		j->ret = kthread_mod_delayed_work(j->w, &j->d, 1);
	}
	ADD(j->runs);
}

static void job_init(struct job *j, struct kthread_worker *w)
{
	*j = (struct job){ .w = w, .ret = -1 };
	kthread_init_delayed_work(&j->d, job_fn);
}

/* A job that runs and waits for @go. */
static void job_run_blocked(struct job *j, struct kthread_worker *w, struct completion *go)
{
	DECLARE_COMPLETION_ONSTACK(started);

	init_completion(go);
	job_init(j, w);
	j->started = &started;
	j->go = go;
	cr_assert(kthread_queue_work(w, &j->d.work));
	wait_for_completion(&started);
	j->started = NULL;
}

static bool is_idle(struct kthread_worker *w)
{
	return kthread_get_state(w->task) == TASK_INTERRUPTIBLE &&
	       thread_state(w->task->pid) == 'S';
}

static unsigned long nr_warnings(enum kthread_warning w)
{
	return kthread_warn_count(w);
}

Test(kthread_delayed, W9_runs_once_and_never_early)
{
	static const uint64_t delay[] = { 1, 1000, 50000, 1000000, 7000000, 20000000 };
	struct kthread_worker *w = kthread_run_worker(0, "w9");
	struct job j;

	job_init(&j, w);
	for (unsigned int i = 0; i < sizeof(delay) / sizeof(delay[0]); i++) {
		uint64_t begin = now_ns();

		cr_assert(kthread_queue_delayed_work_ns(w, &j.d, delay[i]));
		cr_assert(WAIT_UNTIL(READ(j.runs) == i + 1));
		cr_expect_geq(j.ran_ns, begin + delay[i]);
	}
	for (unsigned int i = 0; i < 4; i++) {
		uint64_t begin = now_ns();

		cr_assert(kthread_queue_delayed_work(w, &j.d, i));
		cr_assert(WAIT_UNTIL(READ(j.runs) == i + 7));
		cr_expect_geq(j.ran_ns, begin + i * 1000000ULL);
	}
	kthread_destroy_worker(w);
	cr_expect_eq(j.runs, 10);
	cr_expect_eq(nr_warnings(KTHREAD_WARN_ANY), 0);
}

/*
 * A look at the lists that comes before the deadline: whether it did, a look at the clock says.
 * Mutation W09: kt_move_due_locked() that moves what is due within the next millisecond.
 */
Test(kthread_delayed, W9_a_look_before_the_deadline_changes_nothing)
{
	struct kthread_worker *w = kthread_run_worker(0, "w9");
	struct job blocker, j, other;
	double end = test_seconds() + test_patience();
	struct completion go;
	bool armed, before;

	job_run_blocked(&blocker, w, &go);
	job_init(&j, w);
	job_init(&other, w);
	do {
		cr_assert(test_seconds() < end, "it always comes too late");
		cr_assert(kthread_queue_delayed_work_ns(w, &j.d, 900000));
		cr_assert(kthread_queue_work(w, &other.d.work));
		armed = PEEK(j.d.work.armed);
		before = now_ns() < PEEK(j.d.due_ns);
		cr_assert(kthread_cancel_delayed_work_sync(&j.d));
		cr_assert(kthread_cancel_delayed_work_sync(&other.d));
	} while (!before);
	cr_assert(armed);
	complete(&go);
	kthread_destroy_worker(w);
}

/* Mutation W09b: kthread_queue_delayed_work_ns() that arms a delay of 0. */
Test(kthread_delayed, W9_delay_0_is_queued_at_once)
{
	struct kthread_worker *w = kthread_run_worker(0, "w9");
	struct completion go;
	struct job blocker, a, b;

	job_run_blocked(&blocker, w, &go);
	job_init(&a, w);
	job_init(&b, w);
	cr_assert(kthread_queue_delayed_work(w, &a.d, 0));
	cr_expect_not(PEEK(a.d.work.armed));
	cr_assert(kthread_queue_work(w, &b.d.work));
	complete(&go);
	kthread_destroy_worker(w);
	cr_expect_lt(a.rank, b.rank);
}

/* Mutations W09c, W09d: either queue function without its look at the node. */
Test(kthread_delayed, W9_armed_work_is_not_queued_again)
{
	struct kthread_worker *w = kthread_run_worker(0, "w9");
	struct job j;
	uint64_t due;

	job_init(&j, w);
	cr_assert(kthread_queue_delayed_work(w, &j.d, LONG_TIME));
	due = PEEK(j.d.due_ns);
	cr_expect_not(kthread_queue_delayed_work(w, &j.d, 0));
	cr_expect_not(kthread_queue_delayed_work(w, &j.d, 1));
	cr_expect_not(kthread_queue_work(w, &j.d.work));
	cr_expect_eq(PEEK(j.d.due_ns), due);
	kthread_flush_worker(w);
	cr_expect_eq(j.runs, 0, "flush_worker does not wait for armed works");
	cr_expect(kthread_cancel_delayed_work_sync(&j.d));
	cr_expect_not(kthread_cancel_delayed_work_sync(&j.d));
	kthread_destroy_worker(w);
	cr_expect_eq(j.runs, 0);
	cr_expect_eq(nr_warnings(KTHREAD_WARN_ANY), 0);
}

/* Its time has come, and nobody has looked yet. Mutation W09m: as above. */
Test(kthread_delayed, W9_work_that_is_due_is_not_queued_again)
{
	struct kthread_worker *w = kthread_run_worker(0, "w9");
	struct job blocker, j;
	struct completion go;

	job_run_blocked(&blocker, w, &go);
	job_init(&j, w);
	cr_assert(kthread_queue_delayed_work_ns(w, &j.d, 1));
	cr_assert(WAIT_UNTIL(now_ns() > PEEK(j.d.due_ns)));
	cr_expect_not(kthread_queue_work(w, &j.d.work));
	cr_expect_not(PEEK(j.d.work.armed), "made ready by the look");
	complete(&go);
	kthread_destroy_worker(w);
	cr_expect_eq(j.runs, 1);
}

/* Mutation W09e: due_after() without the saturation. */
Test(kthread_delayed, W9_longest_delay_is_for_ever)
{
	struct kthread_worker *w = kthread_run_worker(0, "w9");
	struct job j;

	job_init(&j, w);
	cr_assert(kthread_queue_delayed_work(w, &j.d, ~0UL));
	cr_assert(kthread_mod_delayed_work_ns(w, &j.d, UINT64_MAX - 1));
	cr_assert(kthread_mod_delayed_work(w, &j.d, MAX_JIFFY_OFFSET));
	cr_assert(WAIT_UNTIL(is_idle(w)));
	kthread_flush_worker(w);
	cr_expect_eq(j.runs, 0);
	cr_expect(kthread_cancel_delayed_work_sync(&j.d));
	kthread_destroy_worker(w);
}

/*
 * The worker's own thread is busy, and nobody else looks: then the next one who queues does.
 * Mutation W09l: kthread_queue_work() finds nothing due; or lock_worker() without
 * kt_move_due_locked().
 */
Test(kthread_delayed, due_works_run_in_the_order_of_their_deadlines)
{
	static const unsigned int delay[8] = { 5, 1, 4, 1, 3, 2, 5, 1 };
	struct kthread_worker *w = kthread_run_worker(0, "order");
	struct job blocker, j[8], last;
	struct completion go;

	job_run_blocked(&blocker, w, &go);
	for (int i = 0; i < 8; i++) {
		job_init(&j[i], w);
		cr_assert(kthread_queue_delayed_work(w, &j[i].d, delay[i]));
	}
	for (int i = 0; i < 8; i++)
		cr_assert(WAIT_UNTIL(now_ns() > PEEK(j[i].d.due_ns)));
	job_init(&last, w);
	cr_assert(kthread_queue_work(w, &last.d.work));
	complete(&go);
	kthread_flush_worker(w);
	for (int i = 0; i < 8; i++) {
		cr_expect_eq(j[i].runs, 1);
		cr_expect_lt(j[i].rank, last.rank);
		for (int k = 0; k < i; k++)
			cr_expect_eq(j[k].rank < j[i].rank, j[k].d.due_ns <= j[i].d.due_ns);
	}
	kthread_destroy_worker(w);
}

/* Mutation: arm_locked() without the wake; the worker sleeps to the far deadline. */
Test(kthread_delayed, idle_worker_hears_of_an_earlier_deadline)
{
	struct kthread_worker *w = kthread_run_worker(0, "earlier");
	struct job far, near;

	job_init(&far, w);
	job_init(&near, w);
	cr_assert(WAIT_UNTIL(is_idle(w)));
	kthread_queue_delayed_work(w, &far.d, LONG_TIME);
	cr_assert(WAIT_UNTIL(is_idle(w)));
	kthread_queue_delayed_work(w, &near.d, 2);
	cr_assert(WAIT_UNTIL(READ(near.runs) == 1));
	cr_expect(kthread_mod_delayed_work(w, &far.d, 2));
	cr_assert(WAIT_UNTIL(READ(far.runs) == 1));
	kthread_destroy_worker(w);
}

static long cancels(void *d)
{
	return kthread_cancel_delayed_work_sync(d);
}

/* Return: did the cancel come before the deadline? */
static bool cancel_before_the_deadline(struct kthread_worker *w, unsigned long delay)
{
	struct completion go;
	struct call cancel;
	struct job j;
	bool before;

	job_run_blocked(&j, w, &go);
	cr_assert(kthread_queue_delayed_work(w, &j.d, delay));
	call_start(&cancel, cancels, &j.d);
	cr_assert(WAIT_UNTIL(PEEK(j.d.work.canceling) || READ(cancel.returned)));
	cr_assert_eq(PEEK(j.d.work.canceling), 1);
	before = now_ns() < j.d.due_ns;
	cr_assert(WAIT_UNTIL(now_ns() > j.d.due_ns));
	/* W11: nobody changes anything meanwhile; mod says so by true. */
	cr_expect_not(kthread_queue_delayed_work(w, &j.d, 0));
	cr_expect_not(kthread_queue_work(w, &j.d.work));
	cr_expect(kthread_mod_delayed_work(w, &j.d, 0));
	cr_expect(kthread_mod_delayed_work(w, &j.d, 1));
	j.rearm = 1;
	complete_all(&go);
	cr_expect(call_join(&cancel));
	cr_expect_eq(j.ret, 1, "mod from inside, against the cancel");
	cr_expect_eq(j.runs, 1);
	kthread_flush_worker(w);
	cr_expect_eq(j.runs, 1, "no run after the cancel");
	return before;
}

/*
 * Its deadline passes while a cancel waits for the running instance. Mutations: W10 leaves an armed
 * work on its list, W10b does not count as a cancel while it waits.
 */
Test(kthread_delayed, W10_deadline_passes_while_a_cancel_waits)
{
	struct kthread_worker *w = kthread_run_worker(0, "w10");
	unsigned long delay = 1;

	/* On a busy machine the call may take longer. */
	while (!cancel_before_the_deadline(w, delay))
		cr_assert_lt(delay *= 4, LONG_TIME);
	kthread_destroy_worker(w);
	cr_expect_eq(nr_warnings(KTHREAD_WARN_ANY), 0);
}

/* The deadline has come, and it runs. Mutation W10c: kt_cancel_sync() that does not wait for it. */
Test(kthread_delayed, W10_cancel_waits_for_the_run)
{
	struct kthread_worker *w = kthread_run_worker(0, "w10");
	struct completion go, started;
	struct call cancel;
	struct job j;

	init_completion(&go);
	init_completion(&started);
	job_init(&j, w);
	j.started = &started;
	j.go = &go;
	cr_assert(kthread_queue_delayed_work(w, &j.d, 1));
	wait_for_completion(&started);
	call_start(&cancel, cancels, &j.d);
	cr_assert(call_sleeps(&cancel), "it did not wait");
	complete(&go);
	cr_assert_eq(call_join(&cancel), 0, "it ran");
	cr_assert_eq(j.runs, 1);
	kthread_destroy_worker(w);
}

/* Mutation W12: kthread_mod_delayed_work_ns() that leaves a ready work where it is. */
Test(kthread_delayed, W12_mod_of_a_ready_work_moves_it_to_the_tail)
{
	struct kthread_worker *w = kthread_run_worker(0, "w12");
	struct job blocker, a, b;
	struct completion go;

	job_run_blocked(&blocker, w, &go);
	job_init(&a, w);
	job_init(&b, w);
	cr_expect_not(kthread_mod_delayed_work(w, &a.d, 0), "idle: queued");
	cr_expect(kthread_queue_work(w, &b.d.work));
	cr_expect(kthread_mod_delayed_work(w, &a.d, 0));
	complete(&go);
	kthread_flush_worker(w);
	cr_expect_lt(b.rank, a.rank);
	cr_expect_eq(a.runs, 1);
	kthread_destroy_worker(w);
}

/* Mutation W12b: as above. */
Test(kthread_delayed, W12_mod_arms_a_ready_work_again)
{
	struct kthread_worker *w = kthread_run_worker(0, "w12");
	struct job blocker, a;
	struct completion go;

	job_run_blocked(&blocker, w, &go);
	job_init(&a, w);
	kthread_queue_work(w, &a.d.work);
	cr_expect(kthread_mod_delayed_work(w, &a.d, LONG_TIME));
	complete(&go);
	kthread_flush_worker(w);
	cr_expect_eq(a.runs, 0);
	cr_expect(kthread_mod_delayed_work(w, &a.d, 0));
	kthread_flush_worker(w);
	cr_expect_eq(a.runs, 1);
	kthread_destroy_worker(w);
}

/* Mutation W12c: take_locked() that leaves armed set. */
Test(kthread_delayed, W12_mod_of_an_armed_work_to_0_is_flushed_once)
{
	struct kthread_worker *w = kthread_run_worker(0, "w12");
	struct completion go;
	struct job a, blocker;

	job_run_blocked(&blocker, w, &go);
	job_init(&a, w);
	kthread_queue_delayed_work(w, &a.d, LONG_TIME);
	cr_expect(kthread_mod_delayed_work(w, &a.d, 0));
	cr_expect_not(PEEK(a.d.work.armed));
	complete(&go);
	kthread_flush_delayed_work(&a.d);
	kthread_flush_delayed_work(&a.d);
	kthread_flush_worker(w);
	cr_expect_eq(a.runs, 1);
	kthread_destroy_worker(w);
}

/* Mutation W12d: mod that returns true whenever the work runs. */
Test(kthread_delayed, W12_mod_from_inside_the_work_arms_it)
{
	struct kthread_worker *w = kthread_run_worker(0, "w12");
	struct job j;

	job_init(&j, w);
	j.rearm = 3;
	cr_expect_not(kthread_mod_delayed_work(w, &j.d, 0));
	cr_assert(WAIT_UNTIL(READ(j.runs) == 4));
	cr_expect_eq(j.ret, 0);
	kthread_destroy_worker(w);
	cr_expect_eq(nr_warnings(KTHREAD_WARN_ANY), 0);
}

/* Mutation W14: kthread_cancel_work_sync() without its look at delayed. */
Test(kthread_delayed, W14_cancel_work_of_a_delayed_work_is_reported_and_disarms)
{
	struct kthread_worker *w = kthread_run_worker(0, "w14");
	struct job j;

	job_init(&j, w);
	kthread_queue_delayed_work(w, &j.d, LONG_TIME);
	cr_expect(kthread_cancel_work_sync(&j.d.work));
	cr_expect_eq(nr_warnings(KTHREAD_WARN_WORK_DELAYED), 1);
	cr_expect_not(PEEK(j.d.work.armed));
	cr_expect(kthread_queue_delayed_work(w, &j.d, 0), "usable again");
	kthread_destroy_worker(w);
	cr_expect_eq(j.runs, 1);
	cr_expect_eq(nr_warnings(KTHREAD_WARN_ANY), 1);
}

/* Mutation W15: kt_flush_unlock() that takes armed for ready: this hangs, as in the kernel. */
Test(kthread_delayed, W15_flush_work_of_an_armed_work_does_not_hang)
{
	struct kthread_worker *w = kthread_run_worker(0, "w15");
	struct job j;

	job_init(&j, w);
	kthread_flush_delayed_work(&j.d);
	kthread_queue_delayed_work(w, &j.d, LONG_TIME);
	kthread_flush_work(&j.d.work);
	cr_expect_eq(nr_warnings(KTHREAD_WARN_WORK_DELAYED), 1);
	cr_expect_eq(j.runs, 0);
	kthread_flush_delayed_work(&j.d);
	cr_expect_eq(j.runs, 1, "expedited");
	kthread_flush_delayed_work(&j.d);
	cr_expect_eq(j.runs, 1);
	kthread_destroy_worker(w);
	cr_expect_eq(nr_warnings(KTHREAD_WARN_ANY), 1);
}

static void *flush_delayed_it(void *d)
{
	kthread_flush_delayed_work(d);
	return NULL;
}

/*
 * Mutation W15b: kthread_flush_delayed_work() without the look at armed waits for the first run
 * only.
 */
Test(kthread_delayed, W15_flush_of_a_work_that_runs_and_is_armed)
{
	struct kthread_worker *w = kthread_run_worker(0, "w15");
	struct completion go;
	struct job j;
	pthread_t t;

	job_run_blocked(&j, w, &go);
	kthread_queue_delayed_work(w, &j.d, LONG_TIME);
	pthread_create(&t, NULL, flush_delayed_it, &j.d);
	cr_assert(WAIT_UNTIL(!PEEK(j.d.work.armed)));
	complete_all(&go);
	pthread_join(t, NULL);
	cr_expect_eq(j.runs, 2);
	kthread_destroy_worker(w);
}

/* Mutations: W16d leaves the delayed list, W16e leaves the works their worker. */
Test(kthread_delayed, W16_destroy_disarms_reports_and_lets_go)
{
	struct kthread_worker *w = kthread_run_worker(0, "w16");
	struct job j[3];

	for (int i = 0; i < 3; i++) {
		job_init(&j[i], w);
		kthread_queue_delayed_work(w, &j[i].d, LONG_TIME);
	}
	kthread_destroy_worker(w);
	cr_expect_eq(nr_warnings(KTHREAD_WARN_WORKER_ARMED), 1);
	cr_expect_not(kthread_cancel_delayed_work_sync(&j[0].d), "the freed worker is not touched");
	w = kthread_run_worker(0, "w16/next");
	for (int i = 0; i < 3; i++)
		cr_expect(kthread_queue_delayed_work(w, &j[i].d, 1));
	for (int i = 0; i < 3; i++)
		cr_assert(WAIT_UNTIL(READ(j[i].runs) == 1));
	kthread_destroy_worker(w);
	cr_expect_eq(nr_warnings(KTHREAD_WARN_ANY), 1);
}

static long stops(void *k)
{
	return kthread_stop(k);
}

/* Mutation W17b: the worker does not end while works are armed. */
Test(kthread_delayed, W17_stop_of_the_thread_leaves_works_armed)
{
	struct kthread_worker w;
	struct task_struct *k;
	struct call stop;
	struct job j;

	kthread_init_worker(&w);
	job_init(&j, &w);
	cr_assert(kthread_queue_delayed_work(&w, &j.d, LONG_TIME), "W19: nobody serves it yet");
	k = kthread_run(kthread_worker_fn, &w, "w17");
	cr_assert(WAIT_UNTIL(PEEK(w.task) && kthread_get_state(k) == TASK_INTERRUPTIBLE));
	call_start(&stop, stops, k);
	cr_assert(WAIT_UNTIL(READ(stop.returned)));
	call_join(&stop);
	cr_expect_not(kthread_queue_delayed_work(&w, &j.d, 0), "still pending");
	k = kthread_run(kthread_worker_fn, &w, "w17/next");
	cr_expect(kthread_mod_delayed_work(&w, &j.d, 1));
	cr_assert(WAIT_UNTIL(READ(j.runs) == 1));
	kthread_stop(k);
	cr_expect_eq(j.runs, 1);
}

/* Mutation W18b: kthread_init_worker() with sleep_until_ns 0. */
Test(kthread_delayed, W18_the_first_armed_work_starts_a_created_worker)
{
	struct kthread_worker *w = kthread_create_worker(0, "w18");
	struct job j;

	job_init(&j, w);
	kthread_queue_delayed_work(w, &j.d, 1);
	cr_assert(WAIT_UNTIL(READ(j.runs) == 1));
	kthread_destroy_worker(w);
}

/* Mutation W20c: mod without its look at elsewhere takes the node off the other worker's list. */
Test(kthread_delayed, W20_one_delayed_work_on_two_workers_is_reported)
{
	struct kthread_worker *a = kthread_run_worker(0, "w20a");
	struct kthread_worker *b = kthread_run_worker(0, "w20b");
	struct job j;

	job_init(&j, a);
	cr_assert(kthread_queue_delayed_work(a, &j.d, LONG_TIME));
	cr_expect_not(kthread_queue_delayed_work(b, &j.d, 0));
	cr_expect(kthread_mod_delayed_work(b, &j.d, 0));
	cr_expect_eq(nr_warnings(KTHREAD_WARN_WORK_TWO_WORKERS), 2);
	kthread_flush_worker(b);
	cr_expect_eq(j.runs, 0);
	kthread_flush_delayed_work(&j.d);
	cr_expect_eq(j.runs, 1);
	cr_expect_not(kthread_mod_delayed_work(b, &j.d, 0), "idle: it moves");
	kthread_destroy_worker(a);
	kthread_destroy_worker(b);
	cr_expect_eq(j.runs, 2);
	cr_expect_eq(nr_warnings(KTHREAD_WARN_WORK_TWO_WORKERS), 3);
}

static void waits_for_itself(struct kthread_work *work)
{
	struct job *j = container_of(work, struct job, d.work);

	kthread_flush_delayed_work(&j->d);
	j->ret = kthread_cancel_delayed_work_sync(&j->d);
	ADD(j->runs);
}

/* Mutation W24e: kthread_flush_delayed_work() without its look at who calls. */
Test(kthread_delayed, W24_waiting_for_oneself_is_reported_and_returns)
{
	struct kthread_worker *w = kthread_run_worker(0, "w24");
	struct job j;

	job_init(&j, w);
	j.d.work.func = waits_for_itself;
	kthread_queue_delayed_work(w, &j.d, 1);
	cr_assert(WAIT_UNTIL(READ(j.runs) == 1));
	cr_expect_eq(j.ret, 0);
	cr_expect_eq(nr_warnings(KTHREAD_WARN_WORKER_SELF), 2);
	kthread_destroy_worker(w);
}

/* ---- W25 ------------------------------------------------------------------------------------- */

/* Five works behind a blocker, of which @lost is initialised again, and queued again if @again. */
static void reinit_ready(int lost, bool again)
{
	struct kthread_worker *w = kthread_run_worker(0, "w25");
	unsigned long before = nr_warnings(KTHREAD_WARN_WORK_REINIT);
	struct job blocker, j[5], end;
	struct completion go;
	int prev = -1;

	job_run_blocked(&blocker, w, &go);
	for (int i = 0; i < 5; i++) {
		job_init(&j[i], w);
		kthread_queue_work(w, &j[i].d.work);
	}
	kthread_init_delayed_work(&j[lost].d, job_fn);
	if (again)
		cr_expect(kthread_queue_work(w, &j[lost].d.work));
	job_init(&end, w);
	kthread_queue_work(w, &end.d.work);
	complete(&go);
	kthread_flush_work(&end.d.work);
	kthread_flush_worker(w);
	cr_expect_geq(nr_warnings(KTHREAD_WARN_WORK_REINIT), before + 1, "lost %d", lost);
	for (int i = 0; i < 5; i++) {
		cr_expect_eq(j[i].runs, i != lost || again, "work %d of lost %d", i, lost);
		if (i == lost)
			continue;
		cr_expect(prev < 0 || j[prev].rank < j[i].rank);
		prev = i;
	}
	kthread_destroy_worker(w);
}

/*
 * Mutations, no look at neighbours: W25 when a work is queued, W25c when those submitted are moved.
 */
Test(kthread_delayed, W25_work_initialised_again_while_ready)
{
	for (int lost = 0; lost < 5; lost++) {
		reinit_ready(lost, false);
		reinit_ready(lost, true);
	}
}

static void reinit_armed(int lost, bool again)
{
	struct kthread_worker *w = kthread_run_worker(0, "w25");
	unsigned long before = nr_warnings(KTHREAD_WARN_WORK_REINIT);
	struct job j[5];

	for (int i = 0; i < 5; i++) {
		job_init(&j[i], w);
		kthread_queue_delayed_work(w, &j[i].d, LONG_TIME + (unsigned long)i);
	}
	kthread_init_delayed_work(&j[lost].d, job_fn);
	if (again)
		cr_expect(kthread_queue_delayed_work(w, &j[lost].d, LONG_TIME + 9));
	for (int i = 0; i < 5; i++)
		cr_expect_eq(kthread_mod_delayed_work(w, &j[i].d, 0), i != lost || again);
	kthread_flush_worker(w);
	for (int i = 0; i < 5; i++)
		cr_expect_eq(j[i].runs, 1, "work %d of lost %d", i, lost);
	cr_expect_geq(nr_warnings(KTHREAD_WARN_WORK_REINIT), before + 1, "lost %d", lost);
	kthread_destroy_worker(w);
}

/* Those that are left run all the same; more in kthread_armed.c. */
Test(kthread_delayed, W25_work_initialised_again_while_armed)
{
	for (int lost = 0; lost < 5; lost++) {
		reinit_armed(lost, false);
		reinit_armed(lost, true);
	}
}

/* ---- W23 ------------------------------------------------------------------------------------- */

static __thread unsigned int nr_wake_calls, nr_wake_tries;

static void count_wake_calls(const char *point)
{
	if (!strcmp(point, "futex_wake"))
		nr_wake_calls++;
	if (!strcmp(point, "wake"))
		nr_wake_tries++;
}

static unsigned int many_runs;

static void count_many(struct kthread_work *work)
{
	(void)work;
	many_runs++;
}

#define MANY 100000

/*
 * Not even its state is touched, which other CPUs have. Mutation W23: wake_idle_locked() without
 * its look at idle; the state would still save the system call.
 */
Test(kthread_delayed, W23_queues_onto_a_busy_worker_wake_nobody)
{
	struct kthread_worker *w = kthread_run_worker(0, "w23");
	struct kthread_work *many = calloc(MANY, sizeof(*many));
	struct completion go;
	struct job blocker;

	kthread_set_spin(w->task, 0);
	__atomic_store_n(&kthread_test_delay, count_wake_calls, __ATOMIC_RELEASE);
	for (int i = 0; i < MANY; i++)
		kthread_init_work(&many[i], count_many);
	for (int round = 0; round < 10; round++) {
		cr_assert(WAIT_UNTIL(is_idle(w)));
		nr_wake_calls = nr_wake_tries = 0;
		job_run_blocked(&blocker, w, &go);
		cr_expect_eq(nr_wake_calls, 1, "from idle to busy");
		nr_wake_tries = 0;
		for (int i = 0; i < MANY; i++)
			kthread_queue_work(w, &many[i]);
		cr_expect_eq(nr_wake_calls, 1, "%u wakes while busy", nr_wake_calls - 1);
		cr_expect_eq(nr_wake_tries, 0);
		complete(&go);
		kthread_flush_worker(w);
	}
	cr_expect_eq(many_runs, 10 * MANY);
	kthread_destroy_worker(w);
	free(many);
}

/* Mutation W23b: arm_locked() that wakes for each deadline. */
Test(kthread_delayed, W23_only_an_earlier_deadline_wakes_an_idle_worker)
{
	struct kthread_worker *w = kthread_run_worker(0, "w23");
	struct job j[4];

	kthread_set_spin(w->task, 0);
	__atomic_store_n(&kthread_test_delay, count_wake_calls, __ATOMIC_RELEASE);
	for (int i = 0; i < 4; i++)
		job_init(&j[i], w);
	cr_assert(WAIT_UNTIL(is_idle(w)));
	kthread_queue_delayed_work(w, &j[0].d, LONG_TIME);
	cr_expect_eq(nr_wake_calls, 1);
	cr_assert(WAIT_UNTIL(is_idle(w) && PEEK(w->sleep_until_ns) == PEEK(j[0].d.due_ns)));
	kthread_queue_delayed_work(w, &j[1].d, LONG_TIME + 1);
	kthread_queue_delayed_work(w, &j[2].d, LONG_TIME + 2);
	cr_expect_eq(nr_wake_calls, 1);
	kthread_queue_delayed_work(w, &j[3].d, LONG_TIME / 2);
	cr_expect_eq(nr_wake_calls, 2);
	for (int i = 0; i < 4; i++)
		cr_expect(kthread_cancel_delayed_work_sync(&j[i].d));
	kthread_destroy_worker(w);
	cr_expect_eq(nr_warnings(KTHREAD_WARN_ANY), 0);
}
