// SPDX-License-Identifier: GPL-2.0-only
/*
 * kt report: render a recorded run. Nothing is overwritten without --force, and never by half a
 * report.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cli/cli.h"
#include "lib/cli/number.h"
#include "lib/cli/output.h"

#include "lib/report/changes.h"
#include "lib/report/gnuplot.h"
#include "lib/report/plots.h"
#include "lib/report/render.h"
#include "lib/report/report.h"
#include "lib/report/schema.h"
#include "lib/report/targets.h"

struct options {
	char **input;
	size_t nr_inputs;
	const char *output, *baseline, *targets, *only, *svg_dir;
	const struct report_format *format; /* NULL: by the suffix of output */
	unsigned int fail_on;		    /* of enum report_failure */
	enum report_table table;
	unsigned int given; /* of enum report_takes */
	bool validate, force, full, verbose;
	uint64_t top;
};

enum { KEY_FAIL_ON = 256, KEY_FULL, KEY_TOP, KEY_TABLE, KEY_ONLY, KEY_VALIDATE, KEY_SVG_DIR };

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0, "", 0 }, /* help_text() */
	{ "output", 'o', "OUT", 0,
	  "Write to OUT, a file that must not exist, instead of to standard output (-)", 0 },
	{ "baseline", 'b', "ARM", 0, "Compare with ARM in the questions that have it", 0 },
	{ "full", KEY_FULL, NULL, 0,
	  "tables of all figures (by default a summary of about 25 lines)", 0 },
	{ "targets", 't', "LIST", 0,
	  "say how many targets of file LIST the run meets, and name those missed; the "
	  "page, and text with --full, list them all",
	  0 },
	{ "fail-on", KEY_FAIL_ON, "WHAT", 0,
	  "Exit with 1 when something is " REPORT_FAIL_ON_NAMES "; several with commas or repeated",
	  0 },
	{ "validate", KEY_VALIDATE, NULL, 0,
	  "Say whether each FILE, JSON that -f json or kt diff wrote, is as its schema describes",
	  0 },
	{ "force", 'F', NULL, 0, "Replace OUT if it is a regular file that exists", 0 },
	{ "verbose", 'v', NULL, 0,
	  "Of a trace, as text: phases of each subject, all intervals, the ten longest waits, counters, costs",
	  0 },
	{ "only", KEY_ONLY, "GLOB", 0, "only distributions whose names match", 0 },
	{ "table", KEY_TABLE, "TABLE", 0, "which table: " REPORT_TABLE_NAMES, 0 },
	{ "svg-dir", KEY_SVG_DIR, "DIR", 0,
	  "Besides the report, write every plot as an SVG file into DIR, which is made if it is not there",
	  0 },
	{ "top", KEY_TOP, "N", 0,
	  "Of a trace, as text: a line for N subjects or intervals (default 20)", 0 },
	{ 0 },
};

/* Options that only some formats take: by their rows, here and in what is refused. */
static const struct {
	int key;
	const char *name;
	unsigned int takes;
} limited[] = {
	{ KEY_FULL, "full", REPORT_TAKES_FULL },
	{ 't', "targets", REPORT_TAKES_TARGETS },
	{ KEY_TABLE, "table", REPORT_TAKES_TABLE },
	{ KEY_ONLY, "only", REPORT_TAKES_ONLY },
};

#define NR_LIMITED (sizeof(limited) / sizeof(limited[0]))

/* "text or html": the formats that take it */
static void write_takers(FILE *out, unsigned int takes)
{
	const struct report_format *f, *last = NULL;
	size_t nr = 0;

	for (size_t i = 0; (f = report_format_at(i)); i++) {
		if (!(f->takes & takes))
			continue;
		if (last)
			fprintf(out, "%s%s", nr++ ? ", " : "", last->name);
		last = f;
	}
	if (last)
		fprintf(out, "%s%s", nr ? " or " : "", last->name);
}

