/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_OPTIONS_H
#define KT_CONTROLLER_OPTIONS_H
/* What the command line of `kt bench` says, and what options `kt selftest` shares with it. */
#include <stdbool.h>
#include <stdint.h>

enum trace_wish { TRACE_IF_PERMITTED, TRACE_MUST, TRACE_NO };

struct bench_options {
	const char *filter, *output;
	const char *path;      /* of the benchmark binary; NULL: the built-in suite */
	const char *against;   /* the build that PATH is compared with; NULL: none */
	const char *toggle[2]; /* the commands of two settings; NULL: none */
	const char *baseline;  /* NULL: each question's own */
	double zone;	       /* 0: each question's own */
	unsigned int fail_on;  /* enum report_failure; 0: not given */
	unsigned int repeat_exec;
	uint64_t time_ns, patience_ns, seed;
	uint64_t repeat; /* runs, at least 1 */
	bool seed_given, time_given, list, strict, full;
	const char *targets; /* file; NULL: none */
	bool stacks;	     /* of the longest waits of traced blocks */
	enum trace_wish trace;
};

/*
 * bench_options_parse - fill @o, also with what is not given
 *
 * Return: true when the command is to go on; false when it ends with *@status, everything said.
 */
bool bench_options_parse(struct bench_options *o, int argc, char **argv, int *status);

/* options_parse_time - of @option: 1ms to 24h; 0, or the exit status after a refusal */
int options_parse_time(const char *option, const char *arg, const char *example, uint64_t *ns);

/* options_parse_seed - 0, or the exit status after a refusal */
int options_parse_seed(const char *arg, uint64_t *seed);
#endif
