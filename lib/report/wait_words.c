// SPDX-License-Identifier: GPL-2.0-only
/* A single wait in words, for every format that has words. */
#include "lib/report/render.h"

#include <inttypes.h>
#include <string.h>

static void task(FILE *out, const char *comm, uint64_t tid, report_word *word)
{
	word(out, comm ? comm : "?");
	if (tid)
		fprintf(out, " %" PRIu64, tid);
}

static bool is_context(const struct report_event *e, const char *context)
{
	return e->context && !strcmp(e->context, context);
}

void report_write_waiter(FILE *out, const struct report_event *e, report_word *word)
{
	task(out, e->comm, e->tid, word);
}

/* An interrupt has no task of its own: the one that it came upon had nothing to do with it. */
void report_write_waker(FILE *out, const struct report_event *e, report_word *word)
{
	bool interrupt = is_context(e, "interrupt"), softirq = is_context(e, "softirq");
	bool idle = is_context(e, "idle") || ((interrupt || softirq) && !e->waker_tid);

	if (softirq)
		fputs("a softirq", out);
	else if (idle || interrupt)
		fputs("an interrupt", out);
	if (!idle && (softirq || interrupt))
		fputs(" in ", out);
	if (!idle)
		task(out, e->waker, e->waker_tid, word);
	if (e->waker_cpu != RECORD_NO_CPU)
		fprintf(out, " on %sCPU %" PRIu64, idle ? "the idle " : "", e->waker_cpu);
}

bool report_write_behind(FILE *out, const struct report_event *e, report_word *word)
{
	if (!e->nr_behind || !e->behind[0].tid)
		return false;
	task(out, e->behind[0].comm, e->behind[0].tid, word);
	return true;
}
