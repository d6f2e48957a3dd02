// SPDX-License-Identifier: GPL-2.0-only
/* Histograms and counters of a tracer, seen from user space: two banks, one of them idle. */
#include <errno.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bpf/tracer_impl.h"

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

/*
 * Replacing the inner map of a map of maps waits for an RCU grace period inside of bpf(): the
 * kernel promises that no program still sees the old inner map when the call returns.
 */
static int grace_period_by_map(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	int inner, outer = -1, ret, zero = 0;

	inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "kt_grace_in", 4, 4, 1, NULL);
	if (inner < 0)
		return -errno;
	opts.inner_map_fd = inner;
	outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "kt_grace", 4, 4, 1, &opts);
	ret = outer < 0 ? -errno : 0;
	if (!ret && bpf_map_update_elem(outer, &zero, &inner, 0))
		ret = -errno;
	if (outer >= 0)
		close(outer);
	close(inner);
	return ret;
}

/* Waits until programs that run now have ended. */
static int grace_period(void)
{
	/*
	 * MEMBARRIER_CMD_GLOBAL is synchronize_rcu(), except with a single CPU, where it does
	 * nothing and a preempted program could still be in the old bank; nohz_full refuses it.
	 */
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1 &&
	    !syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		return 0;
	return grace_period_by_map();
}

static struct bpf_map *map_of(struct tracer *t, const char *name)
{
	return bpf_object__find_map_by_name(t->obj, name);
}

/*
 * Are the possible CPUs numbered from 0 without holes? Then each number below the count is one CPU.
 */
static bool cpus_contiguous(void)
{
	char text[64] = "";
	FILE *in = fopen("/sys/devices/system/cpu/possible", "re");
	bool whole = in && fgets(text, sizeof(text), in) && text[0] == '0' && !strchr(text, ',');

	if (in)
		fclose(in);
	return whole;
}

int slab_size(struct tracer *t)
{
	int cpus = libbpf_num_possible_cpus(), ret;

	if (cpus < 1)
		return cpus ?: -EINVAL;
	if (t->ops->about.nr_metrics > TRACER_MAX_METRICS)
		return -E2BIG;
	t->nr_cpus = cpus;
	t->nr_shards = cpus < TRACER_MAX_SHARDS ? cpus : TRACER_MAX_SHARDS;
	t->nr_groups = t->opts.group == TRACER_GROUP_ALL ? 1 : t->opts.nr_groups ?: TRACER_DEFAULT_GROUPS;
	t->nr_metrics = t->ops->about.nr_metrics;
	t->settings->nr_groups = t->nr_groups;
	t->settings->nr_metrics = t->nr_metrics;
	t->settings->nr_shards = t->nr_shards;
	t->settings->shard_owned = t->shard_owned = t->nr_shards == t->nr_cpus && cpus_contiguous();
	t->subject_order = calloc(t->nr_groups, sizeof(*t->subject_order));
	if (!t->subject_order)
		return -ENOMEM;
	ret = bpf_map__set_max_entries(map_of(t, "hists"),
				       2 * t->nr_groups * t->nr_metrics * t->nr_shards);
	if (!t->shard_owned)
		ret = ret
			      ?: bpf_map__set_max_entries(map_of(t, "extremes"),
							  2 * t->nr_groups * t->nr_metrics);
	return ret ?: bpf_map__set_max_entries(map_of(t, "subjects"), t->nr_groups);
}

int slab_map(struct tracer *t, char *err, size_t errlen)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *at;

	t->hists_bytes =
		(size_t)2 * t->nr_groups * t->nr_metrics * t->nr_shards * sizeof(*t->hists);
	t->hists_bytes = (t->hists_bytes + page - 1) / page * page;
	at = mmap(NULL, t->hists_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		  tracer_map_fd(t, "hists"), 0);
	if (at == MAP_FAILED)
		return error_explain(err, errlen, -errno, "map the histograms");
	t->hists = at;
	return 0;
}

void slab_free(struct tracer *t)
{
	if (t->hists)
		munmap(t->hists, t->hists_bytes);
	t->hists = NULL;
	free(t->subject_order);
	t->subject_order = NULL;
}

/* ---- histograms ------------------------------------------------------------------------------ */

static uint32_t cell_index(const struct tracer *t, uint32_t bank, uint32_t group, uint32_t metric)
{
	return (bank * t->nr_groups + group) * t->nr_metrics + metric;
}

static void widen(struct tracer_extremes *to, const struct tracer_extremes *by)
{
	if (by->max > to->max)
		to->max = by->max;
	if (by->inv_min > to->inv_min)
		to->inv_min = by->inv_min;
}

