// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/caller.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* sudo, its monitor, a shell that called it: the caller is not further up than that. */
#define MAX_ANCESTORS 16

static bool parse_id(const char *text, unsigned int *id)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text < '0' || *text > '9' || value >= UINT_MAX)
		return false;
	*id = (unsigned int)value;
	return true;
}

/* What of /proc/PID/status is needed. */
struct process {
	pid_t parent;
	uid_t uid; /* real */
	gid_t *group;
	int nr_groups;
};

static void add_groups(struct process *p, const char *text)
{
	gid_t group, *grown;
	int n;

	for (; sscanf(text, "%u%n", &group, &n) == 1; text += n) {
		grown = reallocarray(p->group, (size_t)p->nr_groups + 1, sizeof(*grown));
		if (!grown)
			return;
		p->group = grown;
		p->group[p->nr_groups++] = group;
	}
}

static bool read_process(pid_t pid, struct process *p)
{
	char path[64], *line = NULL;
	size_t size = 0;
	FILE *in;

	memset(p, 0, sizeof(*p));
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	in = fopen(path, "re");
	if (!in)
		return false;
	while (getline(&line, &size, in) > 0)
		if (!strncmp(line, "Groups:", 7))
			add_groups(p, line + 7);
		else if (sscanf(line, "PPid: %d", &p->parent) != 1)
			sscanf(line, "Uid: %u", &p->uid);
	free(line);
	fclose(in);
	return true;
}

static void take_environment(struct caller *c, pid_t pid)
{
	static const char *const names[] = { "HOME=", "USER=", "LOGNAME=", "SHELL=", "MAIL=" };
	size_t size = 0, nr = 0;
	char path[64], *variable = NULL;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	in = fopen(path, "re");
	while (in && getdelim(&variable, &size, 0, in) > 0)
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (!strncmp(variable, names[i], strlen(names[i])) &&
			    nr + 1 < sizeof(c->environment) / sizeof(c->environment[0]))
				c->environment[nr++] = strdup(variable);
	free(variable);
	if (in)
		fclose(in);
}

/* The nearest ancestor that is the user's: the shell, as a rule. */
static void ask_ancestor(struct caller *c)
{
	struct process p = { .parent = getppid() };

	for (int i = 0; i < MAX_ANCESTORS && p.parent > 0; i++) {
		pid_t pid = p.parent;

		free(p.group);
		if (!read_process(pid, &p))
			return;
		if (p.uid != c->uid)
			continue;
		c->group = p.group;
		c->nr_groups = p.nr_groups;
		take_environment(c, pid);
		return;
	}
	free(p.group);
}

int caller_find(struct caller *c, char *err, size_t errlen)
{
	const char *uid = getenv("SUDO_UID"), *gid = getenv("SUDO_GID");

	memset(c, 0, sizeof(*c));
	if (geteuid() || !uid)
		return 0;
	if (!parse_id(uid, &c->uid) || !gid || !parse_id(gid, &c->gid)) {
		snprintf(err, errlen,
			 "SUDO_UID and SUDO_GID are not a user and a group: the command cannot run "
			 "as the user of sudo; --as-root runs it as root");
		return -EINVAL;
	}
	if (!c->uid)
		return 0;
	c->known = true;
	ask_ancestor(c);
	return 0;
}

int caller_become(const struct caller *c)
{
	if (!c || !c->known)
		return 0;
	if (setgroups((size_t)c->nr_groups, c->group) || setresgid(c->gid, c->gid, c->gid) ||
	    setresuid(c->uid, c->uid, c->uid))
		return -errno;
	return 0;
}

void caller_set_environment(const struct caller *c)
{
	for (size_t i = 0; c && c->environment[i]; i++)
		putenv(c->environment[i]);
}

void caller_free(struct caller *c)
{
	for (size_t i = 0; c->environment[i]; i++)
		free(c->environment[i]);
	free(c->group);
	memset(c, 0, sizeof(*c));
}
