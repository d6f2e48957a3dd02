// SPDX-License-Identifier: GPL-2.0-only
/*
 * libuv: an event loop's own ways to be woken and to hand work to another thread.
 *
 * Idiom, wakeup: the peer runs a loop and the wake is uv_async_send(), the only call that libuv
 * allows from another thread. Work: uv_queue_work() on the global pool, cut to one thread by
 * UV_THREADPOOL_SIZE before its first use. Submission is legal only from the thread that runs the
 * loop and the completion arrives on that loop, so the driving thread owns it and runs it in
 * work_settle() and work_flush(), outside the measured span. The pool thread belongs to libuv and
 * lives until the process ends: the first work item names and pins it, and calls on_start in it. No
 * park, no create/stop in the shape asked for.
 *
 * Known: libuv 1.44's receiver spins while the sender is between its two writes of the async
 * handle. On one CPU a wake that preempts the sender there costs a whole spin, which is libuv's own
 * doing and stays in the figure.
 */
#include "bench/arms/arm.h"

#ifdef ARM_HAS_LIBRARY
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "bench/arms/thread.h"

static const char *libuv_describe(void)
{
	static char line[96];

	snprintf(line, sizeof(line), "libuv %s, uv_async_send, uv_queue_work with one pool thread",
		 uv_version_string());
	return line;
}

/* A loop with one async handle that calls @fn(@arg) when it is sent. */
struct async_loop {
	uv_loop_t loop;
	uv_async_t async;
	arm_fn fn;
	void *arg;
	uint32_t stop;
};

static void on_async(uv_async_t *async)
{
	struct async_loop *a = async->data;

	/* Acquire: pairs with the release in libuv_peer_destroy(). */
	if (__atomic_load_n(&a->stop, __ATOMIC_ACQUIRE))
		uv_stop(&a->loop);
	else
		a->fn(a->arg);
}

static int async_loop_init(struct async_loop *a, arm_fn fn, void *arg)
{
	int ret = uv_loop_init(&a->loop);

	if (ret)
		return ret;
	a->fn = fn;
	a->arg = arg;
	ret = uv_async_init(&a->loop, &a->async, on_async);
	if (ret)
		uv_loop_close(&a->loop);
	else
		a->async.data = a;
	return ret;
}

static void async_loop_fini(struct async_loop *a)
{
	uv_close((uv_handle_t *)&a->async, NULL);
	uv_run(&a->loop, UV_RUN_DEFAULT);
	uv_loop_close(&a->loop);
}

/* ---- wakeup ---------------------------------------------------------------------------------- */

struct peer {
	struct async_loop a;
	struct arm_thread thread;
};

static void peer_loop(void *arg)
{
	struct peer *p = arg;

	uv_run(&p->a.loop, UV_RUN_DEFAULT);
}

static int libuv_peer_create(void **peer, const struct arm_peer_opts *o)
{
	struct peer *p = arm_alloc(sizeof(*p));
	int ret;

	if (!p)
		return -ENOMEM;
	ret = async_loop_init(&p->a, o->on_wake, o->arg);
	if (ret)
		goto free_peer;
	ret = arm_thread_start(&p->thread, o->cpu, o->name, o->on_start, o->arg, peer_loop, p);
	if (ret)
		goto close_loop;
	*peer = p;
	return 0;

close_loop:
	async_loop_fini(&p->a);
free_peer:
	free(p);
	return ret;
}

static void libuv_peer_wake(void *peer)
{
	uv_async_send(&((struct peer *)peer)->a.async);
}

static void libuv_peer_destroy(void *peer)
{
	struct peer *p = peer;

	/* Release: pairs with the acquire in on_async(). */
	__atomic_store_n(&p->a.stop, 1, __ATOMIC_RELEASE);
	uv_async_send(&p->a.async);
	arm_thread_join(&p->thread);
	async_loop_fini(&p->a);
	free(p);
}

static pid_t libuv_peer_tid(void *peer)
{
	return ((struct peer *)peer)->thread.tid;
}

/* The calling thread's loop: waiting is running it until the async callback has been. */
struct self {
	struct async_loop a;
	bool woken;
};

static void self_woken(void *arg)
{
	((struct self *)arg)->woken = true;
}

static int libuv_self_create(void **self, bool may_spin)
{
	struct self *s = arm_alloc(sizeof(*s));
	int ret;

	(void)may_spin;
	if (!s)
		return -ENOMEM;
	ret = async_loop_init(&s->a, self_woken, s);
	if (ret) {
		free(s);
		return ret;
	}
	*self = s;
	return 0;
}

