// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel keeps for each thread how long it waited for a CPU: the second figure of
 * /proc/PID/task/TID/schedstat. What the tracer sums up for a thread, runq, preempted, requeued and
 * first_run together, is that figure's change within 1 %: no wait is missed, none counted twice.
 *
 * All threads sleep when the two are read, so no wait is half in. Only threads that wait for long are
 * compared: from a wake that preempts to the switch the kernel does not advance its clock
 * (RQCF_REQ_SKIP), so of waits of a few us it keeps less than they were. And only runs of which the
 * kernel told every switch: on some virtual machines it leaves out those away from certain tasks.
 */
#include <errno.h>
#include <math.h>
#include <time.h>

#include "bpf/wakeup_shared.h"

#include "tests/tracer/sleeper.h"

#define MAX_THREADS 16
#define WORK_NS	    1000000000ULL
#define MAX_RUNS    10

enum { GO = 1 };

/* ---- the threads: asleep, at work, asleep ---------------------------------------------------- */

struct thread {
	pthread_t thread;
	_Atomic int tid;
	_Atomic uint32_t word; /* the futex it sleeps in, beside its work too */
};

static struct thread threads[MAX_THREADS];
static int nr_threads;
static char name[16]; /* of all; other tests may run beside this one */
static _Atomic uint32_t go, done;
static _Atomic uint64_t end_ns; /* of all: who has ended wakes nobody */
static void (*work)(int i, uint64_t end);

static void sleep_in(_Atomic uint32_t *word, uint32_t while_it_is)
{
	while (*word == while_it_is)
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, while_it_is, NULL);
}

static void wake(_Atomic uint32_t *word)
{
	++*word;
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, MAX_THREADS);
}

static void *thread_main(void *arg)
{
	int i = (int)(uintptr_t)arg;

	pthread_setname_np(pthread_self(), name);
	threads[i].tid = gettid();
	sleep_in(&go, 0);
	work(i, end_ns);
	done++;
	sleep_in(&go, GO);
	return NULL;
}

static void all_asleep(void)
{
	for (int i = 0; i < nr_threads; i++)
		while (!threads[i].tid || !in_futex(threads[i].tid))
			sched_yield();
}

/* ---- kinds of work --------------------------------------------------------------------------- */

static void spin_until(uint64_t end)
{
	while (slot_clock_ns() < end)
		;
}

/* One CPU, all of them want it all the time. */
static void hogs(int i, uint64_t end)
{
	(void)i;
	pin(0);
	spin_until(end);
}

/* Pairs that wake each other, and some that yield, all on one CPU. */
static void storm(int i, uint64_t end)
{
	uint32_t seen = 0;
	struct thread *peer = &threads[i ^ 1];

	pin(0);
	if (i >= nr_threads - 2) {
		while (slot_clock_ns() < end)
			sched_yield();
		return;
	}
	wake(&peer->word);
	while (slot_clock_ns() < end) {
		sleep_in(&threads[i].word, seen);
		seen = threads[i].word;
		spin_until(slot_clock_ns() + 20000);
		wake(&peer->word);
	}
	/* The end has come for it too, as soon as it is awake. */
	wake(&peer->word);
}

/* More than there are CPUs, moved about while they wait and run. */
static void migrations(int i, uint64_t end)
{
	cpu_set_t all;
	int cpu = 0;

	if (!i)
		pthread_setname_np(pthread_self(), "kt_mover");
	CPU_ZERO(&all);
	for (int c = 0; c < sysconf(_SC_NPROCESSORS_ONLN); c++)
		CPU_SET(c, &all);
	while (slot_clock_ns() < end) {
		if (i == 0) {
			struct timespec pause = { 0, 300000 };

			/* the one that moves the others */
			for (int k = 1; k < nr_threads; k++) {
				cpu_set_t one;

				CPU_ZERO(&one);
				CPU_SET(cpu++ % CPU_COUNT(&all), &one);
				sched_setaffinity(threads[k].tid, sizeof(one), &one);
			}
			nanosleep(&pause, NULL);
		} else {
			spin_until(slot_clock_ns() + 100000);
		}
	}
}

/* ---- the two sums ---------------------------------------------------------------------------- */

static uint64_t run_delay(int pid, int tid)
{
	unsigned long long ran, waited = 0;
	char path[64];
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, tid);
	in = fopen(path, "re");
	if (!in || fscanf(in, "%llu %llu", &ran, &waited) != 2)
		die(path);
	fclose(in);
	return waited;
}

static const uint32_t waits[] = { METRIC_RUNQ, METRIC_PREEMPTED, METRIC_REQUEUED,
				  METRIC_FIRST_RUN };

static int nr_differ; /* threads whose sums are not the same, in this run */

