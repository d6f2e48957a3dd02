// SPDX-License-Identifier: GPL-2.0-only
/*
 * failures: every allocation, pthread_create(), eventfd() and setting of an affinity that an
 * operation makes fails, one at a time: the operation gives the right error, leaves no memory, no
 * thread and no descriptor behind, and works when it is tried again. Then the same by the library's
 * own hooks for tests. Each failure in a fresh process, so that the creator's start is among them.
 *
 * Each line of the output says which calls failed. Mutations that were seen to fail: an error path
 * of create_thread() without free(name), or without kt_task_free(); create_worker() that keeps the
 * worker when there is no thread; register_locked() without stop_all(); start_locked() that leaves
 * running set; kthread_notify_fd() that returns -ENOMEM.
 */
#include <sys/wait.h>

#include "tests/stress/counted.h"
#include "tests/stress/stress.h"

extern int (*kthread_test_fail)(const char *what);

/* ---- the library's hooks: the one that fails, counted from 0 --------------------------------- */
static int hook_fail_at = -1, nr_hooks;

static int fail_hook(const char *what)
{
	/*
	 * Wanted while somebody on the machine traces works, and done without: no operation's. Never
	 * made here, it is not among the calls either.
	 */
	if (!strcmp(what, "log"))
		return ENOMEM;
	if (__atomic_fetch_add(&nr_hooks, 1, __ATOMIC_SEQ_CST) != hook_fail_at)
		return 0;
	failed_call = what;
	failed_err = strcmp(what, "creator") && strcmp(what, "pthread_create") ? ENOMEM : EAGAIN;
	return failed_err;
}

/* ---- the operations: do, undo. Return: 0 or the error ---------------------------------------- */
static long stop(struct task_struct *k)
{
	if (IS_ERR(k))
		return PTR_ERR(k);
	return kthread_stop(k) == -EINTR ? 0 : -EPROTO;
}

static long create(void)
{
	return stop(kthread_create(until_stop, NULL, "short"));
}

static long create_long_name(void)
{
	return stop(kthread_create(until_stop, NULL, "%s", "a name of more than fifteen bytes"));
}

static long create_on_node(void)
{
	return stop(kthread_create_on_node(until_stop, NULL, 0, "on-node-%d", 0));
}

static long run(void)
{
	unsigned int starts = 0;
	struct task_struct *k = kthread_run(until_stop, &starts, "run");

	if (IS_ERR(k))
		return PTR_ERR(k);
	return WAIT_UNTIL(READ(starts)) && kthread_stop(k) == 42 ? 0 : -EPROTO;
}

/* It works unbound, too, and tells. */
static long create_on_cpu(void)
{
	struct task_struct *k = kthread_create_on_cpu(until_stop, NULL, 0, "on-cpu/%u");
	long err = IS_ERR(k) ? 0 : kthread_bind_error(k);

	return err ? stop(k), err : stop(k);
}

static long run_on_cpu(void)
{
	struct task_struct *k = kthread_run_on_cpu(until_stop, NULL, 0, "on-cpu-of-the-number/%u");
	long err = IS_ERR(k) ? PTR_ERR(k) : kthread_bind_error(k);

	if (!IS_ERR(k))
		kthread_stop(k);
	return err;
}

static long bind_mask(void)
{
	struct task_struct *k = kthread_create(until_stop, NULL, "bind");
	struct cpumask mask;
	long err;

	if (IS_ERR(k))
		return PTR_ERR(k);
	cpumask_setall(&mask);
	kthread_bind_mask(k, &mask);
	err = kthread_bind_error(k);
	return stop(k) ?: err;
}

/* A wish: what the kernel refuses is done without. */
static long prefer(void)
{
	struct task_struct *k = kthread_create(until_stop, NULL, "prefer");
	struct cpumask mask;
	long err;

	if (IS_ERR(k))
		return PTR_ERR(k);
	cpumask_setall(&mask);
	err = kthread_affine_preferred(k, &mask);
	return stop(k) ?: err;
}

static long cancellable(void)
{
	struct kthread_cancel cancel = KTHREAD_CANCEL_INIT;
	long err = stop(kthread_create_cancellable(&cancel, until_stop, NULL,
						   "a name of more than fifteen bytes"));

	return cancel.creates ? -EPROTO : err;
}

/* Cancelled before, so the error is that of the cancel if no call fails. */
static long cancelled(void)
{
	struct kthread_cancel cancel = KTHREAD_CANCEL_INIT;
	long err;

	kthread_cancel_create(&cancel);
	err = stop(kthread_create_cancellable(&cancel, until_stop, NULL, "cancelled"));
	return err == -EINTR ? 0 : err ?: -EPROTO;
}

