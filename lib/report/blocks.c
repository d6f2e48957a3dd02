// SPDX-License-Identifier: GPL-2.0-only
/* Blocks: an epoch of each arm. Traced ones have a distribution of their own. */
#include "lib/report/build.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static int add_untraced(struct build *b, struct build_question *q, struct build_result *r,
			const struct record_epoch *e)
{
	struct report_part *p = build_part(q, r);
	struct report_pass pass = { .start_ns = e->start_ns,
				    .ns = e->end_ns - e->start_ns,
				    .iterations = e->iterations };
	double ns = (double)pass.ns;

	if (!p)
		return -ENOMEM;
	r->in_block = true;
	r->r.iterations = report_sum(r->r.iterations, e->iterations);
	r->r.cpu_ns = report_sum(r->r.cpu_ns, e->cpu_ns);
	p->cpu_ns = report_sum(p->cpu_ns, e->cpu_ns);
	r->r.wall_ns = report_sum(r->r.wall_ns, pass.ns);
	p->wall_ns = report_sum(p->wall_ns, pass.ns);
	if (strcmp(q->q.mode, "time")) {
		pass.p50 = hist_quantile(&b->scratch, 0.5) * r->r.unit;
		if (!build_add_pass(p, &pass))
			return -ENOMEM;
		return build_add_sample(b, r, p);
	}
	if (!e->iterations)
		return 0;
	pass.p50 = r->ns_per_iteration = ns / (double)e->iterations;
	p->sample.sum += ns;
	p->sample.count += (double)e->iterations;
	if (!build_grow((void **)&r->passes.value, r->passes.nr, &r->passes.room, sizeof(double)) ||
	    !build_add_pass(p, &pass))
		return -ENOMEM;
	r->passes.value[r->passes.nr++] = r->ns_per_iteration;
	return 0;
}

static int add_epoch(struct build *b, struct build_question *q, struct build_result *r,
		     const struct record_epoch *e, bool traced)
{
	int ret;

	if (!traced)
		build_in_unit(b, q, 1);
	ret = build_merge(b, traced ? &r->r.traced : &r->r.hist);
	if (ret == -EOVERFLOW)
		return build_drop(b, DROP_EPOCH, q->q.name, e->arm,
				  "with those before it holds more than 2^64-1 values");
	if (!ret)
		ret = build_add_numbers(b, q, r, e->counter, traced ? 0 : e->nr_counters, e->loss,
					e->nr_losses);
	return ret || traced ? ret : add_untraced(b, q, r, e);
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
	build_saw(q, e.start_ns, e.end_ns);
	return add_epoch(b, q, r, &e, traced);
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
	build_begin_stretch(q);
	for (size_t i = 0; !ret && i < block.nr_epochs; i++)
		ret = take_epoch(b, q, record, i, block.traced);
	if (!ret)
		ret = build_end_stretch(b, q, &block.noise, block.dropped, block.nr_dropped,
					block.traced);
	if (ret)
		return ret;
	if (block.traced)
		q->q.nr_traced_blocks++;
	else
		q->q.nr_blocks++;
	return block.traced ? 0 : build_close_stretch(b, q);
}
