// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arms that write garbage into the page they share with the controller. Each costs its epochs,
 * itself or, where nothing on the page can be trusted any more, its question; the arm beside it has
 * its results in full, and the record says what happened. tests/cli/hostile_suite.sh drives the
 * same questions by `kt bench`.
 */
#include <limits.h>
#include <linux/futex.h>
#include <math.h>
#include <sys/syscall.h>

#include "bench/controller/client.h"
#include "bench/harness/state.h"
#include "tests/unit/controller_test.h"

/* ---- the questions --------------------------------------------------------------------------- */

/* Under the name "harmless" it is another build, in which that arm is mended. */
static bool is_bad(const struct bench_state *st)
{
	return !strcmp(bench_arm(st), "bad") && strcmp(program_invocation_short_name, "harmless");
}

static void measured(struct bench_state *st)
{
	while (bench_keep_running(st))
		bench_lat_record(st, 1000);
}

/* A question whose arm "bad" does @garbage to the page @w after each of its epochs. */
#define HOSTILE(name, garbage)                                                 \
	BENCHMARK(name, .arms = BENCH_ARMS("good", "bad"), .baseline = "good", \
		  .mode = BENCH_LATENCY)                                       \
	{                                                                      \
		struct wire *w = st->wire;                                     \
                                                                               \
		measured(st);                                                  \
		if (is_bad(st)) {                                              \
			garbage;                                               \
		}                                                              \
	}

HOSTILE(a_end_negative, w->end_ns = (uint64_t)-5)
HOSTILE(a_end_before_start, w->end_ns = w->start_ns - 1)
HOSTILE(a_start_zero, w->start_ns = 0)
HOSTILE(a_histogram, w->hist.bucket[5] += 3)
HOSTILE(a_iterations, w->iterations *= 2)
HOSTILE(a_names, w->nr_counters = 1; memset(w->counter[0].name, 'x', sizeof(w->counter[0].name)))
HOSTILE(a_counters, w->nr_counters = 1U << 31)
HOSTILE(c_impossible, hist_init(&w->hist, HIST_K_USER); bench_lat_record(st, (uint64_t)-5))
HOSTILE(b_first_words, memset(w, 0, 16))

BENCHMARK(a_status, .arms = BENCH_ARMS("good", "bad"), .mode = BENCH_LATENCY)
{
	measured(st);
	if (is_bad(st))
		st->status = 99;
}

static int setup_status(struct bench_state *st)
{
	if (is_bad(st))
		st->status = 77;
	return 0;
}

BENCHMARK(a_setup_status, .arms = BENCH_ARMS("good", "bad"), .mode = BENCH_LATENCY,
	  .setup = setup_status)
{
	measured(st);
}

BENCHMARK(a_all, .arms = BENCH_ARMS("bad", "worse"), .mode = BENCH_LATENCY)
{
	measured(st);
	st->wire->end_ns = is_bad(st) ? 1 : 2;
}

static void turn_set(struct wire *w, uint32_t turn)
{
	__atomic_store_n(&w->turn, turn, __ATOMIC_RELEASE);
	syscall(SYS_futex, &w->turn, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	for (;;)
		pause();
}

HOSTILE(b_turn_back, turn_set(w, WIRE_CONTROLLER))
HOSTILE(b_turn_garbage, turn_set(w, 4711))

/*
 * How many epochs of this arm in a row had this count of iterations: calibration has fewer than
 * LATER, the first instances more.
 */
#define LATER 30

static unsigned int epochs_alike(const struct bench_state *st)
{
	static uint64_t iterations[2];
	static unsigned int nr[2];
	bool bad = is_bad(st);

	nr[bad] = iterations[bad] == bench_iterations(st) ? nr[bad] + 1 : 1;
	iterations[bad] = bench_iterations(st);
	return nr[bad];
}

HOSTILE(c_later, if (epochs_alike(st) >= LATER) w->end_ns = 1)
HOSTILE(c_once, if (epochs_alike(st) == LATER) w->end_ns = 1)

BENCHMARK(c_both_later, .arms = BENCH_ARMS("bad", "worse"), .mode = BENCH_LATENCY)
{
	measured(st);
	if (epochs_alike(st) >= LATER)
		st->wire->end_ns = 1;
}

BENCHMARK(c_some_impossible, .arms = BENCH_ARMS("good", "bad"), .mode = BENCH_LATENCY)
{
	uint64_t i = 0;

	while (bench_keep_running(st))
		bench_lat_record(st, is_bad(st) && i++ % 4 == 0 ? (uint64_t)-5 : 1000);
}

BENCHMARK(c_infinite, .arms = BENCH_ARMS("good", "bad"), .mode = BENCH_LATENCY)
{
	measured(st);
	bench_counter(st, "ops", 2);
	bench_counter(st, "ratio", is_bad(st) ? NAN : 1);
	bench_counter(st, "rate", is_bad(st) ? -INFINITY : 1);
}

BENCHMARK(z_fine, .arms = BENCH_ARMS("good", "bad"), .baseline = "good")
{
	unsigned long v = 1;

	while (bench_keep_running(st)) {
		v = v * 3 + 1;
		bench_keep(v);
	}
}

BE_WORKER()

TestSuite(controller_hostile, .init = init, .fini = fini, .timeout = 120);

/* ---- what is left of them -------------------------------------------------------------------- */

/* The names in the array @list, or those of its objects' "arm", joined by commas. */
static const char *names(const json_t *list)
{
	static char text[64];
	json_t *item;
	size_t i;

	text[0] = '\0';
	json_array_foreach (list, i, item) {
		json_t *arm = json_is_object(item) ? json_object_get(item, "arm") : item;

		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? "," : "",
			 json_string_value(arm));
	}
	return text;
}

