// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/events.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/record/types.h"

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
	uint64_t slow_first, slow_last; /* ends of slow waits of this pass; slow_last 0: none */
	uint32_t nr_cpus, worst;
	uint64_t (*met)[EVENTS_MAX_WORST]; /* by CPU: the worst whose processes were met */
	uint32_t passed, pass_max;	   /* of one pass over the ring */
	int ret;			   /* of the caller's function */
};

/* ---- life ------------------------------------------------------------------------------------ */

static int resize(struct tracer *t, const char *map, uint32_t entries)
{
	return bpf_map__set_max_entries(bpf_object__find_map_by_name(t->obj, map), entries);
}

/* A power of two of pages, as the kernel wants it. */
static uint32_t ring_bytes(const struct tracer_opts *o)
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
		ret = resize(t, "events_ring", ring_bytes(&t->opts));
	return ret;
}

int events_open(struct tracer *t, char *err, size_t errlen)
{
	const struct events_opts *o = &t->opts.events;
	struct events_settings *s = &t->settings->events;
	int cpus = libbpf_num_possible_cpus(), ret;
	struct events *e;

	if (!o->worst && !o->slower_ns && !o->stream)
		return 0;
	if (!bpf_object__find_map_by_name(t->obj, "events_ring"))
		return 0;
	if (cpus < 1)
		return error_explain(err, errlen, cpus, "count the CPUs");
	t->events = e = calloc(1, sizeof(*e));
	if (!e)
		return error_say(err, errlen, -ENOMEM, "out of memory");
	if (o->stacks) {
		e->stacks = stacks_new();
		if (!e->stacks)
			return error_say(err, errlen, -ENOMEM, "out of memory");
	}
	e->nr_cpus = (uint32_t)cpus;
	e->met = calloc(e->nr_cpus, sizeof(*e->met));
	if (!e->met)
		return error_say(err, errlen, -ENOMEM, "out of memory");
	e->worst = o->worst < EVENTS_MAX_WORST ? o->worst : EVENTS_MAX_WORST;
	e->pass_max = ring_bytes(&t->opts) / EVENTS_SIZE_WAIT;
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

void events_close(struct tracer *t)
{
	if (!t->events)
		return;
	ring_buffer__free(t->events->ring);
	stacks_free(t->events->stacks);
	flight_free(t->events->flight);
	free(t->events->met);
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
		e->waker.context = contexts[w->waker.context % NR_EVENTS_CONTEXTS];
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
	return t->on_event(&m->e, t->on_event_arg);
}

/* ---- the ring -------------------------------------------------------------------------------- */

static int take(void *arg, void *data, size_t size)
{
	struct tracer *t = arg;
	struct events *e = t->events;
	const struct events_full *f = data;
	struct made m = { .wait = &f->wait };

	if (size >= EVENTS_SIZE_AROUND)
		m.around = &f->around;
	if (size >= EVENTS_SIZE_FULL)
		m.stack = &f->stack;
	if (f->wait.slow) {
		if (!e->slow_last)
			e->slow_first = f->wait.time_ns;
		e->slow_last = f->wait.time_ns;
	}
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
	if (e->flight_len)
		ret = flight_map(&e->flight, tracer_map_fd(t, "events_flight"), e->nr_cpus,
				 e->flight_len);
	return ret ? error_explain(err, errlen, ret, "map the flight recorder") : 0;
}

static int take_flown(const struct events_wait *w, void *arg)
{
	struct made m = { .wait = w };

	return hand(arg, &m, RECORD_FLIGHT);
}

/* What came before the slow waits of this pass. */
static int take_flight(struct tracer *t)
{
	struct events *e = t->events;
	uint64_t before = t->opts.events.flight_ns, first = e->slow_first, last = e->slow_last;

	if (!e->flight || !last)
		return 0;
	e->slow_last = 0;
	/* Rings of two CPUs meet in no certain order. */
	if (first > last)
		first = last;
	return flight_take(e->flight, first > before ? first - before : 0, last, take_flown, t);
}

/*
 * Looks at the processes of the longest waits so far: one may have ended when the interval does,
 * and then nobody can name its functions.
 */
static void meet_worst(struct tracer *t)
{
	int tables = tracer_map_fd(t, "events_tables");
	int stacks = tracer_map_fd(t, "events_worst_stacks");
	struct events *e = t->events;
	uint32_t bank = __atomic_load_n(&t->control->events_bank, __ATOMIC_RELAXED) & 1;
	struct events_table table;
	struct events_stack stack;

	for (uint32_t cpu = 0; cpu < e->nr_cpus; cpu++) {
		uint32_t at = bank * e->nr_cpus + cpu, first = at * e->worst;

		if (bpf_map_lookup_elem(tables, &at, &table))
			return;
		for (uint32_t i = 0; i < table.nr && i < e->worst; i++) {
			at = first + i;
			if (table.ns[i] == e->met[cpu][i] ||
			    bpf_map_lookup_elem(stacks, &at, &stack))
				continue;
			e->met[cpu][i] = table.ns[i];
			if (stack.nr_user)
				stacks_meet(e->stacks, stack.tgid);
		}
	}
}

int events_poll(struct tracer *t)
{
	struct events *e = t->events;
	int ret;

	if (!e)
		return 0;
	if (e->stacks && e->worst)
		meet_worst(t);
	do {
		e->passed = 0;
		e->ret = 0;
		ret = ring_buffer__consume(e->ring);
	} while (!t->enabled && !e->ret && (ret > 0 || ret == -EAGAIN));
	if (e->ret)
		return e->ret;
	return ret < 0 && ret != -EAGAIN ? ret : take_flight(t);
}

/* ---- the longest ----------------------------------------------------------------------------- */

struct kept {
	struct events_wait wait;
	struct events_around around;
	struct events_stack *stack; /* NULL: not asked for */
};

static int longest_first(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	return x->wait.ns < y->wait.ns ? 1 : x->wait.ns > y->wait.ns ? -1 : 0;
}

/* As it stands in the map: without the pointer. */
#define KEPT_SIZE offsetof(struct kept, stack)

static int take_kept(struct tracer *t, uint32_t at, struct kept *k)
{
	char read[KEPT_SIZE];

	if (bpf_map_lookup_elem(tracer_map_fd(t, "events_worst"), &at, read))
		return -errno;
	memcpy(k, read, KEPT_SIZE);
	if (!t->events->stacks)
		return 0;
	k->stack = malloc(sizeof(*k->stack));
	if (!k->stack)
		return -ENOMEM;
	return bpf_map_lookup_elem(tracer_map_fd(t, "events_worst_stacks"), &at, k->stack) ? -errno
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

/* Those of table @table, behind the @nr of @kept; the table is empty then. */
static int take_table(struct tracer *t, uint32_t table, struct kept *kept, uint32_t *nr)
{
	int tables = tracer_map_fd(t, "events_tables"), ret = 0;
	static const struct events_table empty;
	struct events_table read;

	if (bpf_map_lookup_elem(tables, &table, &read))
		return -errno;
	for (uint32_t i = 0; !ret && i < read.nr && i < t->events->worst; i++)
		ret = take_kept(t, table * t->events->worst + i, &kept[(*nr)++]);
	if (!ret && read.nr && bpf_map_update_elem(tables, &table, &empty, 0))
		ret = -errno;
	return ret;
}

int events_hand_worst(struct tracer *t)
{
	struct events *e = t->events;
	uint32_t bank, nr = 0;
	struct kept *kept;
	int ret = 0;

	if (!e || !e->worst)
		return 0;
	/* The next waits are kept in the other bank. */
	bank = __atomic_fetch_xor(&t->control->events_bank, 1, __ATOMIC_SEQ_CST) & 1;
	kept = calloc((size_t)e->nr_cpus * e->worst, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	quiet(t);
	for (uint32_t cpu = 0; !ret && cpu < e->nr_cpus; cpu++)
		ret = take_table(t, bank * e->nr_cpus + cpu, kept, &nr);
	qsort(kept, nr, sizeof(*kept), longest_first);
	for (uint32_t i = 0; !ret && i < nr && i < e->worst; i++) {
		struct made m = { .wait = &kept[i].wait,
				  .around = &kept[i].around,
				  .stack = kept[i].stack };

		ret = hand(t, &m, RECORD_WORST);
	}
	for (uint32_t i = 0; i < nr; i++)
		free(kept[i].stack);
	free(kept);
	return ret;
}
