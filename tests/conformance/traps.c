// SPDX-License-Identifier: GPL-2.0-only
/*
 * What kernels leave open: calls that hang, works that run although they were cancelled, calls from
 * outside. Where the library does better, intended.txt says so.
 */
#include "scenario.h"

/* ---- stop ------------------------------------------------------------------------------------ */
void scenario_L5(void)
{
	struct task_struct *k = actor_run(actor_new(), "l5");

	get_task_struct(k);
	say("first stop: %s", err(kthread_stop(k)));
	call_say(call_start(do_stop, k), "second stop");
}

void scenario_L27(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = actor_run(a, "l27");
	struct call *c, *d;
	int over;

	get_task_struct(k);
	c = call_start(do_stop, k);
	d = call_start(do_stop, k);
	AWAIT(completion_done(&c->done) || completion_done(&d->done));
	over = !call_hangs(c);
	over += !call_hangs(d);
	say("two stops at once: %d return", over);
}

static long stop_itself(void *arg)
{
	(void)arg;
	return kthread_stop(current);
}

void scenario_L28(void)
{
	call_say(call_start(stop_itself, NULL), "stop of itself");
}

/* ---- park ------------------------------------------------------------------------------------ */
static int ends_on_word(void *data)
{
	struct actor *a = data;

	atomic_set(&a->runs, 1);
	while (!atomic_read(&a->parks))
		schedule_timeout_uninterruptible(1);
	return a->result;
}

void scenario_P24(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_create(ends_on_word, a, "p24");
	struct call *c;

	get_task_struct(k);
	wake_up_process(k);
	AWAIT(atomic_read(&a->runs));
	c = call_start(do_park, k);
	await_blocked(c->thread);
	atomic_set(&a->parks, 1);
	AWAIT(has_exited(k));
	call_say(c, "park of one that ends instead");
}

void scenario_P13(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_create(ends_on_word, a, "p13");
	struct call *park, *stop;

	get_task_struct(k);
	wake_up_process(k);
	AWAIT(atomic_read(&a->runs));
	park = call_start(do_park, k);
	await_blocked(park->thread);
	stop = call_start(do_stop, k);
	await_blocked(stop->thread);
	atomic_set(&a->parks, 1);
	say("stop while a park waits: %s", err(call_returns(stop)));
	call_say(park, "the park");
}

/* It parks itself once; asked again it takes its time. */
static int parks_itself_first(void *data)
{
	struct actor *a = data;

	kthread_park(current);
	atomic_set(&a->runs, 1);
	kthread_parkme();
	atomic_set(&a->runs, 2);
	while (!atomic_read(&a->loops))
		schedule_timeout_uninterruptible(1);
	a->runs.counter = 0;
	return actor_fn(a);
}

void scenario_P12(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_run(parks_itself_first, a, "p12");
	struct call *c;

	AWAIT(atomic_read(&a->runs) == 1 && state_of(k) == TASK_PARKED);
	kthread_unpark(k);
	AWAIT(atomic_read(&a->runs) == 2);
	c = call_start(do_park, k);
	say("park after it parked itself: returns too early: %d", call_early(c));
	atomic_set(&a->loops, 1);
	say("park: %s", err(call_returns(c)));
	AWAIT(state_of(k) == TASK_PARKED);
	kthread_unpark(k);
	say("stop: %s", err(kthread_stop(k)));
}

void scenario_P15(void)
{
	struct kthread_worker *w = start_worker(0, "p15");
	struct counted *c = counted_new(0);
	struct call *call;

	kthread_queue_work(w, &c->work);
	kthread_flush_work(&c->work);
	call = call_start(do_park, w->task);
	call_say(call, "park of a worker");
	kthread_queue_work(w, &c->work);
	say("work queued then: ran: %d", KERNEL_ONLY(atomic_read(&c->runs) == 2));
	kthread_unpark(w->task);
	AWAIT(atomic_read(&c->runs) == 2);
	call_say(call, "after unpark, the park");
}

