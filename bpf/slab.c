// SPDX-License-Identifier: GPL-2.0-only
/* Histograms of all and of arms, and how a snapshot comes about. */
#include "bpf/slab.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bpf/wakes.h"

/* What has been read of one histogram, all shards together. */
struct slab_seen {
	uint64_t sum;
	uint64_t overflow;
	uint64_t bucket[HIST_NR_BUCKETS_BPF];
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

uint64_t slab_clock_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/*
 * Replacing the inner map of a map of maps waits for an RCU grace period inside of bpf(): the
 * kernel promises that no program still sees the old inner map when the call returns. The maps are
 * made while there is the privilege for it.
 */
static int grace_maps_make(int grace[2])
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);

	grace[0] = bpf_map_create(BPF_MAP_TYPE_ARRAY, "kt_grace_in", 4, 4, 1, NULL);
	if (grace[0] < 0)
		return -errno;
	opts.inner_map_fd = grace[0];
	grace[1] = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "kt_grace", 4, 4, 1, &opts);
	return grace[1] < 0 ? -errno : 0;
}

static int grace_period_by_map(const int grace[2])
{
	int zero = 0;

	return bpf_map_update_elem(grace[1], &zero, &grace[0], 0) ? -errno : 0;
}

/* Waits until programs that run now have ended. */
static int grace_period(const struct tracer *t)
{
	/*
	 * MEMBARRIER_CMD_GLOBAL is synchronize_rcu(), except with a single CPU, where it does
	 * nothing and a preempted program could still be at work; nohz_full refuses it.
	 */
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1 &&
	    !syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		return 0;
	return grace_period_by_map(t->grace);
}

static struct bpf_map *map_of(struct tracer *t, const char *name)
{
	return bpf_object__find_map_by_name(t->obj, name);
}

/* As many as there are CPUs, so that each has its own; on large machines fewer. */
static uint32_t shards_for(uint32_t nr_cpus, uint32_t groups)
{
	uint32_t nr = nr_cpus < TRACER_MAX_SHARDS ? nr_cpus : TRACER_MAX_SHARDS;

	while (nr > 1 && (uint64_t)groups * nr * sizeof(struct tracer_block) > TRACER_MAX_BLOCKS)
		nr /= 2;
	return nr;
}

int slab_size(struct tracer *t)
{
	uint32_t dense;
	int ret;

	if (t->ops->about.nr_metrics > TRACER_MAX_METRICS)
		return -E2BIG;
	t->nr_groups = t->opts.nr_groups ?: TRACER_MAX_SUBJECTS;
	if (t->opts.group == TRACER_GROUP_ALL)
		t->nr_groups = 1;
	dense = t->opts.group == TRACER_GROUP_SUBJECT ? 1 : t->nr_groups;
	t->nr_shards = shards_for(t->nr_cpus, dense);
	t->nr_metrics = t->ops->about.nr_metrics;
	t->settings->nr_groups = t->nr_groups;
	t->settings->nr_metrics = t->nr_metrics;
	t->settings->nr_shards = t->nr_shards;
	t->settings->shard_owned = t->nr_shards == t->nr_cpus;
	t->seen = calloc((size_t)dense * t->nr_metrics, sizeof(*t->seen));
	if (!t->seen)
		return -ENOMEM;
	t->nr_blocks = dense * t->nr_shards;
	ret = bpf_map__set_max_entries(map_of(t, "blocks"), t->nr_blocks);
	return ret ?: cells_size(t);
}

int slab_map(struct tracer *t, char *err, size_t errlen)
{
	int ret;

	t->blocks = slab_window(tracer_map_fd(t, "blocks"), 0, t->nr_blocks * sizeof(*t->blocks));
	if (!t->blocks)
		return error_explain(err, errlen, -errno, "map the histograms");
	ret = grace_maps_make(t->grace);
	return ret ? error_explain(err, errlen, ret, "make a map") : 0;
}

void slab_free(struct tracer *t)
{
	if (t->blocks)
		munmap(t->blocks, t->nr_blocks * sizeof(*t->blocks));
	t->blocks = NULL;
	free(t->seen);
	t->seen = NULL;
	for (int i = 0; i < 2; i++)
		if (t->grace[i] > 0)
			close(t->grace[i]);
}

/* ---- histograms ------------------------------------------------------------------------------ */

static void widen(struct tracer_extremes *to, const struct tracer_extremes *by)
{
	if (by->max > to->max)
		to->max = by->max;
	if (by->inv_min > to->inv_min)
		to->inv_min = by->inv_min;
}

#define TRIES_TO_READ 16

