// SPDX-License-Identifier: GPL-2.0-only
/*
 * The controller and real workers, end to end. This program is its own benchmark binary: with an
 * option --bench-... it is the worker and has the questions below; what goes wrong in one must not
 * cost another.
 */
#include <linux/futex.h>
#include <math.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#include "bench/controller/kernel_arm.h"
#include "bpf/tracer.h"
#include "tests/unit/controller_test.h"

/* ---- the questions --------------------------------------------------------------------------- */

static bool is_bad(const struct bench_state *st)
{
	return !strcmp(bench_arm(st), "bad");
}

static void work(struct bench_state *st)
{
	unsigned long v = 1;

	while (bench_keep_running(st)) {
		for (int i = 0; i < 100; i++)
			v = v * 3 + 1;
		bench_keep(v);
	}
}

static int label(struct bench_state *st)
{
	bench_label(st, "%s says \xff", bench_arm(st));
	return 0;
}

#define ARMS BENCH_ARMS("good", "bad"), .baseline = "good"

BENCHMARK(q0_fine, .params = BENCH_PARAMS("n=1,2"), .arms = ARMS, .setup = label)
{
	work(st);
}

BENCHMARK(q1_crash, .arms = ARMS)
{
	if (is_bad(st))
		raise(SIGABRT);
	work(st);
}

static int crash_in_setup(struct bench_state *st)
{
	if (is_bad(st))
		raise(SIGKILL);
	return 0;
}

BENCHMARK(q2_setup_crash, .arms = ARMS, .setup = crash_in_setup)
{
	work(st);
}

BENCHMARK(q3_exit, .arms = ARMS)
{
	if (is_bad(st))
		_exit(7);
	work(st);
}

BENCHMARK(q4_hang, .arms = ARMS)
{
	while (is_bad(st))
		pause();
	work(st);
}

static int skip_bad(struct bench_state *st)
{
	return is_bad(st) ? bench_skip(st, "no such thing here") : 0;
}

BENCHMARK(q5_skip, .arms = ARMS, .setup = skip_bad)
{
	work(st);
}

static int fail_bad(struct bench_state *st)
{
	return is_bad(st) ? bench_fail(st, "setup broke") : 0;
}

BENCHMARK(q6_setup_fail, .arms = ARMS, .setup = fail_bad)
{
	work(st);
}

BENCHMARK(q7_body_fail, .arms = ARMS)
{
	work(st);
	if (is_bad(st))
		bench_fail(st, "checksum differs");
}

static int skip_all(struct bench_state *st)
{
	return bench_skip(st, "nobody can");
}

BENCHMARK(q8_nobody, .arms = ARMS, .setup = skip_all)
{
	work(st);
}

BENCHMARK(q9_latency, .arms = ARMS, .mode = BENCH_LATENCY)
{
	while (bench_keep_running(st)) {
		bench_lat_record(st, is_bad(st) ? 2000 : 1000);
		bench_counter(st, "ops", 1);
	}
}

static int count_set_up(struct bench_state *st)
{
	static int nr;

	*(int *)bench_ctx(st) = nr++;
	return 0;
}

BENCHMARK(q10_set_ups, .arms = ARMS, .ctx_size = sizeof(int), .setup = count_set_up)
{
	bench_counter(st, "set-ups", *(int *)bench_ctx(st));
	work(st);
}

BENCHMARK(q11_drops, .arms = BENCH_ARMS("base", "same", "slow"), .baseline = "base",
	  .mode = BENCH_LATENCY)
{
	while (bench_keep_running(st))
		bench_lat_record(st, strcmp(bench_arm(st), "slow") ? 1000 : 2000);
}

BENCHMARK(q12_long, .arms = BENCH_ARMS("long"))
{
	const struct timespec pause = { .tv_nsec = 600000000 };

	while (bench_keep_running(st))
		nanosleep(&pause, NULL);
}

