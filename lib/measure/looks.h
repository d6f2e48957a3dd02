/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_MEASURE_LOOKS_H
#define KT_MEASURE_LOOKS_H
/*
 * When is an arm decided? What the looks at its instances, one after the other, say of a metric.
 *
 * "Equivalent" counts at the look that says so. "Slower" and "faster" are calls, and count once
 * fresh instances, those after the call alone, confirm them: their own interval of 99 % must lie on
 * the call's side of 1, while that of all instances lies beyond the zone. So the instances that
 * made the call, perhaps by luck, say nothing in its confirmation: a false call takes two
 * independent accidents, of 1 in 100 and of 1 in 200 at a look. That is why the second level need
 * not be divided by the number of arms called. The second step asks for the direction alone: how
 * large the difference is, all instances say.
 *
 * Fresh instances that go together leave too few independent ones for an interval; they confirm a p50
 * that is ten times as far from 1 as they lie apart (judge_far()).
 *
 * A call is withdrawn when all instances say "equivalent", or the fresh ones the opposite.
 *
 * Of two builds or two settings many arms are compared, and most of them have not changed. So what is
 * called is measured again after all questions: looks_confirmed().
 *
 * The p50 is what the controller stops by: it is judged on the instances that decided it, also when
 * others follow for the sake of the arm's tails or of another arm. Mean and tails are judged on all
 * instances, but a call of theirs has to be confirmed in the same way.
 *
 * The controller stops measuring an arm by this, and the report says what the controller found: the
 * same instances in the same order give the same answer. Pure.
 */
#include "lib/measure/judge.h"

struct looks {
	enum verdict verdict; /* "inconclusive" unless decided */
	bool decided;
	size_t nr;	  /* instances: on which it was decided, else how many were looked at */
	size_t called_at; /* instances at the call that waits to be confirmed; 0: none waits */
	enum verdict call;
};

/* looks_due - is there a look after @nr instances, @l being what was said before? */
bool looks_due(const struct looks *l, size_t nr);

/*
 * looks_go_on - @l, the outcome of the looks at the first @l->nr instances ({ .nr = 0 }: of none), and
 * of those that follow up to @nr
 * @memory: judge_memory(@nr) bytes, aligned as malloc()'s
 */
void looks_go_on(struct looks *l, enum judge_metric m, const struct judge_instance *i, size_t nr,
		 double zone, void *memory);

/* looks_of - of all looks at the first @nr instances */
struct looks looks_of(enum judge_metric m, const struct judge_instance *i, size_t nr, double zone,
		      void *memory);

/* looks_at - the same of the p50 */
struct looks looks_at(const struct judge_instance *i, size_t nr, double zone, void *memory);

/*
 * looks_judge - what is said of a metric in the end: judge(), of the p50 on the instances that decided
 * it, of the others on all; "slower" and "faster" only where the looks have confirmed them, else
 * "inconclusive" with JUDGE_UNCONFIRMED
 */
struct judgement looks_judge(enum judge_metric m, const struct judge_instance *i, size_t nr,
			     double zone, void *memory);

/* ---- measured again -------------------------------------------------------------------------- */

/*
 * looks_recheck_confidence - what confidence is asked of the second measuring when @nr_flagged figures
 * of a run were called: about one false call in a hundred runs, however many they are
 */
double looks_recheck_confidence(size_t nr_flagged);

/* No confidence is asked for that takes more instances than this, all on one side. */
#define LOOKS_MAX_RECHECK 100

/*
 * looks_recheck_instances - how many instances it takes at least: twice as many as must all lie on
 * one side for an interval of @confidence, so that neighbours that are alike may be taken together
 */
size_t looks_recheck_instances(double confidence);

/*
 * looks_confirmed - does the second measuring say what the first one called?
 * @nr: all instances; from number @first on they are those of the second measuring
 * @call: VERDICT_SLOWER or VERDICT_FASTER, said of metric @m by the first one
 *
 * It does when its own interval, of @confidence, lies on the call's side of 1, while that of all
 * instances, of JUDGE_CONFIDENCE, lies beyond the zone. False where there was no second measuring.
 */
bool looks_confirmed(enum judge_metric m, const struct judge_instance *i, size_t first, size_t nr,
		     enum verdict call, double zone, double confidence, void *memory);
#endif
