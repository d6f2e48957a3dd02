// SPDX-License-Identifier: GPL-2.0-only
/* Between which CPUs the wakes of a trace went, as text. */
#include "lib/report/trace_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* Those that waited longest, together, first. */
static int by_sum(const void *a, const void *b)
{
	const struct report_cell *const *x = a, *const *y = b;

	if ((*x)->sum != (*y)->sum)
		return (*x)->sum < (*y)->sum ? 1 : -1;
	return *x < *y ? -1 : *x > *y;
}

static void figures(const struct trace_text *x, double count, double p50, double p99, double max,
		    double sum)
{
	const double ns[] = { p50, p99, max, sum };
	char text[FIGURE];

	fprintf(x->t->out, " %11s", format_count(text, count));
	for (size_t i = 0; i < sizeof(ns) / sizeof(ns[0]); i++)
		fprintf(x->t->out, " %9s", format_ns(text, ns[i]));
	fputc('\n', x->t->out);
}

static void heading(const struct trace_text *x, const struct report_matrix *m)
{
	static const char *const titles[] = { "p50", "p99", "max", "total" };
	int columns = escape_terminal(NULL, m->metric);

	fprintf(x->t->out, "\n%s", text_paint(x->t, DIM));
	escape_terminal(x->t->out, m->metric);
	fprintf(x->t->out, ", from CPU to CPU%*s %11s", columns < 8 ? 8 - columns : 0, "",
		trace_text_noun(x->trace));
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		fprintf(x->t->out, " %9s", titles[i]);
	fprintf(x->t->out, "%s\n", text_paint(x->t, PLAIN));
}

void trace_text_pairs(const struct trace_text *x, const struct report_matrix *m)
{
	size_t top = x->t->r->top ? x->t->r->top : REPORT_TOP, shown = m->nr < top ? m->nr : top;
	const struct report_cell **cell = calloc(m->nr + 1, sizeof(*cell));
	double count = 0, sum = 0, max = 0;
	char text[FIGURE];

	if (!cell)
		return;
	heading(x, m);
	for (size_t i = 0; i < m->nr; i++)
		cell[i] = &m->cell[i];
	qsort(cell, m->nr, sizeof(*cell), by_sum);
	for (size_t i = 0; i < m->nr; i++) {
		const struct report_cell *c = cell[i];

		if (i >= shown) {
			count += (double)c->count;
			sum += (double)c->sum;
			max = (double)c->max > max ? (double)c->max : max;
			continue;
		}
		fprintf(x->t->out, "  %10" PRIu64 " -> %-10" PRIu64, c->waker_cpu, c->cpu);
		figures(x, (double)c->count, c->p50, c->p99, (double)c->max, (double)c->sum);
	}
	if (shown < m->nr) {
		fprintf(x->t->out, "  %10zu %-13s", m->nr - shown, "more pairs");
		figures(x, count, NAN, NAN, max, sum);
	}
	if (m->others)
		fprintf(x->t->out, "  and %s for which there was no room\n",
			format_count(text, (double)m->others));
	free(cell);
}
