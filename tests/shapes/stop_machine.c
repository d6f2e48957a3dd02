// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shaped like the stoppers of CPUs: a set of per-CPU threads, each with a queue of works; one CPU
 * can be made to call a function, or all of them at the same time, in lockstep, one doing the work.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/smpboot.h>
#include <linux/spinlock.h>
#include <linux/threads.h>

struct stop_done {
	atomic_t nr_todo;
	int ret;
	struct completion completion;
};

struct stop_work {
	struct list_head list;
	int (*fn)(void *arg);
	void *arg;
	struct stop_done *done;
};

struct stopper {
	struct task_struct *thread;
	spinlock_t lock;
	bool enabled;
	struct list_head works;
	struct stop_work work; /* for all CPUs at once */
};

static struct stopper stoppers[NR_CPUS];
static DEFINE_PER_CPU(struct task_struct *, threads);
static unsigned int nr_parked;

static bool queue_stop(unsigned int cpu, struct stop_work *work)
{
	struct stopper *s = &stoppers[cpu];
	bool enabled;

	spin_lock_irq(&s->lock);
	enabled = s->enabled;
	if (enabled)
		list_add_tail(&work->list, &s->works);
	spin_unlock_irq(&s->lock);
	if (enabled)
		wake_up_process(per_cpu(threads, cpu));
	else if (atomic_dec_and_test(&work->done->nr_todo))
		complete(&work->done->completion);
	return enabled;
}

static int stop_cpus(const struct cpumask *cpus, int (*fn)(void *arg), void *arg)
{
	struct stop_done done = { .ret = -ENOENT };
	unsigned int cpu;

	init_completion(&done.completion);
	atomic_set(&done.nr_todo, cpumask_weight(cpus));
	for_each_cpu (cpu, cpus) {
		stoppers[cpu].work = (struct stop_work){ .fn = fn, .arg = arg, .done = &done };
		queue_stop(cpu, &stoppers[cpu].work);
	}
	wait_for_completion(&done.completion);
	return done.ret;
}

/* ---- the threads ----------------------------------------------------------------------------- */
static int should_run(unsigned int cpu)
{
	struct stopper *s = &stoppers[cpu];
	int run;

	spin_lock_irq(&s->lock);
	run = !list_empty(&s->works);
	spin_unlock_irq(&s->lock);
	return run;
}

static void run_works(unsigned int cpu)
{
	struct stopper *s = &stoppers[cpu];
	struct stop_work *work = NULL;

	spin_lock_irq(&s->lock);
	if (!list_empty(&s->works)) {
		work = list_first_entry(&s->works, struct stop_work, list);
		list_del_init(&work->list);
	}
	spin_unlock_irq(&s->lock);
	if (work) {
		struct stop_done *done = work->done;
		int ret = work->fn(work->arg);

		if (ret >= 0)
			WRITE_ONCE(done->ret, ret);
		if (atomic_dec_and_test(&done->nr_todo))
			complete(&done->completion);
	}
}

static void stopper_create(unsigned int cpu)
{
	stoppers[cpu].thread = per_cpu(threads, cpu);
	sched_set_fifo_low(stoppers[cpu].thread);
}

static void stopper_park(unsigned int cpu)
{
	WARN_ON(!list_empty(&stoppers[cpu].works));
	nr_parked++;
}

static void stopper_unpark(unsigned int cpu)
{
	stoppers[cpu].enabled = true;
}

static struct smp_hotplug_thread stopper_threads = {
	.store = &threads,
	.thread_should_run = should_run,
	.thread_fn = run_works,
	.create = stopper_create,
	.setup = stopper_unpark,
	.park = stopper_park,
	.unpark = stopper_unpark,
	.selfparking = true,
	.thread_comm = "migration/%u",
};

/* ---- all at once, in steps ------------------------------------------------------------------- */
enum step { STEP_BEGIN, STEP_PREPARE, STEP_RUN, STEP_EXIT };

struct lockstep {
	int (*fn)(void *data);
	void *data;
	unsigned int nr_threads;
	const struct cpumask *active;
	int step;
	atomic_t ack;
};

static void set_step(struct lockstep *l, int step)
{
	atomic_set(&l->ack, l->nr_threads);
	WRITE_ONCE(l->step, step);
}

static int run_in_step(void *arg)
{
	struct lockstep *l = arg;
	int ret = 0, step, now = STEP_BEGIN;

	do {
		step = READ_ONCE(l->step);
		if (step == now) {
			cond_resched();
			continue;
		}
		now = step;
		if (now == STEP_RUN && cpumask_test_cpu(smp_processor_id(), l->active))
			ret = l->fn(l->data);
		if (atomic_dec_and_test(&l->ack) && now != STEP_EXIT)
			set_step(l, now + 1);
	} while (now != STEP_EXIT);
	return ret ? ret : -1;
}

static int stop_all(int (*fn)(void *data), void *data)
{
	struct lockstep l = {
		.fn = fn,
		.data = data,
		.nr_threads = num_online_cpus(),
		.active = cpumask_of(cpumask_first(cpu_online_mask)),
	};

	set_step(&l, STEP_PREPARE);
	return stop_cpus(cpu_online_mask, run_in_step, &l);
}

static int which_cpu(void *unused)
{
	(void)unused;
	return smp_processor_id();
}

static int count(void *data)
{
	return ++*(int *)data;
}

static int __init stopper_init(void)
{
	unsigned int cpu, wrong = 0;
	int runs = 0, ret;

	for_each_possible_cpu (cpu) {
		spin_lock_init(&stoppers[cpu].lock);
		INIT_LIST_HEAD(&stoppers[cpu].works);
	}
	ret = smpboot_register_percpu_thread(&stopper_threads);
	if (ret)
		return ret;
	/* They are parked: they park themselves, and so it is ours to let them go. */
	for_each_online_cpu (cpu) {
		stoppers[cpu].enabled = true;
		kthread_unpark(stoppers[cpu].thread);
	}
	for_each_online_cpu (cpu)
		wrong += stop_cpus(cpumask_of(cpu), which_cpu, NULL) != (int)cpu;
	pr_info("on the wrong CPU: %u\n", wrong);
	ret = stop_all(count, &runs);
	pr_info("all at once: returned %d, ran %d times\n", ret, runs);

	cpu = cpumask_last(cpu_online_mask);
	stoppers[cpu].enabled = false;
	pr_info("of a CPU that is off: %d\n",
		stop_cpus(cpumask_of(cpu), which_cpu, NULL) == -ENOENT);
	return 0;
}

static void __exit stopper_exit(void)
{
	smpboot_unregister_percpu_thread(&stopper_threads);
}

module_init(stopper_init);
module_exit(stopper_exit);
MODULE_LICENSE("GPL");
