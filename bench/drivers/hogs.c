// SPDX-License-Identifier: GPL-2.0-only
#include "bench/drivers/hogs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/drivers/crew.h"
#include "bench/harness/cpus.h"

#define MAX_HOGS 512

struct hogs {
	struct crew *crew;
	unsigned int nr;
	int cpu[MAX_HOGS];
	uint32_t nr_up __attribute__((aligned(64))); /* that have had the CPU in this round */
	uint32_t leave __attribute__((aligned(64)));
};

static void hog(void *arg, unsigned int number)
{
	struct hogs *h = arg;

	bench_cpus_pin(h->cpu[number]);
	__atomic_fetch_add(&h->nr_up, 1, __ATOMIC_RELEASE); /* pairs with count_reaches() */
	while (!__atomic_load_n(&h->leave, __ATOMIC_RELAXED))
		bench_clobber();
}

/* The CPUs that they go to, as the question's load has it. */
static int place(struct hogs *h, struct bench_state *st)
{
	int cpu = bench_cpu(st, 1);

	if (cpu < 0)
		return bench_skip(st, "needs two CPUs, and may use only one");
	if (bench_param_is(st, "load", "hog")) {
		h->cpu[h->nr++] = cpu;
		return 0;
	}
	while (h->nr < MAX_HOGS && (cpu = bench_cpu(st, h->nr)) >= 0)
		h->cpu[h->nr++] = cpu;
	return 0;
}

int hogs_create(struct hogs **hogs, struct bench_state *st)
{
	struct hogs *h = aligned_alloc(64, sizeof(*h));
	int ret;

	if (!h)
		return bench_fail(st, "out of memory");
	memset(h, 0, sizeof(*h));
	ret = place(h, st);
	if (!ret) {
		ret = crew_create(&h->crew, h->nr, hog, h);
		if (ret)
			ret = bench_fail(st, "cannot make a thread: %s", strerror(-ret));
	}
	if (ret) {
		free(h);
		return ret;
	}
	*hogs = h;
	return 0;
}

bool hogs_run(struct hogs *h)
{
	__atomic_store_n(&h->leave, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&h->nr_up, 0, __ATOMIC_RELAXED);
	crew_go(h->crew); /* releases both */
	return count_reaches(&h->nr_up, h->nr);
}

bool hogs_rest(struct hogs *h)
{
	__atomic_store_n(&h->leave, 1, __ATOMIC_RELAXED);
	return crew_wait(h->crew);
}

void hogs_destroy(struct hogs *h)
{
	if (!h)
		return;
	crew_destroy(h->crew);
	free(h);
}
