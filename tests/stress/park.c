// SPDX-License-Identifier: GPL-2.0-only
/*
 * park SEED SECONDS [TEXT]: parks, freezes, wakes and stops of one thread against each other
 * (watch.h). What is parked or frozen runs none of its own code: a counter stands still.
 */
#include "tests/stress/watch.h"

#define REPEAT 40

/* ---- the thread ------------------------------------------------------------------------------ */
struct subject {
	struct task_struct *k;
	unsigned int count, end;
	unsigned int sleeps, parks_itself, freezes; /* how it behaves */
	unsigned int froze, wrong_cpu;
	int cpu; /* where it is to run; -1: anywhere */
};

static void look_where(struct subject *s)
{
	if (s->cpu >= 0 && sched_getcpu() != s->cpu)
		ADD(s->wrong_cpu);
}

static int subject_fn(void *data)
{
	struct subject *s = data;
	bool froze = false;

	look_where(s);
	if (s->freezes)
		set_freezable();
	for (;;) {
		ADD(s->count);
		if (s->parks_itself && !(rnd() & 3))
			kthread_park(current);
		if (s->sleeps)
			set_current_state(TASK_INTERRUPTIBLE);
		if (s->freezes ? kthread_freezable_should_stop(&froze) : kthread_should_stop())
			break;
		s->froze += froze;
		if (kthread_should_park()) {
			kthread_parkme();
			look_where(s);
		} else if (s->sleeps && !froze) {
			schedule();
		}
	}
	s->froze += froze;
	__set_current_state(TASK_RUNNING);
	return 42;
}

static struct subject *subject_new(struct subject how)
{
	static struct subject s;

	s = how;
	s.k = kthread_create(subject_fn, &s, "subject");
	if (IS_ERR(s.k))
		return NULL;
	get_task_struct(s.k);
	kthread_set_spin(s.k, rnd() & 1 ? 5000 : 0);
	return &s;
}

/* Return: did it end as it must? */
static bool subject_end(struct subject *s)
{
	return kthread_stop_put(s->k) == 42;
}

/* Wakes, of somebody who knows nothing of parks. */
static void hammer(void *arg)
{
	struct subject *s = arg;

	while (!READ(s->end)) {
		wake_up_process(s->k);
		delay_somewhere(rnd());
	}
}

static void hammer_end(struct subject *s)
{
	__atomic_store_n(&s->end, 1, __ATOMIC_RELEASE);
}

static bool stands_still(struct subject *s)
{
	unsigned int before = READ(s->count), i;

	for (i = 0; i < 5; i++) {
		wake_up_process(s->k);
		delay_somewhere(rnd());
	}
	return READ(s->count) == before;
}

/*
 * ---- P3, P5, P6, P7: mutations: kthread_wake_state() that wakes PARKED, too; park_if_asked() that
 * stores what it should exchange
 */
static bool P5_P6_P7_park_and_unpark_under_wakes(void)
{
	struct subject *s = subject_new((struct subject){ .cpu = -1, .sleeps = rnd() & 1 });
	unsigned int i;

	CHECK(s);
	if (rnd() & 1)
		wake_up_process(s->k);
	other_go(0, hammer, s);
	other_go(1, hammer, s);
	for (i = 0; i < REPEAT; i++) {
		CHECK(kthread_park(s->k) == 0);
		CHECK(kthread_get_state(s->k) == TASK_PARKED);
		if (rnd() & 1)
			CHECK(stands_still(s));
		kthread_unpark(s->k);
		step();
	}
	hammer_end(s);
	other_wait(0);
	other_wait(1);
	CHECK(subject_end(s));
	return true;
}

/* ---- P2 -------------------------------------------------------------------------------------- */
static bool P2_stop_of_a_parked_newborn_runs_it(void)
{
	unsigned int i;

	for (i = 0; i < REPEAT / 4; i++) {
		struct subject *s = subject_new((struct subject){ .cpu = -1, .sleeps = 1 });

		CHECK(s);
		CHECK(kthread_park(s->k) == 0);
		get_task_struct(s->k);
		other_go(0, hammer, s);
		CHECK(READ(s->count) == 0);
		CHECK(subject_end(s));
		CHECK(s->count == 1);
		hammer_end(s);
		other_wait(0);
		put_task_struct(s->k);
		step();
	}
	return true;
}

