/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_BENCH_CPUS_H
#define KT_BENCH_CPUS_H
/*
 * Which CPUs the threads of a benchmark are placed on: the order of bench_cpu(st, 0), 1, ...
 *
 * Neighbours first, contention last: the first allowed CPU; then one CPU of each other core of its
 * NUMA node; then one of each core elsewhere; then the SMT siblings of those, in the same order.
 * Internal to the harness.
 */
#include <stddef.h>

/* The most a kernel can be built for; its affinity calls want room for all it has. */
#define BENCH_MAX_CPUS 8192

/* Where one CPU sits; any numbering, equal means the same. */
struct bench_cpu_place {
	int cpu;
	int core;
	int node;
};

struct bench_cpus {
	unsigned int nr;
	int cpu[BENCH_MAX_CPUS];
};

/* bench_cpus_order - pure: the order of @nr allowed places, given in rising order of CPUs */
void bench_cpus_order(struct bench_cpus *c, const struct bench_cpu_place *p, unsigned int nr);

/*
 * bench_cpus_read - the order for the calling thread's allowed CPUs
 * @sysfs: "/sys/devices/system/cpu" or a copy; what is missing there counts as a core of its own
 *
 * Return: 0 or -errno.
 */
int bench_cpus_read(struct bench_cpus *c, const char *sysfs);

/* bench_cpus_pin - the calling thread runs on @cpu only; 0 or -errno */
int bench_cpus_pin(int cpu);
#endif
