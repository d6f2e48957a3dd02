// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole wakes, with call and resume, of processes that nobody named: the slots of whatever process
 * turns up are found, also of several at once, started before or after.
 *
 * Run as `registry_oracle --work NAME HOW` it is such a process. Prints one line per case and ends
 * with "N passed, N failed". Needs the privilege to trace.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/tracer/beater.h"

#define NR_WAKES 150

/* ---- the process that is traced -------------------------------------------------------------- */

static void work_wakes(const char *name)
{
	struct sleeper s;

	pin(0);
	prctl(PR_SET_NAME, name);
	sleeper_start(&s, 1, STAMPS);
	prctl(PR_SET_NAME, "work");
	await_asleep(&s);
	job_say(1, 'r');
	/* Those of an earlier wake, or of a file that is known, write stamps at once. */
	while (!slot_observed())
		sched_yield();
	job_say(1, 'o');
	job_hear(0);
	wake_times(&s, NR_WAKES);
}

/* A thread with a slot that others wake than its program's threads: a timer, or by what it reads. */
struct woken {
	int from, to;	   /* -1: a timer; else what is written to `to` is read */
	_Atomic pid_t tid; /* of the thread, once it has its slot */
	_Atomic int *nr;   /* what it has read, where another process sees it */
};

static void *woken_main(void *arg)
{
	struct timespec pause = { .tv_nsec = 200000 };
	struct woken *w = arg;
	char c;

	slot_register();
	w->tid = gettid();
	for (int i = 0; i < NR_WAKES; i++)
		if (w->from < 0)
			nanosleep(&pause, NULL);
		else if (read(w->from, &c, 1) == 1)
			(*w->nr)++;
		else
			die("read");
	slot_unregister();
	return NULL;
}

/*
 * Another process: writes whenever thread @tid of @pid sleeps in its read. What was written last may
 * be on its way, with the thread still asleep: so it must have been read.
 */
static void write_to(int to, pid_t pid, pid_t tid, _Atomic int *nr)
{
	char name[64], text[128];
	long in;

	snprintf(name, sizeof(name), "/proc/%d/task/%d/syscall", pid, tid);
	alarm(60);
	for (int i = 0; i < NR_WAKES; i++) {
		do {
			FILE *f = fopen(name, "re");

			in = -1;
			if (f && fgets(text, sizeof(text), f))
				sscanf(text, "%ld", &in);
			if (f)
				fclose(f);
			sched_yield();
		} while (*nr != i || in != SYS_read);
		if (write(to, "x", 1) != 1)
			die("write");
	}
	_exit(0);
}

/* Two ends of a UDP connection of this machine: what is written is read by way of a softirq. */
static void connect_sockets(struct woken *w)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);

	w->from = socket(AF_INET, SOCK_DGRAM, 0);
	w->to = socket(AF_INET, SOCK_DGRAM, 0);
	if (w->from < 0 || w->to < 0 || bind(w->from, (struct sockaddr *)&at, len) ||
	    getsockname(w->from, (struct sockaddr *)&at, &len) ||
	    connect(w->to, (struct sockaddr *)&at, len))
		die("socket");
}

static void work_woken(const char *name, const char *how)
{
	struct woken w = { -1, -1, 0, NULL };
	pthread_t thread;
	pid_t pid = getpid(), writer = 0;
	int ends[2];

	w.nr = mmap(NULL, sizeof(*w.nr), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w.nr == MAP_FAILED)
		die("mmap");
	if (!strcmp(how, "socket"))
		connect_sockets(&w);
	if (!strcmp(how, "pipe")) {
		if (pipe(ends))
			die("pipe");
		w.from = ends[0];
		w.to = ends[1];
	}
	job_say(1, 'r');
	job_say(1, 'o');
	job_hear(0);
	prctl(PR_SET_NAME, name);
	if (pthread_create(&thread, NULL, woken_main, &w))
		die("pthread_create");
	prctl(PR_SET_NAME, "work");
	while (!w.tid)
		sched_yield();
	if (w.from >= 0)
		writer = fork();
	if (w.from >= 0 && !writer)
		write_to(w.to, pid, w.tid, w.nr);
	pthread_join(thread, NULL);
	if (writer)
		waitpid(writer, NULL, 0);
}

static int work(const char *name, const char *how)
{
	pid_t pid = 0;

	alarm(60);
	/* A child's registry lies where its parent's does, which has one. */
	if (!strcmp(how, "fork")) {
		slot_register();
		pid = fork();
	}
	if (pid) {
		waitpid(pid, NULL, 0);
		return 0;
	}
	if (!strcmp(how, "wakes") || !strcmp(how, "fork"))
		work_wakes(name);
	else
		work_woken(name, how);
	job_say(1, 'd');
	job_hear(0);
	return 0;
}

