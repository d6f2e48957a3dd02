// SPDX-License-Identifier: GPL-2.0-only
/*
 * Creation. The creator ("kthreadd") makes all threads, so that they inherit from a clean thread
 * and not from the caller. A request is answered once, by the creator, as soon as the thread is
 * cloned and has a thread id, whether it has run or not: in a storm of creations a newborn may wait
 * long for a CPU, and its caller has the next one to ask for.
 *
 * A create that can be cancelled is answered by the new thread itself, and its request has two
 * owners, the caller and the answerer. The one that first changes `done` to its last value decides:
 * answered, and the thread is the caller's; or abandoned, then what the answerer has made is its
 * own to take down, and the caller is free at once.
 */
#include "lib/kthread/internal.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* On the caller's stack, and the change of done is the answerer's last access; or counted. */
struct kt_create {
	struct kt_create *next;
	struct kt_task *task;
	int err;
	uint32_t done;
	int cpu; /* where the caller was */
	bool counted;
	uint32_t owners;
	struct kt_create *cancel_next; /* under the lock of the struct kthread_cancel */
};

enum { DONE_NO, DONE_YES, DONE_WAITED, DONE_ABANDONED };

static struct {
	pthread_mutex_t lock; /* of running */
	bool running;
	struct kt_create *requests; /* newest first */
	uint32_t idle;		    /* the creator sleeps, or is about to */
	int cpu;		    /* where it ran lately */
	bool knows_tid;		    /* tid_of() works here */
} creator = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void drop_request(struct kt_create *c)
{
	/* Both: the other owner's accesses come before the end of the memory. */
	if (c->counted && __atomic_sub_fetch(&c->owners, 1, __ATOMIC_ACQ_REL) == 0)
		free(c);
}

