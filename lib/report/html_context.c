// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the figures of the HTML report rest on: noise, losses, environment, the command that repeats
 * the run.
 */
#include "lib/report/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_GROUPS 20 /* whose environments are on the page */

static void percent_cell(const struct page *p, double share)
{
	char text[FIGURE];

	fprintf(p->out, "<td>%s", format_percent(text, share));
}

static void cpus_cell(const struct page *p, double cpus)
{
	if (isfinite(cpus))
		fprintf(p->out, "<td>%.2f", fmax(cpus, 0));
	else
		fputs("<td>", p->out);
}

static void noise_row(const struct page *p, size_t index)
{
	const struct report_question *q = &p->r->question[index];
	const struct report_noise *n = &q->noise;

	fputs("<tr><td class=name>", p->out);
	page_link(p, q);
	fprintf(p->out, "<td>%zu<td>%zu", n->nr_windows, n->nr_noisy);
	percent_cell(p, n->steal_mean);
	percent_cell(p, n->steal_max);
	cpus_cell(p, n->foreign_mean);
	cpus_cell(p, n->foreign_max);
	percent_cell(p, n->psi_mean);
	fputs("<td>", p->out);
	page_ns(p, n->canary_ns);
	percent_cell(p, n->canary_drift);
	fprintf(p->out, "<td class=l>%s\n",
		n->unsteady	? "<span class=\"chip unstable\">unsteady</span>"
		: n->nr_windows ? "<span class=quiet>steady</span>"
				: "<span class=quiet>too short to say</span>");
}

static void noise(const struct page *p)
{
	fputs("<h2 id=noise>Noise</h2><p class=note>Steal is CPU time that the hypervisor gave to others; other programs are "
	      "those that neither kt nor its benchmark are. Half a second with more than 2&nbsp;% steal, and three ticks of it, or "
	      "with more than half a CPU of other programs counts as noisy. The canary is a fixed loop timed again and again: its "
	      "drift is the second half of the question against the first. More than a fifth of the half seconds noisy, or a "
	      "drift of 3&nbsp;% that is more than the loop’s times scatter, makes a question unsteady and its verdicts unstable. "
	      "A question that is shorter than half a second is too short to say. Nothing is left out for it.</p>",
	      p->out);
	page_scroll(p, "Noise by question");
	fputs("<table><tr><th>question<th>half seconds<th>noisy<th>steal, mean<th>most<th>CPUs of others, mean"
	      "<th>most<th>CPU pressure<th>canary<th>drift<th class=l>machine\n",
	      p->out);
	for (size_t i = 0; i < p->r->nr_questions; i++)
		if (!p->r->question[i].from_trace)
			noise_row(p, i);
	fputs("</table></div>\n", p->out);
}

static void counts_table(const struct page *p, const char *title, const struct record_count *count,
			 size_t nr_counts, bool zeros)
{
	char text[FIGURE];
	size_t nr = 0;

	fprintf(p->out, "<h3>%s</h3>", title);
	for (size_t i = 0; i < nr_counts; i++) {
		if (!zeros && !count[i].value)
			continue;
		fputs(nr++ ? "" : "<dl>", p->out);
		fputs("<dt>", p->out);
		page_text(p, count[i].name);
		fprintf(p->out, "<dd>%s", format_count(text, (double)count[i].value));
	}
	fputs(nr ? "</dl>\n" : "<p class=note>none</p>\n", p->out);
}

static void nothing_traced(const struct page *p, const struct report_run *run)
{
	if (report_losses_missing(run)) {
		fputs("<p>What was lost is not known: the record ends before it says so.</p>\n",
		      p->out);
		return;
	}
	fputs("<p>Nothing was traced", p->out);
	if (report_not_traced(run)) {
		fputs(": ", p->out);
		page_text(p, report_not_traced(run));
	}
	fputs(".</p>\n", p->out);
}

static void cost(const struct page *p, const struct report_tracing *t)
{
	char text[FIGURE];

	fprintf(p->out, "<p>%s events", format_count(text, (double)t->events));
	if (t->bpf_ns) {
		fputs(", ", p->out);
		page_ns(p, (double)t->bpf_ns);
		fputs(" in BPF programs", p->out);
	}
	if (t->bpf_ns && t->events) {
		fputs(" (", p->out);
		page_ns(p, (double)t->bpf_ns / (double)t->events);
		fputs(" each)", p->out);
	}
	fputs(", ", p->out);
	page_ns(p, (double)t->cpu_ns);
	fputs(" of CPU time in the tracing process.", p->out);
	if (p->r->nr_comparisons)
		fputs(" Verdicts come from untraced blocks only.", p->out);
	fputs("</p>\n", p->out);
}

/* Of one group of runs. */
static void tracing(const struct page *p, const struct report_run *run)
{
	const struct report_tracing *t = &run->tracing;

	if (!t->known) {
		nothing_traced(p, run);
		return;
	}
	cost(p, t);
	counts_table(p, "Losses, per cause", t->loss, t->nr_losses, true);
	counts_table(p, "Counters: what was seen and is not a loss", t->counter, t->nr_counters,
		     false);
}

/* ---- environment ----------------------------------------------------------------------------- */

static void value(const struct page *p, const json_t *j);

static void list(const struct page *p, const json_t *array)
{
	json_t *item;
	size_t i;

	json_array_foreach (array, i, item) {
		fputs(i ? ", " : "", p->out);
		value(p, item);
	}
	if (!json_array_size(array))
		fputs("none", p->out);
}

