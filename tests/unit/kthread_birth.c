// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a new thread is like: its name, what it inherits (nothing), where it runs. A mutation is
 * named by its file in tests/mutations/. Linked with the testing build: a newborn that has answered
 * goes on when it has been looked at.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/unit/hold.h"
#include "tests/unit/sanitizer.h"

TestSuite(kthread_birth, .timeout = 60);

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

static struct hold newborn = { .point = "newborn" };

/*
 * Mutation L15: the thread writes its name after it has answered.
 * Mutation L15b: only the first 15 bytes are kept.
 */
Test(kthread_birth, L15_names_of_any_length)
{
	static const unsigned int lengths[] = { 0, 1, 14, 15, 16, 200 };
	char want[201], full[256], seen[64];
	unsigned int i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct task_struct *k;

		memset(want, '%', lengths[i]);
		want[lengths[i]] = 0;
		newborn.came = newborn.go = 0;
		if (!i)
			hold_begin(&newborn);
		k = kthread_create(until_stop, NULL, "%s", want);
		get_kthread_comm(full, sizeof(full), k);
		cr_expect_str_eq(full, want);
		cr_expect_eq(strlen(k->comm), lengths[i] < 15 ? lengths[i] : 15);
		comm_of(k->pid, seen, sizeof(seen));
		cr_expect_str_eq(seen, k->comm, "others see it before the first wake");
		get_kthread_comm(full, 4, k);
		cr_expect(strlen(full) <= 3);
		hold_end(&newborn);
		kthread_stop(k);
	}
}

static unsigned int returned, in_vain;

static void wait_for_return(const char *point)
{
	if (!strcmp(point, "born") && !WAIT_UNTIL(READ(returned)))
		ADD(in_vain);
}

/*
 * In a storm a newborn may wait long for a CPU. Mutation L10c: the thread answers, and so the create
 * waits for it.
 */
Test(kthread_birth, L10_a_create_does_not_wait_until_its_thread_has_run)
{
	unsigned int ran = 0;
	struct task_struct *k;
	char path[64];

	__atomic_store_n(&kthread_test_delay, wait_for_return, __ATOMIC_RELEASE);
	k = kthread_create(until_stop, &ran, "%s", "not run yet");
	cr_assert(!IS_ERR(k));
	snprintf(path, sizeof(path), "/proc/self/task/%d", k->pid);
	cr_expect_eq(access(path, F_OK), 0, "its thread id is known");
	comm_of(k->pid, path, sizeof(path));
	cr_expect_str_eq(path, "not run yet");
	wake_up_process(k);
	ADD(returned);
	cr_assert(WAIT_UNTIL(READ(ran)));
	cr_expect_eq(kthread_stop(k), 42);
	cr_expect_eq(READ(in_vain), 0);
}

#define NR_MANY 10000

static int look_at_stack(void *data)
{
	pthread_attr_t attr;
	size_t size = 1;

	if (!pthread_getattr_np(pthread_self(), &attr)) {
		pthread_attr_getstacksize(&attr, &size);
		pthread_attr_destroy(&attr);
	}
	__atomic_store_n((size_t *)data, size, __ATOMIC_RELEASE);
	return until_stop(NULL);
}

static int many_in_little_space(void)
{
	const struct rlimit space = { 2UL << 30, 2UL << 30 };
	static struct task_struct *k[NR_MANY];
	int ret = 0;

	if (setrlimit(RLIMIT_AS, &space) || kthread_set_stack_size(128 << 10))
		return 1;
	for (int i = 0; i < NR_MANY; i++) {
		k[i] = kthread_create(until_stop, NULL, "many/%d", i);
		if (IS_ERR(k[i]))
			ret = 2;
	}
	for (int i = 0; i < NR_MANY; i++)
		if (!IS_ERR(k[i]) && kthread_stop(k[i]) != -EINTR)
			ret = 3;
	return ret;
}

static bool may_have_many(void)
{
	struct rlimit nr;
	FILE *f;
	unsigned long max = 0;

	getrlimit(RLIMIT_NPROC, &nr);
	f = fopen("/proc/sys/kernel/threads-max", "r");
	if (f && fscanf(f, "%lu", &max) != 1)
		max = 0;
	if (f)
		fclose(f);
	return max > 2 * NR_MANY && (!geteuid() || nr.rlim_cur > 2 * NR_MANY);
}

/* Mutation L10d: the size is not used. */
Test(kthread_birth, L10_ten_thousand_threads_in_two_gigabytes)
{
	struct task_struct *k;
	size_t size = 0;
	int status;
	pid_t pid;

	cr_expect_eq(kthread_set_stack_size(1), -EINVAL);
	cr_assert_eq(kthread_set_stack_size(256 << 10), 0);
	k = kthread_run(look_at_stack, &size, "look");
	cr_assert(WAIT_UNTIL(READ(size)));
	kthread_stop(k);
	cr_expect_geq(size, 200 << 10);
	if (!WITH_TSAN) /* which makes stacks larger */
		cr_expect_leq(size, 300 << 10);
	cr_assert_eq(kthread_set_stack_size(0), 0);
	if (WITH_TSAN || WITH_ASAN)
		cr_skip_test("a sanitizer needs more address space than that");
	if (!may_have_many())
		cr_skip_test("fewer than 20000 threads are allowed here");
	pid = fork();
	if (!pid)
		_exit(many_in_little_space());
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status), "killed by signal %d", WTERMSIG(status));
	cr_expect_eq(WEXITSTATUS(status), 0);
}

