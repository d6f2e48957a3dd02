// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workers under races: the library's marked points hold its threads where the scenario wants them,
 * or delay them at random. Names begin with the scenario's id; mutations are those of
 * tests/mutations/.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdarg.h>

#include "tests/unit/chaos.h"

TestSuite(kthread_worker_races, .timeout = 120);

extern void (*kthread_test_delay)(const char *point);
extern void (*kthread_test_event)(const char *name, ...);

static void at_points(void (*fn)(const char *point))
{
	__atomic_store_n(&kthread_test_delay, fn, __ATOMIC_RELEASE);
}

static void spin_for(uint32_t n)
{
	for (volatile uint32_t i = 0; i < n; i++)
		;
}

/* ---- W2 -------------------------------------------------------------------------------------- */

#define COLD 32

static struct {
	struct kthread_work work;
	unsigned int data __attribute__((aligned(64)));
	unsigned int saw __attribute__((aligned(64)));
	struct {
		unsigned int word __attribute__((aligned(64)));
	} cold[COLD];
} told;

/* Stores that miss the cache are done late, and all that follow them. */
static void fill_store_buffer(unsigned int value)
{
	for (int i = 0; i < COLD; i++)
		__atomic_store_n(&told.cold[i].word, value, __ATOMIC_RELAXED);
}

static void listens(struct kthread_work *work)
{
	unsigned int data = __atomic_load_n(&told.data, __ATOMIC_RELAXED);

	(void)work;
	__atomic_store_n(&told.saw, data, __ATOMIC_RELAXED);
	fill_store_buffer(0);
}

/*
 * The second queueing comes while the worker takes the work: whatever it returns, a run sees what
 * was written before it.
 */
static void tell_and_queue(struct kthread_worker *w, unsigned int rounds, uint32_t longest)
{
	unsigned int i, value = 0, nr_false = 0;

	kthread_init_work(&told.work, listens);
	for (i = 0; i < rounds; i++) {
		__atomic_store_n(&told.data, ++value, __ATOMIC_RELAXED);
		cr_assert(kthread_queue_work(w, &told.work));
		spin_for(rnd() % longest);
		fill_store_buffer(value);
		__atomic_store_n(&told.data, ++value, __ATOMIC_RELAXED);
		nr_false += !kthread_queue_work(w, &told.work);
		kthread_flush_work(&told.work);
		cr_assert_eq(__atomic_load_n(&told.saw, __ATOMIC_RELAXED), value, "round %u", i);
	}
	cr_assert(nr_false, "it never came while the work was pending");
}

Test(kthread_worker_races, W2_a_false_return_still_orders_the_callers_writes)
{
	struct kthread_worker *w = kthread_run_worker(0, "w2");

	tell_and_queue(w, 100000, 600);
	at_points(random_delay);
	tell_and_queue(w, 3000, 3000);
	kthread_destroy_worker(w);
}

static unsigned int plainly_told, plainly_saw, plain_go, plain_ran;

static void spins_until_go(struct kthread_work *work)
{
	(void)work;
	/* Relaxed: nothing but the queueing orders the caller's write. */
	while (!__atomic_load_n(&plain_go, __ATOMIC_RELAXED))
		sched_yield();
}

static void listens_plainly(struct kthread_work *work)
{
	(void)work;
	plainly_saw = plainly_told;
	__atomic_store_n(&plain_ran, 1, __ATOMIC_RELAXED);
}

/*
 * The work is next when the caller writes and has a false, and the worker takes it without a look
 * at what else was queued: they meet in the work alone. For the thread sanitizer: an x86 keeps that
 * order anyway. Mutations: W02 looks before it has the lock, W02c only looks.
 */
