// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/client.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/controller/child.h"
#include "bench/controller/interrupt.h"
#include "lib/probe/slot.h"

/* A SIGCHLD between the look at the child and the sleep is missed; then this long passes. */
#define SLICE_NS      200000000L
#define QUIT_LIMIT_NS 2000000000ULL

int client_start(struct client *c, const char *path, char *err, size_t errlen)
{
	char option[32], *argv[] = { (char *)path, option, NULL };
	int fd, r;

	*c = (struct client){ 0 };
	fd = memfd_create("kt-bench", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, sizeof(struct wire))) {
		r = -errno;
		snprintf(err, errlen, "cannot make the page to share with a worker: %s",
			 strerror(-r));
		goto out;
	}
	c->wire = mmap(NULL, sizeof(struct wire), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		       fd, 0);
	if (c->wire == MAP_FAILED) {
		r = -errno;
		c->wire = NULL;
		snprintf(err, errlen, "cannot map the page to share with a worker: %s",
			 strerror(-r));
		goto out;
	}
	c->wire->magic = WIRE_MAGIC;
	c->wire->version = WIRE_VERSION;
	c->wire->size = sizeof(struct wire);
	c->wire->turn = WIRE_CONTROLLER;
	snprintf(option, sizeof(option), "--bench-wire=%d", fd);
	/* What a benchmark prints belongs beside our messages, not into our results. */
	r = child_spawn(&c->pid, path, argv, STDERR_FILENO, fd, err, errlen);
	if (r)
		client_stop(c);
out:
	if (fd >= 0)
		close(fd);
	return r;
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
	struct wire *w = c->wire;
	int status;

	while (__atomic_load_n(&w->turn, __ATOMIC_ACQUIRE) != WIRE_CONTROLLER) {
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
			snprintf(err, errlen, "no answer within %.0f s", (double)limit_ns / 1e9);
			return -ETIMEDOUT;
		}
		syscall(SYS_futex, &w->turn, FUTEX_WAIT, WIRE_WORKER, &slice, NULL, 0);
	}
	return 0;
}

int client_call(struct client *c, enum wire_cmd cmd, uint64_t limit_ns, char *err, size_t errlen)
{
	struct wire *w = c->wire;
	int r;

	w->cmd = cmd;
	turn_give(w);
	r = turn_wait(c, limit_ns, err, errlen);
	if (r)
		return r;
	/* The worker runs others' code: nothing it wrote is trusted to be in bounds. */
	w->message[sizeof(w->message) - 1] = '\0';
	if (w->nr_counters > WIRE_NR_COUNTERS)
		w->nr_counters = WIRE_NR_COUNTERS;
	for (uint32_t i = 0; i < w->nr_counters; i++)
		w->counter[i].name[sizeof(w->counter[i].name) - 1] = '\0';
	if (cmd == WIRE_RUN && w->status == WIRE_OK && w->hist.k != HIST_K_USER) {
		snprintf(err, errlen, "the shared page was overwritten");
		return -EPIPE;
	}
	return 0;
}

void client_stop(struct client *c)
{
	child_kill(c->pid);
	c->pid = 0;
	if (c->wire)
		munmap(c->wire, sizeof(*c->wire));
	c->wire = NULL;
}

void client_quit(struct client *c)
{
	char ignored[128];

	/* QUIT has no reply: the end of the process is it. */
	if (c->pid > 0)
		client_call(c, WIRE_QUIT, QUIT_LIMIT_NS, ignored, sizeof(ignored));
	client_stop(c);
}
