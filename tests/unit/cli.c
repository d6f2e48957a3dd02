// SPDX-License-Identifier: GPL-2.0-only
/* What the commands share. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "lib/cli/cli.h"
#include "lib/cli/number.h"
#include "lib/cli/output.h"
#include "lib/cli/progress.h"
#include "lib/cli/terminal.h"
#include "lib/cli/time.h"

/* ---- numbers and times ----------------------------------------------------------------------- */

Test(cli, times_have_a_unit_or_are_seconds)
{
	static const char *const none[] = { "",		"s",	 "0",	  "0s",	  "-1s", "3 s",
					    "3parsecs", "1e300", "inf",	  "nan",  "1x",	 "+1s",
					    " 1s",	"0.1ns", "0x10s", "1e3s", ".",	 "1.2.3s" };

	cr_expect_eq(time_parse("5"), 5000000000ULL);
	cr_expect_eq(time_parse("5s"), 5000000000ULL);
	cr_expect_eq(time_parse("0.5"), 500000000ULL);
	cr_expect_eq(time_parse(".5s"), 500000000ULL);
	cr_expect_eq(time_parse("1ns"), 1ULL);
	cr_expect_eq(time_parse("20us"), 20000ULL);
	cr_expect_eq(time_parse("1.5ms"), 1500000ULL);
	cr_expect_eq(time_parse("2m"), 120000000000ULL);
	cr_expect_eq(time_parse("1h"), 3600000000000ULL);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		cr_expect_eq(time_parse(none[i]), 0ULL, "'%s'", none[i]);
}

Test(cli, numbers_are_digits_within_bounds)
{
	static const char *const none[] = { "",
					    "-1",
					    "+1",
					    " 1",
					    "1 ",
					    "0x1",
					    "1.0",
					    "a",
					    "1a",
					    "4",
					    "101",
					    "18446744073709551616",
					    "99999999999999999999999" };
	uint64_t v = 77;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		cr_expect_not(number_parse(none[i], 5, 100, &v), "'%s'", none[i]);
	cr_expect_eq(v, 77, "left alone");
	cr_expect(number_parse("5", 5, 100, &v) && v == 5);
	cr_expect(number_parse("100", 5, 100, &v) && v == 100);
	cr_expect(number_parse("010", 5, 100, &v) && v == 10, "no octal");
	cr_expect_not(number_parse("", 0, UINT64_MAX, &v), "nothing is not zero");
	cr_expect(number_parse("0", 0, UINT64_MAX, &v) && v == 0);
	cr_expect(number_parse("18446744073709551615", 0, UINT64_MAX, &v) && v == UINT64_MAX);
}

/* ---- the terminal ---------------------------------------------------------------------------- */

struct pty {
	int controller;
	FILE *terminal;
};

/* A terminal of @columns, which passes on what is written as it is. */
static struct pty open_pty(int columns)
{
	struct winsize size = { .ws_row = 24, .ws_col = (unsigned short)columns };
	struct pty p = { .controller = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC) };
	struct termios modes;
	int fd;

	cr_assert(p.controller >= 0 && !grantpt(p.controller) && !unlockpt(p.controller));
	fd = open(ptsname(p.controller), O_RDWR | O_NOCTTY | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	cr_assert_not(tcgetattr(fd, &modes));
	cfmakeraw(&modes);
	cr_assert_not(tcsetattr(fd, TCSANOW, &modes));
	cr_assert_not(ioctl(fd, TIOCSWINSZ, &size));
	p.terminal = fdopen(fd, "w");
	cr_assert_not_null(p.terminal);
	return p;
}

