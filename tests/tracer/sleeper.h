/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_TRACER_SLEEPER_H
#define KT_TESTS_TRACER_SLEEPER_H
/*
 * A workload with a known number of wakes, and a tracer around it.
 *
 * A "sleeper" thread sleeps in a futex; the main thread waits until the kernel says that it does
 * and is off its CPU, stamps the request and wakes it: so each wake is one of a sleeping thread,
 * and the number of values is known. The work runs in a child, since a tracer leaves out its own
 * process.
 */
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/tracer.h"
#include "lib/probe/slot.h"

static int nr_failed_checks;

#define CHECK(cond, ...)                                                      \
	do {                                                                  \
		if (!(cond)) {                                                \
			printf("    %s:%d: %s: ", __FILE__, __LINE__, #cond); \
			printf(__VA_ARGS__);                                  \
			printf("\n");                                         \
			nr_failed_checks++;                                   \
		}                                                             \
	} while (0)

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- the sleeper ----------------------------------------------------------------------------- */

enum { STAMPS = 1, NO_RESUME = 2, NO_REQUEST = 4, SPIN = 8 };

struct sleeper {
	pthread_t thread;
	int cpu, flags;
	uint32_t arm;
	_Atomic uint32_t round; /* what it waits to change; the futex */
	_Atomic uint32_t seen;
	_Atomic int tid, stop;
	_Atomic uint64_t t0;
	struct kthread_slot *_Atomic slot;
};

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static void *sleeper_main(void *arg)
{
	struct sleeper *s = arg;
	uint32_t round = 0;

	pin(s->cpu);
	if (s->flags & STAMPS) {
		s->slot = slot_register();
		slot_tag(s->slot, 0, s->arm);
	}
	s->tid = gettid();
	while (!s->stop) {
		uint64_t now;

		while (s->round == round)
			if (!(s->flags & SPIN))
				syscall(SYS_futex, &s->round, FUTEX_WAIT_PRIVATE, round, NULL);
		round++;
		now = slot_clock_ns();
		if (s->flags & STAMPS && !(s->flags & NO_RESUME))
			slot_resume_at(s->slot, now, now - s->t0);
		s->seen = round;
	}
	slot_unregister();
	return NULL;
}

static inline void sleeper_start(struct sleeper *s, int cpu, int flags)
{
	memset(s, 0, sizeof(*s));
	s->cpu = cpu;
	s->flags = flags;
	if (pthread_create(&s->thread, NULL, sleeper_main, s))
		die("pthread_create");
	while (!s->tid)
		sched_yield();
}

/*
 * Is @tid off its CPU, asleep inside futex()? The kernel looks at the whole thread for this file.
 */
static bool in_futex(int tid)
{
	char name[64], text[128] = "";
	long nr = -1;
	FILE *in;

	snprintf(name, sizeof(name), "/proc/self/task/%d/syscall", tid);
	in = fopen(name, "re");
	if (!in)
		die(name);
	if (fgets(text, sizeof(text), in))
		sscanf(text, "%ld", &nr); /* "running" is no number */
	fclose(in);
	return nr == SYS_futex;
}

/* Until the sleeper has answered everything and sleeps again, at most 10 s */
static void await_asleep(struct sleeper *s)
{
	uint64_t end = slot_clock_ns() + 10000000000ULL;

	while (s->seen != s->round || !in_futex(s->tid)) {
		if (slot_clock_ns() > end) {
			fprintf(stderr, "the sleeper does not sleep\n");
			exit(1);
		}
		sched_yield();
	}
}

static void request(struct sleeper *s)
{
	s->t0 = slot_clock_ns();
	if (!(s->flags & NO_REQUEST))
		slot_request_at(s->slot, s->t0);
	s->round++;
	if (!(s->flags & SPIN))
		syscall(SYS_futex, &s->round, FUTEX_WAKE_PRIVATE, 1);
}

/*
 * Asleep before the first wake and after each: each finds a sleeping thread, nothing is pending at
 * the end.
 */
static inline void wake_times(struct sleeper *s, int nr)
{
	int i;

	await_asleep(s);
	for (i = 0; i < nr; i++) {
		request(s);
		await_asleep(s);
	}
}

/* ---- the tracer ------------------------------------------------------------------------------ */

struct job {
	int to[2], from[2]; /* pipes */
	pid_t pid;
};

static void job_say(int fd, char c)
{
	if (write(fd, &c, 1) != 1)
		die("write");
}

static int job_hear(int fd)
{
	char c = 0;

	return read(fd, &c, 1) == 1 ? c : -1;
}

static __attribute__((unused)) bool can_hear(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static struct tracer *open_or_die(const struct tracer_opts *o)
{
	char err[512] = "";
	struct tracer *t = NULL;
	int ret = tracer_open(&t, o, err, sizeof(err));

	if (ret) {
		fprintf(stderr, "tracer_open: %d: %s\n", ret, err);
		exit(1);
	}
	return t;
}

static void attach_or_die(struct tracer *t)
{
	char err[512] = "";

	if (tracer_attach(t, err, sizeof(err))) {
		fprintf(stderr, "tracer_attach: %s\n", err);
		exit(1);
	}
}

static uint64_t counter(const struct tracer_snapshot *s, const char *name)
{
	uint32_t i;

	for (i = 0; i < s->nr_counters; i++)
		if (!strcmp(s->counter[i].name, name))
			return s->counter[i].value;
	return 0;
}

__attribute__((unused)) static uint64_t nr_lost(const struct tracer_snapshot *s)
{
	uint64_t lost = 0;
	uint32_t i;

	for (i = 0; i < s->nr_counters; i++)
		lost += s->counter[i].loss ? s->counter[i].value : 0;
	return lost;
}

/*
 * Exactly @want, less only what the tracer itself says that the kernel did not tell (on some
 * virtual machines a few sched_switch events never reach any tracer).
 */
static inline bool is_all(const struct tracer_snapshot *s, uint64_t got, uint64_t want)
{
	/* A sleeper preempted between its announcement and its sleep is woken without a latency. */
	uint64_t told = counter(s, "switch_missed") + counter(s, "absorbed");

	return got <= want && got + told >= want;
}

static inline uint64_t count_of(const struct tracer_snapshot *s, uint32_t group, uint32_t m)
{
	return tracer_snapshot_count(s, group, m);
}

static struct tracer_snapshot *snapshot(struct tracer *t)
{
	struct tracer_snapshot *s = NULL;
	int ret = tracer_read(t, &s);

	if (ret) {
		fprintf(stderr, "tracer_read: %s\n", strerror(-ret));
		exit(1);
	}
	return s;
}

static void show(const struct tracer_snapshot *s)
{
	static struct hist room;
	uint32_t g, i;
	int m;

	if (!getenv("VERBOSE"))
		return;
	for (g = 0; g < s->nr_groups; g++)
		for (m = 0; m < NR_METRICS; m++) {
			const struct hist *h = tracer_snapshot_hist(s, g, m, &room);

			if (h)
				printf("    [%u] %-20s %-12s n=%-6lu min=%-7lu mean=%-9.1f p50=%-9.1f p99=%-9.1f max=%lu\n",
				       g, s->group[g].name, tracer_metric_name(m), h->count, h->min,
				       hist_mean(h), hist_quantile(h, .5), hist_quantile(h, .99),
				       h->max);
		}
	printf("   ");
	for (i = 0; i < s->nr_counters; i++)
		if (s->counter[i].value)
			printf(" %s=%lu", s->counter[i].name, s->counter[i].value);
	printf(" events=%lu bpf_ns=%lu cpu_ns=%lu\n", s->events, s->bpf_ns, s->cpu_ns);
}

/*
 * Run @work in a child between enable and read. The child's registry lies where ours does (fork),
 * so it is told to the tracer, as `kt bench` does for its workers.
 */
__attribute__((unused)) static struct tracer_snapshot *
trace_child(const struct tracer_opts *o, void (*setup)(void), void (*work)(void),
	    void (*between)(struct tracer *t))
{
	struct tracer_snapshot *s;
	struct job j = { 0 };
	struct tracer *t;

	fflush(stdout);
	if (pipe(j.to) || pipe(j.from))
		die("pipe");
	j.pid = fork();
	if (!j.pid) {
		alarm(60);
		slot_observe(1);
		if (setup)
			setup();
		job_say(j.from[1], 'r');
		job_hear(j.to[0]);
		work();
		job_say(j.from[1], 'd');
		job_hear(j.to[0]);
		_exit(0);
	}
	if (job_hear(j.from[0]) != 'r')
		die("child");
	t = open_or_die(o);
	if (o->group == TRACER_GROUP_ARM || !o->filter.nr_tgids)
		tracer_add_process(t, j.pid, (uint64_t)(uintptr_t)&kthread_slot_registry);
	attach_or_die(t);
	tracer_enable(t, true);
	job_say(j.to[1], 'g');
	if (between)
		between(t);
	if (job_hear(j.from[0]) != 'd')
		die("child");
	tracer_enable(t, false);
	s = snapshot(t);
	show(s);
	tracer_close(t);
	job_say(j.to[1], 'q');
	waitpid(j.pid, NULL, 0);
	close(j.to[0]), close(j.to[1]), close(j.from[0]), close(j.from[1]);
	return s;
}

/* ---- the program ----------------------------------------------------------------------------- */

struct test_case {
	const char *name;
	void (*run)(void);
	int cpus;
};

/* Set by a case that can say nothing: why. */
static const char *nothing_said;

/* Those whose name holds the first argument, or all. */
static int run_cases(const struct test_case *cases, size_t nr, int argc, char **argv)
{
	int failed = 0, passed = 0, skipped = 0;
	char err[512] = "";

	for (size_t i = 0; i < nr; i++) {
		if (argc > 1 && !strstr(cases[i].name, argv[1]))
			continue;
		if (tracer_permitted(err, sizeof(err))) {
			printf("SKIP %s: %s\n", cases[i].name, err);
			skipped++;
			continue;
		}
		if (sysconf(_SC_NPROCESSORS_ONLN) < cases[i].cpus) {
			printf("SKIP %s: needs %d CPUs\n", cases[i].name, cases[i].cpus);
			skipped++;
			continue;
		}
		nr_failed_checks = 0;
		nothing_said = NULL;
		cases[i].run();
		if (nothing_said && !nr_failed_checks) {
			printf("SKIP %s: %s\n", cases[i].name, nothing_said);
			skipped++;
			continue;
		}
		printf("%s %s\n", nr_failed_checks ? "FAIL" : "ok  ", cases[i].name);
		failed += nr_failed_checks != 0;
		passed += nr_failed_checks == 0;
	}
	printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
	return failed != 0;
}
#endif
