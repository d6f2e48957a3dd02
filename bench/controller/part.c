// SPDX-License-Identifier: GPL-2.0-only
/* What the epochs of an instance leave: a part of its record per arm. */
#include "bench/controller/instance.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A loop that takes less an iteration does nothing but count, if it is there at all. */
#define MIN_ITERATION_NS 0.3

void part_begin(struct place *p)
{
	struct session_part *part = p->part;

	part->record =
		(struct record_part){ .arm = p->name, .pass = part->pass, .hist = &part->hist };
	hist_init(&part->hist, HIST_K_USER);
	for (unsigned int b = 0; b < SESSION_MAX_BLOCKS; b++)
		part->p50[b] = NAN;
}

static void add_count(uint64_t *to, uint64_t n)
{
	if (__builtin_add_overflow(*to, n, to))
		*to = UINT64_MAX;
}

/* Names come from the worker: when there are too many, the last one stands for the rest. */
static void add_loss(struct session_part *part, const char *name, uint64_t n)
{
	struct record_part *r = &part->record;
	size_t i = 0;

	while (i < r->nr_losses && strcmp(r->loss[i].name, name))
		i++;
	if (i == RECORD_MAX_NUMBERS) {
		i--;
		snprintf(part->loss[i], sizeof(part->loss[i]), "others");
	} else if (i == r->nr_losses) {
		snprintf(part->loss[i], sizeof(part->loss[i]), "%s", name);
		r->loss[i] = (struct record_count){ part->loss[i], 0 };
		r->nr_losses++;
	}
	add_count(&r->loss[i].value, n);
}

static void add_counter(struct session_part *part, const struct wire_counter *c)
{
	struct record_part *r = &part->record;
	char cause[SESSION_LOSS_NAME];
	size_t i = 0;

	while (i < r->nr_counters && strcmp(r->counter[i].name, c->name))
		i++;
	if (!isfinite(c->value) || i == RECORD_MAX_NUMBERS) {
		snprintf(cause, sizeof(cause), "counter %s", c->name);
		add_loss(part, cause, 1);
		return;
	}
	if (i == r->nr_counters) {
		snprintf(part->counter[i], sizeof(part->counter[i]), "%s", c->name);
		r->counter[i] = (struct record_number){ part->counter[i], 0 };
		r->nr_counters++;
	}
	r->counter[i].value += c->value;
}

/* To 16 bits: far finer than a bucket, and a third of the digits in the record. */
static double shorten(double v)
{
	int exponent;
	double m = frexp(v, &exponent);

	return isfinite(v) ? ldexp(nearbyint(ldexp(m, 16)), exponent - 16) : v;
}

/* The answer in @p goes into its part; false: its values do not. */
bool part_keep_pass(const struct session *s, struct place *p, unsigned int block)
{
	const struct wire *a = &p->answer;
	struct session_part *part = p->part;
	struct record_part *r = &part->record;
	uint64_t ns = a->end_ns - a->start_ns;
	double p50;

	if (hist_merge(&part->hist, &a->hist))
		return false;
	/* As the report has it: from the record, in mode "time" from ns and iterations there. */
	p50 = s->q->latency ? shorten(hist_quantile(&a->hist, 0.5))
			    : (double)ns / (double)a->iterations;
	part->p50[block] = p50;
	part->pass[r->nr_passes++] =
		(struct record_pass){ block, a->start_ns, ns, a->iterations, shorten(p50) };
	add_count(&r->cpu_ns, a->cpu_ns);
	add_count(&r->nvcsw, a->nvcsw);
	add_count(&r->nivcsw, a->nivcsw);
	add_count(&r->minflt, a->minflt);
	if (!s->q->latency && (double)ns < MIN_ITERATION_NS * (double)a->iterations) {
		add_loss(part, "elided", 1);
		p->nr_elided++;
	}
	if (a->nr_impossible)
		add_loss(part, "impossible", a->nr_impossible);
	for (uint32_t i = 0; i < a->nr_counters; i++)
		add_counter(part, &a->counter[i]);
	place_count_losses(p);
	return true;
}

void part_drop_pass(struct course *c, struct place *p)
{
	size_t i = c->nr_dropped;

	if (i == RECORD_MAX_ARMS) {
		add_loss(p->part, "epochs", 1);
		return;
	}
	snprintf(c->reason[i], sizeof(c->reason[i]), "%s", p->why);
	c->dropped[i] = (struct record_dropped){ p->name, c->reason[i] };
	c->nr_dropped++;
}

/* What the arm changed since the instance before; the harness has put it back. */
static void name_changes(struct place *p)
{
	char cause[SESSION_LOSS_NAME];

	for (unsigned int i = 0; i < NR_WIRE_SETTINGS; i++) {
		if (!(p->changed & 1U << i))
			continue;
		snprintf(cause, sizeof(cause), "%s changed", session_setting(i));
		add_loss(p->part, cause, 1);
		p->nr_changed[i]++;
	}
	p->changed = 0;
}

int part_write_instance(struct session *s, struct course *c)
{
	struct record_part part[SCHEDULE_MAX_ARMS];
	struct record_instance in = { .question = s->q->name,
				      .number = s->number,
				      .batch = s->q->batch,
				      .setup_ns = c->setup_ns,
				      .part = part,
				      .nr_dropped = c->nr_dropped,
				      .noise = noise_take(&s->noise) };

	memcpy(in.dropped, c->dropped, c->nr_dropped * sizeof(*c->dropped));
	for (unsigned int i = 0; i < s->nr; i++)
		if (s->place[i].part->record.nr_passes) {
			name_changes(&s->place[i]);
			part[in.nr_parts++] = s->place[i].part->record;
		}
	return record_write_instance(s->o->out, &in);
}
