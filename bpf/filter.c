// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/filter.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cli/number.h"

#include "bpf/error.h"
#include "bpf/glob.h"

#define WORD_BITS 64

static int no_memory(char *err, size_t errlen)
{
	return error_say(err, errlen, -ENOMEM, "out of memory");
}

/* ---- lists ----------------------------------------------------------------------------------- */

/* The item that ends before @end; allocated, NULL: no memory. */
static char *item_of(const char *text, const char *end)
{
	return strndup(text, (size_t)(end - text));
}

static int add_id(pid_t **list, uint32_t *nr, pid_t id)
{
	pid_t *grown;

	for (uint32_t i = 0; i < *nr; i++)
		if ((*list)[i] == id)
			return 0;
	grown = reallocarray(*list, *nr + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	*list = grown;
	grown[(*nr)++] = id;
	return 0;
}

static int add_ids(pid_t **list, uint32_t *nr, const char *what, const char *text, char *err,
		   size_t errlen)
{
	int ret = 0;

	while (!ret) {
		const char *end = strchrnul(text, ',');
		char *item = item_of(text, end);
		uint64_t id;

		if (!item)
			return no_memory(err, errlen);
		if (!number_parse(item, 1, INT_MAX, &id))
			ret = error_say(err, errlen, -EINVAL, "'%s' is not a %s id", item, what);
		else if (add_id(list, nr, (pid_t)id))
			ret = no_memory(err, errlen);
		free(item);
		if (!*end)
			break;
		text = end + 1;
	}
	return ret;
}

int filter_add_tgids(struct filter *f, const char *text, char *err, size_t errlen)
{
	return add_ids(&f->tgid, &f->nr_tgids, "process", text, err, errlen);
}

int filter_add_tids(struct filter *f, const char *text, char *err, size_t errlen)
{
	return add_ids(&f->tid, &f->nr_tids, "thread", text, err, errlen);
}

/* Takes @item over. */
static int add_text(char ***list, uint32_t *nr, char *item)
{
	char **grown = item ? reallocarray(*list, *nr + 1, sizeof(*grown)) : NULL;

	if (!grown) {
		free(item);
		return -ENOMEM;
	}
	*list = grown;
	grown[(*nr)++] = item;
	return 0;
}

/* ---- names ----------------------------------------------------------------------------------- */

/* Where the pattern at @p ends: at a comma that is not part of it. */
static const char *pattern_end(const char *p)
{
	const char *in = NULL; /* the first character after an open bracket and its negation */

	for (; *p && (in || *p != ','); p++) {
		if (*p == '\\' && p[1]) {
			p++;
		} else if (!in && *p == '[') {
			in = p + 1 + (p[1] == '!' || p[1] == '^');
		} else if (in && *p == ']' && p > in) {
			in = NULL;
		}
	}
	return p;
}

int filter_add_globs(struct filter *f, const char *text, char *err, size_t errlen)
{
	struct glob *g = malloc(sizeof(*g));
	int ret = g ? 0 : no_memory(err, errlen);

	while (!ret) {
		const char *end = pattern_end(text);
		char *item = item_of(text, end);

		if (item && !*item)
			ret = error_say(err, errlen, -EINVAL,
					"'' is not a pattern: expected one such as io* or '*'");
		else if (item && glob_compile(g, item))
			ret = error_say(
				err, errlen, -EINVAL,
				"invalid pattern '%s': a bracket is not closed, or it is longer than %d characters",
				item, GLOB_MAX_TOKENS);
		if (ret)
			free(item);
		else if (add_text(&f->glob, &f->nr_globs, item))
			ret = no_memory(err, errlen);
		if (!*end)
			break;
		text = end + 1;
	}
	free(g);
	return ret;
}

/* ---- cgroups --------------------------------------------------------------------------------- */

int filter_add_cgroup(struct filter *f, const char *text, char *err, size_t errlen)
{
	if (!*text)
		return error_say(err, errlen, -EINVAL, "'' is not a cgroup: expected a directory");
	return add_text(&f->cgroup, &f->nr_cgroups, strdup(text)) ? no_memory(err, errlen) : 0;
}

/* ---- CPUs ------------------------------------------------------------------------------------ */

/* "3" or "0-3"; @item is written to */
static bool range_parse(char *item, uint64_t *first, uint64_t *last)
{
	char *dash = strchr(item, '-');

	if (dash)
		*dash = 0;
	if (!number_parse(item, 0, FILTER_MAX_CPUS - 1, first))
		return false;
	*last = *first;
	return !dash || number_parse(dash + 1, *first, FILTER_MAX_CPUS - 1, last);
}

int filter_add_cpus(struct filter *f, const char *text, char *err, size_t errlen)
{
	const char *at = text;

	if (!f->cpus)
		f->cpus = calloc(FILTER_MAX_CPUS / WORD_BITS, sizeof(*f->cpus));
	for (;;) {
		const char *end = strchrnul(at, ',');
		char *item = item_of(at, end);
		uint64_t cpu, last;
		bool ok;

		if (!f->cpus || !item) {
			free(item);
			return no_memory(err, errlen);
		}
		ok = range_parse(item, &cpu, &last);
		free(item);
		if (!ok)
			return error_say(
				err, errlen, -EINVAL,
				"invalid list of CPUs '%s': expected numbers and ranges, such as 0,2-3",
				text);
		for (; cpu <= last; cpu++)
			f->cpus[cpu / WORD_BITS] |= 1ULL << cpu % WORD_BITS;
		if (!*end)
			return 0;
		at = end + 1;
	}
}

/* ---- life ------------------------------------------------------------------------------------ */

static int copy_texts(char ***to, uint32_t *nr, char *const *from, uint32_t nr_from)
{
	int ret = 0;

	for (uint32_t i = 0; i < nr_from && !ret; i++)
		ret = add_text(to, nr, strdup(from[i]));
	return ret;
}

static int copy_ids(pid_t **to, uint32_t *nr, const pid_t *from, uint32_t nr_from)
{
	int ret = 0;

	for (uint32_t i = 0; i < nr_from && !ret; i++)
		ret = add_id(to, nr, from[i]);
	return ret;
}

int filter_copy(struct filter *to, const struct filter *from)
{
	size_t bytes = FILTER_MAX_CPUS / 8;

	*to = (struct filter){ 0 };
	if (from->cpus) {
		to->cpus = malloc(bytes);
		if (!to->cpus)
			return -ENOMEM;
		memcpy(to->cpus, from->cpus, bytes);
	}
	return copy_ids(&to->tgid, &to->nr_tgids, from->tgid, from->nr_tgids)
		       ?: copy_ids(&to->tid, &to->nr_tids, from->tid, from->nr_tids)
		       ?: copy_texts(&to->glob, &to->nr_globs, from->glob, from->nr_globs)
		       ?: copy_texts(&to->cgroup, &to->nr_cgroups, from->cgroup, from->nr_cgroups);
}

static void free_texts(char **list, uint32_t nr)
{
	while (nr)
		free(list[--nr]);
	free(list);
}

void filter_free(struct filter *f)
{
	free(f->tgid);
	free(f->tid);
	free_texts(f->glob, f->nr_globs);
	free_texts(f->cgroup, f->nr_cgroups);
	free(f->cpus);
	*f = (struct filter){ 0 };
}
