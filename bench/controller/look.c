// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/look.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

int look_against(const struct session *s, unsigned int i)
{
	return s->place[i].against;
}

/* The instance's pairs of the arm in place @i with that in place @against, to those it has. */
static int add_pairs(struct session *s, unsigned int i, unsigned int against)
{
	const struct session_part *a = s->place[against].part, *b = s->place[i].part;
	struct place *p = &s->place[i];
	double *ratio;
	size_t nr = 0;

	if (p->nr_instances - p->nr_first == SESSION_MAX_LOOK)
		return 0;
	ratio = calloc(SESSION_MAX_BLOCKS, sizeof(*ratio));
	if (!ratio)
		return -ENOMEM;
	for (unsigned int n = 0; n < SESSION_MAX_BLOCKS; n++) {
		double r = log(b->p50[n] / a->p50[n]); /* 0 against 0 is NAN */

		if (!isnan(r))
			ratio[nr++] = r;
	}
	if (!nr) {
		free(ratio);
		return 0;
	}
	p->instance[p->nr_instances++] =
		(struct judge_instance){ .nr_pairs = nr, .log_ratio = ratio };
	return 0;
}

/* At how many fresh instances is there a look at a second measuring? From the fewest on, by halves. */
static bool again_due(const struct session *s, const struct place *p)
{
	size_t look = looks_recheck_instances(s->confidence), nr = p->nr_instances - p->nr_first;

	while (look < nr)
		look += look / 2;
	return nr == look;
}

static void look_again(struct session *s, struct place *p, void *memory)
{
	if (!again_due(s, p))
		return;
	p->again = looks_rechecked(p->instance, p->nr_first, p->nr_instances, s->q->zone,
				   s->confidence, memory);
	p->decided = p->again.decided;
}

static void look_first(struct session *s, struct place *p, void *memory)
{
	if (looks_due(&p->looks, p->nr_instances))
		p->looks = looks_at(p->instance, p->nr_instances, s->q->zone, memory);
	p->decided = p->looks.decided && s->number >= session_least_instances(s);
}

int look(struct session *s, void *memory)
{
	int ret, against;

	for (unsigned int i = 0; i < s->nr; i++) {
		struct place *p = &s->place[i];

		against = look_against(s, i);
		if (against < 0 || !session_is_active(s, (unsigned int)against) ||
		    !session_is_active(s, i))
			continue;
		ret = add_pairs(s, i, (unsigned int)against);
		if (ret)
			return ret;
		if (s->confidence > 0)
			look_again(s, p, memory);
		else
			look_first(s, p, memory);
		/* Nobody else needs the other side. */
		if (p->partner >= 0)
			s->place[p->partner].decided = p->decided;
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

bool look_call_waits(const struct session *s)
{
	for (unsigned int i = 0; i < s->nr; i++) {
		const struct place *p = &s->place[i];

		if (!p->decided && !p->given_up && p->looks.called_at &&
		    p->nr_instances < p->looks.called_at + JUDGE_MIN_INSTANCES)
			return true;
	}
	return false;
}

bool look_again_waits(const struct session *s)
{
	size_t least = looks_recheck_instances(s->confidence);

	for (unsigned int i = 0; i < s->nr; i++)
		if (look_against(s, i) >= 0 && session_is_active(s, i) &&
		    s->place[i].nr_instances - s->place[i].nr_first < least)
			return true;
	return false;
}

void look_free(struct session *s)
{
	for (unsigned int i = 0; s->place && i < s->nr; i++)
		for (size_t n = 0; n < s->place[i].nr_instances; n++)
			free((void *)s->place[i].instance[n].log_ratio);
}
