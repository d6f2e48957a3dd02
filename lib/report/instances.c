// SPDX-License-Identifier: GPL-2.0-only
/* Instances: set-ups of all arms, and the pairs of short epochs that were measured on them. */
#include "lib/report/build.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- units ----------------------------------------------------------------------------------- */

/* Values of the middle of each bucket: runs of one build that counted in different units are rare. */
static void rescale(struct hist *h, struct hist *was, double factor)
{
	static const double limit = (double)(1ULL << HIST_MAX_BITS) - 1;

	*was = *h;
	hist_init(h, was->k);
	for (uint32_t i = 0; was->count && i < HIST_NR_BUCKETS(was->k); i++) {
		double middle =
			((double)hist_low(i, was->k) + (double)hist_low(i + 1, was->k) - 1) / 2;

		h->bucket[hist_index((uint64_t)fmin(middle * factor, limit), h->k)] +=
			was->bucket[i];
	}
	h->count = was->count;
	h->overflow = was->overflow;
	h->min = (uint64_t)fmin((double)was->min * factor, limit);
	h->max = (uint64_t)fmin((double)was->max * factor, limit);
	h->sum = (uint64_t)fmin((double)was->sum * factor, 0x1p63);
}

void build_in_unit(struct build *b, struct build_question *q, uint64_t batch)
{
	if (q->batch == batch)
		return;
	if (q->batch) {
		rescale(&b->scratch, &b->spare, (double)q->batch / (double)batch);
		return;
	}
	q->batch = batch;
	for (size_t i = 0; i < q->nr; i++)
		q->result[i].r.unit = 1 / (double)batch;
}

/* ---- parts ----------------------------------------------------------------------------------- */

struct passes {
	size_t nr;
	struct record_pass pass[JUDGE_MAX_PAIRS];
	double ns[JUDGE_MAX_PAIRS]; /* per iteration, where there were any */
};

static bool read_passes(const json_t *record, size_t i, size_t nr, struct passes *p, char *why,
			size_t whylen)
{
	if (nr > JUDGE_MAX_PAIRS) {
		snprintf(why, whylen, "more than %d passes", JUDGE_MAX_PAIRS);
		return false;
	}
	for (p->nr = 0; p->nr < nr; p->nr++)
		if (record_read_pass(record, i, p->nr, &p->pass[p->nr], why, whylen))
			return false;
	return true;
}

static bool add_pass(struct report_part *p, const struct record_pass *pass, double p50)
{
	return build_add_pass(p, &(struct report_pass){ .block = pass->block,
							.p50 = p50,
							.start_ns = pass->start_ns,
							.ns = pass->ns,
							.iterations = pass->iterations });
}

/* Mode "time": what the passes took is exact. */
static bool add_times(struct build_result *r, struct report_part *p, struct passes *passes)
{
	size_t nr = 0;

	for (size_t k = 0; k < passes->nr; k++) {
		const struct record_pass *pass = &passes->pass[k];
		double ns = (double)pass->ns / (double)pass->iterations;

		if (!pass->iterations)
			continue;
		p->sample.sum += (double)pass->ns;
		p->sample.count += (double)pass->iterations;
		if (!build_grow((void **)&r->passes.value, r->passes.nr, &r->passes.room,
				sizeof(double)) ||
		    !add_pass(p, pass, ns))
			return false;
		r->passes.value[r->passes.nr++] = passes->ns[nr++] = ns;
	}
	r->ns_per_iteration = stat_median(passes->ns, nr);
	return true;
}

static int add_part(struct build *b, struct build_question *q, struct build_result *r,
		    const struct record_part *part, struct passes *passes)
{
	struct report_part *p = build_part(q, r);
	bool latency = strcmp(q->q.mode, "time") != 0;

	if (!p)
		return -ENOMEM;
	r->in_block = true;
	r->r.cpu_ns = report_sum(r->r.cpu_ns, part->cpu_ns);
	p->cpu_ns = report_sum(p->cpu_ns, part->cpu_ns);
	for (size_t k = 0; k < passes->nr; k++) {
		const struct record_pass *pass = &passes->pass[k];

		build_saw(q, pass->start_ns, report_sum(pass->start_ns, pass->ns));
		r->r.iterations = report_sum(r->r.iterations, pass->iterations);
		r->r.wall_ns = report_sum(r->r.wall_ns, pass->ns);
		p->wall_ns = report_sum(p->wall_ns, pass->ns);
		if (latency && !add_pass(p, pass, pass->p50))
			return -ENOMEM;
	}
	if (!latency)
		return add_times(r, p, passes) ? 0 : -ENOMEM;
	return build_add_sample(b, r, p);
}

