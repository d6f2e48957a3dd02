// SPDX-License-Identifier: GPL-2.0-only
/*
 * life SEED SECONDS [TEXT]: how threads begin and end, against each other (watch.h). The mutations
 * of the library that each was seen to catch stand above it.
 */
#include <poll.h>
#include <sys/wait.h>

#include "tests/stress/watch.h"

#define REPEAT 40

/* ---- L2 -------------------------------------------------------------------------------------- */
static unsigned long nr_ran, nr_skipped;

static bool L2_wake_then_stop(void)
{
	unsigned int starts, i;
	int ret;

	for (i = 0; i < REPEAT; i++) {
		struct task_struct *k;

		starts = 0;
		k = kthread_run(until_stop, &starts, "l2");
		CHECK(!IS_ERR(k));
		delay_somewhere(rnd());
		ret = kthread_stop(k);
		CHECK(ret == (starts ? 42 : -EINTR));
		nr_ran += ret == 42;
		nr_skipped += ret != 42;
		step();
	}
	return true;
}

/* ---- L3, L4, L7, L20: a thread that ends, by whichever way, against its stop ----------------- */
struct ending {
	struct task_struct *k;
	unsigned int way;
	struct completion c;
};

static int ends(void *data)
{
	struct ending *e = data;

	switch (e->way) {
	case 0:
		kthread_exit(11);
	case 1:
		kthread_complete_and_exit(&e->c, 11);
	case 2:
		pthread_exit(NULL);
	case 3:
		pthread_cancel(pthread_self());
		pthread_testcancel();
		break;
	default:
		break;
	}
	return 11;
}

static void put_it(void *k)
{
	delay_somewhere(rnd());
	put_task_struct(k);
}

static bool L3_L7_L20_exit_against_stop_and_put(void)
{
	struct ending e;
	unsigned int i;
	int ret, want;

	for (i = 0; i < REPEAT; i++) {
		e = (struct ending){ .way = rnd() % 6 };
		init_completion(&e.c);
		e.k = kthread_create(ends, &e, "l3");
		CHECK(!IS_ERR(e.k));
		get_task_struct(e.k);
		get_task_struct(e.k);
		wake_up_process(e.k);
		want = e.way == 2 || e.way == 3 ? -ECANCELED : 11;
		if (e.way == 1 && rnd() & 1)
			wait_for_completion(&e.c);
		/* The last reference is dropped by any of the three. */
		other_go(0, put_it, e.k);
		if (rnd() & 1) {
			ret = kthread_stop_put(e.k);
			CHECK(ret == want || ret == -EINTR);
			other_wait(0);
		} else {
			while (!(READ(kt_task(e.k)->phase) & PHASE_EXITED))
				sched_yield();
			put_task_struct(e.k);
			other_wait(0);
		}
		step();
	}
	return true;
}

/* ---- L5: mutation: join() that wakes nobody: the second stopper hangs ------------------------ */
struct stopping {
	struct task_struct *k;
	int ret;
};

static void stop_it(void *arg)
{
	struct stopping *s = arg;

	s->ret = kthread_stop_put(s->k);
}

static bool L5_several_stoppers(void)
{
	struct stopping s[3];
	unsigned int i, j, starts;

	for (i = 0; i < REPEAT; i++) {
		struct task_struct *k;

		starts = 0;
		k = kthread_create(until_stop, &starts, "l5");
		CHECK(!IS_ERR(k));
		for (j = 0; j < 3; j++)
			s[j] = (struct stopping){ .k = get_task_struct(k) };
		if (rnd() & 1)
			wake_up_process(k);
		for (j = 0; j < 2; j++)
			other_go(j, stop_it, &s[j]);
		stop_it(&s[2]);
		for (j = 0; j < 2; j++)
			other_wait(j);
		CHECK(s[0].ret == (starts ? 42 : -EINTR));
		CHECK(s[1].ret == s[0].ret && s[2].ret == s[0].ret);
		step();
	}
	return true;
}

/*
 * ---- L11, L12: mutations: decide() that overwrites DONE_YES, so that the thread is lost;
 * thread_main() that goes on although nobody wants it
 */
static void cancel_it(void *cancel)
{
	delay_somewhere(rnd());
	kthread_cancel_create(cancel);
}

/* With the creator, and at most those that are on their way out. */
static unsigned int threads_now(void)
{
	kthread_stop(kthread_create(until_stop, NULL, "the creator is up"));
	return nr_threads();
}

