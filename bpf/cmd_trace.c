// SPDX-License-Identifier: GPL-2.0-only
/* kt trace: parse, trace, print. */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cli/cli.h"
#include "lib/cli/number.h"
#include "lib/cli/output.h"
#include "lib/cli/time.h"
#include "lib/record/record.h"
#include "lib/report/render.h"
#include "lib/report/report.h"

#include "bpf/glob.h"
#include "bpf/trace_run.h"

/* Subjects by default: 128 of them take 40 MB of histograms for wakeup on two CPUs. */
#define NR_SUBJECTS 128

enum { KEY_KTHREADS = 256, KEY_BY, KEY_FAIL_ON_LOSS, KEY_AS_ROOT };

static const struct argp_option option_table[] = {
	{ "pid", 'p', "PID", 0, "Only the threads of this process", 0 },
	{ "tid", 't', "TID", 0, "Only this thread", 0 },
	{ "comm", 'c', "GLOB", 0, "Only threads whose name matches this shell pattern", 0 },
	{ "kthreads", KEY_KTHREADS, NULL, 0, "The kernel's threads instead of user threads", 0 },
	{ "duration", 'd', "TIME", 0, "End after TIME (units ns us ms s m h; default s)", 0 },
	{ "interval", 'i', "TIME", 0, "Record and print every TIME", 0 },
	{ "by", KEY_BY, "WHAT", 0, "", 0 }, /* help_filter() lists them */
	{ "output", 'o', "FILE", 0,
	  "Keep the record in FILE, which must not exist; into a pipe, a device or standard output "
	  "(-) it goes without a table",
	  0 },
	{ "fail-on-loss", KEY_FAIL_ON_LOSS, NULL, 0, "Exit status 1 when something was lost", 0 },
	{ "as-root", KEY_AS_ROOT, NULL, 0,
	  "Under sudo: run COMMAND as root, not as the user who called sudo", 0 },
	{ 0 },
};

static const char doc[] =
	"Measure live threads."
	"\vCOMMAND is traced with all its descendants from its first instruction on, and kt trace exits "
	"with its status; -d ends only the tracing.\n\n"
	"Exit status: 0 fine, 1 losses under --fail-on-loss, 2 usage, bad input or missing privilege, "
	"5 failed while tracing, 130 interrupted before the end of -d.";

struct options {
	struct trace_request q;
	bool kind_given, fail_on_loss;
	const char *by;
};

__attribute__((format(printf, 1, 2), noreturn)) static void refuse(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	cli_vsay(fmt, args);
	va_end(args);
	exit(KT_EXIT_USAGE);
}

static uint64_t time_of(const char *option, const char *text)
{
	uint64_t ns = time_parse(text);

	if (!ns)
		refuse("invalid %s '%s': expected a time above zero, such as 500ms or 3s", option,
		       text);
	return ns;
}

static pid_t parse_id(const char *what, const char *text)
{
	uint64_t id;

	if (!number_parse(text, 1, INT_MAX, &id))
		refuse("'%s' is not a %s id", text, what);
	return (pid_t)id;
}

static enum tracer_kind parse_kind(const char *text)
{
	enum tracer_kind kind = tracer_kind_find(text);
	char known[128];

	if (kind == NR_TRACER_KINDS)
		refuse("unknown kind '%s': expected %s", text,
		       tracer_kind_list(TRACER_ALL_KINDS, "or", known, sizeof(known)));
	return kind;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;
	struct tracer_opts *t = &o->q.opts;

