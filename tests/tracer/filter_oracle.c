// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a trace looks at and how it breaks it down, against processes that do a known number of
 * wakes.
 *
 * Each process has one sleeper with a name of its own; it beats when it is told to. Prints one line
 * per case and ends with "N passed, N failed". Needs the privilege to trace.
 */
#include <errno.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "bpf/wakeup_shared.h"

#include "tests/tracer/sleeper.h"

/* ---- a process that beats -------------------------------------------------------------------- */

struct beater {
	struct job j;
	pid_t pid, tid; /* of the process, of its sleeper */
};

struct order {
	int nr;	  /* wakes; 0: end */
	int fork; /* 1: have a child do them, whose sleeper is called "later" */
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
		if (o.fork)
			child_beats(b, o.nr);
		else
			wake_times(&s, o.nr);
		say(out, "d", 1);
	}
}

/* @middle: the beater is a child of the process that is started */
static void beater_start(struct beater *b, const struct beat *what, bool middle)
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

static void beater_order(struct beater *b, struct order o)
{
	char done;

	say(b->j.to[1], &o, sizeof(o));
	hear(b->j.from[0], &done, 1);
}

static void beater_end(struct beater *b)
{
	struct order o = { 0 };

	say(b->j.to[1], &o, sizeof(o));
	waitpid(b->pid, NULL, 0);
	close(b->j.to[0]), close(b->j.to[1]), close(b->j.from[0]), close(b->j.from[1]);
}

/* ---- a trace of them ------------------------------------------------------------------------- */

#define NR_BEATERS 3

static const struct beat beats[NR_BEATERS] = { { "kt_one", 0, 1 },
					       { "kt_two", 1, 0 },
					       { "kt_three", 0, 1 } };
static const int nr_beats[NR_BEATERS] = { 100, 200, 400 };

static struct beater beater[NR_BEATERS];

static void start_all(void)
{
	for (int i = 0; i < NR_BEATERS; i++)
		beater_start(&beater[i], &beats[i], false);
}

static void end_all(void)
{
	for (int i = 0; i < NR_BEATERS; i++)
		beater_end(&beater[i]);
}

static void beat_all(void)
{
	for (int i = 0; i < NR_BEATERS; i++)
		beater_order(&beater[i], (struct order){ .nr = nr_beats[i] });
}

/* What @o sees of @work. */
static struct tracer_snapshot *trace(const struct tracer_opts *o, void (*work)(void))
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
static uint64_t wakes_of(const struct tracer_snapshot *s, const char *name)
{
	uint64_t sum = 0;

	for (uint32_t g = 0; g < s->nr_groups; g++)
		if (!strncmp(s->group[g].name, name, strlen(name)))
			sum += count_of(s, g, METRIC_WOKEN);
	return sum;
}

static const struct tracer_opts by_thread = { .kind = TRACER_WAKEUP,
					      .group = TRACER_GROUP_SUBJECT,
					      .nr_groups = 64 };

/* Of each beater all or nothing. */
static void check_seen(const struct tracer_snapshot *s, const bool seen[NR_BEATERS])
{
	for (int i = 0; i < NR_BEATERS; i++) {
		uint64_t n = wakes_of(s, beats[i].name);

		CHECK(seen[i] ? is_all(s, n, nr_beats[i]) : n == 0, "%s: %lu of %d", beats[i].name,
		      n, seen[i] ? nr_beats[i] : 0);
	}
}