/* ---- started by the test --------------------------------------------------------------------- */

static const char *self;

static void start(struct job *j, const char *path, const char *name, const char *how)
{
	fflush(stdout);
	if (pipe2(j->to, O_CLOEXEC) || pipe2(j->from, O_CLOEXEC))
		die("pipe");
	j->pid = fork();
	if (!j->pid) {
		dup2(j->to[0], 0);
		dup2(j->from[1], 1);
		execl(path, path, "--work", name, how, NULL);
		_exit(127);
	}
	/* It has its slot, or will say so. */
	if (job_hear(j->from[0]) != 'r')
		die(path);
}

/* Polls as the tool does, until the process sees itself observed. */
static void await_observed(struct job *j, struct tracer *t)
{
	uint64_t end = slot_clock_ns() + 20000000000ULL;
	struct timespec pause = { .tv_nsec = 5000000 };

	while (!can_hear(j->from[0]) && slot_clock_ns() < end) {
		tracer_poll(t);
		nanosleep(&pause, NULL);
	}
	if (!can_hear(j->from[0]) || job_hear(j->from[0]) != 'o') {
		printf("    nobody raised the semaphore\n");
		exit(1);
	}
	tracer_poll(t);
}

static void let_work(struct job *j)
{
	job_say(j->to[1], 'g');
	if (job_hear(j->from[0]) != 'd')
		die("work");
}

static void end(struct job *j)
{
	job_say(j->to[1], 'q');
	waitpid(j->pid, NULL, 0);
	close(j->to[0]), close(j->to[1]), close(j->from[0]), close(j->from[1]);
}

/* Names of this run alone: a test beside it may trace the same. */
static const char *name_of(char c)
{
	static char name[4][16];
	static int nr;
	char *to = name[nr++ & 3];

	snprintf(to, 16, "kt_%c%d", c, getpid());
	return to;
}

static struct tracer *trace_names(void)
{
	static char pattern[32], *glob = pattern;
	struct tracer_opts o = { .kind = TRACER_WAKEUP,
				 .group = TRACER_GROUP_SUBJECT,
				 .by = TRACER_BY_COMM,
				 .filter = { .glob = &glob, .nr_globs = 1 } };
	struct tracer *t;

	snprintf(pattern, sizeof(pattern), "kt_?%d", getpid());
	t = open_or_die(&o);
	attach_or_die(t);
	tracer_enable(t, true);
	return t;
}

static uint64_t of(const struct tracer_snapshot *s, const char *name, uint32_t metric)
{
	for (uint32_t g = 0; g < s->nr_groups; g++)
		if (!strcmp(s->group[g].name, name))
			return count_of(s, g, metric);
	return 0;
}

#define WHOLE(s, name)                                                                      \
	do {                                                                                \
		CHECK(is_all(s, of(s, name, METRIC_CALL), NR_WAKES), "%s: %lu calls", name, \
		      of(s, name, METRIC_CALL));                                            \
		CHECK(of(s, name, METRIC_RESUME) == of(s, name, METRIC_CALL),               \
		      "%s: %lu resumes of %lu", name, of(s, name, METRIC_RESUME),           \
		      of(s, name, METRIC_CALL));                                            \
		CHECK(of(s, name, METRIC_WOKEN) + counter(s, "switch_missed") >= NR_WAKES,  \
		      "%s: %lu woken", name, of(s, name, METRIC_WOKEN));                    \
	} while (0)

static struct tracer_snapshot *stop(struct tracer *t)
{
	struct tracer_snapshot *s;

	tracer_enable(t, false);
	s = snapshot(t);
	show(s);
	tracer_close(t);
	return s;
}

/* ---- cases ----------------------------------------------------------------------------------- */

/* @before, @after: what they run, or NULL; @how: what the latter does */
static void run_both(const char *before, const char *after, const char *how)
{
	const char *a = name_of('a'), *b = name_of('b');
	struct tracer_snapshot *s;
	struct job first, second;
	struct tracer *t;

	if (before)
		start(&first, before, a, "wakes");
	t = trace_names();
	if (before)
		await_observed(&first, t);
	if (after) {
		start(&second, after, b, how);
		await_observed(&second, t);
	}
	if (before)
		let_work(&first);
	if (after)
		let_work(&second);
	s = stop(t);
	if (before)
		WHOLE(s, a);
	if (after)
		WHOLE(s, b);
	tracer_snapshot_free(s);
	if (before)
		end(&first);
	if (after)
		end(&second);
}

static void before(void)
{
	run_both(self, NULL, NULL);
}

static void after(void)
{
	run_both(NULL, self, "wakes");
}

static void both(void)
{
	run_both(self, self, "wakes");
}

