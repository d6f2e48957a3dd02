// SPDX-License-Identifier: GPL-2.0-only
/* Handles: who am I, references, the handles of threads that libkthread did not make. */
#include "lib/kthread/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/kthread/testing.h"
#include "lib/kthread/worklog.h"

__thread struct kt_task *kt_self;
uint32_t kt_fork_nr;
uint32_t kt_spin_ns = KTHREAD_SPIN_NS;

#ifdef KT_TEST_BUILD
void (*kthread_test_delay)(const char *point);
int (*kthread_test_fail)(const char *what);
uint32_t kthread_test_second;
void (*kthread_test_event)(const char *name, ...);
#endif

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t foreign_key; /* drops the handle of an ending foreign thread */

static void foreign_exit(void *arg)
{
	kt_log_free(arg);
	kt_self = NULL;
	kt_put(arg);
}

static void make_foreign_key(void)
{
	pthread_key_create(&foreign_key, foreign_exit);
}

struct kt_task *kt_task_alloc(void)
{
	struct kt_task *t = KT_FAIL("task") ? NULL : aligned_alloc(64, sizeof(*t));

	if (!t)
		return NULL;
	*t = (struct kt_task){
		.task = { .tgid = getpid() },
		.refs = 1,
		.waker_cpu = -1,
		.spin_max_ns = __atomic_load_n(&kt_spin_ns, __ATOMIC_RELAXED),
		.per_cpu = -1,
		.notify_fd = -1,
		.node = NUMA_NO_NODE,
		.fork_nr = kt_fork_nr,
	};
	return t;
}

void kt_task_free(struct kt_task *t)
{
	if (t->notify_fd >= 0)
		syscall(SYS_close, t->notify_fd); /* no cancellation point */
	free(t->full_name);
	free(t->affinity);
	free(t->preferred);
	free(t);
}

struct kt_task *kt_current_foreign(void)
{
	struct kt_task *t;

	pthread_once(&once, make_foreign_key);
	t = kt_task_alloc();
	if (!t) {
		fprintf(stderr, "libkthread: no memory for the handle of a thread\n");
		abort();
	}
	t->task.pid = gettid();
	prctl(PR_GET_NAME, t->task.comm);
	t->slot = slot_self();
	pthread_setspecific(foreign_key, t);
	kt_self = t;
	return t;
}

struct task_struct *kthread_current(void)
{
	return &kt_current()->task;
}

void kt_get(struct kt_task *t)
{
	__atomic_fetch_add(&t->refs, 1, __ATOMIC_RELAXED);
}

/*
 * Nobody can ask for the result any more when the last reference goes, so a thread that was not
 * joined is detached: it cleans up after itself when it ends, or has ended. Thus no put ever waits.
 */
void kt_put(struct kt_task *t)
{
	/*
	 * Release: our use of the handle comes before its end; acquire: and the others' too. Model:
	 * exit.pml 7, 8
	 */
	if (__atomic_fetch_sub(&t->refs, 1, __ATOMIC_ACQ_REL) != 1)
		return;
	if (t->is_kthread && t->fork_nr == kt_fork_nr &&
	    !(__atomic_load_n(&t->phase, __ATOMIC_RELAXED) & PHASE_JOINED))
		pthread_detach(t->thread);
	kt_task_free(t);
}

struct task_struct *kthread_get_task(struct task_struct *p)
{
	kt_get(kt_task(p));
	return p;
}

void kthread_put_task(struct task_struct *p)
{
	kt_put(kt_task(p));
}

int kt_check_kthread(struct kt_task *t, const char *func)
{
	if (!t->is_kthread) {
		kthread_warn(KTHREAD_WARN_STOP_FOREIGN, "%s: thread %d is not a kthread", func,
			     t->task.pid);
		return -EINVAL;
	}
	if (t->fork_nr != kt_fork_nr) {
		kthread_warn(KTHREAD_WARN_DEAD_FORK, "%s: thread %d was left behind by fork()",
			     func, t->task.pid);
		return -ESRCH;
	}
	return 0;
}

bool kthread_is_kthread(struct task_struct *p)
{
	return kt_task(p)->is_kthread;
}

void *kthread_data(struct task_struct *k)
{
	return kt_task(k)->data;
}

void *kthread_probe_data(struct task_struct *k)
{
	return k && kt_task(k)->is_kthread ? kt_task(k)->data : NULL;
}

void *kthread_func(struct task_struct *k)
{
	return kt_task(k)->is_kthread ? (void *)kt_task(k)->threadfn : NULL;
}

void kthread_get_comm(char *buf, size_t size, struct task_struct *k)
{
	struct kt_task *t = kt_task(k);

	snprintf(buf, size, "%s", t->full_name ? t->full_name : t->task.comm);
}
