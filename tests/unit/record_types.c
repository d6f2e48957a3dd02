// SPDX-License-Identifier: GPL-2.0-only
/*
 * record_types: whatever a struct of lib/record/types.h holds is read back equal once it is written.
 *
 * Cases are drawn by a seeded generator from extreme values; case N of a test is the same each time,
 * so the reader's side draws it again and compares. A failure names type and case.
 */
#include "tests/unit/record_test.h"

#include <errno.h>
#include <float.h>
#include <math.h>

#define NR_CASES   600
#define MAX_EPOCHS 5
#define MAX_PASSES 20

static char why[256];

TestSuite(record_types, .init = record_begin, .fini = record_finish, .timeout = 120);

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

static char names[1024][260];
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

static void draw_header_sides(struct record_header *h)
{
	struct record_code *c = &h->code;

	h->kind = (enum record_kind)draw_below(NR_RECORD_KINDS);
	h->against.name = draw_text();
	if (h->against.name)
		h->against = (struct record_against){ h->against.name,
						      draw_text(),
						      { draw_text(), draw_text(), draw_text(),
							draw_text() } };
	h->toggle[0] = draw_text();
	h->toggle[1] = draw_text();
	c->status = (enum record_code_status)draw_below(NR_RECORD_CODE_STATUSES);
	if (c->status == RECORD_CODE_NOT_COMPARED)
		return;
	c->reason = draw_text();
	c->compared = draw_count();
	c->changed = draw_count();
	c->nr_names = draw_length(RECORD_MAX_CODE_NAMES);
	for (size_t i = 0; i < c->nr_names; i++)
		c->changed_name[i] = draw_name();
}

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
	draw_header_sides(h);
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
	SAME_COUNT(kind);
	SAME_TEXT(against.name);
	SAME_TEXT(against.suite_name);
	SAME_TEXT(against.build.version);
	SAME_TEXT(against.build.build_id);
	SAME_TEXT(against.build.compiler);
	SAME_TEXT(against.build.flags);
	SAME_TEXT(toggle[0]);
	SAME_TEXT(toggle[1]);
	SAME_COUNT(code.status);
	SAME_TEXT(code.reason);
	SAME_COUNT(code.compared);
	SAME_COUNT(code.changed);
	SAME_COUNT(code.nr_names);
	for (size_t i = 0; i < want.code.nr_names; i++)
		SAME_TEXT(code.changed_name[i]);
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
	q->kind = (enum record_kind)draw_below(NR_RECORD_KINDS);
	for (size_t i = 0; i < q->nr_arms; i++) {
		q->arm[i].of = draw_text();
		q->arm[i].side = draw_text();
		q->arm[i].against = draw_text();
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
		SAME_TEXT(arm[i].of);
		SAME_TEXT(arm[i].side);
		SAME_TEXT(arm[i].against);
	}
	SAME_COUNT(kind);
	for (size_t i = 0; i < want.nr_skipped; i++) {
		SAME_TEXT(skipped[i].arm);
		SAME_TEXT(skipped[i].reason);
	}
}

ROUND(question)

static void draw_recheck(struct record_recheck *r)
{
	memset(r, 0, sizeof(*r));
	r->question = draw_name();
	r->first = draw_count();
	r->confidence = draw_number();
	r->nr_arms = draw_length(RECORD_MAX_ARMS);
	for (size_t i = 0; i < r->nr_arms; i++)
		r->arm[i] = draw_name();
}

static void write_recheck(struct record_writer *w, size_t number)
{
	struct record_recheck r;

	draw_recheck(&r);
	cr_assert_eq(record_write_recheck(w, &r), 0, "case %zu", number);
}

static void check_recheck(const json_t *record, size_t number)
{
	struct record_recheck got, want;

	draw_recheck(&want);
	cr_assert_eq(record_read_recheck(record, &got, why, sizeof(why)), 0, "case %zu: %s", number,
		     why);
	SAME_TEXT(question);
	SAME_COUNT(first);
	SAME(same_number(got.confidence, want.confidence));
	SAME_COUNT(nr_arms);
	for (size_t i = 0; i < want.nr_arms; i++)
		SAME_TEXT(arm[i]);
}

