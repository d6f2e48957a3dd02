/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_KTHREAD_CREATE_H
#define KT_KTHREAD_CREATE_H
/*
 * A request for a thread, as its caller (create.c) and the creator (creator.c) share it. For these two
 * only.
 */
#include "lib/kthread/internal.h"

#include <stdlib.h>

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

/* Of one that is counted. */
static inline void drop_request(struct kt_create *c)
{
	/* Both: the other owner's accesses come before the end of the memory. */
	if (__atomic_sub_fetch(&c->owners, 1, __ATOMIC_ACQ_REL) == 0)
		free(c);
}

/* Set done to its last value, unless it has one. Return: did we? On false @c still lives. */
static inline bool decide(struct kt_create *c, uint32_t last)
{
	uint32_t *done = &c->done;
	uint32_t old = __atomic_load_n(done, __ATOMIC_RELAXED);

	do {
		if (old == DONE_YES || old == DONE_ABANDONED)
			return false;
		/*
		 * Release: the thread is complete; pairs with kt_creator_wait(). @c may be gone then.
		 */
	} while (!__atomic_compare_exchange_n(done, &old, last, true, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	if (old == DONE_WAITED)
		kt_futex_wake(done, 1, FUTEX_CONTROLLER);
	return true;
}

/* kt_creator_start - a creator there is, made by the first who asks; 0 or -errno */
int kt_creator_start(void);

/* kt_creator_submit - ask it. Return: was it at work already? */
bool kt_creator_submit(struct kt_create *c);

/* kt_creator_wait - until @c is answered. @at_work: it was. Return: DONE_YES or DONE_ABANDONED */
uint32_t kt_creator_wait(struct kt_create *c, bool at_work);
#endif