static void value(const struct page *p, const json_t *j)
{
	if (json_is_string(j))
		page_text(p, json_string_value(j));
	else if (json_is_integer(j))
		fprintf(p->out, "%" PRId64, (int64_t)json_integer_value(j));
	else if (json_is_real(j))
		fprintf(p->out, "%g", json_real_value(j));
	else if (json_is_boolean(j))
		fputs(json_is_true(j) ? "yes" : "no", p->out);
	else if (json_is_array(j))
		list(p, j);
	else
		fputs("<span class=quiet>not known</span>", p->out);
}

static void section(const struct page *p, const char *title, const json_t *object)
{
	const char *key;
	json_t *item;

	if (!json_object_size(object))
		return;
	fputs("<div><h3>", p->out);
	page_text(p, title);
	fputs("</h3><dl>", p->out);
	json_object_foreach ((json_t *)object, key, item) {
		fputs("<dt>", p->out);
		page_text(p, key);
		fputs("<dd>", p->out);
		value(p, item);
	}
	fputs("</dl></div>\n", p->out);
}

static void warnings(const struct page *p, const struct report_run *run)
{
	const json_t *all = report_environment_at(run, "warnings");
	json_t *w;
	size_t i;

	if (!json_array_size(all))
		return;
	fputs("<ul>", p->out);
	json_array_foreach (all, i, w) {
		const char *text = json_string_value(json_object_get(w, "text"));
		const char *fix = json_string_value(json_object_get(w, "fix"));

		fputs("<li>", p->out);
		page_text(p, text ? text : "");
		if (!fix)
			continue;
		fputs(" → <code>", p->out);
		page_text(p, fix);
		fputs("</code>", p->out);
	}
	fputs("</ul>\n", p->out);
}

/* What is not an object of its own: distribution, host id, ... */
static void single_values(const struct page *p, json_t *all)
{
	const char *key;
	json_t *item;

	fputs("<div><h3>machine</h3><dl>", p->out);
	json_object_foreach (all, key, item) {
		if (json_is_object(item) || !strcmp(key, "warnings") || !strcmp(key, "type"))
			continue;
		fputs("<dt>", p->out);
		page_text(p, key);
		fputs("<dd>", p->out);
		value(p, item);
	}
	fputs("</dl></div>\n", p->out);
}

/* Sections as recorded, in the record's order; the mitigations folded, as they are many. */
static void environment(const struct page *p, const struct report_run *run)
{
	json_t *item, *all = run->environment.all,
		      *mitigations = json_object_get(all, "mitigations");
	const char *key;

	if (!all) {
		fputs("<p class=note>not recorded</p>\n", p->out);
		return;
	}
	warnings(p, run);
	if (run->selftest) {
		fputs("<p>Self-test of the machine: ", p->out);
		report_write_selftest(p->out, run, page_word);
		fputs(".</p>\n", p->out);
	}
	fputs("<div class=env>", p->out);
	single_values(p, all);
	json_object_foreach (all, key, item)
		if (json_is_object(item) && item != mitigations)
			section(p, key, item);
	fputs("</div>", p->out);
	if (json_object_size(mitigations)) {
		fputs("<details><summary>Mitigations</summary>", p->out);
		section(p, "mitigations", mitigations);
		fputs("</details>\n", p->out);
	}
}

static void again(const struct page *p, const struct report_run *run)
{
	fputs("<pre>", p->out);
	page_command(p, run);
	fputs("</pre>", p->out);
}

/* One part per group of runs, under its number when there are several. */
static void per_group(const struct page *p, const char *id, const char *title,
		      void (*part)(const struct page *p, const struct report_run *run))
{
	size_t nr = 0;

	fprintf(p->out, "<h2 id=%s>%s</h2>", id, title);
	for (size_t i = 0; i < p->r->nr_runs; i++) {
		if (p->r->run[i].group != i || nr++ >= MAX_GROUPS)
			continue;
		if (p->r->nr_groups > 1)
			fprintf(p->out, "<h3>run %zu</h3>", i + 1);
		part(p, &p->r->run[i]);
	}
	if (nr > MAX_GROUPS)
		fprintf(p->out, "<p class=note>and %zu more, in the JSON report</p>\n",
			nr - MAX_GROUPS);
}

/* Line by line: a newline is not a thing that a name may have. */
static void tables(const struct page *p, const struct record_selftest *t)
{
	char *text = NULL, *line, *rest;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return;
	report_selftest_text(out, t);
	if (!fclose(out)) {
		page_scroll(p, "Rates of the self-test");
		fputs("<pre class=rates>", p->out);
		for (rest = text; (line = strsep(&rest, "\n"));) {
			page_text(p, line);
			fputc('\n', p->out);
		}
		fputs("</pre></div>\n", p->out);
	}
	free(text);
}

/* Of a run that is a self-test: all of it. */
static void selftest(const struct page *p)
{
	for (size_t i = 0; i < p->r->nr_runs; i++) {
		const struct report_run *run = &p->r->run[i];

		if (!run->selftest || strcmp(report_tool(run), "selftest"))
			continue;
		fputs("<section><h2>Self-test of the machine</h2>", p->out);
		tables(p, run->selftest);
		fputs("</section>\n", p->out);
	}
}

void html_context(const struct page *p)
{
	selftest(p);
	if (page_asks(p->r))
		noise(p);
	per_group(p, "tracing", "Tracing", tracing);
	per_group(p, "environment", "Environment", environment);
	per_group(p, "again", "Do it again", again);
	fputs("<footer>Percentiles come from merged histograms and are never averaged; one is shown when at least ten "
	      "values lie beyond it.</footer>\n",
	      p->out);
}
