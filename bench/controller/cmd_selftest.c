// SPDX-License-Identifier: GPL-2.0-only
/* kt selftest: parse, measure, print, keep. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "lib/cli/cli.h"
#include "lib/cli/output.h"
#include "lib/record/build.h"
#include "lib/record/record.h"

#include "bench/controller/about.h"
#include "bench/controller/contest.h"
#include "bench/controller/interrupt.h"
#include "bench/controller/options.h"
#include "bench/controller/outcome.h"
#include "bench/controller/selftest_rounds.h"
#include "bench/controller/selftest_store.h"

/* With setting up and printing it then ends within five minutes. */
#define DEFAULT_TIME_NS 240000000000ULL
#define PATIENCE_NS	10000000000ULL
/* Two arms alone have what a pair of them has in a question of many. */
#define PAIR_TIME_NS 3000000000ULL

/* Fewer comparisons of the same code say too little to be kept. */
#define MIN_KEPT 100

#define QUESTIONS "^selftest/.*/arms=(same|slower|tail)$"
#define PAIRS	  "^selftest/.*/arms=pair[0-9]*$"

/* ---- command line ---------------------------------------------------------------------------- */

struct options {
	const char *filter, *output;
	const char *path; /* of a benchmark of the user's own; NULL: the self-test's questions */
	uint64_t time_ns, each_ns, seed;
	bool seed_given, load, pairs, no_store;
};

enum { KEY_FILTER = 256, KEY_TIME, KEY_EACH, KEY_SEED, KEY_LOAD, KEY_PAIRS, KEY_NO_STORE };

static const struct argp_option option_table[] = {
	{ "time", KEY_TIME, "TIME", 0,
	  "How long to measure, all questions together (4m); units ns us ms s m h, seconds without one",
	  0 },
	{ "filter", KEY_FILTER, "REGEX", 0,
	  "Ask only questions whose names match (kt bench --list); the result is not kept", 0 },
	{ "load", KEY_LOAD, NULL, 0,
	  "Measure beside a load of its own that comes and goes; the result is not kept", 0 },
	{ "pairs", KEY_PAIRS, NULL, 0,
	  "Ask questions of two arms, 3s each: the same code, 2 % and 5 % more; the result is not "
	  "kept",
	  0 },
	{ "each", KEY_EACH, "TIME", 0,
	  "Measuring time per question at most, as --time of kt bench; the result is not kept", 0 },
	{ "seed", KEY_SEED, "N", 0, "Seed of the order of epochs (random by default)", 0 },
	{ "output", 'o', "FILE", 0,
	  "Write the result into FILE as well, which must not exist; into a pipe, a device or "
	  "standard output (-) without the tables",
	  0 },
	{ "no-store", KEY_NO_STORE, NULL, 0, "Do not keep the result for later reports", 0 },
	{ 0 },
};

static const char doc[] =
	"Measure what verdicts are worth on this machine: how often the same code is called slower "
	"or faster, and which known slowdowns are seen."
	"\vThe result is kept, and stands in every later report of this machine. With PATH, a benchmark "
	"binary of your own, each of its arms is compared with itself, as kt bench --against does with "
	"two builds; that is not kept.\n\n"
	"Exit status: 0 fine, 2 usage or bad input, 4 nothing was compared, 5 a question failed or "
	"the result could not be kept, 130 interrupted.";

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case KEY_TIME:
		return options_parse_time("--time", arg, "4m", &o->time_ns);
	case KEY_EACH:
		return options_parse_time("--each", arg, "3s", &o->each_ns);
	case KEY_FILTER:
		o->filter = arg;
		break;
	case KEY_LOAD:
		o->load = true;
		break;
	case KEY_PAIRS:
		o->pairs = true;
		break;
	case KEY_SEED:
		o->seed_given = true;
		return options_parse_seed(arg, &o->seed);
	case 'o':
		o->output = arg;
		break;
	case KEY_NO_STORE:
		o->no_store = true;
		break;
	case ARGP_KEY_ARG:
		if (o->path)
			return cli_refuse(KT_EXIT_USAGE,
					  "unexpected argument '%s'; one PATH at a time", arg);
		o->path = arg;
		break;
	case ARGP_KEY_END:
		if (o->path && o->pairs)
			return cli_refuse(
				KT_EXIT_USAGE,
				"--pairs is for the self-test's own questions, not for %s",
				o->path);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* ---- one self-test --------------------------------------------------------------------------- */

struct selftest_run {
	const struct options *o;
	struct contest contest; /* its suite, and with a PATH both sides */
	struct selftest s;
	struct selftest_outcome outcome;
	struct record_machine machine;
	struct record_writer *out;
	const char *output; /* a path, or what it is called; NULL: none was named */
	bool streamed;	    /* it cannot be read again */
	char err[512];
};

