// SPDX-License-Identifier: GPL-2.0-only
/*
 * The untraced part of a question: instances, until look.c says that no arm needs more of them.
 *
 * In each instance the arms that are still in are torn down and set up anew, in shuffled order,
 * since two set-ups of one arm differ by more than the noise inside either. One epoch of each is
 * thrown away; then pairs of mirrored blocks follow at once, and what costs time (looking at the
 * machine, making the record, judging) waits until they are over.
 */
#include "bench/controller/instance.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/controller/again.h"
#include "bench/controller/interrupt.h"
#include "bench/controller/look.h"
#include "lib/probe/slot.h"

/* With little time for the question an instance is shorter: there is room for so many. */
#define MIN_ROOM 12

/*
 * Fewer than JUDGE_MIN_INSTANCES give no interval, so that many there are. But not at any price:
 * beyond this many times the question's time (and a second) it ends all the same.
 */
#define TIME_STRETCH 5

/* What is added to the environment of a new process: up to a page. */
#define MAX_PADDING 4096

/* ---- what is drawn --------------------------------------------------------------------------- */

void draw_order(const struct session *s, struct course *c, unsigned int *order)
{
	struct schedule schedule;

	schedule_init(&schedule, s->nr, c->rng++);
	schedule_next(&schedule, order);
}

unsigned int draw_below(struct course *c, unsigned int below)
{
	struct schedule schedule;

	schedule_init(&schedule, 1, c->rng++);
	return schedule_draw(&schedule, below);
}

/* ---- set-up ---------------------------------------------------------------------------------- */

uint64_t instance_goal_ns(const struct session *s, uint64_t setup_ns)
{
	uint64_t goal = TARGET_NS, room = s->o->time_ns / MIN_ROOM;

	/* A new process takes long to set up, most of all on a busy machine: more of them say more. */
	if (s->nr_sides > 1 && goal < setup_ns)
		goal = setup_ns;
	if (goal > room)
		goal = room;
	if (s->nr_sides == 1 && goal < setup_ns)
		goal = setup_ns;
	return goal;
}

int renew_worker(struct session *s, struct course *c, unsigned int side)
{
	size_t padding = 1 + draw_below(c, MAX_PADDING);
	char why[256];

	client_quit(&s->client[side]);
	if (client_start(&s->client[side], measure_path(s->o, side, s->number), padding, why,
			 sizeof(why)))
		return session_lost(s, why);
	return 0;
}

