// SPDX-License-Identifier: GPL-2.0-only
/*
 * keventd: the 2004 design of kernel threads, in this project's own reconstruction.
 *
 * Idiom: as a driver of that time used it: create through the helper, wake, and stop through the
 * one global record. That the function ran is told by a semaphore, where such a driver had a
 * completion. Stop returns at the thread's report, as it did then: the end of the thread is not
 * waited for, which favours this arm in create_stop. It answers that question alone.
 */
#include "bench/arms/arm.h"

#include <errno.h>
#include <semaphore.h>

#include "lib/keventd/keventd.h"

struct life {
	arm_fn fn;
	void *arg;
	sem_t ran;
};

static const char *keventd_describe(void)
{
	return "the design of 2004: helper that waits for each newborn, one global stop";
}

static int life_fn(void *data)
{
	struct life *l = data;

	l->fn(l->arg);
	sem_post(&l->ran);
	keventd_set_state(KEVENTD_INTERRUPTIBLE);
	while (!keventd_should_stop()) {
		keventd_schedule();
		keventd_set_state(KEVENTD_INTERRUPTIBLE);
	}
	keventd_set_state(KEVENTD_RUNNING);
	return 0;
}

static int keventd_cycle(arm_fn fn, void *arg)
{
	struct life l = { .fn = fn, .arg = arg };
	struct keventd_task *k;
	int err = 0;

	sem_init(&l.ran, 0, 0);
	k = keventd_run(&err, life_fn, &l, "cycle");
	if (k) {
		while (sem_wait(&l.ran))
			;
		err = keventd_stop(k);
	}
	sem_destroy(&l.ran);
	return err;
}

const struct arm arm_keventd = {
	.name = "keventd",
	.describe = keventd_describe,
	.cycle_prepare = keventd_init, /* the helper then lives until the process ends */
	.cycle = keventd_cycle,
};
