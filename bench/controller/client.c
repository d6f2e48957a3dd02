// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/client.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/controller/check.h"
#include "bench/controller/child.h"
#include "bench/controller/interrupt.h"
#include "lib/probe/slot.h"

/* A SIGCHLD between the look at the child and the sleep is missed; then this long passes. */
#define SLICE_NS      200000000L
#define QUIT_LIMIT_NS 2000000000ULL

#define PADDING "KT_BENCH_PADDING"

/* 0 or -ENOMEM */
static int pad_environment(size_t bytes)
{
	char *value = malloc(bytes + 1);
	int ret;

	if (!value)
		return -ENOMEM;
	memset(value, 'x', bytes);
	value[bytes] = '\0';
	ret = setenv(PADDING, value, 1) ? -ENOMEM : 0;
	free(value);
	return ret;
}

int client_start(struct client *c, const char *path, size_t env_bytes, char *err, size_t errlen)
{
	char option[32], *argv[] = { (char *)path, option, NULL };
	int fd, ret;

	*c = (struct client){ 0 };
	fd = memfd_create("kt-bench", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, sizeof(struct wire))) {
		ret = -errno;
		snprintf(err, errlen, "cannot make the page to share with a worker: %s",
			 strerror(-ret));
		goto out;
	}
	c->page = mmap(NULL, sizeof(struct wire), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		       fd, 0);
	if (c->page == MAP_FAILED) {
		ret = -errno;
		c->page = NULL;
		snprintf(err, errlen, "cannot map the page to share with a worker: %s",
			 strerror(-ret));
		goto out;
	}
	c->page->magic = WIRE_MAGIC;
	c->page->version = WIRE_VERSION;
	c->page->size = sizeof(struct wire);
	c->page->turn = WIRE_CONTROLLER;
	snprintf(option, sizeof(option), "--bench-wire=%d", fd);
	/* What a benchmark prints belongs beside our messages, not into our results. */
	ret = env_bytes ? pad_environment(env_bytes) : 0;
	if (ret)
		snprintf(err, errlen, "out of memory");
	else
		ret = child_spawn(&c->pid, path, argv, STDERR_FILENO, fd, err, errlen);
	if (env_bytes)
		unsetenv(PADDING);
	if (ret)
		client_stop(c);
out:
	if (fd >= 0)
		close(fd);
	return ret;
}

/* Release: pairs with the acquire in the worker's turn_wait(); it sees the whole command. */
static void turn_give(struct wire *w)
{
	__atomic_store_n(&w->turn, WIRE_WORKER, __ATOMIC_RELEASE);
	syscall(SYS_futex, &w->turn, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* Acquire: pairs with the release in the worker's turn_give(); the reply is seen whole. */
static int turn_wait(struct client *c, uint64_t limit_ns, char *err, size_t errlen)
{
	const struct timespec slice = { .tv_nsec = SLICE_NS };
	uint64_t deadline = slot_clock_ns() + limit_ns;
	struct wire *w = c->page;
	uint32_t turn;
	int status;

	while ((turn = __atomic_load_n(&w->turn, __ATOMIC_ACQUIRE)) != WIRE_CONTROLLER) {
		if (turn != WIRE_WORKER) {
			snprintf(err, errlen, "the shared page was overwritten (turn is %u)", turn);
			return -EPROTO;
		}
		if (waitpid(c->pid, &status, WNOHANG) == c->pid) {
			c->pid = 0;
			child_status_text(status, err, errlen);
			return -EPIPE;
		}
		if (interrupt_seen()) {
			snprintf(err, errlen, "interrupted");
			return -EINTR;
		}
		if (slot_clock_ns() > deadline) {
			snprintf(err, errlen, "no answer within %.3g s", (double)limit_ns / 1e9);
			return -ETIMEDOUT;
		}
		syscall(SYS_futex, &w->turn, FUTEX_WAIT, WIRE_WORKER, &slice, NULL, 0);
	}
	return 0;
}

int client_call(struct client *c, const struct client_request *request, uint64_t limit_ns,
		struct wire *reply, char *err, size_t errlen)
{
	struct wire *w = c->page;
	int ret;

	/* All of them, each time: the worker may have overwritten any. */
	w->cmd = request->cmd;
	w->question = request->question;
	w->arm = request->arm;
	w->observe = request->observe;
	w->iterations = request->iterations;
	w->call = ++c->call;
	turn_give(w);
	ret = turn_wait(c, limit_ns, err, errlen);
	if (ret)
		return ret;
	memcpy(reply, w, sizeof(*reply));
	/* From here on the copy only: the compiler must not go back to the page for a field of it. */
	__asm__ volatile("" : : : "memory");
	return check_page(reply, c->call, err, errlen) ? -EPROTO : 0;
}

void client_stop(struct client *c)
{
	child_kill(c->pid);
	c->pid = 0;
	if (c->page)
		munmap(c->page, sizeof(*c->page));
	c->page = NULL;
}

void client_quit(struct client *c)
{
	char ignored[128];

	/* QUIT has no reply: the end of the process is it. */
	if (c->pid > 0) {
		c->page->cmd = WIRE_QUIT;
		turn_give(c->page);
		turn_wait(c, QUIT_LIMIT_NS, ignored, sizeof(ignored));
	}
	client_stop(c);
}
