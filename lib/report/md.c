// SPDX-License-Identifier: GPL-2.0-only
/* The report as a comment on a pull request: what was found first, then of what, the rest folded. */
#include "lib/report/md.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/changes.h"

#define MAX_DROPS 10

/* Bytes of the parts; the tables of arms and subjects take what is left. */
#define ROOM_HEAD    12000
#define ROOM_EFFECTS 20000
#define ROOM_CONTEXT 12000

/* ---- head ------------------------------------------------------------------------------------ */

static void finding(struct md_part *p, const struct report *r)
{
	fputs("**", p->out);
	report_write_finding(p->out, r, md_name);
	fputs(".**\n", p->out);
	if (report_has_changes(r))
		fputc('\n', p->out);
	md_always(p); /* it names a few at most */
	for (size_t i = 0; i < r->nr_runs; i++)
		if (r->run[i].group == i)
			report_write_sides(p->out, r, i, "- ", "\n", md_name);
	md_keep(p);
}

static void one_run(FILE *out, const struct report_run *run)
{
	const char *model = json_string_value(report_environment_at(run, "cpu.model"));
	const struct record_header *h = &run->header;

	fputs("kt ", out);
	md_text(out, report_tool(run));
	fputc(' ', out);
	md_text(out, h->kt.version ? h->kt.version : "of an unknown version");
	if (h->start) {
		fputs(" · ", out);
		md_text(out, h->start);
	}
	if (model) {
		fputs(" · ", out);
		md_text(out, model);
	}
	if (run->environment.kernel) {
		fputs(" · Linux ", out);
		md_text(out, run->environment.kernel);
	}
}

static void runs(struct md_part *p, const struct report *r)
{
	if (!report_lists_runs(r)) {
		fputc('\n', p->out);
		one_run(p->out, &r->run[0]);
		fputc('\n', p->out);
		md_keep(p);
		return;
	}
	fputc('\n', p->out);
	report_write_runs_summary(p->out, r);
	fputs("\n\n", p->out);
	md_always(p);
	for (size_t i = 0; i < r->nr_runs; i++) {
		fputs("- ", p->out);
		report_write_run(p->out, r, i, md_text);
		fputc('\n', p->out);
		md_keep(p);
	}
	md_close(p, false, false, "run");
}

/* What was lost by tracing the blocks of a bench run; that of traces stands with them. */
static void tracing(FILE *out, const struct report *r)
{
	struct report_tracing t = report_tracing_total(r);
	const char *why = report_not_traced(&r->run[0]);
	uint64_t lost = 0;
	char text[FIGURE];

	for (size_t i = 0; i < t.nr_losses; i++)
		lost = report_sum(lost, t.loss[i].value);
	if (t.known && !strcmp(report_tool(&r->run[0]), "bench")) {
		fprintf(out, "; tracing: %s events, ", format_count(text, (double)t.events));
		fprintf(out, "%s lost", lost ? format_count(text, (double)lost) : "none");
		if (lost)
			fprintf(out, " (%s)",
				format_small_percent(text, (double)lost / ((double)t.events +
									   (double)lost)));
	}
	if (why) {
		fputs("; phases not taken: ", out);
		md_text(out, why);
	}
	free(t.loss);
	free(t.counter);
}

/* How far the figures of a bench run can be believed; what a trace lost stands with it. */
static void steadiness(FILE *out, const struct report *r)
{
	size_t asked = 0, unsteady = 0, unknown = 0;

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		asked += !q->from_trace;
		unsteady += q->noise.unsteady;
		unknown += !q->from_trace && !q->noise.nr_windows;
	}
	if (!asked)
		return;
	fprintf(out, "\nmachine: unsteady in %zu of %zu question%s", unsteady, asked,
		asked == 1 ? "" : "s");
	if (unknown)
		fprintf(out, ", %zu too short to say", unknown);
	tracing(out, r);
	fputc('\n', out);
}

