/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_BENCH_WIRE_H
#define KT_BENCH_WIRE_H
/*
 * The page that the controller (`kt bench`) and a worker (a binary with BENCH_MAIN) share.
 *
 * A memfd, inherited by the worker as descriptor number --bench-wire=FD. Exactly one side runs: the
 * one that wire.turn names; the other sleeps in a futex on that word, so that the controller takes
 * no CPU during an epoch. Each side writes only in its own turn, which makes plain accesses enough:
 * handing over the turn is the release, seeing it the acquire.
 *
 * The worker lists its questions without a page: `BINARY --bench-list` prints one line each,
 * tab-separated: question, mode (time|latency), phases (0|1), zone, baseline or "-", arms with
 * commas; then "manual" if it runs only where a filter matches, "batch=N" if each value is of N
 * operations. The index of the line, from 0, is the question's number.
 *
 * Conversation: SETUP (question, arm) for every arm; the reply's status says whether the arm is in.
 * Then RUN any number of times, in any order of arms; then TEARDOWN for each arm; then the next
 * question or QUIT. A worker that does not answer in time, or is gone, costs its question only: the
 * controller starts a new one. So does one that overwrites turn, the words above it, or gives the
 * page back without answering the call. The controller copies an answer and checks the copy.
 */
#include <stdint.h>

#include "lib/measure/hist.h"

#define WIRE_MAGIC	 0x4b54424348573031ULL /* "KTBCHW01" */
#define WIRE_VERSION	 3
#define WIRE_NR_COUNTERS 8
#define WIRE_MESSAGE	 256

enum wire_turn { WIRE_CONTROLLER, WIRE_WORKER };
enum wire_cmd { WIRE_SETUP, WIRE_RUN, WIRE_TEARDOWN, WIRE_QUIT };
enum wire_status { WIRE_OK, WIRE_SKIPPED, WIRE_FAILED };
/* What an arm may leave changed of the thread that drives all arms: bits of wire.changed. */
enum wire_setting {
	WIRE_AFFINITY,
	WIRE_NICE,
	WIRE_POLICY,
	WIRE_SLACK,
	WIRE_LIMITS,
	NR_WIRE_SETTINGS
};

struct wire_counter {
	char name[32];
	double value;
};

struct wire {
	uint64_t magic;
	uint32_t version;
	uint32_t size; /* of this struct: both sides must be of one build */
	uint32_t turn; /* enum wire_turn; the futex word */

	/* from the controller */
	uint32_t cmd; /* enum wire_cmd */
	uint32_t question;
	uint32_t arm;	  /* index into the question's arms */
	uint32_t observe; /* RUN: stamp the slots, a tracer looks */
	uint64_t iterations;
	uint32_t call; /* number of this call */

	/* from the worker */
	uint32_t answered;	/* number of the call this is the answer to */
	uint32_t status;	/* enum wire_status */
	uint32_t changed;	/* settings that the arm changed in this call; they are put back */
	uint64_t registry_addr; /* of kthread_slot_registry, set before the first reply */
	uint64_t start_ns, end_ns; /* CLOCK_MONOTONIC, first and last bench_keep_running() */
	uint64_t cpu_ns;	   /* CPU time of the whole worker process in that span */
	uint64_t nvcsw, nivcsw, minflt;
	/*
	 * Values that no operation can take: of 2^63 or more, as when one ended before it began.
	 * They are not in hist.
	 */
	uint64_t nr_impossible;
	char message[WIRE_MESSAGE]; /* reason of SKIPPED or FAILED, else the arm's label */
	uint32_t nr_counters;
	struct wire_counter counter[WIRE_NR_COUNTERS];

	/* k=7; BENCH_LATENCY: every operation; BENCH_TIME: one value, ns per iteration */
	struct hist hist;
};
#endif
