// SPDX-License-Identifier: GPL-2.0-only
/*
 * engines/inheritance: what does a new thread take over from a caller with odd settings?
 *
 * Span: create called -> returned, in a caller with one signal blocked, pinned to one CPU, 5 nicer,
 * SCHED_BATCH, an odd timer slack and a memory policy. Counters mask, affinity, nice, policy,
 * slack, mempolicy: 1 if the new thread has what its caller has, 0 if not.
 * starter=plain: the engine was started before, by a thread with plain settings; starter=odd: by
 * the odd caller itself. Each create is the second of a process of its own.
 *
 * Not in it: starting that process and the engine; the thread's end.
 *
 * Baseline pthread: a thread of its own creates, as in both designs, and frees itself of the
 * affinity only. Of the 2004 design this is the better half: before its helper is up, callers
 * create for themselves.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/drivers/driver.h"
#include "bench/drivers/odd_caller.h"

extern char **environ;

static const char *const setting_name[NR_ODD_SETTINGS] = {
	[ODD_MASK] = "mask",	 [ODD_AFFINITY] = "affinity", [ODD_NICE] = "nice",
	[ODD_POLICY] = "policy", [ODD_SLACK] = "slack",	      [ODD_MEMPOLICY] = "mempolicy",
};

static int inheritance_setup(struct bench_state *st)
{
	const struct arm *arm = driver_arm(st);

	if (!arm)
		return -ENOENT;
	if (bench_cpu(st, 1) < 0)
		return bench_skip(st, "needs two CPUs, to distinguish affinities");
	return 0;
}

/* A copy of this program, with @out as its standard output; 0 or -errno. */
static int spawn(struct bench_state *st, pid_t *pid, int out)
{
	char *const argv[] = { (char *)"kt-suite", (char *)ODD_CALLER_OPTION, (char *)bench_arm(st),
			       (char *)bench_param(st, "starter"), NULL };
	posix_spawn_file_actions_t actions;
	int ret = posix_spawn_file_actions_init(&actions);

	if (ret)
		return -ret;
	ret = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (!ret)
		ret = posix_spawn(pid, "/proc/self/exe", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -ret;
}

static bool receive(struct odd_result *r, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, DRIVER_PATIENCE_NS / 1000000) == 1 &&
	       read(fd, r, sizeof(*r)) == (ssize_t)sizeof(*r);
}

/* Why it went wrong, or NULL. */
static const char *ask(struct bench_state *st, struct odd_result *r)
{
	int fd[2], ret;
	bool answered;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC))
		return strerror(errno);
	ret = spawn(st, &pid, fd[1]);
	close(fd[1]);
	answered = !ret && receive(r, fd[0]);
	close(fd[0]);
	if (ret)
		return strerror(-ret);
	if (!answered)
		kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (!answered)
		return "the process with the odd caller did not answer";
	return r->failed ? strerror(r->failed) : NULL;
}

DRIVER_ARMS(lives, .can = ARM_CAN_LIVE);

BENCHMARK_NAMED(engines_inheritance, "engines/inheritance",
		.params = BENCH_PARAMS("starter=plain,odd"), .arms = lives, .baseline = "pthread",
		.mode = BENCH_LATENCY, .manual = true, .setup = inheritance_setup)
{
	struct odd_result r;
	const char *why;

	while (bench_keep_running(st)) {
		why = ask(st, &r);
		if (why) {
			bench_fail(st, "%s", why);
			break;
		}
		bench_lat_record(st, r.create_ns);
		for (int i = 0; i < NR_ODD_SETTINGS; i++)
			if (r.inherited[i] >= 0)
				bench_counter(st, setting_name[i], r.inherited[i]);
	}
}
