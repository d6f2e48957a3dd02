// SPDX-License-Identifier: GPL-2.0-only
/* Which runs there are, which of them are the same one, and which may be pooled. */
#include "lib/report/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Headers and environments are kept as they were read; those of 1024 real runs are 4 MiB of text. */
#define MAX_KEPT_BYTES (8u << 20)

/* ---- headers --------------------------------------------------------------------------------- */

/* Holds @record for as long as the report lives; false: that would be too much. */
static bool may_keep(struct build *b, const json_t *record)
{
	size_t bytes = json_dumpb(record, NULL, 0, JSON_COMPACT);

	if (bytes > MAX_KEPT_BYTES - b->kept_bytes)
		return false;
	b->kept_bytes += bytes;
	return true;
}

/*
 * The run that @record begins another copy of. Copies have equal headers; of an id that was made up
 * twice nothing is taken for the other.
 */
static size_t find_run(const struct build *b, const char *id, const json_t *record)
{
	for (size_t i = 0; id && i < b->nr_runs; i++) {
		const struct report_run *r = &b->run[i].r;

		if (r->header.id && !strcmp(r->header.id, id) &&
		    json_equal(r->header_record, record))
			return i;
	}
	return REPORT_NO_RUN;
}

static int add_run(struct build *b, const struct record_header *h, const json_t *record)
{
	struct build_run *run;

	if (b->nr_runs == MAX_RUNS)
		return build_drop(b, DROP_RUN, NULL, NULL, "more than 1024 runs");
	if (!may_keep(b, record))
		return build_drop(b, DROP_RUN, NULL, NULL,
				  "headers and environments of more than 8 MiB");
	if (!build_grow((void **)&b->run, b->nr_runs, &b->room_runs, sizeof(*b->run)))
		return -ENOMEM;
	b->at = b->nr_runs++;
	run = &b->run[b->at];
	memset(run, 0, sizeof(*run));
	run->r.header = *h;
	run->r.header_record = json_incref((json_t *)record);
	run->r.copies = 1;
	return 0;
}

int build_take_header(struct build *b, const json_t *record)
{
	struct record_header h;
	char why[160];

	b->at = REPORT_NO_RUN;
	if (record_read_header(record, &h, why, sizeof(why)))
		return build_drop(b, DROP_RUN, NULL, NULL, why);
	b->at = find_run(b, h.id, record);
	if (b->at == REPORT_NO_RUN)
		return add_run(b, &h, record);
	b->run[b->at].r.copies++;
	b->run[b->at].position = 0;
	return 0;
}

/*
 * A run may stand in the input twice, whole or torn: by its place in the run each record is taken
 * from one copy only. Lines that are not records have a place, unless they end a copy.
 */
bool build_step(struct build *b)
{
	struct build_run *run = &b->run[b->at];

	if (++run->position <= run->taken)
		return false;
	run->taken = run->position;
	return true;
}

/*
 * What is nested deeper than this is not an environment, and its JSON could be read back by nobody:
 * parsers have limits of their own.
 */
#define MAX_DEPTH 8

static bool is_deeper(const json_t *j, int depth)
{
	const char *key;
	json_t *inner;
	size_t i;

	if (depth < 0)
		return true;
	json_array_foreach (j, i, inner)
		if (is_deeper(inner, depth - 1))
			return true;
	json_object_foreach ((json_t *)j, key, inner)
		if (is_deeper(inner, depth - 1))
			return true;
	return false;
}

int build_take_environment(struct build *b, const json_t *record)
{
	struct build_run *run = &b->run[b->at];
	struct record_environment e;
	char why[160];

	if (run->r.environment.all)
		return 0;
	if (record_read_environment(record, &e, why, sizeof(why)))
		return build_drop(b, DROP_RECORD, NULL, NULL, why);
	if (run->grouped)
		return build_drop(b, DROP_RECORD, NULL, NULL,
				  "an environment after what was measured in it");
	if (is_deeper(record, MAX_DEPTH))
		return build_drop(b, DROP_RECORD, NULL, NULL, "nested too deep");
	if (!may_keep(b, record))
		return build_drop(b, DROP_RECORD, NULL, NULL,
				  "headers and environments of more than 8 MiB");
	run->r.environment = e;
	json_incref((json_t *)record);
	return 0;
}

/* The first of a run counts. */
int build_take_selftest(struct build *b, const json_t *record)
{
	struct report_run *run = &b->run[b->at].r;
	struct record_selftest *t;
	char why[160];

	if (run->selftest)
		return build_drop(b, DROP_RECORD, NULL, NULL, "a second self-test");
	if (is_deeper(record, MAX_DEPTH))
		return build_drop(b, DROP_RECORD, NULL, NULL, "nested too deep");
	t = malloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	if (record_read_selftest(record, t, why, sizeof(why))) {
		free(t);
		return build_drop(b, DROP_RECORD, NULL, NULL, why);
	}
	if (!may_keep(b, record)) {
		free(t);
		return build_drop(b, DROP_RECORD, NULL, NULL,
				  "headers and environments of more than 8 MiB");
	}
	run->selftest = t;
	run->selftest_record = json_incref((json_t *)record);
	return 0;
}

