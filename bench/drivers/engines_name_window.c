// SPDX-License-Identifier: GPL-2.0-only
/*
 * engines/name_window: for how long can others see a new thread under a wrong name?
 *
 * Span: an observer finds a thread that was not there before in /proc/self/task -> it has read the
 * right name from the thread's comm. The observer scans the list without a pause and then reads the
 * name, over and over, until it is right; another thread meanwhile creates one thread and starts
 * it at once. Counter "samples": reads of the name; "wrong": how many of them were not the name
 * asked for; "first_wrong": the share of threads whose first read was wrong.
 *
 * Not in it: the time between the birth and the scan that finds it, the same for all arms: a name
 * that is right by then was not seen wrong. In it, for all arms: to open the file and read it once.
 * An observer that loses its CPU to the threads it watches finds their names right when it looks
 * again: on a busy machine there is less to see, of all arms.
 *
 * Baseline pthread: pthread_setname_np() by the creator, after creation. In keventd the
 * thread names itself when it is first woken, for a name that others see cannot be written from
 * outside at the price that it had in 2004: its window is longer than then by that wake.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/drivers/crew.h"
#include "bench/drivers/driver.h"

#define NAME	  "newborn"
#define MAX_KNOWN 64

struct name_window {
	const struct arm *arm;
	struct crew *creator;
	void *life;
	int ret;
	int task_fd; /* /proc/self/task */
	unsigned int nr_known;
	pid_t known[MAX_KNOWN];
};

static void create_one(void *arg, unsigned int number)
{
	const struct arm_life_opts o = { .cpu = -1, .name = NAME };
	struct name_window *w = arg;

	(void)number;
	w->ret = w->arm->life_create(&w->life, &o);
	if (!w->ret)
		w->arm->life_start(w->life);
}

static bool is_known(const struct name_window *w, pid_t tid)
{
	for (unsigned int i = 0; i < w->nr_known; i++)
		if (w->known[i] == tid)
			return true;
	return false;
}

/* The first thread in the list that is not known; 0: none, -1: cannot read it. */
static pid_t scan(struct name_window *w)
{
	char buf[4096] __attribute__((aligned(8)));
	struct dirent64 *e;
	ssize_t len;
	pid_t tid;

	if (lseek(w->task_fd, 0, SEEK_SET))
		return -1;
	while ((len = getdents64(w->task_fd, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + len; p += e->d_reclen) {
			e = (struct dirent64 *)p;
			tid = atoi(e->d_name); /* "." and "..": 0 */
			if (tid && !is_known(w, tid))
				return tid;
		}
	return len ? -1 : 0;
}

/* All threads there are now. Return: are there few enough? */
static bool get_to_know(struct name_window *w)
{
	pid_t tid;

	w->nr_known = 0;
	while ((tid = scan(w)) > 0 && w->nr_known < MAX_KNOWN)
		w->known[w->nr_known++] = tid;
	return !tid;
}

/* Open file with the name of the new thread, or -1. */
static int find_newborn(struct name_window *w, uint64_t *seen_ns)
{
	uint64_t end = bench_now_ns() + DRIVER_PATIENCE_NS;
	char path[64];
	pid_t tid;

	do {
		tid = scan(w);
		*seen_ns = bench_now_ns();
	} while (!tid && *seen_ns < end);
	if (tid <= 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", (int)tid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Read until right, and record; false: it did not become so. */
static bool watch_name(struct bench_state *st, int fd, uint64_t seen_ns)
{
	static const char right[] = NAME "\n";
	unsigned int samples = 0;
	bool is_right;
	char text[32];
	uint64_t now;
	ssize_t len;

	do {
		len = pread(fd, text, sizeof(text), 0);
		now = bench_now_ns();
		samples++;
		is_right = len == (ssize_t)strlen(right) && !memcmp(text, right, (size_t)len);
	} while (!is_right && len > 0 && now - seen_ns < DRIVER_PATIENCE_NS);
	if (!is_right)
		return false;
	bench_lat_record(st, now - seen_ns);
	bench_counter(st, "samples", samples);
	bench_counter(st, "wrong", samples - 1);
	bench_counter(st, "first_wrong", samples > 1);
	return true;
}

/* Why it went wrong, or NULL. */
static const char *watch_newborn(struct bench_state *st, struct name_window *w)
{
	bool right = false;
	uint64_t seen_ns;
	int fd;

	if (!get_to_know(w))
		return "cannot read which threads there are";
	crew_go(w->creator);
	fd = find_newborn(w, &seen_ns);
	if (fd >= 0) {
		right = watch_name(st, fd, seen_ns);
		close(fd);
	}
	if (!crew_wait(w->creator))
		return "the creator did not return";
	if (w->ret)
		return strerror(-w->ret);
	w->arm->life_stop(w->life);
	return right ? NULL : fd < 0 ? "no new thread was seen" : "the name did not become right";
}

static void name_window_teardown(struct bench_state *st)
{
	struct name_window *w = bench_ctx(st);

	if (w->task_fd >= 0)
		close(w->task_fd);
	if (w->creator)
		crew_destroy(w->creator);
	if (w->arm->cycle_finish)
		w->arm->cycle_finish();
}

static int name_window_setup(struct bench_state *st)
{
	struct name_window *w = bench_ctx(st);
	int ret;

	if (bench_cpu(st, 1) < 0)
		return bench_skip(st, "needs two CPUs, and may use only one");
	w->arm = driver_lives(st);
	if (!w->arm)
		return -ENOENT;
	w->task_fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret = w->task_fd < 0 ? -errno : crew_create(&w->creator, 1, create_one, w);
	if (!ret) {
		/* The thread that an arm starts at its first create is not a newborn. */
		create_one(w, 0);
		ret = w->ret;
	}
	if (!ret) {
		w->arm->life_stop(w->life);
		return 0;
	}
	name_window_teardown(st);
	return bench_fail(st, "cannot make the creator: %s", strerror(-ret));
}

DRIVER_ARMS(lives, .can = ARM_CAN_LIVE);

BENCHMARK_NAMED(engines_name_window, "engines/name_window", .arms = lives, .baseline = "pthread",
		.mode = BENCH_LATENCY, .manual = true, .ctx_size = sizeof(struct name_window),
		.setup = name_window_setup, .teardown = name_window_teardown)
{
	struct name_window *w = bench_ctx(st);
	const char *why;

	while (bench_keep_running(st)) {
		why = watch_newborn(st, w);
		if (why) {
			bench_fail(st, "%s", why);
			break;
		}
	}
}
