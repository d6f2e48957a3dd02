// SPDX-License-Identifier: GPL-2.0-only
/*
 * The creator ("kthreadd"): a thread with a clean environment that makes all others, and what they do
 * first.
 */
#include "lib/kthread/create.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "lib/kthread/lock.h"
#include "lib/kthread/testing.h"

#define CLEAN_TIMERSLACK_NS 50000UL /* what init has */
#define CREATOR_NAME	    "kthreadd"

/*
 * A clone amid a storm takes 10 to 20 us, and a wake of a CPU that rests as long, or twice that on a
 * virtual machine. With shorter spins both sides sleep each time, and each thread costs two wakes.
 */
#define ANSWER_SPIN_NS	50000
#define REQUEST_SPIN_NS 50000

static struct {
	pthread_mutex_t lock; /* of running */
	bool running;
	struct kt_create *requests; /* newest first */
	uint32_t idle;		    /* the creator sleeps, or is about to */
	int cpu;		    /* where it ran lately */
	bool knows_tid;		    /* tid_of() works here */
} creator = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Return: false if the caller has given up; then the task is the answerer's. */
static bool answer(struct kt_create *c, int ret)
{
	bool counted = c->counted;
	bool wanted;

	c->err = ret;
	wanted = decide(c, DONE_YES);
	if (counted)
		drop_request(c);
	return wanted;
}

/* ---- the new thread -------------------------------------------------------------------------- */
static void *thread_main(void *arg)
{
	struct kt_task *t = arg;
	uint32_t old;
	int oldtype;

	kt_self = t;
	/* A waker may look for it already. */
	__atomic_store_n(&t->slot, slot_register(), __ATOMIC_RELAXED);
	if (t->create) {
		t->thread = pthread_self();
		t->task.pid = t->slot ? (pid_t)t->slot->tid : gettid();
	}
	pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &oldtype);
	if (t->node != NUMA_NO_NODE)
		kt_node_enter(t->node);
	KT_DELAY("born");
	if (t->create && !answer(t->create, 0)) {
		kt_exit(t); /* an orphan: nobody knows of it */
		return NULL;
	}

	pthread_cleanup_push(kt_exit, t);
	KT_DELAY("newborn");
	kt_sleep(t, NULL); /* the state was set at birth */
	old = kt_phase_change(&t->phase, 0, PHASE_STARTED);
	if (!(old & PHASE_SHOULD_STOP)) {
		KT_DELAY("started");
		if (t->node != NUMA_NO_NODE)
			kt_affine_node(t);
		kt_parkme(t);
		t->result = -ECANCELED; /* if it does not come back */
		USDT(kthread, start, t->task.pid, t->threadfn);
		t->result = t->threadfn(t->data);
	}
	pthread_cleanup_pop(1);
	return NULL;
}

/* ---- the creator ----------------------------------------------------------------------------- */

/*
 * Without the privilege a thread cannot become less nice; the nice of the whole process is not a
 * leak.
 */
static void check_nice(void)
{
	int nice = getpriority(PRIO_PROCESS, (id_t)gettid());

	if (nice > 0 && nice > getpriority(PRIO_PROCESS, (id_t)getpid()))
		kthread_warn(
			KTHREAD_WARN_INHERITED,
			"kthreadd: threads inherit nice %d from the first thread that created one; "
			"CAP_SYS_NICE or RLIMIT_NICE is needed to reset it",
			nice);
}

static void clean_environment(void)
{
	struct cpumask all;

	prctl(PR_SET_NAME, CREATOR_NAME);
	prctl(PR_SET_TIMERSLACK, CLEAN_TIMERSLACK_NS);
	setpriority(PRIO_PROCESS, (id_t)gettid(), 0);
	cpumask_setall(&all);
	syscall(SYS_sched_setaffinity, 0, sizeof(all.bits), all.bits);
	syscall(SYS_set_mempolicy, 0, NULL, 0);
	check_nice();
}

/*
 * The thread id, before the thread has run: the CPU clock of a thread is named by it (the kernel's
 * encoding of dynamic clock ids), and libc has it from the clone. No system call. A thread that has
 * ended has none.
 */
static bool tid_of(pthread_t thread, pid_t *tid)
{
	clockid_t clock;

	if (pthread_getcpuclockid(thread, &clock))
		return false;
	*tid = (pid_t) ~(clock >> 3);
	return true;
}

