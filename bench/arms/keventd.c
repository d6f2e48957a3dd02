// SPDX-License-Identifier: GPL-2.0-only
/*
 * keventd: the 2004 design of kernel threads, in this project's own reconstruction.
 *
 * Idiom: as a driver of that time used it: create through the helper, wake, and stop through the
 * one global record. A semaphore says that the function ran, where such a driver had a
 * completion. Stop returns at the thread's report, as it did then: the end of the thread is not
 * waited for, which favours this arm in what measures stops. It cannot park. It had no workers
 * either: the worker here is the loop that drivers wrote by hand, with a list under a lock and a
 * wake for each work, whether the thread sleeps or not.
 */
#include "bench/arms/arm.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/arms/thread.h"
#include "lib/keventd/keventd.h"

static const char *keventd_describe(void)
{
	return "the design of 2004: helper that waits for each newborn, one global stop";
}

static void take(sem_t *s)
{
	while (sem_wait(s))
		;
}

static void wait_for_stop(void)
{
	keventd_set_state(KEVENTD_INTERRUPTIBLE);
	while (!keventd_should_stop()) {
		keventd_schedule();
		keventd_set_state(KEVENTD_INTERRUPTIBLE);
	}
	keventd_set_state(KEVENTD_RUNNING);
}

/*
 * The helper is made where its maker is; here it may run on every CPU, as the other arms' creators
 * do.
 */
static int start_helper(void)
{
	cpu_set_t all, old;
	int ret;

	memset(&all, 0xff, sizeof(all)); /* the kernel cuts it to what is allowed */
	if (sched_getaffinity(0, sizeof(old), &old) || sched_setaffinity(0, sizeof(all), &all))
		return -errno;
	ret = keventd_init();
	sched_setaffinity(0, sizeof(old), &old);
	return ret;
}

/* ---- create, run, stop ----------------------------------------------------------------------- */

struct life {
	arm_fn fn;
	void *arg;
	sem_t ran;
};

static int life_fn(void *data)
{
	struct life *l = data;

	l->fn(l->arg);
	sem_post(&l->ran);
	wait_for_stop();
	return 0;
}

static int keventd_cycle(arm_fn fn, void *arg)
{
	struct life l = { .fn = fn, .arg = arg };
	struct keventd_task *k;
	int ret = 0;

	sem_init(&l.ran, 0, 0);
	k = keventd_run(&ret, life_fn, &l, "cycle");
	if (k) {
		take(&l.ran);
		ret = keventd_stop(k);
	}
	sem_destroy(&l.ran);
	return ret;
}

/* ---- the same in steps ----------------------------------------------------------------------- */

struct steps {
	struct keventd_task *k;
	struct arm_life_opts o;
};

static int steps_fn(void *data)
{
	struct steps *s = data;

	if (s->o.fn)
		s->o.fn(s->o.arg);
	if (s->o.end == ARM_END_ITSELF)
		return 0;
	wait_for_stop();
	if (s->o.on_stop)
		s->o.on_stop(s->o.arg);
	if (s->o.end == ARM_END_EXITS)
		keventd_exit();
	return 0;
}

static int keventd_life_create(void **life, const struct arm_life_opts *o)
{
	struct steps *s = malloc(sizeof(*s));
	int ret = 0;

	if (!s)
		return -ENOMEM;
	s->o = *o;
	s->k = keventd_create(&ret, steps_fn, s, "%s", o->name ? o->name : "life");
	if (!s->k) {
		free(s);
		return ret;
	}
	if (o->cpu >= 0)
		keventd_bind(s->k, o->cpu);
	*life = s;
	return 0;
}

static void keventd_life_start(void *life)
{
	keventd_wake_up(((struct steps *)life)->k);
}

static void keventd_life_stop(void *life)
{
	keventd_stop(((struct steps *)life)->k);
	free(life);
}

static uint64_t keventd_life_poll(uint64_t nr)
{
	uint64_t yes = 0;

	while (nr--)
		yes += keventd_should_stop();
	return yes;
}

/* ---- the loop made by hand ------------------------------------------------------------------- */

struct arm_work {
	struct arm_work *next;
	arm_fn fn;
	void *arg;
};

struct worker {
	struct keventd_task *k;
	pthread_mutex_t lock;
	struct arm_work *first, **last;
	/* of the start */
	const struct arm_worker_opts *o;
	struct arm_sched sched;
	int ret;
	sem_t up;
};

static struct arm_work *next_work(struct worker *w)
{
	struct arm_work *work;

