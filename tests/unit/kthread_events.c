// SPDX-License-Identifier: GPL-2.0-only
/*
 * W26: the events of works, in their order and number. The testing build of the library calls us at
 * each probe, with the probe's arguments. Mutations are those of tests/mutations/.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdarg.h>

#include "tests/unit/chaos.h"

TestSuite(kthread_events, .timeout = 120);

#define LONG_TIME 1000000 /* jiffies: longer than any test */

extern void (*kthread_test_delay)(const char *point);
extern void (*kthread_test_event)(const char *name, ...);

/* ---- the record ------------------------------------------------------------------------------ */
struct event {
	char what; /* 'q'ueued, 's'tart, 'e'nd, 'c'ancelled, 'x': while armed; 0: not written yet */
	void *work, *func;
};

#define MAX_EVENTS 4000000
static struct event *event;
static unsigned int nr_events;

static const struct {
	const char *name;
	char what;
} names[] = {
	{ "sched_kthread_work_queue_work", 'q' },
	{ "sched_kthread_work_execute_start", 's' },
	{ "sched_kthread_work_execute_end", 'e' },
	{ "work_cancel", 'c' },
};

static void record(const char *name, ...)
{
	unsigned int at;
	va_list ap;
	char what = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i].name))
			what = names[i].what;
	if (!what)
		return;
	at = ADD(nr_events);
	cr_assert_lt(at, MAX_EVENTS);
	va_start(ap, name);
	event[at].work = va_arg(ap, void *);
	event[at].func = va_arg(ap, void *);
	va_end(ap);
	/* Under the worker's lock. */
	if (what == 'c' && ((struct kthread_work *)event[at].work)->armed)
		what = 'x';
	__atomic_store_n(&event[at].what, what, __ATOMIC_RELEASE);
}

static void record_begin(void)
{
	event = calloc(MAX_EVENTS, sizeof(*event));
	cr_assert(event);
	__atomic_store_n(&kthread_test_event, record, __ATOMIC_RELEASE);
}

static void record_end(void)
{
	__atomic_store_n(&kthread_test_event, NULL, __ATOMIC_RELEASE);
}

/* ---- one order, known beforehand ------------------------------------------------------------- */
static struct {
	struct kthread_worker *w;
	unsigned int started, go, runs;
	struct kthread_work gate, a, b, c, d;
	struct kthread_delayed_work armed, near;
} s;

static void waits_at_the_gate(struct kthread_work *work)
{
	(void)work;
	ADD(s.started);
	cr_assert(WAIT_UNTIL(READ(s.go)));
}

static void counts(struct kthread_work *work)
{
	(void)work;
	ADD(s.runs);
}

static void *flushes_c(void *arg)
{
	kthread_flush_work(&s.c);
	return arg;
}

/* The letter of a work, '?' for one that is not ours: a barrier. */
static char letter_of(const void *work)
{
	const struct {
		const void *work;
		char letter;
	} known[] = {
		{ &s.gate, 'G' }, { &s.a, 'A' },	  { &s.b, 'B' },	 { &s.c, 'C' },
		{ &s.d, 'D' },	  { &s.armed.work, 'X' }, { &s.near.work, 'N' },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].work == work)
			return known[i].letter;
	return '?';
}

static bool is_recorded(unsigned int n)
{
	return READ(nr_events) >= n && READ(event[n - 1].what);
}

/* Wait for what @text tells, two letters an event. */
static void expect_events(const char *text)
{
	unsigned int n = (unsigned int)strlen(text) / 2;
	char seen[256] = "";

	cr_expect(WAIT_UNTIL(is_recorded(n)), "%u of %u events", READ(nr_events), n);
	for (unsigned int i = 0; i < READ(nr_events) && i < 100; i++)
		sprintf(seen + 2 * i, "%c%c", event[i].what, letter_of(event[i].work));
	cr_assert_str_eq(seen, text);
}

/*
 * Mutations: W26 has no event when a work is made ready; W26b has one when a work is armed; W26c
 * none when it is taken back; W26d tells of the end before the function.
 */
