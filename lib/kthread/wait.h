/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_WAIT_H
#define KTHREAD_WAIT_H
/*
 * Wait queues: sleep until a condition holds that others make true and then call wake_up().
 *
 *	wait_event_interruptible(wq, list_is_full || kthread_should_stop());
 *
 * The condition is looked at again after each wake, and once before the first sleep. A stop, or a
 * signal that it allows (<kthread/sched/signal.h>), ends the interruptible waits of a kthread with
 * -ERESTARTSYS, unless the condition holds. The queue must outlive all calls on it, including the
 * waker's. Entries with a wake function of one's own are not provided.
 *
 * Ordering: what the waker wrote before wake_up() is visible to the condition's next evaluation.
 */
#include <stdbool.h>
#include <stdint.h>

#include <kthread/completion.h>
#include <kthread/freezer.h>
#include <kthread/sched.h>

/* Fields are the library's. */
struct wait_queue_entry {
	unsigned int flags;
	bool queued;
	struct task_struct *task;
	struct wait_queue_entry *next, **link;
};

struct wait_queue_head {
	uint32_t lock;
	struct wait_queue_entry *first,
		**last; /* exclusive ones come after those that every wake wakes */
};

typedef struct wait_queue_head wait_queue_head_t;
typedef struct wait_queue_entry wait_queue_entry_t;

#define WQ_FLAG_EXCLUSIVE 1U
#define WQ_FLAG_STAYS	  2U /* a wake leaves the entry on the queue (the library's own) */

#define DECLARE_WAIT_QUEUE_HEAD(name)	      struct wait_queue_head name = { 0, NULL, &(name).first }
#define DECLARE_WAIT_QUEUE_HEAD_ONSTACK(name) DECLARE_WAIT_QUEUE_HEAD(name)
#define DEFINE_WAIT(name)		      struct wait_queue_entry name = { 0, false, kthread_current(), NULL, NULL }
#define DECLARE_WAITQUEUE(name, task) \
	struct wait_queue_entry name = { WQ_FLAG_STAYS, false, task, NULL, NULL }

static inline void init_waitqueue_head(struct wait_queue_head *wq)
{
	wq->lock = 0;
	wq->first = NULL;
	wq->last = &wq->first;
}

/* init_waitqueue_entry - what DECLARE_WAITQUEUE() does, for an entry that is there */
static inline void init_waitqueue_entry(struct wait_queue_entry *e, struct task_struct *task)
{
	e->flags = WQ_FLAG_STAYS;
	e->queued = false;
	e->task = task;
	e->next = NULL;
	e->link = NULL;
}

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)
void kthread_prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *e,
			     unsigned int flags, unsigned int state);
long kthread_prepare_to_wait_event(struct wait_queue_head *wq, struct wait_queue_entry *e,
				   unsigned int flags, unsigned int state);
void kthread_finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *e);
void kthread_remove_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *e);
int kthread_wake_up(struct wait_queue_head *wq, unsigned int state, int nr_exclusive);
void kthread_add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *e,
			    unsigned int flags);
bool kthread_waitqueue_active(struct wait_queue_head *wq);
bool kthread_wq_has_sleeper(struct wait_queue_head *wq);
#pragma GCC visibility pop

/*
 * prepare_to_wait - list @e and enter @state; then look at the condition, schedule(), and so on
 *
 * A wake takes the entry off the queue, so call it again before the next sleep; finish_wait() last.
 */
static inline void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *e,
				   unsigned int state)
{
	kthread_prepare_to_wait(wq, e, 0, state);
}

static inline void prepare_to_wait_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *e,
					     unsigned int state)
{
	kthread_prepare_to_wait(wq, e, WQ_FLAG_EXCLUSIVE, state);
}

static inline void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
	kthread_finish_wait(wq, e);
}

/*
 * add_wait_queue - list @e, of DECLARE_WAITQUEUE(): each wake of @wq wakes its task, until
 * remove_wait_queue()
 *
 *	add_wait_queue(&wq, &e);
 *	for (;;) {
 *		set_current_state(TASK_INTERRUPTIBLE);
 *		if (condition)
 *			break;
 *		schedule();
 *	}
 *	__set_current_state(TASK_RUNNING);
 *	remove_wait_queue(&wq, &e);
 */
