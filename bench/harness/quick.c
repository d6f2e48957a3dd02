// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/harness/worker.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/harness/state.h"

#define QUICK_EPOCH_NS	     5000000ULL
#define QUICK_EPOCHS	     15
#define QUICK_MAX_ITERATIONS (1ULL << 40)

struct quick_arm {
	struct bench_state st;
	struct hist hist;
	uint64_t iterations, nr_impossible;
};

/* Iterations for an epoch of about QUICK_EPOCH_NS, found by growing. */
static void quick_calibrate(struct quick_arm *a)
{
	uint64_t took, n = 1;

	for (;;) {
		bench_state_run(&a->st, n, false);
		took = a->st.wire->end_ns - a->st.wire->start_ns;
		if (a->st.status != WIRE_OK || took >= QUICK_EPOCH_NS / 2 ||
		    n >= QUICK_MAX_ITERATIONS)
			break;
		n *= took < QUICK_EPOCH_NS / 20 ? 10 : 2;
	}
	a->iterations = n;
}

/* Return: whether the arm has failed. */
static bool quick_print(const struct quick_arm *a)
{
	const char *name = bench_arm(&a->st);
	unsigned int each = a->st.question->def->batch;
	double batch = each > 1 ? each : 1;
	int digits = each > 1 ? 1 : 0;
	unsigned long long nr = a->nr_impossible;

	if (a->st.status != WIRE_OK) {
		printf("  %-14s %s: %s\n", name,
		       a->st.status == WIRE_SKIPPED ? "skipped" : "failed", a->st.reason);
		return a->st.status == WIRE_FAILED;
	}
	if (!a->hist.count) {
		printf("  %-14s failed: all %llu values were impossible (end before beginning)\n",
		       name, nr);
		return true;
	}
	printf("  %-14s %12.*f %12.*f %12.*f %12.0f %10llu\n", name, digits,
	       hist_quantile(&a->hist, 0.5) / batch, digits, hist_quantile(&a->hist, 0.9) / batch,
	       digits, hist_quantile(&a->hist, 0.99) / batch, (double)a->hist.max / batch,
	       (unsigned long long)a->iterations);
	if (nr)
		printf("  %-14s left out: %llu impossible values (end before beginning)\n", "", nr);
	return false;
}

/* All arms of one question, one epoch each in turn. Return: how many failed. */
static unsigned int quick_question(const struct bench_question *q, struct bench_place *at)
{
	struct quick_arm *arm = calloc(q->nr_arms, sizeof(*arm));
	unsigned int failed = 0;

	if (!arm)
		return 1;
	for (at->arm = 0; at->arm < q->nr_arms; at->arm++) {
		bench_state_setup(&arm[at->arm].st, at);
		hist_init(&arm[at->arm].hist, HIST_K_USER);
		if (arm[at->arm].st.in)
			quick_calibrate(&arm[at->arm]);
	}
	for (int epoch = 0; epoch < QUICK_EPOCHS; epoch++)
		for (unsigned int i = 0; i < q->nr_arms; i++) {
			if (arm[i].st.status != WIRE_OK)
				continue;
			bench_state_run(&arm[i].st, arm[i].iterations, false);
			hist_merge(&arm[i].hist, &at->wire->hist);
			arm[i].nr_impossible += at->wire->nr_impossible;
		}
	printf("%s\n", q->name);
	for (unsigned int i = 0; i < q->nr_arms; i++) {
		failed += quick_print(&arm[i]);
		bench_state_teardown(&arm[i].st);
	}
	free(arm);
	return failed;
}

int bench_quick(const char *filter, const struct bench_questions *qs, const struct bench_cpus *cpus)
{
	struct bench_place at = { .cpus = cpus };
	unsigned int failed = 0, ran = 0;
	char text[128];
	regex_t re;
	int ret;

	ret = filter ? regcomp(&re, filter, REG_EXTENDED | REG_NOSUB) : 0;
	if (ret) {
		regerror(ret, &re, text, sizeof(text));
		fprintf(stderr, "bad filter '%s': %s\n", filter, text);
		return 2;
	}
	at.wire = calloc(1, sizeof(*at.wire));
	if (at.wire && cpus->nr)
		bench_cpus_pin(cpus->cpu[0]);
	for (size_t i = 0; at.wire && i < qs->nr; i++) {
		at.question = &qs->question[i];
		at.number = (uint32_t)i;
		if (filter ? regexec(&re, at.question->name, 0, NULL, 0) != 0
			   : at.question->def->manual)
			continue;
		if (!ran++)
			printf("A quick look, ns; `kt bench` on this binary compares the arms.\n"
			       "  %-14s %12s"
			       " %12s %12s %12s %10s\n",
			       "arm", "p50", "p90", "p99", "max", "iterations");
		failed += quick_question(at.question, &at);
		fflush(stdout);
	}
	if (filter)
		regfree(&re);
	free(at.wire);
	if (!ran)
		fprintf(stderr, "no question matches\n");
	return !ran ? 4 : failed ? 5 : 0;
}