/* ---- P12 ------------------------------------------------------------------------------------- */
static bool P12_self_park_then_park(void)
{
	struct subject *s =
		subject_new((struct subject){ .cpu = -1, .sleeps = rnd() & 1, .parks_itself = 1 });
	unsigned int i;
	int ret;

	CHECK(s);
	wake_up_process(s->k);
	other_go(0, hammer, s);
	for (i = 0; i < REPEAT; i++) {
		ret = kthread_park(s->k);
		CHECK(ret == 0 || ret == -EBUSY);
		/* Its own request stands: it will park, and nobody else ends that. */
		if (ret)
			CHECK(WAIT_UNTIL(kthread_get_state(s->k) == TASK_PARKED));
		CHECK(kthread_get_state(s->k) == TASK_PARKED);
		CHECK(stands_still(s));
		kthread_unpark(s->k);
		step();
	}
	hammer_end(s);
	other_wait(0);
	CHECK(subject_end(s));
	return true;
}

/*
 * ---- P11, P13: mutations: wait_parked() without its look at EXITED; request_stop() that wakes no
 * parkers
 */
struct parking {
	struct subject *s;
	int ret;
};

static void park_it(void *arg)
{
	struct parking *p = arg;

	p->ret = kthread_park(p->s->k);
}

static void unpark_it(void *arg)
{
	struct subject *s = arg;

	kthread_unpark(s->k);
	delay_somewhere(rnd());
	kthread_unpark(s->k);
}

static bool park_is_legal(int ret)
{
	return ret == 0 || ret == -EBUSY || ret == -ENOSYS;
}

static bool P13_park_unpark_and_stop_at_once(void)
{
	struct parking p[2];
	unsigned int i;
	int ret;

	for (i = 0; i < REPEAT; i++) {
		struct subject *s = subject_new((struct subject){ .cpu = -1, .sleeps = rnd() & 1 });

		CHECK(s);
		p[0].s = p[1].s = s;
		if (rnd() & 1)
			wake_up_process(s->k);
		other_go(0, park_it, &p[0]);
		other_go(1, park_it, &p[1]);
		other_go(2, unpark_it, s);
		delay_somewhere(rnd());
		ret = kthread_stop(s->k);
		CHECK(ret == (s->count ? 42 : -EINTR));
		other_wait(0);
		other_wait(1);
		other_wait(2);
		CHECK(park_is_legal(p[0].ret) && park_is_legal(p[1].ret));
		put_task_struct(s->k);
		step();
	}
	return true;
}

static int returns(void *data)
{
	(void)data;
	return 11;
}

static bool P11_park_against_exit(void)
{
	struct subject s;
	struct parking p = { .s = &s };
	unsigned int i;
	bool early;
	int ret;

	for (i = 0; i < REPEAT; i++) {
		s.k = kthread_create(returns, NULL, "p11");
		CHECK(!IS_ERR(s.k));
		get_task_struct(s.k);
		other_go(0, park_it, &p);
		wake_up_process(s.k);
		delay_somewhere(rnd());
		kthread_unpark(s.k);
		/*
		 * Nothing but the exit ends its park; or it parks behind our unpark: the stop does.
		 */
		early = rnd() & 1;
		if (early)
			other_wait(0);
		ret = kthread_stop(s.k);
		if (!early)
			other_wait(0);
		CHECK(p.ret == 0 || p.ret == -ENOSYS);
		CHECK(ret == 11 || ret == -EINTR);
		put_task_struct(s.k);
		step();
	}
	return true;
}