ROUND(recheck)

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

/* ---- self-test ------------------------------------------------------------------------------- */

static void draw_rate(struct record_rate *r)
{
	uint64_t left = r->compared = draw_count();

	r->operation = draw_name();
	r->metric = draw_name();
	r->shift = draw_number();
	left -= r->slower = draw_count() & left;
	left -= r->faster = draw_count() & left;
	r->equivalent = draw_count() & left;
	r->added = draw_number();
}

static void draw_selftest(struct record_selftest *t)
{
	memset(t, 0, sizeof(*t));
	t->start = draw_text();
	t->host_id = draw_text();
	t->cpu = draw_text();
	t->kernel = draw_text();
	t->version = draw_text();
	t->load = draw_below(2);
	t->complete = draw_below(2);
	t->duration_ns = draw_count();
	t->questions = draw_count();
	t->unsteady = draw_count();
	/* There are 512 names. */
	t->nr_rates = draw_length(200);
	for (size_t i = 0; i < t->nr_rates; i++)
		draw_rate(&t->rate[i]);
}

static void write_selftest(struct record_writer *w, size_t number)
{
	static struct record_selftest t;

	draw_selftest(&t);
	cr_assert_eq(record_write_selftest(w, &t), 0, "case %zu", number);
}

static void check_selftest(const json_t *record, size_t number)
{
	static struct record_selftest want, got;

	draw_selftest(&want);
	cr_assert_eq(record_read_selftest(record, &got, why, sizeof(why)), 0, "case %zu: %s",
		     number, why);
	SAME_TEXT(start);
	SAME_TEXT(host_id);
	SAME_TEXT(cpu);
	SAME_TEXT(kernel);
	SAME_TEXT(version);
	SAME_COUNT(load);
	SAME_COUNT(complete);
	SAME_COUNT(duration_ns);
	SAME_COUNT(questions);
	SAME_COUNT(unsteady);
	SAME_COUNT(nr_rates);
	for (size_t i = 0; i < got.nr_rates; i++) {
		SAME_TEXT(rate[i].operation);
		SAME_TEXT(rate[i].metric);
		SAME(same_number(got.rate[i].shift, want.rate[i].shift));
		SAME_COUNT(rate[i].compared);
		SAME_COUNT(rate[i].slower);
		SAME_COUNT(rate[i].faster);
		SAME_COUNT(rate[i].equivalent);
		SAME(same_number(got.rate[i].added, want.rate[i].added));
	}
}

ROUND(selftest)

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

static struct record_noise draw_noise(void)
{
	return (struct record_noise){ .steal = draw_number(),
				      .psi_cpu = draw_number(),
				      .canary_ns = draw_number(),
				      .foreign = draw_number(),
				      .wall_ns = draw_count() };
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
	b->noise = draw_noise();
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
	SAME(same_number(got.noise.foreign, want.noise.foreign));
	SAME(got.noise.wall_ns == want.noise.wall_ns);
	for (size_t i = 0; i < want.nr_epochs; i++)
		check_epoch(record, i, &epoch[i], number);
	cr_assert_eq(record_read_epoch(record, want.nr_epochs,
				       &(struct record_epoch){ .hist = &hists[0] }, why,
				       sizeof(why)),
		     -EINVAL, "one past the last");
}

ROUND(block)

/* ---- instances ------------------------------------------------------------------------------- */

static struct record_pass passes[MAX_EPOCHS][MAX_PASSES];

