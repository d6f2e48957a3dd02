// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bands, CPU pairs and the longest waits of the wakeup tracer against workloads with known answers:
 * that they are those of the arm, and the same as the histograms'.
 *
 * Prints one line per case and ends with "N passed, N failed". Needs the privilege to trace.
 */
#include <sys/mman.h>
#include <time.h>

#include "bpf/wakeup_shared.h"
#include "lib/record/types.h"

#include "tests/tracer/sleeper.h"

#define NR_WAKES 500
#define NR_ARMS	 4

static char *names = "kt_*";

/* Arms, or all threads of that name. */
static struct tracer_opts opts_of(enum tracer_group group)
{
	struct tracer_opts o = {
		.kind = TRACER_WAKEUP, .group = group, .nr_groups = NR_ARMS, .matrix = true
	};

	if (group != TRACER_GROUP_ARM)
		o.filter = (struct filter){ .glob = &names, .nr_globs = 1 };
	return o;
}

/* ---- the work -------------------------------------------------------------------------------- */

static struct sleeper sleeper;
static int sleeper_cpu, waker_cpu;
static uint32_t sleeper_arm;

static void setup(void)
{
	pin(waker_cpu);
	sleeper_start(&sleeper, sleeper_cpu, STAMPS);
	pthread_setname_np(sleeper.thread, "kt_sleeper");
	slot_tag(sleeper.slot, 0, sleeper_arm);
	await_asleep(&sleeper);
}

static void work(void)
{
	wake_times(&sleeper, NR_WAKES);
}

/* The second half from the other CPU, and for another arm. */
static void work_from_both(void)
{
	work();
	pin(!waker_cpu);
	slot_tag(sleeper.slot, 0, sleeper_arm + 1);
	work();
}

static struct tracer_snapshot *trace(const struct tracer_opts *o, int from, int to, uint32_t arm,
				     void (*what)(void), void (*between)(struct tracer *t))
{
	waker_cpu = from;
	sleeper_cpu = to;
	sleeper_arm = arm;
	return trace_child(o, setup, what, between);
}

/* ---- bands ----------------------------------------------------------------------------------- */

/* What the bands of an arm have is what its histograms have. */
static void check_bands(const struct tracer_snapshot *s, uint32_t arm)
{
	const struct tracer_group_data *g = &s->group[arm];
	uint64_t count = 0, sum[TRACER_NR_BAND_SUMS] = { 0 };

	for (uint32_t i = 0; i < g->nr_bands; i++) {
		const struct tracer_band *b = &g->band[i];
		uint64_t low = hist_low(b->index, TRACER_BANDS_K),
			 end = hist_low(b->index + 1, TRACER_BANDS_K);

		CHECK(b->count, "row %u is empty", i);
		CHECK(!i || b->index > g->band[i - 1].index, "row %u does not rise", i);
		CHECK(b->sum[METRIC_END_TO_END] >= b->count * low &&
			      b->sum[METRIC_END_TO_END] <= b->count * (end - 1),
		      "%lu wakes of %lu to %lu ns took %lu", b->count, low, end,
		      b->sum[METRIC_END_TO_END]);
		count += b->count;
		for (uint32_t m = 0; m < TRACER_NR_BAND_SUMS; m++)
			sum[m] += b->sum[m];
	}
	CHECK(count == count_of(s, arm, METRIC_END_TO_END), "%lu wakes of %lu", count,
	      count_of(s, arm, METRIC_END_TO_END));
	for (uint32_t m = 0; m < TRACER_NR_BAND_SUMS; m++)
		CHECK(sum[m] == tracer_snapshot_sum(s, arm, m), "%s: %lu ns of %lu",
		      tracer_metric_name(m), sum[m], tracer_snapshot_sum(s, arm, m));
}

static void bands(int from, int to)
{
	struct tracer_opts o = opts_of(TRACER_GROUP_ARM);
	struct tracer_snapshot *s = trace(&o, from, to, 1, work_from_both, NULL);

	for (uint32_t arm = 0; arm < NR_ARMS; arm++)
		check_bands(s, arm);
	CHECK(is_all(s, count_of(s, 1, METRIC_END_TO_END), NR_WAKES), "%lu",
	      count_of(s, 1, METRIC_END_TO_END));
	CHECK(is_all(s, count_of(s, 2, METRIC_END_TO_END), NR_WAKES), "%lu",
	      count_of(s, 2, METRIC_END_TO_END));
	CHECK(!s->group[0].nr_bands && !s->group[3].nr_bands, "of arms that were not there");
	tracer_snapshot_free(s);
}

static void bands_same(void)
{
	bands(0, 0);
}

static void bands_cross(void)
{
	bands(0, 1);
}

/* ---- pairs ----------------------------------------------------------------------------------- */

static const struct tracer_pair *pair_of(const struct tracer_snapshot *s, uint32_t group, int from,
					 int to)
{
	static const struct tracer_pair none;

	for (uint32_t i = 0; i < s->group[group].nr_pairs; i++)
		if (s->group[group].pair[i].waker_cpu == (uint32_t)from &&
		    s->group[group].pair[i].cpu == (uint32_t)to)
			return &s->group[group].pair[i];
	return &none;
}

