// SPDX-License-Identifier: GPL-2.0-only
/* Targets: what a run was meant to reach, one line each, held against what it did reach. */
#include "lib/report/targets.h"

#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/build.h"
#include "lib/report/render.h"

#define FIELD	 128
#define NR_WORDS 6

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

/* Of @text into @word, up to one more than a target has. Return: how many */
static size_t split(char *text, char *word[NR_WORDS + 1])
{
	static const char blanks[] = " \t\v\f\r\n";
	char *save = NULL;
	size_t nr = 0;

	for (char *w = strtok_r(text, blanks, &save); w && nr <= NR_WORDS;
	     w = strtok_r(NULL, blanks, &save))
		word[nr++] = w;
	return nr;
}

static bool take_word(char field[FIELD], const char *word)
{
	return snprintf(field, FIELD, "%s", word) < FIELD;
}

/* @length: of the line, which may hold anything. 1: a target, 0: nothing there, -EINVAL */
static int parse(char *text, size_t length, struct target *t, const char **what)
{
	char *word[NR_WORDS + 1], *end;
	size_t nr;

	*what = "it holds a NUL";
	if (memchr(text, '\0', length))
		return -EINVAL;
	text[strcspn(text, "#")] = '\0';
	nr = split(text, word);
	if (!nr)
		return 0;
	*what = "it does not have six words";
	if (nr != NR_WORDS)
		return -EINVAL;
	*what = "a word has more than 127 bytes";
	if (!take_word(t->question, word[0]) || !take_word(t->arm, word[1]) ||
	    !take_word(t->metric, word[2]) || !take_word(t->baseline, word[5]))
		return -EINVAL;
	t->judged = metric_of(t->metric);
	*what = "the relation is not <=";
	if (strcmp(word[3], "<="))
		return -EINVAL;
	*what = "the limit must be a number, 0 or more";
	t->limit = strtod(word[4], &end);
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

/* ---- one after the other ---------------------------------------------------------------------- */

/* Without an interval only a counter is certain. */
static enum report_reached reached(const struct target *t, const struct reached *got)
{
	bool counter = t->judged == NR_JUDGE_METRICS;

	if (got->unstable || (isnan(got->lo) && !counter))
		return TARGET_INCONCLUSIVE;
	if (counter)
		return got->value <= t->limit ? TARGET_MET : TARGET_MISSED;
	if (got->hi <= t->limit)
		return TARGET_MET;
	return got->lo > t->limit ? TARGET_MISSED : TARGET_INCONCLUSIVE;
}

/* @got NULL: it was not measured. false: no memory */
static bool add(struct report_targets *all, const struct target *t, const struct report_question *q,
		const struct reached *got)
{
	struct report_target *to;

	if (!build_grow((void **)&all->target, all->nr, &all->room, sizeof(*to)))
		return false;
	to = &all->target[all->nr++];
	*to = (struct report_target){ .q = q,
				      .factor = t->against == AGAINST_ARM ||
						t->against == AGAINST_OTHER,
				      .time = t->against == AGAINST_NS,
				      .limit = t->limit,
				      .value = got ? got->value : NAN,
				      .lo = got ? got->lo : NAN,
				      .hi = got ? got->hi : NAN,
				      .unstable = got && got->unstable,
				      .reached = got ? reached(t, got) : TARGET_NOT_MEASURED };
	memcpy(to->question, t->question, sizeof(to->question));
	memcpy(to->arm, t->arm, sizeof(to->arm));
	memcpy(to->metric, t->metric, sizeof(to->metric));
	memcpy(to->baseline, t->baseline, sizeof(to->baseline));
	all->nr_reached[to->reached]++;
	return true;
}

static bool hold(struct report_targets *all, const struct report *r, const struct target *t)
{
	size_t before = all->nr;
	struct reached got;

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		if (q->from_trace || fnmatch(t->question, q->name, 0) || !measure(r, q, t, &got))
			continue;
		if (!add(all, t, q, &got))
			return false;
	}
	return all->nr > before || add(all, t, NULL, NULL);
}

