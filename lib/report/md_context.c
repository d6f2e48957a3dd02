// SPDX-License-Identifier: GPL-2.0-only
/* In comments: what the figures rest on (machine, noise, tracing), and how to do it again. */
#include "lib/report/md.h"

#include <inttypes.h>
#include <stdlib.h>

#define MAX_COMMAND 2000 /* bytes of a command that are shown */
#define MAX_GROUPS  8	 /* runs whose machine is shown */

/* ---- environment ----------------------------------------------------------------------------- */

/* A value of the environment; objects have rows of their own. */
static void value(FILE *out, const json_t *j)
{
	json_t *item;
	size_t i;

	if (json_is_string(j)) {
		md_text(out, json_string_value(j));
	} else if (json_is_integer(j)) {
		fprintf(out, "%" PRId64, (int64_t)json_integer_value(j));
	} else if (json_is_real(j)) {
		fprintf(out, "%g", json_real_value(j));
	} else if (json_is_boolean(j)) {
		fputs(json_is_true(j) ? "yes" : "no", out);
	} else if (json_is_array(j)) {
		json_array_foreach (j, i, item) {
			fputs(i ? ", " : "", out);
			value(out, item);
		}
	}
}

static void value_row(struct md_part *p, const char *name, const json_t *j)
{
	const char *text = json_string_value(j);

	if (!j || (text && !*text))
		return;
	md_cell(p->out, name);
	fputs("| ", p->out);
	value(p->out, j);
	fputc(' ', p->out);
	md_end_row(p);
}

static void text_row(struct md_part *p, const char *name, const char *text)
{
	if (!text)
		return;
	md_cell(p->out, name);
	fputs("| ", p->out);
	md_text(p->out, text);
	fputc(' ', p->out);
	md_end_row(p);
}

static void warning_rows(struct md_part *p, const struct report_run *run)
{
	const json_t *all = report_environment_at(run, "warnings");
	json_t *w;
	size_t i;

	json_array_foreach (all, i, w) {
		const char *text = json_string_value(json_object_get(w, "text")),
			   *fix = json_string_value(json_object_get(w, "fix"));

		md_cell(p->out, "**warning**");
		fputs("| ", p->out);
		md_text(p->out, text ? text : "");
		if (fix) {
			fputs(" → ", p->out);
			md_text(p->out, fix);
		}
		fputc(' ', p->out);
		md_end_row(p);
	}
}

static void run_rows(struct md_part *p, const struct report *r, const struct report_run *run)
{
	static const char *const shown[][2] = {
		{ "processor", "cpu.model" },
		{ "CPUs", "cpu.allowed" },
		{ "isolated CPUs", "cpu.isolated" },
		{ "SMT", "cpu.smt" },
		{ "virtual machine", "cpu.hypervisor" },
		{ "distribution", "distribution" },
		{ "preemption", "kernel.preempt" },
		{ "governor", "frequency.governor" },
		{ "turbo", "frequency.turbo" },
		{ "idle states", "frequency.idle_driver" },
		{ "clock", "clock.source" },
		{ "load before", "load.average" },
	};
	const struct record_header *h = &run->header;

	if (r->nr_groups > 1) {
		md_cell(p->out, "**run**");
		fprintf(p->out, "| **%zu** ", run->group + 1);
		md_end_row(p);
	}
	text_row(p, "begun", h->start);
	text_row(p, "kt", h->kt.version);
	text_row(p, "suite", h->suite.version);
	text_row(p, "compiler", h->suite.compiler ? h->suite.compiler : h->kt.compiler);
	text_row(p, "flags", h->suite.compiler ? h->suite.flags : h->kt.flags);
	text_row(p, "Linux", run->environment.kernel);
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		value_row(p, shown[i][0], report_environment_at(run, shown[i][1]));
	if (run->selftest) {
		md_cell(p->out, "self-test of the machine");
		fputs("| ", p->out);
		report_write_selftest(p->out, run, md_name);
		fputc(' ', p->out);
		md_end_row(p);
	}
	warning_rows(p, run);
}

static void environment(struct md_part *p, const struct report *r)
{
	static const char *const column[] = { "environment", "" };
	bool opened = md_open(p, "Environment", column, 2, 2);
	size_t nr = 0;

	for (size_t i = 0; i < r->nr_runs; i++)
		if (r->run[i].group == i && nr++ < MAX_GROUPS)
			run_rows(p, r, &r->run[i]);
	md_close(p, opened, true, "row");
}

/* ---- noise ----------------------------------------------------------------------------------- */

static void noise(struct md_part *p, const struct report *r)
{
	static const char *const column[] = { "question", "why" };
	bool begun = false, opened = false;
	char why[REPORT_WHY_UNSTEADY];

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		if (!q->noise.unsteady)
			continue;
		if (!begun)
			opened = md_open(p, "Where the machine was unsteady", column, 2, 2);
		begun = true;
		md_question_cell(p->out, r, q);
		md_cell(p->out, report_why_unsteady(why, sizeof(why), &q->noise));
		md_end_row(p);
	}
	if (begun)
		md_close(p, opened, true, "question");
}

/* ---- again ----------------------------------------------------------------------------------- */

static void again(struct md_part *p, const struct report *r)
{
	char *command = NULL;
	size_t length, nr = 0;
	FILE *out = open_memstream(&command, &length);

	if (!out)
		return;
	for (size_t i = 0; i < r->nr_runs; i++) {
		if (r->run[i].group != i || nr++ >= MAX_GROUPS)
			continue;
		report_write_command(out, &r->run[i], escape_shell);
		fputc('\n', out);
	}
	fclose(out);
	fputs("\n<details><summary>Do it again</summary>\n\n", p->out);
	md_block(p->out, command, MAX_COMMAND);
	fputs("\n</details>\n", p->out);
	md_keep(p);
	free(command);
}

void md_context(struct md_part *p, const struct report *r)
{
	again(p, r);
	noise(p, r);
	environment(p, r);
}
