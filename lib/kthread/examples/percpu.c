// SPDX-License-Identifier: GPL-2.0-only
/*
 * One thread per CPU, each bound to its own. Parking them all gives a quiet moment in which
 * their figures belong together, as the kernel does around CPU hotplug.
 */
#include <kthread/kthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

struct percpu {
	struct task_struct *thread;
	int cpu;
	unsigned long rounds;	   /* what the thread counts */
	unsigned long strayed;	   /* rounds on another CPU */
	struct completion started; /* it has begun to count */
};

static int count_rounds(void *data)
{
	struct percpu *p = data;

	while (!kthread_should_stop()) {
		if (kthread_should_park())
			kthread_parkme(); /* returns at unpark, or because of stop */
		p->strayed += sched_getcpu() != p->cpu;
		if (!p->rounds++)
			complete(&p->started);
		schedule_timeout_interruptible(1);
	}
	return 0;
}

static int start(struct percpu *p, int cpu)
{
	p->cpu = cpu;
	init_completion(&p->started);
	p->thread = kthread_create_on_cpu(count_rounds, p, (unsigned int)cpu, "count/%u");
	if (IS_ERR(p->thread))
		return (int)PTR_ERR(p->thread);
	/* From now on unpark puts it back on its CPU, should anybody have moved it. */
	kthread_set_per_cpu(p->thread, cpu);
	wake_up_process(p->thread);
	wait_for_completion(&p->started);
	return kthread_bind_error(p->thread);
}

int main(void)
{
	struct percpu *set = calloc(CPU_SETSIZE, sizeof(*set));
	unsigned long before = 0, after = 0, strayed = 0;
	int i, nr = 0, cpu, err = 0;
	cpu_set_t allowed;

	if (!set || sched_getaffinity(0, sizeof(allowed), &allowed))
		return 1;
	for (cpu = 0; cpu < CPU_SETSIZE && !err; cpu++) {
		if (CPU_ISSET(cpu, &allowed))
			err = start(&set[nr++], cpu);
	}
	if (err && IS_ERR(set[nr - 1].thread))
		nr--;
	for (i = 0; i < nr && !err; i++)
		err = kthread_park(set[i].thread);
	/* Nobody counts now, so two readings agree, and plain reads see all of it. */
	for (i = 0; i < nr; i++)
		before += set[i].rounds;
	for (i = 0; i < nr; i++)
		after += set[i].rounds;
	for (i = 0; i < nr; i++) {
		kthread_unpark(set[i].thread);
		kthread_stop(set[i].thread);
		strayed += set[i].strayed;
	}
	free(set);
	printf("error %d, moved while parked: %lu, rounds on a foreign CPU: %lu\n", err,
	       after - before, strayed);
	return err || !before;
}
