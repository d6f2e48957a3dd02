// SPDX-License-Identifier: GPL-2.0-only
/*
 * record_schema: lib/record/SCHEMA.md and the code say the same.
 *
 * Each type's writer writes a record that has everything; its fields are those of the type's row, no
 * more and no fewer, and those in italics are the ones that the reader cannot do without.
 */
#include "lib/record/types.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/record/field.h"
#include "lib/record/record.h"

#define SCHEMA	      "lib/record/SCHEMA.md"
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static struct hist hist;
static char why[256];

/* ---- one of each ----------------------------------------------------------------------------- */

/* Names that the record makes up, not the schema, begin with '-'. */
static int write_header(struct record_writer *w)
{
	char *argv[] = { "kt" };
	const struct record_header h = { .tool = "bench",
					 .suite_name = "suite",
					 .kind = RECORD_BUILDS,
					 .hosts = 2,
					 .runs = 2,
					 .against = { .name = "old" },
					 .toggle = { "true", "false" },
					 .code = { .status = RECORD_CODE_UNKNOWN } };

	return record_write_header(w, &h, 1, argv);
}

static int write_selftest(struct record_writer *w)
{
	static const struct record_selftest t = {
		.nr_rates = 1, .rate = { { .operation = "loop", .metric = "p50" } }
	};

	return record_write_selftest(w, &t);
}

static int write_question(struct record_writer *w)
{
	static const struct record_question q = {
		.name = "q",
		.nr_arms = 1,
		.kind = RECORD_BUILDS,
		.arm = { { .name = "-a", .label = "text", .of = "a" } },
		.nr_skipped = 1,
		.skipped = { { "-b", "reason" } }
	};

	return record_write_question(w, &q);
}

static int write_calibration(struct record_writer *w)
{
	static const struct record_calibration c = { .question = "q",
						     .nr_arms = 1,
						     .arm = { { .name = "-a" } } };

	return record_write_calibration(w, &c);
}

static int write_block(struct record_writer *w)
{
	static const struct record_epoch e = { .arm = "-a",
					       .nr_counters = 1,
					       .counter = { { "-calls", 1 } },
					       .nr_losses = 1,
					       .loss = { { "-impossible", 1 } },
					       .hist = &hist };
	static const struct record_block b = { .question = "q",
					       .nr_epochs = 1,
					       .epoch = &e,
					       .nr_dropped = 1,
					       .dropped = { { "-a", "reason" } } };

	return record_write_block(w, &b);
}

static int write_instance(struct record_writer *w)
{
	static const struct record_pass pass;
	static const struct record_part p = { .arm = "-a",
					      .nr_passes = 1,
					      .pass = &pass,
					      .nr_counters = 1,
					      .counter = { { "-calls", 1 } },
					      .nr_losses = 1,
					      .loss = { { "-impossible", 1 } },
					      .hist = &hist };
	static const struct record_instance in = { .question = "q",
						   .nr_parts = 1,
						   .part = &p,
						   .nr_dropped = 1,
						   .dropped = { { "-a", "reason" } } };

	return record_write_instance(w, &in);
}

static void empty_cell(const void *arg, size_t i, uint64_t *waker_cpu, uint64_t *cpu,
		       struct hist *h)
{
	(void)arg;
	*waker_cpu = *cpu = i;
	hist_init(h, HIST_K_USER);
}

static int write_trace(struct record_writer *w)
{
	static const struct record_band band = { .index = 1, .count = 1, .sum = { 1 } };
	static const struct record_trace t = {
		.kind = "wakeup",
		.nr_metrics = 1,
		.metric = { { "-runq", &hist } },
		.bands = { .k = 4, .nr_sums = 1, .sum = { "woken" }, .nr = 1, .band = &band },
		.matrix = { .metric = "woken", .nr = 1, .cell = empty_cell }
	};

	return record_write_trace(w, &t);
}

static int write_layout(struct record_writer *w)
{
	static const struct record_layout l = { .kind = "wakeup",
						.nr_metrics = 1,
						.metric = { { .name = "runq" } },
						.nr_losses = 1,
						.loss = { { .name = "ring_full" } } };

	return record_write_layout(w, &l);
}

