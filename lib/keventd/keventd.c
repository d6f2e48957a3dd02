// SPDX-License-Identifier: GPL-2.0-only
#include "lib/keventd/keventd.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/probe/slot.h"

#define STATE_SLEEPING 1U /* announced; cleared by the waker */
#define STATE_ASLEEP   2U /* in the futex, or about to be */
#define NAME_SIZE      16

struct keventd_task {
	uint32_t state;
	uint32_t refs;
	pid_t tid;
	struct kthread_slot *slot;
	char comm[NAME_SIZE];
};

static __thread struct keventd_task *self;

static void futex_wait(uint32_t *word, uint32_t value)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void futex_wake_one(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* ---- completion of one event for one waiter -------------------------------------------------- */
struct event {
	uint32_t state; /* EVENT_* */
};

enum { EVENT_NO, EVENT_YES, EVENT_WAITED };

/* The exchange is the last access: the waiter may be gone after it. */
static void event_set(struct event *e)
{
	uint32_t *word = &e->state;

	/* Release: pairs with event_wait(). */
	if (__atomic_exchange_n(word, EVENT_YES, __ATOMIC_ACQ_REL) == EVENT_WAITED)
		futex_wake_one(word);
}

static void event_wait(struct event *e)
{
	uint32_t no = EVENT_NO;

	if (!__atomic_compare_exchange_n(&e->state, &no, EVENT_WAITED, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE))
		return;
	while (__atomic_load_n(&e->state, __ATOMIC_ACQUIRE) != EVENT_YES)
		futex_wait(&e->state, EVENT_WAITED);
}

/*
 * ---- the global stop record ----
 *
 * On a line of its own: what threads that ask read is what stops write, and nothing else.
 */
static pthread_mutex_t stop_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	struct keventd_task *k;
	int err;
	struct event done;
} __attribute__((aligned(64))) stop_info;

bool keventd_should_stop(void)
{
	/* Acquire: pairs with keventd_stop(). */
	return self && __atomic_load_n(&stop_info.k, __ATOMIC_ACQUIRE) == self;
}

int keventd_stop(struct keventd_task *k)
{
	int ret;

	pthread_mutex_lock(&stop_lock);
	keventd_get(k);
	stop_info.done.state = EVENT_NO;
	/*
	 * Release: the event is ready before anybody can set it; pairs with keventd_should_stop().
	 */
	__atomic_store_n(&stop_info.k, k, __ATOMIC_RELEASE);
	keventd_wake_up(k);
	event_wait(&stop_info.done);
	__atomic_store_n(&stop_info.k, NULL, __ATOMIC_RELAXED);
	ret = stop_info.err;
	pthread_mutex_unlock(&stop_lock);
	keventd_put(k);
	return ret;
}

/* ---- states ---------------------------------------------------------------------------------- */
struct keventd_task *keventd_current(void)
{
	return self;
}

void keventd_set_state(enum keventd_state state)
{
	if (!self)
		return;
	/* Full order: later loads of the condition come after; pairs with keventd_wake_up(). */
	__atomic_exchange_n(&self->state, state == KEVENTD_RUNNING ? 0 : STATE_SLEEPING,
			    __ATOMIC_SEQ_CST);
}

