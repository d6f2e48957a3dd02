// SPDX-License-Identifier: GPL-2.0-only
/* Workers and works that are queued at once. */
#include "scenario.h"

void scenario_W1(void)
{
	struct kthread_worker *w = start_worker(0, "w1");
	struct counted *c = counted_new(0);
	struct gate g;
	bool first, second;

	gate_close(&g, w);
	first = kthread_queue_work(w, &c->work);
	second = kthread_queue_work(w, &c->work);
	say("queued twice: %d %d, runs=%d", first, second, atomic_read(&c->runs));
	gate_open(&g);
	kthread_flush_work(&c->work);
	say("flushed: runs=%d", atomic_read(&c->runs));
	say("queued again: %d", kthread_queue_work(w, &c->work));
	kthread_flush_worker(w);
	say("worker flushed: runs=%d", atomic_read(&c->runs));
	kthread_destroy_worker(w);
}

/* Whatever queue_work returns, the next run sees what the caller wrote. */
struct mail {
	struct kthread_work work;
	int written, seen;
};

static void reads_mail(struct kthread_work *work)
{
	struct mail *m = container_of(work, struct mail, work);

	WRITE_ONCE(m->seen, READ_ONCE(m->written));
}

void scenario_W2(void)
{
	struct kthread_worker *w = start_worker(0, "w2");
	struct mail *m = alloc(sizeof(*m));
	int n;

	kthread_init_work(&m->work, reads_mail);
	for (n = 1; n <= 2000; n++) {
		WRITE_ONCE(m->written, n);
		kthread_queue_work(w, &m->work);
	}
	kthread_flush_work(&m->work);
	say("the last write was seen: %d", m->seen == 2000);
	kthread_destroy_worker(w);
}

/* ---- a work that queues itself again, step by step ------------------------------------------- */
struct again {
	struct kthread_work work;
	struct kthread_worker *worker;
	int limit, runs;
	struct completion entered, requeue, requeued, leave;
	bool ret;
};

static void again_fn(struct kthread_work *work)
{
	struct again *a = container_of(work, struct again, work);

	a->runs++;
	complete(&a->entered);
	wait_for_completion(&a->requeue);
	if (a->runs < a->limit)
		a->ret = kthread_queue_work(a->worker, work);
	complete(&a->requeued);
	wait_for_completion(&a->leave);
}

static struct again *again_start(struct kthread_worker *w, int limit)
{
	struct again *a = alloc(sizeof(*a));

	kthread_init_work(&a->work, again_fn);
	a->worker = w;
	a->limit = limit;
	init_completion(&a->entered);
	init_completion(&a->requeue);
	init_completion(&a->requeued);
	init_completion(&a->leave);
	kthread_queue_work(w, &a->work);
	wait_for_completion(&a->entered);
	return a;
}

static void again_requeue(struct again *a)
{
	complete(&a->requeue);
	wait_for_completion(&a->requeued);
}

void scenario_W3(void)
{
	struct kthread_worker *w = start_worker(0, "w3");
	struct again *a = again_start(w, 2);
	struct call *c = call_start(do_flush_work, &a->work);

	await_blocked(c->thread);
	again_requeue(a);
	say("queued itself again: %d", a->ret);
	complete(&a->leave);
	wait_for_completion(&a->entered);
	call_returns(c);
	say("flush before that: returns while the second instance runs: runs=%d", a->runs);
	again_requeue(a);
	complete(&a->leave);

	kthread_flush_worker(w);
	a = again_start(w, 2);
	again_requeue(a);
	c = call_start(do_flush_work, &a->work);
	await_blocked(c->thread);
	complete(&a->leave);
	wait_for_completion(&a->entered);
	say("flush after it: waits for the second instance: %d", call_waits(c));
	again_requeue(a);
	complete(&a->leave);
	call_returns(c);
	say("runs=%d", a->runs);
	kthread_destroy_worker(w);
}

/* ---- a work that frees itself ---------------------------------------------------------------- */
static atomic_t freed;

static void frees_itself(struct kthread_work *work)
{
	release(work);
	atomic_inc(&freed);
}

void scenario_W4(void)
{
	struct kthread_worker *w = start_worker(0, "w4");
	struct kthread_work *work;
	int n, queued = 0;

	atomic_set(&freed, 0);
	for (n = 0; n < 100; n++) {
		work = alloc(sizeof(*work));
		kthread_init_work(work, frees_itself);
		queued += kthread_queue_work(w, work);
	}
	kthread_flush_worker(w);
	say("freed themselves: %d of %d", atomic_read(&freed), queued);
	kthread_destroy_worker(w);
}

