// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/measure.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/controller/calibrate.h"
#include "bench/controller/check.h"
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

/* One arm that is in, and its latest epoch, kept until the block's record is made. */
struct place {
	struct wire answer;	/* a copy of the page */
	bool bad;		/* it is left out of its block */
	bool given_up;		/* and so are all that would follow */
	char why[WIRE_MESSAGE]; /* reason of the latest bad one */
	struct check_tally tally;
	/* Left out of the epochs that are kept, over all blocks. */
	uint64_t nr_impossible, nr_counters;
};

_Static_assert(SCHEDULE_MAX_ARMS <= RECORD_MAX_ARMS && WIRE_NR_COUNTERS + 1 <= RECORD_MAX_NUMBERS,
	       "what is measured can be written");

/* "counter NAME" */
#define LOSS_NAME (sizeof(((struct wire_counter *)0)->name) + sizeof("counter "))

struct session {
	const struct suite_question *q;
	const struct measure_opts *o;
	struct client client;
	unsigned int nr;		     /* arms that are in */
	unsigned int nr_left;		     /* of them not given up */
	unsigned int arm[SCHEDULE_MAX_ARMS]; /* their numbers in the question */
	struct place *place;		     /* one per arm that is in */
	struct record_epoch *epoch;	     /* the same, of the block that is written */
	uint64_t iterations;
	uint64_t limit_ns;
	struct schedule schedule, traced_schedule;
	struct noise noise;
	int block;
	bool calibrating, traced;
	bool failed;		     /* a `failed` record was written */
	struct wire reply;	     /* to the latest SETUP or TEARDOWN */
	const char *lost_arm;	     /* whose call did not come back well, */
	char lost_why[WIRE_MESSAGE]; /* and how */
	char *err;
	size_t errlen;
};

/*
 * A call ended badly: what the flow above does about it. 0 and negatives are the usual ones. After
 * EPOCH_BAD and ARM_LOST the question goes on with the arms that are left.
 */
enum { QUESTION_LOST = 1, STOP_ASKED, NOBODY_LEFT, ARM_LOST, EPOCH_BAD };

static bool goes_on(int ret)
{
	return !ret || ret == ARM_LOST || ret == EPOCH_BAD;
}

static int lost(struct session *s, const char *arm, const char *fmt, ...)
{
	va_list ap;

	s->lost_arm = arm;
	va_start(ap, fmt);
	vsnprintf(s->lost_why, sizeof(s->lost_why), fmt, ap);
	va_end(ap);
	return QUESTION_LOST;
}

/* @arm: its number in the question */
static int call(struct session *s, struct client_request request, unsigned int arm,
		struct wire *reply)
{
	char why[200];
	int ret;

	request.question = s->q->number;
	request.arm = arm;
	ret = client_call(&s->client, &request, s->limit_ns, reply, why, sizeof(why));
	if (ret == -EINTR)
		return STOP_ASKED;
	if (ret)
		return lost(s, s->q->arm[arm], "%s in %s", why,
			    request.cmd == WIRE_SETUP ? "setup"
			    : request.cmd == WIRE_RUN ? "the body"
						      : "teardown");
	return 0;
}

/* ---- setup ----------------------------------------------------------------------------------- */

static int write_failed(const struct session *s, const char *arm, const char *reason)
{
	const struct record_failed f = { .question = s->q->name, .arm = arm, .reason = reason };

	return record_write_failed(s->o->out, &f);
}

/* The record of a failure, and its part of the sentence: @arm (NULL: none) and @reason. */
static int fail(struct session *s, const char *arm, const char *reason)
{
	size_t len = s->failed ? strlen(s->err) : 0;

	s->failed = true;
	snprintf(s->err + len, s->errlen - len, "%s%s%s%s", len ? "; " : "", arm ? arm : "",
		 arm ? ": " : "", reason);
	return write_failed(s, arm, reason);
}

/* What setup said of the arms. The texts came through the shared page, so they are kept here. */
struct setup {
	struct record_question question;
	unsigned int nr_failed;
	struct record_skipped failed[SCHEDULE_MAX_ARMS];
	char text[SCHEDULE_MAX_ARMS][WIRE_MESSAGE];
};

_Static_assert(CHECK_REASON <= WIRE_MESSAGE, "a reason fits where a message does");

/*
 * All arms in one worker; those that are in go to s->arm and the question, the others into skipped
 * or failed.
 */
