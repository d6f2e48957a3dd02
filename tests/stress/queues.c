// SPDX-License-Identifier: GPL-2.0-only
/*
 * queues SEED SECONDS [TEXT]: works against those who queue, flush, cancel, change, freeze and
 * destroy (watch.h). The sums of W13 over millions of operations are in works.c.
 */
#include "tests/stress/watch.h"

#define REPEAT 40

struct job {
	struct kthread_delayed_work d;
	struct kthread_worker *w;
	unsigned long data, saw; /* relaxed: only the queue orders them */
	unsigned int runs, running, together, again, hold;
};

static void job_run(struct kthread_work *work)
{
	struct job *j = container_of(work, struct job, d.work);

	if (ADD(j->running))
		ADD(j->together);
	__atomic_store_n(&j->saw, __atomic_load_n(&j->data, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
	ADD(j->runs);
	delay_somewhere(rnd());
	while (READ(j->hold))
		sched_yield();
	__atomic_fetch_sub(&j->running, 1, __ATOMIC_ACQ_REL);
	if (READ(j->again)) {
		__atomic_fetch_sub(&j->again, 1, __ATOMIC_ACQ_REL);
		kthread_queue_work(j->w, work);
	}
}

static void job_init(struct job *j, struct kthread_worker *w)
{
	*j = (struct job){ .w = w };
	kthread_init_work(&j->d.work, job_run);
}

static void delayed_init(struct job *j, struct kthread_worker *w)
{
	*j = (struct job){ .w = w };
	kthread_init_delayed_work(&j->d, job_run);
}

static struct kthread_worker *worker_new(unsigned int flags)
{
	struct kthread_worker *w = kthread_run_worker(flags, "queues");

	if (!IS_ERR(w))
		kthread_set_spin(w->task, rnd() & 1 ? 5000 : 0);
	return w;
}

/* ---- W2: a queue that says false orders, too ------------------------------------------------- */
static void queue_often(void *arg)
{
	struct job *j = arg;
	unsigned int i;

	for (i = 0; i < REPEAT; i++) {
		kthread_queue_work(j->w, &j->d.work);
		delay_somewhere(rnd());
	}
}

static bool W2_what_was_written_before_is_seen(void)
{
	struct kthread_worker *w = worker_new(0);
	static struct job j;
	unsigned long i;

	CHECK(!IS_ERR(w));
	job_init(&j, w);
	other_go(0, queue_often, &j);
	other_go(1, queue_often, &j);
	for (i = 1; i <= REPEAT; i++) {
		__atomic_store_n(&j.data, i, __ATOMIC_RELAXED);
		kthread_queue_work(w, &j.d.work);
		kthread_flush_work(&j.d.work);
		CHECK(__atomic_load_n(&j.saw, __ATOMIC_RELAXED) == i);
		step();
	}
	other_wait(0);
	other_wait(1);
	kthread_destroy_worker(w);
	CHECK(!j.together);
	return true;
}

/* ---- W3, W7: mutation: kt_cancel_sync() that does not count canceling ------------------------ */
static bool W3_flush_and_cancel_of_a_work_that_queues_itself(void)
{
	struct kthread_worker *w = worker_new(0);
	static struct job j;
	unsigned int i, runs;

	CHECK(!IS_ERR(w));
	job_init(&j, w);
	for (i = 0; i < REPEAT / 2; i++) {
		runs = READ(j.runs);
		/* More often than a flush could wait for. */
		__atomic_store_n(&j.again, 1000000000, __ATOMIC_RELEASE);
		CHECK(kthread_queue_work(w, &j.d.work));
		kthread_flush_work(&j.d.work);
		CHECK(READ(j.runs) > runs);
		kthread_flush_worker(w);
		/* W7: neither pending nor running, and it cannot queue itself meanwhile. */
		kthread_cancel_work_sync(&j.d.work);
		runs = READ(j.runs);
		CHECK(!READ(j.running));
		delay_somewhere(rnd());
		kthread_flush_worker(w);
		CHECK(READ(j.runs) == runs);
		step();
	}
	kthread_destroy_worker(w);
	return true;
}

/* ---- W4: mutation: run_work() that writes to the work when it has run ------------------------ */
struct mortal {
	struct kthread_work work;
	unsigned int *runs;
};

/* An allocator that gives the same address each time. */
static struct mortal grave;
static unsigned int grave_free;

static void dies(struct kthread_work *work)
{
	struct mortal *m = container_of(work, struct mortal, work);

	ADD(*m->runs);
	memset(m, 0xa5, sizeof(*m));
	__atomic_store_n(&grave_free, 1, __ATOMIC_RELEASE);
}

static bool grave_untouched(void)
{
	const unsigned char *p = (const unsigned char *)&grave;
	unsigned int i;

	for (i = 0; i < sizeof(grave); i++)
		if (p[i] != 0xa5)
			return false;
	return true;
}

static bool W4_a_work_that_is_gone_when_it_has_run(void)
{
	struct kthread_worker *w = worker_new(0);
	unsigned int runs = 0, i;

	CHECK(!IS_ERR(w));
	for (i = 0; i < REPEAT; i++) {
		grave_free = 0;
		grave.runs = &runs;
		kthread_init_work(&grave.work, dies);
		CHECK(kthread_queue_work(w, &grave.work));
		/* Spin: the next one is to be queued while the worker is behind this one. */
		while (!READ(grave_free))
			sched_yield();
		delay_somewhere(rnd());
		CHECK(grave_untouched());
		step();
	}
	kthread_destroy_worker(w);
	CHECK(runs == REPEAT && grave_untouched());
	return true;
}

/* The same with a flush and a cancel of what lives there now. */
static bool W4_flush_and_cancel_of_its_successor(void)
{
	struct kthread_worker *w = worker_new(0);
	static struct job heir;
	unsigned int i, trues = 0;

	CHECK(!IS_ERR(w));
	for (i = 0; i < REPEAT; i++) {
		/* Looks current while the worker comes out of the one before. */
		job_init(&heir, w);
		CHECK(kthread_queue_work(w, &heir.d.work));
		if (rnd() & 1)
			kthread_flush_work(&heir.d.work);
		else
			trues += kthread_cancel_work_sync(&heir.d.work);
		CHECK(!READ(heir.running) && READ(heir.runs) <= 1);
		kthread_flush_worker(w);
		step();
	}
	kthread_destroy_worker(w);
	CHECK(trues <= REPEAT);
	return true;
}

/* ---- W6: mutation: kthread_flush_work_fn() that writes to its work after complete() ---------- */

/* Where the flush's barrier was; nobody may write there any more. */
static __attribute__((noinline)) bool stack_stays(void)
{
	volatile unsigned char area[1024];
	unsigned int i;

	for (i = 0; i < sizeof(area); i++)
		area[i] = 0x5a;
	delay_somewhere(rnd());
	for (i = 0; i < sizeof(area); i++)
		if (area[i] != 0x5a)
			return false;
	return true;
}

static void flush_often(void *arg)
{
	struct job *j = arg;
	unsigned int i;

	for (i = 0; i < REPEAT; i++) {
		kthread_queue_work(j->w, &j->d.work);
		if (rnd() & 1)
			kthread_flush_work(&j->d.work);
		else
			kthread_flush_worker(j->w);
		if (!stack_stays())
			ADD(j->together);
	}
}

static bool W6_the_barrier_on_the_stack(void)
{
	struct kthread_worker *w = worker_new(0);
	static struct job j;
	unsigned int i;

	CHECK(!IS_ERR(w));
	job_init(&j, w);
	for (i = 0; i < 3; i++)
		other_go(i, flush_often, &j);
	flush_often(&j);
	for (i = 0; i < 3; i++)
		other_wait(i);
	kthread_destroy_worker(w);
	CHECK(!j.together);
	return true;
}

/* ---- W7, W10: mutation: kt_cancel_sync() that says true for a work that was only running ----- */
struct cancel {
	struct job *j;
	unsigned int ret, runs_after, running;
};

static void cancel_it(void *arg)
{
	struct cancel *c = arg;

	delay_somewhere(rnd());
	c->ret = kthread_cancel_delayed_work_sync(&c->j->d);
	c->running = READ(c->j->running);
	c->runs_after = READ(c->j->runs);
}

static bool W7_W10_cancels_of_one_instance(void)
{
	struct kthread_worker *w = worker_new(0);
	static struct job j;
	struct cancel c[2];
	unsigned int i, n, gone = 0, queued = 0;

	CHECK(!IS_ERR(w));
	delayed_init(&j, w);
	for (i = 0; i < REPEAT; i++) {
		c[0].j = c[1].j = &j;
		queued += kthread_queue_delayed_work_ns(w, &j.d, rnd() & 1 ? 0 : rnd() % 100000);
		other_go(0, cancel_it, &c[0]);
		other_go(1, cancel_it, &c[1]);
		if (rnd() & 1)
			kthread_flush_delayed_work(&j.d);
		other_wait(0);
		other_wait(1);
		n = c[0].ret + c[1].ret;
		gone += n;
		CHECK(n <= 1);
		CHECK(!c[0].running && !c[1].running);
		CHECK(queued == i + 1 && READ(j.runs) + gone == queued);
		CHECK(c[0].runs_after == j.runs && c[1].runs_after == j.runs);
		step();
	}
	kthread_destroy_worker(w);
	CHECK(!j.together && j.runs + gone == queued);
	return true;
}

/* ---- W11, W12: mods against each other, a cancel and the deadline ---------------------------- */
struct mods {
	struct job *j;
	unsigned int queued, cancelled;
};

static void mod_often(void *arg)
{
	struct mods *m = arg;
	unsigned int i;

	for (i = 0; i < REPEAT; i++) {
		/* False: it was idle and is queued now. */
		m->queued += !kthread_mod_delayed_work_ns(m->j->w, &m->j->d,
							  rnd() & 3 ? rnd() % 50000 : 0);
		delay_somewhere(rnd());
	}
}

static void cancel_often(void *arg)
{
	struct mods *m = arg;
	unsigned int i;

	for (i = 0; i < REPEAT; i++) {
		m->cancelled += kthread_cancel_delayed_work_sync(&m->j->d);
		delay_somewhere(rnd());
	}
}

static bool W11_W12_mods_cancels_and_the_deadline(void)
{
	struct kthread_worker *w = worker_new(0);
	unsigned int i, queued = 0, cancelled = 0;
	struct mods m[4];
	static struct job j;

	CHECK(!IS_ERR(w));
	delayed_init(&j, w);
	for (i = 0; i < 4; i++) {
		m[i] = (struct mods){ .j = &j };
		other_go(i, i < 2 ? mod_often : cancel_often, &m[i]);
	}
	for (i = 0; i < 4; i++) {
		other_wait(i);
		queued += m[i].queued;
		cancelled += m[i].cancelled;
	}
	cancelled += kthread_cancel_delayed_work_sync(&j.d);
	CHECK(queued == READ(j.runs) + cancelled);
	kthread_destroy_worker(w);
	CHECK(queued == j.runs + cancelled && !j.together);
	return true;
}

/*
 * While the work runs and somebody waits in its cancel, mod and queue change nothing, and say so.
 * Mutation: kthread_mod_delayed_work_ns() without its look at canceling.
 */
static void change_while_held(void *arg)
{
	struct mods *m = arg;
	unsigned int i;
	bool queued;

	for (i = 0; i < REPEAT; i++) {
		queued = rnd() & 1 ? !kthread_mod_delayed_work_ns(m->j->w, &m->j->d, rnd() % 1000)
				   : kthread_queue_delayed_work_ns(m->j->w, &m->j->d, 0);
		if (queued && READ(m->j->hold))
			ADD(m->j->together);
		m->queued += queued;
		delay_somewhere(rnd());
	}
}

static bool W8_W11_mod_and_queue_during_a_cancel(void)
{
	struct kthread_worker *w = worker_new(0);
	static struct job j;
	struct mods m[2] = { { .j = &j }, { .j = &j } };
	struct cancel c = { .j = &j };
	unsigned int queued, i;

	CHECK(!IS_ERR(w));
	delayed_init(&j, w);
	j.hold = 1;
	queued = kthread_queue_delayed_work_ns(w, &j.d, rnd() & 1 ? 0 : rnd() % 100000);
	CHECK(WAIT_UNTIL(READ(j.running)));
	other_go(0, cancel_it, &c);
	CHECK(WAIT_UNTIL(PEEK(j.d.work.canceling)));
	other_go(1, change_while_held, &m[0]);
	other_go(2, change_while_held, &m[1]);
	for (i = 0; i < 10; i++)
		delay_somewhere(rnd());
	__atomic_store_n(&j.hold, 0, __ATOMIC_RELEASE);
	other_wait(0);
	CHECK(!c.ret);
	other_wait(1);
	other_wait(2);
	queued += m[0].queued + m[1].queued;
	queued -= kthread_cancel_delayed_work_sync(&j.d);
	kthread_destroy_worker(w);
	CHECK(j.runs == queued && !j.together);
	return true;
}

/* ---- W16: mutation: drop_leftovers() that leaves what is armed ------------------------------- */
static bool W16_destroy_with_whatever_is_there(void)
{
	struct kthread_worker *w;
	static struct job j[4];
	unsigned int i, k, trues;

	for (i = 0; i < REPEAT / 4; i++) {
		w = rnd() & 1 ? worker_new(0) : kthread_create_worker(0, "queues");
		CHECK(!IS_ERR(w));
		trues = 0;
		for (k = 0; k < 4; k++) {
			delayed_init(&j[k], w);
			trues += kthread_queue_delayed_work_ns(w, &j[k].d,
							       k & 1 ? 0
								     : 1000000 + rnd() % 1000000);
		}
		if (rnd() & 1)
			__atomic_store_n(&j[1].again, 1000000000, __ATOMIC_RELEASE);
		kthread_destroy_worker(w);
		/* What was ready ran; what was left is idle again, and of no worker. */
		CHECK(trues == 4 && j[1].runs >= 1 && j[3].runs == 1);
		for (k = 0; k < 4; k += 2)
			CHECK(j[k].runs == 1 || (!j[k].runs && !j[k].d.work.worker &&
						 !kthread_cancel_delayed_work_sync(&j[k].d)));
		step();
	}
	return true;
}

/*
 * ---- W21: mutations: serve() that does not freeze; serve() without its look at the requests
 * between the state and the sleep: the park hangs
 */
struct feed {
	struct job *j;
	unsigned int end;
};

static void feed(void *arg)
{
	struct feed *f = arg;

	while (!READ(f->end)) {
		kthread_queue_work(f->j->w, &f->j->d.work);
		delay_somewhere(rnd());
	}
}

static bool W21_freeze_and_thaw_against_queue_and_park(void)
{
	struct kthread_worker *w = worker_new(KTW_FREEZABLE);
	static struct job j;
	struct feed f = { .j = &j };
	unsigned int i, k, runs;

	CHECK(!IS_ERR(w));
	job_init(&j, w);
	/* Freezable from its first work on. */
	kthread_queue_work(w, &j.d.work);
	kthread_flush_work(&j.d.work);
	if (rnd() & 1)
		other_go(0, feed, &f);
	else
		f.end = 2;
	for (i = 0; i < REPEAT / 2; i++) {
		CHECK(kthread_freeze_all(60 * HZ) == 0);
		runs = READ(j.runs);
		CHECK(!READ(j.running));
		for (k = 0; k < 5; k++) {
			kthread_queue_work(w, &j.d.work);
			delay_somewhere(rnd());
		}
		CHECK(READ(j.runs) == runs);
		kthread_thaw_all();
		kthread_flush_work(&j.d.work);
		CHECK(READ(j.runs) > runs);
		if (rnd() & 1) {
			CHECK(kthread_park(w->task) == 0);
			runs = READ(j.runs);
			delay_somewhere(rnd());
			CHECK(READ(j.runs) == runs);
			kthread_unpark(w->task);
		}
		step();
	}
	if (f.end != 2) {
		__atomic_store_n(&f.end, 1, __ATOMIC_RELEASE);
		other_wait(0);
	}
	kthread_destroy_worker(w);
	CHECK(!j.together);
	return true;
}

int main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "W2_what_was_written_before_is_seen", W2_what_was_written_before_is_seen },
		{ "W3_flush_and_cancel_of_a_work_that_queues_itself",
		  W3_flush_and_cancel_of_a_work_that_queues_itself },
		{ "W4_a_work_that_is_gone_when_it_has_run",
		  W4_a_work_that_is_gone_when_it_has_run },
		{ "W4_flush_and_cancel_of_its_successor", W4_flush_and_cancel_of_its_successor },
		{ "W6_the_barrier_on_the_stack", W6_the_barrier_on_the_stack },
		{ "W7_W10_cancels_of_one_instance", W7_W10_cancels_of_one_instance },
		{ "W11_W12_mods_cancels_and_the_deadline", W11_W12_mods_cancels_and_the_deadline },
		{ "W8_W11_mod_and_queue_during_a_cancel", W8_W11_mod_and_queue_during_a_cancel },
		{ "W16_destroy_with_whatever_is_there", W16_destroy_with_whatever_is_there },
		{ "W21_freeze_and_thaw_against_queue_and_park",
		  W21_freeze_and_thaw_against_queue_and_park },
	};

	scenarios_play(argc, argv, scenarios, sizeof(scenarios) / sizeof(*scenarios));
	return stress_end();
}
