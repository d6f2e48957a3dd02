// SPDX-License-Identifier: GPL-2.0-only
/*
 * The untraced part of a question: instances, until look.c says that no arm needs more of them.
 *
 * In each instance the arms that are still in are torn down and set up anew, in shuffled order,
 * since two set-ups of one arm differ by more than the noise inside either. One epoch of each is
 * thrown away; then pairs of mirrored blocks follow at once, and what costs time (looking at the
 * machine, making the record, judging) waits until they are over.
 */
#include "bench/controller/session.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/controller/interrupt.h"
#include "bench/controller/look.h"
#include "lib/probe/slot.h"

/* An instance lasts about so long, but as long as its set-up at least. */
#define TARGET_NS 40000000ULL
/* With little time for the question it is shorter: there is room for so many. */
#define MIN_ROOM  12
#define MIN_PAIRS 4

/*
 * Fewer than JUDGE_MIN_INSTANCES give no interval, so that many there are. But not at any price:
 * beyond this many times the question's time (and a second) it ends all the same.
 */
#define TIME_STRETCH 5

/* A loop that takes less an iteration does nothing but count, if it is there at all. */
#define MIN_ITERATION_NS 0.3

struct course {
	uint64_t number, begin_ns, hard_ns;
	uint64_t setup_ns, epochs_ns;  /* of this instance */
	uint64_t all_setup_ns, all_ns; /* of all */
	uint64_t longest_setup_ns;
	uint64_t rng; /* seed of the next order of set-ups */
	size_t nr_dropped;
	struct record_dropped dropped[RECORD_MAX_ARMS];
	char reason[RECORD_MAX_ARMS][WIRE_MESSAGE];
	void *memory; /* judge()'s */
};

/* ---- what an epoch leaves -------------------------------------------------------------------- */

static void add_count(uint64_t *to, uint64_t n)
{
	if (__builtin_add_overflow(*to, n, to))
		*to = UINT64_MAX;
}

/* Names come from the worker: when there are too many, the last one stands for the rest. */
static void add_loss(struct session_part *part, const char *name, uint64_t n)
{
	struct record_part *r = &part->record;
	size_t i = 0;

	while (i < r->nr_losses && strcmp(r->loss[i].name, name))
		i++;
	if (i == RECORD_MAX_NUMBERS) {
		i--;
		snprintf(part->loss[i], sizeof(part->loss[i]), "others");
	} else if (i == r->nr_losses) {
		snprintf(part->loss[i], sizeof(part->loss[i]), "%s", name);
		r->loss[i] = (struct record_count){ part->loss[i], 0 };
		r->nr_losses++;
	}
	add_count(&r->loss[i].value, n);
}

static void add_counter(struct session_part *part, const struct wire_counter *c)
{
	struct record_part *r = &part->record;
	char cause[SESSION_LOSS_NAME];
	size_t i = 0;

	while (i < r->nr_counters && strcmp(r->counter[i].name, c->name))
		i++;
	if (!isfinite(c->value) || i == RECORD_MAX_NUMBERS) {
		snprintf(cause, sizeof(cause), "counter %s", c->name);
		add_loss(part, cause, 1);
		return;
	}
	if (i == r->nr_counters) {
		snprintf(part->counter[i], sizeof(part->counter[i]), "%s", c->name);
		r->counter[i] = (struct record_number){ part->counter[i], 0 };
		r->nr_counters++;
	}
	r->counter[i].value += c->value;
}

/* To 16 bits: far finer than a bucket, and a third of the digits in the record. */
static double shorten(double v)
{
	int exponent;
	double m = frexp(v, &exponent);

	return isfinite(v) ? ldexp(nearbyint(ldexp(m, 16)), exponent - 16) : v;
}

/* The answer in @p goes into its part; false: its values do not. */
static bool keep_pass(const struct session *s, struct place *p, unsigned int block)
{
	const struct wire *a = &p->answer;
	struct session_part *part = p->part;
	struct record_part *r = &part->record;
	uint64_t ns = a->end_ns - a->start_ns;
	double p50;

	if (hist_merge(&part->hist, &a->hist))
		return false;
	p50 = shorten(s->q->latency ? hist_quantile(&a->hist, 0.5)
				    : (double)ns / (double)a->iterations);
	part->p50[block] = p50;
	part->pass[r->nr_passes++] =
		(struct record_pass){ block, a->start_ns, ns, a->iterations, p50 };
	add_count(&r->cpu_ns, a->cpu_ns);
	add_count(&r->nvcsw, a->nvcsw);
	add_count(&r->nivcsw, a->nivcsw);
	add_count(&r->minflt, a->minflt);
	if (!s->q->latency && (double)ns < MIN_ITERATION_NS * (double)a->iterations) {
		add_loss(part, "elided", 1);
		p->nr_elided++;
	}
	if (a->nr_impossible)
		add_loss(part, "impossible", a->nr_impossible);
	for (uint32_t i = 0; i < a->nr_counters; i++)
		add_counter(part, &a->counter[i]);
	place_count_losses(p);
	return true;
}

