// SPDX-License-Identifier: GPL-2.0-only
/*
 * cycles SEED COUNT: create, run and stop COUNT threads (default 10^6), then look what is left:
 * memory, threads and file descriptors are as they were after the first thousand.
 */
#include "stress.h"

#define WARM_UP 1000
#define SLACK_BYTES \
	4096 /* what libc keeps for itself; a handle per hundred cycles would be far more */
#define SLACK_PAGES 256 /* the address space a stack takes is far more: one lost thread shows */

static int returns(void *data)
{
	(void)data;
	return 5;
}

/* Every way a short life can go; the seed mixes them. */
static bool cycle(uint64_t *x)
{
	unsigned int starts = 0;
	struct task_struct *k;
	int ret;

	switch (stress_random(x) & 7) {
	case 0: /* ends by itself, its last reference dropped by whoever comes last */
		k = kthread_create(returns, NULL, "cycle");
		if (IS_ERR(k))
			return false;
		get_task_struct(k);
		wake_up_process(k);
		ret = kthread_stop_put(k);
		return ret == 5 || ret == -EINTR;
	case 1: /* never started */
		k = kthread_create(until_stop, NULL, "a name of more than fifteen bytes %d", 1);
		return !IS_ERR(k) && kthread_stop(k) == -EINTR;
	case 2: /* parked when it is stopped */
		k = kthread_run(until_stop, &starts, "cycle");
		if (IS_ERR(k) || kthread_park(k))
			return false;
		ret = kthread_stop(k);
		return ret == 42;
	default:
		k = kthread_run(until_stop, &starts, "cycle");
		if (IS_ERR(k))
			return false;
		ret = kthread_stop(k);
		return ret == (starts ? 42 : -EINTR);
	}
}

int main(int argc, char **argv)
{
	uint64_t x = stress_state(stress_arg(argc, argv, 1, 1), 0);
	unsigned long count = stress_arg(argc, argv, 2, 1000000), i;
	unsigned int threads, fds;
	size_t heap, heap_end;
	long pages, pages_end;
	bool ok = true;

	for (i = 0; ok && i < WARM_UP; i++)
		ok = cycle(&x);
	threads = nr_threads();
	fds = nr_fds();
	pages = vm_pages();
	heap = heap_bytes();
	for (i = 0; ok && i < count; i++)
		ok = cycle(&x);

	/* Before anything is printed, which allocates. */
	heap_end = heap_bytes();
	pages_end = vm_pages();
	printf("cycles: %lu; threads %u -> %u, fds %u -> %u, pages %ld -> %ld, heap %zu -> %zu\n",
	       i, threads, nr_threads(), fds, nr_fds(), pages, pages_end, heap, heap_end);
	stress_check(ok, "L1, L2, L20: every cycle ends as it must");
	/* A thread that was detached may still be on its way out. */
	stress_check(WAIT_UNTIL(nr_threads() == threads), "L20: no growth of the thread count");
	stress_check(nr_fds() == fds, "L20: no growth of file descriptors");
	stress_check(pages_end <= pages + SLACK_PAGES, "L20: no growth of the address space");
	stress_check(heap_end <= heap + SLACK_BYTES, "L20: no growth of the heap");
	return stress_end();
}