static json_int_t integer(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* The part of the arm @name in @instance; NULL: it has none. */
static json_t *part_of(const json_t *instance, const char *name)
{
	json_t *part;
	size_t i;

	json_array_foreach (json_object_get(instance, "parts"), i, part)
		if (!strcmp(text(part, "arm"), name))
			return part;
	return NULL;
}

static size_t nr_passes(const json_t *instance, const char *name)
{
	return json_array_size(json_object_get(part_of(instance, name), "passes"));
}

/* Of all passes of @part. */
static json_int_t iterations(const json_t *part)
{
	json_int_t sum = 0;
	json_t *pass;
	size_t i;

	json_array_foreach (json_object_get(part, "passes"), i, pass)
		sum += json_integer_value(json_array_get(pass, 3));
	return sum;
}

/* Every instance has passes of "good" with all their values. */
static void expect_good_in_full(const char *question)
{
	json_t *found = records("instance", question), *instance;
	size_t i;

	cr_expect(json_array_size(found) >= MIN_INSTANCES, "%s", question);
	json_array_foreach (found, i, instance) {
		json_t *good = part_of(instance, "good");

		cr_expect(nr_passes(instance, "good") >= MIN_PASSES, "%s", question);
		cr_expect_eq(integer(json_object_get(good, "hist"), "count"), iterations(good),
			     "%s", question);
		cr_expect_eq(json_object_size(json_object_get(good, "losses")), 0);
	}
	json_decref(found);
}

Test(controller_hostile,
     an_arm_that_writes_garbage_is_given_up_by_name_and_the_other_has_its_results)
{
	static const struct {
		const char *question, *reason;
	} expected[] = {
		{ "a_end_negative", "ns after its answer came" },
		{ "a_end_before_start", "it ended 1 ns before it began" },
		{ "a_start_zero", "before it was asked for" },
		{ "a_histogram", "its histogram does not add up" },
		{ "a_iterations", "iterations instead of" },
		{ "a_names", "the name of its counter 0 is not terminated" },
		{ "a_counters", "it has 2147483648 counters" },
		{ "a_status", "its status is 99" },
		{ "a_setup_status", "its status is 77" },
	};
	struct run_summary sum = run("^a_", 40 * MS, 60 * S);

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const char *question = expected[i].question;
		json_t *found = records("instance", question), *instance;
		size_t j;

		expect_failed(question, "bad", expected[i].reason);
		expect_good_in_full(question);
		/* Calibration has seen enough of it: no instance begins with it. */
		json_array_foreach (found, j, instance) {
			cr_expect_str_eq(names(json_object_get(instance, "parts")), "good");
			cr_expect_eq(json_array_size(json_object_get(instance, "dropped")), 0);
		}
		json_decref(found);
	}
	cr_expect_eq(sum.failed, sizeof(expected) / sizeof(expected[0]) + 1);
	cr_expect_eq(sum.done, 0);
	expect_no_child();
}

Test(controller_hostile, when_all_arms_are_given_up_each_is_named_and_the_run_goes_on)
{
	struct run_summary sum = run("^(a_all|z_fine)$", 40 * MS, 60 * S);
	json_t *failed = records("failed", "a_all");

	cr_assert_eq(json_array_size(failed), 2);
	cr_expect_str_eq(names(failed), "bad,worse");
	cr_expect_eq(count("instance", "a_all"), 0);
	cr_expect_eq(sum.failed, 1);
	cr_expect_eq(sum.done, 1, "z_fine");
	json_decref(failed);
	expect_no_child();
}

