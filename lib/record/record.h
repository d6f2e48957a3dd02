/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_H
#define KT_RECORD_H
/*
 * The record format: JSON Lines, one write(2) per record, append-only. SCHEMA.md documents every
 * type.
 *
 * What may know it: whoever measures (writes) and whoever reports (reads). It knows nothing of
 * either. A record is a JSON object with "type"; the writer adds nothing but the line's end. A torn
 * last line is ignored by the reader; a file without "end" is an interrupted run and still
 * readable.
 *
 * Types, in order of a file: header, environment, then per question: question, calibration, block
 * (many), trace, skipped; outlier and event (trace); end. Times are CLOCK_MONOTONIC ns as JSON
 * integers, histograms
 * {"k":7,"count":n,"sum":..,"min":..,"max":..,"overflow":..,"runs":[[first,c,c,...],...]}.
 */
#include <jansson.h>
#include <stddef.h>

#include "lib/measure/hist.h"

#define RECORD_SCHEMA 1

struct record_writer;

/*
 * record_create - a new file at @path; fails with -EEXIST when there is one, so that nothing is
 * overwritten
 *
 * Return: 0, or -errno and one sentence in @err.
 */
int record_create(struct record_writer **w, const char *path, char *err, size_t errlen);

/*
 * record_write - append @record (its reference is taken over, also on failure) in one write(2); 0
 * or -errno
 */
int record_write(struct record_writer *w, json_t *record);

/* record_close - 0, or -errno of the first write that failed; NULL is fine */
int record_close(struct record_writer *w);

/*
 * record_header -
 * {"type":"header","schema":1,"tool":@tool,"version":..,"command":[...],"id":uuid,"start":ISO
 * 8601,...}
 */
json_t *record_header(const char *tool, int argc, char **argv);

/*
 * record_environment - machine, kernel, CPUs, clock, mitigations, limits, warnings:
 * {"type":"environment",...}
 */
json_t *record_environment(void);

/* record_end - {"type":"end","status":@status ("complete","interrupted"),"time_ns":..} */
json_t *record_end(const char *status);

/*
 * record_string - a JSON string of names read from anywhere: bytes that are not UTF-8 become
 * "\\xNN" in clear
 */
json_t *record_string(const char *s);

json_t *hist_to_json(const struct hist *h);

/*
 * hist_from_json - checks every index and count against hostile input; 0, or -EINVAL: then @h is
 * empty
 *
 * So a histogram must be consistent: count is the sum of the buckets, min and max lie in the first
 * and the last non-empty one, sum between count * min and count * max.
 */
int hist_from_json(struct hist *h, const json_t *j);

/*
 * record_read - call @each for every record of @path ("-": standard input), in order
 * @each: returns 0 to go on, else that value ends the reading and is returned
 *
 * A line over 16 MiB, a bad line (except a last one without its newline), an unknown schema, a file
 * that begins with no header: -EINVAL. Return: 0, -errno and one sentence (with the line number) in
 * @err, or what @each returned (@err is then its business; its n-th call is for line n).
 */
int record_read(const char *path, int (*each)(const json_t *record, void *arg), void *arg,
		char *err, size_t errlen);
#endif
