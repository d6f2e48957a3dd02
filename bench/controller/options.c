// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/options.h"

#include <stddef.h>

#include "bench/controller/run.h"
#include "lib/cli/cli.h"
#include "lib/cli/number.h"
#include "lib/cli/time.h"
#include "lib/report/changes.h"

#define MIN_TIME_NS	1000000ULL
#define MAX_TIME_NS	86400000000000ULL
#define PATIENCE_NS	10000000000ULL
#define MAX_REPEAT	1000
#define MAX_REPEAT_EXEC 100

/* Of --zone: narrower ones no measurement decides, wider ones find nothing. */
#define MIN_ZONE 0.0001
#define MAX_ZONE 0.5

enum {
	KEY_FILTER = 256,
	KEY_TIME,
	KEY_SEED,
	KEY_TRACE,
	KEY_NO_TRACE,
	KEY_STACKS,
	KEY_PATIENCE,
	KEY_AGAINST,
	KEY_TOGGLE,
	KEY_REPEAT_EXEC,
	KEY_STRICT,
	KEY_LIST,
	KEY_BASELINE,
	KEY_ZONE,
	KEY_FAIL_ON,
	KEY_FULL,
	KEY_TARGETS,
	KEY_REPEAT
};

static const struct argp_option option_table[] = {
	{ "filter", KEY_FILTER, "REGEX", 0,
	  "Run only questions whose names match (some, such as engines/* and selftest/*, run only when "
	  "selected this way: --list says which)",
	  0 },
	{ "against", KEY_AGAINST, "OLD", 0,
	  "Compare PATH with OLD, another build of it: each arm of the new one with the same arm of "
	  "the old one; both are a benchmark binary, a directory that has one, or a git revision",
	  0 },
	{ "toggle", KEY_TOGGLE, "CMD_A CMD_B", 0,
	  "Compare two settings of the machine, each made by a shell command that is run before "
	  "its half of an instance; CMD_A runs last, also after an error or an interrupt",
	  0 },
	{ "repeat-exec", KEY_REPEAT_EXEC, "N", 0,
	  "Execute the binary anew at least N times per question (default 1; with --against or "
	  "--toggle each instance is a new execution, and N is the least number of instances "
	  "before a verdict, never below 8)",
	  0 },
	{ "time", KEY_TIME, "TIME", 0,
	  "Measuring time per question at most, all its arms together, traced blocks extra (3s, "
	  "and 1.1s on average over a suite; with --against or --toggle 6s and 3s); units ns us ms "
	  "s m h, seconds without one",
	  0 },
	{ "patience", KEY_PATIENCE, "TIME", 0,
	  "How long a benchmark may be silent, beyond what calibration predicts, before it counts "
	  "as hung (10s); more on a busy machine",
	  0 },
	{ "baseline", KEY_BASELINE, "ARM", 0,
	  "Compare with ARM in the questions that have it; the others keep their own baseline", 0 },
	{ "zone", KEY_ZONE, "SHARE", 0,
	  "Differences of p50 and the mean within SHARE count as none (1%, unless a question says "
	  "otherwise); given as 2% or 0.02",
	  0 },
	{ "fail-on", KEY_FAIL_ON, "WHAT", 0,
	  "Exit with 1 when something is " REPORT_FAIL_ON_NAMES "; several with commas or repeated "
	  "(regressed with --against and --toggle, else nothing)",
	  0 },
	{ "targets", KEY_TARGETS, "LIST", 0,
	  "Say how many targets of file LIST the run meets, and name those missed; with --full list "
	  "them all",
	  0 },
	{ "full", KEY_FULL, NULL, 0,
	  "Print tables of all figures (by default a summary of about 25 lines)", 0 },
	{ "seed", KEY_SEED, "N", 0,
	  "Seed of the order of epochs (by default a random one, which is printed and recorded)",
	  0 },
	{ "strict", KEY_STRICT, NULL, 0,
	  "Exit with status 3 when the machine was too unsteady for a question's verdicts", 0 },
	{ "repeat", KEY_REPEAT, "N", 0,
	  "Measure everything N times, up to 1000, each a run of its own with the next seed: what "
	  "`kt diff` compares",
	  0 },
	{ "trace", KEY_TRACE, NULL, 0,
	  "Fail when nothing can be traced (by default blocks are traced where that is permitted)",
	  0 },
	{ "no-trace", KEY_NO_TRACE, NULL, 0, "Trace no blocks", 0 },
	{ "stacks", KEY_STACKS, NULL, 0,
	  "Record the longest waits of traced blocks with the stack of the waker, or of the thread "
	  "where it was preempted; costs some microseconds per traced wake",
	  0 },
	{ "output", 'o', "FILE", 0,
	  "Record into FILE, which must not exist, and make no report directory; into a pipe, a "
	  "device or standard output (-) also without a table",
	  0 },
	{ "list", KEY_LIST, NULL, 0, "List the questions and their arms, and exit", 0 },
	{ 0 },
};

