// SPDX-License-Identifier: GPL-2.0-only
/*
 * The eventfd of a thread. That it has one is a bit of the phase word, so that whoever changes the
 * word learns of it in the same step; the descriptor is closed with the handle, and a thread that
 * writes to it holds a reference: else the number could be another file's by then.
 *
 * By syscall(), here and where the handle is freed: libc's own calls are cancellation points.
 */
#include "lib/kthread/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>

#include "lib/kthread/testing.h"

void kt_notify(struct kt_task *t)
{
	uint64_t one = 1;
	int saved = errno;

	KT_DELAY("notify");
	/* Fails when it is as readable as can be. */
	if (syscall(SYS_write, t->notify_fd, &one, sizeof(one)) < 0)
		errno = saved;
}

uint32_t kt_notify_wake(struct kt_task *t, uint32_t states)
{
	uint32_t old;

	/* Nobody has been woken yet, so @t still lives. */
	kt_get(t);
	old = kt_phase_wake(&t->phase, states, 0);
	kt_notify(t);
	kt_put(t);
	return old;
}

int kthread_notify_fd(void)
{
	struct kt_task *t = kt_current();
	uint32_t old;
	int fd;

	if (t->notify_fd >= 0)
		return t->notify_fd;
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	t->notify_fd = fd;
	/* Release: the descriptor; pairs with the read-modify-write of whoever sees the bit. */
	old = kt_phase_change(&t->phase, 0, PHASE_NOTIFY);
	/* Whoever asked before did not see the bit. */
	if (old & PHASE_REQUESTS)
		kt_notify(t);
	return fd;
}

void kthread_notify_clear(void)
{
	struct kt_task *t = kt_current();
	int saved = errno;
	uint64_t count;

	if (t->notify_fd < 0)
		return;
	if (syscall(SYS_read, t->notify_fd, &count, sizeof(count)) < 0) {
		errno = saved;
		return;
	}
	/* Acquire: wakers changed the word before they wrote what we read. */
	kt_phase_change(&t->phase, 0, 0);
}

/* The parent's thread must not hear of what happens in the child. */
void kt_notify_fork_child(void)
{
	struct kt_task *t = kt_self;
	int fd;

	if (!t || t->notify_fd < 0)
		return;
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		return;
	dup3(fd, t->notify_fd, O_CLOEXEC);
	close(fd);
}
