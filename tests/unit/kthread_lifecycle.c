// SPDX-License-Identifier: GPL-2.0-only
/* Creation, stop and exit. Names begin with the scenario's id. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kthread_test.h"

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

static int ends_at_once(void *data)
{
	return (int)(intptr_t)data;
}

Test(kthread_lifecycle, L3_thread_ends_by_itself_while_stop_runs)
{
	int i;

	for (i = 0; i < 1000; i++) {
		struct task_struct *k = kthread_create(ends_at_once, (void *)(intptr_t)i, "l3");
		int ret;

		get_task_struct(k);
		wake_up_process(k);
		if (i % 3 == 0)
			sched_yield();
		ret = kthread_stop_put(k);
		cr_assert(ret == i || ret == -EINTR, "%d", ret);
	}
}

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

static void *stop_it(void *k)
{
	return (void *)(intptr_t)kthread_stop(k);
}

Test(kthread_lifecycle, L5_two_stoppers_both_get_the_result)
{
	int i, j;

	for (i = 0; i < 300; i++) {
		unsigned int starts = 0;
		struct task_struct *k = kthread_run(until_stop, &starts, "l5");
		pthread_t t[3];
		void *ret[3];

		get_task_struct(k);
		cr_assert(WAIT_UNTIL(READ(starts)));
		for (j = 0; j < 3; j++)
			cr_assert_eq(pthread_create(&t[j], NULL, stop_it, k), 0);
		for (j = 0; j < 3; j++)
			pthread_join(t[j], &ret[j]);
		for (j = 0; j < 3; j++)
			cr_assert_eq((intptr_t)ret[j], 42);
		put_task_struct(k);
	}
}

static int self_stop_ret;

static int stops_itself(void *data)
{
	(void)data;
	self_stop_ret = kthread_stop(current);
	return 3;
}

Test(kthread_lifecycle, L6_stopping_oneself_is_refused)
{
	struct task_struct *k = kthread_create(stops_itself, NULL, "l6");

	get_task_struct(k);
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(kthread_warn_count(KTHREAD_WARN_STOP_SELF) == 1));
	cr_assert_eq(kthread_stop_put(k), 3);
	cr_assert_eq(self_stop_ret, -EDEADLK);
}

static int stops_another(void *other)
{
	int ret;

	until_stop(NULL);
	ret = kthread_stop(other);
	return ret + 1;
}

Test(kthread_lifecycle, L6_a_thread_that_is_being_stopped_may_stop_another)
{
	unsigned int starts = 0;
	struct task_struct *c = kthread_run(until_stop, &starts, "l6c");
	struct task_struct *b, *a;

	cr_assert(WAIT_UNTIL(READ(starts)));
	b = kthread_run(stops_another, c, "l6b");
	cr_assert(WAIT_UNTIL(thread_state(b->pid) == 'S' && get_current_state() == 0));
	a = kthread_run(stops_another, b, "l6a");
	cr_assert(WAIT_UNTIL(thread_state(a->pid) == 'S'));
	/* Each may have been told to stop before it started, then the chain ends there. */
	usleep(1000);
	cr_assert_eq(kthread_stop(a), 44);
}

static struct completion exit_done;

static int exits_by(void *how)
{
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
		cr_assert_eq(kthread_stop_put(k), result[how], "way %ld", (long)how);
	}
	cr_assert(try_wait_for_completion(&exit_done));
	cr_assert(!try_wait_for_completion(&exit_done));
}

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

static void comm_of(pid_t tid, char *buf, size_t size)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", tid);
	f = fopen(path, "r");
	if (!f || !fgets(buf, (int)size, f))
		buf[0] = 0;
	if (f)
		fclose(f);
	buf[strcspn(buf, "\n")] = 0;
}

Test(kthread_lifecycle, L15_names_of_any_length)
{
	static const unsigned int lengths[] = { 0, 1, 14, 15, 16, 200 };
	char want[201], full[256], seen[64];
	unsigned int i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct task_struct *k;

		memset(want, '%', lengths[i]);
		want[lengths[i]] = 0;
		k = kthread_create(until_stop, NULL, "%s", want);
		get_kthread_comm(full, sizeof(full), k);
		cr_expect_str_eq(full, want);
		cr_expect_eq(strlen(k->comm), lengths[i] < 15 ? lengths[i] : 15);
		comm_of(k->pid, seen, sizeof(seen));
		cr_expect_str_eq(seen, k->comm, "others see it before the first wake");
		get_kthread_comm(full, 4, k);
		cr_expect(strlen(full) <= 3);
		kthread_stop(k);
	}
}

struct environment {
	sigset_t mask;
	int policy, nice, cancel;
	unsigned long slack;
	struct cpumask cpus;
	unsigned int done;
};

static int look_around(void *data)
{
	struct environment *e = data;

	pthread_sigmask(SIG_SETMASK, NULL, &e->mask);
	e->policy = sched_getscheduler(0);
	e->nice = getpriority(PRIO_PROCESS, (id_t)gettid());
	e->slack = (unsigned long)prctl(PR_GET_TIMERSLACK);
	syscall(SYS_sched_getaffinity, 0, sizeof(e->cpus), &e->cpus);
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &e->cancel);
	__atomic_store_n(&e->done, 1, __ATOMIC_RELEASE);
	return until_stop(NULL);
}

