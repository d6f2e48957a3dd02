// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/trace_command.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bpf/caller.h"

struct gate {
	atomic_int awake; /* child: waits without sleeping now */
	atomic_int go;	  /* parent: execute */
};

struct trace_command {
	pid_t pid;
	const char *name;
	struct gate *gate;
	int wake;   /* a byte sent here wakes the child */
	int failed; /* a struct failure comes out here, or end of file when exec worked */
	bool going, ended;
	int status;
};

struct failure {
	int errnum; /* positive */
	bool user;  /* it could not become the caller; else exec failed */
};

static int fail(char *err, size_t errlen, int errnum, const char *what, const char *name)
{
	snprintf(err, errlen, "cannot %s '%s': %s", what, name, strerror(-errnum));
	return errnum;
}

static void __attribute__((noreturn)) give_up(int failed, bool user)
{
	struct failure f = { .errnum = errno, .user = user };

	if (write(failed, &f, sizeof(f)) < 0)
		_exit(126);
	_exit(127);
}

static void __attribute__((noreturn))
child(struct gate *gate, int wake, int failed, char **argv, const struct caller *who, pid_t parent)
{
	sigset_t none;
	char c;

	if (caller_become(who))
		give_up(failed, true);
	/*
	 * The tracer that holds us may die: then nothing must run untraced. After the change of
	 * user, which undoes it.
	 */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || read(wake, &c, 1) != 1)
		_exit(127);
	atomic_store(&gate->awake, 1);
	while (!atomic_load(&gate->go))
		sched_yield();
	prctl(PR_SET_PDEATHSIG, 0);
	/* lib/cli/output.h ignores both, and exec would keep that. */
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	caller_set_environment(who);
	execvp(argv[0], argv);
	give_up(failed, false);
}

/* What the child says of its end. Return: 0: nothing, it was executed; else -errno. */
static int take_failure(struct trace_command *c, char *err, size_t errlen)
{
	struct failure f;
	ssize_t n;

	do
		n = read(c->failed, &f, sizeof(f));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(f))
		return 0;
	if (!f.user)
		return fail(err, errlen, -f.errnum, "execute", c->name);
	snprintf(err, errlen, "cannot run '%s' as the user of sudo: %s; --as-root runs it as root",
		 c->name, strerror(f.errnum));
	return -f.errnum;
}

int trace_command_hold(struct trace_command **out, char **argv, const struct caller *who, char *err,
		       size_t errlen)
{
	int wake[2] = { -1, -1 }, failed[2] = { -1, -1 }, ret;
	struct trace_command *c = calloc(1, sizeof(*c));
	pid_t parent = getpid();

	*out = NULL;
	if (!c)
		return fail(err, errlen, -ENOMEM, "start", argv[0]);
	c->name = argv[0];
	c->gate = mmap(NULL, sizeof(*c->gate), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (c->gate == MAP_FAILED) {
		ret = fail(err, errlen, -errno, "start", argv[0]);
		goto free_command;
	}
	if (pipe2(wake, O_CLOEXEC) || pipe2(failed, O_CLOEXEC)) {
		ret = fail(err, errlen, -errno, "start", argv[0]);
		goto close_pipes;
	}
	fflush(NULL);
	c->pid = fork();
	if (c->pid < 0) {
		ret = fail(err, errlen, -errno, "start", argv[0]);
		goto close_pipes;
	}
	if (!c->pid) {
		close(wake[1]);
		close(failed[0]);
		child(c->gate, wake[0], failed[1], argv, who, parent);
	}
	close(wake[0]);
	close(failed[1]);
	c->wake = wake[1];
	c->failed = failed[0];
	*out = c;
	return 0;

close_pipes:
	for (int i = 0; i < 2; i++) {
		if (wake[i] >= 0)
			close(wake[i]);
		if (failed[i] >= 0)
			close(failed[i]);
	}
	munmap(c->gate, sizeof(*c->gate));
free_command:
	free(c);
	return ret;
}

pid_t trace_command_pid(const struct trace_command *c)
{
	return c->pid;
}

int trace_command_ended(struct trace_command *c)
{
	if (!c->ended && waitpid(c->pid, &c->status, WNOHANG) == c->pid)
		c->ended = true;
	return c->ended;
}

/* It has ended before it was to be executed. */
static int ended_early(struct trace_command *c, char *err, size_t errlen)
{
	return take_failure(c, err, errlen) ?: fail(err, errlen, -ECHILD, "start", c->name);
}

int trace_command_wake(struct trace_command *c, char *err, size_t errlen)
{
	const struct timespec pause = { .tv_nsec = 200000 };

	if (write(c->wake, "w", 1) != 1)
		return errno == EPIPE ? ended_early(c, err, errlen)
				      : fail(err, errlen, -errno, "start", c->name);
	while (!atomic_load(&c->gate->awake)) {
		if (trace_command_ended(c))
			return ended_early(c, err, errlen);
		nanosleep(&pause, NULL);
	}
	return 0;
}

int trace_command_go(struct trace_command *c, char *err, size_t errlen)
{
	c->going = true;
	atomic_store(&c->gate->go, 1);
	return take_failure(c, err, errlen);
}

int trace_command_wait(struct trace_command *c)
{
	while (!c->ended) {
		if (waitpid(c->pid, &c->status, 0) == c->pid)
			c->ended = true;
		else if (errno != EINTR)
			return 127;
	}
	return WIFSIGNALED(c->status) ? 128 + WTERMSIG(c->status) : WEXITSTATUS(c->status);
}

void trace_command_signal(struct trace_command *c, int sig)
{
	if (!trace_command_ended(c))
		kill(c->pid, sig);
}

void trace_command_free(struct trace_command *c)
{
	if (!c)
		return;
	close(c->wake);
	close(c->failed);
	if (!c->going) {
		trace_command_signal(c, SIGKILL);
		trace_command_wait(c);
	}
	trace_command_ended(c);
	munmap(c->gate, sizeof(*c->gate));
	free(c);
}
