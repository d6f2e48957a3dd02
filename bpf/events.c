// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/events.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "lib/record/types.h"

#include "bpf/behind.h"
#include "bpf/events_shared.h"
#include "bpf/flight.h"
#include "bpf/percpu.h"
#include "bpf/stacks.h"
#include "bpf/tracer_impl.h"

/* Rings by default, in bytes: of waits over a limit, of all. */
#define RING_SLOW   (512u << 10)
#define RING_STREAM (8u << 20)

_Static_assert(EVENTS_MAX_BEHIND <= RECORD_MAX_BEHIND, "all fit into a record");
_Static_assert(EVENTS_MAX_FRAMES <= RECORD_MAX_FRAMES, "all fit into a record");

struct events {
	struct ring_buffer *ring;
	struct stacks *stacks; /* NULL: not asked for */
	struct flight *flight; /* likewise */
	uint32_t flight_len;
	uint64_t second; /* of the last slow wait */
	uint32_t nr_in_second;
	uint32_t nr_cpus, worst;
	const struct events_cpu *log;	   /* by CPU; NULL: nothing is remembered */
	const struct events_table *tables; /* by bank and CPU */
	struct looked *looked;		   /* as the places of all tables */
	struct behind *behind;		   /* room for one wait */
	uint32_t passed, pass_max;	   /* of one pass over the ring */
	int ret;			   /* of the caller's function */
};

/* A wait among the longest, as it was found when it was new. */
struct looked {
	uint64_t time_ns, ns;
	struct events_around around;
};

/* ---- life ------------------------------------------------------------------------------------ */

static int resize(struct tracer *t, const char *map, uint32_t entries)
{
	return bpf_map__set_max_entries(bpf_object__find_map_by_name(t->obj, map), entries);
}

uint32_t events_ring_bytes(const struct tracer_opts *o)
{
	uint32_t page = (uint32_t)sysconf(_SC_PAGESIZE), size = page;
	uint32_t want = o->ring_bytes	      ? o->ring_bytes
			: o->events.stream    ? RING_STREAM
			: o->events.slower_ns ? RING_SLOW
					      : page;

	while (size < want && size < 1u << 30)
		size *= 2;
	return size;
}

static int size_maps(struct tracer *t, const struct events *e)
{
	uint32_t tables = 2 * e->nr_cpus, kept = tables * e->worst;
	int ret = 0;

	if (t->settings->events.log || t->settings->events.flight_len)
		ret = resize(t, "events_cpus", e->nr_cpus);
	if (!ret)
		ret = resize(t, "events_tables", tables);
	if (!ret)
		ret = resize(t, "events_writes", e->nr_cpus);
	if (!ret && e->worst)
		ret = resize(t, "events_worst", kept);
	if (!ret && e->worst && t->settings->events.stacks)
		ret = resize(t, "events_worst_stacks", kept);
	if (!ret && e->flight_len)
		ret = resize(t, "events_flight", e->nr_cpus * e->flight_len);
	if (!ret)
		ret = resize(t, "events_ring", events_ring_bytes(&t->opts));
	return ret;
}

int events_open(struct tracer *t, char *err, size_t errlen)
{
	const struct events_opts *o = &t->opts.events;
	struct events_settings *s = &t->settings->events;
	int ret;
	struct events *e;

	if (!o->worst && !o->slower_ns && !o->stream)
		return 0;
	if (!bpf_object__find_map_by_name(t->obj, "events_ring"))
		return 0;
	t->events = e = calloc(1, sizeof(*e));
	if (!e)
		return error_say(err, errlen, -ENOMEM, "out of memory");
	if (o->stacks) {
		e->stacks = stacks_new();
		if (!e->stacks)
			return error_say(err, errlen, -ENOMEM, "out of memory");
	}
	e->nr_cpus = t->nr_cpus;
	e->worst = o->worst < EVENTS_MAX_WORST ? o->worst : EVENTS_MAX_WORST;
	e->looked = calloc(2 * (size_t)e->nr_cpus * e->worst + 1, sizeof(*e->looked));
	e->behind = malloc(sizeof(*e->behind));
	if (!e->looked || !e->behind)
		return error_say(err, errlen, -ENOMEM, "out of memory");
	e->pass_max = events_ring_bytes(&t->opts) / EVENTS_SIZE_WAIT;
	s->nr_cpus = e->nr_cpus;
	s->worst = e->worst;
	s->slower_ns = o->slower_ns;
	s->stream = o->stream;
	s->stacks = o->stacks;
	if (o->flight_ns && o->slower_ns)
		s->flight_len = e->flight_len = flight_length(e->nr_cpus);
	if (percpu_preempt_count(&s->preempt_count))
		s->preempt_count = 0;
	s->log = e->worst || o->slower_ns;
	ret = size_maps(t, e);
	return ret ? error_explain(err, errlen, ret, "size the maps of single waits") : 0;
}