/* First create under all these, so that a leak through the creator's birth shows, too. */
Test(kthread_lifecycle, L16_nothing_of_the_caller_leaks_into_the_thread)
{
	struct environment e = { .done = 0 };
	struct cpumask all, one;
	struct task_struct *k;
	sigset_t usr1;

	syscall(SYS_sched_getaffinity, 0, sizeof(all), &all);
	cpumask_clear(&one);
	cpumask_set_cpu(cpumask_test_cpu(0, &all) ? 0 : 1, &one);
	syscall(SYS_sched_setaffinity, 0, sizeof(one), &one);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &usr1, NULL);
	prctl(PR_SET_TIMERSLACK, 123456UL);
	setpriority(PRIO_PROCESS, 0, 5);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);

	k = kthread_run(look_around, &e, "l16");
	cr_assert(WAIT_UNTIL(READ(e.done)));

	cr_expect(sigismember(&e.mask, SIGUSR2) && sigismember(&e.mask, SIGTERM) &&
		  sigismember(&e.mask, SIGUSR1));
	cr_expect(!sigismember(&e.mask, SIGSEGV), "faults of its own stay open");
	cr_expect_eq(e.policy, SCHED_OTHER);
	cr_expect_eq(e.cancel, PTHREAD_CANCEL_ENABLE);
	cr_expect_eq(e.slack, 50000);
	cr_expect_eq(memcmp(&e.cpus, &one, sizeof(long)) == 0,
		     memcmp(&all, &one, sizeof(long)) == 0);
	if (!geteuid())
		cr_expect_eq(e.nice, 0);
	cr_assert_eq(kthread_stop(k), 42);
}

static unsigned int handled;
static void on_signal(int sig)
{
	(void)sig;
	ADD(handled);
}

Test(kthread_lifecycle, L17_library_threads_run_no_signal_handlers)
{
	struct task_struct *k = kthread_run(until_stop, NULL, "l17");
	sigset_t set, old;
	int i, sig;

	signal(SIGUSR1, on_signal);
	signal(SIGTERM, on_signal);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	for (i = 0; i < 100; i++) {
		kill(getpid(), SIGUSR1);
		kill(getpid(), SIGTERM);
		sigwait(&set, &sig);
		sigwait(&set, &sig);
	}
	cr_assert_eq(READ(handled), 0);
	kthread_stop(k);
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

static pthread_key_t key;
static unsigned int destroyed;

static void slow_destructor(void *arg)
{
	(void)arg;
	usleep(2000);
	ADD(destroyed);
}

static int with_destructor(void *data)
{
	pthread_setspecific(key, &key);
	return until_stop(data);
}

Test(kthread_lifecycle, L19_no_destructor_runs_after_stop)
{
	unsigned int starts = 0, i;

	pthread_key_create(&key, slow_destructor);
	for (i = 1; i <= 50; i++) {
		struct task_struct *k = kthread_run(with_destructor, &starts, "l19");

		cr_assert(WAIT_UNTIL(READ(starts) == i));
		cr_assert_eq(kthread_stop(k), 42);
		cr_assert_eq(READ(destroyed), i);
	}
}

static unsigned int ended;

static int ends_counting(void *data)
{
	ADD(ended);
	return (int)(intptr_t)data;
}

Test(kthread_lifecycle, L20_threads_that_end_by_themselves_leave_nothing)
{
	const unsigned int warm = 200, n = 20000, others = nr_threads();
	long before = 0, after = 0;
	unsigned int i;

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
	 * stack each would be 2000 pages times 20000.
	 */
	cr_assert(WAIT_UNTIL((after = vm_pages()) - before < 20 * 2100 + n / 100),
		  "grew by %ld pages", after - before);
}

Test(kthread_lifecycle, bind_before_the_first_wake)
{
	struct environment e = { .done = 0 };
	struct cpumask one;
	struct task_struct *k;

	k = kthread_create_on_cpu(look_around, &e, 0, "bound/%u");
	cr_assert(!IS_ERR(k));
	cr_assert_str_eq(k->comm, "bound/0");
	cr_assert_eq(kthread_bind_error(k), 0);
	kthread_set_per_cpu(k, 0);
	cr_assert(kthread_is_per_cpu(k));
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(READ(e.done)));
	cpumask_clear(&one);
	cpumask_set_cpu(0, &one);
	cr_assert_eq(memcmp(&e.cpus, &one, sizeof(long)), 0);

	kthread_bind(k, 0);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_BIND_STARTED), 1);
	cr_assert_eq(kthread_stop(k), 42);
	cr_assert_eq(PTR_ERR(kthread_create_on_cpu(look_around, &e, 100000, "x")), -EINVAL);
	cr_assert(!kthread_is_per_cpu(current));
}

Test(kthread_lifecycle, bind_to_a_cpu_that_is_not_there_is_reported)
{
	struct task_struct *k = kthread_create(until_stop, NULL, "nocpu");

	kthread_bind(k, KTHREAD_NR_CPUS - 1);
	cr_assert_eq(kthread_bind_error(k), -EINVAL);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_BIND_FAILED), 1);
	kthread_set_per_cpu(k, -1);
	cr_assert(!kthread_is_per_cpu(k));
	kthread_stop(k);
}

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

Test(kthread_lifecycle, misuse_aborts_on_request, .signal = SIGABRT)
{
	kthread_warn_abort(true);
	kthread_stop(current);
}
