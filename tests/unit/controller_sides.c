// SPDX-License-Identifier: GPL-2.0-only
/*
 * Questions of two sides, end to end. This program is both benchmark binaries: under a name with
 * "changed" in it an arm takes longer, under one with "bad" in it arms go wrong. Operations report
 * values that are made up, so that what is said of them does not depend on the machine.
 * tests/cli/against.sh drives the same questions by `kt bench`.
 */
#include <signal.h>
#include <sys/stat.h>

#include "bench/controller/join.h"
#include "bench/controller/toggle.h"
#include "bench/harness/state.h"
#include "lib/measure/looks.h"
#include "tests/unit/controller_test.h"

/* ---- the questions --------------------------------------------------------------------------- */

static bool binary_is(const char *what)
{
	return strstr(program_invocation_short_name, what);
}

static bool arm_is(const struct bench_state *st, const char *name)
{
	return !strcmp(bench_arm(st), name);
}

/* Operations of @ns each, one in fifty ten times as long. */
static void take_with_tail(struct bench_state *st, uint64_t ns, uint64_t tail)
{
	unsigned int nr = 0;

	while (bench_keep_running(st))
		bench_lat_record(st, nr++ % 50 == 25 ? tail : ns);
}

static void take(struct bench_state *st, uint64_t ns)
{
	take_with_tail(st, ns, 10 * ns);
}

#define TWO_ARMS .arms = BENCH_ARMS("one", "two"), .mode = BENCH_LATENCY, .baseline = "one"

BENCHMARK(a_same, TWO_ARMS)
{
	take(st, arm_is(st, "one") ? 1000 : 2000);
}

BENCHMARK(b_changed, TWO_ARMS)
{
	take_with_tail(st, arm_is(st, "two") && binary_is("changed") ? 1300 : 1000, 10000);
}

BENCHMARK(t_tail, TWO_ARMS)
{
	take_with_tail(st, 1000, arm_is(st, "two") && binary_is("changed") ? 15000 : 10000);
}

/* Which process it is, and how large the variable is that moves its stack. */
BENCHMARK(c_process, TWO_ARMS)
{
	const char *padding = getenv("KT_BENCH_PADDING");

	take(st, 1000);
	bench_counter(st, "pid", getpid());
	bench_counter(st, "padding", padding ? (double)strlen(padding) : 0);
}

/* What the file that KT_TEST_SETTING names says. */
BENCHMARK(d_setting, TWO_ARMS)
{
	const char *name = getenv("KT_TEST_SETTING");
	FILE *in = name ? fopen(name, "r") : NULL;
	unsigned long ns = 1000;

	if (in) {
		if (fscanf(in, "%lu", &ns) != 1)
			ns = 1;
		fclose(in);
	}
	take(st, arm_is(st, "two") ? ns : 1000);
}

static int skip_two(struct bench_state *st)
{
	return arm_is(st, "two") && binary_is("bad") ? bench_skip(st, "not in this build") : 0;
}

BENCHMARK(e_skip, TWO_ARMS, .setup = skip_two)
{
	take(st, 1000);
}

static int fail_two(struct bench_state *st)
{
	return arm_is(st, "two") && binary_is("bad") ? bench_fail(st, "setup broke") : 0;
}

BENCHMARK(e_setup_fails, TWO_ARMS, .setup = fail_two)
{
	take(st, 1000);
}

BENCHMARK(f_body_fails, TWO_ARMS)
{
	take(st, 1000);
	if (arm_is(st, "two") && binary_is("bad"))
		bench_fail(st, "checksum differs");
}

/* Goes wrong in its third epoch. */
#define GOES_WRONG(name, how)                                            \
	BENCHMARK(name, TWO_ARMS)                                        \
	{                                                                \
		static int nr;                                           \
                                                                         \
		if (arm_is(st, "two") && binary_is("bad") && ++nr > 2) { \
			how;                                             \
		}                                                        \
		take(st, 1000);                                          \
	}

