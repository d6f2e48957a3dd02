// SPDX-License-Identifier: GPL-2.0-only
/* A report of records that are being written. */
#include "lib/report/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct report_growing {
	struct build *b;
	size_t nr_records;
};

struct report_growing *report_grow(void)
{
	struct report_growing *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->b = calloc(1, sizeof(*g->b));
	if (g->b) {
		g->b->report = report_new();
		g->b->path = "the record";
		g->b->at = REPORT_NO_RUN;
	}
	if (g->b && g->b->report) {
		g->b->report->nr_files = 1;
		return g;
	}
	free(g->b);
	free(g);
	return NULL;
}

int report_grow_record(const json_t *record, void *arg)
{
	struct report_growing *g = arg;

	return build_take(record, ++g->nr_records, g->b) ? -ENOMEM : 0;
}

const struct report_trace *report_growing_trace(const struct report_growing *g)
{
	for (size_t i = 0; i < g->b->nr; i++)
		if (g->b->question[i].trace)
			return g->b->question[i].q.trace;
	return NULL;
}

int report_grown(struct report_growing *g, struct report **r, char *err, size_t errlen)
{
	struct build *b = g->b;
	int ret = 0;

	free(g);
	*r = b->report;
	b->err = err;
	b->errlen = errlen;
	if (!b->nr_runs) {
		snprintf(err, errlen, "nothing was recorded");
		ret = -ENODATA;
	} else if (b->no_memory || build_finish_runs(b) || build_finish(b)) {
		ret = build_no_memory(b);
	}
	build_free(b);
	if (!ret)
		return 0;
	report_free(*r);
	*r = NULL;
	return ret;
}
