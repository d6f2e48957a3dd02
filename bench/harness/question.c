// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/harness/question.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More would be a mistake: each costs measuring time. */
#define MAX_PARAMS    8
#define MAX_VALUES    64
#define MAX_QUESTIONS 10000

static struct bench_def *defs;

static int def_order(const struct bench_def *a, const struct bench_def *b)
{
	int by_file = strcmp(a->file, b->file);

	return by_file ? by_file : a->line - b->line;
}

/* Constructors run in link order; the list is kept in the order of the sources instead. */
void bench_register(struct bench_def *def)
{
	struct bench_def **at = &defs;

	while (*at && def_order(*at, def) <= 0)
		at = &(*at)->next;
	def->next = *at;
	*at = def;
}

const struct bench_def *bench_defs(void)
{
	return defs;
}

/* One "key=v1,v2" cut up; the strings point into @text. */
struct param_list {
	char *text;
	char *key;
	unsigned int nr_values;
	char *value[MAX_VALUES];
};

static int param_parse(struct param_list *p, const char *spec)
{
	char *next, *v;

	p->text = strdup(spec);
	if (!p->text)
		return -ENOMEM;
	p->key = p->text;
	v = strchr(p->text, '=');
	if (!v || v == p->text)
		return -EINVAL;
	*v++ = '\0';
	for (;; v = next + 1) {
		next = strchr(v, ',');
		if (next)
			*next = '\0';
		if (!*v || strpbrk(v, "/\t\n") || p->nr_values == MAX_VALUES)
			return -EINVAL;
		p->value[p->nr_values++] = v;
		if (!next)
			return 0;
	}
}

static void question_free(struct bench_question *q)
{
	for (unsigned int i = 0; i < q->nr_params; i++) {
		free(q->param[i].key);
		free(q->param[i].value);
	}
	free(q->param);
	free(q->name);
}

/* The combination that takes value pick[i] of each list. */
static int question_fill(struct bench_question *q, const struct bench_def *def,
			 const struct param_list *lists, unsigned int nr, const unsigned int *pick)
{
	char *name = NULL;
	size_t len = 0;
	FILE *f;

	*q = (struct bench_question){ .def = def };
	while (def->arms && def->arms[q->nr_arms])
		q->nr_arms++;
	q->param = calloc(nr + 1, sizeof(*q->param));
	f = open_memstream(&name, &len);
	if (!q->param || !f) {
		if (f)
			fclose(f);
		free(name);
		free(q->param);
		return -ENOMEM;
	}
	fputs(def->name, f);
	for (unsigned int i = 0; i < nr; i++) {
		q->param[i].key = strdup(lists[i].key);
		q->param[i].value = strdup(lists[i].value[pick[i]]);
		q->nr_params = i + 1;
		fprintf(f, "/%s=%s", lists[i].key, lists[i].value[pick[i]]);
		if (!q->param[i].key || !q->param[i].value) {
			fclose(f);
			free(name);
			question_free(q);
			return -ENOMEM;
		}
	}
	if (fclose(f)) {
		free(name);
		name = NULL;
	}
	q->name = name;
	if (!name) {
		question_free(q);
		return -ENOMEM;
	}
	return 0;
}

static int questions_add(struct bench_questions *qs, struct bench_question *q)
{
	struct bench_question *more;

	if (qs->nr == MAX_QUESTIONS)
		return -E2BIG;
	more = realloc(qs->question, (qs->nr + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	qs->question = more;
	qs->question[qs->nr++] = *q;
	return 0;
}

/* Next combination, the last list fastest; false after the last. */
static bool pick_next(unsigned int *pick, const struct param_list *lists, unsigned int nr)
{
	for (unsigned int i = nr; i-- > 0; pick[i] = 0)
		if (++pick[i] < lists[i].nr_values)
			return true;
	return false;
}

static bool has_arm(const struct bench_def *def, const char *name)
{
	for (unsigned int i = 0; def->arms && def->arms[i]; i++)
		if (!strcmp(def->arms[i], name))
			return true;
	return false;
}

/* Fields that contradict each other. */
static int check_def(const struct bench_def *def, char *err, size_t errlen)
{
	if (!def->arms || !def->arms[0])
		snprintf(err, errlen, "%s:%d: benchmark %s has no arms", def->file, def->line,
			 def->name);
	else if (def->baseline && !has_arm(def, def->baseline))
		snprintf(err, errlen,
			 "%s:%d: benchmark %s has the baseline '%s', which is not one of its arms",
			 def->file, def->line, def->name, def->baseline);
	else if (def->batch > 1 && def->mode != BENCH_LATENCY)
		snprintf(err, errlen,
			 "%s:%d: benchmark %s has a batch, which is for .mode = BENCH_LATENCY",
			 def->file, def->line, def->name);
	else if (def->batch > 1 && def->phases)
		snprintf(
			err, errlen,
			"%s:%d: benchmark %s has a batch and phases, which are of single operations",
			def->file, def->line, def->name);
	else
		return 0;
	return -EINVAL;
}

static int def_questions(struct bench_questions *qs, const struct bench_def *def,
			 bench_question_exists exists, void *arg, char *err, size_t errlen)
{
	struct param_list lists[MAX_PARAMS] = { 0 };
	unsigned int pick[MAX_PARAMS] = { 0 }, nr = 0;
	struct bench_question q;
	int ret = 0;

	for (; def->params && def->params[nr]; nr++) {
		ret = nr == MAX_PARAMS ? -E2BIG : param_parse(&lists[nr], def->params[nr]);
		if (ret) {
			snprintf(
				err, errlen,
				"%s:%d: benchmark %s: bad parameter '%s', expected key=value,value",
				def->file, def->line, def->name, def->params[nr]);
			nr += nr < MAX_PARAMS;
			goto out;
		}
	}
	ret = check_def(def, err, errlen);
	if (ret)
		goto out;
	do {
		ret = question_fill(&q, def, lists, nr, pick);
		if (ret)
			break;
		if (exists && !exists(&q, arg)) {
			question_free(&q);
			continue;
		}
		ret = questions_add(qs, &q);
		if (ret)
			question_free(&q);
	} while (!ret && pick_next(pick, lists, nr));
	if (ret)
		snprintf(err, errlen, "benchmark %s: %s", def->name, strerror(-ret));
out:
	for (unsigned int i = 0; i < nr; i++)
		free(lists[i].text);
	return ret;
}

int bench_questions_make(struct bench_questions *qs, const struct bench_def *list,
			 bench_question_exists exists, void *arg, char *err, size_t errlen)
{
	int ret;

	*qs = (struct bench_questions){ 0 };
	for (; list; list = list->next) {
		ret = def_questions(qs, list, exists, arg, err, errlen);
		if (ret) {
			bench_questions_free(qs);
			return ret;
		}
	}
	return 0;
}

void bench_questions_free(struct bench_questions *qs)
{
	for (size_t i = 0; i < qs->nr; i++)
		question_free(&qs->question[i]);
	free(qs->question);
	*qs = (struct bench_questions){ 0 };
}
