// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/look.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/*
 * What would take so many times the time that is left is given up for now: how much it takes is an
 * estimate, and a median has priority over everything else.
 */
#define HOPELESS 3

/* Fresh instances that a call has time for when the question's is over: the third look at them. */
#define MAX_FRESH 18

int look_against(const struct session *s, unsigned int i)
{
	return s->place[i].against;
}

/* Both are there, so that it can be decided. */
static bool is_compared(const struct session *s, unsigned int i)
{
	int against = look_against(s, i);

	return against >= 0 && !s->place[i].given_up && !s->place[against].given_up;
}

/* ---- what an instance says ------------------------------------------------------------------- */

static struct judge_sample *make_sample(const struct session *s, const struct session_part *part)
{
	const struct record_part *r = &part->record;
	struct tail_bucket *bucket;
	struct judge_sample *made;
	size_t nr = 0;

	for (uint32_t b = 0; b < HIST_NR_BUCKETS(part->hist.k); b++)
		nr += part->hist.bucket[b] != 0;
	made = malloc(sizeof(*made) + nr * sizeof(*bucket));
	if (!made)
		return NULL;
	bucket = (struct tail_bucket *)(made + 1);
	*made = (struct judge_sample){ .tail = { .bucket = bucket } };
	if (s->q->latency) {
		made->sum = (double)part->hist.sum;
		made->count = (double)part->hist.count;
	}
	for (size_t i = 0; !s->q->latency && i < r->nr_passes; i++) {
		made->sum += (double)part->pass[i].ns;
		made->count += (double)part->pass[i].iterations;
	}
	for (uint32_t b = 0; s->q->latency && b < HIST_NR_BUCKETS(part->hist.k); b++)
		if (part->hist.bucket[b])
			bucket[made->tail.nr_buckets++] =
				(struct tail_bucket){ b, (double)part->hist.bucket[b] };
	return made;
}

/* Of the instance that has just been; the baseline's is shared by all that are compared with it. */
static struct judge_sample *sample_of(struct session *s, unsigned int i)
{
	struct place *p = &s->place[i];

	if (!p->latest) {
		p->latest = make_sample(s, p->part);
		if (p->latest)
			p->sample[p->nr_samples++] = p->latest;
	}
	return p->latest;
}

/* The instance's pairs of the arm in place @i with that in place @against. Return: how many */
static size_t pair_up(const struct session_part *a, const struct session_part *b, double *to)
{
	size_t nr = 0;

	for (unsigned int n = 0; n < SESSION_MAX_BLOCKS; n++)
		if (!isnan(a->p50[n]) && !isnan(b->p50[n]))
			to[nr++] = judge_log_ratio(a->p50[n], b->p50[n]);
	return nr;
}

static int add_instance(struct session *s, unsigned int i, unsigned int against)
{
	struct place *p = &s->place[i];
	struct judge_instance in = { 0 };
	double *ratio;

	if (p->nr_instances == p->nr_first + SESSION_MAX_LOOK ||
	    s->place[against].nr_samples == SESSION_MAX_INSTANCES)
		return 0;
	ratio = calloc(SESSION_MAX_BLOCKS, sizeof(*ratio));
	if (!ratio)
		return -ENOMEM;
	in.log_ratio = ratio;
	in.nr_pairs = pair_up(s->place[against].part, p->part, ratio);
	if (in.nr_pairs) {
		in.a = sample_of(s, against);
		in.b = sample_of(s, i);
	}
	if (!in.nr_pairs || !in.a || !in.b) {
		free(ratio);
		return in.nr_pairs ? -ENOMEM : 0;
	}
	p->instance[p->nr_instances++] = in;
	return 1;
}

/* ---- looks ----------------------------------------------------------------------------------- */

/* Instances that would decide what @j and the looks @l have left open, about; INFINITY: not known */
static double wanted(const struct judgement *j, const struct looks *l, size_t nr)
{
	unsigned int next;
	double sum;

	if (j->verdict == VERDICT_EQUIVALENT || (l->decided && j->verdict == l->verdict))
		return 0;
	if (l->called_at) {
		next = judge_next_look((unsigned int)(nr - l->called_at));
		return next ? (double)l->called_at + next : INFINITY;
	}
	if (isnan(j->more)) {
		/* With few groups nothing may be rejected: a width is not known before there are more. */
		next = judge_next_look((unsigned int)nr);
		return j->reason == JUDGE_WIDE && nr < TAIL_MAX_GROUPS ? (double)next : INFINITY;
	}
	sum = (double)nr * j->more;
	/* Outside of the zone it will be a call, and those have to be confirmed. */
	if (fabs(log(j->ratio)) > log1p(j->zone))
		sum += JUDGE_MIN_INSTANCES;
	next = sum < SESSION_MAX_LOOK ? judge_next_look((unsigned int)ceil(sum) - 1) : 0;
	return next ? next : INFINITY;
}

