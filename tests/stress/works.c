// SPDX-License-Identifier: GPL-2.0-only
/*
 * works SEED COUNT SECONDS: COUNT operations (default 10^7) by 8 threads on the works of one
 * worker, or as many as fit in SECONDS (0: no limit): queue, flush and cancel; delayed works are
 * also armed, changed and flushed. W13: each true of a queue, and each false of a mod, is one run
 * or one successful cancel; not one more, not one less.
 *
 * Mutations that were seen to fail: kt_cancel_sync() that says true for a work that was only
 * running; kthread_queue_work() that inserts a work that is pending on the delayed list; mod that
 * says false for an armed work; kt_move_due_locked() that leaves the work on its list.
 */
#include "tests/stress/watch.h"

#define NR_THREADS 8
#define NR_WORKS   32 /* half of them delayed */

static struct work {
	struct kthread_delayed_work d;
	unsigned long runs;   /* by the worker alone */
	unsigned int running; /* never more than one at a time */
} works[NR_WORKS];

static struct kthread_worker *worker;
static unsigned int overlaps;
static double end_seconds; /* 0: none */

enum op { QUEUE, DELAY, MOD, CANCEL, FLUSH, FLUSH_WORKER, NR_OPS };

static struct caller {
	pthread_t thread;
	unsigned long count, nr[NR_OPS];
	unsigned long queued, refused, moved, cancelled;
} callers[NR_THREADS];

static void run(struct kthread_work *kw)
{
	struct work *w = container_of(kw, struct work, d.work);

	if (__atomic_fetch_add(&w->running, 1, __ATOMIC_RELAXED))
		overlaps++;
	w->runs++;
	__atomic_fetch_sub(&w->running, 1, __ATOMIC_RELAXED);
}

static bool is_delayed(const struct work *w)
{
	return w - works >= NR_WORKS / 2;
}

static void queued(struct caller *c, bool yes)
{
	if (yes)
		c->queued++;
	else
		c->refused++;
}

static enum op choose(uint64_t r, const struct work *w)
{
	static const unsigned char to[NR_OPS] = { 110, 150, 180, 210, 254, 255 };
	enum op op = 0;

	while ((r & 255) > to[op])
		op++;
	return is_delayed(w) || (op != DELAY && op != MOD) ? op : QUEUE;
}

static void operate(struct caller *c)
{
	uint64_t r = rnd();
	struct work *w = &works[(r >> 8) % NR_WORKS];
	/* Some are due at once, some never: those are changed, flushed or cancelled. */
	uint64_t delay_ns = r >> 16 & 1 ? (r >> 17) % 20000 : (r >> 17 & 1) * 3600000000000ULL;
	enum op op = choose(r, w);

	c->nr[op]++;
	switch (op) {
	case QUEUE:
		queued(c, kthread_queue_work(worker, &w->d.work));
		break;
	case DELAY:
		queued(c, kthread_queue_delayed_work_ns(worker, &w->d, delay_ns));
		break;
	case MOD: /* false: it was idle and is queued now */
		if (kthread_mod_delayed_work_ns(worker, &w->d, delay_ns))
			c->moved++;
		else
			c->queued++;
		break;
	case CANCEL:
		c->cancelled += is_delayed(w) ? kthread_cancel_delayed_work_sync(&w->d)
					      : kthread_cancel_work_sync(&w->d.work);
		break;
	case FLUSH:
		if (is_delayed(w) && r >> 18 & 1)
			kthread_flush_delayed_work(&w->d);
		else
			kthread_flush_work(&w->d.work);
		break;
	default:
		kthread_flush_worker(worker);
	}
}

static void *call(void *arg)
{
	struct caller *c = arg;
	unsigned long i;

	for (i = 0; i < c->count; i++) {
		operate(c);
		if (i & 1023)
			continue;
		step();
		if (end_seconds && test_seconds() > end_seconds)
			break;
	}
	return NULL;
}

static void setup(unsigned long count)
{
	unsigned int i;

	for (i = 0; i < NR_WORKS; i++) {
		if (is_delayed(&works[i]))
			kthread_init_delayed_work(&works[i].d, run);
		else
			kthread_init_work(&works[i].d.work, run);
	}
	worker = kthread_run_worker(0, "stress");
	if (IS_ERR(worker))
		abort();
	for (i = 0; i < NR_THREADS; i++) {
		callers[i].count = (count + i) / NR_THREADS;
		if (pthread_create(&callers[i].thread, NULL, call, &callers[i]))
			abort();
	}
}

static void join_all(struct caller *sum)
{
	unsigned int i, op;

	for (i = 0; i < NR_THREADS; i++) {
		pthread_join(callers[i].thread, NULL);
		sum->queued += callers[i].queued;
		sum->refused += callers[i].refused;
		sum->moved += callers[i].moved;
		sum->cancelled += callers[i].cancelled;
		for (op = 0; op < NR_OPS; op++) {
			sum->nr[op] += callers[i].nr[op];
			sum->count += callers[i].nr[op];
		}
	}
}

int main(int argc, char **argv)
{
	unsigned long count = stress_arg(argc, argv, 2, 10000000);
	unsigned long seconds = stress_arg(argc, argv, 3, 0);
	struct caller sum = { .count = 0 };
	unsigned long runs = 0;
	double begin;
	unsigned int i;

	stress_begin(argc, argv, delay_seldom);
	begin = test_seconds();
	end_seconds = seconds ? begin + (double)seconds : 0;
	__atomic_store_n(&playing, "W13", __ATOMIC_RELEASE);
	setup(count);
	join_all(&sum);
	for (i = NR_WORKS / 2; i < NR_WORKS; i++)
		sum.cancelled += kthread_cancel_delayed_work_sync(&works[i].d);
	kthread_destroy_worker(worker);
	for (i = 0; i < NR_WORKS; i++)
		runs += works[i].runs;
	printf("works: %lu operations in %.0f s: %lu queue, %lu delayed, %lu mod, %lu cancel, %lu "
	       "flush, %lu flush_worker\n",
	       sum.count, test_seconds() - begin, sum.nr[QUEUE], sum.nr[DELAY], sum.nr[MOD],
	       sum.nr[CANCEL], sum.nr[FLUSH], sum.nr[FLUSH_WORKER]);
	printf("works: queued %lu (refused %lu, moved %lu) = runs %lu + cancelled %lu\n",
	       sum.queued, sum.refused, sum.moved, runs, sum.cancelled);
	stress_check(sum.queued == runs + sum.cancelled, "W13: each true is one run or one cancel");
	stress_check(!overlaps, "W3: a work never runs twice at a time");
	stress_check(runs && sum.cancelled && sum.moved, "W13: all of them happened");
	stress_check(kthread_warn_count(KTHREAD_WARN_WORKER_ARMED) == 0, "W16: none is left armed");
	return stress_end();
}
