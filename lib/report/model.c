// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records in: every record is checked before it is believed, one sentence with the line number when
 * it is not.
 */
#include "lib/report/build.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record/record.h"

/* A file that names more is hostile or a mistake: each result may need a quarter of a megabyte. */
#define MAX_RESULTS 8192
#define MAX_ARMS    64

__attribute__((format(printf, 2, 3))) static int bad(struct build *b, const char *fmt, ...)
{
	va_list args;
	int n = snprintf(b->err, b->errlen, "%s: line %zu: ", b->path, b->line);

	va_start(args, fmt);
	if (n >= 0 && (size_t)n < b->errlen)
		vsnprintf(b->err + n, b->errlen - (size_t)n, fmt, args);
	va_end(args);
	return -EINVAL;
}

static int no_memory(struct build *b)
{
	snprintf(b->err, b->errlen, "%s: no memory", b->path);
	return -ENOMEM;
}

static const char *get_string(const json_t *record, const char *key)
{
	return json_string_value(json_object_get(record, key));
}

/* A natural number; missing or null is 0, anything else refused. */
static bool get_count(const json_t *record, const char *key, uint64_t *value)
{
	const json_t *j = json_object_get(record, key);

	*value = 0;
	if (!j || json_is_null(j))
		return true;
	if (!json_is_integer(j) || json_integer_value(j) < 0)
		return false;
	*value = (uint64_t)json_integer_value(j);
	return true;
}

static double get_number(const json_t *record, const char *key)
{
	const json_t *j = json_object_get(record, key);

	return json_is_number(j) ? json_number_value(j) : NAN;
}

/* ---- questions and results ------------------------------------------------------------------- */

static struct build_question *find_question(struct build *b, const char *name, bool from_trace)
{
	for (size_t i = 0; i < b->nr; i++)
		if (b->question[i].q.from_trace == from_trace &&
		    !strcmp(b->question[i].q.name, name))
			return &b->question[i];
	return NULL;
}

static struct build_question *add_question(struct build *b, const char *name, const char *mode,
					   bool from_trace)
{
	struct build_question *q;
	const char *kept = report_keep(b->report, name), *kept_mode = report_keep(b->report, mode);

	if (!kept || !kept_mode ||
	    !build_grow((void **)&b->question, b->nr, &b->room, sizeof(*b->question)))
		return NULL;
	q = &b->question[b->nr];
	memset(q, 0, sizeof(*q));
	q->q.name = kept;
	q->q.mode = kept_mode;
	q->q.from_trace = from_trace;
	q->q.skipped = json_object();
	q->q.zone = VERDICT_DEFAULT_ZONE;
	b->nr++;
	return q;
}

static struct build_result *find_result(struct build_question *q, const char *name)
{
	for (size_t i = 0; i < q->nr; i++)
		if (!strcmp(q->result[i].r.name, name))
			return &q->result[i];
	return NULL;
}

static struct build_result *add_result(struct build *b, struct build_question *q, const char *name,
				       bool from_trace)
{
	const char *kept = report_keep(b->report, name);
	struct build_result *r;

	if (b->nr_results >= MAX_RESULTS || !kept ||
	    !build_grow((void **)&q->result, q->nr, &q->room, sizeof(*q->result)))
		return NULL;
	r = &q->result[q->nr++];
	memset(r, 0, sizeof(*r));
	r->r.benchmark = q->q.name;
	r->r.name = kept;
	r->r.from_trace = from_trace;
	r->r.counters = json_object();
	b->nr_results++;
	return r;
}

static int too_many(struct build *b)
{
	return b->nr_results >= MAX_RESULTS
		       ? bad(b, "more than %d results in one file", MAX_RESULTS)
		       : no_memory(b);
}

