/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_KTHREAD_FUTEX_H
#define KT_KTHREAD_FUTEX_H
/* Waiting for a word to change: in the kernel, or from one look to the next. */
#include <linux/futex.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Two kinds of sleepers share the word; a wake is for one of them. */
#define FUTEX_SELF	 1U
#define FUTEX_CONTROLLER 2U

/* kt_futex_wait - 0 or a stray wake: look again; -ETIMEDOUT. @until: CLOCK_MONOTONIC, or NULL */
int kt_futex_wait(uint32_t *word, uint32_t value, const struct timespec *until, uint32_t who);

/*
 * kt_futex_wake - the word may be gone by now: only its address is used, and errors mean nobody
 * waits
 */
void kt_futex_wake(uint32_t *word, int nr, uint32_t who);

/* Between two looks at a word. */
static inline void kt_cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
	__asm__ volatile("yield" ::: "memory");
#else
	__asm__ volatile("" ::: "memory");
#endif
}
#endif