static void draw_part(struct record_part *p, struct record_pass *pass, struct hist *h)
{
	memset(p, 0, sizeof(*p));
	p->arm = draw_name();
	p->nr_passes = draw_below(MAX_PASSES + 1);
	p->pass = pass;
	for (size_t i = 0; i < p->nr_passes; i++)
		pass[i] = (struct record_pass){ draw_count(), draw_count(), draw_count(),
						draw_count(), draw_number() };
	p->cpu_ns = draw_count();
	p->nvcsw = draw_count();
	p->nivcsw = draw_count();
	p->minflt = draw_count();
	p->nr_counters = draw_length(RECORD_MAX_NUMBERS);
	for (size_t i = 0; i < p->nr_counters; i++) {
		p->counter[i].name = draw_other(&p->counter[0].name, i, sizeof(p->counter[0]));
		p->counter[i].value = draw_number();
	}
	draw_counts(p->loss, &p->nr_losses);
	p->hist = h;
	draw_hist(h);
}

static void draw_instance(struct record_instance *in, struct record_part *part)
{
	memset(in, 0, sizeof(*in));
	in->question = draw_name();
	in->number = draw_count();
	in->batch = draw_count();
	in->setup_ns = draw_count();
	in->part = part;
	in->nr_parts = draw_below(MAX_EPOCHS + 1);
	for (size_t i = 0; i < in->nr_parts; i++)
		draw_part(&part[i], passes[i], &hists[i]);
	in->nr_dropped = draw_length(RECORD_MAX_ARMS);
	for (size_t i = 0; i < in->nr_dropped; i++)
		in->dropped[i] = (struct record_dropped){ draw_text(), draw_text() };
	in->noise = draw_noise();
}

static void write_instance(struct record_writer *w, size_t number)
{
	static struct record_part part[MAX_EPOCHS];
	static struct record_instance in;

	draw_instance(&in, part);
	cr_assert_eq(record_write_instance(w, &in), 0, "case %zu", number);
}

static void check_pass(const json_t *record, size_t i, size_t k, struct record_pass want,
		       size_t number)
{
	struct record_pass got;

	cr_assert_eq(record_read_pass(record, i, k, &got, why, sizeof(why)), 0, "case %zu: %s",
		     number, why);
	SAME_COUNT(block);
	SAME_COUNT(start_ns);
	SAME_COUNT(ns);
	SAME_COUNT(iterations);
	SAME(same_number(got.p50, want.p50));
}

static void check_part(const json_t *record, size_t i, const struct record_part *written,
		       size_t number)
{
	static struct record_part got, want;
	static struct hist h;
	struct record_pass beyond;

	want = *written;
	got.hist = &h;
	cr_assert_eq(record_read_part(record, i, &got, why, sizeof(why)), 0, "case %zu: %s", number,
		     why);
	SAME_TEXT(arm);
	SAME_COUNT(nr_passes);
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
	for (size_t k = 0; k < want.nr_passes; k++)
		check_pass(record, i, k, want.pass[k], number);
	cr_assert_eq(record_read_pass(record, i, want.nr_passes, &beyond, why, sizeof(why)),
		     -EINVAL, "one past the last");
}

static void check_instance(const json_t *record, size_t number)
{
	static struct record_part part[MAX_EPOCHS];
	static struct record_instance got, want;

	draw_instance(&want, part);
	cr_assert_eq(record_read_instance(record, &got, why, sizeof(why)), 0, "case %zu: %s",
		     number, why);
	SAME_TEXT(question);
	SAME_COUNT(number);
	SAME(got.batch == (want.batch ? want.batch : 1));
	SAME_COUNT(setup_ns);
	SAME_COUNT(nr_parts);
	SAME_COUNT(nr_dropped);
	for (size_t i = 0; i < want.nr_dropped; i++) {
		SAME_TEXT(dropped[i].arm);
		SAME_TEXT(dropped[i].reason);
	}
	SAME(same_number(got.noise.steal, want.noise.steal));
	SAME(same_number(got.noise.psi_cpu, want.noise.psi_cpu));
	SAME(same_number(got.noise.canary_ns, want.noise.canary_ns));
	SAME(same_number(got.noise.foreign, want.noise.foreign));
	SAME(got.noise.wall_ns == want.noise.wall_ns);
	for (size_t i = 0; i < want.nr_parts; i++)
		check_part(record, i, &part[i], number);
	cr_assert_eq(record_read_part(record, want.nr_parts,
				      &(struct record_part){ .hist = &hists[0] }, why, sizeof(why)),
		     -EINVAL, "one past the last");
}

