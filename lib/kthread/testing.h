/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_KTHREAD_TESTING_H
#define KT_KTHREAD_TESTING_H
/*
 * What the test build (KT_TEST_BUILD) can do from outside: delay a thread at the marked points of
 * races, let calls fail, set a clock, and hear of each probe. Nothing of it is in any other build. USDT() comes
 * from here, so that no probe escapes.
 */
#include <stdint.h>

#include "lib/probe/usdt.h"

#ifdef KT_TEST_BUILD
extern void (*kthread_test_delay)(const char *point);
extern int (*kthread_test_fail)(const char *what);
extern uint32_t kthread_test_second; /* of the wall clock, for workers; 0: what it is */
#define KT_DELAY(point)                                                         \
	do {                                                                    \
		void (*kt_delay)(const char *) =                                \
			__atomic_load_n(&kthread_test_delay, __ATOMIC_ACQUIRE); \
		if (kt_delay)                                                   \
			kt_delay(point);                                        \
	} while (0)
#define KT_FAIL(what) (kthread_test_fail ? kthread_test_fail(what) : 0)

/* Each probe also calls the test, with the same arguments. */
extern void (*kthread_test_event)(const char *name, ...);
#undef USDT
#define USDT(provider, name, ...)                                                       \
	do {                                                                            \
		void (*kt_event)(const char *, ...) =                                   \
			__atomic_load_n(&kthread_test_event, __ATOMIC_ACQUIRE);         \
		USDT_IF(provider, name, USDT_SEMAPHORE(provider, name), ##__VA_ARGS__); \
		if (kt_event)                                                           \
			kt_event(#name, ##__VA_ARGS__);                                 \
	} while (0)
#else
#define KT_DELAY(point) ((void)0)
#define KT_FAIL(what)	0
#endif
#endif
