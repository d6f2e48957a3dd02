// SPDX-License-Identifier: GPL-2.0-only
/* The list of contenders. */
#include "bench/arms/arm.h"

#include <string.h>

extern const struct arm arm_libkthread, arm_keventd, arm_futex, arm_atomic, arm_condvar,
	arm_eventfd, arm_pthread, arm_libuv, arm_glib;

static const struct {
	const char *name;
	const struct arm *arm;
	const char *missing;
} arms[] = {
	{ "libkthread", &arm_libkthread, NULL },
	{ "keventd", &arm_keventd, NULL },
	{ "futex", &arm_futex, NULL },
	{ "atomic", &arm_atomic, NULL },
	{ "condvar", &arm_condvar, NULL },
	{ "eventfd", &arm_eventfd, NULL },
	{ "pthread", &arm_pthread, NULL },
#ifdef HAVE_LIBUV
	{ "libuv", &arm_libuv, NULL },
#else
	{ "libuv", NULL, "built without libuv (install libuv1-dev)" },
#endif
#ifdef HAVE_GLIB
	{ "glib", &arm_glib, NULL },
#else
	{ "glib", NULL, "built without GLib (install libglib2.0-dev)" },
#endif
	{ "kernel", NULL,
	  "the kernel's own threads are seen through the tracer, they take no part" },
};

#define NR_ARMS (sizeof(arms) / sizeof(arms[0]))

const struct arm *arm_find(const char *name)
{
	size_t i;

	for (i = 0; i < NR_ARMS; i++)
		if (!strcmp(arms[i].name, name))
			return arms[i].arm;
	return NULL;
}

const char *arm_missing(const char *name)
{
	size_t i;

	for (i = 0; i < NR_ARMS; i++)
		if (!strcmp(arms[i].name, name))
			return arms[i].missing;
	return "no arm of this name";
}