Test(controller_hostile, garbage_in_the_pages_own_words_costs_the_question_and_a_new_worker_goes_on)
{
	struct run_summary sum = run("^(b_.*|z_fine)$", 40 * MS, 60 * S);

	expect_failed("b_first_words", "bad", "the shared page was overwritten");
	expect_failed("b_turn_back", "bad", "without an answer to call");
	expect_failed("b_turn_garbage", "bad", "turn is 4711");
	cr_expect_eq(sum.failed, 3);
	cr_expect_eq(sum.done, 1);
	cr_expect(count("instance", "z_fine") >= MIN_INSTANCES, "z_fine");
	expect_no_child();
}

Test(controller_hostile, an_arm_that_begins_with_it_later_is_given_up_after_some_epochs)
{
	size_t i, j, dropped = 0, kept = 0, nr_alone = 0;
	json_t *found, *instance, *bad;

	cr_expect_eq(run("^c_later$", 2 * S, 60 * S).failed, 1);
	expect_failed("c_later", "bad", "given up: ");
	expect_good_in_full("c_later");
	found = records("instance", "c_later");
	json_array_foreach (found, i, instance) {
		json_t *lost = json_object_get(instance, "dropped");
		bool alone = !nr_passes(instance, "bad") && !json_array_size(lost);

		nr_alone += alone;
		cr_expect(alone || !nr_alone, "it does not come back");
		kept += nr_passes(instance, "bad");
		json_array_foreach (lost, j, bad) {
			dropped++;
			cr_expect_str_eq(text(bad, "arm"), "bad");
			cr_expect(strstr(text(bad, "reason"), "before it began"));
		}
	}
	/* Four in a row are one too many; the first epoch of an instance is in none. */
	cr_expect(dropped == 3 || dropped == 4, "%zu", dropped);
	cr_expect(nr_alone >= 1 && kept >= 1, "good ones are kept");
	json_decref(found);
}

Test(controller_hostile, a_question_ends_when_its_last_arm_is_given_up)
{
	size_t i, nr, dropped = 0;
	json_t *found, *instance;

	cr_expect_eq(run("^c_both_later$", 60 * S, 60 * S).failed, 1);
	cr_expect_eq(count("failed", "c_both_later"), 2);
	found = records("instance", "c_both_later");
	nr = json_array_size(found);
	json_array_foreach (found, i, instance) {
		size_t n = json_array_size(json_object_get(instance, "dropped"));

		cr_expect(!dropped || n, "instance %zu of %zu", i, nr);
		dropped += n;
	}
	cr_expect(dropped >= 6 && dropped <= 8, "%zu in %zu", dropped, nr);
	json_decref(found);
	expect_no_child();
}

/* What @filter makes the controller say on stderr; the caller frees it. */
static char *said(const char *filter, struct run_summary *sum)
{
	struct progress progress;
	struct measure_opts o = { .time_ns = 2 * S, .patience_ns = 60 * S };
	int kept = dup(STDERR_FILENO);
	FILE *f = tmpfile();
	char *said = NULL;
	size_t size = 0;

	cr_assert(f && kept >= 0);
	fflush(stderr);
	dup2(fileno(f), STDERR_FILENO);
	progress_init(&progress, 1, 1);
	o.progress = &progress;
	*sum = run_as(filter, o);
	fflush(stderr);
	dup2(kept, STDERR_FILENO);
	close(kept);
	rewind(f);
	if (getdelim(&said, &size, '\0', f) < 0)
		cr_assert_fail("nothing was said");
	fclose(f);
	return said;
}

Test(controller_hostile, one_bad_epoch_is_left_out_and_named_and_the_question_is_answered)
{
	json_t *found, *instance;
	struct run_summary sum;
	char *text = said("^c_once$", &sum);
	size_t i, dropped = 0, missing = 0;

	cr_expect_eq(sum.done, 1);
	cr_expect_eq(sum.failed, 0);
	cr_expect(strstr(text, "c_once: bad: 1 of "), "%s", text);
	cr_expect(strstr(text, "before it began"), "%s", text);
	cr_expect_eq(count("failed", NULL), 0);
	expect_good_in_full("c_once");
	found = records("instance", "c_once");
	json_array_foreach (found, i, instance) {
		dropped += json_array_size(json_object_get(instance, "dropped"));
		missing += nr_passes(instance, "good") - nr_passes(instance, "bad");
	}
	/* In the place that it had, unless it was one of those that are thrown away anyhow. */
	cr_expect_eq(dropped, missing);
	cr_expect_leq(dropped, 1);
	json_decref(found);
	free(text);
}

