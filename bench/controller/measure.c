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

struct session {
	const struct suite_question *q;
	const struct measure_opts *o;
	struct client client;
	unsigned int nr;		     /* arms that are in */
	unsigned int nr_left;		     /* of them not given up */
	unsigned int arm[SCHEDULE_MAX_ARMS]; /* their numbers in the question */
	struct place *place;		     /* one per arm that is in */
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

/* Text from a worker may be any bytes; JSON takes UTF-8 only. */
static json_t *json_text(const char *text)
{
	char copy[WIRE_MESSAGE];
	json_t *j = json_string(text);

	if (j)
		return j;
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *c = copy; *c; c++)
		if (*c & 0x80)
			*c = '?';
	return json_string(copy);
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
	return record_write(s->o->out,
			    json_pack("{s:s, s:s, s:s?, s:o}", "type", "failed", "question",
				      s->q->name, "arm", arm, "reason", json_text(reason)));
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

/*
 * All arms in one worker; those that are in go to s->arm, the others into @skipped or @failed by
 * name.
 */
static int set_up(struct session *s, json_t *labels, json_t *skipped, json_t *failed)
{
	const struct suite_question *q = s->q;
	struct wire *w = &s->reply;
	char why[CHECK_REASON];
	int ret;

	for (unsigned int i = 0; i < q->nr_arms; i++) {
		ret = call(s, (struct client_request){ .cmd = WIRE_SETUP }, i, w);
		if (ret)
			return ret;
		if (check_reply(w, why, sizeof(why))) {
			json_object_set_new(failed, q->arm[i], json_text(why));
		} else if (w->status == WIRE_OK) {
			s->arm[s->nr++] = i;
			if (w->message[0])
				json_object_set_new(labels, q->arm[i], json_text(w->message));
		} else {
			json_object_set_new(w->status == WIRE_SKIPPED ? skipped : failed, q->arm[i],
					    json_text(w->message));
		}
	}
	return 0;
}

static int write_question(const struct session *s, json_t *labels, json_t *skipped)
{
	const struct suite_question *q = s->q;
	json_t *arms = json_array();

	for (unsigned int i = 0; i < s->nr; i++)
		json_array_append_new(arms, json_string(q->arm[s->arm[i]]));
	return record_write(s->o->out,
			    json_pack("{s:s, s:s, s:s, s:s, s:s?, s:f, s:b, s:o, s:O, s:O}", "type",
				      "question", "question", q->name, "mode",
				      q->latency ? "latency" : "time", "unit", "ns", "baseline",
				      q->baseline, "zone", q->zone, "phases", q->phases, "arms",
				      arms, "labels", labels, "skipped", skipped));
}

static int begin(struct session *s)
{
	json_t *labels = json_object(), *skipped = json_object(), *failed = json_object(), *reason;
	const char *arm;
	int ret, lost_in_setup;

	lost_in_setup = set_up(s, labels, skipped, failed);
	ret = lost_in_setup == STOP_ASKED ? STOP_ASKED : write_question(s, labels, skipped);
	json_object_foreach (failed, arm, reason)
		if (!ret)
			ret = fail(s, arm, json_string_value(reason));
	json_decref(labels);
	json_decref(skipped);
	json_decref(failed);
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
	uint64_t epoch_ns[SCHEDULE_MAX_ARMS];
	struct trial t = { .s = s };
	json_t *epochs = json_object();
	uint64_t longest = 0;
	int ret;

	s->calibrating = true;
	ret = calibrate_all(s, &t, epoch_ns);
	s->calibrating = false;
	for (unsigned int i = 0; !ret && i < s->nr_left; i++) {
		json_object_set_new(epochs, s->q->arm[s->arm[t.place[i]]],
				    json_integer((json_int_t)epoch_ns[i]));
		if (epoch_ns[i] > longest)
			longest = epoch_ns[i];
	}
	if (ret) {
		json_decref(epochs);
		return ret;
	}
	s->limit_ns = s->o->patience_ns + 20 * longest;
	return record_write(s->o->out, json_pack("{s:s, s:s, s:I, s:o}", "type", "calibration",
						 "question", s->q->name, "iterations",
						 (json_int_t)s->iterations, "epoch_ns", epochs));
}

/* Count what is left out of the epoch in @p, which is kept. */
static void add_losses(struct place *p)
{
	p->nr_impossible += p->answer.nr_impossible;
	for (uint32_t i = 0; i < p->answer.nr_counters; i++)
		p->nr_counters += !isfinite(p->answer.counter[i].value);
}

/* What was left out of an epoch that is kept: {cause: count}, NULL: nothing. */
static json_t *lost_json(const struct wire *a)
{
	json_t *causes = json_object(), *name;
	char cause[64];

	if (a->nr_impossible)
		json_object_set_new(causes, "impossible",
				    json_integer((json_int_t)a->nr_impossible));
	for (uint32_t i = 0; i < a->nr_counters; i++) {
		if (isfinite(a->counter[i].value))
			continue;
		name = json_text(a->counter[i].name);
		snprintf(cause, sizeof(cause), "counter %s", json_string_value(name));
		json_object_set_new(causes, cause, json_integer(1));
		json_decref(name);
	}
	if (json_object_size(causes))
		return causes;
	json_decref(causes);
	return NULL;
}

static json_t *answer_json(const struct wire *a, const char *arm)
{
	json_t *counters = json_object(), *name;

	for (uint32_t i = 0; i < a->nr_counters; i++) {
		if (!isfinite(a->counter[i].value))
			continue;
		name = json_text(a->counter[i].name);
		json_object_set_new(counters, json_string_value(name),
				    json_real(a->counter[i].value));
		json_decref(name);
	}
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o*}", "arm", arm,
			 "iterations", (json_int_t)a->iterations, "start_ns",
			 (json_int_t)a->start_ns, "end_ns", (json_int_t)a->end_ns, "cpu_ns",
			 (json_int_t)a->cpu_ns, "nvcsw", (json_int_t)a->nvcsw, "nivcsw",
			 (json_int_t)a->nivcsw, "minflt", (json_int_t)a->minflt, "counters",
			 counters, "hist", hist_to_json(&a->hist), "lost", lost_json(a));
}

/*
 * One epoch of each arm that is left; JSON is made when all have run, so that it is not between
 * them.
 */
static int block(struct session *s)
{
	unsigned int order[SCHEDULE_MAX_ARMS], ran[SCHEDULE_MAX_ARMS], nr = 0;
	json_t *names, *epochs, *dropped;
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
	names = json_array();
	epochs = json_array();
	dropped = json_array();
	for (unsigned int i = 0; i < nr; i++) {
		struct place *p = &s->place[ran[i]];
		const char *arm = s->q->arm[s->arm[ran[i]]];

		json_array_append_new(names, json_string(arm));
		if (p->bad) {
			json_array_append_new(dropped, json_pack("{s:s, s:o}", "arm", arm, "reason",
								 json_text(p->why)));
			continue;
		}
		json_array_append_new(epochs, answer_json(&p->answer, arm));
		add_losses(p);
	}
	if (!json_array_size(dropped)) {
		json_decref(dropped);
		dropped = NULL;
	}
	ret = record_write(s->o->out,
			   json_pack("{s:s, s:s, s:i, s:b, s:o, s:o, s:o*, s:o}", "type", "block",
				     "question", s->q->name, "block", s->block++, "traced",
				     s->traced, "order", names, "epochs", epochs, "dropped",
				     dropped, "noise", noise_take(&s->noise)));
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
	if (!s->place)
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
