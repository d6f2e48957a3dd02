// SPDX-License-Identifier: GPL-2.0-only
/* What the controller believes of a worker's answer: one table of answers for each check. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bench/controller/check.h"

#define CALL	   77
#define CALL_NS	   1000000ULL
#define RETURN_NS  9000000ULL
#define ITERATIONS 40

static union wire_page *page;
static struct wire *wire; /* the same */

static void init(void)
{
	page = calloc(1, sizeof(*page));
	wire = &page->now;
}

static void fini(void)
{
	free(page);
}

TestSuite(controller_check, .init = init, .fini = fini, .timeout = 30);

/* The answer of an arm in good health, with its ends at the very ends of the call. */
static void good(struct wire *w)
{
	memset(w, 0, sizeof(*w));
	w->magic = WIRE_MAGIC;
	w->version = WIRE_VERSION;
	w->size = sizeof(*w);
	w->turn = WIRE_CONTROLLER;
	w->spoken = WIRE_VERSION;
	w->call = w->answered = CALL;
	w->status = WIRE_OK;
	w->iterations = ITERATIONS;
	w->start_ns = CALL_NS;
	w->end_ns = RETURN_NS;
	w->nr_counters = WIRE_NR_COUNTERS;
	memset(w->message, 'm', WIRE_MESSAGE - 1);
	for (int i = 0; i < WIRE_NR_COUNTERS; i++)
		memset(w->counter[i].name, 'a' + i, sizeof(w->counter[i].name) - 1);
	hist_init(&w->hist, HIST_K_USER);
	for (uint64_t v = 0; v < 2 * ITERATIONS; v++)
		hist_add(&w->hist, v * v);
}

struct answer {
	const char *reason; /* a part of it; NULL: nothing is wrong */
	void (*spoil)(struct wire *w);
};

#define SPOIL(name, statement)           \
	static void name(struct wire *w) \
	{                                \
		statement;               \
	}

static void expect(const struct answer *a, const char *wrong, const char *why)
{
	if (!a->reason)
		cr_expect_null(wrong, "%s", wrong);
	else
		cr_expect(wrong == why && strstr(why, a->reason), "'%s', got '%s'", a->reason,
			  wrong ? wrong : "nothing wrong");
}

SPOIL(nothing, (void)w)

/* ---- the page -------------------------------------------------------------------------------- */

SPOIL(all_ones, memset(w, 0xff, sizeof(*w)))
SPOIL(all_zeros, memset(w, 0, sizeof(*w)))
SPOIL(magic, w->magic ^= 1)
SPOIL(version, w->version++)
SPOIL(size, w->size--)
SPOIL(spoken, w->spoken = 3)
SPOIL(turn_kept, w->turn = WIRE_WORKER)
SPOIL(turn_garbage, w->turn = 4711)
SPOIL(not_answered, w->answered--)
SPOIL(status_garbage, w->status = 3)
SPOIL(own_call, w->call = 5)

Test(controller_check, a_page_is_ours_and_answers_our_call)
{
	static const struct answer answers[] = {
		{ NULL, nothing },
		{ "first words", all_ones },
		{ "first words", all_zeros },
		{ "first words", magic },
		{ "first words", version },
		{ "first words", size },
		{ "version 3 of it", spoken },
		{ "turn is 1", turn_kept },
		{ "turn is 4711", turn_garbage },
		{ "without an answer to call 77", not_answered },
		{ NULL, own_call },	  /* ours to know, not read back */
		{ NULL, status_garbage }, /* the reply's matter */
	};
	char why[CHECK_REASON];

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		good(wire);
		answers[i].spoil(wire);
		expect(&answers[i], check_page(page, &wire_forms[0], CALL, why, sizeof(why)), why);
	}
}

/* In the form that its worker speaks, before it is put into today's picture. */
Test(controller_check, a_page_of_an_old_form_is_checked_as_it_is)
{
	char why[CHECK_REASON];

	for (size_t i = 0; i < wire_nr_forms; i++) {
		const struct wire_form *form = &wire_forms[i];
		const char *wrong;

		memset(page, 0, sizeof(*page));
		wire_form_begin(form, page);
		if (!form->translate)
			page->now.spoken = WIRE_VERSION;
		wrong = check_page(page, form, CALL, why, sizeof(why));
		cr_expect_eq(wrong != NULL, form->numbered, "%u: %s", form->version, wrong);
		if (form->numbered)
			page->now.answered = CALL;
		cr_expect_null(check_page(page, form, CALL, why, sizeof(why)), "%u: %s",
			       form->version, why);
		cr_expect_not_null(check_page(page, &wire_forms[!i], CALL, why, sizeof(why)));
		page->head.turn = WIRE_WORKER;
		cr_expect_not_null(check_page(page, form, CALL, why, sizeof(why)));
		page->head.turn = WIRE_CONTROLLER;
		page->head.magic++;
		cr_expect_not_null(check_page(page, form, CALL, why, sizeof(why)));
	}
}

