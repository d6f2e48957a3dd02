// SPDX-License-Identifier: GPL-2.0-only
#include "bench/arms/thread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static void *thread_main(void *arg)
{
	struct arm_thread *t = arg;
	arm_fn loop = t->loop;
	void *loop_arg = t->loop_arg;

	prctl(PR_SET_NAME, t->name);
	t->tid = gettid();
	if (t->on_start)
		t->on_start(t->start_arg);
	sem_post(&t->up); /* the name, at least, may be gone from here on */
	loop(loop_arg);
	return NULL;
}

int arm_thread_start(struct arm_thread *t, int cpu, const char *name, arm_fn on_start,
		     void *start_arg, arm_fn loop, void *loop_arg)
{
	pthread_attr_t attr;
	cpu_set_t set;
	int ret;

	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return -EINVAL;
	t->name = name;
	t->on_start = on_start;
	t->start_arg = start_arg;
	t->loop = loop;
	t->loop_arg = loop_arg;
	sem_init(&t->up, 0, 0);
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	ret = pthread_attr_init(&attr);
	if (ret)
		goto destroy_sem;
	ret = pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	if (!ret)
		ret = pthread_create(&t->handle, &attr, thread_main, t);
	pthread_attr_destroy(&attr);
	if (ret)
		goto destroy_sem;
	while (sem_wait(&t->up))
		;
destroy_sem:
	sem_destroy(&t->up);
	return -ret;
}

void arm_thread_join(struct arm_thread *t)
{
	pthread_join(t->handle, NULL);
}

int arm_thread_adopt(int cpu, const char *name)
{
	cpu_set_t set;

	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return -EINVAL;
	prctl(PR_SET_NAME, name);
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

void arm_sched_read(struct arm_sched *s)
{
	s->policy = sched_getscheduler(0);
	sched_getparam(0, &s->param);
	s->nice = getpriority(PRIO_PROCESS, 0);
}

int arm_sched_take(const struct arm_sched *s)
{
	if (sched_setscheduler(0, s->policy, &s->param))
		return -errno;
	/* Of a thread, on Linux. */
	return setpriority(PRIO_PROCESS, 0, s->nice) ? -errno : 0;
}

void *arm_alloc(size_t size)
{
	void *p;

	size = (size + 63) & ~(size_t)63;
	p = aligned_alloc(64, size);
	if (p)
		memset(p, 0, size);
	return p;
}
