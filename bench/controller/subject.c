// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/subject.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/controller/revision.h"
#include "bench/controller/suite.h"

#define REVISION_PREFIX "rev:"

void subject_free(struct subject *s)
{
	for (unsigned int i = 0; i < s->nr_variants; i++)
		free(s->variant[i]);
	free(s->name);
	free(s->path);
	free(s->revision);
	free(s->reason);
	*s = (struct subject){ 0 };
}

const char *subject_variant(const struct subject *s, unsigned long i)
{
	return s->variant[i % s->nr_variants];
}

/* @path is the only variant; 0 or -ENOMEM */
static int take_binary(struct subject *s, const char *path)
{
	s->path = strdup(path);
	s->variant[0] = strdup(path);
	s->nr_variants = 1;
	return s->path && s->variant[0] ? 0 : -ENOMEM;
}

/* The suite in directory @dir: an installed prefix, a build directory, a source tree. */
static int find_in_directory(struct subject *s, const char *dir, char *err, size_t errlen)
{
	static const char *const at[] = { "libexec/kt/kt-suite", "libexec/kt-suite", "kt-suite",
					  "build/kt-suite" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		if (snprintf(path, sizeof(path), "%s/%s", dir, at[i]) < (int)sizeof(path) &&
		    !access(path, F_OK))
			return take_binary(s, path);
	}
	snprintf(err, errlen,
		 "directory %s has no kt-suite, neither as a prefix (libexec/kt/kt-suite) nor as a "
		 "build directory",
		 dir);
	return -ENOENT;
}

static int take_revision(struct subject *s, const char *name, char *err, size_t errlen)
{
	struct revision r;
	char path[PATH_MAX];
	int ret = revision_build(&r, name, SUBJECT_VARIANTS, err, errlen);

	if (ret)
		return ret;
	for (unsigned int i = 0; !ret && i < r.nr_variants; i++) {
		if (revision_variant_path(&r, i, path, sizeof(path)))
			ret = -ENAMETOOLONG;
		s->variant[i] = ret ? NULL : strdup(path);
		s->nr_variants++;
		if (!ret && !s->variant[i])
			ret = -ENOMEM;
	}
	if (!ret) {
		s->path = strdup(s->variant[0]);
		s->revision = strdup(r.commit);
		s->reason = r.reason[0] ? strdup(r.reason) : NULL;
		ret = s->path && s->revision && (s->reason || !r.reason[0]) ? 0 : -ENOMEM;
	}
	if (ret)
		snprintf(err, errlen, "%s", strerror(-ret));
	return ret;
}

int subject_find(struct subject *s, const char *name, char *err, size_t errlen)
{
	char path[PATH_MAX];
	struct stat sb;
	int ret;

	*s = (struct subject){ .name = strdup(name ? name : "built-in suite") };
	if (err && errlen)
		err[0] = '\0';
	if (!s->name)
		ret = -ENOMEM;
	else if (!name) {
		ret = suite_default_path(path, sizeof(path), err, errlen);
		ret = ret ? ret : take_binary(s, path);
	} else if (!strncmp(name, REVISION_PREFIX, strlen(REVISION_PREFIX)))
		ret = take_revision(s, name + strlen(REVISION_PREFIX), err, errlen);
	else if (stat(name, &sb))
		ret = take_revision(s, name, err, errlen);
	else if (S_ISDIR(sb.st_mode))
		ret = find_in_directory(s, name, err, errlen);
	else
		ret = take_binary(s, name);
	if (ret == -ENOMEM)
		snprintf(err, errlen, "out of memory");
	if (ret)
		subject_free(s);
	return ret;
}