Test(controller_hostile, an_arm_that_is_given_up_is_said_to_be)
{
	struct run_summary sum;
	char *text = said("^a_(histogram|all)$", &sum);

	cr_expect_eq(sum.failed, 2);
	cr_expect(
		strstr(text,
		       "a_histogram: bad: given up: 4 of 4 epochs were bad, the latest because its "
		       "histogram does not add up"),
		"%s", text);
	cr_expect(strstr(text, "a_all: bad: given up"), "%s", text);
	cr_expect(strstr(text, "; worse: given up"), "%s", text);
	free(text);
}

Test(controller_hostile, impossible_values_are_counted_for_their_arm_and_in_no_histogram)
{
	json_t *found, *instance;
	struct run_summary sum;
	char *text_said = said("^c_some_impossible$", &sum);
	size_t i, seen = 0;

	cr_expect_eq(sum.done, 1);
	cr_expect(strstr(text_said, "c_some_impossible: bad: "), "%s", text_said);
	cr_expect(strstr(text_said, " impossible values left out"), "%s", text_said);
	expect_good_in_full("c_some_impossible");
	found = records("instance", "c_some_impossible");
	json_array_foreach (found, i, instance) {
		json_t *part = part_of(instance, "bad"), *hist = json_object_get(part, "hist");
		json_int_t lost = integer(json_object_get(part, "losses"), "impossible"),
			   n = iterations(part);

		seen += part != NULL;
		/* The first of four in each pass. */
		cr_expect(lost * 4 >= n &&
			  lost * 4 < n + 4 * (json_int_t)nr_passes(instance, "bad"));
		cr_expect_eq(integer(hist, "count"), n - lost);
		cr_expect_eq(integer(hist, "max"), 1000);
	}
	cr_expect(seen >= MIN_INSTANCES);
	json_decref(found);
	free(text_said);
}

Test(controller_hostile, an_arm_of_impossible_values_only_is_given_up)
{
	cr_expect_eq(run("^c_impossible$", 40 * MS, 60 * S).failed, 1);
	expect_failed("c_impossible", "bad", "all its values (1) are impossible");
	expect_good_in_full("c_impossible");
}

Test(controller_hostile, a_counter_that_is_no_number_is_lost_by_name_and_the_others_are_kept)
{
	json_t *found, *instance, *part;
	size_t i, j, seen = 0;

	cr_expect_eq(run("^c_infinite$", 40 * MS, 60 * S).done, 1);
	found = records("instance", "c_infinite");
	json_array_foreach (found, i, instance)
		json_array_foreach (json_object_get(instance, "parts"), j, part) {
			json_t *counters = json_object_get(part, "counters");
			json_t *lost = json_object_get(part, "losses");
			size_t nr = json_array_size(json_object_get(part, "passes"));
			bool bad = !strcmp(text(part, "arm"), "bad");

			seen++;
			cr_expect_eq(json_real_value(json_object_get(counters, "ops")),
				     2 * (double)nr);
			cr_expect_eq(json_object_size(counters), bad ? 1 : 3);
			cr_expect_eq(json_object_size(lost), bad ? 2 : 0);
			cr_expect_eq(integer(lost, "counter ratio"), bad ? (json_int_t)nr : 0);
			cr_expect_eq(integer(lost, "counter rate"), bad ? (json_int_t)nr : 0);
		}
	cr_expect(seen >= 2 * MIN_INSTANCES);
	json_decref(found);
}

/* What is checked is what is kept: a worker that goes on writing reaches the page, not the reply. */
Test(controller_hostile, a_reply_stays_as_it_came_whatever_the_worker_does_to_the_page)
{
	struct client_request request = { .cmd = WIRE_SETUP };
	static struct wire reply, before;
	char err[300] = "";
	struct suite suite;
	struct client c;

	interrupt_install();
	cr_assert_eq(suite_list(&suite, SELF, err, sizeof(err)), 0, "%s", err);
	cr_assert_eq(suite_filter(&suite, "^z_fine$", err, sizeof(err)), 0, "%s", err);
	request.question = suite.question[0].number;
	suite_free(&suite);
	cr_assert_eq(client_start(&c, SELF, 0, err, sizeof(err)), 0, "%s", err);
	cr_assert_eq(client_call(&c, &request, 60 * S, &reply, err, sizeof(err)), 0, "%s", err);
	cr_expect_eq(reply.status, WIRE_OK);
	request.cmd = WIRE_RUN;
	request.iterations = 123;
	cr_assert_eq(client_call(&c, &request, 60 * S, &reply, err, sizeof(err)), 0, "%s", err);
	cr_expect_eq(reply.iterations, 123);
	cr_expect_eq(reply.hist.count, 1);
	before = reply;

	memset(c.page, 0xee, WIRE_ROOM);
	cr_expect_arr_eq(&reply, &before, sizeof(reply));
	client_stop(&c);
	expect_no_child();
}