	pthread_mutex_lock(&w->lock);
	work = w->first;
	if (work)
		__atomic_store_n(&w->first, work->next, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&w->lock);
	return work;
}

static void run_works(struct worker *w)
{
	struct arm_work *work;

	while ((work = next_work(w)))
		work->fn(work->arg);
}

static int worker_fn(void *data)
{
	struct worker *w = data;

	w->ret = arm_sched_take(&w->sched);
	if (w->o->on_start)
		w->o->on_start(w->o->arg);
	sem_post(&w->up);
	keventd_set_state(KEVENTD_INTERRUPTIBLE);
	while (!keventd_should_stop()) {
		/*
		 * After the state: a work that is not seen here is followed by a wake that finds
		 * the state; pairs with keventd_work_queue().
		 */
		if (!__atomic_load_n(&w->first, __ATOMIC_RELAXED))
			keventd_schedule();
		keventd_set_state(KEVENTD_RUNNING);
		run_works(w);
		keventd_set_state(KEVENTD_INTERRUPTIBLE);
	}
	keventd_set_state(KEVENTD_RUNNING);
	run_works(w);
	return 0;
}

static void keventd_worker_destroy(void *worker)
{
	struct worker *w = worker;

	keventd_stop(w->k);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

static int keventd_worker_create(void **worker, const struct arm_worker_opts *o)
{
	struct worker *w = arm_alloc(sizeof(*w));
	int ret = start_helper();

	if (!w)
		return -ENOMEM;
	if (!ret) {
		w->o = o;
		arm_sched_read(&w->sched);
		pthread_mutex_init(&w->lock, NULL);
		w->k = keventd_create(&ret, worker_fn, w, "%s", o->name);
	}
	if (ret) {
		free(w);
		return ret;
	}
	ret = keventd_bind(w->k, o->cpu);
	if (!ret) {
		sem_init(&w->up, 0, 0);
		keventd_wake_up(w->k);
		take(&w->up);
		sem_destroy(&w->up);
		ret = w->ret;
	}
	if (ret)
		keventd_worker_destroy(w);
	else
		*worker = w;
	return ret;
}

static pid_t keventd_worker_tid(void *worker)
{
	return keventd_tid(((struct worker *)worker)->k);
}

static struct arm_work *keventd_work_create(void *worker, arm_fn fn, void *arg)
{
	struct arm_work *work = arm_alloc(sizeof(*work));

	(void)worker;
	if (work) {
		work->fn = fn;
		work->arg = arg;
	}
	return work;
}

static void keventd_work_destroy(struct arm_work *work)
{
	free(work);
}

static void keventd_work_queue(void *worker, struct arm_work *work)
{
	struct worker *w = worker;

	work->next = NULL;
	pthread_mutex_lock(&w->lock);
	if (!w->first)
		w->last = &w->first;
	__atomic_store_n(w->last, work, __ATOMIC_RELAXED); /* worker_fn() peeks */
	w->last = &work->next;
	pthread_mutex_unlock(&w->lock);
	keventd_wake_up(w->k);
}

static void flushed(void *arg)
{
	sem_post(arg);
}

static void keventd_work_flush(void *worker)
{
	struct arm_work barrier = { .fn = flushed };
	sem_t ran;

	barrier.arg = &ran;
	sem_init(&ran, 0, 0);
	keventd_work_queue(worker, &barrier);
	take(&ran);
	sem_destroy(&ran);
}

static const struct arm arm_keventd = {
	.name = "keventd",
	.kind = ARM_ENGINE,
	.place = 2,
	.describe = keventd_describe,
	.worker_by_hand = true,
	.cycle_prepare = start_helper, /* the helper then lives until the process ends */
	.cycle = keventd_cycle,
	.life_create = keventd_life_create,
	.life_start = keventd_life_start,
	.life_stop = keventd_life_stop,
	.stop_hangs = { .nested = "the outer stop holds the one lock of all stops",
			.exits = "nobody reports the end of a thread that does not return",
			.itself = "a thread that has ended does not report that it stopped" },
	.life_poll = keventd_life_poll,
	.worker_create = keventd_worker_create,
	.worker_destroy = keventd_worker_destroy,
	.worker_tid = keventd_worker_tid,
	.work_create = keventd_work_create,
	.work_destroy = keventd_work_destroy,
	.work_queue = keventd_work_queue,
	.work_flush = keventd_work_flush,
};
ARM_LISTED(arm_keventd);