void scenario_W5(void)
{
	struct kthread_worker *w = start_worker(0, "w5");
	struct counted *c = counted_new(0);
	struct gate g;
	struct call *call;

	kthread_flush_work(&c->work);
	say("flush of one never queued returns");
	gate_close(&g, w);
	call = call_start(do_flush_work, &g.work);
	await_blocked(call->thread);
	say("flush of a running one waits: %d", call_waits(call));
	gate_open(&g);
	call_returns(call);

	gate_close(&g, w);
	kthread_queue_work(w, &c->work);
	call = call_start(do_flush_work, &c->work);
	await_blocked(call->thread);
	say("flush of a pending one waits: %d", call_waits(call));
	gate_open(&g);
	call_returns(call);
	say("runs=%d", atomic_read(&c->runs));
	kthread_flush_work(&c->work);
	say("flush of an idle one returns");
	kthread_destroy_worker(w);
}

void scenario_W6(void)
{
	struct kthread_worker *w = start_worker(0, "w6");
	struct counted *c = counted_new(0);
	int n;

	for (n = 0; n < 500; n++) {
		kthread_queue_work(w, &c->work);
		kthread_flush_work(&c->work);
	}
	say("500 times queue and flush: runs=%d", atomic_read(&c->runs));
	kthread_destroy_worker(w);
}

void scenario_W7(void)
{
	struct kthread_worker *w = start_worker(0, "w7");
	struct counted *c = counted_new(0);
	struct again *a;
	struct gate g;
	struct call *call, *other;
	long sum;

	say("cancel of one never queued: %d", kthread_cancel_work_sync(&c->work));
	gate_close(&g, w);
	kthread_queue_work(w, &c->work);
	say("cancel of a pending one: %d", kthread_cancel_work_sync(&c->work));
	call = call_start(do_cancel, &g.work);
	await_blocked(call->thread);
	say("cancel of a running one waits: %d", call_waits(call));
	gate_open(&g);
	say("and returns %ld", call_returns(call));
	say("the pending one has not run: runs=%d", atomic_read(&c->runs));
	say("cancel of an idle one: %d", kthread_cancel_work_sync(&g.work));

	a = again_start(w, 2);
	again_requeue(a);
	call = call_start(do_cancel, &a->work);
	await_blocked(call->thread);
	complete(&a->leave);
	sum = call_returns(call);
	say("cancel of a running one that is queued again: %ld, runs=%d", sum, a->runs);

	a = again_start(w, 9);
	again_requeue(a);
	call = call_start(do_cancel, &a->work);
	other = call_start(do_cancel, &a->work);
	await_blocked(call->thread);
	await_blocked(other->thread);
	complete(&a->leave);
	sum = call_returns(call);
	sum += call_returns(other);
	say("two cancels of it: %ld of them true, runs=%d", sum, a->runs);
	kthread_destroy_worker(w);
}

void scenario_W8(void)
{
	struct kthread_worker *w = start_worker(0, "w8");
	struct again *a = again_start(w, 9);
	struct call *call = call_start(do_cancel, &a->work);
	long cancelled;

	await_blocked(call->thread);
	say("queue during a cancel: %d", kthread_queue_work(w, &a->work));
	again_requeue(a);
	say("by the work itself: %d", a->ret);
	complete(&a->leave);
	cancelled = call_returns(call);
	say("cancel: %ld, runs=%d", cancelled, a->runs);
	a->limit = 0;
	complete(&a->requeue);
	complete(&a->leave);
	say("queue afterwards: %d", kthread_queue_work(w, &a->work));
	kthread_flush_work(&a->work);
	say("runs=%d", a->runs);
	kthread_destroy_worker(w);
}

void scenario_W13(void)
{
	struct kthread_worker *w = start_worker(0, "w13");
	struct counted *c = counted_new(0);
	int n, queued = 0, cancelled = 0;

	for (n = 0; n < 2000; n++) {
		queued += kthread_queue_work(w, &c->work);
		if (n % 3 == 0)
			cancelled += kthread_cancel_work_sync(&c->work);
		if (n % 50 == 0)
			nap_ms(1);
	}
	kthread_flush_worker(w);
	say("queued = ran + cancelled: %d", queued == atomic_read(&c->runs) + cancelled);
	kthread_destroy_worker(w);
}

