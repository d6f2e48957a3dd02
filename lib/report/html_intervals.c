// SPDX-License-Identifier: GPL-2.0-only
/*
 * A trace over time in the HTML report: a heat map of its intervals, and each in a table.
 *
 * Cells are drawn by us: as paths of one class each they take a tenth of what an image would, follow
 * the page's colours, and can be printed. Neighbours that share a class are one step of the pen.
 */
#include "lib/report/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COLUMNS 200 /* more intervals are taken together */
#define MAX_ROWS    100 /* of the table */
#define NR_SHADES   8

/* Tenths, as in all plots. */
#define WIDTH	  5600
#define HEIGHT	  2500
#define LEFT	  800
#define RIGHT	  5150
#define TOP	  110
#define BOTTOM	  1750
#define STRIP	  1900 /* the share waited, from here to STRIP_END */
#define STRIP_END 2150

#define LINE 190 /* of letters, on a telephone */

/* Worth a mark. */
#define LOST_MARK 0.001

/* Intervals taken together. */
struct column {
	uint64_t from_ns, to_ns;
	uint64_t count[COARSE_NR];
	double p50, p99; /* of one interval; of several not known */
	uint64_t wait_ns, running_ns;
	double lost; /* the most */
};

struct map {
	const struct page *p;
	const struct report_trace *t;
	size_t whole, metric; /* what is drawn: number of the whole, of the metric */
	size_t nr;
	struct column *column;
	uint64_t from_ns, to_ns;
	uint32_t low, high; /* buckets that are not empty, high excluded */
	uint64_t most;	    /* in a cell */
};

static double seconds_after(uint64_t ns, uint64_t from_ns)
{
	return (double)(ns > from_ns ? ns - from_ns : 0) / 1e9;
}

/* ---- figures --------------------------------------------------------------------------------- */

/* The whole that most intervals have the distribution of; nr_metrics: none has one. */
static size_t choose_whole(const struct report_trace *t, size_t *whole)
{
	size_t times[REPORT_MAX_WHOLES] = { 0 }, nr = 0;

	for (size_t i = 0; i < t->nr_intervals; i++)
		if (t->interval[i].whole < REPORT_MAX_WHOLES && t->interval[i].coarse.nr)
			times[t->interval[i].whole]++;
	*whole = 0;
	for (size_t i = 1; i < REPORT_MAX_WHOLES; i++)
		if (times[i] > times[*whole])
			*whole = i;
	if (!times[*whole])
		return t->layout.nr_metrics;
	for (size_t m = 0; m < t->layout.nr_metrics; m++)
		if (report_is_whole(t, m) && nr++ == *whole)
			return m;
	return t->layout.nr_metrics;
}

static void take(struct map *m, struct column *c, const struct report_interval *i)
{
	for (size_t b = 0; i->whole == m->whole && b < i->coarse.nr; b++) {
		const struct coarse_bucket *bucket = &i->coarse.bucket[b];

		c->count[bucket->index] = report_sum(c->count[bucket->index], bucket->count);
		if (bucket->index < m->low)
			m->low = bucket->index;
		if (bucket->index + 1u > m->high)
			m->high = bucket->index + 1u;
	}
	if (!c->to_ns) {
		c->from_ns = i->start_ns;
		c->p50 = i->whole == m->whole ? i->p50 : NAN;
		c->p99 = i->whole == m->whole ? i->p99 : NAN;
	} else {
		c->p50 = c->p99 = NAN;
	}
	c->to_ns = i->end_ns;
	c->wait_ns = report_sum(c->wait_ns, i->wait_ns);
	c->running_ns = report_sum(c->running_ns, i->running_ns);
	if (!(i->lost <= c->lost))
		c->lost = i->lost;
}

/* false: there is nothing to draw, or no memory */
static bool make_map(struct map *m)
{
	const struct report_trace *t = m->t;
	size_t each = (t->nr_intervals + MAX_COLUMNS - 1) / MAX_COLUMNS;

	m->metric = choose_whole(t, &m->whole);
	if (m->metric == t->layout.nr_metrics)
		return false;
	m->column = calloc(t->nr_intervals / each + 1, sizeof(*m->column));
	if (!m->column)
		return false;
	m->low = COARSE_NR;
	m->from_ns = UINT64_MAX;
	for (size_t i = 0; i < t->nr_intervals; i++) {
		const struct report_interval *in = &t->interval[i];

		take(m, &m->column[i / each], in);
		m->nr = i / each + 1;
		m->from_ns = in->start_ns < m->from_ns ? in->start_ns : m->from_ns;
		m->to_ns = in->end_ns > m->to_ns ? in->end_ns : m->to_ns;
	}
	for (size_t c = 0; c < m->nr; c++)
		for (uint32_t b = m->low; b < m->high; b++)
			if (m->column[c].count[b] > m->most)
				m->most = m->column[c].count[b];
	return m->to_ns > m->from_ns && m->most;
}

