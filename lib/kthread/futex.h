/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_KTHREAD_FUTEX_H
#define KT_KTHREAD_FUTEX_H
/* Waiting for a word to change: in the kernel, or from one look to the next. */
#include <errno.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/kthread/testing.h"

/* Two kinds of sleepers share the word; a wake is for one of them. */
#define FUTEX_SELF	 1U
#define FUTEX_CONTROLLER 2U

/*
 * The system call itself, not libc's syscall(): kernel code has no errno, so that its callers' would
 * have to be saved around each wait and wake, and what runs after a switch runs cold. Of a park and
 * unpark on one CPU it is 1.3 %. Return: the kernel's, an error negative.
 */
static inline long kt_futex(uint32_t *word, int op, uint32_t value, const struct timespec *until,
			    uint32_t who)
{
#if defined(__x86_64__) && defined(__LP64__)
	register const struct timespec *r10 __asm__("r10") = until;
	register uint32_t *r8 __asm__("r8") = NULL;
	register unsigned long r9 __asm__("r9") = who;
	long ret = SYS_futex;

	__asm__ volatile("syscall"
			 : "+a"(ret)
			 : "D"(word), "S"((long)op), "d"((unsigned long)value), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__) && defined(__LP64__)
	register long x8 __asm__("x8") = SYS_futex;
	register long x0 __asm__("x0") = (long)word;
	register long x1 __asm__("x1") = op;
	register unsigned long x2 __asm__("x2") = value;
	register const struct timespec *x3 __asm__("x3") = until;
	register uint32_t *x4 __asm__("x4") = NULL;
	register unsigned long x5 __asm__("x5") = who;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
#else
	int saved = errno;
	long ret = syscall(SYS_futex, word, op, value, until, NULL, who);

	if (ret < 0)
		ret = -errno;
	errno = saved;
	return ret;
#endif
}

/* kt_futex_wait - 0 or a stray wake: look again; -ETIMEDOUT. @until: CLOCK_MONOTONIC, or NULL */
static inline int kt_futex_wait(uint32_t *word, uint32_t value, const struct timespec *until,
				uint32_t who)
{
	return kt_futex(word, FUTEX_WAIT_BITSET_PRIVATE, value, until, who) == -ETIMEDOUT
		       ? -ETIMEDOUT
		       : 0;
}

/*
 * kt_futex_wake - the word may be gone by now: only its address is used, and errors mean nobody
 * waits
 */
static inline void kt_futex_wake(uint32_t *word, int nr, uint32_t who)
{
	KT_DELAY("futex_wake");
	kt_futex(word, FUTEX_WAKE_BITSET_PRIVATE, (uint32_t)nr, NULL, who);
}

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
