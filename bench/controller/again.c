// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/again.h"

static enum judge_metric nr_metrics(const struct session *s)
{
	return s->q->latency ? NR_JUDGE_METRICS : JUDGE_P99;
}

static bool is_compared(const struct place *p)
{
	return p->against >= 0 && !p->given_up;
}

void again_flag(struct session *s, void *memory)
{
	for (unsigned int i = 0; i < s->nr; i++) {
		struct place *p = &s->place[i];

		p->nr_first = p->nr_instances;
		for (enum judge_metric m = 0; m < NR_JUDGE_METRICS; m++) {
			p->called[m] = VERDICT_INCONCLUSIVE;
			if (!is_compared(p) || m >= nr_metrics(s))
				continue;
			p->called[m] = m == JUDGE_P50 ? p->looks.verdict
						      : judge(m, p->instance, p->nr_instances,
							      session_zone(s, m), memory)
								.verdict;
		}
	}
}

bool again_is_flagged(const struct place *p)
{
	for (enum judge_metric m = 0; is_compared(p) && m < NR_JUDGE_METRICS; m++)
		if (verdict_is_call(p->called[m]))
			return true;
	return false;
}

size_t again_nr_flagged(const struct session *s)
{
	size_t nr = 0;

	for (unsigned int i = 0; i < s->nr; i++)
		for (enum judge_metric m = 0; m < NR_JUDGE_METRICS; m++)
			nr += is_compared(&s->place[i]) && verdict_is_call(s->place[i].called[m]);
	return nr;
}

void again_begin(struct session *s)
{
	for (unsigned int i = 0; i < s->nr; i++)
		s->place[i].rests = true;
	for (unsigned int i = 0; i < s->nr; i++)
		if (again_is_flagged(&s->place[i]))
			s->place[i].rests = s->place[s->place[i].partner].rests = false;
}

/* ---- looks ----------------------------------------------------------------------------------- */

static size_t nr_fresh(const struct place *p)
{
	return p->nr_instances - p->nr_first;
}

/* From the fewest instances on, by halves: each look is another chance to be wrong. */
static bool is_due(const struct session *s, const struct place *p)
{
	size_t look = looks_recheck_instances(s->confidence);

	while (look < nr_fresh(p))
		look += look / 2;
	return nr_fresh(p) == look;
}

/* Are all its calls confirmed? */
static bool look_at(const struct session *s, struct place *p, void *memory)
{
	bool all = true;

	for (enum judge_metric m = 0; m < NR_JUDGE_METRICS; m++) {
		if (!verdict_is_call(p->called[m]))
			continue;
		p->confirmed[m] =
			looks_confirmed(m, p->instance, p->nr_first, p->nr_instances, p->called[m],
					session_zone(s, m), s->confidence, memory);
		all = all && p->confirmed[m];
	}
	return all;
}

void again_look(struct session *s, void *memory)
{
	for (unsigned int i = 0; i < s->nr; i++) {
		struct place *p = &s->place[i];

		if (!session_is_active(s, i) || !again_is_flagged(p) || !is_due(s, p))
			continue;
		p->rests = look_at(s, p, memory);
		s->place[p->partner].rests = p->rests;
	}
}

void again_end(struct session *s, void *memory)
{
	for (unsigned int i = 0; i < s->nr; i++)
		if (!s->place[i].rests)
			look_at(s, &s->place[i], memory);
}

bool again_is_over(const struct session *s)
{
	for (unsigned int i = 0; i < s->nr; i++)
		if (session_is_active(s, i))
			return false;
	return true;
}

bool again_waits(const struct session *s)
{
	for (unsigned int i = 0; i < s->nr; i++)
		if (session_is_active(s, i) && again_is_flagged(&s->place[i]) &&
		    nr_fresh(&s->place[i]) < looks_recheck_instances(s->confidence))
			return true;
	return false;
}

enum verdict again_says(const struct place *p)
{
	enum verdict said = VERDICT_INCONCLUSIVE;

	for (enum judge_metric m = 0; m < NR_JUDGE_METRICS; m++) {
		if (!verdict_is_call(p->called[m]) || !p->confirmed[m])
			continue;
		if (p->called[m] == VERDICT_SLOWER)
			return VERDICT_SLOWER;
		said = VERDICT_FASTER;
	}
	return said;
}
