// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/func_cache.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Powers of two. A program that has more of them made them to fill this: then it begins anew. */
#define MAX_NAMED 4096
#define NR_PLACES (2 * MAX_NAMED)

/*
 * A process that has just called exec may not have mapped its files yet. What the kernel does not
 * know now it will not know later, and to read all that it knows takes long.
 */
#define MAX_TRIES 10

struct func_named {
	struct func_at at; /* func 0: a free place */
	uint32_t pass, tries;
	bool found;
	char name[128];
};

static bool is_same(const struct func_at *a, const struct func_at *b)
{
	return a->func == b->func && a->tgid == b->tgid && a->origin.cookie == b->origin.cookie &&
	       a->origin.distance == b->origin.distance;
}

static struct func_named *place_of(struct func_cache *c, const struct func_at *at)
{
	uint64_t hash =
		(at->func ^ at->origin.distance ^ (uint64_t)at->tgid << 32) * 0x9e3779b97f4a7c15ULL;
	uint32_t i = (uint32_t)(hash >> 32) & (NR_PLACES - 1);

	while (c->named[i].at.func && !is_same(&c->named[i].at, at))
		i = (i + 1) & (NR_PLACES - 1);
	return &c->named[i];
}

/* Room for one more: at most half of all places are taken. */
static bool make_room(struct func_cache *c)
{
	if (!c->named)
		c->named = calloc(NR_PLACES, sizeof(*c->named));
	else if (c->nr == MAX_NAMED)
		memset(c->named, 0, NR_PLACES * sizeof(*c->named));
	if (c->nr == MAX_NAMED)
		c->nr = 0;
	return c->named;
}

const char *func_cache_name(struct func_cache *c, const struct tracer *t, struct subject_funcs *f,
			    const struct usdt_files *files, const struct func_at *at)
{
	struct func_named *n;

	if (!at->func)
		return "0x0";
	if (!make_room(c))
		return NULL;
	n = place_of(c, at);
	if (!n->at.func) {
		n->at = *at;
		n->pass = c->pass - 1;
		c->nr++;
	}
	if (n->found || n->tries == MAX_TRIES || n->pass == c->pass)
		return n->name;
	n->pass = c->pass;
	n->tries = at->tgid ? n->tries + 1 : MAX_TRIES;
	n->found = subject_funcs_find(t, f, files, at, n->name, sizeof(n->name));
	if (!n->found)
		snprintf(n->name, sizeof(n->name), "0x%" PRIx64, at->func);
	return n->name;
}

void func_cache_free(struct func_cache *c)
{
	free(c->named);
	memset(c, 0, sizeof(*c));
}
