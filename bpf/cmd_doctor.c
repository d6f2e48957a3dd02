// SPDX-License-Identifier: GPL-2.0-only
/* kt doctor: examine, print. */
#include <stdbool.h>
#include <stdio.h>

#include "lib/cli/cli.h"

#include "bpf/doctor.h"

enum { KEY_JSON = 256 };

static const struct argp_option options[] = {
	{ "json", KEY_JSON, NULL, 0, "Print one JSON object instead of the table", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	if (key == KEY_JSON) {
		*json = true;
		return 0;
	}
	if (key == ARGP_KEY_ARG)
		return cli_refuse(KT_EXIT_USAGE,
				  "unexpected argument '%s'; kt doctor takes options only", arg);
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Say what this machine lets the tracers do.\v"
	       "Each capability is ok; absent (this kernel does not have it), forbidden (this process "
	       "may not use it), not configured, not mounted, not shown (something hides it from this "
	       "process), or not known (it could not be tried). Below one that is not ok, two lines say "
	       "what is lost without it and what helps. Warnings at the end are of the machine: what "
	       "makes its figures harder to trust.\n\n"
	       "Exit status: 0 whatever was found, 2 usage, 5 not printed.",
};

static void print_table(const struct doctor *d)
{
	for (size_t i = 0; i < d->nr; i++) {
		const struct capability *c = &d->capability[i];

		printf("%-26s%s%s%s\n", c->name, availability_name(c->state), *c->why ? ": " : "",
		       c->why);
		if (*c->costs)
			printf("%-26s  without it: %s\n", "", c->costs);
		if (*c->remedy)
			printf("%-26s  to get it: %s\n", "", c->remedy);
	}
	for (size_t i = 0; i < d->nr_warnings; i++)
		printf("warning: %s -> %s\n", d->warning[i].text, d->warning[i].fix);
}

static void print_json(const struct doctor *d)
{
	struct record_capability capability[DOCTOR_MAX_CAPABILITIES];

	for (size_t i = 0; i < d->nr; i++) {
		const struct capability *c = &d->capability[i];

		capability[i] = (struct record_capability){ c->name, availability_name(c->state),
							    c->why, c->costs, c->remedy };
	}
	/* What could not be written cli_flush() says. */
	record_doctor_json(stdout, KT_VERSION, capability, d->nr, d->warning, d->nr_warnings);
}

int cmd_doctor(int argc, char **argv)
{
	bool json = false;
	struct doctor d;
	int status;

	if (!cli_parse("kt doctor", &argp, argc, argv, &json, &status))
		return status;
	doctor_examine(&d);
	if (json)
		print_json(&d);
	else
		print_table(&d);
	return cli_flush();
}
