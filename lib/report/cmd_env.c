// SPDX-License-Identifier: GPL-2.0-only
/* kt env: this machine as a record describes it, and whether it is quiet. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/cli/cli.h"
#include "lib/cli/terminal.h"
#include "lib/record/environment.h"
#include "lib/record/quiet.h"

#include "lib/report/render.h"

struct options {
	bool check, strict, json, public, ignores;
	bool ignored[QUIET_MAX_CHECKS];
};

enum { KEY_CHECK = 256, KEY_STRICT, KEY_IGNORE, KEY_JSON, KEY_PUBLIC };

static const struct argp_option options[] = {
	{ "check", KEY_CHECK, NULL, 0,
	  "Print what makes figures of this machine harder to trust, each with the command that changes it",
	  0 },
	{ "strict", KEY_STRICT, NULL, 0, "As --check; exit with 3 when there is a warning", 0 },
	{ "ignore", KEY_IGNORE, "CHECK", 0,
	  "Leave out CHECK, such as hypervisor; several with commas or repeated", 0 },
	{ "json", KEY_JSON, NULL, 0, "Print one JSON object", 0 },
	{ "public", KEY_PUBLIC, NULL, 0, "Print the host name, not a hash of it", 0 },
	{ 0 },
};

static error_t ignore(struct options *o, char *list)
{
	char *save = NULL;

	for (char *name = strtok_r(list, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		size_t i = 0;

		while (quiet_name(i) && strcmp(quiet_name(i), name))
			i++;
		if (!quiet_name(i))
			return cli_refuse(KT_EXIT_USAGE,
					  "unknown check '%s'; `kt env --help` lists them", name);
		o->ignored[i] = o->ignores = true;
	}
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case KEY_STRICT:
		o->strict = true;
		/* fall through */
	case KEY_CHECK:
		o->check = true;
		return 0;
	case KEY_IGNORE:
		return ignore(o, arg);
	case KEY_JSON:
		o->json = true;
		return 0;
	case KEY_PUBLIC:
		o->public = true;
		return 0;
	case ARGP_KEY_ARG:
		return cli_refuse(KT_EXIT_USAGE,
				  "unexpected argument '%s'; kt env takes options only", arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The names of the checks stand in one place: where they are made. */
static char *help_text(int key, const char *text, void *input)
{
	char *made = NULL;
	size_t length;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC || !text)
		return (char *)text;
	out = open_memstream(&made, &length);
	if (!out)
		return (char *)text;
	fputs("Checks: ", out);
	for (size_t i = 0; quiet_name(i); i++)
		fprintf(out, "%s%s", i ? ", " : "", quiet_name(i));
	fprintf(out, ".\n\n%s", text);
	return fclose(out) ? NULL : made;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Print this machine as records describe it: kernel, CPUs, clock, mitigations, settings, load."
	       "\vA warning makes figures wrong or scattered; a hint is what an ordinary machine has, and figures "
	       "scatter less without it. What cannot be seen is said to be not shown.\n\n"
	       "Exit status: 0 printed, 2 usage, 3 a warning with --strict, 5 not printed.",
	.help_filter = help_text,
};

/* ---- the environment ------------------------------------------------------------------------- */

#define LABEL 14

/* Broken between words where the terminal ends. */
static void print_line(const char *label, const char *text, int width)
{
	int column = LABEL;

	printf("%-*s", LABEL, label);
	while (*text) {
		int n = (int)strcspn(text, " ");
		char word[512];

		snprintf(word, sizeof(word), "%.*s", n, text);
		if (column > LABEL) {
			bool fits = !width || column + 1 + n <= width;

			if (fits)
				putchar(' ');
			else
				printf("\n%*s", LABEL, "");
			column = fits ? column + 1 : LABEL;
		}
		column += escape_terminal(stdout, word);
		text += n + strspn(text + n, " ");
	}
	putchar('\n');
}

static int print_environment(const struct options *o)
{
	struct environment_line line[ENVIRONMENT_MAX_LINES];
	struct terminal_style style = terminal_style_of(stdout);
	struct utsname u = { 0 };
	json_t *environment;
	int nr;

	uname(&u);
	if (o->json) {
		nr = environment_write_json(stdout, o->public ? u.nodename : NULL);
		return nr == -ENOMEM ? cli_refuse(KT_EXIT_FAILED, "out of memory") : cli_flush();
	}
	environment = environment_now();
	nr = environment ? environment_lines(environment, o->public ? u.nodename : NULL, line)
			 : -ENOMEM;
	for (int i = 0; i < nr; i++) {
		print_line(line[i].label, line[i].text, style.width);
		free(line[i].text);
	}
	json_decref(environment);
	return nr < 0 ? cli_refuse(KT_EXIT_FAILED, "out of memory") : cli_flush();
}

/* ---- the check ------------------------------------------------------------------------------- */

static void print_check(const struct quiet_check *c)
{
	printf("%s: %s: ", quiet_state_name(c->state), c->name);
	escape_terminal(stdout, c->text);
	putchar('\n');
	if (*c->fix) {
		fputs("  change it: ", stdout);
		escape_terminal(stdout, c->fix);
		putchar('\n');
	}
	if (*c->undo) {
		fputs("  and back:  ", stdout);
		escape_terminal(stdout, c->undo);
		putchar('\n');
	}
}

/* The worst first; what is fine is counted. */
static void print_checks(const struct quiet_check *c, size_t nr, const size_t *count)
{
	static const enum quiet_state order[] = { QUIET_WARNING, QUIET_HINT, QUIET_NOT_SHOWN };

	for (size_t s = 0; s < sizeof(order) / sizeof(order[0]); s++)
		for (size_t i = 0; i < nr; i++)
			if (c[i].state == order[s])
				print_check(&c[i]);
	printf("%zu warning%s, %zu hint%s, %zu not shown, %zu fine\n", count[QUIET_WARNING],
	       count[QUIET_WARNING] == 1 ? "" : "s", count[QUIET_HINT],
	       count[QUIET_HINT] == 1 ? "" : "s", count[QUIET_NOT_SHOWN], count[QUIET_FINE]);
}

static int check(const struct options *o)
{
	size_t count[NR_QUIET_STATES] = { 0 }, nr = 0;
	struct quiet_check c[QUIET_MAX_CHECKS];
	int all = quiet_look(c), status;

	if (all < 0)
		return cli_refuse(KT_EXIT_FAILED, "out of memory");
	for (int i = 0; i < all; i++) {
		if (o->ignored[i])
			continue;
		c[nr] = c[i];
		count[c[nr++].state]++;
	}
	if (o->json)
		quiet_write_json(stdout, c, nr);
	else
		print_checks(c, nr, count);
	status = cli_flush();
	return status || !o->strict || !count[QUIET_WARNING] ? status : KT_EXIT_NOISY;
}

static const struct cli_values values[] = {
	{ KEY_IGNORE, CLI_SOME_OF, quiet_name },
	{ 0 },
};

int cmd_env(int argc, char **argv)
{
	struct options o = { 0 };
	int status;

	cli_offer(values);
	if (!cli_parse("kt env", &argp, argc, argv, &o, &status))
		return status;
	if (o.public && o.check)
		return cli_refuse(KT_EXIT_USAGE,
				  "--public: --check does not print the host name at all");
	if (o.ignores && !o.check)
		return cli_refuse(KT_EXIT_USAGE,
				  "--ignore leaves out checks: give --check as well");
	return o.check ? check(&o) : print_environment(&o);
}
