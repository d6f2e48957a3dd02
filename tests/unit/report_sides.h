/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_REPORT_SIDES_H
#define KT_TESTS_REPORT_SIDES_H
/* For tests that make a record of two builds or settings: begin_sides() as .init, finish() as .fini. */
#include "tests/unit/report_records.h"

#include <math.h>

#define SIDES_PAIRS 4
#define SIDES_PER   25 /* operations of a pass */

/* Of each instance that follows. */
static double sides_steal;

static inline void begin_sides(void)
{
	begin();
	fclose(out);
	out = fopen(path, "w");
	cr_assert_not_null(out);
	sides_steal = 0;
}

static inline struct record_writer *sides_writer(void)
{
	struct record_writer *w;

	fflush(out);
	cr_assert_eq(record_stream(&w, dup(fileno(out))), 0);
	return w;
}

/* @h: what it compares; the rest is made here */
static inline void sides_header(const struct record_header *h)
{
	struct record_writer *w = sides_writer();
	struct record_header whole = *h;

	whole.tool = "bench";
	whole.kt = (struct record_build){ .version = "0.1.0", .build_id = "c0de" };
	whole.suite = (struct record_build){ .version = "0.2.0", .build_id = "feed" };
	whole.suite_name = "kt-suite";
	cr_assert_eq(record_write_header(w, &whole, 0, NULL), 0);
	cr_assert_eq(record_close(w), 0);
}

static inline void builds_header(enum record_code_status code)
{
	const struct record_header h = {
		.kind = RECORD_BUILDS,
		.against = { .name = "old-suite",
			     .build = { .version = "0.1.0", .build_id = "01d" } },
		.code = { .status = code, .compared = 10, .changed = code == RECORD_CODE_CHANGED },
	};

	sides_header(&h);
	environment("host", "6.1");
}

/* Question @name, mode "latency", with both sides of @arm; @skipped: why "glib" is not there */
static inline void sides_question(const char *name, enum record_kind kind, const char *arm,
				  const char *skipped)
{
	static const char *const side[][2] = {
		[RECORD_BUILDS] = { "old", "new" }, [RECORD_SETTINGS] = { "A", "B" }
	};
	static struct record_question q;
	struct record_writer *w = sides_writer();
	char both[2][80];

	memset(&q, 0, sizeof(q));
	q.name = name;
	q.latency = true;
	q.zone = 0.01;
	q.kind = kind;
	q.nr_arms = 2;
	for (int i = 0; i < 2; i++) {
		snprintf(both[i], sizeof(both[i]), "%s (%s)", arm, side[kind][i]);
		q.arm[i] = (struct record_arm){ .name = both[i],
						.of = arm,
						.side = side[kind][i],
						.against = i ? both[0] : NULL };
	}
	if (skipped)
		q.skipped[q.nr_skipped++] = (struct record_skipped){ "glib", skipped };
	cr_assert_eq(record_write_question(w, &q), 0);
	cr_assert_eq(record_close(w), 0);
}

static inline void sides_recheck(const char *name, const char *arm, uint64_t first,
				 double confidence)
{
	static struct record_recheck r;
	struct record_writer *w = sides_writer();
	char candidate[80];

	snprintf(candidate, sizeof(candidate), "%s (new)", arm);
	memset(&r, 0, sizeof(r));
	r.question = name;
	r.first = first;
	r.confidence = confidence;
	r.arm[r.nr_arms++] = candidate;
	cr_assert_eq(record_write_recheck(w, &r), 0);
	cr_assert_eq(record_close(w), 0);
}

/* What one side did in an instance. */
struct sides_part {
	struct record_pass pass[SIDES_PAIRS];
	struct hist hist;
	char name[80];
};

/* Operations of about @ns, one in @one_in (0: none) ten times as long. */
static inline void make_sides_part(struct sides_part *p, struct record_part *part, double ns,
				   size_t one_in)
{
	static size_t number;

	hist_init(&p->hist, HIST_K_USER);
	for (size_t i = 0; i < SIDES_PAIRS; i++) {
		p->pass[i] = (struct record_pass){
			.block = i, .start_ns = clock_ns, .iterations = SIDES_PER, .p50 = ns
		};
		for (size_t k = 0; k < SIDES_PER; k++) {
			double v = ns * (1 + 0.001 * (double)(number % 7));

			if (one_in && number % one_in == 0)
				v *= 10;
			hist_add(&p->hist, (uint64_t)v);
			p->pass[i].ns += (uint64_t)v;
			number++;
		}
		clock_ns += p->pass[i].ns;
	}
	*part = (struct record_part){
		.arm = p->name, .nr_passes = SIDES_PAIRS, .pass = p->pass, .hist = &p->hist
	};
}

/* @old, @new: ns of an operation of each side; 0: it is not in. @one_in: of the new side */
static inline void sides_instance(const char *name, const char *arm, uint64_t number, double old,
				  double new, size_t one_in)
{
	static struct sides_part made[2];
	struct record_part parts[2];
	struct record_instance in = {
		.question = name,
		.number = number,
		.batch = 1,
		.part = parts,
		.noise = { .steal = sides_steal, .psi_cpu = NAN, .canary_ns = 1000 },
	};
	struct record_writer *w = sides_writer();

	snprintf(made[0].name, sizeof(made[0].name), "%s (old)", arm);
	snprintf(made[1].name, sizeof(made[1].name), "%s (new)", arm);
	if (old > 0)
		make_sides_part(&made[0], &parts[in.nr_parts++], old, 0);
	if (new > 0)
		make_sides_part(&made[1], &parts[in.nr_parts++], new, one_in);
	cr_assert_eq(record_write_instance(w, &in), 0);
	cr_assert_eq(record_close(w), 0);
}

/* @nr of them, from number @first on, each a little apart from the others. */
static inline void sides_instances(const char *name, const char *arm, uint64_t first, int nr,
				   uint64_t ns, double ratio, size_t one_in)
{
	for (int i = 0; i < nr; i++)
		sides_instance(name, arm, first + (uint64_t)i, (double)wobble(i, ns * 1000) / 1000,
			       ratio * (double)wobble(i + 1, ns * 1000) / 1000, one_in);
}
#endif
