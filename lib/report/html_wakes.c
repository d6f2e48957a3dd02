// SPDX-License-Identifier: GPL-2.0-only
/* Between which CPUs the wakes of a question's traced blocks went, in the HTML report. */
#include "lib/report/page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ROWS 24

struct pair {
	const struct report_result *r;
	const struct report_cell *cell;
};

static int by_count(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->cell->count != y->cell->count)
		return x->cell->count > y->cell->count ? -1 : 1;
	if (x->cell->waker_cpu != y->cell->waker_cpu)
		return x->cell->waker_cpu < y->cell->waker_cpu ? -1 : 1;
	return (x->cell->cpu > y->cell->cpu) - (x->cell->cpu < y->cell->cpu);
}

static size_t nr_cells(const struct page *p, const struct report_question *q, uint64_t *others)
{
	size_t nr = 0;

	*others = 0;
	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_matrix *m = p->r->result[q->first_result + i].matrix;

		nr += m ? m->nr : 0;
		*others = report_sum(*others, m ? m->others : 0);
	}
	return nr;
}

static size_t gather(const struct page *p, const struct report_question *q, struct pair *pair)
{
	size_t nr = 0;

	for (size_t i = 0; i < q->nr_results; i++) {
		const struct report_result *r = &p->r->result[q->first_result + i];

		for (size_t k = 0; r->matrix && k < r->matrix->nr; k++)
			pair[nr++] = (struct pair){ r, &r->matrix->cell[k] };
	}
	qsort(pair, nr, sizeof(*pair), by_count);
	return nr;
}

/* All wakes between the same two CPUs: no more to see than that. */
static bool is_one_pair(const struct pair *pair, size_t nr)
{
	for (size_t i = 1; i < nr; i++)
		if (pair[i].cell->waker_cpu != pair[0].cell->waker_cpu ||
		    pair[i].cell->cpu != pair[0].cell->cpu)
			return false;
	return true;
}

static void row(const struct page *p, const struct pair *pair)
{
	const struct report_cell *c = pair->cell;
	char text[FIGURE];

	fputs("<tr><td class=name>", p->out);
	page_swatch(p, pair->r->name);
	fprintf(p->out, "<td>%" PRIu64 "<td>%" PRIu64 "<td>%s", c->waker_cpu, c->cpu,
		format_count(text, (double)c->count));
	page_ns_cell(p, c->p50);
	page_ns_cell(p, c->p99);
	page_ns_cell(p, (double)c->max);
	page_ns_cell(p, (double)c->sum / (double)c->count);
	fputc('\n', p->out);
}

static void table(const struct page *p, const struct pair *pair, size_t nr)
{
	fprintf(p->out, "<details><summary>Pairs of CPUs%s</summary>",
		nr > MAX_ROWS ? ", the busiest" : "");
	page_scroll(p, "Pairs of CPUs");
	fputs("<table class=sort><thead><tr><th scope=col>arm<th scope=col>woken from CPU<th scope=col>ran on CPU"
	      "<th scope=col>waits<th scope=col>p50<th scope=col>p99<th scope=col>max<th scope=col>mean<tbody>\n",
	      p->out);
	for (size_t i = 0; i < nr && i < MAX_ROWS; i++)
		row(p, &pair[i]);
	fputs("</table></div>", p->out);
	if (nr > MAX_ROWS)
		fprintf(p->out, "<p class=note>and %zu more, in the JSON report</p>",
			nr - MAX_ROWS);
	fputs("</details>\n", p->out);
}

static void matrix(const struct page *p, size_t index, const struct pair *pair, size_t nr)
{
	char text[FIGURE];

	if (is_one_pair(pair, nr)) {
		uint64_t all = 0;

		for (size_t i = 0; i < nr; i++)
			all = report_sum(all, pair[i].cell->count);
		fprintf(p->out,
			"<p class=note>All %s waits of the traced blocks were woken from CPU %" PRIu64
			" and ended on CPU %" PRIu64 ".</p>\n",
			format_count(text, (double)all), pair->cell->waker_cpu, pair->cell->cpu);
		return;
	}
	fputs("<div class=\"plots one\">", p->out);
	html_choice(p, index, PLOT_MATRIX, 0);
	fputs("</div>\n", p->out);
	table(p, pair, nr);
}

void html_wakes(const struct page *p, size_t index)
{
	const struct report_question *q = &p->r->question[index];
	uint64_t others;
	size_t nr = q->from_trace ? 0 : nr_cells(p, q, &others);
	struct pair *pair;
	char text[FIGURE];

	if (!nr)
		return;
	pair = calloc(nr, sizeof(*pair));
	if (!pair)
		return;
	nr = gather(p, q, pair);
	fputs("<h3>From CPU to CPU</h3>\n", p->out);
	matrix(p, index, pair, nr);
	if (others)
		fprintf(p->out, "<p class=note>%s waits had no room in the matrix.</p>\n",
			format_count(text, (double)others));
	free(pair);
}
