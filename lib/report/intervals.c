// SPDX-License-Identifier: GPL-2.0-only
/* A trace by its intervals: what came in each, and one line for it. */
#include "lib/report/build.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/render.h"

/* Twenty megabytes of them, a day of seconds; later ones are in the sums only. */
#define MAX_INTERVALS 100000

#define NO_WHOLE REPORT_MAX_WHOLES

/* ---- building -------------------------------------------------------------------------------- */

/* Which whole metric number @metric is; NO_WHOLE: a part, time on a CPU, or one too many. */
static size_t whole_of(const struct report_trace *t, size_t metric)
{
	size_t nr = 0;

	for (size_t i = 0; i < metric && i < t->layout.nr_metrics; i++)
		nr += report_is_whole(t, i);
	return metric < t->layout.nr_metrics && report_is_whole(t, metric) && nr < NO_WHOLE
		       ? nr
		       : NO_WHOLE;
}

/* Past so many buckets, 48 megabytes, intervals are kept without. */
#define MAX_COARSE (6u << 20)

static int keep_coarse(struct build *b, struct build_question *q)
{
	struct coarse *c = &q->q.trace->last.coarse;

	if (q->trace->whole == NO_WHOLE)
		return 0;
	if (q->trace->values.k >= COARSE_K && coarse_make(c, &q->trace->values))
		return -ENOMEM;
	if (c->nr > MAX_COARSE - b->nr_coarse)
		coarse_free(c);
	q->q.trace->more_coarse += !c->nr;
	b->nr_coarse += c->nr;
	return 0;
}

int build_interval_close(struct build *b, struct build_question *q, double lost)
{
	struct report_trace *t = q->q.trace;
	struct report_stats s;
	int ret;

	if (!q->trace->open)
		return 0;
	q->trace->open = false;
	s = report_stats(q->trace->whole < NO_WHOLE ? &q->trace->values : NULL);
	t->last.whole = q->trace->whole;
	t->last.p50 = s.p50;
	t->last.p90 = s.p90;
	t->last.p99 = s.p99;
	t->last.lost = lost;
	if (t->nr_intervals == MAX_INTERVALS) {
		t->more_intervals++;
		return 0;
	}
	ret = keep_coarse(b, q);
	t->interval[t->nr_intervals++] = t->last;
	return ret;
}

int build_interval(struct build *b, struct build_question *q, uint64_t start_ns, uint64_t end_ns)
{
	struct report_trace *t = q->q.trace;
	struct build_trace *at = q->trace;

	if (at->open && t->last.start_ns == start_ns && t->last.end_ns == end_ns)
		return 0;
	if (build_interval_close(b, q, NAN))
		return -ENOMEM;
	/* Room for when it is closed. */
	if (t->nr_intervals < MAX_INTERVALS &&
	    !build_grow((void **)&t->interval, t->nr_intervals, &at->room_intervals,
			sizeof(*t->interval)))
		return -ENOMEM;
	t->span_ns = report_sum(t->span_ns, end_ns > start_ns ? end_ns - start_ns : 0);
	t->last = (struct report_interval){ .start_ns = start_ns, .end_ns = end_ns };
	at->open = true;
	at->whole = NO_WHOLE;
	return 0;
}

void build_interval_add(struct build *b, struct build_question *q, size_t metric)
{
	const struct hist *h = &b->scratch;
	struct report_trace *t = q->q.trace;
	const struct record_layout_metric *m = &t->layout.metric[metric];
	size_t whole = whole_of(t, metric);
	struct report_interval *i = &t->last;

	if (!q->trace->open || metric == t->layout.nr_metrics || !h->count)
		return;
	if (m->counted)
		i->counted = report_sum(i->counted, h->count);
	if (m->waits)
		i->wait_ns = report_sum(i->wait_ns, h->sum);
	if (m->running)
		i->running_ns = report_sum(i->running_ns, h->sum);
	if (whole == NO_WHOLE)
		return;
	i->part[whole].count = report_sum(i->part[whole].count, h->count);
	if (h->max > i->part[whole].max_ns)
		i->part[whole].max_ns = h->max;
	if (whole > q->trace->whole)
		return;
	/* Those of a whole that stands further on are not what is shown. */
	if (whole < q->trace->whole)
		hist_init(&q->trace->values, h->k);
	q->trace->whole = whole;
	hist_merge(&q->trace->values, h);
}

