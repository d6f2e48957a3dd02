// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a self-test found, for people: a line under every report of a run that carries one, and the
 * tables of the self-test itself. The rates are counted in the record; the intervals are made here.
 */
#include "lib/report/render.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lib/measure/share.h"

/* Of the intervals; as exact ones they cover at least as often. */
#define CONFIDENCE 0.95

/* An effect counts as seen when so many of its comparisons see it, of so many at least. */
#define SEEN_SHARE 0.9
#define MIN_SEEN   5

/* So many of its questions on an unsteady machine are said beside the rates. */
#define UNSTEADY_SHARE 0.2

/* Operations and shifts that are shown; a record may hold any number of names. */
#define MAX_SHOWN 24
/* Columns. */
#define NAME 16
#define CELL 17

struct counted {
	uint64_t k, n;
};

/* ---- sums over the rates --------------------------------------------------------------------- */

static bool is_first_of_operation(const struct record_selftest *t, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (!strcmp(t->rate[i].operation, t->rate[at].operation))
			return false;
	return true;
}

/* NULL and NAN stand for all. */
struct choice {
	const char *operation, *metric;
	double shift;
};

static bool is_chosen(const struct record_rate *r, const struct choice *c)
{
	return (!c->operation || !strcmp(r->operation, c->operation)) &&
	       !strcmp(r->metric, c->metric) && (isnan(c->shift) || r->shift == c->shift);
}

enum told { TOLD_CALLED, TOLD_SLOWER, TOLD_EQUIVALENT };

static struct counted count(const struct record_selftest *t, const struct choice *c, enum told told)
{
	struct counted sum = { 0 };

	for (size_t i = 0; i < t->nr_rates; i++) {
		const struct record_rate *r = &t->rate[i];

		if (!is_chosen(r, c))
			continue;
		sum.n = report_sum(sum.n, r->compared);
		sum.k = report_sum(sum.k, told == TOLD_EQUIVALENT ? r->equivalent : r->slower);
		if (told == TOLD_CALLED)
			sum.k = report_sum(sum.k, r->faster);
	}
	return sum;
}

/* The next larger shift of @operation in p50 (NULL: of any) than @after; NAN: there is none. */
static double next_shift(const struct record_selftest *t, const char *operation, double after)
{
	double next = NAN;

	for (size_t i = 0; i < t->nr_rates; i++) {
		const struct record_rate *r = &t->rate[i];

		if (operation && strcmp(r->operation, operation))
			continue;
		if (!strcmp(r->metric, "p50") && r->shift > after && !(r->shift >= next))
			next = r->shift;
	}
	return next;
}

double report_selftest_sees(const struct record_selftest *t, const char *operation)
{
	double least = NAN;

	/* Only what is larger than the last one that is not seen counts. */
	for (double s = next_shift(t, operation, 0); !isnan(s); s = next_shift(t, operation, s)) {
		const struct choice c = { operation, "p50", s };
		struct counted seen = count(t, &c, TOLD_SLOWER);

		if (seen.n < MIN_SEEN || (double)seen.k < SEEN_SHARE * (double)seen.n)
			least = NAN;
		else if (isnan(least))
			least = s;
	}
	return least;
}

/* ---- in words -------------------------------------------------------------------------------- */

/* In percent; two figures are enough for an end of an interval. */
static char *format_end(char text[FIGURE], double share)
{
	double percent = 100 * share;

	if (percent <= 0)
		strcpy(text, "0");
	else if (percent < 0.01)
		strcpy(text, "0.01");
	else
		snprintf(text, FIGURE, "%.*f", percent < 0.1 ? 2 : percent < 9.95 ? 1 : 0, percent);
	return text;
}

static void write_counted(FILE *out, struct counted c)
{
	struct share s = share_interval(c.k, c.n, CONFIDENCE);
	char k[FIGURE], n[FIGURE], end[FIGURE];

	fprintf(out, "%s of %s", format_count(k, (double)c.k), format_count(n, (double)c.n));
	if (isnan(s.lo))
		return;
	fprintf(out, " [%s, ", format_end(end, s.lo));
	fprintf(out, "%s %%]", format_end(end, s.hi));
}

static void write_shift(FILE *out, double shift)
{
	fprintf(out, "%g %%", round(1e4 * shift) / 100);
}

