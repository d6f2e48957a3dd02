// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/options.h"

#include <stddef.h>

#include "lib/cli/cli.h"
#include "lib/cli/number.h"
#include "lib/cli/time.h"

/* The built-in suite's questions with their traced blocks then end in a little over a minute. */
#define DEFAULT_TIME_NS 3000000000ULL
#define MIN_TIME_NS	1000000ULL
#define MAX_TIME_NS	86400000000000ULL
#define PATIENCE_NS	10000000000ULL

enum {
	KEY_FILTER = 256,
	KEY_TIME,
	KEY_SEED,
	KEY_TRACE,
	KEY_NO_TRACE,
	KEY_PATIENCE,
	KEY_STRICT,
	KEY_LIST
};

static const struct argp_option option_table[] = {
	{ "filter", KEY_FILTER, "REGEX", 0,
	  "Run only questions whose names match (engines/* run only when selected this way)", 0 },
	{ "time", KEY_TIME, "TIME", 0,
	  "Measuring time per question at most, all its arms together, traced blocks extra (3s, and "
	  "1.4s on average over a suite); units ns us ms s m h; default s",
	  0 },
	{ "patience", KEY_PATIENCE, "TIME", 0,
	  "How long a benchmark may be silent, beyond what calibration predicts, before it counts "
	  "as hung (10s); more on a busy machine",
	  0 },
	{ "seed", KEY_SEED, "N", 0,
	  "Seed of the order of epochs (by default a random one, which is printed and recorded)",
	  0 },
	{ "strict", KEY_STRICT, NULL, 0,
	  "Exit with status 3 when the machine was too unsteady for a question's verdicts", 0 },
	{ "trace", KEY_TRACE, NULL, 0,
	  "Fail without traced blocks (by default they are taken when permitted)", 0 },
	{ "no-trace", KEY_NO_TRACE, NULL, 0, "Take no traced blocks", 0 },
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
	"Exit status: 0 fine, 2 usage or bad input, 3 an unsteady machine (with --strict), 4 nothing ran, 5 a question failed, 130 "
	"interrupted.";

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct bench_options *o = state->input;

	switch (key) {
	case KEY_FILTER:
		o->filter = arg;
		break;
	case KEY_TIME:
		o->time_given = true;
		o->time_ns = time_parse(arg);
		if (o->time_ns < MIN_TIME_NS || o->time_ns > MAX_TIME_NS)
			return cli_refuse(KT_EXIT_USAGE,
					  "invalid --time '%s': expected 1ms to 24h, such as 3s",
					  arg);
		break;
	case KEY_PATIENCE:
		o->patience_ns = time_parse(arg);
		if (o->patience_ns < MIN_TIME_NS || o->patience_ns > MAX_TIME_NS)
			return cli_refuse(
				KT_EXIT_USAGE,
				"invalid --patience '%s': expected 1ms to 24h, such as 60s", arg);
		break;
	case KEY_SEED:
		if (!number_parse(arg, 0, INT64_MAX, &o->seed))
			return cli_refuse(KT_EXIT_USAGE,
					  "invalid --seed '%s': expected a number from 0 to 2^63-1",
					  arg);
		o->seed_given = true;
		break;
	case KEY_TRACE:
		o->trace = TRACE_MUST;
		break;
	case KEY_NO_TRACE:
		o->trace = TRACE_NO;
		break;
	case KEY_LIST:
		o->list = true;
		break;
	case 'o':
		o->output = arg;
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
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

bool bench_options_parse(struct bench_options *o, int argc, char **argv, int *status)
{
	static const struct argp argp = {
		.options = option_table, .parser = parse_option, .args_doc = "[PATH]", .doc = doc
	};

	*o = (struct bench_options){ .time_ns = DEFAULT_TIME_NS, .patience_ns = PATIENCE_NS };
	return cli_parse("kt bench", &argp, argc, argv, o, status);
}
