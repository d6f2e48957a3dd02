// SPDX-License-Identifier: GPL-2.0-only
/* Questions and their results: found, added, announced by a run, failed. */
#include "lib/report/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- finding --------------------------------------------------------------------------------- */

static bool is_question(const struct build_question *q, size_t group, const char *name,
			bool from_trace)
{
	return q->q.run == group && q->q.from_trace == from_trace && !strcmp(q->q.name, name);
}

/* Blocks come question by question, results in the same order again and again: begin at the last. */
static struct build_question *find_question(struct build *b, const char *name, bool from_trace)
{
	size_t group = build_group(b);

	for (size_t i = 0; i < b->nr; i++) {
		size_t at = b->last + i < b->nr ? b->last + i : b->last + i - b->nr;

		if (!is_question(&b->question[at], group, name, from_trace))
			continue;
		b->last = at;
		return &b->question[at];
	}
	return NULL;
}

/* More results than this are found by a table. */
#define MANY_RESULTS 64

static size_t hash_of(const char *name)
{
	size_t hash = 14695981039346656037ull;

	while (*name)
		hash = (hash ^ (unsigned char)*name++) * 1099511628211ull;
	return hash;
}

/* The place of @name in the table, or the free one where it belongs. */
static uint32_t *place_of(const struct build_question *q, const char *name)
{
	size_t at = hash_of(name) & (q->nr_buckets - 1);

	while (q->bucket[at] && strcmp(q->result[q->bucket[at] - 1].r.name, name))
		at = (at + 1) & (q->nr_buckets - 1);
	return &q->bucket[at];
}

/* The table has the result that was added last, and is at most half full. false: no memory */
static bool update_table(struct build_question *q)
{
	if (q->nr <= MANY_RESULTS)
		return true;
	if (2 * q->nr <= q->nr_buckets) {
		*place_of(q, q->result[q->nr - 1].r.name) = (uint32_t)q->nr;
		return true;
	}
	free(q->bucket);
	q->nr_buckets = q->nr_buckets ? 2 * q->nr_buckets : 4 * MANY_RESULTS;
	q->bucket = calloc(q->nr_buckets, sizeof(*q->bucket));
	for (size_t i = 0; q->bucket && i < q->nr; i++)
		*place_of(q, q->result[i].r.name) = (uint32_t)i + 1;
	return q->bucket;
}

struct build_result *build_result_of(struct build_question *q, const char *name)
{
	const uint32_t *place = q->bucket ? place_of(q, name) : NULL;

	if (place)
		return *place ? &q->result[*place - 1] : NULL;
	for (size_t i = 0; i < q->nr; i++) {
		size_t at = q->last + i < q->nr ? q->last + i : q->last + i - q->nr;

		if (strcmp(q->result[at].r.name, name))
			continue;
		q->last = at;
		return &q->result[at];
	}
	return NULL;
}

static bool is_announced(const struct build *b, const struct build_question *q)
{
	const struct build_run *run = &b->run[b->at];
	size_t index = (size_t)(q - b->question);

	return index < run->nr_announced && run->announced[index];
}

static int announce(struct build *b, const struct build_question *q, bool is)
{
	struct build_run *run = &b->run[b->at];
	size_t index = (size_t)(q - b->question), nr = index + 1;
	bool *announced;

	if (nr > run->nr_announced) {
		nr = nr > 2 * run->nr_announced ? nr : 2 * run->nr_announced;
		announced = realloc(run->announced, nr * sizeof(*announced));
		if (!announced)
			return -ENOMEM;
		memset(announced + run->nr_announced, 0,
		       (nr - run->nr_announced) * sizeof(*announced));
		run->announced = announced;
		run->nr_announced = nr;
	}
	run->announced[index] = is;
	return 0;
}

struct build_question *build_question_of(struct build *b, const char *name, bool from_trace)
{
	struct build_question *q = find_question(b, name, from_trace);