static bool L11_create_against_cancel(void)
{
	unsigned int starts = 0, threads = threads_now(), i;

	for (i = 0; i < REPEAT; i++) {
		struct kthread_cancel cancel = KTHREAD_CANCEL_INIT;
		struct task_struct *k;

		other_go(0, cancel_it, &cancel);
		k = kthread_create_cancellable(&cancel, until_stop, &starts,
					       "a name of more than fifteen bytes");
		CHECK(!IS_ERR(k) || PTR_ERR(k) == -EINTR);
		other_wait(0);
		CHECK(!cancel.creates);
		if (!IS_ERR(k))
			CHECK(kthread_stop(k) == -EINTR);
		step();
	}
	CHECK(!starts);
	/* An orphan ends by itself. */
	CHECK(WAIT_UNTIL(nr_threads() <= threads));
	return true;
}

struct storm {
	unsigned int wrong;
	struct kthread_cancel cancel; /* of the one who creates with it */
};

static void creates(void *arg)
{
	struct storm *s = arg;
	unsigned int starts = 0, i;

	for (i = 0; i < REPEAT / 2; i++) {
		struct task_struct *k = kthread_create_cancellable(&s->cancel, until_stop, &starts,
								   "%s", "storm, cancelled or not");

		if (IS_ERR(k)) {
			s->wrong += PTR_ERR(k) != -EINTR;
			break;
		}
		s->wrong += kthread_stop(k) != -EINTR;
	}
	/* The creator is as well as ever. */
	s->wrong += kthread_stop(kthread_create(until_stop, &starts, "plain")) != -EINTR;
	s->wrong += starts;
}

static bool L12_cancel_storm(void)
{
	static struct storm storm[3];
	unsigned int threads = threads_now(), i;

	for (i = 0; i < 3; i++) {
		storm[i] = (struct storm){ 0, KTHREAD_CANCEL_INIT };
		other_go(i, creates, &storm[i]);
	}
	for (i = 0; i < 3; i++) {
		usleep(rnd() % 2000);
		kthread_cancel_create(&storm[i].cancel);
	}
	for (i = 0; i < 3; i++) {
		other_wait(i);
		CHECK(!storm[i].wrong);
		CHECK(!storm[i].cancel.creates);
	}
	CHECK(WAIT_UNTIL(nr_threads() <= threads));
	return true;
}

/*
 * ---- L18: waits that a stop ends: mutations: request_stop() without kt_notify(); interrupted()
 * that is always false
 */
struct waits {
	unsigned int how;
	wait_queue_head_t wq;
	struct completion c;
	unsigned int ready, ran;
};

static int waits(void *data)
{
	struct waits *w = data;
	struct pollfd p = { .events = POLLIN };
	int err = 0;

	w->ran = 1;
	switch (w->how) {
	case 0:
		err = wait_event_interruptible(w->wq, READ(w->ready));
		return err == -ERESTARTSYS || !err ? err : 1;
	case 1:
		err = wait_for_completion_interruptible(&w->c);
		return err == -ERESTARTSYS || !err ? err : 1;
	case 2:
		while (!kthread_should_stop() && !READ(w->ready))
			schedule_timeout_interruptible(1000 * HZ);
		return 0;
	default:
		p.fd = kthread_notify_fd();
		while (!kthread_should_stop() && !READ(w->ready)) {
			poll(&p, 1, -1);
			kthread_notify_clear();
			if (kthread_should_park())
				kthread_parkme();
		}
		return p.fd < 0;
	}
}

static void make_ready(void *arg)
{
	struct waits *w = arg;

	ADD(w->ready);
	if (w->how == 0)
		wake_up_interruptible(&w->wq);
	else if (w->how == 1)
		complete(&w->c);
}

static void stop_waits(void *arg)
{
	stop_it(arg);
}

static bool L18_stop_against_interruptible_waits(void)
{
	static struct waits w;
	struct stopping s;
	unsigned int i;

	for (i = 0; i < REPEAT; i++) {
		memset(&w, 0, sizeof(w));
		w.how = rnd() % 4;
		init_waitqueue_head(&w.wq);
		init_completion(&w.c);
		s.k = get_task_struct(kthread_run(waits, &w, "l18"));
		other_go(0, stop_waits, &s);
		if (rnd() & 1)
			make_ready(&w);
		other_wait(0);
		CHECK(!w.ran || s.ret == 0 || s.ret == -ERESTARTSYS);
		CHECK(!waitqueue_active(&w.wq));
		step();
	}
	return true;
}

/* ---- threads with preferred CPUs come and go while the wishes are granted anew --------------- */
static void refresh_often(void *unused)
{
	unsigned int i;

	(void)unused;
	for (i = 0; i < REPEAT; i++) {
		kthread_refresh_affinity();
		delay_somewhere(rnd());
	}
}

