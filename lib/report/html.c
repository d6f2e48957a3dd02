// SPDX-License-Identifier: GPL-2.0-only
/*
 * The report as one HTML file: no request to anywhere, no script. The page forbids both to itself
 * by its content policy, so that even a mistake in escaping could not run anything.
 */
#include "lib/report/page.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- parts ----------------------------------------------------------------------------------- */

static const char *verdict_class(const struct comparison *c)
{
	return c->unstable ? "unstable" : verdict_name(c->verdict);
}

/* A verdict. */
static void page_chip(const struct page *p, const struct comparison *c)
{
	static const char *const sign[] = {
		[VERDICT_REGRESSED] = "▲ ",
		[VERDICT_IMPROVED] = "▼ ",
		[VERDICT_EQUIVALENT] = "= ",
		[VERDICT_INCONCLUSIVE] = "? ",
	};

	/* The sign tells the direction of an unstable one; its interval bar has the rest. */
	fprintf(p->out, "<span class=\"chip %s\">%s%s</span>", verdict_class(c), sign[c->verdict],
		verdict_class(c));
}

/*
 * The scale of the interval bars: linear near 1, where 1 % must be seen, logarithmic beyond, so
 * that a factor of 30 still has its place.
 */
#define BAR_WIDTH  150.0
#define BAR_LINEAR 0.02 /* ln ratio up to which the scale is about linear */
#define BAR_REACH  30.0 /* largest ratio inside the frame */

static double bar_x(double ratio)
{
	double x = asinh(log(ratio) / BAR_LINEAR) / asinh(log(BAR_REACH) / BAR_LINEAR);

	return BAR_WIDTH / 2 * (1 + fmax(-0.97, fmin(0.97, 0.97 * x)));
}

/* The interval of a comparison as a bar. */
static void page_interval(const struct page *p, const struct report_comparison *c, double zone)
{
	double left = bar_x(c->c.lo), right = bar_x(c->c.hi), z0 = bar_x(1 / (1 + zone)),
	       z1 = bar_x(1 + zone);
	char text[3][FIGURE];

	if (isnan(c->c.ratio))
		return;
	fprintf(p->out, "<svg class=\"bar %s\" viewBox=\"0 0 %.0f 18\" role=img><title>",
		verdict_class(&c->c), BAR_WIDTH);
	fprintf(p->out, "%s: %s", c->metric, format_ratio(text[0], c->c.ratio));
	if (!isnan(c->c.lo))
		fprintf(p->out, " [%s, %s], %zu pairs, %.1f %% coverage",
			format_ratio(text[1], c->c.lo), format_ratio(text[2], c->c.hi),
			c->c.nr_merged, 100 * c->c.confidence);
	fprintf(p->out, "</title><rect class=zone x=%.1f width=%.1f height=18 />", z0, z1 - z0);
	fprintf(p->out, "<path class=mid d=\"M%.1f 0V18\"/>", BAR_WIDTH / 2);
	fprintf(p->out, "<path class=way d=\"M%.1f 9H%.1f\"/>", BAR_WIDTH / 2, bar_x(c->c.ratio));
	if (!isnan(c->c.lo))
		fprintf(p->out, "<rect class=iv x=%.1f y=5.5 width=%.1f height=7 rx=2 />", left - 1,
			right - left + 2);
	fprintf(p->out, "<circle class=dot cx=%.1f cy=9 r=3.2 /></svg>", bar_x(c->c.ratio));
}

/* The scale of such bars. */
static void page_axis(const struct page *p)
{
	static const struct {
		double ratio;
		const char *label;
	} mark[] = { { 1 / 3.0, "÷3" }, { 0.95, "−5 %" }, { 1.05, "+5 %" }, { 3, "×3" } };

	fprintf(p->out, "<svg class=bar viewBox=\"0 0 %.0f 18\" role=img aria-label=scale>",
		BAR_WIDTH);
	for (size_t i = 0; i < sizeof(mark) / sizeof(mark[0]); i++)
		fprintf(p->out, "<text x=%.1f y=12%s>%s</text>", bar_x(mark[i].ratio),
			fabs(log(mark[i].ratio)) > 1 ? " class=far" : "", mark[i].label);
	fputs("</svg>", p->out);
}