static size_t log_bytes(const struct events *e)
{
	return (size_t)e->nr_cpus * sizeof(*e->log);
}

static size_t table_bytes(const struct events *e)
{
	return 2 * (size_t)e->nr_cpus * sizeof(*e->tables);
}

static void unmap(const void *at, size_t bytes)
{
	if (at)
		munmap((void *)at, bytes);
}

/* NULL: not to be had, errno says why. */
static const void *map(const struct tracer *t, const char *name, size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ, MAP_SHARED, tracer_map_fd(t, name), 0);

	return at == MAP_FAILED ? NULL : at;
}

void events_close(struct tracer *t)
{
	if (!t->events)
		return;
	ring_buffer__free(t->events->ring);
	stacks_free(t->events->stacks);
	flight_free(t->events->flight);
	unmap(t->events->log, log_bytes(t->events));
	unmap(t->events->tables, table_bytes(t->events));
	free(t->events->looked);
	free(t->events->behind);
	free(t->events);
	t->events = NULL;
}

/* ---- as records ------------------------------------------------------------------------------ */

static const char *const populations[NR_EVENTS_POPULATIONS] = {
	[EVENTS_WOKEN] = "woken",
	[EVENTS_PREEMPTED] = "preempted",
	[EVENTS_REQUEUED] = "requeued",
	[EVENTS_FIRST_RUN] = "first_run",
};

static const char *const contexts[NR_EVENTS_CONTEXTS] = {
	[EVENTS_CONTEXT_TASK] = "task",
	[EVENTS_CONTEXT_SOFTIRQ] = "softirq",
	[EVENTS_CONTEXT_INTERRUPT] = "interrupt",
	[EVENTS_CONTEXT_IDLE] = "idle",
};

const char *events_context_name(uint32_t context)
{
	return contexts[context % NR_EVENTS_CONTEXTS];
}

/* What BPF handed over, and the texts that the record points to. */
struct made {
	const struct events_wait *wait;
	const struct events_around *around; /* NULL: not looked for */
	const struct events_stack *stack;   /* NULL: there is none */
	char comm[2 + EVENTS_MAX_BEHIND][EVENTS_COMM_LEN + 1];
	struct record_event e;
};

static void make_task(struct record_task *t, const struct events_who *who,
		      char comm[EVENTS_COMM_LEN + 1])
{
	memcpy(comm, who->comm, EVENTS_COMM_LEN);
	comm[EVENTS_COMM_LEN] = '\0';
	*t = (struct record_task){ .comm = comm, .tgid = who->tgid, .tid = who->tid };
}

static uint64_t cpu_known(uint32_t cpu)
{
	return cpu == EVENTS_NO_CPU ? RECORD_NO_CPU : cpu;
}

static int longer_first(const void *a, const void *b)
{
	const struct record_behind *x = a, *y = b;

	return x->ns < y->ns ? 1 : x->ns > y->ns ? -1 : 0;
}

static void make_around(struct made *m)
{
	struct record_event *e = &m->e;

	e->has_behind = true;
	e->other_ns = m->around->other_ns;
	for (size_t i = 0; i < EVENTS_MAX_BEHIND; i++) {
		const struct events_behind *b = &m->around->behind[i];

		if (!b->ns)
			continue;
		make_task(&e->behind[e->nr_behind].task, &b->who, m->comm[2 + i]);
		e->behind[e->nr_behind++].ns = b->ns;
	}
	qsort(e->behind, e->nr_behind, sizeof(e->behind[0]), longer_first);
}

