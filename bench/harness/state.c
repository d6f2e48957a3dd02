// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/harness/state.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* ---- the loop and the two ends of a wake: what runs inside the measured span ----------------- */

static uint64_t process_cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static void loop_start(struct bench_state *st)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	st->nvcsw_start = ru.ru_nvcsw;
	st->nivcsw_start = ru.ru_nivcsw;
	st->minflt_start = ru.ru_minflt;
	st->cpu_start_ns = process_cpu_ns();
	st->loop.left = st->iterations;
	st->step = STEP_RUNNING;
	st->wire->start_ns = bench_now_ns();
}

static void loop_stop(struct bench_state *st)
{
	struct wire *w = st->wire;
	struct rusage ru;

	w->end_ns = bench_now_ns();
	w->cpu_ns = process_cpu_ns() - st->cpu_start_ns;
	getrusage(RUSAGE_SELF, &ru);
	w->nvcsw = ru.ru_nvcsw - st->nvcsw_start;
	w->nivcsw = ru.ru_nivcsw - st->nivcsw_start;
	w->minflt = ru.ru_minflt - st->minflt_start;
	st->loop.left = 0;
	st->step = STEP_AFTER;
}

bool bench_loop_edge(struct bench_state *st)
{
	if (st->step == STEP_BEFORE && st->status == WIRE_OK) {
		loop_start(st);
		return true;
	}
	if (st->step == STEP_RUNNING)
		loop_stop(st);
	return false;
}

/*
 * An end before its beginning, as an unsigned difference: 2^63 or more, which is 292 years. One
 * such value would spoil the sum of its histogram, and the record has no number for it.
 */
static bool is_impossible(uint64_t ns)
{
	return ns >> 63;
}

/* Out of line: what the functions below do with any other value must not get slower by it. */
static __attribute__((cold, noinline)) void impossible_add(struct wire *w)
{
	w->nr_impossible++;
}

static inline __attribute__((always_inline)) void value_add(struct wire *w, uint64_t ns)
{
	if (is_impossible(ns)) {
		impossible_add(w);
		return;
	}
	hist_add(&w->hist, ns);
}

void bench_lat_record(struct bench_state *st, uint64_t ns)
{
	value_add(st->wire, ns);
}

uint64_t bench_request(struct bench_state *st, struct kthread_slot *s)
{
	uint64_t now = bench_now_ns();

	(void)st;
	if (slot_observed())
		slot_request_at(s, now);
	return now;
}

uint64_t bench_resume(struct bench_state *st, struct kthread_slot *s, uint64_t begin_ns)
{
	uint64_t now = bench_now_ns(), took = now - begin_ns;

	if (slot_observed()) /* 0: nobody measured it */
		slot_resume_at(s, now, is_impossible(took) ? 0 : took);
	value_add(st->wire, took);
	return now;
}

struct kthread_slot *bench_slot(struct bench_state *st)
{
	struct kthread_slot *s = slot_register();

	if (gettid() == st->driver)
		st->driver_measured = true;
	slot_tag(s, st->number, st->arm);
	return s;
}

/* ---- what the author asks and says ---------------------------------------------------------- */

uint64_t bench_iterations(const struct bench_state *st)
{
	return st->iterations;
}

void *bench_ctx(struct bench_state *st)
{
	return st->ctx;
}

const char *bench_arm(const struct bench_state *st)
{
	return st->arm < st->question->nr_arms ? st->question->def->arms[st->arm] : NULL;
}

const char *bench_question(const struct bench_state *st)
{
	return st->question->name;
}

const char *bench_param(const struct bench_state *st, const char *key)
{
	const struct bench_question *q = st->question;

	for (unsigned int i = 0; i < q->nr_params; i++)
		if (!strcmp(q->param[i].key, key))
			return q->param[i].value;
	return NULL;
}

bool bench_param_is(const struct bench_state *st, const char *key, const char *value)
{
	const char *v = bench_param(st, key);

	return v && !strcmp(v, value);
}

long bench_param_int(const struct bench_state *st, const char *key)
{
	const char *v = bench_param(st, key);

	return v ? strtol(v, NULL, 0) : 0;
}

int bench_cpu(const struct bench_state *st, unsigned int index)
{
	return index < st->cpus->nr ? st->cpus->cpu[index] : -1;
}

void bench_counter(struct bench_state *st, const char *name, double value)
{
	struct wire *w = st->wire;
	uint32_t i;

	for (i = 0; i < w->nr_counters; i++)
		if (!strncmp(w->counter[i].name, name, sizeof(w->counter[i].name) - 1))
			break;
	if (i == WIRE_NR_COUNTERS)
		return;
	if (i == w->nr_counters) {
		w->counter[i] = (struct wire_counter){ 0 };
		snprintf(w->counter[i].name, sizeof(w->counter[i].name), "%s", name);
		w->nr_counters++;
	}
	w->counter[i].value += value;
}

