// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instances of questions of two sides: a new process per side each time, with an environment of
 * another size, since two executions of one program differ by more than the noise inside either.
 *
 * Two builds run in turn: both are set up, and each arm's epochs follow each other as old new new
 * old, or the other way round. Of two settings the machine has one at a time, so an instance has two
 * halves, each with its command, its process and its epochs; those of one number make a pair.
 */
#include "bench/controller/instance.h"

#include "bench/controller/interrupt.h"
#include "bench/controller/toggle.h"
#include "lib/probe/slot.h"

static int tear_down_side(struct session *s, struct course *c, unsigned int side)
{
	unsigned int order[SCHEDULE_MAX_ARMS];
	int ret = 0;

	draw_order(s, c, order);
	for (unsigned int i = 0; !ret && i < s->nr; i++)
		if (s->place[order[i]].side == side)
			ret = session_tear_down(s, order[i]);
	return ret;
}

static int set_up_side(struct session *s, struct course *c, unsigned int side)
{
	unsigned int order[SCHEDULE_MAX_ARMS];
	int ret = renew_worker(s, c, side);

	draw_order(s, c, order);
	for (unsigned int i = 0; goes_on(ret) && i < s->nr; i++)
		if (s->place[order[i]].side == side && session_is_active(s, order[i]))
			ret = session_set_up(s, order[i]);
	return goes_on(ret) ? 0 : ret;
}

static int drop_first_epochs(struct session *s, unsigned int side)
{
	int ret = 0;

	for (unsigned int i = 0; goes_on(ret) && i < s->nr; i++)
		if (s->place[i].side == side && session_is_active(s, i))
			ret = session_epoch(s, i, s->place[i].iterations);
	if (!goes_on(ret))
		return ret;
	return s->nr_left ? 0 : NOBODY_LEFT;
}

static int stop_or_nobody(const struct session *s)
{
	if (!s->nr_left)
		return NOBODY_LEFT;
	return interrupt_seen() ? STOP_ASKED : 0;
}

/* ---- two builds ------------------------------------------------------------------------------ */

/* The epochs of blocks @number and @number + 1, arm by arm. */
static int pair_of_blocks(struct session *s, struct course *c, unsigned int number)
{
	unsigned int order[SCHEDULE_MAX_ARMS];
	int ret = 0;

	draw_order(s, c, order);
	for (unsigned int i = 0; !ret && i < s->nr; i++) {
		unsigned int side[2] = { order[i], (unsigned int)s->place[order[i]].partner };
		unsigned int first = draw_below(c, 2);

		/* Once for both of them. */
		if (s->place[order[i]].side)
			continue;
		for (unsigned int n = 0; !ret && n < 4; n++) {
			/* first, second, second, first */
			unsigned int at = side[first ^ (n == 1 || n == 2)];

			if (session_is_active(s, at))
				ret = one_pass(s, c, at, number + n / 2);
		}
	}
	return ret ? ret : stop_or_nobody(s);
}

int two_builds(struct session *s, struct course *c)
{
	uint64_t begin_ns = slot_clock_ns(), goal;
	unsigned int first = draw_below(c, 2);
	int ret = 0;

	for (unsigned int i = 0; !ret && i < 2; i++)
		ret = tear_down_side(s, c, first ^ i);
	for (unsigned int i = 0; !ret && i < 2; i++)
		ret = set_up_side(s, c, first ^ i);
	c->setup_ns = slot_clock_ns() - begin_ns;
	for (unsigned int i = 0; !ret && i < 2; i++)
		ret = drop_first_epochs(s, first ^ i);

	goal = instance_goal_ns(s, c->setup_ns);
	begin_ns = slot_clock_ns();
	for (unsigned int b = 0; !ret && b < SESSION_MAX_BLOCKS; b += 2) {
		if (enough_blocks(c, b, begin_ns, goal))
			break;
		ret = pair_of_blocks(s, c, b);
	}
	c->epochs_ns = slot_clock_ns() - begin_ns;
	return ret;
}

/* ---- two settings ---------------------------------------------------------------------------- */

/* One block of the arms of a side; the order of pairs of blocks is mirrored. */
static int block_of(struct session *s, struct course *c, unsigned int side,
		    struct schedule *schedule, unsigned int number)
{
	unsigned int order[SCHEDULE_MAX_ARMS];
	int ret = 0;

	schedule_next(schedule, order);
	for (unsigned int i = 0; !ret && i < s->nr; i++)
		if (s->place[order[i]].side == side && session_is_active(s, order[i]))
			ret = one_pass(s, c, order[i], number);
	return ret ? ret : stop_or_nobody(s);
}

/* @nr: how many blocks; 0: as many as there is time for, and then that many */
static int blocks_of(struct session *s, struct course *c, unsigned int side, uint64_t goal_ns,
		     unsigned int *nr)
{
	uint64_t begin_ns = slot_clock_ns();
	struct schedule schedule;
	unsigned int b = 0;
	int ret = 0;

	schedule_init(&schedule, s->nr, c->rng++);
	while (!ret && b < (*nr ? *nr : SESSION_MAX_BLOCKS)) {
		if (!*nr && enough_blocks(c, b, begin_ns, goal_ns))
			break;
		ret = block_of(s, c, side, &schedule, b++);
		if (!ret)
			ret = block_of(s, c, side, &schedule, b++);
	}
	*nr = b;
	c->epochs_ns += slot_clock_ns() - begin_ns;
	return ret;
}

/* The process ends with its half: the next one is not to find it there. */
static int leave(struct session *s, struct course *c, unsigned int side)
{
	int ret = tear_down_side(s, c, side);

	if (!ret)
		client_quit(&s->client[side]);
	return ret;
}

static int half(struct session *s, struct course *c, unsigned int side, unsigned int *nr_blocks)
{
	uint64_t begin_ns, setup_ns;
	int ret = session_toggle(s, side), left;

	if (ret)
		return ret;
	/* How long the command takes says nothing of how long a half should be. */
	begin_ns = slot_clock_ns();
	ret = set_up_side(s, c, side);
	setup_ns = slot_clock_ns() - begin_ns;
	c->setup_ns += setup_ns;
	if (!ret)
		ret = drop_first_epochs(s, side);
	if (!ret)
		ret = blocks_of(s, c, side, instance_goal_ns(s, 2 * setup_ns) / 2, nr_blocks);
	if (ret && ret != NOBODY_LEFT)
		return ret;
	left = leave(s, c, side);
	return left ? left : ret;
}

int two_settings(struct session *s, struct course *c)
{
	unsigned int first = draw_below(c, 2), nr_blocks = 0;
	int ret;

	/* Those of setting up the question, the first time. */
	for (unsigned int side = 0; side < 2; side++) {
		ret = leave(s, c, side);
		if (ret)
			return ret;
	}
	c->setup_ns = c->epochs_ns = 0;
	ret = half(s, c, first, &nr_blocks);
	return ret ? ret : half(s, c, !first, &nr_blocks);
}
