// SPDX-License-Identifier: GPL-2.0-only
/*
 * What blocks and instances have in common: histograms into distributions, the parts that arms had
 * in them, and one statistic for each, aligned over the arms.
 */
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

/*
 * Value number @at is @v. What the arm has none of becomes a hole when a value follows: an arm may
 * be announced late, or never run. Return: 0, -ENOMEM, or -E2BIG: the input has too many
 */
static int series_put(struct build *b, struct series *s, size_t at, double v)
{
	if (isnan(v))
		return 0;
	if (at + 1 - s->nr > MAX_VALUES - b->nr_values)
		return -E2BIG;
	b->nr_values += at + 1 - s->nr;
	while (s->nr < at)
		if (!series_add(s, NAN))
			return -ENOMEM;
	return series_add(s, v) ? 0 : -ENOMEM;
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
static int series_close(struct build *b, struct build_question *q, bool tail)
{
	uint64_t enough = tail ? BLOCK_MIN_P99 : BLOCK_MIN_P50;
	size_t *nr = tail ? &q->nr_p99 : &q->nr_p50;
	bool any = false;
	int ret = 0;

	for (size_t i = 0; i < q->nr; i++) {
		struct hist *pending = series_of(&q->result[i], tail)->pending;

		if (!pending)
			continue;
		if (!q->result[i].in_block)
			hist_init(pending, HIST_K_USER);
		else if (pending->count < enough)
			return 0;
		else
			any = true;
	}
	for (size_t i = 0; any && !ret && i < q->nr; i++) {
		struct series *s = series_of(&q->result[i], tail);

		if (!s->pending || s->pending->count < enough)
			continue;
		ret = series_put(b, s, *nr,
				 hist_quantile(s->pending, tail ? 0.99 : 0.5) *
					 q->result[i].r.unit);
		hist_init(s->pending, HIST_K_USER);
	}
	*nr += any;
	return ret;
}

/*
 * Mode "time": the histogram holds whole ns, too coarse for operations of a few ns; the epoch's
 * ends are exact.
 */
static int time_close(struct build *b, struct build_question *q)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < q->nr; i++)
		ret = series_put(b, &q->result[i].p50, q->nr_p50, q->result[i].ns_per_iteration);
	q->nr_p50++;
	return ret;
}

/* ---- histograms and numbers ------------------------------------------------------------------ */

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

int build_add_numbers(struct build *b, struct build_question *q, struct build_result *r,
		      const struct record_number *counter, size_t nr_counters,
		      const struct record_count *loss, size_t nr_losses)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < nr_counters; i++) {
		if (isnan(counter[i].value))
			continue;
		ret = build_add_number(b->report, &r->r.counter, &r->r.nr_counters, counter[i].name,
				       counter[i].value);
		if (ret == -E2BIG)
			ret = build_drop(b, DROP_RECORD, q->q.name, r->r.name,
					 "more than 256 counters");
	}
	for (size_t i = 0; !ret && i < nr_losses; i++) {
		ret = build_add_count(b->report, &r->r.loss, &r->r.nr_losses, loss[i].name,
				      loss[i].value);
		if (ret == -E2BIG)
			ret = build_drop(b, DROP_RECORD, q->q.name, r->r.name,
					 "more than 256 kinds of loss");
	}
	return ret;
}

/* ---- parts ----------------------------------------------------------------------------------- */

struct report_part *build_part(struct build_question *q, struct build_result *r)
{
	size_t nr = r->r.nr_parts;

	if (nr && r->r.part[nr - 1].at == q->q.nr_parts)
		return &r->r.part[nr - 1];
	if (!build_grow((void **)&r->r.part, nr, &r->room_parts, sizeof(*r->r.part)))
		return NULL;
	r->r.part[nr] = (struct report_part){ .at = q->q.nr_parts, .fresh = q->fresh };
	r->r.nr_parts++;
	return &r->r.part[nr];
}

