// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lock of workers (lib/kthread/lean.h): those who sleep are woken, with membarrier(), without
 * it, and when it fails later. What no test can force, the order in which a processor does things,
 * is in tests/model/lean.pml. Mutations are those of tests/mutations/.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "lib/kthread/queue.h"
#include "tests/unit/kthread_test.h"

TestSuite(kthread_lean, .timeout = 60);

extern void (*kthread_test_delay)(const char *point);

static uint32_t lock __attribute__((aligned(64)));
static unsigned int nr_barriers, nr_wakes; /* system calls */

static void count_calls(const char *point)
{
	if (!strcmp(point, "membarrier"))
		ADD(nr_barriers);
	if (!strcmp(point, "futex_wake"))
		ADD(nr_wakes);
}

static void watch_calls(void)
{
	nr_barriers = nr_wakes = 0;
	__atomic_store_n(&kthread_test_delay, count_calls, __ATOMIC_RELEASE);
}

/* For the calling thread and those that it makes. */
static void filter_membarrier(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	/* Emulators of another architecture have no filters. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		cr_skip_test("seccomp filters cannot be used here");
	cr_assert_eq(syscall(SYS_membarrier, 0, 0, 0), -1);
}

/* As at the start of the program. */
static void decide_again(void)
{
	kt_lean_state = LEAN_UNDECIDED;
	kt_lean_init();
}

static long takes(void *caller)
{
	kt_lean_lock(&lock, *(enum lean_caller *)caller);
	kt_lean_unlock(&lock);
	return 1;
}

/* Two threads sleep on a lock that is held, and get it. */
static void expect_wakes(enum lean_caller caller)
{
	struct call first, second;

	kt_lean_lock(&lock, LEAN_HOLDS_NONE);
	call_start(&first, takes, &caller);
	call_start(&second, takes, &caller);
	cr_assert(call_sleeps(&first));
	cr_assert(call_sleeps(&second));
	kt_lean_unlock(&lock);
	cr_assert_eq(call_join(&first), 1);
	cr_assert_eq(call_join(&second), 1);
	cr_assert_eq(lock, 0);
}

#define NR_THREADS 6
#define NR_ROUNDS  20000

static unsigned long guarded; /* plain: the thread sanitizer looks on */

static void *counts(void *caller)
{
	for (int i = 0; i < NR_ROUNDS; i++) {
		kt_lean_lock(&lock, *(enum lean_caller *)caller);
		guarded++;
		/* Sometimes for longer than anybody spins. */
		if (i % 1000 == 0)
			sched_yield();
		kt_lean_unlock(&lock);
	}
	return NULL;
}

static void expect_exclusion(enum lean_caller caller)
{
	enum lean_caller callers[] = { caller, LEAN_HOLDS_NONE };
	pthread_t t[NR_THREADS];

	guarded = 0;
	for (int i = 0; i < NR_THREADS; i++)
		pthread_create(&t[i], NULL, counts, &callers[i % 2]);
	for (int i = 0; i < NR_THREADS; i++)
		pthread_join(t[i], NULL);
	cr_assert_eq(guarded, NR_THREADS * NR_ROUNDS);
	cr_assert_eq(lock, 0);
}

static bool has_membarrier(void)
{
	return syscall(SYS_membarrier, 0, 0, 0) > 0;
}

/* Mutation K01: those who sleep are not counted. */
Test(kthread_lean, sleepers_are_counted_and_woken)
{
	if (!has_membarrier())
		cr_skip_test("this kernel has no membarrier()");
	cr_assert_eq(kt_lean_state, 0, "not registered before main()");
	watch_calls();
	expect_wakes(LEAN_HOLDS_NONE);
	cr_expect_eq(nr_barriers, 2);
	cr_expect_eq(kt_lean_state, 0);
	expect_exclusion(LEAN_HOLDS_NONE);
	cr_expect_eq(kt_lean_state, 0);
}

/* A system call is for those who sleep. Mutation K02: with anybody counted, all unlocks wake. */
Test(kthread_lean, unlock_of_another_lock_makes_no_system_call)
{
	static uint32_t other __attribute__((aligned(64)));
	enum lean_caller caller = LEAN_HOLDS_NONE;
	struct call sleeper;

	kt_lean_lock(&lock, LEAN_HOLDS_NONE);
	call_start(&sleeper, takes, &caller);
	cr_assert(call_sleeps(&sleeper));
	watch_calls();
	for (int i = 0; i < 1000; i++) {
		kt_lean_lock(&other, LEAN_HOLDS_NONE);
		kt_lean_unlock(&other);
	}
	cr_expect_eq(nr_wakes, 0);
	kt_lean_unlock(&lock);
	cr_assert_eq(call_join(&sleeper), 1);
	cr_expect_eq(nr_wakes, 1);
}

/* ---- with another lock held ------------------------------------------------------------------ */

/*
 * It does not hold others up for as long as membarrier() may take, and no missed wake can stop it.
 * Mutations: K03 calls it all the same; K04 sleeps until woken.
 */
Test(kthread_lean, a_holder_of_another_lock_calls_no_membarrier_and_naps)
{
	enum lean_caller caller = LEAN_HOLDS_ANOTHER;
	struct call sleeper;

	watch_calls();
	expect_wakes(LEAN_HOLDS_ANOTHER);
	kt_lean_lock(&lock, LEAN_HOLDS_NONE);
	call_start(&sleeper, takes, &caller);
	cr_assert(call_sleeps(&sleeper));
	/* As if the unlock had come between: free, and nobody woken. */
	__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
	cr_assert_eq(call_join(&sleeper), 1);
	cr_expect_eq(nr_barriers, 0);
	expect_exclusion(LEAN_HOLDS_ANOTHER);
}

static struct kthread_worker w;

static long flushes(void *work)
{
	kthread_flush_work(work);
	return 1;
}

static void nothing(struct kthread_work *work)
{
	(void)work;
}

/* Mutation K05: the submit lock is taken as if no other was held. */
Test(kthread_lean, a_worker_takes_its_second_lock_so)
{
	static DEFINE_KTHREAD_WORK(work, nothing);
	struct task_struct *k;
	struct call flush;

	kthread_init_worker(&w);
	cr_assert(kthread_queue_work(&w, &work));
	watch_calls();
	kt_lean_lock(&w.submit_lock, LEAN_HOLDS_NONE);
	call_start(&flush, flushes, &work);
	cr_assert(call_sleeps(&flush));
	cr_assert_eq(PEEK(w.lock), 1, "it has the first one");
	/* Now: the worker's thread may have to wait for the first one, and is to have a barrier. */
	cr_expect_eq(nr_barriers, 0);
	kt_lean_unlock(&w.submit_lock);
	k = kthread_run(kthread_worker_fn, &w, "lean");
	cr_assert_eq(call_join(&flush), 1);
	kthread_stop(k);
}

/* ---- without membarrier() -------------------------------------------------------------------- */

/* Mutation K06: a registration that fails counts as one. */
Test(kthread_lean, filtered_from_the_start_it_is_the_small_lock)
{
	filter_membarrier();
	decide_again();
	cr_assert_eq(kt_lean_state, LEAN_OFF);
	watch_calls();
	expect_wakes(LEAN_HOLDS_NONE);
	expect_wakes(LEAN_HOLDS_ANOTHER);
	expect_exclusion(LEAN_HOLDS_NONE);
	cr_expect_eq(nr_barriers, 0);
	cr_expect_eq(kt_lean_state, LEAN_OFF);
}

/* Mutation K07: a membarrier() that fails counts as one. */
Test(kthread_lean, filtered_later_sleepers_nap)
{
	enum lean_caller caller = LEAN_HOLDS_NONE;
	struct call sleeper;

	if (!has_membarrier())
		cr_skip_test("this kernel has no membarrier()");
	cr_assert_eq(kt_lean_state, 0);
	filter_membarrier();
	expect_wakes(LEAN_HOLDS_NONE);
	kt_lean_lock(&lock, LEAN_HOLDS_NONE);
	call_start(&sleeper, takes, &caller);
	cr_assert(call_sleeps(&sleeper));
	__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
	cr_assert_eq(call_join(&sleeper), 1);
	expect_exclusion(LEAN_HOLDS_NONE);
	cr_expect_eq(kt_lean_state, 0);
}

/* Mutation K08: the environment is not looked at. */
Test(kthread_lean, environment_switches_it_off)
{
	setenv("KTHREAD_MEMBARRIER", "off", 1);
	decide_again();
	cr_expect_eq(kt_lean_state, LEAN_OFF);
	expect_wakes(LEAN_HOLDS_NONE);
	setenv("KTHREAD_MEMBARRIER", "on", 1);
	decide_again();
	cr_expect_eq(kt_lean_state, has_membarrier() ? 0 : LEAN_OFF);
}

/* Mutation K09: a sleep before that is forgotten. */
Test(kthread_lean, a_sleep_before_the_decision_decides)
{
	kt_lean_state = LEAN_UNDECIDED;
	expect_wakes(LEAN_HOLDS_NONE);
	cr_expect_eq(kt_lean_state, LEAN_OFF);
	kt_lean_init();
	cr_expect_eq(kt_lean_state, LEAN_OFF);
}

/* ---- fork ------------------------------------------------------------------------------------ */

/* Mutation K10: the child keeps its parent's count, and all its unlocks are costly. */
Test(kthread_lean, L14_child_has_no_sleepers)
{
	enum lean_caller caller = LEAN_HOLDS_NONE;
	struct call sleeper;
	int status;
	pid_t pid;

	if (!has_membarrier())
		cr_skip_test("this kernel has no membarrier()");
	kt_lean_lock(&lock, LEAN_HOLDS_NONE);
	call_start(&sleeper, takes, &caller);
	cr_assert(call_sleeps(&sleeper));
	cr_assert_eq(PEEK(kt_lean_state), 1);
	pid = fork();
	if (!pid)
		_exit(kt_lean_state != 0);
	waitpid(pid, &status, 0);
	cr_expect(WIFEXITED(status) && !WEXITSTATUS(status), "status %x", (unsigned int)status);
	kt_lean_unlock(&lock);
	cr_assert_eq(call_join(&sleeper), 1);
}
