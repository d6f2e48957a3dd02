// SPDX-License-Identifier: GPL-2.0-only
/* tracer_kinds: what the kinds of tracers say of themselves, for each row of the table. */
#include "bpf/tracer_impl.h"

#include <criterion/criterion.h>
#include <string.h>

static bool is_word(const char *s)
{
	return *s && !s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_")];
}

Test(tracer_kinds, each_has_a_name_of_its_own_and_is_found_by_it)
{
	for (enum tracer_kind k = 0; k < NR_TRACER_KINDS; k++) {
		const struct tracer_kind_about *a = tracer_kind_about(k);

		cr_assert(is_word(a->name), "kind %d", k);
		cr_expect_eq(tracer_kind_find(a->name), k, "'%s' is the name of another kind",
			     a->name);
		cr_expect(*a->measures, "%s", a->name);
	}
	cr_expect_eq(tracer_kind_find("nothing"), NR_TRACER_KINDS);
	cr_expect_null(tracer_kind_about(NR_TRACER_KINDS));
}

Test(tracer_kinds, metrics_have_names_and_say_what_they_are)
{
	for (enum tracer_kind k = 0; k < NR_TRACER_KINDS; k++) {
		const struct tracer_kind_about *a = tracer_kind_about(k);

		cr_assert(a->nr_metrics && a->nr_metrics <= TRACER_MAX_METRICS, "%s", a->name);
		for (uint32_t m = 0; m < a->nr_metrics; m++) {
			cr_expect(is_word(a->metrics[m].name), "%s %u", a->name, m);
			cr_expect(*a->metrics[m].meaning, "%s %u", a->name, m);
			cr_expect_str_eq(tracer_metric_name(TRACER_FIRST_METRIC(k) + m),
					 a->metrics[m].name);
			for (uint32_t i = 0; i < m; i++)
				cr_expect_str_neq(a->metrics[m].name, a->metrics[i].name);
		}
		if (a->nr_metrics < TRACER_MAX_METRICS)
			cr_expect_null(tracer_metric_name(TRACER_FIRST_METRIC(k) + a->nr_metrics));
	}
	cr_expect_null(tracer_metric_name(NR_METRICS));
}

Test(tracer_kinds, the_main_metric_is_one_of_the_kind)
{
	for (enum tracer_kind k = 0; k < NR_TRACER_KINDS; k++) {
		const struct tracer_kind_about *a = tracer_kind_about(k);

		cr_assert(a->nr_main_metrics > 0, "%s", a->name);
		for (uint32_t n = 0; n < a->nr_main_metrics; n++) {
			cr_expect_eq(a->main_metrics[n] / TRACER_MAX_METRICS, k, "%s", a->name);
			cr_expect_not_null(tracer_main_metric(k, n), "%s", a->name);
		}
		cr_expect_null(tracer_main_metric(k, a->nr_main_metrics), "%s", a->name);
	}
	cr_expect_str_eq(tracer_main_metric(TRACER_WAKEUP, 0), "woken");
	cr_expect_str_eq(tracer_main_metric(TRACER_WORK, 1), "delay_busy");
}

Test(tracer_kinds, what_a_kind_needs_and_allows_exists)
{
	for (enum tracer_kind k = 0; k < NR_TRACER_KINDS; k++) {
		const struct tracer_kind_about *a = tracer_kind_about(k);

		cr_expect_eq(a->needs >> NR_FEATURES, 0, "%s", a->name);
		cr_expect_eq(a->by >> NR_TRACER_BYS, 0, "%s", a->name);
		cr_expect_eq(tracer_kind_ops(k)->counters >> NR_COUNTERS, 0, "%s", a->name);
	}
	cr_expect_eq(tracer_kinds_needing(FEATURE_TASK_STORAGE), 1U << TRACER_WAKEUP);
}

Test(tracer_kinds, a_breakdown_is_of_every_kind_or_of_those_that_list_it)
{
	cr_expect_eq(tracer_kinds_by(TRACER_BY_THREAD), TRACER_ALL_KINDS);
	cr_expect_eq(tracer_kinds_by(TRACER_BY_FUNC), 1U << TRACER_WORK | 1U << TRACER_WORKQUEUE);
	cr_expect_eq(tracer_kinds_by(TRACER_BY_WORKQUEUE), 1U << TRACER_WORKQUEUE);
	cr_expect_str_eq(tracer_by_name(TRACER_BY_WORKER), "worker");
	cr_expect_null(tracer_by_name(NR_TRACER_BYS));
}

Test(tracer_kinds, lists_of_kinds_read_as_text)
{
	const uint32_t park = 1U << TRACER_PARK, work = 1U << TRACER_WORK, stop = 1U << TRACER_STOP;
	char out[64];

	cr_expect_str_eq(tracer_kind_list(0, "and", out, sizeof(out)), "");
	cr_expect_str_eq(tracer_kind_list(work, "and", out, sizeof(out)), "work");
	cr_expect_str_eq(tracer_kind_list(park | stop, "or", out, sizeof(out)), "park or stop");
	cr_expect_str_eq(tracer_kind_list(park | work | stop, "and", out, sizeof(out)),
			 "park, work and stop");
	/* What does not fit is cut. */
	cr_expect_str_eq(tracer_kind_list(park | work | stop, "and", out, 8), "park, w");
}
