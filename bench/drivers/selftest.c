// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest: do verdicts find what is known beforehand? For `kt selftest`.
 *
 * arms=same: the same code under several names: whatever is called slower or faster is a false
 * alarm. arms=slower: arms that do a known share more, named by it. arms=pair, pair2, pair5: two
 * arms alone, of which the other does nothing, 2 % or 5 % more. op=tail: one operation in 200 of 10
 * us takes 50 us longer.
 *
 * The truth: the loop, the walk and the tail count their steps, so it is exact. The wake takes steps
 * worth the share of the time that this very wake has taken, so that every quantile is larger by it,
 * give or take some nanoseconds; what they came to stands in the counter "added".
 *
 * Trap: the memory that is walked lies elsewhere for each arm and instance, as any benchmark's does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/drivers/driver.h"

#define STEPS	    1000U
#define LINE	    64
#define NR_LINES    8192U
#define TAIL_NS	    10000.0
#define TAIL_ONE_IN 200
#define TAIL_TIMES  5 /* an operation more: 50 us on 10 us */

#define ARMS_same   BENCH_ARMS("plain", "same-1", "same-2", "same-3", "same-4")
#define ARMS_slower BENCH_ARMS("plain", "+1%", "+2%", "+3%", "+5%", "+10%")
#define ARMS_pair   BENCH_ARMS("plain", "same-1")
#define ARMS_pair2  BENCH_ARMS("plain", "+2%")
#define ARMS_pair5  BENCH_ARMS("plain", "+5%")

/* By its name; 0: the same code. */
static double share_of(const struct bench_state *st)
{
	const char *arm = bench_arm(st);

	return *arm == '+' ? strtod(arm, NULL) / 100 : 0;
}

static unsigned int steps_of(const struct bench_state *st)
{
	return STEPS + (unsigned int)(STEPS * share_of(st) + 0.5);
}