static void set_variable(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

Test(cli, shares_are_fractions_or_percent)
{
	static const char *const none[] = {
		"",    "%",    "2%%", "2 %", " 2%", "+2%",    "-2%", "1e-2", "0x2",   ".5",  "nan",
		"51%", "0.51", "0%",  "0",   "2%x", "0.005%", "1",   "inf",  "2.0.1", "zone"
	};
	double v = 7;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		cr_expect_not(number_parse_share(none[i], 0.0001, 0.5, &v), "'%s'", none[i]);
	cr_expect_eq(v, 7, "left alone");
	cr_expect(number_parse_share("2%", 0.0001, 0.5, &v) && v == 0.02);
	cr_expect(number_parse_share("0.02", 0.0001, 0.5, &v) && v == 0.02);
	cr_expect(number_parse_share("0.01%", 0.0001, 0.5, &v) && v == 0.0001);
	cr_expect(number_parse_share("50%", 0.0001, 0.5, &v) && v == 0.5);
	cr_expect(number_parse_share("5.%", 0.0001, 0.5, &v) && v == 0.05);
}

enum { A_FILE = -1, A_PIPE = -2 }; /* instead of the columns of a terminal */

static const struct {
	const char *what;
	int columns;
	const char *term, *no_colour, *columns_variable; /* NULL: unset */
	bool cursor, colour;
	int width;
} styles[] = {
	{ "a terminal", 80, "xterm", NULL, NULL, true, true, 80 },
	{ "NO_COLOR", 80, "xterm", "1", NULL, true, false, 80 },
	{ "NO_COLOR of any value", 80, "xterm", "0", NULL, true, false, 80 },
	{ "NO_COLOR empty", 80, "xterm", "", NULL, true, true, 80 },
	{ "TERM=dumb", 80, "dumb", NULL, NULL, false, false, 80 },
	{ "TERM unset", 80, NULL, NULL, NULL, false, false, 80 },
	{ "TERM empty", 80, "", NULL, NULL, false, false, 80 },
	{ "the terminal's own width comes first", 80, "xterm", NULL, "132", true, true, 80 },
	{ "a terminal of unknown width", 0, "xterm", NULL, "132", true, true, 132 },
	{ "and nobody knows it", 0, "xterm", NULL, NULL, true, true, 0 },
	{ "narrow", 5, "xterm", NULL, NULL, true, true, TERMINAL_MIN_WIDTH },
	{ "wide", 65535, "xterm", NULL, NULL, true, true, TERMINAL_MAX_WIDTH },
	{ "a file", A_FILE, "xterm", NULL, NULL, false, false, 0 },
	{ "a file, COLUMNS", A_FILE, "xterm", NULL, "132", false, false, 132 },
	{ "a pipe", A_PIPE, "xterm", NULL, NULL, false, false, 0 },
	{ "a pipe, COLUMNS", A_PIPE, "xterm", NULL, "60", false, false, 60 },
	{ "COLUMNS empty", A_PIPE, "xterm", NULL, "", false, false, 0 },
	{ "COLUMNS of zero", A_PIPE, "xterm", NULL, "0", false, false, 0 },
	{ "COLUMNS negative", A_PIPE, "xterm", NULL, "-80", false, false, 0 },
	{ "COLUMNS with a unit", A_PIPE, "xterm", NULL, "80em", false, false, 0 },
	{ "COLUMNS beyond any number", A_PIPE, "xterm", NULL, "99999999999999999999", false, false,
	  0 },
	{ "COLUMNS beyond an int", A_PIPE, "xterm", NULL, "4294967376", false, false,
	  TERMINAL_MAX_WIDTH },
	{ "COLUMNS too small", A_PIPE, "xterm", NULL, "3", false, false, TERMINAL_MIN_WIDTH },
};

Test(cli, one_rule_for_colour_and_width)
{
	for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++) {
		struct pty pty = { -1, NULL };
		struct terminal_style s;
		int ends[2] = { -1, -1 };
		FILE *out;

		if (styles[i].columns == A_FILE) {
			out = tmpfile();
		} else if (styles[i].columns == A_PIPE) {
			cr_assert_not(pipe(ends));
			out = fdopen(ends[1], "w");
		} else {
			pty = open_pty(styles[i].columns);
			out = pty.terminal;
		}
		cr_assert_not_null(out);
		set_variable("TERM", styles[i].term);
		set_variable("NO_COLOR", styles[i].no_colour);
		set_variable("COLUMNS", styles[i].columns_variable);

		s = terminal_style_of(out);

		cr_expect_eq(s.cursor, styles[i].cursor, "%s: cursor", styles[i].what);
		cr_expect_eq(s.colour, styles[i].colour, "%s: colour", styles[i].what);
		cr_expect_eq(s.width, styles[i].width, "%s: width %d", styles[i].what, s.width);
		fclose(out);
		close(pty.controller);
		close(ends[0]);
	}
}

/* ---- what is said ---------------------------------------------------------------------------- */

/* Standard error becomes @fd, for good: each test is a process. */
static void errors_to(int fd)
{
	fflush(stderr);
	cr_assert_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
}

/* What came, at most a second after the last piece. */
static char *arrived(int fd)
{
	static char text[1 << 16];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t length = 0;
	ssize_t n;

	while (length < sizeof(text) - 1 && poll(&p, 1, length ? 0 : 1000) > 0) {
		n = read(fd, text + length, sizeof(text) - 1 - length);
		if (n <= 0)
			break;
		length += (size_t)n;
	}
	text[length] = '\0';
	return text;
}

