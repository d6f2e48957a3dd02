// SPDX-License-Identifier: GPL-2.0-only
/* State slots: places, stamps, and what libkthread writes into them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>

#include "tests/unit/kthread_test.h"
#include "lib/probe/slot.h"

TestSuite(slot, .timeout = 60);

/* What a reader of another process does: by thread id, from the hash on. */
static struct kthread_slot *find(pid_t tid)
{
	unsigned int i;

	for (i = 0; i < KTHREAD_SLOT_PROBES; i++) {
		struct kthread_slot *s =
			&kthread_slot_registry
				 .slot[(slot_hash((uint32_t)tid) + i) & (KTHREAD_SLOT_NR - 1)];

		if (READ(s->tid) == (uint32_t)tid)
			return s;
	}
	return NULL;
}

/* A kthread takes its slot when it first runs, which may be after its creation has returned. */
static struct kthread_slot *find_kthread(struct task_struct *k)
{
	struct kthread_slot *s = NULL;

	cr_assert(WAIT_UNTIL((s = find(k->pid)) != NULL));
	return s;
}

Test(slot, a_thread_has_one_slot_and_gives_it_back)
{
	struct kthread_slot *s;

	cr_assert_eq(slot_self(), NULL);
	s = slot_register();
	cr_assert(s);
	cr_assert_eq(kthread_slot_registry.magic, KTHREAD_SLOT_MAGIC);
	cr_assert_eq(kthread_slot_registry.version, KTHREAD_SLOT_VERSION);
	cr_assert_eq(kthread_slot_registry.nr, KTHREAD_SLOT_NR);
	cr_assert_eq(slot_register(), s);
	cr_assert_eq(slot_self(), s);
	cr_assert_eq(find(gettid()), s);
	cr_assert_eq(s->question, KTHREAD_SLOT_NONE);
	cr_assert_eq(s->arm, KTHREAD_SLOT_NONE);
	slot_unregister();
	cr_assert_eq(find(gettid()), NULL);
	cr_assert_eq(slot_self(), NULL);
	slot_unregister();
}

static void *registers(void *arg)
{
	pthread_barrier_t *b = arg;
	struct kthread_slot *s = slot_register();
	bool ok = s && find(gettid()) == s;

	pthread_barrier_wait(b);
	ok = ok && find(gettid()) == s;
	pthread_barrier_wait(b);
	return (void *)(uintptr_t)(ok ? gettid() : 0);
}

Test(slot, threads_that_forget_give_back_at_exit)
{
	pthread_barrier_t b;
	pthread_t t[100];
	void *tid;
	int i;

	pthread_barrier_init(&b, NULL, 100);
	for (i = 0; i < 100; i++)
		cr_assert_eq(pthread_create(&t[i], NULL, registers, &b), 0);
	for (i = 0; i < 100; i++) {
		pthread_join(t[i], &tid);
		cr_assert(tid, "lost its slot");
		cr_assert_eq(find((pid_t)(uintptr_t)tid), NULL);
	}
}

Test(slot, a_full_neighbourhood_is_counted)
{
	uint32_t tid = (uint32_t)gettid();
	unsigned int i;

	for (i = 0; i < KTHREAD_SLOT_PROBES; i++)
		kthread_slot_registry.slot[(slot_hash(tid) + i) & (KTHREAD_SLOT_NR - 1)].tid =
			0x7ffffff0;
	cr_assert_eq(slot_register(), NULL);
	cr_assert_eq(kthread_slot_registry.overflow, 1);
	slot_request_at(NULL, 1);
	slot_resume_at(NULL, 1, 0);
	slot_tag(NULL, 1, 2);
}

Test(slot, stamps)
{
	struct kthread_slot *s = slot_register();

	slot_request_at(s, 100);
	slot_request_at(s, 200);
	cr_assert_eq(s->t0_ns, 100, "the first of several requests counts");
	slot_resume_at(s, 300, 0);
	cr_assert_eq(s->t4_ns, 300);
	cr_assert_eq(s->seq, 1);
	slot_resume_at(s, 310, 210);
	cr_assert_eq(s->seq, 1, "the same wake");
	cr_assert_eq(s->e2e_ns, 210);
	slot_request_at(s, 400);
	cr_assert_eq(s->t0_ns, 400);

	slot_resume(s);
	cr_assert_eq(s->t4_ns, 310, "nobody looks");
	slot_observe(1);
	cr_assert(slot_observed());
	slot_resume(s);
	cr_assert_gt(s->t4_ns, 310);
	slot_observe(-1);
	cr_assert(!slot_observed());
}

