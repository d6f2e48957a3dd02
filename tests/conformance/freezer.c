// SPDX-License-Identifier: GPL-2.0-only
/* The freezer, as far as a module reaches it: control groups freeze kthreads, too. */
#include "scenario.h"

struct freezable {
	atomic_t loops, thaws;
	bool ask;	 /* set_freezable()? */
	bool try;	 /* try_to_freeze(), not kthread_freezable_should_stop() */
	bool was_frozen; /* at the last look */
};

static bool look(struct freezable *f)
{
	bool stop;

	if (f->try) {
		f->was_frozen = try_to_freeze();
		stop = kthread_should_stop();
	} else {
		stop = kthread_freezable_should_stop(&f->was_frozen);
	}
	if (f->was_frozen)
		atomic_inc(&f->thaws);
	return stop;
}

static int freezable_fn(void *data)
{
	struct freezable *f = data;

	if (f->ask)
		set_freezable();
	while (!look(f)) {
		atomic_inc(&f->loops);
		schedule_timeout_interruptible(1);
	}
	return RESULT;
}

static struct task_struct *freezable_run(struct freezable *f, const char *name)
{
	struct task_struct *k = kthread_run(freezable_fn, f, "%s", name);
	int ret;

	AWAIT(atomic_read(&f->loops) > 0);
	ret = freeze_prepare(k);
	if (ret)
		say("cannot prepare: %s", err(ret));
	return k;
}

static bool stands_still(struct freezable *f)
{
	int loops = atomic_read(&f->loops);

	nap_ms(40);
	return loops == atomic_read(&f->loops);
}

static void await_loop(struct freezable *f)
{
	int loops = atomic_read(&f->loops);

	AWAIT(atomic_read(&f->loops) > loops + 1);
}

void scenario_F1(void)
{
	struct freezable *f = alloc(sizeof(*f));
	struct task_struct *k;

	f->ask = true;
	k = freezable_run(f, "f1");
	say("freeze: %d", freeze_now());
	say("stands still: %d", stands_still(f));
	say("thaw: %d", thaw_now());
	AWAIT(atomic_read(&f->thaws) == 1);
	await_loop(f);
	say("it was told that it froze; stop: %s", err(kthread_stop(k)));
}

void scenario_F2(void)
{
	struct freezable *f = alloc(sizeof(*f));
	struct task_struct *k;
	struct call *c;

	f->ask = true;
	k = freezable_run(f, "f2");
	say("freeze: %d", freeze_now());
	c = call_start(do_stop, k);
	call_say(c, "stop of a frozen one");
	thaw_now();
	call_returns(c);
	say("was frozen: %d", f->was_frozen);
}

void scenario_F3(void)
{
	struct freezable *f = alloc(sizeof(*f));
	struct task_struct *k = freezable_run(f, "f3");

	freeze_now();
	await_loop(f);
	say("not asked to be freezable: goes on");
	thaw_now();
	say("stop: %s", err(kthread_stop(k)));
	say("ever frozen: %d", atomic_read(&f->thaws));
}

void scenario_F4(void)
{
	struct freezable *f = alloc(sizeof(*f));
	struct task_struct *k;
	struct call *c;

	f->ask = true;
	f->try = true;
	k = freezable_run(f, "f4");
	say("freeze: %d", freeze_now());
	say("stands still: %d", stands_still(f));
	c = call_start(do_stop, k);
	await_blocked(c->thread);
	say("stop of one in try_to_freeze waits: %d", call_waits(c));
	thaw_now();
	say("for the thaw: %s", err(call_returns(c)));
	say("was frozen: %d", f->was_frozen);
}

static void work_under_freeze(unsigned int flags, bool runs)
{
	struct kthread_worker *w = start_worker(flags, "f5");
	struct counted *c = counted_new(0);

	kthread_queue_work(w, &c->work);
	kthread_flush_work(&c->work);
	freeze_prepare(w->task);
	freeze_now();
	say("queue while frozen: %d", kthread_queue_work(w, &c->work));
	if (runs)
		AWAIT(atomic_read(&c->runs) == 2);
	else
		nap_ms(40);
	say("runs=%d", atomic_read(&c->runs));
	thaw_now();
	kthread_flush_work(&c->work);
	say("after the thaw: runs=%d", atomic_read(&c->runs));
	kthread_destroy_worker(w);
}

void scenario_W21(void)
{
	work_under_freeze(KTW_FREEZABLE, false);
}

void scenario_F5(void)
{
	work_under_freeze(0, true);
}
