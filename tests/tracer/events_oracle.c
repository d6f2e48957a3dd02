// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single waits of the wakeup tracer against workloads with known answers: who waited, who woke it,
 * who held the CPU meanwhile; and that none is lost without being counted.
 *
 * Prints one line per case and ends with "N passed, N failed". Needs the privilege to trace.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#include "bpf/wakeup_shared.h"
#include "lib/record/types.h"

#include "tests/tracer/sleeper.h"

#define NR_WAKES 300
#define HOG_NS	 5000000ULL

/* ---- what was handed over -------------------------------------------------------------------- */

/* A wait, with its texts. */
struct got {
	struct record_event e;
	char comm[2 + RECORD_MAX_BEHIND][32];
	char kernel[512], user[512]; /* " frame frame ..." without what comes after a '+' */
};

static struct got *got;
static size_t nr_got, max_got;

static void keep_stack(char *text, size_t size, const struct record_stack *stack)
{
	size_t used = 0, i;

	text[0] = 0;
	for (i = 0; i < stack->nr && used < size; i++)
		used += snprintf(text + used, size - used, " %.*s",
				 (int)strcspn(stack->frame[i], "+"), stack->frame[i]);
}

static int take(const struct record_event *e, uint32_t group, void *arg)
{
	struct got *g;
	size_t i;

	(void)arg;
	CHECK(!group, "without arms it is nobody's");
	if (nr_got == max_got) {
		max_got = max_got * 2 ?: 1024;
		got = realloc(got, max_got * sizeof(*got));
		if (!got)
			die("realloc");
	}
	g = &got[nr_got++];
	g->e = *e;
	for (i = 0; i < e->nr_behind; i++)
		snprintf(g->comm[2 + i], 32, "%s", e->behind[i].task.comm);
	keep_stack(g->kernel, sizeof(g->kernel), &e->kernel);
	keep_stack(g->user, sizeof(g->user), &e->user);
	snprintf(g->comm[0], 32, "%s", e->task.comm);
	snprintf(g->comm[1], 32, "%s", e->has_waker ? e->waker.task.comm : "");
	return 0;
}

static void listen_to(struct tracer *t)
{
	tracer_on_event(t, take, NULL);
}

static char *names = "kt_*"; /* who is traced */

static struct tracer_snapshot *trace_with(const struct events_opts *events, uint32_t ring_bytes,
					  void (*setup)(void), void (*work)(void),
					  void (*between)(struct tracer *t))
{
	struct tracer_opts o = { .kind = TRACER_WAKEUP,
				 .group = TRACER_GROUP_SUBJECT,
				 .nr_groups = 64,
				 .filter = { .glob = &names, .nr_globs = 1 },
				 .ring_bytes = ring_bytes,
				 .events = *events };

	nr_got = 0;
	return trace_child(&o, setup, work, between);
}

static struct tracer_snapshot *trace(const struct events_opts *events, uint32_t ring_bytes,
				     void (*setup)(void), void (*work)(void))
{
	return trace_with(events, ring_bytes, setup, work, listen_to);
}

static size_t count_why(enum record_why why)
{
	size_t i, nr = 0;

	for (i = 0; i < nr_got; i++)
		nr += got[i].e.why == why;
	return nr;
}

static uint64_t phase_of(const struct record_event *e, const char *name)
{
	size_t i;

	for (i = 0; i < e->nr_phases; i++)
		if (!strcmp(e->phase[i].name, name))
			return e->phase[i].value;
	return 0;
}

static uint64_t behind_of(const struct record_event *e, uint64_t tid)
{
	size_t i;

	for (i = 0; i < e->nr_behind; i++)
		if (e->behind[i].task.tid == tid)
			return e->behind[i].ns;
	return 0;
}

/* Who ran adds up to the time in the queue. */
static void check_sum(const struct record_event *e)
{
	uint64_t queued = strcmp(e->population, "woken") ? e->ns : phase_of(e, "runq");
	uint64_t sum = e->other_ns;
	size_t i;

	for (i = 0; i < e->nr_behind; i++) {
		sum += e->behind[i].ns;
		CHECK(!i || e->behind[i].ns <= e->behind[i - 1].ns, "who ran longest comes first");
	}
	CHECK(e->has_behind && sum == queued, "%s: behind sums to %lu of %lu", e->population, sum,
	      queued);
}

