// SPDX-License-Identifier: GPL-2.0-only
/* Blocks: epochs into distributions, and one statistic per block, aligned over the arms. */
#include "lib/report/build.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- series ---------------------------------------------------------------------------------- */

static bool series_add(struct series *s, double v)
{
	if (!build_grow((void **)&s->value, s->nr, &s->room, sizeof(*s->value)))
		return false;
	s->value[s->nr++] = v;
	return true;
}

static struct series *series_of(struct build_result *r, bool tail)
{
	return tail ? &r->p99 : &r->p50;
}

/*
 * Closes the blocks taken together when every arm has enough values, so that the values of the arms
 * stay aligned. An arm missing in this block starts anew: it must not hold up the others. What is
 * left over at the end of a file (less than one value's worth) counts in the distributions only.
 */
static bool series_close(struct build_question *q, bool tail)
{
	uint64_t enough = tail ? BLOCK_MIN_P99 : BLOCK_MIN_P50;
	bool any = false;

	for (size_t i = 0; i < q->nr; i++) {
		struct hist *pending = series_of(&q->result[i], tail)->pending;

		if (!pending)
			continue;
		if (!q->result[i].in_block)
			hist_init(pending, HIST_K_USER);
		else if (pending->count < enough)
			return true;
		else
			any = true;
	}
	for (size_t i = 0; any && i < q->nr; i++) {
		struct series *s = series_of(&q->result[i], tail);
		bool here = s->pending && s->pending->count >= enough;

		if (!series_add(s, here ? hist_quantile(s->pending, tail ? 0.99 : 0.5) : NAN))
			return false;
		if (s->pending)
			hist_init(s->pending, HIST_K_USER);
	}
	return true;
}

/*
 * Mode "time": the histogram holds whole ns, too coarse for operations of a few ns; the epoch's
 * ends are exact.
 */
static bool time_close(struct build_question *q)
{
	for (size_t i = 0; i < q->nr; i++)
		if (!series_add(&q->result[i].p50, q->result[i].ns_per_iteration))
			return false;
	return true;
}

/* ---- epochs ---------------------------------------------------------------------------------- */

int build_merge(struct build *b, struct hist **into)
{
	if (!*into) {
		*into = malloc(sizeof(**into));
		if (!*into)
			return -ENOMEM;
		hist_init(*into, b->scratch.k);
	}
	if (b->scratch.k < (*into)->k) {
		struct hist *coarse = malloc(sizeof(*coarse));

		if (!coarse)
			return -ENOMEM;
		hist_init(coarse, b->scratch.k);
		hist_merge(coarse, *into);
		free(*into);
		*into = coarse;
	}
	return hist_merge(*into, &b->scratch);
}

/* What is left out of a list of too many names is said by name. */
static int add_numbers(struct build *b, struct build_question *q, struct build_result *r,
		       const struct record_epoch *e, bool traced)
{
	int ret = 0;

	for (size_t i = 0; !ret && !traced && i < e->nr_counters; i++) {
		const struct record_number *n = &e->counter[i];

		if (isnan(n->value))
			continue;
		ret = build_add_number(b->report, &r->r.counter, &r->r.nr_counters, n->name,
				       n->value);
		if (ret == -E2BIG)
			ret = build_drop(b, DROP_RECORD, q->q.name, r->r.name,
					 "more than 256 counters");
	}
	for (size_t i = 0; !ret && i < e->nr_losses; i++) {
		const struct record_count *n = &e->loss[i];

		ret = build_add_count(b->report, &r->r.loss, &r->r.nr_losses, n->name, n->value);
		if (ret == -E2BIG)
			ret = build_drop(b, DROP_RECORD, q->q.name, r->r.name,
					 "more than 256 kinds of loss");
	}
	return ret;
}