static void make_phases(struct made *m)
{
	const struct events_wait *w = m->wait;
	struct record_event *e = &m->e;

	if (w->population != EVENTS_WOKEN)
		return;
	e->phase[e->nr_phases++] = (struct record_count){ "wake", w->wake_ns };
	e->phase[e->nr_phases++] = (struct record_count){ "runq", w->runq_ns };
	if (w->premig_ns)
		e->phase[e->nr_phases++] = (struct record_count){ "premig", w->premig_ns };
}

static void make(struct made *m, const char *kind, enum record_why why)
{
	const struct events_wait *w = m->wait;
	struct record_event *e = &m->e;

	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->why = why;
	e->population = populations[w->population % NR_EVENTS_POPULATIONS];
	e->time_ns = w->time_ns;
	e->ns = w->ns;
	make_phases(m);
	make_task(&e->task, &w->who, m->comm[0]);
	e->cpu_before = cpu_known(w->cpu_before);
	e->cpu_queued = cpu_known(w->cpu_queued);
	e->cpu = w->cpu;
	e->migrations = w->migrations;
	e->has_waker = w->has_waker;
	if (e->has_waker) {
		make_task(&e->waker.task, &w->waker.who, m->comm[1]);
		e->waker.context = events_context_name(w->waker.context);
		e->waker.cpu = w->waker.cpu;
	}
	if (m->around)
		make_around(m);
}

static int hand(struct tracer *t, struct made *m, enum record_why why)
{
	if (!t->on_event)
		return 0;
	make(m, t->ops->about.name, why);
	if (m->stack && t->events->stacks)
		stacks_name(t->events->stacks, m->stack, &m->e);
	return t->on_event(&m->e, t->opts.group == TRACER_GROUP_ARM ? m->wait->arm : 0,
			   t->on_event_arg);
}

/*
 * BPF looks back at a few switches only. What it did not reach is looked for in the whole log,
 * unless that has been written over.
 */
static void look_further(struct events *e, struct events_around *a)
{
	uint64_t from = a->from_ns, other = 0;
	struct behind *b = e->behind;
	uint32_t nr;

	if (!e->log || !a->other_ns || a->nr_parts > EVENTS_MAX_MOVES + 1)
		return;
	memset(b, 0, sizeof(*b));
	for (uint32_t i = 0; i < a->nr_parts; i++) {
		if (a->part[i].cpu >= e->nr_cpus ||
		    !behind_collect(&e->log[a->part[i].cpu], from, a->part[i].until_ns, b))
			return;
		from = a->part[i].until_ns;
	}
	/* Before the first part BPF did not know where it was either. */
	for (nr = 0; nr < EVENTS_MAX_BEHIND; nr++)
		other += a->behind[nr].ns;
	other = other + a->other_ns - (from - a->from_ns);
	memset(a->behind, 0, sizeof(a->behind));
	behind_longest(b, a->behind, EVENTS_MAX_BEHIND);
	a->other_ns = b->other_ns + other;
}

/* ---- the longest, while they are new --------------------------------------------------------- */

/* As it stands in the map. */
struct kept {
	struct events_wait wait;
	struct events_around around;
};

static void look_at(struct tracer *t, uint32_t at, uint64_t ns)
{
	struct looked *l = &t->events->looked[at];
	struct events_stack stack;
	struct kept kept;

	l->ns = ns;
	if (bpf_map_lookup_elem(tracer_map_fd(t, "events_worst"), &at, &kept))
		return;
	l->time_ns = kept.wait.time_ns;
	l->around = kept.around;
	look_further(t->events, &l->around);
	if (t->events->stacks &&
	    !bpf_map_lookup_elem(tracer_map_fd(t, "events_worst_stacks"), &at, &stack) &&
	    stack.nr_user)
		stacks_meet(t->events->stacks, stack.tgid);
}

/*
 * Looks at the longest waits so far: when the interval ends the log may have been written over, and
 * a process may have ended, so that nobody can name its functions.
 */