static int go_through(FILE *f, struct report_targets *all, const struct report *r, const char *path,
		      char *err, size_t errlen)
{
	char *text = NULL;
	const char *what = "";
	size_t line = 0, room = 0;
	ssize_t length;
	int ret = 0;

	while (!ret && (length = getline(&text, &room, f)) >= 0) {
		struct target t = { 0 };
		int parsed = parse(text, (size_t)length, &t, &what);

		line++;
		if (parsed < 0)
			ret = refuse(err, errlen, path, line, what);
		else if (parsed && r && !hold(all, r, &t))
			ret = -ENOMEM;
	}
	if (!ret && !feof(f))
		ret = -errno;
	if (ret && ret != -EINVAL)
		snprintf(err, errlen, "cannot read %s: %s", path, strerror(-ret));
	free(text);
	return ret;
}

int report_targets_read(struct report_targets **targets, const struct report *r, const char *path,
			char *err, size_t errlen)
{
	struct report_targets *all = calloc(1, sizeof(*all));
	FILE *f = fopen(path, "re");
	int ret = all && f ? 0 : -errno;

	if (ret)
		snprintf(err, errlen, "cannot read %s: %s", path, strerror(-ret));
	if (!ret)
		ret = go_through(f, all, r, path, err, errlen);
	if (f)
		fclose(f);
	if (!ret && r) {
		*targets = all;
		return 0;
	}
	report_targets_free(all);
	return ret;
}

void report_targets_free(struct report_targets *t)
{
	if (!t)
		return;
	free(t->target);
	free(t);
}

/* ---- in words -------------------------------------------------------------------------------- */

const char *report_reached_name(enum report_reached reached)
{
	static const char *const name[NR_TARGETS] = {
		[TARGET_MET] = "met",
		[TARGET_INCONCLUSIVE] = "inconclusive",
		[TARGET_MISSED] = "missed",
		[TARGET_NOT_MEASURED] = "not measured here",
	};

	return name[reached];
}

static char *format_each(char text[FIGURE], double v)
{
	snprintf(text, FIGURE, "%.10g", v);
	return text;
}

typedef char *format_limit(char *text, double value);

static format_limit *format_of(const struct report_target *t)
{
	return t->factor ? format_ratio : t->time ? format_ns : format_each;
}

void report_write_target(FILE *out, const struct report_target *t, report_word *word)
{
	char value[FIGURE], limit[FIGURE];
	format_limit *format = format_of(t);

	word(out, t->metric);
	fprintf(out, " %s > ", format(value, t->value));
	fputs(format(limit, t->limit), out);
	if (!t->factor)
		return;
	fputs(" x ", out);
	word(out, t->baseline);
}

static void table_row(FILE *out, const struct report_target *t)
{
	char value[FIGURE], lo[FIGURE], hi[FIGURE], limit[FIGURE];
	format_limit *format = format_of(t);

	escape_terminal(out, t->arm);
	fputc(' ', out);
	escape_terminal(out, t->metric);
	if (t->reached == TARGET_NOT_MEASURED) {
		fprintf(out, "  %s\n", report_reached_name(t->reached));
		return;
	}
	fprintf(out, " <= %s", format(limit, t->limit));
	if (t->factor) {
		fputs(" x ", out);
		escape_terminal(out, t->baseline);
	}
	fprintf(out, "  %s", format(value, t->value));
	if (!isnan(t->lo))
		fprintf(out, " [%s, %s]", format(lo, t->lo), format(hi, t->hi));
	fprintf(out, "  %s%s\n", report_reached_name(t->reached),
		t->unstable    ? ", unstable"
		: isnan(t->lo) ? ", no interval"
			       : "");
}

void report_targets_table(FILE *out, const struct report *r, const struct report_targets *targets)
{
	fputs("Targets: ratios as they are judged, or medians over blocks or instances; in brackets intervals\n",
	      out);
	for (size_t i = 0; i < targets->nr; i++) {
		const struct report_target *t = &targets->target[i];
		int pad;

		fputs("  ", out);
		pad = 46 - escape_terminal(out, t->q ? t->q->name : t->question);
		if (r->apart && t->q)
			pad -= fprintf(out, "  run %zu", t->q->run + 1);
		for (; pad > 0; pad--)
			fputc(' ', out);
		table_row(out, t);
	}
}
