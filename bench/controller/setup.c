// SPDX-License-Identifier: GPL-2.0-only
/* How a question begins: its arms are set up, and it is found out how long their epochs are. */
#include "bench/controller/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/controller/calibrate.h"
#include "bench/controller/join.h"

_Static_assert(SCHEDULE_MAX_ARMS <= RECORD_MAX_ARMS && WIRE_NR_COUNTERS + 1 <= RECORD_MAX_NUMBERS,
	       "what is measured can be written");

/* ---- setup ----------------------------------------------------------------------------------- */

/*
 * What setup said of the arms. The texts came through the shared page, so they are kept here; those
 * of arms that are in are labels.
 */
struct setup {
	struct place place[SCHEDULE_MAX_ARMS]; /* of all arms of the question */
	enum { ARM_UNREACHED, ARM_IN, ARM_SKIPPED, ARM_FAILED, ARM_ALONE } state[SCHEDULE_MAX_ARMS];
	char text[SCHEDULE_MAX_ARMS][WIRE_MESSAGE];
	struct record_question question;
};

_Static_assert(CHECK_REASON <= WIRE_MESSAGE, "a reason fits where a message does");

/* The places of all arms, as the question lists them. */
static void place_all(const struct session *s, struct setup *made)
{
	const struct suite_question *q = s->q;

	for (unsigned int i = 0; i < q->nr_arms; i++) {
		struct place *p = &made->place[i];

		*p = (struct place){ .name = q->arm[i],
				     .question = q->number,
				     .arm = i,
				     .against = -1,
				     .partner = -1 };
		if (!q->source) {
			for (unsigned int n = 0; q->baseline && n < q->nr_arms; n++)
				if (n != i && !strcmp(q->arm[n], q->baseline))
					p->against = (int)n;
			continue;
		}
		p->side = q->source[i].side;
		p->question = q->source[i].question;
		p->arm = q->source[i].arm;
		p->against = q->source[i].against;
		if (p->against >= 0) {
			p->partner = p->against;
			made->place[p->against].partner = (int)i;
		}
	}
}

static int set_up_one(struct session *s, struct setup *made, unsigned int i)
{
	struct wire *w = &s->reply;
	char *text = made->text[i];
	int ret = session_call(s, (struct client_request){ .cmd = WIRE_SETUP }, &made->place[i], w);

	if (ret)
		return ret;
	made->state[i] = ARM_FAILED;
	if (check_reply(w, text, sizeof(made->text[i])))
		return 0;
	snprintf(text, sizeof(made->text[i]), "%s", w->message);
	if (w->status == WIRE_OK)
		made->state[i] = ARM_IN;
	else if (w->status == WIRE_SKIPPED)
		made->state[i] = ARM_SKIPPED;
	return 0;
}

/* The arms of a side in its worker, which is started; settings first make that of the side. */
static int set_up_side(struct session *s, struct setup *made, unsigned int side)
{
	char why[256];
	int ret = session_toggle(s, side);

	if (ret)
		return ret;
	if (client_start(&s->client[side], measure_path(s->o, side, 0), 0, why, sizeof(why)))
		return session_lost(s, why);
	for (unsigned int i = 0; !ret && i < s->q->nr_arms; i++)
		if (made->place[i].side == side)
			ret = set_up_one(s, made, i);
	return ret;
}

/* An arm of two sides that is in on one of them only has nothing to be compared with. */
static int leave_alone(struct session *s, struct setup *made)
{
	int ret = 0;

	for (unsigned int i = 0; !ret && i < s->q->nr_arms; i++) {
		const struct place *p = &made->place[i];

		if (p->partner < 0 || made->state[i] != ARM_IN || made->state[p->partner] == ARM_IN)
			continue;
		made->state[i] = ARM_ALONE;
		snprintf(made->text[i], sizeof(made->text[i]), "%.200s is not measured",
			 made->place[p->partner].name);
		ret = session_call(s, (struct client_request){ .cmd = WIRE_TEARDOWN }, p,
				   &s->reply);
	}
	return ret;
}

static void add_arm(const struct session *s, struct setup *made, unsigned int i)
{
	struct record_question *rq = &made->question;
	const struct place *p = &made->place[i];
	const char *text = made->text[i];

	switch (made->state[i]) {
	case ARM_IN:
		rq->arm[rq->nr_arms] =
			(struct record_arm){ .name = p->name, .label = *text ? text : NULL };
		if (s->nr_sides > 1) {
			struct record_arm *a = &rq->arm[rq->nr_arms];

			a->of = s->q->source[i].of;
			a->side = join_side(s->o->sides->kind, p->side);
			a->against = p->against >= 0 ? made->place[p->against].name : NULL;
		}
		rq->nr_arms++;
		break;
	case ARM_SKIPPED:
	case ARM_ALONE:
		rq->skipped[rq->nr_skipped++] = (struct record_skipped){ p->name, text };
		break;
	case ARM_FAILED:
	case ARM_UNREACHED:
		break;
	}
}