static void libuv_self_wake(void *self)
{
	uv_async_send(&((struct self *)self)->a.async);
}

static void libuv_self_wait(void *self)
{
	struct self *s = self;

	while (!s->woken)
		uv_run(&s->a.loop, UV_RUN_ONCE);
	s->woken = false;
}

static void libuv_self_destroy(void *self)
{
	struct self *s = self;

	async_loop_fini(&s->a);
	free(s);
}

/* ---- worker ---------------------------------------------------------------------------------- */

struct worker {
	uv_loop_t loop;
	unsigned int nr_pending; /* works without their completion; driving thread only */
	pid_t tid;
	int ret;
	struct arm_worker_opts o;
};

struct arm_work {
	uv_work_t req;
	struct worker *worker;
	arm_fn fn;
	void *arg;
};

static void work_run(uv_work_t *req)
{
	struct arm_work *w = req->data;

	w->fn(w->arg);
}

static void work_done(uv_work_t *req, int status)
{
	struct arm_work *w = req->data;

	(void)status;
	w->worker->nr_pending--;
}

static void libuv_work_queue(void *worker, struct arm_work *w)
{
	struct worker *k = worker;

	k->nr_pending++;
	uv_queue_work(&k->loop, &w->req, work_run, work_done);
}

/* Completions arrive while the loop runs: until then a request may not be used again. */
static void libuv_work_flush(void *worker)
{
	struct worker *k = worker;

	while (k->nr_pending)
		uv_run(&k->loop, UV_RUN_ONCE);
}

static void pool_thread_start(void *arg)
{
	struct worker *k = arg;

	k->tid = gettid();
	k->ret = arm_thread_adopt(k->o.cpu, k->o.name);
	if (k->o.on_start)
		k->o.on_start(k->o.arg);
}

static int libuv_worker_create(void **worker, const struct arm_worker_opts *o)
{
	struct worker *k = arm_alloc(sizeof(*k));
	struct arm_work first = { .worker = k, .fn = pool_thread_start, .arg = k };
	int ret;

	if (!k)
		return -ENOMEM;
	/* Read once per process, at the first uv_queue_work(). */
	if (setenv("UV_THREADPOOL_SIZE", "1", 1)) {
		ret = -ENOMEM;
		goto free_worker;
	}
	k->o = *o;
	ret = uv_loop_init(&k->loop);
	if (ret)
		goto free_worker;
	first.req.data = &first;
	libuv_work_queue(k, &first);
	libuv_work_flush(k);
	ret = k->ret;
	if (ret)
		goto close_loop;
	*worker = k;
	return 0;

close_loop:
	uv_loop_close(&k->loop);
free_worker:
	free(k);
	return ret;
}

static void libuv_worker_destroy(void *worker)
{
	struct worker *k = worker;

	libuv_work_flush(k);
	uv_loop_close(&k->loop);
	free(k);
}

static pid_t libuv_worker_tid(void *worker)
{
	return ((struct worker *)worker)->tid;
}

static struct arm_work *libuv_work_create(void *worker, arm_fn fn, void *arg)
{
	struct arm_work *w = arm_alloc(sizeof(*w));

	if (w) {
		w->req.data = w;
		w->worker = worker;
		w->fn = fn;
		w->arg = arg;
	}
	return w;
}

static void libuv_work_destroy(struct arm_work *w)
{
	free(w);
}

#endif /* ARM_HAS_LIBRARY */

static const struct arm arm_libuv = {
	.name = "libuv",
	.kind = ARM_LIBRARY,
	.place = 1,
	.could = ARM_CAN_WAKE | ARM_CAN_SLEEP | ARM_CAN_TRIP | ARM_CAN_WORK | ARM_HAS_WORKER,
#ifndef ARM_HAS_LIBRARY
	.missing = "built without libuv (install libuv1-dev)",
#else
	.describe = libuv_describe,
	.peer_create = libuv_peer_create,
	.peer_wake = libuv_peer_wake,
	.peer_destroy = libuv_peer_destroy,
	.peer_tid = libuv_peer_tid,
	.self_create = libuv_self_create,
	.self_wake = libuv_self_wake,
	.self_wait = libuv_self_wait,
	.self_destroy = libuv_self_destroy,
	.worker_create = libuv_worker_create,
	.worker_destroy = libuv_worker_destroy,
	.worker_tid = libuv_worker_tid,
	.work_create = libuv_work_create,
	.work_destroy = libuv_work_destroy,
	.work_queue = libuv_work_queue,
	.work_flush = libuv_work_flush,
	.work_settle = libuv_work_flush,
	.feeds_alone = true,
#endif
};
ARM_LISTED(arm_libuv);
