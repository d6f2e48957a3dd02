// SPDX-License-Identifier: GPL-2.0-only
#include "lib/cli/cli.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bpf/doctor.h"

static error_t parse(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key == ARGP_KEY_ARG)
		argp_error(state, "takes no arguments");
	return key == ARGP_KEY_ARG ? EINVAL : ARGP_ERR_UNKNOWN;
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

	argp_err_exit_status = KT_EXIT_USAGE;
	argv[0] = "kt doctor";
	argp_parse(&argp, argc, argv, 0, NULL, NULL);

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
	if (fflush(stdout)) {
		fprintf(stderr, "kt doctor: cannot print: %s\n", strerror(errno));
		return KT_EXIT_FAILED;
	}
	return KT_EXIT_OK;
}