static int write_question(const struct session *s, struct setup *made)
{
	struct record_question *rq = &made->question;
	const struct suite_question *q = s->q;

	rq->name = q->name;
	rq->latency = q->latency;
	rq->baseline = q->baseline;
	rq->zone = q->zone;
	rq->phases = q->phases;
	rq->kind = s->nr_sides > 1 ? s->o->sides->kind : RECORD_ARMS;
	for (unsigned int i = 0; i < q->nr_arms; i++)
		add_arm(s, made, i);
	return record_write_question(s->o->out, rq);
}

/* Those that are in, with the places they are compared with. */
static int keep_places(struct session *s, struct setup *made)
{
	int at[SCHEDULE_MAX_ARMS];

	for (unsigned int i = 0; i < s->q->nr_arms; i++)
		at[i] = made->state[i] == ARM_IN ? (int)s->nr++ : -1;
	s->place = calloc(s->nr + 1, sizeof(*s->place));
	if (!s->place)
		return -ENOMEM;
	for (unsigned int i = 0; i < s->q->nr_arms; i++) {
		struct place *p = &made->place[i];

		if (at[i] < 0)
			continue;
		p->set_up = true;
		p->against = p->against >= 0 ? at[p->against] : -1;
		p->partner = p->partner >= 0 ? at[p->partner] : -1;
		s->place[at[i]] = *p;
	}
	s->nr_left = s->nr;
	return 0;
}

int session_begin(struct session *s)
{
	struct setup *made = calloc(1, sizeof(*made));
	int ret = 0, set_up = 0;

	if (!made)
		return -ENOMEM;
	place_all(s, made);
	for (unsigned int side = 0; !set_up && side < s->nr_sides; side++)
		set_up = set_up_side(s, made, side);
	if (!set_up)
		set_up = leave_alone(s, made);
	if (set_up != STOP_ASKED)
		ret = write_question(s, made);
	for (unsigned int i = 0; !ret && i < s->q->nr_arms; i++)
		if (made->state[i] == ARM_FAILED)
			ret = session_fail(s, made->place[i].name, made->text[i]);
	if (!ret && !set_up)
		ret = keep_places(s, made);
	free(made);
	return ret ? ret : set_up;
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

/* Of the arms of a side; anew without an arm that is lost meanwhile. */
static int calibrate_side(struct session *s, struct trial *t, unsigned int side)
{
	uint64_t iterations[SCHEDULE_MAX_ARMS], epoch_ns[SCHEDULE_MAX_ARMS];
	unsigned int nr;
	int ret;

	do {
		nr = 0;
		for (unsigned int i = 0; i < s->nr; i++)
			if (!s->place[i].given_up && s->place[i].side == side)
				t->place[nr++] = i;
		if (!nr)
			return NOBODY_LEFT;
		ret = calibrate(nr, s->q->latency, calibrate_one, t, iterations, epoch_ns);
	} while (ret == ARM_LOST);
	for (unsigned int i = 0; !ret && i < nr; i++) {
		s->place[t->place[i]].iterations = iterations[i];
		s->place[t->place[i]].epoch_ns = epoch_ns[i];
	}
	return ret;
}

/* Both sides of an arm run the same count. */
static void make_same(struct session *s)
{
	for (unsigned int i = 0; i < s->nr; i++) {
		struct place *a = &s->place[i], *b;
		uint64_t iterations[2], epoch_ns[2];

		if (a->side || a->partner < 0 || a->given_up)
			continue;
		b = &s->place[a->partner];
		iterations[0] = a->iterations;
		iterations[1] = b->iterations;
		epoch_ns[0] = a->epoch_ns;
		epoch_ns[1] = b->epoch_ns;
		calibrate_same(iterations, epoch_ns);
		a->iterations = b->iterations = iterations[0];
		a->epoch_ns = epoch_ns[0];
		b->epoch_ns = epoch_ns[1];
	}
}

int session_calibrate(struct session *s)
{
	struct record_calibration c = { .question = s->q->name };
	struct trial t = { .s = s };
	uint64_t longest = 0;
	int ret = 0;

	s->calibrating = true;
	/* The last side first: the machine has its setting. */
	for (unsigned int side = s->nr_sides; !ret && side-- > 0;) {
		if (side + 1 < s->nr_sides)
			ret = session_toggle(s, side);
		if (!ret)
			ret = calibrate_side(s, &t, side);
	}
	s->calibrating = false;
	if (ret)
		return ret;
	make_same(s);
	for (unsigned int i = 0; i < s->nr; i++) {
		const struct place *p = &s->place[i];

		if (p->given_up)
			continue;
		c.arm[c.nr_arms++] =
			(struct record_arm){ .name = p->name, .epoch_ns = p->epoch_ns };
		if (p->iterations > c.iterations)
			c.iterations = p->iterations;
		if (p->epoch_ns > longest)
			longest = p->epoch_ns;
	}
	s->limit_ns = s->patience_ns + 20 * longest;
	return record_write_calibration(s->o->out, &c);
}