/* ---- the reply ------------------------------------------------------------------------------- */

SPOIL(skipped, w->status = WIRE_SKIPPED)
SPOIL(failed, w->status = WIRE_FAILED)
SPOIL(status_high, w->status = UINT32_MAX)
SPOIL(message_full, memset(w->message, 'm', sizeof(w->message)))
SPOIL(message_empty, w->message[0] = '\0')

Test(controller_check, a_reply_has_a_status_and_a_message)
{
	static const struct answer answers[] = {
		{ NULL, nothing },
		{ NULL, skipped },
		{ NULL, failed },
		{ NULL, message_empty },
		{ "status is 3", status_garbage },
		{ "status is 4294967295", status_high },
		{ "message is not terminated", message_full },
	};
	char why[CHECK_REASON];

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		good(wire);
		answers[i].spoil(wire);
		expect(&answers[i], check_reply(wire, why, sizeof(why)), why);
	}
}

/* ---- the epoch ------------------------------------------------------------------------------- */

SPOIL(other_iterations, w->iterations++)
SPOIL(no_iterations, w->iterations = 0)
SPOIL(end_first, w->end_ns = w->start_ns - 7)
SPOIL(no_time, w->end_ns = w->start_ns)
SPOIL(end_negative, w->end_ns = (uint64_t)-5)
SPOIL(start_early, w->start_ns--)
SPOIL(start_zero, w->start_ns = 0)
SPOIL(end_late, w->end_ns++)
SPOIL(start_and_end_late, w->start_ns = w->end_ns = RETURN_NS + 100)
SPOIL(failed_without_times, w->status = WIRE_FAILED; w->end_ns = w->start_ns = 0)
SPOIL(no_counters, w->nr_counters = 0; memset(w->counter, 'x', sizeof(w->counter)))
SPOIL(too_many_counters, w->nr_counters = WIRE_NR_COUNTERS + 1)
SPOIL(counters_garbage, w->nr_counters = UINT32_MAX)
SPOIL(last_name, memset(w->counter[7].name, 'x', sizeof(w->counter[7].name)))
SPOIL(counter_infinite, w->counter[3].value = 1 / 0.0)
SPOIL(other_precision, w->hist.k = HIST_K_BPF)
SPOIL(precision_garbage, w->hist.k = 4000000000U)
SPOIL(count_more, w->hist.count++)
SPOIL(bucket_more, w->hist.bucket[9]++)
SPOIL(max_beyond, w->hist.max *= 2)
SPOIL(empty, hist_init(&w->hist, HIST_K_USER))
SPOIL(impossible_only, hist_init(&w->hist, HIST_K_USER); w->nr_impossible = 12)
SPOIL(some_impossible, w->nr_impossible = 12)
SPOIL(cpu_negative, w->cpu_ns = (uint64_t)-1)
SPOIL(nvcsw_negative, w->nvcsw = 1ULL << 63)
SPOIL(nivcsw_negative, w->nivcsw = 1ULL << 63)
SPOIL(minflt_negative, w->minflt = 1ULL << 63)
SPOIL(minflt_largest, w->minflt = INT64_MAX)
SPOIL(impossible_negative, w->nr_impossible = 1ULL << 63)
SPOIL(sum_largest, hist_init(&w->hist, HIST_K_USER); hist_add(&w->hist, INT64_MAX))
SPOIL(sum_beyond, sum_largest(w); hist_add(&w->hist, 1))
SPOIL(sum_saturated, sum_largest(w); hist_add(&w->hist, INT64_MAX); hist_add(&w->hist, INT64_MAX))
SPOIL(value_negative, hist_init(&w->hist, HIST_K_USER); hist_add(&w->hist, (uint64_t)-5))

Test(controller_check, an_epoch_is_the_one_asked_for_and_fits_into_the_time_that_passed)
{
	static const struct answer answers[] = {
		{ NULL, nothing },
		{ "status is 3", status_garbage },
		{ "message is not terminated", message_full },
		{ NULL, failed_without_times }, /* there is no epoch to check */
		{ "41 iterations instead of 40", other_iterations },
		{ "0 iterations instead of 40", no_iterations },
		{ NULL, no_time },
		{ "ended 7 ns before it began", end_first },
		{ "ns after its answer came", end_negative },
		{ "began 1 ns before it was asked for", start_early },
		{ "began 1000000 ns before it was asked for", start_zero },
		{ "ended 1 ns after its answer came", end_late },
		{ "ended 100 ns after its answer came", start_and_end_late },
		{ NULL, no_counters },
		{ "9 counters", too_many_counters },
		{ "4294967295 counters", counters_garbage },
		{ "counter 7 is not terminated", last_name },
		{ NULL, counter_infinite }, /* costs the counter only */
		{ "precision 5", other_precision },
		{ "precision 4000000000", precision_garbage },
		{ "does not add up", count_more },
		{ "does not add up", bucket_more },
		{ "does not add up", max_beyond },
		{ "no value", empty },
		{ "all its values (12) are impossible", impossible_only },
		{ NULL, some_impossible },
		{ "cpu_ns is 18446744073709551615", cpu_negative },
		{ "nvcsw is 9223372036854775808", nvcsw_negative },
		{ "nivcsw is 9223372036854775808", nivcsw_negative },
		{ "minflt is 9223372036854775808", minflt_negative },
		{ NULL, minflt_largest },
		{ "number of impossible values", impossible_negative },
		{ NULL, sum_largest },
		{ "sum of values is 9223372036854775808", sum_beyond },
		{ "sum of values is 18446744073709551615", sum_saturated },
		{ "18446744073709551611, beyond 63 bits", value_negative },
	};
	const struct check_asked asked = { .iterations = ITERATIONS,
					   .call_ns = CALL_NS,
					   .return_ns = RETURN_NS,
					   .latency = true };
	char why[CHECK_REASON];

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		good(wire);
		answers[i].spoil(wire);
		expect(&answers[i], check_epoch(wire, &asked, why, sizeof(why)), why);
	}
}