static int set_up(struct session *s, struct setup *made)
{
	struct record_question *rq = &made->question;
	const struct suite_question *q = s->q;
	struct wire *w = &s->reply;
	int ret;

	for (unsigned int i = 0; i < q->nr_arms; i++) {
		char *text = made->text[i];

		ret = call(s, (struct client_request){ .cmd = WIRE_SETUP }, i, w);
		if (ret)
			return ret;
		if (check_reply(w, text, sizeof(made->text[i]))) {
			made->failed[made->nr_failed++] =
				(struct record_skipped){ q->arm[i], text };
			continue;
		}
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

static int begin(struct session *s)
{
	struct setup *made = calloc(1, sizeof(*made));
	int ret, lost_in_setup;

	if (!made)
		return -ENOMEM;
	lost_in_setup = set_up(s, made);
	ret = lost_in_setup == STOP_ASKED ? STOP_ASKED : write_question(s, &made->question);
	for (unsigned int i = 0; !ret && i < made->nr_failed; i++)
		ret = fail(s, made->failed[i].arm, made->failed[i].reason);
	free(made);
	return ret ? ret : lost_in_setup;
}

/* ---- epochs and blocks ----------------------------------------------------------------------- */

static int tear_down(struct session *s, unsigned int i)
{
	return call(s, (struct client_request){ .cmd = WIRE_TEARDOWN }, s->arm[i], &s->reply);
}

/*
 * The arm in place @i is not measured any more. Torn down at once: what it left running, or writing, must
 * not reach into the epochs of the others.
 */
static int give_up(struct session *s, unsigned int i, const char *reason)
{
	int ret = fail(s, s->q->arm[s->arm[i]], reason);

	s->place[i].given_up = true;
	s->nr_left--;
	if (!ret)
		ret = tear_down(s, i);
	return ret ? ret : ARM_LOST;
}

/* What the answer in place @i is worth. */
static int judge(struct session *s, unsigned int i, const struct check_asked *asked)
{
	struct place *p = &s->place[i];
	char text[CHECK_REASON], reason[CHECK_REASON + 64];
	const char *wrong = check_epoch(&p->answer, asked, text, sizeof(text));
	bool too_many = check_tally_add(&p->tally, wrong != NULL);

	p->bad = wrong || p->answer.status != WIRE_OK;
	if (!p->bad)
		return 0;
	/* An arm that says itself that it failed is not asked again. */
	snprintf(p->why, sizeof(p->why), "%s", wrong ? wrong : p->answer.message);
	if (!wrong)
		return give_up(s, i, p->why);
	if (!too_many)
		return EPOCH_BAD;
	snprintf(reason, sizeof(reason),
		 "given up: %u of %u epochs were bad, the latest because %s", p->tally.nr_bad,
		 p->tally.nr, wrong);
	return give_up(s, i, reason);
}

/* One epoch of the arm in place @i, traced in a traced phase; the answer stands in the place. */
static int epoch(struct session *s, unsigned int i, uint64_t iterations)
{
	struct check_asked asked = { .iterations = iterations,
				     .latency = s->q->latency,
				     .time_only = s->calibrating };
	struct client_request run = { .cmd = WIRE_RUN,
				      .iterations = iterations,
				      .observe = s->traced };
	int ret;

	if (s->traced)
		tracing_epoch(s->o->tracing, true);
	asked.call_ns = slot_clock_ns();
	ret = call(s, run, s->arm[i], &s->place[i].answer);
	asked.return_ns = slot_clock_ns();
	if (s->traced)
		tracing_epoch(s->o->tracing, false);
	return ret ? ret : judge(s, i, &asked);
}

/* The arms that calibration runs, by their places. */
struct trial {
	struct session *s;
	unsigned int place[SCHEDULE_MAX_ARMS];
};

static int calibrate_one(void *arg, unsigned int arm, uint64_t iterations, uint64_t *ns)
{
	struct trial *t = arg;
	const struct wire *answer = &t->s->place[t->place[arm]].answer;
	int ret;

	/* Ends: an arm has only so many bad ones before it is lost. */
	do {
		ret = epoch(t->s, t->place[arm], iterations);
	} while (ret == EPOCH_BAD);
	if (!ret)
		*ns = answer->end_ns - answer->start_ns;
	return ret;
}

/* Anew without an arm that is lost meanwhile. */
static int calibrate_all(struct session *s, struct trial *t, uint64_t *epoch_ns)
{
	unsigned int nr;
	int ret;

	do {
		nr = 0;
		for (unsigned int i = 0; i < s->nr; i++)
			if (!s->place[i].given_up)
				t->place[nr++] = i;
		if (!nr)
			return NOBODY_LEFT;
		ret = calibrate(nr, calibrate_one, t, &s->iterations, epoch_ns);
	} while (ret == ARM_LOST);
	return ret;
}

static int find_iterations(struct session *s)
{
	struct record_calibration c = { .question = s->q->name };
	uint64_t epoch_ns[SCHEDULE_MAX_ARMS], longest = 0;
	struct trial t = { .s = s };
	int ret;

	s->calibrating = true;
	ret = calibrate_all(s, &t, epoch_ns);
	s->calibrating = false;
	if (ret)
		return ret;
	c.iterations = s->iterations;
	for (unsigned int i = 0; i < s->nr_left; i++) {
		c.arm[c.nr_arms++] = (struct record_arm){ .name = s->q->arm[s->arm[t.place[i]]],
							  .epoch_ns = epoch_ns[i] };
		if (epoch_ns[i] > longest)
			longest = epoch_ns[i];
	}
	s->limit_ns = s->o->patience_ns + 20 * longest;
	return record_write_calibration(s->o->out, &c);
}

/* Count what is left out of the epoch in @p, which is kept. */
static void add_losses(struct place *p)
{
	p->nr_impossible += p->answer.nr_impossible;
	for (uint32_t i = 0; i < p->answer.nr_counters; i++)
		p->nr_counters += !isfinite(p->answer.counter[i].value);
}

/*
 * @e: its strings and its histogram stay in @a, the names of causes in @causes. A counter that is
 * not a number is a loss of its own.
 */
static void answer_epoch(struct wire *a, const char *arm, struct record_epoch *e,
			 char causes[][LOSS_NAME])
{
	*e = (struct record_epoch){ .arm = arm,
				    .iterations = a->iterations,
				    .start_ns = a->start_ns,
				    .end_ns = a->end_ns,
				    .cpu_ns = a->cpu_ns,
				    .nvcsw = a->nvcsw,
				    .nivcsw = a->nivcsw,
				    .minflt = a->minflt,
				    .hist = &a->hist };
	if (a->nr_impossible)
		e->loss[e->nr_losses++] = (struct record_count){ "impossible", a->nr_impossible };
	for (uint32_t i = 0; i < a->nr_counters; i++) {
		const struct wire_counter *c = &a->counter[i];

		if (isfinite(c->value)) {
			e->counter[e->nr_counters++] = (struct record_number){ c->name, c->value };
			continue;
		}
		snprintf(causes[i], LOSS_NAME, "counter %s", c->name);
		e->loss[e->nr_losses++] = (struct record_count){ causes[i], 1 };
	}
}

/* @ran: the places of the arms that ran, in that order */
static int write_block(struct session *s, const unsigned int *ran, unsigned int nr)
{
	struct record_block b = { .question = s->q->name,
				  .number = (uint64_t)s->block++,
				  .traced = s->traced,
				  .epoch = s->epoch,
				  .noise = noise_take(&s->noise) };
	char causes[SCHEDULE_MAX_ARMS][WIRE_NR_COUNTERS][LOSS_NAME];

	for (unsigned int i = 0; i < nr; i++) {
		struct place *p = &s->place[ran[i]];
		const char *arm = s->q->arm[s->arm[ran[i]]];

		if (p->bad) {
			b.dropped[b.nr_dropped++] = (struct record_dropped){ arm, p->why };
			continue;
		}
		answer_epoch(&p->answer, arm, &s->epoch[b.nr_epochs++], causes[i]);
		add_losses(p);
	}
	return record_write_block(s->o->out, &b);
}

/*
 * One epoch of each arm that is left; the record is made when all have run, so that it is not
 * between them.
 */
static int block(struct session *s)
{
	unsigned int order[SCHEDULE_MAX_ARMS], ran[SCHEDULE_MAX_ARMS], nr = 0;
	int ret;

	schedule_next(s->traced ? &s->traced_schedule : &s->schedule, order);
	for (unsigned int i = 0; i < s->nr; i++) {
		if (s->place[order[i]].given_up)
			continue;
		ret = epoch(s, order[i], s->iterations);
		if (!goes_on(ret))
			return ret;
		ran[nr++] = order[i];
	}
	ret = write_block(s, ran, nr);
	return ret || s->nr_left ? ret : NOBODY_LEFT;
}

/*
 * Pairs of blocks until @budget_ns is used up. [@from, @to]: the part of the question, for the
 * progress.
 */
static int blocks(struct session *s, uint64_t budget_ns, double from, double to)
{
	uint64_t begin_ns = slot_clock_ns(), passed = 0;
	uint64_t hard_ns = budget_ns * BUDGET_STRETCH + 1000000000ULL;
	int ret;

	noise_start(&s->noise);
	for (int n = 0; (n < MIN_BLOCKS && passed < hard_ns) || passed < budget_ns; n += 2) {
		for (int half = 0; half < 2; half++) {
			ret = block(s);
			if (ret)
				return ret;
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
	int ret = 0;

	for (unsigned int i = 0; goes_on(ret) && i < s->nr; i++)
		if (!s->place[i].given_up)
			ret = epoch(s, i, s->iterations);
	if (!goes_on(ret))
		return ret;
	return s->nr_left ? 0 : NOBODY_LEFT;
}

static int traced_blocks(struct session *s)
{
	uint64_t budget = (uint64_t)((double)s->o->time_ns * MEASURE_TRACED_SHARE);
	char why[256], text[300];
	int ret, end;

	ret = tracing_begin(s->o->tracing, s->client.pid, s->reply.registry_addr, why, sizeof(why));
	if (ret) {
		/* The untraced blocks are worth having without it. */
		snprintf(text, sizeof(text), "phases not taken: %s", why);
		return fail(s, NULL, text);
	}
	ret = warm_up(s);
	s->traced = true;
	if (!ret)
		ret = blocks(s, budget, 0.4, 0.6);
	s->traced = false;
	end = tracing_end(s->o->tracing, s->q, s->o->out);
	return ret ? ret : end;
}

/* What is missing from the record, one line per arm and cause; arms given up have theirs. */
static void say_losses(const struct session *s)
{
	for (unsigned int i = 0; i < s->nr && s->o->progress; i++) {
		const struct place *p = &s->place[i];
		const char *arm = s->q->arm[s->arm[i]];

		if (p->tally.nr_bad && !p->given_up)
			progress_say(s->o->progress,
				     "%s: %s: %u of %u epochs left out, the latest because %s",
				     s->q->name, arm, p->tally.nr_bad, p->tally.nr, p->why);
		if (p->nr_impossible)
			progress_say(s->o->progress,
				     "%s: %s: %llu impossible values left out (end before "
				     "beginning)",
				     s->q->name, arm, (unsigned long long)p->nr_impossible);
		if (p->nr_counters)
			progress_say(s->o->progress,
				     "%s: %s: %llu values of counters left out (not finite)",
				     s->q->name, arm, (unsigned long long)p->nr_counters);
	}
}

static int measure(struct session *s)
{
	uint64_t half = s->o->time_ns / 2;
	int ret;

	s->place = calloc(s->nr, sizeof(*s->place));
	s->epoch = calloc(s->nr, sizeof(*s->epoch));
	if (!s->place || !s->epoch)
		return -ENOMEM;
	s->nr_left = s->nr;
	schedule_init(&s->schedule, s->nr, schedule_seed(s->o->seed, s->q->name));
	schedule_init(&s->traced_schedule, s->nr, schedule_seed(~s->o->seed, s->q->name));
	ret = find_iterations(s);
	if (!ret)
		ret = warm_up(s);
	if (!ret)
		ret = blocks(s, half, 0.1, 0.4);
	if (!ret && s->q->phases && s->o->tracing)
		ret = traced_blocks(s);
	if (!ret)
		ret = blocks(s, half, 0.6, 1);
	say_losses(s);
	for (unsigned int i = 0; !ret && i < s->nr; i++)
		if (!s->place[i].given_up)
			ret = tear_down(s, i);
	return ret;
}

int measure_question(const struct suite_question *q, const struct measure_opts *o, char *err,
		     size_t errlen)
{
	struct session s = {
		.q = q, .o = o, .limit_ns = o->patience_ns, .err = err, .errlen = errlen
	};
	int ret;

	if (o->progress)
		progress_update(o->progress, "setup", 0);
	ret = client_start(&s.client, o->path, s.lost_why, sizeof(s.lost_why)) ? QUESTION_LOST : 0;
	if (!ret)
		ret = begin(&s);
	if (!ret && s.nr)
		ret = measure(&s);
	if (!ret || ret == NOBODY_LEFT)
		client_quit(&s.client);
	else
		client_stop(&s.client);
	free(s.place);
	free(s.epoch);
	if (ret == QUESTION_LOST) {
		ret = fail(&s, s.lost_arm, s.lost_why);
		return ret ? ret : MEASURE_FAILED;
	}
	if (ret == STOP_ASKED || interrupt_seen())
		return MEASURE_INTERRUPTED;
	if (ret < 0)
		return ret;
	return s.failed ? MEASURE_FAILED : s.nr ? MEASURE_DONE : MEASURE_EMPTY;
}

double measure_cost_s(const struct suite_question *q, const struct measure_opts *o)
{
	double s = (double)o->time_ns / 1e9;

	/* Setup and calibration: as seen with the built-in suite. */
	return 0.4 + s + (q->phases && o->tracing ? s * MEASURE_TRACED_SHARE + 0.2 : 0);
}
