// SPDX-License-Identifier: GPL-2.0-only
/*
 * The wakeup tracer against workloads with known answers: counts, sums and lower bounds, never an
 * upper bound on time.
 *
 * Prints one line per case and ends with "N passed, N failed". Needs the privilege to trace.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <time.h>

#include <bpf/bpf.h>

#include "bpf/wake_state.h"

#include "tests/tracer/sleeper.h"

#define NR_WAKES 2000

static const struct tracer_opts by_arm = { .kind = TRACER_WAKEUP,
					   .group = TRACER_GROUP_ARM,
					   .nr_groups = 4 };

/* ---- cases ----------------------------------------------------------------------------------- */

static struct sleeper sleeper;
static int sleeper_cpu, sleeper_flags, waker_cpu;
static uint32_t sleeper_arm;

static void setup_sleeper(void)
{
	pin(waker_cpu);
	sleeper_start(&sleeper, sleeper_cpu, sleeper_flags);
	pthread_setname_np(sleeper.thread, "kt_sleeper");
	slot_tag(sleeper.slot, 0, sleeper_arm);
	if (!(sleeper_flags & SPIN))
		await_asleep(&sleeper);
}

static void work_wakes(void)
{
	wake_times(&sleeper, NR_WAKES);
}

/*
 * All wakes of the sleeper, each whole. With arms (@group is not 0) the kernel's parts are counted
 * over whole wakes, else over all.
 */
static void check_full(const struct tracer_snapshot *s, uint32_t group)
{
	static const enum wakeup_metric all[] = { METRIC_CALL,
						  METRIC_RESUME,
						  METRIC_END_TO_END,
						  METRIC_UNATTRIBUTED,
						  /* kernel's parts */ METRIC_WAKE,
						  METRIC_RUNQ };
	const struct hist *e2e = s->group[group].metric[METRIC_END_TO_END];
	const struct hist *rest = s->group[group].metric[METRIC_UNATTRIBUTED];
	uint64_t sum = 0, others;
	size_t i;

	for (i = 0; i < (group ? 6 : 4); i++)
		CHECK(is_all(s, count_of(s, group, all[i]), NR_WAKES) &&
			      count_of(s, group, all[i]) == count_of(s, group, METRIC_CALL),
		      "%s: %lu of %d", tracer_metric_name(all[i]), count_of(s, group, all[i]),
		      NR_WAKES);
	/*
	 * T1 -> T3 comes with every wake, also those that others than the program's threads caused
	 */
	others = group ? 0 : counter(s, "foreign_waker") + counter(s, "idle_waker");
	CHECK(is_all(s, count_of(s, group, METRIC_WOKEN), NR_WAKES + others), "woken: %lu of %lu",
	      count_of(s, group, METRIC_WOKEN), NR_WAKES + others);
	for (i = 4; !group && i < 6; i++)
		CHECK(count_of(s, group, all[i]) == count_of(s, group, METRIC_WOKEN),
		      "%s: %lu of %lu", tracer_metric_name(all[i]), count_of(s, group, all[i]),
		      count_of(s, group, METRIC_WOKEN));
	CHECK(nr_lost(s) == counter(s, "switch_missed"), "%lu lost", nr_lost(s));
	if (counter(s, "switch_missed"))
		printf("    the kernel did not tell %lu switches\n", counter(s, "switch_missed"));
	if (!e2e || !rest || !group)
		return;
	for (i = 0; i < 4; i++) {
		static const enum wakeup_metric part[] = { METRIC_CALL, METRIC_WAKE, METRIC_RUNQ,
							   METRIC_RESUME };

		sum += s->group[group].metric[part[i]] ? s->group[group].metric[part[i]]->sum : 0;
	}
	/* the sleeper's own clock against the four phases */
	CHECK(hist_mean(rest) <= .02 * hist_mean(e2e), "mean rest %.1f of %.1f ns", hist_mean(rest),
	      hist_mean(e2e));
	CHECK(hist_quantile(rest, .5) <= .02 * hist_quantile(e2e, .5),
	      "median rest %.1f of %.1f ns", hist_quantile(rest, .5), hist_quantile(e2e, .5));
	CHECK(sum <= e2e->sum + rest->sum && e2e->sum <= sum + rest->sum,
	      "phases sum to %lu, end to end to %lu, rest %lu", sum, e2e->sum, rest->sum);
	printf("    end to end %.0f ns = call %.0f + wake %.0f + runq %.0f + resume %.0f (means)\n",
	       hist_mean(e2e), hist_mean(s->group[group].metric[METRIC_CALL]),
	       hist_mean(s->group[group].metric[METRIC_WAKE]),
	       hist_mean(s->group[group].metric[METRIC_RUNQ]),
	       hist_mean(s->group[group].metric[METRIC_RESUME]));
}