void scenario_W16(void)
{
	struct kthread_worker *w = start_worker(0, "w16");
	struct counted *c[3];
	struct call *call;
	struct gate g;
	int i;

	log_reset();
	gate_close(&g, w);
	for (i = 0; i < 3; i++) {
		c[i] = counted_new((char)('A' + i));
		kthread_queue_work(w, &c[i]->work);
	}
	call = call_start(do_destroy, w);
	await_blocked(call->thread);
	gate_open(&g);
	call_returns(call);
	say("destroy runs what is queued: %s", log_text());
}

/* ---- a work that queues itself again without end --------------------------------------------- */
struct endless {
	struct kthread_work work;
	struct kthread_worker *worker;
	atomic_t runs;
};

static void endless_fn(struct kthread_work *work)
{
	struct endless *e = container_of(work, struct endless, work);

	if (atomic_inc_return(&e->runs) < 1000000)
		kthread_queue_work(e->worker, work);
}

void scenario_W27(void)
{
	struct endless *e = alloc(sizeof(*e));

	e->worker = start_worker(0, "w27");
	kthread_init_work(&e->work, endless_fn);
	kthread_queue_work(e->worker, &e->work);
	AWAIT(atomic_read(&e->runs) > 10);
	kthread_destroy_worker(e->worker);
	say("destroy with a work that queues itself without end returns");
}

void scenario_W28(void)
{
	struct kthread_worker *w = start_worker(0, "w28");

	nap_ms(5);
	kthread_destroy_worker(w);
	say("destroy of a worker that had no work returns");
}

static long stop_worker(void *worker)
{
	return kthread_stop(((struct kthread_worker *)worker)->task);
}

void scenario_W17(void)
{
	struct kthread_worker *w = start_worker(0, "w17");
	struct counted *c = counted_new(0);
	struct call *call;
	struct gate g;

	gate_close(&g, w);
	kthread_queue_work(w, &c->work);
	call = call_start(stop_worker, w);
	await_blocked(call->thread);
	gate_open(&g);
	say("stop of a worker's thread: %s", err(call_returns(call)));
	say("what was queued: runs=%d, worker has a thread: %d", atomic_read(&c->runs), !!w->task);
	say("it is still pending: %d", kthread_cancel_work_sync(&c->work));
	/* Not destroyed: that is W29. */
}

void scenario_W29(void)
{
	struct kthread_worker *w = start_worker(0, "w29");
	struct gate g;

	/* It must be in its loop, or the stop would leave it with a task. */
	gate_close(&g, w);
	gate_open(&g);
	kthread_flush_worker(w);
	kthread_stop(w->task);
	say("worker has a thread: %d", !!w->task);
	kthread_destroy_worker(w);
	say("destroy of a worker whose thread has ended returns");
}

void scenario_W18(void)
{
	struct kthread_worker *w = kthread_create_worker(0, "w18");
	struct counted *c = counted_new(0);

	nap_ms(30);
	say("create_worker: its thread is %s", state_name(w->task));
	say("queue: %d", kthread_queue_work(w, &c->work));
	kthread_flush_work(&c->work);
	say("runs=%d", atomic_read(&c->runs));
	kthread_destroy_worker(w);
}

void scenario_W30(void)
{
	struct kthread_worker *w = kthread_create_worker(0, "w30");
	struct counted *c = counted_new(0);

	say("created only, work queued: %d", kthread_queue_work(w, &c->work));
	kthread_destroy_worker(w);
	say("destroy: runs=%d", atomic_read(&c->runs));
	w = kthread_create_worker(0, "w30");
	kthread_destroy_worker(w);
	say("destroy of a worker that was created only returns");
}

void scenario_W19(void)
{
	struct kthread_worker *w = alloc(sizeof(*w));
	struct counted *a = counted_new('A'), *b = counted_new('B');
	struct task_struct *k;
	bool first, second;

	log_reset();
	kthread_init_worker(w);
	first = kthread_queue_work(w, &a->work);
	second = kthread_queue_work(w, &b->work);
	nap_ms(10);
	say("queued before there is a thread: %d %d, ran: '%s'", first, second, log_text());
	k = kthread_run(kthread_worker_fn, w, "w19");
	AWAIT(READ_ONCE(w->task));
	kthread_flush_work(&b->work);
	say("with a thread: '%s'", log_text());
	say("has a thread: %d", w->task == k);
	say("stop: %s", err(kthread_stop(k)));
	say("has a thread: %d", !!w->task);
	say("queue after it: %d", kthread_queue_work(w, &a->work));
	k = kthread_run(kthread_worker_fn, w, "w19");
	AWAIT(READ_ONCE(w->task));
	kthread_flush_worker(w);
	say("a second thread: '%s'", log_text());
	kthread_stop(k);
}