/* Adds the histogram just read; made at its first use, at the precision of what comes first. */
static bool merge_scratch(struct build *b, struct hist **into)
{
	if (!*into) {
		*into = malloc(sizeof(**into));
		if (!*into)
			return false;
		hist_init(*into, b->scratch.k);
	}
	if (b->scratch.k < (*into)->k) {
		struct hist *coarse = malloc(sizeof(*coarse));

		if (!coarse)
			return false;
		hist_init(coarse, b->scratch.k);
		hist_merge(coarse, *into);
		free(*into);
		*into = coarse;
	}
	hist_merge(*into, &b->scratch);
	return true;
}

static int take_question(struct build *b, const json_t *record)
{
	const char *name = get_string(record, "question"), *mode = get_string(record, "mode"),
		   *text;
	const char *baseline = get_string(record, "baseline"), *key;
	json_t *arms = json_object_get(record, "arms"), *arm, *value;
	double zone = get_number(record, "zone");
	struct build_question *q;
	size_t i;

	if (!name || !*name)
		return bad(b, "a question without a name");
	if (!mode || (strcmp(mode, "latency") && strcmp(mode, "time")))
		return bad(b, "a question of unknown mode");
	if (!json_is_array(arms) || json_array_size(arms) > MAX_ARMS)
		return bad(b, "a question needs a list of at most %d arms", MAX_ARMS);
	q = find_question(b, name, false);
	if (q && q->nr && strcmp(q->q.mode, mode))
		return bad(b, "a question that comes back in another mode");
	if (!q)
		q = add_question(b, name, mode, false);
	if (!q || !(q->q.mode = report_keep(b->report, mode)))
		return no_memory(b);
	if (baseline && !(q->q.baseline = report_keep(b->report, baseline)))
		return no_memory(b);
	if (zone > 0 && zone < 1)
		q->q.zone = zone;

	json_array_foreach (arms, i, arm) {
		struct build_result *r;

		text = json_string_value(arm);
		if (!text)
			return bad(b, "an arm that is no string");
		r = find_result(q, text);
		if (!r)
			r = add_result(b, q, text, false);
		if (!r)
			return too_many(b);
		text = get_string(json_object_get(record, "labels"), text);
		if (text && *text && !(r->r.label = report_keep(b->report, text)))
			return no_memory(b);
	}
	json_object_foreach (json_object_get(record, "skipped"), key, value)
		if (json_is_string(value))
			json_object_set(q->q.skipped, key, value);
	return 0;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

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

static void add_counters(json_t *sums, const json_t *counters)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)counters, name, value)
		if (json_is_number(value))
			json_object_set_new(sums, name,
					    json_real(
						    json_number_value(json_object_get(sums, name)) +
						    json_number_value(value)));
}

static int take_epoch(struct build *b, struct build_question *q, const json_t *epoch, bool traced)
{
	const char *arm = get_string(epoch, "arm");
	struct build_result *r = arm ? find_result(q, arm) : NULL;
	uint64_t start, end, iterations, cpu_ns;

	if (!r)
		return bad(b, "an epoch of an arm its question does not name");
	if (!get_count(epoch, "iterations", &iterations) || !get_count(epoch, "start_ns", &start) ||
	    !get_count(epoch, "end_ns", &end) || !get_count(epoch, "cpu_ns", &cpu_ns) ||
	    end < start)
		return bad(b, "an epoch whose counts or times are no numbers");
	if (hist_from_json(&b->scratch, json_object_get(epoch, "hist")))
		return bad(b, "an epoch whose histogram does not add up");
	if (!merge_scratch(b, traced ? &r->r.traced : &r->r.hist))
		return no_memory(b);
	if (traced)
		return 0;

	r->in_block = true;
	r->r.iterations += iterations;
	r->r.cpu_ns += cpu_ns;
	r->r.wall_ns += end - start;
	add_counters(r->r.counters, json_object_get(epoch, "counters"));
	if (!strcmp(q->q.mode, "time")) {
		if (iterations)
			r->ns_per_iteration = (double)(end - start) / (double)iterations;
		return 0;
	}
	if (!merge_scratch(b, &r->p50.pending) || !merge_scratch(b, &r->p99.pending))
		return no_memory(b);
	return 0;
}