static void wakes(int from, int to)
{
	struct tracer_snapshot *s;

	waker_cpu = from;
	sleeper_cpu = to;
	sleeper_flags = STAMPS;
	sleeper_arm = 2;
	s = trace_child(&by_arm, setup_sleeper, work_wakes, NULL);
	CHECK(s->nr_groups == 4, "%u groups", s->nr_groups);
	check_full(s, 2);
	tracer_snapshot_free(s);
}

static void same_cpu(void)
{
	wakes(0, 0);
}

static void cross_cpu(void)
{
	wakes(0, 1);
}

/* An answer given while spinning has no wake: counted, no phases. */
static void work_spin(void)
{
	int i;

	for (i = 0; i < NR_WAKES; i++) {
		request(&sleeper);
		while (sleeper.seen != sleeper.round)
			sched_yield();
	}
	/* one real wake, whose sequence number tells of the others */
	sleeper.flags &= ~SPIN;
	await_asleep(&sleeper);
	wake_times(&sleeper, 1);
}

static void work_known_then_spin(void)
{
	sleeper.flags &= ~SPIN;
	await_asleep(&sleeper);
	wake_times(&sleeper, 1);
	/* let it spin: it leaves the futex by one more wake */
	sleeper.flags |= SPIN;
	sleeper.t0 = slot_clock_ns();
	slot_request_at(sleeper.slot, sleeper.t0);
	sleeper.round++;
	syscall(SYS_futex, &sleeper.round, FUTEX_WAKE_PRIVATE, 1);
	while (sleeper.seen != sleeper.round)
		sched_yield();
	work_spin();
}

static void spun(void)
{
	struct tracer_snapshot *s;
	uint64_t all;

	waker_cpu = 0;
	sleeper_cpu = 1;
	sleeper_flags = STAMPS | SPIN;
	sleeper_arm = 0;
	s = trace_child(&by_arm, setup_sleeper, work_known_then_spin, NULL);
	/* three wakes, of which the middle one may be overrun by the spinning that follows it */
	all = count_of(s, 0, METRIC_END_TO_END) + counter(s, "t4_overrun") + counter(s, "spun");
	CHECK(is_all(s, all, NR_WAKES + 3), "%lu answers accounted for", all);
	CHECK(is_all(s, counter(s, "spun") + 1, NR_WAKES + 1) || counter(s, "spun") == NR_WAKES + 1,
	      "%lu spun", counter(s, "spun"));
	CHECK(count_of(s, 0, METRIC_CALL) == count_of(s, 0, METRIC_END_TO_END), "counts differ");
	tracer_snapshot_free(s);
}

static void no_answer(void)
{
	struct tracer_snapshot *s;

	waker_cpu = 0;
	sleeper_cpu = 1;
	sleeper_flags = STAMPS | NO_RESUME;
	sleeper_arm = 0;
	s = trace_child(&by_arm, setup_sleeper, work_wakes, NULL);
	CHECK(count_of(s, 0, METRIC_END_TO_END) == 0, "guessed %lu",
	      count_of(s, 0, METRIC_END_TO_END));
	CHECK(count_of(s, 0, METRIC_CALL) == 0, "guessed %lu", count_of(s, 0, METRIC_CALL));
	CHECK(is_all(s, count_of(s, 0, METRIC_WOKEN), NR_WAKES), "%lu",
	      count_of(s, 0, METRIC_WOKEN));
	/* The first request stays open: its chain is given up, and its T0 not used again. */
	CHECK(is_all(s, counter(s, "reblocked"), WAKE_LINKS_MAX - 1), "%lu",
	      counter(s, "reblocked"));
	CHECK(counter(s, "no_t4") >= 1, "%lu", counter(s, "no_t4"));
	CHECK(is_all(s, counter(s, "t0_reused"), NR_WAKES - WAKE_LINKS_MAX), "%lu",
	      counter(s, "t0_reused"));
	tracer_snapshot_free(s);
}