static const struct report_comparison *find_comparison(const struct report *r,
						       const struct report_question *q,
						       const char *candidate, const char *metric)
{
	for (size_t i = 0; i < q->nr_comparisons; i++) {
		const struct report_comparison *c = &r->comparison[q->first_comparison + i];

		if (!strcmp(c->candidate, candidate) && !strcmp(c->metric, metric))
			return c;
	}
	return NULL;
}

/* ---- colours --------------------------------------------------------------------------------- */

static bool is_known(const struct page *p, const char *name)
{
	for (size_t i = 0; i < p->nr_arms; i++)
		if (p->arm[i] && !strcmp(p->arm[i], name))
			return true;
	return false;
}

/*
 * The suite's own arms have fixed colours, so that reports can be laid side by side; others take
 * what is left.
 */
static bool choose_colours(struct page *p)
{
	static const char *const fixed[NR_COLOURS] = { "libkthread", "futex",	"keventd", "atomic",
						       "condvar",    "eventfd", "pthread", "libuv",
						       "glib",	     "kernel" };
	bool present[NR_COLOURS] = { false };
	size_t next = 0;

	p->arm = calloc(NR_COLOURS + p->r->nr_results, sizeof(*p->arm));
	if (!p->arm)
		return false;
	for (size_t i = 0; i < NR_COLOURS; i++)
		for (size_t k = 0; k < p->r->nr_results; k++)
			present[i] |= !strcmp(p->r->result[k].name, fixed[i]);
	for (size_t i = 0; i < NR_COLOURS; i++)
		p->arm[i] = present[i] ? fixed[i] : NULL;
	p->nr_arms = NR_COLOURS;
	for (size_t k = 0; k < p->r->nr_results; k++) {
		if (is_known(p, p->r->result[k].name))
			continue;
		while (next < p->nr_arms && p->arm[next])
			next++;
		p->arm[next] = p->r->result[k].name;
		if (next == p->nr_arms)
			p->nr_arms++;
	}
	return true;
}

/* ---- verdicts -------------------------------------------------------------------------------- */

static void verdict_cells(const struct page *p, const struct report_question *q,
			  const struct report_result *r, const char *metric)
{
	const struct report_comparison *c = find_comparison(p->r, q, r->name, metric);
	char ratio[FIGURE];

	fputs("<td>", p->out);
	page_ns(p, strcmp(metric, "p50") ? r->stats.p99 : r->stats.p50);
	if (!c) {
		fputs("<td colspan=3 class=why>", p->out);
		if (strcmp(metric, "p50"))
			return;
		if (q->baseline && !strcmp(r->name, q->baseline))
			fputs("baseline", p->out);
		else if (r->from_trace)
			fprintf(p->out, "seen by %s, no verdict", report_seen_by(r));
		return;
	}
	fprintf(p->out, "<td>%s<td>", format_ratio(ratio, c->c.ratio));
	page_interval(p, c, q->zone);
	fputs("<td class=l>", p->out);
	page_chip(p, &c->c);
}

