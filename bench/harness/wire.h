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
 *
 * Versions: the two sides need not be of one build. The controller announces those it speaks, from
 * `oldest` to `version`, and the size of its struct. Before its first turn the worker writes those
 * that it speaks to worker_oldest and worker_newest, and to `spoken` the highest that both do; when
 * there is none it exits with status 2. Versions 1 to 3 had no range: their workers exit with
 * status 2 on a page of any other version or size, and the controller then makes them the page that
 * they know (bench/controller/wire_form.h).
 *
 * From version 4 on, fields are only appended to struct wire, at its end; what stands here keeps
 * its place and its meaning. WIRE_VERSION is raised when a field is added that the other side must
 * know. The memory is of WIRE_ROOM bytes whoever made it, zeros at first, so that each side may
 * write fields that the other does not know, and reads 0 where the other did not know one.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/measure/hist.h"

#define WIRE_MAGIC	 0x4b54424348573031ULL /* "KTBCHW01" */
#define WIRE_VERSION	 4
#define WIRE_OLDEST	 4 /* the oldest one that a worker of this build speaks */
#define WIRE_ROOM	 (64 << 10)
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
	uint32_t version; /* the newest one that the controller speaks */
	uint32_t size;	  /* of the controller's struct */
	uint32_t turn;	  /* enum wire_turn; the futex word */

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

	/* since version 4 */
	uint32_t oldest; /* the oldest version that the controller speaks */
	uint32_t worker_oldest, worker_newest, spoken;
};

/* Old builds have these offsets compiled in. */
#define WIRE_AT(field, offset) _Static_assert(offsetof(struct wire, field) == (offset), #field)
WIRE_AT(version, 8);
WIRE_AT(size, 12);
WIRE_AT(turn, 16);
WIRE_AT(cmd, 20);
WIRE_AT(question, 24);
WIRE_AT(arm, 28);
WIRE_AT(observe, 32);
WIRE_AT(iterations, 40);
WIRE_AT(call, 48);
WIRE_AT(answered, 52);
WIRE_AT(status, 56);
WIRE_AT(changed, 60);
WIRE_AT(registry_addr, 64);
WIRE_AT(start_ns, 72);
WIRE_AT(end_ns, 80);
WIRE_AT(cpu_ns, 88);
WIRE_AT(nvcsw, 96);
WIRE_AT(nivcsw, 104);
WIRE_AT(minflt, 112);
WIRE_AT(nr_impossible, 120);
WIRE_AT(message, 128);
WIRE_AT(nr_counters, 384);
WIRE_AT(counter, 392);
WIRE_AT(hist, 712);
WIRE_AT(hist.bucket, 760);
WIRE_AT(oldest, 35576);
WIRE_AT(worker_oldest, 35580);
WIRE_AT(worker_newest, 35584);
WIRE_AT(spoken, 35588);
#undef WIRE_AT
_Static_assert(sizeof(struct wire) <= WIRE_ROOM, "a build that knows all fields has room for them");
#endif