GOES_WRONG(g_crash, raise(SIGABRT))
GOES_WRONG(g_page, memset(st->wire, 0, 16))
GOES_WRONG(h_fork, if (fork() < 0) _exit(1)) /* both go on */
GOES_WRONG(h_flood, for (int i = 0; i < 1000; i++) puts("nobody asked for this"))
GOES_WRONG(h_closed, close_range(0, ~0U, 0))
GOES_WRONG(g_exit, _exit(7))
GOES_WRONG(g_hang, for (;;) pause())
GOES_WRONG(g_stop, raise(SIGSTOP))

BENCHMARK(f_histogram, TWO_ARMS)
{
	take(st, 1000);
	if (arm_is(st, "two") && binary_is("bad"))
		st->wire->hist.bucket[5] += 3;
}

BENCHMARK(z_fine, TWO_ARMS)
{
	take(st, 1000);
}

BE_WORKER()

/* ---- running them ---------------------------------------------------------------------------- */

#define MAX_INSTANCES 64

/* What is decided at once takes far less, and a busy machine has time to set processes up. */
#define TIME_NS (2 * S)

static char binary[3][80]; /* copies: plain, changed, bad */
enum { PLAIN, CHANGED, BAD };

static void copy_self(char *to, size_t size, const char *name)
{
	char command[200];

	snprintf(to, size, "%s/%s", dir, name);
	snprintf(command, sizeof(command), "cp /proc/%d/exe %s", (int)getpid(), to);
	cr_assert_eq(system(command), 0);
}

static void begin_sides(void)
{
	init();
	copy_self(binary[PLAIN], sizeof(binary[0]), "side-plain");
	copy_self(binary[CHANGED], sizeof(binary[0]), "side-changed");
	copy_self(binary[BAD], sizeof(binary[0]), "side-bad");
}

static void end_sides(void)
{
	for (int i = 0; i < 3; i++)
		unlink(binary[i]);
	fini();
}

TestSuite(controller_sides, .init = begin_sides, .fini = end_sides, .timeout = 120);

static void no_line(const char *line, void *arg)
{
	(void)arg;
	cr_assert_fail("left out: %s", line);
}

/* What run_questions() said when a run was over early. */
static char over[512];

static struct run_summary run_sides(const struct measure_sides *sides, const char *filter,
				    struct measure_opts o)
{
	char *argv[] = { "test" }, err[300] = "";
	struct suite suite[2], both;
	struct run_summary sum;

	o.path = sides->path[1][0];
	o.sides = sides;
	o.seed = 1;
	if (!o.patience_ns)
		o.patience_ns = 20 * S;
	interrupt_install();
	cr_assert_eq(record_create(&o.out, path, err, sizeof(err)), 0, "%s", err);
	cr_assert_eq(record_write_header(o.out, &(struct record_header){ .tool = "bench" }, 1,
					 argv),
		     0);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(suite_list(&suite[i], sides->path[i][0], err, sizeof(err)), 0, "%s",
			     err);
		cr_assert_eq(suite_filter(&suite[i], filter, err, sizeof(err)), 0, "%s", err);
	}
	cr_assert_eq(join_suites(&both, &suite[0], &suite[1], sides->kind, no_line, NULL), 0);
	cr_assert_eq(run_questions(&both, &o, &sum, over, sizeof(over)), 0, "%s", over);
	cr_assert_eq(record_close(o.out), 0);
	suite_free(&both);
	suite_free(&suite[0]);
	suite_free(&suite[1]);
	return sum;
}

static struct run_summary builds(int old, int new, const char *filter, uint64_t patience_ns)
{
	const char *const side[] = { binary[old], binary[new] };
	const struct measure_sides sides = { .kind = RECORD_BUILDS,
					     .nr_paths = { 1, 1 },
					     .path = { &side[0], &side[1] } };

	return run_sides(&sides, filter,
			 (struct measure_opts){ .time_ns = TIME_NS, .patience_ns = patience_ns });
}

static size_t nr_instances(const char *question)
{
	return count("instance", question);
}

