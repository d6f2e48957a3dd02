/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_BUG_H
#define KTHREAD_BUG_H
/*
 * Conditions that should never hold: WARN_ON() and its kin, BUG_ON().
 *
 *	if (WARN_ON_ONCE(list->len < 0))
 *		return -EINVAL;
 *
 * A report has the kind KTHREAD_WARN_ON (<kthread/warn.h>): it is counted, goes to the hook or to
 * stderr, and aborts if KTHREAD_WARN=abort asks for it. Unlike the library's own kinds each report
 * is shown, as in the kernel; those named _ONCE report once for each place in the source. There is
 * no stack trace.
 */
#include <stdbool.h>

#include <kthread/warn.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

/* kthread_warn_site - what WARN() calls: report the text as of that place in the source */
void kthread_warn_site(const char *file, int line, const char *func, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* kthread_bug_site - what BUG() calls: the same, then abort(), whatever KTHREAD_WARN says */
void kthread_bug_site(const char *file, int line, const char *func, const char *text)
	__attribute__((noreturn));

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop

/*
 * WARN_ON - report @condition if it holds. WARN: with a text, printf format and arguments
 *
 * Value: does it hold? Those named _ONCE also say so each time.
 */
#ifndef WARN
#define WARN(condition, ...)                                                          \
	__extension__({                                                               \
		int kthread_warn_holds = !!(condition);                               \
		if (__builtin_expect(kthread_warn_holds, 0))                          \
			kthread_warn_site(__FILE__, __LINE__, __func__, __VA_ARGS__); \
		kthread_warn_holds;                                                   \
	})
#endif

#ifndef WARN_ONCE
#define WARN_ONCE(condition, ...)                                                     \
	__extension__({                                                               \
		static bool kthread_warn_done;                                        \
		int kthread_warn_holds = !!(condition);                               \
		if (__builtin_expect(kthread_warn_holds, 0) &&                        \
		    !__atomic_exchange_n(&kthread_warn_done, true, __ATOMIC_RELAXED)) \
			kthread_warn_site(__FILE__, __LINE__, __func__, __VA_ARGS__); \
		kthread_warn_holds;                                                   \
	})
#endif

#ifndef WARN_ON
#define WARN_ON(condition) WARN(condition, "%s", #condition)
#endif

#ifndef WARN_ON_ONCE
#define WARN_ON_ONCE(condition) WARN_ONCE(condition, "%s", #condition)
#endif

/* BUG, BUG_ON - the program cannot go on: report it and abort */
#ifndef BUG
#define BUG() kthread_bug_site(__FILE__, __LINE__, __func__, "BUG")
#endif

#ifndef BUG_ON
#define BUG_ON(condition)                                                                   \
	do {                                                                                \
		if (__builtin_expect(!!(condition), 0))                                     \
			kthread_bug_site(__FILE__, __LINE__, __func__, "BUG: " #condition); \
	} while (0)
#endif
#endif
