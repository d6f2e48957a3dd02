/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_ARMS_THREAD_H
#define KT_ARMS_THREAD_H
/*
 * What the arms on plain pthreads share: a pinned, named thread that says when it is up, and the
 * futex call. Nothing here is in a measured span except futex_wait() and futex_wake() of
 * the arms that are made of them.
 */
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "bench/arms/arm.h"

struct arm_thread {
	pthread_t handle;
	pid_t tid;
	/* private, valid while arm_thread_start() runs */
	const char *name;
	arm_fn on_start, loop;
	void *start_arg, *loop_arg;
	sem_t up;
};

/*
 * arm_thread_start - a thread on @cpu that calls @on_start(@start_arg), if any, and then
 * @loop(@loop_arg)
 *
 * Pinned before its first instruction. Return: 0 once on_start has returned, or -errno and no
 * thread.
 */
int arm_thread_start(struct arm_thread *t, int cpu, const char *name, arm_fn on_start,
		     void *start_arg, arm_fn loop, void *loop_arg);

/* arm_thread_join - wait for the end of the loop, which the arm has asked for */
void arm_thread_join(struct arm_thread *t);

/* arm_thread_adopt - name and pin the calling thread, one that a library made: 0 or -errno */
int arm_thread_adopt(int cpu, const char *name);

/*
 * arm_sched_read, arm_sched_take - policy, priority and nice value of the calling thread
 *
 * For threads that a library makes with settings of its own: they take those of the thread that
 * asked, which all other arms' threads inherit, so that all are scheduled alike. Return: 0 or
 * -errno.
 */
struct arm_sched {
	int policy, nice;
	struct sched_param param;
};

void arm_sched_read(struct arm_sched *s);
int arm_sched_take(const struct arm_sched *s);

/* arm_alloc - zeroed, a multiple of whole cache lines; NULL when there is no memory; free() it */
void *arm_alloc(size_t size);

static inline void futex_wait(uint32_t *word, uint32_t seen)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

static inline void futex_wake(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static inline void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" : : : "memory");
#else
	__asm__ volatile("" : : : "memory");
#endif
}
#endif
