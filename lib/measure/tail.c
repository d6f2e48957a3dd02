// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/measure/tail.h"

#include <math.h>
#include <string.h>

/* Fewest bursts, and values beyond the quantile, from which something is said about a tail. */
#define MIN_PAIR_BURSTS 7
#define MIN_CORRELATION 0.7
#define MIN_BEYOND	10

/* What a quantile among zeros counts as at least, ns. */
#define TAIL_LEAST 0x1p-10

/*
 * above[b] of an arm: how many of its values lie in bucket b or beyond; one more entry, of 0, at
 * the end. A threshold inside a bucket takes the bucket's share, as quantiles do.
 */
struct side {
	double *all;
	double *group[TAIL_MAX_GROUPS];
	double n[TAIL_MAX_GROUPS], total;
};

struct score {
	size_t nr;
	uint32_t k, nr_buckets;
	double p, z;
	struct side a, b;
};

static size_t nr_entries(void)
{
	return HIST_NR_BUCKETS_MAX + 1;
}

size_t tail_memory(void)
{
	return 2 * (TAIL_MAX_GROUPS + 1) * nr_entries() * sizeof(double);
}

/* Neighbouring stretches together, as many in each group as keeps at least half of the groups. */
static size_t nr_groups_of(size_t nr)
{
	size_t per = 1;

	while (nr / per > TAIL_MAX_GROUPS)
		per *= 2;
	return nr / per;
}

/* @at: where the next array of @nr_buckets + 1 begins */
static void side_init(struct side *s, const struct tail_sample *const *stretch, size_t nr,
		      size_t nr_groups, uint32_t nr_buckets, double **at)
{
	memset(*at, 0, (nr_groups + 1) * (nr_buckets + 1) * sizeof(double));
	s->all = *at;
	*at += nr_buckets + 1;
	for (size_t g = 0; g < nr_groups; g++, *at += nr_buckets + 1)
		s->group[g] = *at;
	for (size_t i = 0; i < nr; i++) {
		double *count = s->group[i * nr_groups / nr];

		for (size_t b = 0; b < stretch[i]->nr_buckets; b++)
			count[stretch[i]->bucket[b].index] += stretch[i]->bucket[b].count;
	}
	s->total = 0;
	for (size_t g = 0; g < nr_groups; g++) {
		double sum = 0;

		for (uint32_t b = nr_buckets; b-- > 0;) {
			sum += s->group[g][b];
			s->group[g][b] = sum;
			s->all[b] += sum;
		}
		s->n[g] = sum;
		s->total += sum;
	}
}

/* Buckets that any of them uses: beyond these there is nothing to add up. */
static uint32_t nr_buckets_of(const struct tail_stretches *s)
{
	uint32_t nr = 1;

	for (size_t i = 0; i < s->nr; i++) {
		const struct tail_sample *both[] = { s->a[i], s->b[i] };

		for (int k = 0; k < 2; k++)
			if (both[k]->nr_buckets &&
			    both[k]->bucket[both[k]->nr_buckets - 1].index >= nr)
				nr = both[k]->bucket[both[k]->nr_buckets - 1].index + 1;
	}
	return nr;
}

struct place {
	uint32_t bucket;
	double inside; /* share of the bucket below the threshold */
};

static struct place place_of(const struct score *s, double x)
{
	struct place p;
	double lo, hi;

	if (!(x > 0))
		x = 0;
	if (x >= (double)(1ULL << HIST_MAX_BITS))
		return (struct place){ .bucket = s->nr_buckets, .inside = 0 };
	p.bucket = hist_index((uint64_t)x, s->k);
	if (p.bucket >= s->nr_buckets)
		return (struct place){ .bucket = s->nr_buckets, .inside = 0 };
	lo = (double)hist_low(p.bucket, s->k);
	hi = (double)hist_low(p.bucket + 1, s->k);
	p.inside = fmin((x - lo) / (hi - lo), 1);
	return p;
}

static double above(const double *cumulated, const struct score *s, struct place p)
{
	double here = cumulated[p.bucket];

	if (p.bucket == s->nr_buckets)
		return 0;
	return here - p.inside * (here - cumulated[p.bucket + 1]);
}