static void look_at_worst(struct tracer *t)
{
	struct events *e = t->events;
	uint32_t bank = __atomic_load_n(&t->control->events_bank, __ATOMIC_RELAXED) & 1;

	for (uint32_t cpu = 0; cpu < e->nr_cpus; cpu++) {
		uint32_t table = bank * e->nr_cpus + cpu, first = table * e->worst;
		uint32_t nr = __atomic_load_n(&e->tables[table].nr, __ATOMIC_RELAXED);

		for (uint32_t i = 0; i < nr && i < e->worst; i++) {
			uint64_t ns = __atomic_load_n(&e->tables[table].ns[i], __ATOMIC_RELAXED);

			if (ns != e->looked[first + i].ns)
				look_at(t, first + i, ns);
		}
	}
}

/* ---- the ring -------------------------------------------------------------------------------- */

/* One more slow wait, of those of its second too many to be recorded by itself? */
static bool too_many(struct tracer *t, const struct events_wait *w)
{
	uint64_t second = w->time_ns / 1000000000ULL;
	struct events *e = t->events;

	if (!t->opts.events.slow_per_s || t->opts.events.stream)
		return false;
	if (second != e->second)
		e->nr_in_second = 0;
	e->second = second;
	if (++e->nr_in_second <= t->opts.events.slow_per_s)
		return false;
	/* A counter that BPF does not know: it reads as what came since the last time. */
	t->last_counter[COUNTER_unrecorded]--;
	return true;
}

static int take_flown(const struct events_wait *w, void *arg)
{
	struct made m = { .wait = w };

	return hand(arg, &m, RECORD_FLIGHT);
}

/* What came before a slow wait that ended at @time. */
static int take_flight(struct tracer *t, uint64_t time)
{
	uint64_t before = t->opts.events.flight_ns;

	if (!t->events->flight)
		return 0;
	return flight_take(t->events->flight, time > before ? time - before : 0, time, take_flown,
			   t);
}

static int take(void *arg, void *data, size_t size)
{
	struct tracer *t = arg;
	struct events *e = t->events;
	const struct events_full *f = data;
	struct made m = { .wait = &f->wait };
	struct events_around around;

	if (too_many(t, &f->wait))
		return ++e->passed >= e->pass_max ? -EAGAIN : 0;
	if (size >= EVENTS_SIZE_AROUND) {
		around = f->around;
		look_further(e, &around);
		m.around = &around;
	}
	if (size >= EVENTS_SIZE_FULL)
		m.stack = &f->stack;
	if (f->wait.slow)
		e->ret = take_flight(t, f->wait.time_ns);
	if (!e->ret)
		e->ret = hand(t, &m, t->opts.events.stream ? RECORD_STREAM : RECORD_SLOW);
	/* Ends the pass; what came is consumed. */
	return e->ret || ++e->passed >= e->pass_max ? -EAGAIN : 0;
}

int events_begin(struct tracer *t, char *err, size_t errlen)
{
	struct events *e = t->events;
	int ret = 0;

	if (!e)
		return 0;
	e->ring = ring_buffer__new(tracer_map_fd(t, "events_ring"), take, t, NULL);
	if (!e->ring)
		return error_explain(err, errlen, -errno, "map the ring of single waits");
	e->tables = map(t, "events_tables", table_bytes(e));
	if (e->worst || t->opts.events.slower_ns)
		e->log = map(t, "events_cpus", log_bytes(e));
	if (!e->tables || (!e->log && (e->worst || t->opts.events.slower_ns)))
		return error_explain(err, errlen, -errno, "map the maps of single waits");
	if (e->flight_len)
		ret = flight_map(&e->flight, tracer_map_fd(t, "events_flight"), e->nr_cpus,
				 e->flight_len);
	return ret ? error_explain(err, errlen, ret, "map the flight recorder") : 0;
}

int events_poll(struct tracer *t)
{
	struct events *e = t->events;
	int ret;

	if (!e)
		return 0;
	if (e->worst)
		look_at_worst(t);
	do {
		e->passed = 0;
		e->ret = 0;
		ret = ring_buffer__consume(e->ring);
	} while (!t->enabled && !e->ret && (ret > 0 || ret == -EAGAIN));
	if (e->ret)
		return e->ret;
	return ret < 0 && ret != -EAGAIN ? ret : 0;
}