/* The part of the arm in an instance; NULL: it has none. */
static json_t *part_of(const json_t *instance, const char *arm)
{
	json_t *part;
	size_t i;

	json_array_foreach (json_object_get(instance, "parts"), i, part)
		if (!strcmp(text(part, "arm"), arm))
			return part;
	return NULL;
}

/* What each pass of the part has added to the counter. */
static double counted(const json_t *part, const char *counter)
{
	const json_t *sum = json_object_get(json_object_get(part, "counters"), counter);

	return json_number_value(sum) / (double)json_array_size(json_object_get(part, "passes"));
}

/* ---- two builds ------------------------------------------------------------------------------ */

Test(controller_sides, two_equal_builds_have_nothing_flagged)
{
	struct run_summary sum = builds(PLAIN, PLAIN, "^[abz]_", 0);
	json_t *q;

	cr_expect_eq(sum.done, 3);
	cr_expect_eq(sum.flagged, 0);
	cr_expect_eq(sum.regressed + sum.improved, 0);
	cr_expect_eq(count("recheck", NULL), 0);
	cr_expect_geq(nr_instances("a_same"), JUDGE_MIN_INSTANCES);
	q = json_array_get(records("question", "a_same"), 0);
	cr_expect_str_eq(text(q, "kind"), "builds");
	cr_expect(json_is_null(json_object_get(q, "baseline")));
	cr_expect_eq(json_array_size(json_object_get(q, "arms")), 4);
	q = json_object_get(q, "sides");
	cr_expect_str_eq(text(json_object_get(q, "two (new)"), "of"), "two");
	cr_expect_str_eq(text(json_object_get(q, "two (new)"), "side"), "new");
	cr_expect_str_eq(text(json_object_get(q, "two (new)"), "against"), "two (old)");
	cr_expect_str_eq(text(json_object_get(q, "two (old)"), "side"), "old");
	cr_expect_str_eq(text(json_object_get(q, "two (old)"), "against"), "");
	expect_no_child();
}

/* From its first instance on it has the arm that was called, on both sides, and no other. */
static void expect_rechecked(const char *question, const char *arm, size_t nr_flagged)
{
	double confidence = looks_recheck_confidence(nr_flagged);
	json_t *found = records("recheck", question), *first = json_array_get(found, 0), *in;
	json_int_t from = json_integer_value(json_object_get(first, "first"));
	json_t *arms = json_object_get(first, "arms");
	char old[32], new[32];
	size_t i, again = 0;

	snprintf(old, sizeof(old), "%s (old)", arm);
	snprintf(new, sizeof(new), "%s (new)", arm);
	cr_assert_eq(json_array_size(found), 1);
	cr_expect_eq(json_array_size(arms), 1);
	cr_expect_str_eq(json_string_value(json_array_get(arms, 0)), new);
	cr_expect_eq(json_number_value(json_object_get(first, "confidence")), confidence);
	json_array_foreach (records("instance", question), i, in) {
		cr_expect_eq(json_integer_value(json_object_get(in, "instance")), (json_int_t)i);
		if ((json_int_t)i < from)
			continue;
		again++;
		cr_expect_eq(json_array_size(json_object_get(in, "parts")), 2);
		cr_expect_not_null(part_of(in, old));
		cr_expect_not_null(part_of(in, new));
	}
	cr_expect_geq(from, JUDGE_MIN_INSTANCES);
	cr_expect_geq(again, looks_recheck_instances(confidence));
}

Test(controller_sides, a_changed_arm_is_called_and_measured_again_and_only_that)
{
	struct run_summary sum = builds(PLAIN, CHANGED, "^[ab]_", 0);

	cr_expect_eq(sum.done, 2);
	cr_expect_geq(sum.flagged, 1, "its p50, and what goes with it");
	cr_expect_eq(sum.regressed, 1);
	cr_expect_eq(sum.improved, 0);
	cr_expect_eq(count("recheck", NULL), 1);
	expect_rechecked("b_changed", "two", sum.flagged);
}

