// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_wakes: bands of wakes add up to all of them, cells of CPUs are added up over runs, and the
 * longest waits of a question's traced blocks are its own.
 */
#include "tests/unit/report_records.h"

#include <math.h>

#include "lib/record/types.h"

TestSuite(report_wakes, .init = begin, .fini = finish, .timeout = 60);

static void append(int (*write)(struct record_writer *w, const void *what), const void *what)
{
	struct record_writer *w;

	fflush(out);
	cr_assert_eq(record_stream(&w, dup(fileno(out))), 0);
	cr_assert_eq(write(w, what), 0);
	cr_assert_eq(record_close(w), 0);
}

static int write_trace(struct record_writer *w, const void *t)
{
	return record_write_trace(w, t);
}

static int write_event(struct record_writer *w, const void *e)
{
	return record_write_event(w, e);
}

/* ---- bands ----------------------------------------------------------------------------------- */

/* @nr wakes of each length from @from ns on, @step apart: a fifth call, the rest runq. */
static void bands(uint32_t k, uint64_t from, uint64_t step, size_t nr, size_t each)
{
	static struct record_band rows[HIST_NR_BUCKETS_MAX];
	struct record_trace t = { .question = "q", .subject = "old" };

	memset(rows, 0, sizeof(rows));
	for (size_t i = 0; i < nr; i++) {
		uint64_t ns = from + i * step;
		struct record_band *b = &rows[t.bands.nr];

		if (b->count && b->index != hist_index(ns, k))
			b = &rows[++t.bands.nr];
		b->index = hist_index(ns, k);
		b->count += each;
		b->sum[0] += each * ns;
		b->sum[1] += each * (ns / 5);
		b->sum[2] += each * (ns - ns / 5);
	}
	t.bands.nr++;
	t.bands.k = k;
	t.bands.nr_sums = 3;
	t.bands.sum[0] = "end_to_end";
	t.bands.sum[1] = "call";
	t.bands.sum[2] = "runq";
	t.bands.band = rows;
	append(write_trace, &t);
}

static void expect_whole(const struct report_bands *b, uint64_t count)
{
	uint64_t counted = 0, sum[REPORT_NR_SUMS] = { 0 }, rows[REPORT_NR_SUMS] = { 0 };

	cr_expect_eq(b->count, count);
	for (size_t n = 0; n < NR_REPORT_BANDS; n++) {
		const struct report_band *band = &b->band[n];

		counted += band->count;
		for (size_t s = 0; s < REPORT_NR_SUMS; s++)
			sum[s] += band->sum[s];
		cr_expect_leq(band->from_ns, band->to_ns);
		cr_expect_float_eq(band->to_share - band->from_share,
				   (double)band->count / (double)count, 1e-9);
		if (n)
			cr_expect_eq(band->from_share, b->band[n - 1].to_share);
	}
	for (size_t i = 0; i < b->nr; i++)
		for (size_t s = 0; s < REPORT_NR_SUMS; s++)
			rows[s] += b->row[i].sum[s];
	cr_expect_eq(counted, count);
	cr_expect_eq(b->band[0].from_share, 0);
	cr_expect_eq(b->band[BAND_BEYOND].to_share, 1);
	cr_expect_arr_eq(sum, rows, sizeof(sum));
}

Test(report_wakes, bands_add_up_to_the_whole)
{
	const struct report_bands *b;
	struct report *r;

	question("q", "latency");
	bands(4, 1000, 10, 1000, 1);
	r = read_back();
	b = r->result[0].bands;
	cr_assert_not_null(b);
	cr_expect_null(r->result[1].bands, "another arm");
	expect_whole(b, 1000);
	/* 1000 to 11000 ns, evenly: within a sixteenth of the limit */
	cr_expect_float_eq((double)b->band[BAND_P50].to_ns, 6000, 6000 / 16.0);
	cr_expect_float_eq((double)b->band[BAND_P90].to_ns, 10000, 10000 / 16.0);
	cr_expect_float_eq(b->band[BAND_P50].to_share, 0.5, 0.04);
	cr_expect_float_eq((double)b->band[BAND_P50].sum[PHASE_CALL] /
				   (double)b->band[BAND_P50].sum[PHASE_END_TO_END],
			   0.2, 0.01);
	cr_expect_eq(b->band[BAND_P50].sum[PHASE_RESUME], 0);
	report_free(r);
}

