// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ten thousand threads, a row each: every wake is in the sums, and maps and process together stay
 * within 64 MB, also while the record is written. With few cells, or few rows, what finds no room is
 * in `others`, and all sums are the same.
 */
#include <errno.h>

#include "bpf/snapshot.h"
#include "bpf/wakeup_shared.h"

#include "tests/tracer/sleeper.h"

#define NR_THREADS 10000
#define NR_ROUNDS  10
#define LIMIT_KB   (64 << 10)

/* ---- the threads ----------------------------------------------------------------------------- */

static int nr_threads;
static char name[16]; /* of all; other tests may run beside this one */
static _Atomic uint32_t gate[NR_THREADS], passed;
static _Atomic int tid_of[NR_THREADS];

static void *wait_at_gate(void *arg)
{
	uint32_t i = (uint32_t)(uintptr_t)arg, round = 0;

	tid_of[i] = gettid();
	for (;;) {
		while (gate[i] == round)
			syscall(SYS_futex, &gate[i], FUTEX_WAIT_PRIVATE, round, NULL);
		round++;
		passed++;
	}
	return NULL;
}

static void setup_threads(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 16 << 10);
	for (uintptr_t i = 0; i < (uintptr_t)nr_threads; i++) {
		int ret = pthread_create(&thread, &attr, wait_at_gate, (void *)i);

		if (ret) {
			errno = ret;
			die("pthread_create");
		}
	}
	for (int i = 0; i < nr_threads; i++)
		while (!tid_of[i] || !in_futex(tid_of[i]))
			sched_yield();
}

/* Each is asleep when it is woken. */
static void work_rounds(void)
{
	for (uint32_t round = 1; round <= NR_ROUNDS; round++)
		for (int i = 0; i < nr_threads; i++) {
			gate[i] = round;
			syscall(SYS_futex, &gate[i], FUTEX_WAKE_PRIVATE, 1);
			while (passed != (round - 1) * (uint32_t)nr_threads + (uint32_t)i + 1 ||
			       !in_futex(tid_of[i]))
				sched_yield();
		}
}

/* ---- what it takes --------------------------------------------------------------------------- */

static long status_kb(const char *what)
{
	char line[128];
	FILE *in = fopen("/proc/self/status", "re");
	long kb = -1;

	while (in && kb < 0 && fgets(line, sizeof(line), in))
		if (!strncmp(line, what, strlen(what)))
			kb = strtol(line + strlen(what), NULL, 10);
	if (in)
		fclose(in);
	return kb;
}

/* What the kernel says that the maps of this process take. */
static long maps_kb(void)
{
	long bytes = 0, all = 0;

	for (int fd = 3; fd < 256; fd++) {
		char path[64], line[128];
		bool map = false;
		FILE *in;

		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
		in = fopen(path, "re");
		while (in && fgets(line, sizeof(line), in)) {
			map |= !strncmp(line, "map_id:", 7);
			sscanf(line, "memlock: %ld", &bytes);
		}
		if (in && map)
			all += bytes;
		if (in)
			fclose(in);
	}
	return all >> 10;
}

/* ---- tracing them ---------------------------------------------------------------------------- */

/* What the threads of the child have in all, and the counts of rows. */
struct seen {
	uint64_t woken, woken_ns, wake_ns, runq_ns, others, lost, folded;
	uint32_t rows;
	long kb; /* maps and process together, at most */
};

static void sum_up(const struct tracer_snapshot *s, struct seen *seen)
{
	for (uint32_t g = 0; g < s->nr_groups; g++) {
		uint64_t woken = tracer_snapshot_count(s, g, METRIC_WOKEN);
		bool others = !strcmp(s->group[g].name, "others");

		if (!others && strncmp(s->group[g].name, name, strlen(name)))
			continue;
		seen->rows += woken && !others;
		seen->others += others ? woken : 0;
		seen->woken += woken;
		seen->woken_ns += tracer_snapshot_sum(s, g, METRIC_WOKEN);
		seen->wake_ns += tracer_snapshot_sum(s, g, METRIC_WAKE);
		seen->runq_ns += tracer_snapshot_sum(s, g, METRIC_RUNQ);
	}
	seen->lost = counter(s, "switch_missed") + counter(s, "absorbed");
	seen->folded = counter(s, "folded");
}

static void write_record(const struct tracer_snapshot *s)
{
	const struct record_trace about = { .kind = "wakeup" };
	char path[] = "/tmp/kt_many_XXXXXX";
	int fd = mkstemp(path), ret;
	struct record_writer *w;

	if (fd < 0)
		die(path);
	unlink(path);
	ret = record_stream(&w, fd);
	ret = ret ?: snapshot_write_subjects(w, s, TRACER_GROUP_SUBJECT, &about);
	CHECK(!ret && record_close(w) == 0, "%d", ret);
}

