/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_WARN_H
#define KTHREAD_WARN_H
/*
 * Misuse: where the kernel warns, libkthread counts, prints the first of each kind to stderr, and
 * goes on with the value that the kernel returns. With KTHREAD_WARN=abort in the environment, or
 * kthread_warn_abort(true), it aborts instead. The environment is not looked at by a program that
 * runs with more privileges than its caller (set-user-ID).
 */
#include <stdbool.h>

enum kthread_warning {
	KTHREAD_WARN_ANY,	       /* only for counting: all kinds together */
	KTHREAD_WARN_STOP_SELF,	       /* kthread_stop(current) */
	KTHREAD_WARN_STOP_FOREIGN,     /* stop, park or bind of a thread that is not a kthread */
	KTHREAD_WARN_DEAD_FORK,	       /* handle of a thread that a fork left behind */
	KTHREAD_WARN_NOT_KTHREAD,      /* a kthread's own call from another thread */
	KTHREAD_WARN_PARK_EXITED,      /* park of a thread that has exited */
	KTHREAD_WARN_PARK_TWICE,       /* park while a park is pending */
	KTHREAD_WARN_BIND_STARTED,     /* bind after the first wake */
	KTHREAD_WARN_BIND_FAILED,      /* the kernel refused the affinity */
	KTHREAD_WARN_PER_CPU_UNBOUND,  /* kthread_set_per_cpu() without kthread_bind() */
	KTHREAD_WARN_TIMEOUT_NEGATIVE, /* schedule_timeout(< 0) */
	KTHREAD_WARN_WORKER_BUSY, /* kthread_worker_fn() of a worker that another thread serves */
	KTHREAD_WARN_WORKER_NONE, /* flush or destroy of a worker without a thread */
	KTHREAD_WARN_WORKER_SELF, /* flush, cancel or destroy that would wait for itself */
	KTHREAD_WARN_WORKER_LEFTOVER,  /* destroy with works that were queued again */
	KTHREAD_WARN_WORK_TWO_WORKERS, /* one work used with two workers */
	KTHREAD_WARN_WORKER_ARMED,     /* destroy with delayed works that were armed */
	KTHREAD_WARN_WORK_DELAYED,     /* flush or cancel of a delayed work by the plain call */
	KTHREAD_WARN_WORK_REINIT,      /* a work initialised again while pending */
	KTHREAD_WARN_NODE,	       /* create on a NUMA node that does not exist */
	KTHREAD_WARN_AFFINE,	       /* preferred CPUs after the first wake, or twice */
	KTHREAD_WARN_WRONG_CPU,	       /* a set's thread runs on another CPU than its own */
	KTHREAD_WARN_INHERITED,	       /* nice or policy of the first creator could not be reset */
	KTHREAD_WARN_PROFILE,	       /* KTHREAD_PROFILE is not a version */
	KTHREAD_WARN_ON,	       /* WARN_ON() and the like, <kthread/bug.h>: each is shown */
	KTHREAD_WARN_PRIORITY,	       /* nice, policy or priority refused by the system */
	KTHREAD_WARN_NR,
};

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)
/* kthread_warn - report misuse of kind @w: counted, printed once per kind, aborts on request */
void kthread_warn(enum kthread_warning w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* kthread_warn_count - how often @w has been reported; KTHREAD_WARN_ANY: all together */
unsigned long kthread_warn_count(enum kthread_warning w);

/* kthread_warn_abort - abort() at the next report, or go on */
void kthread_warn_abort(bool on);

/*
 * kthread_warn_hook - call @fn instead of printing the first of each kind; NULL: print again
 *
 * @fn runs in whichever thread finds the misuse, which may be the library's own: it must not create
 * threads.
 */
void kthread_warn_hook(void (*fn)(enum kthread_warning w, const char *text));
#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
