// SPDX-License-Identifier: GPL-2.0-only
/* kt trace: trace, print. Its command line is read by trace_options.c. */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cli/cli.h"
#include "lib/cli/output.h"
#include "lib/record/record.h"
#include "lib/report/render.h"
#include "lib/report/report.h"

#include "bpf/trace_options.h"

/* ---- printing -------------------------------------------------------------------------------- */

static void print_interval(const struct tracer_snapshot *s, void *arg)
{
	const struct trace_request *q = arg;
	char p50[FIGURE], p99[FIGURE], max[FIGURE], count[FIGURE];

	static struct hist room;

	for (uint32_t g = 0; g < s->nr_groups; g++)
		for (uint32_t m = 0; m < NR_METRICS; m++) {
			const struct hist *h = tracer_snapshot_hist(s, g, m, &room);

			if (!h || !h->count)
				continue;
			printf("%8.3f s  ", (double)(s->end_ns - q->start_ns) / 1e9);
			if (*s->group[g].name) {
				escape_terminal(stdout, s->group[g].name);
				fputs("  ", stdout);
			}
			printf("%-13s %10s  p50 %s  p99 %s  max %s\n", tracer_metric_name(m),
			       format_count(count, (double)h->count),
			       format_ns(p50, hist_quantile(h, 0.5)),
			       format_ns(p99, hist_quantile(h, 0.99)),
			       format_ns(max, (double)h->max));
		}
	fflush(stdout);
}

static int print_report(const char *path, char *err, size_t errlen)
{
	struct terminal_style style = terminal_style_of(stdout);
	struct report *r;
	int ret = report_load(&r, path, err, errlen);

	if (ret)
		return ret;
	ret = report_text(stdout, r, &style);
	report_free(r);
	if (!ret && fflush(stdout))
		ret = -errno;
	/* A reader that has seen enough. */
	if (ret == -EPIPE)
		return 0;
	if (ret)
		snprintf(err, errlen, "cannot print the report: %s", strerror(-ret));
	return ret;
}

/* An empty report needs a reason. */
static void explain_nothing(const struct trace_options *o)
{
	const char *deed = tracer_kind_about(o->q.opts.kind)->deed;

	if (deed && o->q.command)
		cli_say("nothing was seen: COMMAND ran no program linked with libkthread, or that "
			"program never %s",
			deed);
	else
		cli_say("nothing was seen: none of this happened in that time");
}

/* A directory of our own for a record that nobody wants to keep. */
static int temporary_output(char *path, size_t len, char *err, size_t errlen)
{
	const char *dir = getenv("TMPDIR") ?: "/tmp";

	snprintf(path, len, "%s/kt-trace-XXXXXX", dir);
	if (!mkdtemp(path)) {
		snprintf(err, errlen, "cannot make a temporary directory in %s: %s", dir,
			 strerror(errno));
		return -errno;
	}
	strncat(path, "/trace.jsonl", len - strlen(path) - 1);
	return 0;
}

static void remove_temporary(char *path)
{
	unlink(path);
	*strrchr(path, '/') = 0;
	rmdir(path);
}

/* A pipe or a device cannot be read again for a table: then the record is all that is written. */
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

int cmd_trace(int argc, char **argv)
{
	char err[1024] = "", temporary[PATH_MAX] = "";
	struct trace_outcome outcome = { 0 };
	struct trace_options o = { 0 };
	int ret, status = KT_EXIT_OK, command_status = 0;

	if (!trace_options_parse(&o, argc, argv, &status))
		return status;
	if (o.q.output)
		status = open_stream(&o.q);
	if (status)
		return status;
	if (o.q.interval_ns && !o.q.stream) {
		o.q.interval = print_interval;
		o.q.arg = &o.q;
	}
	if (!o.q.output) {
		ret = temporary_output(temporary, sizeof(temporary), err, sizeof(err));
		if (ret)
			return cli_refuse(KT_EXIT_USAGE, "%s", err);
		o.q.output = temporary;
	}

	ret = trace_run(&o.q, &outcome, err, sizeof(err));
	if (ret)
		status = outcome.recorded ? KT_EXIT_FAILED : KT_EXIT_USAGE;
	if (!ret && !o.q.stream)
		ret = print_report(o.q.output, err, sizeof(err));
	if (ret) {
		status = cli_refuse(status ?: KT_EXIT_FAILED, "%s", err);
	} else if (!outcome.nr_values) {
		explain_nothing(&o);
	}
	if (*outcome.lacks)
		cli_say("%s", outcome.lacks);
	if (*temporary)
		remove_temporary(temporary);
	if (outcome.command)
		command_status = trace_run_wait(&outcome);
	if (status)
		return status;
	if (command_status)
		return command_status;
	if (outcome.interrupted && !o.q.command)
		return KT_EXIT_INTERRUPTED;
	return o.fail_on_loss && outcome.lost ? KT_EXIT_REGRESSION : KT_EXIT_OK;
}
