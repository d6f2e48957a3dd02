// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/refine.h"

#include <errno.h>
#include <string.h>

/* Entries of refine_kicks: threads that are being woken at one moment. */
#define MAX_KICKS 8192

const struct refinement refinements[NR_REFINEMENTS] = {
	{
		.name = "sched_set_need_resched_tp",
		.adds = "resched (how long a CPU takes to switch when it is asked to) and yielded",
		.since = "Linux 6.16 or later",
		.program = { "on_refine_switch", "on_refine_done", "on_refine_asked" },
		/* It says that a request ended without a switch. */
		.also = "sched_exit_tp",
	},
	{
		.name = "sched_exit_tp",
		.adds = "switch (how long the switch itself takes)",
		.since = "Linux 6.16 or later",
		.program = { "on_refine_switch", "on_refine_done" },
	},
	{
		.name = "ipi_send_cpu",
		.adds = "ipi (the part of wake after the interrupt to another CPU) and idle_polled",
		.since = "Linux 6.4 or later",
		.program = { "on_refine_wakeup", "on_refine_interrupt", "on_refine_polled",
			     "on_refine_waking" },
		.also = "sched_wake_idle_without_ipi",
	},
};

static const char *const programs[] = { "on_refine_switch",   "on_refine_done",
					"on_refine_asked",    "on_refine_wakeup",
					"on_refine_polled",   "on_refine_waking",
					"on_refine_interrupt" };
#define NR_PROGRAMS (sizeof(programs) / sizeof(programs[0]))

bool refinement_there(const struct refinement *r)
{
	return feature_tracepoint_args(r->name) && (!r->also || feature_tracepoint_args(r->also));
}

static bool refinement_has(const struct refinement *r, const char *program)
{
	for (size_t i = 0; i < sizeof(r->program) / sizeof(r->program[0]) && r->program[i]; i++)
		if (!strcmp(r->program[i], program))
			return true;
	return false;
}

static bool is_wanted(const struct tracer *t, const char *program)
{
	for (size_t i = 0; t->opts.refine && i < NR_REFINEMENTS; i++)
		if (refinement_there(&refinements[i]) && refinement_has(&refinements[i], program))
			return true;
	return false;
}

int refine_open(struct tracer *t, char *err, size_t errlen)
{
	bool any = false;

	if (!t->opts.refine)
		return 0;
	for (size_t i = 0; i < NR_PROGRAMS; i++) {
		bool wanted = is_wanted(t, programs[i]);

		bpf_program__set_autoload(bpf_object__find_program_by_name(t->obj, programs[i]),
					  wanted);
		any |= wanted;
	}
	if (!any)
		return error_say(err, errlen, -ENOTSUP,
				 "this kernel has no events for --refine; kt doctor says which it "
				 "would take");
	bpf_map__set_max_entries(bpf_object__find_map_by_name(t->obj, "refine_cpus"), t->nr_cpus);
	bpf_map__set_max_entries(bpf_object__find_map_by_name(t->obj, "refine_kicks"), MAX_KICKS);
	return 0;
}

int refine_attach(struct tracer *t, char *err, size_t errlen)
{
	int ret = 0;

	for (size_t i = 0; i < NR_PROGRAMS && !ret; i++)
		if (is_wanted(t, programs[i]))
			ret = attach_program(t, programs[i], err, errlen);
	return ret;
}
