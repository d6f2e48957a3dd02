// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/cli/cli.h"

#include "bench/controller/interrupt.h"

/* Children that may live. A reaped one is found out when it is asked for its time. */
#define MAX_LIVING 16
static pid_t living[MAX_LIVING];

/* CPU time of the process @pid; false when there is none any more. */
static bool cpu_of(pid_t pid, uint64_t *ns)
{
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
		return false;
	*ns = (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
	return true;
}

uint64_t child_cpu_ns(void)
{
	uint64_t sum = 0, ns;

	for (unsigned int i = 0; i < MAX_LIVING; i++) {
		if (!living[i])
			continue;
		if (cpu_of(living[i], &ns))
			sum += ns;
		else
			living[i] = 0;
	}
	return sum;
}

/* One too many is not counted: then it is taken for somebody else's. */
static void remember(pid_t pid)
{
	child_cpu_ns();
	for (unsigned int i = 0; i < MAX_LIVING; i++)
		if (!living[i]) {
			living[i] = pid;
			return;
		}
}

void child_die_with_parent(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}

/* Only returns when something failed. */
static void become(pid_t parent, const struct child_start *start)
{
	int in;

	child_die_with_parent(parent);
	interrupt_child();
	if (start->own_group && setpgid(0, 0))
		return;
	in = cli_open_nothing();
	if (in < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(start->out, STDOUT_FILENO) < 0)
		return;
	if (start->messages && dup2(start->messages, STDERR_FILENO) < 0)
		return;
	if (start->keep && fcntl(start->keep, F_SETFD, 0))
		return;
	execve(start->path, start->argv, start->env ? start->env : environ);
}

int child_spawn(pid_t *pid, const struct child_start *start, char *err, size_t errlen)
{
	int told[2], ret = 0;
	pid_t self = getpid();
	ssize_t n;

	if (pipe2(told, O_CLOEXEC)) {
		ret = -errno;
		goto fail;
	}
	*pid = fork();
	if (*pid == 0) {
		become(self, start);
		ret = -errno;
		n = write(told[1], &ret, sizeof(ret));
		_exit(n == sizeof(ret) ? 127 : 126);
	}
	if (*pid < 0)
		ret = -errno;
	close(told[1]);
	if (*pid > 0) {
		do {
			n = read(told[0], &ret, sizeof(ret));
		} while (n < 0 && errno == EINTR);
		if (n == 0)
			ret = 0;
		else
			child_kill(*pid);
	}
	close(told[0]);
	if (!ret) {
		remember(*pid);
		return 0;
	}
fail:
	*pid = 0;
	snprintf(err, errlen, "cannot run %s: %s", start->path, strerror(-ret));
	return ret;
}

void child_kill(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void child_status_text(int status, char *text, size_t len)
{
	if (WIFSIGNALED(status))
		snprintf(text, len, "killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(text, len, "exited with status %d", WEXITSTATUS(status));
}
