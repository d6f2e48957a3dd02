// SPDX-License-Identifier: GPL-2.0-only
/*
 * Creation, stop and exit. Names begin with the scenario's id; a mutation is named by its file in
 * tests/mutations/.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/kthread_test.h"

TestSuite(kthread_lifecycle, .timeout = 60);

/* Mutation L01: the thread does not look whether it is told to stop before its first step. */
Test(kthread_lifecycle, L1_stop_before_the_first_wake_never_calls_the_function)
{
	unsigned int starts = 0, i, others = nr_threads();

	for (i = 0; i < 200; i++) {
		struct task_struct *k = kthread_create(until_stop, &starts, "l1");

		cr_assert(!IS_ERR(k));
		cr_assert_eq(kthread_stop(k), -EINTR);
	}
	cr_assert_eq(starts, 0);
	cr_assert(WAIT_UNTIL(nr_threads() == others + 1), "only the creator is left: %u",
		  nr_threads());
}

Test(kthread_lifecycle, L2_wake_then_stop_gives_the_result_or_EINTR)
{
	unsigned int starts = 0, ran = 0, i;

	for (i = 0; i < 3000; i++) {
		struct task_struct *k = kthread_run(until_stop, &starts, "l2");
		int ret = kthread_stop(k);

		cr_assert(ret == 42 || ret == -EINTR, "%d", ret);
		ran += ret == 42;
	}
	cr_assert_eq(ran, starts, "the result tells whether the function ran");
	cr_log_info("L2: %u of %u ran", ran, i);
}

static long stops(void *k)
{
	return kthread_stop(k);
}

static int until_stop_and(void *gate)
{
	until_stop(NULL);
	wait_for_completion(gate);
	return 43;
}

/* Mutation L02: stop asks and does not wait. */
Test(kthread_lifecycle, L2_stop_waits_for_the_result)
{
	struct completion gate;
	struct task_struct *k;
	struct call stop;

	init_completion(&gate);
	k = kthread_run(until_stop_and, &gate, "l2");
	cr_assert(WAIT_UNTIL(kthread_get_state(k) == TASK_INTERRUPTIBLE));
	call_start(&stop, stops, k);
	cr_assert(WAIT_UNTIL(signal_pending(k)));
	cr_assert(call_sleeps(&stop), "it did not wait");
	complete(&gate);
	cr_assert_eq(call_join(&stop), 43);
}

static unsigned int ran;

static int ends_at_once(void *data)
{
	ADD(ran);
	return (int)(intptr_t)data;
}

Test(kthread_lifecycle, L3_thread_ends_by_itself_while_stop_runs)
{
	int i;

	for (i = 0; i < 1000; i++) {
		struct task_struct *k = kthread_create(ends_at_once, (void *)(intptr_t)i, "l3");
		int ret;

		get_task_struct(k);
		ran = 0;
		wake_up_process(k);
		if (i % 3 == 0)
			sched_yield();
		ret = kthread_stop_put(k);
		cr_assert_eq(ret, ran ? i : -EINTR);
	}
}

static pthread_key_t last_key;
static unsigned int at_last;

static void lasts(void *gate)
{
	ADD(at_last);
	wait_for_completion(gate);
}

static int ends_slowly(void *gate)
{
	pthread_setspecific(last_key, gate);
	return 18;
}

/* Behind its exit, and not gone before @gate is open: in a destructor of its own. */
static struct task_struct *ending(struct completion *gate)
{
	struct task_struct *k;

	init_completion(gate);
	pthread_key_create(&last_key, lasts);
	k = get_task_struct(kthread_create(ends_slowly, gate, "ending"));
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(READ(at_last)));
	return k;
}

/* Mutation L03: a stopper that finds the thread at its end leaves the join to another. */
Test(kthread_lifecycle, L3_stop_between_the_exit_and_the_end)
{
	struct completion gate;
	struct task_struct *k = ending(&gate);
	struct call stop;

	call_start(&stop, stops, k);
	cr_assert(call_sleeps(&stop), "it did not wait");
	complete(&gate);
	cr_assert_eq(call_join(&stop), 18);
	put_task_struct(k);
}

/* Mutation L04: stop of a thread that has ended is an error. */
Test(kthread_lifecycle, L4_stop_after_the_thread_ended_gives_its_result)
{
	struct task_struct *k = kthread_create(ends_at_once, (void *)17, "l4");
	pid_t tid = k->pid;

	get_task_struct(k);
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(!thread_state(tid)));
	cr_assert_eq(kthread_stop(k), 17);
	cr_assert_eq(kthread_stop(k), 17, "and again");
	put_task_struct(k);
}

