// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fork: what the library keeps is the parent's, and each file of it puts its own in order. This one
 * knows them all and none knows it, so the handlers register themselves.
 */
#include "lib/kthread/internal.h"

#include <unistd.h>

/* The child's one thread is a thread of a new process; all others are gone. */
static void fork_in_child(void)
{
	kt_fork_nr++;
	if (kt_self) {
		kt_self->fork_nr = kt_fork_nr;
		kt_self->task.tgid = getpid();
		kt_self->task.pid = gettid();
		slot_unregister();
		kt_self->slot = kt_self->slot ? slot_register() : NULL;
	}
	kt_completion_fork_child();
	kt_freezer_fork_child();
	kt_affine_fork_child();
	kt_smpboot_fork_child();
	kt_notify_fork_child();
	kt_worker_fork_child();
	kt_creator_fork_done(true);
}

static void fork_in_parent(void)
{
	kt_creator_fork_done(false);
}

/*
 * The first priority that is not reserved: in a static program, where the order of objects decides
 * else, a constructor that makes threads and forks finds the handlers already. With the shared
 * library that is so in any case. Before this nothing but a fork is amiss.
 */
static __attribute__((constructor(101))) void register_handlers(void)
{
	pthread_atfork(kt_creator_fork_prepare, fork_in_parent, fork_in_child);
}
