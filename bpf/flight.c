// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/flight.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Per CPU, unless the machine has so many of them that all together would take more than this. */
#define LENGTH	  16384
#define MAX_BYTES (64ull << 20)

struct flight {
	const struct events_flown *place; /* by CPU and number of the wait */
	uint64_t *next;			  /* by CPU: number of the next wait to be taken, from 1 */
	uint32_t nr_cpus, length;
	struct events_wait *taken;
	size_t nr_taken, max_taken;
};

uint32_t flight_length(uint32_t nr_cpus)
{
	uint32_t length = LENGTH;

	while (length > 64 && length * sizeof(struct events_flown) * nr_cpus > MAX_BYTES)
		length /= 2;
	return length;
}

static size_t map_bytes(const struct flight *f)
{
	return (size_t)f->nr_cpus * f->length * sizeof(struct events_flown);
}

int flight_map(struct flight **out, int fd, uint32_t nr_cpus, uint32_t length)
{
	struct flight *f = calloc(1, sizeof(*f));
	void *at = MAP_FAILED;
	int ret = -ENOMEM;

	if (!f)
		return -ENOMEM;
	f->nr_cpus = nr_cpus;
	f->length = length;
	f->next = calloc(nr_cpus, sizeof(*f->next));
	if (f->next) {
		at = mmap(NULL, map_bytes(f), PROT_READ, MAP_SHARED, fd, 0);
		ret = at == MAP_FAILED ? -errno : 0;
	}
	if (ret) {
		flight_free(f);
		return ret;
	}
	f->place = at;
	for (uint32_t cpu = 0; cpu < nr_cpus; cpu++)
		f->next[cpu] = 1;
	*out = f;
	return 0;
}

void flight_free(struct flight *f)
{
	if (!f)
		return;
	if (f->place)
		munmap((void *)f->place, map_bytes(f));
	free(f->next);
	free(f->taken);
	free(f);
}

/* The number of the wait that stands at @p, and the wait; 0: it is being written, or none is. */
static uint64_t read_place(const struct events_flown *p, struct events_wait *w)
{
	uint64_t seq = __atomic_load_n(&p->seq, __ATOMIC_ACQUIRE);

	if (!seq)
		return 0;
	memcpy(w, &p->wait, sizeof(*w));
	/* Orders the copy before the second look; fly() in events.bpf.h sets 0 before it writes. */
	atomic_thread_fence(memory_order_acquire);
	return __atomic_load_n(&p->seq, __ATOMIC_RELAXED) == seq ? seq : 0;
}

static int keep(struct flight *f, const struct events_wait *w)
{
	if (f->nr_taken == f->max_taken) {
		size_t max = f->max_taken * 2 ?: 1024;
		struct events_wait *grown = reallocarray(f->taken, max, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		f->taken = grown;
		f->max_taken = max;
	}
	f->taken[f->nr_taken++] = *w;
	return 0;
}

static int take_cpu(struct flight *f, uint32_t cpu, uint64_t from, uint64_t to)
{
	const struct events_flown *place = f->place + (size_t)cpu * f->length;
	uint64_t *next = &f->next[cpu], seq;
	struct events_wait w;
	int ret = 0;

	while (!ret) {
		seq = read_place(&place[(*next - 1) & (f->length - 1)], &w);
		if (seq < *next)
			break; /* the last one was taken */
		if (seq > *next) {
			/* It was overwritten: the oldest that may be left comes after it. */
			*next = seq - f->length + 1;
			continue;
		}
		if (w.time_ns > to)
			break;
		if (w.time_ns >= from && !w.slow)
			ret = keep(f, &w);
		++*next;
	}
	return ret;
}

static int earlier_first(const void *a, const void *b)
{
	const struct events_wait *x = a, *y = b;

	return x->time_ns < y->time_ns ? -1 : x->time_ns > y->time_ns;
}

int flight_take(struct flight *f, uint64_t from, uint64_t to,
		int (*each)(const struct events_wait *w, void *arg), void *arg)
{
	int ret = 0;

	f->nr_taken = 0;
	for (uint32_t cpu = 0; !ret && cpu < f->nr_cpus; cpu++)
		ret = take_cpu(f, cpu, from, to);
	if (f->nr_taken)
		qsort(f->taken, f->nr_taken, sizeof(*f->taken), earlier_first);
	for (size_t i = 0; !ret && i < f->nr_taken; i++)
		ret = each(&f->taken[i], arg);
	return ret;
}