/* A histogram of one shard, as it was at one moment. */
struct shard_now {
	struct tracer_beside beside;
	uint64_t overflow;
	uint64_t bucket[HIST_NR_BUCKETS_BPF];
};

/*
 * A program writes begun first and the bucket last, so where the buckets add up to what begun says
 * afterwards all are of the same values. One that is written all the time may be read in between:
 * then slab_settle() has work to do.
 */
static void read_shard(const struct tracer_block *block, uint32_t metric, struct shard_now *now)
{
	const struct tracer_beside *beside = &block->beside[metric];

	for (int i = 0; i < TRIES_TO_READ; i++) {
		uint64_t count = 0;

		for (uint32_t b = 0; b < HIST_NR_BUCKETS_BPF; b++) {
			now->bucket[b] =
				__atomic_load_n(&block->bucket[metric][b], __ATOMIC_RELAXED);
			count += now->bucket[b];
		}
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		now->beside.sum = __atomic_load_n(&beside->sum, __ATOMIC_RELAXED);
		now->beside.extremes = beside->extremes;
		now->overflow = __atomic_load_n(&block->overflow[metric], __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		now->beside.begun = __atomic_load_n(&beside->begun, __ATOMIC_RELAXED);
		if (now->beside.begun == count)
			break;
	}
}

/* Since the last read: the buckets into @h, what stands beside them into @f. */
static void take_difference(const struct tracer *t, uint32_t group, uint32_t metric, struct hist *h,
			    struct slab_figures *f)
{
	struct slab_seen *seen = &t->seen[group * t->nr_metrics + metric];
	const struct tracer_block *block = &t->blocks[(size_t)group * t->nr_shards];

	for (uint32_t s = 0; s < t->nr_shards; s++) {
		struct shard_now now;

		read_shard(&block[s], metric, &now);
		for (uint32_t i = 0; now.beside.begun && i < HIST_NR_BUCKETS_BPF; i++)
			h->bucket[i] += now.bucket[i];
		widen(&f->extremes, &now.beside.extremes);
		f->sum += now.beside.sum;
		f->overflow += now.overflow;
	}
	for (uint32_t i = 0; i < HIST_NR_BUCKETS_BPF; i++) {
		uint64_t new = h->bucket[i] - seen->bucket[i];

		seen->bucket[i] = h->bucket[i];
		h->bucket[i] = new;
		if (!new)
			continue;
		if (!f->count)
			f->first = i;
		f->last = i;
		f->count += new;
	}
	f->sum -= seen->sum;
	f->overflow -= seen->overflow;
	f->in_last = h->bucket[HIST_NR_BUCKETS_BPF - 1];
}

/*
 * take_cell - what came to one metric of one group; NULL: nothing, or no memory
 *
 * The extremes are those since the beginning: where they lie in the outermost buckets of this read
 * they may be earlier ones, so they are as exact as a bucket is wide, over all reads exact.
 */
static int take_cell(struct tracer *t, uint32_t group, uint32_t metric, struct hist **out)
{
	struct slab_seen *seen = &t->seen[group * t->nr_metrics + metric];
	struct slab_figures f = { 0 }, left;
	struct hist *h = calloc(1, sizeof(*h));

	*out = NULL;
	if (!h)
		return -ENOMEM;
	hist_init(h, HIST_K_BPF);
	take_difference(t, group, metric, h, &f);
	if (!f.count) {
		free(h);
		return 0;
	}
	slab_settle(&f, HIST_K_BPF, &left);
	seen->sum += f.sum;
	seen->overflow += f.overflow;
	h->count = f.count;
	h->sum = f.sum;
	h->overflow = f.overflow;
	h->max = f.extremes.max;
	h->min = ~f.extremes.inv_min;
	*out = h;
	return 0;
}

static int read_dense(struct tracer *t, struct tracer_group_data *g, uint32_t group)
{
	int ret = 0;

	g->metric = calloc(NR_METRICS, sizeof(struct hist *));
	if (!g->metric)
		return -ENOMEM;
	for (uint32_t m = 0; !ret && m < t->nr_metrics; m++)
		ret = take_cell(t, group, m, &g->metric[TRACER_FIRST_METRIC(t->opts.kind) + m]);
	return ret;
}

/* ---- subjects -------------------------------------------------------------------------------- */

static void name_subject(struct tracer *t, const struct tracer_subject *s, char *name, size_t size)
{
	if (t->ops->subject_name)
		t->ops->subject_name(t, s, name, size);
	else if (s->tid)
		snprintf(name, size, "%.*s-%u", TRACER_NAME_LEN, s->name, s->tid);
	else
		snprintf(name, size, "%.*s", TRACER_NAME_LEN, s->name);
}

uint32_t tracer_nr_subjects(const struct tracer *t)
{
	uint32_t nr = __atomic_load_n(&t->control->nr_subjects, __ATOMIC_RELAXED);

	return nr < t->nr_groups ? nr : t->nr_groups;
}

static int read_subjects(struct tracer *t, struct tracer_snapshot *s)
{
	int fd = tracer_map_fd(t, "subjects"), ret;
	struct tracer_group_data *others = &s->group[s->nr_groups];

	for (uint32_t g = 0; g < s->nr_groups; g++) {
		struct tracer_subject subject;

		if (!bpf_map_lookup_elem(fd, &g, &subject) && (subject.key[0] | subject.key[1]))
			name_subject(t, &subject, s->group[g].name, sizeof(s->group[g].name));
	}
	ret = cells_read(t, s);
	ret = ret ?: read_dense(t, others, 0);
	if (ret)
		return ret;
	snprintf(others->name, sizeof(others->name), "others");
	for (uint32_t m = 0; m < NR_METRICS; m++)
		if (others->metric[m]) {
			s->nr_groups++;
			break;
		}
	return 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

static int read_groups(struct tracer *t, struct tracer_snapshot *s)
{
	bool by_subject = t->opts.group == TRACER_GROUP_SUBJECT;
	int ret = 0;

	s->nr_groups = by_subject ? tracer_nr_subjects(t) : t->nr_groups;
	s->room = s->nr_groups + 1; /* others */
	s->group = calloc(s->room, sizeof(*s->group));
	if (!s->group)
		return -ENOMEM;
	if (by_subject)
		return read_subjects(t, s);
	for (uint32_t i = 0; !ret && i < s->nr_groups; i++)
		ret = read_dense(t, &s->group[i], i);
	return ret;
}

int slab_quiet(struct tracer *t)
{
	int ret;

	if (t->enabled || t->quiet)
		return 0;
	ret = grace_period(t);
	t->quiet = !ret;
	return ret;
}

int slab_read(struct tracer *t, struct tracer_snapshot **out)
{
	struct tracer_snapshot *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return -ENOMEM;
	s->first_metric = TRACER_FIRST_METRIC(t->opts.kind);
	s->start_ns = t->last_read_ns;
	s->end_ns = clock_ns(CLOCK_MONOTONIC);
	ret = read_groups(t, s);
	ret = ret ?: bands_read(t, s);
	ret = ret ?: matrix_read(t, s);
	ret = ret ?: counts_read(t, s);
	if (ret) {
		slab_snapshot_free(s);
		return ret;
	}
	t->last_read_ns = s->end_ns;
	s->cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - t->last_cpu_ns;
	t->last_cpu_ns += s->cpu_ns;
	*out = s;
	return 0;
}

void slab_start(struct tracer *t)
{
	counts_start(t);
	t->last_read_ns = clock_ns(CLOCK_MONOTONIC);
	t->last_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/* ---- snapshots ------------------------------------------------------------------------------- */

const struct hist *tracer_snapshot_hist(const struct tracer_snapshot *s, uint32_t group,
					uint32_t metric, struct hist *room)
{
	if (group >= s->nr_groups || metric >= NR_METRICS)
		return NULL;
	if (s->group[group].metric)
		return s->group[group].metric[metric];
	return s->cells && cells_hist(s->cells, group, metric - s->first_metric, room) ? room
										       : NULL;
}

uint64_t tracer_snapshot_count(const struct tracer_snapshot *s, uint32_t group, uint32_t metric)
{
	if (group >= s->nr_groups || metric >= NR_METRICS)
		return 0;
	if (s->group[group].metric)
		return s->group[group].metric[metric] ? s->group[group].metric[metric]->count : 0;
	return s->cells ? cells_count(s->cells, group, metric - s->first_metric) : 0;
}

uint64_t tracer_snapshot_sum(const struct tracer_snapshot *s, uint32_t group, uint32_t metric)
{
	if (group >= s->nr_groups || metric >= NR_METRICS)
		return 0;
	if (s->group[group].metric)
		return s->group[group].metric[metric] ? s->group[group].metric[metric]->sum : 0;
	return s->cells ? cells_sum(s->cells, group, metric - s->first_metric) : 0;
}

void slab_snapshot_free(struct tracer_snapshot *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; s->group && i < s->room; i++) {
		for (uint32_t m = 0; s->group[i].metric && m < NR_METRICS; m++)
			free(s->group[i].metric[m]);
		free(s->group[i].metric);
		free(s->group[i].band);
		free(s->group[i].pair);
	}
	cells_free(s->cells);
	free(s->group);
	free(s->counter);
	free(s);
}
