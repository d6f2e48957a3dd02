/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_CHECK_H
#define KT_CONTROLLER_CHECK_H
/*
 * What a worker answered, before anybody believes it: a worker runs others' code, and may have
 * written anything into the page it shares with us (bench/harness/wire.h).
 *
 * Pure. Every function takes a copy of the page, since the worker could change the page itself
 * between the check and the use. Garbage costs as little as it can: an epoch that does not check is
 * left out of its block, an arm whose epochs go on like that is given up, and only when the page's
 * own words are gone, so that no call can be trusted any more, the question is.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/controller/wire_form.h"
#include "bench/harness/wire.h"

/* Room for any reason below. */
#define CHECK_REASON 128

/* What the controller asked for, and the time it saw pass meanwhile. */
struct check_asked {
	uint64_t iterations;
	uint64_t call_ns, return_ns; /* CLOCK_MONOTONIC, before the call and after it */
	bool latency;		     /* one value per operation, not one per epoch */
	bool time_only;		     /* calibrating: impossible values alone are fine */
};

/*
 * check_page - is @page still the page that we made in @form, given back by the worker as its answer
 * to @call?
 *
 * Return: NULL, or what is wrong, in @why. The same holds for the two below, which take today's
 * picture of it.
 */
const char *check_page(const union wire_page *page, const struct wire_form *form, uint32_t call,
		       char *why, size_t len);

/* check_reply - are status and message of @w what a worker writes? */
const char *check_reply(const struct wire *w, char *why, size_t len);

/*
 * check_epoch - check_reply(), and for WIRE_OK: can @w be the answer to @asked, in every field that
 * goes into the record?
 */
const char *check_epoch(const struct wire *w, const struct check_asked *asked, char *why,
			size_t len);

/* How an arm's epochs came out so far; zeroed memory is the beginning. */
struct check_tally {
	unsigned int nr, nr_bad;
	unsigned int in_row; /* bad ones, up to now */
};

/*
 * One stray write may spoil an epoch, and the two beside it if it comes between them: a fourth in a
 * row is a habit. An arm that loses more than a tenth is not measured any more by what is left,
 * since nothing says that the epochs it spoils are like the others; below 20 epochs a tenth is two
 * accidents, and says nothing.
 */
#define CHECK_MAX_IN_ROW 3
#define CHECK_MIN_EPOCHS 20
#define CHECK_ONE_IN	 10

/* check_tally_add - count one more epoch. Return: whether the arm is to be given up. */
bool check_tally_add(struct check_tally *t, bool bad);
#endif
