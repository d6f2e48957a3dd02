// SPDX-License-Identifier: GPL-2.0-only
/* What was left out: a list with one entry for equal ones, and how it is put to people. */
#include "lib/report/build.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/render.h"

/* A hostile input may have a million different ones; beyond these they are counted. */
#define MAX_DROPS 200

/* ---- while reading --------------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_drop(const struct report_drop *a, const struct report_drop *b)
{
	return a->kind == b->kind && a->by_tool == b->by_tool && a->run == b->run &&
	       same(a->question, b->question) && same(a->arm, b->arm) && same(a->reason, b->reason);
}

/* false: no memory */
static bool keep(struct report *r, const char **text)
{
	if (!*text)
		return true;
	*text = report_keep(r, *text);
	return *text;
}

static int note(struct build *b, struct report_drop d)
{
	struct report *r = b->report;

	d.run = b->at;
	d.count = 1;
	d.path = b->path;
	d.line = b->line;
	r->lost_question |= d.kind == DROP_RUN || d.kind == DROP_QUESTION;
	for (size_t i = 0; i < r->nr_drops; i++) {
		if (!same_drop(&r->drop[i], &d))
			continue;
		r->drop[i].count++;
		return 0;
	}
	if (r->nr_drops == MAX_DROPS) {
		r->more_drops++;
		return 0;
	}
	if (!keep(r, &d.question) || !keep(r, &d.arm) || !keep(r, &d.reason) || !keep(r, &d.path) ||
	    !build_grow((void **)&r->drop, r->nr_drops, &b->room_drops, sizeof(*r->drop)))
		return -ENOMEM;
	r->drop[r->nr_drops++] = d;
	return 0;
}

int build_drop(struct build *b, enum report_drop_kind kind, const char *question, const char *arm,
	       const char *reason)
{
	char text[256];

	if (kind == DROP_RECORD) {
		snprintf(text, sizeof(text), "%.32s: %s", b->type, reason);
		reason = text;
	}
	return note(b, (struct report_drop){
			       .kind = kind, .question = question, .arm = arm, .reason = reason });
}

int build_drop_by_tool(struct build *b, const char *question, const char *arm, const char *reason)
{
	return note(b, (struct report_drop){ .kind = DROP_EPOCH,
					     .by_tool = true,
					     .question = question,
					     .arm = arm,
					     .reason = reason });
}

bool build_drop_again(struct build *b, enum report_drop_kind kind, const char *question)
{
	struct report *r = b->report;

	for (size_t i = r->nr_drops; i-- > 0;) {
		struct report_drop *d = &r->drop[i];

		if (d->kind != kind || d->run != b->at || !same(d->question, question))
			continue;
		d->count++;
		return true;
	}
	return false;
}

/* The worst first; those of a kind as they came, which is the order of their addresses. */
static int by_kind(const void *a, const void *b)
{
	const struct report_drop *const *x = a, *const *y = b;

	if ((*x)->kind != (*y)->kind)
		return (*x)->kind < (*y)->kind ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

void build_sort_drops(struct build *b)
{
	struct report *r = b->report;
	struct report_drop *order[MAX_DROPS], sorted[MAX_DROPS];

	for (size_t i = 0; i < r->nr_drops; i++)
		order[i] = &r->drop[i];
	qsort(order, r->nr_drops, sizeof(order[0]), by_kind);
	for (size_t i = 0; i < r->nr_drops; i++)
		sorted[i] = *order[i];
	if (r->nr_drops)
		memcpy(r->drop, sorted, r->nr_drops * sizeof(sorted[0]));
}

/* ---- in words -------------------------------------------------------------------------------- */

static const struct {
	const char *one, *many;
} noun[NR_DROP_KINDS] = {
	[DROP_RUN] = { "run", "runs" },		 [DROP_QUESTION] = { "question", "questions" },
	[DROP_BLOCK] = { "block", "blocks" },	 [DROP_EPOCH] = { "epoch", "epochs" },
	[DROP_RECORD] = { "record", "records" }, [DROP_LINE] = { "line", "lines" },
};

const char *report_drop_name(enum report_drop_kind kind)
{
	return noun[kind].one;
}

void report_write_drops_summary(FILE *out, const struct report *r)
{
	uint64_t nr[NR_DROP_KINDS] = { 0 };
	const char *before = "";

	for (size_t i = 0; i < r->nr_drops; i++) {
		enum report_drop_kind kind = r->drop[i].kind;

		nr[kind] += kind == DROP_RUN || kind == DROP_QUESTION ? 1 : r->drop[i].count;
	}
	for (int k = 0; k < NR_DROP_KINDS; k++) {
		if (!nr[k])
			continue;
		fprintf(out, "%s%" PRIu64 " %s", before, nr[k],
			nr[k] == 1 ? noun[k].one : noun[k].many);
		before = ", ";
	}
	if (r->more_drops)
		fprintf(out, " and %" PRIu64 " more", r->more_drops);
}

static void write_place(FILE *out, const struct report *r, const struct report_drop *d,
			report_word *word)
{
	bool whole = d->kind == DROP_RUN || d->kind == DROP_QUESTION;

	fputs(" (", out);
	if (r->apart && d->run != REPORT_NO_RUN)
		fprintf(out, "run %zu, ", d->run + 1);
	if (!whole && d->count > 1)
		fputs("first at ", out);
	if (r->nr_files > 1) {
		word(out, d->path);
		fputs(", ", out);
	}
	fprintf(out, "line %zu", d->line);
	if (whole && d->count > 1)
		fprintf(out, ", with %" PRIu64 " more records", d->count - 1);
	fputc(')', out);
}

void report_write_drop(FILE *out, const struct report *r, const struct report_drop *d,
		       report_word *word)
{
	bool many = d->count > 1, whole = d->kind == DROP_RUN || d->kind == DROP_QUESTION;

	if (!whole)
		fprintf(out, "%" PRIu64 " ", d->count);
	fputs(many && !whole ? noun[d->kind].many : noun[d->kind].one, out);
	if (d->arm) {
		fputs(" of ", out);
		word(out, *d->arm ? d->arm : "all");
	}
	if (d->question) {
		fputs(d->kind == DROP_QUESTION ? " " : d->arm ? " in " : " of ", out);
		word(out, d->question);
	}
	fputs(d->by_tool ? ": left out when measured: " : ": ", out);
	word(out, d->reason);
	write_place(out, r, d, word);
}
