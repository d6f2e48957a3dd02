// SPDX-License-Identifier: GPL-2.0-only
/* Creation: not started yet, named, in a clean environment; and without its creator. */
#include "scenario.h"

void scenario_C1(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_create(actor_fn, a, "c1");

	nap_ms(20);
	say("before the wake: runs=%d %s", atomic_read(&a->runs), state_name(k));
	say("wake: %d", wake_up_process(k));
	AWAIT(atomic_read(&a->loops) > 0);
	say("after it: runs=%d", atomic_read(&a->runs));
	say("stop: %s", err(kthread_stop(k)));
}

static void show_name(struct task_struct *k)
{
	char name[TASK_COMM_LEN];

	memcpy(name, k->comm, sizeof(name));
	name[sizeof(name) - 1] = 0;
	say("'%s'", name);
	kthread_stop(k);
}

void scenario_C2(void)
{
	struct actor *a = actor_new();

	show_name(kthread_create(actor_fn, a, "n%d-%s", 7, "x"));
	show_name(kthread_create(actor_fn, a, "fifteen-letters"));
	show_name(kthread_create(actor_fn, a, "sixteen--letters"));
	show_name(kthread_create(actor_fn, a, "%s", "a name that is longer than forty characters"));
	show_name(kthread_create(actor_fn, a, "%s", "100%d"));
}

void scenario_C3(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_run(actor_fn, a, "c3");

	AWAIT(atomic_read(&a->runs) == 1);
	say("runs=%d stop: %s", atomic_read(&a->runs), err(kthread_stop(k)));
}

void scenario_C4(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = kthread_create_on_node(actor_fn, a, 0, "c4/%d", 0);

	wake_up_process(k);
	AWAIT(atomic_read(&a->runs) == 1);
	say("on node 0: runs=%d stop: %s", atomic_read(&a->runs), err(kthread_stop(k)));
}

void scenario_C5(void)
{
#if SINCE(5, 17)
	struct actor *a = actor_new();
	struct task_struct *k = kthread_create_on_cpu(actor_fn, a, last_cpu(), "c5");

	nap_ms(20);
	say("before the wake: runs=%d %s, CPUs %d", atomic_read(&a->runs), state_name(k),
	    nr_bound(k));
	wake_up_process(k);
	AWAIT(atomic_read(&a->loops) > 0);
	say("on its CPU: %d", a->cpu == last_cpu());
	say("stop: %s", err(kthread_stop(k)));
#else
	absent();
#endif
}

void scenario_C6(void)
{
#if SINCE(5, 17)
	struct actor *a = actor_new();
	struct task_struct *k = kthread_run_on_cpu(actor_fn, a, last_cpu(), "c6/%u");
	char want[TASK_COMM_LEN];

	AWAIT(atomic_read(&a->loops) > 0);
	snprintf(want, sizeof(want), "c6/%d", last_cpu());
	say("on its CPU: %d, named after it: %d", a->cpu == last_cpu(), !strcmp(k->comm, want));
	say("stop: %s", err(kthread_stop(k)));
#else
	absent();
#endif
}

/* ---- nothing of the creator leaks in --------------------------------------------------------- */
static atomic_t looked;

static int look_around(void *data)
{
	say("policy normal: %d, nice %d, bound: %d", policy_is_normal(), nice_of_current(),
	    nr_bound(current) == 1 && last_cpu() > 0);
	atomic_set(&looked, 1);
	return actor_fn(data);
}

static int odd_creator(void *data)
{
	struct task_struct *k;

	set_nice_of_current(5);
	set_affinity_of_current(last_cpu());
	say("the creator: nice %d, CPUs %d", nice_of_current(), nr_bound(current));
	k = kthread_run(look_around, data, "c7-child");
	AWAIT(atomic_read(&looked));
	kthread_stop(k);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

void scenario_C7(void)
{
	struct task_struct *k = kthread_run(odd_creator, actor_new(), "c7");

	AWAIT(atomic_read(&looked));
	kthread_stop(k);
	atomic_set(&looked, 0);
}

void scenario_L17(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = actor_run(a, "l17");
	int loops;

	send_term(k);
	loops = atomic_read(&a->loops);
	AWAIT(atomic_read(&a->loops) > loops + 3);
	say("after a signal it goes on, stop: %s", err(kthread_stop(k)));
}

void scenario_L11(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = NULL;
	int n;

	/* A create that is faster than the kill is legal. */
	for (n = 0; n < 1000; n++) {
		k = create_killed(actor_fn, a);
		if (IS_ERR(k))
			break;
		kthread_stop(k);
	}
	say("a killed creator gets: %s", IS_ERR(k) ? err(PTR_ERR(k)) : "a thread");
	nap_ms(20);
	say("runs=%d", atomic_read(&a->runs));
}

static long creates_and_stops(void *arg)
{
	long sum = 0;
	int n;

	for (n = 0; n < 5; n++) {
		struct task_struct *k = kthread_create(actor_fn, arg, "l14/%d", n);

		kthread_park(k);
		sum += kthread_stop(k);
	}
	return sum;
}

void scenario_L14(void)
{
	struct call *c[8];
	long sum = 0;
	int i;

	for (i = 0; i < 8; i++)
		c[i] = call_start(creates_and_stops, actor_new());
	for (i = 0; i < 8; i++)
		sum += call_returns(c[i]);
	say("8 creators at once, results of 40 threads: %ld", sum);
}

/* ---- from where one may create --------------------------------------------------------------- */
static int creates_one(void *data)
{
	struct task_struct *k = kthread_run(actor_fn, data, "l13-inner");

	AWAIT(atomic_read(&((struct actor *)data)->runs) == 1);
	return kthread_stop(k);
}

struct creating_work {
	struct kthread_work work;
	struct actor *a;
	int ret;
};

static void creates_one_fn(struct kthread_work *work)
{
	struct creating_work *c = container_of(work, struct creating_work, work);

	c->ret = creates_one(c->a);
}

static long stop_creator(void *data)
{
	struct task_struct *k = kthread_create(creates_one, data, "l13");
	long ret;

	get_task_struct(k);
	wake_up_process(k);
	AWAIT(has_exited(k));
	ret = kthread_stop(k);
	put_task_struct(k);
	return ret;
}

void scenario_L13(void)
{
	struct creating_work *c = alloc(sizeof(*c));
	struct kthread_worker *w = start_worker(0, "l13-worker");

	say("from a kthread: %s", err(stop_creator(actor_new())));
	kthread_init_work(&c->work, creates_one_fn);
	c->a = actor_new();
	kthread_queue_work(w, &c->work);
	kthread_flush_work(&c->work);
	say("from a work: %s", err(c->ret));
	kthread_destroy_worker(w);
}

void scenario_L8(void)
{
	struct actor *a = actor_new();
	struct task_struct *k = actor_run(a, "l8");

	get_task_struct(k);
	say("data: %d func: %d", kthread_data(k) == a, kthread_func(k) == (void *)actor_fn);
	kthread_stop(k);
	say("after the end: data: %d func: %d", kthread_data(k) == a,
	    kthread_func(k) == (void *)actor_fn);
	put_task_struct(k);
}
