// SPDX-License-Identifier: GPL-2.0-only
/* What was measured: each record's values go to the host's cell of their series. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record/merge_impl.h"
#include "lib/record/record.h"

static struct merge_run *run_at_hand(struct merge *m)
{
	return &m->private->run[m->private->at];
}

static int note(struct merge *m, const char *what, const char *name, const char *why)
{
	return merge_note(m, m->private->line, false, "%s %.200s: %s", what, name ?: "", why);
}

/* ---- questions -------------------------------------------------------------------------------- */

static struct merge_question *find_question(const struct merge *m, const char *name)
{
	for (size_t i = 0; i < m->nr_questions; i++)
		if (!strcmp(m->question[i]->name, name))
			return m->question[i];
	return NULL;
}

/* That the run at hand announced; NULL: it did not. */
static const struct merge_question *announced(struct merge *m, const char *name)
{
	const struct merge_run *run = run_at_hand(m);

	for (size_t i = run->nr_questions; i--;)
		if (!strcmp(run->question[i]->name, name))
			return run->question[i];
	return NULL;
}

static const struct record_arm *find_arm(const struct merge_question *q, const char *name)
{
	for (size_t i = 0; i < q->nr_arms; i++)
		if (!strcmp(q->arm[i].name, name))
			return &q->arm[i];
	return NULL;
}

