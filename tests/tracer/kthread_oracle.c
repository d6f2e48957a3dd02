// SPDX-License-Identifier: GPL-2.0-only
/*
 * A libkthread program that does a known number of things, for kthread_oracle.sh to count.
 *
 *	kthread_oracle work IDLE BUSY CANCELLED FLUSHES
 *	kthread_oracle rounds N FILE	(two times, once FILE.1 and then FILE.2 are there: N works on a
 *					sleeping worker; then makes FILE.1.done and FILE.2.done)
 *	kthread_oracle park N
 *	kthread_oracle stop N
 *	kthread_oracle wake N NAME	(wakes of a thread with that full name)
 *	kthread_oracle wake N NAME FILE	(the thread sleeps; its wakes begin once FILE is there)
 *	kthread_oracle hold FILE	(map the library until FILE is there)
 *
 * Nothing is timed: each step waits for the state it needs. Works behind the gate and stops take
 * 1 ms at least.
 */
#include <errno.h>
#include <kthread/kthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_S 30
/* Longer than a tracer takes to load in an emulated machine. */
#define HOLD_S	       300
#define LOWER_BOUND_US 1000

#define AWAIT(condition) AWAIT_FOR(DEADLINE_S, condition)

#define AWAIT_FOR(seconds, condition)                                 \
	do {                                                          \
		time_t end = time(NULL) + (seconds);                  \
		while (!(condition)) {                                \
			if (time(NULL) > end)                         \
				die(#condition " did not come true"); \
			sched_yield();                                \
		}                                                     \
	} while (0)

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "kthread_oracle: %s\n", what);
	exit(1);
}

/* Asleep in the kernel: nothing of what it did before is still under way. */
static bool sleeps(pid_t tid)
{
	char path[64], line[256], *p;
	FILE *f;
	bool is;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	f = fopen(path, "re");
	if (!f)
		return false;
	p = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	is = p && p[1] == ' ' && p[2] == 'S';
	fclose(f);
	return is;
}

/* ---- works ----------------------------------------------------------------------------------- */

static atomic_int nr_done, gate_entered, gate_open;

void oracle_step(struct kthread_work *work)
{
	(void)work;
	atomic_fetch_add(&nr_done, 1);
}

void oracle_gate(struct kthread_work *work)
{
	atomic_store(&gate_entered, 1);
	AWAIT(atomic_load(&gate_open));
	oracle_step(work);
}

static void works(int idle, int busy, int cancelled, int flushes)
{
	struct kthread_worker *w = kthread_run_worker(0, "oracle_worker_with_a_long_name");
	struct kthread_work *behind = calloc((size_t)(busy + cancelled + 1), sizeof(*behind));
	struct kthread_work step, gate;

	if (IS_ERR(w) || !behind)
		die("no worker");
	kthread_init_work(&step, oracle_step);
	kthread_init_work(&gate, oracle_gate);
	for (int i = 0; i < idle; i++) {
		AWAIT(sleeps(w->task->pid));
		if (!kthread_queue_work(w, &step))
			die("work was pending");
		AWAIT(atomic_load(&nr_done) == i + 1);
	}
	AWAIT(sleeps(w->task->pid));
	kthread_queue_work(w, &gate);
	AWAIT(atomic_load(&gate_entered));
	for (int i = 0; i < busy + cancelled; i++) {
		kthread_init_work(&behind[i], oracle_step);
		kthread_queue_work(w, &behind[i]);
	}
	for (int i = 0; i < cancelled; i++)
		if (!kthread_cancel_work_sync(&behind[busy + i]))
			die("cancelled work was not pending");
	/* What waits behind the gate waits this long at least. */
	usleep(LOWER_BOUND_US);
	atomic_store(&gate_open, 1);
	for (int i = 0; i < flushes; i++)
		kthread_flush_worker(w);
	AWAIT(atomic_load(&nr_done) == idle + 1 + busy);
	kthread_destroy_worker(w);
	free(behind);
}

