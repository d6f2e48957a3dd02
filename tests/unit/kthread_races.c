// SPDX-License-Identifier: GPL-2.0-only
/*
 * The races of libkthread under repetition, with seeded delays at its marked points, and failures
 * injected one by one; what is known to be narrow is forced in kthread_windows.c. Linked with the
 * testing build of the library. Scenarios are plain functions: with -DKT_PLAIN_RUNNER the file is a
 * program of its own, for sanitizers under which Criterion cannot run.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "tests/unit/kthread_test.h"

extern void (*kthread_test_delay)(const char *point);
extern int (*kthread_test_fail)(const char *what);

#define CHECK(cond)                                                                \
	do {                                                                       \
		if (!(cond)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
			return false;                                              \
		}                                                                  \
	} while (0)

/* ---- delays ---------------------------------------------------------------------------------- */
static unsigned int seed = 1;

static void random_delay(const char *point)
{
	static __thread uint64_t x;
	volatile unsigned int i;
	uint64_t r;

	if (!x)
		x = (uint64_t)__atomic_add_fetch(&seed, 1, __ATOMIC_RELAXED) *
			    0x9e3779b97f4a7c15ULL ^
		    (uintptr_t)point;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	r = x * 0x2545f4914f6cdd1dULL >> 32;
	switch (r & 15) {
	case 0:
		usleep(r >> 8 & 127);
		break;
	case 1:
	case 2:
		sched_yield();
		break;
	case 3:
	case 4:
	case 5:
		for (i = 0; i < (r >> 8 & 1023); i++)
			;
		break;
	default:
		break;
	}
}

/* ---- scenarios ------------------------------------------------------------------------------- */
struct two {
	struct task_struct *k;
	unsigned int n;
	int ret;
};

static int mostly_sleeping(void *data)
{
	unsigned int *n = data;

	while (!kthread_should_stop()) {
		ADD(*n);
		if (kthread_should_park()) {
			kthread_parkme();
			continue;
		}
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop_or_park())
			__set_current_state(TASK_RUNNING);
		else
			schedule();
	}
	return 42;
}

static bool L2_create_wake_stop(void)
{
	unsigned int starts = 0, ran = 0, i;
	int ret;

	for (i = 0; i < 2000; i++) {
		struct task_struct *k = kthread_run(until_stop, &starts, "l2");

		CHECK(!IS_ERR(k));
		ret = kthread_stop(k);
		CHECK(ret == 42 || ret == -EINTR);
		ran += ret == 42;
	}
	CHECK(ran == starts);
	return true;
}

static int returns_at_once(void *data)
{
	ADD(*(unsigned int *)data);
	return 11;
}

/* Mutation L03r: a stopper that finds the thread at its end leaves the join to another. */
static bool L3_exit_against_stop(void)
{
	unsigned int i, ran;
	int ret;

	for (i = 0; i < 2000; i++) {
		struct task_struct *k = kthread_create(returns_at_once, &ran, "l3");

		ran = 0;
		get_task_struct(k);
		wake_up_process(k);
		if (i % 100 == 0)
			CHECK(WAIT_UNTIL(!thread_state(k->pid)));
		ret = kthread_stop_put(k);
		CHECK(ret == (ran ? 11 : -EINTR));
	}
	return true;
}

static void *stop_two(void *arg)
{
	struct two *t = arg;

	t->ret = kthread_stop(t->k);
	return NULL;
}

static bool L5_stop_against_stop(void)
{
	unsigned int i, j, starts;

	for (i = 0; i < 500; i++) {
		struct task_struct *k = kthread_create(until_stop, &starts, "l5");
		struct two t[3];
		pthread_t p[3];

		starts = 0;
		wake_up_process(k);
		for (j = 0; j < 3; j++)
			t[j] = (struct two){ .k = get_task_struct(k) };
		for (j = 0; j < 3; j++)
			pthread_create(&p[j], NULL, stop_two, &t[j]);
		for (j = 0; j < 3; j++)
			pthread_join(p[j], NULL);
		CHECK(t[0].ret == t[1].ret && t[1].ret == t[2].ret);
		CHECK(t[0].ret == (starts ? 42 : -EINTR));
		for (j = 0; j < 3; j++)
			put_task_struct(k);
	}
	return true;
}

