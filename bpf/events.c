// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/record/types.h"

#include "bpf/events_shared.h"
#include "bpf/percpu.h"
#include "bpf/tracer_impl.h"

/* Rings by default, in bytes: of waits over a limit, of all. */
#define RING_SLOW   (512u << 10)
#define RING_STREAM (8u << 20)

_Static_assert(EVENTS_MAX_BEHIND <= RECORD_MAX_BEHIND, "all fit into a record");
_Static_assert(EVENTS_MAX_FRAMES <= RECORD_MAX_FRAMES, "all fit into a record");

struct events {
	struct ring_buffer *ring;
	uint32_t nr_cpus, worst;
	uint32_t passed, pass_max; /* of one pass over the ring */
	int ret;		   /* of the caller's function */
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
	if (!ret && e->worst)
		ret = resize(t, "events_worst", kept);
	if (!ret && e->worst && t->settings->events.stacks)
		ret = resize(t, "events_worst_stacks", kept);
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
	e->nr_cpus = (uint32_t)cpus;
	e->worst = o->worst < EVENTS_MAX_WORST ? o->worst : EVENTS_MAX_WORST;
	e->pass_max = ring_bytes(&t->opts) / EVENTS_SIZE_WAIT;
	s->nr_cpus = e->nr_cpus;
	s->worst = e->worst;
	s->slower_ns = o->slower_ns;
	s->stream = o->stream;
	s->stacks = o->stacks;
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
	e->ret = hand(t, &m, t->opts.events.stream ? RECORD_STREAM : RECORD_SLOW);
	/* Ends the pass; what came is consumed. */
	return e->ret || ++e->passed >= e->pass_max ? -EAGAIN : 0;
}

int events_begin(struct tracer *t, char *err, size_t errlen)
{
	struct events *e = t->events;

	if (!e)
		return 0;
	e->ring = ring_buffer__new(tracer_map_fd(t, "events_ring"), take, t, NULL);
	return e->ring ? 0 : error_explain(err, errlen, -errno, "map the ring of single waits");
}

int events_poll(struct tracer *t)
{
	struct events *e = t->events;
	int ret;

	if (!e)
		return 0;
	do {
		e->passed = 0;
		e->ret = 0;
		ret = ring_buffer__consume(e->ring);
	} while (!t->enabled && !e->ret && (ret > 0 || ret == -EAGAIN));
	return e->ret ?: ret < 0 && ret != -EAGAIN ? ret : 0;
}

/* ---- the longest ----------------------------------------------------------------------------- */

struct kept {
	struct events_wait wait;
	struct events_around around;
};

void events_flip(struct tracer *t)
{
	if (t->events)
		__atomic_xor_fetch(&t->control->events_bank, 1, __ATOMIC_RELEASE);
}

static int longest_first(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	return x->wait.ns < y->wait.ns ? 1 : x->wait.ns > y->wait.ns ? -1 : 0;
}

/* Those of table @table, behind the @nr of @kept; the table is empty then. */
static int take_table(struct tracer *t, uint32_t table, struct kept *kept, uint32_t *nr)
{
	int tables = tracer_map_fd(t, "events_tables"), waits = tracer_map_fd(t, "events_worst");
	static const struct events_table empty;
	struct events_table read;

	if (bpf_map_lookup_elem(tables, &table, &read))
		return -errno;
	for (uint32_t i = 0; i < read.nr && i < t->events->worst; i++) {
		uint32_t at = table * t->events->worst + i;

		if (bpf_map_lookup_elem(waits, &at, &kept[*nr]))
			return -errno;
		(*nr)++;
	}
	return read.nr && bpf_map_update_elem(tables, &table, &empty, 0) ? -errno : 0;
}

int events_hand_worst(struct tracer *t)
{
	struct events *e = t->events;
	uint32_t bank, nr = 0;
	struct kept *kept;
	int ret = 0;

	if (!e || !e->worst)
		return 0;
	bank = (__atomic_load_n(&t->control->events_bank, __ATOMIC_ACQUIRE) & 1) ^ 1;
	kept = calloc((size_t)e->nr_cpus * e->worst, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	for (uint32_t cpu = 0; !ret && cpu < e->nr_cpus; cpu++)
		ret = take_table(t, bank * e->nr_cpus + cpu, kept, &nr);
	qsort(kept, nr, sizeof(*kept), longest_first);
	for (uint32_t i = 0; !ret && i < nr && i < e->worst; i++) {
		struct made m = { .wait = &kept[i].wait, .around = &kept[i].around };

		ret = hand(t, &m, RECORD_WORST);
	}
	free(kept);
	return ret;
}
