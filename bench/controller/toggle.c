// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/toggle.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/controller/child.h"
#include "bench/controller/interrupt.h"
#include "lib/probe/slot.h"

/* How often the keeper looks whether a command has ended. */
#define LOOK_MS 1
/* What is said of a command that it had to end, or could not start; no wait status has these values. */
#define TOOK_TOO_LONG (-1)
#define NOT_STARTED   (-2)
/* We wait so much longer than the keeper does for a command. */
#define MARGIN_NS 2000000000ULL

/* The keeper's answer. */
struct ran {
	int status; /* of the command, as wait() has it */
	bool last;  /* it was the one that leaves the machine in setting A */
};

/* ---- the keeper ------------------------------------------------------------------------------ */

/* Only returns when there is no shell. */
static void become_command(const char *command)
{
	setpgid(0, 0);
	interrupt_child();
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
}

/* Its wait status, TOOK_TOO_LONG or NOT_STARTED. */
static int run_command(const char *command, uint64_t limit_ns)
{
	uint64_t deadline = slot_clock_ns() + limit_ns;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		become_command(command);
		_exit(127);
	}
	if (pid < 0)
		return NOT_STARTED;
	setpgid(pid, pid);
	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (slot_clock_ns() > deadline) {
			kill(-pid, SIGKILL);
			waitpid(pid, &status, 0);
			return TOOK_TOO_LONG;
		}
		poll(NULL, 0, LOOK_MS);
	}
	return status;
}

/* Nothing but the pipes and standard error stays open: no record, no pipe that somebody reads. */
static void close_others(int ask, int answer)
{
	int low = ask < answer ? ask : answer, high = ask < answer ? answer : ask;

	close_range(STDERR_FILENO + 1, (unsigned int)low - 1, 0);
	close_range((unsigned int)low + 1, (unsigned int)high - 1, 0);
	close_range((unsigned int)high + 1, ~0U, 0);
	close(STDIN_FILENO);
	open("/dev/null", O_RDONLY);
	dup2(STDERR_FILENO, STDOUT_FILENO);
}

/*
 * Where nothing has been asked for, the machine is as it was. That nobody hears the answer is no
 * reason to leave the last command out.
 */
static void keep(const struct toggle *t, int ask, int answer)
{
	struct ran ran = { 0 };
	unsigned char setting;
	bool touched = false;

	setsid();
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_IGN);
	/* Else there would be no status to wait for. */
	signal(SIGCHLD, SIG_DFL);
	close_others(ask, answer);
	while (read(ask, &setting, sizeof(setting)) == sizeof(setting)) {
		touched = true;
		ran.status = run_command(t->command[setting & 1], t->limit_ns);
		if (write(answer, &ran, sizeof(ran)) != sizeof(ran))
			break;
	}
	ran = (struct ran){ .last = true };
	if (touched)
		ran.status = run_command(t->command[0], t->limit_ns);
	_exit(write(answer, &ran, sizeof(ran)) != sizeof(ran));
}

/* ---- our side -------------------------------------------------------------------------------- */

int toggle_begin(struct toggle *t, const char *a, const char *b, uint64_t limit_ns, char *err,
		 size_t errlen)
{
	int ask[2], answer[2], ret;

	*t = (struct toggle){ .command = { a, b }, .limit_ns = limit_ns, .ask = -1, .answer = -1 };
	if (pipe2(ask, O_CLOEXEC)) {
		ret = -errno;
		goto fail;
	}
	if (pipe2(answer, O_CLOEXEC)) {
		ret = -errno;
		close(ask[0]);
		close(ask[1]);
		goto fail;
	}
	t->keeper = fork();
	if (t->keeper == 0)
		keep(t, ask[0], answer[1]);
	ret = t->keeper < 0 ? -errno : 0;
	close(ask[0]);
	close(answer[1]);
	if (!ret) {
		t->ask = ask[1];
		t->answer = answer[0];
		return 0;
	}
	t->keeper = 0;
	close(answer[0]);
	close(ask[1]);
fail:
	snprintf(err, errlen, "cannot start a process for the commands of --toggle: %s",
		 strerror(-ret));
	return ret;
}

static int say_status(const struct toggle *t, const char *command, int status, char *err,
		      size_t errlen)
{
	char text[80];

	if (status == TOOK_TOO_LONG)
		snprintf(text, sizeof(text), "did not end within %.3g s (longer with --patience)",
			 (double)t->limit_ns / 1e9);
	else if (status == NOT_STARTED)
		snprintf(text, sizeof(text), "was not run: no process could be made for it");
	else
		child_status_text(status, text, sizeof(text));
	snprintf(err, errlen, "the command '%.200s' of --toggle %s%s", command,
		 status < 0 || WIFEXITED(status) ? "" : "was ", text);
	return -ECANCELED;
}

int toggle_set(struct toggle *t, unsigned int setting, char *err, size_t errlen)
{
	uint64_t deadline = slot_clock_ns() + t->limit_ns + MARGIN_NS;
	struct pollfd p = { .fd = t->answer, .events = POLLIN };
	unsigned char which = (unsigned char)setting;
	struct ran ran = { 0 };
	ssize_t n = 0;

	if (write(t->ask, &which, sizeof(which)) == sizeof(which)) {
		/* By slices: a signal between the look and the sleep is missed. */
		while (poll(&p, 1, 100) <= 0) {
			if (interrupt_seen())
				return -EINTR;
			if (slot_clock_ns() > deadline)
				break;
		}
		if (p.revents)
			n = read(t->answer, &ran, sizeof(ran));
	}
	if (n != sizeof(ran)) {
		snprintf(err, errlen, "the process that runs the commands of --toggle is gone");
		return -EPIPE;
	}
	return ran.status ? say_status(t, t->command[setting], ran.status, err, errlen) : 0;
}

int toggle_end(struct toggle *t, char *err, size_t errlen)
{
	struct ran ran = { 0 };
	ssize_t n;

	if (!t->keeper)
		return 0;
	close(t->ask);
	/* To the end of the pipe: what is under way and the last command have a limit each. */
	do {
		n = read(t->answer, &ran, sizeof(ran));
	} while (n == sizeof(ran) || (n < 0 && errno == EINTR));
	while (waitpid(t->keeper, NULL, 0) < 0 && errno == EINTR)
		;
	close(t->answer);
	t->keeper = 0;
	/* The keeper was killed: the same from here. */
	if (!ran.last)
		ran.status = run_command(t->command[0], t->limit_ns);
	return ran.status ? say_status(t, t->command[0], ran.status, err, errlen) : 0;
}