BENCHMARK(q13_batch, .arms = ARMS, .mode = BENCH_LATENCY, .batch = 256)
{
	while (bench_keep_running(st))
		bench_lat_record(st, 256 * 3 + 100);
}

/* In turn in its setup, its body and its teardown; soft limits and niceness root can put back. */
static void change_settings(struct bench_state *st)
{
	struct rlimit limit;

	if (!is_bad(st))
		return;
	prctl(PR_SET_TIMERSLACK, 123456UL);
	getrlimit(RLIMIT_CORE, &limit);
	limit.rlim_cur = limit.rlim_cur ? 0 : 1;
	setrlimit(RLIMIT_CORE, &limit);
	if (!geteuid())
		setpriority(PRIO_PROCESS, 0, 7);
}

static int settings_setup(struct bench_state *st)
{
	change_settings(st);
	return 0;
}

BENCHMARK(q14_settings, .arms = ARMS, .setup = settings_setup, .teardown = change_settings)
{
	bench_counter(st, "slack", prctl(PR_GET_TIMERSLACK));
	bench_counter(st, "nice", getpriority(PRIO_PROCESS, 0));
	work(st);
	change_settings(st);
}

BENCHMARK(q15_stuck, .arms = ARMS)
{
	const struct rlimit least = { 0, 0 };
	struct rlimit limit;

	work(st);
	getrlimit(RLIMIT_RTTIME, &limit);
	if (is_bad(st) && limit.rlim_max && !geteuid()) {
		/* What nobody can take back who has not the right to. */
		setrlimit(RLIMIT_RTTIME, &least);
		if (setresuid(65534, 65534, 65534))
			bench_fail(st, "cannot become an ordinary user");
	}
}

/* As if the compiler had removed the loop: its count is gone at once. */
BENCHMARK(q16_elided, .arms = ARMS)
{
	if (is_bad(st) && bench_keep_running(st))
		((struct bench_loop *)st)->left = 1;
	work(st);
}

struct kept {
	int x[20];
};

BENCHMARK(q17_kept, .arms = BENCH_ARMS("one"))
{
	struct kept object = { 0 };
	double number = 1;
	int input = 3, *at = &input;

	while (bench_keep_running(st)) {
		bench_keep_input(input);
		bench_keep_input(at);
		bench_keep_input(number);
		bench_keep_object(object);
		bench_keep(input * input);
		bench_keep(object.x[3] + number);
	}
}

struct wake {
	struct bench_state *st;
	struct kthread_slot *slot;
	pthread_t thread;
	uint64_t begin_ns;
	uint32_t asked, done, stop;
	sem_t ready;
};

static void word_wait(uint32_t *word, uint32_t old)
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == old)
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, old, NULL, NULL, 0);
}

