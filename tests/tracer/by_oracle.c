// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a trace breaks down what it sees, against processes that do a known number of wakes.
 *
 * Prints one line per case and ends with "N passed, N failed". Needs the privilege to trace.
 */
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#include "bpf/topology.h"

#include "tests/tracer/beater.h"

#define NR_WAKES 100

/* Of these processes alone: others may be called the same. */
static pid_t ours[3];
static uint32_t nr_ours;

static struct tracer_opts opts_by(enum tracer_by by)
{
	return (struct tracer_opts){ .kind = TRACER_WAKEUP,
				     .group = TRACER_GROUP_SUBJECT,
				     .nr_groups = 64,
				     .by = by,
				     .filter = { .tgid = ours, .nr_tgids = nr_ours } };
}

static uint64_t count_named(const struct tracer_snapshot *s, const char *name, uint32_t metric)
{
	uint64_t n = 0;

	for (uint32_t g = 0; g < s->nr_groups; g++)
		if (!strcmp(s->group[g].name, name))
			n += count_of(s, g, metric);
	return n;
}

static uint64_t count_all(const struct tracer_snapshot *s, uint32_t metric)
{
	uint64_t n = 0;

	for (uint32_t g = 0; g < s->nr_groups; g++)
		n += count_of(s, g, metric);
	return n;
}

#define IS(s, name, want)                                                                 \
	CHECK(is_all(s, count_named(s, name, METRIC_WOKEN), want), "%s: %lu of %d", name, \
	      count_named(s, name, METRIC_WOKEN), want)

#define AT_LEAST(s, name, want)                                                  \
	CHECK(count_named(s, name, METRIC_WOKEN) + counter(s, "switch_missed") + \
			      counter(s, "absorbed") >=                          \
		      (want),                                                    \
	      "%s: %lu of %d", name, count_named(s, name, METRIC_WOKEN), want)

/* ---- the task's own -------------------------------------------------------------------------- */

static struct beater beater[3];
static const int nr_beats[3] = { 30, 60, 90 };

static void beat_all(void)
{
	for (int i = 0; i < 3; i++)
		beater_order(&beater[i], (struct order){ .nr = nr_beats[i] });
}

static void start_all(const struct beat *beats)
{
	for (int i = 0; i < 3; i++) {
		beater_start(&beater[i], &beats[i], false);
		ours[i] = beater[i].pid;
	}
	nr_ours = 3;
}

static void end_all(void)
{
	for (int i = 0; i < 3; i++)
		beater_end(&beater[i]);
}

static const struct beat same_names[3] = { { "kt_same", 0, 1 },
					   { "kt_other", 1, 0 },
					   { "kt_same", 0, 1 } };

static void by_comm(void)
{
	struct tracer_opts o;
	struct tracer_snapshot *s;

	start_all(same_names);
	o = opts_by(TRACER_BY_COMM);
	s = trace(&o, beat_all);
	IS(s, "kt_same", 120);
	IS(s, "kt_other", 60);
	/* Beside them only the processes' first threads. */
	CHECK(s->nr_groups == 3, "%u subjects", s->nr_groups);
	CHECK(count_all(s, METRIC_RAN) >= count_all(s, METRIC_WOKEN), "%lu stints",
	      count_all(s, METRIC_RAN));
	tracer_snapshot_free(s);
	end_all();
}

static void by_cpu(void)
{
	struct tracer_opts o;
	struct tracer_snapshot *s;

	start_all(same_names);
	o = opts_by(TRACER_BY_CPU);
	s = trace(&o, beat_all);
	CHECK(s->nr_groups == 2, "%u subjects", s->nr_groups);
	/* Their first threads run on the other one, and are woken when they are told to begin. */
	AT_LEAST(s, "CPU 1", 120);
	AT_LEAST(s, "CPU 0", 60);
	CHECK(count_all(s, METRIC_WOKEN) < 240, "%lu", count_all(s, METRIC_WOKEN));
	tracer_snapshot_free(s);
	end_all();
}

/* The last name is the one that is shown: a thread is born with its creator's. */
static void beat_and_rename(void)
{
	beater_order(&beater[0], (struct order){ .nr = 20 });
	beater_order(&beater[0], (struct order){ .nr = 20, .rename = 1 });
}

