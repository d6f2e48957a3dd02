// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/contest.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/cli/cli.h"

#include "bench/controller/client.h"
#include "bench/controller/interrupt.h"
#include "bench/controller/join.h"

static int refused(void)
{
	return interrupt_seen() ? KT_EXIT_INTERRUPTED : KT_EXIT_USAGE;
}

/* The questions of the binary at @path that are asked for. */
static int list(struct suite *s, const struct bench_options *o, const char *path, char *err,
		size_t errlen)
{
	int ret = suite_list(s, path, err, errlen);

	if (!ret && o->filter)
		ret = suite_filter(s, o->filter, err, errlen);
	else if (!ret && !o->list)
		suite_drop_manual(s);
	return ret;
}

static int choose_one(struct contest *c, const struct bench_options *o, char *err, size_t errlen)
{
	char path[PATH_MAX];
	int ret = 0;

	if (o->path)
		snprintf(path, sizeof(path), "%s", o->path);
	else
		ret = suite_default_path(path, sizeof(path), err, errlen);
	return ret ? ret : list(&c->suite, o, path, err, errlen);
}

/* ---- two sides ------------------------------------------------------------------------------- */

static void say_left_out(const char *line, void *arg)
{
	(void)arg;
	cli_say("%s", line);
}

static int join(struct contest *c, const struct bench_options *o, char *err, size_t errlen)
{
	struct suite suite[2] = { 0 };
	int ret = 0;

	for (int side = 0; !ret && side < 2; side++)
		ret = list(&suite[side], o, c->sides.path[side][0], err, errlen);
	if (!ret) {
		ret = join_suites(&c->suite, &suite[0], &suite[1], c->kind, say_left_out, NULL);
		if (ret)
			snprintf(err, errlen, "out of memory");
	}
	suite_free(&suite[0]);
	suite_free(&suite[1]);
	return ret;
}

static int choose_two(struct contest *c, const struct bench_options *o, char *err, size_t errlen)
{
	int ret = subject_find(&c->subject[1], o->path, err, errlen);

	if (!ret && c->kind == RECORD_BUILDS)
		ret = subject_find(&c->subject[0], o->against, err, errlen);
	if (ret)
		return ret;
	c->sides.kind = c->kind;
	for (int side = 0; side < 2; side++) {
		const struct subject *s = &c->subject[c->kind == RECORD_BUILDS ? side : 1];

		if (s->reason)
			cli_say("%s is measured in one layout of its code: %s", s->name, s->reason);
		c->sides.nr_paths[side] = s->nr_variants;
		c->sides.path[side] = (const char *const *)s->variant;
	}
	return join(c, o, err, errlen);
}

/* ---- both ------------------------------------------------------------------------------------ */

int contest_choose(struct contest *c, const struct bench_options *o, char *err, size_t errlen)
{
	int ret;

	*c = (struct contest){ .kind = o->against     ? RECORD_BUILDS
				       : o->toggle[0] ? RECORD_SETTINGS
						      : RECORD_ARMS };
	ret = c->kind == RECORD_ARMS ? choose_one(c, o, err, errlen)
				     : choose_two(c, o, err, errlen);
	if (!ret && c->suite.nr)
		ret = suite_compare_by(&c->suite, o->baseline, o->zone, err, errlen);
	if (ret)
		return refused();
	if (c->suite.nr)
		return KT_EXIT_OK;
	snprintf(err, errlen, "no question %s%s%s%s; `kt bench --list` lists them",
		 c->kind == RECORD_BUILDS ? "of both suites " : "",
		 o->filter ? "matches '" : "runs without --filter", o->filter ? o->filter : "",
		 o->filter ? "'" : "");
	return KT_EXIT_NOTHING;
}

int contest_agree(const struct contest *c, char *err, size_t errlen)
{
	int ret = client_agree(c->suite.path, err, errlen);

	if (!ret && c->kind == RECORD_BUILDS)
		ret = client_agree(c->subject[0].path, err, errlen);
	return ret ? refused() : KT_EXIT_OK;
}

void contest_free(struct contest *c)
{
	suite_free(&c->suite);
	subject_free(&c->subject[0]);
	subject_free(&c->subject[1]);
}