ROUND(instance)

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
	l->start_ns = draw_count();
	l->end_ns = draw_count();
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
	SAME_COUNT(start_ns);
	SAME_COUNT(end_ns);
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

static void draw_layout(struct record_layout *l)
{
	memset(l, 0, sizeof(*l));
	l->kind = draw_name();
	l->noun = draw_text();
	l->by = draw_text();
	l->target = draw_text();
	l->nr_metrics = draw_length(RECORD_MAX_METRICS);
	for (size_t i = 0; i < l->nr_metrics; i++)
		l->metric[i] = (struct record_layout_metric){
			.name = draw_name(),
			.title = draw_text(),
			.meaning = draw_text(),
			.of = draw_text(),
			.waits = draw_text(),
			.running = draw_below(2),
			.counted = draw_below(2),
		};
	l->nr_losses = draw_length(RECORD_MAX_NUMBERS);
	for (size_t i = 0; i < l->nr_losses; i++)
		l->loss[i] = (struct record_layout_loss){ draw_name(), draw_text(), draw_text() };
}

static void write_layout(struct record_writer *w, size_t number)
{
	static struct record_layout l;

	draw_layout(&l);
	cr_assert_eq(record_write_layout(w, &l), 0, "case %zu", number);
}

static void check_layout(const json_t *record, size_t number)
{
	static struct record_layout got, want;

	draw_layout(&want);
	cr_assert_eq(record_read_layout(record, &got, why, sizeof(why)), 0, "case %zu: %s", number,
		     why);
	SAME_TEXT(kind);
	SAME_TEXT(noun);
	SAME_TEXT(by);
	SAME_TEXT(target);
	SAME_COUNT(nr_metrics);
	for (size_t i = 0; i < want.nr_metrics; i++) {
		SAME_TEXT(metric[i].name);
		SAME_TEXT(metric[i].title);
		SAME_TEXT(metric[i].meaning);
		SAME_TEXT(metric[i].of);
		SAME_TEXT(metric[i].waits);
		SAME_COUNT(metric[i].running);
		SAME_COUNT(metric[i].counted);
	}
	SAME_COUNT(nr_losses);
	for (size_t i = 0; i < want.nr_losses; i++) {
		SAME_TEXT(loss[i].name);
		SAME_TEXT(loss[i].text);
		SAME_TEXT(loss[i].of);
	}
}

ROUND(layout)

static void draw_cost(struct record_cost *c)
{
	memset(c, 0, sizeof(*c));
	c->sample_ns = draw_count();
	c->attach_ns = draw_count();
	c->waiting = draw_count();
	c->waiting_ns = draw_count();
	c->waiting_name = draw_text();
	c->nr_programs = draw_length(RECORD_MAX_NUMBERS);
	for (size_t i = 0; i < c->nr_programs; i++)
		c->program[i] = (struct record_program){ .name = draw_name(),
							 .calls = draw_count(),
							 .ns = draw_count() };
}

static void write_cost(struct record_writer *w, size_t number)
{
	static struct record_cost c;

	draw_cost(&c);
	cr_assert_eq(record_write_cost(w, &c), 0, "case %zu", number);
}

static void check_cost(const json_t *record, size_t number)
{
	static struct record_cost got, want;

	draw_cost(&want);
	cr_assert_eq(record_read_cost(record, &got, why, sizeof(why)), 0, "case %zu: %s", number,
		     why);
	SAME_COUNT(sample_ns);
	SAME_COUNT(attach_ns);
	SAME_COUNT(waiting);
	SAME_COUNT(waiting_ns);
	SAME_TEXT(waiting_name);
	SAME_COUNT(nr_programs);
	for (size_t i = 0; i < want.nr_programs; i++) {
		SAME_TEXT(program[i].name);
		SAME_COUNT(program[i].calls);
		SAME_COUNT(program[i].ns);
	}
}

ROUND(cost)