/* The value above which @count of the values of @side lie. */
static double quantile_above(const struct score *s, const struct side *side, double count)
{
	uint32_t lo = 0, hi = s->nr_buckets;
	double left, inside;

	/* The last bucket that has at least @count at or above it. */
	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (side->all[mid] >= count)
			lo = mid;
		else
			hi = mid;
	}
	inside = side->all[lo] - side->all[lo + 1];
	left = inside > 0 ? fmin((side->all[lo] - count) / inside, 1) : 0;
	return (double)hist_low(lo, s->k) +
	       left * (double)(hist_low(lo + 1, s->k) - hist_low(lo, s->k));
}

/* The x above which @count values of A, and of B divided by @r, lie together. */
static double common_threshold(const struct score *s, double count, double r)
{
	double lo = log(0.5 / fmax(r, 1)), hi = HIST_MAX_BITS * M_LN2 - log(fmin(r, 1));

	for (int i = 0; i < 48; i++) {
		double mid = (lo + hi) / 2, x = exp(mid);

		if (above(s->a.all, s, place_of(s, x)) + above(s->b.all, s, place_of(s, x * r)) >
		    count)
			lo = mid;
		else
			hi = mid;
	}
	return exp(hi);
}

/*
 * The share of A among the pooled values near the threshold: inside a window as wide as the
 * threshold's own uncertainty, so that a bucket or a lump of equal values does not decide it.
 */
static double share_near(const struct score *s, double count, double window, double r)
{
	double outer = common_threshold(s, count - window, r),
	       inner = common_threshold(s, count + window, r), a, b, share;

	a = above(s->a.all, s, place_of(s, inner)) - above(s->a.all, s, place_of(s, outer));
	b = above(s->b.all, s, place_of(s, inner * r)) - above(s->b.all, s, place_of(s, outer * r));
	share = (a + 0.5) / (a + b + 1);
	return fmin(fmax(share, 0.05), 0.95);
}

/* S / sqrt(V) at @r; falls as @r rises. 0 where nothing differs. */
static double score_at(const struct score *s, double r)
{
	double count = s->p * (s->a.total + s->b.total), x = common_threshold(s, count, r);
	struct place at_a = place_of(s, x), at_b = place_of(s, x * r);
	double a[TAIL_MAX_GROUPS], b[TAIL_MAX_GROUPS], sum = 0, v0 = 0, v = 0, window, share;

	for (size_t g = 0; g < s->nr; g++) {
		a[g] = above(s->a.group[g], s, at_a) - s->p * s->a.n[g];
		b[g] = above(s->b.group[g], s, at_b) - s->p * s->b.n[g];
		sum += b[g] - a[g];
		v0 += (b[g] - a[g]) * (b[g] - a[g]);
	}
	window = fmax(5, fmin(count / 2, s->z * sqrt(v0) / 2));
	share = share_near(s, count, fmin(window, count / 2), r);
	for (size_t g = 0; g < s->nr; g++) {
		double d = 2 * (share * b[g] - (1 - share) * a[g]);

		v += d * d;
	}
	return v > 0 ? sum / sqrt(v) : 0;
}

/* How far the interval reaches on one side of @ratio: steps that double, then bisection. */
static double reach(const struct score *s, double ratio, int side)
{
	double inside = 0, outside = 0;

	for (double step = 0.002; step < 8 && !(outside > 0); step *= 2) {
		double v = score_at(s, ratio * exp(side * step));

		if (side * v < -s->z)
			outside = step;
		else
			inside = step;
	}
	if (!(outside > 0))
		return NAN;
	for (int i = 0; i < 12; i++) {
		double mid = (inside + outside) / 2;

		if (side * score_at(s, ratio * exp(side * mid)) < -s->z)
			outside = mid;
		else
			inside = mid;
	}
	return ratio * exp(side * outside);
}

static double effective(const double *e, size_t nr)
{
	double sum = 0, squares = 0;

	for (size_t g = 0; g < nr; g++) {
		sum += fabs(e[g]);
		squares += e[g] * e[g];
	}
	return squares > 0 ? sum * sum / squares : 0;
}