/* One operation in fifty: p50 does not see it. */
Test(controller_sides, a_changed_tail_is_called_and_measured_again)
{
	const char *const side[] = { binary[PLAIN], binary[CHANGED] };
	const struct measure_sides sides = { .kind = RECORD_BUILDS,
					     .nr_paths = { 1, 1 },
					     .path = { &side[0], &side[1] } };
	struct run_summary sum;

	/* A tail takes more instances than its arm's p50. */
	sum = run_sides(&sides, "^t_",
			(struct measure_opts){ .time_ns = TIME_NS, .repeat_exec = 24 });
	cr_expect_geq(sum.flagged, 1);
	cr_expect_eq(sum.regressed, 1);
	expect_rechecked("t_tail", "two", sum.flagged);
}

Test(controller_sides, the_other_way_round_it_has_improved)
{
	struct run_summary sum = builds(CHANGED, PLAIN, "^b_", 0);

	cr_expect_geq(sum.flagged, 1);
	cr_expect_eq(sum.regressed, 0);
	cr_expect_eq(sum.improved, 1);
}

Test(controller_sides, each_instance_is_a_new_process_per_side)
{
	double pid[2 * MAX_INSTANCES], padding[2 * MAX_INSTANCES];
	size_t i, nr = 0, same_padding = 0;
	json_t *in;

	builds(PLAIN, PLAIN, "^c_", 0);
	json_array_foreach (records("instance", "c_process"), i, in) {
		static const char *const arm[2] = { "one (old)", "one (new)" };

		cr_assert_lt(nr, 2 * MAX_INSTANCES - 1);
		for (int side = 0; side < 2; side++) {
			if (!part_of(in, arm[side]))
				continue;
			pid[nr] = counted(part_of(in, arm[side]), "pid");
			padding[nr++] = counted(part_of(in, arm[side]), "padding");
		}
		if (part_of(in, "one (old)") && part_of(in, "two (old)")) {
			cr_expect_eq(counted(part_of(in, "two (old)"), "pid"), pid[nr - 2]);
			cr_expect_eq(counted(part_of(in, "two (new)"), "pid"), pid[nr - 1]);
		}
	}
	cr_assert_geq(nr, 2 * JUDGE_MIN_INSTANCES);
	for (size_t m = 0; m < nr; m++) {
		cr_expect_geq(padding[m], 1);
		cr_expect_leq(padding[m], 4096);
		for (size_t n = 0; n < m; n++) {
			cr_expect_neq(pid[m], pid[n], "%zu and %zu", m, n);
			same_padding += padding[m] == padding[n];
		}
	}
	cr_expect_lt(same_padding, nr, "drawn: the seed is fixed");
}

struct ran {
	json_int_t start;
	char arm;  /* 'o'ne or 't'wo */
	char side; /* 'o'ld or 'n'ew */
};

static int by_start(const void *x, const void *y)
{
	const struct ran *a = x, *b = y;

	return (a->start > b->start) - (a->start < b->start);
}

/* The first eight epochs of the instance, in the order in which they ran: two pairs of blocks' halves. */
static size_t order_of(const json_t *in, struct ran *ran)
{
	json_t *part, *pass;
	size_t nr = 0, i, n;

	json_array_foreach (json_object_get(in, "parts"), i, part) {
		const char *arm = text(part, "arm");

		json_array_foreach (json_object_get(part, "passes"), n, pass)
			if (nr < 4096)
				ran[nr++] =
					(struct ran){ json_integer_value(json_array_get(pass, 1)),
						      arm[0], strstr(arm, "(old)") ? 'o' : 'n' };
	}
	qsort(ran, nr, sizeof(*ran), by_start);
	return nr;
}

