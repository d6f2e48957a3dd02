// SPDX-License-Identifier: GPL-2.0-only
/* Each contender does what bench/arms/arm.h promises, seen through its operations only. */
#include "bench/arms/arm.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define WAIT_S 20 /* for a state; a test that gets there has failed */

struct arm_case {
	char arm[32];
};

/* Each test below is one of every arm in the list: a new arm is tested without a word here. */
static struct criterion_test_params all_arms(void)
{
	static struct arm_case cases[ARM_MAX];
	const char *name[ARM_MAX + 1];
	unsigned int nr = arms_that(name, (struct arm_ask){ 0 });

	for (unsigned int i = 0; i < nr; i++)
		snprintf(cases[i].arm, sizeof(cases[i].arm), "%s", name[i]);
	return cr_make_param_array(struct arm_case, cases, nr);
}

static const struct arm *arm_or_skip(const struct arm_case *c)
{
	const struct arm *arm = arm_find(c->arm);

	if (!arm)
		cr_skip_test("%s: %s", c->arm, arm_missing(c->arm));
	return arm;
}

/* First (or last) CPU that this process may use. */
static int allowed_cpu(bool last)
{
	int found = -1;
	cpu_set_t set;

	cr_assert_eq(sched_getaffinity(0, sizeof(set), &set), 0);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set) && (last || found < 0))
			found = cpu;
	return found;
}

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static bool reaches(unsigned int *counter, unsigned int value)
{
	double end = now_s() + WAIT_S;

	while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) < value) {
		if (now_s() > end)
			return false;
		sched_yield();
	}
	return true;
}

static char thread_state(pid_t tid)
{
	char path[64], text[256], state = 0, *p;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fgets(text, sizeof(text), f)) {
		p = strrchr(text, ')');
		state = p ? p[2] : 0;
	}
	fclose(f);
	return state;
}

static bool falls_asleep(pid_t tid)
{
	double end = now_s() + WAIT_S;

	while (thread_state(tid) != 'S') {
		if (now_s() > end)
			return false;
		sched_yield();
	}
	return true;
}

