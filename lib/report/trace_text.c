// SPDX-License-Identifier: GPL-2.0-only
/*
 * A trace for a terminal: the answer first, then a block per whole with its parts, or a line per
 * subject, then the worst waits, and last what was lost and what looking cost.
 */
#include "lib/report/trace_text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Losses above this are said before the figures that they touch. */
#define COVERAGE_WORTH_SAYING 0.999

#define MAX_TITLE 30

static struct hist scratch;

static struct trace_text trace_text_of(struct text *t, const struct report_question *q)
{
	struct trace_text x = { .t = t, .q = q, .trace = q->trace, .run = &t->r->run[q->run] };

	report_waits_all(&x.all, t->r, q);
	return x;
}

static size_t top_of(const struct report *r)
{
	return r->top ? r->top : REPORT_TOP;
}

const char *trace_text_noun(const struct report_trace *t)
{
	return t->layout.noun ? t->layout.noun : "events";
}

/* ---- figures --------------------------------------------------------------------------------- */

static void cell(const struct trace_text *x, const char *text)
{
	fprintf(x->t->out, " %8s", text);
}

static void ns_cell(const struct trace_text *x, double ns)
{
	char text[FIGURE];

	cell(x, format_ns(text, ns));
}

static void count_cell(const struct trace_text *x, double n)
{
	char text[FIGURE];

	fprintf(x->t->out, " %11s", format_count(text, n));
}

static void first_cell(const struct trace_text *x, int indent, const char *text)
{
	int columns;

	fprintf(x->t->out, "%*s", indent, "");
	columns = indent + escape_terminal(x->t->out, text);
	if (columns > x->name) {
		fputc('\n', x->t->out);
		columns = 0;
	}
	fprintf(x->t->out, "%*s", x->name - columns, "");
}