	return q && (from_trace || is_announced(b, q)) ? q : NULL;
}

int build_lost_question(struct build *b, const char *name)
{
	if (build_drop_again(b, DROP_QUESTION, name))
		return 0;
	return build_drop(b, DROP_QUESTION, name, NULL, "no record of its own announces it");
}

/* ---- adding ---------------------------------------------------------------------------------- */

static struct build_question *add_question(struct build *b, const char *name, const char *mode,
					   bool from_trace)
{
	struct build_question *q;
	const char *kept = report_keep(b->report, name);

	if (!kept || b->nr == MAX_QUESTIONS ||
	    !build_grow((void **)&b->question, b->nr, &b->room, sizeof(*b->question)))
		return NULL;
	q = &b->question[b->nr];
	memset(q, 0, sizeof(*q));
	q->q.name = kept;
	q->q.mode = mode;
	q->q.run = build_group(b);
	q->q.from_trace = from_trace;
	q->q.zone = VERDICT_DEFAULT_ZONE;
	q->recheck_run = REPORT_NO_RUN;
	b->nr++;
	return q;
}

struct build_question *build_kind(struct build *b, const char *name)
{
	struct build_question *q = build_question_of(b, name, true);

	if (q)
		return q;
	q = add_question(b, name, "trace", true);
	if (!q)
		return NULL;
	q->q.trace = calloc(1, sizeof(*q->q.trace));
	q->trace = calloc(1, sizeof(*q->trace));
	if (q->q.trace && q->trace)
		return q;
	free(q->q.trace);
	free(q->trace);
	b->nr--;
	return NULL;
}

struct build_result *build_add_result(struct build *b, struct build_question *q, const char *name,
				      bool from_trace)
{
	const char *kept = report_keep(b->report, name);
	struct build_result *r;

	if ((q->q.from_trace ? b->nr_subjects == MAX_SUBJECTS : b->nr_results == MAX_RESULTS) ||
	    !kept || !build_grow((void **)&q->result, q->nr, &q->room, sizeof(*q->result)))
		return NULL;
	r = &q->result[q->nr++];
	memset(r, 0, sizeof(*r));
	r->r.benchmark = q->q.name;
	r->r.name = kept;
	r->r.from_trace = from_trace;
	r->r.unit = q->batch ? 1 / (double)q->batch : 1;
	if (q->q.from_trace)
		b->nr_subjects++;
	else
		b->nr_results++;
	return update_table(q) ? r : NULL;
}

/* ---- question -------------------------------------------------------------------------------- */

static const enum report_kind kinds[NR_RECORD_KINDS] = {
	[RECORD_ARMS] = REPORT_ARMS,
	[RECORD_BUILDS] = REPORT_BUILDS,
	[RECORD_SETTINGS] = REPORT_SETTINGS,
};

/* Of builds and settings: what it is on which side, and what it is compared with. */
static bool keep_side(struct build *b, struct report_result *r, const struct record_arm *arm)
{
	return (!arm->of || report_keep_latest(b->report, &r->of, arm->of)) &&
	       (!arm->side || report_keep_latest(b->report, &r->side, arm->side)) &&
	       (!arm->against || report_keep_latest(b->report, &r->against, arm->against));
}

static int add_arms(struct build *b, struct build_question *q, const struct record_question *record)
{
	for (size_t i = 0; i < record->nr_arms; i++) {
		const struct record_arm *arm = &record->arm[i];
		struct build_result *r = build_result_of(q, arm->name);

		if (!r)
			r = build_add_result(b, q, arm->name, false);
		if (!r)
			return -ENOMEM;
		if (arm->label && *arm->label &&
		    !report_keep_latest(b->report, &r->r.label, arm->label))
			return -ENOMEM;
		if (record->kind != RECORD_ARMS && !keep_side(b, &r->r, arm))
			return -ENOMEM;
	}
	return 0;
}

