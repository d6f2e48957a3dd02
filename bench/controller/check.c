// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef unsigned long long ull;

__attribute__((format(printf, 3, 4))) static const char *because(char *why, size_t len,
								 const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, len, fmt, ap);
	va_end(ap);
	return why;
}

static bool is_terminated(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

const char *check_page(const union wire_page *page, const struct wire_form *form, uint32_t call,
		       char *why, size_t len)
{
	const struct wire_head *head = &page->head;

	if (head->magic != WIRE_MAGIC || head->version != form->version || head->size != form->size)
		return because(why, len, "the shared page was overwritten (its first words)");
	if (head->turn != WIRE_CONTROLLER)
		return because(why, len, "the shared page was overwritten (turn is %u)",
			       head->turn);
	if (!form->translate && page->now.spoken != WIRE_VERSION)
		return because(why, len, "the shared page was overwritten (version %u of it)",
			       page->now.spoken);
	if (form->numbered && page->now.answered != call)
		return because(why, len,
			       "the shared page was given back without an answer to call %u", call);
	return NULL;
}

const char *check_reply(const struct wire *w, char *why, size_t len)
{
	if (w->status != WIRE_OK && w->status != WIRE_SKIPPED && w->status != WIRE_FAILED)
		return because(why, len, "its status is %u, which is unknown", w->status);
	if (!is_terminated(w->message, sizeof(w->message)))
		return because(why, len, "its message is not terminated");
	return NULL;
}

static const char *check_times(const struct wire *w, const struct check_asked *asked, char *why,
			       size_t len)
{
	if (w->end_ns < w->start_ns)
		return because(why, len, "it ended %llu ns before it began",
			       (ull)(w->start_ns - w->end_ns));
	if (w->start_ns < asked->call_ns)
		return because(why, len, "it began %llu ns before it was asked for",
			       (ull)(asked->call_ns - w->start_ns));
	if (w->end_ns > asked->return_ns)
		return because(why, len, "it ended %llu ns after its answer came",
			       (ull)(w->end_ns - asked->return_ns));
	return NULL;
}

static const char *check_counters(const struct wire *w, char *why, size_t len)
{
	if (w->nr_counters > WIRE_NR_COUNTERS)
		return because(why, len, "it has %u counters, more than %d", w->nr_counters,
			       WIRE_NR_COUNTERS);
	for (uint32_t i = 0; i < w->nr_counters; i++)
		if (!is_terminated(w->counter[i].name, sizeof(w->counter[i].name)))
			return because(why, len, "the name of its counter %u is not terminated", i);
	return NULL;
}

static const char *check_values(const struct wire *w, const struct check_asked *asked, char *why,
				size_t len)
{
	const struct hist *h = &w->hist;

	if (h->k != HIST_K_USER)
		return because(why, len, "its histogram has precision %u instead of %u", h->k,
			       HIST_K_USER);
	if (!hist_is_consistent(h))
		return because(why, len, "its histogram does not add up");
	if (!h->count && !w->nr_impossible)
		return because(why, len, "it has no value");
	if (!h->count && !asked->time_only)
		return because(why, len,
			       "all its values (%llu) are impossible (end before beginning)",
			       (ull)w->nr_impossible);
	if (!asked->latency && h->count > 1)
		return because(why, len, "it has %llu values instead of one", (ull)h->count);
	return NULL;
}

/*
 * Nothing lasts 292 years: a figure beyond 63 bits is a negative difference. Buckets are no larger
 * than count, min than max.
 */
static const char *check_sizes(const struct wire *w, char *why, size_t len)
{
	const struct {
		const char *name;
		uint64_t value;
	} figures[] = {
		{ "cpu_ns", w->cpu_ns },
		{ "nvcsw", w->nvcsw },
		{ "nivcsw", w->nivcsw },
		{ "minflt", w->minflt },
		{ "number of impossible values", w->nr_impossible },
		{ "number of values", w->hist.count },
		{ "sum of values", w->hist.sum },
		{ "largest value", w->hist.max },
	};

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		if (figures[i].value > INT64_MAX)
			return because(why, len, "its %s is %llu, beyond 63 bits", figures[i].name,
				       (ull)figures[i].value);
	return NULL;
}

const char *check_epoch(const struct wire *w, const struct check_asked *asked, char *why,
			size_t len)
{
	const char *wrong = check_reply(w, why, len);

	if (wrong || w->status != WIRE_OK)
		return wrong;
	if (w->iterations != asked->iterations)
		return because(why, len, "it ran %llu iterations instead of %llu",
			       (ull)w->iterations, (ull)asked->iterations);
	wrong = check_times(w, asked, why, len);
	if (!wrong)
		wrong = check_counters(w, why, len);
	if (!wrong)
		wrong = check_values(w, asked, why, len);
	return wrong ? wrong : check_sizes(w, why, len);
}

bool check_tally_add(struct check_tally *t, bool bad)
{
	t->nr++;
	t->nr_bad += bad;
	t->in_row = bad ? t->in_row + 1 : 0;
	return bad && (t->in_row > CHECK_MAX_IN_ROW ||
		       (t->nr >= CHECK_MIN_EPOCHS && t->nr_bad * CHECK_ONE_IN > t->nr));
}