Test(kthread_worker_races, W2_a_false_return_orders_plain_writes)
{
	for (unsigned int i = 1; i <= 50; i++) {
		DEFINE_KTHREAD_WORK(blocker, spins_until_go);
		DEFINE_KTHREAD_WORK(work, listens_plainly);
		struct kthread_worker w;
		struct task_struct *k;

		__atomic_store_n(&plain_go, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&plain_ran, 0, __ATOMIC_RELAXED);
		kthread_init_worker(&w);
		/* Both before its thread begins, which finds them in one look. */
		cr_assert(kthread_queue_work(&w, &blocker));
		cr_assert(kthread_queue_work(&w, &work));
		k = kthread_run(kthread_worker_fn, &w, "w2");
		cr_assert(WAIT_UNTIL(PEEK(w.current_work) == (uintptr_t)&blocker));
		plainly_told = i;
		cr_assert(!kthread_queue_work(&w, &work));
		__atomic_store_n(&plain_go, 1, __ATOMIC_RELAXED);
		/* A flush would take the lock that the worker takes. */
		cr_assert(WAIT_UNTIL(__atomic_load_n(&plain_ran, __ATOMIC_RELAXED)));
		kthread_flush_work(&work);
		cr_assert_eq(plainly_saw, i);
		kthread_stop(k);
	}
}

/* ---- W4 -------------------------------------------------------------------------------------- */

/* Memory that a work gives back by itself, and that is given out again at the same address. */
#define POISON 0x5a

static union {
	struct kthread_work work;
	unsigned char byte[sizeof(struct kthread_work)];
} block;
static unsigned int block_free, nr_counted, bad_end_events;

static void frees_itself(struct kthread_work *work)
{
	memset(work, POISON, sizeof(*work));
	__atomic_store_n(&block_free, 1, __ATOMIC_RELEASE);
}

static void counts(struct kthread_work *work)
{
	(void)work;
	ADD(nr_counted);
}

/* The address of the end event is all that is left; its function was kept. */
static void check_end_event(const char *name, ...)
{
	uint64_t poison;
	va_list ap;
	void *func;

	if (strcmp(name, "sched_kthread_work_execute_end"))
		return;
	memset(&poison, POISON, sizeof(poison));
	va_start(ap, name);
	va_arg(ap, void *);
	func = va_arg(ap, void *);
	va_end(ap);
	if ((uintptr_t)func == (uintptr_t)poison)
		ADD(bad_end_events);
}

static unsigned int nr_spoilt(void)
{
	unsigned int n = 0;

	for (size_t i = 0; i < sizeof(block.byte); i++)
		n += block.byte[i] != POISON;
	return n;
}

/*
 * Mutations: W04 reads the function again for the event of the end; W04b writes to a work that has
 * run.
 */
Test(kthread_worker_races, W4_a_work_may_free_itself_and_its_address_be_used_again)
{
	struct kthread_worker *w = kthread_run_worker(0, "w4");
	unsigned int expected = 0;

	at_points(random_delay);
	__atomic_store_n(&kthread_test_event, check_end_event, __ATOMIC_RELEASE);
	for (int i = 0; i < 6000; i++) {
		__atomic_store_n(&block_free, 0, __ATOMIC_RELAXED);
		kthread_init_work(&block.work, frees_itself);
		cr_assert(kthread_queue_work(w, &block.work));
		cr_assert(WAIT_UNTIL(READ(block_free)));
		if (i % 4 == 0) {
			kthread_flush_worker(w);
			cr_assert_eq(nr_spoilt(), 0, "touched after it was free");
			continue;
		}
		/* The worker may not have noticed yet that the work of this address is over. */
		kthread_init_work(&block.work, counts);
		cr_assert(kthread_queue_work(w, &block.work));
		expected++;
		if (i % 4 == 1)
			expected -= kthread_cancel_work_sync(&block.work);
		else
			kthread_flush_work(&block.work);
		cr_assert_eq(READ(nr_counted), expected);
		/* Cancelled beside its predecessor's end: the address is free for a third. */
		if (i % 4 == 3)
			cr_assert(!kthread_cancel_work_sync(&block.work));
	}
	kthread_destroy_worker(w);
	cr_assert_eq(nr_counted, expected);
	cr_assert_eq(bad_end_events, 0);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0);
}

