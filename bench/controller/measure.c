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

struct session {
	const struct suite_question *q;
	const struct measure_opts *o;
	struct client client;
	unsigned int nr;		     /* arms that are in */
	unsigned int arm[SCHEDULE_MAX_ARMS]; /* their numbers in the question */
	struct answer *answer;		     /* one per arm that is in */
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
	return record_write(s->o->out,
			    json_pack("{s:s, s:s, s:s?, s:o}", "type", "failed", "question",
				      s->q->name, "arm", arm, "reason", json_text(reason)));
}

/*
 * All arms in one worker; those that are in go to s->arm, the others into @skipped or @failed by
 * name.
 */
static int set_up(struct session *s, json_t *labels, json_t *skipped, json_t *failed)
{
	const struct suite_question *q = s->q;
	const struct wire *w = s->client.wire;
	int r;

	for (unsigned int i = 0; i < q->nr_arms; i++) {
		r = call(s, WIRE_SETUP, i);
		if (r)
			return r;
		if (w->status == WIRE_OK) {
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

static int begin(struct session *s, unsigned int *nr_failed)
{
	json_t *labels = json_object(), *skipped = json_object(), *failed = json_object(), *reason;
	const char *arm;
	int r, lost_in_setup;

	lost_in_setup = set_up(s, labels, skipped, failed);
	r = lost_in_setup == STOP_ASKED ? STOP_ASKED : write_question(s, labels, skipped);
	*nr_failed = json_object_size(failed);
	json_object_foreach (failed, arm, reason) {
		if (!r)
			r = write_failed(s, arm, json_string_value(reason));
		snprintf(s->err, s->errlen, "%s: %s", arm, json_string_value(reason));
	}
	json_decref(labels);
	json_decref(skipped);
	json_decref(failed);
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
	json_t *epochs = json_object();
	uint64_t longest = 0;
	int r;

	r = calibrate(s->nr, calibrate_one, s, &s->iterations, s->epoch_ns);
	for (unsigned int i = 0; !r && i < s->nr; i++) {
		json_object_set_new(epochs, s->q->arm[s->arm[i]],
				    json_integer((json_int_t)s->epoch_ns[i]));
		if (s->epoch_ns[i] > longest)
			longest = s->epoch_ns[i];
	}
	if (r) {
		json_decref(epochs);
		return r;
	}
	s->limit_ns = s->o->patience_ns + 20 * longest;
	return record_write(s->o->out, json_pack("{s:s, s:s, s:I, s:o}", "type", "calibration",
						 "question", s->q->name, "iterations",
						 (json_int_t)s->iterations, "epoch_ns", epochs));
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

static json_t *answer_json(const struct answer *a, const char *arm)
{
	json_t *counters = json_object(), *name, *value;

	for (uint32_t i = 0; i < a->nr_counters; i++) {
		name = json_text(a->counter[i].name);
		value = json_real(a->counter[i].value); /* NULL for NaN and infinity */
		json_object_set_new(counters, json_string_value(name), value ? value : json_null());
		json_decref(name);
	}
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "arm", arm,
			 "iterations", (json_int_t)a->iterations, "start_ns",
			 (json_int_t)a->start_ns, "end_ns", (json_int_t)a->end_ns, "cpu_ns",
			 (json_int_t)a->cpu_ns, "nvcsw", (json_int_t)a->nvcsw, "nivcsw",
			 (json_int_t)a->nivcsw, "minflt", (json_int_t)a->minflt, "counters",
			 counters, "hist", hist_to_json(&a->hist));
}

/* One epoch of each arm; JSON is made when all have run, so that it is not between them. */
static int block(struct session *s)
{
	unsigned int order[SCHEDULE_MAX_ARMS];
	json_t *names, *epochs;
	int r;

	schedule_next(s->traced ? &s->traced_schedule : &s->schedule, order);
	for (unsigned int i = 0; i < s->nr; i++) {
		r = epoch(s, order[i], s->iterations);
		if (r)
			return r;
		answer_keep(&s->answer[order[i]], s->client.wire);
	}
	names = json_array();
	epochs = json_array();
	for (unsigned int i = 0; i < s->nr; i++) {
		json_array_append_new(names, json_string(s->q->arm[s->arm[order[i]]]));
		json_array_append_new(epochs, answer_json(&s->answer[order[i]],
							  s->q->arm[s->arm[order[i]]]));
	}
	return record_write(s->o->out, json_pack("{s:s, s:s, s:i, s:b, s:o, s:o, s:o}", "type",
						 "block", "question", s->q->name, "block",
						 s->block++, "traced", s->traced, "order", names,
						 "epochs", epochs, "noise", noise_take(&s->noise)));
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
	if (!s->answer)
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
