/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_CALLER_H
#define KT_BPF_CALLER_H
/*
 * For whom kt runs as root: the user of sudo. A command that kt executes is theirs, not root's.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct caller {
	bool known; /* by sudo; otherwise kt runs for the user that it is, and nothing changes */
	uid_t uid;
	gid_t gid;
	gid_t *group; /* further ones */
	int nr_groups;
	char *environment[8]; /* "HOME=..." and the like, as before sudo; NULL ends it */
};

/*
 * caller_find - the user of sudo, if kt was started by it
 *
 * The ids are those that sudo passes on. Groups and what sudo changes in the environment are those
 * of the process that called it; where that is gone there are no further groups.
 * Return: 0, or -EINVAL and one sentence in @err when sudo's variables are not ids.
 */
int caller_find(struct caller *c, char *err, size_t errlen);

/*
 * caller_become - this process is that user's from now on; no effect for NULL or when none is known
 *
 * Return: 0 or -errno. Allocates nothing: for a forked child.
 */
int caller_become(const struct caller *c);

/* caller_set_environment - of a child that will execute the caller's command */
void caller_set_environment(const struct caller *c);

void caller_free(struct caller *c);
#endif
