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

int glob_compile(struct glob *g, const char *pattern)
{
	const char *p = pattern;
	uint32_t nr = 0;

	memset(g, 0, sizeof(*g));
	while (*p) {
		if (*p == '*') {
			g->star |= 1ULL << nr;
			p++;
			continue;
		}
		if (nr == GLOB_MAX_TOKENS)
			return -EINVAL;
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
	g->final = 1ULL << nr;
	return 0;
}

int glob_match(const struct glob *g, const char *text)
{
	uint64_t state = 1;

	for (; *text; text++)
		state = glob_step(g->accept[(unsigned char)*text], g->star, state);
	return (state & g->final) != 0;
}
