// SPDX-License-Identifier: GPL-2.0-only
/* kt diff: recorded runs against recorded runs. */
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cli/cli.h"
#include "lib/cli/output.h"

#include "lib/report/diff.h"

enum { KEY_FILTER = 256, KEY_FULL };

struct options {
	char **file[NR_DIFF_SIDES];
	size_t nr_files[NR_DIFF_SIDES];
	const char *output, *filter;
	const struct diff_format *format; /* NULL: by the suffix of output */
	bool full;
};

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0, "", 0 }, /* help_text() */
	{ "filter", KEY_FILTER, "REGEX", 0,
	  "Compare only questions whose names match; the fewer they are, the fewer runs decide",
	  0 },
	{ "full", KEY_FULL, NULL, 0,
	  "As text: tables of all figures (by default a summary of about 25 lines)", 0 },
	{ "output", 'o', "OUT", 0,
	  "Write to OUT, a file that must not exist, instead of to standard output (-)", 0 },
	{ 0 },
};

/* Of --format: what the table of formats says. */
static char *help_text(int key, const char *text, void *input)
{
	(void)input;
	return key == 'f' ? format_row_help(diff_format_rows) : (char *)text;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'f':
		o->format = diff_format_named(arg);
		return o->format ? 0 : format_row_refuse(diff_format_rows, arg);
	case KEY_FILTER:
		o->filter = arg;
		return 0;
	case KEY_FULL:
		o->full = true;
		return 0;
	case 'o':
		o->output = arg;
		return 0;
	case ARGP_KEY_ARGS:
		o->file[DIFF_BASE] = state->argv + state->next;
		o->nr_files[DIFF_BASE] = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_NO_ARGS:
		return cli_refuse(KT_EXIT_USAGE, "no BASE given; expected BASE... -- NEW...");
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "BASE... -- NEW...",
	.doc = "Compare recorded runs of `kt bench`: two kernels, two hosts, two nights. Each run counts once, so each "
	       "side needs several (kt bench --repeat); with one on a side the figures are shown without a verdict."
	       "\vBASE and NEW are records, with one or more runs each; - is standard input.\n\n"
	       "Exit status: 0 nothing regressed, 1 something did, 2 usage or bad input, 4 nothing is on both sides, "
	       "5 a run or a question was dropped, or the comparison could not be written.",
	.help_filter = help_text,
};

/*
 * argp would take the words on both sides of "--" for one list. Return: how many words come before
 * it, @argc without it.
 */
static int split(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		o->file[DIFF_NEW] = argv + i + 1;
		o->nr_files[DIFF_NEW] = (size_t)(argc - i - 1);
		return i;
	}
	return argc;
}

static int refuse_files(const struct options *o)
{
	bool stdin_given = false;

	if (!o->file[DIFF_NEW])
		return cli_refuse(KT_EXIT_USAGE,
				  "no -- given between the sides; expected BASE... -- NEW...");
	if (!o->nr_files[DIFF_NEW])
		return cli_refuse(KT_EXIT_USAGE, "no NEW given; expected BASE... -- NEW...");
	for (size_t i = 0; i < o->nr_files[DIFF_NEW]; i++) {
		const char *name = o->file[DIFF_NEW][i];

		if (*name == '-' && name[1])
			return cli_refuse(KT_EXIT_USAGE,
					  "option '%s' after --: options come before BASE; "
					  "for a file of that name give ./%s",
					  name, name);
	}
	for (int s = 0; s < NR_DIFF_SIDES; s++)
		for (size_t i = 0; i < o->nr_files[s]; i++) {
			if (strcmp(o->file[s][i], "-"))
				continue;
			if (stdin_given)
				return cli_refuse(
					KT_EXIT_USAGE,
					"- is given more than once; standard input can be read only once");
			stdin_given = true;
		}
	return 0;
}

static bool matches(const char *question, void *arg)
{
	return !regexec(arg, question, 0, NULL, 0);
}

static int read_all(struct diff *d, const struct options *o)
{
	char err[512];
	int ret = 0;

	for (int s = 0; s < NR_DIFF_SIDES; s++)
		for (size_t i = 0; !ret && i < o->nr_files[s]; i++)
			ret = diff_read(d, (enum diff_side)s, o->file[s][i], err, sizeof(err));
	if (!ret)
		ret = diff_finish(d, err, sizeof(err));
	if (!ret)
		return 0;
	return cli_refuse(ret == -ENOMEM ? KT_EXIT_FAILED : KT_EXIT_USAGE, "%s", err);
}

