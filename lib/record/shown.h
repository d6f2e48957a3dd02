/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_SHOWN_H
#define KT_RECORD_SHOWN_H
/*
 * What the kernel shows in files, one value in each, or one in a line. What cannot be read, or is
 * empty, is null: it is not there, or it is not shown to this process. For lib/record only.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define CPU_DIR "/sys/devices/system/cpu/"

/* shown_below - look for all files below @root ("" at first), which is not copied: for tests */
void shown_below(const char *root);

/* Room for a path that shown_path() has to make. */
#define SHOWN_PATH 4200

/* shown_path - what @path is called there: @path, or @buffer */
const char *shown_path(const char *path, char buffer[SHOWN_PATH]);

/* shown_exists - there is such a file, whether or not it can be read */
bool shown_exists(const char *path);

/* shown_open - for reading; NULL */
FILE *shown_open(const char *path);

/* shown_line - the first line without blanks at its end; false: it cannot be read or is empty */
bool shown_line(const char *path, char *text, size_t size);
json_t *shown_text(const char *path);

/* shown_list - the same of a list, "" when it is empty; null: not there, or not readable */
json_t *shown_list(const char *path);

/* shown_number - a whole number, which is all that the file has; false: it is not that */
bool shown_number(const char *path, long long *n);
json_t *shown_count(const char *path);

/* shown_value - the value of the first "key : value" or key=value line */
bool shown_value(const char *path, const char *key, char separator, char *value, size_t size);
json_t *shown_value_text(const char *path, const char *key, char separator);

/*
 * shown_each - call @each for every path that matches the glob(7) @pattern, in their order, with the
 * path as shown_line() takes it
 *
 * Return: how many there are.
 */
size_t shown_each(const char *pattern, void (*each)(const char *path, void *arg), void *arg);
#endif
