/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_BUILD_H
#define KT_REPORT_BUILD_H
/*
 * The model while its file is being read: every question owns its results, because a file made by
 * cat may come back to a question later. model.c fills it record by record, finish.c makes a struct
 * report of it.
 */
#include "lib/report/report.h"

/* Fewest values that give a quantile of a block: ten beyond it (p50, p99). */
#define BLOCK_MIN_P50 20
#define BLOCK_MIN_P99 1000

/*
 * One statistic per block, or per run of neighbouring blocks when one block alone has too few
 * values.
 */
struct series {
	struct hist *pending; /* blocks taken together so far */
	double *value;
	size_t nr, room;
};

struct build_result {
	struct report_result r;
	struct series p50, p99;
	/* of the block just read */
	bool in_block;
	double ns_per_iteration;
};

struct build_question {
	struct report_question q;
	struct build_result *result;
	size_t nr, room;
	double *steal, *psi, *canary; /* per block, NAN: not known */
	size_t nr_noise, room_noise;
};

struct build {
	struct report *report;
	const char *path;
	char *err;
	size_t errlen;
	size_t line; /* of the record at hand */
	struct build_question *question;
	size_t nr, room, nr_results;
	size_t nr_headers, nr_complete;
	struct hist scratch; /* the histogram just read */
};

/* report_new - an empty report, for report_free(); NULL: no memory */
struct report *report_new(void);

/* report_keep - a copy of @s that lives as long as the report; NULL: no memory */
const char *report_keep(struct report *r, const char *s);

/* build_grow - make room for one more of @size bytes in @array; false: no memory, nothing changed */
bool build_grow(void **array, size_t nr, size_t *room, size_t size);

/* build_finish - statistics, comparisons and the flat arrays of the report; 0 or -ENOMEM */
int build_finish(struct build *b);
void build_free(struct build *b);
void report_result_free(struct report_result *r);
#endif
