// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/measure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/controller/calibrate.h"
#include "bench/controller/client.h"
#include "bench/controller/interrupt.h"
#include "bench/controller/noise.h"
#include "bench/controller/schedule.h"
#include "lib/probe/slot.h"
#include "lib/record/types.h"

/*
 * Fewest blocks of a phase, however slow the arms: two phases of untraced ones give enough pairs
 * for an interval.
 */
#define MIN_BLOCKS 4

/*
 * But not at any price: beyond this many times the phase's budget (and a second) it ends all the
 * same.
 */
#define BUDGET_STRETCH 5

/* One epoch's answer, kept until the block's record is made. */
struct answer {
	uint64_t iterations, start_ns, end_ns, cpu_ns, nvcsw, nivcsw, minflt;
	uint32_t nr_counters;
	struct wire_counter counter[WIRE_NR_COUNTERS];
	struct hist hist;
};

_Static_assert(SCHEDULE_MAX_ARMS <= RECORD_MAX_ARMS && WIRE_NR_COUNTERS <= RECORD_MAX_NUMBERS,
	       "what is measured can be written");

struct session {
	const struct suite_question *q;
	const struct measure_opts *o;
	struct client client;
	unsigned int nr;		     /* arms that are in */
	unsigned int arm[SCHEDULE_MAX_ARMS]; /* their numbers in the question */
	struct answer *answer;		     /* one per arm that is in */
	struct record_epoch *epoch;	     /* the same, of the block that is written */
	uint64_t iterations, epoch_ns[SCHEDULE_MAX_ARMS];
	uint64_t limit_ns;
	struct schedule schedule, traced_schedule;
	struct noise noise;
	int block;
	bool traced;
	bool tracing_failed;
	const char *failed_arm; /* whose call did not come back well */
	char *err;
	size_t errlen;
};

/* A call ended badly: what the flow above does about it. 0 and negatives are the usual ones. */
enum { QUESTION_LOST = 1, STOP_ASKED };

static int lost(struct session *s, const char *arm, const char *fmt, ...)
{
	va_list ap;

	s->failed_arm = arm;
	va_start(ap, fmt);
	vsnprintf(s->err, s->errlen, fmt, ap);
	va_end(ap);
	return QUESTION_LOST;
}

static int call(struct session *s, enum wire_cmd cmd, unsigned int arm)
{
	char why[200];
	int r;

	s->client.wire->question = s->q->number;
	s->client.wire->arm = arm;
	r = client_call(&s->client, cmd, s->limit_ns, why, sizeof(why));
	if (r == -EINTR)
		return STOP_ASKED;
	if (r)
		return lost(s, s->q->arm[arm], "%s in %s", why,
			    cmd == WIRE_SETUP ? "setup"
			    : cmd == WIRE_RUN ? "the body"
					      : "teardown");
	return 0;
}

/* ---- setup ----------------------------------------------------------------------------------- */

static int write_failed(const struct session *s, const char *arm, const char *reason)
{
	const struct record_failed f = { .question = s->q->name, .arm = arm, .reason = reason };

	return record_write_failed(s->o->out, &f);
}

/* What setup said of the arms. The texts came through the shared page, so they are kept here. */
struct setup {
	struct record_question question;
	unsigned int nr_failed;
	struct record_skipped failed[SCHEDULE_MAX_ARMS];
	char text[SCHEDULE_MAX_ARMS][WIRE_MESSAGE];
};

/*
 * All arms in one worker; those that are in go to s->arm and the question, the others into skipped
 * or failed.
 */
static int set_up(struct session *s, struct setup *made)
{
	struct record_question *rq = &made->question;
	const struct suite_question *q = s->q;
	const struct wire *w = s->client.wire;
	int r;

	for (unsigned int i = 0; i < q->nr_arms; i++) {
		char *text = made->text[i];

		r = call(s, WIRE_SETUP, i);
		if (r)
			return r;
		snprintf(text, sizeof(made->text[i]), "%s", w->message);
		if (w->status == WIRE_OK) {
			s->arm[s->nr++] = i;
			rq->arm[rq->nr_arms++] =
				(struct record_arm){ .name = q->arm[i],
						     .label = *text ? text : NULL };
		} else if (w->status == WIRE_SKIPPED) {
			rq->skipped[rq->nr_skipped++] = (struct record_skipped){ q->arm[i], text };
		} else {
			made->failed[made->nr_failed++] =
				(struct record_skipped){ q->arm[i], text };
		}
	}
	return 0;
}

static int write_question(const struct session *s, struct record_question *rq)
{
	const struct suite_question *q = s->q;

	rq->name = q->name;
	rq->latency = q->latency;
	rq->baseline = q->baseline;
	rq->zone = q->zone;
	rq->phases = q->phases;
	return record_write_question(s->o->out, rq);
}

