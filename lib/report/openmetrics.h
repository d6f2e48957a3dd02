/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_OPENMETRICS_H
#define KT_REPORT_OPENMETRICS_H
/*
 * What the files that write OpenMetrics share. Samples of one family stand together, so each family
 * goes over the whole report; the labels that say whose a sample is are made once per run.
 *
 * A run's counters begin at 0 with it: a night's histogram is what that night measured. The
 * timestamp is the moment when the run began, of runs that were pooled when the last of them did.
 */
#include <stdbool.h>
#include <stdio.h>

#include "lib/report/ladder.h"
#include "lib/report/report.h"

struct openmetrics {
	FILE *out;
	const struct report *r;
	bool timestamps;    /* the node exporter's textfiles must have none */
	const char *family; /* that is being written */
	char **labels;	    /* per run: host="...",kernel="..." */
	char (*stamp)[24];  /* per run: " 1767323045" */
	char bound[LADDER_NR][24];
};

/* openmetrics_family - begin family @name; @type "counter", "gauge", ...; @unit NULL: none */
void openmetrics_family(struct openmetrics *om, const char *name, const char *type,
			const char *unit, const char *help);

/*
 * openmetrics_begin - a sample of the family and @suffix, with the labels of @run; more of them come by
 * the next two, and one of the two after these ends it
 */
void openmetrics_begin(struct openmetrics *om, const char *suffix, size_t run);
/* NULL and "" are no label */
void openmetrics_label(struct openmetrics *om, const char *name, const char *value);
/* Question, arm, mode; or kind and subject. @r NULL: of the question as a whole */
void openmetrics_whose(struct openmetrics *om, const struct report_question *q,
		       const struct report_result *r);
void openmetrics_value(struct openmetrics *om, size_t run, double value);
void openmetrics_count(struct openmetrics *om, size_t run, uint64_t value);

/* openmetrics_sample - a whole one, of @r; nothing when @value is NAN */
void openmetrics_sample(struct openmetrics *om, const char *suffix, const struct report_question *q,
			const struct report_result *r, const char *label, const char *name,
			double value);

/* openmetrics_histogram - @l, of @r, with one more label. Return: 0, -ENOMEM */
int openmetrics_histogram(struct openmetrics *om, const struct report_question *q,
			  const struct report_result *r, const char *label, const char *name,
			  const struct ladder *l);

/* openmetrics_each - call @each for every result of a bench run's questions, or of traces */
typedef int openmetrics_each_result(struct openmetrics *om, const struct report_question *q,
				    const struct report_result *r);
int openmetrics_each(struct openmetrics *om, bool traces, openmetrics_each_result *each);

/* The families, by topic. Return: 0, -ENOMEM */
int openmetrics_bench(struct openmetrics *om);
int openmetrics_verdicts(struct openmetrics *om);
int openmetrics_traces(struct openmetrics *om);

/* openmetrics_write - all of it. Return: 0, or -errno (of the stream) */
int openmetrics_write(FILE *out, const struct report *r, bool timestamps);
#endif