Test(kthread_lifecycle, L5_two_stoppers_both_get_the_result)
{
	struct call stop[3];
	int i, j;

	for (i = 0; i < 300; i++) {
		unsigned int starts = 0;
		struct task_struct *k = kthread_run(until_stop, &starts, "l5");

		get_task_struct(k);
		cr_assert(WAIT_UNTIL(READ(starts)));
		for (j = 0; j < 3; j++)
			call_start(&stop[j], stops, k);
		for (j = 0; j < 3; j++)
			cr_assert_eq(call_join(&stop[j]), 42);
		put_task_struct(k);
	}
}

/* One joins, the other waits for that. Mutation L05: who joins does not wake the others. */
Test(kthread_lifecycle, L5_a_stopper_that_waits_is_woken)
{
	struct completion gate;
	struct task_struct *k = ending(&gate);
	struct call stop[2];
	int i;

	for (i = 0; i < 2; i++) {
		call_start(&stop[i], stops, k);
		cr_assert(call_sleeps(&stop[i]));
	}
	complete(&gate);
	for (i = 0; i < 2; i++)
		cr_assert_eq(call_join(&stop[i]), 18);
	put_task_struct(k);
}

static int self_stop_ret;

static int stops_itself(void *data)
{
	(void)data;
	__atomic_store_n(&self_stop_ret, kthread_stop(current), __ATOMIC_RELEASE);
	return 3;
}

/* Mutation L06: is_self() is never true. */
Test(kthread_lifecycle, L6_stopping_oneself_is_refused)
{
	struct task_struct *k = kthread_create(stops_itself, NULL, "l6");

	get_task_struct(k);
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(!thread_state(k->pid)));
	cr_assert_eq(READ(self_stop_ret), -EDEADLK);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_STOP_SELF), 1);
	cr_assert_eq(kthread_stop_put(k), 3);
}

static int stops_another(void *other)
{
	int ret;

	until_stop(NULL);
	ret = kthread_stop(other);
	return ret + 1;
}

/* Asleep in its function, so that a stop finds it there. */
static struct task_struct *started(int (*threadfn)(void *data), void *data, const char *name)
{
	struct task_struct *k = kthread_run(threadfn, data, "%s", name);

	cr_assert(WAIT_UNTIL(kthread_get_state(k) == TASK_INTERRUPTIBLE));
	return k;
}

/* Mutation L06b: one lock for all stops, as in 2004. */
Test(kthread_lifecycle, L6_a_thread_that_is_being_stopped_may_stop_another)
{
	struct task_struct *c = started(until_stop, NULL, "l6c");
	struct task_struct *b = started(stops_another, c, "l6b");
	struct task_struct *a = started(stops_another, b, "l6a");

	cr_assert_eq(kthread_stop(a), 44);
}

static struct completion exit_done;

static int exits_by(void *how)
{
	set_freezable();
	switch ((intptr_t)how) {
	case 0:
		return 5;
	case 1:
		kthread_exit(0x100000006);
	case 2:
		kthread_complete_and_exit(&exit_done, 7);
	case 3:
		pthread_exit((void *)8);
	default:
		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
		pthread_cancel(pthread_self());
		for (;;)
			pthread_testcancel();
	}
}

/*
 * The same cleanup: the thread is off the freezer's list, and can no more be parked.
 * Mutation L07: the exit funnel stands behind the function, where only its return comes.
 * Mutation L07b: kt_exit() leaves the thread on the freezer's list.
 */
Test(kthread_lifecycle, L7_every_way_out_is_the_same_exit)
{
	static const int result[] = { 5, 6, 7, -ECANCELED, -ECANCELED };
	intptr_t how;

	init_completion(&exit_done);
	for (how = 0; how < 5; how++) {
		struct task_struct *k = kthread_create(exits_by, (void *)how, "l7");

		get_task_struct(k);
		wake_up_process(k);
		cr_assert(WAIT_UNTIL(!thread_state(k->pid)));
		cr_assert_eq(kthread_freeze_all(0), 0, "way %ld", (long)how);
		kthread_thaw_all();
		cr_assert_eq(kthread_park(k), -ENOSYS, "way %ld", (long)how);
		cr_assert_eq(kthread_stop_put(k), result[how], "way %ld", (long)how);
	}
	cr_assert(try_wait_for_completion(&exit_done));
	cr_assert(!try_wait_for_completion(&exit_done));
}