static double correlation(const double *x, const double *y, size_t nr)
{
	double mx = 0, my = 0, xy = 0, xx = 0, yy = 0;

	for (size_t i = 0; i < nr; i++) {
		mx += x[i] / (double)nr;
		my += y[i] / (double)nr;
	}
	for (size_t i = 0; i < nr; i++) {
		xy += (x[i] - mx) * (y[i] - my);
		xx += (x[i] - mx) * (x[i] - mx);
		yy += (y[i] - my) * (y[i] - my);
	}
	return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}

/*
 * May the tail be judged? Enough bursts in each arm; or bursts that both arms share, if what is
 * left of them in the difference is spread over enough groups.
 */
static enum tail_gate look_at_bursts(const struct score *s, double ratio, struct tail_interval *t)
{
	double x = common_threshold(s, s->p * (s->a.total + s->b.total), ratio);
	struct place at_a = place_of(s, x), at_b = place_of(s, x * ratio);
	double a[TAIL_MAX_GROUPS], b[TAIL_MAX_GROUPS], d[TAIL_MAX_GROUPS], sum_a = 0, sum_b = 0;

	for (size_t g = 0; g < s->nr; g++) {
		a[g] = above(s->a.group[g], s, at_a);
		b[g] = above(s->b.group[g], s, at_b);
		d[g] = b[g] - a[g];
		sum_a += a[g];
		sum_b += b[g];
	}
	t->bursts = fmin(effective(a, s->nr), effective(b, s->nr));
	t->beyond = fmin(sum_a, sum_b);
	/* Ten of a thousand are ten, also when they are counted in shares of buckets. */
	if (t->beyond < MIN_BEYOND * (1 - 1e-6))
		return TAIL_FEW_VALUES;
	if (t->bursts >= fmin(TAIL_MIN_BURSTS, 0.75 * (double)s->nr))
		return TAIL_OK;
	if (effective(d, s->nr) >= MIN_PAIR_BURSTS && correlation(a, b, s->nr) >= MIN_CORRELATION)
		return TAIL_OK;
	return TAIL_FEW_BURSTS;
}

struct tail_interval tail_compare(const struct tail_stretches *stretches, double q, double z,
				  void *memory)
{
	struct tail_interval t = { .ratio = NAN, .lo = NAN, .hi = NAN, .bursts = NAN };
	struct score s = { .p = 1 - q, .z = z, .k = HIST_K_USER };
	double *at = memory, qa, qb;

	t.gate = TAIL_FEW_GROUPS;
	if (!stretches->nr)
		return t;
	s.nr = nr_groups_of(stretches->nr);
	s.nr_buckets = nr_buckets_of(stretches);
	side_init(&s.a, stretches->a, stretches->nr, s.nr, s.nr_buckets, &at);
	side_init(&s.b, stretches->b, stretches->nr, s.nr, s.nr_buckets, &at);
	t.gate = TAIL_FEW_VALUES;
	if (!(s.a.total > 0) || !(s.b.total > 0))
		return t;
	qa = quantile_above(&s, &s.a, s.p * s.a.total);
	qb = quantile_above(&s, &s.b, s.p * s.b.total);
	t.gate = TAIL_ZEROS;
	if (qa < 1 && qb < 1)
		return t;
	/* The bucket of zeros is as wide as the others, so that neither is 0 unless nothing is. */
	t.ratio = fmax(qb, TAIL_LEAST) / fmax(qa, TAIL_LEAST);
	t.gate = look_at_bursts(&s, t.ratio, &t);
	if (s.nr < TAIL_MIN_GROUPS)
		t.gate = TAIL_FEW_GROUPS;
	if (t.gate != TAIL_OK)
		return t;
	t.lo = reach(&s, t.ratio, -1);
	t.hi = reach(&s, t.ratio, 1);
	if (isnan(t.lo) || isnan(t.hi)) {
		t.gate = TAIL_UNBOUNDED;
		t.lo = t.hi = NAN;
	}
	return t;
}