void bench_label(struct bench_state *st, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(st->label, sizeof(st->label), fmt, ap);
	va_end(ap);
}

/* The first reason counts: what follows is usually its consequence. The loop then ends. */
static void give_up(struct bench_state *st, enum wire_status status, const char *fmt, va_list ap)
{
	if (st->status != WIRE_OK)
		return;
	st->status = status;
	vsnprintf(st->reason, sizeof(st->reason), fmt, ap);
	st->loop.left = 0;
}

int bench_skip(struct bench_state *st, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	give_up(st, WIRE_SKIPPED, fmt, ap);
	va_end(ap);
	return -ECANCELED;
}

int bench_fail(struct bench_state *st, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	give_up(st, WIRE_FAILED, fmt, ap);
	va_end(ap);
	return -ECANCELED;
}

/* ---- life of a state ------------------------------------------------------------------------- */

/*
 * The driving thread is shared by all arms, and so is its slot: it carries an arm's tag only during that
 * arm's epochs, so that its wakes by the controller are nobody's.
 */
static void driver_tag(const struct bench_state *st, bool on)
{
	if (on && st->driver_measured)
		slot_tag(slot_self(), st->number, st->arm);
	else
		slot_tag(slot_self(), KTHREAD_SLOT_NONE, KTHREAD_SLOT_NONE);
}

static void *ctx_alloc(size_t size)
{
	size_t rounded = (size + 63) & ~(size_t)63;
	void *p = aligned_alloc(64, rounded ? rounded : 64);

	if (p)
		memset(p, 0, rounded ? rounded : 64);
	return p;
}

void bench_state_setup(struct bench_state *st, const struct bench_place *at)
{
	const struct bench_def *def = at->question->def;
	int ret;

	*st = (struct bench_state){ .question = at->question,
				    .number = at->number,
				    .arm = at->arm,
				    .cpus = at->cpus,
				    .wire = at->wire,
				    .driver = gettid() };
	st->ctx = ctx_alloc(def->ctx_size);
	if (!st->ctx) {
		bench_fail(st, "no memory for a context of %zu bytes", def->ctx_size);
		return;
	}
	ret = def->setup ? def->setup(st) : 0;
	if (ret < 0)
		bench_fail(st, "setup: %s", strerror(-ret));
	driver_tag(st, false);
	if (st->status == WIRE_OK) {
		st->in = true;
		return;
	}
	free(st->ctx);
	st->ctx = NULL;
}

/* The one value of an epoch in mode BENCH_TIME: ns per iteration, rounded. */
static void time_record(struct bench_state *st, uint64_t iterations)
{
	uint64_t took = st->wire->end_ns - st->wire->start_ns;

	bench_lat_record(st, is_impossible(took) ? took : (took + iterations / 2) / iterations);
}

void bench_state_run(struct bench_state *st, uint64_t iterations, bool observe)
{
	const struct bench_def *def = st->question->def;
	struct wire *w = st->wire;
	uint64_t n;

	hist_init(&w->hist, HIST_K_USER);
	w->nr_counters = 0;
	w->nr_impossible = 0;
	w->start_ns = w->end_ns = w->cpu_ns = w->nvcsw = w->nivcsw = w->minflt = 0;
	st->iterations = n = iterations ? iterations : 1;
	st->loop.left = 0;
	st->step = STEP_BEFORE;

	if (observe)
		slot_observe(1);
	driver_tag(st, true);
	def->body(st);
	driver_tag(st, false);
	if (observe)
		slot_observe(-1);

	if (st->status != WIRE_OK)
		return;
	if (st->step != STEP_AFTER)
		bench_fail(st, "the body %s",
			   st->step == STEP_BEFORE
				   ? "never called bench_keep_running()"
				   : "left its loop before bench_keep_running() ended it");
	else if (def->mode == BENCH_TIME)
		time_record(st, n);
	else if (!w->hist.count && !w->nr_impossible)
		bench_fail(st, "the body recorded no latency");
}

void bench_state_teardown(struct bench_state *st)
{
	if (!st->in)
		return;
	st->in = false;
	if (st->question->def->teardown)
		st->question->def->teardown(st);
	driver_tag(st, false);
	free(st->ctx);
	st->ctx = NULL;
}

bool bench_state_exists(const struct bench_question *q, void *arg)
{
	struct bench_state st = { .question = q, .cpus = arg, .arm = q->nr_arms };

	return !q->def->exists || q->def->exists(&st);
}
