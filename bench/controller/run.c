// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/run.h"

#include <stdio.h>
#include <string.h>

#include "bench/controller/interrupt.h"
#include "bench/controller/kernel_arm.h"
#include "bench/controller/kernel_module.h"

/* Of each question on average; and few of them have all they want. */
#define BUDGET_EACH_NS	1200000000ULL
#define BUDGET_LEAST_NS 12000000000ULL

uint64_t run_budget_ns(size_t nr)
{
	return nr * BUDGET_EACH_NS > BUDGET_LEAST_NS ? nr * BUDGET_EACH_NS : BUDGET_LEAST_NS;
}

static double cost_s(const struct suite_question *q, const struct measure_opts *o)
{
	return measure_cost_s(q, o) +
	       (o->tracing && kernel_arm_fits(q->name) ? KERNEL_ARM_SECONDS + 0.3 : 0);
}

double run_cost_s(const struct suite *s, const struct measure_opts *o)
{
	double sum = 0, untraced = (double)s->nr * (MEASURE_SETUP_S + (double)o->time_ns / 1e9);

	for (size_t i = 0; i < s->nr; i++)
		sum += cost_s(&s->question[i], o);
	/* The budget is for everything that is not traced. */
	if (o->budget_ns && o->budget_ns < (uint64_t)(untraced * 1e9))
		sum -= untraced - (double)o->budget_ns / 1e9;
	return sum;
}

/*
 * The time of the next question of @nr, with @nr_left to come, itself included: up to twice its
 * share of what is left, since many need less. Where the ones before took more than theirs (a busy
 * machine) it has half a share all the same, so that the last ones are answered. For mean and tails
 * arms go on within half a share: a median of a question to come counts more.
 */
static void time_of_next(struct measure_opts *o, uint64_t spent_ns, size_t nr, size_t nr_left)
{
	uint64_t left_ns, share_ns, least_ns = o->budget_ns / nr / 2;

	o->tails_ns = o->time_ns;
	if (!o->budget_ns)
		return;
	left_ns = o->budget_ns > spent_ns ? o->budget_ns - spent_ns : 0;
	share_ns = nr_left > 1 ? left_ns / nr_left * 2 : left_ns;
	if (share_ns < least_ns)
		share_ns = least_ns;
	if (share_ns < o->time_ns)
		o->time_ns = share_ns;
	if (nr_left > 1 && share_ns / 4 < o->tails_ns)
		o->tails_ns = share_ns / 4;
	if (o->tails_ns > o->time_ns)
		o->tails_ns = o->time_ns;
}

/*
 * Beside the answer, never instead of it: without it only the kernel's row is missing, and we say
 * so.
 */
static void add_kernel_arm(const struct suite_question *q, const struct measure_opts *o)
{
	char why[256];

	if (!o->tracing || !kernel_arm_fits(q->name) || interrupt_seen())
		return;
	if (o->progress)
		progress_update(o->progress, "the kernel's own worker", 0.9);
	if (kernel_arm_measure(o->out, q->name, why, sizeof(why)) && o->progress)
		progress_say(o->progress, "%s: the kernel's own worker is not shown: %s", q->name,
			     why);
}

/* The same for the kernel's own kthreads, where their module is loaded. */
static void add_kernel_module(const struct suite_question *q, const struct measure_opts *o)
{
	char why[256];

	if (!kernel_module_loaded() || interrupt_seen())
		return;
	if (kernel_module_measure(o->out, q->name, why, sizeof(why)) && o->progress)
		progress_say(o->progress, "%s: the kernel's own kthreads are not shown: %s",
			     q->name, why);
}

int run_questions(const struct suite *s, const struct measure_opts *o, struct run_summary *sum,
		  char *err, size_t errlen)
{
	uint64_t spent_ns = 0, untraced_ns;
	char why[256];
	int r;

	*sum = (struct run_summary){ 0 };
	for (size_t i = 0; i < s->nr && !interrupt_seen(); i++) {
		const struct suite_question *q = &s->question[i];
		struct measure_opts mine = *o;

		time_of_next(&mine, spent_ns, s->nr, s->nr - i);
		if (o->progress)
			progress_question(o->progress, q->name, cost_s(q, &mine));
		r = measure_question(q, &mine, &untraced_ns, why, sizeof(why));
		spent_ns += untraced_ns;
		if (r < 0) {
			snprintf(err, errlen, "cannot write the record: %s", strerror(-r));
			return r;
		}
		if (r == MEASURE_FAILED && o->progress)
			progress_say(o->progress, "%s: %s", q->name, why);
		sum->done += r == MEASURE_DONE;
		sum->empty += r == MEASURE_EMPTY;
		sum->failed += r == MEASURE_FAILED;
		if (r == MEASURE_DONE) {
			add_kernel_arm(q, o);
			add_kernel_module(q, o);
		}
	}
	sum->interrupted = interrupt_seen();
	if (o->progress)
		progress_done(o->progress);
	return 0;
}
