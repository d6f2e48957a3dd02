// SPDX-License-Identifier: GPL-2.0-only
/* Which CPUs there are and how near, read from a directory like /sys/devices/system. */
#include <criterion/criterion.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/topology.h"

static char sys[] = "/tmp/kt-topology-XXXXXX";

static void make(void)
{
	cr_assert_not_null(mkdtemp(sys));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void unmake(void)
{
	nftw(sys, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

TestSuite(topology, .timeout = 10, .init = make, .fini = unmake);

/* A file with @text below @sys; its directories are made. */
__attribute__((format(printf, 2, 3))) static void file(const char *text, const char *fmt, ...)
{
	char path[512];
	va_list args;
	size_t n = (size_t)snprintf(path, sizeof(path), "%s/", sys);
	FILE *out;

	va_start(args, fmt);
	vsnprintf(path + n, sizeof(path) - n, fmt, args);
	va_end(args);
	for (char *p = path + n; *p; p++)
		if (*p == '/') {
			*p = 0;
			mkdir(path, 0755);
			*p = '/';
		}
	out = fopen(path, "we");
	cr_assert_not_null(out, "%s", path);
	fprintf(out, "%s\n", text);
	fclose(out);
}

static void cache(int cpu, int index, const char *level, const char *shared)
{
	file(level, "cpu/cpu%d/cache/index%d/level", cpu, index);
	file(shared, "cpu/cpu%d/cache/index%d/shared_cpu_list", cpu, index);
}

static void node(int cpu, int number, const char *cpus)
{
	file(cpus, "node/node%d/cpulist", number);
	file("", "cpu/cpu%d/node%d/x", cpu, number);
}

static void is(unsigned int cpu, uint32_t cache_is, uint32_t node_is)
{
	struct topology_near n = topology_of(sys, cpu);

	cr_expect_eq(n.cache, cache_is, "cache of CPU %u: %u", cpu, n.cache);
	cr_expect_eq(n.node, node_is, "node of CPU %u: %u", cpu, n.node);
}

Test(topology, the_last_cache_counts_and_the_node)
{
	for (int cpu = 0; cpu < 8; cpu++) {
		char own[16];

		snprintf(own, sizeof(own), "%d", cpu);
		cache(cpu, 0, "1", own);
		cache(cpu, 1, "1", own);
		cache(cpu, 2, "2", own);
		cache(cpu, 3, "3", cpu < 4 ? "0-3" : "4-7");
		node(cpu, cpu < 6 ? 0 : 1, cpu < 6 ? "0-5" : "6-7");
	}
	is(0, 1, 1);
	is(3, 1, 1);
	is(5, 5, 1);
	is(7, 5, 7);
}

Test(topology, without_caches_the_package_counts)
{
	file("4-7", "cpu/cpu5/topology/package_cpus_list");
	file("8,10", "cpu/cpu10/topology/core_siblings_list");
	is(5, 5, 1); /* and a kernel without NUMA has one node */
	is(10, 9, 1);
}

static void numbers(const char *possible, uint32_t nr)
{
	file(possible, "cpu/possible");
	cr_expect_eq(topology_cpus(sys), nr, "%s: %u", possible, topology_cpus(sys));
}

Test(topology, a_map_by_cpu_reaches_to_the_highest_number)
{
	numbers("0", 1);
	numbers("0-3", 4);
	numbers("0,2-3", 4);
	numbers("0-1,64", 65);
	numbers("0-15,32-47", 48);
	/* what it does not say is what the C library counts */
	numbers("", (uint32_t)sysconf(_SC_NPROCESSORS_CONF));
}

Test(topology, what_is_not_there_is_not_known)
{
	/* an offline CPU has nothing; where there are nodes it is in none */
	node(0, 0, "0");
	file("x", "cpu/cpu1/online");
	is(0, 0, 1);
	is(1, 0, 0);
	is(9, 0, 0);
}
