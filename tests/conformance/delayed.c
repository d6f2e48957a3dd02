// SPDX-License-Identifier: GPL-2.0-only
/* Delayed works. */
#include "scenario.h"

void scenario_W9(void)
{
	struct kthread_worker *w = start_worker(0, "w9");
	struct delayed *d = delayed_new(0);
	unsigned long start, delay = msecs_to_jiffies(60);

	say("delay 0: %d", kthread_queue_delayed_work(w, &d->dwork, 0));
	kthread_flush_work(&d->dwork.work);
	say("flushed: runs=%d", atomic_read(&d->runs));

	start = jiffies;
	say("delay: %d", kthread_queue_delayed_work(w, &d->dwork, delay));
	AWAIT(atomic_read(&d->runs) == 2);
	say("ran, early: %d", time_before(d->ran_at, start + delay));

	say("far: %d", kthread_queue_delayed_work(w, &d->dwork, FAR));
	say("queued while armed, shorter: %d", kthread_queue_delayed_work(w, &d->dwork, 1));
	say("queued while armed, now: %d", kthread_queue_delayed_work(w, &d->dwork, 0));
	say("queue_work of an armed one: %d", kthread_queue_work(w, &d->dwork.work));
	nap_ms(50);
	kthread_flush_worker(w);
	say("has not run: runs=%d", atomic_read(&d->runs));
	say("cancel: %d", kthread_cancel_delayed_work_sync(&d->dwork));
	say("cancel again: %d", kthread_cancel_delayed_work_sync(&d->dwork));
	kthread_destroy_worker(w);
	say("runs=%d", atomic_read(&d->runs));
}

void scenario_W10(void)
{
	struct kthread_worker *w = start_worker(0, "w10");
	struct delayed *d;
	int n, bad = 0, before, cancelled, late = 0;

	d = delayed_new(0);
	for (n = 0; n < 60; n++) {
		before = atomic_read(&d->runs);
		kthread_queue_delayed_work(w, &d->dwork, 1);
		if (n % 2)
			nap_ms(1 + n % 7);
		cancelled = kthread_cancel_delayed_work_sync(&d->dwork);
		/* A kernel whose timer meets the cancel says false, and yet it does not run. */
		bad += cancelled + (atomic_read(&d->runs) - before) > 1;
		before = atomic_read(&d->runs);
		if (n % 8 == 0)
			nap_ms(10);
		late += atomic_read(&d->runs) != before;
	}
	say("near its time: cancelled or ran, not both: %d", !bad);
	say("none ran after its cancel: %d", !late);
	kthread_destroy_worker(w);
}

/* ---- mod ------------------------------------------------------------------------------------- */
void scenario_W12(void)
{
	struct kthread_worker *w = start_worker(0, "w12");
	struct delayed *d = delayed_new(0);

	say("mod of an idle one: %d", kthread_mod_delayed_work(w, &d->dwork, FAR));
	say("mod of an armed one: %d", kthread_mod_delayed_work(w, &d->dwork, 1));
	AWAIT(atomic_read(&d->runs) == 1);
	say("runs=%d", atomic_read(&d->runs));
	say("idle again, mod to now: %d", kthread_mod_delayed_work(w, &d->dwork, 0));
	kthread_flush_work(&d->dwork.work);
	say("runs=%d", atomic_read(&d->runs));
	say("armed: %d", kthread_queue_delayed_work(w, &d->dwork, FAR));
	say("mod of an armed one to now: %d", kthread_mod_delayed_work(w, &d->dwork, 0));
	kthread_flush_work(&d->dwork.work);
	say("runs=%d", atomic_read(&d->runs));
	kthread_destroy_worker(w);
}

void scenario_W36(void)
{
	struct kthread_worker *w = start_worker(0, "w36");
	struct delayed *a = delayed_new('A'), *b = delayed_new('B');
	struct gate g;

	log_reset();
	gate_close(&g, w);
	kthread_queue_delayed_work(w, &a->dwork, 0);
	kthread_queue_delayed_work(w, &b->dwork, 0);
	say("mod of a ready one to now: %d", kthread_mod_delayed_work(w, &a->dwork, 0));
	gate_open(&g);
	kthread_flush_worker(w);
	say("it goes to the tail: %s", log_text());

	log_reset();
	gate_close(&g, w);
	kthread_queue_delayed_work(w, &a->dwork, 0);
	kthread_queue_delayed_work(w, &b->dwork, 0);
	say("mod of a ready one to later: %d", kthread_mod_delayed_work(w, &a->dwork, FAR));
	gate_open(&g);
	kthread_flush_worker(w);
	say("it is armed: %s", log_text());
	say("cancel: %d", kthread_cancel_delayed_work_sync(&a->dwork));
	kthread_destroy_worker(w);
}

struct self {
	struct kthread_delayed_work dwork;
	struct kthread_worker *worker;
	atomic_t runs;
	struct completion entered, go;
	bool ret;
};