/* Waits of all populations in the sums, of all subjects. */
static uint64_t nr_waits(const struct tracer_snapshot *s)
{
	uint64_t nr = 0;
	uint32_t g;

	for (g = 0; g < s->nr_groups; g++)
		nr += count_of(s, g, METRIC_WOKEN) + count_of(s, g, METRIC_PREEMPTED) +
		      count_of(s, g, METRIC_REQUEUED) + count_of(s, g, METRIC_FIRST_RUN);
	return nr;
}

/* ---- every wait, and the longest of them ----------------------------------------------------- */

static struct sleeper sleeper;

/* What the child knows and the tracing side wants to. */
static struct shared {
	_Atomic int main_tid, sleeper_tid, hog_tid, busy_tid, stop, busy, hog_runs;
	_Atomic uint64_t hog_ran_ns;
} * shared;

static void name_self(const char *name)
{
	pthread_setname_np(pthread_self(), name);
}

static void setup_sleeper(void)
{
	memset(shared, 0, sizeof(*shared));
	name_self("kt_main");
	pin(0);
	sleeper_start(&sleeper, 1, 0);
	pthread_setname_np(sleeper.thread, "kt_sleeper");
	await_asleep(&sleeper);
	shared->main_tid = gettid();
	shared->sleeper_tid = sleeper.tid;
}

static void work_wakes(void)
{
	wake_times(&sleeper, NR_WAKES);
}

static void every_wait(void)
{
	static const struct events_opts all = { .stream = true, .worst = 10 };
	struct tracer_snapshot *s = trace(&all, 0, setup_sleeper, work_wakes);
	size_t i, k, shorter = 0, nr_worst = count_why(RECORD_WORST);
	uint64_t least = UINT64_MAX, last = UINT64_MAX;

	CHECK(count_why(RECORD_STREAM) == nr_waits(s), "%zu of %lu waits", count_why(RECORD_STREAM),
	      nr_waits(s));
	CHECK(counter(s, "streamed") == nr_waits(s), "%lu", counter(s, "streamed"));
	CHECK(counter(s, "ring_full") == 0, "%lu", counter(s, "ring_full"));
	CHECK(nr_waits(s) >= NR_WAKES / 2, "%lu", nr_waits(s));
	CHECK(nr_worst == 10, "%zu", nr_worst);
	for (i = 0; i < nr_got; i++) {
		const struct record_event *e = &got[i].e;

		if (e->why != RECORD_WORST)
			continue;
		CHECK(e->ns <= last, "the longest come first");
		check_sum(e);
		least = last = e->ns;
	}
	/* No wait that is longer than the least of the worst is left out. */
	for (i = 0; i < nr_got; i++)
		shorter += got[i].e.why == RECORD_STREAM && got[i].e.ns > least;
	CHECK(shorter <= 10, "%zu waits are longer than the least of the worst", shorter);
	for (i = 0; i < nr_got; i++) {
		bool known = false;

		for (k = 0; k < nr_got && !known; k++)
			known = got[k].e.why == RECORD_STREAM &&
				got[k].e.time_ns == got[i].e.time_ns &&
				got[k].e.task.tid == got[i].e.task.tid &&
				got[k].e.ns == got[i].e.ns;
		CHECK(got[i].e.why != RECORD_WORST || known, "a worst wait that is no wait");
	}
	tracer_snapshot_free(s);
}

static uint64_t waits_between;

static void read_often(struct tracer *t)
{
	uint64_t end = slot_clock_ns() + 20000000000ULL;

	listen_to(t);
	while (!shared->busy && slot_clock_ns() < end) {
		struct tracer_snapshot *s = snapshot(t);

		waits_between += nr_waits(s);
		tracer_snapshot_free(s);
		if (tracer_poll(t))
			die("tracer_poll");
	}
}

