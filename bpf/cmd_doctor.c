// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "lib/cli/cli.h"

#include "bpf/doctor.h"

static error_t parse(int key, char *arg, struct argp_state *state)
{
	(void)state;
	if (key == ARGP_KEY_ARG)
		return cli_refuse(KT_EXIT_USAGE, "unexpected argument '%s'; kt doctor takes none",
				  arg);
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.parser = parse,
	.doc = "Say what this machine lets the tracers do.\v"
	       "Each capability is ok, absent (the kernel has none), forbidden, or not configured. "
	       "For what is missing the next lines say what is lost without it and what would "
	       "bring it.",
};

int cmd_doctor(int argc, char **argv)
{
	struct doctor d;
	int status;

	if (!cli_parse("kt doctor", &argp, argc, argv, NULL, &status))
		return status;
	doctor_examine(&d);
	for (size_t i = 0; i < d.nr; i++) {
		const struct capability *c = &d.capability[i];

		printf("%-26s%s%s%s\n", c->name, capability_state_name(c->state),
		       *c->why ? ": " : "", c->why);
		if (*c->costs)
			printf("%-26s  without it: %s\n", "", c->costs);
		if (c->remedy)
			printf("%-26s  to get it: %s\n", "", c->remedy);
	}
	return cli_flush();
}
