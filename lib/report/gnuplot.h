/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_GNUPLOT_H
#define KT_REPORT_GNUPLOT_H
/*
 * The one gnuplot process that draws all plots of a page. It is spoken to through a socket and pipes:
 * no file is made, so that none is in the way, too large, or left behind.
 */
#include <stddef.h>
#include <stdio.h>

/* gnuplot_find - Return: 0; -ENOENT and half a sentence in @why: it is not installed */
int gnuplot_find(char *why, size_t whylen);

/*
 * gnuplot_run - what gnuplot draws and prints for @script, in *@drawn for free(), with a 0 after it
 * @seconds: it is ended after these; 0: after two minutes
 *
 * Nothing of the user's own settings is read. Return: 0; -ENOENT: it is not installed; another -errno;
 * and half a sentence in @why
 */
int gnuplot_run(const char *script, unsigned int seconds, char **drawn, char *why, size_t whylen);

/* gnuplot_packages - which packages bring it, for people, each between @before and @after */
void gnuplot_packages(FILE *out, const char *before, const char *after);
#endif
