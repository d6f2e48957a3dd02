// SPDX-License-Identifier: GPL-2.0-only
/*
 * One run of all hosts. Each host is an instance with the sums of what it measured, so that whoever
 * compares arms over instances compares them over hosts: their spread is in the interval.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record/build.h"
#include "lib/record/lines.h"
#include "lib/record/merge_impl.h"
#include "lib/record/record.h"

struct unite {
	struct merge *m;
	struct record_writer *w;
	struct hist *hist; /* RECORD_MAX_ARMS of them, also for the metrics of a trace */
};

/* A list of none may be NULL. */
static void copy(void *to, const void *from, size_t size)
{
	if (size)
		memcpy(to, from, size);
}

static int put_line(const json_t *record, void *arg)
{
	char *text = json_dumps(record, JSON_COMPACT);
	int ret = text ? lines_add(arg, text, strlen(text)) : -ENOMEM;

	free(text);
	return ret;
}

/* ---- what is the same everywhere -------------------------------------------------------------- */

/* What all hosts say; NULL when they differ. */
static const char *agreed(const struct merge *m, size_t offset)
{
	const char *first = NULL;

	for (size_t i = 0; i < m->nr_hosts; i++) {
		const char *text = *(const char *const *)((const char *)&m->host[i] + offset);

		if (i && text != first)
			return NULL;
		first = text;
	}
	return first;
}

static int put_header(struct unite *u, int argc, char **argv)
{
	const struct merge *m = u->m;
	struct record_header h = { .tool = "merge", .hosts = m->nr_hosts, .runs = m->nr_runs };

	record_build_self(&h.kt);
	h.suite.version = agreed(m, offsetof(struct merge_host, suite));
	h.suite.build_id = agreed(m, offsetof(struct merge_host, suite_build));
	h.kind = m->host[0].kind;
	h.against.name = agreed(m, offsetof(struct merge_host, against));
	h.toggle[0] = agreed(m, offsetof(struct merge_host, toggle[0]));
	h.toggle[1] = agreed(m, offsetof(struct merge_host, toggle[1]));
	return record_write_header(u->w, &h, argc, argv);
}

static int put_question(struct unite *u, const struct merge_question *q)
{
	struct record_question *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return -ENOMEM;
	*r = (struct record_question){ .name = q->name,
				       .latency = q->latency,
				       .baseline = q->baseline,
				       .zone = q->zone,
				       .phases = q->phases,
				       .kind = q->kind,
				       .nr_arms = q->nr_arms };
	copy(r->arm, q->arm, q->nr_arms * sizeof(*q->arm));
	ret = record_write_question(u->w, r);
	free(r);
	return ret;
}

/* ---- hosts as instances ----------------------------------------------------------------------- */

/* Readers take no more passes of one arm in one instance. */
#define MAX_PASSES 4096

/* Those of mode "time", neighbours together where there are too many. */
static struct record_pass *passes_of_time(const struct merge_cell *c, size_t *nr)
{
	size_t together = c->nr_passes / MAX_PASSES + 1;
	struct record_pass *pass = calloc(c->nr_passes / together + 2, sizeof(*pass));

	*nr = 0;
	for (size_t i = 0; pass && i < c->nr_passes; i++) {
		struct record_pass *p = &pass[i / together];

		*p = (struct record_pass){ .block = i / together,
					   .ns = p->ns + c->pass[i].ns,
					   .iterations = p->iterations + c->pass[i].iterations,
					   .p50 = NAN };
		*nr = i / together + 1;
	}
	return pass;
}

static struct record_pass *passes_of(const struct merge_question *q, const struct merge_cell *c,
				     const struct hist *h, size_t *nr)
{
	struct record_pass *pass;

	if (!q->latency)
		return passes_of_time(c, nr);
	*nr = 1;
	pass = malloc(sizeof(*pass));
	if (pass)
		*pass = (struct record_pass){ .ns = c->sums ? c->sums->ns : 0,
					      .iterations = c->sums ? c->sums->iterations : 0,
					      .p50 = hist_quantile(h, 0.5) };
	return pass;
}

static int fill_part(struct record_part *p, const struct merge_series *s,
		     const struct merge_cell *c, struct hist *h)
{
	const struct merge_sums *sums = c->sums;

	sparse_read(c->hist, h);
	memset(p, 0, sizeof(*p));
	p->arm = s->subject;
	p->hist = h;
	p->pass = passes_of(s->question, c, h, &p->nr_passes);
	if (!p->pass)
		return -ENOMEM;
	if (!sums)
		return 0;
	p->cpu_ns = sums->cpu_ns;
	p->nvcsw = sums->nvcsw;
	p->nivcsw = sums->nivcsw;
	p->minflt = sums->minflt;
	p->nr_counters = sums->nr_counters;
	p->nr_losses = sums->nr_losses;
	copy(p->counter, sums->counter, sums->nr_counters * sizeof(*sums->counter));
	copy(p->loss, sums->loss, sums->nr_losses * sizeof(*sums->loss));
	return 0;
}

/* The arms of a question, as far as their values stand for as many operations. */
struct arms {
	size_t nr;
	const struct merge_series *series[RECORD_MAX_ARMS];
	const struct merge_cell **cell[RECORD_MAX_ARMS]; /* by host, NULL: it has none */
};

