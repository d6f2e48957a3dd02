// SPDX-License-Identifier: GPL-2.0-only
/* kt doctor: examine, print. */
#include <errno.h>
#include <jansson.h>
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
	       "makes its figures harder to trust.",
};

static void print_table(const struct doctor *d)
{
	json_t *warning;
	size_t i;

	for (i = 0; i < d->nr; i++) {
		const struct capability *c = &d->capability[i];

		printf("%-26s%s%s%s\n", c->name, availability_name(c->state), *c->why ? ": " : "",
		       c->why);
		if (*c->costs)
			printf("%-26s  without it: %s\n", "", c->costs);
		if (*c->remedy)
			printf("%-26s  to get it: %s\n", "", c->remedy);
	}
	json_array_foreach (d->warnings, i, warning)
		printf("warning: %s -> %s\n", json_string_value(json_object_get(warning, "text")),
		       json_string_value(json_object_get(warning, "fix")));
}

static void set_text(json_t *of, const char *key, const char *text)
{
	if (*text)
		json_object_set_new(of, key, json_string(text) ?: json_string("?"));
}

static void print_json(const struct doctor *d)
{
	json_t *capabilities = json_array(), *all;

	for (size_t i = 0; i < d->nr; i++) {
		const struct capability *c = &d->capability[i];
		json_t *o = json_pack("{s:s, s:s}", "name", c->name, "state",
				      availability_name(c->state));

		set_text(o, "why", c->why);
		set_text(o, "costs", c->costs);
		set_text(o, "remedy", c->remedy);
		json_array_append_new(capabilities, o);
	}
	all = json_pack("{s:s, s:o, s:O}", "kt", KT_VERSION, "capabilities", capabilities,
			"warnings", d->warnings);
	json_dumpf(all, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(all);
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
	doctor_free(&d);
	return cli_flush();
}
