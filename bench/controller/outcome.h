/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_OUTCOME_H
#define KT_CONTROLLER_OUTCOME_H
/*
 * Where a run is kept when no file is named: results/runs/TIME-ID/ below the current directory,
 * with the record and its rendered reports; results/latest is a link to the newest. Earlier runs
 * stay.
 */
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define OUTCOME_RECORD "run.jsonl"
#define OUTCOME_LATEST "results/latest" /* a link, once it is published */

struct outcome {
	char dir[128];
	char record[160];
};

/* outcome_create - a new directory for the run with this id; 0, or -errno and a sentence in @err */
int outcome_create(struct outcome *o, const char *id, char *err, size_t errlen);

/*
 * outcome_publish - report.html and report.json beside the record, then results/latest; the page with
 * what the run meets of the targets in file @targets (NULL: none)
 *
 * Return: 0, or -errno and a sentence in @err; the record is safe in any case.
 */
int outcome_publish(const struct outcome *o, const char *targets, char *err, size_t errlen);

/* What of --fail-on a record has. */
struct outcome_failures {
	unsigned int found; /* of enum report_failure; 0: nothing */
	char why[160];	    /* "2 regressed" */
};

/* How a run is shown. */
struct outcome_show {
	unsigned int fail_on; /* of enum report_failure */
	bool full;	      /* the tables, not the summary */
	const char *targets;  /* file; NULL: none */
	const char *more;     /* of struct report; NULL: none */
};

/*
 * outcome_print - the summary or the tables of the record at @path on stdout, and into @f what of
 * @show->fail_on it has. Return: 0, or -errno and one sentence in @err
 */
int outcome_print(const char *path, const struct outcome_show *show, struct outcome_failures *f,
		  char *err, size_t errlen);

/*
 * outcome_unsteady - name the questions in the record at @path for which the machine was too
 * unsteady, a line each with the reason
 *
 * Return: how many there are, or -errno and a sentence in @err.
 */
int outcome_unsteady(const char *path, char *err, size_t errlen);
#endif