/* ---- is it a kthread? ------------------------------------------------------------------------ */
struct identity {
	struct task_struct *k;
	void *data, *func; /* what it must always say; NULL: no kthread */
	unsigned int looks, end, wrong;
};

static void *looks_at_it(void *arg)
{
	struct identity *id = arg;

	while (!READ(id->end)) {
		if (kthread_probe_data(id->k) != id->data || kthread_func(id->k) != id->func ||
		    kthread_is_per_cpu(id->k))
			ADD(id->wrong);
		ADD(id->looks);
	}
	return NULL;
}

static pthread_key_t late_key;
static unsigned int late_wrong;

/* Behind the exit funnel a thread is no kthread any more. */
static void looks_at_itself(void *arg)
{
	(void)arg;
	if (kthread_should_stop_or_park() || kthread_func(current) || kthread_probe_data(current))
		ADD(late_wrong);
}

static int kthread_that_ends(void *data)
{
	ADD(*(unsigned int *)data);
	pthread_setspecific(late_key, data);
	return kthread_func(current) == kthread_that_ends;
}

static void *foreign_that_ends(void *arg)
{
	struct identity *id = arg;

	__atomic_store_n(&id->k, get_task_struct(current), __ATOMIC_RELEASE);
	WAIT_UNTIL(READ(id->looks));
	return NULL;
}

/*
 * Handles are looked at while their threads end, kthreads and others in turn: the answer is one
 * read and does not change while there is a reference; to itself a thread is one only up to its
 * end. Mutation L09: kt_exit() takes the identity away. Mutation L09b: it leaves the thread its own
 * handle.
 */
static bool L9_is_it_a_kthread_while_it_ends(void)
{
	unsigned int i, ran;
	pthread_t p, q;
	int ret;

	pthread_key_create(&late_key, looks_at_itself);
	for (i = 0; i < 500; i++) {
		struct identity id = { .k = NULL };

		ran = 0;
		if (i & 1) {
			id.data = &ran;
			id.func = (void *)kthread_that_ends;
			id.k = kthread_create(kthread_that_ends, &ran, "l9");
			get_task_struct(id.k);
		} else {
			pthread_create(&q, NULL, foreign_that_ends, &id);
			CHECK(WAIT_UNTIL(READ(id.k)));
		}
		pthread_create(&p, NULL, looks_at_it, &id);
		if (i & 1) {
			CHECK(WAIT_UNTIL(READ(id.looks)));
			wake_up_process(id.k);
			if (i & 2)
				CHECK(WAIT_UNTIL(!thread_state(id.k->pid)));
			ret = kthread_stop(id.k);
			CHECK(ret == (ran ? 1 : -EINTR));
		} else {
			pthread_join(q, NULL);
		}
		ran = READ(id.looks);
		CHECK(WAIT_UNTIL(READ(id.looks) > ran));
		__atomic_store_n(&id.end, 1, __ATOMIC_RELEASE);
		pthread_join(p, NULL);
		put_task_struct(id.k);
		CHECK(!id.wrong);
	}
	CHECK(!READ(late_wrong));
	return true;
}

static bool P6_parked_means_parked(void)
{
	unsigned int n = 0, before, i, j;
	struct task_struct *k = kthread_run(counting, &n, "p6");

	for (i = 0; i < 1000; i++) {
		CHECK(kthread_park(k) == 0);
		before = READ(n);
		for (j = 0; j < 50; j++)
			wake_up_process(k);
		CHECK(READ(n) == before);
		kthread_unpark(k);
		/* Every other park meets a thread that runs, the others one that is on its way. */
		if (i & 1)
			CHECK(WAIT_UNTIL(READ(n) > before));
	}
	CHECK(kthread_stop(k) == 7);
	return true;
}

static unsigned int hammer_end;

static void *hammer(void *k)
{
	while (!READ(hammer_end)) {
		wake_up_process(k);
		random_delay("hammer");
	}
	return NULL;
}