static int complain(const struct selftest_run *run, int status)
{
	return cli_refuse(status, "%s", run->err);
}

/* The user's own, each arm against itself: as kt bench compares two builds, which are one here. */
static int choose_sides(struct selftest_run *run)
{
	const struct bench_options o = { .path = run->o->path,
					 .against = run->o->path,
					 .filter = run->o->filter };
	int status = contest_choose(&run->contest, &o, run->err, sizeof(run->err));

	if (!status)
		status = contest_agree(&run->contest, run->err, sizeof(run->err));
	return status ? complain(run, status) : 0;
}

static int choose_questions(struct selftest_run *run)
{
	struct suite *s = &run->contest.suite;
	char path[PATH_MAX];
	int ret;

	if (run->o->path)
		return choose_sides(run);
	ret = suite_default_path(path, sizeof(path), run->err, sizeof(run->err));
	if (!ret)
		ret = suite_list(s, path, run->err, sizeof(run->err));
	if (!ret)
		ret = suite_filter(s, run->o->pairs ? PAIRS : QUESTIONS, run->err,
				   sizeof(run->err));
	if (!ret && run->o->filter)
		ret = suite_filter(s, run->o->filter, run->err, sizeof(run->err));
	if (ret)
		return complain(run, interrupt_seen() ? KT_EXIT_INTERRUPTED : KT_EXIT_USAGE);
	if (s->nr)
		return 0;
	return cli_refuse(KT_EXIT_NOTHING,
			  "no question matches '%s'; `kt bench --list` lists them, as selftest/...",
			  run->o->filter ? run->o->filter : "");
}

static const char *known(const char *text)
{
	return *text ? text : NULL;
}

static void describe_machine(struct selftest_run *run)
{
	struct record_selftest *f = &run->s.found;

	record_machine_now(&run->machine);
	f->host_id = known(run->machine.host_id);
	f->cpu = known(run->machine.cpu);
	f->kernel = known(run->machine.kernel);
	f->load = run->o->load;
}

/* What -o names is there before anything is measured, so that it is refused early. */
static int open_output(struct selftest_run *run)
{
	int fd, ret;

	run->output = run->o->output;
	if (!run->output)
		return 0;
	ret = output_in_place(run->output, &fd, run->err, sizeof(run->err));
	if (!ret)
		ret = record_create(&run->out, run->output, run->err, sizeof(run->err));
	else if (ret > 0) {
		run->streamed = true;
		run->output = strcmp(run->output, "-") ? run->output : "standard output";
		ret = record_stream(&run->out, fd);
		if (ret)
			snprintf(run->err, sizeof(run->err), "out of memory");
	}
	return ret ? complain(run, KT_EXIT_USAGE) : 0;
}

static void give_up_output(struct selftest_run *run)
{
	if (!run->out)
		return;
	record_close(run->out);
	run->out = NULL;
	if (!run->streamed)
		unlink(run->output);
}

static int measure(struct selftest_run *run, uint64_t seed)
{
	struct progress progress;
	struct selftest_plan plan = { .suite = &run->contest.suite,
				      .sides = run->o->path ? &run->contest.sides : NULL,
				      .time_ns = run->o->time_ns,
				      .each_ns = run->o->each_ns,
				      .patience_ns = PATIENCE_NS,
				      .seed = seed,
				      .load = run->o->load,
				      .progress = &progress };
	double planned_s = (double)plan.time_ns / 1e9;
	int ret;

	if (run->o->pairs && !plan.each_ns)
		plan.each_ns = PAIR_TIME_NS;
	progress_init(&progress, run->contest.suite.nr, planned_s);
	progress_say(&progress, "%zu questions again and again for about %.0f s, seed %llu",
		     run->contest.suite.nr, planned_s, (unsigned long long)seed);
	ret = selftest_rounds(&run->s, &plan, &run->outcome, run->err, sizeof(run->err));
	interrupt_remove();
	run->s.found.complete = !ret && !run->outcome.interrupted;
	if (ret)
		return complain(run, KT_EXIT_FAILED);
	if (run->outcome.interrupted)
		cli_say("interrupted");
	return 0;
}

/* ---- what it leaves -------------------------------------------------------------------------- */

static int write_output(struct selftest_run *run, const struct record_header *h, int argc,
			char **argv)
{
	int ret = selftest_write(run->out, h, argc, argv, &run->s.found), closed;

	closed = record_close(run->out);
	run->out = NULL;
	ret = ret ? ret : closed;
	if (!ret)
		return 0;
	return cli_refuse(KT_EXIT_FAILED, "cannot write %s: %s", run->output, strerror(-ret));
}

