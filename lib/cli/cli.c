// SPDX-License-Identifier: GPL-2.0-only
#include "lib/cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A line may name two paths; what is longer is cut. */
#define LINE_BYTES 9000

static const char *command = "kt";

void cli_hold_standard(void)
{
	static const int mode[] = { O_WRONLY, O_RDONLY, O_RDWR };

	/* A new descriptor is the lowest that is free. */
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", mode[fd]) != fd)
			return;
}

int cli_open_nothing(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	fd = memfd_create("nothing", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0)
		fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SEAL);
	return fd;
}

/* ---- speaking -------------------------------------------------------------------------------- */

/* C1 controls in UTF-8 are c2 80 to c2 9f; terminals obey them like escape sequences. */
char *cli_harmless(char *line)
{
	for (unsigned char *c = (unsigned char *)line; *c; c++) {
		if (*c < 0x20 || *c == 0x7f)
			*c = '?';
		else if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
			c[0] = c[1] = '?';
	}
	return line;
}

void cli_vsay(const char *fmt, va_list args)
{
	char line[LINE_BYTES];
	int n = snprintf(line, sizeof(line), "%s: ", command);
	ssize_t written;

	vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, args);
	strcat(cli_harmless(line), "\n");
	fflush(stderr);
	written = write(STDERR_FILENO, line, strlen(line));
	/* Where standard error is closed nobody can be told. */
	(void)written;
}

void cli_say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	cli_vsay(fmt, args);
	va_end(args);
}

int cli_refuse(int status, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	cli_vsay(fmt, args);
	va_end(args);
	return status;
}

int cli_flush(void)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return KT_EXIT_OK;
	return cli_refuse(KT_EXIT_FAILED, "cannot write to standard output: %s",
			  strerror(errno ?: EIO));
}

int cli_version(void)
{
	printf("kt %s\n", KT_VERSION);
	return cli_flush();
}

/* ---- the command line ------------------------------------------------------------------------ */

char **cli_command(int argc, char **argv)
{
	char **words = calloc((size_t)argc + 2, sizeof(*words));

	if (!words)
		return NULL;
	words[0] = "kt";
	memcpy(words + 1, argv, (size_t)argc * sizeof(*argv));
	return words;
}

enum { KEY_USAGE = 0x10000 };

/* In the last group, where argp's own stand. */
static const struct argp_option common_options[] = {
	{ "help", 'h', NULL, 0, "Print this help", -1 },
	{ NULL, '?', NULL, OPTION_ALIAS, NULL, 0 },
	{ "usage", KEY_USAGE, NULL, 0, "Print the synopsis", 0 },
	{ "version", 'V', NULL, 0, "Print the version of kt", 0 },
	{ 0 },
};

struct call {
	void *input; /* of the command's own parser */
	bool ended;  /* by an option that prints and ends */
	int status;
};

static error_t ends(struct call *call, int status)
{
	call->ended = true;
	call->status = status;
	return ECANCELED;
}

static error_t help(const struct argp_state *state, unsigned int flags)
{
	argp_help(state->root_argp, stdout, flags, (char *)command);
	return ends(state->input, cli_flush());
}

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
	struct call *call = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		/* getopt's line about a bad option is enough, argp's own would be a second one. */
		state->err_stream = NULL;
		state->child_inputs[0] = call->input;
		return 0;
	case 'h':
	case '?':
		return help(state, ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC);
	case KEY_USAGE:
		return help(state, ARGP_HELP_USAGE);
	case 'V':
		return ends(call, cli_version());
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- completion ------------------------------------------------------------------------------- */

static const struct cli_values *offered;
static cli_take_argp *describing;
static void *describing_arg;

void cli_offer(const struct cli_values *values)
{
	offered = values;
}

void cli_describe(int (*run)(int argc, char **argv), cli_take_argp *take, void *arg)
{
	char name[] = "kt", *argv[] = { name, NULL };

	describing = take;
	describing_arg = arg;
	offered = NULL;
	run(1, argv);
	describing = NULL;
}

/* ---- parsing ---------------------------------------------------------------------------------- */

bool cli_parse(const char *name, const struct argp *argp, int argc, char **argv, void *input,
	       int *status)
{
	const struct argp own = { .options = argp->options,
				  .parser = argp->parser,
				  .help_filter = argp->help_filter };
	const struct argp_child children[] = { { .argp = &own }, { 0 } };
	const struct argp whole = { .options = common_options,
				    .parser = parse_common,
				    .args_doc = argp->args_doc,
				    .doc = argp->doc,
				    .children = children,
				    .help_filter = argp->help_filter };
	struct call call = { .input = input };
	int ret;

	if (describing) {
		describing(&whole, offered, describing_arg);
		*status = KT_EXIT_OK;
		return false;
	}
	command = name;
	argv[0] = (char *)name;
	/* getopt puts a line together from several pieces; they leave in one write. */
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	ret = argp_parse(&whole, argc, argv, ARGP_NO_HELP, NULL, &call);
	if (!ret)
		return true;
	*status = call.ended ? call.status : KT_EXIT_USAGE;
	return false;
}