/* ---- works ----------------------------------------------------------------------------------- */
void scenario_W14(void)
{
	struct kthread_worker *w = start_worker(0, "w14");
	struct delayed *d = delayed_new(0);

	kthread_queue_delayed_work(w, &d->dwork, msecs_to_jiffies(20));
	say("cancel_work_sync of an armed one: %d", kthread_cancel_work_sync(&d->dwork.work));
	say("it runs all the same: %d", KERNEL_ONLY(atomic_read(&d->runs)));
	kthread_destroy_worker(w);
}

void scenario_W15(void)
{
	struct kthread_worker *w = start_worker(0, "w15");
	struct delayed *d = delayed_new(0);

	kthread_queue_delayed_work(w, &d->dwork, FAR);
	call_say(call_start(do_flush_work, &d->dwork.work), "flush_work of an armed one");
	say("runs=%d", atomic_read(&d->runs));
}

void scenario_W42(void)
{
	struct kthread_worker *w = start_worker(0, "w42");
	struct delayed *d = delayed_new(0);

	kthread_queue_delayed_work(w, &d->dwork, FAR);
	kthread_destroy_worker(w);
	say("destroy with an armed one, still armed: %d", (int)is_armed(&d->dwork));
	disarm(&d->dwork);
}

struct within {
	struct kthread_work work;
	struct kthread_worker *worker;
	int what;
	struct completion done;
	long ret;
};

static void calls_within(struct kthread_work *work)
{
	struct within *x = container_of(work, struct within, work);

	switch (x->what) {
	case 0:
		kthread_flush_worker(x->worker);
		break;
	case 1:
		kthread_flush_work(work);
		break;
	case 2:
		x->ret = kthread_cancel_work_sync(work);
		break;
	}
	complete(&x->done);
}

static void call_within(int what, const char *label)
{
	struct within *x = alloc(sizeof(*x));

	kthread_init_work(&x->work, calls_within);
	x->what = what;
	x->worker = start_worker(0, "w24");
	init_completion(&x->done);
	kthread_queue_work(x->worker, &x->work);
	if (wait_for_completion_timeout(&x->done, msecs_to_jiffies(HANG_MS)))
		say("%s, by a work of it: returns %ld", label, x->ret);
	else
		say("%s, by a work of it: hangs", label);
}

void scenario_W24(void)
{
	call_within(0, "flush_worker");
}

void scenario_W43(void)
{
	call_within(1, "flush_work");
}

void scenario_W44(void)
{
	call_within(2, "cancel_work_sync");
}

void scenario_W45(void)
{
	struct kthread_worker *w = alloc(sizeof(*w));
	struct call *c;

	kthread_init_worker(w);
	c = call_start(do_flush_worker, w);
	say("flush_worker of a worker without a thread waits: %d", call_waits(c));
}

void scenario_W25(void)
{
	struct kthread_worker *w = start_worker(0, "w25");
	struct counted *c = counted_new(0);
	kthread_work_func_t fn = c->work.func;
	struct gate g;

	gate_close(&g, w);
	kthread_queue_work(w, &c->work);
	kthread_init_work(&c->work, fn);
	gate_open(&g);
	say("initialised again while pending, runs without end: %d",
	    KERNEL_ONLY(atomic_read(&c->runs) > 1));
	say("stop of the worker: %s", err(kthread_stop(w->task)));
}

/* ---- from outside ---------------------------------------------------------------------------- */
void scenario_N1(void)
{
#if SINCE(5, 17)
	say("kthread_should_stop: %d", kthread_should_stop());
#else
	absent();
#endif
}

void scenario_N2(void)
{
#if SINCE(5, 17)
	say("kthread_should_park: %d", kthread_should_park());
#else
	absent();
#endif
}

void scenario_N3(void)
{
#if SINCE(5, 17)
	say("kthread_park: %s", err(kthread_park(current)));
#else
	absent();
#endif
}
