// SPDX-License-Identifier: GPL-2.0-only
/* Sleeping, waking, completions, time, error pointers. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "tests/unit/kthread_test.h"

TestSuite(kthread_wait, .timeout = 60);

Test(kthread_wait, schedule_without_a_state_returns_at_once)
{
	schedule();
	cr_assert_geq(schedule_timeout(1000000), 900000, "others may run meanwhile");
	cr_assert_eq(get_current_state(), TASK_RUNNING);
}

Test(kthread_wait, a_wake_before_the_sleep_is_not_lost)
{
	set_current_state(TASK_INTERRUPTIBLE);
	cr_assert_eq(wake_up_process(current), 1);
	cr_assert_eq(wake_up_process(current), 0, "running already");
	schedule();
	cr_assert_eq(get_current_state(), TASK_RUNNING);
}

Test(kthread_wait, wake_up_state_looks_at_the_mask)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	cr_assert_eq(wake_up_state(current, TASK_INTERRUPTIBLE), 0);
	cr_assert_eq(get_current_state(), TASK_UNINTERRUPTIBLE);
	cr_assert_eq(wake_up_state(current, TASK_UNINTERRUPTIBLE), 1);
	set_current_state(TASK_IDLE);
	cr_assert_eq(wake_up_process(current), 1);
	set_current_state(TASK_KILLABLE);
	cr_assert_eq(wake_up_process(current), 1);
}

struct pair {
	struct task_struct *a, *b;
	uint32_t turn;
	unsigned int rounds;
};

/* No wake may be lost: each side sleeps until the other passes the turn. */
static int plays(struct pair *p, uint32_t me, struct task_struct *other, unsigned int n)
{
	while (n--) {
		for (;;) {
			set_current_state(TASK_INTERRUPTIBLE);
			if (READ(p->turn) == me)
				break;
			schedule();
		}
		__set_current_state(TASK_RUNNING);
		__atomic_store_n(&p->turn, !me, __ATOMIC_RELAXED);
		wake_up_process(other);
	}
	return 0;
}

static int second(void *data)
{
	struct pair *p = data;

	plays(p, 1, p->a, p->rounds);
	return until_stop(NULL);
}

static void ping_pong(unsigned int spin_ns, unsigned int rounds)
{
	struct pair p = { .a = current, .rounds = rounds };

	kthread_set_spin(current, spin_ns);
	kthread_set_spin(NULL, spin_ns);
	p.b = kthread_create(second, &p, "pong");
	wake_up_process(p.b);
	plays(&p, 0, p.b, rounds);
	cr_assert(WAIT_UNTIL(READ(p.turn) == 0));
	cr_assert_eq(kthread_stop(p.b), 42);
}

/* Mutation T01: nobody is woken in the kernel. */
Test(kthread_wait, ping_pong_loses_no_wake_when_sleeping)
{
	ping_pong(0, 20000);
}

Test(kthread_wait, ping_pong_loses_no_wake_when_spinning)
{
	ping_pong(KTHREAD_SPIN_NS, 20000);
	ping_pong(200, 20000);
}

/*
 * The two sides of every sleep, in lock step: the sleeper announces its state and then looks, the
 * waker writes and then wakes. Never may the sleeper miss the write and the waker the state, which
 * a processor's store buffer would bring about if either side lacked its barrier.
 */
struct litmus {
	struct task_struct *sleeper;
	uint32_t round, x, r;
	uint32_t done;
};

static void *litmus_waker(void *data)
{
	struct litmus *l = data;
	uint32_t i;

	for (i = 1; i <= 200000; i++) {
		while (READ(l->round) != i)
			;
		__atomic_store_n(&l->x, 1, __ATOMIC_RELAXED);
		l->r = (uint32_t)wake_up_process(l->sleeper);
		__atomic_store_n(&l->done, i, __ATOMIC_RELEASE);
	}
	return NULL;
}

/*
 * Mutation T02b: the state is set by a plain store. Whether a processor shows it is luck; the model
 * always does.
 */
