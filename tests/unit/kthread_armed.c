// SPDX-License-Identifier: GPL-2.0-only
/*
 * Armed works by deadline (lib/kthread/armed.c): the tree against a plain list, random changes, and
 * works initialised again anywhere in it. Nobody serves the worker here; its due works come off in
 * the order in which they would run. Mutations are those of tests/mutations/.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "lib/kthread/queue.h"
#include "tests/unit/kthread_test.h"

TestSuite(kthread_armed, .timeout = 60);

extern void (*kthread_test_delay)(const char *point); /* the testing build: nothing is hidden */

#define NR     300
#define FAR_NS 3600000000000ULL

static struct kthread_worker w;
static struct kthread_delayed_work d[NR];
static uint64_t order[NR]; /* of arming; 0: not armed */
static uint64_t next_order;
static uint32_t seed;

static uint32_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static void nothing(struct kthread_work *work)
{
	(void)work;
}

static void begin(uint32_t with)
{
	seed = with;
	next_order = 0;
	memset(order, 0, sizeof(order));
	kthread_init_worker(&w);
	for (int i = 0; i < NR; i++)
		kthread_init_delayed_work(&d[i], nothing);
}

static void arm(int i, uint64_t due_ns)
{
	lock_both(&w);
	if (order[i]) {
		kt_armed_move_locked(&w, &d[i], due_ns);
	} else {
		d[i].work.armed = true;
		d[i].work.worker = &w;
		d[i].work.pending = 1;
		kt_armed_add_locked(&w, &d[i], due_ns);
	}
	order[i] = ++next_order;
	unlock_worker(&w);
}

static void disarm(int i)
{
	lock_both(&w);
	take_locked(&w, &d[i].work);
	order[i] = 0;
	unlock_worker(&w);
}

/* Which is to come first, by a look at all; -1: none is armed */
static int first_of_all(void)
{
	int first = -1;

	for (int i = 0; i < NR; i++)
		if (order[i] && (first < 0 || d[i].due_ns < d[first].due_ns ||
				 (d[i].due_ns == d[first].due_ns && order[i] < order[first])))
			first = i;
	return first;
}

/* All that are armed come off in their order. */
static void expect_order(void)
{
	int first;

	while ((first = first_of_all()) >= 0) {
		lock_both(&w);
		cr_assert_leq(kt_armed_first_locked(&w), d[first].due_ns);
		cr_assert_eq(kt_armed_due_locked(&w, d[first].due_ns), &d[first],
			     "of those with one deadline another one, or none");
		unlock_worker(&w);
		disarm(first);
	}
	cr_assert_eq(w.first_due_ns, NEVER_NS);
	cr_assert_eq(w.nr_delayed, 0);
	cr_assert(is_empty(&w.delayed_work_list));
}

/*
 * Few deadlines, so that many are equal. Mutations: W09f compares deadlines only, W09g moves a work
 * without a new place among its equals, W09h does not let the last one sink after a removal, W09n
 * leaves a work that was moved to a later deadline by its old one.
 */
Test(kthread_armed, W9_by_deadline_and_those_alike_in_the_order_of_arming)
{
	for (uint32_t with = 1; with <= 30; with++) {
		begin(with);
		for (int step = 0; step < 2000; step++) {
			int i = (int)(rnd() % NR);

			if (order[i] && rnd() % 3 == 0)
				disarm(i);
			else
				arm(i, 1 + rnd() % (with % 2 ? 20 : 100000));
		}
		expect_order();
	}
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0);
}

static uint64_t due_of(int i, int shape)
{
	return FAR_NS + (uint64_t)(shape == 0 ? i : shape == 1 ? NR - i : (i * 7919) % NR);
}

/*
 * One of several shapes, and how it goes on: armed again or not, the others moved or left alone.
 * Mutations: W25d, a work that rises does not look at its neighbours; W25f, one that sinks.
 */