static size_t stack_size; /* 0: as pthreads' */

int kthread_set_stack_size(size_t bytes)
{
	pthread_attr_t attr;
	int ret = pthread_attr_init(&attr);

	if (ret)
		return -ret;
	if (bytes)
		ret = pthread_attr_setstacksize(&attr, bytes);
	pthread_attr_destroy(&attr);
	if (!ret)
		__atomic_store_n(&stack_size, bytes, __ATOMIC_RELAXED);
	return -ret;
}

static int make_thread(pthread_t *thread, struct kt_task *t)
{
	size_t bytes = __atomic_load_n(&stack_size, __ATOMIC_RELAXED);
	pthread_attr_t attr;
	int ret;

	if (!bytes)
		return pthread_create(thread, NULL, thread_main, t);
	ret = pthread_attr_init(&attr);
	if (ret)
		return ret;
	ret = pthread_attr_setstacksize(&attr, bytes);
	if (!ret)
		ret = pthread_create(thread, &attr, thread_main, t);
	pthread_attr_destroy(&attr);
	return ret;
}

static void create_one(struct kt_create *c)
{
	struct kt_task *t = c->task;
	bool early = creator.knows_tid && !c->counted;
	pthread_t thread;
	int ret;

	KT_DELAY("request");
	if (__atomic_load_n(&c->done, __ATOMIC_ACQUIRE) == DONE_ABANDONED)
		ret = EINTR;
	else
		ret = KT_FAIL("pthread_create");
	t->create = early ? NULL : c;
	/* A thread is born with its creator's name: nobody ever sees it under another one. */
	prctl(PR_SET_NAME, t->task.comm);
	if (!ret)
		ret = make_thread(&thread, t);
	if (!ret && early) {
		/* It sleeps, or will, until the caller has the answer: it cannot have ended. */
		tid_of(thread, &t->task.pid);
		t->thread = thread;
	}
	if ((ret || early) && !answer(c, -ret))
		kt_task_free(t);
	KT_DELAY("created");
}

/* Oldest first. Each request may vanish as soon as it is answered. */
static void create_all(struct kt_create *newest)
{
	struct kt_create *c = NULL, *next;

	while (newest) {
		next = newest->next;
		newest->next = c;
		c = newest;
		newest = next;
	}
	for (; c; c = next) {
		next = c->next;
		create_one(c);
	}
}

/*
 * Amid a storm the next request comes at once: a spin then is cheaper than a sleep, and the wake that
 * each caller would have to pay for. @soon: the latest did, and from another CPU; a caller on this
 * one cannot run meanwhile.
 */
static bool spin_for_requests(bool soon)
{
	uint64_t begin_ns;
	int i;

	if (!soon)
		return false;
	KT_DELAY("request spin");
	begin_ns = slot_clock_ns();
	do {
		for (i = 0; i < KT_SPIN_CHUNK; i++) {
			if (__atomic_load_n(&creator.requests, __ATOMIC_RELAXED))
				return true;
			kt_cpu_relax();
		}
	} while (slot_clock_ns() - begin_ns < REQUEST_SPIN_NS);
	return false;
}

static void *creator_main(void *arg)
{
	struct kt_create *c;
	uint64_t through_ns = 0; /* when the latest request was */
	bool soon = false;
	int cpu;
	pid_t tid;

	(void)arg;
	clean_environment();
	creator.knows_tid = tid_of(pthread_self(), &tid) && tid == gettid();
	for (;;) {
		/* Acquire: the requests; pairs with kt_creator_submit(). */
		c = __atomic_exchange_n(&creator.requests, NULL, __ATOMIC_ACQUIRE);
		if (c) {
			cpu = sched_getcpu();
			__atomic_store_n(&creator.cpu, cpu, __ATOMIC_RELAXED);
			soon = c->cpu != cpu && slot_clock_ns() - through_ns < REQUEST_SPIN_NS;
			create_all(c);
			through_ns = slot_clock_ns();
			continue;
		}
		if (spin_for_requests(soon))
			continue;
		prctl(PR_SET_NAME, CREATOR_NAME);
		/*
		 * Sequentially consistent, as in kt_creator_submit(): of this store and the load of requests,
		 * and of kt_creator_submit()'s push and its exchange of idle, one side sees the other. Else
		 * both could sleep.
		 */
		__atomic_store_n(&creator.idle, 1, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&creator.requests, __ATOMIC_SEQ_CST)) {
			__atomic_store_n(&creator.idle, 0, __ATOMIC_RELAXED);
			continue;
		}
		KT_DELAY("creator");
		kt_futex_wait(&creator.idle, 1, NULL, FUTEX_SELF);
	}
	return NULL;
}