static unsigned int nr_threads(void)
{
	DIR *d = opendir("/proc/self/task");
	unsigned int n = 0;

	cr_assert_not_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

/* A joined thread may be in the kernel's list for a moment longer. */
static bool thread_ends(pid_t tid)
{
	double end = now_s() + WAIT_S;

	while (thread_state(tid)) {
		if (now_s() > end)
			return false;
		sched_yield();
	}
	return true;
}

static void check_only_cpu(pid_t tid, int cpu)
{
	cpu_set_t set;

	cr_assert_eq(sched_getaffinity(tid, sizeof(set), &set), 0);
	cr_expect_eq(CPU_COUNT(&set), 1);
	cr_expect(CPU_ISSET(cpu, &set), "thread is not pinned to cpu %d", cpu);
}

/* What the callbacks saw. */
struct seen {
	const struct arm *arm;
	void *self;
	unsigned int starts, wakes;
	pid_t start_tid, wake_tid;
};

static void saw_start(void *arg)
{
	struct seen *s = arg;

	s->start_tid = gettid();
	s->starts++;
}

static void saw_wake(void *arg)
{
	struct seen *s = arg;

	s->wake_tid = gettid();
	__atomic_fetch_add(&s->wakes, 1, __ATOMIC_RELEASE);
}

static void saw_wake_answer(void *arg)
{
	struct seen *s = arg;

	saw_wake(s);
	s->arm->self_wake(s->self);
}

static struct arm_peer_opts peer_opts(struct seen *s, int cpu, bool may_spin)
{
	return (struct arm_peer_opts){ .cpu = cpu,
				       .on_start = saw_start,
				       .on_wake = saw_wake,
				       .arg = s,
				       .name = "peer under test",
				       .may_spin = may_spin };
}

/* ---- the list -------------------------------------------------------------------------------- */

ParameterizedTestParameters(arms, every_name_is_an_arm_or_has_a_reason)
{
	return all_arms();
}

ParameterizedTest(struct arm_case *c, arms, every_name_is_an_arm_or_has_a_reason)
{
	const struct arm *arm = arm_find(c->arm);

	if (!arm) {
		cr_assert_not_null(arm_missing(c->arm));
		cr_expect(strstr(arm_missing(c->arm), "install"), "%s", arm_missing(c->arm));
		return;
	}
	cr_expect_str_eq(arm->name, c->arm);
	cr_expect_gt(strlen(arm->describe()), 0);
	cr_expect_eq(arm->kind & (arm->kind - 1), 0);
	cr_expect_neq(arm->kind, 0, "of no kind: no question that asks for kinds would find it");
	if (arm->could)
		cr_expect_eq(arm->could, arm_can(arm), "says other things when it is missing");
}

Test(arms, what_is_no_arm_has_a_reason)
{
	cr_expect_null(arm_find("no such arm"));
	cr_expect_not_null(arm_missing("no such arm"));
}

static const char known[] = "libkthread keventd futex atomic pthread condvar eventfd libuv glib";

static bool is_known(const char *name)
{
	const char *at = strstr(known, name);

	return at && (at == known || at[-1] == ' ') && strchr(" ", at[strlen(name)]);
}

/* @names of the known arms; whoever adds one has nothing to change here. */
static void check_list(struct arm_ask ask, const char *names)
{
	const char *name[ARM_MAX + 1];
	char text[sizeof(known) + 1] = "";
	unsigned int nr = arms_that(name, ask);

	for (unsigned int i = 0; i < nr; i++) {
		if (!is_known(name[i]))
			continue;
		strcat(text, *text ? " " : "");
		strcat(text, name[i]);
	}
	cr_expect_null(name[nr]);
	cr_expect_str_eq(text, names);
}

/* Those of a missing library, too: the lists are the same in each build. */
Test(arms, a_question_gets_all_that_can_what_it_asks_and_of_its_kinds_in_one_order)
{
	check_list((struct arm_ask){ 0 }, known);
	check_list((struct arm_ask){ .can = ARM_CAN_WAKE },
		   "libkthread futex atomic condvar eventfd libuv glib");
	check_list((struct arm_ask){ .can = ARM_CAN_WAKE | ARM_CAN_SLEEP },
		   "libkthread futex condvar eventfd libuv glib");
	check_list((struct arm_ask){ .can = ARM_CAN_WORK },
		   "libkthread keventd futex condvar libuv glib");
	check_list((struct arm_ask){ .can = ARM_HAS_WORKER },
		   "libkthread futex condvar libuv glib");
	check_list((struct arm_ask){ .can = ARM_CAN_WORK, .kinds = ARM_ENGINE | ARM_LIBRARY },
		   "libkthread keventd libuv glib");
	check_list((struct arm_ask){ .can = ARM_CAN_CYCLE | ARM_CAN_LIVE },
		   "libkthread keventd pthread");
	check_list((struct arm_ask){ .can = ARM_CAN_CANCEL }, "libkthread");
	check_list((struct arm_ask){ .can = ARM_CAN_CANCEL, .kinds = ARM_FLOOR }, "");
}

ParameterizedTestParameters(arms, operations_come_in_complete_sets)
{
	return all_arms();
}

ParameterizedTest(struct arm_case *c, arms, operations_come_in_complete_sets)
{
	const struct arm *a = arm_or_skip(c);

	cr_expect_neq(arm_can(a), 0, "answers nothing");
	if (a->peer_create)
		cr_expect(a->peer_wake && a->peer_destroy && a->peer_tid);
	if (a->self_create)
		cr_expect(a->peer_create && a->self_wake && a->self_wait && a->self_destroy);
	if (a->park_create)
		cr_expect(a->park && a->unpark && a->park_destroy && a->park_tid);
	if (a->life_create)
		cr_expect(a->cycle && a->life_start && a->life_stop && a->life_poll);
	if (a->delay_create)
		cr_expect(a->delay_arm && a->delay_destroy && a->delay_tid);
	if (a->worker_create)
		cr_expect(a->worker_destroy && a->worker_tid && a->work_create && a->work_destroy &&
			  a->work_queue && a->work_flush);
	if (a->delayed_create)
		cr_expect(a->worker_create && a->delayed_destroy && a->delayed_arm &&
			  a->delayed_cancel);
}

/* ---- wakeup ---------------------------------------------------------------------------------- */

static void wake_many(const struct arm *arm, int cpu, bool may_spin)
{
	struct seen s = { .arm = arm };
	struct arm_peer_opts o = peer_opts(&s, cpu, may_spin);
	void *peer = NULL;
	pid_t tid;
	int err;

	err = arm->peer_create(&peer, &o);
	if (err == -EOPNOTSUPP && !may_spin)
		return;
	cr_assert_eq(err, 0, "%s", strerror(-err));
	tid = arm->peer_tid(peer);
	cr_assert_eq(s.starts, 1);
	cr_assert_eq(s.start_tid, tid);
	cr_assert_neq(tid, gettid());
	check_only_cpu(tid, cpu);
	for (unsigned int i = 1; i <= 300; i++) {
		/* Alternately right away and once it sleeps: both ways into the wait. */
		if (!may_spin && i % 2)
			cr_assert(falls_asleep(tid), "not asleep before wake %u", i);
		arm->peer_wake(peer);
		cr_assert(reaches(&s.wakes, i), "wake %u was lost", i);
		cr_assert_eq(s.wakes, i, "woken without a wake");
	}
	cr_assert_eq(s.wake_tid, tid);
	arm->peer_destroy(peer);
	cr_assert(thread_ends(tid));
}

ParameterizedTestParameters(arms, every_wake_of_a_peer_is_answered)
{
	return all_arms();
}

ParameterizedTest(struct arm_case *c, arms, every_wake_of_a_peer_is_answered, .timeout = 120)
{
	const struct arm *arm = arm_or_skip(c);

	if (!arm->peer_create)
		cr_skip_test("%s has no wakeup", c->arm);
	wake_many(arm, allowed_cpu(false), false);
	wake_many(arm, allowed_cpu(true), false);
	wake_many(arm, allowed_cpu(true), true);
}

ParameterizedTestParameters(arms, a_peer_ends_wherever_it_is)
{
	return all_arms();
}

ParameterizedTest(struct arm_case *c, arms, a_peer_ends_wherever_it_is, .timeout = 120)
{
	const struct arm *arm = arm_or_skip(c);
	struct seen s = { .arm = arm };
	struct arm_peer_opts o = peer_opts(&s, allowed_cpu(true), true);
	void *peer;

	if (!arm->peer_create)
		cr_skip_test("%s has no wakeup", c->arm);
	for (int i = 0; i < 60; i++) {
		cr_assert_eq(arm->peer_create(&peer, &o), 0);
		/* just started; in its wait; with a wake under way; with one answered */
		if (i % 4 == 1)
			for (int spin = 0; spin < 20; spin++)
				sched_yield();
		if (i % 4 >= 2)
			arm->peer_wake(peer);
		if (i % 4 == 3)
			cr_assert(reaches(&s.wakes, 1));
		arm->peer_destroy(peer);
		s.wakes = 0;
	}
}

ParameterizedTestParameters(arms, each_round_trip_comes_back_once)
{
	return all_arms();
}

ParameterizedTest(struct arm_case *c, arms, each_round_trip_comes_back_once, .timeout = 120)
{
	const struct arm *arm = arm_or_skip(c);

	if (!arm->self_create)
		cr_skip_test("%s has no round trip", c->arm);
	for (int may_spin = 0; may_spin < 2; may_spin++) {
		struct seen s = { .arm = arm };
		struct arm_peer_opts o = peer_opts(&s, allowed_cpu(true), may_spin);
		void *peer;
		int err;

		err = arm->self_create(&s.self, may_spin);
		if (err == -EOPNOTSUPP && !may_spin)
			continue;
		cr_assert_eq(err, 0);
		o.on_wake = saw_wake_answer;
		cr_assert_eq(arm->peer_create(&peer, &o), 0);
		for (unsigned int i = 1; i <= 500; i++) {
			arm->peer_wake(peer);
			arm->self_wait(s.self);
			cr_assert_eq(__atomic_load_n(&s.wakes, __ATOMIC_ACQUIRE), i);
		}
		arm->peer_destroy(peer);
		arm->self_destroy(s.self);
	}
}

#define ODD_NICE 3

/* Some libraries make threads with settings of their own. */
ParameterizedTestParameters(arms, threads_are_scheduled_as_their_creator)
{
	return all_arms();
}

ParameterizedTest(struct arm_case *c, arms, threads_are_scheduled_as_their_creator, .timeout = 60)
{
	const struct arm *arm = arm_or_skip(c);
	struct seen s = { .arm = arm };
	struct arm_peer_opts o = peer_opts(&s, allowed_cpu(true), true);
	struct arm_worker_opts wo = { .cpu = o.cpu, .name = "worker" };
	void *p;

	if (arm->cycle_prepare)
		cr_assert_eq(arm->cycle_prepare(), 0); /* helpers may be there before */
	cr_assert_eq(setpriority(PRIO_PROCESS, 0, ODD_NICE), 0);
	if (arm->peer_create) {
		cr_assert_eq(arm->peer_create(&p, &o), 0);
		cr_expect_eq(getpriority(PRIO_PROCESS, arm->peer_tid(p)), ODD_NICE);
		arm->peer_destroy(p);
	}
	if (arm->park_create) {
		cr_assert_eq(arm->park_create(&p, &o), 0);
		cr_expect_eq(getpriority(PRIO_PROCESS, arm->park_tid(p)), ODD_NICE);
		arm->park_destroy(p);
	}
	if (arm->worker_create) {
		cr_assert_eq(arm->worker_create(&p, &wo), 0);
		cr_expect_eq(getpriority(PRIO_PROCESS, arm->worker_tid(p)), ODD_NICE);
		arm->worker_destroy(p);
	}
	if (arm->cycle_finish)
		arm->cycle_finish();
}

/* ---- park ------------------------------------------------------------------------------------ */

ParameterizedTestParameters(arms, a_parked_peer_runs_nothing_until_unparked)
{
	return all_arms();
}

ParameterizedTest(struct arm_case *c, arms, a_parked_peer_runs_nothing_until_unparked,
		  .timeout = 120)
{
	const struct arm *arm = arm_or_skip(c);
	struct seen s = { .arm = arm };
	struct arm_peer_opts o = peer_opts(&s, allowed_cpu(true), false);
	void *peer;
	pid_t tid;

	if (!arm->park_create)
		cr_skip_test("%s has no park", c->arm);
	cr_assert_eq(arm->park_create(&peer, &o), 0);
	tid = arm->park_tid(peer);
	cr_assert_eq(s.start_tid, tid);
	check_only_cpu(tid, o.cpu);
	for (unsigned int i = 1; i <= 300; i++) {
		if (i % 2)
			cr_assert(falls_asleep(tid));
		arm->park(peer);
		cr_assert(falls_asleep(tid), "parked, but not asleep");
		cr_assert_eq(__atomic_load_n(&s.wakes, __ATOMIC_ACQUIRE), i - 1,
			     "ran while parked");
		arm->unpark(peer);
		cr_assert(reaches(&s.wakes, i), "unpark %u was lost", i);
	}
	cr_assert_eq(s.wake_tid, tid);
	arm->park_destroy(peer);
	cr_assert(thread_ends(tid));
}

static void saw_wake_and_dawdles(void *arg)
{
	struct seen *s = arg;

	__atomic_fetch_add(&s->starts, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < 200; i++)
		sched_yield();
	saw_wake(s);
}

ParameterizedTestParameters(arms, park_waits_for_what_the_peer_is_doing)
{
	return all_arms();
}

ParameterizedTest(struct arm_case *c, arms, park_waits_for_what_the_peer_is_doing, .timeout = 120)
{
	const struct arm *arm = arm_or_skip(c);
	struct seen s = { .arm = arm };
	struct arm_peer_opts o = peer_opts(&s, allowed_cpu(true), false);
	void *peer;

	if (!arm->park_create)
		cr_skip_test("%s has no park", c->arm);
	o.on_wake = saw_wake_and_dawdles;
	cr_assert_eq(arm->park_create(&peer, &o), 0);
	arm->park(peer);
	for (unsigned int i = 1; i <= 50; i++) {
		arm->unpark(peer);
		cr_assert(reaches(&s.starts, i + 1)); /* it is in on_wake() */
		arm->park(peer);
		cr_assert_eq(__atomic_load_n(&s.wakes, __ATOMIC_ACQUIRE), i, "parked in mid-work");
	}
	arm->park_destroy(peer);
}

ParameterizedTestParameters(arms, park_right_after_unpark_returns)
{
	return all_arms();
}

ParameterizedTest(struct arm_case *c, arms, park_right_after_unpark_returns, .timeout = 120)
{
	const struct arm *arm = arm_or_skip(c);
	struct seen s = { .arm = arm };
	struct arm_peer_opts o = peer_opts(&s, allowed_cpu(true), false);
	void *peer;

	if (!arm->park_create)
		cr_skip_test("%s has no park", c->arm);
	for (int round = 0; round < 4; round++) {
		cr_assert_eq(arm->park_create(&peer, &o), 0);
		for (int i = 0; i < 500; i++) {
			arm->park(peer);
			arm->unpark(peer);
		}
		if (round % 2)
			arm->park(peer); /* destroyed parked */
		arm->park_destroy(peer);
	}
}

/* ---- create, run, stop ----------------------------------------------------------------------- */

ParameterizedTestParameters(arms, a_cycle_runs_its_function_once_and_leaves_nothing)
{
	return all_arms();
}

ParameterizedTest(struct arm_case *c, arms, a_cycle_runs_its_function_once_and_leaves_nothing,
		  .timeout = 120)
{
	const struct arm *arm = arm_or_skip(c);
	struct seen s = { .arm = arm };
	unsigned int before;

	if (!arm->cycle)
		cr_skip_test("%s has no create and stop", c->arm);
	if (arm->cycle_prepare)
		cr_assert_eq(arm->cycle_prepare(), 0);
	cr_assert_eq(arm->cycle(saw_wake, &s), 0);
	cr_assert(thread_ends(s.wake_tid)); /* not every arm joins */
	before = nr_threads();
	for (unsigned int i = 2; i <= 300; i++) {
		cr_assert_eq(arm->cycle(saw_wake, &s), 0);
		cr_assert_eq(__atomic_load_n(&s.wakes, __ATOMIC_ACQUIRE), i);
		cr_assert_neq(s.wake_tid, gettid(), "ran in the caller");
		cr_assert(thread_ends(s.wake_tid));
	}
	cr_expect_eq(nr_threads(), before);
	if (arm->cycle_finish)
		arm->cycle_finish();
}

/* ---- the same in steps ----------------------------------------------------------------------- */

#define NR_LIVES 16

struct life_seen {
	const struct arm *arm;
	unsigned int runs, stops;
	uint64_t yes;
	pid_t tid;
};

static void life_runs(void *arg)
{
	struct life_seen *s = arg;

	s->tid = gettid();
	s->yes += s->arm->life_poll(1000);
	__atomic_fetch_add(&s->runs, 1, __ATOMIC_ACQ_REL);
}

static void life_stops(void *arg)
{
	struct life_seen *s = arg;

	s->yes += s->arm->life_poll(1);
	__atomic_fetch_add(&s->stops, 1, __ATOMIC_ACQ_REL);
}

ParameterizedTestParameters(arms, lives_overlap_and_end_one_by_one)
{
	return all_arms();
}

ParameterizedTest(struct arm_case *c, arms, lives_overlap_and_end_one_by_one, .timeout = 120)
{
	const struct arm *arm = arm_or_skip(c);
	struct life_seen seen[NR_LIVES];
	void *life[NR_LIVES];

	if (!arm->life_create)
		cr_skip_test("%s has no lives in steps", c->arm);
	if (arm->cycle_prepare)
		cr_assert_eq(arm->cycle_prepare(), 0);
	for (int i = 0; i < NR_LIVES; i++) {
		struct arm_life_opts o = { .cpu = i % 2 ? allowed_cpu(true) : -1,
					   .fn = life_runs,
					   .on_stop = life_stops,
					   .arg = &seen[i] };

		seen[i] = (struct life_seen){ .arm = arm };
		cr_assert_eq(arm->life_create(&life[i], &o), 0);
	}
	for (int i = 1; i < NR_LIVES; i++)
		arm->life_start(life[i]);
	for (int i = 1; i < NR_LIVES; i++) {
		cr_assert(reaches(&seen[i].runs, 1));
		cr_expect_eq(seen[i].yes, 0, "nobody has stopped it");
		if (i % 2)
			check_only_cpu(seen[i].tid, allowed_cpu(true));
	}
	cr_expect_eq(__atomic_load_n(&seen[0].runs, __ATOMIC_ACQUIRE), 0, "nobody let it");
	for (int i = NR_LIVES - 1; i >= 0; i--) {
		arm->life_stop(life[i]);
		cr_expect_eq(seen[i].runs, !!i);
		cr_expect_eq(seen[i].stops, !!i, "stop came back before the thread was done");
		cr_expect_eq(seen[i].yes, !!i);
	}
	if (arm->cycle_finish)
		arm->cycle_finish();
}

/* ---- ends ------------------------------------------------------------------------------------ */

struct end_seen {
	const struct arm *arm;
	void *inner; /* stopped in on_stop */
	unsigned int runs, stops;
	pid_t tid;
	char name[16];
};

static void end_runs(void *arg)
{
	struct end_seen *s = arg;

	s->tid = gettid();
	__atomic_fetch_add(&s->runs, 1, __ATOMIC_RELEASE);
}

static void end_stops(void *arg)
{
	struct end_seen *s = arg;

	if (s->inner)
		s->arm->life_stop(s->inner);
	pthread_getname_np(pthread_self(), s->name, sizeof(s->name));
	s->stops++;
}

static void *ending_life(struct end_seen *s, enum arm_end end)
{
	const struct arm_life_opts o = { .cpu = -1,
					 .fn = end_runs,
					 .on_stop = end_stops,
					 .arg = s,
					 .name = "its own name",
					 .end = end };
	void *life;

	cr_assert_eq(s->arm->life_create(&life, &o), 0);
	s->arm->life_start(life);
	cr_assert(reaches(&s->runs, 1));
	return life;
}

ParameterizedTestParameters(arms, every_end_is_stopped_or_has_a_reason)
{
	return all_arms();
}

ParameterizedTest(struct arm_case *c, arms, every_end_is_stopped_or_has_a_reason, .timeout = 120)
{
	const struct arm *arm = arm_or_skip(c);
	bool hangs = !strcmp(c->arm, "keventd");
	struct end_seen outer, inner;
	void *life;

	if (!arm->life_create)
		cr_skip_test("%s has no lives in steps", c->arm);
	cr_assert_eq(!!arm->stop_hangs.nested, hangs);
	cr_assert_eq(!!arm->stop_hangs.exits, hangs);
	cr_assert_eq(!!arm->stop_hangs.itself, hangs);
	if (arm->cycle_prepare)
		cr_assert_eq(arm->cycle_prepare(), 0);
	for (int round = 0; round < 100; round++) {
		outer = inner = (struct end_seen){ .arm = arm };
		life = ending_life(&outer, ARM_END_STOPPED);
		arm->life_stop(life);
		cr_assert_eq(outer.stops, 1);
		cr_assert_str_eq(outer.name, "its own name");
		if (hangs)
			continue;

		outer = (struct end_seen){ .arm = arm };
		outer.inner = ending_life(&inner, ARM_END_STOPPED);
		arm->life_stop(ending_life(&outer, ARM_END_STOPPED));
		cr_assert_eq(inner.stops, 1);
		cr_assert_eq(outer.stops, 1);

		outer = (struct end_seen){ .arm = arm };
		arm->life_stop(ending_life(&outer, ARM_END_EXITS));
		cr_assert_eq(outer.stops, 1);

		outer = (struct end_seen){ .arm = arm };
		life = ending_life(&outer, ARM_END_ITSELF);
		cr_assert(thread_ends(outer.tid), "waited to be told");
		arm->life_stop(life);
		cr_assert_eq(outer.stops, 0);
	}
	if (arm->cycle_finish)
		arm->cycle_finish();
}

/* ---- worker ---------------------------------------------------------------------------------- */

#define NR_WORKS 200

static struct order {
	unsigned int next, wrong;
	pid_t tid;
} order;

static void runs_as(void *arg)
{
	unsigned int nr = (unsigned int)(uintptr_t)arg;

	if (order.next != nr || (order.tid && order.tid != gettid()))
		order.wrong++;
	order.tid = gettid();
	__atomic_store_n(&order.next, nr + 1, __ATOMIC_RELEASE);
}

ParameterizedTestParameters(arms, works_run_once_each_in_order)
{
	return all_arms();
}

ParameterizedTest(struct arm_case *c, arms, works_run_once_each_in_order, .timeout = 120)
{
	const struct arm *arm = arm_or_skip(c);
	struct arm_work *w[NR_WORKS];
	struct seen s = { .arm = arm };
	struct arm_worker_opts o = {
		.cpu = allowed_cpu(true), .on_start = saw_start, .arg = &s, .name = "worker"
	};
	unsigned int i;
	void *k;

	if (!arm->worker_create)
		cr_skip_test("%s has no work queue", c->arm);
	cr_assert_eq(arm->worker_create(&k, &o), 0);
	cr_assert_eq(s.starts, 1);
	cr_assert_eq(arm->worker_tid(k), s.start_tid);
	check_only_cpu(s.start_tid, o.cpu);
	for (i = 0; i < NR_WORKS; i++) {
		w[i] = arm->work_create(k, runs_as, (void *)(uintptr_t)i);
		cr_assert_not_null(w[i]);
	}
	for (int round = 0; round < 20; round++) {
		order.next = 0;
		for (i = 0; i < NR_WORKS; i++)
			arm->work_queue(k, w[i]);
		arm->work_flush(k);
		cr_assert_eq(order.next, NR_WORKS, "flush returned too early");
		cr_assert_eq(order.wrong, 0);
	}
	cr_expect_eq(order.tid, s.start_tid);

	/* One at a time, on an idle worker, the same work again and again. */
	for (i = 0; i < 200; i++) {
		order.next = 0;
		cr_assert(falls_asleep(s.start_tid));
		arm->work_queue(k, w[0]);
		cr_assert(reaches(&order.next, 1), "work %u was lost", i);
		if (arm->work_settle)
			arm->work_settle(k);
	}
	order.next = 0;
	for (i = 0; i < NR_WORKS; i++)
		arm->work_queue(k, w[i]);
	arm->worker_destroy(k);
	cr_assert_eq(order.next, NR_WORKS, "destroy did not drain");
	cr_assert_eq(order.wrong, 0);
	for (i = 0; i < NR_WORKS; i++)
		arm->work_destroy(w[i]);

	/* A second one in the same process, elsewhere. */
	s = (struct seen){ .arm = arm };
	o.cpu = allowed_cpu(false);
	cr_assert_eq(arm->worker_create(&k, &o), 0);
	check_only_cpu(s.start_tid, o.cpu);
	arm->worker_destroy(k);
}

struct feeder {
	const struct arm *arm;
	void *worker;
	struct arm_work *work[NR_WORKS];
};

static unsigned int nr_ran;

static void counts(void *arg)
{
	(void)arg;
	__atomic_fetch_add(&nr_ran, 1, __ATOMIC_ACQ_REL);
}

static void *feeds(void *arg)
{
	struct feeder *f = arg;

	for (int i = 0; i < NR_WORKS; i++)
		f->arm->work_queue(f->worker, f->work[i]);
	return NULL;
}

ParameterizedTestParameters(arms, many_feed_one_worker)
{
	return all_arms();
}

ParameterizedTest(struct arm_case *c, arms, many_feed_one_worker, .timeout = 120)
{
	const struct arm *arm = arm_or_skip(c);
	struct arm_worker_opts o = { .cpu = allowed_cpu(true), .name = "worker" };
	static struct feeder f[4];
	pthread_t t[4];
	void *k;

	if (!(arm_can(arm) & ARM_MANY_FEED))
		cr_skip_test("%s has no worker that many feed", c->arm);
	cr_assert_eq(arm->worker_create(&k, &o), 0);
	for (int i = 0; i < 4; i++) {
		f[i] = (struct feeder){ .arm = arm, .worker = k };
		for (int n = 0; n < NR_WORKS; n++)
			f[i].work[n] = arm->work_create(k, counts, NULL);
	}
	for (unsigned int round = 1; round <= 20; round++) {
		for (int i = 0; i < 4; i++)
			cr_assert_eq(pthread_create(&t[i], NULL, feeds, &f[i]), 0);
		for (int i = 0; i < 4; i++)
			pthread_join(t[i], NULL);
		arm->work_flush(k);
		cr_assert_eq(__atomic_load_n(&nr_ran, __ATOMIC_ACQUIRE), round * 4 * NR_WORKS);
	}
	arm->worker_destroy(k);
	for (int i = 0; i < 4; i++)
		for (int n = 0; n < NR_WORKS; n++)
			arm->work_destroy(f[i].work[n]);
}

ParameterizedTestParameters(arms, works_run_after_a_delay)
{
	return all_arms();
}

ParameterizedTest(struct arm_case *c, arms, works_run_after_a_delay, .timeout = 120)
{
	const struct arm *arm = arm_or_skip(c);
	struct arm_worker_opts o = { .cpu = allowed_cpu(true), .name = "worker" };
	struct arm_delayed *d[3];
	double begin = now_s();
	void *k;

	if (!arm->delayed_create)
		cr_skip_test("%s has no delayed works", c->arm);
	nr_ran = 0;
	cr_assert_eq(arm->worker_create(&k, &o), 0);
	for (int i = 0; i < 3; i++)
		d[i] = arm->delayed_create(k, counts, NULL);
	arm->delayed_arm(k, d[0], 3000000);
	arm->delayed_arm(k, d[1], 3600000000000ULL);
	arm->delayed_arm(k, d[2], 3600000000000ULL);
	cr_assert(reaches(&nr_ran, 1));
	cr_expect_geq(now_s() - begin, 0.003);
	arm->delayed_arm(k, d[1], 1000);
	cr_assert(reaches(&nr_ran, 2), "it was not moved");
	for (int i = 0; i < 3; i++)
		arm->delayed_cancel(d[i]);
	arm->worker_destroy(k);
	for (int i = 0; i < 3; i++)
		arm->delayed_destroy(d[i]);
	cr_expect_eq(nr_ran, 2);
}

/* ---- delay ----------------------------------------------------------------------------------- */

ParameterizedTestParameters(arms, delays_run_once_and_never_early)
{
	return all_arms();
}

ParameterizedTest(struct arm_case *c, arms, delays_run_once_and_never_early, .timeout = 120)
{
	static const uint64_t delay_ns[] = { 0, 1000, 100000, 3000000 };
	const struct arm *arm = arm_or_skip(c);
	struct seen s = { .arm = arm };
	struct arm_peer_opts o = peer_opts(&s, allowed_cpu(true), false);
	unsigned int nr = 0;
	double begin;
	void *delay;

	if (!arm->delay_create)
		cr_skip_test("%s has no delays", c->arm);
	cr_assert_eq(arm->delay_create(&delay, &o), 0);
	cr_assert_eq(s.starts, 1);
	check_only_cpu(arm->delay_tid(delay), o.cpu);
	for (int round = 0; round < 20; round++)
		for (int i = 0; i < 4; i++) {
			begin = now_s();
			arm->delay_arm(delay, delay_ns[i]);
			cr_assert(reaches(&s.wakes, ++nr));
			cr_expect_geq((now_s() - begin) * 1e9, (double)delay_ns[i]);
			cr_assert(falls_asleep(s.start_tid));
			cr_assert_eq(s.wakes, nr, "ran twice");
		}
	/* Armed, and far from due. */
	arm->delay_arm(delay, 3600000000000ULL);
	cr_assert(falls_asleep(s.start_tid));
	arm->delay_destroy(delay);
	cr_expect_eq(s.wakes, nr);
	cr_expect(thread_ends(s.start_tid));
}
