/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CLI_COMPLETION_H
#define KT_CLI_COMPLETION_H
/*
 * Completion for shells, made of the option tables that the commands parse by: there is no second
 * list. What an option takes a command says where it has the table (struct cli_values).
 */
#include <stddef.h>
#include <stdio.h>

#include "lib/cli/cli.h"

struct completion_option {
	const char *name;     /* without dashes; NULL: a letter alone */
	char letter;	      /* 0: none */
	const char *argument; /* what --help calls it; NULL: takes none */
	char *help;
	struct cli_values values;
};

struct completion_command {
	const char *name, *help;
	const char *arguments;	  /* "FILE..."; NULL: takes none */
	struct cli_values values; /* of its arguments */
	size_t nr;
	struct completion_option *option;
};

/*
 * completion_print - the script for @shell ("bash", "zsh") on standard output
 *
 * Return: an exit status, everything said.
 */
int completion_print(const char *shell, const struct cli_command *commands, size_t nr);

void completion_bash(FILE *out, const struct completion_command *c, size_t nr);
void completion_zsh(FILE *out, const struct completion_command *c, size_t nr);
#endif
