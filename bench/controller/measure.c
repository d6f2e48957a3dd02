// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/measure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/controller/calibrate.h"
#include "bench/controller/interrupt.h"
#include "bench/controller/session.h"
#include "lib/probe/slot.h"

/* Patience grows up to so many times with the load. */
#define MAX_LOAD 20.0

/* Fewest traced blocks, however slow the arms. */
#define MIN_TRACED 4

/*
 * But not at any price: beyond this many times their budget (and a second) they end all the same.
 */
#define BUDGET_STRETCH 5

/*
 * Traced epochs are as long as this where untraced ones are shorter: no pair is made of them, and
 * their blocks are in the record one by one.
 */
#define TRACED_EPOCH_NS 4000000ULL

_Static_assert(SCHEDULE_MAX_ARMS <= RECORD_MAX_ARMS && WIRE_NR_COUNTERS + 1 <= RECORD_MAX_NUMBERS,
	       "what is measured can be written");

/* ---- setup ----------------------------------------------------------------------------------- */

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

		ret = session_call(s, (struct client_request){ .cmd = WIRE_SETUP }, i, w);
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
		ret = session_fail(s, made->failed[i].arm, made->failed[i].reason);
	free(made);
	return ret ? ret : lost_in_setup;
}

/* ---- calibration ----------------------------------------------------------------------------- */

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
		ret = session_epoch(t->s, t->place[arm], iterations);
	} while (ret == EPOCH_BAD);
	if (!ret)
		*ns = answer->end_ns - answer->start_ns;
	return ret;
}

/* Anew without an arm that is lost meanwhile. */
static int calibrate_all(struct session *s, struct trial *t, uint64_t *iterations,
			 uint64_t *epoch_ns)
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
		ret = calibrate(nr, s->q->latency, calibrate_one, t, iterations, epoch_ns);
	} while (ret == ARM_LOST);
	return ret;
}

static int find_iterations(struct session *s)
{
	struct record_calibration c = { .question = s->q->name };
	uint64_t iterations[SCHEDULE_MAX_ARMS], epoch_ns[SCHEDULE_MAX_ARMS], longest = 0;
	struct trial t = { .s = s };
	int ret;

	s->calibrating = true;
	ret = calibrate_all(s, &t, iterations, epoch_ns);
	s->calibrating = false;
	if (ret)
		return ret;
	for (unsigned int i = 0; i < s->nr_left; i++) {
		struct place *p = &s->place[t.place[i]];

		p->iterations = iterations[i];
		p->epoch_ns = epoch_ns[i];
		c.arm[c.nr_arms++] = (struct record_arm){ .name = session_arm(s, t.place[i]),
							  .epoch_ns = epoch_ns[i] };
		if (iterations[i] > c.iterations)
			c.iterations = iterations[i];
		if (epoch_ns[i] > longest)
			longest = epoch_ns[i];
	}
	s->limit_ns = s->patience_ns + 20 * longest;
	return record_write_calibration(s->o->out, &c);
}

/* ---- traced blocks --------------------------------------------------------------------------- */

struct traced {
	uint64_t number; /* of the block */
	struct schedule schedule;
	struct record_epoch epoch[SCHEDULE_MAX_ARMS];
	char causes[SCHEDULE_MAX_ARMS][WIRE_NR_COUNTERS][SESSION_LOSS_NAME];
};

/*
 * @e: its strings and its histogram stay in @a, the names of causes in @causes. A counter that is
 * not a number is a loss of its own.
 */
static void answer_epoch(struct wire *a, const char *arm, struct record_epoch *e,
			 char causes[][SESSION_LOSS_NAME])
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
		snprintf(causes[i], SESSION_LOSS_NAME, "counter %s", c->name);
		e->loss[e->nr_losses++] = (struct record_count){ causes[i], 1 };
	}
}

