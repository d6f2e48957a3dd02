// SPDX-License-Identifier: GPL-2.0-only
#include "lib/report/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Far beyond what a page of a hundred questions takes; a gnuplot that hangs must not hang the report. */
#define MAX_SECONDS 120

extern char **environ;

int gnuplot_directory(char **dir, char *why, size_t whylen)
{
	const char *tmp = getenv("TMPDIR");
	bool said = tmp && *tmp;
	int ret;

	if (asprintf(dir, "%s/kt-plots.XXXXXX", said ? tmp : "/tmp") < 0) {
		snprintf(why, whylen, "no memory");
		*dir = NULL;
		return -ENOMEM;
	}
	if (mkdtemp(*dir))
		return 0;
	ret = -errno;
	snprintf(why, whylen, "cannot make a directory in %s%.200s: %s",
		 said ? "$TMPDIR, which is " : "", said ? tmp : "/tmp", strerror(-ret));
	free(*dir);
	*dir = NULL;
	return ret;
}

void gnuplot_packages(FILE *out, const char *before, const char *after)
{
	fprintf(out,
		"%sgnuplot-nox%s (Debian, Ubuntu), %sgnuplot-minimal%s (Fedora), %sgnuplot%s (Arch)",
		before, after, before, after, before, after);
}

/* Waits for @pid, but not for ever. 0 and *@status, or -errno. */
static int wait_for(pid_t pid, unsigned int seconds, int *status)
{
	const struct timespec tick = { .tv_nsec = 5000000 };

	for (unsigned int i = 0; i < seconds * 200; i++) {
		pid_t got = waitpid(pid, status, WNOHANG);

		if (got == pid)
			return 0;
		if (got < 0 && errno != EINTR)
			return -errno;
		nanosleep(&tick, NULL);
	}
	kill(pid, SIGKILL);
	waitpid(pid, status, 0);
	return -ETIMEDOUT;
}

/* What it said last, without the line of its script that it points at. */
static void last_line(const char *dir, char *text, size_t size)
{
	char *path, line[256];
	FILE *said;

	*text = '\0';
	if (asprintf(&path, "%s/said", dir) < 0)
		return;
	said = fopen(path, "re");
	while (said && fgets(line, sizeof(line), said)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[strspn(line, " ^\t")])
			snprintf(text, size, "%.*s", (int)size - 1, line);
	}
	if (said)
		fclose(said);
	free(path);
}

static int ended(const char *dir, int status, char *why, size_t whylen)
{
	char line[200];

	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	last_line(dir, line, sizeof(line));
	if (WIFSIGNALED(status))
		snprintf(why, whylen, "gnuplot was ended by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(why, whylen, "gnuplot failed with status %d%s%s", WEXITSTATUS(status),
			 *line ? ": " : "", line);
	return -EIO;
}

int gnuplot_run(const char *dir, unsigned int seconds, char *why, size_t whylen)
{
	/* -d: neither the system's nor the user's settings */
	char *const argv[] = { "gnuplot", "-d", "script", NULL };
	const int truncated = O_WRONLY | O_CREAT | O_TRUNC;
	posix_spawn_file_actions_t actions;
	int ret, status = 0;
	pid_t pid;

	seconds = seconds ? seconds : MAX_SECONDS;
	ret = posix_spawn_file_actions_init(&actions);
	if (ret)
		return -ret;
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addchdir_np(&actions, dir);
	posix_spawn_file_actions_addopen(&actions, 2, "said", truncated, 0600);
	ret = -posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (ret == -ENOENT)
		snprintf(why, whylen, "gnuplot is not installed");
	else if (ret)
		snprintf(why, whylen, "cannot start gnuplot: %s", strerror(-ret));
	if (ret)
		return ret;
	ret = wait_for(pid, seconds, &status);
	if (ret == -ETIMEDOUT)
		snprintf(why, whylen, "gnuplot did not end within %u s", seconds);
	else if (ret)
		snprintf(why, whylen, "cannot wait for gnuplot: %s", strerror(-ret));
	return ret ? ret : ended(dir, status, why, whylen);
}