static void no_request(void)
{
	struct tracer_snapshot *s;

	waker_cpu = 0;
	sleeper_cpu = 1;
	sleeper_flags = STAMPS | NO_REQUEST;
	sleeper_arm = 0;
	s = trace_child(&by_arm, setup_sleeper, work_wakes, NULL);
	CHECK(count_of(s, 0, METRIC_END_TO_END) == 0, "guessed %lu",
	      count_of(s, 0, METRIC_END_TO_END));
	CHECK(is_all(s, count_of(s, 0, METRIC_WOKEN), NR_WAKES), "%lu",
	      count_of(s, 0, METRIC_WOKEN));
	CHECK(is_all(s, counter(s, "no_t0"), NR_WAKES), "%lu", counter(s, "no_t0"));
	tracer_snapshot_free(s);
}

static void untagged(void)
{
	struct tracer_snapshot *s;

	waker_cpu = 0;
	sleeper_cpu = 1;
	sleeper_flags = STAMPS;
	sleeper_arm = 7; /* of 4 */
	s = trace_child(&by_arm, setup_sleeper, work_wakes, NULL);
	CHECK(counter(s, "untagged") == NR_WAKES, "%lu", counter(s, "untagged"));
	CHECK(count_of(s, 0, METRIC_WOKEN) == 0, "%lu", count_of(s, 0, METRIC_WOKEN));
	tracer_snapshot_free(s);
}

/*
 * Reading in between loses nothing: every value is in exactly one snapshot. An event may be torn
 * between two, so only the sums over all of them agree.
 */
static uint64_t nr_between[NR_METRICS], ns_between[NR_METRICS], missed_between;

static void add_up(const struct tracer_snapshot *s, const char *name)
{
	static struct hist room;

	for (uint32_t g = 0; g < s->nr_groups; g++)
		for (uint32_t m = 0; m < NR_METRICS; m++) {
			const struct hist *h = tracer_snapshot_hist(s, g, m, &room);

			if (!h || strncmp(s->group[g].name, name, strlen(name)))
				continue;
			CHECK(hist_is_consistent(h), "%s", tracer_metric_name(m));
			nr_between[m] += h->count;
			ns_between[m] += h->sum;
		}
	missed_between += counter(s, "switch_missed") + counter(s, "absorbed");
}

static const char *between_name;

static void read_often(struct tracer *t)
{
	uint64_t before_end = 0, late = slot_clock_ns() + 20000000000ULL;

	/* On a busy machine the first wake may come after many reads. */
	for (int i = 0; i < 200 || (!before_end && slot_clock_ns() < late); i++) {
		struct tracer_snapshot *s = snapshot(t);

		add_up(s, between_name);
		before_end = nr_between[METRIC_END_TO_END];
		tracer_snapshot_free(s);
	}
	CHECK(before_end > 0, "no value came before the end");
}

static void read_between(const struct tracer_opts *o, const char *name)
{
	struct tracer_snapshot *s;

	waker_cpu = 0;
	sleeper_cpu = 1;
	sleeper_flags = STAMPS;
	sleeper_arm = 0;
	missed_between = 0;
	memset(nr_between, 0, sizeof(nr_between));
	memset(ns_between, 0, sizeof(ns_between));
	between_name = name;
	s = trace_child(o, setup_sleeper, work_wakes, read_often);
	add_up(s, name);
	CHECK(nr_between[METRIC_END_TO_END] <= NR_WAKES &&
		      nr_between[METRIC_END_TO_END] + missed_between >= NR_WAKES,
	      "%lu of %d", nr_between[METRIC_END_TO_END], NR_WAKES);
	CHECK(nr_between[METRIC_CALL] == nr_between[METRIC_END_TO_END], "torn for good");
	CHECK(nr_between[METRIC_RESUME] == nr_between[METRIC_END_TO_END], "torn for good");
	if (o->group != TRACER_GROUP_ARM) {
		CHECK(nr_between[METRIC_WAKE] == nr_between[METRIC_WOKEN], "torn for good");
		/* What a subject's buckets and their sum differ by may stay at the end. */
		CHECK(o->group == TRACER_GROUP_SUBJECT ||
			      ns_between[METRIC_WAKE] + ns_between[METRIC_RUNQ] ==
				      ns_between[METRIC_WOKEN],
		      "%lu + %lu is not %lu", ns_between[METRIC_WAKE], ns_between[METRIC_RUNQ],
		      ns_between[METRIC_WOKEN]);
	} else {
		uint64_t sum = ns_between[METRIC_CALL] + ns_between[METRIC_WAKE] +
			       ns_between[METRIC_RUNQ] + ns_between[METRIC_RESUME];
		uint64_t whole = ns_between[METRIC_END_TO_END];
		uint64_t rest = ns_between[METRIC_UNATTRIBUTED];

		CHECK(sum <= whole + rest && whole <= sum + rest, "%lu of %lu ns", sum, whole);
	}
	tracer_snapshot_free(s);
}