/* @ran: the places of the arms that ran, in that order */
static int write_block(struct session *s, struct traced *t, const unsigned int *ran,
		       unsigned int nr)
{
	struct record_block b = { .question = s->q->name,
				  .number = t->number++,
				  .traced = true,
				  .epoch = t->epoch,
				  .noise = noise_take(&s->noise) };

	for (unsigned int i = 0; i < nr; i++) {
		struct place *p = &s->place[ran[i]];
		const char *arm = session_arm(s, ran[i]);

		if (p->bad) {
			b.dropped[b.nr_dropped++] = (struct record_dropped){ arm, p->why };
			continue;
		}
		answer_epoch(&p->answer, arm, &t->epoch[b.nr_epochs++], t->causes[i]);
		place_count_losses(p);
	}
	return record_write_block(s->o->out, &b);
}

static uint64_t traced_iterations(const struct place *p)
{
	uint64_t times = p->epoch_ns ? TRACED_EPOCH_NS / p->epoch_ns : 1;

	return p->iterations * (times > 1 ? times : 1);
}

/*
 * One epoch of each arm that is left; the record is made when all have run, so that it is not
 * between them.
 */
static int block(struct session *s, struct traced *t)
{
	unsigned int order[SCHEDULE_MAX_ARMS], ran[SCHEDULE_MAX_ARMS], nr = 0;
	int ret;

	schedule_next(&t->schedule, order);
	for (unsigned int i = 0; i < s->nr; i++) {
		if (s->place[order[i]].given_up)
			continue;
		ret = session_epoch(s, order[i], traced_iterations(&s->place[order[i]]));
		if (!goes_on(ret))
			return ret;
		ran[nr++] = order[i];
	}
	ret = write_block(s, t, ran, nr);
	return ret || s->nr_left ? ret : NOBODY_LEFT;
}

/* Pairs of blocks until @budget_ns is used up. */
static int blocks(struct session *s, struct traced *t, uint64_t budget_ns)
{
	uint64_t begin_ns = slot_clock_ns(), passed = 0;
	uint64_t hard_ns = budget_ns * BUDGET_STRETCH + 1000000000ULL;
	double part = 1 - SESSION_UNTRACED;
	int ret;

	noise_start(&s->noise);
	for (int n = 0; (n < MIN_TRACED && passed < hard_ns) || passed < budget_ns; n += 2) {
		for (int half = 0; half < 2; half++) {
			ret = block(s, t);
			if (ret)
				return ret;
			if (interrupt_seen())
				return STOP_ASKED;
			tracing_poll(s->o->tracing);
		}
		passed = slot_clock_ns() - begin_ns;
		if (s->o->progress)
			progress_update(s->o->progress, "traced",
					SESSION_UNTRACED +
						part * (double)passed / (double)budget_ns);
	}
	return 0;
}

/*
 * All arms are in again, also those that needed no more instances; the first epoch of each is
 * thrown away, and nothing else.
 */
static int warm_up(struct session *s)
{
	int ret = 0;

	for (unsigned int i = 0; goes_on(ret) && i < s->nr; i++)
		if (!s->place[i].given_up)
			ret = session_set_up(s, i);
	for (unsigned int i = 0; goes_on(ret) && i < s->nr; i++)
		if (!s->place[i].given_up)
			ret = session_epoch(s, i, traced_iterations(&s->place[i]));
	if (!goes_on(ret))
		return ret;
	return s->nr_left ? 0 : NOBODY_LEFT;
}

static int take_traced(struct session *s)
{
	uint64_t budget = (uint64_t)((double)s->o->time_ns * MEASURE_TRACED_SHARE);
	struct traced *t = calloc(1, sizeof(*t));
	char why[256], text[300];
	int ret, end;

	if (!t)
		return -ENOMEM;
	schedule_init(&t->schedule, s->nr, schedule_seed(~s->o->seed, s->q->name));
	ret = tracing_begin(s->o->tracing, s->client.pid, s->reply.registry_addr, why, sizeof(why));
	if (ret) {
		/* The instances are worth having without it. */
		snprintf(text, sizeof(text), "phases not taken: %s", why);
		free(t);
		return session_fail(s, NULL, text);
	}
	ret = warm_up(s);
	s->traced = true;
	if (!ret)
		ret = blocks(s, t, budget);
	s->traced = false;
	end = tracing_end(s->o->tracing, s->q, s->o->out);
	free(t);
	return ret ? ret : end;
}