static bool take_noise(struct build_question *q, const json_t *noise)
{
	size_t room = q->room_noise;

	if (!build_grow((void **)&q->steal, q->nr_noise, &room, sizeof(double)))
		return false;
	room = q->room_noise;
	if (!build_grow((void **)&q->psi, q->nr_noise, &room, sizeof(double)))
		return false;
	if (!build_grow((void **)&q->canary, q->nr_noise, &q->room_noise, sizeof(double)))
		return false;
	q->steal[q->nr_noise] = get_number(noise, "steal");
	q->psi[q->nr_noise] = get_number(noise, "psi_cpu");
	q->canary[q->nr_noise] = get_number(noise, "canary_ns");
	q->nr_noise++;
	return true;
}

static int take_block(struct build *b, const json_t *record)
{
	const char *name = get_string(record, "question");
	struct build_question *q = name ? find_question(b, name, false) : NULL;
	bool traced = json_is_true(json_object_get(record, "traced"));
	json_t *epochs = json_object_get(record, "epochs"), *epoch;
	size_t i;

	if (!q)
		return bad(b, "a block of a question that was not announced");
	if (!json_is_array(epochs))
		return bad(b, "a block without epochs");
	for (i = 0; i < q->nr; i++) {
		q->result[i].ns_per_iteration = NAN;
		q->result[i].in_block = false;
	}
	json_array_foreach (epochs, i, epoch) {
		int ret = take_epoch(b, q, epoch, traced);

		if (ret)
			return ret;
	}
	if (!take_noise(q, json_object_get(record, "noise")))
		return no_memory(b);
	if (traced) {
		q->q.nr_traced_blocks++;
		return 0;
	}
	q->q.nr_blocks++;
	if (!strcmp(q->q.mode, "time"))
		return time_close(q) ? 0 : no_memory(b);
	return series_close(q, false) && series_close(q, true) ? 0 : no_memory(b);
}

/* ---- traces ---------------------------------------------------------------------------------- */

static int take_metric(struct build *b, struct report_result *r, const char *name,
		       const json_t *hist)
{
	struct report_metric *m = NULL;

	if (hist_from_json(&b->scratch, hist))
		return bad(b, "a trace whose histogram does not add up");
	for (size_t i = 0; i < r->nr_metrics; i++)
		if (!strcmp(r->metric[i].name, name))
			m = &r->metric[i];
	if (!m) {
		m = reallocarray(r->metric, r->nr_metrics + 1, sizeof(*m));
		if (!m)
			return no_memory(b);
		r->metric = m;
		m += r->nr_metrics;
		m->hist = NULL;
		m->name = report_keep(b->report, name);
		if (!m->name)
			return no_memory(b);
		if (++r->nr_metrics > 64)
			return bad(b, "a trace with more than 64 metrics");
	}
	return merge_scratch(b, &m->hist) ? 0 : no_memory(b);
}

/*
 * In a bench run a subject that is no arm (the kernel's own threads) is a result beside the arms.
 */
static int take_trace(struct build *b, const json_t *record)
{
	const char *question = get_string(record, "question"), *kind = get_string(record, "kind"),
		   *name;
	const char *subject = get_string(record, "subject");
	json_t *metrics = json_object_get(record, "metrics"), *hist;
	struct build_question *q;
	struct build_result *r;

	if (!question && !kind)
		return bad(b, "a trace of neither a question nor a kind");
	if (!json_is_object(metrics))
		return bad(b, "a trace without metrics");
	q = find_question(b, question ? question : kind, !question);
	if (!q && question)
		return bad(b, "a trace of a question that was not announced");
	if (!q)
		q = add_question(b, kind, "trace", true);
	if (!q)
		return no_memory(b);
	r = find_result(q, subject ? subject : "");
	if (!r)
		r = add_result(b, q, subject ? subject : "", true);
	if (!r)
		return too_many(b);
	json_object_foreach (metrics, name, hist) {
		int ret = take_metric(b, &r->r, name, hist);

		if (ret)
			return ret;
	}
	return 0;
}

