// SPDX-License-Identifier: GPL-2.0-only
/*
 * glib: GLib's main context to be woken, its exclusive thread pool to be handed work.
 *
 * Idiom, wakeup: the peer runs a GMainLoop with a source of its own, and the wake is
 * g_source_set_ready_time(source, 0), which any thread may call and which wakes the context through
 * its eventfd; an idle source per wake would add an allocation that nobody needs. Work:
 * GThreadPool, exclusive, one thread, so that its thread is there from the start and runs nothing
 * else; each item is the work itself (g_thread_pool_push, a GAsyncQueue inside). The pool has no
 * flush: an item at the tail and a condition stand for it. The thread is GLib's, so the first item
 * names and pins it. No spinning of its own; no park, no create/stop in the shape asked for.
 */
#include "bench/arms/arm.h"

#ifdef ARM_HAS_LIBRARY
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/arms/thread.h"

static const char *glib_describe(void)
{
	static char line[96];

	snprintf(line, sizeof(line), "GLib %u.%u.%u, GSource ready time, exclusive GThreadPool",
		 glib_major_version, glib_minor_version, glib_micro_version);
	return line;
}

/* A source that calls fn(arg) after each set_ready_time(0). */
struct wake_source {
	GSource base;
	arm_fn fn;
	void *arg;
};

static gboolean wake_dispatch(GSource *source, GSourceFunc unused, gpointer unused_data)
{
	struct wake_source *w = (struct wake_source *)source;

	(void)unused;
	(void)unused_data;
	/* Before fn: a wake that comes during it must not be lost. */
	g_source_set_ready_time(source, -1);
	w->fn(w->arg);
	return G_SOURCE_CONTINUE;
}

/* Called and stored by GLib, which never writes to it. */
static GSourceFuncs wake_funcs = { .dispatch = wake_dispatch };

static GSource *wake_source_new(GMainContext *context, arm_fn fn, void *arg)
{
	GSource *source = g_source_new(&wake_funcs, sizeof(struct wake_source));
	struct wake_source *w = (struct wake_source *)source;

	w->fn = fn;
	w->arg = arg;
	g_source_attach(source, context);
	return source;
}

static void wake_source_free(GSource *source)
{
	g_source_destroy(source);
	g_source_unref(source);
}

/* ---- wakeup ---------------------------------------------------------------------------------- */

struct peer {
	GMainContext *context;
	GMainLoop *loop;
	GSource *source;
	uint32_t stop;
	arm_fn on_wake;
	void *arg;
	struct arm_thread thread;
};

static void peer_woken(void *arg)
{
	struct peer *p = arg;

	/* Acquire: pairs with the release in glib_peer_destroy(). */
	if (__atomic_load_n(&p->stop, __ATOMIC_ACQUIRE))
		g_main_loop_quit(p->loop);
	else
		p->on_wake(p->arg);
}

static void peer_loop(void *arg)
{
	struct peer *p = arg;

	g_main_context_push_thread_default(p->context);
	g_main_loop_run(p->loop);
	g_main_context_pop_thread_default(p->context);
}

static void peer_free(struct peer *p)
{
	wake_source_free(p->source);
	g_main_loop_unref(p->loop);
	g_main_context_unref(p->context);
	free(p);
}

static int glib_peer_create(void **peer, const struct arm_peer_opts *o)
{
	struct peer *p = arm_alloc(sizeof(*p));
	int ret;

	if (!p)
		return -ENOMEM;
	p->on_wake = o->on_wake;
	p->arg = o->arg;
	p->context = g_main_context_new();
	p->loop = g_main_loop_new(p->context, FALSE);
	p->source = wake_source_new(p->context, peer_woken, p);
	ret = arm_thread_start(&p->thread, o->cpu, o->name, o->on_start, o->arg, peer_loop, p);
	if (ret) {
		peer_free(p);
		return ret;
	}
	*peer = p;
	return 0;
}

static void glib_peer_wake(void *peer)
{
	g_source_set_ready_time(((struct peer *)peer)->source, 0);
}

static void glib_peer_destroy(void *peer)
{
	struct peer *p = peer;

	/* Release: pairs with the acquire in peer_woken(). */
	__atomic_store_n(&p->stop, 1, __ATOMIC_RELEASE);
	glib_peer_wake(p);
	arm_thread_join(&p->thread);
	peer_free(p);
}

static pid_t glib_peer_tid(void *peer)
{
	return ((struct peer *)peer)->thread.tid;
}

/* The calling thread's context: waiting is iterating it until the source was dispatched. */
struct self {
	GMainContext *context;
	GSource *source;
	gboolean woken;
};

static void self_woken(void *arg)
{
	((struct self *)arg)->woken = TRUE;
}

static int glib_self_create(void **self, bool may_spin)
{
	struct self *s = arm_alloc(sizeof(*s));

	(void)may_spin;
	if (!s)
		return -ENOMEM;
	s->context = g_main_context_new();
	s->source = wake_source_new(s->context, self_woken, s);
	*self = s;
	return 0;
}

