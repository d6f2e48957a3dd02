// SPDX-License-Identifier: GPL-2.0-only
/*
 * kt report: render a recorded run. Nothing is overwritten without --force, and never by half a
 * report.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/report/render.h"
#include "lib/cli/cli.h"

struct options {
	char **input;
	size_t nr_inputs;
	const char *output, *baseline, *targets;
	const struct report_format *format; /* NULL: by the suffix of output */
	bool force;
};

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0, "", 0 }, /* help_text() */
	{ "output", 'o', "OUT", 0, "write to OUT instead of standard output; OUT must not exist",
	  0 },
	{ "baseline", 'b', "ARM", 0, "compare with ARM in the questions that have it", 0 },
	{ "targets", 't', "LIST", 0,
	  "hold the run against the targets in file LIST, instead of a report", 0 },
	{ "force", 'F', NULL, 0, "replace OUT when it exists", 0 },
	{ 0 },
};

/* Every refusal is one line on stderr. */
static int say(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int say(int status, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("kt report: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	return status;
}

static error_t choose_format(struct options *o, const char *name)
{
	char names[128];

	o->format = report_format_named(name);
	if (o->format)
		return 0;
	report_format_names(names, sizeof(names));
	say(KT_EXIT_USAGE, "unknown format '%s'; expected %s", name, names);
	return EINVAL;
}

/* Of --format: what the table of formats says. Allocated, as argp wants it. */
static char *help_text(int key, const char *text, void *input)
{
	const struct report_format *f;
	char *made = NULL;
	size_t length;
	FILE *out;

	(void)input;
	if (key != 'f')
		return (char *)text;
	out = open_memstream(&made, &length);
	if (!out)
		return (char *)text;
	for (size_t i = 0; (f = report_format_at(i)); i++)
		fprintf(out, "%s (%s), ", f->name, f->help);
	fprintf(out, "default: from OUT's suffix, else %s", report_format_at(0)->name);
	return fclose(out) ? NULL : made;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		/* getopt's line about a bad option is enough, argp's own would be a second one. */
		state->err_stream = NULL;
		return 0;
	case 'f':
		return choose_format(o, arg);
	case 'o':
		o->output = arg;
		return 0;
	case 'b':
		o->baseline = arg;
		return 0;
	case 't':
		o->targets = arg;
		return 0;
	case 'F':
		o->force = true;
		return 0;
	case ARGP_KEY_ARGS:
		o->input = state->argv + state->next;
		o->nr_inputs = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_NO_ARGS:
		say(KT_EXIT_USAGE, "which FILE? `kt bench` leaves results/latest/run.jsonl");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "FILE...",
	.doc = "Render records of `kt bench` or `kt trace`: its figures, their comparison, and what they rest on.",
	.help_filter = help_text,
};

static int render(FILE *out, const struct report *r, const struct options *o)
{
	struct terminal_style style = terminal_style_of(out);
	const struct report_format *format = o->format;

	if (!format && o->output)
		format = report_format_of_file(o->output);
	if (!format)
		format = report_format_at(0);
	return format->render(out, r, &style);
}

/*
 * A file beside @o->output takes its name when it is whole. link() refuses what exists, rename()
 * replaces it.
 */
static int render_to_file(const struct report *r, const struct options *o)
{
	char *temporary = NULL;
	FILE *out = NULL;
	int fd, ret;

	if (!o->force && !access(o->output, F_OK))
		return say(KT_EXIT_USAGE, "%s exists already; name another file or give --force",
			   o->output);
	if (asprintf(&temporary, "%s.XXXXXX", o->output) < 0)
		return say(KT_EXIT_FAILED, "no memory");
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd >= 0)
		out = fdopen(fd, "w");
	if (!out) {
		ret = say(KT_EXIT_USAGE, "cannot create %s: %s", o->output, strerror(errno));
		free(temporary);
		return ret;
	}
	ret = render(out, r, o);
	if (fchmod(fd, 0644) && !ret)
		ret = -errno;
	if (fclose(out) && !ret)
		ret = -errno;
	if (!ret && (o->force ? rename(temporary, o->output) : link(temporary, o->output)))
		ret = -errno;
	unlink(temporary);
	free(temporary);
	return ret ? say(KT_EXIT_FAILED, "cannot write %s: %s", o->output, strerror(-ret))
		   : KT_EXIT_OK;
}

static int render_to_stdout(const struct report *r, const struct options *o)
{
	int ret = render(stdout, r, o);

	return ret ? say(KT_EXIT_FAILED, "cannot write the report: %s", strerror(-ret))
		   : KT_EXIT_OK;
}

static int hold_against(const struct report *r, const struct options *o)
{
	char err[512];
	int ret = report_targets(stdout, r, o->targets, err, sizeof(err));

	if (!ret && fflush(stdout))
		ret = -errno;
	if (ret == -EIO || ret == -ENOSPC)
		return say(KT_EXIT_FAILED, "cannot write the table: %s", strerror(-ret));
	return ret ? say(KT_EXIT_USAGE, "%s", err) : KT_EXIT_OK;
}

/* Everything else has been rendered. */
static int say_lost(const struct report *r)
{
	fputs("kt report: dropped: ", stderr);
	report_write_drops_summary(stderr, r);
	fputs("; the report names each with its reason\n", stderr);
	return KT_EXIT_FAILED;
}

int cmd_report(int argc, char **argv)
{
	struct options o = { 0 };
	struct report *r;
	char err[512];
	int ret;

	argp_err_exit_status = KT_EXIT_USAGE;
	argv[0] = "kt report";
	if (argp_parse(&argp, argc, argv, 0, NULL, &o))
		return KT_EXIT_USAGE;
	if (o.targets && (o.output || o.format))
		return say(KT_EXIT_USAGE,
			   "--targets prints a table of its own: without --output and --format");
	ret = report_load_files(&r, (const char *const *)o.input, o.nr_inputs, err, sizeof(err));
	if (ret)
		return say(ret == -ENOMEM ? KT_EXIT_FAILED : KT_EXIT_USAGE, "%s", err);
	if (o.baseline && !report_rebase(r, o.baseline))
		ret = say(KT_EXIT_USAGE, "no question has an arm '%s'", o.baseline);
	else if (o.targets)
		ret = hold_against(r, &o);
	else
		ret = o.output ? render_to_file(r, &o) : render_to_stdout(r, &o);
	if (!ret && r->lost_question)
		ret = say_lost(r);
	report_free(r);
	return ret;
}
