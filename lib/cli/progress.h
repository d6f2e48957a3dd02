/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CLI_PROGRESS_H
#define KT_CLI_PROGRESS_H
/*
 * What a run says while it goes on, on standard error: one status line that is rewritten where the
 * terminal can do that, and no longer than it is wide; otherwise a plain line every ten seconds.
 * Never during an epoch.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/cli/terminal.h"

struct progress {
	struct terminal_style style;
	bool shown;
	size_t nr, index; /* questions, the current one from 0 */
	const char *question;
	/* Planned costs: of the whole run, of the questions that are done, of the current one. */
	double planned_s, done_s, current_s;
	uint64_t start_ns, last_ns;
};

/* progress_init - @nr questions whose planned costs add up to @planned_s */
void progress_init(struct progress *p, size_t nr, double planned_s);

/* progress_more - @nr more questions than it seemed, of @planned_s together */
void progress_more(struct progress *p, size_t nr, double planned_s);

/* progress_question - the next question begins; its planned cost */
void progress_question(struct progress *p, const char *name, double planned_s);

/*
 * progress_update - the share 0..1 of the current question that is done, and what goes on ("setup",
 * "traced")
 */
void progress_update(struct progress *p, const char *what, double share);

/* progress_say - a line that stays, as of cli_say() */
void progress_say(struct progress *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* progress_done - take the status line away */
void progress_done(struct progress *p);
#endif
