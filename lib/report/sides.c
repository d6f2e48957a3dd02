// SPDX-License-Identifier: GPL-2.0-only
/* What the runs of two builds or settings compared, in words. */
#include "lib/report/changes.h"

#include <inttypes.h>
#include <string.h>

/* More are counted, not named: the JSON report has them. */
#define MAX_FUNCTIONS 8

/* One line after the other, each as the renderer wants it. */
struct lines {
	FILE *out;
	const char *before, *after;
	report_word *word;
	size_t run; /* its number is said; 0: it is not */
};

static void begin_line(const struct lines *l, const char *what)
{
	fputs(l->before, l->out);
	if (l->run)
		fprintf(l->out, "run %zu, ", l->run);
	fprintf(l->out, "%s: ", what);
}

static void text_line(const struct lines *l, const char *what, const char *text)
{
	begin_line(l, what);
	l->word(l->out, text ? text : "not known");
	fputs(l->after, l->out);
}

/* "HEAD~20, kt-suite 0.1.0-12-gabc1234, build 00112233" */
static void build_line(const struct lines *l, const char *what, const char *name,
		       const char *suite_name, const struct record_build *b)
{
	char id[9];

	begin_line(l, what);
	if (name) {
		l->word(l->out, name);
		fputs(", ", l->out);
	}
	l->word(l->out, suite_name ? suite_name : "a suite");
	fputc(' ', l->out);
	l->word(l->out, b->version ? b->version : "of an unknown version");
	if (b->build_id) {
		snprintf(id, sizeof(id), "%s", b->build_id);
		fputs(", build ", l->out);
		l->word(l->out, id);
	}
	fputs(l->after, l->out);
}

/* Another compiler, or other flags, may be all the difference. */
static void difference_line(const struct lines *l, const char *what, const char *was,
			    const char *now)
{
	if (!was || !now || !strcmp(was, now))
		return;
	begin_line(l, what);
	l->word(l->out, was);
	fputs(", now ", l->out);
	l->word(l->out, now);
	fputs(l->after, l->out);
}

static void changed_functions(const struct lines *l, const struct record_code *c)
{
	size_t nr = c->nr_names < MAX_FUNCTIONS ? c->nr_names : MAX_FUNCTIONS;

	fprintf(l->out, "%" PRIu64 " of %" PRIu64 " function%s differ%s", c->changed, c->compared,
		c->compared == 1 ? "" : "s", c->changed == 1 ? "s" : "");
	for (size_t i = 0; i < nr; i++) {
		fputs(i ? ", " : ": ", l->out);
		l->word(l->out, c->changed_name[i]);
	}
	if (nr && c->changed > nr)
		fprintf(l->out, " and %" PRIu64 " more", c->changed - nr);
}

static void code_line(const struct lines *l, const struct record_code *c)
{
	if (c->status == RECORD_CODE_NOT_COMPARED)
		return;
	begin_line(l, "code");
	if (c->status == RECORD_CODE_SAME) {
		fprintf(l->out, "no function differs (%" PRIu64 " compared), only where it may lie",
			c->compared);
	} else if (c->status == RECORD_CODE_CHANGED) {
		changed_functions(l, c);
	} else {
		fputs("not compared: ", l->out);
		l->word(l->out, c->reason ? c->reason : "no reason given");
	}
	fputs(l->after, l->out);
}

void report_write_sides(FILE *out, const struct report *r, size_t run, const char *before,
			const char *after, report_word *word)
{
	const struct record_header *h = &r->run[run].header;
	const struct record_build *old = &h->against.build, *new = &h->suite;
	struct lines l = { out, before, after, word, r->nr_groups > 1 ? run + 1 : 0 };

	if (h->kind == RECORD_SETTINGS) {
		text_line(&l, "A", h->toggle[0]);
		text_line(&l, "B", h->toggle[1]);
	}
	if (h->kind != RECORD_BUILDS)
		return;
	build_line(&l, "old", h->against.name, h->against.suite_name, old);
	build_line(&l, "new", NULL, h->suite_name, new);
	difference_line(&l, "compiler", old->compiler, new->compiler);
	difference_line(&l, "flags", old->flags, new->flags);
	code_line(&l, &h->code);
}