static void work_wakes_and_say(void)
{
	work_wakes();
	shared->busy = 1;
}

static int longer_first(const void *a, const void *b)
{
	const struct got *x = a, *y = b;

	return x->e.ns < y->e.ns ? 1 : x->e.ns > y->e.ns ? -1 : 0;
}

/*
 * Read again and again while they come: the longest ten of all are each among the longest ten of
 * some interval.
 */
static void worst_of_intervals(void)
{
	static const struct events_opts all = { .stream = true, .worst = 10 };
	size_t i, k, nr = 0, missing = 0;
	struct tracer_snapshot *s;

	waits_between = 0;
	s = trace_with(&all, 0, setup_sleeper, work_wakes_and_say, read_often);
	waits_between += nr_waits(s);
	CHECK(count_why(RECORD_STREAM) == waits_between, "%zu of %lu", count_why(RECORD_STREAM),
	      waits_between);
	qsort(got, nr_got, sizeof(*got), longer_first);
	for (i = 0; i < nr_got && nr < 10; i++) {
		bool known = false;

		if (got[i].e.why != RECORD_STREAM)
			continue;
		for (k = 0; k < nr_got && !known; k++)
			known = got[k].e.why == RECORD_WORST && got[k].e.ns == got[i].e.ns &&
				got[k].e.time_ns == got[i].e.time_ns;
		missing += !known;
		nr++;
	}
	CHECK(nr == 10 && !missing, "%zu of the longest %zu are missing", missing, nr);
	tracer_snapshot_free(s);
}

static void small_ring(void)
{
	static const struct events_opts all = { .stream = true };
	struct tracer_snapshot *s = trace(&all, 4096, setup_sleeper, work_wakes);
	uint64_t lost = counter(s, "ring_full"), streamed = counter(s, "streamed");

	CHECK(lost > 0, "nothing was lost by a ring of 4096 bytes");
	CHECK(lost + streamed == nr_waits(s), "%lu lost and %lu handed over of %lu", lost, streamed,
	      nr_waits(s));
	CHECK(nr_got == streamed, "%zu came of %lu", nr_got, streamed);
	CHECK(nr_lost(s) == lost + counter(s, "switch_missed"), "%lu", nr_lost(s));
	printf("    %lu of %lu waits were lost by a ring of 4096 bytes\n", lost, nr_waits(s));
	tracer_snapshot_free(s);
}

static void nothing_asked(void)
{
	static const struct events_opts none;
	struct tracer_snapshot *s = trace(&none, 0, setup_sleeper, work_wakes);

	CHECK(nr_got == 0, "%zu", nr_got);
	CHECK(counter(s, "streamed") == 0, "%lu", counter(s, "streamed"));
	tracer_snapshot_free(s);
}

static void limit(void)
{
	static const struct events_opts some = { .slower_ns = 1000000000000ULL },
					few = { .slower_ns = 1 };
	struct tracer_snapshot *s = trace(&some, 0, setup_sleeper, work_wakes);
	size_t i;

	CHECK(nr_got == 0, "%zu waits of more than 1000 s", nr_got);
	tracer_snapshot_free(s);
	s = trace(&few, 16u << 20, setup_sleeper, work_wakes);
	CHECK(nr_got == count_why(RECORD_SLOW) && nr_got + counter(s, "ring_full") == nr_waits(s),
	      "%zu of %lu", nr_got, nr_waits(s));
	for (i = 0; i < nr_got; i++)
		check_sum(&got[i].e);
	tracer_snapshot_free(s);
}