/* Take and clear min and max of a cell; false: nothing was recorded in it. */
static bool take_extremes(struct tracer *t, uint32_t cell, struct tracer_extremes *per_cpu,
			  struct tracer_extremes *all)
{
	struct tracer_hist *shard = t->hists + (size_t)cell * t->nr_shards;
	int fd = tracer_map_fd(t, "extremes");
	uint32_t i;

	*all = (struct tracer_extremes){ 0 };
	for (i = 0; i < t->nr_shards; i++)
		widen(all, &shard[i].extremes);
	if (!t->shard_owned && !bpf_map_lookup_elem(fd, &cell, per_cpu)) {
		for (i = 0; i < t->nr_cpus; i++)
			widen(all, &per_cpu[i]);
		memset(per_cpu, 0, t->nr_cpus * sizeof(*per_cpu));
		bpf_map_update_elem(fd, &cell, per_cpu, BPF_ANY);
	}
	return all->max || all->inv_min;
}

/*
 * take_cell - what the idle bank holds of one metric of one group, cleared; NULL: nothing, or no
 * memory
 */
static struct hist *take_cell(struct tracer *t, uint32_t cell, struct tracer_extremes *per_cpu)
{
	struct tracer_hist *shard = t->hists + (size_t)cell * t->nr_shards;
	struct tracer_extremes all;
	struct hist *h;
	uint32_t i, s;

	if (!take_extremes(t, cell, per_cpu, &all))
		return NULL;
	h = malloc(sizeof(*h));
	if (!h)
		return NULL;
	hist_init(h, HIST_K_BPF);
	for (s = 0; s < t->nr_shards; s++) {
		h->sum += shard[s].sum;
		h->overflow += shard[s].overflow;
		for (i = 0; i < HIST_NR_BUCKETS_BPF; i++) {
			h->bucket[i] += shard[s].bucket[i];
			h->count += shard[s].bucket[i];
		}
		memset(&shard[s], 0, sizeof(shard[s]));
	}
	h->min = ~all.inv_min;
	h->max = all.max;
	return h;
}

/* ---- counters -------------------------------------------------------------------------------- */

static uint64_t counter_now(struct tracer *t, uint32_t id, uint64_t *per_cpu)
{
	uint64_t sum = 0;
	uint32_t cpu;

	if (bpf_map_lookup_elem(tracer_map_fd(t, "counters"), &id, per_cpu))
		return 0;
	for (cpu = 0; cpu < t->nr_cpus; cpu++)
		sum += per_cpu[cpu];
	return sum;
}

/* What the kernel itself counts about our programs; members that an old kernel lacks stay 0. */
static void programs_now(struct tracer *t, uint64_t *missed, uint64_t *bpf_ns)
{
	struct bpf_program *p;

	*missed = *bpf_ns = 0;
	bpf_object__for_each_program(p, t->obj)
	{
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof(info);

		if (bpf_program__fd(p) < 0 ||
		    bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len))
			continue;
		*missed += info.recursion_misses;
		*bpf_ns += info.run_time_ns;
	}
}

static uint64_t since(uint64_t now, uint64_t *last)
{
	uint64_t d = now - *last;

	*last = now;
	return d;
}

static int read_counters(struct tracer *t, struct tracer_snapshot *s)
{
#define COUNTER_LOSS(n) { #n, true, 0 },
#define COUNTER_NOTE(n) { #n, false, 0 },
	static const struct tracer_counter names[NR_COUNTERS] = { TRACER_COUNTERS(COUNTER_LOSS,
										  COUNTER_NOTE) };
	uint64_t missed, bpf_ns, *per_cpu = calloc(t->nr_cpus, sizeof(*per_cpu));
	uint64_t mine = t->ops->counters | COUNTERS_ALL_KINDS;
	uint32_t id;

	s->counter = calloc(NR_COUNTERS, sizeof(*s->counter));
	if (!s->counter || !per_cpu) {
		free(per_cpu);
		return -ENOMEM;
	}
	programs_now(t, &missed, &bpf_ns);
	missed = since(missed, &t->last_missed);
	s->bpf_ns = since(bpf_ns, &t->last_bpf_ns);
	for (id = 0; id < NR_COUNTERS; id++) {
		uint64_t v = since(counter_now(t, id, per_cpu), &t->last_counter[id]);

		if (id == COUNTER_recursion_missed)
			v += missed;
		if (!v && !(mine >> id & 1))
			continue;
		s->counter[s->nr_counters] = names[id];
		s->counter[s->nr_counters++].value = v;
	}
	s->events =
		since(counter_now(t, COUNTER_EVENTS, per_cpu), &t->last_counter[COUNTER_EVENTS]);
	free(per_cpu);
	return 0;
}