static void headings(const struct trace_text *x, const char *const *title, size_t nr)
{
	fprintf(x->t->out, "%s%-*s", text_paint(x->t, DIM), x->name, "");
	fprintf(x->t->out, " %11s", title[0]);
	for (size_t i = 1; i < nr; i++)
		cell(x, title[i]);
	fprintf(x->t->out, "%s\n", text_paint(x->t, PLAIN));
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void machine(const struct trace_text *x)
{
	const json_t *load = report_environment_at(x->run, "load.average"),
		     *cpus = report_environment_at(x->run, "cpu.nr_allowed"),
		     *first = json_array_get(load, 0);

	if (json_is_integer(cpus))
		fprintf(x->t->out, "   %" JSON_INTEGER_FORMAT " CPU%s", json_integer_value(cpus),
			json_integer_value(cpus) == 1 ? "" : "s");
	if (json_is_number(first))
		fprintf(x->t->out, "%s load %.1f", json_is_integer(cpus) ? "," : "  ",
			json_number_value(first));
}

static void counted(const struct trace_text *x)
{
	double seconds = (double)x->trace->span_ns / 1e9;
	char text[FIGURE], rate[FIGURE];

	if (x->trace->span_ns)
		fprintf(x->t->out, "   %s", format_ns(text, (double)x->trace->span_ns));
	if (!x->trace->has_layout || (!x->all.counted && x->all.values))
		return;
	fprintf(x->t->out, "   %s ", format_count(text, (double)x->all.counted));
	escape_terminal(x->t->out, trace_text_noun(x->trace));
	if (seconds > 0 && x->all.counted)
		fprintf(x->t->out, " (%s/s)", format_count(rate, (double)x->all.counted / seconds));
}

/* How much of the time was waited, and after what. */
static void waited(const struct trace_text *x)
{
	const struct record_layout *l = &x->trace->layout;
	double share = report_waits_share(&x->all, x->all.ns);
	const char *before = " (";
	char text[FIGURE];

	if (!x->all.ns)
		return;
	fprintf(x->t->out, "%swaited for a CPU: ", text_paint(x->t, BOLD));
	if (isnan(share))
		fputs(format_ns(text, (double)x->all.ns), x->t->out);
	else
		fprintf(x->t->out, "%s of the time", format_small_percent(text, share));
	for (size_t i = 0; i < l->nr_metrics; i++) {
		if (!l->metric[i].waits || !x->all.metric_ns[i])
			continue;
		fputs(before, x->t->out);
		escape_terminal(x->t->out, l->metric[i].waits);
		share = report_waits_share(&x->all, x->all.metric_ns[i]);
		if (isnan(share))
			format_ns(text, (double)x->all.metric_ns[i]);
		else
			format_small_percent(text, share);
		fprintf(x->t->out, " %s", text);
		before = ", ";
	}
	fprintf(x->t->out, ")%s\n", text_paint(x->t, PLAIN));
}

/*
 * A wait that is not over is in no figure. Worth saying when it is long, or when there is nothing
 * else to say.
 */
static void waiting(const struct trace_text *x)
{
	const struct report_tracing *t = &x->run->tracing;
	char text[FIGURE];

	if (!t->waiting || !t->waiting_name ||
	    (x->all.counted && t->waiting_ns < x->trace->span_ns / 4))
		return;
	fprintf(x->t->out, "%sstill waiting for a CPU at the end: ", text_paint(x->t, YELLOW));
	escape_terminal(x->t->out, t->waiting_name);
	fprintf(x->t->out, ", for %s so far", format_ns(text, (double)t->waiting_ns));
	if (t->waiting > 1)
		fprintf(x->t->out, ", and %s more", format_count(text, (double)(t->waiting - 1)));
	fprintf(x->t->out, ": no figure includes that%s\n", text_paint(x->t, PLAIN));
}

static void coverage(const struct trace_text *x)
{
	double kept = report_coverage(x->trace, &x->all, &x->run->tracing);
	char text[FIGURE];

	if (kept > COVERAGE_WORTH_SAYING)
		return;
	snprintf(text, sizeof(text), "%.*f", kept > 0.99 ? 2 : kept > 0.1 ? 1 : 2, 100 * kept);
	fprintf(x->t->out, "%sfigures cover %s %% of the ", text_paint(x->t, RED), text);
	escape_terminal(x->t->out, trace_text_noun(x->trace));
	fprintf(x->t->out, ": see what was lost, below%s\n", text_paint(x->t, PLAIN));
}

/* ---- one block per whole --------------------------------------------------------------------- */

static uint64_t sum_of(const struct report_result *r, const char *metric)
{
	for (size_t i = 0; i < r->nr_metrics; i++)
		if (!strcmp(r->metric[i].name, metric))
			return sparse_sum(r->metric[i].sparse);
	return 0;
}

static void figures(const struct trace_text *x, const struct report_stats *s)
{
	ns_cell(x, s->p50);
	ns_cell(x, s->p90);
	ns_cell(x, s->p99);
	ns_cell(x, s->p999);
	ns_cell(x, s->max);
}

/* A part with as many values as its whole does not repeat their number. */
static void metric_row(const struct trace_text *x, const struct report_result *r, size_t metric,
		       int depth, uint64_t count_above)
{
	const struct record_layout_metric *m = &x->trace->layout.metric[metric];
	const struct hist *h = report_metric_find(r, m->name, &scratch);
	struct report_stats s = report_stats(h);
	uint64_t sum = sum_of(r, m->name), whole = m->of ? sum_of(r, m->of) : 0;
	char text[FIGURE];

	first_cell(x, 2 * depth, report_trace_title(m));
	if (m->of && s.count == count_above)
		fprintf(x->t->out, " %11s", "");
	else
		count_cell(x, (double)s.count);
	if (!s.count) {
		fputc('\n', x->t->out);
		return;
	}
	figures(x, &s);
	if (!m->of)
		ns_cell(x, (double)sum);
	else
		cell(x, format_percent(text, whole ? (double)sum / (double)whole : NAN));
	fputc('\n', x->t->out);
}

static bool is_of(const struct record_layout_metric *m, const char *of)
{
	return of ? m->of && !strcmp(m->of, of) : !m->of;
}

/* Each metric has one row, also where a hostile record makes it a part of itself. */
static void block(const struct trace_text *x, const struct report_result *r, const char *of,
		  int depth, uint64_t count_above, bool *shown)
{
	const struct record_layout *l = &x->trace->layout;

	for (size_t i = 0; i < l->nr_metrics; i++) {
		const struct record_layout_metric *m = &l->metric[i];
		const struct report_metric *seen = NULL;
		uint64_t count;

		if (shown[i] || !is_of(m, of) || (m->running && !x->t->r->verbose))
			continue;
		for (size_t k = 0; k < r->nr_metrics && !seen; k++)
			if (!strcmp(r->metric[k].name, m->name))
				seen = &r->metric[k];
		count = seen ? sparse_count(seen->sparse) : 0;
		/* That nothing was waited for is an answer, that a part has no values is none. */
		if (!count && (m->of || !(m->waits || m->counted)))
			continue;
		shown[i] = true;
		metric_row(x, r, i, depth, count_above);
		if (count)
			block(x, r, m->name, depth + 1, count, shown);
	}
}

static void choose_title_width(struct trace_text *x)
{
	const struct record_layout *l = &x->trace->layout;

	x->name = 8;
	for (size_t i = 0; i < l->nr_metrics; i++) {
		int columns = escape_terminal(NULL, report_trace_title(&l->metric[i])) +
			      (l->metric[i].of ? 4 : 0);

		if (columns > x->name)
			x->name = columns < MAX_TITLE ? columns : MAX_TITLE;
	}
}

static void blocks(struct trace_text *x, const struct report_result *r)
{
	static const char *const title[] = {
		"count", "p50", "p90", "p99", "p99.9", "max", "total"
	};

	bool shown[RECORD_MAX_METRICS] = { false };

	choose_title_width(x);
	headings(x, title, sizeof(title) / sizeof(title[0]));
	block(x, r, NULL, 0, 0, shown);
}

/* ---- one line per subject -------------------------------------------------------------------- */

static bool has_waits(const struct report_trace *t)
{
	for (size_t i = 0; i < t->layout.nr_metrics; i++)
		if (t->layout.metric[i].waits)
			return true;
	return false;
}

static void subject_headings(const struct trace_text *x)
{
	static const char
		*const waits[] = { "p50", "p90", "p99", "max", "other", "waited", "total" },
		       *const other[] = { "p50", "p90", "p99", "max", "total" };
	bool has = has_waits(x->trace);
	size_t nr = has ? sizeof(waits) / sizeof(waits[0]) : sizeof(other) / sizeof(other[0]);

	fprintf(x->t->out, "%s", text_paint(x->t, DIM));
	first_cell(x, 0, x->trace->layout.by ? x->trace->layout.by : "subject");
	if (!has)
		fprintf(x->t->out, "  %-10s", "");
	fprintf(x->t->out, " %11s", has ? trace_text_noun(x->trace) : "count");
	for (size_t i = 0; i < nr; i++)
		cell(x, has ? waits[i] : other[i]);
	fprintf(x->t->out, "%s\n", text_paint(x->t, PLAIN));
}

static void subject_cells(const struct trace_text *x, const char *metric, const struct hist *h,
			  const struct report_waits *w)
{
	struct report_stats s = report_stats(h);
	char text[FIGURE];

	if (!has_waits(x->trace)) {
		fputs("  ", x->t->out);
		fprintf(x->t->out, "%*s", 10 - escape_terminal(x->t->out, metric), "");
	}
	count_cell(x, (double)s.count);
	ns_cell(x, s.p50);
	ns_cell(x, s.p90);
	ns_cell(x, s.p99);
	ns_cell(x, s.max);
	if (has_waits(x->trace)) {
		cell(x, format_count(text, (double)w->others));
		cell(x, format_small_percent(text, report_waits_share(w, w->ns)));
		ns_cell(x, (double)w->ns);
	} else {
		ns_cell(x, h ? (double)h->sum : NAN);
	}
	fputc('\n', x->t->out);
}

/* The results from @first to @end, taken together, in one metric: different ones never are. */
static const struct hist *merged(const struct trace_text *x, size_t first, size_t end,
				 const char *metric)
{
	static struct hist sum, one;

	hist_init(&sum, HIST_K_USER);
	for (size_t i = first; i < end; i++) {
		const struct hist *h =
			report_metric_find(&x->t->r->result[x->q->first_result + i], metric, &one);

		if (!h)
			continue;
		if (h->k < sum.k && !sum.count)
			hist_init(&sum, h->k);
		hist_merge(&sum, h);
	}
	return &sum;
}

/* Of waits one row; of other kinds a row per metric. */
static void subject_rows(const struct trace_text *x, const char *name, size_t first, size_t end)
{
	const struct record_layout *l = &x->trace->layout;
	struct report_waits sum = { 0 }, w;
	bool waits = has_waits(x->trace);
	size_t rows = 0;

	for (size_t i = first; i < end; i++) {
		report_waits_of(&w, x->trace, &x->t->r->result[x->q->first_result + i]);
		sum.others = report_sum(sum.others, w.others);
		sum.ns = report_sum(sum.ns, w.ns);
		sum.running_ns = report_sum(sum.running_ns, w.running_ns);
	}
	for (size_t m = 0; m < l->nr_metrics; m++) {
		const struct hist *h;

		if (waits && !l->metric[m].counted)
			continue;
		h = merged(x, first, end, l->metric[m].name);
		if (!waits && !h->count)
			continue;
		first_cell(x, 0, rows++ ? "" : name);
		subject_cells(x, l->metric[m].name, h, &sum);
	}
	if (!rows) {
		first_cell(x, 0, name);
		fputc('\n', x->t->out);
	}
}

static const char *subject_name(const struct report_result *r)
{
	return *r->name ? r->name : "all";
}

static void subjects(struct trace_text *x)
{
	const struct report_result *result = &x->t->r->result[x->q->first_result];
	size_t all = x->q->nr_results, nr = all < top_of(x->t->r) ? all : top_of(x->t->r);
	char rest[64];

	x->name = 16;
	for (size_t i = 0; i < nr; i++) {
		int columns = escape_terminal(NULL, subject_name(&result[i]));

		if (columns > x->name)
			x->name = columns < MAX_TITLE ? columns : MAX_TITLE;
	}
	subject_headings(x);
	for (size_t i = 0; i < nr; i++)
		subject_rows(x, subject_name(&result[i]), i, i + 1);
	snprintf(rest, sizeof(rest), "%zu more", all - nr);
	if (nr < all)
		subject_rows(x, rest, nr, all);
	for (size_t i = 0; x->t->r->verbose && has_waits(x->trace) && i < nr; i++) {
		fprintf(x->t->out, "\n%s", text_paint(x->t, BOLD));
		escape_terminal(x->t->out, subject_name(&result[i]));
		fprintf(x->t->out, "%s\n", text_paint(x->t, PLAIN));
		blocks(x, &result[i]);
	}
}

/* ---- intervals ------------------------------------------------------------------------------- */

static double interval_share(const struct report_interval *i)
{
	double wait = (double)i->wait_ns, running = (double)i->running_ns;

	return wait + running > 0 ? wait / (wait + running) : 0;
}

double trace_text_seconds(const struct report_trace *t, uint64_t ns)
{
	uint64_t from = t->nr_intervals ? t->interval[0].start_ns : ns;

	return (double)(ns > from ? ns - from : 0) / 1e9;
}

static void intervals_in_short(const struct trace_text *x)
{
	const struct report_trace *t = x->trace;
	const struct report_interval *waited = t->interval, *longest = t->interval;
	uint64_t max_ns = 0;
	char text[FIGURE];

	for (size_t i = 0; i < t->nr_intervals; i++) {
		if (interval_share(&t->interval[i]) > interval_share(waited))
			waited = &t->interval[i];
		for (size_t p = 0; p < REPORT_MAX_WHOLES; p++) {
			if (t->interval[i].part[p].max_ns <= max_ns)
				continue;
			max_ns = t->interval[i].part[p].max_ns;
			longest = &t->interval[i];
		}
	}
	fprintf(x->t->out, "\n%zu intervals: longest %s at %.3f s", t->nr_intervals,
		format_ns(text, (double)max_ns), trace_text_seconds(t, longest->end_ns));
	if (has_waits(t))
		fprintf(x->t->out, ", waited most at %.3f s (%s)",
			trace_text_seconds(t, waited->end_ns),
			format_percent(text, interval_share(waited)));
	fputs("; -v lists them\n", x->t->out);
}

static void intervals(const struct trace_text *x)
{
	const struct report_trace *t = x->trace;

	if (t->nr_intervals < 2 || x->t->r->intervals_seen)
		return;
	if (t->nr_intervals > top_of(x->t->r) && !x->t->r->verbose) {
		intervals_in_short(x);
		return;
	}
	fprintf(x->t->out, "\n%s", text_paint(x->t, DIM));
	report_intervals_heading(x->t->out, t);
	fputs(text_paint(x->t, PLAIN), x->t->out);
	for (size_t i = 0; i < t->nr_intervals; i++)
		report_interval_line(x->t->out, t, &t->interval[i], t->interval[0].start_ns);
	if (t->more_intervals)
		fprintf(x->t->out, "and %" PRIu64 " more, in the sums only\n", t->more_intervals);
}

/* ---- all of it ------------------------------------------------------------------------------- */

bool text_is_trace(const struct report *r)
{
	return r->nr_questions == 1 && r->question[0].trace && !report_lists_runs(r);
}

void text_trace_head(struct text *t)
{
	struct trace_text x = trace_text_of(t, &t->r->question[0]);

	fputs(text_paint(t, BOLD), t->out);
	report_write_command(t->out, x.run, escape_shell);
	fputs(text_paint(t, PLAIN), t->out);
	if (x.trace->layout.target) {
		fputs(" (", t->out);
		escape_terminal(t->out, x.trace->layout.target);
		fputc(')', t->out);
	}
	counted(&x);
	machine(&x);
	fputc('\n', t->out);
}

void text_trace(struct text *t, const struct report_question *q)
{
	struct trace_text x = trace_text_of(t, q);

	if (!text_is_trace(t->r)) {
		fprintf(t->out, "\n%s", text_paint(t, BOLD));
		escape_terminal(t->out, q->name);
		fputs(text_paint(t, PLAIN), t->out);
		if (t->r->apart)
			fprintf(t->out, "  run %zu", q->run + 1);
		counted(&x);
		fputc('\n', t->out);
	}
	waited(&x);
	waiting(&x);
	coverage(&x);
	if (q->nr_results)
		fputc('\n', t->out);
	if (q->nr_results == 1 && !*t->r->result[q->first_result].name)
		blocks(&x, &t->r->result[q->first_result]);
	else if (q->nr_results)
		subjects(&x);
	intervals(&x);
	for (size_t i = 0; i < q->nr_results; i++)
		if (t->r->result[q->first_result + i].matrix)
			trace_text_pairs(&x, t->r->result[q->first_result + i].matrix);
	trace_text_worst(&x);
	if (text_is_trace(t->r))
		trace_text_foot(&x);
}
