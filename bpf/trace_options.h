/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_TRACE_OPTIONS_H
#define KT_BPF_TRACE_OPTIONS_H
/*
 * The command line of `kt trace`: the one table of its options, what each takes and which exclude
 * each other.
 *
 * An option is one row of the table in trace_options.c and the field that it fills: of struct
 * tracer_opts when it says what is traced, of struct trace_request when it says how the run goes,
 * of struct trace_options when only the command asks. bpf/man/kt-trace.1 describes it.
 */
#include "bpf/trace_run.h"

struct trace_options {
	struct trace_request q;
	bool kind_given;
	bool fail_on_loss;
	bool verbose;
	uint64_t top;	/* subjects with a line; 0: not given */
	const char *by; /* as typed; NULL: not given */
};

/*
 * trace_options_parse - read the command line into zeroed @o, which points into @argv from then on
 *
 * Return: true when there is something to trace; false when the command ends with *@status, help
 * printed or one line said.
 */
bool trace_options_parse(struct trace_options *o, int argc, char **argv, int *status);
#endif
