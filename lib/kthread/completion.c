// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completions in one 64-bit word, so that complete() can leave its memory alone after a single
 * read-modify-write: how often done, how many waiters sleep on the word itself, and how many are
 * listed. Those who can be told to stop sleep on their own phase word instead, and are
 * found by the completion's address in a table of ours.
 */
#include "lib/kthread/internal.h"

#include <errno.h>
#include <string.h>

#include "lib/kthread/lock.h"
#include "lib/kthread/testing.h"

#define DONE_MASK  0xffffffffULL
#define DONE_ALL   0xffffffffULL
#define ONE_SLEEPS (1ULL << 32)
#define ONE_LISTED (1ULL << 48)

#define SLEEPING(word) ((word) >> 32 & 0xffff)
#define LISTED(word)   ((word) >> 48)

struct listed {
	struct listed *next;
	struct completion *x;
	struct kt_task *task;
	bool in_list;
};

#define NR_BUCKETS 64
static struct bucket {
	uint32_t lock;
	struct listed *first, **last;
} __attribute__((aligned(64))) buckets[NR_BUCKETS];

/*
 * Those listed were threads of the parent; their stacks will be used by others, and nobody frees a
 * held lock.
 */
void kt_completion_fork_child(void)
{
	memset(buckets, 0, sizeof(buckets));
}

static struct bucket *bucket_of(const struct completion *x)
{
	return &buckets[((uintptr_t)x >> 3) * 0x9e3779b97f4a7c15ULL >> 58];
}

static uint32_t *done_half(struct completion *x)
{
	return (uint32_t *)&x->word + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

/* Wake @nr of those listed for @x, which may be gone: it is only a key here. */
static void wake_listed(struct completion *x, int nr)
{
	struct bucket *b = bucket_of(x);
	struct listed **p, *l;
	uint32_t *phase, old;

	while (nr-- > 0) {
		phase = NULL;
		kt_lock(&b->lock);
		for (p = &b->first; (l = *p); p = &l->next)
			if (l->x == x)
				break;
		if (l) {
			*p = l->next;
			if (b->last == &l->next)
				b->last = p;
			l->in_list = false;
			phase = &l->task->phase;
			/*
			 * Under the lock: the task leaves the list before it ends. Model:
			 * completion.pml 6
			 */
			old = kt_wake(l->task, TASK_NORMAL);
		}
		kt_unlock(&b->lock);
		if (!phase)
			return;
		kt_phase_kick(phase, old, TASK_NORMAL);
	}
}

static void wake_waiters(struct completion *x, uint64_t old, int nr)
{
	if (SLEEPING(old))
		kt_futex_wake(done_half(x), nr, FUTEX_CONTROLLER);
	if (LISTED(old))
		wake_listed(x, nr);
}

void kthread_complete(struct completion *x)
{
	uint64_t old = __atomic_load_n(&x->word, __ATOMIC_RELAXED);
	uint64_t new;

	do {
		new = (old & DONE_MASK) == DONE_ALL ? old : old + 1;
		/*
		 * Release: pairs with take(). The last access to @x. Model: completion.pml 1, 2, 8
		 */
	} while (!__atomic_compare_exchange_n(&x->word, &old, new, true, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	KT_DELAY("complete");
	wake_waiters(x, old, 1);
}

void kthread_complete_all(struct completion *x)
{
	uint64_t old = __atomic_fetch_or(&x->word, DONE_ALL, __ATOMIC_ACQ_REL);

	wake_waiters(x, old, INT32_MAX);
}

/*
 * Take one "done", and @waiter off the word with it; without one add @else_add. Return: was there
 * one?
 */
static bool take(struct completion *x, uint64_t waiter, uint64_t else_add)
{
	uint64_t old = __atomic_load_n(&x->word, __ATOMIC_ACQUIRE);
	uint64_t new;

	do {
		if (!(old & DONE_MASK))
			new = old + else_add;
		else if ((old & DONE_MASK) == DONE_ALL)
			new = old - waiter;
		else
			new = old - waiter - 1;
		if (new == old)
			break;
		/*
		 * Acquire: what the completer wrote; pairs with kthread_complete(). Model:
		 * completion.pml 3
		 */
	} while (!__atomic_compare_exchange_n(&x->word, &old, new, true, __ATOMIC_ACQ_REL,
					      __ATOMIC_ACQUIRE));
	return (old & DONE_MASK) != 0;
}

/* The waiter goes; a "done" that came at the last moment is taken after all. */
static bool leave(struct completion *x, uint64_t waiter)
{
	KT_DELAY("leave");
	return take(x, waiter, -waiter);
}

static long sleep_on_word(struct completion *x, const struct timespec *until)
{
	while (!take(x, ONE_SLEEPS, 0)) {
		if (kt_futex_wait(done_half(x), 0, until, FUTEX_CONTROLLER) == -ETIMEDOUT)
			return leave(x, ONE_SLEEPS) ? 0 : -ETIMEDOUT;
	}
	return 0;
}

static void list_add(struct bucket *b, struct listed *l)
{
	kt_lock(&b->lock);
	if (!l->in_list) {
		if (!b->first)
			b->last = &b->first;
		l->next = NULL;
		*b->last = l;
		b->last = &l->next;
		l->in_list = true;
	}
	kt_unlock(&b->lock);
}

static void list_del(struct bucket *b, struct listed *l)
{
	struct listed **p;

	kt_lock(&b->lock);
	if (l->in_list) {
		for (p = &b->first; *p != l; p = &(*p)->next)
			;
		*p = l->next;
		if (b->last == &l->next)
			b->last = p;
	}
	kt_unlock(&b->lock);
}

static long sleep_listed(struct completion *x, unsigned int state, const struct timespec *until)
{
	struct listed l = { .x = x, .task = kt_current() };
	struct bucket *b = bucket_of(x);
	long ret = 0;

	for (;;) {
		set_current_state(state);
		/*
		 * Listed before the look: a completer that does not find us was seen by the look.
		 * Model: completion.pml 4, 7
		 */
		list_add(b, &l);
		/* A "done" that came with the end of the wait counts. */
		if (ret ? leave(x, ONE_LISTED) : take(x, ONE_LISTED, 0)) {
			ret = 0;
			break;
		}
		if (ret)
			break;
		ret = kt_sleep(l.task, until);
	}
	__set_current_state(TASK_RUNNING);
	list_del(b, &l);
	return ret == -EINTR ? -ERESTARTSYS : ret;
}

long kthread_wait_for_completion(struct completion *x, unsigned int state, long timeout)
{
	bool interruptible = state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL);
	bool limited = timeout != MAX_SCHEDULE_TIMEOUT;
	struct timespec until;
	long ret;

	if (limited)
		kt_deadline(&until, timeout);
	if (take(x, 0, interruptible ? ONE_LISTED : ONE_SLEEPS))
		return timeout ? timeout : 1;
	ret = interruptible ? sleep_listed(x, state, limited ? &until : NULL)
			    : sleep_on_word(x, limited ? &until : NULL);
	if (ret)
		return ret == -ETIMEDOUT ? 0 : ret;
	return limited ? kt_left(&until) : timeout;
}

bool kthread_try_wait_for_completion(struct completion *x)
{
	return take(x, 0, 0);
}

bool kthread_completion_done(struct completion *x)
{
	return (__atomic_load_n(&x->word, __ATOMIC_ACQUIRE) & DONE_MASK) != 0;
}