/* ---- places ---------------------------------------------------------------------------------- */

static int x_of(const struct map *m, uint64_t ns)
{
	double share =
		(double)(ns > m->from_ns ? ns - m->from_ns : 0) / (double)(m->to_ns - m->from_ns);

	return LEFT + (int)lround(fmin(share, 1) * (RIGHT - LEFT));
}

/* By the logarithm; below a nanosecond there is nothing. */
static double height_of(double ns)
{
	return log2(fmax(ns, 1));
}

static int y_of(const struct map *m, double ns)
{
	double low = height_of((double)coarse_low(m->low)),
	       high = height_of((double)coarse_low(m->high)), at = height_of(ns);
	double share = high > low ? (at - low) / (high - low) : 0.5;

	return BOTTOM - (int)lround(fmax(0, fmin(share, 1)) * (BOTTOM - TOP));
}

/* 1, of few, to NR_SHADES, of the most, by the logarithm; 0: none. */
static unsigned int shade_of(const struct map *m, uint64_t count)
{
	double share;

	if (!count)
		return 0;
	share = m->most > 1 ? log((double)count) / log((double)m->most) : 1;
	return 1 + (unsigned int)fmin(share * NR_SHADES, NR_SHADES - 1);
}

/* ---- drawing --------------------------------------------------------------------------------- */

/* The cells of one shade: each run of neighbours above each other is one box. */
static void shade(const struct map *m, unsigned int which)
{
	FILE *out = m->p->out;
	bool any = false;

	for (size_t c = 0; c < m->nr; c++) {
		const struct column *column = &m->column[c];
		int x = x_of(m, column->from_ns), width = x_of(m, column->to_ns) - x;

		for (uint32_t b = m->low; b < m->high; b++) {
			uint32_t first = b;
			int y, top;

			if (shade_of(m, column->count[b]) != which)
				continue;
			while (b + 1 < m->high && shade_of(m, column->count[b + 1]) == which)
				b++;
			y = y_of(m, (double)coarse_low(first));
			top = y_of(m, (double)coarse_low(b + 1));
			if (!any)
				fprintf(out, "<path class=d%u d=\"", which);
			any = true;
			fprintf(out, "M%d %dh%dv%dh%dz", x, y, width > 8 ? width : 8, top - y,
				width > 8 ? -width : -8);
		}
	}
	if (any)
		fputs("\"/>", out);
}

/* Where it is known; @far: the 99th. Drawn twice, to stand out from any shade. */
static void quantile(const struct map *m, bool far, const char *class)
{
	FILE *out = m->p->out;
	bool any = false, joined = false;

	for (size_t c = 0; c < m->nr; c++) {
		const struct column *column = &m->column[c];
		double ns = far ? column->p99 : column->p50;
		int x = (x_of(m, column->from_ns) + x_of(m, column->to_ns)) / 2;

		if (isnan(ns)) {
			joined = false;
			continue;
		}
		if (!any)
			fprintf(out, "<path class=\"%s%s\" d=\"", class, far ? " far" : "");
		fprintf(out, "%c%d %d", joined ? 'L' : 'M', x, y_of(m, ns));
		/* One by itself is a dash. */
		if (!joined)
			fputs("h9", out);
		any = joined = true;
	}
	if (any)
		fputs("\"/>", out);
}

/* Where the words for a curve stand: after its end. false: there is no curve */
static bool end_of(const struct map *m, bool far, int *x, int *y)
{
	for (size_t c = m->nr; c-- > 0;) {
		const struct column *column = &m->column[c];
		double ns = far ? column->p99 : column->p50;

		if (isnan(ns))
			continue;
		*x = c + 1 == m->nr ? RIGHT + 50 : x_of(m, column->to_ns) + 30;
		*y = y_of(m, ns) + 40;
		return true;
	}
	return false;
}

/* Where both ends are close the 99th stands above the other. */
static void quantile_labels(const struct map *m)
{
	int x[2], y[2];
	const bool there[2] = { end_of(m, false, &x[0], &y[0]), end_of(m, true, &x[1], &y[1]) };

	if (there[0] && there[1] && abs(x[1] - x[0]) < 3 * LINE && y[1] > y[0] - LINE) {
		int middle = (y[0] + y[1]) / 2;

		y[0] = middle + LINE / 2;
		y[1] = middle - LINE / 2;
	}
	for (int far = 0; far < 2; far++)
		if (there[far])
			fprintf(m->p->out, "<text class=t x=%d y=%d>%s</text>", x[far], y[far],
				far ? "p99" : "p50");
}