/* ---- W6 -------------------------------------------------------------------------------------- */

/*
 * The waiter's frame is overwritten while the worker stands right behind the completion (late:
 * behind the barrier's function, for a waiter that was asleep), and looked at again when it has
 * gone on.
 */
static __thread bool is_waiter, is_behind;
static bool late;
static unsigned int may_end, completed, scribbled, gone_on;

static void hold_worker(const char *point)
{
	if (is_waiter) {
		if (strcmp(point, "flush"))
			return;
		__atomic_store_n(&may_end, 1, __ATOMIC_RELEASE);
		if (!late)
			cr_assert(WAIT_UNTIL(READ(completed)));
	} else if (!strcmp(point, "complete")) {
		is_behind = true;
		__atomic_store_n(&completed, 1, __ATOMIC_RELEASE);
		if (!late)
			cr_assert(WAIT_UNTIL(READ(scribbled)));
	} else if (is_behind && !strcmp(point, "ran") && late) {
		cr_assert(WAIT_UNTIL(READ(scribbled)));
	} else if (is_behind && !strcmp(point, "look")) {
		is_behind = false;
		__atomic_store_n(&gone_on, 1, __ATOMIC_RELEASE);
	}
}

static void runs_until_it_may_end(struct kthread_work *work)
{
	(void)work;
	cr_assert(WAIT_UNTIL(READ(may_end)));
}

static __attribute__((noinline)) void flush_deep_down(struct kthread_work *work)
{
	kthread_flush_work(work);
}

static __attribute__((noinline)) unsigned int scribble(void)
{
	volatile unsigned char frame[4096];
	unsigned int n = 0;

	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = POISON;
	__atomic_store_n(&scribbled, 1, __ATOMIC_RELEASE);
	cr_assert(WAIT_UNTIL(READ(gone_on)));
	for (size_t i = 0; i < sizeof(frame); i++)
		n += frame[i] != POISON;
	return n;
}

/*
 * Mutations: W06 has complete() write behind its read-modify-write; W06b has the worker write to a
 * work that has run.
 */
Test(kthread_worker_races, W6_the_flush_barrier_dies_with_the_waiters_frame)
{
	struct kthread_worker *w = kthread_run_worker(0, "w6");
	DEFINE_KTHREAD_WORK(work, runs_until_it_may_end);

	is_waiter = true;
	at_points(hold_worker);
	for (int i = 0; i < 1000; i++) {
		late = i & 1;
		may_end = completed = scribbled = gone_on = 0;
		cr_assert(kthread_queue_work(w, &work));
		flush_deep_down(&work);
		cr_assert_eq(scribble(), 0, "the worker wrote to a frame that was gone");
	}
	at_points(NULL);
	kthread_destroy_worker(w);
}

/* ---- W21 ------------------------------------------------------------------------------------- */

static struct {
	struct kthread_worker *w;
	unsigned int queued, runs, frozen, end;
	unsigned int runs_frozen, wrong_states;
	struct kthread_work work;
} icy;

static void checks_its_state(struct kthread_work *work)
{
	(void)work;
	if (kthread_get_state(current) != TASK_RUNNING)
		ADD(icy.wrong_states);
	if (READ(icy.frozen))
		ADD(icy.runs_frozen);
	ADD(icy.runs);
}

static void *queues(void *arg)
{
	(void)arg;
	while (!READ(icy.end)) {
		if (kthread_queue_work(icy.w, &icy.work))
			ADD(icy.queued);
		random_delay("");
	}
	return NULL;
}

/*
 * The wake comes anywhere between "nothing is queued" and the freeze. Mutations: W21 serves through
 * a freeze; W21b lets the wake of a new work thaw.
 */