static void glib_self_wake(void *self)
{
	g_source_set_ready_time(((struct self *)self)->source, 0);
}

static void glib_self_wait(void *self)
{
	struct self *s = self;

	while (!s->woken)
		g_main_context_iteration(s->context, TRUE);
	s->woken = FALSE;
}

static void glib_self_destroy(void *self)
{
	struct self *s = self;

	wake_source_free(s->source);
	g_main_context_unref(s->context);
	free(s);
}

/* ---- worker ---------------------------------------------------------------------------------- */

struct arm_work {
	arm_fn fn;
	void *arg;
};

struct worker {
	GThreadPool *pool;
	struct arm_worker_opts o;
	pid_t tid;
	int ret;
	GMutex lock;
	GCond cond;
	gboolean flushed;
	struct arm_work barrier;
};

static void work_run(gpointer item, gpointer unused)
{
	struct arm_work *w = item;

	(void)unused;
	w->fn(w->arg);
}

static void glib_work_queue(void *worker, struct arm_work *w)
{
	g_thread_pool_push(((struct worker *)worker)->pool, w, NULL);
}

static void flush_ran(void *arg)
{
	struct worker *k = arg;

	g_mutex_lock(&k->lock);
	k->flushed = TRUE;
	g_cond_signal(&k->cond);
	g_mutex_unlock(&k->lock);
}

static void glib_work_flush(void *worker)
{
	struct worker *k = worker;

	k->flushed = FALSE;
	glib_work_queue(k, &k->barrier);
	g_mutex_lock(&k->lock);
	while (!k->flushed)
		g_cond_wait(&k->cond, &k->lock);
	g_mutex_unlock(&k->lock);
}

static void pool_thread_start(void *arg)
{
	struct worker *k = arg;

	k->tid = gettid();
	k->ret = arm_thread_adopt(k->o.cpu, k->o.name);
	if (k->o.on_start)
		k->o.on_start(k->o.arg);
}

static void glib_worker_destroy(void *worker)
{
	struct worker *k = worker;

	g_thread_pool_free(k->pool, FALSE, TRUE);
	g_cond_clear(&k->cond);
	g_mutex_clear(&k->lock);
	free(k);
}

static int glib_worker_create(void **worker, const struct arm_worker_opts *o)
{
	struct worker *k = arm_alloc(sizeof(*k));
	struct arm_work first = { .fn = pool_thread_start, .arg = k };
	int ret;

	if (!k)
		return -ENOMEM;
	g_mutex_init(&k->lock);
	g_cond_init(&k->cond);
	k->o = *o;
	k->barrier = (struct arm_work){ .fn = flush_ran, .arg = k };
	k->pool = g_thread_pool_new(work_run, NULL, 1, TRUE, NULL);
	if (!k->pool) {
		g_cond_clear(&k->cond);
		g_mutex_clear(&k->lock);
		free(k);
		return -EAGAIN;
	}
	glib_work_queue(k, &first);
	glib_work_flush(k);
	ret = k->ret;
	if (ret) {
		glib_worker_destroy(k);
		return ret;
	}
	*worker = k;
	return 0;
}

static pid_t glib_worker_tid(void *worker)
{
	return ((struct worker *)worker)->tid;
}

static struct arm_work *glib_work_create(void *worker, arm_fn fn, void *arg)
{
	struct arm_work *w = arm_alloc(sizeof(*w));

	(void)worker;
	if (w) {
		w->fn = fn;
		w->arg = arg;
	}
	return w;
}

static void glib_work_destroy(struct arm_work *w)
{
	free(w);
}

#endif /* ARM_HAS_LIBRARY */

static const struct arm arm_glib = {
	.name = "glib",
	.kind = ARM_LIBRARY,
	.place = 2,
	.could = ARM_CAN_WAKE | ARM_CAN_SLEEP | ARM_CAN_TRIP | ARM_CAN_WORK | ARM_HAS_WORKER |
		 ARM_MANY_FEED,
#ifndef ARM_HAS_LIBRARY
	.missing = "built without GLib (install libglib2.0-dev)",
#else
	.describe = glib_describe,
	.peer_create = glib_peer_create,
	.peer_wake = glib_peer_wake,
	.peer_destroy = glib_peer_destroy,
	.peer_tid = glib_peer_tid,
	.self_create = glib_self_create,
	.self_wake = glib_self_wake,
	.self_wait = glib_self_wait,
	.self_destroy = glib_self_destroy,
	.worker_create = glib_worker_create,
	.worker_destroy = glib_worker_destroy,
	.worker_tid = glib_worker_tid,
	.work_create = glib_work_create,
	.work_destroy = glib_work_destroy,
	.work_queue = glib_work_queue,
	.work_flush = glib_work_flush,
#endif
};
ARM_LISTED(arm_glib);
