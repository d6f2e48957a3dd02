/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_MEASURE_JUDGE_H
#define KT_MEASURE_JUDGE_H
/*
 * From the instances of a question to what is said of an arm: is it slower than its baseline?
 *
 * An instance is one set-up of all arms (threads, memory, for two builds a process) with the pairs
 * of epochs measured on it. Identical arms differ from instance to instance by more than the noise
 * inside one, so the instance is the unit of every interval.
 *
 * Four quantities, each judged for itself, and the ratio shown is always the one that is judged:
 *
 *	p50	per instance the median of its pairs' log ratios (of the epochs' medians, or in mode
 *		"time" of their ns per operation); over the instances the median of these, with the
 *		exact interval of order statistics
 *	mean	of all operations: mean_compare()
 *	p99	of all operations: tail_compare()
 *	p99.9	the same
 *
 * The runner looks after 8, 12, 18, ... instances, each time at 99 %, and stops measuring an arm
 * when all that it waits for is decided. The interval is the look's own.
 *
 * Used by the controller while it measures and by the report afterwards, so that both say the same.
 * Pure functions on the caller's memory.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/measure/tail.h"
#include "lib/measure/verdict.h"

enum judge_metric { JUDGE_P50, JUDGE_MEAN, JUDGE_P99, JUDGE_P999, NR_JUDGE_METRICS };

/* "p50", "mean", "p99", "p99.9" */
const char *judge_metric_name(enum judge_metric m);

/* Instances after which the data are looked at, rising, ended by 0. */
extern const unsigned int judge_looks[];

/* judge_next_look - the first look after @nr instances; 0: there is none */
unsigned int judge_next_look(unsigned int nr);

#define JUDGE_MIN_INSTANCES 8
#define JUDGE_CONFIDENCE    0.99
/* Zones of indifference as shares; that of p50 and mean is the question's own. */
#define JUDGE_ZONE_P50	0.01
#define JUDGE_ZONE_P99	0.05
#define JUDGE_ZONE_P999 0.10

/* judge_zone - of metric @m in a question whose own zone is @zone */
static inline double judge_zone(enum judge_metric m, double zone)
{
	return m == JUDGE_P99 ? JUDGE_ZONE_P99 : m == JUDGE_P999 ? JUDGE_ZONE_P999 : zone;
}

/* What one arm did in one instance. */
struct judge_sample {
	struct tail_sample tail; /* all its operations; nr_buckets 0 in mode "time" */
	double sum, count;	 /* ns and operations */
};

/* An instance in which both arms were measured. */
struct judge_instance {
	const struct judge_sample *a, *b; /* baseline, candidate */
	size_t nr_pairs;
	const double *log_ratio; /* per pair, of judge_log_ratio() */
};

/*
 * judge_log_ratio - of a pair: +-INFINITY when one of both is 0, NAN when both are, when one is below
 * 0 or not known
 */
double judge_log_ratio(double baseline, double candidate);

/* Pairs of an instance beyond these are not looked at. */
#define JUDGE_MAX_PAIRS 4096

/* Why nothing is said. */
enum judge_reason {
	JUDGE_DECIDED,
	JUDGE_FEW_INSTANCES, /* fewer than JUDGE_MIN_INSTANCES */
	JUDGE_FEW_VALUES,    /* fewer than ten operations beyond the quantile */
	JUDGE_FEW_BURSTS,    /* the slow operations came in too few bursts; @bursts says how many */
	JUDGE_DRIFTS,	     /* instances follow each other too closely to be independent */
	JUDGE_WIDE,	     /* the interval reaches over an edge of the zone */
	JUDGE_NOTHING,	     /* no value */
	JUDGE_ZEROS,	     /* zeros where a ratio is asked for */
	JUDGE_UNCONFIRMED,   /* a call that fresh instances have not confirmed: looks.h */
};

/* judge_reason_name - for programs: "decided", "few_instances", ... */
const char *judge_reason_name(enum judge_reason r);

struct judgement {
	enum judge_metric metric;
	enum verdict verdict;
	enum judge_reason reason;
	double zone;
	size_t nr;	      /* instances */
	double ratio, lo, hi; /* NAN where not known */
	double confidence;    /* of the interval, at least JUDGE_CONFIDENCE; 0 without one */
	/*
	 * Effective number of bursts that the slow operations came in; of the mean, that its
	 * difference came in. NAN when not known, and of p50.
	 */
	double bursts;
	/*
	 * About how many times as many instances would decide, as the data are; NAN when that cannot
	 * be said, 1 when decided. While inconclusive at least 1.5, as far as from one look to the next.
	 */
	double more;
};

/*
 * judge_more - what judgement.more says of an inconclusive ratio with the interval @lo to @hi: its width
 * falls with the root of the number of instances
 */
double judge_more(double ratio, double lo, double hi, double zone);

/* judge_memory - bytes of working memory for judge() of @nr instances */
size_t judge_memory(size_t nr);

/*
 * judge - one metric of an arm against its baseline
 * @zone: half width of the zone of indifference as a share; the zone is symmetric in the logarithm
 * @memory: judge_memory(@nr) bytes, aligned as malloc()'s
 */
struct judgement judge(enum judge_metric m, const struct judge_instance *i, size_t nr, double zone,
		       void *memory);

/*
 * judge_far - the side of 1 on which the p50 of all instances lies, when it is ten times as far away
 * as they lie apart: slower or faster, else inconclusive
 *
 * For instances that go together. Too few independent ones may be left for an interval, and still there
 * is no doubt which arm of two is the slower one when it takes twice as long each time.
 */
enum verdict judge_far(const struct judge_instance *i, size_t nr, void *memory);

/* judge_at - with an interval of another confidence, 0.5 to below 1 */
struct judgement judge_at(enum judge_metric m, const struct judge_instance *i, size_t nr,
			  double zone, double confidence, void *memory);
#endif
