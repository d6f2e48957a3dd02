/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory under the models, as C within spin's verifier: what memory.h declares and the verifier
 * keeps in its state. nr_threads, nr_words, history and nr_stores come from there.
 */
#include <stdlib.h>
#include <string.h>

struct memory {
	/* C11: a word is value[0..last]; what came before nobody may see any more */
	unsigned short value[nr_words][history];
	/* ... and what a released value carries: how new of each word its reader's view becomes */
	unsigned char knows[nr_words][history][nr_words];
	/* TSO: the stores on their way, by thread */
	unsigned char to[nr_threads][nr_stores];
	unsigned short what[nr_threads][nr_stores];
};

enum { ACQUIRES = 1, RELEASES = 2 };

/* Which memory, and which variant, 0 the right one: the same for all of a search. */
static int tso, broken;

static __attribute__((constructor)) void options(void)
{
	const char *s = getenv("BROKEN");

	tso = getenv("TSO") != NULL;
	broken = s ? atoi(s) : 0;
}
