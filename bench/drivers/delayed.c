// SPDX-License-Identifier: GPL-2.0-only
/*
 * delayed: what does it cost to arm a delayed work, or to move it, among many that are pending?
 *
 * Span: 8 works are given random deadlines between one and two hours from now, divided by 8; one
 * value per batch. op=arm: the works are idle; then 8 armed ones, chosen at random, are cancelled and
 * are the next to be armed. op=move: the works are armed, and chosen at random, so that among many
 * each is cold in the caches.
 *
 * Not in it: the cancels; choosing; waking the worker, which is kept busy by a work that blocks.
 *
 * There is no arm to compare with, so it runs only with --filter. How late a delayed work runs is
 * asked by engines/delayed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/drivers/driver.h"

#define BATCH	8
#define HOUR_NS 3600000000000ULL

struct delayed {
	const struct arm *arm;
	void *worker;
	enum driver_side side;
	struct arm_work *busy;
	struct arm_delayed **work; /* armed ones first, then a batch of idle ones */
	unsigned int nr_armed, nr;
	uint32_t random;
	struct handoff running, gate;
};

static void blocks(void *arg)
{
	struct delayed *d = arg;

	handoff_give(&d->running);
	handoff_take(&d->gate, SAME_CPU);
}

static void never(void *arg)
{
	(void)arg;
}

/* xorshift: the same numbers for every arm */
static uint32_t next_random(struct delayed *d)
{
	d->random ^= d->random << 13;
	d->random ^= d->random >> 17;
	d->random ^= d->random << 5;
	return d->random;
}

static uint64_t any_delay(struct delayed *d)
{
	return HOUR_NS + HOUR_NS / UINT32_MAX * next_random(d);
}

/* "10", "1k" */
static unsigned int number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	return (unsigned int)(*end == 'k' ? n * 1000 : n);
}

static void free_works(struct delayed *d)
{
	for (unsigned int i = 0; d->work && i < d->nr && d->work[i]; i++) {
		d->arm->delayed_cancel(d->work[i]);
		d->arm->delayed_destroy(d->work[i]);
	}
	free(d->work);
	if (d->busy)
		d->arm->work_destroy(d->busy);
}

static int make_works(struct delayed *d)
{
	d->busy = d->arm->work_create(d->worker, blocks, d);
	d->work = calloc(d->nr, sizeof(struct arm_delayed *));
	if (!d->busy || !d->work)
		return -ENOMEM;
	for (unsigned int i = 0; i < d->nr; i++) {
		d->work[i] = d->arm->delayed_create(d->worker, never, d);
		if (!d->work[i])
			return -ENOMEM;
	}
	for (unsigned int i = 0; i < d->nr_armed; i++)
		d->arm->delayed_arm(d->worker, d->work[i], any_delay(d));
	return 0;
}

static int delayed_setup(struct bench_state *st)
{
	struct arm_worker_opts o = { .name = "delayed" };
	struct delayed *d = bench_ctx(st);
	int ret;

	d->arm = driver_arm(st);
	if (!d->arm)
		return -ENOENT;
	o.cpu = driver_place(st, &d->side);
	if (o.cpu < 0)
		return o.cpu;
	d->random = 1;
	d->nr_armed = number(bench_param(st, "pending"));
	d->nr = d->nr_armed + BATCH;
	ret = d->arm->worker_create(&d->worker, &o);
	if (ret)
		return bench_fail(st, "cannot make a worker: %s", strerror(-ret));
	ret = make_works(d);
	if (ret) {
		free_works(d);
		d->arm->worker_destroy(d->worker);
		bench_fail(st, "cannot make the works: %s", strerror(-ret));
	}
	return ret;
}

static void delayed_teardown(struct bench_state *st)
{
	struct delayed *d = bench_ctx(st);

	free_works(d);
	d->arm->worker_destroy(d->worker);
}

static void exchange(struct delayed *d, unsigned int a, unsigned int b)
{
	struct arm_delayed *work = d->work[a];

	d->work[a] = d->work[b];
	d->work[b] = work;
}

/* When, and of the armed ones which: they go to the front. */
static void choose(struct delayed *d, bool moves, uint64_t ns[BATCH])
{
	for (unsigned int i = 0; i < BATCH; i++) {
		if (moves)
			exchange(d, i, i + next_random(d) % (d->nr_armed - i));
		ns[i] = any_delay(d);
	}
}

static void one_batch(struct bench_state *st, struct delayed *d, unsigned int from,
		      const uint64_t ns[BATCH])
{
	uint64_t begin = bench_now_ns();

	for (unsigned int i = 0; i < BATCH; i++)
		d->arm->delayed_arm(d->worker, d->work[from + i], ns[i]);
	bench_lat_record(st, bench_now_ns() - begin);
}

/* Each takes the place of another one among the armed. */
static void cancel_as_many(struct delayed *d)
{
	for (unsigned int i = 0; i < BATCH; i++) {
		unsigned int at = next_random(d) % d->nr_armed;

		d->arm->delayed_cancel(d->work[at]);
		exchange(d, at, d->nr_armed + i);
	}
}

DRIVER_ARMS(delays, .can = ARM_CAN_ARM);

BENCHMARK(delayed, .params = BENCH_PARAMS("op=arm,move", "pending=10,100,1k,10k,100k"),
	  .arms = delays, .mode = BENCH_LATENCY, .batch = BATCH, .manual = true,
	  .ctx_size = sizeof(struct delayed), .setup = delayed_setup, .teardown = delayed_teardown)
{
	bool moves = bench_param_is(st, "op", "move");
	struct delayed *d = bench_ctx(st);
	unsigned int from = moves ? 0 : d->nr_armed;
	uint64_t ns[BATCH];

	d->arm->work_queue(d->worker, d->busy);
	if (!handoff_take(&d->running, d->side))
		bench_fail(st, "a queued work did not run");
	while (bench_keep_running(st)) {
		choose(d, moves, ns);
		one_batch(st, d, from, ns);
		if (!moves)
			cancel_as_many(d);
	}
	handoff_give(&d->gate);
	d->arm->work_flush(d->worker);
}