static void no_more_than_asked(void)
{
	static const struct events_opts few = { .slower_ns = 1, .slow_per_s = 5 };
	struct tracer_snapshot *s = trace(&few, 16u << 20, setup_sleeper, work_wakes);
	uint64_t seconds = (s->end_ns - s->start_ns) / 1000000000ULL + 2;

	CHECK(nr_got >= 5 && nr_got <= 5 * seconds, "%zu in %lu s", nr_got, seconds);
	CHECK(nr_got + counter(s, "unrecorded") == counter(s, "streamed"), "%zu and %lu of %lu",
	      nr_got, counter(s, "unrecorded"), counter(s, "streamed"));
	CHECK(counter(s, "streamed") + counter(s, "ring_full") == nr_waits(s), "%lu",
	      counter(s, "streamed"));
	CHECK(nr_lost(s) == counter(s, "ring_full") + counter(s, "switch_missed"), "%lu",
	      nr_lost(s));
	tracer_snapshot_free(s);
}

/* ---- who wakes ------------------------------------------------------------------------------- */

static void by_task(void)
{
	static const struct events_opts all = { .stream = true };
	struct tracer_snapshot *s = trace(&all, 0, setup_sleeper, work_wakes);
	size_t i, nr = 0, right = 0;

	for (i = 0; i < nr_got; i++) {
		const struct record_event *e = &got[i].e;

		if (strcmp(e->population, "woken") || e->task.tid != (uint64_t)shared->sleeper_tid)
			continue;
		nr++;
		right += e->has_waker && e->waker.task.tid == (uint64_t)shared->main_tid &&
			 e->waker.context && !strcmp(e->waker.context, "task") &&
			 e->waker.cpu == 0 && e->cpu == 1 && e->cpu_before == 1 &&
			 e->cpu_queued == 1 && !strcmp(got[i].comm[1], "kt_main");
	}
	CHECK(is_all(s, nr, NR_WAKES), "%zu wakes", nr);
	CHECK(right == nr, "%zu of %zu by the thread that woke it", right, nr);
	tracer_snapshot_free(s);
}

static void setup_alone(void)
{
	memset(shared, 0, sizeof(*shared));
	name_self("kt_main");
	pin(1);
	shared->main_tid = gettid();
}

static void work_timer(void)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	int i;

	for (i = 0; i < 50; i++)
		nanosleep(&pause, NULL);
}

/* Those of main's wakes whose context is @context. */
static size_t woken_in(const char *context, size_t *nr)
{
	size_t i, right = 0;

	*nr = 0;
	for (i = 0; i < nr_got; i++) {
		const struct record_event *e = &got[i].e;

		if (strcmp(e->population, "woken") || e->task.tid != (uint64_t)shared->main_tid)
			continue;
		++*nr;
		right += e->has_waker && e->waker.context && !strcmp(e->waker.context, context);
	}
	return right;
}

static void by_timer(void)
{
	static const struct events_opts all = { .stream = true };
	struct tracer_snapshot *s = trace(&all, 0, setup_alone, work_timer);
	size_t nr, right = woken_in("interrupt", &nr);

	/* And one by the process that lets it begin. */
	CHECK(right >= 45 && right <= 51, "%zu of %zu by an interrupt", right, nr);
	tracer_snapshot_free(s);
}

/* A datagram over the loopback: the softirq that delivers it wakes whoever waits for it. */
static void work_socket(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(to);
	int in = socket(AF_INET, SOCK_DGRAM, 0), i;
	pid_t child;
	char c = 0;

	if (in < 0 || bind(in, (struct sockaddr *)&to, sizeof(to)) ||
	    getsockname(in, (struct sockaddr *)&to, &len))
		die("bind");
	child = fork();
	if (!child) {
		int out = socket(AF_INET, SOCK_DGRAM, 0);
		const struct timespec pause = { .tv_nsec = 1000000 };

		alarm(60);
		name_self("sender");
		pin(0);
		for (i = 0; i < 50; i++) {
			nanosleep(&pause, NULL);
			if (sendto(out, &c, 1, 0, (struct sockaddr *)&to, sizeof(to)) != 1)
				_exit(1);
		}
		_exit(0);
	}
	for (i = 0; i < 50; i++)
		if (recv(in, &c, 1, 0) != 1)
			die("recv");
	waitpid(child, NULL, 0);
}

static void by_socket(void)
{
	static const struct events_opts all = { .stream = true };
	struct tracer_snapshot *s = trace(&all, 0, setup_alone, work_socket);
	size_t nr, right = woken_in("softirq", &nr);

	CHECK(right >= 25, "%zu of %zu by a softirq", right, nr);
	tracer_snapshot_free(s);
}

