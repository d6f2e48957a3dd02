// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log that a worker's thread keeps of its works while somebody looks: lib/probe/work_log.h. We
 * look by raising the semaphore, as the kernel does for a tracer, and read what a tracer would.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/wait.h>

#include "lib/probe/slot.h"
#include "lib/probe/usdt.h"
#include "lib/probe/work_log.h"
#include "tests/unit/chaos.h"

TestSuite(kthread_log, .timeout = 120);

extern int (*kthread_test_fail)(const char *what);
extern void (*kthread_test_event)(const char *name, ...);

static void look(int by)
{
	__atomic_fetch_add(&USDT_SEMAPHORE(kthread, work_log), (unsigned short)by,
			   __ATOMIC_SEQ_CST);
}

static struct kthread_work_log *log_seen;
static uint64_t queued_seen;

static void sees_its_log(struct kthread_work *work)
{
	log_seen = (struct kthread_work_log *)slot_self()->log;
	queued_seen = work->queued_ns;
}

static void does_nothing(struct kthread_work *work)
{
	(void)work;
}

static const struct kthread_log_entry *entry(const struct kthread_work_log *log, uint32_t n)
{
	return &log->entry[n % KTHREAD_LOG_NR];
}

Test(kthread_log, while_nobody_looks_there_is_none)
{
	struct kthread_worker *w = kthread_run_worker(0, "unseen");
	DEFINE_KTHREAD_WORK(work, sees_its_log);

	log_seen = (void *)1;
	kthread_queue_work(w, &work);
	kthread_flush_work(&work);
	cr_expect_null(log_seen);
	cr_expect_eq(work.queued_ns, 0);
	kthread_destroy_worker(w);
}

Test(kthread_log, each_work_with_its_times_and_flushes_marked)
{
	struct kthread_worker *w = kthread_run_worker(0, "seen");
	DEFINE_KTHREAD_WORK(work, sees_its_log);
	const struct kthread_work_log *log;
	uint64_t before, after;

	look(1);
	for (int i = 0; i < 10; i++) {
		before = slot_clock_ns();
		kthread_queue_work(w, &work);
		kthread_flush_work(&work);
		after = slot_clock_ns();
		cr_assert_eq(queued_seen, 0, "what it says now is in the log");
		log = log_seen;
		cr_assert(log);
		cr_assert_eq(log->head.magic, KTHREAD_LOG_MAGIC);
		cr_assert_eq(log->head.tid, (uint32_t)w->task->pid);
		/* Its own and, unless it was over by then, the flush's. */
		for (uint32_t n = 0; n < READ(log->head.started); n++) {
			const struct kthread_log_entry *e = entry(log, n);

			if (e->flags & KTHREAD_LOG_BARRIER || e->queued_ns < before)
				continue;
			cr_expect_eq(e->func, (uintptr_t)sees_its_log);
			cr_expect_leq(before, e->queued_ns);
			cr_expect_leq(e->queued_ns, e->start_ns);
			cr_expect_leq(e->start_ns, e->end_ns);
			cr_expect_leq(e->end_ns, after);
		}
	}
	kthread_flush_worker(w);
	cr_assert(WAIT_UNTIL(READ(entry(log, READ(log->head.started) - 1)->flags) &
			     KTHREAD_LOG_BARRIER));
	look(-1);
	kthread_destroy_worker(w);
}

static unsigned int nr_announced, nr_last, in_log;

static void note_announcement(const char *name, ...)
{
	va_list ap;

	if (strcmp(name, "work_log"))
		return;
	va_start(ap, name);
	in_log = va_arg(ap, struct kthread_work_log *)->head.started;
	nr_last += va_arg(ap, int);
	va_end(ap);
	nr_announced++;
}

/* Else a tracer would miss those that are overwritten. */
Test(kthread_log, it_is_announced_before_it_wraps_and_before_it_goes)
{
	struct kthread_worker *w = kthread_run_worker(0, "busy");
	struct kthread_work work[500];

	/* The creator of the test before may still be looking at it. */
	__atomic_store_n(&kthread_test_event, note_announcement, __ATOMIC_RELAXED);
	look(1);
	for (int i = 0; i < 500; i++) {
		kthread_init_work(&work[i], does_nothing);
		kthread_queue_work(w, &work[i]);
	}
	kthread_flush_worker(w);
	kthread_destroy_worker(w);
	look(-1);
	__atomic_store_n(&kthread_test_event, NULL, __ATOMIC_RELAXED);
	cr_expect_geq(in_log, 500);
	cr_expect_geq(nr_announced, 500 / KTHREAD_LOG_ANNOUNCE + 2);
	cr_expect_leq(nr_announced, in_log / KTHREAD_LOG_ANNOUNCE + 2);
	cr_expect_eq(nr_last, 1);
}

static int no_log(const char *what)
{
	return !strcmp(what, "log");
}

Test(kthread_log, without_memory_works_run_all_the_same)
{
	struct kthread_worker *w = kthread_run_worker(0, "poor");
	DEFINE_KTHREAD_WORK(work, sees_its_log);

	kthread_test_fail = no_log;
	look(1);
	log_seen = (void *)1;
	kthread_queue_work(w, &work);
	kthread_flush_work(&work);
	cr_expect_null(log_seen);
	look(-1);
	kthread_test_fail = NULL;
	kthread_destroy_worker(w);
}

static int child_says;

static void forks(struct kthread_work *work)
{
	pid_t pid = fork();
	int status;

	(void)work;
	if (!pid) {
		log_seen = (struct kthread_work_log *)slot_self()->log;
		_exit(log_seen && log_seen->head.tid == (uint32_t)gettid() ? 42 : 1);
	}
	child_says =
		waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Test(kthread_log, in_a_forked_child_it_is_the_childs)
{
	struct kthread_worker *w = kthread_run_worker(0, "forks");
	DEFINE_KTHREAD_WORK(work, forks);

	look(1);
	kthread_queue_work(w, &work);
	kthread_flush_work(&work);
	cr_expect_eq(child_says, 42);
	look(-1);
	kthread_destroy_worker(w);
}