Test(slot, a_forked_child_registers_anew)
{
	struct kthread_slot *s = slot_register();
	int status;
	pid_t child = fork();

	if (!child)
		_exit(slot_self() || slot_register() == s || find(gettid()) != slot_self());
	waitpid(child, &status, 0);
	cr_assert(WIFEXITED(status) && !WEXITSTATUS(status));
}

static uint32_t round_nr, seen_nr;

static int sees_rounds(void *data)
{
	uint32_t seen = 0;

	(void)data;
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		if (READ(round_nr) == seen) {
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		seen = READ(round_nr);
		__atomic_store_n(&seen_nr, seen, __ATOMIC_RELEASE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

Test(slot, libkthread_stamps_each_wake_while_observed)
{
	struct task_struct *k = kthread_create(sees_rounds, NULL, "stamps");
	struct kthread_slot *s = find_kthread(k);
	uint64_t t0, before;
	unsigned int i;

	cr_assert(s, "a thread has its slot before it starts");
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(kthread_get_state(k) == TASK_INTERRUPTIBLE));
	cr_assert_eq(s->t0_ns, 0, "nobody looked");
	slot_observe(1);
	for (i = 1; i <= 200; i++) {
		cr_assert(WAIT_UNTIL(kthread_get_state(k) == TASK_INTERRUPTIBLE &&
				     thread_state(k->pid) == 'S'));
		before = slot_clock_ns();
		__atomic_store_n(&round_nr, i, __ATOMIC_RELEASE);
		cr_assert_eq(wake_up_process(k), 1);
		cr_assert(WAIT_UNTIL(READ(seen_nr) == i));
		t0 = READ(s->t0_ns);
		cr_assert_geq(t0, before);
		cr_assert_geq(READ(s->t4_ns), t0);
		cr_assert_eq(READ(s->seq), i);
	}
	slot_observe(-1);
	kthread_stop(k);
	cr_assert_eq(READ(s->tid), 0, "given back");
}

Test(slot, a_request_that_found_the_thread_awake_is_not_the_next_wakes_beginning)
{
	struct kthread_slot *s = slot_register();
	struct task_struct *me = current;
	uint64_t before;

	slot_observe(1);
	wake_up_process(me);
	cr_assert_eq(s->t0_ns, 0, "not even about to sleep");
	set_current_state(TASK_INTERRUPTIBLE);
	wake_up_process(me);
	__set_current_state(TASK_RUNNING);
	cr_assert_gt(s->t0_ns, s->t4_ns, "asked, not answered");
	set_current_state(TASK_INTERRUPTIBLE);
	cr_assert_leq(s->t0_ns, s->t4_ns, "absorbed");
	cr_assert_eq(s->seq, 0, "no wake");
	before = slot_clock_ns();
	wake_up_process(me);
	cr_assert_geq(s->t0_ns, before);
	schedule();
	cr_assert_eq(s->seq, 1);
	slot_observe(-1);
}

Test(slot, park_and_unpark_are_stamped)
{
	struct task_struct *k = kthread_run(until_stop, NULL, "parks");
	struct kthread_slot *s = find_kthread(k);
	uint64_t before;
	uint32_t seq;

	slot_observe(1);
	cr_assert_eq(kthread_park(k), 0);
	cr_assert(WAIT_UNTIL(thread_state(k->pid) == 'S'));
	seq = READ(s->seq);
	before = slot_clock_ns();
	kthread_unpark(k);
	cr_assert(WAIT_UNTIL(READ(s->seq) == seq + 1));
	cr_assert_geq(READ(s->t0_ns), before);
	/* Stamped behind the count. */
	cr_assert(WAIT_UNTIL(READ(s->t4_ns) >= READ(s->t0_ns)));
	kthread_stop(k);
	slot_observe(-1);
}

static void does_nothing(struct kthread_work *work)
{
	(void)work;
}

Test(slot, a_worker_stamps_its_wakes)
{
	struct kthread_worker *w = kthread_run_worker(0, "work");
	DEFINE_KTHREAD_WORK(work, does_nothing);
	struct kthread_slot *s = find_kthread(w->task);

	slot_observe(1);
	cr_assert(WAIT_UNTIL(kthread_get_state(w->task) == TASK_INTERRUPTIBLE));
	kthread_queue_work(w, &work);
	kthread_flush_work(&work);
	cr_assert_geq(READ(s->seq), 1);
	cr_assert_geq(READ(s->t4_ns), READ(s->t0_ns));
	kthread_destroy_worker(w);
	slot_observe(-1);
}
