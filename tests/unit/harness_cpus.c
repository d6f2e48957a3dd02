// SPDX-License-Identifier: GPL-2.0-only
/* Which CPUs bench_cpu() names, on machines that are only described. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/harness/cpus.h"

static void expect(const struct bench_cpu_place *p, unsigned int nr, const int *want)
{
	struct bench_cpus c;

	bench_cpus_order(&c, p, nr);
	cr_assert_eq(c.nr, nr);
	for (unsigned int i = 0; i < nr; i++)
		cr_expect_eq(c.cpu[i], want[i], "index %u is CPU %d, not %d", i, c.cpu[i], want[i]);
}

Test(harness_cpus, two_cores)
{
	static const struct bench_cpu_place p[] = { { 0, 0, 0 }, { 1, 1, 0 } };

	expect(p, 2, (const int[]){ 0, 1 });
}

/* Siblings numbered next to each other: index 1 must be another core. */
Test(harness_cpus, siblings_side_by_side_come_last)
{
	static const struct bench_cpu_place p[] = {
		{ 0, 0, 0 }, { 1, 0, 0 }, { 2, 2, 0 }, { 3, 2, 0 }
	};

	expect(p, 4, (const int[]){ 0, 2, 1, 3 });
}

Test(harness_cpus, siblings_numbered_after_all_cores)
{
	static const struct bench_cpu_place p[] = {
		{ 0, 0, 0 }, { 1, 1, 0 }, { 2, 0, 0 }, { 3, 1, 0 }
	};

	expect(p, 4, (const int[]){ 0, 1, 2, 3 });
}

/* CPUs numbered alternately over two nodes: the neighbour is on the same node. */
Test(harness_cpus, same_node_before_other_nodes)
{
	static const struct bench_cpu_place p[] = {
		{ 0, 0, 0 }, { 1, 1, 1 }, { 2, 2, 0 }, { 3, 3, 1 }
	};

	expect(p, 4, (const int[]){ 0, 2, 1, 3 });
}

/* Started under taskset: the first allowed CPU's node counts, not node 0. */
Test(harness_cpus, node_of_the_first_allowed_cpu)
{
	static const struct bench_cpu_place p[] = {
		{ 3, 3, 1 }, { 4, 4, 0 }, { 7, 7, 1 }, { 19, 3, 1 }
	};

	expect(p, 4, (const int[]){ 3, 7, 4, 19 });
}

Test(harness_cpus, one_cpu_has_no_second)
{
	static const struct bench_cpu_place p[] = { { 5, 5, 0 } };

	expect(p, 1, (const int[]){ 5 });
}

static void put(const char *dir, const char *name, const char *text)
{
	char path[600];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	cr_assert_not_null(f);
	fputs(text, f);
	fclose(f);
}

/* A topology as files, all allowed CPUs made siblings of one core: still each is named once. */
Test(harness_cpus, topology_is_read_from_files_and_may_be_missing)
{
	char root[] = "/tmp/harness-cpus-XXXXXX", dir[512], command[600];
	struct bench_cpus with, without;

	cr_assert_not_null(mkdtemp(root));
	snprintf(dir, sizeof(dir), "%s/cpu0", root);
	mkdir(dir, 0700);
	snprintf(dir, sizeof(dir), "%s/cpu0/topology", root);
	mkdir(dir, 0700);
	put(dir, "thread_siblings_list", "0-1\n");

	cr_assert_eq(bench_cpus_read(&with, root), 0);
	cr_assert_eq(bench_cpus_read(&without, "/nonexistent"), 0);

	cr_expect_eq(with.nr, without.nr);
	cr_expect(with.nr >= 1);
	for (unsigned int i = 0; i < without.nr; i++)
		for (unsigned int j = 0; j < i; j++)
			cr_expect_neq(without.cpu[i], without.cpu[j]);
	snprintf(command, sizeof(command), "rm -r %s", root);
	cr_expect_eq(system(command), 0);
}
