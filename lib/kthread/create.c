// SPDX-License-Identifier: GPL-2.0-only
/*
 * Creation. The creator ("kthreadd") makes all threads, so that they inherit from a clean thread
 * and not from the caller. A request is answered once, by the creator, as soon as the thread is
 * cloned and has a thread id, whether it has run or not: in a storm of creations a newborn may wait
 * long for a CPU, and its caller has the next one to ask for.
 *
 * A create that can be cancelled is answered by the new thread itself, and its request has two
 * owners, the caller and the answerer. The one that first changes `done` to its last value decides:
 * answered, and the thread is the caller's; or abandoned, then what the answerer has made is its
 * own to take down, and the caller is free at once.
 */
#include "lib/kthread/create.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/kthread/lock.h"
#include "lib/kthread/testing.h"

/* ---- cancelling ------------------------------------------------------------------------------ */

/* Return: false if it has been cancelled already. */
static bool cancel_watch(struct kthread_cancel *cancel, struct kt_create *c)
{
	bool wanted;

	kt_lock(&cancel->lock);
	wanted = !cancel->cancelled;
	if (wanted) {
		c->cancel_next = cancel->creates;
		cancel->creates = c;
	}
	kt_unlock(&cancel->lock);
	return wanted;
}

static void cancel_forget(struct kthread_cancel *cancel, struct kt_create *c)
{
	struct kt_create **p;

	kt_lock(&cancel->lock);
	for (p = &cancel->creates; *p != c; p = &(*p)->cancel_next)
		;
	*p = c->cancel_next;
	kt_unlock(&cancel->lock);
}

void kthread_cancel_create(struct kthread_cancel *cancel)
{
	struct kt_create *c;

	kt_lock(&cancel->lock);
	cancel->cancelled = true;
	/* Their callers cannot free them before the unlock. */
	for (c = cancel->creates; c; c = c->cancel_next)
		decide(c, DONE_ABANDONED);
	kt_unlock(&cancel->lock);
}

/* ---- the caller ------------------------------------------------------------------------------ */

/* Takes @name, also when it fails. */
static struct task_struct *create_thread(int (*threadfn)(void *data), void *data, char *name,
					 int node, struct kthread_cancel *cancel)
{
	uint32_t done;
	struct kt_create on_stack = { .done = DONE_NO };
	struct kt_create *c = &on_stack;
	struct kt_task *t = NULL;
	int ret = -ENOMEM;

	if (!name)
		goto fail;
	if (cancel) {
		c = KT_FAIL("request") ? NULL : malloc(sizeof(*c));
		if (!c)
			goto fail;
		*c = (struct kt_create){ .counted = true, .owners = 1 };
	}
	t = kt_task_alloc();
	if (!t)
		goto fail;
	t->is_kthread = true;
	t->threadfn = threadfn;
	t->data = data;
	t->node = node;
	t->result = -EINTR; /* until the function runs */
	t->phase = PHASE_UNINTERRUPTIBLE;
	snprintf(t->task.comm, sizeof(t->task.comm), "%s", name);
	if (strlen(name) >= sizeof(t->task.comm)) {
		t->full_name = name;
		name = NULL;
	}
	c->task = t;

	ret = kt_creator_start();
	if (!ret && cancel && !cancel_watch(cancel, c))
		ret = -EINTR;
	if (ret)
		goto fail;
	c->owners = 2;
	c->cpu = sched_getcpu();
	KT_DELAY("submit");
	done = kt_creator_wait(c, kt_creator_submit(c));
	if (cancel)
		cancel_forget(cancel, c);
	ret = done == DONE_ABANDONED ? -EINTR : c->err;
	if (done == DONE_ABANDONED)
		t = NULL;
	if (ret)
		goto fail;
	if (cancel)
		drop_request(c);
	free(name);
	USDT(kthread, create, t->task.pid, t->full_name ? t->full_name : t->task.comm, t->threadfn);
	return &t->task;
fail:
	free(name);
	if (t)
		kt_task_free(t);
	if (cancel && c)
		drop_request(c);
	return ERR_PTR(ret);
}

struct task_struct *kt_create_thread(int (*threadfn)(void *data), void *data, char *name, int node)
{
	return create_thread(threadfn, data, name, node, NULL);
}

char *kt_format_name(const char *namefmt, va_list ap)
{
	char *name;

	return KT_FAIL("name") || vasprintf(&name, namefmt, ap) < 0 ? NULL : name;
}

struct task_struct *kthread_create_on_node(int (*threadfn)(void *data), void *data, int node,
					   const char *namefmt, ...)
{
	va_list ap;
	char *name;

	node = kt_node_check(node, "kthread_create_on_node");
	va_start(ap, namefmt);
	name = kt_format_name(namefmt, ap);
	va_end(ap);
	return kt_create_thread(threadfn, data, name, node);
}

struct task_struct *kthread_create_cancellable(struct kthread_cancel *cancel,
					       int (*threadfn)(void *data), void *data,
					       const char *namefmt, ...)
{
	va_list ap;
	char *name;

	va_start(ap, namefmt);
	name = kt_format_name(namefmt, ap);
	va_end(ap);
	return create_thread(threadfn, data, name, NUMA_NO_NODE, cancel);
}

char *kt_format_cpu(const char *namefmt, unsigned int cpu)
{
	char *name;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	return KT_FAIL("name") || asprintf(&name, namefmt, cpu) < 0 ? NULL : name;
#pragma GCC diagnostic pop
}

struct task_struct *kthread_create_on_cpu(int (*threadfn)(void *data), void *data, unsigned int cpu,
					  const char *namefmt)
{
	struct task_struct *k;

	if (cpu >= KTHREAD_NR_CPUS || (long)cpu >= sysconf(_SC_NPROCESSORS_CONF))
		return ERR_PTR(-EINVAL);
	k = kt_create_thread(threadfn, data, kt_format_cpu(namefmt, cpu), kt_node_of_cpu(cpu));
	if (!IS_ERR(k))
		kthread_bind(k, cpu);
	return k;
}