static void look_at_p50(struct session *s, struct place *p, void *memory)
{
	struct judgement j;

	looks_go_on(&p->looks, JUDGE_P50, p->instance, p->nr_instances, s->q->zone, memory);
	p->decided = p->looks.decided;
	if (p->decided && s->number >= session_least_instances(s))
		p->rests = true;
	j = judge(JUDGE_P50, p->instance, p->nr_instances, s->q->zone, memory);
	p->wanted[JUDGE_P50] = p->decided ? 0 : wanted(&j, &p->looks, p->nr_instances);
}

/* Each arm's part of the instance, by the time of its epochs. */
static void share_cost(struct session *s, uint64_t wall_ns)
{
	uint64_t ns[SCHEDULE_MAX_ARMS] = { 0 }, sum = 0;

	for (unsigned int i = 0; i < s->nr; i++) {
		const struct record_part *r = &s->place[i].part->record;

		for (size_t n = 0; n < r->nr_passes; n++)
			ns[i] += r->pass[n].ns;
		sum += ns[i];
	}
	for (unsigned int i = 0; i < s->nr; i++)
		if (ns[i])
			s->place[i].cost_ns =
				(uint64_t)((double)wall_ns * (double)ns[i] / (double)sum);
}

int look(struct session *s, uint64_t wall_ns, void *memory)
{
	int ret, against;

	share_cost(s, wall_ns);
	for (unsigned int i = 0; i < s->nr; i++)
		s->place[i].latest = NULL;
	for (unsigned int i = 0; i < s->nr; i++) {
		struct place *p = &s->place[i];

		/* Arms that were in have pairs, also when one was given up before the end. */
		against = look_against(s, i);
		if (against < 0)
			continue;
		ret = add_instance(s, i, (unsigned int)against);
		if (ret < 0)
			return ret;
		/* Those of a second measuring again.c looks at. */
		if (ret && !(s->confidence > 0) && looks_due(&p->looks, p->nr_instances))
			look_at_p50(s, p, memory);
	}
	return 0;
}

bool look_all_decided(const struct session *s)
{
	unsigned int decided = 0;

	for (unsigned int i = 0; i < s->nr; i++) {
		if (look_against(s, i) < 0 || s->place[i].given_up)
			continue;
		if (!s->place[i].decided)
			return false;
		decided++;
	}
	return decided;
}

/* ---- which arms are in the next instance ----------------------------------------------------- */

/* Is a look at metric @m due, or one of those before not made yet? */
static bool is_behind(const struct place *p, enum judge_metric m)
{
	struct looks l = p->more_looks[m];

	for (size_t nr = l.nr + 1; nr <= p->nr_instances; nr++)
		if (looks_due(&l, nr))
			return true;
	return l.decided && judge_next_look((unsigned int)p->nr_instances - 1) == p->nr_instances;
}

/* Of the metrics beside the p50: about how many instances decide the next one; 0: all are */
static double wanted_by_tails(struct session *s, struct place *p, void *memory)
{
	unsigned int end = s->q->latency ? NR_JUDGE_METRICS : JUDGE_P99;
	double next = 0;

	for (enum judge_metric m = JUDGE_MEAN; m < end; m++) {
		struct looks *l = &p->more_looks[m];
		struct judgement j;

		if (!l->nr || is_behind(p, m)) {
			looks_go_on(l, m, p->instance, p->nr_instances, session_zone(s, m), memory);
			j = judge(m, p->instance, p->nr_instances, session_zone(s, m), memory);
			p->wanted[m] = wanted(&j, l, p->nr_instances);
		}
		if (p->wanted[m] > 0 && !(next > 0 && next <= p->wanted[m]))
			next = p->wanted[m];
	}
	return next;
}

static double left_of(const struct place *p, double wanted_instances)
{
	return fmax(wanted_instances - (double)p->nr_instances, 1);
}

/* What an instance takes of those that do not rest. */
static double instance_ns(const struct session *s, const struct look_left *left)
{
	double sum = 0;

	for (unsigned int i = 0; i < s->nr; i++)
		if (session_is_active(s, i))
			sum += (double)s->place[i].cost_ns;
	return fmax(sum, (double)left->least_ns);
}