static void rounds(int n, const char *file)
{
	struct kthread_worker *w = kthread_run_worker(0, "oracle_rounds");
	struct kthread_work step;
	char path[4096];
	int done = 0;
	FILE *f;

	if (IS_ERR(w))
		die("no worker");
	kthread_init_work(&step, oracle_step);
	for (int round = 1; round <= 2; round++) {
		snprintf(path, sizeof(path), "%s.%d", file, round);
		AWAIT(!access(path, F_OK));
		for (int i = 0; i < n; i++) {
			AWAIT(sleeps(w->task->pid));
			kthread_queue_work(w, &step);
			done++;
			AWAIT(atomic_load(&nr_done) == done);
		}
		AWAIT(sleeps(w->task->pid));
		snprintf(path, sizeof(path), "%s.%d.done", file, round);
		f = fopen(path, "we");
		if (!f)
			die("cannot make the file");
		fclose(f);
	}
	kthread_destroy_worker(w);
}

/* ---- parks ----------------------------------------------------------------------------------- */

static atomic_int nr_rounds;

static int park_fn(void *arg)
{
	(void)arg;
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		if (kthread_should_park()) {
			__set_current_state(TASK_RUNNING);
			kthread_parkme();
			atomic_fetch_add(&nr_rounds, 1);
			continue;
		}
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static void parks(int n)
{
	struct task_struct *k =
		kthread_run(park_fn, NULL, "oracle <b>parked</b>\033[31m\n\xff thread");

	if (IS_ERR(k))
		die("no thread");
	AWAIT(sleeps(k->pid));
	for (int i = 0; i < n; i++) {
		if (kthread_park(k))
			die("park failed");
		kthread_unpark(k);
		/* Else the next park may find it before it has left this one. */
		AWAIT(atomic_load(&nr_rounds) == i + 1);
	}
	kthread_stop(k);
}

/* ---- stops ----------------------------------------------------------------------------------- */

static int stop_fn(void *arg)
{
	(void)arg;
	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop())
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	/* A stop takes this long at least. */
	usleep(LOWER_BOUND_US);
	return 42;
}

static void stops(int n)
{
	for (int i = 0; i < n; i++) {
		struct task_struct *k =
			kthread_run(stop_fn, NULL, "oracle_thread_to_stop_number_%d", i % 4);

		if (IS_ERR(k))
			die("no thread");
		AWAIT(sleeps(k->pid));
		if (kthread_stop(k) != 42)
			die("wrong result");
	}
}

/* ---- wakes ----------------------------------------------------------------------------------- */

static int wake_fn(void *arg)
{
	(void)arg;
	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		atomic_fetch_add(&nr_rounds, 1);
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static void wakes(int n, const char *name, const char *begin)
{
	struct task_struct *k = kthread_run(wake_fn, NULL, "%s", name);

	if (IS_ERR(k))
		die("no thread");
	AWAIT(sleeps(k->pid));
	AWAIT(!begin || !access(begin, F_OK));
	for (int i = 0; i < n; i++) {
		AWAIT(sleeps(k->pid));
		wake_up_process(k);
		AWAIT(atomic_load(&nr_rounds) == i + 1);
	}
	kthread_stop(k);
}

static int number(const char *text)
{
	char *end;
	long v = strtol(text, &end, 10);

	if (*end || end == text || v < 0 || v > 1000000)
		die("numbers are expected");
	return (int)v;
}

int main(int argc, char **argv)
{
	if (argc == 6 && !strcmp(argv[1], "work"))
		works(number(argv[2]), number(argv[3]), number(argv[4]), number(argv[5]));
	else if (argc == 4 && !strcmp(argv[1], "rounds"))
		rounds(number(argv[2]), argv[3]);
	else if (argc == 3 && !strcmp(argv[1], "park"))
		parks(number(argv[2]));
	else if (argc == 3 && !strcmp(argv[1], "stop"))
		stops(number(argv[2]));
	else if ((argc == 4 || argc == 5) && !strcmp(argv[1], "wake"))
		wakes(number(argv[2]), argv[3], argv[4]);
	else if (argc == 3 && !strcmp(argv[1], "hold"))
		AWAIT_FOR(HOLD_S, !access(argv[2], F_OK));
	else
		die("work IDLE BUSY CANCELLED FLUSHES | rounds N FILE | park N | stop N | wake N NAME [FILE] | "
		    "hold FILE");
	return 7;
}
