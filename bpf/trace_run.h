/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_TRACE_RUN_H
#define KT_BPF_TRACE_RUN_H
/*
 * One run of `kt trace`: a tracer, a record, perhaps a command, from the first event to the
 * record's end. Knows no options and prints nothing.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/record/record.h"

#include "bpf/tracer.h"

/* What is said when counting has begun. */
struct trace_ready {
	uint64_t attach_ns; /* from trace_run() to that moment */
	pid_t command;	    /* process id of the command, 0: there is none */
	const char *lacks;  /* what is traced without, and why; "": nothing */
};

struct trace_request {
	struct tracer_opts
		opts; /* process id, follow_children, command and who are set here for a command */
	uint64_t duration_ns;	      /* 0: until the command or process ends, or a signal comes */
	uint64_t interval_ns;	      /* 0: one interval, the whole run */
	uint64_t start_ns;	      /* set when counting begins */
	const char *output;	      /* file to be made; NULL: none */
	struct record_writer *stream; /* instead of it, taken over; NULL: none */
	char **command;		      /* NULL: none */
	const char *on_slow;	      /* a command for the shell, on_slow.h; NULL: none */
	bool as_root; /* under sudo: the command is root's, not the caller's, and kt stays root */
	bool stats;   /* look at what the programs cost every second, not every tenth */
	int argc;     /* command line for the record's header */
	char **argv;
	/* gets each record as it is written */
	record_look *look;
	/* NULL: nobody asks */
	void (*ready)(const struct trace_ready *ready, void *arg);
	/* an interval has been recorded; false: nobody wants another one */
	bool (*interval)(void *arg);
	void *arg;
};

struct trace_outcome {
	bool recorded;	  /* the file is there; otherwise nothing was counted and there is none */
	bool interrupted; /* by a signal, before its time */
	bool lost;	  /* some loss counter is not 0 */
	bool counted;	  /* some counter is not 0 */
	char lacks[384];  /* what was traced without in the end, and why; "": nothing */
	struct trace_command
		*command; /* still to be waited for and freed; NULL: none or never executed */
};

/*
 * trace_run - do it
 *
 * SIGINT, SIGTERM and SIGHUP end the counting; the record is complete then too when no duration was
 * set. They stay blocked, for trace_run_wait(). Return: 0, or -errno and one sentence in @err.
 */
int trace_run(struct trace_request *q, struct trace_outcome *o, char *err, size_t errlen);

/* trace_run_wait - wait for the command to end, passing signals on; its exit status */
int trace_run_wait(struct trace_outcome *o);
#endif