/* "2 % of loop, 5 % of memory, nothing up to 10 % of wake" */
static void write_sees(FILE *out, const struct record_selftest *t, report_word *word)
{
	const char *before = ", sees ";
	size_t nr = 0;

	for (size_t i = 0; i < t->nr_rates && nr < MAX_SHOWN; i++) {
		const char *operation = t->rate[i].operation;
		struct choice most = { operation, "p50", NAN };
		double sees;

		if (!is_first_of_operation(t, i))
			continue;
		for (double s = next_shift(t, operation, 0); !isnan(s);
		     s = next_shift(t, operation, s))
			most.shift = s;
		if (isnan(most.shift) || count(t, &most, TOLD_SLOWER).n < MIN_SEEN)
			continue;
		sees = report_selftest_sees(t, operation);
		fputs(before, out);
		fputs(isnan(sees) ? "nothing up to " : "", out);
		write_shift(out, isnan(sees) ? most.shift : sees);
		fputs(" of ", out);
		word(out, operation);
		before = ", ";
		nr++;
	}
}

static bool differs(const char *a, const char *b)
{
	return a && b && strcmp(a, b);
}

/* Rates of a machine that was busy otherwise say little of it when it is not. */
static void write_unsteady(FILE *out, const struct record_selftest *t)
{
	char part[FIGURE], all[FIGURE];

	if ((double)t->unsteady <= UNSTEADY_SHARE * (double)t->questions)
		return;
	fprintf(out, ", %s of %s questions on an unsteady machine",
		format_count(part, (double)t->unsteady), format_count(all, (double)t->questions));
}

void report_write_selftest(FILE *out, const struct report_run *run, report_word *word)
{
	const struct record_selftest *t = run->selftest;
	const struct choice any = { NULL, "any", 0 };
	char date[11];

	snprintf(date, sizeof(date), "%s", t->start ? t->start : "no date");
	word(out, date);
	fputs(", Linux ", out);
	word(out, t->kernel ? t->kernel : "not known");
	if (differs(t->host_id, run->environment.host_id))
		fputs(", of another machine than this run", out);
	else if (differs(t->kernel, run->environment.kernel))
		fputs(", another kernel than this run's", out);
	fputs(t->load ? ", under a load of its own" : "", out);
	fputs(t->complete ? "" : ", interrupted", out);
	write_unsteady(out, t);
	fputs(": false alarms ", out);
	write_counted(out, count(t, &any, TOLD_CALLED));
	write_sees(out, t, word);
}

/* ---- as tables, for the terminal ------------------------------------------------------------- */

static void pad(FILE *out, int columns, int width)
{
	fprintf(out, "%*s", columns < width ? width - columns : 1, "");
}

static void name_cell(FILE *out, const char *name)
{
	fputs("  ", out);
	pad(out, escape_terminal(out, name), NAME);
}

/* "0/212 [0, 1.4 %]"; "-" where nothing was compared. */
static void counted_cell(FILE *out, struct counted c)
{
	struct share s = share_interval(c.k, c.n, CONFIDENCE);
	char text[FIGURE];
	int columns;

	if (!c.n) {
		columns = fprintf(out, "-");
	} else {
		columns = fprintf(out, "%" PRIu64 "/%" PRIu64 " [%s, ", c.k, c.n,
				  format_end(text, s.lo));
		columns += fprintf(out, "%s %%]", format_end(text, s.hi));
	}
	pad(out, columns, CELL);
}

static void titles(FILE *out, const char *const *title, size_t nr)
{
	fprintf(out, "  %-*s", NAME, "");
	for (size_t i = 0; i < nr; i++)
		fprintf(out, "%-*s", CELL, title[i]);
	fputc('\n', out);
}

static void same_row(FILE *out, const struct record_selftest *t, const char *operation)
{
	static const char *const metric[] = { "p50", "mean", "p99", "p99.9", "any" };

	name_cell(out, operation ? operation : "all");
	for (size_t i = 0; i < sizeof(metric) / sizeof(metric[0]); i++) {
		const struct choice c = { operation, metric[i], 0 };

		counted_cell(out, count(t, &c, TOLD_CALLED));
	}
	fputc('\n', out);
}

static void equivalent_row(FILE *out, const struct record_selftest *t)
{
	const struct choice c = { NULL, "p50", 0 };

	fputs("of these medians called equivalent: ", out);
	write_counted(out, count(t, &c, TOLD_EQUIVALENT));
	fputc('\n', out);
}