/* ---- who is in the way ----------------------------------------------------------------------- */

static uint64_t own_cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static void *hog_main(void *arg)
{
	struct sched_param fifo = { .sched_priority = 10 };
	uint64_t start, ran;

	(void)arg;
	name_self("hog");
	pin(1);
	if (sched_setscheduler(0, SCHED_FIFO, &fifo))
		die("SCHED_FIFO");
	shared->hog_tid = gettid();
	shared->hog_runs = 1;
	while (!shared->stop)
		;
	ran = own_cpu_ns();
	for (start = slot_clock_ns(); slot_clock_ns() - start < HOG_NS;)
		;
	shared->hog_ran_ns = own_cpu_ns() - ran;
	return NULL;
}

static void run_hog(void (*meanwhile)(void))
{
	pthread_t hog;

	shared->stop = 0;
	if (pthread_create(&hog, NULL, hog_main, NULL))
		die("pthread_create");
	while (!shared->hog_runs)
		sched_yield();
	meanwhile();
	shared->stop = 1;
	pthread_join(hog, NULL);
}

static void request_one(void)
{
	request(&sleeper);
}

static void work_hog(void)
{
	await_asleep(&sleeper);
	run_hog(request_one);
	await_asleep(&sleeper);
}

/* The hog is named, with the time that it held. */
static void check_hog(const struct record_event *e, uint64_t held)
{
	uint64_t hog;

	CHECK(e, "the wait does not stand there");
	if (!e)
		return;
	check_sum(e);
	/* The kernel takes the CPU from real-time threads, all together, when they have had 95 %. */
	if (shared->hog_ran_ns < HOG_NS * 9 / 10) {
		printf("    not judged: the hog ran only %lu ns\n", shared->hog_ran_ns);
		return;
	}
	hog = behind_of(e, shared->hog_tid);
	CHECK(hog + phase_of(e, "wake") >= held, "%lu ns of the hog's %lu", hog, held);
	printf("    %s %lu ns, of which the hog %lu\n", e->population, e->ns, hog);
}

/* Of the waits of @comm that stand for @why the one in which the hog ran longest; NULL: none. */
static const struct record_event *behind_hog(enum record_why why, const char *comm)
{
	const struct record_event *best = NULL;
	size_t i;

	for (i = 0; i < nr_got; i++)
		if (got[i].e.why == why && !strcmp(got[i].comm[0], comm) &&
		    (!best ||
		     behind_of(best, shared->hog_tid) < behind_of(&got[i].e, shared->hog_tid)))
			best = &got[i].e;
	return best;
}

static void hog_in_the_way(void)
{
	static const struct events_opts worst = { .worst = 10, .slower_ns = HOG_NS };
	struct tracer_snapshot *s;

	names = "kt_sleeper";
	s = trace(&worst, 0, setup_sleeper, work_hog);
	names = "kt_*";
	check_hog(behind_hog(RECORD_WORST, "kt_sleeper"), HOG_NS);
	check_hog(behind_hog(RECORD_SLOW, "kt_sleeper"), HOG_NS);
	tracer_snapshot_free(s);
}

static void *busy_main(void *arg)
{
	(void)arg;
	name_self("kt_busy");
	pin(1);
	shared->busy_tid = gettid();
	shared->busy = 1;
	while (shared->busy != 2)
		;
	return NULL;
}

static void do_nothing(void)
{
}

static void work_preempt(void)
{
	pthread_t busy;

	if (pthread_create(&busy, NULL, busy_main, NULL))
		die("pthread_create");
	while (!shared->busy)
		sched_yield();
	run_hog(do_nothing);
	shared->busy = 2;
	pthread_join(busy, NULL);
}

/*
 * By the kernel's configuration it leaves as preempted or as requeued; others may run beside the
 * hog, so that it comes back in between.
 */
