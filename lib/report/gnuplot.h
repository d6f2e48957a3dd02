/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_GNUPLOT_H
#define KT_REPORT_GNUPLOT_H
/* The one gnuplot process that draws all plots of a page, in a directory of its own. */
#include <stddef.h>
#include <stdio.h>

/*
 * gnuplot_directory - a new directory in $TMPDIR, or in /tmp without one
 *
 * Return: 0 and *@dir for free(); -errno and half a sentence in @why: what failed
 */
int gnuplot_directory(char **dir, char *why, size_t whylen);

/*
 * gnuplot_run - gnuplot reads "script" in @dir and draws into it; never for longer than two minutes
 *
 * Nothing of the user's own settings is read. Return: 0; -ENOENT: it is not installed; another -errno;
 * and half a sentence in @why. @seconds: how long at most; 0: the two minutes
 */
int gnuplot_run(const char *dir, unsigned int seconds, char *why, size_t whylen);

/* gnuplot_packages - which packages bring it, for people: @code is put around each name */
void gnuplot_packages(FILE *out, const char *before, const char *after);
#endif
