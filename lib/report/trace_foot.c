// SPDX-License-Identifier: GPL-2.0-only
/* Below the figures of a trace: the worst waits, what was lost, what looking cost. */
#include "lib/report/trace_text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define MAX_IN_THE_WAY 3

/* ---- the worst ------------------------------------------------------------------------------- */

static void event_line(const struct trace_text *x, const struct report_event *e)
{
	size_t m = report_trace_metric(x->trace, e->population);
	const char *waits =
		m < x->trace->layout.nr_metrics ? x->trace->layout.metric[m].waits : NULL;
	char text[FIGURE];

	fprintf(x->t->out, "%s  ", format_ns(text, (double)e->ns));
	report_write_waiter(x->t->out, e, escape_terminal_word);
	if (x->trace->nr_intervals)
		fprintf(x->t->out, " at %.3f s", trace_text_seconds(x->trace, e->time_ns));
	if (e->has_waker) {
		fputs(", woken by ", x->t->out);
		report_write_waker(x->t->out, e, escape_terminal_word);
	} else {
		fputs(", ", x->t->out);
		escape_terminal(x->t->out, waits ? waits : e->population);
	}
	if (e->cpu_queued != RECORD_NO_CPU)
		fprintf(x->t->out, ", waited on CPU %" PRIu64, e->cpu_queued);
	if (e->nr_behind && e->behind[0].tid) {
		fputs(" behind ", x->t->out);
		report_write_behind(x->t->out, e, escape_terminal_word);
	} else if (e->nr_behind) {
		fputs(", which was idle", x->t->out);
	}
	if (e->cpu != RECORD_NO_CPU && e->cpu != e->cpu_queued)
		fprintf(x->t->out, ", ran on CPU %" PRIu64, e->cpu);
	fputc('\n', x->t->out);
}

static void stack_lines(const struct trace_text *x, const struct report_event *e)
{
	for (size_t i = 0; i < e->nr_kernel + e->nr_user; i++) {
		fprintf(x->t->out, "         %s ", i < e->nr_kernel ? "kernel" : "  user");
		escape_terminal(x->t->out, e->frame[i]);
		fputc('\n', x->t->out);
	}
}

static void in_the_way(const struct trace_text *x)
{
	const struct report_trace *t = x->trace;
	uint64_t other = t->in_the_way_ns;
	const char *before = "in its way: ";
	char text[FIGURE];

	if (!t->nr_in_the_way || !t->in_the_way_ns)
		return;
	for (size_t i = 0; i < t->nr_in_the_way && i < MAX_IN_THE_WAY; i++) {
		fputs(before, x->t->out);
		escape_terminal(x->t->out, t->in_the_way[i].comm);
		fprintf(x->t->out, " %s",
			format_percent(text,
				       (double)t->in_the_way[i].ns / (double)t->in_the_way_ns));
		other -= t->in_the_way[i].ns < other ? t->in_the_way[i].ns : other;
		before = ", ";
	}
	if (other)
		fprintf(x->t->out, ", other %s",
			format_percent(text, (double)other / (double)t->in_the_way_ns));
	fputc('\n', x->t->out);
}

void trace_text_worst(const struct trace_text *x)
{
	const struct report_trace *t = x->trace;

	if (!t->nr_worst)
		return;
	for (size_t i = 0; i < (x->t->r->verbose ? t->nr_worst : 1); i++) {
		fputs(i ? "       " : "\nworst: ", x->t->out);
		event_line(x, &t->worst[i]);
		stack_lines(x, &t->worst[i]);
	}
	in_the_way(x);
}

/* ---- what it rests on ------------------------------------------------------------------------ */

static void loss(const struct trace_text *x, const struct record_count *lost)
{
	const struct record_layout_loss *l = report_loss_layout(x->trace, lost->name);
	uint64_t whole;
	double share = report_loss_share(x->trace, &x->all, &x->run->tracing, lost, &whole);
	const char *of = l && l->of && !strcmp(l->of, "values") ? trace_text_noun(x->trace)
			 : l && l->of				? l->of
								: NULL;
	char text[FIGURE], share_text[FIGURE];

	format_count(text, (double)lost->value);
	if (whole) {
		fprintf(x->t->out, "%s of ", text);
		fputs(format_count(text, (double)whole), x->t->out);
		fputc(' ', x->t->out);
		escape_terminal(x->t->out, of);
		fprintf(x->t->out, " (%s): ", format_small_percent(share_text, share));
	} else {
		fprintf(x->t->out, "%s times ", text);
	}
	escape_terminal(x->t->out, l && l->text ? l->text : lost->name);
	if (l && l->text) {
		fputs(" (", x->t->out);
		escape_terminal(x->t->out, lost->name);
		fputc(')', x->t->out);
	}
}

