/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_INPUT_H
#define KT_RECORD_INPUT_H
/*
 * The bytes of a record file, compressed by gzip or not; files put together by cat may be of both
 * sorts, as long as each begins at the beginning of a line. For lib/record only.
 */
#include <stddef.h>
#include <sys/types.h>

struct input;

/* input_open - "-" is standard input, which stays open; 0 or -errno */
int input_open(struct input **in, const char *path);

/*
 * input_read - the next bytes, at most @size
 *
 * Return: how many; 0 at the end, and where compressed data is cut off or damaged; or -errno.
 */
ssize_t input_read(struct input *in, char *bytes, size_t size);

/* input_damage - why the data ended early, NULL when it did not */
const char *input_damage(const struct input *in);

/* input_close - NULL is fine */
void input_close(struct input *in);
#endif