static unsigned int runs;

static void count_run(struct kthread_work *work)
{
	(void)work;
	ADD(runs);
}

static long use(struct kthread_worker *w)
{
	DEFINE_KTHREAD_WORK(work, count_run);
	DEFINE_KTHREAD_DELAYED_WORK(delayed, count_run);
	unsigned int before = READ(runs);
	bool ok;

	if (IS_ERR(w))
		return PTR_ERR(w);
	ok = kthread_queue_work(w, &work) && kthread_queue_delayed_work(w, &delayed, 1000 * HZ) &&
	     kthread_mod_delayed_work(w, &delayed, 2000 * HZ);
	kthread_flush_work(&work);
	ok = ok && kthread_cancel_delayed_work_sync(&delayed);
	kthread_flush_worker(w);
	kthread_destroy_worker(w);
	return ok && READ(runs) == before + 1 ? 0 : -EPROTO;
}

static long create_worker(void)
{
	return use(kthread_create_worker(0, "worker"));
}

static long run_worker(void)
{
	return use(kthread_run_worker(0, "%s", "a worker's name of more than fifteen bytes"));
}

static long worker_on_node(void)
{
	return use(kthread_create_worker_on_node(0, 0, "worker"));
}

static long worker_on_cpu(void)
{
	struct kthread_worker *w = kthread_create_worker_on_cpu(0, 0, "worker-on-cpu-number/%u");
	long err = IS_ERR(w) ? 0 : kthread_bind_error(w->task);

	return use(w) ?: err;
}

static long run_worker_on_cpu(void)
{
	struct kthread_worker *w = kthread_run_worker_on_cpu(0, KTW_FREEZABLE, "cpu/%u");
	long err = IS_ERR(w) ? 0 : kthread_bind_error(w->task);

	return use(w) ?: err;
}

static long freezable_worker(void)
{
	struct kthread_worker *w = kthread_run_worker(KTW_FREEZABLE, "freezable");
	long err;

	if (IS_ERR(w))
		return PTR_ERR(w);
	kthread_flush_worker(w);
	err = kthread_freeze_all(20 * HZ);
	kthread_thaw_all();
	return use(w) ?: err;
}

static int polls(void *data)
{
	int fd = kthread_notify_fd();

	(void)data;
	return fd < 0 ? fd : until_stop(NULL);
}

static long notify(void)
{
	struct task_struct *k = kthread_create(polls, NULL, "notify");
	int ret;

	if (IS_ERR(k))
		return PTR_ERR(k);
	/* So that its function runs for sure. */
	if (kthread_park(k))
		return -EPROTO;
	ret = kthread_stop(k);
	return ret == 42 ? 0 : ret;
}

struct waits {
	wait_queue_head_t wq;
	unsigned int ready, done;
};

static int waits(void *data)
{
	struct waits *w = data;
	int err = wait_event_interruptible(w->wq, READ(w->ready));

	ADD(w->done);
	return err ? err : until_stop(NULL);
}

static long wait_queue(void)
{
	struct waits w = { .ready = 0 };
	struct task_struct *k;

	init_waitqueue_head(&w.wq);
	k = kthread_run(waits, &w, "waits");
	if (IS_ERR(k))
		return PTR_ERR(k);
	ADD(w.ready);
	wake_up(&w.wq);
	return WAIT_UNTIL(READ(w.done)) && kthread_stop(k) == 42 ? 0 : -EPROTO;
}

static int never(unsigned int cpu)
{
	(void)cpu;
	return 0;
}

static void nothing(unsigned int cpu)
{
	(void)cpu;
}

static long smpboot(void)
{
	static struct smp_hotplug_thread set = {
		.thread_should_run = never,
		.thread_fn = nothing,
		.thread_comm = "set-of-a-long-name/%u",
	};
	long err = smpboot_register_percpu_thread(&set);

	if (err)
		return set.threads ? -EPROTO : err;
	smpboot_unregister_percpu_thread(&set);
	return 0;
}

/* ---- one failure ----------------------------------------------------------------------------- */
static void quiet(enum kthread_warning w, const char *text)
{
	(void)w;
	(void)text;
}

enum { CHILD_OK, CHILD_BAD, CHILD_NO_SUCH_CALL };

struct op {
	const char *name;
	long (*op)(void);
	int least; /* calls that fail in turn: name, task, creator, thread; and what it adds */
	bool may_be_refused; /* the affinity: it is a wish, or stands already and is set again */
};