/* A row for each operation that has something of the sort. */
static void
each_operation(FILE *out, const struct record_selftest *t, bool (*has)(const struct record_rate *r),
	       void (*row)(FILE *out, const struct record_selftest *t, const char *operation))
{
	size_t nr = 0;

	for (size_t i = 0; i < t->nr_rates && nr < MAX_SHOWN; i++) {
		const char *operation = t->rate[i].operation;
		bool any = false;

		if (!is_first_of_operation(t, i))
			continue;
		for (size_t k = i; k < t->nr_rates; k++)
			any |= !strcmp(t->rate[k].operation, operation) && has(&t->rate[k]);
		if (!any)
			continue;
		row(out, t, operation);
		nr++;
	}
}

static bool is_same(const struct record_rate *r)
{
	return r->shift == 0 && r->compared;
}

static bool is_shifted(const struct record_rate *r)
{
	return r->shift > 0 && !strcmp(r->metric, "p50");
}

static bool is_tail(const struct record_rate *r)
{
	return !strcmp(r->metric, "mean or p99.9");
}

/* By how much, as it was measured; NAN where it was not. */
static double added_of(const struct record_selftest *t, const char *operation, double shift)
{
	for (size_t i = 0; i < t->nr_rates; i++) {
		const struct record_rate *r = &t->rate[i];

		if (!strcmp(r->operation, operation) && !strcmp(r->metric, "p50") &&
		    r->shift == shift)
			return r->added;
	}
	return NAN;
}

static void shift_row(FILE *out, const struct record_selftest *t, const char *operation)
{
	double sees = report_selftest_sees(t, operation);
	size_t nr = 0;

	for (double s = next_shift(t, operation, 0); !isnan(s) && nr < MAX_SHOWN;
	     s = next_shift(t, operation, s)) {
		const struct choice c = { operation, "p50", s };
		double added = added_of(t, operation, s);
		char text[FIGURE];

		name_cell(out, nr++ ? "" : operation);
		snprintf(text, sizeof(text), "+%g %%", round(1e4 * s) / 100);
		fprintf(out, "%-10s", text);
		counted_cell(out, count(t, &c, TOLD_SLOWER));
		if (!isnan(added))
			fprintf(out, "%s added on average", format_percent(text, added));
		else if (s == sees)
			fputs("the least that is seen", out);
		fputs(!isnan(added) && s == sees ? "; the least that is seen\n" : "\n", out);
	}
}

static void tail_row(FILE *out, const struct record_selftest *t, const char *operation)
{
	const struct choice c = { operation, "mean or p99.9", NAN };

	name_cell(out, operation);
	counted_cell(out, count(t, &c, TOLD_SLOWER));
	fputc('\n', out);
}

static bool has_any(const struct record_selftest *t, bool (*has)(const struct record_rate *r))
{
	for (size_t i = 0; i < t->nr_rates; i++)
		if (has(&t->rate[i]))
			return true;
	return false;
}

void report_selftest_text(FILE *out, const struct record_selftest *t)
{
	static const char *const metric[] = { "p50", "mean", "p99", "p99.9", "any of them" };
	char text[FIGURE];

	fprintf(out, "%s questions", format_count(text, (double)t->questions));
	fprintf(out, " in %s", format_ns(text, (double)t->duration_ns));
	fprintf(out, ", %s of them on an unsteady machine%s%s\n\n",
		format_count(text, (double)t->unsteady),
		t->load ? ", beside a load that came and went" : "",
		t->complete ? "" : "; interrupted, so this is a part");
	if (has_any(t, is_same)) {
		fputs("false alarms: the same code called slower or faster, of so many; the exact 95 % interval of the rate\n",
		      out);
		titles(out, metric, sizeof(metric) / sizeof(metric[0]));
		each_operation(out, t, is_same, same_row);
		same_row(out, t, NULL);
		equivalent_row(out, t);
	}
	if (has_any(t, is_shifted)) {
		fputs("\nknown shifts called slower (p50)\n", out);
		each_operation(out, t, is_shifted, shift_row);
	}
	if (has_any(t, is_tail)) {
		fputs("\none operation in 200 takes 50 us more, of 10 us: seen in the mean or p99.9\n",
		      out);
		each_operation(out, t, is_tail, tail_row);
	}
}
