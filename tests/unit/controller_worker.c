// SPDX-License-Identifier: GPL-2.0-only
/*
 * The controller and real workers, end to end. This program is its own benchmark binary: with an
 * option --bench-... it is the worker and has the questions below; what goes wrong in one must not
 * cost another.
 */
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/prctl.h>
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
	cr_assert_eq(s.nr, 12);
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
	struct run_summary sum = run("^q[^4]", 40 * MS, 60 * S);

	cr_expect_not(sum.interrupted);
	expect_failed("q1_crash", "bad", "signal 6");
	expect_failed("q2_setup_crash", "bad", "signal 9");
	expect_failed("q3_exit", "bad", "status 7");
	expect_failed("q6_setup_fail", "bad", "setup broke");
	expect_failed("q7_body_fail", "bad", "checksum differs");
	cr_expect_eq(sum.failed, 5);
	cr_expect_eq(sum.empty, 1, "q8_nobody");
	cr_expect_eq(sum.done, 4, "both q0, q5, q9");
	cr_expect(count("block", "q0_fine/n=1") >= MIN_UNTRACED);
	cr_expect(count("block", "q9_latency") >= MIN_UNTRACED,
		  "the last one, after all the accidents");
	cr_expect(count("block", "q6_setup_fail") >= MIN_UNTRACED,
		  "the arm that is in is measured");
	cr_expect(count("block", "q7_body_fail") >= MIN_UNTRACED,
		  "the arm that does not fail is measured");
	cr_expect_eq(count("question", NULL), 10);
	expect_no_child();
}

Test(controller_worker, a_hang_is_ended_and_named)
{
	struct run_summary sum = run("^q(4|9)", 40 * MS, 5 * S);

	expect_failed("q4_hang", "bad", "no answer");
	cr_expect_eq(sum.failed, 1);
	cr_expect_eq(sum.done, 1);
	cr_expect(count("block", "q9_latency") >= MIN_UNTRACED);
	expect_no_child();
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
	cr_expect_eq(count("block", "q8_nobody"), 0);
}

Test(controller_worker, blocks_hold_one_epoch_per_arm_with_what_the_body_recorded)
{
	json_t *found, *block, *epoch;
	size_t i, j;

	run("^q9", 40 * MS, 60 * S);
	found = records("block", "q9_latency");
	json_array_foreach (found, i, block) {
		json_t *epochs = json_object_get(block, "epochs");
		json_int_t before = 0;

		cr_expect_eq(json_integer_value(json_object_get(block, "block")), (json_int_t)i);
		cr_expect(json_is_false(json_object_get(block, "traced")));
		cr_assert_eq(json_array_size(epochs), 2);
		json_array_foreach (epochs, j, epoch) {
			json_int_t n = json_integer_value(json_object_get(epoch, "iterations"));
			json_t *hist = json_object_get(epoch, "hist");
			bool bad = !strcmp(text(epoch, "arm"), "bad");

			cr_expect_geq(json_integer_value(json_object_get(epoch, "start_ns")),
				      before, "in the order in which they ran");
			before = json_integer_value(json_object_get(epoch, "end_ns"));
			cr_expect_eq(json_integer_value(json_object_get(hist, "count")), n);
			cr_expect_eq(json_integer_value(json_object_get(hist, "max")),
				     bad ? 2000 : 1000);
			cr_expect_eq(json_real_value(
					     json_object_get(json_object_get(epoch, "counters"),
							     "ops")),
				     (double)n);
		}
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

Test(controller_worker, traced_blocks_lie_between_two_halves_of_untraced_ones)
{
	json_t *blocks, *block, *traces, *trace;
	struct measure_opts o = { .time_ns = 60 * MS, .patience_ns = 60 * S };
	unsigned int edges = 0, traced = 0;
	struct tracing *tracing;
	bool before = false;
	char err[300] = "";
	json_int_t wakes;
	size_t i;

	skip_unless_permitted();
	cr_assert_eq(tracing_open(&tracing, 2, err, sizeof(err)), 0, "%s", err);
	o.tracing = tracing;
	cr_expect_eq(run_as("^wake", o).done, 1);
	tracing_close(tracing);

	blocks = records("block", "wake");
	json_array_foreach (blocks, i, block) {
		bool now = json_is_true(json_object_get(block, "traced"));

		edges += now != before;
		traced += now;
		before = now;
	}
	cr_expect_eq(edges, 2, "untraced, traced, untraced");
	cr_expect_eq(traced % 2, 0, "whole pairs");
	cr_expect(traced >= 2);

	/* Each traced wake is counted for its arm at most once, and most of them are. */
	traces = records("trace", "wake");
	cr_assert_eq(json_array_size(traces), 2, "one per arm");
	wakes = json_integer_value(json_object_get(
			json_array_get(json_object_get(json_array_get(blocks, 0), "epochs"), 0),
			"iterations")) *
		traced;
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

Test(controller_worker, without_a_tracer_no_block_is_traced)
{
	json_t *blocks, *block;
	size_t i;

	run("^wake", 40 * MS, 60 * S);
	blocks = records("block", "wake");
	cr_expect(json_array_size(blocks) >= MIN_UNTRACED);
	json_array_foreach (blocks, i, block)
		cr_expect(json_is_false(json_object_get(block, "traced")));
	json_decref(blocks);
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
	while (!file_has("\"type\":\"block\""))
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
	cr_expect(count("block", NULL) > 0);
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
