// SPDX-License-Identifier: GPL-2.0-only
/*
 * bare: the floor for creating threads: pthread_create() by the caller itself, and nothing else.
 *
 * No creator thread, so a thread inherits whatever its caller happens to have; no name, no handshake.
 * The thread sleeps on a semaphore until it is ended.
 */
#include "bench/arms/arm.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/arms/thread.h"

struct bare {
	pthread_t handle;
	sem_t end;
};

static const char *bare_describe(void)
{
	static char line[64];

	snprintf(line, sizeof(line), "glibc %s, pthread_create by the caller",
		 gnu_get_libc_version());
	return line;
}

static void *bare_main(void *arg)
{
	struct bare *b = arg;

	while (sem_wait(&b->end))
		;
	return NULL;
}

static int bare_spawn(void **thread)
{
	struct bare *b = malloc(sizeof(*b));
	int ret;

	if (!b)
		return -ENOMEM;
	sem_init(&b->end, 0, 0);
	ret = pthread_create(&b->handle, NULL, bare_main, b);
	if (ret) {
		free(b);
		return -ret;
	}
	*thread = b;
	return 0;
}

static void bare_reap(void *thread)
{
	struct bare *b = thread;

	sem_post(&b->end);
	pthread_join(b->handle, NULL);
	sem_destroy(&b->end);
	free(b);
}

static const struct arm arm_bare = {
	.name = "bare",
	.kind = ARM_FLOOR,
	.describe = bare_describe,
	.spawn = bare_spawn,
	.reap = bare_reap,
};
ARM_LISTED(arm_bare);
