// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/controller/interrupt.h"
#include "bench/controller/kernel_arm.h"
#include "bench/controller/kernel_module.h"
#include "lib/measure/looks.h"

/* Of each question on average, setup and calibration included; and few have all they want. */
#define BUDGET_EACH_NS	1100000000ULL
#define BUDGET_SIDES_NS 3000000000ULL
#define BUDGET_LEAST_NS 12000000000ULL

uint64_t run_budget_ns(size_t nr, bool two_sides)
{
	uint64_t ns = nr * (two_sides ? BUDGET_SIDES_NS : BUDGET_EACH_NS);

	return ns > BUDGET_LEAST_NS ? ns : BUDGET_LEAST_NS;
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

/* A run while it goes on. */
struct running {
	const struct suite *s;
	const struct measure_opts *o;
	struct run_summary *sum;
	struct measured **kept; /* of two sides: of each question */
	uint64_t spent_ns;
	char *err;
	size_t errlen;
};

/* What came of measuring @q; 0 or -errno. */
static int take_outcome(struct running *run, const struct suite_question *q, int outcome,
			const char *why)
{
	struct run_summary *sum = run->sum;

	if (outcome < 0) {
		snprintf(run->err, run->errlen, "cannot write the record: %s", strerror(-outcome));
		return outcome;
	}
	if (outcome == MEASURE_FAILED && run->o->progress)
		progress_say(run->o->progress, "%s: %s", q->name, why);
	sum->failed += outcome == MEASURE_FAILED;
	if (outcome == MEASURE_OVER) {
		sum->over = true;
		snprintf(run->err, run->errlen, "%s", why);
	}
	return 0;
}

static bool goes_on(const struct running *run)
{
	return !run->sum->over && !interrupt_seen();
}

static int first_time(struct running *run, size_t i)
{
	const struct suite_question *q = &run->s->question[i];
	struct measure_opts mine = *run->o;
	struct measured *kept;
	uint64_t untraced_ns;
	char why[512];
	int outcome;

	time_of_next(&mine, run->spent_ns, run->s->nr, run->s->nr - i);
	if (mine.progress)
		progress_question(mine.progress, q->name, cost_s(q, &mine));
	outcome = measure_question(q, &mine, &kept, &untraced_ns, why, sizeof(why));
	run->spent_ns += untraced_ns;
	run->sum->done += outcome == MEASURE_DONE;
	run->sum->empty += outcome == MEASURE_EMPTY;
	if (run->kept)
		run->kept[i] = kept;
	else
		measure_free(kept);
	if (outcome == MEASURE_DONE && !run->kept) {
		add_kernel_arm(q, run->o);
		add_kernel_module(q, run->o);
	}
	return take_outcome(run, q, outcome, why);
}

/* The level depends on how many were called, so all questions have been measured once before. */
static int second_time(struct running *run)
{
	struct run_summary *sum = run->sum;
	size_t nr_questions = 0, nr;
	double confidence;
	char why[512];
	int ret = 0;

	for (size_t i = 0; i < run->s->nr; i++) {
		nr = run->kept[i] ? measure_nr_flagged(run->kept[i]) : 0;
		sum->flagged += nr;
		nr_questions += nr > 0;
	}
	if (!sum->flagged)
		return 0;
	confidence = looks_recheck_confidence(sum->flagged);
	if (run->o->progress) {
		progress_more(run->o->progress, nr_questions,
			      (double)nr_questions * (double)run->o->time_ns / 1e9);
		progress_say(run->o->progress, "%zu question%s to have changed: measured again",
			     nr_questions, nr_questions == 1 ? " seems" : "s seem");
	}
	for (size_t i = 0; !ret && i < run->s->nr && goes_on(run); i++) {
		const struct suite_question *q = &run->s->question[i];
		struct measured *m = run->kept[i];

		if (!m || !measure_nr_flagged(m))
			continue;
		if (run->o->progress)
			progress_question(run->o->progress, q->name, cost_s(q, run->o));
		ret = take_outcome(run, q, measure_again(m, run->o, confidence, why, sizeof(why)),
				   why);
		sum->regressed += measure_nr_confirmed(m, VERDICT_SLOWER);
		sum->improved += measure_nr_confirmed(m, VERDICT_FASTER);
	}
	return ret;
}

int run_questions(const struct suite *s, const struct measure_opts *o, struct run_summary *sum,
		  char *err, size_t errlen)
{
	struct running run = { .s = s, .o = o, .sum = sum, .err = err, .errlen = errlen };
	int ret = 0;

	*sum = (struct run_summary){ 0 };
	if (o->sides) {
		run.kept = calloc(s->nr + 1, sizeof(struct measured *));
		if (!run.kept) {
			snprintf(err, errlen, "out of memory");
			return -ENOMEM;
		}
	}
	for (size_t i = 0; !ret && i < s->nr && goes_on(&run); i++)
		ret = first_time(&run, i);
	if (!ret && run.kept && goes_on(&run))
		ret = second_time(&run);
	for (size_t i = 0; run.kept && i < s->nr; i++)
		measure_free(run.kept[i]);
	free(run.kept);
	if (ret)
		return ret;
	sum->interrupted = interrupt_seen();
	if (o->progress)
		progress_done(o->progress);
	return 0;
}