static int begin(struct session *s, unsigned int *nr_failed)
{
	struct setup *made = calloc(1, sizeof(*made));
	int r, lost_in_setup;

	if (!made)
		return -ENOMEM;
	lost_in_setup = set_up(s, made);
	r = lost_in_setup == STOP_ASKED ? STOP_ASKED : write_question(s, &made->question);
	*nr_failed = made->nr_failed;
	for (unsigned int i = 0; i < made->nr_failed; i++) {
		if (!r)
			r = write_failed(s, made->failed[i].arm, made->failed[i].reason);
		snprintf(s->err, s->errlen, "%s: %s", made->failed[i].arm, made->failed[i].reason);
	}
	free(made);
	return r ? r : lost_in_setup;
}

/* ---- epochs and blocks ----------------------------------------------------------------------- */

/* One epoch of the arm in place @i, traced in a traced phase; the answer is in the shared page. */
static int epoch(struct session *s, unsigned int i, uint64_t iterations)
{
	struct wire *w = s->client.wire;
	int r;

	w->iterations = iterations;
	w->observe = s->traced;
	if (s->traced)
		tracing_epoch(s->o->tracing, true);
	r = call(s, WIRE_RUN, s->arm[i]);
	if (s->traced)
		tracing_epoch(s->o->tracing, false);
	if (!r && w->status != WIRE_OK)
		r = lost(s, s->q->arm[s->arm[i]], "%s", w->message);
	return r;
}

static int calibrate_one(void *arg, unsigned int arm, uint64_t iterations, uint64_t *ns)
{
	struct session *s = arg;
	int r = epoch(s, arm, iterations);

	if (!r)
		*ns = s->client.wire->end_ns - s->client.wire->start_ns;
	return r;
}

static int find_iterations(struct session *s)
{
	struct record_calibration c = { .question = s->q->name, .nr_arms = s->nr };
	uint64_t longest = 0;
	int r;

	r = calibrate(s->nr, calibrate_one, s, &s->iterations, s->epoch_ns);
	if (r)
		return r;
	c.iterations = s->iterations;
	for (unsigned int i = 0; i < s->nr; i++) {
		c.arm[i] = (struct record_arm){ .name = s->q->arm[s->arm[i]],
						.epoch_ns = s->epoch_ns[i] };
		if (s->epoch_ns[i] > longest)
			longest = s->epoch_ns[i];
	}
	s->limit_ns = s->o->patience_ns + 20 * longest;
	return record_write_calibration(s->o->out, &c);
}

static void answer_keep(struct answer *a, const struct wire *w)
{
	a->iterations = w->iterations;
	a->start_ns = w->start_ns;
	a->end_ns = w->end_ns;
	a->cpu_ns = w->cpu_ns;
	a->nvcsw = w->nvcsw;
	a->nivcsw = w->nivcsw;
	a->minflt = w->minflt;
	a->nr_counters = w->nr_counters;
	memcpy(a->counter, w->counter, sizeof(a->counter));
	a->hist = w->hist;
}

/* @e: its strings and its histogram stay in @a. */
static void answer_epoch(struct answer *a, const char *arm, struct record_epoch *e)
{
	*e = (struct record_epoch){ .arm = arm,
				    .iterations = a->iterations,
				    .start_ns = a->start_ns,
				    .end_ns = a->end_ns,
				    .cpu_ns = a->cpu_ns,
				    .nvcsw = a->nvcsw,
				    .nivcsw = a->nivcsw,
				    .minflt = a->minflt,
				    .nr_counters = a->nr_counters,
				    .hist = &a->hist };
	for (uint32_t i = 0; i < a->nr_counters; i++)
		e->counter[i] = (struct record_number){ a->counter[i].name, a->counter[i].value };
}

static int write_block(struct session *s, const unsigned int *order)
{
	struct record_block b = { .question = s->q->name,
				  .number = (uint64_t)s->block++,
				  .traced = s->traced,
				  .nr_epochs = s->nr,
				  .epoch = s->epoch,
				  .noise = noise_take(&s->noise) };

	for (unsigned int i = 0; i < s->nr; i++)
		answer_epoch(&s->answer[order[i]], s->q->arm[s->arm[order[i]]], &s->epoch[i]);
	return record_write_block(s->o->out, &b);
}

/* One epoch of each arm; the record is made when all have run, so that it is not between them. */
static int block(struct session *s)
{
	unsigned int order[SCHEDULE_MAX_ARMS];
	int r;

	schedule_next(s->traced ? &s->traced_schedule : &s->schedule, order);
	for (unsigned int i = 0; i < s->nr; i++) {
		r = epoch(s, order[i], s->iterations);
		if (r)
			return r;
		answer_keep(&s->answer[order[i]], s->client.wire);
	}
	return write_block(s, order);
}