Test(kthread_events, W26_each_work_is_queued_starts_and_ends)
{
	void *barrier;
	pthread_t t;

	s.w = kthread_run_worker(0, "w26");
	kthread_init_work(&s.gate, waits_at_the_gate);
	kthread_init_work(&s.a, counts);
	kthread_init_work(&s.b, counts);
	kthread_init_work(&s.c, counts);
	kthread_init_work(&s.d, counts);
	kthread_init_delayed_work(&s.armed, counts);
	kthread_init_delayed_work(&s.near, counts);
	record_begin();

	kthread_queue_work(s.w, &s.gate);
	expect_events("qGsG");
	kthread_queue_work(s.w, &s.a);
	cr_expect(!kthread_queue_work(s.w, &s.a), "and no event");
	kthread_queue_work(s.w, &s.b);
	kthread_queue_work(s.w, &s.c);
	cr_expect(kthread_cancel_work_sync(&s.b));
	cr_expect(!kthread_cancel_work_sync(&s.b), "and no event");
	expect_events("qGsG"
		      "qAqBqCcB");
	/* The barrier stands right behind the work that is waited for. */
	pthread_create(&t, NULL, flushes_c, NULL);
	expect_events("qGsG"
		      "qAqBqCcB"
		      "q?");
	kthread_queue_work(s.w, &s.d);
	/* Arming and changing the deadline are no events, being taken back is one. */
	kthread_queue_delayed_work(s.w, &s.armed, LONG_TIME);
	kthread_mod_delayed_work(s.w, &s.armed, LONG_TIME + 1);
	cr_expect(kthread_cancel_delayed_work_sync(&s.armed));
	kthread_queue_delayed_work(s.w, &s.near, LONG_TIME);
	kthread_mod_delayed_work(s.w, &s.near, 0);
	expect_events("qGsG"
		      "qAqBqCcB"
		      "q?qDxXqN");
	ADD(s.go);
	pthread_join(t, NULL);
	expect_events("qGsG"
		      "qAqBqCcB"
		      "q?qDxXqN"
		      "eGsAeAsCeCs?e?sDeDsNeN");
	kthread_queue_delayed_work_ns(s.w, &s.near, 1000);
	expect_events("qGsG"
		      "qAqBqCcB"
		      "q?qDxXqN"
		      "eGsAeAsCeCs?e?sDeDsNeN"
		      "qNsNeN");
	/* Destroy waits for what is queued, by a barrier. */
	kthread_destroy_worker(s.w);
	expect_events("qGsG"
		      "qAqBqCcB"
		      "q?qDxXqN"
		      "eGsAeAsCeCs?e?sDeDsNeN"
		      "qNsNeN"
		      "q?s?e?");
	record_end();
	cr_expect_eq(s.runs, 5);
	/* An event tells the work's function, a barrier's is the library's own. */
	barrier = event[6].func;
	for (unsigned int i = 0; i < nr_events; i++) {
		char letter = letter_of(event[i].work);

		if (letter == '?')
			cr_expect_eq(event[i].func, barrier);
		else
			cr_expect_eq(event[i].func,
				     letter == 'G' ? (void *)waits_at_the_gate : (void *)counts);
	}
	cr_expect_neq(barrier, (void *)counts);
	free(event);
}

/* ---- any order, counted ---------------------------------------------------------------------- */
#define NR_JOBS	   4
#define NR_THREADS 4

static struct {
	struct kthread_worker *w;
	struct kthread_delayed_work d[NR_JOBS];
	unsigned int runs[NR_JOBS];
	unsigned int queued, cancelled; /* what the calls said */
} chaos;

static void counts_itself(struct kthread_work *work)
{
	struct kthread_delayed_work *d = container_of(work, struct kthread_delayed_work, work);

	ADD(chaos.runs[d - chaos.d]);
	if (d == chaos.d && rnd() % 2 && kthread_queue_work(chaos.w, work))
		ADD(chaos.queued);
}

static void *operations(void *arg)
{
	for (int i = 0; i < 3000; i++) {
		struct kthread_delayed_work *d = &chaos.d[rnd() % NR_JOBS];

		switch (rnd() % 8) {
		case 0:
			if (kthread_cancel_delayed_work_sync(d))
				ADD(chaos.cancelled);
			break;
		case 1:
			kthread_flush_delayed_work(d);
			break;
		case 2:
			kthread_flush_worker(chaos.w);
			break;
		case 3:
			if (!kthread_mod_delayed_work_ns(chaos.w, d, rnd() % 50000))
				ADD(chaos.queued);
			break;
		case 4:
		case 5:
			if (kthread_queue_delayed_work_ns(chaos.w, d, rnd() % 50000))
				ADD(chaos.queued);
			break;
		default:
			if (kthread_queue_work(chaos.w, &d->work))
				ADD(chaos.queued);
		}
	}
	return arg;
}