static void intervals(void)
{
	read_between(&by_arm, "");
}

static void intervals_of_subjects(void)
{
	static const struct tracer_opts o = { .kind = TRACER_WAKEUP,
					      .group = TRACER_GROUP_SUBJECT };

	read_between(&o, "kt_sleeper");
}

/* ---- a hog that delays a wake on purpose ----------------------------------------------------- */

#define HOG_NS 5000000ULL

static _Atomic int hog_runs, hog_may_end;
static uint64_t hog_held_ns;

static void *hog_main(void *arg)
{
	struct sched_param fifo = { .sched_priority = 10 };
	uint64_t start;

	(void)arg;
	pin(sleeper_cpu);
	if (sched_setscheduler(0, SCHED_FIFO, &fifo))
		die("SCHED_FIFO");
	hog_runs = 1;
	while (!hog_may_end)
		;
	for (start = slot_clock_ns(); slot_clock_ns() - start < HOG_NS;)
		;
	hog_held_ns = slot_clock_ns() - start;
	return NULL;
}

static void work_hog(void)
{
	pthread_t hog;

	await_asleep(&sleeper);
	if (pthread_create(&hog, NULL, hog_main, NULL))
		die("pthread_create");
	while (!hog_runs)
		sched_yield();
	request(&sleeper);
	hog_may_end = 1;
	pthread_join(hog, NULL);
	while (sleeper.seen != sleeper.round)
		sched_yield();
	await_asleep(&sleeper);
}

static void hog(void)
{
	struct tracer_snapshot *s;
	const struct hist *runq, *wake;

	waker_cpu = 0;
	sleeper_cpu = 1;
	sleeper_flags = STAMPS;
	sleeper_arm = 1;
	s = trace_child(&by_arm, setup_sleeper, work_hog, NULL);
	runq = s->group[1].metric[METRIC_RUNQ];
	wake = s->group[1].metric[METRIC_WAKE];
	CHECK(runq && runq->count == 1, "%lu wakes", runq ? runq->count : 0);
	/* Where the wake was queued to the hog's CPU its end may lie inside the hog's time. */
	if (runq && wake)
		CHECK(runq->max + wake->max >= HOG_NS && runq->max >= HOG_NS / 2,
		      "runq %lu ns, wake %lu ns behind a hog of %llu ns", runq->max, wake->max,
		      HOG_NS);
	if (runq)
		printf("    runq %lu ns behind a hog of %llu ns\n", runq->max, HOG_NS);
	tracer_snapshot_free(s);
}

/* ---- groups, filters ------------------------------------------------------------------------- */

static struct sleeper two[2];

static void setup_two(void)
{
	int i;

	pin(0);
	for (i = 0; i < 2; i++) {
		sleeper_start(&two[i], 1, 0);
		pthread_setname_np(two[i].thread, i ? "kt_second" : "kt_first");
		await_asleep(&two[i]);
	}
}

static void work_two(void)
{
	wake_times(&two[0], 100);
	wake_times(&two[1], 200);
}

