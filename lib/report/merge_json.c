// SPDX-License-Identifier: GPL-2.0-only
/* Merged records as one JSON object, a row at a time; the rows of all hosts with their buckets. */
#include <errno.h>
#include <math.h>

#include "lib/report/merge_table.h"
#include "lib/report/value.h"

static json_t *text(const char *s)
{
	return s ? json_string(s) : json_null();
}

static int put(FILE *out, const char *before, json_t *value)
{
	int ret = value ? 0 : -ENOMEM;

	fputs(before, out);
	if (!ret && value_dump(out, value, JSON_COMPACT | JSON_ENCODE_ANY))
		ret = -EIO;
	json_decref(value);
	return ret;
}

static json_t *host_json(const struct merge_host *h)
{
	return json_pack("{s:o, s:i, s:o, s:o, s:o, s:o, s:I}", "host", text(h->id), "copy",
			 (int)h->copy, "kernel", text(h->kernel), "kt", text(h->kt), "suite",
			 text(h->suite), "suite_build_id", text(h->suite_build), "runs",
			 (json_int_t)h->nr_runs);
}

static json_t *note_json(const struct merge_note *n)
{
	return json_pack("{s:o, s:o, s:o, s:I, s:b}", "file", value_text(n->file), "line",
			 n->line ? json_integer((json_int_t)n->line) : json_null(), "reason",
			 value_text(n->text), "count", (json_int_t)n->count, "lost", n->lost);
}

/* [[index, count], ...] */
static json_t *buckets(const struct hist *h)
{
	json_t *all = json_array();

	for (uint32_t i = 0; i < HIST_NR_BUCKETS(h->k); i++)
		if (h->bucket[i])
			json_array_append_new(all, json_pack("[i,o]", (int)i,
							     value_count(h->bucket[i])));
	return all;
}

struct rows {
	FILE *out;
	const struct merge *m;
	bool begun;
};

static int put_row(const struct merge_row *row, void *arg)
{
	const struct merge_series *s = row->s;
	const struct report_stats *f = &row->stats;
	struct rows *r = arg;
	json_t *j = json_object();
	bool first = !r->begun;

	r->begun = true;
	json_object_set_new(j, "question", value_text(s->kind ?: s->question->name));
	json_object_set_new(j, "mode", json_string(merge_mode(s)));
	json_object_set_new(j, "arm", value_text(s->subject));
	json_object_set_new(j, "metric", text(s->metric));
	json_object_set_new(j, "batch", value_count(s->batch));
	/* The place of the host in the list above, from 0. */
	json_object_set_new(j, "host",
			    row->host ? json_integer(row->host - r->m->host) : json_null());
	json_object_set_new(j, "hosts", value_count(row->host ? 1 : s->nr_cells));
	json_object_set_new(j, "count", value_count(f->count));
	json_object_set_new(j, "sum", value_number(row->sum));
	json_object_set_new(j, "mean", value_number(f->mean));
	json_object_set_new(j, "min", value_number(f->min));
	json_object_set_new(j, "p25", value_number(f->p25));
	json_object_set_new(j, "p50", value_number(f->p50));
	json_object_set_new(j, "p75", value_number(f->p75));
	json_object_set_new(j, "p90", value_number(f->p90));
	json_object_set_new(j, "p99", value_number(f->p99));
	json_object_set_new(j, "p999", value_number(f->p999));
	json_object_set_new(j, "max", value_number(f->max));
	if (row->hist) {
		json_object_set_new(j, "k", json_integer(row->hist->k));
		json_object_set_new(j, "buckets", buckets(row->hist));
	}
	return put(r->out, first ? "\n" : ",\n", j);
}

static int print(FILE *out, const struct merge *m, const struct merge_view *v)
{
	struct rows rows = { .out = out, .m = m };
	int ret = 0;

	(void)v;
	fprintf(out, "{\"schema\":1,\"files\":%zu,\"runs\":%zu,\"hosts\":[", m->nr_files,
		m->nr_runs);
	for (size_t i = 0; !ret && i < m->nr_hosts; i++)
		ret = put(out, i ? ",\n" : "\n", host_json(&m->host[i]));
	fputs("],\n\"notes\":[", out);
	for (size_t i = 0; !ret && i < m->nr_notes; i++)
		ret = put(out, i ? ",\n" : "\n", note_json(&m->note[i]));
	fputs("],\n\"rows\":[", out);
	if (!ret)
		ret = merge_each(m, put_row, &rows);
	fputs("]}\n", out);
	return ret;
}

const struct merge_format merge_format_json = {
	.name = "json",
	.help = "an object, with the buckets of all hosts together",
	.print = print,
};