static void add(int (*how)(struct filter *f, const char *text, char *err, size_t errlen),
		struct filter *f, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void add(int (*how)(struct filter *f, const char *text, char *err, size_t errlen),
		struct filter *f, const char *fmt, ...)
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

static void trace_filtered(struct tracer_opts *o, const bool seen[NR_BEATERS])
{
	struct tracer_snapshot *s = trace(o, beat_all);

	check_seen(s, seen);
	tracer_snapshot_free(s);
	filter_free(&o->filter);
}

/* ---- cases ----------------------------------------------------------------------------------- */

static void processes(void)
{
	struct tracer_opts o = by_thread;

	start_all();
	add(filter_add_tgids, &o.filter, "%d,%d", beater[0].pid, beater[2].pid);
	trace_filtered(&o, (bool[]){ true, false, true });
	add(filter_add_tgids, &o.filter, "%d", beater[0].pid);
	add(filter_add_tgids, &o.filter, "%d", beater[1].pid);
	trace_filtered(&o, (bool[]){ true, true, false });
	end_all();
}

static void threads(void)
{
	struct tracer_opts o = by_thread;

	start_all();
	add(filter_add_tids, &o.filter, "%d,%d", beater[0].tid, beater[1].tid);
	trace_filtered(&o, (bool[]){ true, true, false });
	/* Sorts narrow: of both processes only the one thread. */
	add(filter_add_tgids, &o.filter, "%d,%d", beater[1].pid, beater[2].pid);
	add(filter_add_tids, &o.filter, "%d", beater[2].tid);
	trace_filtered(&o, (bool[]){ false, false, true });
	end_all();
}

static void names(void)
{
	struct tracer_opts o = by_thread;

	start_all();
	add(filter_add_globs, &o.filter, "kt_o*,kt_[a,t]hree");
	trace_filtered(&o, (bool[]){ true, false, true });
	/* Also where they do not fit into one word. */
	add(filter_add_globs, &o.filter, "%060d,kt_two", 0);
	add(filter_add_globs, &o.filter, "kt_three");
	trace_filtered(&o, (bool[]){ false, true, true });
	add(filter_add_tgids, &o.filter, "%d,%d", beater[1].pid, beater[2].pid);
	add(filter_add_globs, &o.filter, "kt_one,kt_two");
	trace_filtered(&o, (bool[]){ false, true, false });
	end_all();
}

static void beat_and_fork(void)
{
	beater_order(&beater[0], (struct order){ .nr = 100 });
	beater_order(&beater[0], (struct order){ .nr = 150, .fork = 1 });
}

/* Those that are there already and those that come; of others none. */
static void children(void)
{
	struct tracer_opts o = by_thread;
	struct tracer_snapshot *s;

	beater_start(&beater[0], &beats[0], true);
	beater_start(&beater[1], &beats[1], false);
	add(filter_add_tgids, &o.filter, "%d", beater[0].pid);
	s = trace(&o, beat_and_fork);
	CHECK(wakes_of(s, "kt_one") == 0 && wakes_of(s, "later") == 0, "children unasked");
	tracer_snapshot_free(s);
	o.follow_children = true;
	s = trace(&o, beat_and_fork);
	CHECK(is_all(s, wakes_of(s, "kt_one"), 100), "%lu", wakes_of(s, "kt_one"));
	/* It is also woken on its way to its CPU, and by those that share its memory. */
	CHECK(wakes_of(s, "later") + counter(s, "switch_missed") >= 150, "%lu",
	      wakes_of(s, "later"));
	tracer_snapshot_free(s);
	filter_free(&o.filter);
	beater_end(&beater[0]);
	beater_end(&beater[1]);
}

/* Where the woken thread runs, not where its waker does. */
static void cpus(void)
{
	struct tracer_opts o = by_thread;

	start_all();
	add(filter_add_globs, &o.filter, "kt_*");
	add(filter_add_cpus, &o.filter, "1");
	trace_filtered(&o, (bool[]){ true, false, true });
	add(filter_add_globs, &o.filter, "kt_*");
	add(filter_add_cpus, &o.filter, "0-0");
	trace_filtered(&o, (bool[]){ false, true, false });
	end_all();
}

/* ---- cgroups --------------------------------------------------------------------------------- */

/* Where the hierarchy of version 2, or of version 1's controller cpu, is mounted; false: nowhere. */
static bool cgroup_mount(bool v2, char *mount, size_t size)
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

static char cgroup_top[2200], cgroup_deep[2300];
static const char *cgroup_root;

static void enter_cgroup(pid_t pid, const char *cgroup)
{
	char procs[2400];
	FILE *out;

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", cgroup);
	out = fopen(procs, "we");
	if (!out || fprintf(out, "%d", pid) < 0 || fclose(out))
		die(procs);
}

/* Made while the trace runs. */
static void move_and_beat(void)
{
	snprintf(cgroup_deep, sizeof(cgroup_deep), "%s/later", cgroup_top);
	if (mkdir(cgroup_deep, 0755))
		die(cgroup_deep);
	beat_all(); /* not in it yet */
	enter_cgroup(beater[0].pid, cgroup_top);
	enter_cgroup(beater[1].pid, cgroup_deep);
	beat_all();
	enter_cgroup(beater[0].pid, cgroup_root);
	beater_order(&beater[0], (struct order){ .nr = 50 }); /* not in it any more */
}

static void in_cgroups(bool v2)
{
	struct tracer_opts o = by_thread;
	char mount[2048];

	if (!cgroup_mount(v2, mount, sizeof(mount))) {
		printf("    SKIP: not mounted\n");
		return;
	}
	cgroup_root = mount;
	snprintf(cgroup_top, sizeof(cgroup_top), "%s/kt_filter_%d", mount, getpid());
	if (mkdir(cgroup_top, 0755)) {
		printf("    SKIP: cannot make a cgroup: %s\n", strerror(errno));
		return;
	}
	start_all();
	add(filter_add_cgroup, &o.filter, "%s", cgroup_top);
	for (int again = 0; again < 2; again++) {
		struct tracer_snapshot *s = trace(&o, move_and_beat);

		check_seen(s, (bool[]){ true, true, false });
		tracer_snapshot_free(s);
		enter_cgroup(beater[1].pid, cgroup_root);
		rmdir(cgroup_deep);
		/* The second time by its path in the hierarchy. */
		filter_free(&o.filter);
		if (v2)
			add(filter_add_cgroup, &o.filter, "/kt_filter_%d", getpid());
		else
			add(filter_add_cgroup, &o.filter, "%s/../kt_filter_%d", cgroup_top,
			    getpid());
	}
	filter_free(&o.filter);
	end_all();
	if (rmdir(cgroup_top))
		die(cgroup_top);
}

static void cgroups_v1(void)
{
	in_cgroups(false);
}

static void cgroups_v2(void)
{
	in_cgroups(true);
}

static void ended(void)
{
	struct tracer_opts o = by_thread;
	struct tracer *t;

	start_all();
	add(filter_add_tgids, &o.filter, "%d,%d", beater[0].pid, beater[1].pid);
	t = open_or_die(&o);
	attach_or_die(t);
	CHECK(!tracer_ended(t), "both live");
	beater_end(&beater[0]);
	CHECK(!tracer_ended(t), "one lives");
	beater_end(&beater[1]);
	CHECK(tracer_ended(t), "none lives");
	beater_end(&beater[2]);
	tracer_close(t);
	filter_free(&o.filter);
}

static const struct test_case {
	const char *name;
	void (*run)(void);
	int cpus;
} cases[] = {
	{ "process ids add up", processes, 2 },
	{ "thread ids add up, and narrow process ids", threads, 2 },
	{ "names add up, and narrow process ids", names, 2 },
	{ "descendants of before and after", children, 2 },
	{ "the CPU it runs on", cpus, 2 },
	{ "cgroups of version 1, also made later", cgroups_v1, 2 },
	{ "cgroups of version 2, also made later", cgroups_v2, 2 },
	{ "it ends when all named have ended", ended, 2 },
};

int main(int argc, char **argv)
{
	int failed = 0, passed = 0, skipped = 0;
	char err[512] = "";

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
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
		cases[i].run();
		printf("%s %s\n", nr_failed_checks ? "FAIL" : "ok  ", cases[i].name);
		failed += nr_failed_checks != 0;
		passed += nr_failed_checks == 0;
	}
	printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
	return failed != 0;
}
