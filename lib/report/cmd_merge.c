// SPDX-License-Identifier: GPL-2.0-only
/* kt merge: records of many hosts into one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/cli/cli.h"
#include "lib/cli/number.h"
#include "lib/cli/output.h"

#include "lib/report/merge_table.h"

struct options {
	char **file;
	size_t nr_files;
	const char *output;
	const struct merge_format *format;
	bool union_only, verbose;
	uint64_t top;
};

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0, "", 0 }, /* help_text() */
	{ "output", 'o', "OUT", 0,
	  "Write the merged record to OUT, a file that must not exist; compressed when it ends in .gz",
	  0 },
	{ "union", 'u', NULL, 0,
	  "Make the record one run in which each host is an instance: it is small, and `kt report` compares "
	  "arms over hosts",
	  0 },
	{ "top", 't', "N", 0, "As text: a row each for N hosts, the slowest first (default 10)",
	  0 },
	{ "verbose", 'v', NULL, 0,
	  "As text: also the parts of wakes that tracers saw beside the arms", 0 },
	{ 0 },
};

/* Of --format: what the table of formats says. */
static char *help_text(int key, const char *text, void *input)
{
	(void)input;
	return key == 'f' ? format_row_help(merge_format_rows) : (char *)text;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'f':
		o->format = merge_format_named(arg);
		return o->format ? 0 : format_row_refuse(merge_format_rows, arg);
	case 'o':
		o->output = arg;
		return 0;
	case 'u':
		o->union_only = true;
		return 0;
	case 't':
		if (!number_parse(arg, 0, 1000000, &o->top))
			return cli_refuse(KT_EXIT_USAGE,
					  "invalid --top '%s': expected a number from 0 to 1000000",
					  arg);
		return 0;
	case 'v':
		o->verbose = true;
		return 0;
	case ARGP_KEY_ARGS:
		o->file = state->argv + state->next;
		o->nr_files = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_NO_ARGS:
		return cli_refuse(KT_EXIT_USAGE,
				  "no FILE given; give the records of several hosts");
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "FILE...",
	.doc = "Merge records of many hosts: of each arm the union of all, exactly, and a row for each host."
	       "\vFILE - is standard input; gzip is read as well. A run that is there twice counts once. What cannot be read "
	       "is named and left out, and all else is merged. OUT - is standard output: then nothing else is printed.\n\n"
	       "Exit status: 0 merged, 2 usage, 4 no FILE could be used, 5 a file or a run was left out, or something could not be "
	       "written.",
	.help_filter = help_text,
};

/* ---- reading ---------------------------------------------------------------------------------- */

static bool is_standard_output(const char *output)
{
	return output && !strcmp(output, "-");
}

static bool ends_in_gz(const char *path)
{
	size_t n = strlen(path);

	return n > 3 && !strcmp(path + n - 3, ".gz");
}

/* Where there will be room for the record itself; what is not a file has no such place. */
static char *place_for_spool(const char *output)
{
	const char *slash = strrchr(output, '/'), *tmp = getenv("TMPDIR");
	struct stat st;

	if (!is_standard_output(output) && (stat(output, &st) || S_ISREG(st.st_mode)))
		return slash ? strndup(output, slash > output ? (size_t)(slash - output) : 1)
			     : strdup(".");
	return strdup(tmp && *tmp ? tmp : "/tmp");
}

static int begin_spool(struct merge *m, const struct options *o, char *err, size_t errlen)
{
	char *dir = place_for_spool(o->output);
	int ret = dir ? merge_begin_spool(m, dir, ends_in_gz(o->output), err, errlen) : -ENOMEM;

	free(dir);
	return ret;
}

static int read_all(struct merge *m, const struct options *o, char *err, size_t errlen)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < o->nr_files; i++)
		ret = merge_file(m, o->file[i], err, errlen);
	if (!ret && merge_finish(m)) {
		snprintf(err, errlen, "out of memory");
		ret = -ENOMEM;
	}
	return ret;
}

