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

struct gate {
	atomic_int awake; /* child: waits without sleeping now */
	atomic_int go;	  /* parent: execute */
};

struct trace_command {
	pid_t pid;
	const char *name;
	struct gate *gate;
	int wake;     /* a byte sent here wakes the child */
	int exec_err; /* errno of a failed exec comes out here, end of file when it worked */
	bool going, ended;
	int status;
};

static int fail(char *err, size_t errlen, int errnum, const char *what, const char *name)
{
	snprintf(err, errlen, "cannot %s '%s': %s", what, name, strerror(-errnum));
	return errnum;
}

static void child(struct gate *gate, int wake, int exec_err, char **argv, pid_t parent)
{
	sigset_t none;
	int errnum;
	char c;

	/* The tracer that holds us may die: then nothing must run untraced. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || read(wake, &c, 1) != 1)
		_exit(127);
	atomic_store(&gate->awake, 1);
	while (!atomic_load(&gate->go))
		sched_yield();
	prctl(PR_SET_PDEATHSIG, 0);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(argv[0], argv);
	errnum = errno;
	if (write(exec_err, &errnum, sizeof(errnum)) < 0)
		_exit(126);
	_exit(127);
}

int trace_command_hold(struct trace_command **out, char **argv, char *err, size_t errlen)
{
	int wake[2] = { -1, -1 }, exec_err[2] = { -1, -1 }, ret;
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
	if (pipe2(wake, O_CLOEXEC) || pipe2(exec_err, O_CLOEXEC)) {
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
		close(exec_err[0]);
		child(c->gate, wake[0], exec_err[1], argv, parent);
	}
	close(wake[0]);
	close(exec_err[1]);
	c->wake = wake[1];
	c->exec_err = exec_err[0];
	*out = c;
	return 0;

close_pipes:
	for (int i = 0; i < 2; i++) {
		if (wake[i] >= 0)
			close(wake[i]);
		if (exec_err[i] >= 0)
			close(exec_err[i]);
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

int trace_command_wake(struct trace_command *c, char *err, size_t errlen)
{
	const struct timespec pause = { .tv_nsec = 200000 };

	if (write(c->wake, "w", 1) != 1)
		return fail(err, errlen, -errno, "start", c->name);
	while (!atomic_load(&c->gate->awake)) {
		if (trace_command_ended(c))
			return fail(err, errlen, -ECHILD, "start", c->name);
		nanosleep(&pause, NULL);
	}
	return 0;
}

int trace_command_go(struct trace_command *c, char *err, size_t errlen)
{
	ssize_t n;
	int errnum;

	c->going = true;
	atomic_store(&c->gate->go, 1);
	do
		n = read(c->exec_err, &errnum, sizeof(errnum));
	while (n < 0 && errno == EINTR);
	return n == sizeof(errnum) ? fail(err, errlen, -errnum, "execute", c->name) : 0;
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
	close(c->exec_err);
	if (!c->going) {
		trace_command_signal(c, SIGKILL);
		trace_command_wait(c);
	}
	trace_command_ended(c);
	munmap(c->gate, sizeof(*c->gate));
	free(c);
}
