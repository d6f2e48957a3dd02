// SPDX-License-Identifier: GPL-2.0-only
/*
 * libkthread: this project's own library, used as kernel code uses the kernel's.
 *
 * Idiom: peers are kthreads bound to their CPU; the waker sets a condition and calls
 * wake_up_process(), the waiter announces its state, looks at the condition and calls schedule().
 * Park: a loop as in the kernel's per-CPU threads, around kthread_parkme(). Work: one
 * kthread_worker with embedded works. Create and stop: kthread_run(), a completion to know that the
 * function ran, kthread_stop(). In the round trip the other half is the caller's own `current`.
 * Adaptive spinning is the library's default where the question allows it and off by
 * kthread_set_spin() where it does not; workers and short lives keep the default. The library gives
 * its threads a clean environment; peers and workers take the nice value and policy of their
 * creator back, as the other arms' threads have it.
 */
#include "bench/arms/arm.h"

#include <kthread/kthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/arms/thread.h"

static const char *libkthread_describe(void)
{
	static char line[96];

	snprintf(line, sizeof(line), "libkthread %s, wake_up_process, kthread_worker", KT_VERSION);
	return line;
}

static unsigned int spin_ns(bool may_spin)
{
	return may_spin ? KTHREAD_SPIN_NS : 0;
}

/* ---- wakeup and park ------------------------------------------------------------------------- */

struct peer {
	struct task_struct *task;
	bool woken __attribute__((aligned(64))); /* the condition that peer_fn() waits for */
	arm_fn on_wake __attribute__((aligned(64)));
	arm_fn on_start;
	void *arg;
	struct arm_sched sched;
	int ret; /* of taking it over */
	struct completion up;
};

static void peer_up(struct peer *p)
{
	p->ret = arm_sched_take(&p->sched);
	if (p->on_start)
		p->on_start(p->arg);
	complete(&p->up);
}

