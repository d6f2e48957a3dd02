// SPDX-License-Identifier: GPL-2.0-only
/* Targets: what a run was meant to reach, one line each, held against what it did reach. */
#include "lib/report/report.h"

#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/render.h"

#define LINE_MAX_BYTES 512
#define FIELD	       128

/* What a figure is compared with. */
enum against {
	AGAINST_NS,	/* a time */
	AGAINST_NUMBER, /* a number, of a counter per operation */
	AGAINST_ARM,	/* a multiple of an arm of the same question: paired, as it is judged */
	AGAINST_OTHER,	/* a multiple of an arm of another question */
};

struct target {
	char question[FIELD], arm[FIELD], metric[FIELD];
	enum judge_metric judged; /* NR_JUDGE_METRICS: metric names a counter */
	enum against against;
	char baseline[FIELD]; /* as it was written */
	const char *other;    /* AGAINST_OTHER: the question in baseline, after its @ */
	double limit;
	size_t line;
};

struct reached {
	double value, lo, hi; /* ratio, ns, or number; lo, hi NAN: no interval */
	bool unstable;
};

static int refuse(char *err, size_t errlen, const char *path, size_t line, const char *what)
{
	snprintf(err, errlen,
		 "%s, line %zu: %s; a target is QUESTION ARM METRIC <= FACTOR ARM[@QUESTION], "
		 "QUESTION ARM p50|p99 <= NUMBER ns|us|ms, or QUESTION ARM COUNTER <= NUMBER each",
		 path, line, what);
	return -EINVAL;
}

/* ---- reading --------------------------------------------------------------------------------- */

static enum judge_metric metric_of(const char *name)
{
	enum judge_metric m = 0;

	while (m < NR_JUDGE_METRICS && strcmp(name, judge_metric_name(m)))
		m++;
	return m;
}

/* The last word: a unit, or an arm. What does not fit the metric: why. */
static const char *take_baseline(struct target *t)
{
	static const struct {
		const char *name;
		double ns; /* 0: a number */
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "each", 0 } };
	char *at = strchr(t->baseline, '@');
	bool counter = t->judged == NR_JUDGE_METRICS;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(t->baseline, units[i].name))
			continue;
		t->against = units[i].ns ? AGAINST_NS : AGAINST_NUMBER;
		t->limit *= units[i].ns ? units[i].ns : 1;
		if (counter != (t->against == AGAINST_NUMBER))
			return "the unit of a counter is 'each', that of a time ns, us or ms";
		if (!counter && t->judged != JUDGE_P50 && t->judged != JUDGE_P99)
			return "only p50, p99 and counters can have a number as their limit";
		return counter || t->limit > 0 ? NULL : "a time must be above 0";
	}
	t->against = at ? AGAINST_OTHER : AGAINST_ARM;
	t->other = at ? at + 1 : NULL;
	if (at && (at == t->baseline || !at[1]))
		return "ARM@QUESTION has an empty side";
	if (at && !counter && t->judged != JUDGE_P50 && t->judged != JUDGE_P99)
		return "only p50, p99 and counters can be compared with an arm of another question";
	if (!(t->limit > 0))
		return "a factor must be above 0";
	return NULL;
}

/* 1: a target, 0: nothing there, -EINVAL */
static int parse(char *text, struct target *t, const char **what)
{
	char relation[4], number[32], *end;
	int fields;

	text[strcspn(text, "#\n")] = '\0';
	fields = sscanf(text, "%127s %127s %127s %3s %31s %127s", t->question, t->arm, t->metric,
			relation, number, t->baseline);
	if (fields <= 0)
		return 0;
	*what = "it does not have six words";
	if (fields != 6)
		return -EINVAL;
	t->judged = metric_of(t->metric);
	*what = "the relation is not <=";
	if (strcmp(relation, "<="))
		return -EINVAL;
	*what = "the limit must be a number, 0 or more";
	t->limit = strtod(number, &end);
	if (*end || !isfinite(t->limit) || t->limit < 0)
		return -EINVAL;
	*what = take_baseline(t);
	return *what ? -EINVAL : 1;
}

