// SPDX-License-Identifier: GPL-2.0-only
/* What reading a histogram takes that is being written: see slab.h. */
#include <sys/mman.h>

#include "bpf/slab.h"

void *slab_window(int fd, size_t offset, size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);

	return at == MAP_FAILED ? NULL : at;
}

static uint64_t bucket_top(uint32_t bucket, uint32_t k)
{
	return bucket == HIST_NR_BUCKETS(k) - 1 ? UINT64_MAX : hist_low(bucket + 1, k) - 1;
}

static uint64_t times(uint64_t count, uint64_t v)
{
	uint64_t product;

	return __builtin_mul_overflow(count, v, &product) ? UINT64_MAX : product;
}

void slab_settle(struct slab_figures *f, uint32_t k, struct slab_figures *left)
{
	uint64_t max = f->extremes.max, min = ~f->extremes.inv_min, sum = f->sum;

	*left = (struct slab_figures){ 0 };
	/* Beyond the last bucket: of a value that is not in its bucket yet. */
	if (max > bucket_top(f->last, k)) {
		left->extremes.max = max;
		max = bucket_top(f->last, k);
	} else if (max < hist_low(f->last, k)) {
		max = f->last == HIST_NR_BUCKETS(k) - 1 ? hist_low(f->last, k)
							: bucket_top(f->last, k);
	}
	if (min < hist_low(f->first, k)) {
		left->extremes.inv_min = ~min;
		min = hist_low(f->first, k);
	} else if (min > bucket_top(f->first, k)) {
		min = hist_low(f->first, k);
	}
	if (min > max)
		min = hist_low(f->first, k);
	if (sum < times(f->count, min))
		sum = times(f->count, min);
	if (sum > times(f->count, max))
		sum = times(f->count, max);
	left->sum = f->sum - sum;
	f->sum = sum;
	f->extremes = (struct tracer_extremes){ .max = max, .inv_min = ~min };
	if (f->overflow > f->in_last) {
		left->overflow = f->overflow - f->in_last;
		f->overflow = f->in_last;
	}
}