static const struct diff_format *format_of(const struct options *o)
{
	const struct diff_format *format = o->format;

	if (!format && o->output)
		format = diff_format_of_file(o->output);
	return format ? format : diff_format_at(0);
}

static int render(FILE *out, const struct diff *d, const struct options *o)
{
	struct terminal_style style = terminal_style_of(out);

	return format_of(o)->render(out, d, &style);
}

/*
 * The command that prints all figures, as a summary ends with it. Allocated; NULL: no memory, or an
 * input that cannot be read again
 */
static char *full_command(const struct options *o)
{
	char *made = NULL;
	size_t length;
	FILE *out = open_memstream(&made, &length);
	bool again = true;

	if (!out)
		return NULL;
	fputs("kt diff --full", out);
	if (o->filter) {
		fputs(" --filter ", out);
		escape_shell(out, o->filter);
	}
	for (int s = 0; s < NR_DIFF_SIDES; s++) {
		fputs(s == DIFF_NEW ? " --" : "", out);
		for (size_t i = 0; i < o->nr_files[s]; i++) {
			fputc(' ', out);
			escape_shell(out, o->file[s][i]);
			again &= strcmp(o->file[s][i], "-") != 0;
		}
	}
	if (!fclose(out) && again)
		return made;
	free(made);
	return NULL;
}

static int write_diff(const struct diff *d, const struct options *o)
{
	struct output out;
	char err[512];
	int ret = output_open(&out, o->output, OUTPUT_REFUSE, err, sizeof(err));
	bool opened = !ret;

	if (!ret)
		ret = output_close(&out, render(out.stream, d, o), err, sizeof(err));
	if (ret == -EEXIST)
		return cli_refuse(KT_EXIT_USAGE, "%s; name another file", err);
	return ret ? cli_refuse(opened ? KT_EXIT_FAILED : KT_EXIT_USAGE, "%s", err) : KT_EXIT_OK;
}

static int status_of(const struct diff *d, const struct options *o)
{
	if (!d->nr_compared)
		return cli_refuse(KT_EXIT_NOTHING, "no arm of any question is on both sides");
	if (!d->advisory && d->nr_changes[DIFF_REGRESSED])
		return KT_EXIT_REGRESSION;
	if (!d->store->lost_question)
		return KT_EXIT_OK;
	cli_say("a run or a question was dropped; %s names it with its reason",
		format_of(o) == diff_format_at(0) && !o->full ? "--full" : "the comparison");
	return KT_EXIT_FAILED;
}

static int compare(const struct options *o, regex_t *filter)
{
	struct diff *d = diff_new();
	char *more;
	int status;

	if (!d)
		return cli_refuse(KT_EXIT_FAILED, "out of memory");
	d->full = o->full;
	d->more = more = full_command(o);
	if (filter) {
		d->wanted = matches;
		d->wanted_arg = filter;
	}
	status = read_all(d, o);
	if (!status)
		status = write_diff(d, o);
	if (!status)
		status = status_of(d, o);
	diff_free(d);
	free(more);
	return status;
}

static const char *format_name(size_t i)
{
	return format_row_name(diff_format_rows, i);
}

static const struct cli_values values[] = {
	{ CLI_ARGUMENTS, CLI_FILE, NULL },
	{ 'f', CLI_ONE_OF, format_name },
	{ KEY_FILTER, CLI_QUESTION, NULL },
	{ 0 },
};

int cmd_diff(int argc, char **argv)
{
	struct options o = { 0 };
	char why[128];
	regex_t filter;
	int ret, status;

	argc = split(argc, argv, &o);
	cli_offer(values);
	if (!cli_parse("kt diff", &argp, argc, argv, &o, &status))
		return status;
	if (o.full && format_of(&o) != diff_format_at(0))
		return cli_refuse(KT_EXIT_USAGE,
				  "--full goes with --format text; other formats have all figures");
	status = refuse_files(&o);
	if (status || !o.filter)
		return status ? status : compare(&o, NULL);
	ret = regcomp(&filter, o.filter, REG_EXTENDED | REG_NOSUB);
	if (ret) {
		regerror(ret, &filter, why, sizeof(why));
		return cli_refuse(KT_EXIT_USAGE, "bad regular expression '%s': %s", o.filter, why);
	}
	status = compare(&o, &filter);
	regfree(&filter);
	return status;
}