static void html_verdicts(const struct page *p)
{
	fputs("<h2 id=verdicts>Verdicts</h2><p class=note>Ratio of each arm to its question's baseline, from pairs of "
	      "neighbouring untraced epochs, with the exact 95&nbsp;% interval of the median. ▲ slower, ▼ faster, "
	      "= within the shaded zone, ? the interval decides nothing. Bars are linear near 1 and logarithmic "
	      "beyond.</p><div class=scroll><table class=verdicts><tr><th>arm<th>p50<th>ratio<th>",
	      p->out);
	page_axis(p);
	fputs("<th class=l>p50 verdict<th>p99<th>ratio<th>", p->out);
	page_axis(p);
	fputs("<th class=l>p99 verdict\n", p->out);
	for (size_t i = 0; i < p->r->nr_questions; i++) {
		const struct report_question *q = &p->r->question[i];

		if (q->from_trace)
			continue;
		fprintf(p->out, "<tr class=q><td colspan=9><a href=\"#q%zu\">", i);
		page_question(p, q->name, true);
		fputs("</a>", p->out);
		for (size_t k = 0; k < q->nr_results; k++) {
			const struct report_result *r = &p->r->result[q->first_result + k];

			if (!r->stats.count)
				continue;
			fputs("<tr><td class=name>", p->out);
			page_swatch(p, r->name);
			verdict_cells(p, q, r, "p50");
			verdict_cells(p, q, r, "p99");
		}
		fputc('\n', p->out);
	}
	fputs("</table></div>\n", p->out);
}

/* ---- frame ----------------------------------------------------------------------------------- */

static void navigation(const struct page *p)
{
	const char *last = "";
	size_t last_length = 0;

	fputs("<nav><div class=list><b>Summary</b>", p->out);
	if (p->r->nr_comparisons)
		fputs("<a href=\"#verdicts\">Verdicts</a>", p->out);
	for (size_t i = 0; i < p->r->nr_questions; i++) {
		const char *name = p->r->question[i].name;
		size_t topic = strcspn(name, "/");

		if (name[topic] && (topic != last_length || strncmp(name, last, topic))) {
			char *head = strndup(name, topic);

			fputs("<b>", p->out);
			page_text(p, head ? head : "");
			fputs("</b>", p->out);
			free(head);
			last = name;
			last_length = topic;
		}
		fprintf(p->out, "<a href=\"#q%zu\">", i);
		page_question(p, name, false);
		fputs("</a>", p->out);
	}
	fputs("<b>Behind the figures</b>", p->out);
	if (strcmp(report_header_text(p->r, "tool"), "trace"))
		fputs("<a href=\"#noise\">Noise</a>", p->out);
	fputs("<a href=\"#tracing\">Tracing</a><a href=\"#environment\">Environment</a>"
	      "<a href=\"#again\">Do it again</a></div></nav>\n",
	      p->out);
}

static void card(const struct page *p, const char *title, const char *text)
{
	fprintf(p->out, "<div class=card><small>%s</small><b>", title);
	page_text(p, text);
	fputs("</b></div>", p->out);
}

static uint64_t total(const json_t *counts)
{
	const char *name;
	json_t *value;
	uint64_t sum = 0;

	json_object_foreach ((json_t *)counts, name, value)
		sum += (uint64_t)json_integer_value(value);
	return sum;
}

static void verdict_card(const struct page *p)
{
	size_t nr[4] = { 0 }, unstable = 0;

	if (!p->r->nr_comparisons)
		return;
	for (size_t i = 0; i < p->r->nr_comparisons; i++) {
		if (p->r->comparison[i].c.unstable)
			unstable++;
		else
			nr[p->r->comparison[i].c.verdict]++;
	}
	fprintf(p->out, "<div class=card><small>Verdicts (%zu)</small>", p->r->nr_comparisons);
	for (int v = 0; v < 4; v++)
		if (nr[v])
			fprintf(p->out, "<span class=\"chip %s\">%zu %s</span> ",
				verdict_name((enum verdict)v), nr[v],
				verdict_name((enum verdict)v));
	if (unstable)
		fprintf(p->out, "<span class=\"chip unstable\">%zu unstable</span>", unstable);
	fputs("</div>", p->out);
}