#define SELFTEST(id_, arms_, mode_, context_, ...)                                                \
	BENCHMARK_NAMED(id_, "selftest", .params = BENCH_PARAMS(__VA_ARGS__, "arms=" #arms_),     \
			.arms = ARMS_##arms_, .baseline = "plain", .mode = mode_, .manual = true, \
			.ctx_size = sizeof(struct context_), .setup = context_##_setup,           \
			.teardown = context_##_teardown)                                          \
	{                                                                                         \
		context_##_body(st);                                                              \
	}

#define SELFTESTS(id_, mode_, context_, ...)                         \
	SELFTEST(id_##_same, same, mode_, context_, __VA_ARGS__)     \
	SELFTEST(id_##_slower, slower, mode_, context_, __VA_ARGS__) \
	SELFTEST(id_##_pair, pair, mode_, context_, __VA_ARGS__)     \
	SELFTEST(id_##_pair2, pair2, mode_, context_, __VA_ARGS__)   \
	SELFTEST(id_##_pair5, pair5, mode_, context_, __VA_ARGS__)

/* ---- loop: multiplications, each of which waits for the one before --------------------------- */

struct loop {
	unsigned int steps;
	uint64_t x;
};

static __attribute__((noinline)) uint64_t multiply(uint64_t x, unsigned int steps)
{
	while (steps--) {
		x = x * 0x5851f42d4c957f2dULL + 1;
		bench_keep_input(x);
	}
	return x;
}

/* The least that reading the clock takes. */
static uint64_t clock_read_ns(void)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 100; i++) {
		uint64_t begin = bench_now_ns(), took = bench_now_ns() - begin;

		if (took < least)
			least = took;
	}
	return least;
}

/* Found once, so that every arm and instance has the same. */
static double steps_per_ns(void)
{
	static uint64_t least;
	uint64_t x = 1, read_ns = clock_read_ns();

	for (int i = 0; i < (least ? 0 : 20); i++) {
		uint64_t begin = bench_now_ns(), took;

		x = multiply(x, STEPS);
		took = bench_now_ns() - begin;
		if (!least || took < least)
			least = took;
	}
	bench_keep(x);
	return (double)STEPS / (double)(least > read_ns ? least - read_ns : 1);
}

static int loop_setup(struct bench_state *st)
{
	struct loop *l = bench_ctx(st);

	l->steps = steps_of(st);
	return 0;
}

static void loop_teardown(struct bench_state *st)
{
	(void)st;
}

static void loop_body(struct bench_state *st)
{
	struct loop *l = bench_ctx(st);

	while (bench_keep_running(st))
		l->x = multiply(l->x, l->steps);
}

SELFTESTS(loop, BENCH_TIME, loop, "op=loop")

/* ---- memory: a walk through lines in a random order ------------------------------------------ */

struct line {
	struct line *next;
	char rest[LINE - sizeof(struct line *)];
};

struct walk {
	unsigned int steps;
	struct line *lines, *at;
};

static uint64_t draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* One cycle through all of them (Sattolo's shuffle). */
static void link_lines(struct line *lines)
{
	unsigned int order[NR_LINES];
	uint64_t state = 0x9e3779b97f4a7c15ULL;

	for (unsigned int i = 0; i < NR_LINES; i++)
		order[i] = i;
	for (unsigned int i = NR_LINES - 1; i; i--) {
		unsigned int k = (unsigned int)(draw(&state) % i), was = order[i];

		order[i] = order[k];
		order[k] = was;
	}
	for (unsigned int i = 0; i < NR_LINES; i++)
		lines[order[i]].next = &lines[order[(i + 1) % NR_LINES]];
}

static int walk_setup(struct bench_state *st)
{
	struct walk *w = bench_ctx(st);

	w->steps = steps_of(st);
	w->lines = aligned_alloc(LINE, NR_LINES * sizeof(*w->lines));
	if (!w->lines)
		return bench_fail(st, "out of memory");
	link_lines(w->lines);
	w->at = w->lines;
	return 0;
}

static void walk_teardown(struct bench_state *st)
{
	struct walk *w = bench_ctx(st);

	free(w->lines);
}

static void walk_body(struct bench_state *st)
{
	struct walk *w = bench_ctx(st);
	uint64_t begin = bench_now_ns(), now;

	while (bench_keep_running(st)) {
		for (unsigned int i = 0; i < w->steps; i++)
			w->at = w->at->next;
		bench_keep(w->at);
		now = bench_now_ns();
		bench_lat_record(st, now - begin);
		begin = now;
	}
}

SELFTESTS(walk, BENCH_LATENCY, walk, "op=memory")

/* ---- wake: as the driver wakeup asks it, of the arm futex ------------------------------------ */

/* Much shorter than anything that takes the CPU away. */
#define INTERRUPTED_NS 200

struct wake {
	struct bench_state *st;
	const struct arm *arm;
	void *peer;
	enum driver_side side;
	struct sleeper sleeper;
	double share;
	double steps_per_ns;
	uint64_t read_ns;
	double added; /* in this epoch */
	uint64_t nr_added;
	uint64_t begin_ns __attribute__((aligned(64)));
	struct handoff ack;
};

/* What was added to a wake, as a share of it; one whose steps were interrupted does not say. */
static void note_added(struct wake *w, double took, double added)
{
	if (added > 2 * w->share * took + INTERRUPTED_NS)
		return;
	w->added += added / took;
	w->nr_added++;
}

/*
 * Each arm reads the clock twice, so that all have the same to begin with; what is added between the
 * two is steps, since a clock read is too coarse a share of a short wake.
 */
static void woken(void *arg)
{
	struct wake *w = arg;
	uint64_t before = bench_now_ns(), now;
	double took = (double)(before - w->begin_ns + w->read_ns);
	unsigned int steps = (unsigned int)(w->share * took * w->steps_per_ns + 0.5);

	/* From their own number on, so that none runs beside its computation. */
	bench_keep(multiply(steps, steps));
	now = bench_now_ns();
	bench_lat_record(w->st, now - w->begin_ns);
	note_added(w, took, (double)(now - before) - (double)w->read_ns);
	handoff_give(&w->ack);
}

static int wake_setup(struct bench_state *st)
{
	struct wake *w = bench_ctx(st);
	struct arm_peer_opts o = { .on_wake = woken, .arg = w, .name = "selftest" };
	int ret;

	w->st = st;
	w->share = share_of(st);
	w->read_ns = clock_read_ns();
	w->steps_per_ns = steps_per_ns();
	w->arm = arm_find("futex");
	if (!w->arm)
		return bench_skip(st, "%s", arm_missing("futex"));
	o.cpu = driver_place(st, &w->side);
	if (o.cpu < 0)
		return o.cpu;
	ret = w->arm->peer_create(&w->peer, &o);
	if (ret)
		return bench_fail(st, "cannot make a thread: %s", strerror(-ret));
	ret = sleeper_open(&w->sleeper, w->arm->peer_tid(w->peer));
	if (!ret)
		return 0;
	w->arm->peer_destroy(w->peer);
	return bench_fail(st, "cannot read the state of a thread in /proc: %s", strerror(-ret));
}

static void wake_teardown(struct bench_state *st)
{
	struct wake *w = bench_ctx(st);

	sleeper_close(&w->sleeper);
	w->arm->peer_destroy(w->peer);
}

static void wake_body(struct bench_state *st)
{
	struct wake *w = bench_ctx(st);

	w->added = 0;
	w->nr_added = 0;
	while (bench_keep_running(st)) {
		if (!sleeper_wait(&w->sleeper, w->side)) {
			bench_fail(st, "the peer did not fall asleep");
			return;
		}
		w->begin_ns = bench_now_ns();
		w->arm->peer_wake(w->peer);
		if (!handoff_take(&w->ack, w->side)) {
			bench_fail(st, "a wake got no answer");
			return;
		}
	}
	/* Per operation, as counters are shown. */
	if (w->nr_added)
		bench_counter(st, "added",
			      w->added / (double)w->nr_added * (double)bench_iterations(st));
}

SELFTESTS(wake, BENCH_LATENCY, wake, "op=wake", "cpu=same,cross")

/* ---- tail ------------------------------------------------------------------------------------ */

struct tail {
	unsigned int steps;
	bool slow;
	uint64_t x, state;
};

static int tail_setup(struct bench_state *st)
{
	static uint64_t nr;
	struct tail *t = bench_ctx(st);

	t->steps = (unsigned int)(TAIL_NS * steps_per_ns());
	t->slow = !strcmp(bench_arm(st), "1-in-200");
	t->state = ++nr * 0x9e3779b97f4a7c15ULL;
	return 0;
}

static void tail_teardown(struct bench_state *st)
{
	(void)st;
}

static void tail_body(struct bench_state *st)
{
	struct tail *t = bench_ctx(st);
	uint64_t begin = bench_now_ns(), now;

	while (bench_keep_running(st)) {
		bool hit = draw(&t->state) % TAIL_ONE_IN == 0 && t->slow;

		t->x = multiply(t->x, hit ? t->steps * (1 + TAIL_TIMES) : t->steps);
		now = bench_now_ns();
		bench_lat_record(st, now - begin);
		begin = now;
	}
}

#define ARMS_tail BENCH_ARMS("plain", "same-1", "1-in-200")

SELFTEST(tail, tail, BENCH_LATENCY, tail, "op=tail")
