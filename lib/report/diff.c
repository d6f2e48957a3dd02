// SPDX-License-Identifier: GPL-2.0-only
/* Both sides read, run by run: what each says of each arm. */
#include "lib/report/diff.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/build.h"

/* More than any real input has: a hostile one would take all memory. */
#define MAX_DIFF_RUNS	4096
#define MAX_DIFF_ROWS	8192
#define MAX_DIFF_VALUES (1u << 21)
#define MAX_DIFF_BYTES	(64u << 20) /* headers and environments */
#define MAX_DIFF_DROPS	200

const char *diff_side_name(enum diff_side s)
{
	return s == DIFF_BASE ? "base" : "new";
}

struct diff *diff_new(void)
{
	struct diff *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->store = report_new();
	if (d->store)
		return d;
	free(d);
	return NULL;
}

void diff_free(struct diff *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->nr_runs; i++) {
		json_decref(d->run[i].header_record);
		json_decref(d->run[i].environment.all);
	}
	for (size_t i = 0; i < d->nr_rows; i++)
		for (int s = 0; s < NR_DIFF_SIDES; s++)
			free(d->row[i].value[s]);
	for (size_t i = 0; i < d->nr_facts; i++)
		for (int s = 0; s < NR_DIFF_SIDES; s++)
			free(d->fact[i].value[s]);
	free(d->run);
	free(d->row);
	free(d->fact);
	report_free(d->store);
	free(d);
}

/* ---- what is left out ------------------------------------------------------------------------ */

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool keep(struct diff *d, const char **text)
{
	if (!*text)
		return true;
	*text = report_keep(d->store, *text);
	return *text;
}

/* Equal ones of all runs are one. */
static int add_drop(struct diff *d, struct report_drop drop)
{
	struct report *to = d->store;

	drop.run = REPORT_NO_RUN;
	to->lost_question |= drop.kind == DROP_RUN || drop.kind == DROP_QUESTION;
	for (size_t i = 0; i < to->nr_drops; i++) {
		struct report_drop *known = &to->drop[i];

		if (known->kind != drop.kind || !same(known->question, drop.question) ||
		    !same(known->arm, drop.arm) || !same(known->reason, drop.reason) ||
		    (drop.kind == DROP_RUN && !same(known->path, drop.path)))
			continue;
		known->count += drop.count;
		return 0;
	}
	if (to->nr_drops == MAX_DIFF_DROPS) {
		to->more_drops++;
		return 0;
	}
	if (!keep(d, &drop.question) || !keep(d, &drop.arm) || !keep(d, &drop.reason) ||
	    !keep(d, &drop.path) ||
	    !build_grow((void **)&to->drop, to->nr_drops, &d->room_drops, sizeof(*to->drop)))
		return -ENOMEM;
	to->drop[to->nr_drops++] = drop;
	return 0;
}

/* Epochs that were left out when they were measured are the business of each run's own report. */
static int take_drops(struct diff *d, const struct report *r)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < r->nr_drops; i++)
		if (!r->drop[i].by_tool)
			ret = add_drop(d, r->drop[i]);
	d->store->more_drops += r->more_drops;
	return ret;
}

static int drop_run(struct diff *d, const char *reason, size_t line)
{
	return add_drop(d, (struct report_drop){ .kind = DROP_RUN,
						 .reason = reason,
						 .count = 1,
						 .path = d->path,
						 .line = line });
}

/* ---- runs ------------------------------------------------------------------------------------ */

/* Why @run is not one that can be compared; NULL: it can */
static const char *refuse(const struct diff *d, const struct report_run *run)
{
	if (strcmp(report_tool(run), "bench"))
		return "it is a trace, not a run of kt bench";
	if (run->header.kind == RECORD_BUILDS)
		return "it compares two builds by itself; kt report shows what came of it";
	if (run->header.kind == RECORD_SETTINGS)
		return "it compares two settings by itself; kt report shows what came of it";
	return d->nr_runs == MAX_DIFF_RUNS ? "more than 4096 runs" : NULL;
}

/* Copies have equal headers; an id that was made up twice makes no copy. */
static struct diff_run *find_copy(struct diff *d, const struct report_run *run)
{
	for (size_t i = 0; i < d->nr_runs; i++)
		if (d->run[i].side == d->side && !d->run[i].left_out &&
		    json_equal(d->run[i].header_record, run->header_record))
			return &d->run[i];
	return NULL;
}