static void drop_pass(struct course *c, struct place *p, const char *arm)
{
	size_t i = c->nr_dropped;

	if (i == RECORD_MAX_ARMS) {
		add_loss(p->part, "epochs", 1);
		return;
	}
	snprintf(c->reason[i], sizeof(c->reason[i]), "%s", p->why);
	c->dropped[i] = (struct record_dropped){ arm, c->reason[i] };
	c->nr_dropped++;
}

/* ---- one instance ---------------------------------------------------------------------------- */

static void begin_part(const struct session *s, unsigned int i)
{
	struct session_part *part = s->place[i].part;

	part->record = (struct record_part){ .arm = session_arm(s, i),
					     .pass = part->pass,
					     .hist = &part->hist };
	hist_init(&part->hist, HIST_K_USER);
	for (unsigned int b = 0; b < SESSION_MAX_BLOCKS; b++)
		part->p50[b] = NAN;
}

/*
 * Each is drawn anew: orders that follow from each other, rotated and mirrored as those of blocks,
 * would make instances that do, and they are taken for independent.
 */
static void draw_order(const struct session *s, struct course *c, unsigned int *order)
{
	struct schedule schedule;

	schedule_init(&schedule, s->nr, c->rng++);
	schedule_next(&schedule, order);
}

/*
 * All arms that are in are torn down first, so that none is set up beside what another left, and in
 * another order than they are set up in: what an allocator or the kernel hands out again depends on
 * the order in which it came back.
 */
static int set_up_anew(struct session *s, struct course *c)
{
	unsigned int order[SCHEDULE_MAX_ARMS];
	uint64_t begin_ns = slot_clock_ns();
	int ret = 0;

	draw_order(s, c, order);
	for (unsigned int i = 0; !ret && i < s->nr; i++)
		ret = session_tear_down(s, order[i]);
	draw_order(s, c, order);
	for (unsigned int i = 0; goes_on(ret) && i < s->nr; i++)
		if (session_is_active(s, order[i]))
			ret = session_set_up(s, order[i]);
	c->setup_ns = slot_clock_ns() - begin_ns;
	return goes_on(ret) ? 0 : ret;
}

static int drop_first_epochs(struct session *s)
{
	int ret = 0;

	for (unsigned int i = 0; goes_on(ret) && i < s->nr; i++)
		if (session_is_active(s, i))
			ret = session_epoch(s, i, s->place[i].iterations);
	return goes_on(ret) ? 0 : ret;
}

static int block(struct session *s, struct course *c, struct schedule *schedule,
		 unsigned int number)
{
	unsigned int order[SCHEDULE_MAX_ARMS];
	int ret;

	schedule_next(schedule, order);
	for (unsigned int i = 0; i < s->nr; i++) {
		struct place *p = &s->place[order[i]];

		if (!session_is_active(s, order[i]))
			continue;
		ret = session_epoch(s, order[i], p->iterations);
		if (!goes_on(ret))
			return ret;
		if (!p->bad && !keep_pass(s, p, number)) {
			p->bad = true;
			snprintf(p->why, sizeof(p->why), "it has more values than can be counted");
		}
		if (p->bad)
			drop_pass(c, p, session_arm(s, order[i]));
	}
	if (!s->nr_left)
		return NOBODY_LEFT;
	return interrupt_seen() ? STOP_ASKED : 0;
}

/* Pairs of blocks: MIN_PAIRS, and until the instance is long enough. */
static int blocks(struct session *s, struct course *c)
{
	uint64_t begin_ns = slot_clock_ns(), goal = TARGET_NS, now = begin_ns;
	struct schedule schedule;
	int ret = 0;

	if (goal > s->o->time_ns / MIN_ROOM)
		goal = s->o->time_ns / MIN_ROOM;
	if (goal < c->setup_ns)
		goal = c->setup_ns;
	schedule_init(&schedule, s->nr, schedule_seed(s->o->seed + c->number, s->q->name));
	for (unsigned int b = 0; b < SESSION_MAX_BLOCKS; b += 2) {
		if (b && now - c->begin_ns > c->hard_ns)
			break;
		if (b >= 2 * MIN_PAIRS && now - begin_ns >= goal)
			break;
		ret = block(s, c, &schedule, b);
		if (!ret)
			ret = block(s, c, &schedule, b + 1);
		if (ret)
			break;
		now = slot_clock_ns();
	}
	c->epochs_ns = slot_clock_ns() - begin_ns;
	return ret;
}