Test(kthread_wait, state_and_condition_are_never_both_missed)
{
	struct litmus l = { .sleeper = current };
	volatile uint32_t pause;
	uint32_t i, saw;
	pthread_t t;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		cr_skip_test("needs two CPUs");
	kthread_set_spin(current, 0);
	pthread_create(&t, NULL, litmus_waker, &l);
	for (i = 1; i <= 200000; i++) {
		__atomic_store_n(&l.x, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&l.round, i, __ATOMIC_RELEASE);
		for (pause = 0; pause < i % 64; pause++)
			;
		set_current_state(TASK_INTERRUPTIBLE);
		saw = __atomic_load_n(&l.x, __ATOMIC_RELAXED);
		while (READ(l.done) != i)
			;
		__set_current_state(TASK_RUNNING);
		cr_assert(saw || l.r, "round %u", i);
	}
	pthread_join(t, NULL);
}

/* Mutation T03: half as long. */
Test(kthread_wait, timeouts_are_never_early)
{
	double begin = test_seconds();
	unsigned int ms;
	long left;

	/* What is left, and what is gone by now. */
	set_current_state(TASK_INTERRUPTIBLE);
	wake_up_process(current);
	left = schedule_timeout(HZ - 1);
	cr_assert_geq((double)left + (test_seconds() - begin) * HZ, HZ - 1);
	for (ms = 0; ms < 12; ms++) {
		begin = test_seconds();
		cr_assert_eq(schedule_timeout_uninterruptible(ms), 0);
		cr_assert_geq(test_seconds() - begin, ms / 1000.0);
		cr_assert_eq(get_current_state(), TASK_RUNNING);
	}
	set_current_state(TASK_INTERRUPTIBLE);
	cr_assert_eq(schedule_timeout(-1), 0);
	cr_assert_eq(get_current_state(), TASK_RUNNING);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_TIMEOUT_NEGATIVE), 1);
}

static void *wake_main(void *k)
{
	while (kthread_get_state(k) != TASK_INTERRUPTIBLE)
		sched_yield();
	wake_up_process(k);
	return NULL;
}

Test(kthread_wait, a_wake_in_time_leaves_jiffies)
{
	pthread_t t;
	long left;

	pthread_create(&t, NULL, wake_main, current);
	left = schedule_timeout_interruptible(100000);
	pthread_join(t, NULL);
	cr_assert(left > 0 && left <= 100000, "%ld", left);
}

Test(kthread_wait, completion_counts)
{
	DECLARE_COMPLETION_ONSTACK(c);

	cr_assert(!completion_done(&c));
	cr_assert(!try_wait_for_completion(&c));
	cr_assert_eq(wait_for_completion_timeout(&c, 2), 0);
	complete(&c);
	complete(&c);
	cr_assert(completion_done(&c));
	wait_for_completion(&c);
	cr_assert_eq(wait_for_completion_timeout(&c, 5), 5, "without waiting");
	cr_assert(!try_wait_for_completion(&c));
	complete_all(&c);
	wait_for_completion(&c);
	wait_for_completion(&c);
	complete(&c);
	cr_assert(try_wait_for_completion(&c), "done for good");
	reinit_completion(&c);
	cr_assert(!completion_done(&c));
	cr_assert_eq(wait_for_completion_interruptible_timeout(&c, 2), 0);
	complete(&c);
	cr_assert_eq(wait_for_completion_interruptible(&c), 0);
}

struct on_stack {
	struct completion *request;
	uint32_t stop;
};

static int completes(void *data)
{
	struct on_stack *s = data;
	struct completion *c;

	while (!READ(s->stop)) {
		c = __atomic_exchange_n(&s->request, NULL, __ATOMIC_ACQ_REL);
		if (c)
			complete(c);
	}
	return until_stop(NULL);
}