/* old new new old, or new old old new; one arm after the other. */
Test(controller_sides, epochs_of_an_arm_are_mirrored_and_either_side_begins)
{
	static struct ran ran[4096];
	size_t i, begins[2] = { 0 }, first_arm[2] = { 0 };
	json_t *in;

	builds(PLAIN, PLAIN, "^z_", 0);
	json_array_foreach (records("instance", "z_fine"), i, in) {
		size_t nr = order_of(in, ran);

		cr_assert_eq(nr % 4, 0);
		for (size_t n = 0; n < nr; n += 4) {
			const struct ran *r = &ran[n];

			cr_expect(r[0].side == r[3].side && r[1].side == r[2].side &&
				  r[0].side != r[1].side);
			cr_expect(r[0].arm == r[1].arm && r[1].arm == r[2].arm &&
				  r[2].arm == r[3].arm);
			begins[r[0].side == 'o']++;
			if (n == 0)
				first_arm[r[0].arm == 'o']++;
		}
	}
	cr_expect(begins[0] > 0 && begins[1] > 0);
	cr_expect(first_arm[0] > 0 && first_arm[1] > 0);
}

/* Two sides of an arm have the same count, however far apart they are. */
Test(controller_sides, both_sides_run_the_same_iterations)
{
	size_t i, k;
	json_t *in;

	builds(PLAIN, CHANGED, "^b_", 0);
	json_array_foreach (records("instance", "b_changed"), i, in) {
		json_t *part;
		json_int_t of_two = -1;

		json_array_foreach (json_object_get(in, "parts"), k, part) {
			json_t *pass = json_array_get(json_object_get(part, "passes"), 0);
			json_int_t n = json_integer_value(json_array_get(pass, 3));

			if (strncmp(text(part, "arm"), "two", 3))
				continue;
			cr_expect(of_two < 0 || n == of_two);
			of_two = n;
		}
		cr_expect_gt(of_two, 0);
	}
}

/* ---- what goes wrong ------------------------------------------------------------------------- */

struct wrong {
	const char *question, *reason;
	bool lost; /* the question; else the arm */
};

static const struct wrong wrongs[] = {
	{ "g_crash", "killed by signal 6", true },
	{ "g_exit", "exited with status 7", true },
	{ "g_hang", "no answer within", true },
	{ "g_stop", "no answer within", true },
	{ "g_page", "the shared page was overwritten", true },
	{ "f_histogram", "given up", false },
	{ "f_body_fails", "checksum differs", false },
	{ "e_setup_fails", "setup broke", false },
};

/* On either side; z_fine comes after all of them. */
static void expect_costs_itself(int old, int new, const char *arm)
{
	struct run_summary sum = builds(old, new, "^(e_setup_fails|[fgz]_.*)$", 300 * MS);

	cr_expect_eq(sum.failed, sizeof(wrongs) / sizeof(wrongs[0]));
	cr_expect_eq(sum.done, 1);
	cr_expect_eq(sum.flagged, 0);
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		const struct wrong *w = &wrongs[i];

		expect_failed(w->question, arm, w->reason);
		if (!w->lost)
			cr_expect_geq(nr_instances(w->question), JUDGE_MIN_INSTANCES, "%s",
				      w->question);
	}
	cr_expect_geq(nr_instances("z_fine"), JUDGE_MIN_INSTANCES);
	expect_no_child();
}

Test(controller_sides, what_goes_wrong_in_the_old_build_costs_itself)
{
	expect_costs_itself(BAD, PLAIN, "two (old)");
}

Test(controller_sides, what_goes_wrong_in_the_new_build_costs_itself)
{
	expect_costs_itself(PLAIN, BAD, "two (new)");
}

/* An arm that is in on one side only is not measured at all, and the record says why. */
Test(controller_sides, an_arm_that_one_side_skips_is_left_out)
{
	json_t *skipped, *in;
	size_t i;

	builds(PLAIN, BAD, "^(e_skip|f_body_fails)$", 0);
	skipped = json_object_get(json_array_get(records("question", "e_skip"), 0), "skipped");
	cr_expect_str_eq(text(skipped, "two (new)"), "not in this build");
	cr_expect_str_eq(text(skipped, "two (old)"), "two (new) is not measured");
	json_array_foreach (records("instance", "e_skip"), i, in) {
		cr_expect_eq(json_array_size(json_object_get(in, "parts")), 2);
		cr_expect_not_null(part_of(in, "one (old)"));
	}
	/* One that is given up later takes the other side with it. */
	json_array_foreach (records("instance", "f_body_fails"), i, in)
		cr_expect(!part_of(in, "two (old)") && part_of(in, "one (old)"));
}