static int put_instance(struct unite *u, const struct arms *a, size_t host, uint64_t number)
{
	const struct record_noise unknown = { NAN, NAN, NAN, NAN, 0 };
	struct record_instance in = { .question = a->series[0]->question->name,
				      .number = number,
				      .batch = a->series[0]->batch,
				      .noise = unknown };
	struct record_part *part = calloc(a->nr, sizeof(*part));
	int ret = part ? 0 : -ENOMEM;

	for (size_t i = 0; !ret && i < a->nr; i++) {
		const struct merge_cell *c = a->cell[i][host];

		if (c)
			ret = fill_part(&part[in.nr_parts++], a->series[i], c, &u->hist[i]);
	}
	in.part = part;
	if (!ret && in.nr_parts)
		ret = record_write_instance(u->w, &in);
	for (size_t i = 0; part && i < in.nr_parts; i++)
		free((void *)part[i].pass);
	free(part);
	return ret;
}

static int index_arms(const struct merge *m, struct arms *a)
{
	for (size_t i = 0; i < a->nr; i++) {
		a->cell[i] = calloc(m->nr_hosts, sizeof(*a->cell[i]));
		if (!a->cell[i])
			return -ENOMEM;
		for (size_t k = 0; k < a->series[i]->nr_cells; k++)
			a->cell[i][a->series[i]->cell[k].host] = &a->series[i]->cell[k];
	}
	return 0;
}

static int put_instances(struct unite *u, struct arms *a, uint64_t *number)
{
	int ret = index_arms(u->m, a);

	for (size_t host = 0; !ret && host < u->m->nr_hosts; host++)
		ret = put_instance(u, a, host, (*number)++);
	for (size_t i = 0; i < a->nr; i++)
		free(a->cell[i]);
	return ret;
}

/* Hosts whose values stand for different numbers of operations are in instances of their own. */
static int put_arms(struct unite *u, const struct merge_question *q)
{
	uint64_t batch = 0, number = 0;
	int ret = 0;

	while (!ret) {
		struct arms *a = calloc(1, sizeof(*a));
		uint64_t next = 0;

		if (!a)
			return -ENOMEM;
		for (size_t i = 0; i < u->m->nr_series; i++) {
			const struct merge_series *s = &u->m->series[i];

			if (s->question == q && !s->metric && s->batch > batch &&
			    (!next || s->batch < next))
				next = s->batch;
		}
		batch = next;
		for (size_t i = 0; next && i < u->m->nr_series && a->nr < RECORD_MAX_ARMS; i++) {
			const struct merge_series *s = &u->m->series[i];

			if (s->question == q && !s->metric && s->batch == next)
				a->series[a->nr++] = s;
		}
		ret = next ? put_instances(u, a, &number) : 1;
		free(a);
	}
	return ret < 0 ? ret : 0;
}

/* ---- what tracers saw -------------------------------------------------------------------------- */

static int put_trace(struct unite *u, size_t first)
{
	const struct merge_series *s = &u->m->series[first];
	struct record_trace t = { .question = s->question->name,
				  .subject = s->subject,
				  .main_metric = s->main_metric };
	int ret = 0;

	for (size_t i = first; !ret && i < u->m->nr_series && t.nr_metrics < RECORD_MAX_METRICS;
	     i++) {
		const struct merge_series *other = &u->m->series[i];

		if (other->question != s->question || other->subject != s->subject ||
		    !other->metric)
			continue;
		ret = merge_union(other, &u->hist[t.nr_metrics]);
		t.metric[t.nr_metrics] =
			(struct record_metric){ other->metric, &u->hist[t.nr_metrics] };
		t.nr_metrics++;
	}
	return ret ? ret : record_write_trace(u->w, &t);
}

static bool is_first_metric(const struct merge *m, size_t at)
{
	const struct merge_series *s = &m->series[at];

	for (size_t i = at; i--;)
		if (m->series[i].question == s->question && m->series[i].metric &&
		    m->series[i].subject == s->subject)
			return false;
	return true;
}

static int put_tracing(struct unite *u, const struct merge_question *q)
{
	const struct merge_tracing *t = &q->tracing;
	struct record_losses l = { .question = q->name,
				   .events = t->events,
				   .cpu_ns = t->cpu_ns,
				   .has_bpf_ns = t->has_bpf_ns,
				   .bpf_ns = t->bpf_ns,
				   .nr_losses = t->nr_losses,
				   .nr_counters = t->nr_counters };
	int ret = 0;

	for (size_t i = 0; !ret && i < u->m->nr_series; i++)
		if (u->m->series[i].question == q && u->m->series[i].metric &&
		    is_first_metric(u->m, i))
			ret = put_trace(u, i);
	if (ret || !t->known)
		return ret;
	copy(l.loss, t->loss, t->nr_losses * sizeof(*t->loss));
	copy(l.counter, t->counter, t->nr_counters * sizeof(*t->counter));
	return record_write_losses(u->w, &l);
}

/* ---- all --------------------------------------------------------------------------------------- */

static int put_all(struct unite *u, int argc, char **argv)
{
	const json_t *environment = u->m->private->environment;
	int ret = put_header(u, argc, argv);

	if (!ret && environment)
		ret = record_write(u->w, json_deep_copy(environment));
	for (size_t i = 0; !ret && i < u->m->nr_questions; i++) {
		const struct merge_question *q = u->m->question[i];

		ret = put_question(u, q);
		if (!ret)
			ret = put_arms(u, q);
		if (!ret)
			ret = put_tracing(u, q);
	}
	return ret ? ret : record_write_end(u->w, RECORD_COMPLETE);
}

int merge_write_union(struct merge *m, FILE *out, bool compressed, int argc, char **argv)
{
	struct unite u = { .m = m, .hist = malloc(RECORD_MAX_ARMS * sizeof(*u.hist)) };
	struct lines *lines = NULL;
	int ret = u.hist ? lines_begin(&lines, out, compressed) : -ENOMEM, end;

	if (!ret)
		ret = record_watched(&u.w, put_line, lines);
	if (!ret)
		ret = put_all(&u, argc, argv);
	record_close(u.w);
	end = lines_end(lines);
	free(u.hist);
	return ret ? ret : end;
}