struct held {
	long blocks, bytes;
	unsigned int threads, fds;
};

/* Threads, but not the creator, are given time to end, and with them their memory. */
static bool is_held(const struct held *h, unsigned int creators)
{
	return READ(live_blocks) == h->blocks && READ(live_bytes) == h->bytes &&
	       nr_threads() == h->threads + creators && nr_fds() == h->fds;
}

static int child(const struct op *o, int nr, bool by_hook)
{
	struct held h = { live_blocks, live_bytes, nr_threads(), nr_fds() };
	int *at = by_hook ? &hook_fail_at : &fail_at;
	bool started;
	long err, again;

	kthread_warn_hook(quiet);
	kthread_test_fail = fail_hook;
	*at = nr;
	err = o->op();
	*at = -1;
	if (!failed_call)
		return err ? CHILD_BAD : CHILD_NO_SUCH_CALL;
	started = WAIT_UNTIL(is_held(&h, 0) || is_held(&h, 1));
	again = o->op();
	if (o->may_be_refused && !err && !strcmp(failed_call, "sched_setaffinity"))
		err = -failed_err;
	if (err == -failed_err && started && !again && WAIT_UNTIL(is_held(&h, 1)))
		return CHILD_OK;
	printf("%s: %s, the %dth call, failed with %d: the operation with %ld; again: %ld; left: "
	       "%ld blocks, %ld bytes, %u threads, %u descriptors for %u\n",
	       o->name, failed_call, nr, failed_err, err, again, live_blocks - h.blocks,
	       live_bytes - h.bytes, nr_threads() - h.threads, nr_fds(), h.fds);
	return CHILD_BAD;
}

/* Return: how many failures were injected, all answered as they must be; -1: one was not */
static int every_failure(const struct op *o, bool by_hook)
{
	int nr, status;
	pid_t pid;

	for (nr = 0; nr < 1000; nr++) {
		fflush(NULL);
		pid = fork();
		if (!pid) {
			alarm(60);
			status = child(o, nr, by_hook);
			fflush(NULL);
			_exit(status);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
		    WEXITSTATUS(status) == CHILD_BAD)
			return -1;
		if (WEXITSTATUS(status) == CHILD_NO_SUCH_CALL)
			return nr;
	}
	return -1;
}

/* A thread of the program's own has no way to be told: the library says so and aborts. */
static bool no_handle_aborts(void)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		fail_at = 0;
		_exit(current == NULL);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
	       WTERMSIG(status) == SIGABRT;
}

int main(void)
{
	static const struct op ops[] = {
		{ "kthread_create", create, 4, false },
		{ "kthread_create with a long name", create_long_name, 4, false },
		{ "kthread_create_on_node", create_on_node, 4, false },
		{ "kthread_run", run, 4, false },
		{ "kthread_create_on_cpu", create_on_cpu, 6, false },
		{ "kthread_run_on_cpu with a long name", run_on_cpu, 6, false },
		{ "kthread_bind_mask", bind_mask, 6, false },
		{ "kthread_affine_preferred", prefer, 6, true },
		{ "kthread_create_cancellable", cancellable, 5, false },
		{ "kthread_create_cancellable, cancelled", cancelled, 4, false },
		{ "kthread_create_worker", create_worker, 5, false },
		{ "kthread_run_worker with a long name", run_worker, 5, false },
		{ "kthread_create_worker_on_node", worker_on_node, 5, false },
		{ "kthread_create_worker_on_cpu", worker_on_cpu, 7, false },
		{ "kthread_run_worker_on_cpu", run_worker_on_cpu, 7, false },
		{ "a freezable worker, frozen", freezable_worker, 5, false },
		{ "kthread_notify_fd", notify, 5, false },
		{ "wait_event_interruptible", wait_queue, 4, false },
		{ "smpboot_register_percpu_thread", smpboot, 5, true },
	};
	unsigned int i;
	int n, hooks;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		n = every_failure(&ops[i], false);
		hooks = n < 0 ? -1 : every_failure(&ops[i], true);
		if (n >= 0 && hooks >= 0)
			printf("failures: %s: %d calls failed in turn, and %d hooks\n", ops[i].name,
			       n, hooks);
		stress_check(n >= ops[i].least && hooks >= 4, ops[i].name);
		/* Each that is not answered takes long, as its leftovers are waited for. */
		if (stress_failed)
			break;
	}
	stress_check(no_handle_aborts(), "current without memory");
	return stress_end();
}