	switch (key) {
	case 'p':
		t->tgid = parse_id("process", arg);
		break;
	case 't':
		t->tid = parse_id("thread", arg);
		break;
	case 'c':
		t->comm_glob = arg;
		break;
	case KEY_KTHREADS:
		t->kthreads = true;
		break;
	case 'd':
		o->q.duration_ns = time_of("-d", arg);
		break;
	case 'i':
		o->q.interval_ns = time_of("-i", arg);
		break;
	case KEY_BY:
		o->by = arg;
		break;
	case 'o':
		o->q.output = arg;
		break;
	case KEY_FAIL_ON_LOSS:
		o->fail_on_loss = true;
		break;
	case KEY_AS_ROOT:
		o->q.as_root = true;
		break;
	case ARGP_KEY_ARG:
		if (o->kind_given)
			refuse("unexpected argument '%s'; put a command to run after --", arg);
		t->kind = parse_kind(arg);
		o->kind_given = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void list_kinds(FILE *out)
{
	fputs("KIND is one of", out);
	for (enum tracer_kind k = 0; k < NR_TRACER_KINDS; k++) {
		const struct tracer_kind_about *a = tracer_kind_about(k);

		fprintf(out, "\n  %s: %s", a->name, a->measures);
		for (uint32_t m = 0; m < a->nr_metrics; m++)
			fprintf(out, "\n    %-12s  %s", a->metrics[m].name, a->metrics[m].meaning);
	}
}

static void list_by(FILE *out)
{
	char kinds[128];

	fputs("Figures per ", out);
	for (enum tracer_by by = 0; by < NR_TRACER_BYS; by++) {
		uint32_t can = tracer_kinds_by(by);

		fputs(tracer_by_name(by), out);
		if (can != TRACER_ALL_KINDS)
			fprintf(out, " (%s)", tracer_kind_list(can, "and", kinds, sizeof(kinds)));
		fputs(", ", out);
	}
	fputs("or for all (default)", out);
}

/* What the kinds say of themselves goes into the help. */
static char *help_filter(int key, const char *text, void *input)
{
	char *buf = NULL;
	size_t size;
	FILE *out;

	(void)input;
	/* Asked for each part of the help, also for those that have no text. */
	if (!text || (key != KEY_BY && key != ARGP_KEY_HELP_POST_DOC))
		return (char *)text;
	out = open_memstream(&buf, &size);
	if (!out)
		return (char *)text;
	if (key == KEY_BY) {
		list_by(out);
	} else {
		list_kinds(out);
		fprintf(out, "\n\n%s", text);
	}
	fclose(out);
	return buf;
}

static const struct argp argp = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "KIND [-- COMMAND ARGUMENT...]",
	.doc = doc,
	.help_filter = help_filter,
};

static void check_by(struct options *o)
{
	struct tracer_opts *t = &o->q.opts;
	char known[128] = "";

	if (!o->by || !strcmp(o->by, "all"))
		return;
	t->group = TRACER_GROUP_SUBJECT;
	t->nr_groups = NR_SUBJECTS;
	for (t->by = 0; t->by < NR_TRACER_BYS; t->by++) {
		size_t used = strlen(known);

		if (!(tracer_kinds_by(t->by) >> t->kind & 1))
			continue;
		if (!strcmp(o->by, tracer_by_name(t->by)))
			return;
		snprintf(known + used, sizeof(known) - used, "%s%s", used ? ", " : "",
			 tracer_by_name(t->by));
	}
	refuse("invalid --by '%s': expected %s or all", o->by, known);
}

static void check_combination(const struct options *o)
{
	const struct tracer_opts *t = &o->q.opts;
	char known[128];
	struct glob *g;

	if (!o->kind_given)
		refuse("no kind given: expected %s; kt trace --help lists the options",
		       tracer_kind_list(TRACER_ALL_KINDS, "or", known, sizeof(known)));
	if (t->kthreads && t->tgid)
		refuse("--kthreads and -p exclude each other: kernel threads belong to no process");
	if (o->q.command && (t->tgid || t->tid || t->kthreads))
		refuse("a command and %s exclude each other: the command is what is traced",
		       t->tgid	? "-p"
		       : t->tid ? "-t"
				: "--kthreads");
	if (t->tgid == getpid())
		refuse("process %d is kt trace itself", t->tgid);
	if (!t->comm_glob)
		return;
	g = malloc(sizeof(*g));
	if (g && glob_compile(g, t->comm_glob))
		refuse("invalid pattern '%s': a bracket is open, or it is longer than %d characters",
		       t->comm_glob, GLOB_MAX_TOKENS);
	free(g);
}

/* The command begins after the first "--", before the options are sorted. */
static char **split_command(int *argc, char **argv)
{
	for (int i = 1; i < *argc; i++)
		if (!strcmp(argv[i], "--")) {
			*argc = i;
			return &argv[i + 1];
		}
	return NULL;
}

static void parse(struct options *o, int argc, char **argv)
{
	char **sorted = calloc((size_t)argc + 1, sizeof(*sorted));
	int status;

	if (!sorted)
		refuse("out of memory");
	o->q.argc = argc;
	o->q.argv = argv;
	o->q.command = split_command(&argc, argv);
	memcpy(sorted, argv, (size_t)argc * sizeof(*sorted));
	if (!cli_parse("kt trace", &argp, argc, sorted, o, &status))
		exit(status);
	free(sorted);
	if (o->q.command && !*o->q.command)
		refuse("no command given after --");
	check_combination(o);
	check_by(o);
}

/* ---- printing -------------------------------------------------------------------------------- */

static void print_interval(const struct tracer_snapshot *s, void *arg)
{
	const struct trace_request *q = arg;
	char p50[FIGURE], p99[FIGURE], max[FIGURE], count[FIGURE];

	for (uint32_t g = 0; g < s->nr_groups; g++)
		for (uint32_t m = 0; m < NR_METRICS; m++) {
			const struct hist *h = s->group[g].metric[m];

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
static void explain_nothing(const struct options *o)
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
static void open_stream(struct trace_request *q)
{
	char err[1024];
	int fd, ret = output_in_place(q->output, &fd, err, sizeof(err));

	if (ret < 0)
		refuse("%s", err);
	if (ret && record_stream(&q->stream, fd))
		refuse("out of memory");
}

int cmd_trace(int argc, char **argv)
{
	char err[1024] = "", temporary[PATH_MAX] = "";
	struct trace_outcome outcome = { 0 };
	struct options o = { 0 };
	int ret, status = KT_EXIT_OK, command_status = 0;

	parse(&o, argc, argv);
	if (o.q.output)
		open_stream(&o.q);
	if (o.q.interval_ns && !o.q.stream) {
		o.q.interval = print_interval;
		o.q.arg = &o.q;
	}
	if (!o.q.output) {
		ret = temporary_output(temporary, sizeof(temporary), err, sizeof(err));
		if (ret)
			refuse("%s", err);
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
