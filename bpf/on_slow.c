// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/on_slow.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/record/types.h"

#include "bpf/caller.h"

#define LEAST_PAUSE_NS 1000000000ULL

struct on_slow {
	const char *command;
	const struct caller *who;
	pid_t pid; /* of the one that runs, 0: none */
	bool begun;
	uint64_t begun_ns; /* when the last one began */
};

struct on_slow *on_slow_new(const char *command, const struct caller *who)
{
	struct on_slow *o = calloc(1, sizeof(*o));

	if (o) {
		o->command = command;
		o->who = who;
	}
	return o;
}

/* ---- the facts ------------------------------------------------------------------------------- */

/* Bytes that steer a terminal, or would begin a new line of KT_BEHIND, become question marks. */
static void set_text(const char *name, const char *text)
{
	char clean[64];

	if (!text)
		return;
	snprintf(clean, sizeof(clean), "%s", text);
	for (char *c = clean; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	setenv(name, clean, 1);
}

static void set_count(const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	setenv(name, text, 1);
}

static void set_cpu(const char *name, uint64_t cpu)
{
	if (cpu != RECORD_NO_CPU)
		set_count(name, cpu);
}

/* A line for each: NS TID COMM */
static void set_behind(const struct record_event *e)
{
	char text[RECORD_MAX_BEHIND * 80], *at = text, *c;

	*text = '\0';
	for (size_t i = 0; i < e->nr_behind; i++) {
		int n = snprintf(at, (size_t)(text + sizeof(text) - at), "%" PRIu64 " %" PRIu64 " ",
				 e->behind[i].ns, e->behind[i].task.tid);

		at += n;
		n = snprintf(at, (size_t)(text + sizeof(text) - at), "%.16s",
			     e->behind[i].task.comm ? e->behind[i].task.comm : "");
		for (c = at; c < at + n; c++)
			if ((unsigned char)*c < ' ' || *c == 0x7f)
				*c = '?';
		at += n;
		*at++ = '\n';
		*at = '\0';
	}
	if (at > text)
		at[-1] = '\0';
	setenv("KT_BEHIND", text, 1);
	set_count("KT_OTHER_NS", e->other_ns);
}

static void set_phases(const struct record_event *e)
{
	char name[48];

	for (size_t i = 0; i < e->nr_phases; i++) {
		snprintf(name, sizeof(name), "KT_%s_NS", e->phase[i].name);
		for (char *c = name; *c; c++)
			if (*c >= 'a' && *c <= 'z')
				*c -= 'a' - 'A';
		set_count(name, e->phase[i].value);
	}
}

/* What an outer one of us said is not about this wait. */
static void forget_facts(void)
{
	extern char **environ;
	char **to = environ;

	for (char **from = environ; *from; from++)
		if (strncmp(*from, "KT_", 3))
			*to++ = *from;
	*to = NULL;
}

static void set_facts(const struct record_event *e)
{
	forget_facts();
	setenv("KT_KIND", e->kind, 1);
	setenv("KT_POPULATION", e->population, 1);
	set_count("KT_TIME_NS", e->time_ns);
	set_count("KT_NS", e->ns);
	set_phases(e);
	set_text("KT_COMM", e->task.comm);
	set_count("KT_PID", e->task.tgid);
	set_count("KT_TID", e->task.tid);
	set_cpu("KT_CPU", e->cpu);
	set_cpu("KT_CPU_QUEUED", e->cpu_queued);
	set_cpu("KT_CPU_BEFORE", e->cpu_before);
	set_count("KT_MIGRATIONS", e->migrations);
	if (e->has_waker) {
		set_text("KT_WAKER_COMM", e->waker.task.comm);
		set_count("KT_WAKER_PID", e->waker.task.tgid);
		set_count("KT_WAKER_TID", e->waker.task.tid);
		set_text("KT_WAKER_CONTEXT", e->waker.context);
		set_cpu("KT_WAKER_CPU", e->waker.cpu);
	}
	if (e->has_behind)
		set_behind(e);
}

/* ---- the command ----------------------------------------------------------------------------- */

__attribute__((noreturn)) static void child(const struct on_slow *o, const struct record_event *e)
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(126);
	/* We are that user already: tracer_settle(). */
	caller_set_environment(o->who);
	set_facts(e);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execl("/bin/sh", "sh", "-c", o->command, (char *)NULL);
	_exit(127);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static bool runs(struct on_slow *o)
{
	int status;

	if (o->pid && waitpid(o->pid, &status, WNOHANG))
		o->pid = 0;
	return o->pid;
}

void on_slow_tell(struct on_slow *o, const struct record_event *e)
{
	uint64_t now = now_ns();
	pid_t pid;

	if ((o->begun && now - o->begun_ns < LEAST_PAUSE_NS) || runs(o))
		return;
	pid = fork();
	if (!pid)
		child(o, e);
	if (pid < 0)
		return; /* no process to be had: a further wait may be luckier */
	o->pid = pid;
	o->begun = true;
	o->begun_ns = now;
}

void on_slow_free(struct on_slow *o)
{
	if (!o)
		return;
	runs(o);
	free(o);
}
