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

struct target {
	char question[FIELD], arm[FIELD], metric[8], baseline[FIELD]; /* baseline "": limit is ns */
	double limit;
	size_t line;
};

struct reached {
	double value, lo, hi; /* ratio, or ns; lo, hi NAN: no interval */
	bool unstable;
};

static int refuse(char *err, size_t errlen, const char *path, size_t line, const char *what)
{
	snprintf(err, errlen,
		 "%s, line %zu: %s; a target is QUESTION ARM p50|p99 <= FACTOR BASELINE, "
		 "or QUESTION ARM p50|p99 <= NUMBER ns|us|ms",
		 path, line, what);
	return -EINVAL;
}

/* 1: a target, 0: nothing there, -EINVAL */
static int parse(char *text, struct target *t, const char **what)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 } };
	char relation[4], number[32], *end;
	int fields;

	text[strcspn(text, "#\n")] = '\0';
	fields = sscanf(text, "%127s %127s %7s %3s %31s %127s", t->question, t->arm, t->metric,
			relation, number, t->baseline);
	if (fields <= 0)
		return 0;
	*what = "it does not have six words";
	if (fields != 6)
		return -EINVAL;
	*what = "the metric is neither p50 nor p99";
	if (strcmp(t->metric, "p50") && strcmp(t->metric, "p99"))
		return -EINVAL;
	*what = "the relation is not <=";
	if (strcmp(relation, "<="))
		return -EINVAL;
	*what = "the limit is not a number above 0";
	t->limit = strtod(number, &end);
	if (*end || !isfinite(t->limit) || t->limit <= 0)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(t->baseline, units[i].name))
			continue;
		t->limit *= units[i].ns;
		t->baseline[0] = '\0';
	}
	return 1;
}

static const struct report_result *arm_of(const struct report *r, const struct report_question *q,
					  const char *name)
{
	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *arm = &r->result[q->first_result + i];

		if (!strcmp(arm->name, name) && !arm->from_trace && arm->stats.count)
			return arm;
	}
	return NULL;
}

/* The median over the blocks or instances, with its interval. @v: @nr doubles of working memory */
static struct reached median_of(const double *block, size_t nr, double *v)
{
	struct reached got = { NAN, NAN, NAN, false };
	size_t known = 0, lo, hi;

	for (size_t i = 0; i < nr; i++)
		if (isfinite(block[i]))
			v[known++] = block[i];
	got.value = stat_median(v, known);
	if (stat_median_interval(known, 0.95, &lo, &hi) > 0) {
		got.lo = v[lo];
		got.hi = v[hi];
	}
	return got;
}

/* false: not measured */
static bool measure(const struct report *r, const struct report_question *q, const struct target *t,
		    struct reached *got)
{
	const struct report_result *arm = arm_of(r, q, t->arm), *base = NULL;
	bool tail = !strcmp(t->metric, "p99");
	struct report_comparison c;
	double *scratch;
	size_t nr;

	if (t->baseline[0])
		base = arm_of(r, q, t->baseline);
	if (!arm || (t->baseline[0] && !base))
		return false;
	if (base) {
		if (report_compare(q, base, arm, tail ? JUDGE_P99 : JUDGE_P50, &c))
			return false;
		*got = (struct reached){ c.j.ratio, c.j.lo, c.j.hi, c.unstable };
		return isfinite(got->value);
	}
	nr = tail ? arm->nr_p99 : arm->nr_p50;
	scratch = calloc(nr + 1, sizeof(*scratch));
	if (!scratch)
		return false;
	*got = median_of(tail ? arm->block_p99 : arm->block_p50, nr, scratch);
	got->unstable = q->noise.unsteady;
	free(scratch);
	return isfinite(got->value);
}

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

/* Return: how many questions it named */
static size_t show(FILE *out, const struct report *r, const struct target *t)
{
	char value[FIGURE], lo[FIGURE], hi[FIGURE], limit[FIGURE];
	size_t shown = 0;
	struct reached got;

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];
		char *(*format)(char *, double) = t->baseline[0] ? format_ratio : format_ns;
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
			t->baseline[0] ? " x " : "", t->baseline, format(value, got.value));
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
