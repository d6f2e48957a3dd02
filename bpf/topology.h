/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_TOPOLOGY_H
#define KT_BPF_TOPOLOGY_H
/*
 * Which CPUs there are and how near they are to each other, as /sys/devices/system says.
 *
 * A domain is named by 1 + the lowest CPU of it; 0: not known (no such directory, an offline CPU,
 * a virtual machine that shows no caches).
 */
#include <stdint.h>

/*
 * topology_cpus - one more than the highest number of a CPU that may come; a map by CPU has so many
 * entries, also where numbers are left out
 */
uint32_t topology_cpus(const char *sys);

struct topology_near {
	uint32_t cache; /* the CPUs that share its last cache; without caches: its package */
	uint32_t node;	/* the CPUs that share its memory */
};

/* topology_of - of CPU @cpu, below the directory @sys ("/sys/devices/system") */
struct topology_near topology_of(const char *sys, unsigned int cpu);
#endif
