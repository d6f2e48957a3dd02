// SPDX-License-Identifier: GPL-2.0-only
#include "lib/cli/completion.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- what the tables say ---------------------------------------------------------------------- */

struct collecting {
	struct completion_command *command;
	const struct cli_values *values;
	bool no_memory;
};

static const struct cli_values *find_values(const struct cli_values *values, int key)
{
	for (; values && values->takes; values++)
		if (values->key == key)
			return values;
	return NULL;
}

static bool is_file(const char *argument)
{
	return !strcmp(argument, "FILE") || !strcmp(argument, "OUT") || !strcmp(argument, "PATH");
}

/* What is not said is a file where its name says that, else anything. */
static struct cli_values values_of(const struct collecting *c, int key, const char *argument)
{
	const struct cli_values *v = find_values(c->values, key);

	if (v)
		return *v;
	return (struct cli_values){ .key = key,
				    .takes = argument && is_file(argument) ? CLI_FILE
									   : CLI_ANYTHING };
}

/* A copy of what --help prints for @o. */
static char *help_of(const struct argp *argp, const struct argp_option *o)
{
	char *text = (char *)o->doc, *copy;

	if (argp->help_filter)
		text = argp->help_filter(o->key, o->doc, NULL);
	copy = strdup(text ?: "");
	if (text != o->doc)
		free(text);
	return copy;
}

static void add_option(struct collecting *c, const struct argp *argp, const struct argp_option *o)
{
	struct completion_command *to = c->command;
	struct completion_option *grown;
	bool letter = o->key > 0 && o->key < 128 && isalnum(o->key);

	if ((o->flags & (OPTION_HIDDEN | OPTION_DOC)) || (!o->name && !letter))
		return;
	grown = reallocarray(to->option, to->nr + 1, sizeof(*grown));
	if (!grown) {
		c->no_memory = true;
		return;
	}
	to->option = grown;
	grown[to->nr] = (struct completion_option){ .name = o->name,
						    .letter = letter ? (char)o->key : 0,
						    .argument = o->arg,
						    .help = help_of(argp, o),
						    .values = values_of(c, o->key, o->arg) };
	c->no_memory |= !grown[to->nr++].help;
}

static void add_options(struct collecting *c, const struct argp *argp)
{
	for (const struct argp_option *o = argp->options;
	     o && (o->name || o->key || o->doc || o->group); o++)
		add_option(c, argp, o);
	for (const struct argp_child *child = argp->children; child && child->argp; child++)
		add_options(c, child->argp);
}

static void collect(const struct argp *argp, const struct cli_values *values, void *arg)
{
	struct collecting *c = arg;
	const char *doc = argp->args_doc;

	c->values = values;
	c->command->arguments = doc;
	c->command->values = values_of(c, CLI_ARGUMENTS, NULL);
	if (doc && !find_values(values, CLI_ARGUMENTS) &&
	    (strstr(doc, "FILE") || strstr(doc, "PATH")))
		c->command->values.takes = CLI_FILE;
	add_options(c, argp);
}

/* The front door's own: it takes the name of a command. */
static const struct cli_command *door;
static size_t nr_door;

static const char *command_at(size_t i)
{
	return i < nr_door ? door[i].name : NULL;
}

static void describe_help(struct completion_command *c)
{
	c->arguments = "[COMMAND]";
	c->values = (struct cli_values){ .takes = CLI_ONE_OF, .at = command_at };
}

/* ---- all commands ----------------------------------------------------------------------------- */

static void release(struct completion_command *c, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		for (size_t k = 0; k < c[i].nr; k++)
			free(c[i].option[k].help);
		free(c[i].option);
	}
	free(c);
}

int completion_print(const char *shell, const struct cli_command *commands, size_t nr)
{
	struct completion_command *all;
	bool no_memory = false;

	if (strcmp(shell, "bash") && strcmp(shell, "zsh"))
		return cli_refuse(KT_EXIT_USAGE, "unknown shell '%s'; expected bash or zsh", shell);
	all = calloc(nr, sizeof(*all));
	door = commands;
	nr_door = nr;
	for (size_t i = 0; all && i < nr; i++) {
		struct collecting c = { .command = &all[i] };

		all[i].name = commands[i].name;
		all[i].help = commands[i].help;
		if (strcmp(all[i].name, "help"))
			cli_describe(commands[i].run, collect, &c);
		else
			describe_help(&all[i]);
		no_memory |= c.no_memory;
	}
	if (!all || no_memory) {
		release(all, all ? nr : 0);
		return cli_refuse(KT_EXIT_FAILED, "out of memory");
	}
	if (!strcmp(shell, "bash"))
		completion_bash(stdout, all, nr);
	else
		completion_zsh(stdout, all, nr);
	release(all, nr);
	return cli_flush();
}
