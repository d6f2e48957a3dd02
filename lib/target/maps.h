/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TARGET_MAPS_H
#define KT_TARGET_MAPS_H
/*
 * /proc/PID/maps as values: the mappings of files, one after the other.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct mapping {
	pid_t pid;
	uint64_t start, end, offset;
	bool executable;
	dev_t dev;
	ino_t ino;
	const char *path; /* as the process sees it, perhaps with " (deleted)" */
};

/*
 * maps_each - call @each for every mapping of a file, by rising address
 * @each: returns 0 to go on, else that value ends the walk and is returned
 *
 * Return: 0, what @each returned, or -errno (-ESRCH: no such process).
 */
int maps_each(pid_t pid, int (*each)(const struct mapping *m, void *arg), void *arg);

/*
 * mapping_open_path - a path that opens the mapped file itself from our mount namespace
 *
 * map_files also reaches deleted and replaced files, but asks for more privilege than the root
 * link, and that for more than the path itself, which may lead to another file in our mount
 * namespace: device and inode decide. Return: 0, -EACCES or -EPERM: we may not look, or another
 * -errno when none leads to the same inode.
 */
int mapping_open_path(const struct mapping *m, char *out, size_t len);

/*
 * mapping_bias - what the addresses of the file of @m, open at @path, lie apart from those of its
 * mapping
 *
 * Return: 0, -ENOENT when the file has no code there, or another -errno.
 */
int mapping_bias(const struct mapping *m, const char *path, uint64_t *bias);
#endif