/* Of --format what the table of formats says, and of an option that not all take which do. Allocated, as argp wants it. */
static char *help_text(int key, const char *text, void *input)
{
	char *made = NULL;
	size_t length;
	FILE *out;

	(void)input;
	if (key == 'f')
		return format_row_help(report_format_rows);
	for (size_t i = 0; i < NR_LIMITED; i++) {
		if (limited[i].key != key)
			continue;
		out = open_memstream(&made, &length);
		if (!out)
			return (char *)text;
		fputs("As ", out);
		write_takers(out, limited[i].takes);
		fprintf(out, ": %s", text);
		return fclose(out) ? NULL : made;
	}
	return (char *)text;
}

static int refuse_option(size_t i, const struct report_format *format)
{
	char takers[128] = "";
	FILE *out = fmemopen(takers, sizeof(takers), "w");

	if (out) {
		write_takers(out, limited[i].takes);
		fclose(out);
	}
	return cli_refuse(KT_EXIT_USAGE, "--%s goes with --format %s, not %s", limited[i].name,
			  takers, format->name);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'f':
		o->format = report_format_named(arg);
		return o->format ? 0 : format_row_refuse(report_format_rows, arg);
	case 'o':
		o->output = arg;
		return 0;
	case 'b':
		o->baseline = arg;
		return 0;
	case 't':
		o->targets = arg;
		o->given |= REPORT_TAKES_TARGETS;
		return 0;
	case KEY_FULL:
		o->full = true;
		o->given |= REPORT_TAKES_FULL;
		return 0;
	case KEY_FAIL_ON:
		if (!report_fail_on_parse(arg, &o->fail_on))
			return cli_refuse(KT_EXIT_USAGE,
					  "invalid --fail-on '%s': expected " REPORT_FAIL_ON_NAMES,
					  arg);
		return 0;
	case KEY_VALIDATE:
		o->validate = true;
		return 0;
	case 'F':
		o->force = true;
		return 0;
	case 'v':
		o->verbose = true;
		return 0;
	case KEY_TABLE:
		o->given |= REPORT_TAKES_TABLE;
		return report_table_parse(arg, &o->table)
			       ? 0
			       : cli_refuse(KT_EXIT_USAGE,
					    "unknown table '%s'; expected " REPORT_TABLE_NAMES,
					    arg);
	case KEY_SVG_DIR:
		o->svg_dir = arg;
		return 0;
	case KEY_ONLY:
		o->only = arg;
		o->given |= REPORT_TAKES_ONLY;
		return 0;
	case KEY_TOP:
		if (!number_parse(arg, 1, 1000000, &o->top))
			return cli_refuse(KT_EXIT_USAGE,
					  "invalid --top '%s': expected a number from 1 to 1000000",
					  arg);
		return 0;
	case ARGP_KEY_ARGS:
		o->input = state->argv + state->next;
		o->nr_inputs = (size_t)(state->argc - state->next);
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
	.args_doc = "FILE...",
	.doc = "Render records of `kt bench` or `kt trace`: its figures, their comparison, and what they rest on."
	       "\vFILE - is standard input.\n\n"
	       "Exit status: 0 rendered, 1 rendered, and something is what --fail-on names, 2 usage or bad input, 5 a question was dropped, or the "
	       "report could not be written.",
	.help_filter = help_text,
};

static const struct report_format *format_of(const struct options *o)
{
	const struct report_format *format = o->format;

	if (!format && o->output)
		format = report_format_of_file(o->output);
	return format ? format : report_format_at(0);
}

static int render(FILE *out, const struct report *r, const struct options *o)
{
	struct terminal_style style = terminal_style_of(out);

	return format_of(o)->render(out, r, &style);
}

