/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_FILTER_H
#define KT_BPF_FILTER_H
/*
 * What a trace looks at, as people say it: lists of process ids, thread ids, names, cgroups, CPUs.
 *
 * Filters of one sort add up, sorts narrow: -p 1,2 -c 'a*' is every thread of 1 or 2 whose name
 * begins with a. Zeroed memory is "everything". Reads text, knows nothing of BPF;
 * bpf/filter_load.c turns it into settings and maps.
 */
#include "lib/probe/types.h"

/* The most that Linux supports on any architecture. */
#define FILTER_MAX_CPUS 8192

#ifndef __bpf__
#include <stddef.h>
#include <sys/types.h>

struct filter {
	pid_t *tgid; /* process ids, as this process's pid namespace shows them */
	uint32_t nr_tgids;
	pid_t *tid; /* thread ids, likewise */
	uint32_t nr_tids;
	char **glob; /* thread names, shell patterns */
	uint32_t nr_globs;
	char **cgroup; /* directories of a mounted cgroup hierarchy */
	uint32_t nr_cgroups;
	uint64_t *cpus; /* a bit per CPU, FILTER_MAX_CPUS of them; NULL: all */
};

/*
 * filter_add_* - what the text adds: a list with commas, a single directory for a cgroup
 *
 * A comma is part of a pattern after a backslash and inside of brackets. CPUs are a list of numbers
 * and ranges. Return: 0, or -EINVAL (-ENOMEM) with one sentence in @err; @f may have grown by what
 * came before the error.
 */
int filter_add_tgids(struct filter *f, const char *text, char *err, size_t errlen);
int filter_add_tids(struct filter *f, const char *text, char *err, size_t errlen);
int filter_add_globs(struct filter *f, const char *text, char *err, size_t errlen);
int filter_add_cgroup(struct filter *f, const char *text, char *err, size_t errlen);
int filter_add_cpus(struct filter *f, const char *text, char *err, size_t errlen);

/* filter_copy - 0 or -ENOMEM; @to is to be freed in either case */
int filter_copy(struct filter *to, const struct filter *from);
void filter_free(struct filter *f);
#endif
#endif
