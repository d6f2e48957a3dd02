// SPDX-License-Identifier: GPL-2.0-only
#include "lib/record/merge.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record/merge_impl.h"
#include "lib/record/record.h"

/* ---- memory ---------------------------------------------------------------------------------- */

bool merge_grow(void *array, size_t nr, size_t *room, size_t size)
{
	size_t wanted = *room ? 2 * *room : 4;
	void *moved;

	if (nr < *room)
		return true;
	moved = reallocarray(*(void **)array, wanted, size);
	if (!moved)
		return false;
	*(void **)array = moved;
	*room = wanted;
	return true;
}

static uint64_t hash_text(const char *s)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 0x100000001b3ULL;
	return hash ^ hash >> 29;
}

/* A table of strings, at most half full. */
static bool more_text(struct merge_private *p)
{
	size_t slots = p->nr_text_slots ? 2 * p->nr_text_slots : 256;
	char **text;

	if (2 * p->nr_text < p->nr_text_slots)
		return true;
	text = calloc(slots, sizeof(*text));
	if (!text)
		return false;
	for (size_t i = 0; i < p->nr_text_slots; i++) {
		size_t at;

		if (!p->text[i])
			continue;
		for (at = hash_text(p->text[i]) & (slots - 1); text[at];)
			at = (at + 1) & (slots - 1);
		text[at] = p->text[i];
	}
	free(p->text);
	p->text = text;
	p->nr_text_slots = slots;
	return true;
}

const char *merge_text(struct merge *m, const char *s)
{
	struct merge_private *p = m->private;
	size_t at, size;

	if (!s || !more_text(p))
		return NULL;
	for (at = hash_text(s) & (p->nr_text_slots - 1); p->text[at];
	     at = (at + 1) & (p->nr_text_slots - 1))
		if (!strcmp(p->text[at], s))
			return p->text[at];
	size = strlen(s) + 1;
	if (size > MERGE_MAX_TEXT - p->text_bytes)
		return NULL;
	p->text[at] = strdup(s);
	p->nr_text += p->text[at] != NULL;
	p->text_bytes += p->text[at] ? size : 0;
	return p->text[at];
}

int merge_note(struct merge *m, size_t line, bool lost, const char *fmt, ...)
{
	struct merge_private *p = m->private;
	struct merge_note n = { .file = p->file, .line = line, .count = 1, .lost = lost };
	char text[600];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	n.text = merge_text(m, text);
	if (!n.text)
		return -ENOMEM;
	for (size_t i = m->nr_notes; i-- && m->note[i].file == n.file;) {
		if (m->note[i].text != n.text)
			continue;
		m->note[i].count++;
		return 0;
	}
	if (m->nr_notes == MERGE_MAX_NOTES)
		return 0;
	if (!merge_grow(&m->note, m->nr_notes, &p->room_notes, sizeof(n)))
		return -ENOMEM;
	m->note[m->nr_notes++] = n;
	return 0;
}

/* ---- runs ------------------------------------------------------------------------------------- */

static size_t find_run(const struct merge *m, const char *id, const char *header)
{
	const struct merge_private *p = m->private;

	for (size_t i = 0; id && i < m->nr_runs; i++)
		if (p->run[i].id && !strcmp(p->run[i].id, id) && !strcmp(p->run[i].header, header))
			return i;
	return MERGE_NO_RUN;
}

static int add_run(struct merge *m, const struct record_header *h, const json_t *record, char *text)
{
	struct merge_private *p = m->private;
	struct merge_run *run;

	if (!merge_grow(&p->run, m->nr_runs, &p->room_runs, sizeof(*p->run))) {
		free(text);
		return -ENOMEM;
	}
	run = &p->run[m->nr_runs];
	*run = (struct merge_run){ .header = text,
				   .id = merge_text(m, h->id),
				   .file = p->file,
				   .begin = malloc(sizeof(*h)),
				   .begin_record = json_incref((json_t *)record) };
	p->at = m->nr_runs++;
	if (!run->begin || (h->id && !run->id))
		return -ENOMEM;
	*run->begin = *h;
	return 0;
}

static int say_again(struct merge *m, const struct merge_run *run)
{
	struct merge_private *p = m->private;

	return merge_note(m, p->line, false, "run %.8s is in %s as well: it counts once", run->id,
			  run->file == p->file ? "this file" : run->file);
}

