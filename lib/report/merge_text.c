// SPDX-License-Identifier: GPL-2.0-only
/* Merged records for people: of each arm all hosts, then those with the highest median. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/merge_table.h"
#include "lib/report/render.h"

#define NAME	24
#define FIGURES 55 /* columns of all of them */

/* ---- head ------------------------------------------------------------------------------------- */

static void count_of(FILE *out, size_t nr, const char *one)
{
	fprintf(out, "%zu %s%s", nr, one, nr == 1 ? "" : "s");
}

static size_t different(const struct merge *m, size_t offset)
{
	size_t nr = 0;

	for (size_t i = 0; i < m->nr_hosts; i++) {
		const char *text = *(const char *const *)((const char *)&m->host[i] + offset);
		size_t k = 0;

		while (k < i) {
			const char *other =
				*(const char *const *)((const char *)&m->host[k] + offset);

			if (text == other)
				break;
			k++;
		}
		nr += k == i && text;
	}
	return nr;
}

/* "7ba6c5b2", and "7ba6c5b2/2" with another kernel or build */
static void host_name(char name[32], const struct merge_host *h)
{
	char copy[16] = "";

	if (h->copy)
		snprintf(copy, sizeof(copy), "/%u", h->copy + 1);
	snprintf(name, 32, "%.8s%s", h->id ?: "unknown", copy);
}

static void labelled(FILE *out, const char *label, const char *text)
{
	fputs(label, out);
	escape_terminal(out, text ?: "not known");
}

static void head(FILE *out, const struct merge *m, const struct merge_view *v)
{
	char name[32];

	count_of(out, m->nr_files, "file");
	fputs(", ", out);
	count_of(out, m->nr_runs, "run");
	fputs(", ", out);
	count_of(out, m->nr_hosts, "host");
	fputs(", ", out);
	count_of(out, different(m, offsetof(struct merge_host, kernel)), "kernel");
	fputs(", ", out);
	count_of(out, different(m, offsetof(struct merge_host, suite_build)), "suite");
	fputc('\n', out);
	for (size_t i = 0; m->nr_hosts <= v->top && i < m->nr_hosts; i++) {
		const struct merge_host *h = &m->host[i];

		host_name(name, h);
		fputs("host ", out);
		escape_terminal(out, name);
		labelled(out, "  Linux ", h->kernel);
		labelled(out, "  kt ", h->kt);
		if (h->suite)
			labelled(out, "  suite ", h->suite);
		fputs("  ", out);
		count_of(out, h->nr_runs, "run");
		fputc('\n', out);
	}
}

/* ---- rows ------------------------------------------------------------------------------------- */

static void figures(FILE *out, const struct report_stats *s)
{
	char text[FIGURE];

	fprintf(out, "%10s", format_count(text, (double)s->count));
	fprintf(out, "%9s", format_ns(text, s->p50));
	fprintf(out, "%9s", format_ns(text, s->p90));
	fprintf(out, "%9s", format_ns(text, s->p99));
	fprintf(out, "%9s", format_ns(text, s->p999));
	fprintf(out, "%9s\n", format_ns(text, s->max));
}

static void name_cell(FILE *out, int indent, const char *name)
{
	int used = fprintf(out, "%*s", indent, "") + escape_terminal(out, name);

	/* A name that is too long has a line of its own. */
	if (used > NAME)
		fprintf(out, "\n%*s", NAME, "");
	else
		fprintf(out, "%*s", NAME - used, "");
}

struct host_row {
	const struct merge_cell *cell;
	double p50;
};

static int by_p50(const void *a, const void *b)
{
	const struct host_row *x = a, *y = b;

	if (x->p50 != y->p50 && !(isnan(x->p50) && isnan(y->p50)))
		return isnan(x->p50) || x->p50 < y->p50 ? 1 : -1;
	return x->cell < y->cell ? -1 : x->cell > y->cell;
}

static int print_hosts(FILE *out, const struct merge *m, const struct merge_series *s,
		       const struct merge_view *v, struct hist *scratch)
{
	struct host_row *host = malloc((s->nr_cells + 1) * sizeof(*host));
	char name[32], low[FIGURE], high[FIGURE];
	struct merge_row row;
	int ret = host ? 0 : -ENOMEM;

	for (size_t i = 0; !ret && i < s->nr_cells; i++) {
		ret = merge_row_host(&row, m, s, &s->cell[i], scratch);
		host[i] = (struct host_row){ &s->cell[i], row.stats.p50 };
	}
	if (!ret)
		qsort(host, s->nr_cells, sizeof(*host), by_p50);
	for (size_t i = 0; !ret && i < s->nr_cells && i < v->top; i++) {
		ret = merge_row_host(&row, m, s, host[i].cell, scratch);
		host_name(name, row.host);
		name_cell(out, 4, name);
		figures(out, &row.stats);
	}
	if (!ret && s->nr_cells > v->top)
		fprintf(out, "    %zu more, p50 %s to %s\n", s->nr_cells - v->top,
			format_ns(low, host[s->nr_cells - 1].p50),
			format_ns(high, host[v->top].p50));
	free(host);
	return ret;
}

static void title(FILE *out, const char *name)
{
	fputc('\n', out);
	if (escape_terminal(out, name) >= NAME)
		fprintf(out, "\n%*s", NAME, "");
	else
		fprintf(out, "%*s", NAME - escape_terminal(NULL, name), "");
	fprintf(out, "%10s%9s%9s%9s%9s%9s\n", "count", "p50", "p90", "p99", "p99.9", "max");
}

static int print_series(FILE *out, const struct merge *m, const struct merge_series *s,
			const struct merge_view *v, struct hist *scratch)
{
	char hosts[64];
	struct merge_row row;
	int ret = merge_row_union(&row, s, scratch);
	char *name;

	if (ret)
		return ret;
	snprintf(hosts, sizeof(hosts), ", %zu host%s", s->nr_cells, s->nr_cells == 1 ? "" : "s");
	if (asprintf(&name, "%s%s%s%s", s->subject, s->metric && *s->subject ? " " : "",
		     s->metric ?: "", s->nr_cells == m->nr_hosts ? "" : hosts) < 0)
		return -ENOMEM;
	name_cell(out, 2, name);
	free(name);
	figures(out, &row.stats);
	return s->nr_cells > 1 && v->top ? print_hosts(out, m, s, v, scratch) : 0;
}

static int print(FILE *out, const struct merge *m, const struct merge_view *v)
{
	struct hist *scratch = malloc(sizeof(*scratch));
	const char *before = NULL;
	int ret = scratch ? 0 : -ENOMEM;

	head(out, m, v);
	for (size_t i = 0; !ret && i < m->nr_series; i++) {
		const struct merge_series *s = &m->series[i];
		const char *question = s->kind ?: s->question->name;

		if (s->metric && !s->kind && !v->verbose)
			continue;
		if (question != before)
			title(out, question);
		before = question;
		ret = print_series(out, m, s, v, scratch);
	}
	if (!ret)
		fputs("\nPercentiles of merged histograms, each shown when ten values lie beyond it.\n",
		      out);
	free(scratch);
	return ret;
}

const struct merge_format merge_format_text = {
	.name = "text",
	.help = "tables for a terminal",
	.print = print,
};
