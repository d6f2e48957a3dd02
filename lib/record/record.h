/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_H
#define KT_RECORD_H
/*
 * The record format: JSON Lines, one write(2) per record, append-only. SCHEMA.md describes each
 * type; types.h has a struct, a writer and a reader for each. This header is about files.
 *
 * It knows nothing of those who measure (and write) nor of those who report (and read). A record is
 * a JSON object with "type"; a file begins with a header. A line that is not a record costs only
 * itself, and a file without "end" is an interrupted run and still readable.
 */
#include <jansson.h>
#include <stddef.h>

/* What is written. Older ones, from 1 on, are read. */
#define RECORD_SCHEMA 2

/* Bytes of a record, its newline apart: longer ones are neither written nor read. */
#define RECORD_MAX_LINE (16u << 20)

struct record_writer;

/*
 * record_create - a new file at @path; fails with -EEXIST when there is one, so that nothing is
 * overwritten
 *
 * Return: 0, or -errno and one sentence in @err.
 */
int record_create(struct record_writer **w, const char *path, char *err, size_t errlen);

/*
 * record_stream - records go to the open @fd (a pipe, a device), which is taken over, also on
 * failure; what a failed write has left there stays
 *
 * Return: 0 or -ENOMEM.
 */
int record_stream(struct record_writer **w, int fd);

/* What looks on at each record that is written. 0, or -errno: then the same comes of record_write(). */
typedef int record_look(const json_t *record, void *arg);

/*
 * record_watched - records go to @look, and to no file
 *
 * Return: 0 or -ENOMEM.
 */
int record_watched(struct record_writer **w, record_look *look, void *arg);

/* record_watch - let @look look on from now on, once each record has been written */
void record_watch(struct record_writer *w, record_look *look, void *arg);

/*
 * record_write - append @record (its reference is taken over, also on failure) in one write(2)
 *
 * What comes up short is taken back, so that the file ends with a whole record. Return: 0; -ENOMEM
 * for NULL, -EFBIG for one that is too long; or -errno of writing, then and ever after.
 */
int record_write(struct record_writer *w, json_t *record);

/* record_close - 0, or -errno of the first write that failed; NULL is fine */
int record_close(struct record_writer *w);

/*
 * record_string - a JSON string of a name read from anywhere
 *
 * Bytes that are not UTF-8 become \xNN in clear, and so does a backslash before "xNN": different
 * names stay different, and whoever needs the bytes can get them back.
 */
json_t *record_string(const char *s);

/* record_type - of a record that record_read() came by */
const char *record_type(const json_t *record);

/* What record_read() calls. Lines count from 1. */
struct record_visitor {
	/* 0 to go on, else this value ends the reading and is returned */
	int (*each)(const json_t *record, size_t line, void *arg);
	/* The same with the text as it stands there, without a newline; called instead of @each */
	int (*each_text)(const json_t *record, const char *text, size_t length, size_t line,
			 void *arg);
	/* NULL, or told of each line that was skipped, and why ("cut off", "invalid UTF-8") */
	void (*torn)(size_t line, const char *reason, void *arg);
	void *arg;
};

/*
 * record_read - call @v->each for every record of @path, in order; "-" is standard input
 *
 * Compressed files (gzip) are read like plain ones; data that ends early or is damaged counts as torn
 * there. A line that is not a record, one over RECORD_MAX_LINE, and what stands before the first
 * header are skipped. A header in the same line as the rest of a torn one, as cat leaves it, is
 * read.
 *
 * Return: 0; what @each returned (@err is then its business); or -errno and one sentence in @err:
 * the file cannot be read, is empty, binary or without any header, or its first header is of a
 * schema that is not known here (a later one is given to @each like any other).
 */
int record_read(const char *path, const struct record_visitor *v, char *err, size_t errlen);
#endif