/* ---- two settings ---------------------------------------------------------------------------- */

static char setting[80], set_a[256], set_b[300];

static struct toggle begin_toggle(const char *b)
{
	struct toggle t;
	char err[300];

	snprintf(setting, sizeof(setting), "%s/setting", dir);
	snprintf(set_a, sizeof(set_a), "echo 1000 >%s; echo A >>%s.log", setting, setting);
	snprintf(set_b, sizeof(set_b), b ? b : "echo 1500 >%s; echo B >>%s.log", setting, setting);
	setenv("KT_TEST_SETTING", setting, 1);
	interrupt_install();
	cr_assert_eq(toggle_begin(&t, set_a, set_b, 20 * S, err, sizeof(err)), 0, "%s", err);
	return t;
}

static struct run_summary settings(struct toggle *t, const char *filter)
{
	const char *const side[] = { binary[PLAIN] };
	const struct measure_sides sides = {
		.kind = RECORD_SETTINGS, .nr_paths = { 1, 1 }, .path = { side, side }, .toggle = t
	};

	return run_sides(&sides, filter, (struct measure_opts){ .time_ns = TIME_NS });
}

static void end_settings(struct toggle *t)
{
	char err[300], file[96], last[16] = "";
	FILE *in;

	cr_expect_eq(toggle_end(t, err, sizeof(err)), 0, "%s", err);
	in = fopen(setting, "r");
	cr_assert_not_null(in);
	cr_expect_not_null(fgets(last, sizeof(last), in));
	cr_expect_str_eq(last, "1000\n", "the machine is left in setting A");
	fclose(in);
	unlink(setting);
	snprintf(file, sizeof(file), "%s.log", setting);
	unlink(file);
	expect_no_child();
}

Test(controller_sides, a_setting_that_slows_an_arm_is_a_regression_of_that_arm)
{
	struct toggle t = begin_toggle(NULL);
	struct run_summary sum = settings(&t, "^[ad]_");
	json_t *in, *q;
	size_t i, nr = 0;

	cr_expect_eq(sum.done, 2);
	cr_expect_geq(sum.flagged, 1);
	cr_expect_eq(sum.regressed, 1);
	cr_expect_eq(count("recheck", "d_setting"), 1);
	q = json_array_get(records("question", "d_setting"), 0);
	cr_expect_str_eq(text(q, "kind"), "settings");
	cr_expect_str_eq(text(json_object_get(json_object_get(q, "sides"), "two (B)"), "against"),
			 "two (A)");
	json_array_foreach (records("instance", "d_setting"), i, in) {
		json_t *a = part_of(in, "two (A)"), *b = part_of(in, "two (B)");

		/* On a busy machine an instance may be cut off before its second half. */
		if (!a || !b)
			continue;
		nr++;
		/* Setting by setting: its values, and as many blocks of both. */
		cr_expect_eq(json_integer_value(json_object_get(json_object_get(a, "hist"), "min")),
			     1000);
		cr_expect_eq(json_integer_value(json_object_get(json_object_get(b, "hist"), "min")),
			     1500);
		cr_expect_eq(json_array_size(json_object_get(a, "passes")),
			     json_array_size(json_object_get(b, "passes")));
	}
	cr_expect_geq(nr, JUDGE_MIN_INSTANCES);
	end_settings(&t);
}