Test(kthread_worker_races, W21_a_wake_between_empty_and_freeze)
{
	pthread_t t;

	icy.w = kthread_run_worker(KTW_FREEZABLE, "w21");
	kthread_init_work(&icy.work, checks_its_state);
	/* A worker that has not begun yet is not freezable yet. */
	cr_assert(kthread_queue_work(icy.w, &icy.work));
	ADD(icy.queued);
	kthread_flush_work(&icy.work);
	/* What chance must not leave out: it is idle, and asleep in the freeze. */
	cr_assert(WAIT_UNTIL(kthread_get_state(icy.w->task) == TASK_INTERRUPTIBLE));
	cr_assert_eq(kthread_freeze_all((long)test_patience() * HZ), 0);
	cr_assert(WAIT_UNTIL(thread_state(icy.w->task->pid) == 'S'));
	cr_assert(kthread_queue_work(icy.w, &icy.work));
	ADD(icy.queued);
	cr_assert_eq(kthread_get_state(icy.w->task), TASK_FROZEN);
	kthread_thaw_all();
	at_points(random_delay);
	pthread_create(&t, NULL, queues, NULL);
	for (int i = 0; i < 1500; i++) {
		cr_assert_eq(kthread_freeze_all((long)test_patience() * HZ), 0);
		__atomic_store_n(&icy.frozen, 1, __ATOMIC_RELEASE);
		cr_assert_eq(kthread_get_state(icy.w->task), TASK_FROZEN);
		random_delay("");
		cr_assert_eq(kthread_get_state(icy.w->task), TASK_FROZEN);
		__atomic_store_n(&icy.frozen, 0, __ATOMIC_RELEASE);
		kthread_thaw_all();
		random_delay("");
	}
	__atomic_store_n(&icy.end, 1, __ATOMIC_RELEASE);
	pthread_join(t, NULL);
	/* Nobody wakes it any more: what was queued during the freeze runs all the same. */
	cr_assert(WAIT_UNTIL(READ(icy.runs) == READ(icy.queued)), "%u of %u", icy.runs, icy.queued);
	kthread_destroy_worker(icy.w);
	cr_assert_eq(icy.runs_frozen, 0);
	cr_assert_eq(icy.wrong_states, 0);
}

/* ---- W22 ------------------------------------------------------------------------------------- */

static int freezes(void *data)
{
	bool was_frozen, ever = false;

	set_freezable();
	ADD(*(unsigned int *)data);
	do {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop() && !freezing(current))
			schedule();
		__set_current_state(TASK_RUNNING);
		if (kthread_freezable_should_stop(&was_frozen))
			break;
		ever |= was_frozen;
	} while (true);
	return 100 + 10 * ever + was_frozen;
}

static void *freezes_all(void *arg)
{
	*(int *)arg = kthread_freeze_all((long)test_patience() * HZ);
	return arg;
}

/*
 * A stop and a freeze at the same time: both return. Mutation W22b: the thread does not leave the
 * freezer's list.
 */
Test(kthread_worker_races, W22_stop_against_freeze)
{
	unsigned int frozen = 0, begun = 0;
	struct task_struct *ended;

	/* What chance must not leave out: one that has ended is not waited for. */
	ended = get_task_struct(kthread_run(freezes, &begun, "w22"));
	cr_assert(WAIT_UNTIL(READ(begun)));
	kthread_stop(ended);
	cr_assert_eq(kthread_freeze_all(0), 0);
	kthread_thaw_all();
	put_task_struct(ended);
	at_points(random_delay);
	for (int i = 0; i < 1000; i++) {
		unsigned int ready = 0;
		struct task_struct *k = kthread_run(freezes, &ready, "w22");
		int err = 1, ret;
		pthread_t t;

		cr_assert(WAIT_UNTIL(READ(ready)));
		pthread_create(&t, NULL, freezes_all, &err);
		spin_for(rnd() % 20000);
		ret = kthread_stop(k);
		pthread_join(t, NULL);
		kthread_thaw_all();
		cr_assert_eq(err, 0);
		cr_assert(ret == 100 || ret == 101 || ret == 110 || ret == 111, "%d", ret);
		frozen += ret != 100;
	}
	cr_assert(frozen, "the stop was always first");
}