static void subjects(void)
{
	char *glob = "kt_[fs]*";
	struct tracer_opts o = { .kind = TRACER_WAKEUP,
				 .group = TRACER_GROUP_SUBJECT,
				 .nr_groups = 8,
				 .filter = { .glob = &glob, .nr_globs = 1 } };
	struct tracer_snapshot *s = trace_child(&o, setup_two, work_two, NULL);
	uint32_t g, first = 99, second = 99;

	for (g = 0; g < s->nr_groups; g++) {
		if (!strncmp(s->group[g].name, "kt_first-", 9))
			first = g;
		if (!strncmp(s->group[g].name, "kt_second-", 10))
			second = g;
	}
	CHECK(s->nr_groups == 2, "%u subjects", s->nr_groups);
	CHECK(is_all(s, count_of(s, first, METRIC_RUNQ), 100), "%lu",
	      count_of(s, first, METRIC_RUNQ));
	CHECK(is_all(s, count_of(s, second, METRIC_WOKEN), 200), "%lu",
	      count_of(s, second, METRIC_WOKEN));
	CHECK(is_all(s, count_of(s, second, METRIC_WAKE), 200), "%lu",
	      count_of(s, second, METRIC_WAKE));
	tracer_snapshot_free(s);

	o.nr_groups = 1;
	s = trace_child(&o, setup_two, work_two, NULL);
	CHECK(s->nr_groups == 2 && !strcmp(s->group[1].name, "others"), "%u groups", s->nr_groups);
	CHECK(is_all(s, count_of(s, 0, METRIC_WOKEN) + count_of(s, 1, METRIC_WOKEN), 300),
	      "%lu + %lu", count_of(s, 0, METRIC_WOKEN), count_of(s, 1, METRIC_WOKEN));
	CHECK(counter(s, "folded") >= 100, "%lu", counter(s, "folded"));
	CHECK(nr_lost(s) == counter(s, "switch_missed"), "%lu lost", nr_lost(s));
	tracer_snapshot_free(s);

	o.nr_groups = 8;
	glob = "kt_s?con*";
	s = trace_child(&o, setup_two, work_two, NULL);
	CHECK(s->nr_groups == 1 && is_all(s, count_of(s, 0, METRIC_WOKEN), 200), "%u groups, %lu",
	      s->nr_groups, count_of(s, 0, METRIC_WOKEN));
	CHECK(counter(s, "filtered") >= 100, "%lu", counter(s, "filtered"));
	tracer_snapshot_free(s);
}

/* ---- a command: its children, its registry, its probe ---------------------------------------- */

/* Run as `wake_oracle --work`: waits until somebody raises the semaphore, then wakes. */
static int command_work(void)
{
	uint64_t end = slot_clock_ns() + 20000000000ULL;

	waker_cpu = 0;
	sleeper_cpu = 1;
	sleeper_flags = STAMPS;
	sleeper_arm = 0;
	setup_sleeper();
	while (!slot_observed())
		if (slot_clock_ns() > end) {
			fprintf(stderr, "nobody raised the semaphore\n");
			return 1;
		}
	job_say(1, 'o');
	job_hear(0);
	work_wakes();
	job_say(1, 'd');
	job_hear(0);
	return 0;
}

static const char *self;

static void command(void)
{
	struct tracer_opts o = { .kind = TRACER_WAKEUP, .follow_children = true };
	struct tracer_snapshot *s;
	uint64_t end = slot_clock_ns() + 20000000000ULL;
	struct timespec pause = { 0, 2000000 };
	struct job j = { 0 };
	struct tracer *t;
	pid_t middle;
	int i;

	if (pipe(j.to) || pipe(j.from))
		die("pipe");
	fflush(stdout);
	j.pid = fork();
	if (!j.pid) {
		alarm(60);
		/* a child of the child does the work: it must be followed through fork and exec */
		job_hear(j.to[0]);
		middle = fork();
		if (!middle) {
			dup2(j.to[0], 0);
			dup2(j.from[1], 1);
			alarm(60);
			execl(self, self, "--work", NULL);
			_exit(127);
		}
		waitpid(middle, NULL, 0);
		_exit(0);
	}
	o.filter = (struct filter){ .tgid = &j.pid, .nr_tgids = 1 };
	t = open_or_die(&o);
	attach_or_die(t);
	job_say(j.to[1], 'g');
	/* poll as the tool does, until the command sees itself observed */
	while (!can_hear(j.from[0]) && slot_clock_ns() < end) {
		tracer_poll(t);
		nanosleep(&pause, NULL);
	}
	CHECK(job_hear(j.from[0]) == 'o', "the command did not see its semaphore raised");
	for (i = 0; i < 3; i++)
		tracer_poll(t);
	tracer_enable(t, true);
	job_say(j.to[1], 'g');
	CHECK(job_hear(j.from[0]) == 'd', "the command did not finish");
	tracer_enable(t, false);
	s = snapshot(t);
	show(s);
	check_full(s, 0);
	tracer_snapshot_free(s);
	tracer_close(t);
	job_say(j.to[1], 'q');
	waitpid(j.pid, NULL, 0);
}

