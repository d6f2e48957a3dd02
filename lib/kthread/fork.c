// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fork: what the library keeps is the parent's, and each of its files puts its own in order. This
 * file calls all of them and none of them calls it: a constructor registers the handlers.
 */
#include "lib/kthread/worklog.h"

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
		kt_log_fork_child(kt_self);
	}
	kt_lean_fork_child();
	kt_completion_fork_child();
	kt_freezer_fork_child();
	kt_affine_fork_child();
	kt_smpboot_fork_child();
	kt_signal_fork_child();
	kt_notify_fork_child();
	kt_worker_fork_child();
	kt_creator_fork_done(true);
}

static void fork_in_parent(void)
{
	kt_creator_fork_done(false);
}

/*
 * 101 is the first priority that is not reserved. In a static program, constructors without one run
 * in the order of the objects, those of the program first; with it, a program's constructor that
 * makes threads and forks finds the handlers in place. The shared library's constructors run first
 * in any case. All other functions work before this one has run.
 */
static __attribute__((constructor(101))) void register_handlers(void)
{
	kt_lean_init();
	pthread_atfork(kt_creator_fork_prepare, fork_in_parent, fork_in_child);
}
