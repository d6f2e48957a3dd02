// SPDX-License-Identifier: GPL-2.0-only
/* kt bench: parse, measure, print. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "bpf/tracer.h"
#include "lib/cli/cli.h"
#include "lib/cli/output.h"
#include "lib/report/changes.h"
#include "lib/report/targets.h"

#include "bench/controller/about.h"
#include "bench/controller/contest.h"
#include "bench/controller/interrupt.h"
#include "bench/controller/kernel_arm.h"
#include "bench/controller/options.h"
#include "bench/controller/outcome.h"
#include "bench/controller/run.h"
#include "bench/controller/selftest_store.h"
#include "bench/controller/toggle.h"

/* ---- one run --------------------------------------------------------------------------------- */

struct bench_run {
	const struct bench_options *o;
	struct contest contest;
	struct toggle toggle;
	struct tracing *tracing;
	bool traced;
	char trace_reason[512]; /* "" : nothing to say */
	struct outcome outcome;
	const char *record; /* path, or what it is called */
	bool streamed;	    /* the record cannot be read again */
	bool cut_short;	    /* not all of it was measured, recorded and undone */
	bool same_code;	    /* of two builds: what changes is where it lies */
	bool regressed;	    /* something did, by what the controller saw */
	struct record_writer *out;
	char err[512];
};

static int complain(const struct bench_run *run, int status)
{
	return cli_refuse(status, "%s", run->err);
}

/* Whether there will be traced blocks, and if not, why not. */
static int choose_tracing(struct bench_run *run)
{
	struct tracing_opts opts = { .stacks = run->o->stacks };
	bool wanted = false;
	int ret;

	if (run->contest.kind != RECORD_ARMS) {
		snprintf(run->trace_reason, sizeof(run->trace_reason),
			 "two sides are compared by untraced epochs");
		return 0;
	}
	for (size_t i = 0; i < run->contest.suite.nr; i++) {
		const struct suite_question *q = &run->contest.suite.question[i];

		wanted = wanted || q->phases || kernel_arm_fits(q->name);
		opts.nr_arms = q->nr_arms > opts.nr_arms ? q->nr_arms : opts.nr_arms;
	}
	if (run->o->trace == TRACE_NO) {
		snprintf(run->trace_reason, sizeof(run->trace_reason),
			 "switched off by --no-trace");
		return 0;
	}
	if (!wanted) {
		snprintf(run->trace_reason, sizeof(run->trace_reason),
			 "no question here has phases to trace");
		return 0;
	}
	ret = tracer_permitted(run->trace_reason, sizeof(run->trace_reason));
	if (!ret)
		ret = tracing_open(&run->tracing, &opts, run->trace_reason,
				   sizeof(run->trace_reason));
	run->traced = !ret;
	if (!ret) {
		run->trace_reason[0] = '\0';
		return 0;
	}
	if (run->o->trace == TRACE_MUST) {
		snprintf(run->err, sizeof(run->err), "cannot trace: %.480s", run->trace_reason);
		return complain(run, KT_EXIT_USAGE);
	}
	cli_say("phases are not taken: %s", run->trace_reason);
	return 0;
}

/* What -o names, or a directory of its own for the run with this @id. */
static int create_record(struct bench_run *run, const char *id)
{
	int fd, ret;

	run->record = run->o->output;
	if (!run->record) {
		ret = outcome_create(&run->outcome, id, run->err, sizeof(run->err));
		run->record = run->outcome.record;
		return ret ? ret
			   : record_create(&run->out, run->record, run->err, sizeof(run->err));
	}
	ret = output_in_place(run->record, &fd, run->err, sizeof(run->err));
	if (ret < 0)
		return ret;
	if (!ret)
		return record_create(&run->out, run->record, run->err, sizeof(run->err));
	if (run->o->strict || run->o->fail_on) {
		close(fd);
		snprintf(run->err, sizeof(run->err),
			 "%s reads the record again, and -o %s cannot be read again: name a file",
			 run->o->strict ? "--strict" : "--fail-on", run->record);
		return -EINVAL;
	}
	run->streamed = true;
	run->record = strcmp(run->record, "-") ? run->record : "standard output";
	ret = record_stream(&run->out, fd);
	if (ret)
		snprintf(run->err, sizeof(run->err), "out of memory");
	return ret;
}

/* A run begins: its header and its environment. @id NULL: a new one. Return: 0, -errno */
static int begin_run(struct bench_run *run, int argc, char **argv, uint64_t seed, const char *id)
{
	struct record_header h = { .tool = "bench",
				   .id = id,
				   .has_seed = true,
				   .seed = seed,
				   .traced = run->traced,
				   .trace_reason =
					   run->trace_reason[0] ? run->trace_reason : NULL };
	struct code_difference code;
	struct about about[2];
	int ret;

	record_build_self(&h.kt);
	about_suite(&about[1], run->contest.suite.path, &h.suite_name, &h.suite);
	h.kind = run->contest.kind;
	if (h.kind == RECORD_BUILDS) {
		h.against.name = run->o->against;
		about_suite(&about[0], run->contest.subject[0].path, &h.against.suite_name,
			    &h.against.build);
		about_code(&code, run->contest.subject[0].path, run->contest.suite.path, &h.code);
		run->same_code = h.code.status == RECORD_CODE_SAME;
	}
	h.toggle[0] = run->o->toggle[0];
	h.toggle[1] = run->o->toggle[1];
	ret = record_write_header(run->out, &h, argc, argv);
	return ret ? ret : record_write_environment(run->out);
}