/* Buckets of a coarser histogram are shared out evenly among the fine ones that they are made of. */
static bool add_buckets(struct report_part *p, const struct hist *h)
{
	uint32_t first = hist_index(h->min, h->k), last = hist_index(h->max, h->k);
	struct tail_sample *s = &p->sample.tail;
	size_t nr = 0;
	struct tail_bucket *grown;

	for (uint32_t i = first; i <= last; i++)
		nr += h->bucket[i] != 0;
	grown = reallocarray(p->buckets, s->nr_buckets + (nr << (HIST_K_USER - h->k)),
			     sizeof(*grown));
	if (!grown)
		return false;
	p->buckets = grown;
	s->bucket = grown;
	for (uint32_t i = first; i <= last; i++) {
		uint32_t at = hist_index(hist_low(i, h->k), HIST_K_USER),
			 end = hist_index(hist_low(i + 1, h->k) - 1, HIST_K_USER) + 1;

		for (uint32_t fine = at; h->bucket[i] && fine < end; fine++)
			grown[s->nr_buckets++] =
				(struct tail_bucket){ fine,
						      (double)h->bucket[i] / (double)(end - at) };
	}
	return true;
}

int build_add_sample(struct build *b, struct build_result *r, struct report_part *p)
{
	int ret = build_merge(b, &r->p50.pending);

	if (!ret)
		ret = build_merge(b, &r->p99.pending);
	if (ret || !b->scratch.count)
		return ret;
	p->sample.sum += (double)b->scratch.sum * r->r.unit;
	p->sample.count += (double)b->scratch.count;
	return add_buckets(p, &b->scratch) ? 0 : -ENOMEM;
}

bool build_add_pass(struct report_part *p, const struct report_pass *pass)
{
	uint64_t end_ns = report_sum(pass->start_ns, pass->ns);

	size_t room = p->nr_passes;
	struct report_pass *grown;

	/* As many as the powers of two: nothing else says how much room there is. */
	if (!(room & (room - 1))) {
		grown = reallocarray(p->pass, room ? 2 * room : 1, sizeof(*grown));
		if (!grown)
			return false;
		p->pass = grown;
	}
	if (!p->nr_passes || pass->start_ns < p->start_ns)
		p->start_ns = pass->start_ns;
	if (end_ns > p->end_ns)
		p->end_ns = end_ns;
	p->pass[p->nr_passes++] = *pass;
	return true;
}

/* ---- one after the other --------------------------------------------------------------------- */

void build_begin_stretch(struct build_question *q)
{
	q->from_ns = q->to_ns = 0;
	q->fresh = false;
	for (size_t i = 0; i < q->nr; i++) {
		q->result[i].ns_per_iteration = NAN;
		q->result[i].in_block = false;
	}
}

void build_saw(struct build_question *q, uint64_t from_ns, uint64_t to_ns)
{
	if (q->from_ns == q->to_ns || from_ns < q->from_ns)
		q->from_ns = from_ns;
	if (to_ns > q->to_ns)
		q->to_ns = to_ns;
}

int build_close_stretch(struct build *b, struct build_question *q)
{
	int ret;

	q->q.nr_parts++;
	if (!strcmp(q->q.mode, "time"))
		ret = time_close(b, q);
	else if (!(ret = series_close(b, q, false)))
		ret = series_close(b, q, true);
	if (ret == -E2BIG)
		return build_drop(b, DROP_BLOCK, q->q.name, NULL,
				  "more than 16777216 quantiles of blocks: it is not compared");
	return ret;
}

int build_end_stretch(struct build *b, struct build_question *q, const struct record_noise *noise,
		      const struct record_dropped *dropped, size_t nr_dropped, bool traced)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < nr_dropped; i++)
		ret = build_drop_by_tool(b, q->q.name, dropped[i].arm,
					 dropped[i].reason ? dropped[i].reason : "no reason given");
	if (ret)
		return ret;
	if (!build_grow((void **)&q->noise, q->nr_noise, &q->room_noise, sizeof(*q->noise)))
		return -ENOMEM;
	q->noise[q->nr_noise++] = (struct build_noise){
		.noise = *noise,
		.wall_ns = (double)(noise->wall_ns ? noise->wall_ns : q->to_ns - q->from_ns),
		.run = b->at,
		.from_ns = q->from_ns,
		.to_ns = q->to_ns,
		.traced = traced,
		.fresh = q->fresh,
	};
	return 0;
}