/* The waiter's frame is reused as soon as it may be: a late access of complete() would hit it. */
static __attribute__((noinline)) void wait_once(struct on_stack *s, int how)
{
	DECLARE_COMPLETION_ONSTACK(on_stack);
	struct completion *c = how < 3 ? &on_stack : malloc(sizeof(*c));

	init_completion(c);
	__atomic_store_n(&s->request, c, __ATOMIC_RELEASE);
	if (how % 3 == 0)
		wait_for_completion(c);
	else if (how % 3 == 1)
		cr_assert_eq(wait_for_completion_interruptible(c), 0);
	else
		cr_assert(wait_for_completion_timeout(c, 100000));
	cr_assert_eq(c->word, 0);
	/* On the heap a late access shows under the address sanitizer. */
	if (c != &on_stack)
		free(c);
}

static __attribute__((noinline)) void check_frame(void)
{
	volatile uint64_t frame[16];
	int i;

	for (i = 0; i < 16; i++)
		frame[i] = 0x5555555555555555ULL;
	for (i = 0; i < 16; i++)
		cr_assert_eq(frame[i], 0x5555555555555555ULL);
}

Test(kthread_wait, a_completion_may_vanish_with_the_waiters_frame)
{
	struct on_stack s = { .request = NULL };
	struct task_struct *k = kthread_run(completes, &s, "completes");
	int i;

	for (i = 0; i < 30000; i++) {
		wait_once(&s, i % 6);
		check_frame();
	}
	__atomic_store_n(&s.stop, 1, __ATOMIC_RELEASE);
	kthread_stop(k);
}

struct crowd {
	struct completion c;
	unsigned int passed;
};

static int waits_plain(void *data)
{
	struct crowd *m = data;

	wait_for_completion(&m->c);
	ADD(m->passed);
	return until_stop(NULL);
}

static int waits_listed(void *data)
{
	struct crowd *m = data;

	if (!wait_for_completion_interruptible(&m->c))
		ADD(m->passed);
	return until_stop(NULL);
}

Test(kthread_wait, each_complete_lets_one_of_a_mixed_crowd_go)
{
	struct task_struct *k[8];
	struct crowd m;
	unsigned int i;

	memset(&m, 0, sizeof(m));
	init_completion(&m.c);
	for (i = 0; i < 8; i++)
		k[i] = kthread_run(i % 2 ? waits_plain : waits_listed, &m, "crowd/%u", i);
	for (i = 1; i <= 5; i++) {
		complete(&m.c);
		cr_assert(WAIT_UNTIL(READ(m.passed) == i));
	}
	complete_all(&m.c);
	cr_assert(WAIT_UNTIL(READ(m.passed) == 8));
	for (i = 0; i < 8; i++)
		cr_assert_eq(kthread_stop(k[i]), 42);
}

Test(kthread_wait, error_pointers)
{
	static const long errors[] = { -1, -ENOMEM, -EINTR, -MAX_ERRNO };
	int x;
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		cr_assert(IS_ERR(ERR_PTR(errors[i])));
		cr_assert_eq(PTR_ERR(ERR_PTR(errors[i])), errors[i]);
		cr_assert_eq(PTR_ERR_OR_ZERO(ERR_PTR(errors[i])), errors[i]);
	}
	cr_assert(!IS_ERR(ERR_PTR(-MAX_ERRNO - 1)));
	cr_assert(!IS_ERR(&x) && !IS_ERR(NULL) && IS_ERR_OR_NULL(NULL));
	cr_assert_eq(PTR_ERR_OR_ZERO(&x), 0);
}

Test(kthread_wait, jiffies_and_conversions)
{
	unsigned long begin = jiffies;

	cr_assert_eq(msecs_to_jiffies(5), 5);
	cr_assert_eq(usecs_to_jiffies(1), 1, "rounded up");
	cr_assert_eq(usecs_to_jiffies(2000), 2);
	cr_assert_eq(msecs_to_jiffies((unsigned int)-1), (unsigned long)MAX_JIFFY_OFFSET);
	cr_assert(time_after(begin + 1, begin) && time_before(begin, begin + 1));
	cr_assert(time_after(0UL, (unsigned long)-5), "wraps");
	schedule_timeout_uninterruptible(3);
	cr_assert(time_after_eq(jiffies, begin + 3));
}