/* ---- subjects -------------------------------------------------------------------------------- */

static void name_subject(struct tracer *t, uint32_t group, char *name, size_t size)
{
	struct tracer_subject s;

	name[0] = 0;
	if (bpf_map_lookup_elem(tracer_map_fd(t, "subjects"), &group, &s))
		return;
	if (t->ops->subject_name)
		t->ops->subject_name(t, &s, name, size);
	else if (s.tid)
		snprintf(name, size, "%.*s-%u", TRACER_NAME_LEN, s.name, s.tid);
	else
		snprintf(name, size, "%.*s", TRACER_NAME_LEN, s.name);
}

/* Groups are claimed in the order of a hash; reports want them as they turned up. */
static void find_new_subjects(struct tracer *t)
{
	int fd = tracer_map_fd(t, "subjects");
	uint32_t key, *prev = NULL, i;

	while (t->nr_subjects < t->nr_groups && !bpf_map_get_next_key(fd, prev, &key)) {
		prev = &key;
		for (i = 0; i < t->nr_subjects && t->subject_order[i] != key; i++)
			;
		if (i == t->nr_subjects)
			t->subject_order[t->nr_subjects++] = key;
	}
}

/* ---- reading --------------------------------------------------------------------------------- */

static void read_group(struct tracer *t, struct tracer_group_data *g, uint32_t cell,
		       struct tracer_extremes *per_cpu)
{
	uint32_t m;

	for (m = 0; m < t->ops->about.nr_metrics; m++)
		g->metric[TRACER_FIRST_METRIC(t->opts.kind) + m] = take_cell(t, cell++, per_cpu);
}

static int read_groups(struct tracer *t, struct tracer_snapshot *s, uint32_t bank)
{
	bool by_subject = t->opts.group == TRACER_GROUP_SUBJECT;
	struct tracer_extremes *per_cpu = calloc(t->nr_cpus, sizeof(*per_cpu));
	uint32_t i;

	if (by_subject)
		find_new_subjects(t);
	s->nr_groups = by_subject ? t->nr_subjects : t->nr_groups;
	s->group = calloc(s->nr_groups ?: 1, sizeof(*s->group));
	if (!s->group || !per_cpu) {
		free(per_cpu);
		return -ENOMEM;
	}
	for (i = 0; i < s->nr_groups; i++) {
		uint32_t group = by_subject ? t->subject_order[i] : i;

		if (by_subject)
			name_subject(t, group, s->group[i].name, sizeof(s->group[i].name));
		read_group(t, &s->group[i], cell_index(t, bank, group, 0), per_cpu);
	}
	free(per_cpu);
	return 0;
}

int slab_read(struct tracer *t, struct tracer_snapshot **out)
{
	struct tracer_snapshot *s = calloc(1, sizeof(*s));
	uint32_t bank = t->control->bank;
	int ret;

	if (!s)
		return -ENOMEM;
	/*
	 * A program reads the bank once and writes only there. After the grace period no
	 * program that read the old number is running, so that bank is ours: nothing is lost,
	 * nothing counted twice.
	 */
	__atomic_store_n(&t->control->bank, !bank, __ATOMIC_RELEASE);
	ret = grace_period();
	if (ret) {
		__atomic_store_n(&t->control->bank, bank, __ATOMIC_RELEASE);
		free(s);
		return ret;
	}
	s->start_ns = t->last_read_ns;
	s->end_ns = t->last_read_ns = clock_ns(CLOCK_MONOTONIC);
	s->cpu_ns = since(clock_ns(CLOCK_PROCESS_CPUTIME_ID), &t->last_cpu_ns);
	ret = read_groups(t, s, bank) ?: read_counters(t, s);
	if (ret) {
		slab_snapshot_free(s);
		return ret;
	}
	*out = s;
	return 0;
}

void slab_start(struct tracer *t)
{
	programs_now(t, &t->last_missed, &t->last_bpf_ns);
	t->last_read_ns = clock_ns(CLOCK_MONOTONIC);
	t->last_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

void slab_snapshot_free(struct tracer_snapshot *s)
{
	uint32_t i, m;

	if (!s)
		return;
	for (i = 0; s->group && i < s->nr_groups; i++)
		for (m = 0; m < NR_METRICS; m++)
			free(s->group[i].metric[m]);
	free(s->group);
	free(s->counter);
	free(s);
}
