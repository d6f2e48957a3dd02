// SPDX-License-Identifier: GPL-2.0-only
/*
 * The waits that no wake begins, against workloads with known answers: after preemption, after a
 * yield, before a first run, and one that does not end. Counts and lower bounds, never an upper
 * bound on time.
 */
#include <errno.h>
#include <time.h>

#include "bpf/wakeup_shared.h"

#include "tests/tracer/sleeper.h"

#define NR_THREADS 300
#define NR_YIELDS  2000
#define HOG_NS	   5000000ULL

static struct tracer_opts opts = { .kind = TRACER_WAKEUP };

/* Of the threads looked at; other tests may run beside this one. */
static char name[16];

static const struct hist *of(const struct tracer_snapshot *s, uint32_t m)
{
	return s->group[0].metric[m];
}

static void fifo(int priority)
{
	struct sched_param p = { .sched_priority = priority };

	if (sched_setscheduler(0, priority ? SCHED_FIFO : SCHED_OTHER, &p))
		die("sched_setscheduler");
}

static void pin_self(void)
{
	pthread_setname_np(pthread_self(), name);
	pin(0);
}

/* ---- first runs ------------------------------------------------------------------------------ */

static void *do_nothing(void *arg)
{
	return arg;
}

/* A new thread has the name of the one that makes it. */
static void work_births(void)
{
	pthread_t thread;

	for (int i = 0; i < NR_THREADS; i++) {
		if (pthread_create(&thread, NULL, do_nothing, NULL))
			die("pthread_create");
		pthread_join(thread, NULL);
	}
}

static void first_runs(void)
{
	struct tracer_snapshot *s = trace_child(&opts, pin_self, work_births, NULL);
	const struct hist *first = of(s, METRIC_FIRST_RUN);

	CHECK(is_all(s, first ? first->count : 0, NR_THREADS), "%lu of %d",
	      first ? first->count : 0, NR_THREADS);
	CHECK(counter(s, "new_task") == NR_THREADS, "%lu born", counter(s, "new_task"));
	tracer_snapshot_free(s);
}

/* ---- a yield to one of the same priority is a wait until it yields, too ---------------------- */

static _Atomic int nr_ready;

static void *yield(void *arg)
{
	pin_self();
	fifo(1);
	nr_ready++;
	while (nr_ready < 2)
		sched_yield();
	for (int i = 0; i < NR_YIELDS; i++)
		sched_yield();
	return arg;
}

static void work_yields(void)
{
	pthread_t thread[2];

	nr_ready = 0;
	for (int i = 0; i < 2; i++)
		if (pthread_create(&thread[i], NULL, yield, NULL))
			die("pthread_create");
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
}

static void yields(void)
{
	struct tracer_snapshot *s = trace_child(&opts, NULL, work_yields, NULL);
	const struct hist *h = of(s, METRIC_REQUEUED), *ran = of(s, METRIC_RAN);

	/* The other one has as many to do, so all but the last ones let it run. */
	CHECK(h && h->count + counter(s, "switch_missed") >= 2 * NR_YIELDS - 2, "%lu",
	      h ? h->count : 0);
	CHECK(ran && ran->count + counter(s, "switch_missed") >= 2 * NR_YIELDS - 2, "%lu",
	      ran ? ran->count : 0);
	tracer_snapshot_free(s);
}

/* ---- a hog that preempts --------------------------------------------------------------------- */

static _Atomic int victim_runs, victim_may_end;
static _Atomic uint64_t victim_steps;

static void *victim(void *arg)
{
	pin_self();
	victim_runs = 1;
	while (!victim_may_end)
		victim_steps++;
	return arg;
}

static void *hog(void *arg)
{
	struct timespec asleep = { 0, 1000000 }, used;

	pin(0);
	fifo(10);
	/* It comes back by a timer, while the victim runs. */
	nanosleep(&asleep, NULL);
	/* Of its own time: the kernel lets ordinary threads in between, lest they starve. */
	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	while (!used.tv_sec && used.tv_nsec < (long)HOG_NS);
	return arg;
}

