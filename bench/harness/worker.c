// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/harness/worker.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/harness/settings.h"
#include "bench/harness/state.h"

/*
 * How often a waiting worker looks whether its controller still lives, should the death signal be
 * lost.
 */
#define PARENT_CHECK_S 1

struct worker {
	struct wire *wire;
	const struct bench_questions *qs;
	const struct bench_cpus *cpus;
	pid_t parent;
	struct bench_settings settings; /* of this thread, for all arms */
	uint32_t question;		/* whose states these are */
	uint32_t nr_states;
	struct bench_state *state; /* one per arm of the question */
};

/*
 * Acquire: pairs with the release in the controller's turn_give(); what it wrote into the page is
 * seen. False: the controller is gone.
 */
static bool turn_wait(const struct worker *wk)
{
	const struct timespec limit = { .tv_sec = PARENT_CHECK_S };
	struct wire *w = wk->wire;

	while (__atomic_load_n(&w->turn, __ATOMIC_ACQUIRE) != WIRE_WORKER) {
		if (getppid() != wk->parent)
			return false;
		syscall(SYS_futex, &w->turn, FUTEX_WAIT, WIRE_CONTROLLER, &limit, NULL, 0);
	}
	return true;
}

/* Release: pairs with the acquire in the controller's turn_wait(); it sees the whole reply. */
static void turn_give(struct wire *w, uint32_t call)
{
	w->answered = call;
	__atomic_store_n(&w->turn, WIRE_CONTROLLER, __ATOMIC_RELEASE);
	syscall(SYS_futex, &w->turn, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void states_drop(struct worker *wk)
{
	for (uint32_t i = 0; i < wk->nr_states; i++)
		bench_state_teardown(&wk->state[i]);
	free(wk->state);
	wk->state = NULL;
	wk->nr_states = 0;
}

/* The states of the question asked for, made at its first SETUP. */
static int states_for(struct worker *wk, uint32_t question)
{
	const struct bench_question *q;

	if (wk->state && wk->question == question)
		return 0;
	states_drop(wk);
	if (question >= wk->qs->nr)
		return -EINVAL;
	q = &wk->qs->question[question];
	wk->state = calloc(q->nr_arms, sizeof(*wk->state));
	if (!wk->state)
		return -ENOMEM;
	wk->nr_states = q->nr_arms;
	wk->question = question;
	return 0;
}

static void reply(struct wire *w, enum wire_status status, const char *text)
{
	w->status = status;
	snprintf(w->message, sizeof(w->message), "%s", text);
}

static void reply_state(struct wire *w, const struct bench_state *st)
{
	reply(w, st->status, st->status == WIRE_OK ? st->label : st->reason);
}

static void obey(struct worker *wk)
{
	struct wire *w = wk->wire;
	struct bench_state *st;
	int ret = 0;

	if (w->cmd == WIRE_SETUP)
		ret = states_for(wk, w->question);
	if (ret || w->question != wk->question || w->arm >= wk->nr_states) {
		reply(w, WIRE_FAILED, ret ? strerror(-ret) : "no such question or arm");
		return;
	}
	st = &wk->state[w->arm];
	switch (w->cmd) {
	case WIRE_SETUP: {
		struct bench_place at = { .question = &wk->qs->question[w->question],
					  .number = w->question,
					  .arm = w->arm,
					  .cpus = wk->cpus,
					  .wire = w };

		bench_state_teardown(st);
		bench_state_setup(st, &at);
		reply_state(w, st);
		break;
	}
	case WIRE_RUN:
		if (!st->in) {
			reply(w, WIRE_FAILED, "asked to run before its setup");
			break;
		}
		bench_state_run(st, w->iterations, w->observe);
		reply_state(w, st);
		break;
	case WIRE_TEARDOWN:
		bench_state_teardown(st);
		reply_state(w, st);
		break;
	default:
		reply(w, WIRE_FAILED, "unknown command");
	}
}

/*
 * What an arm changed of this thread must not stay for the next one. Where it cannot be put back
 * that arm has failed, by name, and the others go on as it is now, all alike.
 */
static void put_back(struct worker *wk)
{
	struct wire *w = wk->wire;
	uint32_t stuck;

	w->changed = bench_settings_restore(&wk->settings, &stuck);
	if (!stuck)
		return;
	bench_settings_read(&wk->settings);
	reply(w, WIRE_FAILED,
	      "it changed what the process cannot put back: limits, nice or the scheduling policy");
}

/* Choose a version, and say which ones there are to choose from. False: none, and @why. */
static bool agree(struct wire *w, char *why, size_t len)
{
	/* An older page may end before the fields below. */
	if (w->version < WIRE_OLDEST) {
		snprintf(why, len,
			 "this `kt`, which speaks version %u of its protocol with benchmarks, is "
			 "too old for this binary (%d)",
			 w->version, WIRE_VERSION);
		return false;
	}
	w->worker_oldest = WIRE_OLDEST;
	w->worker_newest = WIRE_VERSION;
	if (w->oldest > WIRE_VERSION) {
		snprintf(why, len,
			 "this binary, which speaks version %d of the protocol of `kt` with its "
			 "benchmarks, is too old for this `kt` (%u to %u)",
			 WIRE_VERSION, w->oldest, w->version);
		return false;
	}
	w->spoken = w->version < WIRE_VERSION ? w->version : WIRE_VERSION;
	return true;
}

static int no_page(int fd)
{
	fprintf(stderr, "--bench-wire=%d is not a page shared by `kt bench`\n", fd);
	return 2;
}

int bench_worker(int fd, const struct bench_questions *qs, const struct bench_cpus *cpus)
{
	struct worker wk = { .qs = qs, .cpus = cpus, .parent = getppid(), .question = UINT32_MAX };
	struct stat sb;
	uint32_t call;
	char why[160];

	/*
	 * Dies with its controller, whoever started us; `kt bench` has asked for it before exec
	 * already.
	 */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != wk.parent)
		return 1;
	if (fstat(fd, &sb) || sb.st_size < (off_t)offsetof(struct wire, turn))
		return no_page(fd);
	wk.wire = mmap(NULL, sizeof(struct wire), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		       fd, 0);
	if (wk.wire == MAP_FAILED) {
		fprintf(stderr, "--bench-wire=%d: %s\n", fd, strerror(errno));
		return 2;
	}
	if (wk.wire->magic != WIRE_MAGIC ||
	    (wk.wire->version >= WIRE_OLDEST && sb.st_size < (off_t)sizeof(struct wire)))
		return no_page(fd);
	if (!agree(wk.wire, why, sizeof(why))) {
		fprintf(stderr, "%s\n", why);
		return 2;
	}
	close(fd);
	if (cpus->nr)
		bench_cpus_pin(cpus->cpu[0]);
	bench_settings_read(&wk.settings);
	while (turn_wait(&wk)) {
		call = wk.wire->call;
		wk.wire->registry_addr = (uintptr_t)&kthread_slot_registry;
		if (wk.wire->cmd == WIRE_QUIT)
			break;
		obey(&wk);
		put_back(&wk);
		turn_give(wk.wire, call);
	}
	states_drop(&wk);
	return 0;
}