/* As the report of its record. */
static int print(struct selftest_run *run, const struct record_header *h, int argc, char **argv)
{
	int fd = memfd_create("kt-selftest", MFD_CLOEXEC), copy = fd < 0 ? -1 : dup(fd), ret;
	struct outcome_failures none;
	struct record_writer *w;
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = copy < 0 ? -errno : record_stream(&w, copy);
	if (!ret) {
		ret = selftest_write(w, h, argc, argv, &run->s.found);
		record_close(w);
	}
	if (ret)
		snprintf(run->err, sizeof(run->err), "cannot keep a record in memory: %s",
			 strerror(-ret));
	else
		ret = outcome_print(path, &(struct outcome_show){ .full = true }, &none, run->err,
				    sizeof(run->err));
	if (fd >= 0)
		close(fd);
	return ret && ret != -EPIPE ? complain(run, KT_EXIT_FAILED) : 0;
}

/* Why the result is not to be kept; NULL: it is. */
static const char *not_kept(const struct selftest_run *run)
{
	const struct options *o = run->o;

	if (o->no_store)
		return "--no-store";
	if (o->path)
		return "it is of a benchmark of your own";
	if (o->filter || o->pairs || o->each_ns)
		return "its questions, or their time, were chosen by options";
	if (o->load)
		return "it was measured beside a load";
	if (selftest_compared(&run->s) < MIN_KEPT)
		return "too few comparisons of the same code";
	return NULL;
}

static int keep(struct selftest_run *run, const struct record_header *h, int argc, char **argv)
{
	const char *why = not_kept(run);
	char path[PATH_MAX];

	if (why) {
		cli_say("not kept for later reports: %s", why);
		return 0;
	}
	if (selftest_store(h, argc, argv, &run->s.found, path, sizeof(path), run->err,
			   sizeof(run->err)))
		return cli_refuse(KT_EXIT_FAILED, "not kept for later reports: %s", run->err);
	cli_say("kept for later reports: %s", path);
	return 0;
}

static int leave(struct selftest_run *run, const struct record_header *h, int argc, char **argv)
{
	int status = 0, ret;

	if (!run->s.found.nr_rates) {
		give_up_output(run);
		if (run->outcome.interrupted)
			return KT_EXIT_INTERRUPTED;
		return cli_refuse(run->outcome.failed ? KT_EXIT_FAILED : KT_EXIT_NOTHING,
				  "nothing was compared");
	}
	if (run->out)
		status = write_output(run, h, argc, argv);
	if (!run->streamed) {
		ret = print(run, h, argc, argv);
		status = status ? status : ret;
	}
	ret = keep(run, h, argc, argv);
	status = status ? status : ret;
	if (run->outcome.interrupted)
		return KT_EXIT_INTERRUPTED;
	return status ? status : run->outcome.failed ? KT_EXIT_FAILED : KT_EXIT_OK;
}

static int selftest(struct selftest_run *run, int argc, char **argv)
{
	struct record_header h = { .tool = "selftest", .has_seed = true };
	char id[RECORD_ID_SIZE], start[32];
	time_t now = time(NULL);
	uint32_t random = 0;
	struct about about;
	struct tm utc;
	int status;

	status = choose_questions(run);
	if (!status)
		status = open_output(run);
	if (status)
		return status;
	describe_machine(run);
	h.seed = run->o->seed;
	if (!run->o->seed_given && getrandom(&random, sizeof(random), 0) == sizeof(random))
		h.seed = random;
	gmtime_r(&now, &utc);
	strftime(start, sizeof(start), "%Y-%m-%dT%H:%M:%SZ", &utc);
	run->s.found.start = start;
	record_make_id(id);
	h.id = id;
	record_build_self(&h.kt);
	run->s.found.version = h.kt.version;
	about_suite(&about, run->contest.suite.path, &h.suite_name, &h.suite);
	status = measure(run, h.seed);
	if (!status)
		return leave(run, &h, argc, argv);
	give_up_output(run);
	return status;
}

static const struct cli_values values[] = {
	{ KEY_FILTER, CLI_QUESTION, NULL },
	{ 0 },
};

int cmd_selftest(int argc, char **argv)
{
	static const struct argp argp = {
		.options = option_table, .parser = parse_option, .args_doc = "[PATH]", .doc = doc
	};
	static struct selftest_run run;
	struct options o = { .time_ns = DEFAULT_TIME_NS };
	char **command = cli_command(argc, argv);
	int status;

	if (!command)
		return KT_EXIT_FAILED;
	run.o = &o;
	cli_offer(values);
	if (cli_parse("kt selftest", &argp, argc, argv, &o, &status)) {
		interrupt_install();
		status = selftest(&run, argc + 1, command);
	}
	record_close(run.out);
	contest_free(&run.contest);
	selftest_free(&run.s);
	free(command);
	return status;
}