/* Mutation L08: get_task_struct() counts nothing (seen by the address sanitizer). */
Test(kthread_lifecycle, L8_a_reference_keeps_the_handle)
{
	int data;
	struct task_struct *k = kthread_create(ends_at_once, &data, "l8");
	pid_t tid = k->pid;
	char name[32];

	get_task_struct(k);
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(!thread_state(tid)));
	cr_assert_eq(kthread_data(k), &data);
	cr_assert_eq(kthread_probe_data(k), &data);
	cr_assert_eq(kthread_func(k), (void *)ends_at_once);
	get_kthread_comm(name, sizeof(name), k);
	cr_assert_str_eq(name, "l8");
	cr_assert_eq(kthread_probe_data(current), NULL, "no kthread");
	cr_assert_eq(kthread_func(current), NULL);
	put_task_struct(k);
}

static int creates(void *data)
{
	struct task_struct *k = kthread_run(until_stop, data, "inner");

	return IS_ERR(k) ? (int)PTR_ERR(k) : kthread_stop(k) == 42 ? 1 : 2;
}

/* Mutation L13: the creator waits for the end of each thread that it made. */
Test(kthread_lifecycle, L13_create_and_stop_from_inside_a_kthread)
{
	unsigned int starts = 0;
	struct task_struct *k = kthread_create(creates, &starts, "l13");
	int ret;

	get_task_struct(k);
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(!thread_state(k->pid)));
	ret = kthread_stop_put(k);
	cr_assert(ret == 1 || ret == 2, "%d", ret);
}

static int inner_ret;

static void creates_too(struct kthread_work *work)
{
	unsigned int starts = 0;

	(void)work;
	inner_ret = creates(&starts);
}

/*
 * The helper itself runs nothing of its users', so that nothing can be created from there.
 * Mutation L13b: as L13.
 */
Test(kthread_lifecycle, L13_create_and_stop_from_inside_a_work)
{
	struct kthread_worker *w = kthread_run_worker(0, "l13");
	DEFINE_KTHREAD_WORK(work, creates_too);

	cr_assert(kthread_queue_work(w, &work));
	kthread_flush_work(&work);
	cr_assert(inner_ret == 1 || inner_ret == 2, "%d", inner_ret);
	kthread_destroy_worker(w);
}

static void *create_and_stop(void *start)
{
	unsigned int starts = 0;
	struct task_struct *k;

	pthread_barrier_wait(start);
	k = kthread_create(until_stop, &starts, "l14");
	return (void *)(intptr_t)(IS_ERR(k) ? 1 : kthread_stop(k));
}

Test(kthread_lifecycle, L14_first_create_from_many_threads_starts_one_creator)
{
	unsigned int others = nr_threads();
	pthread_barrier_t start;
	pthread_t t[8];
	void *ret;
	int i;

	pthread_barrier_init(&start, NULL, 8);
	for (i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, create_and_stop, &start);
	for (i = 0; i < 8; i++) {
		pthread_join(t[i], &ret);
		cr_assert_eq((intptr_t)ret, -EINTR);
	}
	cr_assert(WAIT_UNTIL(nr_threads() == others + 1), "%u", nr_threads());
}

/* Mutation L14b: the child believes that it has a creator. */
Test(kthread_lifecycle, L14_a_forked_child_starts_anew)
{
	unsigned int starts = 0;
	struct task_struct *k = kthread_run(until_stop, &starts, "l14");
	int status;
	pid_t child;

	cr_assert(WAIT_UNTIL(READ(starts)));
	child = fork();
	if (!child) {
		struct task_struct *c = kthread_create(until_stop, &starts, "child");

		if (IS_ERR(c) || kthread_stop(c) != -EINTR)
			_exit(1);
		if (current->pid != gettid())
			_exit(2);
		if (kthread_stop(k) != -ESRCH || kthread_park(k) != -ENOSYS)
			_exit(3);
		_exit(0);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status));
	cr_assert_eq(WEXITSTATUS(status), 0);
	cr_assert_eq(kthread_stop(k), 42, "the parent's thread is none the worse");
}

static int waits_interruptibly(void *data)
{
	struct completion *never = data;

	return wait_for_completion_interruptible(never);
}

static int sleeps_interruptibly(void *data)
{
	(void)data;
	while (!kthread_should_stop())
		if (schedule_timeout_interruptible(1000000) == 0)
			return -1;
	return signal_pending(current);
}

/* Mutation L18: interrupted() is never true: the stop hangs. */
Test(kthread_lifecycle, L18_stop_breaks_interruptible_waits)
{
	struct completion never;
	struct task_struct *k;
	int i;

	init_completion(&never);
	for (i = 0; i < 200; i++) {
		k = kthread_run(waits_interruptibly, &never, "l18");
		if (i % 2)
			cr_assert(WAIT_UNTIL(get_current_state() == 0 &&
					     thread_state(k->pid) == 'S'));
		cr_assert_eq(kthread_stop(k), -EINTR);
	}
	k = kthread_run(sleeps_interruptibly, NULL, "l18");
	cr_assert(WAIT_UNTIL(thread_state(k->pid) == 'S'));
	i = kthread_stop(k);
	cr_assert(i == 1 || i == -EINTR);
}

