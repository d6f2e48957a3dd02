// SPDX-License-Identifier: GPL-2.0-only
/*
 * eventfd: what a program with a poll loop uses to be woken by another thread.
 *
 * Idiom: one blocking eventfd per direction, write(1) to wake, read() to wait and to reset; no
 * poll() around it, because there is only one thing to wait for. Never spins. Park: three of them,
 * for the request, for "parked" and for unpark. It has no work queue of its own, so it is
 * absent there.
 */
#include "bench/arms/arm.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "bench/arms/thread.h"

static const char *eventfd_describe(void)
{
	return "blocking eventfd, write wakes, read waits";
}

static void fd_set_event(int fd)
{
	uint64_t one = 1;

	while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void fd_wait_event(int fd)
{
	uint64_t count;

	while (read(fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

static int fd_open(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* ---- wakeup ---------------------------------------------------------------------------------- */

struct peer {
	int fd;
	uint32_t stop;
	arm_fn on_wake;
	void *arg;
	struct arm_thread thread;
};

static void peer_loop(void *arg)
{
	struct peer *p = arg;

	for (;;) {
		fd_wait_event(p->fd);
		/* Acquire: pairs with the release in eventfd_peer_destroy(). */
		if (__atomic_load_n(&p->stop, __ATOMIC_ACQUIRE))
			return;
		p->on_wake(p->arg);
	}
}

static int eventfd_peer_create(void **peer, const struct arm_peer_opts *o)
{
	struct peer *p = arm_alloc(sizeof(*p));
	int ret;

	if (!p)
		return -ENOMEM;
	p->on_wake = o->on_wake;
	p->arg = o->arg;
	p->fd = ret = fd_open();
	if (ret < 0)
		goto free_peer;
	ret = arm_thread_start(&p->thread, o->cpu, o->name, o->on_start, o->arg, peer_loop, p);
	if (ret)
		goto close_fd;
	*peer = p;
	return 0;

close_fd:
	close(p->fd);
free_peer:
	free(p);
	return ret;
}

static void eventfd_peer_wake(void *peer)
{
	fd_set_event(((struct peer *)peer)->fd);
}

static void eventfd_peer_destroy(void *peer)
{
	struct peer *p = peer;

	/* Release: pairs with the acquire in peer_loop(). */
	__atomic_store_n(&p->stop, 1, __ATOMIC_RELEASE);
	fd_set_event(p->fd);
	arm_thread_join(&p->thread);
	close(p->fd);
	free(p);
}

static pid_t eventfd_peer_tid(void *peer)
{
	return ((struct peer *)peer)->thread.tid;
}

static int eventfd_self_create(void **self, bool may_spin)
{
	int *fd = arm_alloc(sizeof(*fd));
	int ret;

	(void)may_spin;
	if (!fd)
		return -ENOMEM;
	*fd = ret = fd_open();
	if (ret < 0) {
		free(fd);
		return ret;
	}
	*self = fd;
	return 0;
}

static void eventfd_self_wake(void *self)
{
	fd_set_event(*(int *)self);
}

static void eventfd_self_wait(void *self)
{
	fd_wait_event(*(int *)self);
}

static void eventfd_self_destroy(void *self)
{
	close(*(int *)self);
	free(self);
}

/* ---- park ------------------------------------------------------------------------------------ */

struct parkable {
	int ask, parked, unpark;
	uint32_t stop;
	arm_fn on_wake;
	void *arg;
	struct arm_thread thread;
};

static void park_loop(void *arg)
{
	struct parkable *p = arg;

	for (;;) {
		fd_wait_event(p->ask);
		/* Acquire: pairs with the release in eventfd_park_destroy(). */
		if (__atomic_load_n(&p->stop, __ATOMIC_ACQUIRE))
			return;
		fd_set_event(p->parked);
		fd_wait_event(p->unpark);
		if (__atomic_load_n(&p->stop, __ATOMIC_ACQUIRE))
			return;
		p->on_wake(p->arg);
	}
}

static int eventfd_park_create(void **peer, const struct arm_peer_opts *o)
{
	struct parkable *p = arm_alloc(sizeof(*p));
	int ret;

	if (!p)
		return -ENOMEM;
	p->on_wake = o->on_wake;
	p->arg = o->arg;
	p->ask = ret = fd_open();
	if (ret < 0)
		goto free_peer;
	p->parked = ret = fd_open();
	if (ret < 0)
		goto close_ask;
	p->unpark = ret = fd_open();
	if (ret < 0)
		goto close_parked;
	ret = arm_thread_start(&p->thread, o->cpu, o->name, o->on_start, o->arg, park_loop, p);
	if (ret)
		goto close_unpark;
	*peer = p;
	return 0;

close_unpark:
	close(p->unpark);
close_parked:
	close(p->parked);
close_ask:
	close(p->ask);
free_peer:
	free(p);
	return ret;
}

static void eventfd_park(void *peer)
{
	struct parkable *p = peer;

	fd_set_event(p->ask);
	fd_wait_event(p->parked);
}

static void eventfd_unpark(void *peer)
{
	fd_set_event(((struct parkable *)peer)->unpark);
}

static void eventfd_park_destroy(void *peer)
{
	struct parkable *p = peer;

	/* Release: pairs with the acquires in park_loop(), at whichever of the two it waits. */
	__atomic_store_n(&p->stop, 1, __ATOMIC_RELEASE);
	fd_set_event(p->ask);
	fd_set_event(p->unpark);
	arm_thread_join(&p->thread);
	close(p->unpark);
	close(p->parked);
	close(p->ask);
	free(p);
}

static pid_t eventfd_park_tid(void *peer)
{
	return ((struct parkable *)peer)->thread.tid;
}

static const struct arm arm_eventfd = {
	.name = "eventfd",
	.kind = ARM_PRIMITIVE,
	.describe = eventfd_describe,
	.peer_create = eventfd_peer_create,
	.peer_wake = eventfd_peer_wake,
	.peer_destroy = eventfd_peer_destroy,
	.peer_tid = eventfd_peer_tid,
	.self_create = eventfd_self_create,
	.self_wake = eventfd_self_wake,
	.self_wait = eventfd_self_wait,
	.self_destroy = eventfd_self_destroy,
	.park_create = eventfd_park_create,
	.park = eventfd_park,
	.unpark = eventfd_unpark,
	.park_destroy = eventfd_park_destroy,
	.park_tid = eventfd_park_tid,
};
ARM_LISTED(arm_eventfd);