static void mods_itself(struct kthread_work *work)
{
	struct self *s = container_of(work, struct self, dwork.work);

	atomic_inc(&s->runs);
	complete(&s->entered);
	wait_for_completion(&s->go);
	s->ret = kthread_mod_delayed_work(s->worker, &s->dwork, FAR);
}

static struct self *self_start(struct kthread_worker *w)
{
	struct self *s = alloc(sizeof(*s));

	init_dwork(&s->dwork, mods_itself);
	s->worker = w;
	init_completion(&s->entered);
	init_completion(&s->go);
	kthread_queue_delayed_work(w, &s->dwork, 0);
	wait_for_completion(&s->entered);
	return s;
}

void scenario_W37(void)
{
	struct kthread_worker *w = start_worker(0, "w37");
	struct self *s = self_start(w);

	complete(&s->go);
	kthread_flush_worker(w);
	say("mod by the running work itself: %d, runs=%d", s->ret, atomic_read(&s->runs));
	say("it is armed: %d", kthread_cancel_delayed_work_sync(&s->dwork));
	kthread_destroy_worker(w);
}

void scenario_W11(void)
{
	struct kthread_worker *w = start_worker(0, "w11");
	struct self *s = self_start(w);
	struct call *c = call_start(do_cancel_delayed, &s->dwork);

	await_blocked(c->thread);
	say("mod during a cancel: %d", kthread_mod_delayed_work(w, &s->dwork, 1));
	say("queue during a cancel: %d", kthread_queue_delayed_work(w, &s->dwork, 1));
	complete(&s->go);
	say("the cancel: %ld", call_returns(c));
	say("mod by the work during it: %d", s->ret);
	say("pending afterwards: %d", kthread_cancel_delayed_work_sync(&s->dwork));
	say("runs=%d", atomic_read(&s->runs));
	kthread_destroy_worker(w);
}

struct storm {
	struct kthread_worker *worker;
	struct delayed *d;
	atomic_t end;
};

static long mods_until_end(void *arg)
{
	struct storm *s = arg;

	while (!atomic_read(&s->end)) {
		kthread_mod_delayed_work(s->worker, &s->d->dwork, 1);
		nap_ms(1);
	}
	return 0;
}

void scenario_W38(void)
{
	struct storm *s = alloc(sizeof(*s));
	struct call *c;
	int n, runs;

	s->worker = start_worker(0, "w38");
	s->d = delayed_new(0);
	c = call_start(mods_until_end, s);
	for (n = 0; n < 60; n++) {
		kthread_cancel_delayed_work_sync(&s->d->dwork);
		nap_ms(1);
	}
	atomic_set(&s->end, 1);
	call_returns(c);
	kthread_cancel_delayed_work_sync(&s->d->dwork);
	runs = atomic_read(&s->d->runs);
	nap_ms(20);
	say("mod against cancel and the timer: none hangs, idle at the end: %d",
	    runs == atomic_read(&s->d->runs) && !kthread_cancel_delayed_work_sync(&s->d->dwork));
	kthread_destroy_worker(s->worker);
}

void scenario_W39(void)
{
	struct kthread_worker *w = start_worker(0, "w39");
	struct delayed *d = delayed_new(0);
	struct call *c;
	struct gate g;

	gate_close(&g, w);
	kthread_queue_delayed_work(w, &d->dwork, 0);
	say("cancel of a ready one: %d", kthread_cancel_delayed_work_sync(&d->dwork));
	gate_open(&g);
	kthread_flush_worker(w);
	say("runs=%d", atomic_read(&d->runs));
	gate_close(&g, w);
	kthread_queue_delayed_work(w, &d->dwork, 0);
	c = call_start(do_flush_work, &d->dwork.work);
	await_blocked(c->thread);
	say("flush of a ready one waits: %d", call_waits(c));
	gate_open(&g);
	call_returns(c);
	say("runs=%d", atomic_read(&d->runs));
	kthread_destroy_worker(w);
}

void scenario_W40(void)
{
	struct kthread_worker *w = start_worker(0, "w40");
	struct delayed *a = delayed_new('A'), *b = delayed_new('B'), *c = delayed_new('C');

	log_reset();
	kthread_queue_delayed_work(w, &a->dwork, msecs_to_jiffies(120));
	kthread_queue_delayed_work(w, &b->dwork, msecs_to_jiffies(40));
	kthread_queue_delayed_work(w, &c->dwork, msecs_to_jiffies(80));
	kthread_flush_worker(w);
	say("flush_worker does not wait for armed ones: '%s'", log_text());
	AWAIT(strlen(log_text()) == 3);
	say("they run in the order of their times: %s", log_text());
	kthread_destroy_worker(w);
}

/* A delayed work on a worker that was created only. */
void scenario_W41(void)
{
	struct kthread_worker *w = kthread_create_worker(0, "w41");
	struct delayed *d = delayed_new(0);

	say("armed: %d", kthread_queue_delayed_work(w, &d->dwork, msecs_to_jiffies(20)));
	AWAIT(atomic_read(&d->runs) == 1);
	say("ran");
	kthread_destroy_worker(w);
}