static int write_cost(struct record_writer *w)
{
	static const struct record_cost c = { .nr_programs = 1, .program = { { .name = "p" } } };

	return record_write_cost(w, &c);
}

static int write_event(struct record_writer *w)
{
	static const struct record_event e = { .kind = "wakeup",
					       .population = "woken",
					       .function = "f",
					       .nr_phases = 1,
					       .phase = { { "-runq", 1 } },
					       .has_waker = true,
					       .has_behind = true,
					       .nr_behind = 1,
					       .has_stack = true,
					       .kernel = { 1, { "f" } } };

	return record_write_event(w, &e);
}

static int write_losses(struct record_writer *w)
{
	static const struct record_losses l = { .nr_losses = 1,
						.loss = { { "-full", 1 } },
						.nr_counters = 1,
						.counter = { { "-spun", 1 } } };

	return record_write_losses(w, &l);
}

static int write_recheck(struct record_writer *w)
{
	return record_write_recheck(w, &(struct record_recheck){
					       .question = "q", .nr_arms = 1, .arm = { "-a" } });
}

static int write_failed(struct record_writer *w)
{
	return record_write_failed(w, &(struct record_failed){ .question = "q" });
}

static int write_end(struct record_writer *w)
{
	return record_write_end(w, RECORD_COMPLETE);
}

static int read_header(const json_t *j)
{
	struct record_header h;

	return record_read_header(j, &h, why, sizeof(why));
}

static int read_environment(const json_t *j)
{
	struct record_environment e;

	return record_read_environment(j, &e, why, sizeof(why));
}

static int read_selftest(const json_t *j)
{
	static struct record_selftest t;

	return record_read_selftest(j, &t, why, sizeof(why));
}

static int read_question(const json_t *j)
{
	static struct record_question q;

	return record_read_question(j, &q, why, sizeof(why));
}

static int read_calibration(const json_t *j)
{
	static struct record_calibration c;

	return record_read_calibration(j, &c, why, sizeof(why));
}

static int read_block(const json_t *j)
{
	static struct record_epoch e = { .hist = &hist };
	static struct record_block b;
	int ret = record_read_block(j, &b, why, sizeof(why));

	return ret ? ret : record_read_epoch(j, 0, &e, why, sizeof(why));
}

static int read_instance(const json_t *j)
{
	static struct record_part p = { .hist = &hist };
	static struct record_instance in;
	struct record_pass pass;
	int ret = record_read_instance(j, &in, why, sizeof(why));

	ret = ret ? ret : record_read_part(j, 0, &p, why, sizeof(why));
	return ret ? ret : record_read_pass(j, 0, 0, &pass, why, sizeof(why));
}

static int read_trace(const json_t *j)
{
	static struct record_trace t;

	return record_read_trace(j, &t, why, sizeof(why));
}

static int read_layout(const json_t *j)
{
	static struct record_layout l;

	return record_read_layout(j, &l, why, sizeof(why));
}

static int read_cost(const json_t *j)
{
	static struct record_cost c;

	return record_read_cost(j, &c, why, sizeof(why));
}

static int read_event(const json_t *j)
{
	static struct record_event e;

	return record_read_event(j, &e, why, sizeof(why));
}

static int read_losses(const json_t *j)
{
	static struct record_losses l;

	return record_read_losses(j, &l, why, sizeof(why));
}

static int read_recheck(const json_t *j)
{
	static struct record_recheck r;

	return record_read_recheck(j, &r, why, sizeof(why));
}

static int read_failed(const json_t *j)
{
	struct record_failed f;

	return record_read_failed(j, &f, why, sizeof(why));
}

static int read_end(const json_t *j)
{
	enum record_status status;

	return record_read_end(j, &status, why, sizeof(why));
}

static const struct type {
	const char *name;
	int (*write)(struct record_writer *w);
	int (*read)(const json_t *record);
} types[] = {
	{ "header", write_header, read_header },
	{ "environment", record_write_environment, read_environment },
	{ "selftest", write_selftest, read_selftest },
	{ "question", write_question, read_question },
	{ "calibration", write_calibration, read_calibration },
	{ "instance", write_instance, read_instance },
	{ "block", write_block, read_block },
	{ "layout", write_layout, read_layout },
	{ "trace", write_trace, read_trace },
	{ "event", write_event, read_event },
	{ "losses", write_losses, read_losses },
	{ "cost", write_cost, read_cost },
	{ "recheck", write_recheck, read_recheck },
	{ "failed", write_failed, read_failed },
	{ "end", write_end, read_end },
};