int build_take_end(struct build *b, const json_t *record)
{
	enum record_status status;
	char why[160];

	if (record_read_end(record, &status, why, sizeof(why)))
		return build_drop(b, DROP_RECORD, NULL, NULL, why);
	b->run[b->at].r.complete |= status == RECORD_COMPLETE;
	return 0;
}

/* ---- groups ---------------------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_build(const struct record_build *a, const struct record_build *b)
{
	return same(a->version, b->version) && same(a->build_id, b->build_id);
}

static bool same_suite(const struct record_header *a, const struct record_header *b)
{
	return same(a->suite_name, b->suite_name) && same_build(&a->suite, &b->suite);
}

static bool same_code(const struct record_code *a, const struct record_code *b)
{
	return a->status == b->status && a->compared == b->compared && a->changed == b->changed;
}

/* What was compared with what. */
static bool same_sides(const struct record_header *a, const struct record_header *b)
{
	return a->kind == b->kind && same(a->against.name, b->against.name) &&
	       same(a->against.suite_name, b->against.suite_name) &&
	       same_build(&a->against.build, &b->against.build) &&
	       same(a->toggle[0], b->toggle[0]) && same(a->toggle[1], b->toggle[1]) &&
	       same_code(&a->code, &b->code);
}

static bool may_pool(const struct report_run *a, const struct report_run *b)
{
	return a->environment.host_id && same(a->environment.host_id, b->environment.host_id) &&
	       same(a->environment.kernel, b->environment.kernel) &&
	       same(a->header.tool, b->header.tool) && same_build(&a->header.kt, &b->header.kt) &&
	       same_suite(&a->header, &b->header) && same_sides(&a->header, &b->header);
}

static size_t group_of(struct build *b, size_t run)
{
	struct build_run *r = &b->run[run];

	if (r->grouped)
		return r->r.group;
	r->grouped = true;
	r->r.group = run;
	for (size_t i = 0; i < run; i++) {
		if (!may_pool(&b->run[i].r, &r->r))
			continue;
		r->r.group = group_of(b, i);
		break;
	}
	return r->r.group;
}

size_t build_group(struct build *b)
{
	return group_of(b, b->at);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static bool is_trace(const struct report_run *r)
{
	return r->header.tool && !strcmp(r->header.tool, "trace");
}

/* A trace says nothing of a suite: it is of a build of its own when no run has its kt. */
static bool is_new_build(const struct report *r, size_t at)
{
	const struct report_run *run = &r->run[at];

	for (size_t i = 0; i < r->nr_runs; i++) {
		const struct report_run *other = &r->run[i];

		if (is_trace(run) ? i >= at && is_trace(other) : i >= at || is_trace(other))
			continue;
		if (same_build(&run->header.kt, &other->header.kt) &&
		    (is_trace(run) || same_suite(&run->header, &other->header)))
			return false;
	}
	return true;
}

static bool is_new_text(const struct report *r, size_t at,
			const char *(*of)(const struct report_run *))
{
	const char *text = of(&r->run[at]);

	for (size_t i = 0; text && i < at; i++)
		if (same(text, of(&r->run[i])))
			return false;
	return text;
}

/* The runs of a bench before it compared something else: arms, other builds, other settings. */
static bool has_new_sides(const struct report *r, size_t at)
{
	for (size_t i = 0; !is_trace(&r->run[at]) && i < at; i++)
		if (!is_trace(&r->run[i]))
			return !same_sides(&r->run[i].header, &r->run[at].header);
	return false;
}

static const char *host_of(const struct report_run *r)
{
	return r->environment.host_id;
}

static const char *kernel_of(const struct report_run *r)
{
	return r->environment.kernel;
}

int build_finish_runs(struct build *b)
{
	struct report *out = b->report;
	bool unknown = false;

	out->run = calloc(b->nr_runs + 1, sizeof(*out->run));
	if (!out->run)
		return -ENOMEM;
	out->complete = true;
	for (size_t i = 0; i < b->nr_runs; i++) {
		group_of(b, i);
		out->run[i] = b->run[i].r;
		memset(&b->run[i].r, 0, sizeof(b->run[i].r));
		out->nr_runs++;
		out->complete &= out->run[i].complete;
	}
	for (size_t i = 0; i < out->nr_runs; i++) {
		out->nr_machines += is_new_text(out, i, host_of);
		out->nr_kernels += is_new_text(out, i, kernel_of);
		out->nr_builds += is_new_build(out, i);
		unknown |= !host_of(&out->run[i]);
		out->nr_groups += out->run[i].group == i;
		out->apart |= has_new_sides(out, i);
	}
	out->apart |= out->nr_machines > 1 || out->nr_kernels > 1 || out->nr_builds > 1 ||
		      (unknown && out->nr_runs > 1);
	return 0;
}
