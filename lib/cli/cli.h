/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CLI_CLI_H
#define KT_CLI_CLI_H
/*
 * What every command shares: entry points, exit status, how a command line is read and how a
 * command speaks. Each cmd_*.c parses (cli_parse), calls its room and prints; whatever is refused
 * is one line (cli_refuse). This room knows no other.
 */
#include <argp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

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

/* A row of the front door's table. */
struct cli_command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
};

int cmd_bench(int argc, char **argv);
int cmd_selftest(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_merge(int argc, char **argv);
int cmd_env(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

/*
 * cli_hold_standard - the first thing that a program does: of descriptors 0 to 2 none is to be that
 * of a file opened later, a record say, which messages and what a benchmark prints would go into
 *
 * What was closed stays of no use, except that standard error swallows what it is given.
 */
void cli_hold_standard(void);

/*
 * cli_open_nothing - a descriptor that reads as the end of a file and keeps nothing, also where there is
 * no /dev/null, as in an empty root directory: there a write fails
 *
 * May be called between fork and exec. Return: closed at exec; or -1 with errno
 */
int cli_open_nothing(void);

/*
 * cli_parse - the command line of command @name ("kt report") by @argp, whose parser gets @input
 *
 * Adds -h, -?, --help, --usage, -V and --version, the same for every command. The parser refuses
 * each argument that it does not take, by `return cli_refuse(...)`. From here on @name begins each
 * line of cli_say() and cli_refuse(); argv[0] is overwritten.
 *
 * Return: true when the command is to go on; false when it ends with *@status, everything said.
 */
bool cli_parse(const char *name, const struct argp *argp, int argc, char **argv, void *input,
	       int *status);

/* What an option takes, for completion. */
enum cli_takes {
	CLI_END, /* of the list */
	CLI_ANYTHING,
	CLI_ONE_OF,  /* the words of at() */
	CLI_SOME_OF, /* the same, several with commas */
	CLI_FILE,
	CLI_DIRECTORY,
	CLI_QUESTION, /* a question of the built-in suite */
};

struct cli_values {
	int key; /* of the option, or CLI_ARGUMENTS */
	enum cli_takes takes;
	const char *(*at)(size_t i); /* word number @i, NULL after the last */
};

#define CLI_ARGUMENTS 0 /* what is not an option */

/*
 * cli_offer - what the options of the command take that calls cli_parse() next; @values, ended by CLI_END,
 * stay the caller's. Options that are not in it take a file where they call it FILE, OUT or PATH, and
 * else anything.
 */
void cli_offer(const struct cli_values *values);

/*
 * cli_describe - what does command @run take? Its call of cli_parse() gives argp and values to @take, and
 * the command ends there.
 */
typedef void cli_take_argp(const struct argp *argp, const struct cli_values *values, void *arg);
void cli_describe(int (*run)(int argc, char **argv), cli_take_argp *take, void *arg);

/*
 * cli_command - "kt" and the @argc words of @argv, as the user typed them: for a record, from which the
 * report says how to repeat it. To be called before cli_parse(). Return: for free(); NULL: no memory
 */
char **cli_command(int argc, char **argv);

/*
 * cli_say - one line on standard error after the command's name, in one write(2), so that it does
 * not mix with those of other processes; control characters become '?'
 */
void cli_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void cli_vsay(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));

/* cli_refuse - the same for what cannot be done. Return: @status */
int cli_refuse(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* cli_flush - end of what a command prints. Return: KT_EXIT_OK, or KT_EXIT_FAILED after a line */
int cli_flush(void);

/* cli_version - prints it; returns as cli_flush() */
int cli_version(void);

/* cli_harmless - @line with '?' for each control character, in place; returns @line */
char *cli_harmless(char *line);
#endif
