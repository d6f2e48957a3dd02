// SPDX-License-Identifier: GPL-2.0-only
/* Front door: one table of subcommands, nothing else. */
#include <stdio.h>
#include <string.h>

#include "lib/cli/cli.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "bench", cmd_bench, "run benchmarks and compare their arms" },
	{ "trace", cmd_trace, "measure live threads: wakeup, park, work, stop" },
	{ "report", cmd_report, "render a recorded run as text, HTML or JSON" },
	{ "doctor", cmd_doctor, "say what this machine lets the tracers do" },
};

static void usage(FILE *out)
{
	fprintf(out, "Usage: kt COMMAND [OPTION...]\n\nCommands:\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
	fprintf(out,
		"\n`kt COMMAND --help` lists a command's options; `kt --version` the version.\n");
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return KT_EXIT_USAGE;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	if (!strcmp(argv[1], "--version")) {
		printf("kt %s\n", KT_VERSION);
		return 0;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return 0;
	}
	fprintf(stderr, "kt: no command '%s'; `kt --help` lists them\n", argv[1]);
	return KT_EXIT_USAGE;
}