static json_t *written[ARRAY_SIZE(types)];

static int keep(const json_t *record, size_t line, void *arg)
{
	(void)arg;
	cr_assert_leq(line, ARRAY_SIZE(types));
	written[line - 1] = json_incref((json_t *)record);
	return 0;
}

/* ---- the document ---------------------------------------------------------------------------- */

/* Rows of the tables of a section: cells without the blanks around them. */
struct row {
	char section[64], cell[3][4096];
};

static struct row rows[64];
static size_t nr_rows;

static void add_row(const char *section, char *line)
{
	struct row *r = &rows[nr_rows++];

	cr_assert_leq(nr_rows, ARRAY_SIZE(rows));
	snprintf(r->section, sizeof(r->section), "%s", section);
	strtok(line, "|");
	for (size_t i = 0; i < 3; i++) {
		snprintf(r->cell[i], sizeof(r->cell[i]), "%s",
			 line ? line + strspn(line, " |") : "");
		line = strtok(NULL, "|\n");
	}
}

static void read_schema(void)
{
	char line[4096], section[64] = "";
	FILE *in = fopen(SCHEMA, "r");

	cr_assert_not_null(in, "the tests run in the root of the tree");
	while (fgets(line, sizeof(line), in)) {
		if (!strncmp(line, "## ", 3))
			sscanf(line, "## %63[^,\n]", section);
		if (line[0] == '|' && strncmp(line, "|---", 4) && strncmp(line, "| type", 6) &&
		    strncmp(line, "| field", 7))
			add_row(section, line);
	}
	fclose(in);
}

static const struct row *find_row(const char *section, const char *name)
{
	char begin[80];

	snprintf(begin, sizeof(begin), "`%s`", name);
	for (size_t i = 0; i < nr_rows; i++)
		if (!strcmp(rows[i].section, section) &&
		    !strncmp(rows[i].cell[0], begin, strlen(begin)))
			return &rows[i];
	cr_assert_fail("no row '%s' in section %s", name, section);
	return NULL;
}

/* Names in backticks, as the keys of an object; @italic: only those in asterisks as well. */
static json_t *names_in(const char *text, bool italic)
{
	json_t *names = json_object();
	const char *end;

	while ((text = strchr(text, '`')) && (end = strchr(text + 1, '`'))) {
		char *name = strndup(text + 1, (size_t)(end - text - 1));

		if (!italic || (text[-1] == '*' && end[1] == '*'))
			json_object_set_new(names, name, json_true());
		free(name);
		text = end + 1;
	}
	return names;
}

static bool is_hist(const json_t *j)
{
	return json_object_get(j, "runs");
}

/* Keys of @j and of what is in it, as deep as the document goes: not those of histograms. */
static void collect(const json_t *j, json_t *names)
{
	const char *key;
	json_t *value;
	size_t i;

	if (is_hist(j))
		return;
	json_object_foreach ((json_t *)j, key, value) {
		if (key[0] != '-' && strcmp(key, "type"))
			json_object_set_new(names, key, json_true());
		collect(value, names);
	}
	json_array_foreach (j, i, value)
		collect(value, names);
}

static void expect_same(const char *what, json_t *documented, json_t *found)
{
	const char *key;
	json_t *value;

	json_object_foreach (documented, key, value)
		cr_expect(json_object_get(found, key), "%s: `%s` is only in " SCHEMA, what, key);
	json_object_foreach (found, key, value)
		cr_expect(json_object_get(documented, key), "%s: `%s` is not in " SCHEMA, what,
			  key);
}

