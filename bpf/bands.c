// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bpf/slab.h"
#include "bpf/tracer_impl.h"
#include "bpf/wakes.h"
#include "bpf/wakes_shared.h"

static size_t nr_rows(const struct tracer *t)
{
	return (size_t)t->nr_groups * t->nr_shards * BANDS_NR;
}

int bands_size(struct tracer *t)
{
	struct bpf_map *map = bpf_object__find_map_by_name(t->obj, "bands");

	if (!map || t->opts.group != TRACER_GROUP_ARM)
		return 0;
	if (nr_rows(t) > UINT32_MAX)
		return -E2BIG;
	return bpf_map__set_max_entries(map, (uint32_t)nr_rows(t));
}

int bands_map(struct tracer *t)
{
	int fd = tracer_map_fd(t, "bands");

	if (fd < 0 || t->opts.group != TRACER_GROUP_ARM)
		return 0;
	t->bands = slab_window(fd, 0, nr_rows(t) * sizeof(*t->bands));
	return t->bands ? 0 : -errno;
}

/* All shards of one bucket of one group. */
static struct tracer_band band_of(const struct tracer *t, uint32_t group, uint32_t bucket)
{
	struct tracer_band band = { .index = bucket };

	for (uint32_t shard = 0; shard < t->nr_shards; shard++) {
		const struct bands_row *row =
			&t->bands[((size_t)group * t->nr_shards + shard) * BANDS_NR + bucket];

		band.count += row->count;
		for (uint32_t i = 0; i < BANDS_NR_SUMS; i++)
			band.sum[i] += row->sum[i];
	}
	return band;
}

static int read_group(const struct tracer *t, struct tracer_group_data *g, uint32_t group)
{
	g->band = malloc(BANDS_NR * sizeof(*g->band));
	if (!g->band)
		return -ENOMEM;
	for (uint32_t bucket = 0; bucket < BANDS_NR; bucket++) {
		struct tracer_band band = band_of(t, group, bucket);

		if (band.count)
			g->band[g->nr_bands++] = band;
	}
	return 0;
}

int bands_read(struct tracer *t, struct tracer_snapshot *s)
{
	int ret = 0;

	_Static_assert(BANDS_NR_SUMS == TRACER_NR_BAND_SUMS && BANDS_K == TRACER_BANDS_K,
		       "as tracer.h has them");
	if (!t->bands || t->enabled)
		return 0;
	for (uint32_t g = 0; !ret && g < s->nr_groups; g++)
		ret = read_group(t, &s->group[g], g);
	if (!ret)
		memset(t->bands, 0, nr_rows(t) * sizeof(*t->bands));
	return ret;
}

void bands_close(struct tracer *t)
{
	if (t->bands)
		munmap(t->bands, nr_rows(t) * sizeof(*t->bands));
	t->bands = NULL;
}
