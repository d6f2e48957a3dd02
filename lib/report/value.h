/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_VALUE_H
#define KT_REPORT_VALUE_H
/*
 * JSON values as the reports of runs and of comparisons write them. What does not exist is null.
 * jansson escapes most control characters and refuses what is not UTF-8; value_dump() escapes those
 * that it leaves. So hostile names need no more. report.schema.json and diff.schema.json describe all that is written.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/measure/hist.h"
#include "lib/record/types.h"

/* value_number - null for NAN and infinities */
json_t *value_number(double v);

/* value_text - null for NULL; a text that was cut to a length may end in the middle of a character */
json_t *value_text(const char *s);

/* value_count - as in records: from 2^63 on a string of decimal digits, since readers take 63 bits */
json_t *value_count(uint64_t n);

/* value_build - version, build_id, compiler, flags */
json_t *value_build(const struct record_build *b);

/* value_hist - the buckets with their bounds and what is exact beside them, in ns; @unit: of a value */
json_t *value_hist(const struct hist *h, double unit);

/* ---- writing --------------------------------------------------------------------------------- */

/*
 * An object is written member by member, and a list in it item by item, so that only the one at hand is
 * in memory. Each has its own lines; numbers stand in rows.
 */
struct value_writer {
	FILE *out;
	const char *before; /* what is next */
	int ret;	    /* the first failure */
};

void value_begin(struct value_writer *w, FILE *out);

/* value_member, value_item - the value, whose reference is taken over; NULL: no memory */
void value_member(struct value_writer *w, const char *key, json_t *value);
void value_list(struct value_writer *w, const char *key);
void value_item(struct value_writer *w, json_t *value);
void value_list_end(struct value_writer *w);

/* value_end - Return: 0, -ENOMEM, or -errno of the stream */
int value_end(struct value_writer *w);

/* value_dump - as json_dumpf(), without any control character. Return: 0 or -1 */
int value_dump(FILE *out, const json_t *j, size_t flags);

/* value_write - the whole of an object, which is released. Return: as value_end() */
int value_write(FILE *out, json_t *all);

/* ---- of a report ----------------------------------------------------------------------------- */

struct report;
struct report_event;
struct report_in_the_way;
struct report_question;
struct report_result;
struct report_run;
struct report_tracing;

/* value_counts - {name: count} */
json_t *value_counts(const struct record_count *list, size_t nr);

/* value_of_run - @row, with the number of its run where rows need it */
json_t *value_of_run(const struct report *r, size_t run, json_t *row);

/* value_result - an arm or subject: its figures, distributions, and what it did over time */
json_t *value_result(const struct report_question *q, const struct report_result *r);

/* value_trace - of a kind of a trace what it has beside its figures */
json_t *value_trace(const struct report *r, const struct report_question *q);

/* value_worst, value_in_the_way - the longest waits, and those who ran meanwhile */
json_t *value_worst(const struct report_event *e, size_t nr);
json_t *value_in_the_way(const struct report_in_the_way *w, size_t nr, uint64_t all_ns);

/* What the figures rest on: @index is of a run. */
json_t *value_run(const struct report *r, size_t index);
json_t *value_context(const struct report_run *run);
json_t *value_cost(const struct report_tracing *t);
json_t *value_drops(const struct report *r);
#endif