/* With --force a slip of the hand would put the report in the place of what it is made of. */
static bool is_its_own_input(const struct options *o)
{
	struct stat in, out;
	int ret;

	if (!o->output || stat(o->output, &out) || !S_ISREG(out.st_mode))
		return false;
	for (size_t i = 0; i < o->nr_inputs; i++) {
		ret = strcmp(o->input[i], "-") ? stat(o->input[i], &in) : fstat(STDIN_FILENO, &in);
		if (!ret && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
			return true;
	}
	return false;
}

static int write_report(const struct report *r, const struct options *o)
{
	const struct report_format *format = format_of(o);
	const char *why = format->refuses ? format->refuses(r) : NULL;
	struct output out;
	char err[512];
	bool opened;
	int ret;

	if (why)
		return cli_refuse(KT_EXIT_USAGE, "%s", why);
	ret = output_open(&out, o->output, o->force ? OUTPUT_REPLACE : OUTPUT_REFUSE, err,
			  sizeof(err));
	opened = !ret;
	if (!ret)
		ret = output_close(&out, render(out.stream, r, o), err, sizeof(err));
	if (ret == -EEXIST)
		return cli_refuse(KT_EXIT_USAGE, "%s; name another file or give --force", err);
	if (ret)
		return cli_refuse(opened ? KT_EXIT_FAILED : KT_EXIT_USAGE, "%s", err);
	return KT_EXIT_OK;
}

/* Before the report, so that nothing is written when they are refused. */
static int save_plots(const struct report *r, const struct options *o)
{
	char err[1024];
	ssize_t nr = plots_save(r, o->svg_dir, o->force, err, sizeof(err));

	if (nr == -EEXIST)
		return cli_refuse(KT_EXIT_USAGE, "%s; name another directory or give --force", err);
	if (nr == -ENOENT) {
		char *packages = NULL;
		size_t length;
		FILE *out = open_memstream(&packages, &length);

		if (out) {
			gnuplot_packages(out, "", "");
			fclose(out);
		}
		cli_say("%s: package %s", err, packages ?: "gnuplot");
		free(packages);
		return KT_EXIT_FAILED;
	}
	if (nr < 0)
		return cli_refuse(KT_EXIT_FAILED, "%s", err);
	if (!nr)
		cli_say("no plots in %s: too few values to draw any", o->svg_dir);
	else
		cli_say("%zd plot%s in %s", nr, nr == 1 ? "" : "s", o->svg_dir);
	return KT_EXIT_OK;
}

static int validate(const struct options *o)
{
	size_t nr_wrong = 0;
	char err[512];
	int ret;

	if (o->output || o->format || o->given || o->baseline || o->fail_on || o->svg_dir)
		return cli_refuse(KT_EXIT_USAGE, "--validate takes no other option");
	for (size_t i = 0; i < o->nr_inputs; i++) {
		ret = schema_validate(stdout, o->input[i], err, sizeof(err));
		if (ret < 0)
			return cli_refuse(ret == -ENOMEM ? KT_EXIT_FAILED : KT_EXIT_USAGE, "%s",
					  err);
		nr_wrong += !ret;
	}
	ret = cli_flush();
	if (ret || !nr_wrong)
		return ret;
	return cli_refuse(KT_EXIT_USAGE, "%zu of %zu file%s not as documented", nr_wrong,
			  o->nr_inputs, o->nr_inputs == 1 ? " is" : "s are");
}

static int say_failures(const struct report *r, unsigned int fail_on)
{
	char why[160];

	if (!report_failures(r, fail_on, why, sizeof(why)))
		return KT_EXIT_OK;
	cli_say("%s", why);
	return KT_EXIT_REGRESSION;
}

/*
 * The command that prints all figures, as a summary ends with it. Allocated; NULL: no memory, or an
 * input that cannot be read again
 */
static char *full_command(const struct options *o)
{
	char *made = NULL;
	size_t length;
	FILE *out;

	for (size_t i = 0; i < o->nr_inputs; i++)
		if (!strcmp(o->input[i], "-"))
			return NULL;
	out = open_memstream(&made, &length);
	if (!out)
		return NULL;
	fputs("kt report --full", out);
	if (o->baseline) {
		fputs(" --baseline ", out);
		escape_shell(out, o->baseline);
	}
	for (size_t i = 0; i < o->nr_inputs; i++) {
		fputc(' ', out);
		escape_shell(out, o->input[i]);
	}
	return fclose(out) ? NULL : made;
}

static int write_with_targets(struct report *r, const struct options *o)
{
	struct report_targets *targets = NULL;
	char *more = full_command(o), err[512];
	int ret = 0, status;

	if (o->targets)
		ret = report_targets_read(&targets, r, o->targets, err, sizeof(err));
	r->targets = targets;
	r->more = more;
	r->page = "-o page.html";
	status = ret ? cli_refuse(ret == -ENOMEM ? KT_EXIT_FAILED : KT_EXIT_USAGE, "%s", err)
		     : write_report(r, o);
	r->targets = NULL;
	r->more = r->page = NULL;
	report_targets_free(targets);
	free(more);
	return status;
}

/* Everything else has been rendered. */
static int say_lost(const struct report *r, const struct options *o)
{
	bool summary = format_of(o) == report_format_at(0) && !o->full;
	char *dropped = NULL;
	size_t length;
	FILE *out = open_memstream(&dropped, &length);

	if (out) {
		report_write_drops_summary(out, r);
		fclose(out);
	}
	cli_say("dropped: %s; %s names each with its reason", dropped ?: "a question",
		summary ? "--full" : "the report");
	free(dropped);
	return KT_EXIT_FAILED;
}

static const char *format_name(size_t i)
{
	return format_row_name(report_format_rows, i);
}

static const char *table_name(size_t i)
{
	return i < NR_REPORT_TABLES ? report_table_name((enum report_table)i) : NULL;
}

static const struct cli_values values[] = {
	{ 'f', CLI_ONE_OF, format_name },
	{ 't', CLI_FILE, NULL },
	{ KEY_TABLE, CLI_ONE_OF, table_name },
	{ KEY_FAIL_ON, CLI_SOME_OF, report_fail_on_name },
	{ 0 },
};

int cmd_report(int argc, char **argv)
{
	struct options o = { 0 };
	struct report *r;
	char err[512];
	ssize_t rebased = 1;
	int ret, status;

	cli_offer(values);
	if (!cli_parse("kt report", &argp, argc, argv, &o, &status))
		return status;
	if (o.validate)
		return validate(&o);
	for (size_t i = 0; i < NR_LIMITED; i++)
		if (o.given & limited[i].takes & ~format_of(&o)->takes)
			return refuse_option(i, format_of(&o));
	if (is_its_own_input(&o))
		return cli_refuse(KT_EXIT_USAGE, "%s is the record itself; name another file",
				  o.output);
	if (format_of(&o)->binary && (!o.output || !strcmp(o.output, "-")) && terminal_is(stdout))
		return cli_refuse(KT_EXIT_USAGE, "%s is not for a terminal; name a file with -o",
				  format_of(&o)->name);
	ret = (format_of(&o)->singles ? report_load_singles
				      : report_load_files)(&r, (const char *const *)o.input,
							   o.nr_inputs, err, sizeof(err));
	if (ret)
		return cli_refuse(ret == -ENOMEM ? KT_EXIT_FAILED : KT_EXIT_USAGE, "%s", err);
	r->table = o.table;
	r->only = o.only;
	r->top = (size_t)o.top;
	r->full = o.full;
	r->verbose = r->programs = o.verbose;
	if (o.baseline)
		rebased = report_rebase(r, o.baseline);
	if (rebased < 0)
		status = cli_refuse(KT_EXIT_FAILED, "out of memory");
	else if (!rebased)
		status = cli_refuse(KT_EXIT_USAGE, "no question has an arm '%s'", o.baseline);
	else if (o.fail_on && !report_may_fail(r, o.fail_on))
		status = cli_refuse(
			KT_EXIT_USAGE,
			o.fail_on & REPORT_FAIL_REGRESSED
				? "--fail-on regressed: these runs compare no builds or settings; "
				  "for arms give --fail-on slower"
				: "--fail-on slower: these runs compare no arms; for builds and "
				  "settings give --fail-on regressed");
	else
		status = o.svg_dir ? save_plots(r, &o) : KT_EXIT_OK;
	if (!status)
		status = write_with_targets(r, &o);
	if (!status && r->lost_question)
		status = say_lost(r, &o);
	if (!status)
		status = say_failures(r, o.fail_on);
	report_free(r);
	return status;
}
