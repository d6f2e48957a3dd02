/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_KTHREAD_TEST_H
#define KT_TESTS_KTHREAD_TEST_H
/* What the tests of libkthread share: looks at threads, and the usual thread functions. */
#include <kthread/kthread.h>

#include <dirent.h>

#include "tests/unit/await.h"

/*
 * A look at what changes under a lock of the library's, without that lock; not for the thread
 * sanitizer.
 */
static __attribute__((no_sanitize("thread"), noinline, unused)) uint64_t
peek(const volatile void *p, size_t size)
{
	switch (size) {
	case 1:
		return *(const volatile uint8_t *)p;
	case 4:
		return *(const volatile uint32_t *)p;
	default:
		return *(const volatile uint64_t *)p;
	}
}
#define PEEK(x) peek(&(x), sizeof(x))

/* A thread that counts its starts in *data and then waits to be stopped, parking when asked. */
static inline int until_stop(void *data)
{
	unsigned int *starts = data;

	if (starts)
		ADD(*starts);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		if (kthread_should_park())
			kthread_parkme();
		else
			schedule();
	}
	__set_current_state(TASK_RUNNING);
	return 42;
}

/* A thread that counts in *data without ever sleeping, except to park. */
static inline int counting(void *data)
{
	unsigned int *n = data;

	while (!kthread_should_stop()) {
		ADD(*n);
		if (kthread_should_park())
			kthread_parkme();
	}
	return 7;
}

static inline unsigned int nr_threads(void)
{
	DIR *d = opendir("/proc/self/task");
	unsigned int n = 0;
	struct dirent *e;

	while (d && (e = readdir(d)))
		n += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

/* Pages of address space: what leaked stacks show up in. */
static inline long vm_pages(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long pages = 0;

	if (f && fscanf(f, "%ld", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages;
}
#endif
