// SPDX-License-Identifier: GPL-2.0-only
/* work_log.h: what the log of a worker says, also one that is overwritten, another one, or a lie. */
#include "bpf/work_log.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { TID = 7, SINCE = 1000 };

/* The log as the worker writes it, and as far as it has been read. */
struct log_test {
	struct kthread_work_log log;
	struct work_log seen;
	struct work_thread t;
	uint64_t delays, runs, delay_sum, run_sum, others, lost;
	enum work_outcome last_begun, last_ended;
};

static struct log_test *fresh(void)
{
	struct log_test *l = calloc(1, sizeof(*l));

	cr_assert(l);
	l->log.head.magic = KTHREAD_LOG_MAGIC;
	l->log.head.tid = TID;
	l->seen.addr = 1;
	return l;
}

static void begin(struct log_test *l, uint64_t queued, uint64_t start, uint64_t flags)
{
	l->log.entry[l->log.head.started++ % KTHREAD_LOG_NR] = (struct kthread_log_entry){
		.queued_ns = queued, .start_ns = start, .flags = flags
	};
}

/* The item begun @back items ago. */
static void end(struct log_test *l, uint32_t back, uint64_t ns)
{
	l->log.entry[(l->log.head.started - 1 - back) % KTHREAD_LOG_NR].end_ns = ns;
}

static void item(struct log_test *l, uint64_t queued, uint64_t start, uint64_t ns)
{
	begin(l, queued, start, 0);
	end(l, 0, ns);
}

static void look(struct log_test *l)
{
	struct work_news news;
	uint32_t lost, nr, first;

	nr = work_log_look(&l->seen, &l->log.head, TID, &lost);
	cr_assert_leq(nr, KTHREAD_LOG_NR);
	l->lost += lost;
	first = l->seen.ended;
	for (uint32_t i = 0; i < nr; i++) {
		work_log_item(&l->seen, &l->t, first + i,
			      &l->log.entry[(first + i) % KTHREAD_LOG_NR], SINCE, &news);
		l->last_begun = news.begun;
		l->last_ended = news.ended;
		if (news.begun == WORK_IDLE || news.begun == WORK_BUSY) {
			l->delays++;
			l->delay_sum += news.delay_ns;
		} else {
			l->others += news.begun != WORK_NOTHING;
		}
		if (news.ended == WORK_RAN) {
			l->runs++;
			l->run_sum += news.run_ns;
		} else {
			l->others += news.ended != WORK_NOTHING;
		}
	}
}

static void expect(struct log_test *l, uint64_t delays, uint64_t runs, uint64_t others)
{
	look(l);
	cr_expect_eq(l->delays, delays, "%lu delays", l->delays);
	cr_expect_eq(l->runs, runs, "%lu runs", l->runs);
	cr_expect_eq(l->others, others, "%lu others", l->others);
}

Test(work_log, each_item_counts_once)
{
	struct log_test *l = fresh();

	item(l, 2000, 2010, 2030);
	expect(l, 1, 1, 0);
	cr_expect_eq(l->last_begun, WORK_IDLE);
	item(l, 2020, 2040, 2050);
	expect(l, 2, 2, 0);
	cr_expect_eq(l->last_begun, WORK_BUSY, "queued while the one before ran");
	expect(l, 2, 2, 0);
	cr_expect_eq(l->delay_sum, 30);
	cr_expect_eq(l->run_sum, 30);
	free(l);
}

Test(work_log, delay_is_known_while_it_runs)
{
	struct log_test *l = fresh();

	begin(l, 2000, 2010, 0);
	expect(l, 1, 0, 0);
	expect(l, 1, 0, 0);
	end(l, 0, 2500);
	expect(l, 1, 1, 0);
	cr_expect_eq(l->run_sum, 490);
	free(l);
}

Test(work_log, items_within_an_item)
{
	struct log_test *l = fresh();

	begin(l, 2000, 2010, 0);
	item(l, 2020, 2021, 2022);
	item(l, 2030, 2031, 2032);
	expect(l, 3, 0, 0);
	expect(l, 3, 0, 0);
	end(l, 2, 3000);
	expect(l, 3, 3, 0);
	cr_expect_eq(l->run_sum, 990 + 1 + 1);
	free(l);
}

