// SPDX-License-Identifier: GPL-2.0-only
/* The list of contenders, as the linker collected it. */
#include "bench/arms/arm.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* The linker's names for the two ends of the section. */
extern const struct arm *const __start_kt_arms[], *const __stop_kt_arms[];

unsigned int arm_can(const struct arm *arm)
{
	const struct {
		enum arm_can can;
		bool yes;
	} table[] = {
		{ ARM_CAN_WAKE, arm->peer_create },
		{ ARM_CAN_SLEEP, arm->peer_create && !arm->spins_only },
		{ ARM_CAN_TRIP, arm->self_create },
		{ ARM_CAN_PARK, arm->park_create },
		{ ARM_CAN_CYCLE, arm->cycle },
		{ ARM_CAN_LIVE, arm->life_create },
		{ ARM_CAN_CANCEL, arm->life_cancel },
		{ ARM_CAN_WORK, arm->worker_create },
		{ ARM_HAS_WORKER, arm->worker_create && !arm->worker_by_hand },
		{ ARM_CAN_DELAY, arm->delay_create },
		{ ARM_CAN_ARM, arm->delayed_create },
		{ ARM_MANY_FEED, arm->worker_create && !arm->worker_by_hand && !arm->feeds_alone },
		{ ARM_CAN_SPAWN, arm->spawn },
	};
	unsigned int can = 0;

	if (arm->missing)
		return arm->could;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		can |= table[i].yes ? table[i].can : 0;
	return can;
}

/* The order of the tables: by kind, by place (0 last), by name. */
static bool stands_before(const struct arm *a, const struct arm *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind;
	if (a->place != b->place)
		return a->place - 1 < b->place - 1;
	return strcmp(a->name, b->name) < 0;
}

unsigned int arms_that(const char *name[ARM_MAX + 1], struct arm_ask ask)
{
	const struct arm *found[ARM_MAX];
	unsigned int nr = 0, at;

	for (const struct arm *const *a = __start_kt_arms; a < __stop_kt_arms; a++) {
		if ((arm_can(*a) & ask.can) != ask.can || (ask.kinds && !((*a)->kind & ask.kinds)))
			continue;
		assert(nr < ARM_MAX);
		for (at = nr++; at && stands_before(*a, found[at - 1]); at--)
			found[at] = found[at - 1];
		found[at] = *a;
	}
	for (at = 0; at < nr; at++)
		name[at] = found[at]->name;
	name[nr] = NULL;
	return nr;
}

static const struct arm *listed(const char *name)
{
	for (const struct arm *const *a = __start_kt_arms; a < __stop_kt_arms; a++)
		if (!strcmp((*a)->name, name))
			return *a;
	return NULL;
}

const struct arm *arm_find(const char *name)
{
	const struct arm *arm = listed(name);

	return arm && !arm->missing ? arm : NULL;
}

const char *arm_missing(const char *name)
{
	const struct arm *arm = listed(name);

	return arm ? arm->missing : "no arm of this name";
}