static void losses(const struct trace_text *x)
{
	const struct report_tracing *tracing = &x->run->tracing;
	const char *before = "lost: ";
	bool any = false;

	if (report_losses_missing(x->run)) {
		fputs("losses: not known, the record ends before them\n", x->t->out);
		return;
	}
	if (!tracing->known)
		return;
	for (size_t i = 0; i < tracing->nr_losses; i++) {
		if (!tracing->loss[i].value)
			continue;
		fprintf(x->t->out, "%s%s", text_paint(x->t, RED), before);
		loss(x, &tracing->loss[i]);
		fprintf(x->t->out, "%s\n", text_paint(x->t, PLAIN));
		before = "      ";
		any = true;
	}
	if (!any)
		fputs("lost: nothing\n", x->t->out);
}

/* Now and then stamps cross; that most do is a clock that is not the kernel's. */
static void clocks(const struct trace_text *x)
{
	const struct report_tracing *c = &x->run->tracing;
	char text[FIGURE];

	for (size_t i = 0; i < c->nr_counters; i++) {
		if (strcmp(c->counter[i].name, "negative") || c->counter[i].value < 10 ||
		    c->counter[i].value <= x->all.counted / 2)
			continue;
		fprintf(x->t->out, "%swarning: %s ", text_paint(x->t, YELLOW),
			format_count(text, (double)c->counter[i].value));
		escape_terminal(x->t->out, trace_text_noun(x->trace));
		fprintf(x->t->out,
			" had times out of order (negative) and are left out: the program reads "
			"another clock than the kernel%s\n",
			text_paint(x->t, PLAIN));
	}
}

static void cost(const struct trace_text *x)
{
	const struct report_tracing *c = &x->run->tracing;
	double calls = 0, ns = 0;
	char text[FIGURE];

	for (size_t i = 0; i < c->nr_programs; i++) {
		calls += (double)c->program[i].calls;
		ns += (double)c->program[i].ns;
	}
	if (!c->known)
		return;
	fputs("own cost: ", x->t->out);
	if (c->sample_ns && calls > 0) {
		fprintf(x->t->out, "its BPF programs %s a run, ", format_ns(text, ns / calls));
		fprintf(x->t->out, "%s of a CPU; ",
			format_small_percent(text, ns / (double)c->sample_ns));
	}
	if (x->trace->span_ns)
		fprintf(x->t->out, "kt itself %s of a CPU",
			format_small_percent(text, (double)c->cpu_ns / (double)x->trace->span_ns));
	else
		fprintf(x->t->out, "kt itself %s", format_ns(text, (double)c->cpu_ns));
	if (!c->sample_ns)
		fputs("; its BPF programs were not measured", x->t->out);
	fputc('\n', x->t->out);
}

static void programs(const struct trace_text *x)
{
	const struct report_tracing *c = &x->run->tracing;
	char text[FIGURE];

	if (!x->t->r->programs || !c->sample_ns)
		return;
	fprintf(x->t->out, "\n%sBPF programs, of %s%s\n", text_paint(x->t, DIM),
		format_ns(text, (double)c->sample_ns), text_paint(x->t, PLAIN));
	for (size_t i = 0; i < c->nr_programs; i++) {
		double calls = (double)c->program[i].calls, ns = (double)c->program[i].ns;

		fputs("  ", x->t->out);
		fprintf(x->t->out, "%*s", 24 - escape_terminal(x->t->out, c->program[i].name), "");
		fprintf(x->t->out, " %11s runs/s",
			format_count(text, calls * 1e9 / (double)c->sample_ns));
		fprintf(x->t->out, " %9s each", format_ns(text, calls > 0 ? ns / calls : NAN));
		fprintf(x->t->out, " %8s of a CPU\n",
			format_small_percent(text, ns / (double)c->sample_ns));
	}
}

static void counters(const struct trace_text *x)
{
	const struct report_tracing *c = &x->run->tracing;
	const char *before = "counters: ";

	if (!x->t->r->verbose && x->trace->has_layout)
		return;
	for (size_t i = 0; i < c->nr_counters; i++) {
		if (!c->counter[i].value)
			continue;
		fputs(before, x->t->out);
		escape_terminal(x->t->out, c->counter[i].name);
		fprintf(x->t->out, " %" PRIu64, c->counter[i].value);
		before = ", ";
	}
	if (*before == ',')
		fputc('\n', x->t->out);
}

void trace_text_foot(const struct trace_text *x)
{
	fputc('\n', x->t->out);
	losses(x);
	clocks(x);
	cost(x);
	counters(x);
	programs(x);
}