/* How far a group's pair lies from the common ratio: what an interval's width is made of. */
static double distance(const struct mean_group *g, double scale, double ratio)
{
	return g->b * scale - ratio * g->a;
}

/*
 * Do neighbours go together? Then what disturbed them lasted longer than a group, and groups are
 * not the unit. A correlation beyond 1.3 standard errors counts: at twenty-four groups 2 would miss
 * bursts as long as two of them.
 */
static bool go_together(const struct mean_group *g, size_t nr, double scale, double ratio)
{
	double cov = 0, var = 0, size = 0;

	for (size_t i = 0; i < nr; i++) {
		double d = distance(&g[i], scale, ratio);

		var += d * d;
		size += g[i].a * ratio;
		if (i)
			cov += d * distance(&g[i - 1], scale, ratio);
	}
	/* What is left of constants is how they were rounded. */
	return var > 1e-24 * size * size && cov / var > 1.3 / sqrt((double)nr);
}

struct mean_interval mean_compare(const struct mean_group *stretch, size_t nr_stretches,
				  double nr_a, double nr_b, double z)
{
	struct mean_interval m = {
		.gate = TAIL_FEW_GROUPS, .ratio = NAN, .lo = NAN, .hi = NAN, .bursts = NAN
	};
	double sa = 0, sb = 0, aa = 0, ab = 0, bb = 0, scale = nr_a / nr_b, p, q, c, root;
	double sum = 0, squares = 0;
	struct mean_group g[TAIL_MAX_GROUPS];
	size_t nr;

	nr = nr_groups_of(nr_stretches);
	memset(g, 0, sizeof(g));
	for (size_t i = 0; i < nr_stretches; i++) {
		struct mean_group *to = &g[i * nr / nr_stretches];

		to->a += stretch[i].a;
		to->b += stretch[i].b;
		sa += stretch[i].a;
		sb += stretch[i].b * scale; /* as if B had done as many operations as A */
	}
	m.gate = TAIL_ZEROS;
	if (!(sa > 0) || !(sb > 0) || !isfinite(sa) || !isfinite(sb))
		return m;
	m.ratio = sb / sa;
	m.gate = nr < TAIL_MIN_GROUPS ? TAIL_FEW_GROUPS : TAIL_TOGETHER;
	while (nr >= TAIL_MIN_GROUPS && go_together(g, nr, scale, m.ratio)) {
		for (size_t i = 0; i < nr / 2; i++)
			g[i] = (struct mean_group){ g[2 * i].a + g[2 * i + 1].a,
						    g[2 * i].b + g[2 * i + 1].b };
		if (nr % 2) {
			g[nr / 2 - 1].a += g[nr - 1].a;
			g[nr / 2 - 1].b += g[nr - 1].b;
		}
		nr /= 2;
	}
	if (nr < TAIL_MIN_GROUPS)
		return m;
	for (size_t i = 0; i < nr; i++) {
		double b = g[i].b * scale, d = distance(&g[i], scale, m.ratio);

		aa += g[i].a * g[i].a;
		ab += g[i].a * b;
		bb += b * b;
		sum += fabs(d);
		squares += d * d;
	}
	/* Constants differ by nothing; else a few bursts must not be all the difference. */
	if (squares > 0)
		m.bursts = sum * sum / squares;
	m.gate = TAIL_FEW_BURSTS;
	if (m.bursts < fmin(MIN_PAIR_BURSTS, 0.4 * (double)nr))
		return m;
	/* p r^2 - 2 q r + c <= 0 */
	p = sa * sa - z * z * aa;
	q = sa * sb - z * z * ab;
	c = sb * sb - z * z * bb;
	m.gate = TAIL_UNBOUNDED;
	if (!(p > 0) || !(c > 0))
		return m;
	/* At the ratio itself it holds, so there are two roots; of constants one, but for rounding. */
	root = sqrt(fmax(q * q - p * c, 0));
	m.lo = fmin((q - root) / p, m.ratio);
	m.hi = fmax((q + root) / p, m.ratio);
	m.gate = TAIL_OK;
	return m;
}
