/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_FLIGHT_H
#define KT_BPF_FLIGHT_H
/*
 * The flight recorder: the last waits of each CPU, kept in memory that BPF writes and we map, and
 * read only when something was slow.
 */
#include <stdint.h>

#include "bpf/events_shared.h"

struct flight;

/* flight_length - how many waits to keep per CPU, a power of two, with @nr_cpus of them */
uint32_t flight_length(uint32_t nr_cpus);

/* flight_map - the map @fd, of @length places per CPU; 0 or -errno */
int flight_map(struct flight **f, int fd, uint32_t nr_cpus, uint32_t length);
void flight_free(struct flight *f);

/*
 * flight_take - the waits that ended from @from to @to and were not taken before, in the order of
 * their ends; @each returns 0 to go on
 *
 * Those that ended before are gone for good then. Return: 0, what @each returned, or -ENOMEM.
 */
int flight_take(struct flight *f, uint64_t from, uint64_t to,
		int (*each)(const struct events_wait *w, void *arg), void *arg);
#endif
