// SPDX-License-Identifier: GPL-2.0-only
/* The script for zsh: _arguments has a specification of each option, with its help. */
#include <string.h>

#include "lib/cli/completion.h"

#define HELP 68 /* columns of the help of an option, at most */

static const char head[] =
	"#compdef kt\n"
	"# zsh completion of kt: `kt --completion zsh` made it of kt's own option tables.\n"
	"\n"
	"_kt_questions() {\n"
	"\tlocal -a questions\n"
	"\tquestions=(${${(f)\"$(_call_program questions $_kt_program bench --list 2>/dev/null)\"}%% *})\n"
	"\tcompadd -a questions\n"
	"}\n"
	"\n"
	"_kt() {\n"
	"\tlocal curcontext=$curcontext state line _kt_program=$words[1]\n"
	"\ttypeset -A opt_args\n"
	"\tlocal -a commands\n"
	"\n"
	"\t_arguments -C '(- *)'{-h,--help}'[Print the list of commands]' \\\n"
	"\t\t'(- *)'{-V,--version}'[Print the version of kt]' \\\n"
	"\t\t'1:command:->command' '*::argument:->arguments'\n"
	"\tcase $state in\n"
	"\tcommand)\n"
	"\t\tcommands=(\n";

/* Within '...' of an argument of _arguments; @stop: characters that would end its part. */
static void write_escaped(FILE *out, const char *s, size_t length, const char *stop)
{
	for (size_t i = 0; i < length; i++) {
		if (s[i] == '\'')
			fputs("'\\''", out);
		else if (s[i] == '\\' || strchr(stop, s[i]))
			fprintf(out, "\\%c", s[i]);
		else
			fputc(s[i] == '\n' ? ' ' : s[i], out);
	}
}

/* As many whole words as fit. */
static size_t help_length(const char *s)
{
	size_t n = strlen(s);

	if (n <= HELP)
		return n;
	for (n = HELP; n && s[n] != ' ';)
		n--;
	while (n && strchr(" ,;:(", s[n - 1]))
		n--;
	return n ?: HELP;
}

static void write_values(FILE *out, const struct cli_values *v)
{
	const char *word;

	switch (v->takes) {
	case CLI_ONE_OF:
	case CLI_SOME_OF:
		fputs(v->takes == CLI_ONE_OF ? "(" : " _values -s , value", out);
		for (size_t i = 0; (word = v->at(i)); i++)
			fprintf(out, "%s%s", i || v->takes == CLI_SOME_OF ? " " : "", word);
		fputs(v->takes == CLI_ONE_OF ? ")" : "", out);
		return;
	case CLI_FILE:
		fputs("_files", out);
		return;
	case CLI_DIRECTORY:
		fputs("_files -/", out);
		return;
	case CLI_QUESTION:
		fputs("_kt_questions", out);
		return;
	default:
		fputc(' ', out);
	}
}

static void write_argument(FILE *out, const struct completion_option *o)
{
	if (!o->argument)
		return;
	fputc(':', out);
	write_escaped(out, o->argument, strlen(o->argument), ":");
	fputc(':', out);
	write_values(out, &o->values);
}

static void write_option(FILE *out, const struct completion_option *o)
{
	const char *takes = o->argument ? "=" : "", *letter_takes = o->argument ? "+" : "";

	fputs("\t\t\t'", out);
	if (!strcmp(o->name ?: "", "help") || !strcmp(o->name ?: "", "usage") ||
	    !strcmp(o->name ?: "", "version"))
		fputs("(- *)", out);
	else
		fputc('*', out);
	if (o->name && o->letter)
		fprintf(out, "'{-%c%s,--%s%s}'", o->letter, letter_takes, o->name, takes);
	else if (o->name)
		fprintf(out, "--%s%s", o->name, takes);
	else
		fprintf(out, "-%c%s", o->letter, letter_takes);
	fputc('[', out);
	write_escaped(out, o->help, help_length(o->help), "[]:");
	fputc(']', out);
	write_argument(out, o);
	fputs("' \\\n", out);
}

/* A command that takes another one after -- has that completed as it would be by itself. */
static void write_arguments(FILE *out, const struct completion_command *c)
{
	if (!c->arguments) {
		fputs("\t\t\t&& return\n", out);
		return;
	}
	fprintf(out, "\t\t\t'%s:", strstr(c->arguments, "-- COMMAND") ? "1" : "*");
	write_escaped(out, c->arguments, strcspn(c->arguments, " "), ":");
	fputc(':', out);
	write_values(out, &c->values);
	fputc('\'', out);
	if (strstr(c->arguments, "-- COMMAND"))
		fputs(" '*::command: _normal'", out);
	fputc('\n', out);
}

void completion_zsh(FILE *out, const struct completion_command *c, size_t nr)
{
	fputs(head, out);
	for (size_t i = 0; i < nr; i++) {
		fprintf(out, "\t\t\t'%s:", c[i].name);
		write_escaped(out, c[i].help, strlen(c[i].help), ":");
		fputs("'\n", out);
	}
	fputs("\t\t)\n"
	      "\t\t_describe command commands\n"
	      "\t\t;;\n"
	      "\targuments)\n"
	      "\t\tcurcontext=${curcontext%:*}-$line[1]:\n"
	      "\t\tcase $line[1] in\n",
	      out);
	for (size_t i = 0; i < nr; i++) {
		fprintf(out, "\t\t%s)\n\t\t\t_arguments -s \\\n", c[i].name);
		for (size_t k = 0; k < c[i].nr; k++)
			write_option(out, &c[i].option[k]);
		write_arguments(out, &c[i]);
		fputs("\t\t\t;;\n", out);
	}
	fputs("\t\tesac\n\t\t;;\n\tesac\n}\n\n"
	      "if [[ $funcstack[1] == _kt ]]; then\n\t_kt \"$@\"\nelse\n\tcompdef _kt kt\nfi\n",
	      out);
}
