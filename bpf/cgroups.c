// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/cgroups.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "bpf/error.h"
#include "bpf/features.h"

/* ---- what is mounted ------------------------------------------------------------------------- */

/* mountinfo writes blanks, tabs, newlines and backslashes as \ooo. */
static void unescape(char *text)
{
	char *to = text;
	unsigned int c;

	for (; *text; text++) {
		if (*text == '\\' && sscanf(text + 1, "%3o", &c) == 1) {
			*to++ = (char)c;
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = 0;
}

/* 1 + the kernel's number of the controller @name; 0: it knows none of this name */
static uint32_t controller_of(const char *name)
{
	char full[64];

	/* The one whose option kept an older name than its enumerator. */
	snprintf(full, sizeof(full), "%s_cgrp_id", strcmp(name, "blkio") ? name : "io");
	return (uint32_t)(feature_enumerator("cgroup_subsys_id", full) + 1);
}

struct mounted {
	struct cgroup_hierarchy h;
	bool v2;
	char options[256]; /* of the super block: of version 1 the controllers */
};

/* One line of mountinfo; false: something else than cgroups is mounted there. */
static bool mount_parse(char *line, struct mounted *m)
{
	char *rest = strstr(line, " - "), type[32];
	unsigned int major, minor;

	if (!rest ||
	    sscanf(line, "%*d %*d %u:%u %4095s %4095s", &major, &minor, m->h.root, m->h.mount) !=
		    4 ||
	    sscanf(rest, " - %31s %*s %255s", type, m->options) != 2)
		return false;
	m->v2 = !strcmp(type, "cgroup2");
	if (!m->v2 && strcmp(type, "cgroup"))
		return false;
	m->h.dev = makedev(major, minor);
	unescape(m->h.root);
	unescape(m->h.mount);
	return true;
}

/* What to look for among the mounts. */
struct wish {
	bool v2;		/* version 2; else version 1 */
	const char *controller; /* with version 1; NULL: any */
	dev_t dev;		/* 0: any */
};

static bool mount_suits(struct mounted *m, const struct wish *w)
{
	char *word, *rest = m->options;

	if (m->v2 != w->v2 || (w->dev && m->h.dev != w->dev))
		return false;
	m->h.controller = 0;
	if (m->v2)
		return true;
	while (!m->h.controller && (word = strsep(&rest, ",")))
		if (w->controller ? !strcmp(word, w->controller) : strcmp(word, "rw"))
			m->h.controller = controller_of(word);
	return m->h.controller || (w->dev && !w->controller);
}

/* The first one that suits; -ENOENT: none does. */
static int mount_find(const struct wish *w, struct cgroup_hierarchy *h)
{
	struct mounted *m = malloc(sizeof(*m));
	FILE *in = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;
	bool found = false;

	while (m && in && !found && getline(&line, &size, in) > 0)
		found = mount_parse(line, m) && mount_suits(m, w);
	if (found)
		*h = m->h;
	free(line);
	if (in)
		fclose(in);
	free(m);
	return found ? 0 : -ENOENT;
}

int cgroup_of_scheduler(struct cgroup_hierarchy *h, char *err, size_t errlen)
{
	if (!mount_find(&(struct wish){ .controller = "cpu" }, h) ||
	    !mount_find(&(struct wish){ .v2 = true }, h))
		return 0;
	return error_say(err, errlen, -ENOENT,
			 "no cgroup hierarchy is mounted; mount -t cgroup2 none /sys/fs/cgroup");
}

/* ---- from path to id ------------------------------------------------------------------------- */

static bool directory_find(const char *path, dev_t *dev, uint64_t *id, bool *v2)
{
	struct statfs fs;
	struct stat st;

	if (statfs(path, &fs) || stat(path, &st) || !S_ISDIR(st.st_mode))
		return false;
	*v2 = fs.f_type == CGROUP2_SUPER_MAGIC;
	if (!*v2 && fs.f_type != CGROUP_SUPER_MAGIC)
		return false;
	*dev = st.st_dev;
	*id = st.st_ino;
	return true;
}

/* "/a/b", or "a/b", below the mount of @h. */
static bool path_find(const struct cgroup_hierarchy *h, const char *path, uint64_t *id)
{
	size_t len = strlen(h->root);
	char full[2 * PATH_MAX];
	dev_t dev;
	bool v2;

	/* A container may see a part of the hierarchy, while its paths begin at the root of all. */
	if (strcmp(h->root, "/") && !strncmp(path, h->root, len) &&
	    (!path[len] || path[len] == '/'))
		path += len;
	snprintf(full, sizeof(full), "%s/%s", h->mount, path);
	return directory_find(full, &dev, id, &v2);
}

int cgroup_find(const char *path, struct cgroup_hierarchy *h, uint64_t *id, char *err,
		size_t errlen)
{
	static const struct wish wishes[] = { { .v2 = true }, { .controller = "cpu" }, { 0 } };
	struct wish here = { 0 };

	if (directory_find(path, &here.dev, id, &here.v2)) {
		if (mount_find(&here, h))
			return error_say(err, errlen, -ENOENT,
					 "the hierarchy of cgroup '%s' is not among the mounts",
					 path);
		if (!here.v2 && !h->controller)
			return error_say(
				err, errlen, -ENOTSUP,
				"'%s' lies in a hierarchy without a controller; give its path in the hierarchy of the cpu controller",
				path);
		return 0;
	}
	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
		if (!mount_find(&wishes[i], h) && path_find(h, path, id))
			return 0;
	return error_say(
		err, errlen, -ENOENT,
		"there is no cgroup '%s': expected a directory such as /sys/fs/cgroup/NAME, or a path as "
		"/proc/PID/cgroup shows it",
		path);
}

/* ---- from id to path ------------------------------------------------------------------------- */

/* FILEID_KERNFS: the handle of a file of kernfs is its id. */
#define HANDLE_KERNFS 0xfe

/* The directory of @id, by its handle; needs CAP_DAC_READ_SEARCH. */
static int path_by_handle(const struct cgroup_hierarchy *h, uint64_t id, char *path, size_t size)
{
	struct {
		struct file_handle head;
		uint64_t id;
	} handle = { .head = { .handle_bytes = sizeof(id), .handle_type = HANDLE_KERNFS } };
	char link[64];
	ssize_t n = -1;
	int mount = open(h->mount, O_PATH | O_DIRECTORY | O_CLOEXEC), fd;

	if (mount < 0)
		return -errno;
	memcpy(handle.head.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(mount, &handle.head, O_PATH | O_CLOEXEC);
	if (fd >= 0) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, path, size - 1);
	}
	if (n >= 0)
		path[n] = 0;
	close(mount);
	if (fd >= 0)
		close(fd);
	return n >= 0 ? 0 : -EPERM;
}

/* nftw() has no argument for its callback; one thread traces. */
static struct {
	uint64_t id;
	char *path;
	size_t size;
} looked_for;

static int compare_id(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	if (type != FTW_D || st->st_ino != looked_for.id)
		return 0;
	snprintf(looked_for.path, looked_for.size, "%s", path);
	return 1;
}

int cgroup_path(const struct cgroup_hierarchy *h, uint64_t id, char *path, size_t size)
{
	char full[2 * PATH_MAX];
	size_t len = strlen(h->mount);

	if (path_by_handle(h, id, full, sizeof(full))) {
		looked_for.id = id;
		looked_for.path = full;
		looked_for.size = sizeof(full);
		if (nftw(h->mount, compare_id, 16, FTW_PHYS | FTW_MOUNT) != 1)
			return -ENOENT;
	}
	/* A cgroup that was removed while it was looked at. */
	if (strncmp(full, h->mount, len) || strstr(full, " (deleted)"))
		return -ENOENT;
	snprintf(path, size, "%s", full[len] ? full + len : "/");
	return 0;
}
