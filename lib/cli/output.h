/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CLI_OUTPUT_H
#define KT_CLI_OUTPUT_H
/*
 * The one way to open a file that a command was told to write.
 *
 * A regular file, or one that is not there yet, appears whole or not at all: it is written beside
 * its place under another name, which is removed when that fails or a signal ends the program.
 * Anything else (a device, a FIFO, a socket, /dev/fd/N) is written in place and never replaced.
 * Links are followed: a link stays what it is, its target is replaced. A new file has the mode that
 * the umask leaves, a replaced one keeps mode, owner and group as far as the caller may set them;
 * another hard link to it keeps the old content.
 *
 * One output at a time is cleaned up after a signal. A path that is given has the program ignore
 * SIGPIPE and SIGXFSZ from then on: a reader that went away is an error like a full disk.
 */
#include <stddef.h>
#include <stdio.h>

enum output_existing {
	OUTPUT_REFUSE,	/* a regular file that exists is refused */
	OUTPUT_REPLACE, /* it is replaced */
};

struct output {
	FILE *stream; /* for the caller to write to */
	const char *name;
	enum output_existing existing;
	char *target;	 /* of links; NULL: written in place */
	char *temporary; /* beside target */
};

/*
 * output_open - begin an output at @path, which is not copied
 *
 * "-" and NULL are standard output; with NULL a reader that goes away ends the program by SIGPIPE,
 * as it ends any filter.
 *
 * A FIFO waits for its reader. Return: 0, or -errno and one sentence in @err; -EEXIST: refused.
 */
int output_open(struct output *o, const char *path, enum output_existing existing, char *err,
		size_t errlen);

/*
 * output_close - end it; @ret is what writing it came to
 *
 * The file takes its place when @ret is 0 and everything was written; otherwise nothing has
 * changed. Return: 0, or -errno and one sentence in @err; -EEXIST: the file has come meanwhile.
 */
int output_close(struct output *o, int ret, char *err, size_t errlen);

/*
 * output_in_place - a descriptor for @path when it is "-" or names something that is not a regular
 * file
 *
 * Return: 1 and *@fd, which the caller closes; 0: a regular file, or nothing there; -errno and one
 * sentence in @err.
 */
int output_in_place(const char *path, int *fd, char *err, size_t errlen);
#endif
