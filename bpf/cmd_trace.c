// SPDX-License-Identifier: GPL-2.0-only
/* kt trace: trace, print. Its command line is read by trace_options.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cli/cli.h"
#include "lib/cli/output.h"
#include "lib/record/record.h"
#include "lib/report/render.h"
#include "lib/report/report.h"

#include "bpf/trace_options.h"
#include "bpf/trace_run.h"

/* What is seen while it goes on. */
struct view {
	struct trace_options o;
	struct report_growing *report;
	uint64_t nr_printed; /* intervals */
	bool lacks_said;
};

/* ---- while it runs --------------------------------------------------------------------------- */

static int take_record(const json_t *record, void *arg)
{
	struct view *v = arg;

	return report_grow_record(record, v->report);
}

static void write_subject(FILE *out, const struct view *v, const struct trace_ready *ready)
{
	const struct filter *f = &v->o.q.opts.filter;

	fputs("tracing", out);
	if (ready->command)
		fprintf(out, " %s (process %d)", v->o.q.command[0], ready->command);
	else if (f->nr_tgids == 1)
		fprintf(out, " process %d", f->tgid[0]);
	else if (f->nr_tgids)
		fprintf(out, " %u processes", f->nr_tgids);
	else if (f->nr_tids == 1)
		fprintf(out, " thread %d", f->tid[0]);
	else if (f->nr_tids)
		fprintf(out, " %u threads", f->nr_tids);
}

/* Who attaches from a script waits for this line. */
static void say_ready(const struct trace_ready *ready, void *arg)
{
	struct view *v = arg;
	char *line = NULL, attach[FIGURE], duration[FIGURE];
	size_t size;
	FILE *out = open_memstream(&line, &size);

	if (!out)
		return;
	write_subject(out, v, ready);
	fprintf(out, ", %s to attach, ", format_ns(attach, (double)ready->attach_ns));
	if (v->o.q.duration_ns)
		fprintf(out, "ends after %s", format_ns(duration, (double)v->o.q.duration_ns));
	else
		fputs(ready->command ? "ends with it" : "Ctrl-C ends", out);
	if (!fclose(out) && line)
		cli_say("%s", line);
	free(line);
	if (*ready->lacks)
		cli_say("%s", ready->lacks);
	v->lacks_said = *ready->lacks;
}

static bool print_interval(void *arg)
{
	struct view *v = arg;
	const struct report_trace *t = report_growing_trace(v->report);

	uint64_t nr = t ? t->nr_intervals + t->more_intervals : 0;

	if (nr == v->nr_printed)
		return true;
	if (!v->nr_printed)
		report_intervals_heading(stdout, t);
	report_interval_line(stdout, t, &t->last, t->interval[0].start_ns);
	v->nr_printed = nr;
	/* A reader that has seen enough; a record is kept all the same. */
	return !fflush(stdout) || v->o.q.output;
}

/* ---- in the end ------------------------------------------------------------------------------ */

static int print_report(struct report *r, const struct view *v, char *err, size_t errlen)
{
	struct terminal_style style = terminal_style_of(stdout);
	int ret;

	r->top = (size_t)v->o.top;
	r->verbose = v->o.verbose;
	r->programs = v->o.q.stats;
	r->intervals_seen = v->nr_printed;
	if (v->nr_printed)
		putchar('\n');
	ret = report_text(stdout, r, &style);
	if (!ret && fflush(stdout))
		ret = -errno;
	/* A reader that has seen enough. */
	if (ret == -EPIPE)
		return 0;
	if (ret)
		snprintf(err, errlen, "cannot print the report: %s", strerror(-ret));
	return ret;
}

/* An empty report needs a reason; what was counted is one already. */
static void explain_nothing(const struct view *v, const struct trace_outcome *outcome)
{
	const struct tracer_kind_about *about = tracer_kind_about(v->o.q.opts.kind);

	if (outcome->counted)
		cli_say("no %s ended in that time, but some events were counted: -v lists them",
			about->noun ? about->noun : "events");
	else if (about->deed && v->o.q.command)
		cli_say("nothing was seen: COMMAND ran no program linked with libkthread, or that "
			"program never %s",
			about->deed);
	else
		cli_say("nothing was seen: none of this happened in that time");
}

static bool saw_nothing(const struct report *r)
{
	struct report_waits all;

	for (size_t i = 0; i < r->nr_questions; i++) {
		if (!r->question[i].trace)
			continue;
		report_waits_all(&all, r, &r->question[i]);
		if (all.values || r->run[0].tracing.waiting)
			return false;
	}
	return true;
}

static int show(struct view *v, const struct trace_outcome *outcome, char *err, size_t errlen)
{
	struct report *r;
	int ret = report_grown(v->report, &r, err, errlen);

	v->report = NULL;
	if (ret)
		return ret;
	if (!v->o.q.stream)
		ret = print_report(r, v, err, errlen);
	if (!ret && saw_nothing(r))
		explain_nothing(v, outcome);
	report_free(r);
	return ret;
}

/* A pipe or a device has the record and nothing beside it: it may be standard output. */
static int open_stream(struct trace_request *q)
{
	char err[1024];
	int fd, ret = output_in_place(q->output, &fd, err, sizeof(err));

	if (ret < 0)
		return cli_refuse(KT_EXIT_USAGE, "%s", err);
	if (ret && record_stream(&q->stream, fd))
		return cli_refuse(KT_EXIT_USAGE, "out of memory");
	return 0;
}

static int prepare(struct view *v)
{
	struct trace_request *q = &v->o.q;
	int status = q->output ? open_stream(q) : 0;

	if (status)
		return status;
	v->report = report_grow();
	if (!v->report)
		return cli_refuse(KT_EXIT_USAGE, "out of memory");
	q->look = take_record;
	q->ready = say_ready;
	if (q->interval_ns && !q->stream)
		q->interval = print_interval;
	q->arg = v;
	return 0;
}

int cmd_trace(int argc, char **argv)
{
	struct trace_outcome outcome = { 0 };
	struct view v = { 0 };
	char err[1024] = "";
	int ret, status = KT_EXIT_OK, command_status = 0;

	if (!trace_options_parse(&v.o, argc, argv, &status))
		return status;
	status = prepare(&v);
	if (status)
		return status;
	ret = trace_run(&v.o.q, &outcome, err, sizeof(err));
	if (ret)
		status = outcome.recorded ? KT_EXIT_FAILED : KT_EXIT_USAGE;
	else
		ret = show(&v, &outcome, err, sizeof(err));
	/* What came to be refused later. */
	if (*outcome.lacks && !v.lacks_said)
		cli_say("%s", outcome.lacks);
	if (ret)
		status = cli_refuse(status ?: KT_EXIT_FAILED, "%s", err);
	if (outcome.command)
		command_status = trace_run_wait(&outcome);
	if (status)
		return status;
	if (command_status)
		return command_status;
	if (outcome.interrupted && !v.o.q.command)
		return KT_EXIT_INTERRUPTED;
	return v.o.fail_on_loss && outcome.lost ? KT_EXIT_REGRESSION : KT_EXIT_OK;
}
