/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_TRACER_BEATER_H
#define KT_TESTS_TRACER_BEATER_H
/*
 * Processes that do a known number of wakes when they are told to, and traces of them.
 *
 * Each process has one sleeper with a name of its own, which its first thread ("beat_main") wakes.
 */
#include <errno.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "bpf/wakeup_shared.h"

#include "tests/tracer/sleeper.h"

struct beater {
	struct job j;
	pid_t pid, tid; /* of the process, of its sleeper */
};

struct order {
	int nr;	    /* wakes; 0: end */
	int fork;   /* 1: have a child do them, whose sleeper is called "later" */
	int rename; /* 1: call the sleeper "kt_renamed" before */
};

/* Who is to beat, and where. */
struct beat {
	const char *name;
	int waker_cpu, sleeper_cpu;
};

static void hear(int fd, void *to, size_t size)
{
	if (read(fd, to, size) != (ssize_t)size)
		_exit(1);
}

static void say(int fd, const void *what, size_t size)
{
	if (write(fd, what, size) != (ssize_t)size)
		die("write");
}

/* A sleeper called @name, asleep. */
static void sleeper_called(struct sleeper *s, const struct beat *b, const char *name)
{
	pin(b->waker_cpu);
	/* It has its creator's name from the first instant on; the creator's own is another one. */
	prctl(PR_SET_NAME, name);
	sleeper_start(s, b->sleeper_cpu, NO_REQUEST);
	prctl(PR_SET_NAME, "beat_main");
	await_asleep(s);
}

static void child_beats(const struct beat *b, int nr)
{
	pid_t pid = fork();
	struct sleeper s;

	if (!pid) {
		alarm(60);
		sleeper_called(&s, b, "later");
		wake_times(&s, nr);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void rename_sleeper(const struct sleeper *s)
{
	char comm[64];
	FILE *out;

	snprintf(comm, sizeof(comm), "/proc/self/task/%d/comm", s->tid);
	out = fopen(comm, "we");
	if (!out || fputs("kt_renamed", out) < 0 || fclose(out))
		die(comm);
}

static void beat_main(const struct beat *b, int in, int out)
{
	struct sleeper s;
	struct order o;
	pid_t tid;

	alarm(60);
	sleeper_called(&s, b, b->name);
	tid = s.tid;
	say(out, &tid, sizeof(tid));
	for (;;) {
		hear(in, &o, sizeof(o));
		if (!o.nr)
			_exit(0);
		if (o.rename)
			rename_sleeper(&s);
		if (o.fork)
			child_beats(b, o.nr);
		else
			wake_times(&s, o.nr);
		say(out, "d", 1);
	}
}

/* @middle: the beater is a child of the process that is started */
__attribute__((unused)) static void beater_start(struct beater *b, const struct beat *what,
						 bool middle)
{
	pid_t pid = 0;

	*b = (struct beater){ 0 };
	fflush(stdout);
	if (pipe(b->j.to) || pipe(b->j.from))
		die("pipe");
	b->pid = fork();
	if (!b->pid) {
		if (middle)
			pid = fork();
		if (!pid)
			beat_main(what, b->j.to[0], b->j.from[1]);
		prctl(PR_SET_NAME, "middle");
		alarm(60);
		waitpid(pid, NULL, 0);
		_exit(0);
	}
	hear(b->j.from[0], &b->tid, sizeof(b->tid));
}

__attribute__((unused)) static void beater_order(struct beater *b, struct order o)
{
	char done;

	say(b->j.to[1], &o, sizeof(o));
	hear(b->j.from[0], &done, 1);
}

__attribute__((unused)) static void beater_end(struct beater *b)
{
	struct order o = { 0 };

	say(b->j.to[1], &o, sizeof(o));
	waitpid(b->pid, NULL, 0);
	close(b->j.to[0]), close(b->j.to[1]), close(b->j.from[0]), close(b->j.from[1]);
}

/* ---- a trace ---------------------------------------------------------------------------------- */

/* What @o sees of @work. */
__attribute__((unused)) static struct tracer_snapshot *trace(const struct tracer_opts *o,
							     void (*work)(void))
{
	struct tracer *t = open_or_die(o);
	struct tracer_snapshot *s;

	attach_or_die(t);
	tracer_enable(t, true);
	work();
	tracer_enable(t, false);
	s = snapshot(t);
	show(s);
	tracer_close(t);
	return s;
}

/* Wakes of all subjects whose name begins with @name. */
__attribute__((unused)) static uint64_t wakes_of(const struct tracer_snapshot *s, const char *name)
{
	uint64_t sum = 0;

	for (uint32_t g = 0; g < s->nr_groups; g++)
		if (!strncmp(s->group[g].name, name, strlen(name)))
			sum += count_of(s, g, METRIC_WOKEN);
	return sum;
}

__attribute__((unused)) static const struct tracer_opts by_thread = { .kind = TRACER_WAKEUP,
								      .group = TRACER_GROUP_SUBJECT,
								      .nr_groups = 64 };

__attribute__((unused, format(printf, 3, 4))) static void
add(int (*how)(struct filter *f, const char *text, char *err, size_t errlen), struct filter *f,
    const char *fmt, ...)
{
	char text[4200], err[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (how(f, text, err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		exit(1);
	}
}

/* ---- cgroups --------------------------------------------------------------------------------- */

/* Where the hierarchy of version 2, or of version 1's controller cpu, is mounted; false: nowhere. */
__attribute__((unused)) static bool cgroup_mount(bool v2, char *mount, size_t size)
{
	char line[4096], at[2048], type[32], options[512];
	FILE *in = fopen("/proc/self/mountinfo", "re");
	bool found = false;

	while (in && !found && fgets(line, sizeof(line), in)) {
		const char *rest = strstr(line, " - ");

		if (!rest || sscanf(line, "%*s %*s %*s %*s %2047s", at) != 1 ||
		    sscanf(rest, " - %31s %*s %511s", type, options) != 2)
			continue;
		found = v2 ? !strcmp(type, "cgroup2")
			   : !strcmp(type, "cgroup") && strstr(options, "cpu");
		if (found && !v2)
			found = !strcmp(options, "rw,cpu") || strstr(options, "cpu,cpuacct");
	}
	if (in)
		fclose(in);
	snprintf(mount, size, "%s", at);
	return found;
}

__attribute__((unused)) static void enter_cgroup(pid_t pid, const char *cgroup)
{
	char procs[2400];
	FILE *out;

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", cgroup);
	out = fopen(procs, "we");
	if (!out || fprintf(out, "%d", pid) < 0 || fclose(out))
		die(procs);
}
#endif