static void setup_victim(void)
{
	pthread_t thread;

	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		pin(1);
	if (pthread_create(&thread, NULL, victim, NULL))
		die("pthread_create");
	while (!victim_runs)
		sched_yield();
}

static void work_preempt(void)
{
	uint64_t before = victim_steps;
	pthread_t thread;

	/* It has run since tracing began: the wait that comes has a beginning. */
	while (victim_steps == before)
		sched_yield();
	if (pthread_create(&thread, NULL, hog, NULL))
		die("pthread_create");
	pthread_join(thread, NULL);
	victim_may_end = 1;
}

/*
 * Where the kernel withholds the switch to the hog, as one of a virtual machine may, nothing is there
 * to be measured, and the tracer says that one is missing: then it is done again.
 */
static void preempted(void)
{
	uint64_t waited, missed;

	for (unsigned int i = 0; i < 5; i++) {
		/* A kernel that preempts on the way back to user space says "requeued". */
		struct tracer_snapshot *s = trace_child(&opts, setup_victim, work_preempt, NULL);

		waited = tracer_snapshot_sum(s, 0, METRIC_PREEMPTED) +
			 tracer_snapshot_sum(s, 0, METRIC_REQUEUED);
		missed = counter(s, "switch_missed");
		tracer_snapshot_free(s);
		if (waited >= HOG_NS || !missed)
			break;
	}
	CHECK(waited >= HOG_NS, "waited %lu ns behind a hog of %llu ns, %lu switches missing",
	      waited, HOG_NS, missed);
}

/* ---- a thread that never gets the CPU -------------------------------------------------------- */

static _Atomic int starver_may_end;

static void *starver(void *arg)
{
	uint64_t start = slot_clock_ns();

	pin(0);
	fifo(20);
	victim_runs = 2;
	while (!starver_may_end && slot_clock_ns() - start < 20000000000ULL)
		;
	return arg;
}

static void setup_starved(void)
{
	pthread_t thread;

	victim_runs = 0;
	setup_victim();
	if (pthread_create(&thread, NULL, starver, NULL))
		die("pthread_create");
	while (victim_runs != 2)
		sched_yield();
}

static void work_starve(void)
{
	struct timespec while_it = { 0, 200000000 };

	nanosleep(&while_it, NULL);
}

static struct tracer_waiting found;

static void look_for_it(struct tracer *t)
{
	uint64_t end = slot_clock_ns() + 10000000000ULL;

	do {
		CHECK(tracer_waiting(t, &found) == 0, "the iterator failed");
	} while (!found.nr && slot_clock_ns() < end);
}

static void starved(void)
{
	struct tracer_snapshot *s = trace_child(&opts, setup_starved, work_starve, look_for_it);

	CHECK(found.nr == 1, "%u threads wait", found.nr);
	CHECK(!strcmp(found.name, name) && found.tid, "'%s' %u", found.name, found.tid);
	CHECK(found.ns > 0, "no time");
	tracer_snapshot_free(s);
}

static void nobody_waits(void)
{
	struct tracer_waiting w;
	struct tracer *t =
		open_or_die(&(struct tracer_opts){ .kind = TRACER_STOP, .kthreads = true });

	CHECK(tracer_waiting(t, &w) == 0 && !w.nr, "%u", w.nr);
	tracer_close(t);
}

static const struct test_case cases[] = {
	{ "each new thread has a first run", first_runs, 1 },
	{ "yields are waits of their own", yields, 1 },
	{ "a hog that preempts", preempted, 1 },
	{ "a starved thread is said to wait", starved, 1 },
	{ "a kind without waits has nobody waiting", nobody_waits, 1 },
};

int main(int argc, char **argv)
{
	char err[512] = "";

	snprintf(name, sizeof(name), "kt_w%d", (int)getpid());
	if (filter_add_globs(&opts.filter, name, err, sizeof(err)))
		die(err);
	return run_cases(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
