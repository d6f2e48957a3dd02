/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_STRESS_COUNTED_H
#define KT_TESTS_STRESS_COUNTED_H
/*
 * The library's calls for memory, threads, descriptors and affinity, diverted by the linker
 * (--wrap, see tests/room.mk), so that none can be forgotten: counted, and made to fail one at a
 * time. What the C library takes for itself is not counted: its caches grow and shrink as they
 * like.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>

/* What was taken and not given back. */
static long live_blocks, live_bytes;

/* The call that fails, counted from 0; none: -1. What it was, and the error it gave. */
static int fail_at = -1;
static int nr_calls;
static const char *failed_call;
static int failed_err;

static bool fails(const char *call, int err)
{
	if (__atomic_fetch_add(&nr_calls, 1, __ATOMIC_SEQ_CST) != fail_at)
		return false;
	failed_call = call;
	failed_err = err;
	errno = err;
	return true;
}

static void *counted(void *p)
{
	if (p) {
		__atomic_fetch_add(&live_blocks, 1, __ATOMIC_SEQ_CST);
		__atomic_fetch_add(&live_bytes, (long)malloc_usable_size(p), __ATOMIC_SEQ_CST);
	}
	return p;
}

#define WRAP(type, name, params, args, err, failed, seen)                     \
	type __real_##name params;                                            \
	type __wrap_##name params;                                            \
	type __wrap_##name params                                             \
	{                                                                     \
		return fails(#name, err) ? failed : seen(__real_##name args); \
	}
#define WRAP_AS_IS(x) (x)
WRAP(void *, malloc, (size_t size), (size), ENOMEM, NULL, counted)
WRAP(void *, calloc, (size_t nr, size_t size), (nr, size), ENOMEM, NULL, counted)
WRAP(void *, aligned_alloc, (size_t align, size_t size), (align, size), ENOMEM, NULL, counted)
WRAP(char *, strdup, (const char *s), (s), ENOMEM, NULL, counted)
WRAP(int, eventfd, (unsigned int count, int flags), (count, flags), EMFILE, -1, WRAP_AS_IS)
WRAP(int, pthread_create, (pthread_t * t, const pthread_attr_t *a, void *(*fn)(void *), void *arg),
     (t, a, fn, arg), EAGAIN, EAGAIN, WRAP_AS_IS)

void __real_free(void *p);
void __wrap_free(void *p);
void __wrap_free(void *p)
{
	if (p) {
		__atomic_fetch_sub(&live_blocks, 1, __ATOMIC_SEQ_CST);
		__atomic_fetch_sub(&live_bytes, (long)malloc_usable_size(p), __ATOMIC_SEQ_CST);
	}
	__real_free(p);
}

int __real_vasprintf(char **s, const char *fmt, va_list ap);
int __wrap_vasprintf(char **s, const char *fmt, va_list ap);
int __wrap_vasprintf(char **s, const char *fmt, va_list ap)
{
	int n = fails("vasprintf", ENOMEM) ? -1 : __real_vasprintf(s, fmt, ap);

	if (n >= 0)
		counted(*s);
	return n;
}

int __real_asprintf(char **s, const char *fmt, ...);
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

/*
 * Of the system calls only a thread's affinity, when another thread sets it, may well be refused.
 */
long __real_syscall(long nr, ...);
long __wrap_syscall(long nr, ...);
long __wrap_syscall(long nr, ...)
{
	long a[6];
	va_list ap;
	int i;

	va_start(ap, nr);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (nr == SYS_sched_setaffinity && a[0] && fails("sched_setaffinity", EPERM))
		return -1;
	return __real_syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}
#endif