/* ---- nothing stays attached ------------------------------------------------------------------ */

#define MAX_LINKS 64

/* Ids of the BPF links that @pid holds, from its fdinfo */
static int links_of(pid_t pid, uint32_t *id)
{
	char path[300], line[128];
	struct dirent *e;
	int nr = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	dir = opendir(path);
	while (dir && nr < MAX_LINKS && (e = readdir(dir))) {
		FILE *in;

		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, e->d_name);
		in = fopen(path, "re");
		while (in && fgets(line, sizeof(line), in))
			nr += sscanf(line, "link_id: %u", &id[nr]) == 1;
		if (in)
			fclose(in);
	}
	if (dir)
		closedir(dir);
	return nr;
}

static int nr_alive(const uint32_t *id, int nr)
{
	int i, alive = 0;

	for (i = 0; i < nr; i++) {
		int fd = bpf_link_get_fd_by_id(id[i]);

		alive += fd >= 0;
		if (fd >= 0)
			close(fd);
	}
	return alive;
}

static void killed(void)
{
	struct tracer_opts o = { .kind = TRACER_WAKEUP };
	uint32_t id[MAX_LINKS];
	int fd[2], nr;
	uint64_t end;
	pid_t pid;

	if (pipe(fd))
		die("pipe");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		struct tracer *t = open_or_die(&o);

		attach_or_die(t);
		tracer_enable(t, true);
		job_say(fd[1], 'a');
		pause();
		_exit(0);
	}
	CHECK(job_hear(fd[0]) == 'a', "the child did not attach");
	nr = links_of(pid, id);
	CHECK(nr >= 5 && nr_alive(id, nr) == nr, "%d links", nr);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	end = slot_clock_ns() + 10000000000ULL;
	while (nr_alive(id, nr) && slot_clock_ns() < end)
		sched_yield();
	CHECK(nr_alive(id, nr) == 0, "%d links left", nr_alive(id, nr));
	close(fd[0]), close(fd[1]);
}

static void refusals(void)
{
	pid_t nobody = 0x3fffffff;
	char *glob = "[a";
	struct tracer_opts o = { .kind = TRACER_WAKEUP,
				 .filter = { .tgid = &nobody, .nr_tgids = 1 } };
	struct tracer *t = NULL;
	char err[512] = "";
	pid_t pid;
	int status = 0;

	CHECK(tracer_open(&t, &o, err, sizeof(err)) == -ESRCH && strstr(err, "1073741823"), "%s",
	      err);
	o = (struct tracer_opts){ .kind = TRACER_WAKEUP,
				  .filter = { .glob = &glob, .nr_globs = 1 } };
	CHECK(tracer_open(&t, &o, err, sizeof(err)) == -EINVAL && strstr(err, "[a"), "%s", err);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (setuid(65534))
			_exit(2);
		_exit(tracer_permitted(err, sizeof(err)) == -EPERM && strstr(err, "CAP_BPF") ? 0
											     : 1);
	}
	waitpid(pid, &status, 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	      "an ordinary user is not told what is missing");
}

static const struct test_case cases[] = {
	{ "same CPU: every wake, phases add up", same_cpu, 1 },
	{ "cross CPU: every wake, phases add up", cross_cpu, 2 },
	{ "answers while spinning are counted apart", spun, 2 },
	{ "no T4: counted, no phases", no_answer, 2 },
	{ "no T0: counted, no phases", no_request, 2 },
	{ "untagged threads are left out", untagged, 2 },
	{ "reading in between loses nothing", intervals, 2 },
	{ "reading subjects in between loses nothing", intervals_of_subjects, 2 },
	{ "a SCHED_FIFO hog shows in runq", hog, 2 },
	{ "subjects, names, globs, and their loss", subjects, 2 },
	{ "a command's child after exec", command, 2 },
	{ "kill -9 leaves nothing attached", killed, 1 },
	{ "refusals say what is wrong", refusals, 1 },
};

int main(int argc, char **argv)
{
	static char path[4096];
	ssize_t n;

	if (argc > 1 && !strcmp(argv[1], "--work"))
		return command_work();
	n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = 0;
	self = path;
	return run_cases(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