/* Both halves of an instance begin some of them. */
Test(controller_sides, either_setting_comes_first)
{
	struct toggle t = begin_toggle(NULL);
	size_t i, first[2] = { 0 };
	json_t *in;

	settings(&t, "^z_");
	json_array_foreach (records("instance", "z_fine"), i, in) {
		static struct ran ran[4096];
		size_t nr = order_of(in, ran);
		json_t *a = json_object_get(part_of(in, "one (A)"), "passes");
		json_t *b = json_object_get(part_of(in, "one (B)"), "passes");
		json_int_t begin_a, begin_b;

		cr_assert_gt(nr, 0);
		begin_a = json_integer_value(json_array_get(json_array_get(a, 0), 1));
		begin_b = json_integer_value(json_array_get(json_array_get(b, 0), 1));
		first[begin_b < begin_a]++;
		/* One half after the other. */
		for (size_t n = 0; n < json_array_size(a); n++) {
			json_int_t at = json_integer_value(json_array_get(json_array_get(a, n), 1));

			cr_expect_eq(at < begin_b, begin_a < begin_b);
		}
	}
	cr_expect(first[0] > 0 && first[1] > 0, "%zu, %zu", first[0], first[1]);
	end_settings(&t);
}

/* Works at first, and then does not: the run is over, and what was measured stays. */
Test(controller_sides, a_command_that_fails_ends_the_run)
{
	struct toggle t = begin_toggle("echo 1000 >%s; echo B >>%s.log; "
				       "[ $(grep -c B $KT_TEST_SETTING.log) -lt 4 ] || exit 3");
	struct run_summary sum = settings(&t, "^[adz]_");

	cr_expect(sum.over);
	cr_expect(strstr(over, "of --toggle exited with status 3"), "%s", over);
	cr_expect_eq(count("question", NULL), 1, "no further question is begun");
	cr_expect_gt(nr_instances("a_same"), 0);
	expect_failed("a_same", "", "exited with status 3");
	end_settings(&t);
}

/* ---- executions ------------------------------------------------------------------------------ */

static size_t nr_processes(unsigned int repeat_exec)
{
	double pid[MAX_INSTANCES];
	size_t i, nr = 0, n;
	json_t *in;

	unlink(path);
	run_as("^c_", (struct measure_opts){ .time_ns = TIME_NS,
					     .patience_ns = 20 * S,
					     .repeat_exec = repeat_exec });
	json_array_foreach (records("instance", "c_process"), i, in) {
		double mine = counted(part_of(in, "one"), "pid");

		for (n = 0; n < nr && pid[n] != mine; n++)
			;
		if (n == nr && nr < MAX_INSTANCES)
			pid[nr++] = mine;
	}
	return nr;
}

Test(controller_sides, arms_of_one_binary_are_executed_as_often_as_is_asked)
{
	cr_expect_eq(nr_processes(0), 1);
	cr_expect_eq(nr_processes(1), 1);
	cr_expect_geq(nr_processes(3), 3);
	cr_expect_geq(nr_processes(8), 8);
	cr_expect_geq(nr_processes(11), 11);
}

Test(controller_sides, no_verdict_counts_before_the_executions_that_are_asked_for)
{
	const char *const side[] = { binary[PLAIN] };
	const struct measure_sides sides = { .kind = RECORD_BUILDS,
					     .nr_paths = { 1, 1 },
					     .path = { side, side } };

	run_sides(&sides, "^z_", (struct measure_opts){ .time_ns = TIME_NS, .repeat_exec = 13 });
	cr_expect_geq(nr_instances("z_fine"), 13);
}

/* Variants of a build are taken in turn. */
Test(controller_sides, variants_take_turns)
{
	const char *const old[] = { binary[PLAIN] };
	const char *const new[] = { binary[PLAIN], binary[CHANGED] };
	const struct measure_sides sides = { .kind = RECORD_BUILDS,
					     .nr_paths = { 1, 2 },
					     .path = { old, new } };
	json_t *in, *hist;
	size_t i;

	run_sides(&sides, "^b_", (struct measure_opts){ .time_ns = TIME_NS });
	json_array_foreach (records("instance", "b_changed"), i, in) {
		json_t *part = part_of(in, "two (new)");

		hist = json_object_get(part, "hist");
		if (part)
			cr_expect_eq(json_integer_value(json_object_get(hist, "min")),
				     i % 2 ? 1300 : 1000, "%zu", i);
	}
}