static void begin(void)
{
	struct record_visitor v = { .each = keep };
	char dir[] = "/tmp/kt-schema-XXXXXX", path[96], err[256] = "";
	struct record_writer *w;

	hist_init(&hist, HIST_K_USER);
	hist_add(&hist, 5);
	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/run.jsonl", dir);
	cr_assert_eq(record_create(&w, path, err, sizeof(err)), 0, "%s", err);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		cr_assert_eq(types[i].write(w), 0, "%s", types[i].name);
	cr_assert_eq(record_close(w), 0);
	cr_assert_eq(record_read(path, &v, err, sizeof(err)), 0, "%s", err);
	unlink(path);
	rmdir(dir);
	read_schema();
}

TestSuite(record_schema, .init = begin, .timeout = 60);

/* ---- what holds ------------------------------------------------------------------------------ */

#define TYPES "Types"

Test(record_schema, each_type_has_a_row_a_writer_and_a_reader)
{
	size_t nr = 0;

	for (size_t i = 0; i < nr_rows; i++)
		nr += !strcmp(rows[i].section, TYPES);
	cr_expect_eq(nr, ARRAY_SIZE(types), "%zu rows, %zu types", nr, ARRAY_SIZE(types));
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const char *type = json_string_value(json_object_get(written[i], "type"));

		find_row(TYPES, types[i].name);
		cr_expect_str_eq(type, types[i].name, "what its writer wrote");
		cr_expect_eq(types[i].read(written[i]), 0, "%s: %s", type, why);
	}
}

Test(record_schema, the_fields_of_a_row_are_those_that_are_written)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		json_t *found, *documented;

		if (!strcmp(types[i].name, "environment"))
			continue;
		found = json_object();
		documented = names_in(find_row(TYPES, types[i].name)->cell[2], false);
		collect(written[i], found);
		expect_same(types[i].name, documented, found);
		json_decref(documented);
		json_decref(found);
	}
}

/* Takes one field away at a time, also in the first epoch or part. */
static void expect_needed(const struct type *t, json_t *record, json_t *at, json_t *needed)
{
	const char *key;
	json_t *value;

	json_object_foreach (at, key, value) {
		bool must = json_object_get(needed, key);

		json_incref(value);
		if (!strcmp(key, "epochs") || !strcmp(key, "parts") || !strcmp(key, "rates"))
			expect_needed(t, record, json_array_get(value, 0), needed);
		json_object_set_new(at, key, json_null());
		cr_expect_eq(t->read(record) != 0, must, "%s without `%s`", t->name, key);
		json_object_set_new(at, key, value);
	}
}

Test(record_schema, what_is_in_italics_is_what_a_reader_needs)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		json_t *needed = names_in(find_row(TYPES, types[i].name)->cell[2], true);

		/* Said in words: one of both. */
		if (!strcmp(types[i].name, "trace"))
			json_object_set_new(needed, "kind", json_true());
		expect_needed(&types[i], written[i], written[i], needed);
		json_decref(needed);
	}
}

Test(record_schema, histograms_have_the_fields_of_their_table)
{
	json_t *documented = json_object(), *found = hist_to_json(&hist), *more;

	for (size_t i = 0; i < nr_rows; i++) {
		if (strcmp(rows[i].section, "Histograms"))
			continue;
		more = names_in(rows[i].cell[0], false);
		json_object_update(documented, more);
		json_decref(more);
	}
	expect_same("hist", documented, found);
	json_decref(documented);
	json_decref(found);
}

/* A list that is empty here, such as the warnings, shows no fields. */
Test(record_schema, the_environment_has_the_fields_of_its_table)
{
	json_t *all = json_object(), *found = json_object(), *value;
	const char *key;

	json_object_foreach (written[1], key, value) {
		json_t *inner, *documented;

		if (!strcmp(key, "type"))
			continue;
		json_object_set_new(found, key, json_true());
		documented = names_in(find_row("Environment", key)->cell[1], false);
		inner = json_object();
		if (json_object_size(documented) &&
		    (json_is_object(value) || json_array_size(value))) {
			collect(value, inner);
			expect_same(key, documented, inner);
		}
		json_decref(documented);
		json_decref(inner);
	}
	for (size_t i = 0; i < nr_rows; i++) {
		if (strcmp(rows[i].section, "Environment"))
			continue;
		value = names_in(rows[i].cell[0], false);
		json_object_update(all, value);
		json_decref(value);
	}
	expect_same("environment", all, found);
	json_decref(all);
	json_decref(found);
}