/* All in one bucket: a limit cannot lie in it, and nothing is made up. */
Test(report_wakes, what_lies_in_one_bucket_is_in_one_band)
{
	const struct report_bands *b;
	struct report *r;

	question("q", "latency");
	bands(4, 1000, 0, 1, 500);
	r = read_back();
	b = r->result[0].bands;
	expect_whole(b, 500);
	for (size_t n = 0; n < NR_REPORT_BANDS; n++)
		cr_expect(b->band[n].count == 0 || b->band[n].count == 500);
	report_free(r);
}

Test(report_wakes, bands_of_several_records_are_added_up_at_the_coarser_k)
{
	static const uint32_t ks[] = { 5, 3, 4 };
	const struct report_bands *b;
	struct report *r;

	question("q", "latency");
	for (size_t i = 0; i < 3; i++)
		bands(ks[i], 500, 7, 2000, 2);
	r = read_back();
	b = r->result[0].bands;
	cr_expect_eq(b->k, 3);
	expect_whole(b, 12000);
	for (size_t i = 1; i < b->nr; i++)
		cr_expect_gt(b->row[i].index, b->row[i - 1].index);
	report_free(r);
}

Test(report_wakes, bands_that_cannot_be_cost_themselves)
{
	json_t *j = trace_of("q", NULL, "old", "woken", 1000, 30);
	struct report *r;

	question("q", "latency");
	json_object_set_new(j, "bands",
			    json_pack("{s:i, s:[s], s:[[i,i,i],[i,i,i]]}", "k", 4, "sums",
				      "end_to_end", "rows", 5, 1, 6, 7, 2, 14));
	emit(j);
	j = trace_of("q", NULL, "old", "woken", 1000, 30);
	json_object_set_new(j, "bands",
			    json_pack("{s:i, s:[s], s:[[i,i,i]]}", "k", 4, "sums", "runq", "rows",
				      5, 1, 5));
	emit(j);
	r = read_back();
	cr_expect_eq(r->result[0].bands->count, 2, "the row that is good");
	cr_expect_eq(report_metric_hist(&r->result[0], "woken")->count, 60);
	cr_expect_eq(r->nr_drops, 2);
	report_free(r);
}

/* ---- matrix ---------------------------------------------------------------------------------- */

/* From CPU i to CPU 1 - i, ten waits of 1000 ns * (1 + i). */
static void crossed(const void *arg, size_t i, uint64_t *waker_cpu, uint64_t *cpu, struct hist *h)
{
	(void)arg;
	*waker_cpu = i;
	*cpu = 1 - i;
	hist_init(h, 2);
	for (size_t n = 0; n < 10; n++)
		hist_add(h, 1000 * (1 + i));
}

Test(report_wakes, cells_are_added_up_over_records)
{
	const struct record_trace t = {
		.question = "q",
		.subject = "new",
		.matrix = { .metric = "woken", .nr = 2, .others = 3, .cell = crossed }
	};
	const struct report_matrix *m;
	struct report *r;

	question("q", "latency");
	append(write_trace, &t);
	append(write_trace, &t);
	r = read_back();
	m = r->result[1].matrix;
	cr_assert_not_null(m);
	cr_expect_str_eq(m->metric, "woken");
	cr_expect_eq(m->others, 6);
	cr_assert_eq(m->nr, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct report_cell *c = &m->cell[i];

		cr_expect_eq(c->waker_cpu, i);
		cr_expect_eq(c->cpu, 1 - i);
		cr_expect_eq(c->count, 20);
		cr_expect_eq(c->sum, 20000 * (1 + i));
		cr_expect_eq(c->max, 1000 * (1 + i));
		cr_expect_float_eq(c->p50, 1000.0 * (1 + (double)i), 250.0 * (1 + (double)i));
		cr_expect(isnan(c->p99), "of twenty values there is none");
	}
	report_free(r);
}

