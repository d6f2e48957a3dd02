// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many instructions the kernel's verifier walks for each program: a line each, "kind, how it is
 * asked for, program, instructions". verifier.sh compares them with what was recorded.
 */
#include <stdio.h>
#include <string.h>

#include "bpf/tracer_impl.h"

static const struct asked {
	const char *name;
	enum tracer_kind kind;
	enum tracer_group group;
	uint32_t nr_groups;
	enum tracer_by by;
	bool kthreads;
	const char *glob;
	struct events_opts events;
	bool matrix;
} asked[] = {
	{ .name = "all", .kind = TRACER_WAKEUP },
	{ .name = "all,worst", .kind = TRACER_WAKEUP, .events = { .worst = 10 } },
	{ .name = "all,matrix", .kind = TRACER_WAKEUP, .matrix = true },
	{ .name = "arm", .kind = TRACER_WAKEUP, .group = TRACER_GROUP_ARM, .nr_groups = 8 },
	{ .name = "arm,bench", /* as kt bench --stacks */
	  .kind = TRACER_WAKEUP,
	  .group = TRACER_GROUP_ARM,
	  .nr_groups = 8,
	  .events = { .worst = 10, .stacks = true },
	  .matrix = true },
	{ .name = "thread", .kind = TRACER_WAKEUP, .group = TRACER_GROUP_SUBJECT },
	{ .name = "thread,glob",
	  .kind = TRACER_WAKEUP,
	  .group = TRACER_GROUP_SUBJECT,
	  .glob = "kt*" },
	{ .name = "kthreads", .kind = TRACER_PARK, .kthreads = true },
	{ .name = "kthreads", .kind = TRACER_WORK, .kthreads = true },
	{ .name = "kthreads", .kind = TRACER_STOP, .kthreads = true },
	{ .name = "kthreads,stream",
	  .kind = TRACER_PARK,
	  .kthreads = true,
	  .events = { .stream = true } },
	{ .name = "kthreads,stream",
	  .kind = TRACER_WORK,
	  .kthreads = true,
	  .events = { .stream = true } },
};

static int print_programs(const struct asked *a)
{
	struct tracer_opts o = { .kind = a->kind,
				 .group = a->group,
				 .nr_groups = a->nr_groups,
				 .by = a->by,
				 .kthreads = a->kthreads,
				 .events = a->events,
				 .matrix = a->matrix };
	char err[512] = "";
	struct bpf_program *p;
	struct tracer *t;
	int ret = a->glob ? filter_add_globs(&o.filter, a->glob, err, sizeof(err)) : 0;

	ret = ret ?: tracer_open(&t, &o, err, sizeof(err));
	filter_free(&o.filter);
	if (ret) {
		fprintf(stderr, "%s %s: %s\n", tracer_kind_about(a->kind)->name, a->name, err);
		return 1;
	}
	bpf_object__for_each_program(p, t->obj)
	{
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof(info);

		if (bpf_program__fd(p) < 0 ||
		    bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len))
			continue;
		printf("%s %s %s %u\n", tracer_kind_about(a->kind)->name, a->name,
		       bpf_program__name(p), info.verified_insns);
	}
	tracer_close(t);
	return 0;
}

int main(void)
{
	char err[512] = "";
	int failed = 0;

	if (tracer_permitted(err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		return 77;
	}
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		failed |= print_programs(&asked[i]);
	return failed;
}