/* ---- printing -------------------------------------------------------------------------------- */

/*
 * Of waits for a CPU the first population has all its figures, the others have their number and the
 * longest of them: they are never put together in a quantile. Of other kinds each whole has its own.
 */
struct columns {
	FILE *out;
	const struct report_trace *t;
	bool waits;
};

static struct columns columns_of(FILE *out, const struct report_trace *t)
{
	struct columns c = { .out = out, .t = t };

	for (size_t i = 0; i < t->layout.nr_metrics; i++)
		c.waits |= t->layout.metric[i].waits != NULL;
	return c;
}

static void text_column(const struct columns *c, const char *text)
{
	fprintf(c->out, " %8s", text);
}

static void ns_column(const struct columns *c, double ns)
{
	char text[FIGURE];

	text_column(c, format_ns(text, ns));
}

static void count_column(const struct columns *c, uint64_t n)
{
	char text[FIGURE];

	fprintf(c->out, " %11s", format_count(text, (double)n));
}

static void share_column(const struct columns *c, double share)
{
	char text[FIGURE];

	text_column(c, share == 0 ? "0" : format_small_percent(text, share));
}

static void name_column(const struct columns *c, const char *name)
{
	fprintf(c->out, " %*s", 11 - escape_terminal(NULL, name), "");
	escape_terminal(c->out, name);
}

static bool is_column(const struct columns *c, size_t metric)
{
	return report_is_whole(c->t, metric) && (!c->waits || c->t->layout.metric[metric].waits);
}

void report_intervals_heading(FILE *out, const struct report_trace *t)
{
	const struct columns c = columns_of(out, t);
	size_t nr = 0;

	fprintf(out, "%10s", "time");
	for (size_t m = 0; m < t->layout.nr_metrics; m++) {
		if (!is_column(&c, m) || (c.waits && nr))
			continue;
		name_column(&c, t->layout.metric[m].name);
		if (!nr++) {
			text_column(&c, "p50");
			if (c.waits)
				text_column(&c, "p90");
			text_column(&c, "p99");
		}
		text_column(&c, "max");
	}
	if (c.waits) {
		name_column(&c, "other");
		text_column(&c, "max");
		text_column(&c, "waited");
	}
	text_column(&c, "lost");
	fputc('\n', out);
}

void report_interval_line(FILE *out, const struct report_trace *t, const struct report_interval *i,
			  uint64_t from_ns)
{
	const struct columns c = columns_of(out, t);
	struct report_interval_part others = { 0 };
	size_t whole = 0, nr = 0;
	double wait = (double)i->wait_ns, running = (double)i->running_ns;

	fprintf(out, "%8.3f s", (double)(i->end_ns > from_ns ? i->end_ns - from_ns : 0) / 1e9);
	for (size_t m = 0; m < t->layout.nr_metrics && whole < REPORT_MAX_WHOLES; m++) {
		const struct report_interval_part *p = &i->part[whole];

		whole += report_is_whole(t, m);
		if (!is_column(&c, m))
			continue;
		if (nr && c.waits) {
			others.count = report_sum(others.count, p->count);
			others.max_ns = p->max_ns > others.max_ns ? p->max_ns : others.max_ns;
			continue;
		}
		count_column(&c, p->count);
		if (!nr++) {
			ns_column(&c, p->count ? i->p50 : NAN);
			if (c.waits)
				ns_column(&c, p->count ? i->p90 : NAN);
			ns_column(&c, p->count ? i->p99 : NAN);
		}
		ns_column(&c, p->count ? (double)p->max_ns : NAN);
	}
	if (c.waits) {
		count_column(&c, others.count);
		ns_column(&c, others.count ? (double)others.max_ns : NAN);
		share_column(&c, wait + running > 0 ? wait / (wait + running) : NAN);
	}
	share_column(&c, i->lost);
	fputc('\n', out);
}