bool kt_creator_submit(struct kt_create *c)
{
	c->next = __atomic_load_n(&creator.requests, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&creator.requests, &c->next, c, true, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED))
		;
	/* Pairs with creator_main(). */
	if (!__atomic_exchange_n(&creator.idle, 0, __ATOMIC_SEQ_CST))
		return true;
	kt_futex_wake(&creator.idle, 1, FUTEX_SELF);
	return false;
}

/* Signals that the thread itself causes stay open, for handlers that report them. */
static void block_signals(sigset_t *old)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS };
	sigset_t set;
	size_t i;

	sigfillset(&set);
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigdelset(&set, faults[i]);
	pthread_sigmask(SIG_SETMASK, &set, old);
}

static int start_locked(void)
{
	struct sched_param other = { .sched_priority = 0 };
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t old;
	int ret;

	kt_profile_fix();
	ret = KT_FAIL("creator");
	if (ret)
		return -ret;
	ret = pthread_attr_init(&attr);
	if (ret)
		return -ret;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_OTHER);
	pthread_attr_setschedparam(&attr, &other);
	block_signals(&old);
	ret = pthread_create(&thread, &attr, creator_main, NULL);
	if (ret == EPERM) {
		/* SCHED_IDLE is as hard to leave as nice. */
		pthread_attr_setinheritsched(&attr, PTHREAD_INHERIT_SCHED);
		ret = pthread_create(&thread, &attr, creator_main, NULL);
		if (!ret)
			kthread_warn(KTHREAD_WARN_INHERITED,
				     "kthreadd: threads inherit the scheduling policy of the first "
				     "thread that created one; CAP_SYS_NICE or RLIMIT_NICE is "
				     "needed to reset it");
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return -ret;
}

int kt_creator_start(void)
{
	int ret = 0;

	/* Acquire: pairs with the release below; a late reader takes the lock. */
	if (__atomic_load_n(&creator.running, __ATOMIC_ACQUIRE))
		return 0;
	KT_DELAY("start creator");
	pthread_mutex_lock(&creator.lock);
	if (!creator.running) {
		ret = start_locked();
		if (!ret)
			__atomic_store_n(&creator.running, true, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&creator.lock);
	return ret;
}

void kt_creator_fork_prepare(void)
{
	pthread_mutex_lock(&creator.lock);
}

void kt_creator_fork_done(bool in_child)
{
	if (in_child) {
		creator.running = false;
		creator.requests = NULL;
		creator.idle = 0;
	}
	pthread_mutex_unlock(&creator.lock);
}

/* ---- waiting for it -------------------------------------------------------------------------- */

/* Until @c is answered, but not for long, and not while the creator needs this CPU. */
static void spin_for_answer(struct kt_create *c)
{
	uint64_t begin_ns;
	int i;

	if (__atomic_load_n(&creator.cpu, __ATOMIC_RELAXED) == sched_getcpu())
		return;
	begin_ns = slot_clock_ns();
	do {
		for (i = 0; i < KT_SPIN_CHUNK; i++) {
			if (__atomic_load_n(&c->done, __ATOMIC_RELAXED) != DONE_NO)
				return;
			kt_cpu_relax();
		}
	} while (slot_clock_ns() - begin_ns < ANSWER_SPIN_NS);
}

uint32_t kt_creator_wait(struct kt_create *c, bool at_work)
{
	uint32_t done = DONE_NO;

	KT_DELAY("wait answer");
	if (at_work)
		spin_for_answer(c);
	if (__atomic_compare_exchange_n(&c->done, &done, DONE_WAITED, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		done = DONE_WAITED;
	while (done == DONE_WAITED) {
		kt_futex_wait(&c->done, DONE_WAITED, NULL, FUTEX_CONTROLLER);
		done = __atomic_load_n(&c->done, __ATOMIC_ACQUIRE);
	}
	return done;
}