/* Hosts may lack an arm: together they have all. */
static int add_arms(struct merge *m, struct merge_question *q, const struct record_question *r)
{
	for (size_t i = 0; i < r->nr_arms && q->nr_arms < RECORD_MAX_ARMS; i++) {
		const struct record_arm *a = &r->arm[i];
		struct record_arm *grown;

		if (find_arm(q, a->name))
			continue;
		grown = reallocarray(q->arm, q->nr_arms + 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		q->arm = grown;
		q->arm[q->nr_arms] = (struct record_arm){ .name = merge_text(m, a->name),
							  .label = merge_text(m, a->label),
							  .of = merge_text(m, a->of),
							  .side = merge_text(m, a->side),
							  .against = merge_text(m, a->against) };
		if (!q->arm[q->nr_arms++].name)
			return -ENOMEM;
	}
	return 0;
}

static struct merge_question *add_question(struct merge *m, const struct record_question *r)
{
	struct merge_private *p = m->private;
	struct merge_question *q;

	if (!merge_grow(&m->question, m->nr_questions, &p->room_questions, sizeof(q)))
		return NULL;
	q = calloc(1, sizeof(*q));
	if (!q)
		return NULL;
	*q = (struct merge_question){ .name = merge_text(m, r->name),
				      .latency = r->latency,
				      .baseline = merge_text(m, r->baseline),
				      .zone = r->zone,
				      .phases = r->phases,
				      .kind = r->kind };
	if (!q->name) {
		free(q);
		return NULL;
	}
	m->question[m->nr_questions++] = q;
	return q;
}

static int take_question(struct merge *m, const json_t *record)
{
	struct merge_run *run = run_at_hand(m);
	struct record_question r;
	struct merge_question *q;
	char why[200];

	if (record_read_question(record, &r, why, sizeof(why)))
		return note(m, "question", r.name, why);
	q = find_question(m, r.name);
	if (!q)
		q = add_question(m, &r);
	if (!q)
		return -ENOMEM;
	if (q->latency != r.latency)
		return note(m, "question", r.name, "another mode than the runs before have");
	if (announced(m, r.name))
		return 0;
	if (!merge_grow(&run->question, run->nr_questions, &run->room_questions,
			sizeof(*run->question)))
		return -ENOMEM;
	run->question[run->nr_questions++] = q;
	return add_arms(m, q, &r);
}

/* ---- series ----------------------------------------------------------------------------------- */

/* Names are kept once each: equal ones are the same pointer. */
static uint64_t hash_key(const struct merge_series *s)
{
	const void *const part[] = { s->question, s->kind, s->subject, s->metric };
	uint64_t hash = s->batch;

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		hash = (hash ^ (uint64_t)(uintptr_t)part[i]) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 32;
}

static bool is_key(const struct merge_series *a, const struct merge_series *b)
{
	return a->question == b->question && a->kind == b->kind && a->subject == b->subject &&
	       a->metric == b->metric && a->batch == b->batch;
}

static bool more_slots(struct merge *m)
{
	struct merge_private *p = m->private;
	size_t nr = p->nr_slots ? 2 * p->nr_slots : 256;
	uint32_t *slot;

	if (2 * m->nr_series < p->nr_slots)
		return true;
	slot = calloc(nr, sizeof(*slot));
	if (!slot)
		return false;
	for (size_t i = 0; i < m->nr_series; i++) {
		size_t at = hash_key(&m->series[i]) & (nr - 1);

		while (slot[at])
			at = (at + 1) & (nr - 1);
		slot[at] = (uint32_t)i + 1;
	}
	free(p->slot);
	p->slot = slot;
	p->nr_slots = nr;
	return true;
}

/* 0 and the series of that key; -ENOMEM; -E2BIG: there are too many */
static int series_of(struct merge *m, const struct merge_series *key, struct merge_series **s)
{
	struct merge_private *p = m->private;
	size_t at;

	if (!more_slots(m))
		return -ENOMEM;
	for (at = hash_key(key) & (p->nr_slots - 1); p->slot[at];
	     at = (at + 1) & (p->nr_slots - 1)) {
		*s = &m->series[p->slot[at] - 1];
		if (is_key(*s, key))
			return 0;
	}
	if (m->nr_series == MERGE_MAX_SERIES)
		return -E2BIG;
	if (!merge_grow(&m->series, m->nr_series, &p->room_series, sizeof(**s)))
		return -ENOMEM;
	*s = &m->series[m->nr_series++];
	**s = *key;
	p->slot[at] = (uint32_t)m->nr_series;
	return 0;
}

static int cell_of(struct merge *m, struct merge_series *s, struct merge_cell **cell)
{
	size_t host, i;
	int ret = merge_host_of(m, &host);

	if (ret)
		return ret;
	/* A host's records come one after another. */
	for (i = s->nr_cells; i && s->cell[i - 1].host != host;)
		i--;
	if (!i) {
		if (m->private->nr_cells == MERGE_MAX_CELLS)
			return -E2BIG;
		if (!merge_grow(&s->cell, s->nr_cells, &s->room_cells, sizeof(**cell)))
			return -ENOMEM;
		s->cell[s->nr_cells] = (struct merge_cell){ .host = host };
		m->private->nr_cells++;
		i = ++s->nr_cells;
	}
	*cell = &s->cell[i - 1];
	return 0;
}

static const char *excess(int ret)
{
	return ret == -E2BIG ? "more series or hosts than can be kept"
			     : "with those before it holds more than 2^64-1 values";
}

/* The histogram just read belongs to @key. */
static int add_hist(struct merge *m, const struct merge_series *key, struct merge_cell **cell)
{
	struct merge_series *s;
	int ret = series_of(m, key, &s);

	*cell = NULL;
	if (!ret)
		ret = cell_of(m, s, cell);
	if (!ret && (key->metric || key->question->latency))
		ret = sparse_add(&(*cell)->hist, &m->private->scratch);
	if (!ret || ret == -ENOMEM)
		return ret;
	*cell = NULL;
	return note(m, key->kind ? "subject" : "arm", key->subject, excess(ret));
}

/* ---- what stands beside the values ------------------------------------------------------------ */

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

static int add_count(struct merge *m, struct record_count **list, size_t *nr,
		     const struct record_count *add)
{
	struct record_count *grown;

	for (size_t i = 0; i < *nr; i++) {
		if (strcmp((*list)[i].name, add->name))
			continue;
		(*list)[i].value = sum((*list)[i].value, add->value);
		return 0;
	}
	if (*nr == RECORD_MAX_NUMBERS)
		return 0;
	grown = reallocarray(*list, *nr + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	*list = grown;
	grown[*nr] = (struct record_count){ merge_text(m, add->name), add->value };
	return grown[(*nr)++].name ? 0 : -ENOMEM;
}

static int add_number(struct merge *m, struct merge_sums *s, const struct record_number *add)
{
	struct record_number *grown;

	for (size_t i = 0; i < s->nr_counters; i++) {
		if (strcmp(s->counter[i].name, add->name))
			continue;
		s->counter[i].value += add->value;
		return 0;
	}
	if (s->nr_counters == RECORD_MAX_NUMBERS)
		return 0;
	grown = reallocarray(s->counter, s->nr_counters + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->counter = grown;
	grown[s->nr_counters] = (struct record_number){ merge_text(m, add->name), add->value };
	return grown[s->nr_counters++].name ? 0 : -ENOMEM;
}

static int add_numbers(struct merge *m, struct merge_cell *c, const struct record_part *p)
{
	int ret = 0;

	if (!c->sums)
		c->sums = calloc(1, sizeof(*c->sums));
	if (!c->sums)
		return -ENOMEM;
	c->sums->cpu_ns = sum(c->sums->cpu_ns, p->cpu_ns);
	c->sums->nvcsw = sum(c->sums->nvcsw, p->nvcsw);
	c->sums->nivcsw = sum(c->sums->nivcsw, p->nivcsw);
	c->sums->minflt = sum(c->sums->minflt, p->minflt);
	for (size_t i = 0; !ret && i < p->nr_counters; i++)
		ret = add_number(m, c->sums, &p->counter[i]);
	for (size_t i = 0; !ret && i < p->nr_losses; i++)
		ret = add_count(m, &c->sums->loss, &c->sums->nr_losses, &p->loss[i]);
	return ret;
}

static int add_pass(struct merge_cell *c, bool latency, uint64_t ns, uint64_t iterations)
{
	c->sums->ns = sum(c->sums->ns, ns);
	c->sums->iterations = sum(c->sums->iterations, iterations);
	if (latency || !iterations)
		return 0;
	if (!merge_grow(&c->pass, c->nr_passes, &c->room_passes, sizeof(*c->pass)))
		return -ENOMEM;
	c->pass[c->nr_passes++] = (struct merge_pass){ ns, iterations };
	return 0;
}

/* ---- records ---------------------------------------------------------------------------------- */

static int lost_question(struct merge *m, const char *name)
{
	return note(m, "question", name, "this run has not announced it");
}

/* The arm that was read; NULL and *@ret when it is left out. */
static struct merge_cell *arm_cell(struct merge *m, const struct merge_question *q,
				   const char *name, uint64_t batch, int *ret)
{
	const struct record_arm *arm = find_arm(q, name);
	struct merge_series key = { .question = q, .batch = batch };
	struct merge_cell *cell;

	if (!arm) {
		*ret = note(m, "arm", name, "its question does not name it");
		return NULL;
	}
	key.subject = arm->name;
	*ret = add_hist(m, &key, &cell);
	return *ret ? NULL : cell;
}

static int take_part(struct merge *m, const struct merge_question *q, const json_t *record,
		     size_t i, uint64_t batch)
{
	struct record_part part = { .hist = &m->private->scratch };
	struct record_pass pass;
	struct merge_cell *cell;
	char why[200];
	int ret;

	if (record_read_part(record, i, &part, why, sizeof(why)))
		return note(m, "arm", part.arm, why);
	for (size_t k = 0; k < part.nr_passes; k++)
		if (record_read_pass(record, i, k, &pass, why, sizeof(why)))
			return note(m, "arm", part.arm, why);
	cell = arm_cell(m, q, part.arm, batch, &ret);
	if (!cell)
		return ret;
	ret = add_numbers(m, cell, &part);
	for (size_t k = 0; !ret && k < part.nr_passes; k++) {
		record_read_pass(record, i, k, &pass, why, sizeof(why));
		ret = add_pass(cell, q->latency, pass.ns, pass.iterations);
	}
	return ret;
}

static int take_instance(struct merge *m, const json_t *record)
{
	const struct merge_question *q;
	struct record_instance in;
	char why[200];
	int ret = 0;

	if (record_read_instance(record, &in, why, sizeof(why)))
		return note(m, "question", in.question, why);
	q = announced(m, in.question);
	if (!q)
		return lost_question(m, in.question);
	for (size_t i = 0; !ret && i < in.nr_parts; i++)
		ret = take_part(m, q, record, i, in.batch);
	return ret;
}

static int take_epoch(struct merge *m, const struct merge_question *q, const json_t *record,
		      size_t i)
{
	struct record_epoch e = { .hist = &m->private->scratch };
	struct record_part part;
	struct merge_cell *cell;
	char why[200];
	int ret;

	if (record_read_epoch(record, i, &e, why, sizeof(why)))
		return note(m, "arm", e.arm, why);
	cell = arm_cell(m, q, e.arm, 1, &ret);
	if (!cell)
		return ret;
	part = (struct record_part){ .cpu_ns = e.cpu_ns,
				     .nvcsw = e.nvcsw,
				     .nivcsw = e.nivcsw,
				     .minflt = e.minflt,
				     .nr_counters = e.nr_counters,
				     .nr_losses = e.nr_losses };
	memcpy(part.counter, e.counter, e.nr_counters * sizeof(*e.counter));
	memcpy(part.loss, e.loss, e.nr_losses * sizeof(*e.loss));
	ret = add_numbers(m, cell, &part);
	return ret ? ret
		   : add_pass(cell, q->latency, e.end_ns > e.start_ns ? e.end_ns - e.start_ns : 0,
			      e.iterations);
}

/* Runs before there were instances measured in blocks; traced ones are never among figures. */
static int take_block(struct merge *m, const json_t *record)
{
	const struct merge_question *q;
	struct record_block b;
	char why[200];
	int ret = 0;

	if (record_read_block(record, &b, why, sizeof(why)))
		return note(m, "question", b.question, why);
	q = announced(m, b.question);
	if (!q)
		return lost_question(m, b.question);
	for (size_t i = 0; !b.traced && !ret && i < b.nr_epochs; i++)
		ret = take_epoch(m, q, record, i);
	return ret;
}

static int take_trace(struct merge *m, const json_t *record)
{
	struct merge_series key = { .batch = 1 };
	struct merge_cell *cell;
	struct record_trace t;
	const char *name;
	char why[200];
	int ret = 0;

	if (record_read_trace(record, &t, why, sizeof(why)))
		return note(m, "trace", t.subject, why);
	key.question = t.question ? announced(m, t.question) : NULL;
	if (t.question && !key.question)
		return lost_question(m, t.question);
	key.kind = t.question ? NULL : merge_text(m, t.kind);
	key.subject = merge_text(m, t.subject ?: "");
	key.main_metric = merge_text(m, t.main_metric);
	if (!key.subject || (!t.question && !key.kind))
		return -ENOMEM;
	for (size_t i = 0; !ret && i < t.nr_metrics; i++) {
		if (record_read_metric(record, i, &name, &m->private->scratch, why, sizeof(why))) {
			ret = note(m, "metric", name, why);
			continue;
		}
		key.metric = merge_text(m, name);
		ret = key.metric ? add_hist(m, &key, &cell) : -ENOMEM;
	}
	return ret;
}

static int take_losses(struct merge *m, const json_t *record)
{
	const struct merge_question *announced_one;
	struct record_losses l;
	struct merge_question *q;
	char why[200];
	int ret = 0;

	if (record_read_losses(record, &l, why, sizeof(why)))
		return note(m, "losses of", l.question, why);
	announced_one = l.question ? announced(m, l.question) : NULL;
	if (!announced_one)
		return 0;
	q = find_question(m, announced_one->name);
	q->tracing.known = true;
	q->tracing.events = sum(q->tracing.events, l.events);
	q->tracing.cpu_ns = sum(q->tracing.cpu_ns, l.cpu_ns);
	q->tracing.bpf_ns = sum(q->tracing.bpf_ns, l.bpf_ns);
	q->tracing.has_bpf_ns |= l.has_bpf_ns;
	for (size_t i = 0; !ret && i < l.nr_losses; i++)
		ret = add_count(m, &q->tracing.loss, &q->tracing.nr_losses, &l.loss[i]);
	for (size_t i = 0; !ret && i < l.nr_counters; i++)
		ret = add_count(m, &q->tracing.counter, &q->tracing.nr_counters, &l.counter[i]);
	return ret;
}

int merge_take(struct merge *m, const json_t *record)
{
	static const struct {
		const char *type;
		int (*take)(struct merge *m, const json_t *record);
	} types[] = {
		{ "question", take_question }, { "instance", take_instance },
		{ "block", take_block },       { "trace", take_trace },
		{ "losses", take_losses },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(record_type(record), types[i].type))
			return types[i].take(m, record);
	return 0;
}

/* ---- the union -------------------------------------------------------------------------------- */

int merge_union(const struct merge_series *s, struct hist *h)
{
	struct hist *one = malloc(2 * sizeof(*one)), *folded;
	uint32_t k = HIST_K_USER;
	int ret = one ? 0 : -ENOMEM;

	if (ret)
		return ret;
	folded = one + 1;
	for (size_t i = 0; i < s->nr_cells; i++) {
		sparse_read(s->cell[i].hist, one);
		if (one->count && one->k < k)
			k = one->k;
	}
	hist_init(h, k);
	for (size_t i = 0; !ret && i < s->nr_cells; i++) {
		sparse_read(s->cell[i].hist, one);
		hist_init(folded, k);
		if (one->count)
			ret = hist_merge(folded, one) ?: hist_merge(h, folded);
	}
	free(one);
	return ret;
}

static void free_sums(struct merge_sums *s)
{
	if (!s)
		return;
	free(s->counter);
	free(s->loss);
	free(s);
}

void merge_free_series(struct merge *m)
{
	for (size_t i = 0; i < m->nr_series; i++) {
		for (size_t k = 0; k < m->series[i].nr_cells; k++) {
			struct merge_cell *c = &m->series[i].cell[k];

			sparse_free(c->hist);
			free(c->pass);
			free_sums(c->sums);
		}
		free(m->series[i].cell);
	}
	for (size_t i = 0; i < m->nr_questions; i++) {
		free(m->question[i]->arm);
		free(m->question[i]->tracing.loss);
		free(m->question[i]->tracing.counter);
		free(m->question[i]);
	}
	free(m->question);
	free(m->series);
	free(m->private->slot);
}