/* ---- measuring ------------------------------------------------------------------------------- */

static const struct report_result *arm_of(const struct report *r, const struct report_question *q,
					  const char *name, size_t len)
{
	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *arm = &r->result[q->first_result + i];

		if (!strncmp(arm->name, name, len) && !arm->name[len] && !arm->from_trace &&
		    arm->stats.count)
			return arm;
	}
	return NULL;
}

/*
 * The median over the blocks or instances, with an interval of at least @confidence. False: there is
 * none, or no memory.
 */
static bool median_of(const struct report_result *arm, enum judge_metric m, double confidence,
		      struct reached *got)
{
	const double *block = m == JUDGE_P99 ? arm->block_p99 : arm->block_p50;
	size_t nr = m == JUDGE_P99 ? arm->nr_p99 : arm->nr_p50, known = 0, lo, hi;
	double *v = calloc(nr + 1, sizeof(*v));

	if (!v)
		return false;
	*got = (struct reached){ NAN, NAN, NAN, false };
	for (size_t i = 0; i < nr; i++)
		if (isfinite(block[i]))
			v[known++] = block[i];
	got->value = stat_median(v, known);
	if (stat_median_interval(known, confidence, &lo, &hi) > 0) {
		got->lo = v[lo];
		got->hi = v[hi];
	}
	free(v);
	return isfinite(got->value);
}

/* A name that the arm did not count is not measured: an arm that counts nothing is not at 0. */
static bool counter_of(const struct report_result *arm, const char *name, struct reached *got)
{
	for (size_t i = 0; arm->iterations && i < arm->nr_counters; i++) {
		if (strcmp(arm->counter[i].name, name))
			continue;
		*got = (struct reached){ arm->counter[i].value / (double)arm->iterations, NAN, NAN,
					 false };
		return isfinite(got->value);
	}
	return false;
}

static bool figure_of(const struct report_result *arm, const struct target *t, double confidence,
		      struct reached *got)
{
	return t->judged == NR_JUDGE_METRICS ? counter_of(arm, t->metric, got)
					     : median_of(arm, t->judged, confidence, got);
}

/* The same run's, or that of one it is pooled with. */
static const struct report_question *
other_question(const struct report *r, const struct report_question *q, const char *name)
{
	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *other = &r->question[i];

		if (!other->from_trace && other->run == q->run && !strcmp(other->name, name))
			return other;
	}
	return NULL;
}

/*
 * Arms of two questions did not run in turn: nothing pairs them. Each has an interval of its own;
 * when both hold, at half the doubt each, the ratio lies between their farthest ends.
 */
static bool across(const struct report *r, const struct report_question *q, const struct target *t,
		   const struct report_result *arm, struct reached *got)
{
	const struct report_question *other = other_question(r, q, t->other);
	const struct report_result *base = NULL;
	struct reached a, b;

	if (other)
		base = arm_of(r, other, t->baseline, (size_t)(t->other - 1 - t->baseline));
	if (!base || !figure_of(base, t, 0.975, &a) || !figure_of(arm, t, 0.975, &b) ||
	    !(a.value > 0))
		return false;
	*got = (struct reached){ b.value / a.value, b.lo / a.hi, b.hi / a.lo,
				 q->noise.unsteady || other->noise.unsteady };
	return true;
}

static bool within(const struct report *r, const struct report_question *q, const struct target *t,
		   const struct report_result *arm, struct reached *got)
{
	const struct report_result *base = arm_of(r, q, t->baseline, strlen(t->baseline));
	struct report_comparison c;
	struct reached a;

	if (!base)
		return false;
	if (t->judged == NR_JUDGE_METRICS) {
		if (!counter_of(base, t->metric, &a) || !counter_of(arm, t->metric, got) ||
		    !(a.value > 0))
			return false;
		got->value /= a.value;
		return true;
	}
	if (report_compare(q, base, arm, t->judged, &c))
		return false;
	*got = (struct reached){ c.j.ratio, c.j.lo, c.j.hi, c.unstable };
	return isfinite(got->value);
}