static void lose(int shape, int lost, int then)
{
	unsigned long before = kthread_warn_count(KTHREAD_WARN_WORK_REINIT);

	begin(1);
	for (int i = 0; i < NR; i++)
		arm(i, due_of(i, shape));
	kthread_init_delayed_work(&d[lost], nothing);
	order[lost] = 0;
	if (then & 1)
		arm(lost, FAR_NS + 10 * NR);
	for (int i = 0; then & 2 && i < NR; i++)
		if (order[i])
			arm(i, due_of(i, (shape + 1) % 3));
	expect_order();
	cr_assert_geq(kthread_warn_count(KTHREAD_WARN_WORK_REINIT), before + 1,
		      "%d of shape %d is not reported", lost, shape);
}

Test(kthread_armed, W25_one_initialised_again_takes_no_other_with_it)
{
	for (int shape = 0; shape < 3; shape++)
		for (int lost = 0; lost < NR; lost += 1 + lost / 8)
			for (int then = 0; then < 4; then++)
				lose(shape, lost, then);
}

/*
 * It belongs to another worker's tree by now, which stays as it is. Mutation W25e: a work that is
 * taken does not look at its neighbours.
 */
Test(kthread_armed, W25_one_initialised_again_and_armed_elsewhere)
{
	static struct kthread_delayed_work other[20];
	static struct kthread_worker elsewhere;
	unsigned long warnings;

	for (int lost = 0; lost < 40; lost++) {
		begin(1);
		kthread_init_worker(&elsewhere);
		for (int i = 0; i < NR; i++)
			arm(i, due_of(i, 0));
		kthread_init_delayed_work(&d[lost], nothing);
		order[lost] = 0;
		for (int i = 0; i < 20; i++) {
			kthread_init_delayed_work(&other[i], nothing);
			kthread_queue_delayed_work_ns(&elsewhere, i == 10 ? &d[lost] : &other[i],
						      FAR_NS + (uint64_t)((i * 7) % 20));
		}
		expect_order();
		warnings = kthread_warn_count(KTHREAD_WARN_WORK_REINIT);
		cr_assert_gt(warnings, 0);
		for (int i = 0; i < 20; i++)
			cr_assert(kthread_cancel_delayed_work_sync(i == 10 ? &d[lost] : &other[i]));
		cr_assert_eq(kthread_warn_count(KTHREAD_WARN_WORK_REINIT), warnings,
			     "%d: the other tree is torn", lost);
	}
}

/* Reported while it is still armed, by whoever looks at the first deadline. Mutation: W25b. */
Test(kthread_armed, W25_the_first_one_initialised_again_is_not_due)
{
	begin(1);
	for (int i = 0; i < 5; i++)
		arm(i, FAR_NS + (uint64_t)i);
	kthread_init_delayed_work(&d[0], nothing);
	order[0] = 0;
	lock_both(&w);
	cr_assert_eq(kt_armed_first_locked(&w), FAR_NS + 1);
	unlock_worker(&w);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_WORK_REINIT), 1);
	expect_order();
}

/* ---- what it costs the others ---------------------------------------------------------------- */

/*
 * With the lock held by the caller itself, a call that wants it never returns. Mutation W23c:
 * whatever is armed may be due.
 */
Test(kthread_armed, W23_queueing_beside_an_armed_work_takes_one_lock, .timeout = 10)
{
	DEFINE_KTHREAD_WORK(work, nothing);

	begin(1);
	cr_assert(kthread_queue_delayed_work_ns(&w, &d[0], FAR_NS));
	kt_lock(&w.lock);
	cr_assert(kthread_queue_work(&w, &work));
	kt_unlock(&w.lock);
	cr_assert(kthread_cancel_work_sync(&work));
	cr_assert(kthread_cancel_delayed_work_sync(&d[0]));
}

/* ---- seconds in which nothing is due --------------------------------------------------------- */

extern uint32_t kthread_test_second;

static struct kthread_work plain[2];

static void queue_plain(int i)
{
	kthread_init_work(&plain[i], nothing);
	cr_assert(kthread_queue_work(&w, &plain[i]));
}

static void sleep_until_due(const struct kthread_delayed_work *dwork)
{
	while (slot_clock_ns() < dwork->due_ns)
		usleep(1000);
}