Test(cli, a_refusal_is_one_line_whatever_it_quotes, .timeout = 10)
{
	static char long_word[20000];
	int ends[2];
	char *text;

	cr_assert_not(pipe(ends));
	errors_to(ends[1]);
	memset(long_word, 'x', sizeof(long_word) - 1);

	cr_expect_eq(cli_refuse(4, "no '%s' here", "a\nb\033[31m\xc2\x9b\x7f\xc3\xa4"), 4);
	text = arrived(ends[0]);
	cr_expect_str_eq(text, "kt: no 'a?b?[31m???\xc3\xa4' here\n");

	cli_say("%s", long_word);
	text = arrived(ends[0]);
	cr_expect(strchr(text, '\n') && !strchr(text, '\n')[1], "cut, and still a line");
}

struct given {
	const char *word;
	bool flag;
};

static error_t take(int key, char *arg, struct argp_state *state)
{
	struct given *g = state->input;

	if (key == 'x')
		g->flag = true;
	else if (key == ARGP_KEY_ARG)
		g->word = arg;
	else
		return ARGP_ERR_UNKNOWN;
	return arg && !strcmp(arg, "bad") ? cli_refuse(KT_EXIT_USAGE, "a bad word") : 0;
}

Test(cli, options_of_every_command, .timeout = 10)
{
	static const struct argp_option options[] = { { "ex", 'x', NULL, 0, "X", 0 }, { 0 } };
	static const struct argp argp = { .options = options, .parser = take };
	static const struct {
		char *arg;
		bool goes_on;
		int status;
		const char *out, *err; /* beginnings */
	} calls[] = {
		{ "-x", true, 0, "", "" },
		{ "word", true, 0, "", "" },
		{ "-h", false, 0, "Usage: kt toy [OPTION...]\n", "" },
		{ "-?", false, 0, "Usage: kt toy [OPTION...]\n", "" },
		{ "--help", false, 0, "Usage: kt toy [OPTION...]\n", "" },
		{ "--usage", false, 0, "Usage: kt toy [-xh?V]", "" },
		{ "-V", false, 0, "kt " KT_VERSION "\n", "" },
		{ "--version", false, 0, "kt " KT_VERSION "\n", "" },
		{ "bad", false, KT_EXIT_USAGE, "", "kt toy: a bad word\n" },
		{ "-z", false, KT_EXIT_USAGE, "", "kt toy: invalid option -- 'z'\n" },
		{ "--zz", false, KT_EXIT_USAGE, "", "kt toy: unrecognized option '--zz'\n" },
	};
	int out[2], err[2];

	cr_assert(!pipe2(out, O_NONBLOCK) && !pipe2(err, O_NONBLOCK));
	fflush(stdout);
	dup2(out[1], STDOUT_FILENO);
	errors_to(err[1]);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		char *argv[] = { "toy", calls[i].arg, NULL }, text[4096];
		struct given g = { 0 };
		int status = 0;
		ssize_t n;

		cr_expect_eq(cli_parse("kt toy", &argp, 2, argv, &g, &status), calls[i].goes_on,
			     "%s", calls[i].arg);
		cr_expect_eq(status, calls[i].status, "%s: %d", calls[i].arg, status);
		n = read(out[0], text, sizeof(text) - 1);
		text[n > 0 ? n : 0] = '\0';
		cr_expect(*calls[i].out ? !strncmp(text, calls[i].out, strlen(calls[i].out))
					: !*text,
			  "%s printed '%s'", calls[i].arg, text);
		n = read(err[0], text, sizeof(text) - 1);
		text[n > 0 ? n : 0] = '\0';
		cr_expect_str_eq(text, calls[i].err, "%s said '%s'", calls[i].arg, text);
		cr_expect_eq(g.flag, !strcmp(calls[i].arg, "-x"));
		cr_expect(g.word == NULL || g.word == calls[i].arg);
	}
}

/* ---- progress -------------------------------------------------------------------------------- */

static const char long_name[] = "wakeup/trip=oneway/cpu=cross/wait=sleep/and=more/of=it";

/* The status line of a question at 50 %, where standard error is @fd. */
static char *status_line(int fd, int from)
{
	struct progress p;

	errors_to(fd);
	progress_init(&p, 12, 60);
	progress_question(&p, long_name, 5);
	progress_update(&p, "traced", 0.5);
	return arrived(from);
}

