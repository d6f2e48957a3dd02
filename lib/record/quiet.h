/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_QUIET_H
#define KT_RECORD_QUIET_H
/*
 * Is this machine quiet enough to measure on? What makes its figures harder to trust, each with the
 * command that changes it. What the machine does not show is said to be that, and never guessed.
 *
 * A record has those that are marked so, as its environment's warnings; `kt env --check` looks at
 * all of them.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum quiet_state {
	QUIET_FINE,
	QUIET_HINT, /* an ordinary machine has it so; without it figures scatter less */
	QUIET_WARNING,
	QUIET_NOT_SHOWN,
	NR_QUIET_STATES
};

/* quiet_state_name - "fine", "hint", "warning", "not shown" */
const char *quiet_state_name(enum quiet_state s);

struct quiet_check {
	const char *name; /* one word or several with dashes: "governor", "idle-states" */
	enum quiet_state state;
	char text[200]; /* what was found; of QUIET_NOT_SHOWN why; "" when fine */
	char fix[200];	/* a command, or what else helps */
	char undo[160]; /* the command that puts back what was found; "": there is none */
};

#define QUIET_MAX_CHECKS 40

/*
 * quiet_look - look at everything now, in half a second, of which kt itself sleeps all
 *
 * Return: how many of @c are filled, always the same names in the same order; -ENOMEM.
 */
int quiet_look(struct quiet_check c[QUIET_MAX_CHECKS]);

/* quiet_name - of check @i, NULL after the last */
const char *quiet_name(size_t i);

/* quiet_write_json - {kt (its version), checks: [{name, state, text, fix, undo}]}; 0 or -EIO */
int quiet_write_json(FILE *out, const struct quiet_check *c, size_t nr);

/*
 * quiet_warnings - the warnings of a record with this @environment, [{text, fix}]: of what can be
 * known without looking for a while
 */
json_t *quiet_warnings(const json_t *environment);

/* ---- for tests -------------------------------------------------------------------------------- */

/* What went on while kt slept. */
struct quiet_moment {
	double steal, steal_ticks; /* a share; NAN: not shown */
	double busy;		   /* CPUs that were busy, on average; NAN: not shown */
	long long throttled;	   /* how often CPUs were throttled meanwhile */
	bool processes_shown;	   /* all of their descriptors */
	const char *profiler;	   /* "perf 1234"; NULL: none was seen */
	bool irqbalance;
};

/* quiet_judge - of what @environment and @m say; as quiet_look() */
int quiet_judge(struct quiet_check c[QUIET_MAX_CHECKS], const json_t *environment,
		const struct quiet_moment *m);
#endif