#define NR_NAMED 100
static const char long_name[] = "a name of more than fifteen bytes, 100%";
static struct task_struct *named[NR_NAMED];
static unsigned int nr_named, looks, wrong;

static void *reads_names(void *arg)
{
	char full[64], seen[64];
	unsigned int n, i;

	(void)arg;
	do {
		n = READ(nr_named);
		for (i = 0; i < n; i++) {
			get_kthread_comm(full, sizeof(full), named[i]);
			comm_of(named[i]->pid, seen, sizeof(seen));
			if (strcmp(full, long_name) || strncmp(long_name, named[i]->comm, 15) ||
			    strlen(named[i]->comm) != 15 || strcmp(seen, named[i]->comm))
				ADD(wrong);
		}
		ADD(looks);
	} while (n < NR_NAMED);
	return NULL;
}

static struct hold some_newborns = { .point = "newborn", .nr = 3 };

/* Mutation L15c: the thread writes its name after it has answered. */
Test(kthread_birth, L15_no_reader_sees_a_name_half_written)
{
	unsigned int i, before;
	pthread_t t[2];

	hold_begin(&some_newborns);
	for (i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, reads_names, NULL);
	for (i = 0; i < NR_NAMED; i++) {
		named[i] = kthread_create(until_stop, NULL, "%s", long_name);
		before = READ(looks);
		ADD(nr_named);
		cr_assert(WAIT_UNTIL(READ(looks) > before));
	}
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	hold_end(&some_newborns);
	for (i = 0; i < NR_NAMED; i++)
		cr_assert_eq(kthread_stop(named[i]), -EINTR);
	cr_assert_eq(wrong, 0);
}

struct environment {
	sigset_t mask;
	int policy, nice, cancel, mempolicy;
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
	e->mempolicy = -1;
	syscall(SYS_get_mempolicy, &e->mempolicy, NULL, 0, NULL, 0);
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &e->cancel);
	__atomic_store_n(&e->done, 1, __ATOMIC_RELEASE);
	return until_stop(NULL);
}

/*
 * First create under all these, so that a leak through the creator's birth shows, too.
 * Mutations L16 (mask), L16b (CPUs), L16c (nice), L16d (slack), L16e (policy), L16f (mempolicy):
 * the one thing is not put right in the creator. The cancel state is a new thread's own by POSIX.
 */
Test(kthread_birth, L16_nothing_of_the_caller_leaks_into_the_thread)
{
	static const struct sched_param zero;
	static const unsigned long node_0 = 1;
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
	pthread_setschedparam(pthread_self(), SCHED_BATCH, &zero);
	/* MPOL_PREFERRED; where there are no nodes it fails, and so does the look. */
	syscall(SYS_set_mempolicy, 1, &node_0, 8 * sizeof(node_0));

	k = kthread_run(look_around, &e, "l16");
	cr_assert(WAIT_UNTIL(READ(e.done)));

	cr_expect(sigismember(&e.mask, SIGUSR2) && sigismember(&e.mask, SIGTERM) &&
		  sigismember(&e.mask, SIGUSR1));
	cr_expect(!sigismember(&e.mask, SIGSEGV), "faults of its own stay open");
	cr_expect_eq(e.policy, SCHED_OTHER);
	cr_expect_eq(e.cancel, PTHREAD_CANCEL_ENABLE);
	cr_expect_leq(e.mempolicy, 0);
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

/* The signals that thread @tid blocks, as a mask of bits. */
static unsigned long blocked(pid_t tid)
{
	unsigned long mask = 0;
	char line[256];
	FILE *f;

	snprintf(line, sizeof(line), "/proc/self/task/%d/status", tid);
	f = fopen(line, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "SigBlk: %lx", &mask) == 1)
			break;
	if (f)
		fclose(f);
	return mask;
}

/* Mutation L17: the creator is born with the caller's mask. */
Test(kthread_birth, L17_library_threads_run_no_signal_handlers)
{
	struct task_struct *k = kthread_run(until_stop, NULL, "l17");
	sigset_t set, old;
	int i, sig;

	cr_assert(blocked(k->pid) & 1UL << (SIGUSR1 - 1));
	cr_assert(blocked(k->pid) & 1UL << (SIGTERM - 1));
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

/* Mutation B02: kthread_create_on_cpu() does not bind. */
Test(kthread_birth, bind_before_the_first_wake)
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

/* Mutation B03: nobody is told that a bind was refused. */
Test(kthread_birth, bind_to_a_cpu_that_is_not_there_is_reported)
{
	struct task_struct *k = kthread_create(until_stop, NULL, "nocpu");

	kthread_bind(k, KTHREAD_NR_CPUS - 1);
	cr_assert_eq(kthread_bind_error(k), -EINVAL);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_BIND_FAILED), 1);
	kthread_set_per_cpu(k, -1);
	cr_assert(!kthread_is_per_cpu(k));
	kthread_stop(k);
}
