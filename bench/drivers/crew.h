/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_DRIVERS_CREW_H
#define KT_DRIVERS_CREW_H
/*
 * Callers that act at once: plain threads of the driver's own, on every CPU, the same for every
 * arm. One round: one call releases all, each runs the function with its number, the last to
 * return notes the time. Between rounds they sleep.
 */
#include <stdbool.h>
#include <stdint.h>

struct crew;

typedef void (*crew_fn)(void *arg, unsigned int number);

/* crew_create - @nr threads; 0 or -errno */
int crew_create(struct crew **crew, unsigned int nr, crew_fn fn, void *arg);

void crew_go(struct crew *crew);

/* crew_wait - when the last had returned, on the driver's clock; 0: out of patience */
uint64_t crew_wait(struct crew *crew);

/* crew_destroy - ends and joins them; after a round that crew_wait() has seen the end of */
void crew_destroy(struct crew *crew);
#endif
