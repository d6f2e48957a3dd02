// SPDX-License-Identifier: GPL-2.0-only
/* What a report owns: its strings and arrays, from the first record to the end. */
#include "lib/report/build.h"

#include <stdlib.h>
#include <string.h>

const char *const report_phase_name[REPORT_NR_PHASES] = {
	[PHASE_END_TO_END] = "end_to_end",
	[PHASE_CALL] = "call",
	[PHASE_WAKE] = "wake",
	[PHASE_RUNQ] = "runq",
	[PHASE_PREMIG] = "premig",
	[PHASE_RESUME] = "resume",
	[PHASE_UNATTRIBUTED] = "unattributed",
	[PHASE_KERNEL] = "kernel",
};

struct report_private {
	char **string;
	size_t nr, room;
};

bool build_grow(void **array, size_t nr, size_t *room, size_t size)
{
	size_t wanted = *room ? 2 * *room : 8;
	void *moved;

	if (nr < *room)
		return true;
	moved = reallocarray(*array, wanted, size);
	if (!moved)
		return false;
	*array = moved;
	*room = wanted;
	return true;
}

const char *report_keep(struct report *r, const char *s)
{
	struct report_private *p = r->private;
	char *copy;

	if (!build_grow((void **)&p->string, p->nr, &p->room, sizeof(*p->string)))
		return NULL;
	copy = strdup(s);
	if (copy)
		p->string[p->nr++] = copy;
	return copy;
}

struct report *report_new(void)
{
	struct report *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->private = calloc(1, sizeof(*r->private));
	r->losses = json_object();
	r->counters = json_object();
	if (r->private && r->losses && r->counters)
		return r;
	report_free(r);
	return NULL;
}

void report_result_free(struct report_result *r)
{
	free(r->hist);
	free(r->traced);
	json_decref(r->counters);
	for (size_t i = 0; i < r->nr_metrics; i++)
		free(r->metric[i].hist);
	free(r->metric);
	free(r->block_p50);
	free(r->block_p99);
	free(r->rising);
}

void report_free(struct report *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->nr_results; i++)
		report_result_free(&r->result[i]);
	for (size_t i = 0; i < r->nr_questions; i++)
		json_decref(r->question[i].skipped);
	for (size_t i = 0; r->private && i < r->private->nr; i++)
		free(r->private->string[i]);
	if (r->private)
		free(r->private->string);
	free(r->private);
	free(r->question);
	free(r->result);
	free(r->comparison);
	json_decref(r->header);
	json_decref(r->environment);
	json_decref(r->losses);
	json_decref(r->counters);
	json_decref(r->cost);
	free(r);
}
