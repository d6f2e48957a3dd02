/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_RUN_H
#define KT_CONTROLLER_RUN_H
/* A run: every selected question in turn, into one record file. */
#include "bench/controller/measure.h"

/*
 * Without --time a question takes this at most, and less on average: what a run of @nr questions has
 * together is run_budget_ns(), setup and calibration included. The untraced part of the built-in
 * suite then ends within 20 s, also when some questions have to go beyond theirs for the fewest
 * instances or to confirm a call. Of two sides all is more: each instance is a new process a side.
 */
#define RUN_TIME_NS	  3000000000ULL
#define RUN_SIDES_TIME_NS 6000000000ULL
uint64_t run_budget_ns(size_t nr, bool two_sides);

struct run_summary {
	size_t done, empty, failed;
	bool interrupted;
	bool over; /* ended early: the sentence is in @err */
	/* of two sides: figures that the first measuring called, arms that the second one confirmed */
	size_t flagged, regressed, improved;
};

/*
 * run_questions - measure every question of @s; a lost one costs itself only. Of two sides: then
 * those of them again that were called slower or faster.
 *
 * Writes neither header nor end. @o->progress may be NULL. Return: 0 and @sum, or -errno with a
 * sentence in @err when the records can no longer be written. @sum->over is no error: the records are
 * as they should be.
 */
int run_questions(const struct suite *s, const struct measure_opts *o, struct run_summary *sum,
		  char *err, size_t errlen);

/* run_cost_s - about how long that takes */
double run_cost_s(const struct suite *s, const struct measure_opts *o);
#endif