static void word_bump(uint32_t *word)
{
	__atomic_fetch_add(word, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *woken(void *arg)
{
	struct wake *w = arg;

	w->slot = bench_slot(w->st);
	sem_post(&w->ready);
	for (uint32_t seen = 0;; seen++) {
		word_wait(&w->asked, seen);
		if (w->stop)
			return NULL;
		bench_resume(w->st, w->slot, w->begin_ns);
		word_bump(&w->done);
	}
}

static int wake_setup(struct bench_state *st)
{
	struct wake *w = bench_ctx(st);

	w->st = st;
	sem_init(&w->ready, 0, 0);
	if (pthread_create(&w->thread, NULL, woken, w))
		return bench_fail(st, "no thread");
	sem_wait(&w->ready);
	return 0;
}

static void wake_teardown(struct bench_state *st)
{
	struct wake *w = bench_ctx(st);

	w->stop = 1;
	word_bump(&w->asked);
	pthread_join(w->thread, NULL);
}

BENCHMARK(wake, .arms = ARMS, .mode = BENCH_LATENCY, .phases = true,
	  .ctx_size = sizeof(struct wake), .setup = wake_setup, .teardown = wake_teardown)
{
	struct wake *w = bench_ctx(st);

	while (bench_keep_running(st)) {
		uint32_t done = w->done;

		w->begin_ns = bench_request(st, w->slot);
		word_bump(&w->asked);
		word_wait(&w->done, done);
	}
}

BE_WORKER()

TestSuite(controller_worker, .init = init, .fini = fini, .timeout = 120);

/* ---- runs ------------------------------------------------------------------------------------ */

Test(controller_worker, the_list_names_every_question)
{
	struct suite s;
	char err[300];

	interrupt_install();
	cr_assert_eq(suite_list(&s, SELF, err, sizeof(err)), 0, "%s", err);
	cr_assert_eq(s.nr, 20);
	cr_expect_str_eq(s.question[0].name, "q0_fine/n=1");
	cr_expect_str_eq(s.question[1].name, "q0_fine/n=2");
	cr_expect_str_eq(s.question[10].name, "q9_latency");
	cr_expect(s.question[10].latency);
	cr_expect_str_eq(s.question[10].baseline, "good");
	suite_free(&s);
	expect_no_child();
}

Test(controller_worker, what_breaks_costs_its_own_question_only)
{
	struct run_summary sum = run("^q[^4]_", 40 * MS, 60 * S);

	cr_expect_not(sum.interrupted);
	expect_failed("q1_crash", "bad", "signal 6");
	expect_failed("q2_setup_crash", "bad", "signal 9");
	expect_failed("q3_exit", "bad", "status 7");
	expect_failed("q6_setup_fail", "bad", "setup broke");
	expect_failed("q7_body_fail", "bad", "checksum differs");
	cr_expect_eq(sum.failed, 5);
	cr_expect_eq(sum.empty, 1, "q8_nobody");
	cr_expect_eq(sum.done, 4, "both q0, q5, q9");
	cr_expect(count("instance", "q0_fine/n=1") >= MIN_INSTANCES);
	cr_expect(count("instance", "q9_latency") >= MIN_INSTANCES,
		  "the last one, after all the accidents");
	cr_expect(count("instance", "q6_setup_fail") >= MIN_INSTANCES,
		  "the arm that is in is measured");
	cr_expect(count("instance", "q7_body_fail") >= MIN_INSTANCES,
		  "the arm that does not fail is measured");
	cr_expect_eq(count("question", NULL), 10);
	expect_no_child();
}

Test(controller_worker, a_hang_is_ended_and_named)
{
	struct run_summary sum = run("^q(4|9)", 40 * MS, 2 * S);

	expect_failed("q4_hang", "bad", "no answer");
	expect_failed("q4_hang", "bad", " s in the body (longer with --patience)");
	cr_expect_eq(sum.failed, 1);
	cr_expect_eq(sum.done, 1);
	cr_expect(count("instance", "q9_latency") >= MIN_INSTANCES);
	expect_no_child();
}

/* Under any load that patience grows with the operation takes longer than the first of these. */
Test(controller_worker, with_patience_a_long_operation_is_measured)
{
	cr_expect_eq(run("^q12", 40 * MS, 20 * MS).failed, 1);
	expect_failed("q12_long", "long", "--patience");
	unlink(path);
	cr_expect_eq(run("^q12", 40 * MS, 60 * S).done, 1);
	cr_expect(count("instance", "q12_long") >= MIN_INSTANCES);
	expect_no_child();
}

Test(controller_worker, values_of_a_batch_stay_as_they_were_recorded)
{
	json_t *found, *first;

	cr_expect_eq(run("^q13", 40 * MS, 60 * S).done, 1);
	found = records("instance", "q13_batch");
	first = json_array_get(found, 0);
	cr_expect_eq(json_integer_value(json_object_get(first, "batch")), 256);
	first = json_object_get(json_array_get(json_object_get(first, "parts"), 0), "hist");
	cr_expect_eq(json_integer_value(json_object_get(first, "max")), 868, "not divided");
	json_decref(found);
}

Test(controller_worker, what_an_arm_changes_of_the_driving_thread_is_put_back_and_named)
{
	int nice = getpriority(PRIO_PROCESS, 0), slack = prctl(PR_GET_TIMERSLACK);
	json_t *found, *instance, *part;
	size_t i, j;

	cr_expect_eq(run("^q14", 40 * MS, 60 * S).done, 1);
	found = records("instance", "q14_settings");
	json_array_foreach (found, i, instance)
		json_array_foreach (json_object_get(instance, "parts"), j, part) {
			json_t *lost = json_object_get(part, "losses"),
			       *counters = json_object_get(part, "counters");
			double nr = (double)json_array_size(json_object_get(part, "passes"));
			bool bad = !strcmp(text(part, "arm"), "bad");

			cr_expect_eq(json_object_size(lost), bad ? geteuid() ? 2 : 3 : 0);
			cr_expect_eq(!!json_object_get(lost, "timer slack changed"), bad);
			cr_expect_eq(!!json_object_get(lost, "limits changed"), bad);
			cr_expect_eq(json_number_value(json_object_get(counters, "slack")),
				     nr * slack);
			cr_expect_eq(json_number_value(json_object_get(counters, "nice")),
				     nr * nice);
		}
	json_decref(found);
}

Test(controller_worker, an_arm_that_changes_what_cannot_be_put_back_has_failed)
{
	if (geteuid())
		cr_skip_test("not root: nothing to lose");
	cr_expect_eq(run("^q15", 40 * MS, 60 * S).failed, 1);
	expect_failed("q15_stuck", "bad", "cannot put back");
	cr_expect(count("instance", "q15_stuck") >= MIN_INSTANCES, "the other arm goes on");
}

Test(controller_worker, an_arm_without_a_loop_is_named)
{
	json_t *found, *instance, *part;
	size_t i, j;

	cr_expect_eq(run("^q1[67]", 40 * MS, 60 * S).done, 2);
	found = records("instance", NULL);
	cr_expect(json_array_size(found) >= 2 * MIN_INSTANCES);
	json_array_foreach (found, i, instance)
		json_array_foreach (json_object_get(instance, "parts"), j, part) {
			json_t *lost = json_object_get(json_object_get(part, "losses"), "elided");
			size_t nr = json_array_size(json_object_get(part, "passes"));

			cr_expect_eq(json_integer_value(lost),
				     strcmp(text(part, "arm"), "bad") ? 0 : (json_int_t)nr, "%s",
				     text(part, "arm"));
		}
	json_decref(found);
}

Test(controller_worker, skipped_arms_are_recorded_with_their_reason)
{
	json_t *found, *q;

	run("^q(5|8)", 40 * MS, 60 * S);
	found = records("question", "q5_skip");
	q = json_array_get(found, 0);
	cr_expect_eq(json_array_size(json_object_get(q, "arms")), 1);
	cr_expect_str_eq(text(json_object_get(q, "skipped"), "bad"), "no such thing here");
	json_decref(found);
	cr_expect_eq(count("failed", NULL), 0, "to skip is no failure");
	cr_expect_eq(count("instance", "q8_nobody"), 0);
}

/* The fields of a pass. */
enum { BLOCK, START, NS, ITERATIONS, P50 };

static double in_pass(const json_t *pass, size_t field)
{
	return json_number_value(json_array_get(pass, field));
}

/* Both arms are in every block, in mirrored order; passes of one arm follow each other. */
static void expect_mirrored(const json_t *parts)
{
	const json_t *a = json_object_get(json_array_get(parts, 0), "passes"),
		     *b = json_object_get(json_array_get(parts, 1), "passes");
	size_t nr = json_array_size(a);

	cr_assert_eq(json_array_size(b), nr);
	cr_expect(nr >= MIN_PASSES && nr % 2 == 0, "%zu passes", nr);
	for (size_t i = 0; i < nr; i++) {
		const json_t *pa = json_array_get(a, i), *pb = json_array_get(b, i);
		bool a_first = in_pass(pa, START) < in_pass(pb, START);

		cr_expect_eq(in_pass(pa, BLOCK), (double)i);
		cr_expect_eq(in_pass(pb, BLOCK), (double)i);
		cr_expect_geq(in_pass(a_first ? pb : pa, START),
			      in_pass(a_first ? pa : pb, START) + in_pass(a_first ? pa : pb, NS));
		if (i % 2)
			cr_expect_neq(a_first,
				      in_pass(json_array_get(a, i - 1), START) <
					      in_pass(json_array_get(b, i - 1), START),
				      "AB BA");
	}
}

Test(controller_worker, instances_hold_the_passes_of_each_arm_with_what_the_body_recorded)
{
	json_t *found, *instance, *part, *pass;
	size_t i, j, k;

	run("^q9", 40 * MS, 60 * S);
	found = records("instance", "q9_latency");
	cr_expect(json_array_size(found) >= MIN_INSTANCES);
	json_array_foreach (found, i, instance) {
		json_t *parts = json_object_get(instance, "parts");

		cr_expect_eq(json_integer_value(json_object_get(instance, "instance")),
			     (json_int_t)i);
		cr_expect(json_integer_value(json_object_get(instance, "setup_ns")) > 0);
		cr_assert_eq(json_array_size(parts), 2);
		expect_mirrored(parts);
		json_array_foreach (parts, j, part) {
			double iterations = 0,
			       value = strcmp(text(part, "arm"), "bad") ? 1000 : 2000;
			json_t *hist = json_object_get(part, "hist");

			json_array_foreach (json_object_get(part, "passes"), k, pass) {
				iterations += in_pass(pass, ITERATIONS);
				cr_expect_eq(in_pass(pass, P50), value);
			}
			cr_expect_eq(json_number_value(json_object_get(hist, "count")), iterations);
			cr_expect_eq(json_number_value(json_object_get(hist, "max")), value);
			cr_expect_eq(json_number_value(
					     json_object_get(json_object_get(part, "counters"),
							     "ops")),
				     iterations);
		}
	}
	json_decref(found);
}

Test(controller_worker, each_instance_has_its_own_set_ups)
{
	json_t *found, *instance, *part;
	double before = -1;
	size_t i, j;

	run("^q10", 40 * MS, 60 * S);
	found = records("instance", "q10_set_ups");
	json_array_foreach (found, i, instance)
		json_array_foreach (json_object_get(instance, "parts"), j, part) {
			double nr = json_number_value(
				json_object_get(json_object_get(part, "counters"), "set-ups"));

			/* The sum over the passes of the number of the set-up. */
			nr /= (double)json_array_size(json_object_get(part, "passes"));
			if (strcmp(text(part, "arm"), "good"))
				continue;
			cr_expect_gt(nr, before, "instance %zu has set-up %g", i, nr);
			cr_expect_eq(nr, floor(nr), "all passes are of one set-up");
			before = nr;
		}
	json_decref(found);
}

/* Arms that are clear are decided soon: a long time is a cap, not a duration. */
Test(controller_worker, a_question_ends_when_its_arms_are_decided)
{
	json_t *found, *last;
	size_t nr;

	cr_expect_eq(run("^q9", 600 * S, 60 * S).done, 1);
	found = records("instance", "q9_latency");
	nr = json_array_size(found);
	/* Called after 8 and confirmed by 8 fresh ones; its tails may take a few more. */
	cr_expect(nr >= 16 && nr <= 135, "there are %zu", nr);
	last = json_array_get(found, nr - 1);
	cr_expect_eq(json_array_size(json_object_get(last, "parts")), 2);
	json_decref(found);
}

static bool has_arm(const json_t *instance, const char *name)
{
	json_t *part;
	size_t i;

	json_array_foreach (json_object_get(instance, "parts"), i, part)
		if (!strcmp(text(part, "arm"), name))
			return true;
	return false;
}

Test(controller_worker, a_decided_arm_drops_out_and_the_baseline_stays)
{
	json_t *found, *instance;
	size_t i;

	cr_expect_eq(run("^q11", 600 * S, 60 * S).done, 1);
	found = records("instance", "q11_drops");
	cr_assert_geq(json_array_size(found), 16);
	json_array_foreach (found, i, instance) {
		cr_expect(has_arm(instance, "base"), "%zu", i);
		/* Then all medians are decided, and arms may come back for their tails. */
		if (i >= 16)
			continue;
		cr_expect(has_arm(instance, "slow"), "%zu", i);
		cr_expect_eq(has_arm(instance, "same"), i < 8, "equivalent at the look after 8");
	}
	json_decref(found);
}

Test(controller_worker, a_label_that_is_no_utf8_does_not_lose_the_question)
{
	json_t *found;

	run("^q0_fine/n=1", 40 * MS, 60 * S);
	found = records("question", "q0_fine/n=1");
	cr_expect_str_eq(text(json_object_get(json_array_get(found, 0), "labels"), "good"),
			 "good says \\xff");
	json_decref(found);
}

/* ---- traced blocks --------------------------------------------------------------------------- */

static void skip_unless_permitted(void)
{
	char why[300];

	if (tracer_permitted(why, sizeof(why)))
		cr_skip_test("%s", why);
}

Test(controller_worker, traced_blocks_follow_the_instances_with_all_arms)
{
	json_t *blocks, *block, *traces, *trace;
	struct measure_opts o = { .time_ns = 60 * MS, .patience_ns = 60 * S };
	struct tracing *tracing;
	size_t i, traced;
	char err[300] = "";
	json_int_t wakes;

	skip_unless_permitted();
	cr_assert_eq(tracing_open(&tracing, &(struct tracing_opts){ .nr_arms = 2 }, err,
				  sizeof(err)),
		     0, "%s", err);
	o.tracing = tracing;
	cr_expect_eq(run_as("^wake", o).done, 1);
	tracing_close(tracing);

	cr_expect(count("instance", "wake") >= MIN_INSTANCES);
	blocks = records("block", "wake");
	traced = json_array_size(blocks);
	json_array_foreach (blocks, i, block) {
		cr_expect(json_is_true(json_object_get(block, "traced")));
		cr_expect_eq(json_integer_value(json_object_get(block, "block")), (json_int_t)i);
		cr_expect_eq(json_array_size(json_object_get(block, "epochs")), 2);
	}
	cr_expect_eq(traced % 2, 0, "whole pairs");
	cr_expect(traced >= 2);

	/* Each traced wake is counted for its arm at most once, and most of them are. */
	traces = records("trace", "wake");
	cr_assert_eq(json_array_size(traces), 2, "one per arm");
	wakes = json_integer_value(json_object_get(
			json_array_get(json_object_get(json_array_get(blocks, 0), "epochs"), 0),
			"iterations")) *
		(json_int_t)traced;
	json_array_foreach (traces, i, trace) {
		json_t *call = json_object_get(json_object_get(trace, "metrics"), "call");
		json_int_t n = json_integer_value(json_object_get(call, "count"));

		cr_expect(n > 0 && n <= wakes, "%s: %lld of %lld", text(trace, "subject"),
			  (long long)n, (long long)wakes);
	}
	cr_expect_eq(count("losses", "wake"), 1);
	json_decref(blocks);
	json_decref(traces);
	expect_no_child();
}

Test(controller_worker, without_a_tracer_there_are_no_blocks)
{
	run("^wake", 40 * MS, 60 * S);
	cr_expect(count("instance", "wake") >= MIN_INSTANCES);
	cr_expect_eq(count("block", NULL), 0);
	cr_expect_eq(count("trace", NULL), 0);
}

Test(controller_worker, the_kernels_worker_belongs_to_questions_about_an_idle_one)
{
	cr_expect(kernel_arm_fits("work_queue/worker=idle/cpu=cross"));
	cr_expect(kernel_arm_fits("work_queue/worker=idle"));
	cr_expect_not(kernel_arm_fits("work_queue/worker=idler"));
	cr_expect_not(kernel_arm_fits("work_queue/worker=busy/cpu=cross"));
	cr_expect_not(kernel_arm_fits("wakeup/cpu=same"));
}

Test(controller_worker, the_kernels_worker_is_seen_at_work)
{
	char *argv[] = { "test" }, err[300] = "";
	struct record_writer *w;
	json_t *found, *idle;
	int r;

	skip_unless_permitted();
	interrupt_install();
	cr_assert_eq(record_create(&w, path, err, sizeof(err)), 0, "%s", err);
	cr_assert_eq(record_write_header(w, &(struct record_header){ .tool = "bench" }, 1, argv),
		     0);
	r = kernel_arm_measure(w, "q", err, sizeof(err));
	record_close(w);
	if (r == -ENOTSUP || r == -EPERM)
		cr_skip_test("%s", err);
	cr_assert_eq(r, 0, "%s", err);
	cr_expect_eq(count("losses", "q"), 1);
	found = records("trace", "q");
	if (!json_array_size(found))
		cr_skip_test("no network namespace here, or no kthread_worker tears it down");
	idle = json_object_get(json_object_get(json_array_get(found, 0), "metrics"), "delay_idle");
	cr_expect_str_eq(text(json_array_get(found, 0), "subject"), "kernel");
	cr_expect(json_integer_value(json_object_get(idle, "count")) > 0);
	json_decref(found);
	expect_no_child();
}

/* ---- ends in the middle ---------------------------------------------------------------------- */

static bool file_has(const char *what)
{
	char *buffer = NULL;
	size_t size = 0;
	FILE *f = fopen(path, "r");
	bool found = false;

	while (f && !found && getline(&buffer, &size, f) > 0)
		found = strstr(buffer, what) != NULL;
	free(buffer);
	if (f)
		fclose(f);
	return found;
}

static pid_t start_long_run(void)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	pid_t pid = fork();

	cr_assert(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(run("^q0_fine", 600 * S, 60 * S).interrupted ? 42 : 1);
	}
	/* The suite's timeout bounds this. */
	while (!file_has("\"type\":\"instance\""))
		nanosleep(&pause, NULL);
	return pid;
}

/* An orphan would come to us, as the subreaper, and be waited for here until the timeout. */
Test(controller_worker, when_the_controller_is_killed_the_worker_dies_and_the_record_is_readable)
{
	bool controller_seen = false;
	int status, others = 0;
	pid_t pid, got;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = start_long_run();
	kill(pid, SIGKILL);
	while ((got = wait(&status)) > 0) {
		cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		controller_seen = controller_seen || got == pid;
		others += got != pid;
	}
	cr_expect(controller_seen);
	cr_expect_eq(others, 1, "the worker");
	cr_expect(count("instance", NULL) > 0);
	cr_expect_eq(count("end", NULL), 0);
}

Test(controller_worker, an_interrupt_ends_the_run_and_reaps_the_worker)
{
	int status, others = 0;
	pid_t pid, got;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = start_long_run();
	kill(pid, SIGINT);
	while ((got = wait(&status)) > 0) {
		if (got == pid)
			cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 42);
		else
			others++;
	}
	cr_expect_eq(others, 0, "the controller has reaped its worker");
	cr_expect_eq(count("failed", NULL), 0, "an interrupt is no failure");
}
