// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a trace looks at, against processes that do a known number of wakes.
 *
 * Prints one line per case and ends with "N passed, N failed". Needs the privilege to trace.
 */
#include "tests/tracer/beater.h"

/* ---- a trace of them ------------------------------------------------------------------------- */

#define NR_BEATERS 3

static const struct beat beats[NR_BEATERS] = { { "kt_one", 0, 1 },
					       { "kt_two", 1, 0 },
					       { "kt_three", 0, 1 } };
static const int nr_beats[NR_BEATERS] = { 30, 60, 90 };

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

/* Of each beater all or nothing. */
static void check_seen(const struct tracer_snapshot *s, const bool seen[NR_BEATERS])
{
	for (int i = 0; i < NR_BEATERS; i++) {
		uint64_t n = wakes_of(s, beats[i].name);

		CHECK(seen[i] ? is_all(s, n, nr_beats[i]) : n == 0, "%s: %lu of %d", beats[i].name,
		      n, seen[i] ? nr_beats[i] : 0);
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

/* Of ours alone: a test beside this one may call its threads the same. */
static void add_all(struct filter *f)
{
	add(filter_add_tgids, f, "%d,%d,%d", beater[0].pid, beater[1].pid, beater[2].pid);
}

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
	add_all(&o.filter);
	add(filter_add_globs, &o.filter, "kt_o*,kt_[a,t]hree");
	trace_filtered(&o, (bool[]){ true, false, true });
	/* Also where they do not fit into one word. */
	add_all(&o.filter);
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
	beater_order(&beater[0], (struct order){ .nr = 30 });
	beater_order(&beater[0], (struct order){ .nr = 50, .fork = 1 });
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
	CHECK(is_all(s, wakes_of(s, "kt_one"), 30), "%lu", wakes_of(s, "kt_one"));
	/* It is also woken on its way to its CPU, and by those that share its memory. */
	CHECK(wakes_of(s, "later") + counter(s, "switch_missed") >= 50, "%lu",
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
	add_all(&o.filter);
	add(filter_add_cpus, &o.filter, "1");
	trace_filtered(&o, (bool[]){ true, false, true });
	add_all(&o.filter);
	add(filter_add_cpus, &o.filter, "0-0");
	trace_filtered(&o, (bool[]){ false, true, false });
	end_all();
}

/* ---- cgroups --------------------------------------------------------------------------------- */

static char cgroup_top[2200], cgroup_deep[2300];
static const char *cgroup_root;

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
	beater_order(&beater[0], (struct order){ .nr = 20 }); /* not in it any more */
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

static const struct test_case cases[] = {
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
	return run_cases(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