/* What is missing from the record, one line per arm and cause; arms given up have theirs. */
static void say_losses(const struct session *s)
{
	for (unsigned int i = 0; i < s->nr && s->o->progress; i++) {
		const struct place *p = &s->place[i];
		const char *arm = session_arm(s, i);

		if (p->tally.nr_bad && !p->given_up)
			progress_say(s->o->progress,
				     "%s: %s: %u of %u epochs left out, the latest because %s",
				     s->q->name, arm, p->tally.nr_bad, p->tally.nr, p->why);
		if (p->nr_impossible)
			progress_say(s->o->progress,
				     "%s: %s: %llu impossible values left out (end before "
				     "beginning)",
				     s->q->name, arm, (unsigned long long)p->nr_impossible);
		if (p->nr_elided)
			progress_say(s->o->progress,
				     "%s: %s: its iterations take less than a cycle: the compiler "
				     "has removed what they do (bench_keep, bench_keep_input)",
				     s->q->name, arm);
		for (unsigned int n = 0; n < NR_WIRE_SETTINGS; n++)
			if (p->nr_changed[n])
				progress_say(s->o->progress,
					     "%s: %s: it changes the %s of the thread that drives "
					     "all arms; put back each time",
					     s->q->name, arm, session_setting(n));
		if (p->nr_counters)
			progress_say(s->o->progress,
				     "%s: %s: %llu values of counters left out (not finite)",
				     s->q->name, arm, (unsigned long long)p->nr_counters);
	}
}

/*
 * A machine with more to run than CPUs makes everybody slower, a healthy worker as well: patience
 * is for a machine of one's own, and grows with what waits beside.
 */
static uint64_t patience_now(uint64_t patience_ns)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	double load, each;

	if (getloadavg(&load, 1) != 1 || cpus < 1)
		return patience_ns;
	each = load / (double)cpus;
	if (!(each > 1))
		return patience_ns;
	return (uint64_t)((double)patience_ns * (each < MAX_LOAD ? each : MAX_LOAD));
}

static int find_place(const struct session *s, const char *arm)
{
	for (unsigned int i = 0; arm && i < s->nr; i++)
		if (!strcmp(session_arm(s, i), arm))
			return (int)i;
	return -1;
}

static int measure(struct session *s)
{
	int ret;

	s->place = calloc(s->nr, sizeof(*s->place));
	if (!s->place)
		return -ENOMEM;
	s->nr_left = s->nr;
	s->baseline = find_place(s, s->q->baseline);
	for (unsigned int i = 0; i < s->nr; i++)
		s->place[i].set_up = true;
	/* Calibration counts with the first instance: windows of noise are long. */
	noise_start(&s->noise);
	ret = find_iterations(s);
	if (!ret)
		ret = instances(s);
	s->traced_ns = slot_clock_ns();
	if (!ret && s->q->phases && s->o->tracing)
		ret = take_traced(s);
	s->traced_ns = slot_clock_ns() - s->traced_ns;
	say_losses(s);
	for (unsigned int i = 0; !ret && i < s->nr; i++)
		ret = session_tear_down(s, i);
	return ret;
}

int measure_question(const struct suite_question *q, const struct measure_opts *o,
		     uint64_t *untraced_ns, char *err, size_t errlen)
{
	struct session s = { .q = q, .o = o, .err = err, .errlen = errlen };
	uint64_t begin_ns = slot_clock_ns();
	int ret;

	s.limit_ns = s.patience_ns = patience_now(o->patience_ns);
	if (o->progress)
		progress_update(o->progress, "setup", 0);
	ret = client_start(&s.client, o->path, 0, s.lost_why, sizeof(s.lost_why)) ? QUESTION_LOST
										  : 0;
	if (!ret)
		ret = begin(&s);
	if (!ret && s.nr)
		ret = measure(&s);
	if (!ret || ret == NOBODY_LEFT)
		client_quit(&s.client);
	else
		client_stop(&s.client);
	instances_free(&s);
	free(s.place);
	*untraced_ns = slot_clock_ns() - begin_ns - s.traced_ns;
	if (ret == QUESTION_LOST) {
		ret = session_fail(&s, s.lost_arm, s.lost_why);
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

	return MEASURE_SETUP_S + s + (q->phases && o->tracing ? s * MEASURE_TRACED_SHARE + 0.2 : 0);
}