SPOIL(one_value, hist_init(&w->hist, HIST_K_USER); hist_add(&w->hist, 200000))

Test(controller_check, in_mode_time_an_epoch_has_one_value)
{
	static const struct answer answers[] = {
		{ "80 values instead of one", nothing },
		{ "no value", empty },
		{ NULL, one_value },
	};
	const struct check_asked asked = { .iterations = ITERATIONS,
					   .call_ns = CALL_NS,
					   .return_ns = RETURN_NS };
	char why[CHECK_REASON];

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		good(wire);
		answers[i].spoil(wire);
		expect(&answers[i], check_epoch(wire, &asked, why, sizeof(why)), why);
	}
}

/* In the one iteration it begins with, an arm's only value may be one of the few impossible ones. */
Test(controller_check, calibration_takes_the_time_of_an_epoch_without_possible_values)
{
	static const struct answer answers[] = {
		{ NULL, nothing },
		{ NULL, impossible_only },
		{ "no value", empty },
		{ "ended 7 ns before it began", end_first },
	};
	const struct check_asked asked = { .iterations = ITERATIONS,
					   .call_ns = CALL_NS,
					   .return_ns = RETURN_NS,
					   .latency = true,
					   .time_only = true };
	char why[CHECK_REASON];

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		good(wire);
		answers[i].spoil(wire);
		expect(&answers[i], check_epoch(wire, &asked, why, sizeof(why)), why);
	}
}

/* A reason is cut to its buffer, never longer. */
Test(controller_check, every_reason_fits_its_buffer)
{
	char why[CHECK_REASON];

	good(wire);
	wire->answered = 0;
	check_page(page, &wire_forms[0], UINT32_MAX, why, sizeof(why));
	cr_expect(strlen(why) < sizeof(why) - 1, "%s", why);
	good(wire);
	wire->iterations = UINT64_MAX;
	check_epoch(wire, &(struct check_asked){ .iterations = UINT64_MAX - 1 }, why, sizeof(why));
	cr_expect(strlen(why) < sizeof(why) - 1, "%s", why);
	good(wire);
	impossible_only(wire);
	wire->nr_impossible = UINT64_MAX;
	check_epoch(wire, &(struct check_asked){ .iterations = ITERATIONS, .return_ns = RETURN_NS },
		    why, sizeof(why));
	cr_expect(strlen(why) < sizeof(why) - 1, "%s", why);
}

/* ---- an arm's epochs ------------------------------------------------------------------------- */

struct row {
	const char *epochs; /* x: bad, any other: good */
	int given_up;	    /* after this many; 0: not at all */
};

Test(controller_check, an_arm_is_given_up_after_four_bad_epochs_in_a_row_or_more_than_a_tenth)
{
	static const struct row rows[] = {
		{ "", 0 },
		{ "....................", 0 },
		{ "xxxx", 4 },
		{ "xxx.xxx.", 0 },
		{ ".....xxxx", 9 },
		{ "x.x.x.x.x.x.x.x.x.", 0 },	 /* fewer than 20: let it go on */
		{ "x.x.x.x.x.x.x.x.x...x", 21 }, /* counted from the first one */
		{ "x.................x.", 0 },	 /* a tenth exactly */
		{ "x.x................x", 20 },
		{ "x.x..........................x", 0 }, /* 3 of 30 */
		{ "x.x.........................x", 29 }, /* 3 of 29 */
		{ ".................xxx", 20 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct check_tally t = { 0 };
		int n = 0, given_up = 0;

		for (const char *c = rows[i].epochs; *c && !given_up; c++, n++)
			given_up = check_tally_add(&t, *c == 'x') ? n + 1 : 0;
		cr_expect_eq(given_up, rows[i].given_up, "%s: after %d", rows[i].epochs, given_up);
		cr_expect_eq(t.nr, (unsigned int)n, "%s", rows[i].epochs);
	}
}