/* The file of the second is known then: its own probe must say where its slots are. */
static void one_after_another(void)
{
	const char *name[] = { name_of('a'), name_of('b') };
	struct tracer_snapshot *s;
	struct job j[2];
	struct tracer *t = trace_names();

	for (int i = 0; i < 2; i++) {
		start(&j[i], self, name[i], "wakes");
		await_observed(&j[i], t);
	}
	for (int i = 0; i < 2; i++)
		let_work(&j[i]);
	s = stop(t);
	for (int i = 0; i < 2; i++) {
		WHOLE(s, name[i]);
		end(&j[i]);
	}
	tracer_snapshot_free(s);
}

static void forked(void)
{
	run_both(NULL, self, "fork");
}

/* A file that the tracer has never seen beside one that it knows. */
static void copy_self(char *path)
{
	int in = open(self, O_RDONLY | O_CLOEXEC), out = mkstemp(path);
	char buf[65536];
	ssize_t n = -1;

	while (in >= 0 && out >= 0 && (n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			die(path);
	if (n < 0 || fchmod(out, 0755))
		die(path);
	close(in), close(out);
}

static void copied(void)
{
	char path[] = "/tmp/kt-registry-XXXXXX";

	copy_self(path);
	run_both(self, path, "wakes");
	unlink(path);
}

/* The arguments of its probe kthread:slot are of a form that nobody knows. */
static void break_probe(const char *path)
{
	static const char probe[] = "kthread\0slot";
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char *file, *at, *end;
	struct stat st;
	int nr = 0;

	if (fd < 0 || fstat(fd, &st))
		die(path);
	file = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (file == MAP_FAILED)
		die("mmap");
	end = file + st.st_size;
	/* The other one is the text above. */
	for (at = file; (at = memmem(at, (size_t)(end - at), probe, sizeof(probe))); nr++) {
		at += sizeof(probe);
		*at = '#';
	}
	if (nr < 2)
		die("kthread:slot");
	munmap(file, (size_t)st.st_size);
	close(fd);
}

/* Whoever has a broken file costs nobody else the stamps. */
static void beside_a_broken_one(void)
{
	char path[] = "/tmp/kt-registry-XXXXXX";
	struct job broken;

	copy_self(path);
	break_probe(path);
	start(&broken, path, "broken", "timer");
	job_hear(broken.from[0]);
	run_both(NULL, self, "wakes");
	let_work(&broken);
	end(&broken);
	unlink(path);
}

/* Woken by others a thread with a slot has the kernel's phases, and nobody's call. */
static void woken_by(const char *how)
{
	const char *name = name_of('n');
	struct tracer_snapshot *s;
	struct tracer *t;
	struct job j;

	t = trace_names();
	start(&j, self, name, how);
	await_observed(&j, t);
	let_work(&j);
	s = stop(t);
	CHECK(of(s, name, METRIC_WOKEN) + counter(s, "switch_missed") + counter(s, "absorbed") >=
		      NR_WAKES,
	      "%lu woken", of(s, name, METRIC_WOKEN));
	CHECK(of(s, name, METRIC_WAKE) == of(s, name, METRIC_WOKEN) &&
		      of(s, name, METRIC_RUNQ) == of(s, name, METRIC_WOKEN),
	      "wake %lu, runq %lu of %lu", of(s, name, METRIC_WAKE), of(s, name, METRIC_RUNQ),
	      of(s, name, METRIC_WOKEN));
	CHECK(of(s, name, METRIC_CALL) == 0, "guessed %lu", of(s, name, METRIC_CALL));
	show(s);
	tracer_snapshot_free(s);
	end(&j);
}

static void woken_by_timer(void)
{
	woken_by("timer");
}

static void woken_by_socket(void)
{
	woken_by("socket");
}

static void woken_by_process(void)
{
	woken_by("pipe");
}

static const struct test_case cases[] = {
	{ "started before", before, 2 },
	{ "started after", after, 2 },
	{ "one before and one after", both, 2 },
	{ "one after another, of one file", one_after_another, 2 },
	{ "a child that executes nothing", forked, 2 },
	{ "another file, after", copied, 2 },
	{ "beside a file of broken probes", beside_a_broken_one, 2 },
	{ "woken by a timer: the kernel's phases", woken_by_timer, 1 },
	{ "woken by a socket: the kernel's phases", woken_by_socket, 1 },
	{ "woken by another process: the kernel's phases", woken_by_process, 1 },
};

int main(int argc, char **argv)
{
	static char path[4096];
	ssize_t n;

	if (argc > 3 && !strcmp(argv[1], "--work"))
		return work(argv[2], argv[3]);
	n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = 0;
	self = path;
	return run_cases(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
