// SPDX-License-Identifier: GPL-2.0-only
/* behind: who ran while a task waited, from the whole log of a CPU. */
#include "bpf/behind.h"

#include <criterion/criterion.h>
#include <string.h>

static struct events_cpu log_;
static struct behind b;
static struct events_behind longest[16];

static void begin(void)
{
	memset(&log_, 0, sizeof(log_));
	memset(&b, 0, sizeof(b));
}

TestSuite(behind, .init = begin, .timeout = 10);

static void ran(uint64_t since, uint32_t tid)
{
	struct events_ran *r = &log_.ran[log_.head++ % EVENTS_LOG_LEN];

	r->since_ns = since;
	r->who = (struct events_who){ .tid = tid, .tgid = tid };
}

static uint64_t sum(uint32_t nr)
{
	uint64_t ns = b.other_ns;

	for (uint32_t i = 0; i < nr; i++)
		ns += longest[i].ns;
	return ns;
}

Test(behind, the_longest_come_first_with_their_time)
{
	uint32_t nr;

	ran(10, 7);
	ran(50, 8);
	ran(60, 7);
	ran(90, 0);
	ran(120, 9);
	cr_assert(behind_collect(&log_, 20, 100, &b));
	nr = behind_longest(&b, longest, 16);
	cr_assert_eq(nr, 3);
	cr_expect_eq(longest[0].who.tid, 7);
	cr_expect_eq(longest[0].ns, 60);
	cr_expect_eq(longest[1].ns, 10);
	cr_expect_eq(b.other_ns, 0);
}

Test(behind, it_reaches_thousands_of_switches_back)
{
	uint32_t nr;

	for (uint32_t i = 0; i < 3000; i++)
		ran(i * 10, i % 20 + 1);
	cr_assert(behind_collect(&log_, 0, 30000, &b));
	nr = behind_longest(&b, longest, 16);
	cr_assert_eq(nr, 16);
	cr_expect_eq(longest[0].ns, 1500);
	cr_expect_eq(b.other_ns, 4 * 1500, "those for whom the list is too short");
	cr_expect_eq(sum(nr), 30000);
}

Test(behind, what_was_written_over_is_other)
{
	uint32_t nr;

	for (uint32_t i = 0; i < 10000; i++)
		ran(i * 10, 1);
	cr_assert(behind_collect(&log_, 0, 100000, &b));
	nr = behind_longest(&b, longest, 16);
	cr_assert_eq(nr, 1);
	cr_expect_eq(sum(nr), 100000);
	cr_expect_geq(longest[0].ns, 10 * (EVENTS_LOG_LEN - 512));
	cr_expect_leq(longest[0].ns, 10 * EVENTS_LOG_LEN);
}

Test(behind, more_tasks_than_places_are_other)
{
	uint32_t nr;

	for (uint32_t i = 0; i < 2000; i++)
		ran(i * 10, i + 1);
	cr_assert(behind_collect(&log_, 0, 20000, &b));
	cr_expect_eq(b.nr, BEHIND_PLACES / 2);
	nr = behind_longest(&b, longest, 16);
	cr_expect_eq(sum(nr), 20000);
}

Test(behind, two_cpus_add_up)
{
	uint32_t nr;

	ran(10, 7);
	cr_assert(behind_collect(&log_, 20, 50, &b));
	ran(60, 8);
	cr_assert(behind_collect(&log_, 50, 100, &b));
	nr = behind_longest(&b, longest, 16);
	cr_assert_eq(nr, 2);
	cr_expect_eq(longest[0].who.tid, 7);
	cr_expect_eq(longest[0].ns, 40);
	cr_expect_eq(longest[1].ns, 40);
}