static inline void add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
	kthread_add_wait_queue(wq, e, 0);
}

/* add_wait_queue_exclusive - the same, and wake_up() wakes only one of those listed this way */
static inline void add_wait_queue_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
	kthread_add_wait_queue(wq, e, WQ_FLAG_EXCLUSIVE);
}

/* remove_wait_queue - no wake that begins later sees @e, and no earlier one uses it any more */
static inline void remove_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
	kthread_remove_wait_queue(wq, e);
}

/* waitqueue_active - does anybody wait? Only a hint. */
static inline bool waitqueue_active(struct wait_queue_head *wq)
{
	return kthread_waitqueue_active(wq);
}

/*
 * wq_has_sleeper - does anybody wait? No hint: false means that whoever lists itself from now on
 * sees what the caller wrote before
 */
static inline bool wq_has_sleeper(struct wait_queue_head *wq)
{
	return kthread_wq_has_sleeper(wq);
}

/*
 * wake_up - wake all waiters, of the exclusive ones only the first; _nr: that many; _all: all
 */
#define wake_up(wq)			 kthread_wake_up(wq, TASK_NORMAL, 1)
#define wake_up_nr(wq, nr)		 kthread_wake_up(wq, TASK_NORMAL, nr)
#define wake_up_all(wq)			 kthread_wake_up(wq, TASK_NORMAL, 0)
#define wake_up_interruptible(wq)	 kthread_wake_up(wq, TASK_INTERRUPTIBLE, 1)
#define wake_up_interruptible_nr(wq, nr) kthread_wake_up(wq, TASK_INTERRUPTIBLE, nr)
#define wake_up_interruptible_all(wq)	 kthread_wake_up(wq, TASK_INTERRUPTIBLE, 0)

/* The loop of all that follow: @sleep may change kthread_ret, which is the value of the whole. */
#define kthread_wait_loop(wq, condition, state, flags, ret, sleep)                                \
	__extension__({                                                                           \
		struct wait_queue_entry kthread_entry = { 0, false, kthread_current(), NULL,      \
							  NULL };                                 \
		long kthread_ret = (ret), kthread_err;                                            \
		for (;;) {                                                                        \
			kthread_err = kthread_prepare_to_wait_event(&(wq), &kthread_entry, flags, \
								    state);                       \
			if (condition)                                                            \
				break;                                                            \
			if (kthread_err) {                                                        \
				kthread_ret = kthread_err;                                        \
				break;                                                            \
			}                                                                         \
			sleep;                                                                    \
		}                                                                                 \
		kthread_finish_wait(&(wq), &kthread_entry);                                       \
		kthread_ret;                                                                      \
	})

/* Is the wait over? One that found the condition at its very end had a jiffy left. */
#define kthread_wait_over(condition)              \
	__extension__({                           \
		bool kthread_cond = (condition);  \
		if (kthread_cond && !kthread_ret) \
			kthread_ret = 1;          \
		kthread_cond || !kthread_ret;     \
	})

#define kthread_wait_timeout_by(wq, condition, state, timeout, sleep)                            \
	__extension__({                                                                          \
		long kthread_left = (timeout);                                                   \
		long kthread_ret = kthread_left;                                                 \
		if (!kthread_wait_over(condition))                                               \
			kthread_ret = kthread_wait_loop(wq, kthread_wait_over(condition), state, \
							0, kthread_left, sleep);                 \
		kthread_ret;                                                                     \
	})

#define kthread_wait_timeout(wq, condition, state, timeout)    \
	kthread_wait_timeout_by(wq, condition, state, timeout, \
				kthread_ret = schedule_timeout(kthread_ret))

/* The sleep of those that hold a lock. */
#define kthread_sleep_unlocked(lock, cmd, sleep) \
	__extension__({                          \
		spin_unlock_irq(&(lock));        \
		cmd;                             \
		sleep;                           \
		spin_lock_irq(&(lock));          \
	})

#define kthread_wait_int(wq, condition, flags, sleep)                                           \
	__extension__({                                                                         \
		int kthread_int = 0;                                                            \
		if (!(condition))                                                               \
			kthread_int = (int)kthread_wait_loop(wq, condition, TASK_INTERRUPTIBLE, \
							     flags, 0, sleep);                  \
		kthread_int;                                                                    \
	})

