/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_DELAYED_H
#define KTHREAD_DELAYED_H
/*
 * Delayed works: queued on a worker now, ready to run later.
 *
 * There is no timer thread: an idle worker sleeps until its earliest deadline, and everybody who
 * works on its queue first makes ready what is due. So there is no callback for mod or cancel to
 * race with, and due works run in the order of their deadlines. The queue_work event fires when the
 * work becomes ready; if another work runs past the deadline, both are late.
 *
 * A deadline that is seconds away costs those who queue works no look at CLOCK_MONOTONIC before
 * time() says another second. What that leaves open: behind a work that runs, and after the wall
 * clock was set back by a second or more, works that are queued in the second that comes again may
 * run before a delayed work that is due by then, if nobody has queued one in between.
 *
 * Deadlines are of CLOCK_MONOTONIC and never early: a jiffy is a full millisecond. Works with the
 * same deadline run in the order of arming. Arming, moving and cancelling cost about the same
 * however many works are armed, and allocate nothing. A worker with KTW_PRECISE meets deadlines more
 * closely.
 *
 * Armed on a worker that was created but not started, a work starts its thread; on a worker of the
 * caller's own that nobody serves it waits for a thread.
 *
 * The caller owns the memory, which must also live while the work is armed.
 */
#include <kthread/worker.h>

struct kthread_delayed_work {
	struct kthread_work work;
	/* while armed: */
	uint64_t due_ns;
	uint64_t order; /* among those with the same deadline */
	/* and its place among the others of the worker: */
	uint64_t key_ns, key_order; /* what due_ns and order were when it got there */
	struct kthread_delayed_work *parent, *child[2];
};

#define KTHREAD_DELAYED_WORK_INIT(dwork, fn)                                                      \
	{                                                                                         \
		{ KTHREAD_NODE_INIT((dwork).work.node), (fn), NULL, 0, 0, true, false, 0 }, 0, 0, \
			0, 0, NULL,                                                               \
		{                                                                                 \
			NULL, NULL                                                                \
		}                                                                                 \
	}
#define DEFINE_KTHREAD_DELAYED_WORK(dwork, fn) \
	struct kthread_delayed_work dwork = KTHREAD_DELAYED_WORK_INIT(dwork, fn)

static inline void kthread_init_delayed_work(struct kthread_delayed_work *dwork,
					     kthread_work_func_t fn)
{
	struct kthread_delayed_work init = KTHREAD_DELAYED_WORK_INIT(*dwork, fn);

	*dwork = init;
}

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/**
 * kthread_queue_delayed_work - run @dwork on @worker, not before @delay is over
 * @delay: jiffies; 0: now, as kthread_queue_work()
 *
 * Context: any thread, never sleeps for long; not a signal handler.
 * Ordering: true or false, the next run of the work sees what the caller wrote before.
 * Return: false if the work is armed, ready or being cancelled already: then its deadline has not
 * changed; else true.
 * Tests: W9, W10, W13.
 */
bool kthread_queue_delayed_work(struct kthread_worker *worker, struct kthread_delayed_work *dwork,
				unsigned long delay);

/* kthread_queue_delayed_work_ns - the same with @delay_ns in nanoseconds (our extension) */
bool kthread_queue_delayed_work_ns(struct kthread_worker *worker,
				   struct kthread_delayed_work *dwork, uint64_t delay_ns);

/**
 * kthread_mod_delayed_work - change the deadline of @dwork, or queue it
 * @delay: jiffies from now; 0: ready now, after all that is
 *
 * A work that is ready but does not run yet is armed again. May be called by the work itself.
 *
 * Context, ordering: as kthread_queue_delayed_work().
 * Return: false if the work was idle and is queued now. True if the number of queued works has not
 * changed: it was pending and has its new deadline; or somebody cancels it, or it is pending on
 * another worker, and nothing has happened.
 * Tests: W11 to W13.
 */
bool kthread_mod_delayed_work(struct kthread_worker *worker, struct kthread_delayed_work *dwork,
			      unsigned long delay);

/* kthread_mod_delayed_work_ns - the same with @delay_ns in nanoseconds (our extension) */
bool kthread_mod_delayed_work_ns(struct kthread_worker *worker, struct kthread_delayed_work *dwork,
				 uint64_t delay_ns);

/**
 * kthread_flush_delayed_work - run @dwork now if it is armed, and wait until it is done
 *
 * As the kernel's flush_delayed_work() does for its workqueues. Waits for the instance that was
 * pending or running, not for later ones. From the worker's own thread: warns and returns.
 * Tests: W15.
 */
void kthread_flush_delayed_work(struct kthread_delayed_work *dwork);

/**
 * kthread_cancel_delayed_work_sync - make @dwork neither armed, nor ready, nor running
 *
 * As kthread_cancel_work_sync(), which is not for delayed works.
 * Return: true if it was pending.
 * Tests: W10, W11, W13, W14.
 */
bool kthread_cancel_delayed_work_sync(struct kthread_delayed_work *dwork);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
