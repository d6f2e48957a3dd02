// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which kernel to be like. One word of differences to the newest; it is looked at only where they
 * are about to show, never on the way of a wake or of a queued work.
 */
#include "lib/kthread/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PROFILE_CHOSEN 0x100U /* by kthread_set_profile() */

#define VERSION(major, minor) ((major) << 8 | (minor))
#define LAST_RELEASE	      (~0U)

uint32_t kt_profile;

static bool mod_was_fixed(unsigned int version, unsigned int patch)
{
	switch (version) {
	case VERSION(5, 10):
		return patch >= 50;
	case VERSION(5, 12):
		return patch >= 17;
	case VERSION(5, 13):
		return patch >= 2;
	default:
		return version >= VERSION(5, 14);
	}
}

static uint32_t differences(unsigned int version, unsigned int patch)
{
	uint32_t diff = 0;

	if (!mod_was_fixed(version, patch))
		diff |= PROFILE_MOD_FALSE;
	if (version < VERSION(6, 1))
		diff |= PROFILE_STOP_LEAVES_WAITS;
	if (version < VERSION(6, 14))
		diff |= PROFILE_WORKER_STARTS | PROFILE_NODE_MEMORY_ONLY;
	return diff;
}

/* Three digits at most, so that nothing overflows. Return: what follows; NULL: not a number */
static const char *parse_number(const char *s, unsigned int *number)
{
	const char *begin = s;

	for (*number = 0; *s >= '0' && *s <= '9' && s - begin < 3; s++)
		*number = *number * 10 + (unsigned int)(*s - '0');
	return s == begin ? NULL : s;
}

static int parse(const char *text, uint32_t *diff)
{
	unsigned int major, minor, patch = LAST_RELEASE;
	const char *s;

	*diff = 0;
	if (!strcmp(text, "newest") || !strcmp(text, "7.x"))
		return 0;
	s = parse_number(text, &major);
	if (!s || *s++ != '.')
		return -EINVAL;
	s = parse_number(s, &minor);
	if (s && *s == '.')
		s = parse_number(s + 1, &patch);
	/* 5.19 and 6.19 were the last of theirs. */
	if (!s || *s || minor > 19 || VERSION(major, minor) < VERSION(5, 10) || major > 7)
		return -EINVAL;
	*diff = differences(VERSION(major, minor), patch);
	return 0;
}

int kthread_set_profile(const char *version)
{
	uint32_t old = __atomic_load_n(&kt_profile, __ATOMIC_RELAXED);
	uint32_t diff;

	if (!version || parse(version, &diff))
		return -EINVAL;
	do {
		if (old & PROFILE_FIXED)
			return -EBUSY;
	} while (!__atomic_compare_exchange_n(&kt_profile, &old, diff | PROFILE_CHOSEN, true,
					      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return 0;
}

uint32_t kt_profile_fix(void)
{
	uint32_t old = __atomic_load_n(&kt_profile, __ATOMIC_RELAXED);
	const char *env;
	uint32_t diff;
	bool bad;

	do {
		if (old & PROFILE_FIXED)
			return old;
		env = old & PROFILE_CHOSEN ? NULL : secure_getenv("KTHREAD_PROFILE");
		diff = old;
		bad = env && parse(env, &diff);
	} while (!__atomic_compare_exchange_n(&kt_profile, &old, diff | PROFILE_FIXED, true,
					      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	if (bad)
		kthread_warn(
			KTHREAD_WARN_PROFILE,
			"KTHREAD_PROFILE: unknown kernel version '%s' (5.10 to 7.x, or 'newest'); "
			"using 'newest'",
			env);
	return diff | PROFILE_FIXED;
}