static int fds[2];

static int reads(void *data)
{
	char c;

	(void)data;
	return read(fds[0], &c, 1) == 1 ? c : -1;
}

/*
 * The documented limit: no library breaks a system call that waits for something else.
 * Mutation L18d: stop asks and does not wait.
 */
Test(kthread_lifecycle, L18_stop_waits_for_a_thread_in_a_plain_read)
{
	struct task_struct *k;
	struct call stop;

	cr_assert_eq(pipe(fds), 0);
	k = get_task_struct(kthread_run(reads, NULL, "l18"));
	cr_assert(WAIT_UNTIL(get_current_state() == TASK_RUNNING && thread_state(k->pid) == 'S' &&
			     kthread_get_state(k) == TASK_RUNNING));
	call_start(&stop, stops, k);
	cr_assert(WAIT_UNTIL(signal_pending(k)));
	cr_assert(call_sleeps(&stop), "it did not wait");
	cr_assert_eq(write(fds[1], "r", 1), 1);
	cr_assert_eq(call_join(&stop), 'r');
	put_task_struct(k);
}

static pthread_key_t key;
static unsigned int destroyed, returned;
static pid_t stopper;

/* It goes on when the stop sleeps in its join, or has not waited for that. */
static void slow_destructor(void *arg)
{
	(void)arg;
	WAIT_UNTIL(READ(returned) || thread_state(stopper) == 'S');
	ADD(destroyed);
}

static int with_destructor(void *data)
{
	pthread_setspecific(key, &key);
	return until_stop(data);
}

/* Mutation L19: stop waits for the end of the function, not for that of the thread. */
Test(kthread_lifecycle, L19_no_destructor_runs_after_stop)
{
	unsigned int starts = 0, i, seen;

	stopper = gettid();
	pthread_key_create(&key, slow_destructor);
	for (i = 1; i <= 50; i++) {
		struct task_struct *k = kthread_run(with_destructor, &starts, "l19");

		cr_assert(WAIT_UNTIL(READ(starts) == i));
		cr_assert_eq(kthread_stop(k), 42);
		seen = READ(destroyed);
		__atomic_store_n(&returned, seen != i, __ATOMIC_RELEASE);
		cr_assert_eq(seen, i);
	}
}

static unsigned int ended;

static int ends_counting(void *data)
{
	ADD(ended);
	return (int)(intptr_t)data;
}

/*
 * L20_CYCLES=100000 for as many; make check-stress lets so many end alone (cycles).
 * Mutation L20: the last put does not detach the thread.
 */
Test(kthread_lifecycle, L20_threads_that_end_by_themselves_leave_nothing)
{
	const char *cycles = getenv("L20_CYCLES");
	const unsigned int n = cycles ? (unsigned int)atoi(cycles) : 20000;
	const unsigned int warm = 200, others = nr_threads();
	long before = 0, after = 0;
	unsigned int i;

	/* Three threads that come to allocate at once would have it reserve 16384 pages for each. */
	mallopt(M_ARENA_MAX, 1);
	for (i = 0; i < warm + n; i++) {
		struct task_struct *k = kthread_run(ends_counting, NULL, "l20");

		cr_assert(!IS_ERR(k), "%ld", PTR_ERR(k));
		/* A few at a time, so that the peak says nothing about the sum. */
		cr_assert(WAIT_UNTIL(READ(ended) + 4 > i));
		if (i == warm)
			before = vm_pages();
	}
	cr_assert(WAIT_UNTIL(nr_threads() == others + 1), "%u threads", nr_threads());
	/*
	 * A thread is gone before its memory is: the joins lag behind where CPUs are scarce. One
	 * stack each would be 2000 pages times n.
	 */
	cr_assert(WAIT_UNTIL((after = vm_pages()) - before < 20 * 2100 + n / 100),
		  "grew by %ld pages", after - before);
}

/* Mutation H01: kthread_parkme() takes any thread for a kthread. */
Test(kthread_lifecycle, misuse_is_counted_and_refused)
{
	cr_assert_eq(kthread_stop(current), -EINVAL);
	cr_assert_eq(kthread_park(current), -EINVAL);
	kthread_parkme();
	cr_assert(!kthread_should_stop());
	cr_assert(!kthread_should_park());
	cr_assert(!kthread_should_stop_or_park());
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_STOP_FOREIGN), 2);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_NOT_KTHREAD), 1);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_ANY), 3);
}

/* Mutation H02: a misuse is reported and no more. */
Test(kthread_lifecycle, misuse_aborts_on_request, .signal = SIGABRT)
{
	kthread_warn_abort(true);
	kthread_stop(current);
}