/* The ready works of the worker are @work[], in this order; they are taken off. */
static void expect_ready(struct kthread_work **work, int nr)
{
	lock_worker(&w);
	for (int i = 0; i < nr; i++) {
		cr_assert(!is_empty(&w.work_list));
		cr_expect_eq(work_of(w.work_list.next), work[i], "another one is number %d", i);
		take_locked(&w, work_of(w.work_list.next));
	}
	cr_assert(is_empty(&w.work_list));
	unlock_worker(&w);
}

/*
 * Whether anybody looks: the lock is held by the caller itself, and the deadline, by a hand that
 * tells nobody, over. Mutation W23d: each call looks.
 */
Test(kthread_armed, W23_a_quiet_second_spares_the_look, .timeout = 10)
{
	begin(1);
	kthread_test_second = 1000;
	cr_assert(kthread_queue_delayed_work_ns(&w, &d[0], FAR_NS));
	queue_plain(0);
	cr_expect_eq(w.quiet_second, 1000);

	kt_lock(&w.lock);
	w.first_due_ns = 1;
	queue_plain(1);
	w.first_due_ns = d[0].key_ns;
	kt_unlock(&w.lock);
	expect_ready((struct kthread_work *[]){ &plain[0], &plain[1] }, 2);

	kthread_test_second = 1001;
	queue_plain(0);
	cr_expect_eq(w.quiet_second, 1001);
	cr_assert(kthread_cancel_work_sync(&plain[0]));
	cr_assert(kthread_cancel_delayed_work_sync(&d[0]));
}

/* Mutation W23e: that the deadline has not come is enough. */
Test(kthread_armed, W23_a_second_with_a_deadline_near_it_is_not_quiet)
{
	begin(1);
	kthread_test_second = 1000;
	cr_assert(kthread_queue_delayed_work_ns(&w, &d[0], 1900000000));
	queue_plain(0);
	cr_expect_eq(w.quiet_second, 0);
	cr_assert(kthread_cancel_work_sync(&plain[0]));
	cr_assert(kthread_cancel_delayed_work_sync(&d[0]));
}

/* Mutation W23f: what was found about the second stays. */
Test(kthread_armed, W23_an_earlier_deadline_ends_the_quiet)
{
	begin(1);
	kthread_test_second = 1000;
	cr_assert(kthread_queue_delayed_work_ns(&w, &d[0], FAR_NS));
	queue_plain(0);
	cr_assert(kthread_mod_delayed_work_ns(&w, &d[0], 1000000));
	sleep_until_due(&d[0]);
	queue_plain(1);
	expect_ready((struct kthread_work *[]){ &plain[0], &d[0].work, &plain[1] }, 3);
}

/* By the clock itself. Mutation W23g: one second is like the other. */
Test(kthread_armed, W23_a_quiet_second_ends_before_a_deadline)
{
	begin(1);
	cr_assert(kthread_queue_delayed_work_ns(&w, &d[0], 2200000000));
	queue_plain(0);
	cr_expect_neq(w.quiet_second, 0);
	sleep_until_due(&d[0]);
	queue_plain(1);
	expect_ready((struct kthread_work *[]){ &plain[0], &d[0].work, &plain[1] }, 3);
}

/* ---- fork ------------------------------------------------------------------------------------ */

/*
 * A parent's thread was in the middle of a change when another one forked. Mutation G18: the child
 * finds out when it comes to it, and blames its user.
 */
Test(kthread_armed, L14_child_mends_a_half_changed_tree_and_blames_nobody)
{
	struct kthread_worker *served = kthread_run_worker(0, "half");
	int status;
	pid_t pid;

	begin(1);
	for (int i = 0; i < 5; i++)
		cr_assert(kthread_queue_delayed_work_ns(served, &d[i], FAR_NS + (uint64_t)i));
	pid = fork();
	if (!pid) {
		int failed = 0;

		/* The last one was on its way in: it is counted, and on the list from one side. */
		alarm(20);
		served->lock = served->submit_lock = 1;
		d[4].parent->child[0] = d[4].parent->child[1] = NULL;
		served->delayed_work_list.prev = &d[3].work.node;
		for (int i = 0; i < 5; i++)
			failed |= !kthread_mod_delayed_work_ns(served, &d[i], FAR_NS / 2) << i;
		failed |= (served->nr_delayed != 5) << 5;
		_exit(failed | (kthread_warn_count(KTHREAD_WARN_ANY) != 0) << 6);
	}
	waitpid(pid, &status, 0);
	cr_expect(WIFEXITED(status) && !WEXITSTATUS(status), "status %x", (unsigned int)status);
	for (int i = 0; i < 5; i++)
		cr_expect(kthread_cancel_delayed_work_sync(&d[i]));
	kthread_destroy_worker(served);
}

