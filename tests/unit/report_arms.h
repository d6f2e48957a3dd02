/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_REPORT_ARMS_H
#define KT_TESTS_REPORT_ARMS_H
/* For tests that make a record of arms: begin_sides() as .init, finish() as .fini, arms_header() first. */
#include "tests/unit/report_sides.h"

/* An arm and its time relative to the others; ratio 0: it is announced, and never measured */
struct arms_arm {
	const char *name;
	double ratio;
};

/* Of each question that follows. */
static double arms_zone = 0.01;

static inline void arms_header(const char *host)
{
	const struct record_header h = { .kind = RECORD_ARMS };

	sides_header(&h);
	environment(host, "6.1");
}

static inline size_t arms_count(const struct arms_arm *arm)
{
	size_t nr = 0;

	while (arm[nr].name)
		nr++;
	return nr;
}

/* Question @name of the arms up to the first without a name, compared with @baseline. */
static inline void arms_question(const char *name, const char *baseline, const struct arms_arm *arm)
{
	static struct record_question q;
	struct record_writer *w = sides_writer();

	memset(&q, 0, sizeof(q));
	q.name = name;
	q.latency = true;
	q.baseline = baseline;
	q.zone = arms_zone;
	q.nr_arms = arms_count(arm);
	for (size_t i = 0; i < q.nr_arms; i++)
		q.arm[i] = (struct record_arm){ .name = arm[i].name };
	cr_assert_eq(record_write_question(w, &q), 0);
	cr_assert_eq(record_close(w), 0);
}

/* @nr instances of it, in which an operation takes about 10 us times the arm's ratio. */
static inline void arms_instances(const char *name, const struct arms_arm *arm, int nr)
{
	static struct sides_part made[RECORD_MAX_ARMS];
	struct record_part parts[RECORD_MAX_ARMS];

	for (int i = 0; i < nr; i++) {
		struct record_instance in = {
			.question = name,
			.number = (uint64_t)i,
			.batch = 1,
			.part = parts,
			.noise = { .steal = sides_steal,
				   .psi_cpu = NAN,
				   .canary_ns = 1000,
				   .wall_ns = 600000000 },
		};
		struct record_writer *w = sides_writer();

		for (size_t a = 0; a < arms_count(arm); a++) {
			double ns = arm[a].ratio * (double)wobble(i + (int)a, 10000000) / 1000;

			if (!(ns > 0))
				continue;
			snprintf(made[a].name, sizeof(made[a].name), "%s", arm[a].name);
			make_sides_part(&made[a], &parts[in.nr_parts++], ns, 0);
		}
		cr_assert_eq(record_write_instance(w, &in), 0);
		cr_assert_eq(record_close(w), 0);
	}
}

/* Both of them, with enough instances for a verdict. */
static inline void arms_measured(const char *name, const char *baseline, const struct arms_arm *arm)
{
	arms_question(name, baseline, arm);
	arms_instances(name, arm, 24);
}

#define ARMS(...) ((const struct arms_arm[]){ __VA_ARGS__, { NULL, 0 } })

static inline void arms_failed(const char *name, const char *reason)
{
	struct record_failed f = { .question = name, .reason = reason };
	struct record_writer *w = sides_writer();

	cr_assert_eq(record_write_failed(w, &f), 0);
	cr_assert_eq(record_close(w), 0);
}
#endif