/* ---- P4, P8: mutation: kt_rebind() that does nothing ----------------------------------------- */
static bool P4_a_per_cpu_thread_goes_on_where_it_belongs(void)
{
	cpu_set_t all, one;
	struct subject *s;
	unsigned int i;
	int cpu, away;

	sched_getaffinity(0, sizeof(all), &all);
	if (CPU_COUNT(&all) < 2)
		return true;
	for (cpu = 0; !CPU_ISSET(cpu, &all); cpu++)
		;
	for (away = cpu + 1; !CPU_ISSET(away, &all); away++)
		;
	CPU_ZERO(&one);
	CPU_SET(away, &one);
	s = subject_new((struct subject){ .cpu = cpu, .sleeps = rnd() & 1 });
	CHECK(s);
	kthread_bind(s->k, (unsigned int)cpu);
	kthread_set_per_cpu(s->k, cpu);
	wake_up_process(s->k);
	other_go(0, hammer, s);
	for (i = 0; i < REPEAT / 2; i++) {
		CHECK(kthread_park(s->k) == 0);
		/* As a CPU that went away would do. */
		sched_setaffinity(s->k->pid, sizeof(one), &one);
		delay_somewhere(rnd());
		kthread_unpark(s->k);
		kthread_unpark(s->k);
		step();
	}
	hammer_end(s);
	other_wait(0);
	CHECK(subject_end(s));
	CHECK(s->wrong_cpu == 0);
	return true;
}

/*
 * ---- freezer: mutations: kt_parkme() that does not freeze at its end; freeze_if_asked() without
 * its look at SHOULD_STOP: the stop hangs
 */
static void park_and_unpark(void *arg)
{
	struct subject *s = arg;

	while (!READ(s->end)) {
		if (!kthread_park(s->k))
			kthread_unpark(s->k);
		delay_somewhere(rnd());
	}
}

static bool freeze_against_park_and_wakes(void)
{
	struct subject *s =
		subject_new((struct subject){ .cpu = -1, .sleeps = rnd() & 1, .freezes = 1 });
	unsigned int i;

	CHECK(s);
	wake_up_process(s->k);
	CHECK(WAIT_UNTIL(READ(s->count)));
	other_go(0, hammer, s);
	other_go(1, park_and_unpark, s);
	for (i = 0; i < REPEAT / 4; i++) {
		CHECK(kthread_freeze_all(60 * HZ) == 0);
		CHECK(stands_still(s));
		kthread_thaw_all();
		delay_somewhere(rnd());
		step();
	}
	hammer_end(s);
	other_wait(0);
	other_wait(1);
	CHECK(subject_end(s));
	return true;
}

static void thaw(void *arg)
{
	(void)arg;
	kthread_thaw_all();
}

/* Thaw, freeze and stop, any two of them at once. */
static bool W22_a_frozen_thread_is_stopped(void)
{
	unsigned int i;

	for (i = 0; i < REPEAT / 4; i++) {
		struct subject *s = subject_new(
			(struct subject){ .cpu = -1, .sleeps = rnd() & 1, .freezes = 1 });
		unsigned int thawed = rnd() & 1;

		CHECK(s);
		wake_up_process(s->k);
		CHECK(WAIT_UNTIL(READ(s->count)));
		CHECK(kthread_freeze_all(60 * HZ) == 0);
		if (thawed)
			other_go(0, thaw, NULL);
		CHECK(subject_end(s));
		CHECK(s->froze == 1);
		if (thawed)
			other_wait(0);
		kthread_thaw_all();
		step();
	}
	return true;
}

int main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "P5_P6_P7_park_and_unpark_under_wakes", P5_P6_P7_park_and_unpark_under_wakes },
		{ "P2_stop_of_a_parked_newborn_runs_it", P2_stop_of_a_parked_newborn_runs_it },
		{ "P12_self_park_then_park", P12_self_park_then_park },
		{ "P13_park_unpark_and_stop_at_once", P13_park_unpark_and_stop_at_once },
		{ "P11_park_against_exit", P11_park_against_exit },
		{ "P4_a_per_cpu_thread_goes_on_where_it_belongs",
		  P4_a_per_cpu_thread_goes_on_where_it_belongs },
		{ "freeze_against_park_and_wakes", freeze_against_park_and_wakes },
		{ "W22_a_frozen_thread_is_stopped", W22_a_frozen_thread_is_stopped },
	};

	scenarios_play(argc, argv, scenarios, sizeof(scenarios) / sizeof(*scenarios));
	return stress_end();
}