/* A round time, ns, without the figures that it does not have: "10 ms", "2.5 s" */
static const char *round_time(char text[FIGURE], double ns)
{
	static const char *const units[] = { "ns", "µs", "ms", "s" };
	size_t unit = 0;

	while (unit + 1 < sizeof(units) / sizeof(units[0]) && ns >= 999.5) {
		ns /= 1000;
		unit++;
	}
	snprintf(text, FIGURE, "%.4g %s", ns, units[unit]);
	return text;
}

/* Three to seven of them, at round times. */
static void times(const struct map *m)
{
	double span = (double)(m->to_ns - m->from_ns), step = pow(10, floor(log10(span)));
	char text[FIGURE];

	if (span / step < 3)
		step /= span / step < 1.5 ? 5 : 2;
	else if (span / step >= 7)
		step *= 2;
	for (int i = 0; i * step <= span; i++)
		fprintf(m->p->out, "<text class=mid x=%d y=%d>%s</text>",
			LEFT + (int)lround((RIGHT - LEFT) * i * step / span), HEIGHT - 150,
			i ? round_time(text, i * step) : "0");
}

/* Lines at powers of ten: all of them, or where they would stand too close every other. */
static void grid(const struct map *m)
{
	FILE *out = m->p->out;
	double low = (double)coarse_low(m->low), high = (double)coarse_low(m->high);
	double step = log10(fmax(high, 1) / fmax(low, 1)) > 6 ? 100 : 10;
	char text[FIGURE];

	for (double ns = 1; ns <= high; ns *= step) {
		int y = y_of(m, ns);

		if (ns < low)
			continue;
		fprintf(out,
			"<path class=grid d=\"M%d %dH%d\"/><text class=end x=%d y=%d>%s</text>",
			LEFT, y, RIGHT, LEFT - 70, y + 40, round_time(text, ns));
	}
	times(m);
}

/* How much of the time was waited, from 0 to all of it. */
static void strip(const struct map *m)
{
	FILE *out = m->p->out;
	bool any = false;

	for (size_t c = 0; c < m->nr; c++) {
		const struct column *column = &m->column[c];
		double all = (double)column->wait_ns + (double)column->running_ns;
		int x = x_of(m, column->from_ns), width = x_of(m, column->to_ns) - x;
		int height =
			(int)lround((STRIP_END - STRIP) * (double)column->wait_ns / fmax(all, 1));

		if (!column->running_ns || height < 1)
			continue;
		fputs(any ? "" : "<path class=w d=\"", out);
		any = true;
		fprintf(out, "M%d %dh%dv-%dh%dz", x, STRIP_END, width > 8 ? width : 8, height,
			width > 8 ? -width : -8);
	}
	if (!any)
		return;
	fprintf(out,
		"\"/><path class=grid d=\"M%d %dH%dM%d %dH%d\"/><text class=end x=%d y=%d>waited</text>"
		"<text class=end x=%d y=%d>100 %%</text><text class=end x=%d y=%d>0</text>",
		LEFT, STRIP, RIGHT, LEFT, STRIP_END, RIGHT, LEFT - 70, (STRIP + STRIP_END) / 2 + 40,
		WIDTH - 10, STRIP + 60, WIDTH - 10, STRIP_END + 40);
}

static bool lost(const struct map *m, bool draw)
{
	bool any = false;

	for (size_t c = 0; c < m->nr; c++) {
		int x = (x_of(m, m->column[c].from_ns) + x_of(m, m->column[c].to_ns)) / 2;

		if (!(m->column[c].lost > LOST_MARK))
			continue;
		if (draw && !any)
			fputs("<path class=lost d=\"", m->p->out);
		if (draw)
			fprintf(m->p->out, "M%d %dl-45-80h90z", x, TOP - 20);
		any = true;
	}
	if (draw && any)
		fputs("\"/>", m->p->out);
	return any;
}

/* What it shows, in words. */
static void words(const struct map *m)
{
	const struct report_trace *t = m->t;
	const struct report_interval *longest = t->interval;
	double low = NAN, high = NAN;

	for (size_t i = 0; i < t->nr_intervals; i++) {
		const struct report_interval *in = &t->interval[i];

		if (in->whole != m->whole)
			continue;
		low = fmin(low, in->p50);
		high = fmax(high, in->p50);
		if (in->part[m->whole].max_ns > longest->part[m->whole].max_ns)
			longest = in;
	}
	page_name(m->p, t->layout.metric[m->metric].name);
	fprintf(m->p->out, " in %zu intervals, ", t->nr_intervals);
	page_ns(m->p, (double)(m->to_ns - m->from_ns));
	fputs(" in all", m->p->out);
	if (!isnan(low)) {
		fputs(": p50 from ", m->p->out);
		page_ns(m->p, low);
		fputs(" to ", m->p->out);
		page_ns(m->p, high);
	}
	fputs(", longest ", m->p->out);
	page_ns(m->p, (double)longest->part[m->whole].max_ns);
	fputs(" at ", m->p->out);
	page_ns(m->p, 1e9 * seconds_after(longest->end_ns, m->from_ns));
}

