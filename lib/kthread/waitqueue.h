/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_WAITQUEUE_H
#define KTHREAD_WAITQUEUE_H
/*
 * Wait queues: sleep until a condition holds that others make true and then call wake_up().
 *
 *	wait_event_interruptible(wq, list_is_full || kthread_should_stop());
 *
 * The condition is looked at again after each wake, and once before the first sleep. A stop ends
 * the interruptible waits of a kthread with -ERESTARTSYS, unless the condition holds. The queue
 * must outlive all calls on it, the waker's too.
 *
 * Ordering: what the waker wrote before wake_up() is visible to the condition's next evaluation.
 */
#include <stdbool.h>
#include <stdint.h>

#include <kthread/completion.h>
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

#define WQ_FLAG_EXCLUSIVE 1U

#define DECLARE_WAIT_QUEUE_HEAD(name)	      struct wait_queue_head name = { 0, NULL, &(name).first }
#define DECLARE_WAIT_QUEUE_HEAD_ONSTACK(name) DECLARE_WAIT_QUEUE_HEAD(name)
#define DEFINE_WAIT(name)		      struct wait_queue_entry name = { 0, false, current, NULL, NULL }

static inline void init_waitqueue_head(struct wait_queue_head *wq)
{
	*wq = (struct wait_queue_head){ 0, NULL, &wq->first };
}

#pragma GCC visibility push(default)
void kthread_prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *e,
			     unsigned int flags, unsigned int state);
long kthread_prepare_to_wait_event(struct wait_queue_head *wq, struct wait_queue_entry *e,
				   unsigned int flags, unsigned int state);
void kthread_finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *e);
int kthread_wake_up(struct wait_queue_head *wq, unsigned int state, int nr_exclusive);
bool kthread_waitqueue_active(struct wait_queue_head *wq);
#pragma GCC visibility pop

/*
 * prepare_to_wait - be listed and in @state; then look at the condition, schedule(), and so on
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

/* waitqueue_active - does anybody wait? Only a hint. */
static inline bool waitqueue_active(struct wait_queue_head *wq)
{
	return kthread_waitqueue_active(wq);
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
	({                                                                                        \
		struct wait_queue_entry kthread_entry = { 0, false, current, NULL, NULL };        \
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
	({                                        \
		bool kthread_cond = (condition);  \
		if (kthread_cond && !kthread_ret) \
			kthread_ret = 1;          \
		kthread_cond || !kthread_ret;     \
	})

#define kthread_wait_timeout(wq, condition, state, timeout)                                     \
	({                                                                                      \
		long kthread_left = (timeout);                                                  \
		long kthread_ret = kthread_left;                                                \
		if (!kthread_wait_over(condition))                                              \
			kthread_ret =                                                           \
				kthread_wait_loop(wq, kthread_wait_over(condition), state, 0,   \
						  kthread_left,                                 \
						  kthread_ret = schedule_timeout(kthread_ret)); \
		kthread_ret;                                                                    \
	})

#define kthread_wait_int(wq, condition, flags, sleep)                                           \
	({                                                                                      \
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

/* Return: jiffies left (at least 1) when @condition holds, 0 when the time is over without. */
#define wait_event_timeout(wq, condition, timeout) \
	kthread_wait_timeout(wq, condition, TASK_UNINTERRUPTIBLE, timeout)

/* Return: 0, or -ERESTARTSYS when the calling kthread is asked to stop. */
#define wait_event_interruptible(wq, condition) kthread_wait_int(wq, condition, 0, schedule())

/* The same, and wake_up() wakes only one of those that wait this way. */
#define wait_event_interruptible_exclusive(wq, condition) \
	kthread_wait_int(wq, condition, WQ_FLAG_EXCLUSIVE, schedule())

/* Return: as wait_event_timeout(), or -ERESTARTSYS when the calling kthread is asked to stop. */
#define wait_event_interruptible_timeout(wq, condition, timeout) \
	kthread_wait_timeout(wq, condition, TASK_INTERRUPTIBLE, timeout)

/* wait_event_interruptible() of a thread that may be frozen meanwhile; needs <kthread/freezer.h> */
#define wait_event_freezable(wq, condition)       \
	kthread_wait_int(wq, condition, 0, ({     \
				 schedule();      \
				 try_to_freeze(); \
			 }))
#endif