static const char doc[] =
	"Measure the questions of a benchmark binary, arms interleaved, and compare the arms."
	"\vPATH is a benchmark binary (built with BENCH_MAIN()); without it the built-in suite is "
	"run. The record and its reports go to results/runs/, and results/latest links to the "
	"newest.\n\n"
	"Exit status: 0 fine, 1 a regression or what --fail-on names, 2 usage or bad input, 3 an "
	"unsteady machine (with --strict), 4 nothing ran, 5 a question failed, 130 "
	"interrupted.";

/* To name what cannot happen is a mistake. */
static error_t check_fail_on(const struct bench_options *o)
{
	bool sides = o->against || o->toggle[0];

	if (!sides && o->fail_on == REPORT_FAIL_REGRESSED)
		return cli_refuse(KT_EXIT_USAGE,
				  "--fail-on regressed needs --against or --toggle; for arms "
				  "name slower");
	if (sides && o->fail_on == REPORT_FAIL_SLOWER)
		return cli_refuse(KT_EXIT_USAGE,
				  "--fail-on slower is for arms; with %s name regressed",
				  o->against ? "--against" : "--toggle");
	return 0;
}

/* What does not go with two sides. */
static error_t check_sides(struct bench_options *o)
{
	const char *option = o->against ? "--against" : "--toggle";

	if (o->against && o->toggle[0])
		return cli_refuse(
			KT_EXIT_USAGE,
			"--against and --toggle exclude each other: what differs would not "
			"be known");
	if ((o->against || o->toggle[0]) && o->trace == TRACE_MUST)
		return cli_refuse(KT_EXIT_USAGE,
				  "--trace does not go with %s: only arms of one binary are traced",
				  option);
	if (o->stacks && (o->against || o->toggle[0] || o->trace == TRACE_NO))
		return cli_refuse(KT_EXIT_USAGE,
				  "--stacks does not go with %s: they are those of traced blocks",
				  o->trace == TRACE_NO ? "--no-trace" : option);
	if ((o->against || o->toggle[0]) && o->baseline)
		return cli_refuse(
			KT_EXIT_USAGE,
			"--baseline does not go with %s: each arm is compared with itself", option);
	if ((o->against || o->toggle[0]) && !o->time_given)
		o->time_ns = RUN_SIDES_TIME_NS;
	return check_fail_on(o);
}

int options_parse_time(const char *option, const char *arg, const char *example, uint64_t *ns)
{
	*ns = time_parse(arg);
	if (*ns < MIN_TIME_NS || *ns > MAX_TIME_NS)
		return cli_refuse(KT_EXIT_USAGE, "invalid %s '%s': expected 1ms to 24h, such as %s",
				  option, arg, example);
	return 0;
}