/* ---- the longest ----------------------------------------------------------------------------- */

struct worst {
	struct kept kept;
	struct events_stack *stack; /* NULL: not asked for */
};

static int longest_first(const void *a, const void *b)
{
	const struct worst *x = a, *y = b;

	return x->kept.wait.ns < y->kept.wait.ns ? 1 : x->kept.wait.ns > y->kept.wait.ns ? -1 : 0;
}

static int take_kept(struct tracer *t, uint32_t at, struct worst *w)
{
	const struct looked *l = &t->events->looked[at];

	if (bpf_map_lookup_elem(tracer_map_fd(t, "events_worst"), &at, &w->kept))
		return -errno;
	if (l->time_ns == w->kept.wait.time_ns && l->ns == w->kept.wait.ns)
		w->kept.around = l->around;
	else
		look_further(t->events, &w->kept.around);
	if (!t->events->stacks)
		return 0;
	w->stack = malloc(sizeof(*w->stack));
	if (!w->stack)
		return -ENOMEM;
	return bpf_map_lookup_elem(tracer_map_fd(t, "events_worst_stacks"), &at, w->stack) ? -errno
											   : 0;
}

/* How long a CPU may be at one wait, for instance one that its host has taken away. */
#define QUIET_NS 1000000000LL

/*
 * Until no program writes to the bank that rests. A program that has made its CPU's number odd by
 * then may have read the old bank; one that does so later reads the new one. Pairs with
 * keep_if_long() in events.bpf.h.
 */
static void quiet(struct tracer *t)
{
	const struct timespec pause = { .tv_nsec = 20000 };
	int map = tracer_map_fd(t, "events_writes");

	atomic_thread_fence(memory_order_seq_cst);
	for (uint32_t cpu = 0; cpu < t->events->nr_cpus; cpu++) {
		uint64_t first, now;

		if (bpf_map_lookup_elem(map, &cpu, &first) || !(first & 1))
			continue;
		for (long long waited = 0; waited < QUIET_NS; waited += pause.tv_nsec) {
			if (bpf_map_lookup_elem(map, &cpu, &now) || now != first)
				break;
			nanosleep(&pause, NULL);
		}
	}
}

/* Those of table @table, after the @nr of @worst; the table is empty then. */
static int take_table(struct tracer *t, uint32_t table, struct worst *worst, uint32_t *nr)
{
	int tables = tracer_map_fd(t, "events_tables"), ret = 0;
	static const struct events_table empty;
	struct events_table read;

	if (bpf_map_lookup_elem(tables, &table, &read))
		return -errno;
	for (uint32_t i = 0; !ret && i < read.nr && i < t->events->worst; i++)
		ret = take_kept(t, table * t->events->worst + i, &worst[(*nr)++]);
	if (!ret && read.nr && bpf_map_update_elem(tables, &table, &empty, 0))
		ret = -errno;
	return ret;
}

int events_hand_worst(struct tracer *t)
{
	struct events *e = t->events;
	uint32_t bank, nr = 0;
	struct worst *worst;
	int ret = 0;

	if (!e || !e->worst)
		return 0;
	/* The next waits are kept in the other bank. */
	bank = __atomic_fetch_xor(&t->control->events_bank, 1, __ATOMIC_SEQ_CST) & 1;
	worst = calloc((size_t)e->nr_cpus * e->worst, sizeof(*worst));
	if (!worst)
		return -ENOMEM;
	quiet(t);
	for (uint32_t cpu = 0; !ret && cpu < e->nr_cpus; cpu++)
		ret = take_table(t, bank * e->nr_cpus + cpu, worst, &nr);
	qsort(worst, nr, sizeof(*worst), longest_first);
	for (uint32_t i = 0; !ret && i < nr && i < e->worst; i++) {
		struct made m = { .wait = &worst[i].kept.wait,
				  .around = &worst[i].kept.around,
				  .stack = worst[i].stack };

		ret = hand(t, &m, RECORD_WORST);
	}
	for (uint32_t i = 0; i < nr; i++)
		free(worst[i].stack);
	free(worst);
	return ret;
}
