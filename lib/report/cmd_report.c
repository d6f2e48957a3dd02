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

#include "lib/report/report.h"
#include "lib/cli/cli.h"

enum format { FORMAT_TEXT, FORMAT_HTML, FORMAT_JSON, NR_FORMATS };
static const char *const format_name[NR_FORMATS] = { "text", "html", "json" };

struct options {
	const char *input, *output, *baseline, *targets;
	enum format format;
	bool format_given, force;
};

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0,
	  "text (default), html or json; by the name of OUT when that ends so", 0 },
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

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		/* getopt's line about a bad option is enough, argp's own would be a second one. */
		state->err_stream = NULL;
		return 0;
	case 'f':
		for (int i = 0; i < NR_FORMATS; i++) {
			if (strcmp(arg, format_name[i]))
				continue;
			o->format = (enum format)i;
			o->format_given = true;
			return 0;
		}
		say(KT_EXIT_USAGE, "no format '%s'; there are text, html and json", arg);
		return EINVAL;
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
	case ARGP_KEY_ARG:
		if (o->input) {
			say(KT_EXIT_USAGE, "one FILE at a time; `cat` merges records");
			return EINVAL;
		}
		o->input = arg;
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
	.args_doc = "FILE",
	.doc = "Render a record of `kt bench` or `kt trace` as text, as one self-contained HTML page, or as JSON.",
};

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && !strcmp(s + n - m, end);
}

static enum format format_of_name(const char *output)
{
	if (output && (ends_with(output, ".html") || ends_with(output, ".htm")))
		return FORMAT_HTML;
	if (output && ends_with(output, ".json"))
		return FORMAT_JSON;
	return FORMAT_TEXT;
}

static int render(FILE *out, const struct report *r, enum format format)
{
	struct terminal_style style = terminal_style_of(out);

	switch (format) {
	case FORMAT_HTML:
		return report_html(out, r);
	case FORMAT_JSON:
		return report_json(out, r);
	default:
		return report_text(out, r, &style);
	}
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
	ret = render(out, r, o->format);
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
	int ret = render(stdout, r, o->format);

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
	if (o.targets && (o.output || o.format_given))
		return say(KT_EXIT_USAGE,
			   "--targets prints a table of its own: without --output and --format");
	if (!o.format_given)
		o.format = format_of_name(o.output);
	ret = report_load(&r, o.input, err, sizeof(err));
	if (ret)
		return say(ret == -ENOMEM ? KT_EXIT_FAILED : KT_EXIT_USAGE, "%s", err);
	if (o.baseline && !report_rebase(r, o.baseline))
		ret = say(KT_EXIT_USAGE, "no question of %s has an arm '%s'", o.input, o.baseline);
	else if (o.targets)
		ret = hold_against(r, &o);
	else
		ret = o.output ? render_to_file(r, &o) : render_to_stdout(r, &o);
	report_free(r);
	return ret;
}