/* The record and the first two lines of its first run. */
static int open_record(struct bench_run *run, int argc, char **argv, uint64_t seed)
{
	char id[RECORD_ID_SIZE];
	int ret;

	record_make_id(id);
	ret = create_record(run, id);
	if (ret)
		return complain(run, KT_EXIT_USAGE);
	ret = begin_run(run, argc, argv, seed, id);
	if (!ret)
		ret = selftest_copy(run->out);
	if (!ret)
		return 0;
	/* Made a moment ago, and empty of results. */
	record_close(run->out);
	run->out = NULL;
	if (!run->streamed)
		unlink(run->record);
	snprintf(run->err, sizeof(run->err), "cannot write %s: %s", run->record, strerror(-ret));
	return complain(run, KT_EXIT_USAGE);
}

/* What the report says of regressions comes later (show()), where the record can be read again. */
static int status_of(const struct run_summary *sum, int ret)
{
	if (sum->interrupted)
		return KT_EXIT_INTERRUPTED;
	if (ret || sum->over || sum->failed)
		return KT_EXIT_FAILED;
	return sum->done ? KT_EXIT_OK : KT_EXIT_NOTHING;
}

/* The machine is left in setting A before anything else is said. */
static int end_toggle(struct bench_run *run)
{
	char why[300];
	int ret = toggle_end(&run->toggle, why, sizeof(why));

	if (ret)
		cli_say("the machine was not left as '%s' makes it: %s", run->o->toggle[0], why);
	return ret;
}

/* The questions of run @number, from its seed to its end; 0, or -errno of writing. */
static int measure_run(struct bench_run *run, uint64_t number, uint64_t seed,
		       struct run_summary *sum)
{
	const struct contest *c = &run->contest;
	struct measure_opts m = { .path = c->suite.path,
				  .sides = c->kind == RECORD_ARMS ? NULL : &c->sides,
				  .repeat_exec = run->o->repeat_exec,
				  .time_ns = run->o->time_ns,
				  .seed = seed,
				  .patience_ns = run->o->patience_ns,
				  .tracing = run->tracing,
				  .out = run->out };
	struct progress progress;
	char which[64] = "";
	double cost;
	int ret;

	if (!run->o->time_given)
		m.budget_ns = run_budget_ns(c->suite.nr, m.sides != NULL);
	cost = run_cost_s(&c->suite, &m);
	progress_init(&progress, c->suite.nr, cost);
	m.progress = &progress;
	if (run->o->repeat > 1)
		snprintf(which, sizeof(which), "run %" PRIu64 " of %" PRIu64 ": ", number + 1,
			 run->o->repeat);
	progress_say(&progress, "%s%zu question%s, about %.0f s, seed %" PRIu64, which, c->suite.nr,
		     c->suite.nr == 1 ? "" : "s", cost, seed);
	ret = run_questions(&c->suite, &m, sum, run->err, sizeof(run->err));
	if (!ret)
		ret = record_write_end(run->out, sum->interrupted || sum->over ? RECORD_INTERRUPTED
									       : RECORD_COMPLETE);
	return ret;
}

/* All runs, one after another in one record; the first one has begun. */
static int measure_all(struct bench_run *run, int argc, char **argv, uint64_t seed)
{
	struct run_summary all = { 0 };
	int ret = 0, close_ret, undo;

	for (uint64_t k = 0; !ret && k < run->o->repeat && !all.over && !interrupt_seen(); k++) {
		/* As far as --seed goes, so that each run can be repeated by itself. */
		uint64_t own_seed = (seed + k) & INT64_MAX;
		struct run_summary sum = { 0 };

		if (k)
			ret = begin_run(run, argc, argv, own_seed, NULL);
		if (!ret)
			ret = measure_run(run, k, own_seed, &sum);
		all.done += sum.done;
		all.failed += sum.failed;
		all.regressed += sum.regressed;
		all.over = sum.over;
	}
	all.interrupted = interrupt_seen();
	undo = end_toggle(run);
	interrupt_remove();
	close_ret = record_close(run->out);
	run->out = NULL;
	ret = ret ? ret : close_ret;
	if (ret)
		cli_say("cannot write %s: %s", run->record, strerror(-ret));
	else if (all.over)
		cli_say("%s", run->err);
	else if (all.interrupted)
		cli_say("interrupted");
	run->cut_short = undo || ret || all.over || all.interrupted;
	run->regressed = all.regressed && !run->same_code;
	return undo ? KT_EXIT_FAILED : status_of(&all, ret);
}