void scenario_W20(void)
{
	struct kthread_worker *w = start_worker(0, "w20a");
	struct kthread_worker *v = start_worker(0, "w20b");
	struct counted *c = counted_new(0);
	struct gate g;

	gate_close(&g, w);
	kthread_queue_work(w, &c->work);
	say("pending on one, queued on another worker: %d", kthread_queue_work(v, &c->work));
	kthread_flush_worker(v);
	say("runs=%d", atomic_read(&c->runs));
	gate_open(&g);
	kthread_flush_worker(w);
	say("the first runs it: runs=%d", atomic_read(&c->runs));
	kthread_destroy_worker(v);
	kthread_destroy_worker(w);
}

void scenario_W31(void)
{
	struct kthread_worker *w = start_worker(0, "w31a");
	struct kthread_worker *v = start_worker(0, "w31b");
	struct counted *c = counted_new(0);

	kthread_queue_work(w, &c->work);
	kthread_flush_work(&c->work);
	say("idle, moved to another worker: %d", kthread_queue_work(v, &c->work));
	kthread_flush_worker(v);
	say("runs=%d", atomic_read(&c->runs));
	kthread_destroy_worker(v);
	kthread_destroy_worker(w);
}

void scenario_W32(void)
{
	struct kthread_worker *w = start_worker(0, "w32");
	struct counted *c[6];
	struct gate g;
	int i;

	log_reset();
	gate_close(&g, w);
	for (i = 0; i < 6; i++) {
		c[i] = counted_new((char)('A' + i));
		kthread_queue_work(w, &c[i]->work);
	}
	kthread_cancel_work_sync(&c[2]->work);
	kthread_queue_work(w, &c[1]->work);
	kthread_queue_work(w, &c[2]->work);
	gate_open(&g);
	kthread_flush_worker(w);
	say("order of A to F, C cancelled and queued again: %s", log_text());
	kthread_destroy_worker(w);
}

void scenario_W33(void)
{
	struct kthread_worker *w = start_worker(0, "w33");
	struct counted *a = counted_new('A'), *b = counted_new('B');
	struct call *call;
	struct gate g, h;

	log_reset();
	gate_close(&g, w);
	kthread_queue_work(w, &a->work);
	call = call_start(do_flush_worker, w);
	await_blocked(call->thread);
	gate_init(&h);
	kthread_queue_work(w, &h.work);
	kthread_queue_work(w, &b->work);
	gate_open(&g);
	call_returns(call);
	say("flush_worker waits for what was queued before: '%s'", log_text());
	gate_open(&h);
	kthread_flush_worker(w);
	say("then '%s'", log_text());
	kthread_destroy_worker(w);
}

struct where {
	struct kthread_work work;
	int cpu;
	bool named;
};

static void where_fn(struct kthread_work *work)
{
	struct where *w = container_of(work, struct where, work);

	w->cpu = this_cpu();
	w->named = !strncmp(current->comm, "w34/", 4);
}

void scenario_W34(void)
{
	struct kthread_worker *w = start_worker_on_cpu(last_cpu(), 0, "w34/%u");
	struct where *x = alloc(sizeof(*x));

	kthread_init_work(&x->work, where_fn);
	kthread_queue_work(w, &x->work);
	kthread_flush_work(&x->work);
	say("worker on a CPU: runs there: %d, named: %d, CPUs %d", x->cpu == last_cpu(), x->named,
	    nr_bound(w->task));
	kthread_destroy_worker(w);
}

/* A work may leave in another state than TASK_RUNNING. */
static void leaves_state(struct kthread_work *work)
{
	(void)work;
	set_current_state(TASK_INTERRUPTIBLE);
}

void scenario_W35(void)
{
	struct kthread_worker *w = start_worker(0, "w35");
	struct counted *c = counted_new(0);
	struct kthread_work *work = alloc(sizeof(*work));
	struct gate g;

	kthread_init_work(work, leaves_state);
	gate_close(&g, w);
	kthread_queue_work(w, work);
	kthread_queue_work(w, &c->work);
	gate_open(&g);
	kthread_flush_work(&c->work);
	say("the next work runs: runs=%d", atomic_read(&c->runs));
	kthread_destroy_worker(w);
}