/* false: not measured */
static bool measure(const struct report *r, const struct report_question *q, const struct target *t,
		    struct reached *got)
{
	const struct report_result *arm = arm_of(r, q, t->arm, strlen(t->arm));

	if (!arm)
		return false;
	if (t->against == AGAINST_ARM)
		return within(r, q, t, arm, got);
	if (t->against == AGAINST_OTHER)
		return across(r, q, t, arm, got);
	if (!figure_of(arm, t, 0.95, got))
		return false;
	got->unstable = t->judged != NR_JUDGE_METRICS && q->noise.unsteady;
	return true;
}

/* ---- showing --------------------------------------------------------------------------------- */

static const char *verdict_of(const struct reached *got, double limit)
{
	if (isnan(got->lo))
		return got->value <= limit ? "met, no interval" : "missed, no interval";
	if (got->hi <= limit)
		return "met";
	return got->lo > limit	     ? "missed"
	       : got->value <= limit ? "met, not certain"
				     : "missed, not certain";
}

static char *format_each(char text[FIGURE], double v)
{
	snprintf(text, FIGURE, "%.10g", v);
	return text;
}

/* Return: how many questions it named */
static size_t show(FILE *out, const struct report *r, const struct target *t)
{
	char value[FIGURE], lo[FIGURE], hi[FIGURE], limit[FIGURE];
	size_t shown = 0;
	struct reached got;

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];
		bool factor = t->against == AGAINST_ARM || t->against == AGAINST_OTHER;
		char *(*format)(char *, double) = factor		     ? format_ratio
						  : t->against == AGAINST_NS ? format_ns
									     : format_each;
		int pad;

		if (q->from_trace || fnmatch(t->question, q->name, 0) || !measure(r, q, t, &got))
			continue;
		shown++;
		fputs("  ", out);
		pad = 46 - escape_terminal(out, q->name);
		if (r->apart)
			pad -= fprintf(out, "  run %zu", q->run + 1);
		for (; pad > 0; pad--)
			fputc(' ', out);
		fprintf(out, "%s %s <= %s%s%s  %s", t->arm, t->metric, format(limit, t->limit),
			factor ? " x " : "", factor ? t->baseline : "", format(value, got.value));
		if (!isnan(got.lo))
			fprintf(out, " [%s, %s]", format(lo, got.lo), format(hi, got.hi));
		fprintf(out, "  %s%s\n", got.unstable ? "unstable: " : "",
			verdict_of(&got, t->limit));
	}
	return shown;
}

/* @out NULL: only look whether every line is a target. */
static int go_through(FILE *f, FILE *out, const struct report *r, const char *path, char *err,
		      size_t errlen)
{
	char text[LINE_MAX_BYTES];
	struct target t = { .line = 0 };
	const char *what = "";

	while (fgets(text, sizeof(text), f)) {
		int ret = parse(text, &t, &what);

		t.line++;
		if (ret < 0)
			return refuse(err, errlen, path, t.line, what);
		if (ret > 0 && out && !show(out, r, &t))
			fprintf(out, "  %-46s%s %s  not measured in this record\n", t.question,
				t.arm, t.metric);
	}
	return 0;
}

int report_targets(FILE *out, const struct report *r, const char *path, char *err, size_t errlen)
{
	FILE *f = fopen(path, "re");
	int ret;

	if (!f) {
		ret = -errno;
		snprintf(err, errlen, "cannot read %s: %s", path, strerror(-ret));
		return ret;
	}
	ret = go_through(f, NULL, r, path, err, errlen);
	if (!ret) {
		rewind(f);
		fputs("Targets: ratios as they are judged, or medians over blocks or instances; in brackets intervals\n",
		      out);
		ret = go_through(f, out, r, path, err, errlen);
	}
	fclose(f);
	return !ret && ferror(out) ? -EIO : ret;
}
