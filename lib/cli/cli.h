/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CLI_CLI_H
#define KT_CLI_CLI_H
/*
 * What the subcommands share: their entry points and exit status. Each cmd_*.c parses (argp), calls
 * its room, prints.
 */
#ifndef KT_VERSION
#define KT_VERSION "0.1.0"
#endif

enum kt_exit {
	KT_EXIT_OK = 0,
	KT_EXIT_REGRESSION = 1, /* or what --fail-on names */
	KT_EXIT_USAGE = 2,	/* usage or bad input */
	KT_EXIT_NOISY = 3,	/* under --strict */
	KT_EXIT_NOTHING = 4,	/* nothing ran */
	KT_EXIT_FAILED = 5,	/* failed while running */
	KT_EXIT_INTERRUPTED = 130,
};

int cmd_bench(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
#endif