static void cards(const struct page *p)
{
	const char *model = json_string_value(report_environment_at(p->r, "cpu.model"));
	const char *release = json_string_value(report_environment_at(p->r, "kernel.release"));
	uint64_t operations = 0;
	char text[128], title[64], figure[FIGURE];

	fputs("<div class=cards>", p->out);
	for (size_t i = 0; i < p->r->nr_results; i++)
		operations += p->r->result[i].from_trace ? p->r->result[i].events
							 : p->r->result[i].iterations;
	snprintf(text, sizeof(text), "%s %s", format_count(figure, (double)operations),
		 p->r->nr_comparisons ? "operations" : "events");
	snprintf(title, sizeof(title), "%zu %s", p->r->nr_questions,
		 p->r->nr_comparisons	   ? p->r->nr_questions == 1 ? "question" : "questions"
		 : p->r->nr_questions == 1 ? "kind of event"
					   : "kinds of event");
	card(p, title, text);
	verdict_card(p);
	if (model)
		card(p, "Processor", model);
	if (release)
		card(p, "Linux", release);
	if (p->r->cost)
		snprintf(text, sizeof(text), "%s",
			 total(p->r->losses) ? "losses, see below" : "nothing lost");
	else
		snprintf(text, sizeof(text), "%s",
			 report_losses_missing(p->r) ? "losses not known" : "phases not taken");
	card(p, "Tracing", text);
	fputs("</div>\n", p->out);
}

static void head(const struct page *p)
{
	fputs("<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
	      "<meta name=viewport content=\"width=device-width,initial-scale=1\">"
	      "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'\">"
	      "<title>kt ",
	      p->out);
	page_text(p, report_header_text(p->r, "tool"));
	fputs(" ", p->out);
	page_text(p, report_header_text(p->r, "start"));
	fprintf(p->out, "</title><style>%s</style></head>\n<body><div class=layout>", page_style);
	navigation(p);
	fputs("<main><h1>kt ", p->out);
	page_text(p, report_header_text(p->r, "tool"));
	fputs("</h1><p class=sub>", p->out);
	page_text(p, report_header_text(p->r, "start"));
	fputs(" · kt ", p->out);
	page_text(p, report_header_text(p->r, "version"));
	fputs(" · run <code>", p->out);
	page_text(p, report_header_text(p->r, "id"));
	fputs("</code></p>\n", p->out);
	if (!p->r->complete)
		fputs("<p class=banner><b>Interrupted.</b> The run did not reach its end; what was measured until then "
		      "is shown.</p>\n",
		      p->out);
	if (report_not_traced(p->r)) {
		fputs("<p class=banner><b>Phases were not taken.</b> ", p->out);
		page_text(p, report_not_traced(p->r));
		fputs("</p>\n", p->out);
	}
	cards(p);
}

int report_html(FILE *out, const struct report *r)
{
	struct page p = { .out = out, .r = r };
	int plotted;

	if (!choose_colours(&p))
		return -ENOMEM;
	plotted = plots_make(&p.plots, &p);
	errno = 0;
	head(&p);
	if (plotted == -ENOENT)
		fputs("<p class=banner><b>No plots.</b> They are drawn by gnuplot, which is not installed: package "
		      "<code>gnuplot-nox</code> (Debian, Ubuntu), <code>gnuplot-minimal</code> (Fedora), "
		      "<code>gnuplot</code> (Arch).</p>\n",
		      out);
	else if (plotted)
		fprintf(out, "<p class=banner><b>No plots.</b> gnuplot failed: %s.</p>\n",
			strerror(-plotted));
	if (r->nr_comparisons)
		html_verdicts(&p);
	for (size_t i = 0; i < r->nr_questions; i++)
		html_question(&p, i);
	html_context(&p);
	fputs("</main></div></body></html>\n", out);
	plots_free(p.plots);
	free(p.arm);
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}

static int render(FILE *out, const struct report *r, const struct terminal_style *style)
{
	(void)style;
	return report_html(out, r);
}

const struct report_format report_format_html = {
	.name = "html",
	.help = "one self-contained page with plots",
	.suffix = { ".html", ".htm" },
	.render = render,
};