/*
 * Pairs of blocks until @budget_ns is used up. [@from, @to]: the part of the question, for the
 * progress.
 */
static int blocks(struct session *s, uint64_t budget_ns, double from, double to)
{
	uint64_t begin_ns = slot_clock_ns(), passed = 0;
	uint64_t hard_ns = budget_ns * BUDGET_STRETCH + 1000000000ULL;
	int r;

	noise_start(&s->noise);
	for (int n = 0; (n < MIN_BLOCKS && passed < hard_ns) || passed < budget_ns; n += 2) {
		for (int half = 0; half < 2; half++) {
			r = block(s);
			if (r)
				return r;
			if (interrupt_seen())
				return STOP_ASKED;
			if (s->traced)
				tracing_poll(s->o->tracing);
		}
		passed = slot_clock_ns() - begin_ns;
		if (s->o->progress)
			progress_update(s->o->progress, s->traced ? "traced" : "untraced",
					from + (to - from) * (double)passed / (double)budget_ns);
	}
	return 0;
}

/* The first epoch of each arm after calibration is thrown away, and nothing else. */
static int warm_up(struct session *s)
{
	int r = 0;

	for (unsigned int i = 0; !r && i < s->nr; i++)
		r = epoch(s, i, s->iterations);
	return r;
}

static int traced_blocks(struct session *s)
{
	uint64_t budget = (uint64_t)((double)s->o->time_ns * MEASURE_TRACED_SHARE);
	char why[256];
	int r, end;

	r = tracing_begin(s->o->tracing, s->client.pid, s->client.wire->registry_addr, why,
			  sizeof(why));
	if (r) {
		/* The untraced blocks are worth having without it. */
		s->tracing_failed = true;
		snprintf(s->err, s->errlen, "phases not taken: %s", why);
		return write_failed(s, NULL, s->err);
	}
	r = warm_up(s);
	s->traced = true;
	if (!r)
		r = blocks(s, budget, 0.4, 0.6);
	s->traced = false;
	end = tracing_end(s->o->tracing, s->q, s->o->out);
	return r ? r : end;
}

static int measure(struct session *s)
{
	uint64_t half = s->o->time_ns / 2;
	int r;

	s->answer = calloc(s->nr, sizeof(*s->answer));
	s->epoch = calloc(s->nr, sizeof(*s->epoch));
	if (!s->answer || !s->epoch)
		return -ENOMEM;
	schedule_init(&s->schedule, s->nr, schedule_seed(s->o->seed, s->q->name));
	schedule_init(&s->traced_schedule, s->nr, schedule_seed(~s->o->seed, s->q->name));
	r = find_iterations(s);
	if (!r)
		r = warm_up(s);
	if (!r)
		r = blocks(s, half, 0.1, 0.4);
	if (!r && s->q->phases && s->o->tracing)
		r = traced_blocks(s);
	if (!r)
		r = blocks(s, half, 0.6, 1);
	for (unsigned int i = 0; !r && i < s->nr; i++)
		r = call(s, WIRE_TEARDOWN, s->arm[i]);
	return r;
}

int measure_question(const struct suite_question *q, const struct measure_opts *o, char *err,
		     size_t errlen)
{
	struct session s = {
		.q = q, .o = o, .limit_ns = o->patience_ns, .err = err, .errlen = errlen
	};
	unsigned int nr_failed = 0;
	int r, written;

	if (o->progress)
		progress_update(o->progress, "setup", 0);
	r = client_start(&s.client, o->path, err, errlen) ? QUESTION_LOST : 0;
	if (!r)
		r = begin(&s, &nr_failed);
	if (!r && s.nr)
		r = measure(&s);
	if (r)
		client_stop(&s.client);
	else
		client_quit(&s.client);
	free(s.answer);
	free(s.epoch);
	if (r == QUESTION_LOST) {
		written = write_failed(&s, s.failed_arm, err);
		return written ? written : MEASURE_FAILED;
	}
	if (r == STOP_ASKED || interrupt_seen())
		return MEASURE_INTERRUPTED;
	if (r)
		return r;
	return nr_failed || s.tracing_failed ? MEASURE_FAILED : s.nr ? MEASURE_DONE : MEASURE_EMPTY;
}

double measure_cost_s(const struct suite_question *q, const struct measure_opts *o)
{
	double s = (double)o->time_ns / 1e9;

	/* Setup and calibration: as seen with the built-in suite. */
	return 0.4 + s + (q->phases && o->tracing ? s * MEASURE_TRACED_SHARE + 0.2 : 0);
}
