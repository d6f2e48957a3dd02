// SPDX-License-Identifier: GPL-2.0-only
/*
 * kt report: render a recorded run. Nothing is overwritten without --force, and never by half a
 * report.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/cli/cli.h"
#include "lib/cli/output.h"

#include "lib/report/report.h"

enum format { FORMAT_TEXT, FORMAT_HTML, FORMAT_JSON, NR_FORMATS };
static const char *const format_name[NR_FORMATS] = { "text", "html", "json" };

struct options {
	const char *input, *output, *baseline, *targets;
	enum format format;
	bool format_given, force;
};

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0,
	  "text, html or json (default: from the suffix of OUT, else text)", 0 },
	{ "output", 'o', "OUT", 0,
	  "Write to OUT, a file that must not exist, instead of to standard output (-)", 0 },
	{ "baseline", 'b', "ARM", 0, "Compare with ARM in the questions that have it", 0 },
	{ "targets", 't', "LIST", 0,
	  "Print which targets of file LIST the run meets, instead of a report", 0 },
	{ "force", 'F', NULL, 0, "Replace OUT if it is a file that exists", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'f':
		for (int i = 0; i < NR_FORMATS; i++) {
			if (strcmp(arg, format_name[i]))
				continue;
			o->format = (enum format)i;
			o->format_given = true;
			return 0;
		}
		return cli_refuse(KT_EXIT_USAGE, "unknown format '%s': expected text, html or json",
				  arg);
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
		if (o->input)
			return cli_refuse(KT_EXIT_USAGE,
					  "one FILE at a time; `cat` merges records");
		o->input = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		return cli_refuse(KT_EXIT_USAGE,
				  "no FILE given; `kt bench` leaves results/latest/run.jsonl");
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "FILE",
	.doc = "Render a record of `kt bench` or `kt trace` as text, as one self-contained HTML page, "
	       "or as JSON.\vFILE is - for standard input.\n\n"
	       "Exit status: 0 rendered, 2 usage or bad input, 5 the report could not be written.",
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

/* With --force a slip of the hand would put the report in the place of what it is made of. */
static bool is_its_own_input(const struct options *o)
{
	struct stat in, out;

	return o->output && !stat(o->input, &in) && !stat(o->output, &out) && S_ISREG(in.st_mode) &&
	       in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

static int write_report(const struct report *r, const struct options *o)
{
	struct output out;
	char err[512];
	int ret = output_open(&out, o->output, o->force ? OUTPUT_REPLACE : OUTPUT_REFUSE, err,
			      sizeof(err));
	bool opened = !ret;

	if (!ret)
		ret = output_close(&out, render(out.stream, r, o->format), err, sizeof(err));
	if (ret == -EEXIST)
		return cli_refuse(KT_EXIT_USAGE, "%s; name another file or give --force", err);
	if (ret)
		return cli_refuse(opened ? KT_EXIT_FAILED : KT_EXIT_USAGE, "%s", err);
	return KT_EXIT_OK;
}

static int hold_against(const struct report *r, const struct options *o)
{
	char err[512];
	int ret = report_targets(stdout, r, o->targets, err, sizeof(err));

	if (!ret && fflush(stdout))
		ret = -errno;
	if (ret == -EIO || ret == -ENOSPC)
		return cli_refuse(KT_EXIT_FAILED, "cannot write the table: %s", strerror(-ret));
	return ret ? cli_refuse(KT_EXIT_USAGE, "%s", err) : KT_EXIT_OK;
}

int cmd_report(int argc, char **argv)
{
	struct options o = { 0 };
	struct report *r;
	char err[512];
	int ret, status;

	if (!cli_parse("kt report", &argp, argc, argv, &o, &status))
		return status;
	if (o.targets && (o.output || o.format_given))
		return cli_refuse(KT_EXIT_USAGE, "--targets prints a table of its own: it takes no "
						 "--output and no --format");
	if (is_its_own_input(&o))
		return cli_refuse(KT_EXIT_USAGE, "%s is the record itself; name another file",
				  o.output);
	if (!o.format_given)
		o.format = format_of_name(o.output);
	ret = report_load(&r, o.input, err, sizeof(err));
	if (ret)
		return cli_refuse(ret == -ENOMEM ? KT_EXIT_FAILED : KT_EXIT_USAGE, "%s", err);
	if (o.baseline && !report_rebase(r, o.baseline))
		status = cli_refuse(KT_EXIT_USAGE, "no question of the record has an arm '%s'",
				    o.baseline);
	else
		status = o.targets ? hold_against(r, &o) : write_report(r, &o);
	report_free(r);
	return status;
}
