// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records in: each goes to what it is about, and nothing of it is believed that its reader refused.
 */
#include "lib/report/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record/record.h"
#include "lib/report/singles.h"

/*
 * Types that are not listed (calibration, those to come) say nothing that is shown
 * here.
 */
static int take(struct build *b, const json_t *record)
{
	static const struct {
		const char *type;
		int (*take)(struct build *b, const json_t *record);
	} types[] = {
		{ "environment", build_take_environment },
		{ "selftest", build_take_selftest },
		{ "question", build_take_question },
		{ "block", build_take_block },
		{ "instance", build_take_instance },
		{ "recheck", build_take_recheck },
		{ "layout", build_take_layout },
		{ "event", build_take_event },
		{ "trace", build_take_trace },
		{ "losses", build_take_losses },
		{ "cost", build_take_cost },
		{ "failed", build_take_failed },
		{ "end", build_take_end },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(b->type, types[i].type))
			return types[i].take(b, record);
	return 0;
}

int build_take(const json_t *record, size_t line, void *arg)
{
	struct build *b = arg;
	int ret = 0;

	b->line = line;
	b->type = record_type(record);
	if (!strcmp(b->type, "header"))
		ret = build_take_header(b, record);
	else if (b->at == REPORT_NO_RUN)
		build_drop_again(b, DROP_RUN, NULL);
	else if (build_step(b))
		ret = take(b, record);
	b->no_memory |= ret != 0;
	return ret;
}

static void take_torn(size_t line, const char *reason, void *arg)
{
	struct build *b = arg;

	b->line = line;
	if (b->at != REPORT_NO_RUN)
		b->run[b->at].position++;
	if (build_drop(b, DROP_LINE, NULL, NULL, reason))
		b->no_memory = true;
}

int build_no_memory(struct build *b)
{
	if (report_is_full(b->report)) {
		snprintf(
			b->err, b->errlen,
			"%s: line %zu: names and reasons of more than 64 MiB are not a kt record's",
			b->path, b->line);
		return -EFBIG;
	}
	snprintf(b->err, b->errlen, "out of memory");
	return -ENOMEM;
}

static int read_file(struct build *b, const char *path)
{
	const struct record_visitor v = { .each = build_take, .torn = take_torn, .arg = b };
	int ret;

	b->path = path;
	b->at = REPORT_NO_RUN;
	b->report->nr_files++;
	ret = record_read(path, &v, b->err, b->errlen);
	return b->no_memory ? build_no_memory(b) : ret;
}

/* Something has to be left, or there is nothing to render. */
static int refuse_nothing(struct build *b)
{
	const struct report_drop *d;

	if (b->nr_runs)
		return 0;
	build_sort_drops(b);
	d = &b->report->drop[0];
	snprintf(b->err, b->errlen, "%s: line %zu: %s", d->path, d->line, d->reason);
	return -EINVAL;
}

static int load(struct build *b, const char *const *path, size_t nr)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < nr; i++)
		ret = read_file(b, path[i]);
	if (!ret)
		ret = refuse_nothing(b);
	if (!ret && (build_finish_runs(b) || build_finish(b)))
		ret = build_no_memory(b);
	return ret;
}

static int load_files(struct report **report, const char *const *path, size_t nr, bool singles,
		      char *err, size_t errlen)
{
	struct report *r = report_new();
	struct build *b = calloc(1, sizeof(*b));
	int ret;

	*report = NULL;
	if (r && singles)
		r->singles = singles_new();
	if (!r || !b || (singles && !r->singles)) {
		snprintf(err, errlen, "out of memory");
		free(b);
		report_free(r);
		return -ENOMEM;
	}
	b->report = r;
	b->err = err;
	b->errlen = errlen;
	ret = load(b, path, nr);
	if (singles)
		singles_finish(r->singles);
	build_free(b);
	if (ret)
		report_free(r);
	else
		*report = r;
	return ret;
}

int report_load_files(struct report **report, const char *const *path, size_t nr, char *err,
		      size_t errlen)
{
	return load_files(report, path, nr, false, err, errlen);
}

int report_load_singles(struct report **report, const char *const *path, size_t nr, char *err,
			size_t errlen)
{
	return load_files(report, path, nr, true, err, errlen);
}

int report_load(struct report **report, const char *path, char *err, size_t errlen)
{
	return report_load_files(report, &path, 1, err, errlen);
}

/* ---- run by run ------------------------------------------------------------------------------ */

struct splitting {
	struct build *b; /* of the run at hand; NULL: none has begun */
	const char *path;
	size_t line; /* of its header */
	report_each_run *each;
	void *arg;
	char *err;
	size_t errlen;
};

static int begin_run(struct splitting *s)
{
	struct report *r = report_new();

	s->b = calloc(1, sizeof(*s->b));
	if (!r || !s->b) {
		report_free(r);
		free(s->b);
		s->b = NULL;
		snprintf(s->err, s->errlen, "out of memory");
		return -ENOMEM;
	}
	*s->b = (struct build){ .report = r,
				.err = s->err,
				.errlen = s->errlen,
				.path = s->path,
				.at = REPORT_NO_RUN };
	r->nr_files = 1;
	return 0;
}

static int end_run(struct splitting *s)
{
	struct build *b = s->b;
	struct report *r;
	int ret = 0;

	if (!b)
		return 0;
	r = b->report;
	s->b = NULL;
	if (b->no_memory || build_finish_runs(b) || build_finish(b))
		ret = build_no_memory(b);
	build_free(b);
	if (!ret)
		ret = s->each(r, s->line, s->arg);
	report_free(r);
	return ret;
}

static int split_record(const json_t *record, size_t line, void *arg)
{
	struct splitting *s = arg;
	int ret = 0;

	if (!strcmp(record_type(record), "header")) {
		ret = end_run(s);
		s->line = line;
		if (!ret)
			ret = begin_run(s);
	}
	if (!ret && build_take(record, line, s->b))
		ret = end_run(s);
	return ret;
}

/* What stands before the first header is nobody's. */
static void split_torn(size_t line, const char *reason, void *arg)
{
	struct splitting *s = arg;

	if (s->b)
		take_torn(line, reason, s->b);
}

int report_load_runs(const char *path, report_each_run *each, void *arg, char *err, size_t errlen)
{
	struct splitting s = {
		.path = path, .each = each, .arg = arg, .err = err, .errlen = errlen
	};
	const struct record_visitor v = { .each = split_record, .torn = split_torn, .arg = &s };
	int ret = record_read(path, &v, err, errlen);

	if (!ret)
		return end_run(&s);
	if (s.b) {
		report_free(s.b->report);
		build_free(s.b);
	}
	return ret;
}