/* All waits after wakes of a group are those of its pairs; what had no room is counted. */
static void check_pairs(const struct tracer_snapshot *s, uint32_t group)
{
	const struct tracer_group_data *g = &s->group[group];
	uint64_t count = g->other_pairs, sum = 0;

	for (uint32_t i = 0; i < g->nr_pairs; i++) {
		const struct tracer_pair *p = &g->pair[i];
		static struct hist h;

		hist_init(&h, TRACER_PAIR_K);
		memcpy(h.bucket, p->bucket, sizeof(p->bucket));
		h.count = p->count;
		h.sum = p->sum;
		h.min = p->min;
		h.max = p->max;
		h.overflow = p->overflow;
		CHECK(p->count && hist_is_consistent(&h), "%u -> %u", p->waker_cpu, p->cpu);
		count += p->count;
		sum += p->sum;
	}
	CHECK(count == count_of(s, group, METRIC_WOKEN), "%lu waits of %lu", count,
	      count_of(s, group, METRIC_WOKEN));
	if (!g->other_pairs)
		CHECK(sum == tracer_snapshot_sum(s, group, METRIC_WOKEN), "%lu ns of %lu", sum,
		      tracer_snapshot_sum(s, group, METRIC_WOKEN));
}

static void pairs_of_arms(void)
{
	struct tracer_opts o = opts_of(TRACER_GROUP_ARM);
	struct tracer_snapshot *s = trace(&o, 0, 1, 2, work_from_both, NULL);

	for (uint32_t arm = 0; arm < NR_ARMS; arm++)
		check_pairs(s, arm);
	CHECK(s->group[2].nr_pairs == 1 && s->group[3].nr_pairs == 1, "%u, %u pairs",
	      s->group[2].nr_pairs, s->group[3].nr_pairs);
	CHECK(is_all(s, pair_of(s, 2, 0, 1)->count, NR_WAKES), "%lu", pair_of(s, 2, 0, 1)->count);
	CHECK(is_all(s, pair_of(s, 3, 1, 1)->count, NR_WAKES), "%lu", pair_of(s, 3, 1, 1)->count);
	tracer_snapshot_free(s);
}

static void pairs_of_all(void)
{
	struct tracer_opts o = opts_of(TRACER_GROUP_ALL);
	struct tracer_snapshot *s = trace(&o, 1, 0, 0, work_from_both, NULL);

	check_pairs(s, 0);
	CHECK(!s->group[0].nr_bands, "bands are those of arms");
	CHECK(is_all(s, pair_of(s, 0, 1, 0)->count, NR_WAKES), "%lu", pair_of(s, 0, 1, 0)->count);
	CHECK(is_all(s, pair_of(s, 0, 0, 0)->count, NR_WAKES), "%lu", pair_of(s, 0, 0, 0)->count);
	CHECK(!s->group[0].other_pairs, "%lu without room", s->group[0].other_pairs);
	tracer_snapshot_free(s);
}

static void pairs_without_room(void)
{
	struct tracer_opts o = opts_of(TRACER_GROUP_ALL);
	struct tracer_snapshot *s;

	o.max_pairs = 1;
	s = trace(&o, 0, 1, 0, work_from_both, NULL);
	check_pairs(s, 0);
	CHECK(s->group[0].nr_pairs == 1, "%u pairs", s->group[0].nr_pairs);
	CHECK(is_all(s, s->group[0].other_pairs, NR_WAKES), "%lu", s->group[0].other_pairs);
	tracer_snapshot_free(s);
}

static void pairs_not_asked_for(void)
{
	struct tracer_opts o = opts_of(TRACER_GROUP_ARM);
	struct tracer_snapshot *s;

	o.matrix = false;
	s = trace(&o, 0, 1, 0, work, NULL);
	CHECK(!s->group[0].nr_pairs && !s->group[0].other_pairs, "%u pairs", s->group[0].nr_pairs);
	CHECK(s->group[0].nr_bands, "bands come by themselves");
	tracer_snapshot_free(s);
}

/* ---- reads in between ------------------------------------------------------------------------ */

static uint64_t pairs_between, woken_between, sum_between, sum_woken_between;

static void add_up(const struct tracer_snapshot *s)
{
	static struct hist h;
	const struct tracer_group_data *g = &s->group[0];

	CHECK(!g->nr_bands, "a row may be torn while counting is on");
	woken_between += count_of(s, 0, METRIC_WOKEN);
	sum_woken_between += tracer_snapshot_sum(s, 0, METRIC_WOKEN);
	for (uint32_t i = 0; i < g->nr_pairs; i++) {
		const struct tracer_pair *p = &g->pair[i];

		hist_init(&h, TRACER_PAIR_K);
		memcpy(h.bucket, p->bucket, sizeof(p->bucket));
		h.count = p->count;
		h.sum = p->sum;
		h.min = p->min;
		h.max = p->max;
		h.overflow = p->overflow;
		CHECK(hist_is_consistent(&h), "%lu waits", p->count);
		pairs_between += p->count;
		sum_between += p->sum;
	}
}

