// SPDX-License-Identifier: GPL-2.0-only
/*
 * In the place of lib/report/gnuplot.c: what gnuplot would be given is looked at, and nothing is drawn.
 */
#include "lib/report/gnuplot.h"

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/holds.h"

int gnuplot_find(char *why, size_t whylen)
{
	(void)why;
	(void)whylen;
	return 0;
}

/* A backquote, and a line that begins with an exclamation mark, would run a command. */
int gnuplot_run(const char *script, unsigned int seconds, char **drawn, char *why, size_t whylen)
{
	(void)seconds;
	(void)why;
	(void)whylen;
	HOLDS(!strpbrk(script, "`\033") && !strstr(script, "\n!") && !strstr(script, "system"));
	*drawn = strdup("");
	HOLDS(*drawn);
	return 0;
}

void gnuplot_packages(FILE *out, const char *before, const char *after)
{
	fprintf(out, "%sgnuplot%s", before, after);
}