/* What a work may be while its events are read one after the other. */
struct progress {
	/*
	 * Made ready, and not started. Two for a moment: one has been taken to run, and the work,
	 * pending no more, is queued again before the start of the first.
	 */
	unsigned int ready;
	bool running;
	unsigned int queued, starts, ends, cancelled, disarmed;
};

/* Each event is possible where it stands. */
static void step(struct progress *p, char what)
{
	switch (what) {
	case 'q':
		cr_assert_lt(p->ready, p->running ? 1 : 2, "queued while pending");
		p->ready++;
		p->queued++;
		break;
	case 's':
		cr_assert(p->ready, "a start without a queue, or after a cancel");
		cr_assert(!p->running, "two starts");
		p->ready--;
		p->running = true;
		p->starts++;
		break;
	case 'e':
		cr_assert(p->running, "an end without a start");
		p->running = false;
		p->ends++;
		break;
	case 'c':
		cr_assert(p->ready, "nothing to cancel");
		p->ready--;
		p->cancelled++;
		break;
	case 'x':
		p->disarmed++;
		break;
	default:
		cr_assert_fail("no event");
	}
}

/* Mutation W26e: mod reports the wrong thing of a work that it takes back. */
Test(kthread_events, W26_order_and_counts_under_chaos)
{
	struct progress job[NR_JOBS] = { { .ready = 0 } }, barriers = { .ready = 0 };
	unsigned int starts = 0, ends = 0;
	pthread_t t[NR_THREADS];

	chaos.w = kthread_run_worker(0, "w26");
	for (int i = 0; i < NR_JOBS; i++)
		kthread_init_delayed_work(&chaos.d[i], counts_itself);
	record_begin();
	__atomic_store_n(&kthread_test_delay, random_delay, __ATOMIC_RELEASE);
	/* What chance must not leave out: a mod of an idle work takes nothing back. */
	if (!kthread_mod_delayed_work_ns(chaos.w, &chaos.d[0], 0))
		ADD(chaos.queued);
	for (int i = 0; i < NR_THREADS; i++)
		pthread_create(&t[i], NULL, operations, NULL);
	for (int i = 0; i < NR_THREADS; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < NR_JOBS; i++)
		chaos.cancelled += kthread_cancel_delayed_work_sync(&chaos.d[i]);
	kthread_destroy_worker(chaos.w);
	record_end();

	for (unsigned int i = 0; i < nr_events; i++) {
		struct progress *p = &barriers;

		for (int k = 0; k < NR_JOBS; k++)
			if (event[i].work == &chaos.d[k].work)
				p = &job[k];
		if (p != &barriers) {
			step(p, event[i].what);
			continue;
		}
		barriers.queued += event[i].what == 'q';
		barriers.starts += event[i].what == 's';
		barriers.ends += event[i].what == 'e';
		barriers.cancelled += event[i].what == 'c';
		cr_assert(barriers.ends <= barriers.starts && barriers.starts <= barriers.queued);
	}
	for (int k = 0; k < NR_JOBS; k++) {
		cr_expect(!job[k].ready && !job[k].running);
		cr_expect_eq(job[k].starts, chaos.runs[k]);
		cr_expect_eq(job[k].ends, chaos.runs[k]);
		cr_expect_eq(job[k].queued, job[k].starts + job[k].cancelled);
		starts += job[k].starts;
		ends += job[k].ends;
	}
	cr_expect_eq(chaos.queued, starts + chaos.cancelled, "%u queued, %u run, %u cancelled",
		     chaos.queued, starts, chaos.cancelled);
	cr_expect(starts && chaos.cancelled && ends == starts);
	cr_expect(barriers.queued > 0, "no barrier was seen");
	cr_expect_eq(barriers.starts, barriers.queued);
	cr_expect_eq(barriers.ends, barriers.queued);
	cr_expect_eq(barriers.cancelled, 0);
	free(event);
}
