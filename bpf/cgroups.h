/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_CGROUPS_H
#define KT_BPF_CGROUPS_H
/*
 * Cgroups between what people call them and what the kernel calls them: paths, as this process's
 * mounts and cgroup namespace show them, and ids.
 *
 * A hierarchy is that of version 2, or one of version 1, which is known by a controller that is
 * mounted there. An id stands for a cgroup within its hierarchy alone.
 */
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct cgroup_hierarchy {
	uint32_t controller; /* 1 + the kernel's number of it; 0: version 2 */
	dev_t dev;
	char root[PATH_MAX];  /* what of the hierarchy is mounted there */
	char mount[PATH_MAX]; /* where */
};

/*
 * cgroup_find - the id of the cgroup @path and its hierarchy
 * @path: a directory of a mounted hierarchy; or a path in one, as /proc/PID/cgroup has it
 *
 * Return: 0, or -errno with one sentence in @err.
 */
int cgroup_find(const char *path, struct cgroup_hierarchy *h, uint64_t *id, char *err,
		size_t errlen);

/*
 * cgroup_of_scheduler - the hierarchy that shares out CPU time: where the controller cpu is
 *
 * Return: 0, or -ENOENT with one sentence in @err: none is mounted.
 */
int cgroup_of_scheduler(struct cgroup_hierarchy *h, char *err, size_t errlen);

/*
 * cgroup_path - the path of cgroup @id below the mount of @h, "/" for its root
 *
 * Return: 0, -ENOENT: there is none (any more), or another -errno.
 */
int cgroup_path(const struct cgroup_hierarchy *h, uint64_t id, char *path, size_t size);
#endif
