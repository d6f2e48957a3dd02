// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/calibrate.h"

#include <stdlib.h>

#include "bench/controller/schedule.h"

/* The search for one arm's count. */
struct search {
	unsigned int arm;
	uint64_t count;	       /* of the trials now */
	uint64_t least_ns;     /* of them */
	unsigned int nr_tried; /* at this count */
	bool found;
	double cost_ns; /* of an operation */
	uint64_t wanted;
};

/* The count for operations of @cost ns. */
static uint64_t wanted(double cost, bool latency)
{
	double target = cost < CALIBRATE_SLOW_OP_NS ? CALIBRATE_FAST_NS : CALIBRATE_TARGET_NS;
	double count = target / cost;

	if (latency && count < CALIBRATE_MIN)
		count = CALIBRATE_MIN;
	if (count * cost > CALIBRATE_CAP_NS)
		count = CALIBRATE_CAP_NS / cost;
	if (count > (double)CALIBRATE_MAX)
		return CALIBRATE_MAX;
	return count < 1 ? 1 : (uint64_t)count;
}

/*
 * What the trials at this count say: enough of them, and a count that is what they ask for, end the
 * search. To grow, two are enough, since the next count is only another place to look from; to
 * shrink, two that were disturbed would be too few.
 */
static void evaluate(struct search *s, bool latency)
{
	bool enough;
	uint64_t w;

	s->cost_ns = (double)(s->least_ns ? s->least_ns : 1) / (double)s->count;
	w = wanted(s->cost_ns, latency);
	s->wanted = w;
	if (s->nr_tried < 2)
		return;
	enough = s->nr_tried >= CALIBRATE_TRIALS || s->least_ns >= CALIBRATE_LONG_NS;
	if (w > s->count + s->count / 4 || (enough && w < s->count - s->count / 4)) {
		s->count = w > 10 * s->count ? 10 * s->count : w;
		s->nr_tried = 0;
		return;
	}
	s->found = enough;
}

static int round_of(struct search *s, unsigned int nr, bool latency, calibrate_epoch run, void *arg,
		    bool *all_found)
{
	uint64_t ns;
	int ret;

	*all_found = true;
	for (unsigned int i = 0; i < nr; i++) {
		if (s[i].found)
			continue;
		ret = run(arg, i, s[i].count, &ns);
		if (ret)
			return ret;
		if (!s[i].nr_tried++ || ns < s[i].least_ns)
			s[i].least_ns = ns;
		evaluate(&s[i], latency);
		*all_found = *all_found && s[i].found;
	}
	return 0;
}

static int by_count_falling(const void *a, const void *b)
{
	const struct search *x = a, *y = b;

	return (x->wanted < y->wanted) - (x->wanted > y->wanted);
}

/* The count of a group, from its fastest arm on: the largest that its slowest bears. */
static uint64_t shared_count(const struct search *fastest, const struct search *slowest)
{
	double count = (double)fastest->wanted, cap = CALIBRATE_CAP_NS / slowest->cost_ns,
	       least = CALIBRATE_FLOOR_NS / fastest->cost_ns;

	if (count > cap)
		count = cap > least ? cap : least;
	return count < 1 ? 1 : (uint64_t)count;
}

static void share(struct search *s, unsigned int nr, uint64_t *iterations, uint64_t *epoch_ns)
{
	unsigned int end;

	qsort(s, nr, sizeof(*s), by_count_falling);
	for (unsigned int i = 0; i < nr; i = end) {
		uint64_t count;

		end = i + 1;
		while (end < nr && s[end].wanted * CALIBRATE_APART >= s[end - 1].wanted)
			end++;
		count = shared_count(&s[i], &s[end - 1]);
		for (unsigned int j = i; j < end; j++) {
			iterations[s[j].arm] = count;
			epoch_ns[s[j].arm] = (uint64_t)((double)count * s[j].cost_ns);
		}
	}
}

int calibrate(unsigned int nr, bool latency, calibrate_epoch run, void *arg, uint64_t *iterations,
	      uint64_t *epoch_ns)
{
	struct search s[SCHEDULE_MAX_ARMS] = { 0 };
	bool all_found = false;
	int ret;

	for (unsigned int i = 0; i < nr; i++) {
		s[i].arm = i;
		s[i].count = 1;
	}
	for (int n = 0; n < CALIBRATE_ROUNDS && !all_found; n++) {
		ret = round_of(s, nr, latency, run, arg, &all_found);
		if (ret)
			return ret;
	}
	share(s, nr, iterations, epoch_ns);
	return 0;
}

void calibrate_same(uint64_t *iterations, uint64_t *epoch_ns)
{
	struct search side[2] = { 0 };
	uint64_t count;
	int fast;

	for (int i = 0; i < 2; i++)
		side[i].cost_ns = (double)(epoch_ns[i] ? epoch_ns[i] : 1) / (double)iterations[i];
	fast = side[1].cost_ns < side[0].cost_ns;
	side[fast].wanted = iterations[0] > iterations[1] ? iterations[0] : iterations[1];
	count = shared_count(&side[fast], &side[!fast]);
	for (int i = 0; i < 2; i++) {
		iterations[i] = count;
		epoch_ns[i] = (uint64_t)((double)count * side[i].cost_ns);
	}
}