/* An arm that is compared with none is in when one that is compared with it is. */
static void rest_baselines(struct session *s)
{
	for (unsigned int i = 0; i < s->nr; i++) {
		bool any = false, rests = true;

		if (look_against(s, i) >= 0)
			continue;
		for (unsigned int k = 0; k < s->nr; k++) {
			if (look_against(s, k) != (int)i || s->place[k].given_up)
				continue;
			any = true;
			rests = rests && s->place[k].rests;
		}
		s->place[i].rests = any && rests;
	}
}

static bool has_hope(const struct session *s, unsigned int i, const struct look_left *left)
{
	const struct place *p = &s->place[i];

	if (p->nr_instances == SESSION_MAX_LOOK)
		return false;
	return p->wanted[JUDGE_P50] == 0 ||
	       left_of(p, p->wanted[JUDGE_P50]) * instance_ns(s, left) <
		       HOPELESS * (double)left->medians_ns;
}

/* Those whose p50 is open. Return: can any of them be decided? */
static bool plan_medians(struct session *s, const struct look_left *left, bool *open)
{
	bool hope = false;

	*open = false;
	for (unsigned int i = 0; i < s->nr; i++)
		if (look_against(s, i) >= 0)
			s->place[i].rests = s->place[i].decided;
	rest_baselines(s);
	for (unsigned int i = 0; i < s->nr; i++) {
		if (!is_compared(s, i) || s->place[i].decided)
			continue;
		*open = true;
		hope = hope || has_hope(s, i, left);
	}
	return hope;
}

/*
 * Beside those that are in already come those that can be decided in the time, the nearest first:
 * each makes the instances longer, so the next one must be so much nearer. How much they want is an
 * estimate, and an arm that rests would never get a better one: only a hopeless arm rests.
 */
static bool plan_tails(struct session *s, const struct look_left *left, void *memory)
{
	double wants[SCHEDULE_MAX_ARMS];
	bool any = false;

	for (unsigned int i = 0; i < s->nr; i++) {
		struct place *p = &s->place[i];

		wants[i] = is_compared(s, i) && p->decided && p->nr_instances < SESSION_MAX_LOOK
				   ? wanted_by_tails(s, p, memory)
				   : 0;
		if (wants[i] > 0)
			wants[i] = left_of(p, wants[i]);
	}
	for (;;) {
		unsigned int next = s->nr;

		for (unsigned int i = 0; i < s->nr; i++)
			if (wants[i] > 0 && (next == s->nr || wants[i] < wants[next]))
				next = i;
		if (next == s->nr)
			return any;
		s->place[next].rests = false;
		rest_baselines(s);
		if (wants[next] * instance_ns(s, left) > HOPELESS * (double)left->tails_ns)
			s->place[next].rests = true;
		else
			any = true;
		rest_baselines(s);
		wants[next] = 0;
	}
}

/* Does a call of this arm still lack the fresh instances that could confirm it? */
static bool call_waits(const struct place *p)
{
	if (!p->decided)
		return p->looks.called_at && p->nr_instances < p->looks.called_at + MAX_FRESH;
	for (enum judge_metric m = 0; m < NR_JUDGE_METRICS; m++)
		if (p->more_looks[m].called_at &&
		    p->nr_instances < p->more_looks[m].called_at + JUDGE_MIN_INSTANCES)
			return true;
	return false;
}

static bool plan_calls(struct session *s)
{
	bool any = false;

	for (unsigned int i = 0; i < s->nr; i++) {
		struct place *p = &s->place[i];

		if (look_against(s, i) < 0)
			continue;
		p->rests = !is_compared(s, i) || !call_waits(p);
		any = any || !p->rests;
	}
	rest_baselines(s);
	return any;
}

bool look_plan(struct session *s, const struct look_left *left, void *memory)
{
	bool compared = false, open;

	for (unsigned int i = 0; i < s->nr; i++)
		compared = compared || is_compared(s, i);
	if (!compared)
		return left->medians_ns;
	if (left->medians_ns) {
		if (plan_medians(s, left, &open))
			return true;
		return (left->tails_ns && plan_tails(s, left, memory)) || open;
	}
	return left->calls_ns && plan_calls(s);
}

void look_free(struct session *s)
{
	for (unsigned int i = 0; s->place && i < s->nr; i++) {
		struct place *p = &s->place[i];

		for (size_t n = 0; n < p->nr_instances; n++)
			free((void *)p->instance[n].log_ratio);
		for (size_t n = 0; n < p->nr_samples; n++)
			free(p->sample[n]);
	}
}