/* ---- the precise mode ------------------------------------------------------------------------ */

static int slack_in_work;
static uint64_t ran_ns;
static unsigned int runs;

static void notes(struct kthread_work *work)
{
	(void)work;
	ran_ns = slot_clock_ns();
	slack_in_work = prctl(PR_GET_TIMERSLACK);
	ADD(runs);
}

/* Mutation W09i: a deadline that is near enough to spin has come. */
Test(kthread_armed, W9_precise_and_never_early)
{
	struct kthread_worker *precise = kthread_run_worker(KTW_PRECISE, "precise");
	uint64_t begin_ns, delay_ns;

	kthread_init_delayed_work(&d[0], notes);
	for (unsigned int i = 0; i < 300; i++) {
		delay_ns = 1 + i * 997;
		begin_ns = slot_clock_ns();
		cr_assert(kthread_queue_delayed_work_ns(precise, &d[0], delay_ns));
		cr_assert(WAIT_UNTIL(READ(runs) == i + 1));
		cr_assert_geq(ran_ns, begin_ns + delay_ns);
	}
	cr_expect_eq(slack_in_work, 1);
	kthread_destroy_worker(precise);
}

static bool is_idle(struct kthread_worker *worker)
{
	return kthread_get_state(worker->task) == TASK_INTERRUPTIBLE &&
	       thread_state(worker->task->pid) == 'S';
}

/* Mutation W09j: it sleeps until the deadline. */
Test(kthread_armed, W9_precise_wakes_before_the_deadline)
{
	struct kthread_worker *precise = kthread_run_worker(KTW_PRECISE, "precise");

	begin(1);
	cr_assert(WAIT_UNTIL(is_idle(precise)));
	cr_assert(kthread_queue_delayed_work_ns(precise, &d[0], FAR_NS));
	cr_assert(WAIT_UNTIL(is_idle(precise) && PEEK(precise->sleep_until_ns) ==
							 PEEK(d[0].due_ns) - KTHREAD_PRECISE_NS));
	cr_assert(kthread_queue_delayed_work_ns(precise, &d[1], FAR_NS / 2));
	cr_assert(WAIT_UNTIL(is_idle(precise) && PEEK(precise->sleep_until_ns) ==
							 PEEK(d[1].due_ns) - KTHREAD_PRECISE_NS));
	/* For ever is not near to anything. */
	cr_assert(kthread_cancel_delayed_work_sync(&d[0]));
	cr_assert(kthread_mod_delayed_work_ns(precise, &d[1], UINT64_MAX));
	kthread_wake_state(precise->task, TASK_NORMAL);
	cr_assert(WAIT_UNTIL(is_idle(precise) && PEEK(precise->sleep_until_ns) == NEVER_NS));
	cr_assert(kthread_cancel_delayed_work_sync(&d[1]));
	kthread_destroy_worker(precise);
}

static int slack_after;

static int serves_and_looks(void *worker)
{
	prctl(PR_SET_TIMERSLACK, 12345);
	kthread_worker_fn(worker);
	slack_after = prctl(PR_GET_TIMERSLACK);
	return 0;
}

/* Mutation W09k: the slack stays as it is. */
Test(kthread_armed, W9_precise_gives_the_timer_slack_back)
{
	struct task_struct *k;

	begin(1);
	w.flags = KTW_PRECISE;
	kthread_init_delayed_work(&d[0], notes);
	k = kthread_run(serves_and_looks, &w, "precise");
	cr_assert(kthread_queue_delayed_work_ns(&w, &d[0], 1000));
	cr_assert(WAIT_UNTIL(READ(runs) == 1));
	kthread_stop(k);
	cr_expect_eq(slack_in_work, 1);
	cr_expect_eq(slack_after, 12345);
}