static bool P5_park_against_wakes(void)
{
	unsigned int n = 0, i;
	unsigned long warnings = kthread_warn_count(KTHREAD_WARN_ANY);
	struct task_struct *k = kthread_run(mostly_sleeping, &n, "p5");
	pthread_t t;

	hammer_end = 0;
	pthread_create(&t, NULL, hammer, k);
	for (i = 0; i < 5000; i++) {
		CHECK(kthread_park(k) == 0);
		CHECK(kthread_get_state(k) == TASK_PARKED);
		kthread_unpark(k);
	}
	__atomic_store_n(&hammer_end, 1, __ATOMIC_RELEASE);
	pthread_join(t, NULL);
	CHECK(kthread_stop(k) == 42);
	CHECK(kthread_warn_count(KTHREAD_WARN_ANY) == warnings);
	return true;
}

static bool P7_unpark_then_park(void)
{
	unsigned int n = 0, i;
	unsigned long warnings = kthread_warn_count(KTHREAD_WARN_ANY);
	struct task_struct *k = kthread_run(mostly_sleeping, &n, "p7");

	for (i = 0; i < 10000; i++) {
		CHECK(kthread_park(k) == 0);
		CHECK(kthread_get_state(k) == TASK_PARKED);
		kthread_unpark(k);
	}
	CHECK(kthread_stop(k) == 42);
	CHECK(kthread_warn_count(KTHREAD_WARN_ANY) == warnings);
	return true;
}

static int notes_its_cpu(void *data)
{
	unsigned int *wrong = data;

	while (!kthread_should_stop()) {
		if (kthread_should_park()) {
			kthread_parkme();
			if (sched_getcpu() != 0)
				ADD(*wrong);
		} else {
			sched_yield();
		}
	}
	return 42;
}

/* A third party wakes it all the time, also between the steps of the unpark. */
static bool P4_unpark_of_a_per_cpu_thread_under_wakes(void)
{
	struct cpumask all, other;
	struct task_struct *k;
	unsigned int wrong = 0, i;
	pthread_t t;

	syscall(SYS_sched_getaffinity, 0, sizeof(all), &all);
	if (!cpumask_test_cpu(0, &all) || !cpumask_test_cpu(1, &all))
		return true;
	k = kthread_create_on_cpu(notes_its_cpu, &wrong, 0, "p4/%u");
	cpumask_clear(&other);
	cpumask_set_cpu(1, &other);
	kthread_set_per_cpu(k, 0);
	wake_up_process(k);
	hammer_end = 0;
	pthread_create(&t, NULL, hammer, k);
	for (i = 0; i < 1000; i++) {
		CHECK(kthread_park(k) == 0);
		/* What CPU hotplug does to a bound thread. */
		syscall(SYS_sched_setaffinity, k->pid, sizeof(other), &other);
		kthread_unpark(k);
	}
	__atomic_store_n(&hammer_end, 1, __ATOMIC_RELEASE);
	pthread_join(t, NULL);
	CHECK(kthread_stop(k) == 42);
	CHECK(!READ(wrong));
	return true;
}

static void *park_two(void *arg)
{
	struct two *t = arg;

	t->ret = kthread_park(t->k);
	return NULL;
}

static bool P13_park_against_stop(void)
{
	unsigned int i, starts;
	int ret;

	for (i = 0; i < 2000; i++) {
		struct two t = { .ret = 1 };
		pthread_t p;

		starts = 0;
		t.k = get_task_struct(kthread_create(until_stop, &starts, "p13"));
		if (i & 1)
			wake_up_process(t.k);
		pthread_create(&p, NULL, park_two, &t);
		ret = kthread_stop(t.k);
		pthread_join(p, NULL);
		CHECK(t.ret == 0 || t.ret == -ENOSYS);
		CHECK(ret == (starts ? 42 : -EINTR));
		put_task_struct(t.k);
	}
	return true;
}

static void *unpark_two(void *arg)
{
	struct two *t = arg;

	while (!READ(t->n))
		kthread_unpark(t->k);
	return NULL;
}