/* Set done to its last value, unless it has one. Return: did we? On false @c still lives. */
static bool decide(struct kt_create *c, uint32_t last)
{
	uint32_t *done = &c->done;
	uint32_t old = __atomic_load_n(done, __ATOMIC_RELAXED);

	do {
		if (old == DONE_YES || old == DONE_ABANDONED)
			return false;
		/*
		 * Release: the thread is complete; pairs with wait_answer(). @c may be gone then.
		 */
	} while (!__atomic_compare_exchange_n(done, &old, last, true, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	if (old == DONE_WAITED)
		kt_futex_wake(done, 1, FUTEX_CONTROLLER);
	return true;
}

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

/* Return: DONE_YES or DONE_ABANDONED. @spin: the creator is at work already */
static uint32_t wait_answer(struct kt_create *c, bool spin)
{
	uint32_t done = DONE_NO;

	KT_DELAY("wait answer");
	if (spin)
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

/* ---- cancelling ------------------------------------------------------------------------------ */

/* Return: false if it has been cancelled already. */
static bool cancel_watch(struct kthread_cancel *cancel, struct kt_create *c)
{
	bool wanted;

	kt_lock(&cancel->lock);
	wanted = !cancel->cancelled;
	if (wanted) {
		c->cancel_next = cancel->creates;
		cancel->creates = c;
	}
	kt_unlock(&cancel->lock);
	return wanted;
}

static void cancel_forget(struct kthread_cancel *cancel, struct kt_create *c)
{
	struct kt_create **p;

	kt_lock(&cancel->lock);
	for (p = &cancel->creates; *p != c; p = &(*p)->cancel_next)
		;
	*p = c->cancel_next;
	kt_unlock(&cancel->lock);
}

void kthread_cancel_create(struct kthread_cancel *cancel)
{
	struct kt_create *c;

	kt_lock(&cancel->lock);
	cancel->cancelled = true;
	/* Their callers cannot free them before the unlock. */
	for (c = cancel->creates; c; c = c->cancel_next)
		decide(c, DONE_ABANDONED);
	kt_unlock(&cancel->lock);
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
		/* Acquire: the requests; pairs with submit(). */
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
		 * Sequentially consistent, as in submit(): of this store and the load of requests,
		 * and of submit()'s push and its exchange of idle, one side sees the other. Else
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

/* Return: was the creator at work already? */
static bool submit(struct kt_create *c)
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

static int start_creator(void)
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

/* ---- the caller ------------------------------------------------------------------------------ */

/* Takes @name, also when it fails. */
static struct task_struct *create_thread(int (*threadfn)(void *data), void *data, char *name,
					 int node, struct kthread_cancel *cancel)
{
	uint32_t done;
	struct kt_create on_stack = { .done = DONE_NO };
	struct kt_create *c = &on_stack;
	struct kt_task *t = NULL;
	int ret = -ENOMEM;

	if (!name)
		goto fail;
	if (cancel) {
		c = KT_FAIL("request") ? NULL : malloc(sizeof(*c));
		if (!c)
			goto fail;
		*c = (struct kt_create){ .counted = true, .owners = 1 };
	}
	t = kt_task_alloc();
	if (!t)
		goto fail;
	t->is_kthread = true;
	t->threadfn = threadfn;
	t->data = data;
	t->node = node;
	t->result = -EINTR; /* until the function runs */
	t->phase = PHASE_UNINTERRUPTIBLE;
	snprintf(t->task.comm, sizeof(t->task.comm), "%s", name);
	if (strlen(name) >= sizeof(t->task.comm)) {
		t->full_name = name;
		name = NULL;
	}
	c->task = t;

	ret = start_creator();
	if (!ret && cancel && !cancel_watch(cancel, c))
		ret = -EINTR;
	if (ret)
		goto fail;
	c->owners = 2;
	c->cpu = sched_getcpu();
	KT_DELAY("submit");
	done = wait_answer(c, submit(c));
	if (cancel)
		cancel_forget(cancel, c);
	ret = done == DONE_ABANDONED ? -EINTR : c->err;
	if (done == DONE_ABANDONED)
		t = NULL;
	if (ret)
		goto fail;
	drop_request(c);
	free(name);
	USDT(kthread, create, t->task.pid, t->full_name ? t->full_name : t->task.comm, t->threadfn);
	return &t->task;
fail:
	free(name);
	if (t)
		kt_task_free(t);
	if (c)
		drop_request(c);
	return ERR_PTR(ret);
}

struct task_struct *kt_create_thread(int (*threadfn)(void *data), void *data, char *name, int node)
{
	return create_thread(threadfn, data, name, node, NULL);
}

char *kt_format_name(const char *namefmt, va_list ap)
{
	char *name;

	return KT_FAIL("name") || vasprintf(&name, namefmt, ap) < 0 ? NULL : name;
}

struct task_struct *kthread_create_on_node(int (*threadfn)(void *data), void *data, int node,
					   const char *namefmt, ...)
{
	va_list ap;
	char *name;

	node = kt_node_check(node, "kthread_create_on_node");
	va_start(ap, namefmt);
	name = kt_format_name(namefmt, ap);
	va_end(ap);
	return kt_create_thread(threadfn, data, name, node);
}

struct task_struct *kthread_create_cancellable(struct kthread_cancel *cancel,
					       int (*threadfn)(void *data), void *data,
					       const char *namefmt, ...)
{
	va_list ap;
	char *name;

	va_start(ap, namefmt);
	name = kt_format_name(namefmt, ap);
	va_end(ap);
	return create_thread(threadfn, data, name, NUMA_NO_NODE, cancel);
}

char *kt_format_cpu(const char *namefmt, unsigned int cpu)
{
	char *name;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	return KT_FAIL("name") || asprintf(&name, namefmt, cpu) < 0 ? NULL : name;
#pragma GCC diagnostic pop
}

struct task_struct *kthread_create_on_cpu(int (*threadfn)(void *data), void *data, unsigned int cpu,
					  const char *namefmt)
{
	struct task_struct *k;

	if (cpu >= KTHREAD_NR_CPUS || (long)cpu >= sysconf(_SC_NPROCESSORS_CONF))
		return ERR_PTR(-EINVAL);
	k = kt_create_thread(threadfn, data, kt_format_cpu(namefmt, cpu), kt_node_of_cpu(cpu));
	if (!IS_ERR(k))
		kthread_bind(k, cpu);
	return k;
}