static size_t nr_measured(const struct report *r)
{
	size_t nr = 0;

	for (size_t i = 0; i < r->nr_results; i++)
		nr += r->result[i].stats.count > 0 && !r->result[i].from_trace;
	return nr;
}

static int add_run(struct diff *d, const struct report *r, size_t copies)
{
	const struct report_run *run = &r->run[0];
	struct diff_run *to;

	if (!build_grow((void **)&d->run, d->nr_runs, &d->room_runs, sizeof(*d->run)))
		return -ENOMEM;
	to = &d->run[d->nr_runs++];
	*to = (struct diff_run){ .side = d->side,
				 .path = d->path,
				 .header = run->header,
				 .environment = run->environment,
				 .header_record = json_incref(run->header_record),
				 .copies = copies,
				 .complete = run->complete,
				 .nr_results = nr_measured(r) };
	json_incref(to->environment.all);
	for (size_t i = 0; i < r->nr_questions; i++) {
		to->nr_questions += !r->question[i].from_trace;
		to->nr_unsteady += r->question[i].noise.unsteady;
	}
	return 0;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Runs have the same arms in the same order: begin after the last. */
static struct diff_row *find_row(struct diff *d, const char *question, const char *arm,
				 bool latency)
{
	for (size_t i = 1; i <= d->nr_rows; i++) {
		size_t at = (d->last_row + i) % d->nr_rows;
		struct diff_row *row = &d->row[at];

		if (row->latency != latency || strcmp(row->arm, arm) ||
		    strcmp(row->question, question))
			continue;
		d->last_row = at;
		return row;
	}
	return NULL;
}

static struct diff_row *add_row(struct diff *d, const char *question, const char *arm, bool latency)
{
	struct diff_row row = { .question = question, .arm = arm, .latency = latency };

	if (!keep(d, &row.question) || !keep(d, &row.arm) ||
	    !build_grow((void **)&d->row, d->nr_rows, &d->room_rows, sizeof(*d->row)))
		return NULL;
	d->last_row = d->nr_rows;
	d->row[d->nr_rows] = row;
	return &d->row[d->nr_rows++];
}

static int add_value(struct diff *d, const struct report_question *q, const struct report_result *r)
{
	const struct report_stats *s = &r->stats;
	bool latency = strcmp(q->mode, "time") != 0;
	struct diff_row *row = find_row(d, q->name, r->name, latency);
	struct diff_value v = { .run = d->nr_runs - 1, .unsteady = q->noise.unsteady };

	if (!row && d->nr_rows == MAX_DIFF_ROWS)
		return add_drop(d,
				(struct report_drop){ .kind = DROP_QUESTION,
						      .question = q->name,
						      .reason = "more than 8192 arms of questions",
						      .count = 1,
						      .path = d->path });
	if (!row)
		row = add_row(d, q->name, r->name, latency);
	if (!row || !build_grow((void **)&row->value[d->side], row->nr[d->side],
				&row->room[d->side], sizeof(v)))
		return -ENOMEM;
	v.figure[JUDGE_P50] = s->p50;
	v.figure[JUDGE_MEAN] = s->mean;
	/* In mode "time" they are of epochs, which say nothing of operations. */
	v.figure[JUDGE_P99] = latency ? s->p99 : NAN;
	v.figure[JUDGE_P999] = latency ? s->p999 : NAN;
	row->value[d->side][row->nr[d->side]++] = v;
	row->zone = fmax(row->zone, q->zone);
	d->nr_values++;
	return 0;
}

static int add_values(struct diff *d, const struct report *r)
{
	int ret = 0;

	for (size_t i = 0; i < r->nr_questions; i++) {
		const struct report_question *q = &r->question[i];

		if (q->from_trace || (d->wanted && !d->wanted(q->name, d->wanted_arg)))
			continue;
		for (size_t k = 0; !ret && k < q->nr_results; k++) {
			const struct report_result *arm = &r->result[q->first_result + k];

			if (!arm->from_trace && arm->stats.count)
				ret = add_value(d, q, arm);
		}
	}
	return ret;
}

/* ---- reading --------------------------------------------------------------------------------- */

static int take_run(const struct report *r, size_t line, void *arg)
{
	struct diff *d = arg;
	struct diff_run *copy;
	size_t copies = 1, bytes;
	const char *reason;
	int ret = take_drops(d, r);

	if (ret || !r->nr_runs)
		return ret;
	reason = refuse(d, &r->run[0]);
	if (reason)
		return drop_run(d, reason, line);
	copy = find_copy(d, &r->run[0]);
	if (copy && (copy->complete || !r->run[0].complete) && copy->nr_results >= nr_measured(r)) {
		copy->copies++;
		return 0;
	}
	bytes = json_dumpb(r->run[0].header_record, NULL, 0, JSON_COMPACT);
	if (r->run[0].environment.all)
		bytes += json_dumpb(r->run[0].environment.all, NULL, 0, JSON_COMPACT);
	if (bytes > MAX_DIFF_BYTES - d->kept_bytes)
		return drop_run(d, "headers and environments of more than 64 MiB", line);
	if (d->nr_values + r->nr_results > MAX_DIFF_VALUES)
		return drop_run(d, "more than two million figures", line);
	d->kept_bytes += bytes;
	if (copy) {
		copy->left_out = true;
		copies += copy->copies;
	}
	ret = add_run(d, r, copies);
	return ret ? ret : add_values(d, r);
}

int diff_read(struct diff *d, enum diff_side s, const char *path, char *err, size_t errlen)
{
	int ret;

	d->side = s;
	d->path = report_keep(d->store, path);
	d->nr_files[s]++;
	d->store->nr_files++;
	*err = '\0';
	ret = d->path ? report_load_runs(path, take_run, d, err, errlen) : -ENOMEM;
	if (ret && !*err)
		snprintf(err, errlen, "out of memory");
	return ret;
}

/* ---- together -------------------------------------------------------------------------------- */

static int refuse_both(const struct diff *d, char *err, size_t errlen)
{
	for (size_t i = 0; i < d->nr_runs; i++)
		for (size_t k = 0; k < i; k++) {
			const struct diff_run *a = &d->run[k], *b = &d->run[i];

			if (a->side == b->side || !json_equal(a->header_record, b->header_record))
				continue;
			snprintf(err, errlen, "run %s stands on both sides, in %s and in %s",
				 a->header.id ? a->header.id : "without an id", a->path, b->path);
			return -EINVAL;
		}
	return 0;
}

/* Why side @s has no run: what became of the first. */
static int refuse_empty(const struct diff *d, enum diff_side s, char *err, size_t errlen)
{
	const struct report *r = d->store;

	for (size_t i = 0; i < r->nr_drops; i++) {
		if (r->drop[i].kind != DROP_RUN)
			continue;
		snprintf(err, errlen, "%s has no run to compare: %s: %s", diff_side_name(s),
			 r->drop[i].path, r->drop[i].reason);
		return -EINVAL;
	}
	snprintf(err, errlen, "%s has no run to compare", diff_side_name(s));
	return -EINVAL;
}

static void leave_out_copies(struct diff *d, struct diff_row *row, enum diff_side s)
{
	size_t kept = 0;

	for (size_t i = 0; i < row->nr[s]; i++)
		if (!d->run[row->value[s][i].run].left_out)
			row->value[s][kept++] = row->value[s][i];
	row->nr[s] = kept;
}

int diff_finish(struct diff *d, char *err, size_t errlen)
{
	int ret = refuse_both(d, err, errlen);

	for (size_t i = 0; i < d->nr_runs; i++)
		d->nr[d->run[i].side] += !d->run[i].left_out;
	for (int s = 0; !ret && s < NR_DIFF_SIDES; s++) {
		for (size_t i = 0; i < d->nr_rows; i++)
			leave_out_copies(d, &d->row[i], (enum diff_side)s);
		if (!d->nr[s])
			ret = refuse_empty(d, (enum diff_side)s, err, errlen);
	}
	if (ret)
		return ret;
	d->advisory = d->nr[DIFF_BASE] == 1 || d->nr[DIFF_NEW] == 1;
	if (diff_judge(d) || diff_compare_facts(d)) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	return 0;
}