static void preempted_by_hog(void)
{
	static const struct events_opts all = { .slower_ns = 1 };
	struct tracer_snapshot *s;
	uint64_t held = 0, other = 0;
	size_t i, nr = 0;

	names = "kt_busy";
	s = trace(&all, 8u << 20, setup_sleeper, work_preempt);
	names = "kt_*";

	for (i = 0; i < nr_got; i++) {
		const struct record_event *e = &got[i].e;

		if (e->task.tid != (uint64_t)shared->busy_tid ||
		    (strcmp(e->population, "preempted") && strcmp(e->population, "requeued")))
			continue;
		check_sum(e);
		CHECK(!e->has_waker, "nobody wakes what was preempted");
		held += behind_of(e, shared->hog_tid);
		other += e->other_ns;
		nr++;
	}
	/* A machine that switches all the time makes the hog one of those who are not known. */
	CHECK(held + other >= HOG_NS * 9 / 10 || shared->hog_ran_ns < HOG_NS * 9 / 10,
	      "%lu ns of the hog's %llu in %zu waits", held, HOG_NS, nr);
	printf("    the hog ran %lu ns in %zu waits\n", held, nr);
	tracer_snapshot_free(s);
}

/* While it waits for the hog's CPU it is let onto another. */
static void move_it(void)
{
	uint64_t end;
	cpu_set_t set;

	request(&sleeper);
	for (end = slot_clock_ns() + HOG_NS; slot_clock_ns() < end;)
		;
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	if (sched_setaffinity(sleeper.tid, sizeof(set), &set))
		die("sched_setaffinity");
	while (sleeper.seen != sleeper.round)
		sched_yield();
}

static void work_move(void)
{
	await_asleep(&sleeper);
	run_hog(move_it);
}

static void moved_away(void)
{
	static const struct events_opts worst = { .worst = 10 };
	const struct record_event *e;
	struct tracer_snapshot *s;

	names = "kt_sleeper";
	s = trace(&worst, 0, setup_sleeper, work_move);
	names = "kt_*";
	e = behind_hog(RECORD_WORST, "kt_sleeper");
	check_hog(e, HOG_NS / 2);
	if (e) {
		CHECK(e->migrations == 1, "%lu moves", e->migrations);
		CHECK(e->cpu_before == 1 && e->cpu_queued == 1 && e->cpu == 0, "CPUs %lu, %lu, %lu",
		      e->cpu_before, e->cpu_queued, e->cpu);
		CHECK(phase_of(e, "premig") >= HOG_NS / 2, "%lu", phase_of(e, "premig"));
	}
	tracer_snapshot_free(s);
}

/* ---- stacks ---------------------------------------------------------------------------------- */

static bool has_frame(const char *stack, const char *frame)
{
	char word[64];
	const char *at;

	snprintf(word, sizeof(word), " %s", frame);
	at = strstr(stack, word);
	return at && (at[strlen(word)] == ' ' || !at[strlen(word)]);
}

/*
 * libc's syscall() keeps no frame pointer, so that whoever calls it does not show: two of them, and
 * neither is the last thing that the other does.
 */
static __attribute__((noinline)) void wakes_inside(void)
{
	wake_times(&sleeper, NR_WAKES);
	__asm__ volatile("");
}

static __attribute__((noinline)) void wakes_here(void)
{
	wakes_inside();
	__asm__ volatile("");
}

static void stack_of_waker(void)
{
	static const struct events_opts events = { .worst = 10, .slower_ns = 1, .stacks = true };
	struct tracer_snapshot *s = trace(&events, 8u << 20, setup_sleeper, wakes_here);
	size_t i, nr = 0, right = 0;

	for (i = 0; i < nr_got; i++) {
		const struct got *g = &got[i];

		if (strcmp(g->e.population, "woken") ||
		    g->e.task.tid != (uint64_t)shared->sleeper_tid)
			continue;
		nr++;
		right += g->e.has_stack && has_frame(g->kernel, "try_to_wake_up") &&
			 has_frame(g->user, "wakes_here") && has_frame(g->user, "main") &&
			 !strncmp(g->kernel, " try_to_wake_up", 15);
	}
	/* Another waker is an interrupt that has something else to do. */
	CHECK(nr >= NR_WAKES / 2 && right >= nr * 9 / 10, "%zu of %zu: kernel%s, user%s", right, nr,
	      nr_got ? got[0].kernel : "", nr_got ? got[0].user : "");
	CHECK(nr && !strstr(got[0].kernel, "bpf_"), "the tracer's own frames:%s", got[0].kernel);
	tracer_snapshot_free(s);
}