static bool park_against_unpark(void)
{
	unsigned int n = 0, i;
	struct two t = { .k = kthread_run(mostly_sleeping, &n, "unpark") };
	pthread_t p;
	int ret;

	pthread_create(&p, NULL, unpark_two, &t);
	for (i = 0; i < 5000; i++) {
		ret = kthread_park(t.k);
		CHECK(ret == 0 || ret == -EBUSY);
	}
	__atomic_store_n(&t.n, 1, __ATOMIC_RELEASE);
	pthread_join(p, NULL);
	kthread_unpark(t.k);
	CHECK(kthread_stop(t.k) == 42);
	return true;
}

static bool P11_park_against_exit(void)
{
	unsigned int i, ran;
	int ret;

	for (i = 0; i < 2000; i++) {
		struct task_struct *k =
			get_task_struct(kthread_create(returns_at_once, &ran, "p11"));

		ran = 0;
		wake_up_process(k);
		ret = kthread_park(k);
		CHECK(ret == 0 || ret == -ENOSYS);
		kthread_unpark(k);
		ret = kthread_stop_put(k);
		CHECK(ret == (ran ? 11 : -EINTR));
	}
	return true;
}

struct box {
	struct task_struct *waiter;
	uint32_t full, end;
	unsigned int taken;
};

