// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/availability.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

const struct pseudo_fs fs_proc = { "/proc", PROC_SUPER_MAGIC, "proc" };
const struct pseudo_fs fs_sysfs = { "/sys", SYSFS_MAGIC, "sysfs" };
const struct pseudo_fs fs_tracefs = { "/sys/kernel/tracing", TRACEFS_MAGIC, "tracefs" };
const struct pseudo_fs fs_debug_tracefs = { "/sys/kernel/debug/tracing", TRACEFS_MAGIC, "tracefs" };
const struct pseudo_fs fs_securityfs = { "/sys/kernel/security", SECURITYFS_MAGIC, "securityfs" };

const char *availability_name(enum availability a)
{
	static const char *const names[NR_AVAILABILITIES] = {
		[AVAILABLE] = "ok",
		[ABSENT] = "absent",
		[FORBIDDEN] = "forbidden",
		[NOT_CONFIGURED] = "not configured",
		[NOT_MOUNTED] = "not mounted",
		[NOT_SHOWN] = "not shown",
		[NOT_KNOWN] = "not known",
	};

	return names[a];
}

/* Does the kernel know the file system? Where it cannot be asked, it does. */
static bool kernel_has(const char *name)
{
	FILE *in = fopen("/proc/filesystems", "re");
	bool found = false, any = false;
	char line[128];

	if (!in)
		return true;
	while (!found && fgets(line, sizeof(line), in)) {
		char *fs = strchr(line, '\t');

		any = true;
		line[strcspn(line, "\n")] = 0;
		found = fs && !strcmp(fs + 1, name);
	}
	fclose(in);
	return found || !any;
}

static bool is_of(const struct pseudo_fs *fs, const char *path)
{
	struct statfs st;

	return !statfs(path, &st) && st.f_type == fs->magic;
}

/* The directory that holds @path, in place; false: it was the root. */
static bool go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return false;
	*slash = 0;
	return true;
}

/* A root that lies in another file system of the kernel's, such as /sys/kernel/tracing. */
static enum availability root_missing(const struct pseudo_fs *fs)
{
	bool below = !strncmp(fs->root, "/sys/", 5);

	if (!kernel_has(fs->name))
		return ABSENT;
	/* Over the place for it in sysfs, something that is not it. */
	if (below && is_of(&fs_sysfs, "/sys") && !access(fs->root, F_OK) &&
	    !is_of(&fs_sysfs, fs->root))
		return NOT_SHOWN;
	return NOT_MOUNTED;
}

enum availability availability_of_fs(const struct pseudo_fs *fs)
{
	struct statfs st;

	if (is_of(fs, fs->root))
		return AVAILABLE;
	if (statfs(fs->root, &st) && (errno == EACCES || errno == EPERM))
		return FORBIDDEN;
	return root_missing(fs);
}

enum availability availability_of_file(const struct pseudo_fs *fs, const char *path)
{
	enum availability of_fs = availability_of_fs(fs);
	char up[PATH_MAX];
	int fd;

	if (of_fs != AVAILABLE)
		return of_fs;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0) {
		close(fd);
		return is_of(fs, path) ? AVAILABLE : NOT_SHOWN;
	}
	if (errno != ENOENT && errno != ENOTDIR)
		return FORBIDDEN;
	snprintf(up, sizeof(up), "%s", path);
	while (go_up(up))
		if (!access(up, F_OK))
			return is_of(fs, up) ? ABSENT : NOT_SHOWN;
	return ABSENT;
}
