// SPDX-License-Identifier: GPL-2.0-only
/* flight: the last waits of each CPU, taken once, in order, as far back as they are kept. */
#include "bpf/flight.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LENGTH 64
#define CPUS   2

static struct events_flown (*place)[LENGTH];
static uint64_t written[CPUS];
static struct flight *f;
static uint64_t taken[1024];
static size_t nr;

static void begin(void)
{
	int fd = memfd_create("flight", 0);

	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, sizeof(struct events_flown) * CPUS * LENGTH), 0);
	place = mmap(NULL, sizeof(struct events_flown) * CPUS * LENGTH, PROT_READ | PROT_WRITE,
		     MAP_SHARED, fd, 0);
	cr_assert_neq(place, MAP_FAILED);
	cr_assert_eq(flight_map(&f, fd, CPUS, LENGTH), 0);
	close(fd);
	memset(written, 0, sizeof(written));
	nr = 0;
}

static void end(void)
{
	flight_free(f);
}

TestSuite(flight, .init = begin, .fini = end, .timeout = 10);

/* As fly() in events.bpf.h does. */
static void fly(uint32_t cpu, uint64_t time)
{
	struct events_flown *p = &place[cpu][written[cpu] % LENGTH];

	p->wait.time_ns = time;
	p->seq = ++written[cpu];
}

static int keep(const struct events_wait *w, void *arg)
{
	(void)arg;
	cr_assert_lt(nr, 1024);
	taken[nr++] = w->time_ns;
	return 0;
}

Test(flight, both_cpus_in_the_order_of_time_and_once)
{
	fly(0, 10);
	fly(1, 15);
	fly(0, 20);
	fly(1, 30);
	cr_assert_eq(flight_take(f, 12, 25, keep, NULL), 0);
	cr_assert_eq(nr, 2);
	cr_expect_eq(taken[0], 15);
	cr_expect_eq(taken[1], 20);
	cr_assert_eq(flight_take(f, 12, 35, keep, NULL), 0);
	cr_assert_eq(nr, 3, "only what came since");
	cr_expect_eq(taken[2], 30);
	cr_assert_eq(flight_take(f, 0, 100, keep, NULL), 0);
	cr_expect_eq(nr, 3, "what ended before is gone for good");
}

Test(flight, what_was_overwritten_is_skipped)
{
	for (uint64_t i = 1; i <= 1000; i++)
		fly(0, i);
	cr_assert_eq(flight_take(f, 0, 2000, keep, NULL), 0);
	cr_assert_eq(nr, LENGTH);
	cr_expect_eq(taken[0], 1000 - LENGTH + 1);
	cr_expect_eq(taken[LENGTH - 1], 1000);
	fly(0, 1001);
	cr_assert_eq(flight_take(f, 0, 2000, keep, NULL), 0);
	cr_expect_eq(nr, LENGTH + 1);
}

Test(flight, one_that_is_being_written_is_left_alone)
{
	fly(0, 10);
	fly(0, 20);
	place[0][1].seq = 0;
	cr_assert_eq(flight_take(f, 0, 100, keep, NULL), 0);
	cr_expect_eq(nr, 1);
	place[0][1].seq = 2;
	cr_assert_eq(flight_take(f, 0, 100, keep, NULL), 0);
	cr_expect_eq(nr, 2);
}

Test(flight, slow_ones_stand_elsewhere)
{
	fly(0, 10);
	place[0][0].wait.slow = 1;
	fly(0, 20);
	cr_assert_eq(flight_take(f, 0, 100, keep, NULL), 0);
	cr_expect_eq(nr, 1);
	cr_expect_eq(taken[0], 20);
}

static int refuse(const struct events_wait *w, void *arg)
{
	(void)w, (void)arg;
	nr++;
	return 77;
}

Test(flight, the_caller_may_stop_it)
{
	fly(0, 10);
	fly(0, 20);
	cr_expect_eq(flight_take(f, 0, 100, refuse, NULL), 77);
	cr_expect_eq(nr, 1);
}

Test(flight, many_cpus_do_not_take_more_memory_than_said)
{
	cr_expect_eq(flight_length(2), 16384);
	cr_expect_leq((uint64_t)flight_length(2048) * 2048 * sizeof(struct events_flown),
		      64u << 20);
}