int options_parse_seed(const char *arg, uint64_t *seed)
{
	if (!number_parse(arg, 0, INT64_MAX, seed))
		return cli_refuse(KT_EXIT_USAGE,
				  "invalid --seed '%s': expected a number from 0 to 2^63-1", arg);
	return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct bench_options *o = state->input;
	uint64_t number;

	switch (key) {
	case KEY_FILTER:
		o->filter = arg;
		break;
	case KEY_TIME:
		o->time_given = true;
		return options_parse_time("--time", arg, "3s", &o->time_ns);
	case KEY_PATIENCE:
		return options_parse_time("--patience", arg, "60s", &o->patience_ns);
	case KEY_AGAINST:
		o->against = arg;
		break;
	case KEY_TOGGLE:
		/* argp has options of one argument; the second is the word that follows. */
		if (state->next >= state->argc)
			return cli_refuse(KT_EXIT_USAGE,
					  "--toggle takes two commands: --toggle CMD_A CMD_B");
		o->toggle[0] = arg;
		o->toggle[1] = state->argv[state->next++];
		break;
	case KEY_REPEAT_EXEC:
		if (!number_parse(arg, 1, MAX_REPEAT_EXEC, &number))
			return cli_refuse(
				KT_EXIT_USAGE,
				"invalid --repeat-exec '%s': expected a number from 1 to %d", arg,
				MAX_REPEAT_EXEC);
		o->repeat_exec = (unsigned int)number;
		break;
	case KEY_BASELINE:
		o->baseline = arg;
		break;
	case KEY_ZONE:
		if (!number_parse_share(arg, MIN_ZONE, MAX_ZONE, &o->zone))
			return cli_refuse(
				KT_EXIT_USAGE,
				"invalid --zone '%s': expected 0.01%% to 50%%, such as 2%% or 0.02",
				arg);
		break;
	case KEY_FAIL_ON:
		if (!report_fail_on_parse(arg, &o->fail_on))
			return cli_refuse(KT_EXIT_USAGE,
					  "invalid --fail-on '%s': expected " REPORT_FAIL_ON_NAMES,
					  arg);
		break;
	case KEY_SEED:
		o->seed_given = true;
		return options_parse_seed(arg, &o->seed);
	case KEY_REPEAT:
		if (!number_parse(arg, 1, MAX_REPEAT, &o->repeat))
			return cli_refuse(KT_EXIT_USAGE,
					  "invalid --repeat '%s': expected a number from 1 to %d",
					  arg, MAX_REPEAT);
		break;
	case KEY_TRACE:
		o->trace = TRACE_MUST;
		break;
	case KEY_NO_TRACE:
		o->trace = TRACE_NO;
		break;
	case KEY_STACKS:
		o->stacks = true;
		break;
	case KEY_LIST:
		o->list = true;
		break;
	case 'o':
		o->output = arg;
		break;
	case KEY_FULL:
		o->full = true;
		break;
	case KEY_TARGETS:
		o->targets = arg;
		break;
	case KEY_STRICT:
		o->strict = true;
		break;
	case ARGP_KEY_ARG:
		if (o->path)
			return cli_refuse(KT_EXIT_USAGE,
					  "unexpected argument '%s'; one PATH at a time", arg);
		o->path = arg;
		break;
	case ARGP_KEY_END:
		return check_sides(o);
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct cli_values values[] = {
	{ KEY_FILTER, CLI_QUESTION, NULL },
	{ KEY_FAIL_ON, CLI_SOME_OF, report_fail_on_name },
	{ KEY_AGAINST, CLI_FILE, NULL },
	{ 0 },
};

bool bench_options_parse(struct bench_options *o, int argc, char **argv, int *status)
{
	static const struct argp argp = {
		.options = option_table, .parser = parse_option, .args_doc = "[PATH]", .doc = doc
	};

	*o = (struct bench_options){ .time_ns = RUN_TIME_NS,
				     .patience_ns = PATIENCE_NS,
				     .repeat = 1 };
	cli_offer(values);
	return cli_parse("kt bench", &argp, argc, argv, o, status);
}
