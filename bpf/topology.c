// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/topology.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint32_t topology_cpus(const char *sys)
{
	char path[PATH_MAX], text[4096] = "";
	long nr = sysconf(_SC_NPROCESSORS_CONF);
	const char *last, *at;
	FILE *in;

	snprintf(path, sizeof(path), "%s/cpu/possible", sys);
	in = fopen(path, "re");
	last = in ? fgets(text, sizeof(text), in) : NULL;
	if (in)
		fclose(in);
	/* A list of ranges, the last number is the highest. */
	for (at = last; at && *at; at++)
		if (*at == '-' || *at == ',')
			last = at + 1;
	if (last && *last >= '0' && *last <= '9')
		nr = strtol(last, NULL, 10) + 1;
	return nr > 0 ? (uint32_t)nr : 1;
}

/* The first number in a file; false: there is no such file, or no number in it. */
static bool number_in(const char *path, unsigned int *n)
{
	FILE *in = fopen(path, "re");
	bool found = in && fscanf(in, "%u", n) == 1;

	if (in)
		fclose(in);
	return found;
}

/* Of a list of CPUs the first one is the lowest. */
static uint32_t domain_in(const char *path)
{
	unsigned int first;

	return number_in(path, &first) ? first + 1 : 0;
}

/* The last cache: that of the highest level which has several CPUs, or this one, to serve. */
static uint32_t cache_domain(const char *sys, unsigned int cpu)
{
	unsigned int level, highest = 0;
	char path[PATH_MAX];
	uint32_t domain = 0;

	for (int i = 0;; i++) {
		snprintf(path, sizeof(path), "%s/cpu/cpu%u/cache/index%d/level", sys, cpu, i);
		if (!number_in(path, &level))
			break;
		if (level < highest)
			continue;
		highest = level;
		snprintf(path, sizeof(path), "%s/cpu/cpu%u/cache/index%d/shared_cpu_list", sys, cpu,
			 i);
		domain = domain_in(path);
	}
	if (domain)
		return domain;
	snprintf(path, sizeof(path), "%s/cpu/cpu%u/topology/package_cpus_list", sys, cpu);
	domain = domain_in(path);
	if (domain)
		return domain;
	/* As it was called before Linux 5.3. */
	snprintf(path, sizeof(path), "%s/cpu/cpu%u/topology/core_siblings_list", sys, cpu);
	return domain_in(path);
}

static bool is_directory(const char *path)
{
	DIR *dir = opendir(path);

	if (dir)
		closedir(dir);
	return dir != NULL;
}

/* The directory of a CPU has a link to its node. */
static uint32_t node_domain(const char *sys, unsigned int cpu)
{
	char path[PATH_MAX];
	uint32_t domain = 0;
	struct dirent *d;
	unsigned int node;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/cpu/cpu%u", sys, cpu);
	dir = opendir(path);
	if (!dir)
		return 0;
	while (!domain && (d = readdir(dir)))
		if (sscanf(d->d_name, "node%u", &node) == 1) {
			snprintf(path, sizeof(path), "%s/node/node%u/cpulist", sys, node);
			domain = domain_in(path);
		}
	closedir(dir);
	snprintf(path, sizeof(path), "%s/node", sys);
	/* A kernel without NUMA has one node, of which it says nothing. */
	return !domain && !is_directory(path) ? 1 : domain;
}

struct topology_near topology_of(const char *sys, unsigned int cpu)
{
	return (struct topology_near){ .cache = cache_domain(sys, cpu),
				       .node = node_domain(sys, cpu) };
}
