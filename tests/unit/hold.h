/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_HOLD_H
#define KT_TESTS_HOLD_H
/*
 * Windows held open: the first thread that comes to a marked point of the library (KT_DELAY) stays
 * there until the scenario lets it go on, so that the others do their part in between each time and
 * not by luck. Linked with the testing build.
 */
#include "tests/unit/kthread_test.h"

extern void (*kthread_test_delay)(const char *point);

struct hold {
	const char *point;
	pid_t tid;	     /* only this thread; 0: any */
	unsigned int nr;     /* so many are held; 0: one */
	unsigned int go;     /* they may go on; set beforehand: nobody is held, but counted */
	bool (*until)(void); /* instead of go: the thread itself looks */
	unsigned int came;
};

#define HOLD_MAX 4
static struct hold *holds[HOLD_MAX];

static inline void hold_here(const char *point)
{
	struct hold *h;
	int i;

	for (i = 0; i < HOLD_MAX; i++) {
		h = READ(holds[i]);
		if (!h || strcmp(h->point, point) || (h->tid && h->tid != gettid()))
			continue;
		if (ADD(h->came) < (h->nr ?: 1))
			WAIT_UNTIL(h->until ? h->until() : READ(h->go));
	}
}

static inline void hold_begin(struct hold *h)
{
	int i;

	for (i = 0; holds[i]; i++)
		if (i == HOLD_MAX - 1)
			abort();
	__atomic_store_n(&holds[i], h, __ATOMIC_RELEASE);
	__atomic_store_n(&kthread_test_delay, hold_here, __ATOMIC_RELEASE);
}

/* Wait until as many as are to be held, or at least one, have come. */
static inline bool hold_came(struct hold *h)
{
	return WAIT_UNTIL(READ(h->came) >= (h->nr ?: 1));
}

static inline void hold_end(struct hold *h)
{
	__atomic_store_n(&h->go, 1, __ATOMIC_RELEASE);
}
#endif
