// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does the emulator keep memory of threads that have ended? Plain pthreads, nothing of ours: run on
 * the machine itself it says no. QEMU 7.2 keeps some 300 KiB of each, so that a test that awaits
 * the memory of threads waits in vain. Exit status 0: it keeps nothing; 1: it does.
 */
#include <pthread.h>
#include <stdio.h>

#define WARM 100
#define NR   500

static long pages(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long n = -1;

	if (!f || fscanf(f, "%ld", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

static void *nothing(void *arg)
{
	return arg;
}

int main(void)
{
	long before = 0, grown;
	pthread_t t;
	int i, err;

	for (i = 0; i < WARM + NR; i++) {
		if (i == WARM)
			before = pages();
		err = pthread_create(&t, NULL, nothing, NULL);
		if (err) {
			fprintf(stderr, "threads_grow: pthread_create: error %d\n", err);
			return 2;
		}
		pthread_join(t, NULL);
	}
	grown = pages() - before;
	printf("%d plain pthreads, each joined, leave %ld pages behind here\n", NR, grown);
	/* A page each, and far from a stack each. */
	return grown >= NR;
}