static void stack_of_preempted(void)
{
	static const struct events_opts events = { .worst = 10, .stacks = true };
	struct tracer_snapshot *s = trace(&events, 0, setup_sleeper, work_preempt);
	size_t i, nr = 0, right = 0;

	for (i = 0; i < nr_got; i++) {
		const struct got *g = &got[i];

		if (strcmp(g->comm[0], "kt_busy") ||
		    (strcmp(g->e.population, "preempted") && strcmp(g->e.population, "requeued")))
			continue;
		nr++;
		right += g->e.has_stack && has_frame(g->user, "busy_main");
	}
	CHECK(nr && right == nr, "%zu of %zu, user%s", right, nr, nr ? got[0].user : "");
	tracer_snapshot_free(s);
}

/* Wakes a thread of its own, and has ended when the interval does. */
static void work_short_life(void)
{
	pid_t child = fork();

	if (!child) {
		uint64_t end;

		alarm(60);
		name_self("kt_short");
		setup_sleeper();
		wakes_here();
		shared->busy = 1;
		for (end = slot_clock_ns() + 20000000000ULL;
		     !shared->stop && slot_clock_ns() < end;)
			sched_yield();
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void poll_until_woken(struct tracer *t)
{
	uint64_t end = slot_clock_ns() + 20000000000ULL;

	listen_to(t);
	while (!shared->busy && slot_clock_ns() < end)
		sched_yield();
	tracer_poll(t);
	shared->stop = 1;
}

static void stack_of_ended(void)
{
	static const struct events_opts events = { .worst = 10, .stacks = true };
	struct tracer_snapshot *s;
	size_t i, nr = 0, right = 0;

	names = "kt_sleeper";
	s = trace_with(&events, 0, setup_alone, work_short_life, poll_until_woken);
	names = "kt_*";
	for (i = 0; i < nr_got; i++) {
		const struct got *g = &got[i];

		if (strcmp(g->e.population, "woken") || strcmp(g->comm[1], "kt_main") ||
		    g->e.task.tid != (uint64_t)shared->sleeper_tid)
			continue;
		nr++;
		right += has_frame(g->user, "wakes_here") && has_frame(g->user, "main");
	}
	/* It may have been woken for another reason as well, such as a lock of its memory map. */
	CHECK(nr && right > nr / 2, "%zu of %zu, user%s", right, nr, nr_got ? got[0].user : "");
	tracer_snapshot_free(s);
}

static const struct test_case cases[] = {
	{ "a stream has every wait, and the worst are the longest of it", every_wait, 2 },
	{ "the worst of intervals", worst_of_intervals, 2 },
	{ "what a ring is too small for is counted", small_ring, 2 },
	{ "nothing is handed over unasked", nothing_asked, 2 },
	{ "a limit decides what is slow", limit, 2 },
	{ "no more slow ones than asked for", no_more_than_asked, 2 },
	{ "woken by a thread", by_task, 2 },
	{ "woken by a timer", by_timer, 2 },
	{ "woken by a socket", by_socket, 2 },
	{ "a hog is in a wake's way", hog_in_the_way, 2 },
	{ "a hog preempts", preempted_by_hog, 2 },
	{ "moved to another queue while it waits", moved_away, 2 },
	{ "the waker's stack", stack_of_waker, 2 },
	{ "the stack of a thread that was preempted", stack_of_preempted, 2 },
	{ "the stack of a process that has ended", stack_of_ended, 2 },
};

int main(int argc, char **argv)
{
	int ret;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		die("mmap");
	ret = run_cases(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
	free(got);
	return ret;
}