static void compare(const struct tracer_snapshot *s, int tid, uint64_t kernel)
{
	char tail[32];
	uint64_t sum = 0, nr = 0;

	snprintf(tail, sizeof(tail), "%s-%d", name, tid);
	for (uint32_t g = 0; g < s->nr_groups; g++) {
		if (strcmp(s->group[g].name, tail))
			continue;
		for (size_t m = 0; m < sizeof(waits) / sizeof(waits[0]); m++) {
			sum += tracer_snapshot_sum(s, g, waits[m]);
			nr += tracer_snapshot_count(s, g, waits[m]);
		}
	}
	if (getenv("VERBOSE"))
		printf("    %d: %lu waits, kernel %lu ns, here %lu ns: %+.3f %%\n", tid, nr, kernel,
		       sum, 100 * ((double)sum / (double)kernel - 1));
	if (fabs((double)sum - (double)kernel) <= .01 * (double)kernel)
		return;
	printf("    thread %d: %lu ns in %lu waits, the kernel says %lu\n", tid, sum, nr, kernel);
	nr_differ++;
}

/* false: the kernel did not tell every switch */
static bool run_once(void (*what)(int i, uint64_t end), int nr, int first)
{
	struct tracer_opts o = { .kind = TRACER_WAKEUP, .group = TRACER_GROUP_SUBJECT };
	uint64_t before[MAX_THREADS], after;
	struct tracer_snapshot *s;
	char err[256] = "";
	struct job j = { 0 };
	int tid[MAX_THREADS];
	struct tracer *t;
	bool told;

	fflush(stdout);
	if (pipe(j.to) || pipe(j.from))
		die("pipe");
	j.pid = fork();
	if (!j.pid) {
		alarm(60);
		work = what;
		nr_threads = nr;
		for (uintptr_t i = 0; i < (uintptr_t)nr; i++)
			if (pthread_create(&threads[i].thread, NULL, thread_main, (void *)i))
				die("pthread_create");
		all_asleep();
		for (int i = 0; i < nr; i++)
			if (write(j.from[1], &(int){ threads[i].tid }, sizeof(int)) != sizeof(int))
				die("write");
		job_hear(j.to[0]);
		end_ns = slot_clock_ns() + WORK_NS;
		wake(&go);
		while (done != (uint32_t)nr)
			sched_yield();
		all_asleep();
		job_say(j.from[1], 'd');
		job_hear(j.to[0]);
		_exit(0);
	}
	for (int i = 0; i < nr; i++)
		if (read(j.from[0], &tid[i], sizeof(int)) != sizeof(int))
			die("child");
	if (filter_add_globs(&o.filter, name, err, sizeof(err)))
		die(err);
	t = open_or_die(&o);
	attach_or_die(t);
	tracer_enable(t, true);
	for (int i = 0; i < nr; i++)
		before[i] = run_delay(j.pid, tid[i]);
	job_say(j.to[1], 'g');
	if (job_hear(j.from[0]) != 'd')
		die("child");
	tracer_enable(t, false);
	s = snapshot(t);
	told = !counter(s, "switch_missed");
	for (int i = first; told && i < nr; i++) {
		after = run_delay(j.pid, tid[i]);
		compare(s, tid[i], after - before[i]);
	}
	CHECK(nr_lost(s) == counter(s, "switch_missed"), "%lu lost", nr_lost(s));
	show(s);
	tracer_snapshot_free(s);
	tracer_close(t);
	filter_free(&o.filter);
	job_say(j.to[1], 'q');
	waitpid(j.pid, NULL, 0);
	close(j.to[0]), close(j.to[1]), close(j.from[0]), close(j.from[1]);
	return told;
}

/*
 * @first: the threads before it are not compared
 *
 * The kernel reads its clock a moment before it reports a switch. Where the hypervisor takes the CPU
 * in between, often enough in a busy guest, that is more than 1 %; a wait that is not counted, or
 * counted twice, is there in each run.
 */
static void run(void (*what)(int i, uint64_t end), int nr, int first)
{
	int nr_runs_differ = 0;

	for (int i = 0; i < MAX_RUNS && !nr_failed_checks; i++) {
		nr_differ = 0;
		if (!run_once(what, nr, first))
			continue;
		if (!nr_differ)
			return;
		nr_runs_differ++;
		CHECK(nr_runs_differ < 3, "%d runs differ", nr_runs_differ);
	}
	nothing_said = nr_runs_differ ? "no run agrees, and too few had every switch"
				      : "in each run the kernel left out a switch";
}

static void case_hogs(void)
{
	run(hogs, 4, 0);
}

static void case_storm(void)
{
	run(storm, 8, 0);
}

static void case_migrations(void)
{
	run(migrations, 7, 1);
}

static const struct test_case cases[] = {
	{ "hogs on one CPU", case_hogs, 1 },
	{ "a storm of wakes and yields", case_storm, 1 },
	{ "threads moved about", case_migrations, 1 },
};

int main(int argc, char **argv)
{
	snprintf(name, sizeof(name), "kt_w%d", (int)getpid());
	return run_cases(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
