// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the programs of a tracer take, by the kernel's own count. It keeps run times only while
 * somebody asks for that, for all programs of the machine, at two clock reads a run: kt asks for
 * short samples. Run times are divided by the runs of the same sample; what was counted while
 * somebody else had asked is not ours to tell.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bpf/tracer_impl.h"

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

/* Adds what each program took since the last call; @add false: only takes note of it. */
static void read_programs(struct tracer *t, bool add)
{
	struct tracer_cost *c = &t->cost;
	struct bpf_program *p;
	uint32_t nr = 0;

	bpf_object__for_each_program(p, t->obj)
	{
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof(info);
		struct tracer_program *to = &c->program[nr];

		if (bpf_program__fd(p) < 0 || nr == TRACER_MAX_PROGRAMS ||
		    bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len))
			continue;
		to->name = bpf_program__name(p);
		if (add) {
			to->runs += info.run_cnt - t->cost_before[nr].runs;
			to->ns += info.run_time_ns - t->cost_before[nr].ns;
		}
		t->cost_before[nr] =
			(struct tracer_program){ NULL, info.run_cnt, info.run_time_ns };
		nr++;
	}
	c->nr_programs = nr;
}

bool tracer_sample(struct tracer *t, bool on)
{
	if (on == (t->stats_fd >= 0))
		return true;
	if (on) {
		t->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
		if (t->stats_fd < 0)
			return false;
		read_programs(t, false);
		t->sample_start_ns = now_ns();
		return true;
	}
	t->cost.sample_ns += now_ns() - t->sample_start_ns;
	read_programs(t, true);
	close(t->stats_fd);
	t->stats_fd = -1;
	return true;
}

const struct tracer_cost *tracer_cost(const struct tracer *t)
{
	return &t->cost;
}