Test(work_log, barriers_count_apart)
{
	struct log_test *l = fresh();

	begin(l, 2000, 2010, KTHREAD_LOG_BARRIER);
	end(l, 0, 2020);
	expect(l, 0, 0, 2);
	cr_expect_eq(l->last_begun, WORK_BARRIER);
	cr_expect_eq(l->last_ended, WORK_BARRIER);
	item(l, 2015, 2030, 2040);
	expect(l, 1, 1, 2);
	cr_expect_eq(l->last_begun, WORK_BUSY, "a barrier keeps the worker busy");
	free(l);
}

Test(work_log, what_was_before_the_counting_does_not_count)
{
	struct log_test *l = fresh();

	item(l, 100, 110, 120);
	expect(l, 0, 0, 0);
	begin(l, 900, 950, 0);
	end(l, 0, 1100);
	expect(l, 0, 0, 1);
	cr_expect_eq(l->last_ended, WORK_UNMATCHED, "it began before");
	item(l, 900, 1200, 1210);
	expect(l, 0, 1, 2);
	cr_expect_eq(l->last_begun, WORK_UNMATCHED, "it was queued before");
	item(l, 0, 1300, 1310);
	expect(l, 0, 2, 3);
	cr_expect_eq(l->last_begun, WORK_UNMATCHED, "nobody looked when it was queued");
	free(l);
}

Test(work_log, stamps_out_of_order_are_no_times)
{
	struct log_test *l = fresh();

	item(l, 2020, 2010, 2005);
	expect(l, 0, 0, 2);
	cr_expect_eq(l->last_begun, WORK_NEGATIVE);
	cr_expect_eq(l->last_ended, WORK_NEGATIVE);
	free(l);
}

Test(work_log, what_is_overwritten_is_lost_and_counted)
{
	struct log_test *l = fresh();

	for (uint64_t i = 0; i < 3 * KTHREAD_LOG_NR + 5; i++)
		item(l, 2000 + i, 2001 + i, 2002 + i);
	expect(l, KTHREAD_LOG_NR, KTHREAD_LOG_NR, 0);
	cr_expect_eq(l->lost, 2 * KTHREAD_LOG_NR + 5);
	for (uint64_t i = 0; i < KTHREAD_LOG_NR; i++)
		item(l, 3000 + i, 3001 + i, 3002 + i);
	expect(l, 2 * KTHREAD_LOG_NR, 2 * KTHREAD_LOG_NR, 0);
	cr_expect_eq(l->lost, 2 * KTHREAD_LOG_NR + 5);
	free(l);
}

Test(work_log, numbers_go_round)
{
	struct log_test *l = fresh();

	l->log.head.started = l->seen.begun = l->seen.ended = UINT32_MAX - 3;
	for (uint64_t i = 0; i < 10; i++)
		item(l, 2000 + i, 2001 + i, 2002 + i);
	expect(l, 10, 10, 0);
	cr_expect_eq(l->lost, 0);
	free(l);
}

Test(work_log, another_log_at_the_same_place_is_read_from_its_beginning)
{
	struct log_test *l = fresh();

	for (uint64_t i = 0; i < 30; i++)
		item(l, 2000 + i, 2001 + i, 2002 + i);
	expect(l, 30, 30, 0);
	memset(&l->log.entry, 0, sizeof(l->log.entry));
	l->log.head.started = 0;
	item(l, 4000, 4001, 4002);
	expect(l, 31, 31, 0);
	free(l);
}

Test(work_log, memory_that_is_no_log_is_forgotten)
{
	struct log_test *l = fresh();

	item(l, 2000, 2001, 2002);
	l->log.head.tid++;
	expect(l, 0, 0, 0);
	cr_expect_eq(l->seen.addr, 0);
	l->seen.addr = 1;
	l->log.head.tid--;
	l->log.head.magic = 0;
	expect(l, 0, 0, 0);
	cr_expect_eq(l->seen.addr, 0);
	free(l);
}

/* Its process may write anything there at any time. */
Test(work_log, lies_cost_no_more_than_a_log)
{
	struct log_test *l = fresh();

	srand(5);
	for (int i = 0; i < 200000; i++) {
		unsigned char *bytes = (unsigned char *)&l->log;

		for (int k = 0; k < 8; k++)
			bytes[(size_t)rand() % sizeof(l->log)] = (unsigned char)rand();
		l->log.head.magic = KTHREAD_LOG_MAGIC;
		l->log.head.tid = TID;
		look(l);
		cr_assert_leq(l->seen.begun - l->seen.ended, KTHREAD_LOG_NR);
	}
	free(l);
}