static int take_header(struct merge *m, const json_t *record)
{
	struct merge_private *p = m->private;
	struct record_header h;
	char why[200], *text;

	p->at = MERGE_NO_RUN;
	if (record_read_header(record, &h, why, sizeof(why)))
		return merge_note(m, p->line, true, "a run is left out: %s", why);
	text = json_dumps(record, JSON_COMPACT | JSON_SORT_KEYS);
	if (!text)
		return -ENOMEM;
	p->at = find_run(m, h.id, text);
	if (p->at == MERGE_NO_RUN)
		return add_run(m, &h, record, text);
	free(text);
	p->run[p->at].position = 0;
	return say_again(m, &p->run[p->at]);
}

/* Fields that differ become null: what is left is so everywhere. */
static json_t *common(const json_t *a, const json_t *b)
{
	const char *key;
	json_t *value, *both;

	if (json_equal(a, b))
		return json_deep_copy(a);
	if (!json_is_object(a) || !json_is_object(b))
		return json_null();
	both = json_object();
	json_object_foreach ((json_t *)a, key, value) {
		json_t *other = json_object_get(b, key);

		json_object_set_new(both, key, other ? common(value, other) : json_null());
	}
	return both;
}

static int take_environment(struct merge *m, const json_t *record)
{
	struct merge_private *p = m->private;
	struct merge_run *run = &p->run[p->at];
	struct record_environment e;
	json_t *both;
	char why[200];

	if (record_read_environment(record, &e, why, sizeof(why)))
		return merge_note(m, p->line, false, "%s", why);
	if (run->grouped || run->host_id)
		return 0;
	run->host_id = merge_text(m, e.host_id);
	run->kernel = merge_text(m, e.kernel);
	both = p->environment ? common(p->environment, record) : json_deep_copy(record);
	json_decref(p->environment);
	p->environment = both;
	return both ? 0 : -ENOMEM;
}

/* ---- hosts ------------------------------------------------------------------------------------ */

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool is_host(const struct merge_host *a, const struct merge_host *b)
{
	return a->id && same(a->id, b->id) && same(a->kernel, b->kernel) && same(a->kt, b->kt) &&
	       same(a->suite, b->suite) && same(a->suite_build, b->suite_build) &&
	       a->kind == b->kind && same(a->against, b->against) &&
	       same(a->against_build, b->against_build) && same(a->toggle[0], b->toggle[0]) &&
	       same(a->toggle[1], b->toggle[1]);
}

static struct merge_host host_of(struct merge *m, const struct merge_run *run)
{
	const struct record_header *h = run->begin;

	return (struct merge_host){
		.id = run->host_id,
		.kernel = run->kernel,
		.kt = merge_text(m, h->kt.version),
		.suite = merge_text(m, h->suite.version),
		.suite_build = merge_text(m, h->suite.build_id),
		.kind = h->kind,
		.against = merge_text(m, h->against.name),
		.against_build = merge_text(m, h->against.build.build_id),
		.toggle = { merge_text(m, h->toggle[0]), merge_text(m, h->toggle[1]) },
	};
}

int merge_host_of(struct merge *m, size_t *host)
{
	struct merge_private *p = m->private;
	struct merge_run *run = &p->run[p->at];
	struct merge_host h;

	if (!run->grouped) {
		size_t i = 0;

		h = host_of(m, run);
		while (i < m->nr_hosts && !is_host(&m->host[i], &h))
			h.copy += same(m->host[i++].id, h.id);
		if (i == m->nr_hosts) {
			if (!merge_grow(&m->host, i, &p->room_hosts, sizeof(h)))
				return -ENOMEM;
			m->host[m->nr_hosts++] = h;
		}
		m->host[i].nr_runs++;
		run->host = i;
		run->grouped = true;
		json_decref(run->begin_record);
		free(run->begin);
		run->begin_record = NULL;
		run->begin = NULL;
	}
	*host = run->host;
	return 0;
}

/* ---- files ------------------------------------------------------------------------------------ */

static int take(struct merge *m, const json_t *record)
{
	struct merge_run *run = &m->private->run[m->private->at];
	const char *type = record_type(record);
	enum record_status status;
	char why[200];
	size_t host;

	if (!strcmp(type, "environment"))
		return take_environment(m, record);
	if (strcmp(type, "end"))
		return merge_take(m, record);
	if (!record_read_end(record, &status, why, sizeof(why)))
		run->complete |= status == RECORD_COMPLETE;
	return merge_host_of(m, &host);
}

