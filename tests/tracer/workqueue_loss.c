// SPDX-License-Identifier: GPL-2.0-only
/*
 * A map of pending works that is full of cancelled ones: what did not fit is counted as lost, and
 * once room was made nothing is lost any more.
 *
 * The works are those that end file systems: as many as were mounted.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bpf/tracer_impl.h"
#include "bpf/workqueue_shared.h"
#include "bpf/workqueue_state.h"

enum { MOUNTS = 20, MAX_PENDING = 256, WAIT_MS = 20000, STEP_MS = 20 };

#define FUNCTION "destroy_super_work"

static int nr_failed, nr_passed;

static void check(bool ok, const char *what, unsigned long long value)
{
	if (ok) {
		nr_passed++;
		return;
	}
	nr_failed++;
	printf("FAIL: %s: %llu\n", what, value);
}

static void die(const char *err)
{
	fprintf(stderr, "workqueue_loss: %s\n", err);
	exit(1);
}

/* What was seen since the last batch. */
struct seen {
	unsigned long long waits, runs, full;
};

static void add_snapshot(struct tracer *t, struct seen *seen)
{
	struct tracer_snapshot *s;

	if (tracer_read(t, &s))
		die("cannot read");
	for (uint32_t g = 0; g < s->nr_groups; g++) {
		if (strcmp(s->group[g].name, FUNCTION))
			continue;
		seen->waits += tracer_snapshot_count(s, g, METRIC_READY_IDLE) +
			       tracer_snapshot_count(s, g, METRIC_READY_BUSY);
		seen->runs += tracer_snapshot_count(s, g, METRIC_WORKQUEUE_RUN);
	}
	for (uint32_t i = 0; i < s->nr_counters; i++)
		if (!strcmp(s->counter[i].name, "map_full"))
			seen->full += s->counter[i].value;
	tracer_snapshot_free(s);
}

/* File systems that end with their namespace, all at once. */
static void mount_and_leave(const char *dir)
{
	pid_t child = fork();
	int status;

	if (!child) {
		if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
			_exit(1);
		for (int i = 0; i < MOUNTS; i++)
			if (mount("none", dir, "tmpfs", 0, NULL))
				_exit(1);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		die("cannot mount");
}

/* The works come after a grace period of the kernel. */
static struct seen batch(struct tracer *t, const char *dir)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	struct seen seen = { 0 };

	mount_and_leave(dir);
	for (int ms = 0; ms < WAIT_MS && seen.runs < MOUNTS; ms += STEP_MS) {
		nanosleep(&step, NULL);
		add_snapshot(t, &seen);
	}
	return seen;
}

static void fill(struct tracer *t)
{
	const struct workqueue_item stale = { .nr_queued = 1, .session = ~0U };
	int fd = tracer_map_fd(t, "pending"), ret = 0;

	for (uint64_t key = 1; !ret; key++)
		ret = bpf_map_update_elem(fd, &key, &stale, BPF_ANY);
	if (ret != -E2BIG)
		die("cannot fill the map");
}

int main(void)
{
	struct tracer_opts o = { .kind = TRACER_WORKQUEUE,
				 .group = TRACER_GROUP_SUBJECT,
				 .by = TRACER_BY_FUNC,
				 .max_pending = MAX_PENDING };
	char err[512] = "", dir[] = "/tmp/kt-workqueue-XXXXXX";
	struct seen seen;
	struct tracer *t;

	if (tracer_permitted(err, sizeof(err))) {
		printf("SKIP: %s\n0 passed, 0 failed\n", err);
		return 0;
	}
	if (!mkdtemp(dir))
		die("cannot make a directory");
	if (tracer_open(&t, &o, err, sizeof(err)) || tracer_attach(t, err, sizeof(err)))
		die(err);
	fill(t);
	tracer_enable(t, true);

	seen = batch(t, dir);
	check(seen.runs >= MOUNTS, "each run is seen, also when its queueing was lost", seen.runs);
	check(seen.full > 0, "map_full", seen.full);
	check(seen.waits + seen.full >= MOUNTS, "waits and losses are all works",
	      seen.waits + seen.full);

	tracer_poll(t);
	seen = batch(t, dir);
	check(seen.full == 0, "map_full after room was made", seen.full);
	check(seen.waits >= MOUNTS && seen.runs >= MOUNTS, "each is seen", seen.waits);

	tracer_close(t);
	rmdir(dir);
	printf("%d passed, %d failed\n", nr_passed, nr_failed);
	return nr_failed != 0;
}
