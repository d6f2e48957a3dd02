/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHAPES_SPINLOCK_H
#define SHAPES_SPINLOCK_H
#include <pthread.h>

typedef struct {
	pthread_mutex_t mutex;
} spinlock_t;

#define DEFINE_SPINLOCK(name) spinlock_t name = { PTHREAD_MUTEX_INITIALIZER }

static inline void spin_lock_init(spinlock_t *lock)
{
	pthread_mutex_init(&lock->mutex, NULL);
}

static inline void spin_lock_irq(spinlock_t *lock)
{
	pthread_mutex_lock(&lock->mutex);
}

static inline void spin_unlock_irq(spinlock_t *lock)
{
	pthread_mutex_unlock(&lock->mutex);
}
#endif