static int take_part(struct build *b, struct build_question *q, const json_t *record, size_t i,
		     uint64_t batch, struct passes *passes)
{
	struct record_part part = { .hist = &b->scratch };
	struct build_result *r;
	char why[160];
	int ret;

	if (record_read_part(record, i, &part, why, sizeof(why)) ||
	    !read_passes(record, i, part.nr_passes, passes, why, sizeof(why)))
		return build_drop(b, DROP_EPOCH, q->q.name, part.arm, why);
	for (size_t k = 0; k < passes->nr; k++)
		passes->pass[k].p50 /= (double)batch;
	r = build_result_of(q, part.arm);
	if (!r || r->r.from_trace)
		return build_drop(b, DROP_EPOCH, q->q.name, part.arm,
				  "its question does not name this arm");
	build_in_unit(b, q, batch);
	ret = build_merge(b, &r->r.hist);
	if (ret == -EOVERFLOW)
		return build_drop(b, DROP_EPOCH, q->q.name, part.arm,
				  "with those before it holds more than 2^64-1 values");
	if (!ret)
		ret = build_add_numbers(b, q, r, part.counter, part.nr_counters, part.loss,
					part.nr_losses);
	return ret ? ret : add_part(b, q, r, &part, passes);
}

int build_take_instance(struct build *b, const json_t *record)
{
	struct build_question *q = NULL;
	struct record_instance in;
	struct passes *passes;
	char why[160];
	int ret = record_read_instance(record, &in, why, sizeof(why));

	if (in.question) {
		q = build_question_of(b, in.question, false);
		if (!q)
			return build_lost_question(b, in.question);
	}
	if (ret)
		return build_drop(b, DROP_BLOCK, in.question, NULL, why);
	passes = malloc(sizeof(*passes));
	if (!passes)
		return -ENOMEM;
	build_begin_stretch(q);
	q->fresh = q->recheck_run == b->at && in.number >= q->recheck_first;
	for (size_t i = 0; !ret && i < in.nr_parts; i++)
		ret = take_part(b, q, record, i, in.batch, passes);
	free(passes);
	if (!ret)
		ret = build_end_stretch(b, q, &in.noise, in.dropped, in.nr_dropped, false);
	if (ret)
		return ret;
	q->q.nr_instances++;
	q->q.nr_fresh += q->fresh;
	return build_close_stretch(b, q);
}

/* ---- recheck --------------------------------------------------------------------------------- */

/* Runs that are pooled may each have one: the strictest holds for all. */
static void begin_recheck(struct build *b, struct build_question *q,
			  const struct record_recheck *record)
{
	q->recheck_run = b->at;
	q->recheck_first = record->first;
	if (record->confidence > q->q.recheck_confidence)
		q->q.recheck_confidence = record->confidence;
}

int build_take_recheck(struct build *b, const json_t *record)
{
	struct record_recheck recheck;
	struct build_question *q = NULL;
	char why[160];
	int ret = record_read_recheck(record, &recheck, why, sizeof(why));

	if (recheck.question) {
		q = build_question_of(b, recheck.question, false);
		if (!q)
			return build_lost_question(b, recheck.question);
	}
	if (!ret && !(recheck.confidence > 0 && recheck.confidence < 1)) {
		snprintf(why, sizeof(why), "confidence is not a share");
		ret = -EINVAL;
	}
	if (ret)
		return build_drop(b, DROP_RECORD, recheck.question, NULL, why);
	begin_recheck(b, q, &recheck);
	for (size_t i = 0; !ret && i < recheck.nr_arms; i++) {
		struct build_result *r = build_result_of(q, recheck.arm[i]);

		if (r && !r->r.from_trace)
			r->r.rechecked = true;
		else
			ret = build_drop(b, DROP_RECORD, q->q.name, recheck.arm[i],
					 "its question does not name this arm");
	}
	return ret;
}