/* Is there to be a new process for this instance? For --repeat-exec, at equal distances. */
static bool renewal_due(const struct session *s)
{
	uint64_t nr = s->o->repeat_exec, of = session_least_instances(s);

	return s->number && nr > 1 && s->number * nr / of != (s->number - 1) * nr / of;
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
	if (!ret && renewal_due(s))
		ret = renew_worker(s, c, 0);
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

/* ---- blocks ---------------------------------------------------------------------------------- */

int one_pass(struct session *s, struct course *c, unsigned int i, unsigned int number)
{
	struct place *p = &s->place[i];
	int ret = session_epoch(s, i, p->iterations);

	if (!goes_on(ret))
		return ret;
	if (!p->bad && !part_keep_pass(s, p, number)) {
		p->bad = true;
		snprintf(p->why, sizeof(p->why), "it has more values than can be counted");
	}
	if (p->bad)
		part_drop_pass(c, p);
	return 0;
}

static int block(struct session *s, struct course *c, struct schedule *schedule,
		 unsigned int number)
{
	unsigned int order[SCHEDULE_MAX_ARMS];
	int ret;

	schedule_next(schedule, order);
	for (unsigned int i = 0; i < s->nr; i++) {
		if (!session_is_active(s, order[i]))
			continue;
		ret = one_pass(s, c, order[i], number);
		if (ret)
			return ret;
	}
	if (!s->nr_left)
		return NOBODY_LEFT;
	return interrupt_seen() ? STOP_ASKED : 0;
}

bool enough_blocks(const struct course *c, unsigned int nr, uint64_t begin_ns, uint64_t goal_ns)
{
	uint64_t now = slot_clock_ns(), passed = now - begin_ns;

	if (nr && now - c->begin_ns > c->hard_ns)
		return true;
	return (nr >= 2 * MIN_PAIRS && passed >= goal_ns) ||
	       (nr >= 2 * LEAST_PAIRS && passed >= LONG_NS);
}

static int blocks(struct session *s, struct course *c)
{
	uint64_t begin_ns = slot_clock_ns(), goal = instance_goal_ns(s, c->setup_ns);
	struct schedule schedule;
	int ret = 0;

	schedule_init(&schedule, s->nr, schedule_seed(s->o->seed + s->number, s->q->name));
	for (unsigned int b = 0; !ret && b < SESSION_MAX_BLOCKS; b += 2) {
		if (enough_blocks(c, b, begin_ns, goal))
			break;
		ret = block(s, c, &schedule, b);
		if (!ret)
			ret = block(s, c, &schedule, b + 1);
	}
	c->epochs_ns = slot_clock_ns() - begin_ns;
	return ret;
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* All arms are in one worker. */
static int one_side(struct session *s, struct course *c)
{
	int ret = set_up_anew(s, c);

	if (!ret)
		ret = drop_first_epochs(s);
	if (!ret && !s->nr_left)
		ret = NOBODY_LEFT;
	return ret ? ret : blocks(s, c);
}

static int instance(struct session *s, struct course *c)
{
	uint64_t begin_ns = slot_clock_ns();
	int ret, wrote;

	c->nr_dropped = 0;
	for (unsigned int i = 0; i < s->nr; i++)
		part_begin(&s->place[i]);
	if (s->nr_sides == 1)
		ret = one_side(s, c);
	else
		ret = s->o->sides->toggle ? two_settings(s, c) : two_builds(s, c);
	if (ret && ret != NOBODY_LEFT)
		return ret;
	c->all_setup_ns += c->setup_ns;
	c->all_ns += c->setup_ns + c->epochs_ns;
	if (c->setup_ns > c->longest_setup_ns)
		c->longest_setup_ns = c->setup_ns;
	wrote = part_write_instance(s, c);
	s->number++;
	/* What stands in the record is looked at, as the report will. */
	if (!wrote)
		wrote = look(s, slot_clock_ns() - begin_ns, c->memory);
	if (!wrote && !ret && s->confidence > 0)
		again_look(s, c->memory);
	return wrote ? wrote : ret;
}

static void say_setup(const struct session *s, const struct course *c)
{
	/* That of a new process is always long. */
	if (s->o->progress && s->nr_sides == 1 && c->longest_setup_ns > TARGET_NS)
		progress_say(s->o->progress,
			     "%s: setting its arms up anew takes up to %.0f ms, %.0f %% of the "
			     "time, so its instances are made longer",
			     s->q->name, (double)c->longest_setup_ns / 1e6,
			     100 * (double)c->all_setup_ns / (double)c->all_ns);
}

static uint64_t left_of(uint64_t all, uint64_t passed)
{
	return all > passed ? all - passed : 0;
}

static bool wants_more(struct session *s, const struct course *c, uint64_t passed)
{
	struct look_left left = { .medians_ns = left_of(s->o->time_ns, passed),
				  .tails_ns = left_of(s->o->tails_ns, passed),
				  .calls_ns = left_of(c->hard_ns, passed),
				  .least_ns = instance_goal_ns(s, 0) };

	if (s->confidence > 0)
		return !again_is_over(s) && passed < (again_waits(s) ? c->hard_ns : s->o->time_ns);
	if (s->number >= session_least_instances(s))
		return look_plan(s, &left, c->memory);
	/* Executions that were asked for are made also when all is decided. */
	return passed < c->hard_ns && (s->number >= JUDGE_MIN_INSTANCES || !look_all_decided(s));
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
			progress_update(s->o->progress, s->confidence > 0 ? "again" : "untraced",
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
	c->memory = malloc(judge_memory(SESSION_MAX_INSTANCES));
	c->rng = schedule_seed(~s->o->seed + s->number, s->q->name);
	for (unsigned int i = 0; !ret && i < s->nr; i++) {
		s->place[i].part = calloc(1, sizeof(*s->place[i].part));
		ret = s->place[i].part ? 0 : -ENOMEM;
	}
	if (!ret)
		ret = c->memory ? run(s, c) : -ENOMEM;
	if (!ret)
		say_setup(s, c);
	if (s->nr_sides > 1 && c->memory) {
		if (s->confidence > 0)
			again_end(s, c->memory);
		else
			again_flag(s, c->memory);
	}
	for (unsigned int i = 0; i < s->nr; i++) {
		free(s->place[i].part);
		s->place[i].part = NULL;
	}
	free(c->memory);
	free(c);
	return ret;
}
