// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* bench_main: list the questions, obey a controller, or measure briefly by hand. */
#include "bench/harness/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/harness/cpus.h"
#include "bench/harness/question.h"
#include "bench/harness/state.h"
#include "bench/harness/worker.h"

#define SYSFS_CPU "/sys/devices/system/cpu"

BENCH_NOTE(version, BENCH_NOTE_VERSION, KT_VERSION);

static void list_question(const struct bench_question *q)
{
	const struct bench_def *d = q->def;

	printf("%s\t%s\t%d\t%g\t%s\t", q->name, d->mode == BENCH_LATENCY ? "latency" : "time",
	       d->phases, d->zone > 0 ? d->zone : 0.01, d->baseline ? d->baseline : "-");
	for (unsigned int i = 0; i < q->nr_arms; i++)
		printf("%s%s", i ? "," : "", d->arms[i]);
	if (d->manual)
		fputs("\tmanual", stdout);
	if (d->batch > 1)
		printf("\tbatch=%u", d->batch);
	puts("");
}

static int usage(FILE *out, const char *self)
{
	fprintf(out,
		"Usage: %s [--bench-filter=REGEX | --bench-list]\n"
		"Benchmarks for `kt bench %s`, which compares their arms. Run by hand it takes a "
		"quick look.\n"
		"  --bench-filter=REGEX  only questions whose names match\n"
		"  --bench-list          one line per question: name, mode, phases, zone, "
		"baseline, arms;\n"
		"                        'manual' if it runs only with a filter, 'batch=N' if N "
		"operations make a value\n",
		self, self);
	return out == stderr ? 2 : 0;
}

/* The value of option --bench-NAME=, also spelled --bench_NAME= and --benchmark_NAME=; or NULL. */
static const char *option_value(const char *arg, const char *name)
{
	static const char *const prefix[] = { "--bench-", "--bench_", "--benchmark_" };
	size_t len;

	for (size_t i = 0; i < sizeof(prefix) / sizeof(prefix[0]); i++) {
		len = strlen(prefix[i]);
		if (!strncmp(arg, prefix[i], len) && !strncmp(arg + len, name, strlen(name)) &&
		    arg[len + strlen(name)] == '=')
			return arg + len + strlen(name) + 1;
	}
	return NULL;
}

int bench_main(int argc, char **argv)
{
	const char *filter = NULL, *v;
	struct bench_questions qs;
	struct bench_cpus cpus;
	bool list = false;
	char err[512];
	int ret, fd = -1;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--bench-list") || !strcmp(argv[i], "--bench_list"))
			list = true;
		else if (!strcmp(argv[i], "--help"))
			return usage(stdout, argv[0]);
		else if ((v = option_value(argv[i], "filter")))
			filter = v;
		else if ((v = option_value(argv[i], "wire")))
			fd = atoi(v);
		else
			return usage(stderr, argv[0]);
	}
	ret = bench_cpus_read(&cpus, SYSFS_CPU);
	if (ret) {
		fprintf(stderr, "%s: cannot read the allowed CPUs: %s\n", argv[0], strerror(-ret));
		return 5;
	}
	ret = bench_questions_make(&qs, bench_defs(), bench_state_exists, &cpus, err, sizeof(err));
	if (ret) {
		fprintf(stderr, "%s: %s\n", argv[0], err);
		return 2;
	}
	if (list)
		for (size_t i = 0; i < qs.nr; i++)
			list_question(&qs.question[i]);
	else if (fd >= 0)
		ret = bench_worker(fd, &qs, &cpus);
	else
		ret = bench_quick(filter, &qs, &cpus);
	bench_questions_free(&qs);
	return ret;
}