static void add_to(json_t *sums, const char *name, const json_t *value)
{
	json_int_t sum;

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return;
	if (__builtin_add_overflow(json_integer_value(json_object_get(sums, name)),
				   json_integer_value(value), &sum))
		sum = INT64_MAX;
	json_object_set_new(sums, name, json_integer(sum));
}

static int take_losses(struct build *b, const json_t *record)
{
	static const char *const cost[] = { "events", "bpf_ns", "cpu_ns" };
	const char *name;
	json_t *value;

	json_object_foreach (json_object_get(record, "losses"), name, value)
		add_to(b->report->losses, name, value);
	json_object_foreach (json_object_get(record, "counters"), name, value)
		add_to(b->report->counters, name, value);
	if (!b->report->cost)
		b->report->cost = json_object();
	for (size_t i = 0; i < sizeof(cost) / sizeof(cost[0]); i++)
		add_to(b->report->cost, cost[i], json_object_get(record, cost[i]));
	return 0;
}

static int take_failed(struct build *b, const json_t *record)
{
	const char *name = get_string(record, "question"), *reason = get_string(record, "reason");
	const char *arm = get_string(record, "arm");
	struct build_question *q = name ? find_question(b, name, false) : NULL;
	char text[1024];

	if (!name || !*name)
		return bad(b, "a failure of no question");
	if (!q)
		q = add_question(b, name, "latency", false);
	if (!q)
		return no_memory(b);
	snprintf(text, sizeof(text), "%s%s%s", arm ? arm : "", arm ? ": " : "",
		 reason ? reason : "no reason given");
	q->q.failed = report_keep(b->report, text);
	return q->q.failed ? 0 : no_memory(b);
}

/* ---- the file -------------------------------------------------------------------------------- */

static int take_header(struct build *b, const json_t *record)
{
	b->nr_headers++;
	if (!b->report->header)
		b->report->header = json_incref((json_t *)record);
	return 0;
}

static int take_environment(struct build *b, const json_t *record)
{
	if (!b->report->environment)
		b->report->environment = json_incref((json_t *)record);
	return 0;
}

static int take_end(struct build *b, const json_t *record)
{
	const char *status = get_string(record, "status");

	if (status && !strcmp(status, "complete"))
		b->nr_complete++;
	return 0;
}

/*
 * Types that are not listed (calibration, outlier, event, those to come) say nothing that is shown
 * here.
 */
static int take_record(const json_t *record, size_t line, void *arg)
{
	static const struct {
		const char *type;
		int (*take)(struct build *b, const json_t *record);
	} types[] = {
		{ "header", take_header },     { "environment", take_environment },
		{ "question", take_question }, { "block", take_block },
		{ "trace", take_trace },       { "losses", take_losses },
		{ "failed", take_failed },     { "end", take_end },
	};
	const char *type = get_string(record, "type");
	struct build *b = arg;

	b->line = line;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(type, types[i].type))
			return types[i].take(b, record);
	return 0;
}

int report_load(struct report **report, const char *path, char *err, size_t errlen)
{
	struct report *r = report_new();
	struct build *b = calloc(1, sizeof(*b));
	int ret;

	*report = NULL;
	if (!r || !b) {
		snprintf(err, errlen, "no memory");
		free(b);
		report_free(r);
		return -ENOMEM;
	}
	b->report = r;
	b->path = path;
	b->err = err;
	b->errlen = errlen;
	ret = record_read(path, &(struct record_visitor){ .each = take_record, .arg = b }, err,
			  errlen);
	if (!ret) {
		r->complete = b->nr_complete == b->nr_headers;
		ret = build_finish(b);
		if (ret)
			no_memory(b);
	}
	build_free(b);
	if (ret)
		report_free(r);
	else
		*report = r;
	return ret;
}
