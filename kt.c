// SPDX-License-Identifier: GPL-2.0-only
/* Front door: one table of subcommands, nothing else. */
#include <stdio.h>
#include <string.h>

#include "lib/cli/cli.h"
#include "lib/cli/completion.h"

static int cmd_help(int argc, char **argv);

static const struct cli_command commands[] = {
	{ "bench", cmd_bench, "run benchmarks and compare their arms" },
	{ "selftest", cmd_selftest, "measure what verdicts are worth on this machine" },
	{ "trace", cmd_trace, "measure live threads: wakeup, park, work, workqueue, stop" },
	{ "report", cmd_report, "render a recorded run for people and programs" },
	{ "diff", cmd_diff, "compare recorded runs: kernels, hosts, nights" },
	{ "merge", cmd_merge, "put the records of many hosts together" },
	{ "env", cmd_env, "describe this machine, and what makes its figures unsteady" },
	{ "doctor", cmd_doctor, "say what this machine lets the tracers do" },
	{ "help", cmd_help, "explain a command: kt help COMMAND" },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct cli_command *find_command(const char *name)
{
	for (size_t i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	return NULL;
}

static void usage(FILE *out)
{
	fprintf(out, "Usage: kt COMMAND [OPTION...]\n\nCommands:\n");
	for (size_t i = 0; i < NR_COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
	fprintf(out, "\n`kt COMMAND --help` lists a command's options, `kt --version` prints the "
		     "version.\n");
}

static int unknown(const char *name)
{
	return cli_refuse(KT_EXIT_USAGE, "unknown %s '%s'; `kt help` lists the commands",
			  *name == '-' ? "option" : "command", name);
}

static int cmd_help(int argc, char **argv)
{
	char *help[] = { argv[0], "--help", NULL };
	const struct cli_command *c;

	if (argc > 2)
		return cli_refuse(KT_EXIT_USAGE, "unexpected argument '%s'; one COMMAND at a time",
				  argv[2]);
	c = argc < 2 ? NULL : find_command(argv[1]);
	if (argc > 1 && !c)
		return unknown(argv[1]);
	if (c && c->run != cmd_help)
		return c->run(2, help);
	usage(stdout);
	return cli_flush();
}

static bool is(const char *arg, const char *letter, const char *word)
{
	return !strcmp(arg, letter) || !strcmp(arg, word);
}

int main(int argc, char **argv)
{
	const struct cli_command *c;

	cli_hold_standard();
	if (argc < 2) {
		usage(stderr);
		return KT_EXIT_USAGE;
	}
	if (is(argv[1], "-h", "--help") || !strcmp(argv[1], "-?"))
		return cmd_help(argc - 1, argv + 1);
	if (is(argv[1], "-V", "--version"))
		return cli_version();
	if (!strcmp(argv[1], "--completion"))
		return argc == 3 ? completion_print(argv[2], commands, NR_COMMANDS)
				 : cli_refuse(KT_EXIT_USAGE,
					      "--completion takes one SHELL, bash or zsh");
	c = find_command(argv[1]);
	return c ? c->run(argc - 1, argv + 1) : unknown(argv[1]);
}
