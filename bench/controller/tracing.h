/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_TRACING_H
#define KT_CONTROLLER_TRACING_H
/*
 * The tracer as the controller uses it: loaded once per run, attached for the traced blocks of a
 * question only, counting during their epochs only; what came becomes records.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/controller/suite.h"
#include "lib/record/record.h"

struct tracing;

struct tracing_opts {
	unsigned int nr_arms; /* of the question that has most */
	bool stacks;	      /* of the longest waits; taken at each wake */
};

/* tracing_open - 0, or -errno and a sentence in @err */
int tracing_open(struct tracing **t, const struct tracing_opts *opts, char *err, size_t errlen);

/*
 * tracing_begin - watch the worker @pid, whose slots are at @registry_addr; 0, or -errno and a
 * sentence
 */
int tracing_begin(struct tracing *t, pid_t pid, uint64_t registry_addr, char *err, size_t errlen);

/* tracing_epoch - count from here on, or no more */
void tracing_epoch(struct tracing *t, bool on);

/* tracing_poll - housekeeping between epochs */
void tracing_poll(struct tracing *t);

/*
 * tracing_end - stop watching; an `event` record for each of the longest waits, one `trace` record per
 * arm that was seen, one `losses` record
 *
 * @w NULL: write nothing. Return: 0, -ENODATA and a sentence in @why when no wake had its phases and
 * nothing explains it, or another -errno, of reading or writing.
 */
int tracing_end(struct tracing *t, const struct suite_question *q, struct record_writer *w,
		char *why, size_t len);
void tracing_close(struct tracing *t);
#endif