static void renamed(void)
{
	struct tracer_opts o;
	struct tracer_snapshot *s;
	char name[64];

	start_all(same_names);
	o = opts_by(TRACER_BY_THREAD);
	s = trace(&o, beat_and_rename);
	snprintf(name, sizeof(name), "kt_renamed-%d", beater[0].tid);
	CHECK(count_named(s, "kt_same-", METRIC_WOKEN) == 0, "an old name stays");
	IS(s, name, 40);
	tracer_snapshot_free(s);
	end_all();
}

/* What it is called when it no longer counts is not the name that it counted under. */
static void renamed_away(void)
{
	struct tracer_snapshot *s;
	char *same = "kt_same";
	struct tracer_opts o;
	char name[64];

	start_all(same_names);
	o = opts_by(TRACER_BY_THREAD);
	o.filter.glob = &same;
	o.filter.nr_globs = 1;
	s = trace(&o, beat_and_rename);
	snprintf(name, sizeof(name), "kt_same-%d", beater[0].tid);
	IS(s, name, 20);
	CHECK(wakes_of(s, "kt_renamed") == 0, "a name that was filtered out is shown");
	tracer_snapshot_free(s);
	end_all();
}

/* ---- cgroups --------------------------------------------------------------------------------- */

static char cgroup_top[2200], cgroup_deep[2300], cgroup_root[2048];

static void move_and_beat(struct tracer *t)
{
	snprintf(cgroup_deep, sizeof(cgroup_deep), "%s/deep", cgroup_top);
	if (mkdir(cgroup_deep, 0755))
		die(cgroup_deep);
	enter_cgroup(beater[0].pid, cgroup_top);
	enter_cgroup(beater[1].pid, cgroup_deep);
	beat_all();
	/* As the tool does; then the name is known when the cgroup is gone. */
	tracer_poll(t);
	enter_cgroup(beater[1].pid, cgroup_root);
	if (rmdir(cgroup_deep))
		die(cgroup_deep);
}

static void by_cgroup(void)
{
	struct tracer_opts o;
	struct tracer_snapshot *s;
	struct tracer *t;
	char name[128];

	if (!cgroup_mount(false, cgroup_root, sizeof(cgroup_root)) &&
	    !cgroup_mount(true, cgroup_root, sizeof(cgroup_root))) {
		printf("    SKIP: not mounted\n");
		return;
	}
	snprintf(cgroup_top, sizeof(cgroup_top), "%s/kt_by_%d", cgroup_root, getpid());
	if (mkdir(cgroup_top, 0755)) {
		printf("    SKIP: cannot make a cgroup: %s\n", strerror(errno));
		return;
	}
	start_all(same_names);
	o = opts_by(TRACER_BY_CGROUP);
	t = open_or_die(&o);
	attach_or_die(t);
	tracer_enable(t, true);
	move_and_beat(t);
	tracer_enable(t, false);
	s = snapshot(t);
	show(s);
	snprintf(name, sizeof(name), "/kt_by_%d", getpid());
	AT_LEAST(s, name, 30);
	CHECK(count_named(s, name, METRIC_WOKEN) < 60, "%lu", count_named(s, name, METRIC_WOKEN));
	snprintf(name, sizeof(name), "/kt_by_%d/deep", getpid());
	AT_LEAST(s, name, 60);
	AT_LEAST(s, "/", 90);
	tracer_snapshot_free(s);
	tracer_close(t);
	end_all();
	if (rmdir(cgroup_top))
		die(cgroup_top);
}

/* ---- wakers ---------------------------------------------------------------------------------- */

/* A child called kt_woken that does @work when it is told to. */
static pid_t child_of(void (*work)(void), int go[2], int done[2])
{
	pid_t pid;

	fflush(stdout);
	if (pipe(go) || pipe(done))
		die("pipe");
	pid = fork();
	if (!pid) {
		alarm(60);
		prctl(PR_SET_NAME, "kt_woken");
		job_say(done[1], 'r');
		job_hear(go[0]);
		work();
		job_say(done[1], 'd');
		job_hear(go[0]);
		_exit(0);
	}
	job_hear(done[0]);
	return pid;
}

