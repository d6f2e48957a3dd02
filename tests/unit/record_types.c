// SPDX-License-Identifier: GPL-2.0-only
/*
 * record_types: whatever a struct of lib/record/types.h holds is read back equal once it is written.
 *
 * Cases are drawn by a seeded generator from extreme values; case N of a test is the same each time,
 * so the reader's side draws it again and compares. A failure names type and case.
 */
#include "lib/record/types.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/record/record.h"

#define NR_CASES      600
#define MAX_EPOCHS    5
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static char dir[64], path[96], err[512], why[256];

static void make_dir(void)
{
	strcpy(dir, "/tmp/kt-types-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/run.jsonl", dir);
}

static void remove_dir(void)
{
	unlink(path);
	rmdir(dir);
}

TestSuite(record_types, .init = make_dir, .fini = remove_dir, .timeout = 120);

/* ---- drawing --------------------------------------------------------------------------------- */

static uint64_t state;

static void begin_case(size_t number)
{
	state = 0x9e3779b97f4a7c15ULL * (number + 1);
}

static uint64_t draw(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static uint64_t draw_below(uint64_t n)
{
	return draw() % n;
}

static uint64_t draw_count(void)
{
	static const uint64_t extreme[] = {
		0,
		1,
		127,
		INT32_MAX,
		UINT32_MAX,
		(1ULL << 40) - 1,
		1ULL << 40,
		INT64_MAX - 1ULL,
		INT64_MAX,
		INT64_MAX + 1ULL,
		UINT64_MAX - 1,
		UINT64_MAX,
		(uint64_t)-5, /* a difference that came out negative */
		(uint64_t)-1000000000,
		10000000000000000000ULL,
	};

	return draw_below(4) ? extreme[draw_below(ARRAY_SIZE(extreme))] : draw() >> draw_below(64);
}

static double draw_number(void)
{
	static const double extreme[] = {
		0.0,
		-0.0,
		1,
		-1,
		0.1,
		1e15,
		1e16,
		1e17,
		-1e22,
		NAN,
		INFINITY,
		-INFINITY,
		DBL_MAX,
		-DBL_MAX,
		DBL_MIN,
		5e-324,
		DBL_EPSILON,
		9007199254740993.0,
		18446744073709551616.0,
	};
	union {
		uint64_t bits;
		double value;
	} any;

	if (draw_below(4))
		return extreme[draw_below(ARRAY_SIZE(extreme))];
	any.bits = draw();
	return any.value;
}

static char names[512][260];
static size_t nr_names;

/* Valid until the next case. */
static char *draw_name(void)
{
	static const char *const piece[] = {
		"a",
		"\xff",
		"\\xff",
		"\\x5c",
		"\\",
		"x",
		"\"",
		"\n",
		"\x1b[31m",
		"\x7f",
		"\xc3",
		"\xc3\xa9",
		"\xed\xa0\x80",
		"\xf0\x9f\x98\x80",
		"\xc0\x80",
		"{\"type\":\"header\"",
		"\x1f\x8b",
		"\xe2\x80\xa8",
		"\x01",
	};
	char *name = names[nr_names++ % ARRAY_SIZE(names)];
	size_t length = 0, end;

	switch (draw_below(6)) {
	case 0: /* empty */
		break;
	case 1: /* as long as names get, any bytes */
		while (length < 255)
			name[length++] = (char)(draw_below(255) + 1);
		break;
	default:
		for (end = draw_below(8); end; end--) {
			const char *p = piece[draw_below(ARRAY_SIZE(piece))];

			memcpy(name + length, p, strlen(p));
			length += strlen(p);
		}
	}
	name[length] = '\0';
	return name;
}

static char *draw_text(void)
{
	return draw_below(4) ? draw_name() : NULL;
}

/* One that differs from the @nr names before it, @stride bytes apart. */
static char *draw_other(const void *first, size_t nr, size_t stride)
{
	for (;;) {
		char *name = draw_name();
		size_t i = 0;

		while (i < nr && strcmp(*(char *const *)((const char *)first + i * stride), name))
			i++;
		if (i == nr)
			return name;
	}
}

static size_t draw_length(size_t max)
{
	return draw_below(40) ? draw_below(5) : max - draw_below(2);
}

static void draw_hist(struct hist *h)
{
	static struct hist other;
	uint64_t v = draw_count();

	hist_init(h, (uint32_t)draw_below(HIST_K_USER) + 1);
	switch (draw_below(5)) {
	case 0: /* empty */
		return;
	case 1: /* one bucket, any number of times */
		h->count = draw_count() | 1;
		h->min = h->max = v;
		if (__builtin_mul_overflow(h->count, v, &h->sum))
			h->sum = UINT64_MAX;
		h->bucket[hist_index(v, h->k)] = h->count;
		h->overflow = v >> HIST_MAX_BITS ? h->count : 0;
		return;
	case 2: /* every one of a run of buckets */
		for (uint64_t i = draw_below(300), low = draw_below(1 << 20); i; i--)
			hist_add(h, low + i);
		return;
	case 3: /* merged: sums that stay at their end */
		hist_init(&other, HIST_K_USER);
		for (int i = 0; i < 3; i++)
			hist_add(&other, UINT64_MAX - draw_below(3));
		hist_add(h, draw_count());
		cr_assert_eq(hist_merge(h, &other), 0);
		return;
	default:
		for (uint64_t i = draw_below(40); i; i--)
			hist_add(h, draw_count());
	}
}

/* ---- comparing ------------------------------------------------------------------------------- */

/* The bytes that a name in a record stands for. */
static void bytes_of(const char *s, char bytes[1024])
{
	static const char hex[] = "0123456789abcdef";

	while (*s) {
		if (s[0] == '\\' && s[1] == 'x' && s[2] && strchr(hex, s[2]) && s[3] &&
		    strchr(hex, s[3])) {
			*bytes++ =
				(char)((strchr(hex, s[2]) - hex) << 4 | (strchr(hex, s[3]) - hex));
			s += 4;
		} else {
			*bytes++ = *s++;
		}
	}
	*bytes = '\0';
}

static bool same_text(const char *got, const char *written)
{
	char bytes[1200];

	if (!got || !written)
		return got == written;
	bytes_of(got, bytes);
	return !strcmp(bytes, written);
}

static bool same_number(double got, double written)
{
	if (!isfinite(written))
		return isnan(got);
	return !memcmp(&got, &written, sizeof(got));
}

static bool same_hist(const struct hist *got, const struct hist *written)
{
	if (got->count != written->count || got->sum != written->sum ||
	    got->overflow != written->overflow || got->k != written->k)
		return false;
	if (written->count && (got->min != written->min || got->max != written->max))
		return false;
	return !memcmp(got->bucket, written->bucket, sizeof(got->bucket));
}

#define SAME(condition) cr_assert(condition, "case %zu: not so: %s", number, #condition)
#define SAME_TEXT(field)                                                                    \
	cr_assert(same_text(got.field, want.field), "case %zu: %s is '%s'", number, #field, \
		  got.field ? got.field : "NULL")
#define SAME_COUNT(field) SAME(got.field == want.field)

/* ---- writing all, then reading all ----------------------------------------------------------- */

struct round {
	const char *type;
	void (*write)(struct record_writer *w, size_t number);
	void (*check)(const json_t *record, size_t number);
	size_t nr;
};

static int check_record(const json_t *record, size_t line, void *arg)
{
	const char *type = json_string_value(json_object_get(record, "type"));
	struct round *round = arg;

	if (line == 1 && strcmp(round->type, "header"))
		return 0;
	cr_assert_str_eq(type, round->type);
	why[0] = '\0';
	begin_case(round->nr);
	round->check(record, round->nr++);
	return 0;
}

static void no_torn(size_t line, const char *reason, void *arg)
{
	(void)arg;
	cr_assert_fail("line %zu: %s", line, reason);
}

static void go_round(struct round *round)
{
	struct record_visitor v = { .each = check_record, .torn = no_torn, .arg = round };
	struct record_writer *w;

	cr_assert_eq(record_create(&w, path, err, sizeof(err)), 0, "%s", err);
	if (strcmp(round->type, "header"))
		cr_assert_eq(record_write_header(w, &(struct record_header){ 0 }, 0, NULL), 0);
	for (size_t number = 0; number < NR_CASES; number++) {
		begin_case(number);
		round->write(w, number);
	}
	cr_assert_eq(record_close(w), 0);
	cr_assert_eq(record_read(path, &v, err, sizeof(err)), 0, "%s", err);
	cr_assert_eq(round->nr, NR_CASES);
}

#define ROUND(name)                                             \
	Test(record_types, name##_comes_back)                   \
	{                                                       \
		struct round round = { .type = #name,           \
				       .write = write_##name,   \
				       .check = check_##name }; \
                                                                \
		go_round(&round);                               \
	}

/* ---- header, end ----------------------------------------------------------------------------- */

static void draw_header(struct record_header *h, size_t *argc, char *argv[8])
{
	memset(h, 0, sizeof(*h));
	h->tool = draw_text();
	h->kt = (struct record_build){ draw_text(), draw_text(), draw_text(), draw_text() };
	h->suite = (struct record_build){ draw_text(), draw_text(), draw_text(), draw_text() };
	h->suite_name = draw_text();
	h->id = draw_text();
	h->has_seed = draw_below(2);
	h->seed = h->has_seed ? draw_count() : 0;
	h->traced = draw_below(2);
	h->trace_reason = draw_text();
	*argc = draw_below(8);
	for (size_t i = 0; i < *argc; i++)
		argv[i] = draw_name();
}

static void write_header(struct record_writer *w, size_t number)
{
	struct record_header h;
	char *argv[8];
	size_t argc;

	draw_header(&h, &argc, argv);
	cr_assert_eq(record_write_header(w, &h, (int)argc, argv), 0, "case %zu", number);
}

static void check_header(const json_t *record, size_t number)
{
	struct record_header got, want;
	char *argv[8];
	size_t argc;

	draw_header(&want, &argc, argv);
	cr_assert_eq(record_read_header(record, &got, why, sizeof(why)), 0, "case %zu: %s", number,
		     why);
	SAME_COUNT(has_seed);
	SAME_COUNT(seed);
	SAME_COUNT(traced);
	SAME_TEXT(tool);
	SAME_TEXT(kt.version);
	SAME_TEXT(kt.build_id);
	SAME_TEXT(kt.compiler);
	SAME_TEXT(kt.flags);
	SAME_TEXT(suite.version);
	SAME_TEXT(suite.build_id);
	SAME_TEXT(suite.compiler);
	SAME_TEXT(suite.flags);
	SAME_TEXT(suite_name);
	SAME_TEXT(trace_reason);
	SAME(want.id ? same_text(got.id, want.id) : strlen(got.id) == RECORD_ID_SIZE - 1);
	SAME(got.schema == RECORD_SCHEMA);
	SAME(strlen(got.start) == strlen("2026-01-02T03:04:05Z"));
	SAME(got.start_ns > 0);
	SAME(json_array_size(got.command) == argc);
	for (size_t i = 0; i < argc; i++)
		SAME(same_text(json_string_value(json_array_get(got.command, i)), argv[i]));
}

ROUND(header)

static void write_end(struct record_writer *w, size_t number)
{
	cr_assert_eq(record_write_end(w, number % 2 ? RECORD_INTERRUPTED : RECORD_COMPLETE), 0);
}

static void check_end(const json_t *record, size_t number)
{
	enum record_status status;

	cr_assert_eq(record_read_end(record, &status, why, sizeof(why)), 0, "%s", why);
	SAME(status == (number % 2 ? RECORD_INTERRUPTED : RECORD_COMPLETE));
}

ROUND(end)

/* ---- questions ------------------------------------------------------------------------------- */

static void draw_arms(struct record_arm *arm, size_t *nr)
{
	*nr = draw_length(RECORD_MAX_ARMS);
	for (size_t i = 0; i < *nr; i++) {
		arm[i].name = draw_other(&arm[0].name, i, sizeof(arm[0]));
		arm[i].label = draw_text();
		arm[i].epoch_ns = draw_count();
	}
}

static void draw_question(struct record_question *q)
{
	memset(q, 0, sizeof(*q));
	q->name = draw_name();
	q->latency = draw_below(2);
	q->baseline = draw_text();
	q->zone = draw_number();
	q->phases = draw_below(2);
	draw_arms(q->arm, &q->nr_arms);
	q->nr_skipped = draw_length(RECORD_MAX_ARMS);
	for (size_t i = 0; i < q->nr_skipped; i++) {
		q->skipped[i].arm = draw_other(&q->skipped[0].arm, i, sizeof(q->skipped[0]));
		q->skipped[i].reason = draw_text();
	}
}

static void write_question(struct record_writer *w, size_t number)
{
	static struct record_question q;

	draw_question(&q);
	cr_assert_eq(record_write_question(w, &q), 0, "case %zu", number);
}

static void check_question(const json_t *record, size_t number)
{
	static struct record_question got, want;

	draw_question(&want);
	cr_assert_eq(record_read_question(record, &got, why, sizeof(why)), 0, "case %zu: %s",
		     number, why);
	SAME_TEXT(name);
	SAME_COUNT(latency);
	SAME_TEXT(baseline);
	SAME(same_number(got.zone, want.zone));
	SAME_COUNT(phases);
	SAME_COUNT(nr_arms);
	SAME_COUNT(nr_skipped);
	for (size_t i = 0; i < want.nr_arms; i++) {
		SAME_TEXT(arm[i].name);
		SAME_TEXT(arm[i].label);
	}
	for (size_t i = 0; i < want.nr_skipped; i++) {
		SAME_TEXT(skipped[i].arm);
		SAME_TEXT(skipped[i].reason);
	}
}

ROUND(question)

static void draw_calibration(struct record_calibration *c)
{
	memset(c, 0, sizeof(*c));
	c->question = draw_name();
	c->iterations = draw_count();
	draw_arms(c->arm, &c->nr_arms);
}

static void write_calibration(struct record_writer *w, size_t number)
{
	static struct record_calibration c;

	draw_calibration(&c);
	cr_assert_eq(record_write_calibration(w, &c), 0, "case %zu", number);
}

static void check_calibration(const json_t *record, size_t number)
{
	static struct record_calibration got, want;

	draw_calibration(&want);
	cr_assert_eq(record_read_calibration(record, &got, why, sizeof(why)), 0, "case %zu: %s",
		     number, why);
	SAME_TEXT(question);
	SAME_COUNT(iterations);
	SAME_COUNT(nr_arms);
	for (size_t i = 0; i < want.nr_arms; i++) {
		SAME_TEXT(arm[i].name);
		SAME_COUNT(arm[i].epoch_ns);
	}
}

ROUND(calibration)

static void draw_failed(struct record_failed *f)
{
	f->question = draw_name();
	f->arm = draw_text();
	f->reason = draw_text();
}

static void write_failed(struct record_writer *w, size_t number)
{
	struct record_failed f;

	draw_failed(&f);
	cr_assert_eq(record_write_failed(w, &f), 0, "case %zu", number);
}

static void check_failed(const json_t *record, size_t number)
{
	struct record_failed got, want;

	draw_failed(&want);
	cr_assert_eq(record_read_failed(record, &got, why, sizeof(why)), 0, "case %zu: %s", number,
		     why);
	SAME_TEXT(question);
	SAME_TEXT(arm);
	SAME_TEXT(reason);
}

ROUND(failed)

/* ---- blocks ---------------------------------------------------------------------------------- */

static struct hist hists[RECORD_MAX_METRICS];

static void draw_counts(struct record_count *count, size_t *nr)
{
	*nr = draw_length(RECORD_MAX_NUMBERS);
	for (size_t i = 0; i < *nr; i++) {
		count[i].name = draw_other(&count[0].name, i, sizeof(count[0]));
		count[i].value = draw_count();
	}
}

static void draw_epoch(struct record_epoch *e, struct hist *h)
{
	memset(e, 0, sizeof(*e));
	e->arm = draw_name();
	e->iterations = draw_count();
	e->start_ns = draw_count();
	e->end_ns = draw_count();
	e->cpu_ns = draw_count();
	e->nvcsw = draw_count();
	e->nivcsw = draw_count();
	e->minflt = draw_count();
	e->nr_counters = draw_length(RECORD_MAX_NUMBERS);
	for (size_t i = 0; i < e->nr_counters; i++) {
		e->counter[i].name = draw_other(&e->counter[0].name, i, sizeof(e->counter[0]));
		e->counter[i].value = draw_number();
	}
	draw_counts(e->loss, &e->nr_losses);
	e->hist = h;
	draw_hist(h);
}

static void draw_block(struct record_block *b, struct record_epoch *epoch)
{
	memset(b, 0, sizeof(*b));
	b->question = draw_name();
	b->number = draw_count();
	b->traced = draw_below(2);
	b->epoch = epoch;
	b->nr_epochs = draw_below(MAX_EPOCHS + 1);
	for (size_t i = 0; i < b->nr_epochs; i++)
		draw_epoch(&epoch[i], &hists[i]);
	b->nr_dropped = draw_length(RECORD_MAX_ARMS);
	for (size_t i = 0; i < b->nr_dropped; i++)
		b->dropped[i] = (struct record_dropped){ draw_text(), draw_text() };
	b->noise = (struct record_noise){ draw_number(), draw_number(), draw_number() };
}

static void write_block(struct record_writer *w, size_t number)
{
	static struct record_epoch epoch[MAX_EPOCHS];
	static struct record_block b;

	draw_block(&b, epoch);
	cr_assert_eq(record_write_block(w, &b), 0, "case %zu", number);
}

static void check_epoch(const json_t *record, size_t i, const struct record_epoch *written,
			size_t number)
{
	static struct record_epoch got, want;
	static struct hist h;

	want = *written;
	got.hist = &h;
	cr_assert_eq(record_read_epoch(record, i, &got, why, sizeof(why)), 0, "case %zu: %s",
		     number, why);
	SAME_TEXT(arm);
	SAME_COUNT(iterations);
	SAME_COUNT(start_ns);
	SAME_COUNT(end_ns);
	SAME_COUNT(cpu_ns);
	SAME_COUNT(nvcsw);
	SAME_COUNT(nivcsw);
	SAME_COUNT(minflt);
	SAME_COUNT(nr_counters);
	SAME_COUNT(nr_losses);
	for (size_t n = 0; n < want.nr_counters; n++) {
		SAME_TEXT(counter[n].name);
		SAME(same_number(got.counter[n].value, want.counter[n].value));
	}
	for (size_t n = 0; n < want.nr_losses; n++) {
		SAME_TEXT(loss[n].name);
		SAME_COUNT(loss[n].value);
	}
	SAME(same_hist(&h, want.hist));
}

static void check_block(const json_t *record, size_t number)
{
	static struct record_epoch epoch[MAX_EPOCHS];
	static struct record_block got, want;

	draw_block(&want, epoch);
	cr_assert_eq(record_read_block(record, &got, why, sizeof(why)), 0, "case %zu: %s", number,
		     why);
	SAME_TEXT(question);
	SAME_COUNT(number);
	SAME_COUNT(traced);
	SAME_COUNT(nr_epochs);
	SAME_COUNT(nr_dropped);
	for (size_t i = 0; i < want.nr_dropped; i++) {
		SAME_TEXT(dropped[i].arm);
		SAME_TEXT(dropped[i].reason);
	}
	SAME(same_number(got.noise.steal, want.noise.steal));
	SAME(same_number(got.noise.psi_cpu, want.noise.psi_cpu));
	SAME(same_number(got.noise.canary_ns, want.noise.canary_ns));
	for (size_t i = 0; i < want.nr_epochs; i++)
		check_epoch(record, i, &epoch[i], number);
	cr_assert_eq(record_read_epoch(record, want.nr_epochs,
				       &(struct record_epoch){ .hist = &hists[0] }, why,
				       sizeof(why)),
		     -EINVAL, "one past the last");
}

ROUND(block)

/* ---- traces ---------------------------------------------------------------------------------- */

static void draw_trace(struct record_trace *t)
{
	memset(t, 0, sizeof(*t));
	t->question = draw_text();
	t->kind = t->question ? draw_text() : draw_name();
	t->subject = draw_text();
	t->main_metric = draw_text();
	t->start_ns = draw_count();
	t->end_ns = draw_count();
	t->nr_metrics = draw_length(RECORD_MAX_METRICS);
	for (size_t i = 0; i < t->nr_metrics; i++) {
		t->metric[i].name = draw_other(&t->metric[0].name, i, sizeof(t->metric[0]));
		t->metric[i].hist = &hists[i];
		draw_hist(&hists[i]);
	}
}

static void write_trace(struct record_writer *w, size_t number)
{
	static struct record_trace t;

	draw_trace(&t);
	cr_assert_eq(record_write_trace(w, &t), 0, "case %zu", number);
}

static void check_trace(const json_t *record, size_t number)
{
	static struct record_trace got, want;
	static struct hist h;
	const char *name;

	draw_trace(&want);
	cr_assert_eq(record_read_trace(record, &got, why, sizeof(why)), 0, "case %zu: %s", number,
		     why);
	SAME_TEXT(question);
	SAME_TEXT(kind);
	SAME_TEXT(subject);
	SAME_TEXT(main_metric);
	SAME_COUNT(start_ns);
	SAME_COUNT(end_ns);
	SAME_COUNT(nr_metrics);
	for (size_t i = 0; i < want.nr_metrics; i++) {
		cr_assert_eq(record_read_metric(record, i, &name, &h, why, sizeof(why)), 0,
			     "case %zu: %s", number, why);
		SAME(same_text(name, want.metric[i].name));
		SAME(same_hist(&h, want.metric[i].hist));
	}
	cr_assert_eq(record_read_metric(record, want.nr_metrics, &name, &h, why, sizeof(why)),
		     -EINVAL, "one past the last");
}

ROUND(trace)

static void draw_losses(struct record_losses *l)
{
	memset(l, 0, sizeof(*l));
	l->question = draw_text();
	draw_counts(l->loss, &l->nr_losses);
	draw_counts(l->counter, &l->nr_counters);
	l->events = draw_count();
	l->cpu_ns = draw_count();
	l->has_bpf_ns = draw_below(2);
	l->bpf_ns = l->has_bpf_ns ? draw_count() : 0;
}

static void write_losses(struct record_writer *w, size_t number)
{
	static struct record_losses l;

	draw_losses(&l);
	cr_assert_eq(record_write_losses(w, &l), 0, "case %zu", number);
}

static void check_losses(const json_t *record, size_t number)
{
	static struct record_losses got, want;

	draw_losses(&want);
	cr_assert_eq(record_read_losses(record, &got, why, sizeof(why)), 0, "case %zu: %s", number,
		     why);
	SAME_TEXT(question);
	SAME_COUNT(nr_losses);
	SAME_COUNT(nr_counters);
	for (size_t i = 0; i < want.nr_losses; i++) {
		SAME_TEXT(loss[i].name);
		SAME_COUNT(loss[i].value);
	}
	for (size_t i = 0; i < want.nr_counters; i++) {
		SAME_TEXT(counter[i].name);
		SAME_COUNT(counter[i].value);
	}
	SAME_COUNT(events);
	SAME_COUNT(cpu_ns);
	SAME_COUNT(has_bpf_ns);
	SAME_COUNT(bpf_ns);
}

ROUND(losses)

/* ---- what cannot be written ------------------------------------------------------------------ */

static json_t *kept[8];
static size_t nr_kept;

static int keep(const json_t *record, size_t line, void *arg)
{
	(void)line;
	(void)arg;
	if (nr_kept < ARRAY_SIZE(kept))
		kept[nr_kept++] = json_incref((json_t *)record);
	return 0;
}

/* The records that @write wrote; kept[0] is the header. */
static void written_by(void (*write)(struct record_writer *w))
{
	struct record_visitor v = { .each = keep, .torn = no_torn };
	struct record_writer *w;

	nr_kept = 0;
	cr_assert_eq(record_create(&w, path, err, sizeof(err)), 0, "%s", err);
	cr_assert_eq(record_write_header(w, &(struct record_header){ 0 }, 0, NULL), 0);
	write(w);
	cr_assert_eq(record_close(w), 0);
	cr_assert_eq(record_read(path, &v, err, sizeof(err)), 0, "%s", err);
}

static void write_same_names(struct record_writer *w)
{
	static struct record_losses l = {
		.nr_losses = 4,
		.loss = { { "full", 1 }, { "other", 5 }, { "full", 2 }, { "full", UINT64_MAX } },
		.nr_counters = 2,
		.counter = { { "a\xff", 1 }, { "a\\xff", 2 } },
	};
	static struct record_epoch e = {
		.arm = "a",
		.nr_counters = 3,
		.counter = { { "calls", 1.5 }, { "calls", 2 }, { "bad", NAN } },
		.hist = &hists[0],
	};
	struct record_block b = { .question = "q", .nr_epochs = 1, .epoch = &e };

	hist_init(&hists[0], HIST_K_USER);
	cr_assert_eq(record_write_losses(w, &l), 0);
	cr_assert_eq(record_write_block(w, &b), 0);
}

Test(record_types, numbers_of_one_name_are_added_up)
{
	static struct record_epoch e = { .hist = &hists[1] };
	static struct record_losses l;

	written_by(write_same_names);
	cr_assert_eq(nr_kept, 3);
	cr_assert_eq(record_read_losses(kept[1], &l, why, sizeof(why)), 0, "%s", why);
	cr_assert_eq(l.nr_losses, 2);
	cr_expect_str_eq(l.loss[0].name, "full");
	cr_expect_eq(l.loss[0].value, UINT64_MAX);
	cr_expect_eq(l.loss[1].value, 5);
	cr_expect_eq(l.nr_counters, 2, "different bytes are different names");
	cr_assert_eq(record_read_epoch(kept[2], 0, &e, why, sizeof(why)), 0, "%s", why);
	cr_assert_eq(e.nr_counters, 2);
	cr_expect_eq(e.counter[0].value, 3.5);
	cr_expect(isnan(e.counter[1].value));
}

static void write_bad_hists(struct record_writer *w)
{
	static struct record_epoch e[2] = { { .arm = "good", .hist = &hists[0] },
					    { .arm = "bad", .hist = &hists[1] } };
	struct record_block b = { .question = "q",
				  .nr_epochs = 2,
				  .epoch = e,
				  .nr_dropped = 1,
				  .dropped = { { "late", "end before begin" } } };
	static struct record_trace t = { .kind = "wakeup",
					 .nr_metrics = 2,
					 .metric = { { "runq", &hists[0] },
						     { "wake", &hists[1] } } };

	hist_init(&hists[0], HIST_K_USER);
	hist_init(&hists[1], HIST_K_USER);
	hist_add(&hists[1], 5);
	hists[1].sum = 4;
	cr_assert_eq(record_write_block(w, &b), 0);
	cr_assert_eq(record_write_trace(w, &t), 0);
}

Test(record_types, a_histogram_that_does_not_add_up_costs_itself_by_name)
{
	static struct record_block b;
	static struct hist h;
	const char *name;

	written_by(write_bad_hists);
	cr_assert_eq(nr_kept, 3);
	cr_assert_eq(record_read_block(kept[1], &b, why, sizeof(why)), 0, "%s", why);
	cr_expect_eq(b.nr_epochs, 1);
	cr_assert_eq(b.nr_dropped, 2);
	cr_expect_str_eq(b.dropped[0].arm, "bad");
	cr_expect_str_eq(b.dropped[0].reason, "its histogram does not add up");
	cr_expect_str_eq(b.dropped[1].arm, "late");
	cr_expect_eq(record_read_metric(kept[2], 0, &name, &h, why, sizeof(why)), 0, "%s", why);
	cr_expect_eq(record_read_metric(kept[2], 1, &name, &h, why, sizeof(why)), -EINVAL);
	cr_expect_str_eq(name, "wake");
}

static void write_refused(struct record_writer *w)
{
	static struct record_question q = { .name = "q",
					    .nr_arms = 2,
					    .arm = { { .name = "a" }, { .name = "a" } } };
	static struct record_calibration c = { .question = "q",
					       .nr_arms = 2,
					       .arm = { { .name = "a" }, { .name = "a" } } };
	static struct record_trace t = { .kind = "k",
					 .nr_metrics = 2,
					 .metric = { { "m", &hists[0] }, { "m", &hists[0] } } };
	static struct record_losses l = { .nr_losses = RECORD_MAX_NUMBERS + 1 };

	hist_init(&hists[0], HIST_K_USER);
	cr_expect_eq(record_write_question(w, &q), -EINVAL);
	cr_expect_eq(record_write_calibration(w, &c), -EINVAL);
	cr_expect_eq(record_write_trace(w, &t), -EINVAL);
	cr_expect_eq(record_write_losses(w, &l), -EINVAL);
	t.kind = NULL;
	cr_expect_eq(record_write_trace(w, &t), -EINVAL);
	q.nr_arms = RECORD_MAX_ARMS + 1;
	cr_expect_eq(record_write_question(w, &q), -EINVAL);
	cr_expect_eq(record_write_failed(w, &(struct record_failed){ 0 }), -EINVAL);
	cr_expect_eq(record_write_block(w, &(struct record_block){ 0 }), -EINVAL);
}

Test(record_types, what_cannot_be_written_leaves_the_file_alone)
{
	written_by(write_refused);
	cr_expect_eq(nr_kept, 1);
}

/* ---- what must not be read ------------------------------------------------------------------- */

/* Any field of a record replaced by a value of another type: read or refused with a reason. */
static void try_all(const json_t *record)
{
	static struct record_header h;
	static struct record_environment e;
	static struct record_question q;
	static struct record_calibration c;
	static struct record_block b;
	static struct record_epoch epoch = { .hist = &hists[0] };
	static struct record_trace t;
	static struct record_losses l;
	struct record_failed f;
	enum record_status status;
	const char *name;
	int ret[11];

#define TRY(i, call)                                                                              \
	do {                                                                                      \
		why[0] = '\0';                                                                    \
		ret[i] = call;                                                                    \
		cr_assert((ret[i] == 0) == (why[0] == '\0'), "%s: %d, '%s'", #call, ret[i], why); \
	} while (0)
	TRY(0, record_read_header(record, &h, why, sizeof(why)));
	TRY(1, record_read_environment(record, &e, why, sizeof(why)));
	TRY(2, record_read_question(record, &q, why, sizeof(why)));
	TRY(3, record_read_calibration(record, &c, why, sizeof(why)));
	TRY(4, record_read_block(record, &b, why, sizeof(why)));
	TRY(5, record_read_epoch(record, 0, &epoch, why, sizeof(why)));
	TRY(6, record_read_trace(record, &t, why, sizeof(why)));
	TRY(7, record_read_metric(record, 0, &name, &hists[1], why, sizeof(why)));
	TRY(8, record_read_losses(record, &l, why, sizeof(why)));
	TRY(9, record_read_failed(record, &f, why, sizeof(why)));
	TRY(10, record_read_end(record, &status, why, sizeof(why)));
#undef TRY
}

/* Puts each of some values in the place of each member of @at, all the way down. */
static void vary(const json_t *record, json_t *at, int depth)
{
	static const char *const value[] = { "null", "true",	 "-1",
					     "1.5",  "\"-1\"",	 "\"18446744073709551616\"",
					     "\"\"", "[]",	 "[[]]",
					     "{}",   "{\"a\":7}" };
	const char *key;
	json_t *member;
	void *next;
	size_t i;

	if (depth > 6)
		return;
	json_object_foreach_safe(at, next, key, member)
	{
		char *name = strdup(key);

		json_incref(member);
		vary(record, member, depth + 1);
		for (size_t v = 0; v < ARRAY_SIZE(value); v++) {
			json_object_set_new(at, name, json_loads(value[v], JSON_DECODE_ANY, NULL));
			try_all(record);
		}
		json_object_set_new(at, name, member);
		free(name);
	}
	json_array_foreach (at, i, member) {
		json_incref(member);
		vary(record, member, depth + 1);
		for (size_t v = 0; v < ARRAY_SIZE(value); v++) {
			json_array_set_new(at, i, json_loads(value[v], JSON_DECODE_ANY, NULL));
			try_all(record);
		}
		json_array_set_new(at, i, member);
	}
}

static void write_one_of_each(struct record_writer *w)
{
	begin_case(3);
	write_question(w, 0);
	write_calibration(w, 0);
	write_losses(w, 0);
	write_failed(w, 0);
	write_bad_hists(w);
	cr_assert_eq(record_write_end(w, RECORD_COMPLETE), 0);
}

Test(record_types, a_field_of_another_type_is_refused_with_its_name)
{
	written_by(write_one_of_each);
	cr_assert_eq(nr_kept, 8);
	for (size_t i = 0; i < nr_kept; i++)
		vary(kept[i], kept[i], 0);
}

struct bad_field {
	char text[200], says[60];
};

Test(record_types, reasons_name_the_field)
{
	static const struct bad_field epochs[] = {
		{ "{\"arm\":\"a\",\"iterations\":-1}", "iterations is negative" },
		{ "{\"arm\":\"a\",\"start_ns\":1.0}", "start_ns is not a whole number" },
		{ "{\"arm\":\"a\",\"cpu_ns\":\"18446744073709551616\"}", "cpu_ns is not a whole" },
		{ "{\"arm\":\"a\",\"cpu_ns\":\"99999999999999999999\"}", "cpu_ns is not a whole" },
		{ "{\"arm\":\"a\",\"nvcsw\":\"+1\"}", "nvcsw is not a whole number" },
		{ "{\"arm\":7}", "arm is not a string" },
		{ "{\"arm\":\"a\",\"counters\":{\"c\\u001b\":true}}", "c? is not a number" },
		{ "{\"arm\":\"a\"}", "hist: it is not an object" },
		/* version 1 wrote a value of 2^63 and more so */
		{ "{\"arm\":\"a\",\"hist\":{\"k\":7,\"count\":1,\"sum\":-5,\"overflow\":1,\"runs\":[]}}",
		  "hist: sum is negative" },
		{ "{\"arm\":\"a\",\"hist\":{\"k\":7,\"count\":1,\"sum\":5,\"min\":5,\"max\":-5,\"overflow\":1,\"runs\":[]}}",
		  "hist: max is negative" },
	};
	static struct record_epoch e = { .hist = &hists[0] };

	for (size_t i = 0; i < ARRAY_SIZE(epochs); i++) {
		json_t *epoch = json_loads(epochs[i].text, 0, NULL);
		json_t *record = json_pack("{s:[o]}", "epochs", epoch);

		cr_assert_not_null(epoch, "%s", epochs[i].text);
		cr_expect_eq(record_read_epoch(record, 0, &e, why, sizeof(why)), -EINVAL);
		cr_expect(strstr(why, epochs[i].says), "'%s' does not say '%s'", why,
			  epochs[i].says);
		json_decref(record);
	}
}
