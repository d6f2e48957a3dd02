// SPDX-License-Identifier: GPL-2.0-only
/*
 * cycles SEED COUNT SECONDS: create, run and stop COUNT threads (default 10^6), and another tenth
 * that end by themselves and drop their own last reference; or as many as fit in SECONDS (0: no
 * limit). Then look what is left: memory, threads and descriptors are as they were after the first
 * thousand.
 *
 * Memory is counted exactly, block by block and byte by byte, by diverting the library's calls:
 * what mallinfo() says also grows with libc's caches of freed blocks, of which each thread has its
 * own. (With GLIBC_TUNABLES=glibc.malloc.tcache_count=0 it does not.) The process as a whole may
 * grow by the stacks that libc keeps for later, which are few however many threads there were.
 *
 * Mutations that were seen to fail: kt_put() without pthread_detach() (the address space);
 * kt_task_free() without free(t->full_name) (blocks); join() that detaches instead (threads).
 */
#include "tests/stress/counted.h"
#include "tests/stress/stress.h"

#define WARM_UP 1000
/* glibc keeps 40 MB of stacks of threads that have ended; each has a guard. */
#define CACHED_STACKS_KB 40960
#define CACHED_STACKS	 8
/* What stays resident of them, and of libc's own caches. */
#define SLACK_RSS_KB 2048

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

static unsigned int nr_ended;

static int ends_alone(void *data)
{
	(void)data;
	ADD(nr_ended);
	return 0;
}

/* Nobody but the thread has a reference. At most four at a time, so that stacks are few. */
static bool cycle_alone(uint64_t *x)
{
	static unsigned int nr_begun;
	struct task_struct *k =
		kthread_run(ends_alone, NULL, "%s",
			    stress_random(x) & 1 ? "alone" : "alone, of a long name");

	nr_begun++;
	return !IS_ERR(k) && WAIT_UNTIL(nr_begun - READ(nr_ended) < 4);
}

/* ---- what the process holds ------------------------------------------------------------------ */
struct held {
	long blocks, bytes;
	unsigned int threads, fds, maps;
	long vm_kb, rss_kb;
};

static struct held held(void)
{
	struct held h = { READ(live_blocks), READ(live_bytes), nr_threads(), nr_fds(), 0, 0, 0 };
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		h.maps++;
	if (f)
		fclose(f);
	f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmSize: %ld", &h.vm_kb) != 1)
			sscanf(line, "VmRSS: %ld", &h.rss_kb);
	if (f)
		fclose(f);
	return h;
}

/* Threads that were detached may still be on their way out; their memory goes first. */
static bool settled(unsigned int threads)
{
	return WAIT_UNTIL(nr_threads() == threads);
}

static void play(const char *name, bool (*fn)(uint64_t *), uint64_t *x, unsigned long count,
		 unsigned long seconds)
{
	double begin = test_seconds(), took;
	struct held a, b;
	bool ok = true;
	unsigned long i;

	for (i = 0; ok && i < WARM_UP; i++)
		ok = fn(x);
	ok = settled(2) && ok;
	a = held();
	for (i = 0; ok && i < count && (!seconds || test_seconds() - begin < (double)seconds); i++)
		ok = fn(x);
	took = test_seconds() - begin;
	stress_check(settled(a.threads), "no growth of the thread count");
	b = held();
	printf("%s: %lu in %.0f s; blocks %ld -> %ld, bytes %ld -> %ld, threads %u -> %u, "
	       "descriptors %u -> %u, maps %u -> %u, address space %ld -> %ld kB, resident %ld -> "
	       "%ld kB\n",
	       name, i, took, a.blocks, b.blocks, a.bytes, b.bytes, a.threads, b.threads, a.fds,
	       b.fds, a.maps, b.maps, a.vm_kb, b.vm_kb, a.rss_kb, b.rss_kb);
	stress_check(ok, "L1, L2, L20: every cycle ends as it must");
	stress_check(b.blocks == a.blocks && b.bytes == a.bytes,
		     "L20: no growth of memory, exactly");
	stress_check(b.fds == a.fds, "no growth of descriptors");
	stress_check(b.maps <= a.maps + 2 * CACHED_STACKS, "no growth of the number of mappings");
	stress_check(b.vm_kb <= a.vm_kb + CACHED_STACKS_KB, "no growth of the address space");
	stress_check(b.rss_kb <= a.rss_kb + SLACK_RSS_KB, "no growth of resident memory");
}

int main(int argc, char **argv)
{
	uint64_t x = stress_state(stress_arg(argc, argv, 1, 1), 0);
	unsigned long count = stress_arg(argc, argv, 2, 1000000);
	unsigned long seconds = stress_arg(argc, argv, 3, 0);

	/* Else libc adds 64 MB of address space whenever two threads first meet in malloc(). */
	mallopt(M_ARENA_MAX, 1);
	play("cycles: create, run, stop", cycle, &x, count, seconds);
	play("cycles: threads that end alone", cycle_alone, &x, (count + 9) / 10,
	     (seconds + 9) / 10);
	return stress_end();
}