static struct tracer_snapshot *trace_child_by(enum tracer_by by, void (*work)(void))
{
	struct tracer_snapshot *s;
	int go[2], done[2];
	struct tracer_opts o;
	struct tracer *t;
	pid_t pid = child_of(work, go, done);

	ours[0] = pid;
	nr_ours = 1;
	o = opts_by(by);
	t = open_or_die(&o);
	attach_or_die(t);
	tracer_enable(t, true);
	job_say(go[1], 'g');
	job_hear(done[0]);
	tracer_enable(t, false);
	s = snapshot(t);
	show(s);
	tracer_close(t);
	job_say(go[1], 'q');
	waitpid(pid, NULL, 0);
	close(go[0]), close(go[1]), close(done[0]), close(done[1]);
	return s;
}

static void work_timer(void)
{
	struct timespec pause = { .tv_nsec = 200000 };

	for (int i = 0; i < NR_WAKES; i++)
		nanosleep(&pause, NULL);
}

/* A timer's wakes are an interrupt's (where timers run in softirqs: theirs), not of whom it hit. */
static void by_waker_timer(void)
{
	struct tracer_snapshot *s = trace_child_by(TRACER_BY_WAKER, work_timer);
	uint64_t n =
		count_named(s, "interrupt", METRIC_WOKEN) + count_named(s, "softirq", METRIC_WOKEN);

	CHECK(n + counter(s, "switch_missed") + counter(s, "absorbed") >= NR_WAKES, "%lu", n);
	tracer_snapshot_free(s);
}

/* Is process @pid asleep in the system call @nr? */
static bool asleep_in(pid_t pid, long nr)
{
	char name[64], text[128] = "";
	long in = -1;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/syscall", pid);
	f = fopen(name, "re");
	if (!f)
		die(name);
	if (fgets(text, sizeof(text), f))
		sscanf(text, "%ld", &in);
	fclose(f);
	return in == nr;
}

/* A reader of a UDP socket, and another process that sends when it sleeps. */
static void work_socket(void)
{
	int rx = socket(AF_INET, SOCK_DGRAM, 0), tx = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	pid_t pid, reader = getpid();
	char c = 'x';

	if (rx < 0 || tx < 0 || bind(rx, (struct sockaddr *)&at, len) ||
	    getsockname(rx, (struct sockaddr *)&at, &len))
		die("socket");
	pid = fork();
	if (!pid) {
		alarm(60);
		prctl(PR_SET_NAME, "sender");
		for (int i = 0; i < NR_WAKES; i++) {
			while (!asleep_in(reader, SYS_recvfrom))
				sched_yield();
			sendto(tx, &c, 1, 0, (struct sockaddr *)&at, len);
		}
		_exit(0);
	}
	for (int i = 0; i < NR_WAKES; i++)
		if (recv(rx, &c, 1, 0) != 1)
			die("recv");
	waitpid(pid, NULL, 0);
}

/* What arrives is handed on in a softirq; of a CPU that has much to do, by the thread that it has for that. */
static void by_waker_socket(void)
{
	struct tracer_snapshot *s = trace_child_by(TRACER_BY_WAKER, work_socket);
	uint64_t n = count_named(s, "softirq", METRIC_WOKEN);
	char thread[32];

	for (long cpu = 0; cpu < sysconf(_SC_NPROCESSORS_CONF); cpu++) {
		snprintf(thread, sizeof(thread), "ksoftirqd/%ld", cpu);
		n += count_named(s, thread, METRIC_WOKEN);
	}
	CHECK(n + counter(s, "switch_missed") + counter(s, "absorbed") >= NR_WAKES, "%lu", n);
	tracer_snapshot_free(s);
}

/* Another process, by its name; what is not woken is nobody's. */
static void by_waker_task(void)
{
	struct tracer_opts o;
	struct tracer_snapshot *s;

	start_all(same_names);
	o = opts_by(TRACER_BY_WAKER);
	s = trace(&o, beat_all);
	IS(s, "beat_main", 180);
	CHECK(count_named(s, "not woken", METRIC_WOKEN) == 0, "woken by nobody");
	CHECK(count_named(s, "beat_main", METRIC_PREEMPTED) == 0 &&
		      count_named(s, "beat_main", METRIC_REQUEUED) == 0,
	      "what nobody woke is a waker's");
	tracer_snapshot_free(s);
	end_all();
}

