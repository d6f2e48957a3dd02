/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_BENCH_STATE_H
#define KT_BENCH_STATE_H
/*
 * One arm's answer to one question, from setup to teardown: what bench.h's functions work on.
 *
 * Figures of an epoch go straight into a struct wire: the shared page, or a private one when the
 * binary runs by hand. All functions here run in the driving thread. Internal to the harness.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/harness/bench.h"
#include "bench/harness/cpus.h"
#include "bench/harness/question.h"
#include "bench/harness/wire.h"
#include "lib/probe/slot.h"

enum bench_step { STEP_BEFORE, STEP_RUNNING, STEP_AFTER };

struct bench_state {
	struct bench_loop loop; /* first: bench_keep_running() casts */
	enum bench_step step;
	bool driver_measured; /* the driving thread asked for a slot for this arm */
	pid_t driver;
	uint64_t iterations;
	struct wire *wire;
	void *ctx;
	const struct bench_question *question;
	const struct bench_cpus *cpus;
	uint32_t number; /* of the question */
	uint32_t arm;
	enum wire_status status;
	char reason[WIRE_MESSAGE];
	char label[WIRE_MESSAGE];
	uint64_t cpu_start_ns, nvcsw_start, nivcsw_start, minflt_start;
	bool in; /* setup succeeded, teardown is due */
};

/* What a state belongs to. */
struct bench_place {
	const struct bench_question *question;
	uint32_t number;
	uint32_t arm;
	const struct bench_cpus *cpus;
	struct wire *wire;
};

/*
 * bench_state_setup - set one arm up; the outcome is in @st->status and ->reason, also that of a
 * failure
 */
void bench_state_setup(struct bench_state *st, const struct bench_place *at);

/*
 * bench_state_run - one epoch; figures in @st->wire, outcome in @st->status
 *
 * WIRE_OK with an empty histogram when all values were impossible: the arm may do better in the
 * next epoch, this one is of no use.
 */
void bench_state_run(struct bench_state *st, uint64_t iterations, bool observe);

/* bench_state_teardown - undo setup if it succeeded */
void bench_state_teardown(struct bench_state *st);

/*
 * bench_state_exists - asks the benchmark's exists(); usable as bench_question_exists, @arg: struct
 * bench_cpus
 */
bool bench_state_exists(const struct bench_question *q, void *arg);
#endif