/* A record of the copy at hand; of several copies each comes from the first that has it. */
static int take_next(struct merge *m, const json_t *record, const char *text, size_t length)
{
	struct merge_private *p = m->private;
	struct merge_run *run = &p->run[p->at];
	int ret;

	if (++run->position <= run->taken)
		return 0;
	run->taken = run->position;
	ret = merge_spool_line(m, text, length);
	if (ret) {
		p->spool_error = ret;
		return ret;
	}
	return take(m, record);
}

static int end_copy(struct merge *m)
{
	struct merge_private *p = m->private;
	int ret = p->at == MERGE_NO_RUN ? 0 : merge_spool_end(m, &p->run[p->at]);

	if (ret)
		p->spool_error = ret;
	return ret;
}

static int each(const json_t *record, const char *text, size_t length, size_t line, void *arg)
{
	struct merge *m = arg;
	struct merge_private *p = m->private;
	size_t runs = m->nr_runs;
	int ret = 0;

	p->line = line;
	if (!strcmp(record_type(record), "header")) {
		ret = end_copy(m);
		if (!ret)
			ret = take_header(m, record);
		/* A copy of it adds records, not a second header. */
		if (!ret && m->nr_runs > runs) {
			ret = merge_spool_line(m, text, length);
			p->spool_error = ret;
		}
	} else if (p->at != MERGE_NO_RUN) {
		ret = take_next(m, record, text, length);
	}
	p->no_memory |= ret == -ENOMEM;
	return ret;
}

static void torn(size_t line, const char *reason, void *arg)
{
	struct merge *m = arg;
	struct merge_private *p = m->private;

	p->line = line;
	if (p->at != MERGE_NO_RUN)
		p->run[p->at].position++;
	p->no_memory |= merge_note(m, line, false, "%s", reason) != 0;
}

int merge_file(struct merge *m, const char *path, char *err, size_t errlen)
{
	const struct record_visitor v = { .each_text = each, .torn = torn, .arg = m };
	struct merge_private *p = m->private;
	char why[600];
	int ret;

	p->at = MERGE_NO_RUN;
	p->file = merge_text(m, strcmp(path, "-") ? path : "standard input");
	if (!p->file)
		goto no_memory;
	m->nr_files++;
	ret = record_read(path, &v, why, sizeof(why));
	if (!p->spool_error)
		end_copy(m);
	if (p->spool_error) {
		snprintf(err, errlen, "cannot write a temporary file in %s: %s", merge_spool_dir(m),
			 strerror(-p->spool_error));
		return p->spool_error;
	}
	if (p->no_memory)
		goto no_memory;
	if (!ret || !merge_note(m, 0, true, "%s", why))
		return 0;
no_memory:
	snprintf(err, errlen, "out of memory");
	return -ENOMEM;
}

static int by_host(const void *a, const void *b)
{
	const struct merge_cell *x = a, *y = b;

	return x->host < y->host ? -1 : x->host > y->host;
}

int merge_finish(struct merge *m)
{
	struct merge_private *p = m->private;
	size_t host;

	for (p->at = 0; p->at < m->nr_runs; p->at++) {
		const struct merge_run *run = &p->run[p->at];

		p->file = run->file;
		if (merge_host_of(m, &host) ||
		    (!run->complete &&
		     merge_note(m, 0, false, "run %.8s was interrupted: it has no end",
				run->id ?: "without an id")))
			return -ENOMEM;
	}
	/* A run that was put together from copies may have come to a series late. */
	for (size_t i = 0; i < m->nr_series; i++)
		qsort(m->series[i].cell, m->series[i].nr_cells, sizeof(*m->series[i].cell),
		      by_host);
	return 0;
}

struct merge *merge_new(void)
{
	struct merge *m = calloc(1, sizeof(*m));

	if (m)
		m->private = calloc(1, sizeof(*m->private));
	if (m && m->private)
		return m;
	free(m);
	return NULL;
}

static void free_run(struct merge_run *run)
{
	json_decref(run->begin_record);
	free(run->begin);
	free(run->header);
	free(run->question);
	free(run->segment);
}

void merge_free(struct merge *m)
{
	struct merge_private *p = m ? m->private : NULL;

	if (!m)
		return;
	merge_free_series(m);
	for (size_t i = 0; i < m->nr_runs; i++)
		free_run(&p->run[i]);
	for (size_t i = 0; i < p->nr_text_slots; i++)
		free(p->text[i]);
	json_decref(p->environment);
	merge_spool_free(p->spool);
	free(p->run);
	free(p->text);
	free(m->host);
	free(m->note);
	free(p);
	free(m);
}