static void legend(const struct map *m)
{
	FILE *out = m->p->out;
	char text[FIGURE];

	fputs("<figcaption><b>Over time</b>: ", out);
	words(m);
	fputs(". Values in a cell: 1 <span class=tones aria-hidden=true>", out);
	for (unsigned int s = 1; s <= NR_SHADES; s++)
		fprintf(out, "<i class=d%u></i>", s);
	fprintf(out, "</span>%s, in even steps of their logarithm.",
		format_count(text, (double)m->most));
	if (m->nr < m->t->nr_intervals)
		fprintf(out, " %zu intervals are one column.",
			(m->t->nr_intervals + m->nr - 1) / m->nr);
	if (lost(m, false))
		fputs(" ▼ above a column: more than 0.1 % of its values were lost.", out);
	if (m->t->more_coarse)
		fprintf(out, " Of %s intervals the distribution is not kept.",
			format_count(text, (double)m->t->more_coarse));
	fputs("</figcaption>", out);
}

static void draw(const struct map *m)
{
	FILE *out = m->p->out;

	fprintf(out,
		"<figure class=over><svg class=\"plot tmap\" viewBox=\"0 0 %d %d\" role=img aria-label=\"Heat map: ",
		WIDTH, HEIGHT);
	words(m);
	fputs("\">", out);
	grid(m);
	for (unsigned int s = 1; s <= NR_SHADES; s++)
		shade(m, s);
	strip(m);
	lost(m, true);
	for (int far = 0; far < 2; far++) {
		quantile(m, far, "q");
		quantile(m, far, "m");
	}
	quantile_labels(m);
	fputs("</svg>", out);
	legend(m);
	fputs("</figure>\n", out);
}

/* ---- the table ------------------------------------------------------------------------------- */

static void row(const struct page *p, const struct report_trace *t, const struct report_interval *i)
{
	double wait = (double)i->wait_ns, running = (double)i->running_ns;
	uint64_t max_ns = 0;
	char text[FIGURE];

	for (size_t w = 0; w < REPORT_MAX_WHOLES; w++)
		max_ns = i->part[w].max_ns > max_ns ? i->part[w].max_ns : max_ns;
	fprintf(p->out, "<tr><td>%.3f s<td>%s", seconds_after(i->end_ns, t->interval[0].start_ns),
		format_count(text, (double)i->counted));
	page_ns_cell(p, i->p50);
	page_ns_cell(p, i->p90);
	page_ns_cell(p, i->p99);
	page_ns_cell(p, max_ns ? (double)max_ns : NAN);
	page_share_cell(p, running > 0 ? wait / (wait + running) : NAN);
	fprintf(p->out, "<td%s>%s\n", i->lost > LOST_MARK ? " class=slower" : "",
		i->lost == 0 ? "0" : format_small_percent(text, i->lost));
}

static void table(const struct page *p, const struct report_trace *t)
{
	size_t nr = t->nr_intervals < MAX_ROWS ? t->nr_intervals : MAX_ROWS;

	fprintf(p->out, "<details><summary>%s%zu intervals in figures</summary>\n",
		nr < t->nr_intervals ? "the first " : "", nr);
	page_scroll(p, "Intervals");
	fputs("<table class=sort><thead><tr><th scope=col>until<th scope=col>", p->out);
	page_name(p, t->layout.noun ? t->layout.noun : "count");
	fputs("<th scope=col>p50<th scope=col>p90<th scope=col>p99<th scope=col>longest of all"
	      "<th scope=col>waited<th scope=col>lost</thead><tbody>\n",
	      p->out);
	for (size_t i = 0; i < nr; i++)
		row(p, t, &t->interval[i]);
	fputs("</table></div>", p->out);
	if (nr < t->nr_intervals)
		fputs("<p class=note>The others are in the JSON report.</p>", p->out);
	fputs("</details>\n", p->out);
}

void html_intervals(const struct page *p, const struct report_trace *t)
{
	struct map m = { .p = p, .t = t };
	char text[FIGURE];

	if (t->nr_intervals < 2)
		return;
	fputs("<h3>Over time</h3>\n", p->out);
	if (make_map(&m))
		draw(&m);
	free(m.column);
	table(p, t);
	if (t->more_intervals)
		fprintf(p->out, "<p class=note>and %s more intervals, in the sums only</p>\n",
			format_count(text, (double)t->more_intervals));
}
