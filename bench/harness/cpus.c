// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/harness/cpus.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

void bench_cpus_order(struct bench_cpus *c, const struct bench_cpu_place *p, unsigned int nr)
{
	/* How many CPUs of the same core came before: 0 takes a core, 1 its first sibling, ... */
	unsigned short rank[BENCH_MAX_CPUS];
	unsigned int most = 0;

	c->nr = 0;
	if (nr > BENCH_MAX_CPUS)
		nr = BENCH_MAX_CPUS;
	for (unsigned int i = 0; i < nr; i++) {
		rank[i] = 0;
		for (unsigned int j = 0; j < i; j++)
			rank[i] += p[j].core == p[i].core;
		if (rank[i] > most)
			most = rank[i];
	}
	for (unsigned int want = 0; want <= most; want++)
		for (int elsewhere = 0; elsewhere < 2; elsewhere++)
			for (unsigned int i = 0; i < nr; i++)
				if (rank[i] == want && (p[i].node != p[0].node) == elsewhere)
					c->cpu[c->nr++] = p[i].cpu;
}

/* First CPU of the core that @cpu belongs to, which serves as the core's number. */
static int core_of(const char *sysfs, int cpu)
{
	static const char *const list[] = { "core_cpus_list", "thread_siblings_list" };
	char path[256];
	int core = cpu;
	FILE *f;

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/cpu%d/topology/%s", sysfs, cpu, list[i]);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fscanf(f, "%d", &core) != 1)
			core = cpu;
		fclose(f);
		break;
	}
	return core;
}

static int node_of(const char *sysfs, int cpu)
{
	struct dirent *e;
	char path[256];
	int node = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%s/cpu%d", sysfs, cpu);
	d = opendir(path);
	if (!d)
		return 0;
	while ((e = readdir(d)))
		if (sscanf(e->d_name, "node%d", &node) == 1)
			break;
	closedir(d);
	return node;
}

int bench_cpus_read(struct bench_cpus *c, const char *sysfs)
{
	struct bench_cpu_place *p;
	cpu_set_t *set = CPU_ALLOC(BENCH_MAX_CPUS);
	size_t size = CPU_ALLOC_SIZE(BENCH_MAX_CPUS);
	unsigned int nr = 0;
	int ret = 0;

	p = calloc(BENCH_MAX_CPUS, sizeof(*p));
	if (!set || !p) {
		ret = -ENOMEM;
		goto out;
	}
	if (sched_getaffinity(0, size, set)) {
		ret = -errno;
		goto out;
	}
	for (int cpu = 0; cpu < BENCH_MAX_CPUS; cpu++)
		if (CPU_ISSET_S(cpu, size, set))
			p[nr++] = (struct bench_cpu_place){ .cpu = cpu,
							    .core = core_of(sysfs, cpu),
							    .node = node_of(sysfs, cpu) };
	bench_cpus_order(c, p, nr);
out:
	free(p);
	if (set)
		CPU_FREE(set);
	return ret;
}

int bench_cpus_pin(int cpu)
{
	cpu_set_t *set = CPU_ALLOC(BENCH_MAX_CPUS);
	size_t size = CPU_ALLOC_SIZE(BENCH_MAX_CPUS);
	int ret;

	if (!set)
		return -ENOMEM;
	CPU_ZERO_S(size, set);
	CPU_SET_S(cpu, size, set);
	ret = sched_setaffinity(0, size, set) ? -errno : 0;
	CPU_FREE(set);
	return ret;
}
