// SPDX-License-Identifier: GPL-2.0-only
#include "lib/report/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Far beyond what a page of a hundred questions takes; a gnuplot that hangs must not hang the report. */
#define MAX_SECONDS 120
/* What it draws of a hundred questions with twenty arms is a quarter of it. */
#define MAX_DRAWN (512u << 20)

extern char **environ;

void gnuplot_packages(FILE *out, const char *before, const char *after)
{
	fprintf(out,
		"%sgnuplot-nox%s (Debian, Ubuntu), %sgnuplot-minimal%s (Fedora), %sgnuplot%s (Arch)",
		before, after, before, after, before, after);
}

/* As posix_spawnp() looks for it. */
int gnuplot_find(char *why, size_t whylen)
{
	const char *path = getenv("PATH");
	char file[4096];
	size_t length;

	for (path = path ? path : "/bin:/usr/bin"; *path; path += length + (path[length] == ':')) {
		length = strcspn(path, ":");
		snprintf(file, sizeof(file), "%.*s%sgnuplot", (int)length, path, length ? "/" : "");
		if (!access(file, X_OK))
			return 0;
	}
	snprintf(why, whylen, "gnuplot is not installed");
	return -ENOENT;
}

/* ---- talking to it --------------------------------------------------------------------------- */

/* What comes from one descriptor, as far as it is kept; a 0 stands after it. */
struct text {
	char *at;
	size_t nr, room;
};

struct process {
	pid_t pid;
	int in, out, err; /* -1: closed */
	const char *script;
	size_t left;
	struct text drawn, said;
};

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A socket, because a pipe that nobody reads any more would end the program by a signal. */
static void write_some(struct process *g)
{
	ssize_t n = send(g->in, g->script, g->left, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		g->script += n;
		g->left -= (size_t)n;
	}
	/* One that stops reading says why itself, or by its status. */
	if (n <= 0 || !g->left)
		shut(&g->in);
}

/* Return: 0, -ENOMEM, -EFBIG */
static int read_some(int *fd, struct text *t)
{
	ssize_t n;

	if (t->room - t->nr < 4096) {
		size_t room = t->room ? 2 * t->room : 1 << 16;
		char *grown = room > MAX_DRAWN ? NULL : realloc(t->at, room);

		if (!grown)
			return room > MAX_DRAWN ? -EFBIG : -ENOMEM;
		t->at = grown;
		t->room = room;
	}
	n = read(*fd, t->at + t->nr, t->room - t->nr - 1);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n > 0)
		t->nr += (size_t)n;
	else
		shut(fd);
	t->at[t->nr] = '\0';
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until it has closed what it writes to. Return: 0, -ETIMEDOUT, -ENOMEM, -EFBIG */
static int talk(struct process *g, int64_t deadline)
{
	int ret = 0;

	while (!ret && (g->out >= 0 || g->err >= 0)) {
		struct pollfd fd[] = { { g->in, POLLOUT, 0 },
				       { g->out, POLLIN, 0 },
				       { g->err, POLLIN, 0 } };
		int64_t left = deadline - now_ms();

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(fd, 3, (int)left) < 0 && errno != EINTR)
			return -errno;
		if (fd[0].revents)
			write_some(g);
		if (fd[1].revents)
			ret = read_some(&g->out, &g->drawn);
		if (!ret && fd[2].revents)
			ret = read_some(&g->err, &g->said);
	}
	return ret;
}

/* ---- its life -------------------------------------------------------------------------------- */

static int start(struct process *g)
{
	/* -d: neither the system's nor the user's settings */
	char *const argv[] = { "gnuplot", "-d", NULL };
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 }, ret;
	posix_spawn_file_actions_t actions;

	ret = -posix_spawn_file_actions_init(&actions);
	if (ret)
		return ret;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) || pipe2(out, O_CLOEXEC) ||
	    pipe2(err, O_CLOEXEC))
		ret = -errno;
	if (!ret) {
		posix_spawn_file_actions_adddup2(&actions, in[1], 0);
		posix_spawn_file_actions_adddup2(&actions, out[1], 1);
		posix_spawn_file_actions_adddup2(&actions, err[1], 2);
		ret = -posix_spawnp(&g->pid, argv[0], &actions, NULL, argv, environ);
	}
	posix_spawn_file_actions_destroy(&actions);
	shut(&in[1]);
	shut(&out[1]);
	shut(&err[1]);
	g->in = in[0];
	g->out = out[0];
	g->err = err[0];
	return ret;
}

/* 0 and *@status, or -ETIMEDOUT: it was ended. */
static int wait_for(pid_t pid, int64_t deadline, int *status)
{
	const struct timespec tick = { .tv_nsec = 2000000 };

	do {
		pid_t got = waitpid(pid, status, WNOHANG);

		if (got == pid)
			return 0;
		if (got < 0 && errno != EINTR)
			return -errno;
		nanosleep(&tick, NULL);
	} while (now_ms() < deadline);
	kill(pid, SIGKILL);
	waitpid(pid, status, 0);
	return -ETIMEDOUT;
}

/* What it said last, without the line of its script that it points at. */
static void last_line(const struct text *said, char *text, size_t size)
{
	const char *at = said->nr ? said->at : "";

	*text = '\0';
	while (*at) {
		size_t length = strcspn(at, "\n"), blank = strspn(at, " ^\t");

		if (blank < length)
			snprintf(text, size, "%.*s", (int)(length - blank), at + blank);
		at += length + (at[length] == '\n');
	}
}

static int ended(const struct process *g, int status, char *why, size_t whylen)
{
	char line[200];

	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	last_line(&g->said, line, sizeof(line));
	if (WIFSIGNALED(status))
		snprintf(why, whylen, "gnuplot was ended by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(why, whylen, "gnuplot failed with status %d%s%s", WEXITSTATUS(status),
			 *line ? ": " : "", line);
	return -EIO;
}

static int run(struct process *g, unsigned int seconds, char *why, size_t whylen)
{
	int64_t deadline = now_ms() + 1000 * (int64_t)seconds;
	int ret = talk(g, deadline), status = 0, waited;

	shut(&g->in);
	shut(&g->out);
	shut(&g->err);
	/* One that is not listened to any more is ended at once. */
	waited = wait_for(g->pid, ret ? 0 : deadline, &status);
	ret = ret ? ret : waited;
	if (ret == -ETIMEDOUT)
		snprintf(why, whylen, "gnuplot did not end within %u s", seconds);
	else if (ret)
		snprintf(why, whylen, "cannot read what gnuplot draws: %s", strerror(-ret));
	return ret ? ret : ended(g, status, why, whylen);
}

int gnuplot_run(const char *script, unsigned int seconds, char **drawn, char *why, size_t whylen)
{
	struct process g = { .script = script, .left = strlen(script) };
	int ret = start(&g);

	*drawn = NULL;
	if (ret == -ENOENT)
		snprintf(why, whylen, "gnuplot is not installed");
	else if (ret)
		snprintf(why, whylen, "cannot start gnuplot: %s", strerror(-ret));
	else
		ret = run(&g, seconds ? seconds : MAX_SECONDS, why, whylen);
	shut(&g.in);
	shut(&g.out);
	shut(&g.err);
	free(g.said.at);
	if (ret || !g.drawn.at)
		free(g.drawn.at);
	else
		*drawn = g.drawn.at;
	if (!ret && !*drawn) {
		*drawn = strdup("");
		ret = *drawn ? 0 : -ENOMEM;
	}
	return ret;
}
