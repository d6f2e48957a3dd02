// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/kinds.h"

#include <stdio.h>
#include <string.h>

#include "bpf/counters.h"
#include "bpf/tracer_impl.h"

_Static_assert(NR_TRACER_KINDS <= 32, "sets of kinds have 32 bits");

#define EVERY_KIND(constant, name) | TRACER_BY_BIT(constant)
#define NOT_EVERY(constant, name)
#define BY_EVERY_KIND (0 TRACER_BREAKDOWNS(EVERY_KIND, NOT_EVERY))

const struct tracer_ops *tracer_kind_ops(enum tracer_kind kind)
{
#define KIND_OPS(constant, symbol) [TRACER_##constant] = &tracer_##symbol,
	static const struct tracer_ops *const ops[] = { TRACER_KINDS(KIND_OPS) };

	return (unsigned int)kind < NR_TRACER_KINDS ? ops[kind] : NULL;
}

const struct tracer_kind_about *tracer_kind_about(enum tracer_kind kind)
{
	const struct tracer_ops *ops = tracer_kind_ops(kind);

	return ops ? &ops->about : NULL;
}

enum tracer_kind tracer_kind_find(const char *name)
{
	enum tracer_kind k = 0;

	while (k < NR_TRACER_KINDS && strcmp(tracer_kind_about(k)->name, name))
		k++;
	return k;
}

const char *tracer_kind_list(uint32_t kinds, const char *last, char *out, size_t size)
{
	size_t used = 0;

	out[0] = 0;
	for (enum tracer_kind k = 0; k < NR_TRACER_KINDS; k++) {
		const char *name = tracer_kind_about(k)->name;

		if (!(kinds >> k & 1) || used >= size)
			continue;
		if (used && !(kinds >> k >> 1))
			used += (size_t)snprintf(out + used, size - used, " %s %s", last, name);
		else
			used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "",
						 name);
	}
	return out;
}

uint32_t tracer_kinds_by(enum tracer_by by)
{
	uint32_t kinds = 0;

	for (enum tracer_kind k = 0; k < NR_TRACER_KINDS; k++)
		kinds |= (tracer_kind_about(k)->by | BY_EVERY_KIND) >> by & 1 ? 1U << k : 0;
	return kinds;
}

uint32_t tracer_kinds_needing(enum feature feature)
{
	uint32_t kinds = 0;

	for (enum tracer_kind k = 0; k < NR_TRACER_KINDS; k++)
		kinds |= tracer_kind_about(k)->needs >> feature & 1 ? 1U << k : 0;
	return kinds;
}

const char *tracer_by_name(enum tracer_by by)
{
#define BY_NAME(constant, name) [TRACER_BY_##constant] = name,
	static const char *const names[] = { TRACER_BREAKDOWNS(BY_NAME, BY_NAME) };

	return (unsigned int)by < NR_TRACER_BYS ? names[by] : NULL;
}

const char *tracer_metric_name(uint32_t m)
{
	const struct tracer_kind_about *a = tracer_kind_about(m / TRACER_MAX_METRICS);

	m %= TRACER_MAX_METRICS;
	return a && m < a->nr_metrics ? a->metrics[m].name : NULL;
}

const char *tracer_main_metric(enum tracer_kind kind, uint32_t nth)
{
	const struct tracer_kind_about *a = tracer_kind_about(kind);

	return a && nth < a->nr_main_metrics ? tracer_metric_name(a->main_metrics[nth]) : NULL;
}

const struct tracer_loss *tracer_loss_at(size_t i)
{
#define LOSS_ROW(name, of, text) { #name, of, text },
#define NO_ROW(name)
	static const struct tracer_loss losses[] = { TRACER_COUNTERS(LOSS_ROW, NO_ROW) };

	return i < sizeof(losses) / sizeof(losses[0]) ? &losses[i] : NULL;
}
