// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/selftest_rounds.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/controller/about.h"
#include "bench/controller/child.h"
#include "bench/controller/hog.h"
#include "bench/controller/interrupt.h"
#include "bench/controller/run.h"
#include "lib/probe/slot.h"
#include "lib/record/record.h"

/* However little time is left, a question has this. */
#define LEAST_NS 100000000ULL

/* Beyond the time of the self-test the load ends by itself. */
#define LOAD_GRACE_NS 120000000000ULL

struct round {
	const struct selftest_plan *plan;
	struct selftest *s;
	struct selftest_outcome *o;
	char *err;
	size_t errlen;
};

static struct measure_opts options_of(const struct round *r, uint64_t left_ns,
				      struct record_writer *out)
{
	const struct selftest_plan *plan = r->plan;
	struct measure_opts m = { .path = plan->suite->path,
				  .sides = plan->sides,
				  .time_ns = plan->sides ? RUN_SIDES_TIME_NS : RUN_TIME_NS,
				  .seed = plan->seed + r->o->nr_rounds,
				  .patience_ns = plan->patience_ns,
				  .out = out,
				  .progress = plan->progress };
	uint64_t least_ns = plan->suite->nr * LEAST_NS;

	if (plan->each_ns) {
		m.time_ns = plan->each_ns;
		return m;
	}
	m.budget_ns = run_budget_ns(plan->suite->nr, plan->sides != NULL);
	if (m.budget_ns > left_ns)
		m.budget_ns = left_ns > least_ns ? left_ns : least_ns;
	return m;
}

/* The record of a round, as far as it came. */
static int measure(struct round *r, struct record_writer *out, uint64_t left_ns, bool *cut)
{
	struct measure_opts m = options_of(r, left_ns, out);
	struct record_header h = { .tool = "bench", .has_seed = true, .seed = m.seed };
	struct run_summary sum = { 0 };
	struct about about;
	int ret;

	about_suite(&about, m.path, &h.suite_name, &h.suite);
	if (m.sides) {
		h.kind = m.sides->kind;
		h.against = (struct record_against){ m.path, h.suite_name, h.suite };
	}
	ret = record_write_header(out, &h, 0, NULL);
	if (ret)
		snprintf(r->err, r->errlen, "cannot write the record of a round: %s",
			 strerror(-ret));
	else
		ret = run_questions(r->plan->suite, &m, &sum, r->err, r->errlen);
	r->o->failed |= sum.failed != 0;
	r->o->interrupted |= sum.interrupted;
	*cut = sum.interrupted;
	return ret;
}

static int count(struct round *r, const char *path, bool cut)
{
	struct report *rep;
	int ret = report_load(&rep, path, r->err, r->errlen);

	if (ret)
		return ret;
	/* The question that was interrupted had less time than others. */
	ret = selftest_add(r->s, rep, cut && rep->nr_questions ? rep->nr_questions - 1 : SIZE_MAX);
	if (ret)
		snprintf(r->err, r->errlen, "%s",
			 ret == -E2BIG ? "these are more operations than a self-test has room for"
				       : "out of memory");
	report_free(rep);
	return ret;
}

static int go_round(struct round *r, uint64_t left_ns)
{
	int fd = memfd_create("kt-selftest", MFD_CLOEXEC), copy = fd < 0 ? -1 : dup(fd), ret;
	struct record_writer *out;
	bool cut = false;
	char path[40];

	if (copy < 0) {
		ret = -errno;
		snprintf(r->err, r->errlen, "cannot keep a record in memory: %s", strerror(-ret));
		if (fd >= 0)
			close(fd);
		return ret;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = record_stream(&out, copy);
	if (ret) {
		snprintf(r->err, r->errlen, "out of memory");
	} else {
		ret = measure(r, out, left_ns, &cut);
		record_close(out);
	}
	if (!ret)
		ret = count(r, path, cut);
	close(fd);
	r->o->nr_rounds++;
	return ret;
}

static int rounds(struct round *r)
{
	uint64_t begin_ns = slot_clock_ns(), passed_ns = 0, took_ns = 0;
	struct progress *p = r->plan->progress;
	int ret = 0;

	/* What is left after the last whole round is worth a half one, not less. */
	while (!ret && !interrupt_seen() &&
	       (!r->o->nr_rounds || passed_ns + took_ns / 2 < r->plan->time_ns)) {
		if (p && p->nr < (r->o->nr_rounds + 1) * r->plan->suite->nr)
			p->nr = (r->o->nr_rounds + 1) * r->plan->suite->nr;
		ret = go_round(r, r->plan->time_ns > passed_ns ? r->plan->time_ns - passed_ns : 0);
		took_ns = slot_clock_ns() - begin_ns - passed_ns;
		passed_ns += took_ns;
	}
	r->o->interrupted |= interrupt_seen();
	r->s->found.duration_ns = passed_ns;
	return ret;
}

int selftest_rounds(struct selftest *s, const struct selftest_plan *plan,
		    struct selftest_outcome *o, char *err, size_t errlen)
{
	struct round r = { .plan = plan, .s = s, .o = o, .err = err, .errlen = errlen };
	pid_t hog = 0;
	int ret = 0;

	*o = (struct selftest_outcome){ 0 };
	if (plan->load)
		ret = hog_start(&hog, 2 * plan->time_ns + LOAD_GRACE_NS, plan->seed, err, errlen);
	if (!ret)
		ret = rounds(&r);
	child_kill(hog);
	return ret;
}
