// SPDX-License-Identifier: GPL-2.0-only
/* Over time: when instances and blocks were, and what an arm did in each. */
#include "lib/report/build.h"

#include <math.h>
#include <stdlib.h>

/* ---- the axis -------------------------------------------------------------------------------- */

/* What a run took of a question. */
struct share {
	size_t run;
	uint64_t from_ns, to_ns;
};

static bool has_time(const struct build_noise *n)
{
	return n->from_ns < n->to_ns;
}

/* Of the run whose stretches begin with number @first; *@end: where those of the next one begin. */
static struct share share_of(const struct build_question *q, size_t first, size_t *end)
{
	struct share s = { q->noise[first].run, UINT64_MAX, 0 };
	size_t i;

	for (i = first; i < q->nr_noise && q->noise[i].run == s.run; i++) {
		const struct build_noise *n = &q->noise[i];

		if (!has_time(n))
			continue;
		s.from_ns = n->from_ns < s.from_ns ? n->from_ns : s.from_ns;
		s.to_ns = n->to_ns > s.to_ns ? n->to_ns : s.to_ns;
	}
	*end = i;
	if (s.from_ns > s.to_ns)
		s.from_ns = s.to_ns = 0;
	return s;
}

static void add_stretch(struct report_question *to, size_t number, const struct build_noise *n,
			uint64_t at_ns)
{
	to->stretch[number] = (struct report_stretch){ .run = n->run,
						       .from_ns = n->from_ns,
						       .to_ns = n->to_ns,
						       .at_ns = at_ns,
						       .fresh = n->fresh,
						       .noisy = n->noisy,
						       .steal = n->noise.steal,
						       .psi_cpu = n->noise.psi_cpu,
						       .foreign = n->noise.foreign,
						       .canary_ns = n->noise.canary_ns };
}

bool build_finish_stretches(const struct build_question *q, struct report_question *to)
{
	size_t number = 0, nr_shares = 0, end;
	struct share s = { 0 };

	to->stretch = calloc(to->nr_parts + 1, sizeof(*to->stretch));
	if (!to->stretch)
		return false;
	for (size_t first = 0; first < q->nr_noise; first = end) {
		s = share_of(q, first, &end);
		for (size_t i = first; i < end; i++) {
			const struct build_noise *n = &q->noise[i];
			uint64_t after = has_time(n) ? n->from_ns - s.from_ns : 0;

			if (!n->traced)
				add_stretch(to, number++, n, report_sum(to->span_ns, after));
		}
		to->span_ns = report_sum(to->span_ns, s.to_ns - s.from_ns);
		nr_shares++;
	}
	if (nr_shares == 1) {
		to->from_ns = s.from_ns;
		to->to_ns = s.to_ns;
	}
	return true;
}

/* ---- what an arm did ------------------------------------------------------------------------- */

double report_part_quantile(const struct report_part *p, double unit, double q)
{
	const struct tail_sample *s = &p->sample.tail;
	double left = q * p->sample.count;

	for (size_t i = 0; i < s->nr_buckets; i++) {
		const struct tail_bucket *b = &s->bucket[i];
		double low = (double)hist_low(b->index, HIST_K_USER),
		       high = (double)hist_low(b->index + 1, HIST_K_USER);

		if (left <= b->count || i + 1 == s->nr_buckets)
			return (low + (high - low) * fmin(left / b->count, 1)) * unit;
		left -= b->count;
	}
	return NAN;
}

double report_part_p99(const struct report_part *p, double unit)
{
	return p->sample.count >= 1000 ? report_part_quantile(p, unit, 0.99) : NAN;
}

void report_part_coarse(const struct report_part *p, double bucket[COARSE_NR])
{
	const struct tail_sample *s = &p->sample.tail;

	for (size_t i = 0; i < s->nr_buckets; i++)
		bucket[coarse_index(s->bucket[i].index, HIST_K_USER)] += s->bucket[i].count;
}