static int add_skipped(struct build *b, struct build_question *q, const struct record_skipped *s)
{
	struct report_question *to = &q->q;
	const char *reason = s->reason ? s->reason : "no reason given";
	struct record_skipped *list;

	for (size_t i = 0; i < to->nr_skipped; i++) {
		if (strcmp(to->skipped[i].arm, s->arm))
			continue;
		return report_keep_latest(b->report, &to->skipped[i].reason, reason) ? 0 : -ENOMEM;
	}
	if (to->nr_skipped == MAX_NAMES)
		return build_drop(b, DROP_RECORD, to->name, s->arm,
				  "more than 256 arms are skipped");
	list = reallocarray(to->skipped, to->nr_skipped + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	to->skipped = list;
	list += to->nr_skipped++;
	list->arm = report_keep(b->report, s->arm);
	list->reason = report_keep(b->report, reason);
	return list->arm && list->reason ? 0 : -ENOMEM;
}

/* Why @record cannot be taken; NULL: it can. */
static const char *refuse(const struct build *b, const struct build_question *q,
			  const struct record_question *record)
{
	if (!*record->name)
		return "its name is empty";
	if (!q && b->nr == MAX_QUESTIONS)
		return "more than 8192 questions";
	if (b->nr_results + record->nr_arms > MAX_RESULTS)
		return "more than 8192 results";
	if (q && q->nr && !strcmp(q->q.mode, "latency") != record->latency)
		return "it comes back in another mode";
	if (q && q->nr && q->q.kind != kinds[record->kind])
		return "it comes back as another kind";
	return NULL;
}

static int take_question(struct build *b, struct build_question *q,
			 const struct record_question *record)
{
	int ret;

	q->q.mode = record->latency ? "latency" : "time";
	q->q.kind = kinds[record->kind];
	if (record->kind == RECORD_ARMS && record->baseline &&
	    !report_keep_latest(b->report, &q->q.baseline, record->baseline))
		return -ENOMEM;
	if (record->zone > 0 && record->zone < 1)
		q->q.zone = record->zone;
	ret = add_arms(b, q, record);
	for (size_t i = 0; !ret && i < record->nr_skipped; i++)
		ret = add_skipped(b, q, &record->skipped[i]);
	return ret ? ret : announce(b, q, true);
}

int build_take_question(struct build *b, const json_t *record)
{
	struct record_question announced;
	struct build_question *q = NULL;
	const char *reason;
	char why[160];

	reason = record_read_question(record, &announced, why, sizeof(why)) ? why : NULL;
	if (announced.name)
		q = find_question(b, announced.name, false);
	if (!reason)
		reason = refuse(b, q, &announced);
	if (reason) {
		if (q && announce(b, q, false))
			return -ENOMEM;
		return build_drop(b, DROP_QUESTION, announced.name, NULL, reason);
	}
	if (!q)
		q = add_question(b, announced.name, "latency", false);
	return q ? take_question(b, q, &announced) : -ENOMEM;
}

/* A question may fail before it is announced. */
int build_take_failed(struct build *b, const json_t *record)
{
	struct build_question *q;
	struct record_failed f;
	char text[1024], why[160];

	if (record_read_failed(record, &f, why, sizeof(why)))
		return build_drop(b, DROP_RECORD, f.question, NULL, why);
	q = find_question(b, f.question, false);
	if (!q && b->nr == MAX_QUESTIONS)
		return build_drop(b, DROP_QUESTION, f.question, NULL, "more than 8192 questions");
	if (!q)
		q = add_question(b, f.question, "latency", false);
	if (!q)
		return -ENOMEM;
	snprintf(text, sizeof(text), "%s%s%s", f.arm ? f.arm : "", f.arm ? ": " : "",
		 f.reason ? f.reason : "no reason given");
	return report_keep_latest(b->report, &q->q.failed, text) ? 0 : -ENOMEM;
}
