// SPDX-License-Identifier: GPL-2.0-only
/*
 * The script for bash. It splits the line at blanks itself: bash splits at "=" as well, which options
 * and names of questions have. Words of it are what bash replaces, so they end there.
 */
#include <string.h>

#include "lib/cli/completion.h"

static const char head[] =
	"# bash completion of kt: `kt --completion bash` made it of kt's own option tables.\n"
	"\n"
	"# What bash replaces begins after the last =, as long as that breaks words.\n"
	"_kt_add() { # _kt_add PREFIX: to COMPREPLY, from standard input\n"
	"\tlocal word cut=\n"
	"\t[[ $COMP_WORDBREAKS == *=* && $_kt_word == *=* ]] && cut=${_kt_word%=*}=\n"
	"\twhile IFS= read -r word; do\n"
	"\t\tword=$1$word\n"
	"\t\tCOMPREPLY+=(\"${word#\"$cut\"}\")\n"
	"\tdone\n"
	"}\n"
	"_kt_list() { _kt_add \"$_kt_before\" < <(compgen -W \"$1\" -- \"$_kt_value\"); }\n"
	"_kt_lists() { # several of them with commas\n"
	"\tlocal done=\n"
	"\t[[ $_kt_value == *,* ]] && done=${_kt_value%,*},\n"
	"\t_kt_add \"$_kt_before$done\" < <(compgen -W \"$1\" -- \"${_kt_value##*,}\")\n"
	"}\n"
	"_kt_files() {\n"
	"\tcompopt -o filenames 2>/dev/null\n"
	"\t_kt_add \"$_kt_before\" < <(compgen -f -- \"$_kt_value\")\n"
	"}\n"
	"_kt_directories() {\n"
	"\tcompopt -o filenames 2>/dev/null\n"
	"\t_kt_add \"$_kt_before\" < <(compgen -d -- \"$_kt_value\")\n"
	"}\n"
	"_kt_commands() { _kt_add \"$_kt_before\" < <(compgen -c -- \"$_kt_value\"); }\n"
	"_kt_questions() { _kt_list \"$(\"$_kt_program\" bench --list 2>/dev/null | cut -d ' ' -f 1)\"; }\n"
	"\n";

static const char tail[] =
	"# _kt_takes OPTION: of $_kt_command, an argument\n"
	"_kt_takes() {\n"
	"\tlocal option\n"
	"\tfor option in $(_kt_options \"$_kt_command\"); do\n"
	"\t\t[[ $option == \"$1=\" ]] && return 0\n"
	"\tdone\n"
	"\treturn 1\n"
	"}\n"
	"\n"
	"_kt() {\n"
	"\tlocal _kt_program=$1 _kt_command= _kt_word _kt_value _kt_before= i words option= dashes=\n"
	"\tlocal line=${COMP_LINE:0:COMP_POINT}\n"
	"\tCOMPREPLY=()\n"
	"\tread -ra words <<<\"$line\"\n"
	"\t[[ $line == *[[:space:]] ]] && words+=('')\n"
	"\t_kt_word=${words[${#words[@]} - 1]}\n"
	"\t_kt_value=$_kt_word\n"
	"\tfor ((i = 1; i < ${#words[@]} - 1; i++)); do\n"
	"\t\tif [[ -z $_kt_command ]]; then\n"
	"\t\t\t[[ ${words[i]} == -* ]] || _kt_command=${words[i]}\n"
	"\t\telif [[ ${words[i]} == -- ]]; then\n"
	"\t\t\tdashes=$((${#words[@]} - 1 - i))\n"
	"\t\t\tbreak\n"
	"\t\telif [[ -n $option ]]; then\n"
	"\t\t\toption=\n"
	"\t\telif _kt_takes \"${words[i]}\"; then\n"
	"\t\t\toption=${words[i]}\n"
	"\t\tfi\n"
	"\tdone\n"
	"\tif [[ -z $_kt_command ]]; then\n"
	"\t\t_kt_list \"$(_kt_options)\"\n"
	"\telif [[ -n $dashes ]]; then\n"
	"\t\t_kt_after_dashes \"$_kt_command\" \"$dashes\"\n"
	"\telif [[ -n $option ]]; then\n"
	"\t\t_kt_option \"$_kt_command\" \"$option\"\n"
	"\telif [[ $_kt_word == --*=* ]]; then\n"
	"\t\t_kt_before=${_kt_word%%=*}=\n"
	"\t\t_kt_value=${_kt_word#*=}\n"
	"\t\t_kt_option \"$_kt_command\" \"${_kt_word%%=*}\"\n"
	"\telif [[ $_kt_word == -* ]]; then\n"
	"\t\t_kt_list \"$(_kt_options \"$_kt_command\" | tr ' ' '\\n' | sed 's/^\\(-[^-]\\)=$/\\1/')\"\n"
	"\t\t[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null\n"
	"\telse\n"
	"\t\t_kt_argument \"$_kt_command\"\n"
	"\tfi\n"
	"\treturn 0\n"
	"}\n"
	"complete -F _kt kt\n";