/* wait_event - sleep until @condition holds; a stop does not end it */
#define wait_event(wq, condition)                                                          \
	do {                                                                               \
		if (!(condition))                                                          \
			(void)kthread_wait_loop(wq, condition, TASK_UNINTERRUPTIBLE, 0, 0, \
						schedule());                               \
	} while (0)

/* Return: jiffies left (at least 1) when @condition holds, 0 when it does not in that time. */
#define wait_event_timeout(wq, condition, timeout) \
	kthread_wait_timeout(wq, condition, TASK_UNINTERRUPTIBLE, timeout)

/* Return: 0, or -ERESTARTSYS after a signal or a stop. */
#define wait_event_interruptible(wq, condition) kthread_wait_int(wq, condition, 0, schedule())

/* The same, and wake_up() wakes only one of those that wait this way. */
#define wait_event_interruptible_exclusive(wq, condition) \
	kthread_wait_int(wq, condition, WQ_FLAG_EXCLUSIVE, schedule())

/* Return: as wait_event_timeout(), or -ERESTARTSYS after a signal or a stop. */
#define wait_event_interruptible_timeout(wq, condition, timeout) \
	kthread_wait_timeout(wq, condition, TASK_INTERRUPTIBLE, timeout)

/* wait_event_interruptible() of a thread that may be frozen meanwhile */
#define wait_event_freezable(wq, condition) \
	kthread_wait_int(wq, condition, 0, (schedule(), (void)try_to_freeze()))

/* The same with a timeout, which does not run while the thread is frozen. */
#define wait_event_freezable_timeout(wq, condition, timeout)                  \
	kthread_wait_timeout_by(wq, condition, TASK_INTERRUPTIBLE, timeout,   \
				(kthread_ret = schedule_timeout(kthread_ret), \
				 (void)try_to_freeze()))

/* wait_event_killable - only SIGKILL, if it is allowed, ends it. Return: 0 or -ERESTARTSYS */
#define wait_event_killable(wq, condition)                                                       \
	__extension__({                                                                          \
		int kthread_int = 0;                                                             \
		if (!(condition))                                                                \
			kthread_int = (int)kthread_wait_loop(wq, condition, TASK_KILLABLE, 0, 0, \
							     schedule());                        \
		kthread_int;                                                                     \
	})

/*
 * wait_event_lock_irq - wait_event() of a caller that holds @lock, and holds it again when
 * @condition is looked at and at the end; it is not held asleep
 *
 * The lock is the caller's, and so are spin_lock_irq() and spin_unlock_irq(), which get its
 * address. _cmd: @cmd is also done each time, without the lock, before the sleep. The interruptible
 * ones return as wait_event_interruptible(), those with a timeout as wait_event_timeout().
 */
#define wait_event_lock_irq_cmd(wq, condition, lock, cmd)                                       \
	do {                                                                                    \
		if (!(condition))                                                               \
			(void)kthread_wait_loop(wq, condition, TASK_UNINTERRUPTIBLE, 0, 0,      \
						kthread_sleep_unlocked(lock, cmd, schedule())); \
	} while (0)

#define wait_event_lock_irq(wq, condition, lock) \
	wait_event_lock_irq_cmd(wq, condition, lock, (void)0)

#define wait_event_interruptible_lock_irq_cmd(wq, condition, lock, cmd) \
	kthread_wait_int(wq, condition, 0, kthread_sleep_unlocked(lock, cmd, schedule()))

#define wait_event_interruptible_lock_irq(wq, condition, lock) \
	wait_event_interruptible_lock_irq_cmd(wq, condition, lock, (void)0)

#define wait_event_lock_irq_timeout(wq, condition, lock, timeout)             \
	kthread_wait_timeout_by(wq, condition, TASK_UNINTERRUPTIBLE, timeout, \
				kthread_sleep_unlocked(lock, (void)0,         \
						       kthread_ret =          \
							       schedule_timeout(kthread_ret)))

#define wait_event_interruptible_lock_irq_timeout(wq, condition, lock, timeout) \
	kthread_wait_timeout_by(wq, condition, TASK_INTERRUPTIBLE, timeout,     \
				kthread_sleep_unlocked(lock, (void)0,           \
						       kthread_ret =            \
							       schedule_timeout(kthread_ret)))

#ifdef __cplusplus
}
#endif
#endif