static int peer_fn(void *data)
{
	struct peer *p = data;

	peer_up(p);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		/* Acquire: pairs with the release in libkthread_peer_wake(). */
		if (!__atomic_load_n(&p->woken, __ATOMIC_ACQUIRE)) {
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		__atomic_store_n(&p->woken, false, __ATOMIC_RELAXED);
		p->on_wake(p->arg);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static int park_fn(void *data)
{
	struct peer *p = data;

	peer_up(p);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		if (!kthread_should_park()) {
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		kthread_parkme();
		if (!kthread_should_stop())
			p->on_wake(p->arg);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static int start_peer(void **peer, const struct arm_peer_opts *o, int (*fn)(void *data))
{
	struct peer *p = arm_alloc(sizeof(*p));
	int ret;

	if (!p)
		return -ENOMEM;
	p->on_start = o->on_start;
	p->on_wake = o->on_wake;
	p->arg = o->arg;
	arm_sched_read(&p->sched);
	init_completion(&p->up);
	p->task = kthread_create(fn, p, "%s", o->name);
	if (IS_ERR(p->task)) {
		ret = PTR_ERR(p->task);
		goto free_peer;
	}
	kthread_bind(p->task, o->cpu);
	ret = kthread_bind_error(p->task);
	if (ret)
		goto stop;
	kthread_set_spin(p->task, spin_ns(o->may_spin));
	wake_up_process(p->task);
	wait_for_completion(&p->up);
	ret = p->ret;
	if (ret)
		goto stop;
	*peer = p;
	return 0;

stop:
	kthread_stop(p->task);
free_peer:
	free(p);
	return ret;
}

static int libkthread_peer_create(void **peer, const struct arm_peer_opts *o)
{
	return start_peer(peer, o, peer_fn);
}

static void libkthread_peer_wake(void *peer)
{
	struct peer *p = peer;

	/*
	 * Release: the peer may see it before it ever sleeps; pairs with the acquire in peer_fn().
	 * That the store is not missed by a peer about to sleep is wake_up_process()'s business.
	 */
	__atomic_store_n(&p->woken, true, __ATOMIC_RELEASE);
	wake_up_process(p->task);
}

static void libkthread_peer_destroy(void *peer)
{
	struct peer *p = peer;

	kthread_stop(p->task);
	free(p);
}

static pid_t libkthread_peer_tid(void *peer)
{
	return ((struct peer *)peer)->task->pid;
}

static int libkthread_park_create(void **peer, const struct arm_peer_opts *o)
{
	return start_peer(peer, o, park_fn);
}

static void libkthread_park(void *peer)
{
	kthread_park(((struct peer *)peer)->task);
}

static void libkthread_unpark(void *peer)
{
	kthread_unpark(((struct peer *)peer)->task);
}

/* ---- the other half of a round trip: a thread that the library did not create ---------------- */

struct self {
	struct task_struct *task;
	bool woken __attribute__((aligned(64)));
};

static int libkthread_self_create(void **self, bool may_spin)
{
	struct self *s = arm_alloc(sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->task = current;
	if (!s->task) {
		free(s);
		return -ENOMEM;
	}
	get_task_struct(s->task);
	kthread_set_spin(s->task, spin_ns(may_spin));
	*self = s;
	return 0;
}

static void libkthread_self_wake(void *self)
{
	struct self *s = self;

	/* Release: pairs with the acquire in libkthread_self_wait(). */
	__atomic_store_n(&s->woken, true, __ATOMIC_RELEASE);
	wake_up_process(s->task);
}

static void libkthread_self_wait(void *self)
{
	struct self *s = self;

	set_current_state(TASK_UNINTERRUPTIBLE);
	/* Acquire: pairs with the release in libkthread_self_wake(). */
	while (!__atomic_load_n(&s->woken, __ATOMIC_ACQUIRE)) {
		schedule();
		set_current_state(TASK_UNINTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	__atomic_store_n(&s->woken, false, __ATOMIC_RELAXED);
}

static void libkthread_self_destroy(void *self)
{
	struct self *s = self;

	kthread_set_spin(s->task, KTHREAD_SPIN_NS);
	put_task_struct(s->task);
	free(s);
}

/* ---- create, run, stop ----------------------------------------------------------------------- */

struct life {
	arm_fn fn;
	void *arg;
	struct completion ran;
};

static void wait_for_stop(void)
{
	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
}

static int life_fn(void *data)
{
	struct life *l = data;

	l->fn(l->arg);
	complete(&l->ran);
	wait_for_stop();
	return 0;
}

static int libkthread_cycle(arm_fn fn, void *arg)
{
	struct life l = { .fn = fn, .arg = arg };
	struct task_struct *k;

	init_completion(&l.ran);
	k = kthread_run(life_fn, &l, "cycle");
	if (IS_ERR(k))
		return PTR_ERR(k);
	wait_for_completion(&l.ran);
	return kthread_stop(k);
}

/* ---- the same in steps ----------------------------------------------------------------------- */

struct steps {
	struct task_struct *task;
	struct arm_life_opts o;
};

static int steps_fn(void *data)
{
	struct steps *s = data;

	if (s->o.fn)
		s->o.fn(s->o.arg);
	if (s->o.end == ARM_END_ITSELF)
		return 0;
	wait_for_stop();
	if (s->o.on_stop)
		s->o.on_stop(s->o.arg);
	if (s->o.end == ARM_END_EXITS)
		kthread_exit(0);
	return 0;
}

static const char *life_name(const struct arm_life_opts *o)
{
	return o->name ? o->name : "life";
}

static int life_created(void **life, struct steps *s, const struct arm_life_opts *o)
{
	int ret;

	if (IS_ERR(s->task)) {
		ret = PTR_ERR(s->task);
		free(s);
		return ret;
	}
	if (o->cpu >= 0)
		kthread_bind(s->task, (unsigned int)o->cpu);
	if (o->end == ARM_END_ITSELF)
		get_task_struct(s->task); /* else gone before its stop */
	*life = s;
	return 0;
}

static int libkthread_life_create(void **life, const struct arm_life_opts *o)
{
	struct steps *s = malloc(sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->o = *o;
	s->task = kthread_create(steps_fn, s, "%s", life_name(o));
	return life_created(life, s, o);
}

static void *libkthread_cancel_create(void)
{
	return calloc(1, sizeof(struct kthread_cancel));
}

static int libkthread_life_create_cancellable(void **life, const struct arm_life_opts *o,
					      void *cancel)
{
	struct steps *s = malloc(sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->o = *o;
	s->task = kthread_create_cancellable(cancel, steps_fn, s, "%s", life_name(o));
	return life_created(life, s, o);
}

static void libkthread_life_cancel(void *cancel)
{
	kthread_cancel_create(cancel);
}

static void libkthread_life_start(void *life)
{
	wake_up_process(((struct steps *)life)->task);
}

static void libkthread_life_stop(void *life)
{
	struct steps *s = life;

	kthread_stop(s->task);
	if (s->o.end == ARM_END_ITSELF)
		put_task_struct(s->task);
	free(s);
}

static int wait_to_stop(void *arg)
{
	(void)arg;
	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop())
			schedule();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static int libkthread_spawn(void **thread)
{
	struct task_struct *k = kthread_create(wait_to_stop, NULL, "spawn");

	if (IS_ERR(k))
		return (int)PTR_ERR(k);
	*thread = k;
	return 0;
}

static void libkthread_reap(void *thread)
{
	kthread_stop(thread);
}

static uint64_t libkthread_life_poll(uint64_t nr)
{
	uint64_t yes = 0;

	while (nr--)
		yes += kthread_should_stop();
	return yes;
}

/* ---- worker ---------------------------------------------------------------------------------- */

struct arm_work {
	struct kthread_work work;
	arm_fn fn;
	void *arg;
};

static void work_fn(struct kthread_work *work)
{
	struct arm_work *w = container_of(work, struct arm_work, work);

	w->fn(w->arg);
}

/* The first work of a worker, on the stack of its creator. */
struct start {
	struct arm_work work;
	const struct arm_worker_opts *o;
	struct arm_sched sched;
	int ret;
};

static void worker_start(void *arg)
{
	struct start *s = arg;

	s->ret = arm_sched_take(&s->sched);
	if (s->o->on_start)
		s->o->on_start(s->o->arg);
}

static int libkthread_worker_create(void **worker, const struct arm_worker_opts *o)
{
	struct kthread_worker *k = kthread_create_worker(0, "%s", o->name);
	struct start s = { .work = { .fn = worker_start, .arg = &s }, .o = o };
	int ret;

	if (IS_ERR(k))
		return PTR_ERR(k);
	kthread_bind(k->task, o->cpu);
	ret = kthread_bind_error(k->task);
	if (!ret) {
		arm_sched_read(&s.sched);
		kthread_init_work(&s.work.work, work_fn);
		kthread_queue_work(k, &s.work.work);
		kthread_flush_work(&s.work.work);
		ret = s.ret;
	}
	if (ret)
		kthread_destroy_worker(k);
	else
		*worker = k;
	return ret;
}

static void libkthread_worker_destroy(void *worker)
{
	kthread_destroy_worker(worker);
}

static pid_t libkthread_worker_tid(void *worker)
{
	return ((struct kthread_worker *)worker)->task->pid;
}

static struct arm_work *libkthread_work_create(void *worker, arm_fn fn, void *arg)
{
	struct arm_work *w = arm_alloc(sizeof(*w));

	(void)worker;
	if (w) {
		kthread_init_work(&w->work, work_fn);
		w->fn = fn;
		w->arg = arg;
	}
	return w;
}

static void libkthread_work_destroy(struct arm_work *w)
{
	free(w);
}

static void libkthread_work_queue(void *worker, struct arm_work *w)
{
	kthread_queue_work(worker, &w->work);
}

static void libkthread_work_flush(void *worker)
{
	kthread_flush_worker(worker);
}

/* ---- delayed works on such a worker ---------------------------------------------------------- */

struct arm_delayed {
	struct kthread_delayed_work dwork;
	arm_fn fn;
	void *arg;
};

static void delayed_fn(struct kthread_work *work)
{
	struct arm_delayed *d = container_of(work, struct arm_delayed, dwork.work);

	d->fn(d->arg);
}

static struct arm_delayed *libkthread_delayed_create(void *worker, arm_fn fn, void *arg)
{
	struct arm_delayed *d = arm_alloc(sizeof(*d));

	(void)worker;
	if (d) {
		kthread_init_delayed_work(&d->dwork, delayed_fn);
		d->fn = fn;
		d->arg = arg;
	}
	return d;
}

static void libkthread_delayed_destroy(struct arm_delayed *d)
{
	free(d);
}

static void libkthread_delayed_arm(void *worker, struct arm_delayed *d, uint64_t ns)
{
	kthread_mod_delayed_work_ns(worker, &d->dwork, ns);
}

static void libkthread_delayed_cancel(struct arm_delayed *d)
{
	kthread_cancel_delayed_work_sync(&d->dwork);
}

/* ---- delay: a delayed work on a worker of its own -------------------------------------------- */

struct delay {
	void *worker;
	struct kthread_delayed_work dwork;
	arm_fn fn;
	void *arg;
};

static void delay_fn(struct kthread_work *work)
{
	struct delay *d = container_of(work, struct delay, dwork.work);

	d->fn(d->arg);
}

static int libkthread_delay_create(void **delay, const struct arm_peer_opts *o)
{
	const struct arm_worker_opts w = {
		.cpu = o->cpu, .on_start = o->on_start, .arg = o->arg, .name = o->name
	};
	struct delay *d = arm_alloc(sizeof(*d));
	int ret;

	if (!d)
		return -ENOMEM;
	kthread_init_delayed_work(&d->dwork, delay_fn);
	d->fn = o->on_wake;
	d->arg = o->arg;
	ret = libkthread_worker_create(&d->worker, &w);
	if (ret)
		free(d);
	else
		*delay = d;
	return ret;
}

static void libkthread_delay_arm(void *delay, uint64_t ns)
{
	struct delay *d = delay;

	kthread_queue_delayed_work_ns(d->worker, &d->dwork, ns);
}

static void libkthread_delay_destroy(void *delay)
{
	struct delay *d = delay;

	kthread_cancel_delayed_work_sync(&d->dwork);
	kthread_destroy_worker(d->worker);
	free(d);
}

static pid_t libkthread_delay_tid(void *delay)
{
	return libkthread_worker_tid(((struct delay *)delay)->worker);
}

static const struct arm arm_libkthread = {
	.name = "libkthread",
	.kind = ARM_ENGINE,
	.place = 1,
	.describe = libkthread_describe,
	.peer_create = libkthread_peer_create,
	.peer_wake = libkthread_peer_wake,
	.peer_destroy = libkthread_peer_destroy,
	.peer_tid = libkthread_peer_tid,
	.self_create = libkthread_self_create,
	.self_wake = libkthread_self_wake,
	.self_wait = libkthread_self_wait,
	.self_destroy = libkthread_self_destroy,
	.park_create = libkthread_park_create,
	.park = libkthread_park,
	.unpark = libkthread_unpark,
	.park_destroy = libkthread_peer_destroy,
	.park_tid = libkthread_peer_tid,
	.cycle = libkthread_cycle,
	.life_create = libkthread_life_create,
	.life_start = libkthread_life_start,
	.life_stop = libkthread_life_stop,
	.life_poll = libkthread_life_poll,
	.spawn = libkthread_spawn,
	.reap = libkthread_reap,
	.cancel_create = libkthread_cancel_create,
	.life_create_cancellable = libkthread_life_create_cancellable,
	.life_cancel = libkthread_life_cancel,
	.cancel_destroy = free,
	.worker_create = libkthread_worker_create,
	.worker_destroy = libkthread_worker_destroy,
	.worker_tid = libkthread_worker_tid,
	.work_create = libkthread_work_create,
	.work_destroy = libkthread_work_destroy,
	.work_queue = libkthread_work_queue,
	.work_flush = libkthread_work_flush,
	.delayed_create = libkthread_delayed_create,
	.delayed_destroy = libkthread_delayed_destroy,
	.delayed_arm = libkthread_delayed_arm,
	.delayed_cancel = libkthread_delayed_cancel,
	.delay_create = libkthread_delay_create,
	.delay_arm = libkthread_delay_arm,
	.delay_destroy = libkthread_delay_destroy,
	.delay_tid = libkthread_delay_tid,
};
ARM_LISTED(arm_libkthread);