static void drops(struct md_part *p, const struct report *r)
{
	size_t shown = r->nr_drops < MAX_DROPS ? r->nr_drops : MAX_DROPS;

	if (!r->complete)
		fputs("\n> **Interrupted**: the run did not reach its end; what was measured until then is "
		      "shown.\n",
		      p->out);
	md_always(p);
	if (!r->nr_drops)
		return;
	fputs("\n> **Dropped**: ", p->out);
	report_write_drops_summary(p->out, r);
	fputs("; everything else is shown.\n>\n", p->out);
	md_always(p);
	for (size_t i = 0; i < shown; i++) {
		fputs("> - ", p->out);
		report_write_drop(p->out, r, &r->drop[i], md_text);
		fputc('\n', p->out);
		md_keep(p);
	}
	if (shown < r->nr_drops)
		fprintf(p->out, "> - and %zu more reasons, in JSON\n", r->nr_drops - shown);
	md_always(p);
}

static void head(struct md_part *p, const struct report *r)
{
	finding(p, r);
	runs(p, r);
	steadiness(p->out, r);
	md_keep(p);
	drops(p, r);
	for (size_t i = 0; i < r->nr_questions; i++) {
		if (!report_is_baseline_missing(r, &r->question[i]))
			continue;
		fputs("\n- ", p->out);
		md_name(p->out, r->question[i].name);
		fputs(": ", p->out);
		report_write_baseline_missing(p->out, r, &r->question[i], md_name);
		fputc('\n', p->out);
		md_keep(p);
	}
	md_close(p, false, false, "question");
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* The table of the self-test, of a record that is one. */
static void selftests(struct md_part *p, const struct report *r)
{
	for (size_t i = 0; i < r->nr_runs; i++) {
		char *text = NULL;
		size_t length;
		FILE *out;

		if (!r->run[i].selftest || strcmp(report_tool(&r->run[i]), "selftest"))
			continue;
		out = open_memstream(&text, &length);
		if (!out)
			return;
		report_selftest_text(out, r->run[i].selftest);
		fclose(out);
		fputc('\n', p->out);
		md_block(p->out, text, ROOM_HEAD / 2);
		md_keep(p);
		free(text);
	}
}

static void body(struct md_part *p, const struct report *r)
{
	selftests(p, r);
	md_traces(p, r);
	md_arms(p, r);
	md_waits(p, r);
}

/* The context is written before the body, which takes the room that is left. */
static const struct {
	void (*write)(struct md_part *p, const struct report *r);
	size_t room; /* 0: what is left */
} part[] = {
	{ head, ROOM_HEAD }, { md_effects, ROOM_EFFECTS }, { md_context, ROOM_CONTEXT }, { body, 0 }
};
#define NR_PARTS (sizeof(part) / sizeof(part[0]))

static int render(FILE *out, const struct report *r, const struct terminal_style *style)
{
	static const size_t order[NR_PARTS] = { 0, 1, 3, 2 };
	struct md_part p[NR_PARTS] = { { 0 } };
	size_t left = MD_LIMIT;
	int ret = 0;

	(void)style;
	for (size_t i = 0; !ret && i < NR_PARTS; i++) {
		/* What ends something may pass the limit. */
		size_t room = part[i].room ? part[i].room : left - 8 * MD_END;

		if (!md_begin(&p[i], room))
			ret = -ENOMEM;
		else
			part[i].write(&p[i], r);
		if (!ret)
			ret = md_end(&p[i]);
		left -= p[i].length;
	}
	errno = 0;
	for (size_t i = 0; !ret && i < NR_PARTS; i++)
		fwrite(p[order[i]].text, 1, p[order[i]].length, out);
	if (!ret && (fflush(out) || ferror(out)))
		ret = errno ? -errno : -EIO;
	for (size_t i = 0; i < NR_PARTS; i++)
		md_free(&p[i]);
	return ret;
}

const struct report_format report_format_md = {
	.name = "md",
	.help = "Markdown, a comment on a pull request",
	.suffix = { ".md" },
	.render = render,
};