static struct seen trace_threads(const struct tracer_opts *o, int nr)
{
	struct tracer_snapshot *s;
	struct seen seen = { 0 };
	struct job j = { 0 };
	struct tracer *t;

	fflush(stdout);
	if (pipe(j.to) || pipe(j.from))
		die("pipe");
	j.pid = fork();
	if (!j.pid) {
		alarm(120);
		nr_threads = nr;
		pthread_setname_np(pthread_self(), name);
		setup_threads();
		pthread_setname_np(pthread_self(), "kt_main");
		job_say(j.from[1], 'r');
		job_hear(j.to[0]);
		work_rounds();
		job_say(j.from[1], 'd');
		job_hear(j.to[0]);
		_exit(0);
	}
	if (job_hear(j.from[0]) != 'r')
		die("child");
	t = open_or_die(o);
	attach_or_die(t);
	tracer_enable(t, true);
	job_say(j.to[1], 'g');
	if (job_hear(j.from[0]) != 'd')
		die("child");
	tracer_enable(t, false);
	s = snapshot(t);
	write_record(s);
	seen.kb = maps_kb() + status_kb("VmHWM:");
	if (getenv("VERBOSE"))
		printf("    maps %ld kB, process %ld kB\n", maps_kb(), status_kb("VmHWM:"));
	sum_up(s, &seen);
	tracer_snapshot_free(s);
	tracer_close(t);
	job_say(j.to[1], 'q');
	waitpid(j.pid, NULL, 0);
	close(j.to[0]), close(j.to[1]), close(j.from[0]), close(j.from[1]);
	return seen;
}

/* ---- cases ----------------------------------------------------------------------------------- */

static struct tracer_opts by_thread = { .kind = TRACER_WAKEUP, .group = TRACER_GROUP_SUBJECT };

static void check_sums(const struct seen *s, int nr)
{
	uint64_t all = (uint64_t)nr * NR_ROUNDS;

	CHECK(s->woken <= all && s->woken + s->lost >= all, "%lu wakes of %lu, %lu lost", s->woken,
	      all, s->lost);
	CHECK(s->wake_ns + s->runq_ns == s->woken_ns, "%lu + %lu is not %lu", s->wake_ns,
	      s->runq_ns, s->woken_ns);
}

static void a_row_each(void)
{
	struct seen s = trace_threads(&by_thread, NR_THREADS);

	check_sums(&s, NR_THREADS);
	CHECK(s.rows == NR_THREADS, "%u rows", s.rows);
	/* Cells are hashed: one value or another finds its lines taken long before all are. */
	CHECK(s.others <= s.woken / 1000 && s.folded <= s.woken / 1000,
	      "%lu wakes in others, %lu values folded", s.others, s.folded);
	CHECK(s.kb <= LIMIT_KB, "%ld kB", s.kb);
	printf("    maps and process together: %.1f MB\n", (double)s.kb / 1024);
}

static void few_rows(void)
{
	struct tracer_opts o = by_thread;
	struct seen s;

	o.nr_groups = 100;
	s = trace_threads(&o, 400);
	check_sums(&s, 400);
	CHECK(s.rows <= 100, "%u rows", s.rows);
	CHECK(s.others >= 300 * NR_ROUNDS - s.lost, "%lu wakes in others", s.others);
	CHECK(s.folded >= s.others, "%lu values folded", s.folded);
}

static void few_cells(void)
{
	struct tracer_opts o = by_thread;
	struct seen s;

	o.max_cells = 512;
	s = trace_threads(&o, 400);
	check_sums(&s, 400);
	CHECK(s.others > 0 && s.folded > 0, "%lu wakes in others, %lu values folded", s.others,
	      s.folded);
}

static const struct test_case cases[] = {
	{ "10 000 threads, a row each, in 64 MB", a_row_each, 1 },
	{ "few rows: the rest is in others", few_rows, 1 },
	{ "few cells: the rest is in others", few_cells, 1 },
};

/* For many_threads.sh: all of them woken again and again, a minute long at most. */
static __attribute__((noreturn)) void sleepers(void)
{
	alarm(60);
	nr_threads = NR_THREADS;
	setup_threads();
	puts("ready");
	fflush(stdout);
	for (uint32_t round = 1;; round++) {
		for (int i = 0; i < nr_threads; i++) {
			gate[i] = round;
			syscall(SYS_futex, &gate[i], FUTEX_WAKE_PRIVATE, 1);
		}
		usleep(300000);
	}
}

int main(int argc, char **argv)
{
	char err[512] = "";

	if (argc == 2 && !strcmp(argv[1], "sleepers"))
		sleepers();
	snprintf(name, sizeof(name), "kt_m%d", (int)getpid());
	if (filter_add_globs(&by_thread.filter, name, err, sizeof(err)))
		die(err);
	return run_cases(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