/* Mutation: kt_exit() without kt_affine_leave(): the list runs through freed handles. */
static bool L20_preferred_cpus_come_and_go(void)
{
	struct task_struct *k[3];
	struct cpumask mask;
	unsigned int i, j;
	int ret;

	other_go(0, refresh_often, NULL);
	other_go(1, refresh_often, NULL);
	for (i = 0; i < REPEAT / 4; i++) {
		for (j = 0; j < 3; j++) {
			cpumask_clear(&mask);
			cpumask_set_cpu(j, &mask);
			k[j] = kthread_create(until_stop, NULL, "prefers/%u", j);
			CHECK(!IS_ERR(k[j]));
			CHECK(kthread_affine_preferred(k[j], &mask) == 0);
			if (j)
				wake_up_process(k[j]);
		}
		for (j = 0; j < 3; j++) {
			ret = kthread_stop(k[j]);
			CHECK(ret == -EINTR || (j && ret == 42));
		}
		step();
	}
	other_wait(0);
	other_wait(1);
	return true;
}

/*
 * ---- L14: fork while the library is busy in all places: mutations: kt_freezer_fork_child() that
 * leaves the lock; kt_creator_fork_done() that leaves running set: the child hangs
 */
static void busy(void *end)
{
	struct kthread_worker *w;

	while (!READ(*(unsigned int *)end)) {
		struct task_struct *k = kthread_run(until_stop, NULL, "busy");

		kthread_park(k);
		kthread_stop(k);
		w = kthread_run_worker(KTW_FREEZABLE, "busy");
		kthread_flush_worker(w);
		kthread_freeze_all(HZ);
		kthread_thaw_all();
		kthread_destroy_worker(w);
	}
}

static unsigned int child_runs;

static void child_work(struct kthread_work *work)
{
	(void)work;
	ADD(child_runs);
}

static int in_child(void)
{
	struct kthread_worker *w;
	DEFINE_KTHREAD_WORK(work, child_work);
	struct completion c;
	unsigned int n = 0;
	struct task_struct *k = kthread_run(until_stop, &n, "child");
	int ret;

	if (IS_ERR(k))
		return 2;
	if (kthread_park(k))
		return 3;
	kthread_unpark(k);
	if ((ret = kthread_stop(k)) != 42)
		return 4;
	w = kthread_run_worker(KTW_FREEZABLE, "child");
	if (IS_ERR(w) || !kthread_queue_work(w, &work))
		return 5;
	kthread_flush_work(&work);
	if (kthread_freeze_all(60 * HZ))
		return 6;
	kthread_thaw_all();
	kthread_destroy_worker(w);
	init_completion(&c);
	if (wait_for_completion_interruptible_timeout(&c, 1))
		return 7;
	return child_runs == 1 ? 0 : 8;
}

static bool L14_fork_while_others_are_busy(void)
{
	unsigned int end = 0, i;
	int status = -1;
	pid_t pid;

	for (i = 0; i < 3; i++)
		other_go(i, busy, &end);
	for (i = 0; i < 5; i++) {
		delay_somewhere(rnd());
		fflush(NULL);
		pid = fork();
		if (!pid) {
			alarm(60);
			__atomic_store_n(&kthread_test_delay, NULL, __ATOMIC_RELEASE);
			_exit(in_child());
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			break;
		step();
	}
	__atomic_store_n(&end, 1, __ATOMIC_RELEASE);
	for (i = 0; i < 3; i++)
		other_wait(i);
	if (status)
		printf("the child: status %#x\n", status);
	CHECK(!status);
	return true;
}

int main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "L2_wake_then_stop", L2_wake_then_stop },
		{ "L3_L7_L20_exit_against_stop_and_put", L3_L7_L20_exit_against_stop_and_put },
		{ "L5_several_stoppers", L5_several_stoppers },
		{ "L11_create_against_cancel", L11_create_against_cancel },
		{ "L12_cancel_storm", L12_cancel_storm },
		{ "L18_stop_against_interruptible_waits", L18_stop_against_interruptible_waits },
		{ "L20_preferred_cpus_come_and_go", L20_preferred_cpus_come_and_go },
		{ "L14_fork_while_others_are_busy", L14_fork_while_others_are_busy },
	};

	scenarios_play(argc, argv, scenarios, sizeof(scenarios) / sizeof(*scenarios));
	if (nr_ran + nr_skipped)
		printf("L2: woken, then stopped: %lu ran, %lu did not\n", nr_ran, nr_skipped);
	return stress_end();
}