static void many(const void *arg, size_t i, uint64_t *waker_cpu, uint64_t *cpu, struct hist *h)
{
	*waker_cpu = *(const size_t *)arg + i / 100;
	*cpu = i % 100;
	hist_init(h, 2);
	hist_add(h, 7);
}

Test(report_wakes, more_cells_than_there_is_room_for_are_counted)
{
	struct record_trace t = {
		.question = "q",
		.subject = "new",
		.matrix = { .metric = "woken", .nr = RECORD_MAX_CELLS, .cell = many }
	};
	const struct report_matrix *m;
	struct report *r;

	question("q", "latency");
	for (size_t first = 0; first <= 100; first += 50) {
		t.matrix.arg = &first;
		append(write_trace, &t);
	}
	r = read_back();
	m = r->result[1].matrix;
	cr_assert_eq(m->nr, RECORD_MAX_CELLS);
	for (size_t i = 1; i < m->nr; i++)
		cr_assert_gt(100 * m->cell[i].waker_cpu + m->cell[i].cpu,
			     100 * m->cell[i - 1].waker_cpu + m->cell[i - 1].cpu);
	/* Of the second record 32 rows were known, of the third none. */
	cr_expect_eq(m->others, 5000 + RECORD_MAX_CELLS, "%lu", (unsigned long)m->others);
	report_free(r);
}

/* ---- the longest waits ----------------------------------------------------------------------- */

Test(report_wakes, the_longest_waits_of_a_question_say_whose_they_were)
{
	struct record_event e = {
		.kind = "wakeup",
		.question = "q",
		.subject = "new",
		.population = "woken",
		.why = RECORD_WORST,
		.task = { "peer", 7, 8 },
		.nr_phases = 2,
		.phase = { { "wake", 3 }, { "runq", 5 } },
		.has_behind = true,
		.nr_behind = 1,
		.behind = { { { "hog", 1, 2 }, 40 } },
		.other_ns = 2,
	};
	const struct report_worst *w;
	struct report *r;

	question("q", "latency");
	question("other", "latency");
	for (uint64_t i = 0; i < 12; i++) {
		e.ns = 100 + i * 7 % 12;
		e.subject = i % 2 ? "new" : "old";
		append(write_event, &e);
	}
	e.question = "nobody";
	append(write_event, &e);
	r = read_back();
	w = r->question[0].worst;
	cr_assert_not_null(w);
	cr_expect_null(r->question[1].worst);
	cr_expect_eq(r->nr_questions, 2, "no kind of a trace comes of it");
	cr_expect_eq(r->nr_drops, 1);
	cr_assert_eq(w->nr, REPORT_NR_WORST);
	for (size_t i = 0; i < w->nr; i++) {
		cr_expect_eq(w->event[i].ns, 111 - i);
		cr_expect_str_eq(w->event[i].arm,
				 (w->event[i].ns - 100) * 7 % 12 % 2 ? "new" : "old");
		cr_expect_eq(w->event[i].phase[PHASE_RUNQ], 5);
		cr_expect(isnan(w->event[i].phase[PHASE_CALL]));
	}
	cr_assert_eq(w->nr_in_the_way, 1);
	cr_expect_str_eq(w->in_the_way[0].comm, "hog");
	cr_expect_eq(w->in_the_way[0].ns, 480);
	cr_expect_eq(w->in_the_way_ns, 504);
	report_free(r);
}
