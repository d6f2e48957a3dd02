/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_H
#define USER_H
/* Locks, lists and memory under the kernel's names: what libkthread leaves to its users. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "tests/shapes/own/list.h"

typedef pthread_mutex_t spinlock_t;

#define spin_lock_init(lock)		    pthread_mutex_init(lock, NULL)
#define spin_lock_irqsave(lock, flags)	    ((flags) = (unsigned long)pthread_mutex_lock(lock))
#define spin_unlock_irqrestore(lock, flags) ((void)(flags), pthread_mutex_unlock(lock))

#define GFP_KERNEL	    0
#define kzalloc(size, flag) calloc(1, size)
#define kfree(ptr)	    free(ptr)

#define list_first_entry_or_null(head, type, member) \
	((head)->next == (head) ? NULL : container_of((head)->next, type, member))
#endif
