// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shaped like a packet generator: one bound thread per CPU, made on the CPU's node, told by flags
 * what to do; while it sends it looks whether to give way, and waits exactly between two packets.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/freezer.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/topology.h>
#include <linux/types.h>
#include <linux/wait.h>

#define CONTROL_RUN  1U
#define CONTROL_STOP 2U

struct generator {
	struct task_struct *task;
	wait_queue_head_t queue;
	u32 control;
	struct completion started, finished;
	int cpu;
	u32 left;
	u64 sent, resched, early, elsewhere;
	ktime_t next;
};

static DEFINE_PER_CPU(struct generator, generators);

/* Short waits are spun, long ones slept. */
static void wait_until(struct generator *g, ktime_t at)
{
	ktime_t now = ktime_get();
	s64 left = ktime_to_ns(ktime_sub(at, now));

	if (left <= 0)
		return;
	if (left < 100000) {
		ndelay(left);
	} else {
		set_current_state(TASK_INTERRUPTIBLE);
		schedule_hrtimeout(&at, HRTIMER_MODE_ABS);
		if (ktime_before(ktime_get(), at) && !kthread_should_stop())
			g->early++;
	}
}

static void give_way(struct generator *g)
{
	if (need_resched())
		schedule();
	else
		cond_resched();
	g->resched++;
}

static void transmit(struct generator *g)
{
	wait_until(g, g->next);
	g->elsewhere += smp_processor_id() != (unsigned int)g->cpu;
	g->sent++;
	g->next = ktime_add_us(g->next, g->sent % 4 ? 50 : 300);
	if (!--g->left) {
		WRITE_ONCE(g->control, READ_ONCE(g->control) & ~CONTROL_RUN);
		complete(&g->finished);
	}
	give_way(g);
}

static int generator_thread(void *arg)
{
	struct generator *g = arg;

	WARN_ON_ONCE(smp_processor_id() != (unsigned int)g->cpu);
	set_freezable();
	complete(&g->started);
	while (!kthread_should_stop()) {
		if (READ_ONCE(g->control) & CONTROL_RUN) {
			transmit(g);
			continue;
		}
		if (READ_ONCE(g->control) & CONTROL_STOP)
			break;
		wait_event_freezable_timeout(g->queue, READ_ONCE(g->control) != 0, HZ / 10);
	}
	/* Whoever stops us must find us. */
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return g->sent == 40;
}

static int make_generator(int cpu)
{
	struct generator *g = &per_cpu(generators, cpu);
	struct task_struct *p;

	g->cpu = cpu;
	init_waitqueue_head(&g->queue);
	init_completion(&g->started);
	init_completion(&g->finished);
	p = kthread_create_on_node(generator_thread, g, cpu_to_node(cpu), "kgend_%d", cpu);
	if (IS_ERR(p))
		return PTR_ERR(p);
	kthread_bind(p, cpu);
	g->task = p;
	wake_up_process(p);
	wait_for_completion(&g->started);
	return 0;
}

static int __init generators_init(void)
{
	u64 early = 0, elsewhere = 0, sent = 0;
	int cpu, ret;

	for_each_online_cpu (cpu) {
		ret = make_generator(cpu);
		if (ret)
			return ret;
	}
	for_each_online_cpu (cpu) {
		struct generator *g = &per_cpu(generators, cpu);

		g->left = 40;
		g->next = ktime_add_us(ktime_get(), 50);
		WRITE_ONCE(g->control, CONTROL_RUN);
		wake_up(&g->queue);
	}
	for_each_online_cpu (cpu) {
		struct generator *g = &per_cpu(generators, cpu);

		wait_for_completion(&g->finished);
		sent += g->sent;
		early += g->early;
		elsewhere += g->elsewhere;
	}
	pr_info("each CPU sent %u, early %u, elsewhere %u\n",
		(unsigned int)sent / num_online_cpus(), (unsigned int)early,
		(unsigned int)elsewhere);
	return 0;
}

static void __exit generators_exit(void)
{
	unsigned int ended = 0;
	int cpu;

	for_each_online_cpu (cpu) {
		WRITE_ONCE(per_cpu(generators, cpu).control, CONTROL_STOP);
		ended += kthread_stop(per_cpu(generators, cpu).task) == 1;
	}
	pr_info("all ended well: %d\n", ended == num_online_cpus());
}

module_init(generators_init);
module_exit(generators_exit);
MODULE_LICENSE("GPL");