Test(cli, a_status_line_fits_its_terminal, .timeout = 10)
{
	struct pty pty = open_pty(60);
	char *line;

	setenv("TERM", "xterm", 1);
	setenv("NO_COLOR", "1", 1);
	line = status_line(fileno(pty.terminal), pty.controller);

	cr_assert_eq(strncmp(line, "\r\033[K", 4), 0, "'%s'", line);
	line += 4;
	cr_expect_eq(strlen(line), 59, "%zu columns: '%s'", strlen(line), line);
	cr_expect_eq(strncmp(line, "[1/12] wakeup/", 14), 0, "'%s'", line);
	cr_expect(strstr(line, "...  traced 50 %  "), "'%s'", line);
	cr_expect(strstr(line, " s left"), "'%s'", line);
	cr_expect_not(strchr(line, '\033'), "no colours");
}

/* Questions that are measured again come after all of them. */
Test(cli, questions_that_come_on_top_count_in_the_status_line, .timeout = 10)
{
	struct pty pty = open_pty(80);
	struct progress p;

	setenv("TERM", "xterm", 1);
	setenv("NO_COLOR", "1", 1);
	errors_to(fileno(pty.terminal));
	progress_init(&p, 1, 5);
	progress_question(&p, "first", 5);
	progress_more(&p, 1, 5);
	progress_question(&p, "first", 5);
	progress_update(&p, "again", 0);
	cr_expect(strstr(arrived(pty.controller), "[2/2] first  again 0 %  "));
}

Test(cli, a_status_line_is_whole_where_there_is_room, .timeout = 10)
{
	struct pty pty = open_pty(0);
	char *line;

	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	unsetenv("COLUMNS");
	line = status_line(fileno(pty.terminal), pty.controller);

	cr_expect(strstr(line, "[1/12] \033[1mwakeup/"), "'%s'", line);
	cr_expect(strstr(line, "/of=it\033[0m  traced 50 %  "), "'%s'", line);
}

Test(cli, a_line_that_stays_takes_the_status_lines_place, .timeout = 10)
{
	struct pty pty = open_pty(80);
	struct progress p;

	setenv("TERM", "xterm", 1);
	errors_to(fileno(pty.terminal));
	progress_init(&p, 12, 60);
	progress_question(&p, long_name, 5);
	progress_update(&p, "traced", 0.5);
	arrived(pty.controller);

	progress_say(&p, "a line that %s", "stays");
	cr_expect_str_eq(arrived(pty.controller), "\r\033[Kkt: a line that stays\n");
	progress_say(&p, "another");
	cr_expect_str_eq(arrived(pty.controller), "kt: another\n");
}

Test(cli, plain_lines_where_no_line_can_be_rewritten, .timeout = 10)
{
	struct pty pty = open_pty(40);
	struct progress p;
	char *text;

	setenv("TERM", "dumb", 1);
	errors_to(fileno(pty.terminal));
	progress_init(&p, 12, 60);
	progress_question(&p, long_name, 5);
	progress_update(&p, "traced", 0.4);
	p.last_ns -= 5000000000ULL; /* as if that time had passed */
	progress_update(&p, "traced", 0.5);
	p.last_ns -= 5000000000ULL;
	progress_update(&p, "traced", 0.6);
	progress_update(&p, "traced", 0.7);
	progress_say(&p, "a line that %s", "stays");
	text = arrived(pty.controller);

	cr_expect_eq(strncmp(text, "kt: [1/12] wakeup/", 18), 0, "'%s'", text);
	text = strchr(text, '\n');
	cr_assert_not_null(text);
	cr_expect_str_eq(text + 1, "kt: a line that stays\n", "one line in ten seconds");
}

/* ---- output files: more of them in tests/cli/output.sh -------------------------------------- */

Test(cli, an_output_is_written_when_it_is_closed)
{
	struct output o;
	char err[256] = "";

	cr_assert_eq(output_open(&o, "/dev/full", OUTPUT_REFUSE, err, sizeof(err)), 0, "%s", err);
	fputs("not written yet", o.stream);
	cr_expect_eq(output_close(&o, 0, err, sizeof(err)), -ENOSPC);
	cr_expect_str_eq(err, "cannot write /dev/full: No space left on device");
}

Test(cli, an_output_that_failed_is_not_there)
{
	char dir[] = "/tmp/kt-cli-XXXXXX", path[64], err[256] = "";
	struct output o;

	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/out", dir);
	cr_assert_eq(output_open(&o, path, OUTPUT_REFUSE, err, sizeof(err)), 0, "%s", err);
	fputs("half", o.stream);
	cr_expect_eq(access(path, F_OK), -1, "not before it is whole");
	cr_expect_eq(output_close(&o, -ENOMEM, err, sizeof(err)), -ENOMEM);
	cr_expect(strstr(err, path) && strstr(err, "memory"), "%s", err);
	cr_expect_eq(access(path, F_OK), -1);
	cr_expect_eq(rmdir(dir), 0, "nothing is left beside it");
}