/* What the arm changed since the instance before; the harness has put it back. */
static void name_changes(struct place *p)
{
	char cause[SESSION_LOSS_NAME];

	for (unsigned int i = 0; i < NR_WIRE_SETTINGS; i++) {
		if (!(p->changed & 1U << i))
			continue;
		snprintf(cause, sizeof(cause), "%s changed", session_setting(i));
		add_loss(p->part, cause, 1);
		p->nr_changed[i]++;
	}
	p->changed = 0;
}

static int write_instance(struct session *s, struct course *c)
{
	struct record_part part[SCHEDULE_MAX_ARMS];
	struct record_instance in = { .question = s->q->name,
				      .number = c->number,
				      .batch = s->q->batch,
				      .setup_ns = c->setup_ns,
				      .part = part,
				      .nr_dropped = c->nr_dropped,
				      .noise = noise_take(&s->noise) };

	memcpy(in.dropped, c->dropped, c->nr_dropped * sizeof(*c->dropped));
	for (unsigned int i = 0; i < s->nr; i++)
		if (s->place[i].part->record.nr_passes) {
			name_changes(&s->place[i]);
			part[in.nr_parts++] = s->place[i].part->record;
		}
	return record_write_instance(s->o->out, &in);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int instance(struct session *s, struct course *c)
{
	int ret, wrote;

	c->nr_dropped = 0;
	for (unsigned int i = 0; i < s->nr; i++)
		begin_part(s, i);
	ret = set_up_anew(s, c);
	if (!ret)
		ret = drop_first_epochs(s);
	if (!ret && !s->nr_left)
		ret = NOBODY_LEFT;
	if (!ret)
		ret = blocks(s, c);
	if (ret && ret != NOBODY_LEFT)
		return ret;
	c->all_setup_ns += c->setup_ns;
	c->all_ns += c->setup_ns + c->epochs_ns;
	if (c->setup_ns > c->longest_setup_ns)
		c->longest_setup_ns = c->setup_ns;
	wrote = write_instance(s, c);
	c->number++;
	if (!wrote && !ret)
		wrote = look(s, c->memory);
	return wrote ? wrote : ret;
}

static void say_setup(const struct session *s, const struct course *c)
{
	if (s->o->progress && c->longest_setup_ns > TARGET_NS)
		progress_say(s->o->progress,
			     "%s: setting its arms up anew takes up to %.0f ms, %.0f %% of the "
			     "time; its instances are as long as that",
			     s->q->name, (double)c->longest_setup_ns / 1e6,
			     100 * (double)c->all_setup_ns / (double)c->all_ns);
}

static bool wants_more(const struct session *s, const struct course *c, uint64_t passed)
{
	if (look_all_decided(s))
		return false;
	if (c->number < JUDGE_MIN_INSTANCES)
		return passed < c->hard_ns;
	/*
	 * What was called in the last moment would stay unsaid for want of a few instances: eight
	 * at most, as many as the call took at least.
	 */
	return passed < s->o->time_ns || (passed < c->hard_ns && look_call_waits(s));
}

static int run(struct session *s, struct course *c)
{
	double part = s->q->phases && s->o->tracing ? SESSION_UNTRACED : 1;
	uint64_t passed = 0;
	int ret = 0;

	while (!ret && wants_more(s, c, passed)) {
		ret = instance(s, c);
		passed = slot_clock_ns() - c->begin_ns;
		if (s->o->progress)
			progress_update(s->o->progress, "untraced",
					part * (double)passed / (double)s->o->time_ns);
	}
	return ret;
}

int instances(struct session *s)
{
	struct course *c = calloc(1, sizeof(*c));
	int ret = 0;

	if (!c)
		return -ENOMEM;
	c->begin_ns = slot_clock_ns();
	c->hard_ns = s->o->time_ns * TIME_STRETCH + 1000000000ULL;
	c->memory = malloc(judge_memory(SESSION_MAX_LOOK));
	c->rng = schedule_seed(~s->o->seed, s->q->name);
	for (unsigned int i = 0; !ret && i < s->nr; i++) {
		s->place[i].part = calloc(1, sizeof(*s->place[i].part));
		ret = s->place[i].part ? 0 : -ENOMEM;
	}
	if (!ret)
		ret = c->memory ? run(s, c) : -ENOMEM;
	s->instances_ns = slot_clock_ns() - c->begin_ns;
	if (!ret)
		say_setup(s, c);
	free(c->memory);
	free(c);
	return ret;
}

void instances_free(struct session *s)
{
	for (unsigned int i = 0; s->place && i < s->nr; i++)
		free(s->place[i].part);
	look_free(s);
}