static int add_epoch(struct build *b, struct build_question *q, struct build_result *r,
		     const struct record_epoch *e, bool traced)
{
	int ret = build_merge(b, traced ? &r->r.traced : &r->r.hist);

	if (ret == -EOVERFLOW)
		return build_drop(b, DROP_EPOCH, q->q.name, e->arm,
				  "with those before it holds more than 2^64-1 values");
	if (!ret)
		ret = add_numbers(b, q, r, e, traced);
	if (ret || traced)
		return ret;

	r->in_block = true;
	r->r.iterations = report_sum(r->r.iterations, e->iterations);
	r->r.cpu_ns = report_sum(r->r.cpu_ns, e->cpu_ns);
	r->r.wall_ns = report_sum(r->r.wall_ns, e->end_ns - e->start_ns);
	if (!strcmp(q->q.mode, "time")) {
		if (e->iterations)
			r->ns_per_iteration =
				(double)(e->end_ns - e->start_ns) / (double)e->iterations;
		return 0;
	}
	ret = build_merge(b, &r->p50.pending);
	return ret ? ret : build_merge(b, &r->p99.pending);
}

static int take_epoch(struct build *b, struct build_question *q, const json_t *record, size_t i,
		      bool traced)
{
	struct record_epoch e = { .hist = &b->scratch };
	struct build_result *r;
	char why[160];

	if (record_read_epoch(record, i, &e, why, sizeof(why)))
		return build_drop(b, DROP_EPOCH, q->q.name, e.arm, why);
	if (e.end_ns < e.start_ns)
		return build_drop(b, DROP_EPOCH, q->q.name, e.arm, "it ends before it begins");
	r = build_result_of(q, e.arm);
	if (!r || r->r.from_trace)
		return build_drop(b, DROP_EPOCH, q->q.name, e.arm,
				  "its question does not name this arm");
	return add_epoch(b, q, r, &e, traced);
}

static bool add_noise(struct build_question *q, const struct record_noise *noise)
{
	size_t room = q->room_noise;

	if (!build_grow((void **)&q->steal, q->nr_noise, &room, sizeof(double)))
		return false;
	room = q->room_noise;
	if (!build_grow((void **)&q->psi, q->nr_noise, &room, sizeof(double)))
		return false;
	if (!build_grow((void **)&q->canary, q->nr_noise, &q->room_noise, sizeof(double)))
		return false;
	q->steal[q->nr_noise] = noise->steal;
	q->psi[q->nr_noise] = noise->psi_cpu;
	q->canary[q->nr_noise] = noise->canary_ns;
	q->nr_noise++;
	return true;
}

static int close_block(struct build_question *q, bool traced)
{
	bool done;

	if (traced) {
		q->q.nr_traced_blocks++;
		return 0;
	}
	q->q.nr_blocks++;
	done = strcmp(q->q.mode, "time") ? series_close(q, false) && series_close(q, true)
					 : time_close(q);
	return done ? 0 : -ENOMEM;
}

int build_take_block(struct build *b, const json_t *record)
{
	struct build_question *q = NULL;
	struct record_block block;
	char why[160];
	int ret = record_read_block(record, &block, why, sizeof(why));

	if (block.question) {
		q = build_question_of(b, block.question, false);
		if (!q)
			return build_lost_question(b, block.question);
	}
	if (ret)
		return build_drop(b, DROP_BLOCK, block.question, NULL, why);
	for (size_t i = 0; i < q->nr; i++) {
		q->result[i].ns_per_iteration = NAN;
		q->result[i].in_block = false;
	}
	for (size_t i = 0; i < block.nr_epochs; i++) {
		ret = take_epoch(b, q, record, i, block.traced);
		if (ret)
			return ret;
	}
	for (size_t i = 0; i < block.nr_dropped; i++) {
		ret = build_drop_by_tool(b, q->q.name, block.dropped[i].arm,
					 block.dropped[i].reason ? block.dropped[i].reason
								 : "no reason given");
		if (ret)
			return ret;
	}
	return add_noise(q, &block.noise) ? close_block(q, block.traced) : -ENOMEM;
}