static int takes(void *data)
{
	struct box *b = data;

	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (__atomic_exchange_n(&b->full, 0, __ATOMIC_RELAXED)) {
			__set_current_state(TASK_RUNNING);
			ADD(b->taken);
			continue;
		}
		if (!kthread_should_stop())
			schedule();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static bool no_wake_is_lost(void)
{
	struct box b = { .full = 0 };
	unsigned int i, spin;

	for (spin = 0; spin < 2; spin++) {
		struct task_struct *k = kthread_create(takes, &b, "takes");

		b.taken = 0;
		kthread_set_spin(k, spin ? 5000 : 0);
		wake_up_process(k);
		for (i = 0; i < 5000; i++) {
			/* Relaxed on purpose: the wake must order it. */
			__atomic_store_n(&b.full, 1, __ATOMIC_RELAXED);
			wake_up_process(k);
			CHECK(WAIT_UNTIL(READ(b.taken) == i + 1));
		}
		kthread_stop(k);
	}
	return true;
}

struct meeting {
	struct completion c;
	unsigned int passed;
};

static int meets(void *data)
{
	struct meeting *m = data;
	int err = wait_for_completion_interruptible(&m->c);

	if (!err)
		ADD(m->passed);
	return err;
}

static void *completes_later(void *c)
{
	random_delay("later");
	complete(c);
	return NULL;
}

static bool L18_stop_against_interruptible_wait(void)
{
	unsigned int i, passed;
	int ret;

	for (i = 0; i < 2000; i++) {
		struct meeting m;
		struct task_struct *k;
		pthread_t p;

		memset(&m, 0, sizeof(m));
		k = get_task_struct(kthread_run(meets, &m, "l18"));
		pthread_create(&p, NULL, completes_later, &m.c);
		if (i & 1)
			WAIT_UNTIL(kthread_get_state(k) == TASK_INTERRUPTIBLE || READ(m.passed));
		ret = kthread_stop_put(k);
		pthread_join(p, NULL);
		/* A done that was taken is not given back, and one that was not is still there. */
		passed = m.passed;
		CHECK(ret == (passed ? 0 : -EINTR));
		CHECK(try_wait_for_completion(&m.c) == !passed);
	}
	return true;
}

static bool timeouts_against_complete(void)
{
	struct completion c;
	unsigned int i;
	pthread_t p;
	long left;

	for (i = 0; i < 1000; i++) {
		init_completion(&c);
		pthread_create(&p, NULL, completes_later, &c);
		left = i & 1 ? (long)wait_for_completion_timeout(&c, i % 3)
			     : wait_for_completion_interruptible_timeout(&c, i % 3);
		pthread_join(p, NULL);
		CHECK(left >= 0);
		CHECK(try_wait_for_completion(&c) == !left);
		CHECK(c.word == 0);
	}
	return true;
}

struct count_work {
	struct kthread_work work;
	unsigned int runs;
};

static void count_run(struct kthread_work *work)
{
	ADD(container_of(work, struct count_work, work)->runs);
}

struct chaos {
	struct kthread_worker *w;
	struct count_work c[3];
	unsigned int queued, cancelled, x;
};

static void *chaos_thread(void *arg)
{
	struct chaos *c = arg;
	unsigned int x = ADD(c->x) * 2654435761U + 1, i;

	for (i = 0; i < 4000; i++) {
		struct count_work *w;

		x = x * 1103515245 + 12345;
		w = &c->c[(x >> 16) % 3];
		switch (x >> 20 & 15) {
		case 0:
		case 1:
			if (kthread_cancel_work_sync(&w->work))
				ADD(c->cancelled);
			break;
		case 2:
			kthread_flush_work(&w->work);
			break;
		case 3:
			kthread_flush_worker(c->w);
			break;
		case 4:
			if (!kthread_park(c->w->task))
				kthread_unpark(c->w->task);
			break;
		default:
			if (kthread_queue_work(c->w, &w->work))
				ADD(c->queued);
		}
	}
	return NULL;
}

static void run_until_cancelled(struct kthread_work *work)
{
	ADD(container_of(work, struct count_work, work)->runs);
	WAIT_UNTIL(PEEK(work->canceling));
}

/* What chance must not leave out: a cancel of a work that is pending, and runs. */
static bool cancel_behind_a_run(struct chaos *c)
{
	struct count_work *w = &c->c[0];

	kthread_init_work(&w->work, run_until_cancelled);
	c->queued += kthread_queue_work(c->w, &w->work);
	CHECK(WAIT_UNTIL(READ(w->runs)));
	c->queued += kthread_queue_work(c->w, &w->work);
	c->cancelled += kthread_cancel_work_sync(&w->work);
	kthread_init_work(&w->work, count_run);
	return true;
}

/*
 * Mutation W13d: a cancel says false for a work that it took off the list while another instance
 * ran.
 */
static bool W13_queue_cancel_flush_park(void)
{
	struct chaos c = { .w = kthread_run_worker(0, "w13") };
	unsigned int i, runs = 0;
	pthread_t p[3];

	for (i = 0; i < 3; i++)
		kthread_init_work(&c.c[i].work, count_run);
	CHECK(cancel_behind_a_run(&c));
	for (i = 0; i < 3; i++)
		pthread_create(&p[i], NULL, chaos_thread, &c);
	for (i = 0; i < 3; i++)
		pthread_join(p[i], NULL);
	kthread_destroy_worker(c.w);
	for (i = 0; i < 3; i++)
		runs += c.c[i].runs;
	CHECK(c.queued == runs + c.cancelled);
	return true;
}

/* Nobody else wakes the worker here: a request that it overlooks on its way to sleep stays so. */
static bool P15_park_of_a_worker_about_to_sleep(void)
{
	struct kthread_worker *w = kthread_run_worker(0, "p15");
	struct count_work c = { .runs = 0 };
	unsigned int i;

	kthread_init_work(&c.work, count_run);
	for (i = 0; i < 3000; i++) {
		CHECK(kthread_queue_work(w, &c.work));
		kthread_flush_work(&c.work);
		CHECK(kthread_park(w->task) == 0);
		kthread_unpark(w->task);
	}
	kthread_destroy_worker(w);
	CHECK(c.runs == i);
	return true;
}

static bool workers_come_and_go(void)
{
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		struct kthread_worker *w =
			i & 1 ? kthread_create_worker(0, "go") : kthread_run_worker(0, "go");
		struct count_work c = { .runs = 0 };

		CHECK(!IS_ERR(w));
		kthread_init_work(&c.work, count_run);
		CHECK(kthread_queue_work(w, &c.work));
		if (i & 2)
			kthread_flush_work(&c.work);
		kthread_destroy_worker(w);
		CHECK(c.runs == 1);
	}
	return true;
}

/* ---- failures -------------------------------------------------------------------------------- */
static const char *failing;
static unsigned int failed;

static int fail_one(const char *what)
{
	if (!failing || strcmp(what, failing))
		return 0;
	failed++;
	return EAGAIN;
}

/*
 * Mutation L10: the creator frees the thread's handle, which the caller does, too. Mutation L10b:
 * the name is not freed. Both are seen by the address sanitizer.
 */