/* ---- placement ------------------------------------------------------------------------------- */

static void place(pid_t tid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(tid, sizeof(set), &set))
		die("sched_setaffinity");
}

/* Odd ones on the other CPU: moved while it sleeps, so that the wake is what places it. */
static void work_placed(void)
{
	struct sleeper s;

	pin(0);
	sleeper_start(&s, 1, NO_REQUEST);
	await_asleep(&s);
	for (int i = 0; i < NR_WAKES; i++) {
		if (i >= NR_WAKES / 2)
			place(s.tid, i % 2);
		wake_times(&s, 1);
	}
}

static void by_placement(void)
{
	struct topology_near a = topology_of("/sys/devices/system", 0),
			     b = topology_of("/sys/devices/system", 1);
	const char *far = a.cache && a.cache == b.cache ? "same cache"
			  : !a.node || !b.node		? "not known"
			  : a.node == b.node		? "same node"
							: "remote";
	struct tracer_snapshot *s = trace_child_by(TRACER_BY_PLACEMENT, work_placed);
	uint64_t stayed = count_named(s, "same CPU", METRIC_WOKEN),
		 moved = count_named(s, far, METRIC_WOKEN);

	/* The first of the second half moves to CPU 0, where it was not; from then on each does. */
	CHECK(moved + counter(s, "switch_missed") + counter(s, "absorbed") >= NR_WAKES / 2,
	      "%lu moved (%s)", moved, far);
	CHECK(stayed + counter(s, "switch_missed") + counter(s, "absorbed") >= NR_WAKES / 2 - 1,
	      "%lu stayed", stayed);
	CHECK(count_named(s, "first run", METRIC_FIRST_RUN) == 1, "%lu first runs",
	      count_named(s, "first run", METRIC_FIRST_RUN));
	CHECK(moved <= NR_WAKES / 2 + 4, "%lu moved of %d", moved, NR_WAKES / 2);
	tracer_snapshot_free(s);
}

/* ---- exec by another than the first thread ---------------------------------------------------- */

static int told[2];

static void *execute(void *arg)
{
	char c;

	hear(told[0], &c, 1);
	execl("/proc/self/exe", "by_oracle", "--sleep", NULL);
	die("execl");
	return arg;
}

/* What is executed then, by the process's only thread. */
static int sleep_often(void)
{
	const struct timespec pause = { .tv_nsec = 200000 };

	prctl(PR_SET_NAME, "kt_execed");
	for (int i = 0; i < NR_WAKES; i++)
		nanosleep(&pause, NULL);
	return 0;
}

static void let_execute(void)
{
	say(told[1], "e", 1);
	waitpid(ours[0], NULL, 0);
}

/* The thread has the id of the first one from then on. */
static void executed(void)
{
	struct tracer_opts o;
	struct tracer_snapshot *s;
	pthread_t thread;
	char name[64];

	fflush(stdout);
	if (pipe(told))
		die("pipe");
	ours[0] = fork();
	if (!ours[0]) {
		alarm(60);
		if (pthread_create(&thread, NULL, execute, NULL))
			die("pthread_create");
		for (;;)
			pause();
	}
	nr_ours = 1;
	o = opts_by(TRACER_BY_THREAD);
	s = trace(&o, let_execute);
	snprintf(name, sizeof(name), "kt_execed-%d", ours[0]);
	AT_LEAST(s, name, NR_WAKES);
	tracer_snapshot_free(s);
	close(told[0]), close(told[1]);
}

static const struct test_case cases[] = {
	{ "by comm: threads of one name together", by_comm, 2 },
	{ "by CPU: where it runs", by_cpu, 2 },
	{ "by thread: under its last name", renamed, 2 },
	{ "by thread: under its last name that matches", renamed_away, 2 },
	{ "by thread: after an exec by another than the first", executed, 1 },
	{ "by cgroup: paths, also when it is gone", by_cgroup, 2 },
	{ "by waker: a timer", by_waker_timer, 1 },
	{ "by waker: a socket", by_waker_socket, 1 },
	{ "by waker: another process", by_waker_task, 2 },
	{ "by placement: same CPU or farther", by_placement, 2 },
};

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--sleep"))
		return sleep_often();
	return run_cases(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
