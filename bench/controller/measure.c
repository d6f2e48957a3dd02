// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/measure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/controller/again.h"
#include "bench/controller/interrupt.h"
#include "bench/controller/look.h"
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

struct measured {
	struct session s;
};

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
	ret = tracing_begin(s->o->tracing, s->client[0].pid, s->reply.registry_addr, why,
			    sizeof(why));
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
	end = tracing_end(s->o->tracing, s->q, s->o->out, why, sizeof(why));
	free(t);
	if (!ret && end == -ENODATA) {
		snprintf(text, sizeof(text), "phases not taken: %s", why);
		return session_fail(s, NULL, text);
	}
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

static int measure(struct session *s)
{
	int ret;

	/* Calibration counts with the first instance: windows of noise are long. */
	noise_start(&s->noise);
	ret = session_calibrate(s);
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

/* The workers end: by themselves where the last call came back well. */
static void end_workers(struct session *s, int ret)
{
	for (unsigned int side = 0; side < s->nr_sides; side++) {
		if (!ret || ret == NOBODY_LEFT)
			client_quit(&s->client[side]);
		else
			client_stop(&s->client[side]);
	}
}

/* What @ret means for the question. */
static int outcome_of(struct session *s, int ret)
{
	if (ret == TOGGLE_FAILED) {
		ret = session_fail(s, NULL, s->lost_why);
		return ret ? ret : MEASURE_OVER;
	}
	if (ret == QUESTION_LOST) {
		s->lost = true;
		ret = session_fail(s, s->lost_arm, s->lost_why);
		return ret ? ret : MEASURE_FAILED;
	}
	if (ret == STOP_ASKED || interrupt_seen())
		return MEASURE_INTERRUPTED;
	if (ret < 0)
		return ret;
	return s->failed ? MEASURE_FAILED : s->nr ? MEASURE_DONE : MEASURE_EMPTY;
}

int measure_question(const struct suite_question *q, const struct measure_opts *o,
		     struct measured **kept, uint64_t *untraced_ns, char *err, size_t errlen)
{
	struct measured *m = calloc(1, sizeof(*m));
	uint64_t begin_ns = slot_clock_ns();
	struct session *s;
	int ret;

	*kept = m;
	*untraced_ns = 0;
	if (!m)
		return -ENOMEM;
	s = &m->s;
	*s = (struct session){ .q = q, .o = o, .err = err, .errlen = errlen };
	s->nr_sides = q->source ? 2 : 1;
	s->limit_ns = s->patience_ns = patience_now(o->patience_ns);
	if (o->progress)
		progress_update(o->progress, "setup", 0);
	ret = session_begin(s);
	if (!ret && s->nr)
		ret = measure(s);
	end_workers(s, ret);
	*untraced_ns = slot_clock_ns() - begin_ns - s->traced_ns;
	return outcome_of(s, ret);
}

void measure_free(struct measured *m)
{
	if (!m)
		return;
	look_free(&m->s);
	free(m->s.place);
	free(m);
}

/* ---- measured again -------------------------------------------------------------------------- */

size_t measure_nr_flagged(const struct measured *m)
{
	return m->s.lost ? 0 : again_nr_flagged(&m->s);
}

size_t measure_nr_confirmed(const struct measured *m, enum verdict v)
{
	size_t nr = 0;

	for (unsigned int i = 0; i < m->s.nr; i++)
		nr += again_says(&m->s.place[i]) == v;
	return nr;
}

static int write_recheck(const struct session *s)
{
	struct record_recheck r = { .question = s->q->name,
				    .first = s->number,
				    .confidence = s->confidence };

	for (unsigned int i = 0; i < s->nr; i++)
		if (again_is_flagged(&s->place[i]))
			r.arm[r.nr_arms++] = s->place[i].name;
	return record_write_recheck(s->o->out, &r);
}

int measure_again(struct measured *m, const struct measure_opts *o, double confidence, char *err,
		  size_t errlen)
{
	struct session *s = &m->s;
	int ret;

	s->o = o;
	s->err = err;
	s->errlen = errlen;
	s->failed = false;
	s->confidence = confidence;
	s->lost_arm = NULL;
	ret = write_recheck(s);
	again_begin(s);
	noise_start(&s->noise);
	if (!ret)
		ret = instances(s);
	for (unsigned int i = 0; !ret && i < s->nr; i++)
		ret = session_tear_down(s, i);
	end_workers(s, ret);
	return outcome_of(s, ret);
}

double measure_cost_s(const struct suite_question *q, const struct measure_opts *o)
{
	double s = (double)o->time_ns / 1e9;

	return MEASURE_SETUP_S + s + (q->phases && o->tracing ? s * MEASURE_TRACED_SHARE + 0.2 : 0);
}