static bool L10_creation_that_fails_half_way_leaves_nothing(void)
{
	static const struct {
		const char *what;
		long err;
	} step[] = { { "name", -ENOMEM },
		     { "task", -ENOMEM },
		     { "creator", -EAGAIN },
		     { "pthread_create", -EAGAIN },
		     { "worker", -ENOMEM } };
	struct kthread_worker *w;
	struct task_struct *k;
	unsigned int i;

	kthread_test_fail = fail_one;
	for (i = 0; i < sizeof(step) / sizeof(step[0]); i++) {
		failing = step[i].what;
		failed = 0;
		k = NULL;
		if (strcmp(failing, "worker")) {
			k = kthread_create(until_stop, NULL, "a name longer than fifteen bytes");
			/* The creator is there already when another scenario ran before. */
			CHECK(PTR_ERR_OR_ZERO(k) == (failed ? step[i].err : 0));
			if (!failed)
				kthread_stop(k);
			failing = step[i].what;
		}
		w = kthread_create_worker(0, "w");
		CHECK(PTR_ERR_OR_ZERO(w) == (failed ? step[i].err : 0));
		if (!IS_ERR(w))
			kthread_destroy_worker(w);
		CHECK(failed || !strcmp(failing, "creator"));
	}
	failing = NULL;
	k = kthread_create(until_stop, NULL, "works again");
	CHECK(!IS_ERR(k));
	CHECK(kthread_stop(k) == -EINTR);
	return true;
}

#define SCENARIOS(DO)                                       \
	DO(L10_creation_that_fails_half_way_leaves_nothing) \
	DO(L2_create_wake_stop)                             \
	DO(L3_exit_against_stop)                            \
	DO(L5_stop_against_stop)                            \
	DO(L18_stop_against_interruptible_wait)             \
	DO(L9_is_it_a_kthread_while_it_ends)                \
	DO(P4_unpark_of_a_per_cpu_thread_under_wakes)       \
	DO(P5_park_against_wakes)                           \
	DO(P6_parked_means_parked)                          \
	DO(P7_unpark_then_park)                             \
	DO(P11_park_against_exit)                           \
	DO(P13_park_against_stop)                           \
	DO(park_against_unpark)                             \
	DO(no_wake_is_lost)                                 \
	DO(timeouts_against_complete)                       \
	DO(W13_queue_cancel_flush_park)                     \
	DO(P15_park_of_a_worker_about_to_sleep)             \
	DO(workers_come_and_go)

/* The first kind of each misuse is printed; these scenarios provoke some on purpose. */
static void quiet(enum kthread_warning w, const char *text)
{
	(void)w;
	(void)text;
}

static bool play(bool (*scenario)(void))
{
	kthread_warn_hook(quiet);
	__atomic_store_n(&kthread_test_delay, random_delay, __ATOMIC_RELEASE);
	return scenario();
}

#ifdef KT_PLAIN_RUNNER
#define ENTRY(name) { #name, name },
static const struct scenario {
	const char *name;
	bool (*fn)(void);
} scenarios[] = { SCENARIOS(ENTRY) };

/*
 * races SEED [TEXT [SECONDS]]: those whose name has TEXT; when SECONDS are over no other is begun.
 */
int main(int argc, char **argv)
{
	unsigned int nr = sizeof(scenarios) / sizeof(scenarios[0]), passed = 0, nr_failed = 0, i;
	double end = test_seconds() + (argc > 3 ? strtod(argv[3], NULL) : 1e9);
	unsigned int first;

	if (argc > 1)
		seed = (unsigned int)strtoul(argv[1], NULL, 0);
	first = seed % nr;
	for (i = 0; i < nr && test_seconds() < end; i++) {
		/* Not always the same first. */
		const struct scenario *s = &scenarios[(i + first) % nr];

		if (argc > 2 && !strstr(s->name, argv[2]))
			continue;
		if (play(s->fn)) {
			passed++;
		} else {
			nr_failed++;
			printf("FAIL %s\n", s->name);
		}
	}
	printf("%u passed, %u failed\n", passed, nr_failed);
	return nr_failed != 0;
}
#else
#include <criterion/criterion.h>

#define TEST(name)                                \
	Test(kthread_races, name, .timeout = 120) \
	{                                         \
		cr_assert(play(name));            \
	}
SCENARIOS(TEST)
#endif