static void write_words(FILE *out, const struct cli_values *v)
{
	const char *word;

	fputc('\'', out);
	for (size_t i = 0; (word = v->at(i)); i++)
		fprintf(out, "%s%s", i ? " " : "", word);
	fputc('\'', out);
}

/* What completes it; false: nothing does. */
static bool write_values(FILE *out, const struct cli_values *v)
{
	switch (v->takes) {
	case CLI_ONE_OF:
	case CLI_SOME_OF:
		fputs(v->takes == CLI_ONE_OF ? "_kt_list " : "_kt_lists ", out);
		write_words(out, v);
		return true;
	case CLI_FILE:
		return fputs("_kt_files", out) >= 0;
	case CLI_DIRECTORY:
		return fputs("_kt_directories", out) >= 0;
	case CLI_QUESTION:
		return fputs("_kt_questions", out) >= 0;
	default:
		return false;
	}
}

static bool is_completed(const struct cli_values *v)
{
	return v->takes != CLI_ANYTHING;
}

/* "--format=" takes an argument, "--force" does not. */
static void options_of(FILE *out, const struct completion_command *c)
{
	for (size_t i = 0; i < c->nr; i++) {
		const struct completion_option *o = &c->option[i];
		const char *takes = o->argument ? "=" : "";

		if (o->name)
			fprintf(out, " --%s%s", o->name, takes);
		if (o->letter)
			fprintf(out, " -%c%s", o->letter, takes);
	}
}

static void write_option(FILE *out, const char *command, const struct completion_option *o)
{
	const char *between = "\t";

	if (!o->argument || !is_completed(&o->values))
		return;
	if (o->name) {
		fprintf(out, "\t'%s --%s'", command, o->name);
		between = " | ";
	}
	if (o->letter)
		fprintf(out, "%s'%s -%c'", between, command, o->letter);
	fputs(") ", out);
	write_values(out, &o->values);
	fputs(" ;;\n", out);
}

void completion_bash(FILE *out, const struct completion_command *c, size_t nr)
{
	fputs(head, out);
	fputs("_kt_options() { # _kt_options [COMMAND]: one word each, with = when it takes an argument\n"
	      "\tcase ${1-} in\n",
	      out);
	for (size_t i = 0; i < nr; i++) {
		fprintf(out, "\t%s) echo", c[i].name);
		options_of(out, &c[i]);
		fputs(" ;;\n", out);
	}
	fputs("\t'') echo", out);
	for (size_t i = 0; i < nr; i++)
		fprintf(out, " %s", c[i].name);
	fputs(" --help --version ;;\n\tesac\n}\n"
	      "_kt_option() { # _kt_option COMMAND OPTION: its argument\n\tcase \"$1 $2\" in\n",
	      out);
	for (size_t i = 0; i < nr; i++)
		for (size_t k = 0; k < c[i].nr; k++)
			write_option(out, c[i].name, &c[i].option[k]);
	fputs("\tesac\n}\n"
	      "_kt_argument() { # _kt_argument COMMAND: one that is not an option\n\tcase $1 in\n",
	      out);
	for (size_t i = 0; i < nr; i++) {
		if (!is_completed(&c[i].values))
			continue;
		fprintf(out, "\t%s) ", c[i].name);
		write_values(out, &c[i].values);
		fputs(" ;;\n", out);
	}
	fputs("\tesac\n}\n"
	      "_kt_after_dashes() { # _kt_after_dashes COMMAND N: the N-th word after --\n"
	      "\tcase $1 in\n",
	      out);
	for (size_t i = 0; i < nr; i++)
		if (c[i].arguments && strstr(c[i].arguments, "-- COMMAND"))
			fprintf(out, "\t%s) [[ $2 -eq 1 ]] && _kt_commands; _kt_files ;;\n",
				c[i].name);
		else if (c[i].arguments && strstr(c[i].arguments, " -- "))
			fprintf(out, "\t%s) _kt_files ;;\n", c[i].name);
	fputs("\tesac\n}\n\n", out);
	fputs(tail, out);
}
