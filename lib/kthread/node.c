// SPDX-License-Identifier: GPL-2.0-only
/*
 * NUMA nodes: which there are, their CPUs, and a thread's stack on one of them. Best effort: as in
 * the kernel a node is a wish, and what cannot be had is done without.
 */
#include "lib/kthread/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_NODES 1024
#define LONG_BITS (8 * sizeof(unsigned long))

#ifdef KT_TEST_BUILD
const char *kthread_test_node_dir = "/sys/devices/system/node";
#define NODE_DIR kthread_test_node_dir
#else
#define NODE_DIR "/sys/devices/system/node"
#endif

/* A list such as "0-3,8"; false if it is not one. */
static bool parse_list(const char *s, struct cpumask *set)
{
	unsigned long first, last;
	char *end;

	cpumask_clear(set);
	while (*s && *s != '\n') {
		first = last = strtoul(s, &end, 10);
		if (end == s)
			return false;
		if (*end == '-') {
			s = end + 1;
			last = strtoul(s, &end, 10);
			if (end == s)
				return false;
		}
		for (; first <= last && first < KTHREAD_NR_CPUS; first++)
			cpumask_set_cpu((unsigned int)first, set);
		s = *end == ',' ? end + 1 : end;
	}
	return true;
}

static bool read_list(const char *path, struct cpumask *set)
{
	char text[4096];
	/* By syscall(): libc's calls are cancellation points. */
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	ssize_t n = -1;

	if (fd >= 0) {
		n = syscall(SYS_read, fd, text, sizeof(text) - 1);
		syscall(SYS_close, fd);
	}
	if (n <= 0)
		return false;
	text[n] = 0;
	return parse_list(text, set);
}

bool kt_node_cpus(int node, struct cpumask *set)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/node%d/cpulist", NODE_DIR, node);
	return read_list(path, set);
}

/* Return: the number of nodes; @nodes: which. One that is not known is node 0. */
static unsigned int get_nodes(struct cpumask *nodes)
{
	unsigned int i, nr = 0;
	char path[256];

	snprintf(path, sizeof(path), "%s/online", NODE_DIR);
	if (read_list(path, nodes))
		for (i = 0; i < MAX_NODES; i++)
			nr += cpumask_test_cpu(i, nodes);
	if (!nr) {
		cpumask_clear(nodes);
		cpumask_set_cpu(0, nodes);
		nr = 1;
	}
	return nr;
}

int kt_node_check(int node, const char *func)
{
	int saved = errno;
	struct cpumask nodes;
	unsigned int nr;
	bool known;

	if (node == NUMA_NO_NODE)
		return node;
	nr = get_nodes(&nodes);
	errno = saved;
	known = node >= 0 && node < MAX_NODES && cpumask_test_cpu((unsigned int)node, &nodes);
	if (!known)
		kthread_warn(KTHREAD_WARN_NODE,
			     "%s: node %d does not exist; the thread is made without one", func,
			     node);
	/* Where there is one only nothing is to be done. */
	return known && nr > 1 ? node : NUMA_NO_NODE;
}

int kt_node_of_cpu(unsigned int cpu)
{
	static unsigned int nr_nodes; /* 0: not known yet */
	unsigned int nr = __atomic_load_n(&nr_nodes, __ATOMIC_RELAXED);
	struct cpumask nodes, cpus;
	int saved = errno;
	int i, node = NUMA_NO_NODE;

	if (nr == 1)
		return NUMA_NO_NODE;
	nr = get_nodes(&nodes);
	__atomic_store_n(&nr_nodes, nr, __ATOMIC_RELAXED);
	for (i = 0; nr > 1 && i < MAX_NODES && node == NUMA_NO_NODE; i++)
		if (cpumask_test_cpu((unsigned int)i, &nodes) && kt_node_cpus(i, &cpus) &&
		    cpumask_test_cpu(cpu, &cpus))
			node = i;
	errno = saved;
	return node;
}

int kthread_cpu_to_node(unsigned int cpu)
{
	int node = kt_node_of_cpu(cpu);

	return node == NUMA_NO_NODE ? 0 : node;
}

static void stack_policy(int mode, const unsigned long *nodes, unsigned long max_node,
			 unsigned int flags)
{
	pthread_attr_t attr;
	size_t size;
	void *stack;

	if (pthread_getattr_np(pthread_self(), &attr))
		return;
	if (!pthread_attr_getstack(&attr, &stack, &size))
		syscall(SYS_mbind, stack, size, mode, nodes, max_node, flags);
	pthread_attr_destroy(&attr);
}

void kt_node_enter(int node)
{
	unsigned long nodes[MAX_NODES / LONG_BITS] = { 0 };

	nodes[(size_t)node / LONG_BITS] = 1UL << (size_t)node % LONG_BITS;
	/* Preferred: a node without memory to spare is no reason to fail. What is there moves. */
	stack_policy(MPOL_PREFERRED, nodes, MAX_NODES, MPOL_MF_MOVE);
}

/* libc keeps the stack for another thread, which may belong elsewhere. */
void kt_node_leave(void)
{
	stack_policy(MPOL_DEFAULT, NULL, 0, 0);
}