static void read_often(struct tracer *t)
{
	uint64_t late = slot_clock_ns() + 20000000000ULL;

	for (int i = 0; i < 200 || (!pairs_between && slot_clock_ns() < late); i++) {
		struct tracer_snapshot *s = snapshot(t);

		add_up(s);
		tracer_snapshot_free(s);
	}
	CHECK(pairs_between, "no value came before the end");
}

/* Each wait is in one of the reads; an event may be torn between two. */
static void intervals(void)
{
	struct tracer_opts o = opts_of(TRACER_GROUP_ALL);
	struct tracer_snapshot *s;

	pairs_between = woken_between = sum_between = sum_woken_between = 0;
	s = trace(&o, 0, 1, 0, work, read_often);
	add_up(s);
	CHECK(pairs_between == woken_between, "%lu waits of %lu", pairs_between, woken_between);
	CHECK(sum_between == sum_woken_between, "%lu ns of %lu", sum_between, sum_woken_between);
	tracer_snapshot_free(s);
}

/* As `kt bench` uses it: counting goes off and on, and what is read is that of one question only. */
static struct tracer_snapshot *first;
static _Atomic int *has_stopped; /* shared with the child */

static void work_until_stopped(void)
{
	while (!*has_stopped)
		wake_times(&sleeper, 20);
	work_from_both();
}

static void stop_and_go_on(struct tracer *t)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	uint64_t late = slot_clock_ns() + 20000000000ULL;
	static struct hist room;

	while (!first && slot_clock_ns() < late) {
		nanosleep(&pause, NULL);
		tracer_enable(t, false);
		first = snapshot(t);
		if (!tracer_snapshot_hist(first, 2, METRIC_END_TO_END, &room)) {
			tracer_snapshot_free(first);
			first = NULL;
		}
		tracer_enable(t, true);
	}
	*has_stopped = 1;
}

static void begins_anew(void)
{
	struct tracer_opts o = opts_of(TRACER_GROUP_ARM);
	struct tracer_snapshot *s;

	has_stopped = mmap(NULL, sizeof(*has_stopped), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (has_stopped == MAP_FAILED)
		die("mmap");
	s = trace(&o, 0, 1, 2, work_until_stopped, stop_and_go_on);
	CHECK(first, "nothing came");
	CHECK(is_all(s, count_of(s, 3, METRIC_END_TO_END), NR_WAKES), "%lu after it",
	      count_of(s, 3, METRIC_END_TO_END));
	for (uint32_t arm = 0; first && arm < NR_ARMS; arm++) {
		check_bands(first, arm);
		check_pairs(first, arm);
		check_bands(s, arm);
		check_pairs(s, arm);
	}
	tracer_snapshot_free(first);
	tracer_snapshot_free(s);
}

/* ---- the longest waits ----------------------------------------------------------------------- */

static size_t nr_events, nr_of_arm, nr_other;
static bool is_named, has_stack;

static int take(const struct record_event *e, uint32_t group, void *arg)
{
	(void)arg;
	nr_events++;
	nr_of_arm += group == 3;
	nr_other += group != 3;
	is_named = e->why == RECORD_WORST && !strcmp(e->task.comm, "kt_sleeper");
	has_stack = e->has_stack && e->kernel.nr;
	return 0;
}

static void listen_to(struct tracer *t)
{
	tracer_on_event(t, take, NULL);
}

static void worst(void)
{
	struct tracer_opts o = opts_of(TRACER_GROUP_ARM);
	struct tracer_snapshot *s;

	o.events = (struct events_opts){ .worst = 7, .stacks = true };
	s = trace(&o, 0, 1, 3, work, listen_to);
	CHECK(nr_events == 7, "%zu events", nr_events);
	CHECK(nr_of_arm == 7 && !nr_other, "%zu of the arm, %zu of others", nr_of_arm, nr_other);
	CHECK(is_named, "of another thread");
	CHECK(has_stack, "without the stack of the waker");
	tracer_snapshot_free(s);
}

static const struct test_case cases[] = {
	{ "same CPU: the bands of an arm are its histograms", bands_same, 2 },
	{ "cross CPU: the bands of an arm are its histograms", bands_cross, 2 },
	{ "pairs of CPUs, by arm", pairs_of_arms, 2 },
	{ "pairs of CPUs, of all", pairs_of_all, 2 },
	{ "pairs without room are counted", pairs_without_room, 2 },
	{ "pairs that are not asked for are not there", pairs_not_asked_for, 2 },
	{ "reading pairs in between loses nothing", intervals, 2 },
	{ "after a stop bands and pairs begin anew", begins_anew, 2 },
	{ "the longest waits are those of an arm", worst, 2 },
};

int main(int argc, char **argv)
{
	return run_cases(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