void keventd_schedule(void)
{
	uint32_t old = __atomic_load_n(&self->state, __ATOMIC_ACQUIRE);

	while (old & STATE_SLEEPING) {
		if (!(old & STATE_ASLEEP) &&
		    !__atomic_compare_exchange_n(&self->state, &old, old | STATE_ASLEEP, false,
						 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			continue;
		futex_wait(&self->state, STATE_SLEEPING | STATE_ASLEEP);
		old = __atomic_load_n(&self->state, __ATOMIC_ACQUIRE);
	}
	slot_resume(self->slot);
}

int keventd_wake_up(struct keventd_task *k)
{
	uint32_t old;

	if (slot_observed() && __atomic_load_n(&k->state, __ATOMIC_RELAXED))
		slot_request(__atomic_load_n(&k->slot, __ATOMIC_RELAXED));
	/* Full order: what the caller wrote comes before; pairs with keventd_set_state(). */
	old = __atomic_exchange_n(&k->state, 0, __ATOMIC_SEQ_CST);
	/* Only the address is used: @k may be gone. */
	if (old & STATE_ASLEEP)
		futex_wake_one(&k->state);
	return (old & STATE_SLEEPING) != 0;
}

/* ---- handles --------------------------------------------------------------------------------- */
struct keventd_task *keventd_get(struct keventd_task *k)
{
	__atomic_fetch_add(&k->refs, 1, __ATOMIC_RELAXED);
	return k;
}

void keventd_put(struct keventd_task *k)
{
	if (__atomic_fetch_sub(&k->refs, 1, __ATOMIC_ACQ_REL) == 1)
		free(k);
}

pid_t keventd_tid(const struct keventd_task *k)
{
	return k->tid;
}

const char *keventd_comm(const struct keventd_task *k)
{
	return k->comm;
}

/* Wait until @k has called schedule() and is asleep, or about to be. False: it was woken. */
static bool wait_inactive(struct keventd_task *k)
{
	uint32_t state;

	do {
		state = __atomic_load_n(&k->state, __ATOMIC_ACQUIRE);
		if (!(state & STATE_SLEEPING))
			return false;
		if (!(state & STATE_ASLEEP))
			sched_yield();
	} while (!(state & STATE_ASLEEP));
	return true;
}

int keventd_bind(struct keventd_task *k, int cpu)
{
	cpu_set_t set;

	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return -EINVAL;
	if (!wait_inactive(k))
		return -EBUSY;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(k->tid, sizeof(set), &set) < 0 ? -errno : 0;
}

/* ---- creation -------------------------------------------------------------------------------- */
struct create {
	struct create *next;
	int (*threadfn)(void *data);
	void *data;
	struct keventd_task *result;
	int err;
	struct event started; /* from the new thread to the helper */
	struct event done;    /* from the helper to the caller */
};

static void reset_environment(void)
{
	cpu_set_t all;
	sigset_t set;

	sigfillset(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
}

/* However the thread ends: what is the thread's own goes. A stopper is not told. */
static void thread_end(void *arg)
{
	struct keventd_task *k = arg;

	/* Wakers that come late would stamp the place of another thread. */
	__atomic_store_n(&k->slot, NULL, __ATOMIC_RELAXED);
	slot_unregister();
	self = NULL;
	keventd_put(k);
}

void keventd_exit(void)
{
	pthread_exit(NULL);
}

static void run_and_report(int (*threadfn)(void *data), void *data)
{
	int ret = -EINTR;

	if (!keventd_should_stop())
		ret = threadfn(data);
	/* Only the thread that is being stopped may write the record. */
	if (keventd_should_stop()) {
		stop_info.err = ret;
		event_set(&stop_info.done);
	}
}

static void *thread_main(void *arg)
{
	struct create *create = arg;
	/* Copied: the request is on the caller's stack. */
	int (*threadfn)(void *data) = create->threadfn;
	void *data = create->data;

	self = create->result;
	self->slot = slot_register();
	self->tid = self->slot ? (pid_t)self->slot->tid : gettid();
	reset_environment();
	keventd_set_state(KEVENTD_INTERRUPTIBLE);
	event_set(&create->started);
	keventd_schedule();
	prctl(PR_SET_NAME, self->comm);

	pthread_cleanup_push(thread_end, self);
	run_and_report(threadfn, data);
	pthread_cleanup_pop(1);
	return NULL;
}

/* The helper's work: occupied until the new thread has run. */
static void create_thread(struct create *create)
{
	struct keventd_task *k = aligned_alloc(64, 64 * ((sizeof(*k) + 63) / 64));
	pthread_attr_t attr;
	pthread_t thread;
	int ret = ENOMEM;

	if (!k)
		goto fail;
	memset(k, 0, sizeof(*k));
	k->refs = 1;
	prctl(PR_GET_NAME, k->comm);
	create->result = k;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	ret = pthread_create(&thread, &attr, thread_main, create);
	pthread_attr_destroy(&attr);
	if (ret)
		goto fail;
	event_wait(&create->started);
	event_set(&create->done);
	return;
fail:
	free(k);
	create->result = NULL;
	create->err = -ret;
	event_set(&create->done);
}

/* A work queue with one thread, for nothing but creation. */
static struct {
	pthread_mutex_t lock;
	bool running;
	struct create *first, **last;
	uint32_t idle;
} helper = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct create *next_work(void)
{
	struct create *c;

	pthread_mutex_lock(&helper.lock);
	c = helper.first;
	if (c)
		helper.first = c->next;
	__atomic_store_n(&helper.idle, !c, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&helper.lock);
	return c;
}

static void *helper_main(void *arg)
{
	struct create *c;

	(void)arg;
	prctl(PR_SET_NAME, "kthread");
	for (;;) {
		c = next_work();
		if (c)
			create_thread(c);
		else
			futex_wait(&helper.idle, 1);
	}
	return NULL;
}

static void queue_work(struct create *c)
{
	bool wake;

	c->next = NULL;
	pthread_mutex_lock(&helper.lock);
	if (!helper.first)
		helper.last = &helper.first;
	*helper.last = c;
	helper.last = &c->next;
	wake = helper.idle;
	__atomic_store_n(&helper.idle, 0, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&helper.lock);
	if (wake)
		futex_wake_one(&helper.idle);
}

int keventd_init(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	int ret = 0;

	pthread_mutex_lock(&helper.lock);
	if (!helper.running) {
		pthread_attr_init(&attr);
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &old);
		ret = pthread_create(&thread, &attr, helper_main, NULL);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
		pthread_attr_destroy(&attr);
		if (!ret)
			__atomic_store_n(&helper.running, true, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&helper.lock);
	return -ret;
}

struct keventd_task *keventd_create(int *err, int (*threadfn)(void *data), void *data,
				    const char *namefmt, ...)
{
	struct create create = { .threadfn = threadfn, .data = data };
	va_list ap;

	if (__atomic_load_n(&helper.running, __ATOMIC_ACQUIRE)) {
		queue_work(&create);
		event_wait(&create.done);
	} else {
		create_thread(&create);
	}
	if (create.result) {
		va_start(ap, namefmt);
		vsnprintf(create.result->comm, sizeof(create.result->comm), namefmt, ap);
		va_end(ap);
	}
	if (err)
		*err = create.err;
	return create.result;
}