/* What --strict makes of a run that went well, when no steady question has a finding. */
static int hold_to_strict(struct bench_run *run)
{
	int nr = outcome_unsteady(run->record, run->err, sizeof(run->err));

	if (nr < 0)
		return complain(run, KT_EXIT_FAILED);
	return nr ? KT_EXIT_NOISY : KT_EXIT_OK;
}

/* Under --strict only what a steady machine says counts. */
static unsigned int fail_on(const struct bench_options *o)
{
	unsigned int set = o->fail_on;

	if (!set && (o->against || o->toggle[0]))
		set = REPORT_FAIL_REGRESSED;
	return set | (o->strict ? REPORT_FAIL_STEADY : 0);
}

/* That one question failed does not change what another one says. */
static int fail(const struct bench_run *run, int status, bool found)
{
	return found && !run->cut_short ? KT_EXIT_REGRESSION : status;
}

/* How to see more of the record at @path than a summary. Allocated; NULL: no memory */
static char *full_command(const char *path)
{
	char *made = NULL;
	size_t length;
	FILE *out = open_memstream(&made, &length);

	if (!out)
		return NULL;
	fputs("kt report --full ", out);
	escape_shell(out, path);
	return fclose(out) ? NULL : made;
}

/* A reader that went away (| head) takes nothing but the summary: the report is made all the same. */
static int show(struct bench_run *run, int status)
{
	char *more = full_command(run->o->output ? run->record : OUTCOME_LATEST "/" OUTCOME_RECORD);
	const struct outcome_show how = { .fail_on = fail_on(run->o),
					  .full = run->o->full,
					  .targets = run->o->targets,
					  .more = more };
	struct outcome_failures failures;
	int ret;

	ret = outcome_print(run->record, &how, &failures, run->err, sizeof(run->err));
	free(more);
	if (ret && ret != -EPIPE)
		status = complain(run, status ? status : KT_EXIT_FAILED);
	if (failures.found)
		cli_say("%s", failures.why);
	status = fail(run, status, failures.found);
	if (run->o->strict && status == KT_EXIT_OK)
		status = hold_to_strict(run);
	if (run->o->output)
		return status;
	if (outcome_publish(&run->outcome, run->o->targets, run->err, sizeof(run->err)))
		return complain(run, status ? status : KT_EXIT_FAILED);
	cli_say("report " OUTCOME_LATEST "/report.html");
	return status;
}

static int begin_toggle(struct bench_run *run)
{
	const char *const *command = run->o->toggle;

	if (!command[0])
		return 0;
	run->contest.sides.toggle = &run->toggle;
	if (toggle_begin(&run->toggle, command[0], command[1], run->o->patience_ns, run->err,
			 sizeof(run->err)))
		return complain(run, KT_EXIT_FAILED);
	return 0;
}

/* Its name first: the rest of the line is for people. */
static void list_question(const struct suite_question *q)
{
	printf("%-42s ", q->name);
	for (unsigned int i = 0; i < q->nr_arms; i++)
		printf(" %s", q->arm[i]);
	puts(q->manual ? "  (only with --filter)" : "");
}

static int bench(struct bench_run *run, int argc, char **argv)
{
	uint64_t seed = run->o->seed;
	uint32_t random = 0;
	int status;

	/* Nobody measures for a list that cannot be read. */
	if (run->o->targets &&
	    report_targets_read(NULL, NULL, run->o->targets, run->err, sizeof(run->err)))
		return complain(run, KT_EXIT_USAGE);
	status = contest_choose(&run->contest, run->o, run->err, sizeof(run->err));
	if (status)
		return complain(run, status);
	if (run->o->list) {
		for (size_t i = 0; i < run->contest.suite.nr; i++)
			list_question(&run->contest.suite.question[i]);
		return cli_flush();
	}
	status = contest_agree(&run->contest, run->err, sizeof(run->err));
	if (status)
		return complain(run, status);
	if (!run->o->seed_given && getrandom(&random, sizeof(random), 0) == sizeof(random))
		seed = random;
	status = choose_tracing(run);
	if (!status)
		status = open_record(run, argc, argv, seed);
	if (!status)
		status = begin_toggle(run);
	if (status)
		return status;
	status = measure_all(run, argc, argv, seed);
	return run->streamed ? fail(run, status, run->regressed) : show(run, status);
}

int cmd_bench(int argc, char **argv)
{
	struct bench_options o;
	struct bench_run run = { .o = &o };
	char **command = cli_command(argc, argv);
	int status;

	if (!command)
		return KT_EXIT_FAILED;
	if (bench_options_parse(&o, argc, argv, &status)) {
		interrupt_install();
		status = bench(&run, argc + 1, command);
	}
	record_close(run.out);
	tracing_close(run.tracing);
	contest_free(&run.contest);
	free(command);
	return status;
}
