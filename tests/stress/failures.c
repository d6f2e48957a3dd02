// SPDX-License-Identifier: GPL-2.0-only
/*
 * failures: every allocation and every pthread_create() of an operation fails, one at a time: the
 * operation gives the right error, leaves no memory and no thread behind, and works when it is
 * tried again. Each failure in a fresh process, so that the creator's start is among them.
 *
 * The library's calls are diverted by the linker (--wrap), so that none can be forgotten.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/wait.h>

#include "stress.h"

/* ---- what the library calls ---- */
static int fail_at = -1; /* the call that fails, counted from 0 */
static int calls, live;
static int injected; /* the error that was */

static bool fails(int err)
{
	if (__atomic_fetch_add(&calls, 1, __ATOMIC_SEQ_CST) != fail_at)
		return false;
	injected = err;
	return true;
}

static void *counted(void *p)
{
	if (p)
		__atomic_fetch_add(&live, 1, __ATOMIC_SEQ_CST);
	return p;
}

#define WRAP(type, name, params, args, failed)                                     \
	type __real_##name params;                                                 \
	type __wrap_##name params;                                                 \
	type __wrap_##name params                                                  \
	{                                                                          \
		return fails(ENOMEM) ? failed : (type)counted(__real_##name args); \
	}
WRAP(void *, malloc, (size_t size), (size), NULL)
WRAP(void *, calloc, (size_t nr, size_t size), (nr, size), NULL)
WRAP(void *, aligned_alloc, (size_t align, size_t size), (align, size), NULL)
WRAP(char *, strdup, (const char *s), (s), NULL)

void __real_free(void *p);
void __wrap_free(void *p);
void __wrap_free(void *p)
{
	if (p)
		__atomic_fetch_sub(&live, 1, __ATOMIC_SEQ_CST);
	__real_free(p);
}

int __real_vasprintf(char **s, const char *fmt, va_list ap);
int __wrap_vasprintf(char **s, const char *fmt, va_list ap);
int __wrap_vasprintf(char **s, const char *fmt, va_list ap)
{
	int n = fails(ENOMEM) ? -1 : __real_vasprintf(s, fmt, ap);

	if (n >= 0)
		counted(*s);
	return n;
}

int __wrap_asprintf(char **s, const char *fmt, ...);
int __wrap_asprintf(char **s, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = __wrap_vasprintf(s, fmt, ap);
	va_end(ap);
	return n;
}

int __real_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*fn)(void *), void *arg)
{
	return fails(EAGAIN) ? EAGAIN : __real_pthread_create(t, a, fn, arg);
}

/* ---- the operations: do, undo. Return: 0 or the error ---- */
static long stop(struct task_struct *k)
{
	if (IS_ERR(k))
		return PTR_ERR(k);
	return kthread_stop(k) == -EINTR ? 0 : -EPROTO;
}

static long create(void)
{
	return stop(kthread_create(until_stop, NULL, "short"));
}

static long create_long_name(void)
{
	return stop(kthread_create(until_stop, NULL, "%s", "a name of more than fifteen bytes"));
}

static long create_on_cpu(void)
{
	struct task_struct *k = kthread_create_on_cpu(until_stop, NULL, 0, "on-cpu/%u");
	long err = IS_ERR(k) ? 0 : kthread_bind_error(k);

	return err ? stop(k), err : stop(k);
}

static long bind_mask(void)
{
	struct task_struct *k = kthread_create(until_stop, NULL, "bind");
	struct cpumask mask;
	long err;

	if (IS_ERR(k))
		return PTR_ERR(k);
	cpumask_setall(&mask);
	kthread_bind_mask(k, &mask);
	err = kthread_bind_error(k);
	return stop(k) ?: err;
}

static long worker(void)
{
	struct kthread_worker *w = kthread_run_worker(0, "worker");

	if (IS_ERR(w))
		return PTR_ERR(w);
	kthread_destroy_worker(w);
	return 0;
}

static long worker_on_cpu(void)
{
	struct kthread_worker *w = kthread_create_worker_on_cpu(0, 0, "worker-on-cpu-number/%u");
	long err;

	if (IS_ERR(w))
		return PTR_ERR(w);
	err = kthread_bind_error(w->task);
	kthread_destroy_worker(w);
	return err;
}

static void quiet(enum kthread_warning w, const char *text)
{
	(void)w;
	(void)text;
}

enum { CHILD_OK, CHILD_BAD, CHILD_NO_SUCH_CALL };

static int child(long (*op)(void), int nr)
{
	unsigned int threads = nr_threads();
	int before = live;
	long err, again;

	kthread_warn_hook(quiet);
	fail_at = nr;
	err = op();
	fail_at = -1;
	if (!injected)
		return err ? CHILD_BAD : CHILD_NO_SUCH_CALL;
	if (err != -injected || live != before || nr_threads() > threads + 1) {
		printf("call %d: error %ld for %d, %d left in memory, %u threads\n", nr, err,
		       injected, live - before, nr_threads());
		return CHILD_BAD;
	}
	again = op();
	if (again || live != before || !WAIT_UNTIL(nr_threads() == threads + 1)) {
		printf("after call %d: error %ld, %d left in memory, %u threads\n", nr, again,
		       live - before, nr_threads());
		return CHILD_BAD;
	}
	return CHILD_OK;
}

/* Return: how many failures were injected, all answered as they must be; -1: one was not */
static int every_failure(long (*op)(void))
{
	int nr, status;
	pid_t pid;

	for (nr = 0; nr < 100; nr++) {
		fflush(NULL);
		pid = fork();
		if (!pid) {
			alarm(60);
			status = child(op, nr);
			fflush(NULL);
			_exit(status);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
		    WEXITSTATUS(status) == CHILD_BAD)
			return -1;
		if (WEXITSTATUS(status) == CHILD_NO_SUCH_CALL)
			return nr;
	}
	return -1;
}

int main(void)
{
	static const struct {
		const char *name;
		long (*op)(void);
		int least; /* name, task, creator, thread; and what the operation adds */
	} ops[] = {
		{ "kthread_create", create, 4 },
		{ "kthread_create with a long name", create_long_name, 4 },
		{ "kthread_create_on_cpu", create_on_cpu, 5 },
		{ "kthread_bind_mask", bind_mask, 5 },
		{ "kthread_run_worker", worker, 5 },
		{ "kthread_create_worker_on_cpu", worker_on_cpu, 6 },
	};
	unsigned int i;
	int n;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		n = every_failure(ops[i].op);
		if (n >= 0)
			printf("failures: %s: %d calls failed in turn\n", ops[i].name, n);
		stress_check(n >= ops[i].least, ops[i].name);
	}
	return stress_end();
}
