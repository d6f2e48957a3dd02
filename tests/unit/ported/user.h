/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_H
#define USER_H
/* Locks, lists and memory under the kernel's names: what libkthread leaves to its users. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

typedef pthread_mutex_t spinlock_t;

#define spin_lock_init(lock)		    pthread_mutex_init(lock, NULL)
#define spin_lock_irqsave(lock, flags)	    ((flags) = (unsigned long)pthread_mutex_lock(lock))
#define spin_unlock_irqrestore(lock, flags) ((void)(flags), pthread_mutex_unlock(lock))

#define GFP_KERNEL	    0
#define kzalloc(size, flag) calloc(1, size)
#define kfree(ptr)	    free(ptr)

struct list_head {
	struct list_head *next, *prev;
};

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head->prev = head;
}

static inline void list_add_tail(struct list_head *node, struct list_head *head)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

static inline void list_del_init(struct list_head *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	INIT_LIST_HEAD(node);
}

#define list_first_entry_or_null(head, type, member) \
	((head)->next == (head) ? NULL : container_of((head)->next, type, member))
#endif
