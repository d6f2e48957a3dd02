/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_COMPLETION_H
#define KTHREAD_COMPLETION_H
/*
 * Completions: wait until somebody says done. May live on the waiter's stack: complete()
 * does not touch the memory after the waiter can see its effect.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

/* What interruptible waits return when a signal is pending or the thread is asked to stop. */
#ifndef ERESTARTSYS
#define ERESTARTSYS EINTR
#endif

struct completion {
	/* done in the low half; waiters in the high half: 16 bits in the futex, 16 bits listed */
	uint64_t word __attribute__((aligned(8)));
};

#define COMPLETION_INITIALIZER(name) \
	{                            \
		0                    \
	}
#ifdef __cplusplus
#define COMPLETION_INITIALIZER_ONSTACK(name) (completion{ 0 })
#else
#define COMPLETION_INITIALIZER_ONSTACK(name) (__extension__(struct completion){ 0 })
#endif
#define DECLARE_COMPLETION(name)	 struct completion name = { 0 }
#define DECLARE_COMPLETION_ONSTACK(name) struct completion name = { 0 }

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)
void kthread_complete(struct completion *x);
void kthread_complete_all(struct completion *x);
long kthread_wait_for_completion(struct completion *x, unsigned int state, long timeout);
bool kthread_try_wait_for_completion(struct completion *x);
bool kthread_completion_done(struct completion *x);
#pragma GCC visibility pop

static inline void init_completion(struct completion *x)
{
	x->word = 0;
}

/* reinit_completion - forget complete_all(); nobody may be waiting */
static inline void reinit_completion(struct completion *x)
{
	__atomic_store_n(&x->word, 0, __ATOMIC_RELAXED);
}

/* complete - release one waiter, or the next one to come. Ordering: release towards it. */
static inline void complete(struct completion *x)
{
	kthread_complete(x);
}

/* complete_all - release all waiters, present and later ones */
static inline void complete_all(struct completion *x)
{
	kthread_complete_all(x);
}

static inline void wait_for_completion(struct completion *x)
{
	kthread_wait_for_completion(x, 2, __LONG_MAX__);
}

/* Return: jiffies left (at least 1), 0 when the time is over. */
static inline unsigned long wait_for_completion_timeout(struct completion *x, unsigned long timeout)
{
	return (unsigned long)kthread_wait_for_completion(x, 2,
							  timeout > __LONG_MAX__ ? __LONG_MAX__
										 : (long)timeout);
}

/* wait_for_completion_io - the same: nobody accounts for what is waited for */
static inline void wait_for_completion_io(struct completion *x)
{
	wait_for_completion(x);
}

static inline unsigned long wait_for_completion_io_timeout(struct completion *x,
							   unsigned long timeout)
{
	return wait_for_completion_timeout(x, timeout);
}

/* wait_for_completion_killable - only SIGKILL, if it is allowed, ends it. Return: 0 or as below */
static inline int wait_for_completion_killable(struct completion *x)
{
	long left = kthread_wait_for_completion(x, 0x12, __LONG_MAX__);

	return left < 0 ? (int)left : 0;
}

/*
 * wait_for_completion_interruptible - until done, or until a signal or a stop. Return: 0, or
 * -ERESTARTSYS
 */
static inline int wait_for_completion_interruptible(struct completion *x)
{
	long left = kthread_wait_for_completion(x, 1, __LONG_MAX__);

	return left < 0 ? (int)left : 0;
}

/* Return: jiffies left (at least 1), 0 when the time is over, -ERESTARTSYS as above. */
static inline long wait_for_completion_interruptible_timeout(struct completion *x,
							     unsigned long timeout)
{
	return kthread_wait_for_completion(x, 1,
					   timeout > __LONG_MAX__ ? __LONG_MAX__ : (long)timeout);
}

/* try_wait_for_completion - take one "done" if there is one, without waiting */
static inline bool try_wait_for_completion(struct completion *x)
{
	return kthread_try_wait_for_completion(x);
}

static inline bool completion_done(struct completion *x)
{
	return kthread_completion_done(x);
}

#ifdef __cplusplus
}
#endif
#endif