/* Each thing that was left out, or is not as it might be. Return: whether a file or a run was lost. */
static bool say_notes(const struct merge *m)
{
	bool lost = false;

	for (size_t i = 0; i < m->nr_notes; i++) {
		const struct merge_note *n = &m->note[i];
		char more[40] = "";

		lost |= n->lost;
		if (n->count > 1)
			snprintf(more, sizeof(more), " (%zu times)", n->count);
		/* record_read() names the file itself. */
		if (n->lost && !n->line)
			cli_say("left out: %s", n->text);
		else if (n->line)
			cli_say("%s: line %zu: %s%s", n->file, n->line, n->text, more);
		else
			cli_say("%s: %s%s", n->file, n->text, more);
	}
	return lost;
}

/* ---- writing ---------------------------------------------------------------------------------- */

static int write_record(struct merge *m, struct output *out, const struct options *o, int argc,
			char **argv, char *err, size_t errlen)
{
	int ret;

	if (o->union_only)
		ret = merge_write_union(m, out->stream, ends_in_gz(o->output), argc, argv);
	else
		ret = merge_write(m, out->stream);
	return output_close(out, ret, err, errlen);
}

static int print_table(const struct merge *m, const struct options *o)
{
	struct merge_view v = { .style = terminal_style_of(stdout),
				.top = (size_t)o->top,
				.verbose = o->verbose };
	int ret = o->format->print(stdout, m, &v);

	if (ret == -EOVERFLOW)
		return cli_refuse(KT_EXIT_FAILED,
				  "all hosts together hold more than 2^64-1 values");
	if (ret == -ENOMEM)
		return cli_refuse(KT_EXIT_FAILED, "out of memory");
	return cli_flush();
}

/* Into the opened output, if there is one. */
static int merge(struct merge *m, struct output *out, const struct options *o, int argc,
		 char **argv, bool *lost)
{
	char err[600], close_err[600];
	int ret = 0;

	if (out && !o->union_only)
		ret = begin_spool(m, o, err, sizeof(err));
	if (!ret)
		ret = read_all(m, o, err, sizeof(err));
	if (ret && out)
		output_close(out, ret, close_err, sizeof(close_err));
	if (ret)
		return cli_refuse(KT_EXIT_FAILED, "%s", err);
	*lost = say_notes(m);
	if (!m->nr_runs && out)
		output_close(out, -ENODATA, close_err, sizeof(close_err));
	if (!m->nr_runs)
		return cli_refuse(KT_EXIT_NOTHING, "no run is left to merge");
	if (out && write_record(m, out, o, argc, argv, err, sizeof(err)))
		return cli_refuse(KT_EXIT_FAILED, "%s", err);
	return is_standard_output(o->output) ? KT_EXIT_OK : print_table(m, o);
}

/* A name that is taken is refused before hours of reading. */
static int begin(const struct options *o, int argc, char **argv)
{
	struct merge *m = merge_new();
	struct output out;
	bool lost = false;
	char err[600];
	int ret = 0, status;

	if (m && o->output)
		ret = output_open(&out, o->output, OUTPUT_REFUSE, err, sizeof(err));
	if (!m)
		status = cli_refuse(KT_EXIT_FAILED, "out of memory");
	else if (ret)
		status = cli_refuse(KT_EXIT_USAGE, "%s%s", err,
				    ret == -EEXIST ? "; name another file" : "");
	else
		status = merge(m, o->output ? &out : NULL, o, argc, argv, &lost);
	merge_free(m);
	return status || !lost ? status : KT_EXIT_FAILED;
}

static const char *format_name(size_t i)
{
	return format_row_name(merge_format_rows, i);
}

static const struct cli_values values[] = {
	{ 'f', CLI_ONE_OF, format_name },
	{ 0 },
};

int cmd_merge(int argc, char **argv)
{
	struct options o = { .format = merge_format_at(0), .top = 10 };
	char **command = cli_command(argc, argv);
	int status;

	if (!command)
		return cli_refuse(KT_EXIT_FAILED, "out of memory");
	cli_offer(values);
	if (!cli_parse("kt merge", &argp, argc, argv, &o, &status)) {
		free(command);
		return status;
	}
	if (o.union_only && !o.output)
		status = cli_refuse(KT_EXIT_USAGE,
				    "--union shapes the record: give --output as well");
	else
		status = begin(&o, argc + 1, command);
	free(command);
	return status;
}
