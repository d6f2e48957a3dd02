// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/glob.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static void accept_range(struct glob *g, uint32_t token, unsigned int from, unsigned int to)
{
	unsigned int c;

	for (c = from; c <= to; c++)
		g->accept[c] |= 1ULL << token;
}

/* "[a-z]", "[!x]", "[]x]"; @p after the bracket; returns what follows, NULL: unfinished */
static const char *accept_bracket(struct glob *g, uint32_t token, const char *p)
{
	bool in[256] = { false }, not = *p == '!' || *p == '^', first = true;
	unsigned int c;

	for (p += not ; *p != ']' || first; first = false) {
		unsigned int from, to;

		p += *p == '\\' && p[1];
		from = to = (unsigned char)*p++;
		if (!from)
			return NULL;
		if (p[0] == '-' && p[1] && p[1] != ']') {
			p++;
			p += *p == '\\' && p[1];
			to = (unsigned char)*p++;
		}
		for (c = from; c <= to; c++)
			in[c] = true;
	}
	for (c = 1; c < 256; c++)
		if (in[c] != not )
			g->accept[c] |= 1ULL << token;
	return p + 1;
}

/* The tokens of @p from bit @nr on. Return: the bit after the last one, or -errno. */
static int add_tokens(struct glob *g, const char *p, uint32_t nr)
{
	while (*p) {
		if (*p == '*') {
			g->star |= 1ULL << nr;
			p++;
			continue;
		}
		if (nr == GLOB_MAX_TOKENS)
			return -ENOSPC;
		if (*p == '?') {
			accept_range(g, nr, 1, 255);
			p++;
		} else if (*p == '[') {
			p = accept_bracket(g, nr, p + 1);
			if (!p)
				return -EINVAL;
		} else {
			p += *p == '\\' && p[1];
			accept_range(g, nr, (unsigned char)*p, (unsigned char)*p);
			p++;
		}
		nr++;
	}
	return (int)nr;
}

int glob_add(struct glob *g, const char *pattern)
{
	/* The bit after the highest one that ends a pattern. */
	uint32_t first = g->final ? 64 - (uint32_t)__builtin_clzll(g->final) : 0;
	struct glob grown = *g;
	int end = first > GLOB_MAX_TOKENS ? -ENOSPC : add_tokens(&grown, pattern, first);

	if (end < 0)
		return end;
	grown.begin |= 1ULL << first;
	grown.final |= 1ULL << end;
	*g = grown;
	return 0;
}

int glob_compile(struct glob *g, const char *pattern)
{
	memset(g, 0, sizeof(*g));
	return glob_add(g, pattern) ? -EINVAL : 0;
}

int glob_match(const struct glob *g, const char *text)
{
	uint64_t state = g->begin;

	for (; *text; text++)
		state = glob_step(g->accept[(unsigned char)*text], g->star, state);
	return (state & g->final) != 0;
}
