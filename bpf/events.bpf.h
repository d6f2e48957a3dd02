/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_EVENTS_BPF_H
#define KT_BPF_EVENTS_BPF_H
/*
 * Single waits beside the sums: the longest of an interval, those over a limit, or all, each with
 * its waker, its CPUs and those who ran there meanwhile.
 *
 * The scheduler's programs call events_waking(), events_migrating(), events_waited() and
 * events_switched(). All of them run with interrupts off, so none meets another on its CPU. What
 * is switched off costs nothing: the verifier takes it out.
 */
#include "bpf/common.bpf.h"

#include "bpf/events_shared.h"
#include "bpf/events_state.h"
#include "bpf/waker.bpf.h"

/* Sizes marked 1 are set by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct events_cpu);
} events_cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct events_full);
} events_scratch SEC(".maps");

/* By CPU: odd while it writes to one of its tables. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} events_writes SEC(".maps");

/* By bank and CPU; then by these and the place in the table. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct events_table);
} events_tables SEC(".maps");

struct events_kept {
	struct events_wait wait;
	struct events_around around;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct events_kept);
} events_worst SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct events_stack);
} events_worst_stacks SEC(".maps");

/* Of the last waker, or of the task when it was last preempted. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct events_stack);
} events_stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events_ring SEC(".maps");

/* By CPU and place. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct events_flown);
} events_flight SEC(".maps");

/* ---- helpers --------------------------------------------------------------------------------- */

static __always_inline bool events_on(void)
{
	return settings.events.worst || settings.events.slower_ns || settings.events.stream ||
	       settings.events.flight_len;
}

static __always_inline struct events_cpu *events_cpu_of(__u32 cpu)
{
	return bpf_map_lookup_elem(&events_cpus, &cpu);
}

/* @user: its frames as well; in an interrupt they say nothing of the wake */
static __always_inline void keep_stack(void *ctx, struct task_struct *p, __u32 tgid, bool user)
{
	struct events_stack *s =
		bpf_task_storage_get(&events_stacks, p, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	long got;

	if (!s) {
		count(COUNTER_storage_failed);
		return;
	}
	s->tgid = tgid;
	got = bpf_get_stack(ctx, s->kernel, sizeof(s->kernel), 0);
	s->nr_kernel = got > 0 ? got / sizeof(__u64) : 0;
	got = user ? bpf_get_stack(ctx, s->user, sizeof(s->user), BPF_F_USER_STACK) : 0;
	s->nr_user = got > 0 ? got / sizeof(__u64) : 0;
}

/* ---- what the scheduler's programs call ------------------------------------------------------ */

/* events_waking - sched_waking of @p by @waker, which is current */
static __always_inline void events_waking(void *ctx, struct wake_state *wake, struct task_struct *p,
					  struct task_struct *waker)
{
	struct wake_waking *w = &wake->w;

	if (!events_on())
		return;
	who_is(&w->waker.who, waker);
	w->waker.context = waker_context(waker);
	w->waker.cpu = bpf_get_smp_processor_id();
	w->cpu_before = cpu_of(p);
	if (settings.events.stacks && events_wakes(wake))
		keep_stack(ctx, p, waker->tgid, w->waker.context == EVENTS_CONTEXT_TASK);
}

/* events_migrating - sched_migrate_task of @p, which is still where it was */
static __always_inline void events_migrating(struct events_task *e, struct wake_state *wake,
					     struct task_struct *p, __u64 now)
{
	if (events_on())
		events_moved(e, wake, cpu_of(p), now);
}

/* events_leaving - @prev, which is current, leaves its CPU, @runnable or not */
static __always_inline void events_leaving(void *ctx, struct task_struct *prev, bool runnable)
{
	if (settings.events.stacks && runnable)
		keep_stack(ctx, prev, prev->tgid, !(prev->flags & PF_KTHREAD));
}

/* events_switched - @next runs from now on: the last call of a switch */
static __always_inline void events_switched(struct task_struct *next, __u64 now)
{
	struct events_cpu *log;
	struct events_ran *r;

	if (!settings.events.log)
		return;
	log = events_cpu_of(bpf_get_smp_processor_id());
	if (!log)
		return;
	r = &log->ran[log->head & (EVENTS_LOG_LEN - 1)];
	r->since_ns = now;
	who_is(&r->who, next);
	/* Another CPU reads up to head; it stays EVENTS_LOG_LEN - EVENTS_LOG_REACH away from this. */
	barrier();
	log->head++;
}

/* An own function: verified once, and called only for waits that are handed over. */
__noinline int events_collect(__u32 cpu, __u64 from, __u64 to)
{
	struct events_cpu *log = events_cpu_of(cpu);
	__u32 zero = 0, nr;
	struct events_full *f = bpf_map_lookup_elem(&events_scratch, &zero);

	if (!f)
		return 0;
	nr = f->around.nr_parts;
	if (nr <= EVENTS_MAX_MOVES) {
		f->around.part[nr].cpu = cpu;
		f->around.part[nr].until_ns = to;
		f->around.nr_parts = nr + 1;
	}
	if (log)
		events_collect_log(log, from, to, &f->around);
	else
		f->around.other_ns += to - from;
	return 0;
}

/* Who ran on the CPUs in whose queues it was, one after the other. */
static __always_inline void collect_around(const struct events_task *e, __u32 moves,
					   struct events_full *f, const struct events_span *s)
{
	__u64 from = s->queued_ns;
	__u32 nr = f->wait.migrations, i;

	__builtin_memset(&f->around, 0, sizeof(f->around));
	/* Where it was before the moves that are at hand is not known. */
	if (nr > EVENTS_MAX_MOVES) {
		from = e->move_ns[moves & (EVENTS_MAX_MOVES - 1)];
		f->around.other_ns += from - s->queued_ns;
		nr = EVENTS_MAX_MOVES - 1;
	}
	f->around.from_ns = from;
	for (i = EVENTS_MAX_MOVES; i >= 1; i--) {
		__u32 at = (moves - i) & (EVENTS_MAX_MOVES - 1);

		if (i > nr)
			continue;
		events_collect(e->move_cpu[at], from, e->move_ns[at]);
		from = e->move_ns[at];
	}
	events_collect(f->wait.cpu, from, f->wait.time_ns);
}

static __always_inline void fill_wait(struct events_wait *w, const struct events_task *e,
				      const struct wake_state *wake, struct task_struct *p,
				      const struct events_span *s)
{
	__u32 nr = events_moves_since(e, wake, s->queued_ns);
	bool woken = s->population == EVENTS_WOKEN;

	w->time_ns = s->end_ns;
	w->ns = s->ns;
	w->wake_ns = s->wake_ns;
	w->runq_ns = s->end_ns - s->queued_ns;
	w->premig_ns = s->premig_ns;
	w->arm = s->arm;
	w->population = s->population;
	who_is(&w->who, p);
	w->has_waker = woken; /* no such wait begins but with a waking */
	w->waker = wake->w.waker;
	w->cpu = bpf_get_smp_processor_id();
	w->migrations = nr;
	if (!nr)
		w->cpu_queued = w->cpu;
	else if (nr <= EVENTS_MAX_MOVES)
		w->cpu_queued = e->move_cpu[(wake->moves - nr) & (EVENTS_MAX_MOVES - 1)];
	else
		w->cpu_queued = EVENTS_NO_CPU;
	/* A task that was runnable all the time was put back where it ran. */
	w->cpu_before = woken ? wake->w.cpu_before : w->cpu_queued;
	if (s->population == EVENTS_FIRST_RUN)
		w->cpu_before = EVENTS_NO_CPU;
}

/* Puts the wait in @f among the longest of this bank and CPU. */
static __always_inline void keep(struct events_table *table, __u32 first, struct events_full *f,
				 const struct events_stack *stack)
{
	struct events_stack *kept_stack;
	__u32 at, i, worst = settings.events.worst;
	struct events_kept *kept;
	__u64 least = ~0ULL;

	at = table->nr < worst ? table->nr++ : table->least_at;
	/* By a mask: of a number that was checked after it was copied 6.1's verifier knows nothing. */
	barrier_var(at);
	at &= EVENTS_MAX_WORST - 1;
	table->ns[at] = f->wait.ns;
	for (i = 0; i < EVENTS_MAX_WORST; i++) {
		if (i >= worst)
			break;
		if (table->ns[i] >= least)
			continue;
		least = table->ns[i];
		table->least_at = i;
	}
	table->least = table->nr < worst ? 0 : least;
	first += at;
	kept = bpf_map_lookup_elem(&events_worst, &first);
	if (kept)
		bpf_probe_read_kernel(kept, sizeof(*kept), f);
	if (!settings.events.stacks)
		return;
	kept_stack = bpf_map_lookup_elem(&events_worst_stacks, &first);
	if (kept_stack && stack)
		bpf_probe_read_kernel(kept_stack, sizeof(*kept_stack), stack);
	else if (kept_stack)
		kept_stack->nr_kernel = kept_stack->nr_user = 0;
}

/* Into the flight recorder of this CPU. */
static __always_inline void fly(struct events_full *f)
{
	struct events_cpu *cpu = events_cpu_of(f->wait.cpu);
	__u32 at, len = settings.events.flight_len;
	struct events_flown *flown;

	if (!cpu)
		return;
	at = f->wait.cpu * len + (cpu->flight & (len - 1));
	flown = bpf_map_lookup_elem(&events_flight, &at);
	if (!flown)
		return;
	/* A reader sees 0, or the wait as it was before: flight.c. */
	flown->seq = 0;
	barrier();
	bpf_probe_read_kernel(&flown->wait, sizeof(flown->wait), &f->wait);
	barrier();
	flown->seq = ++cpu->flight;
}

static __always_inline void hand_over(struct events_full *f, const struct events_stack *stack)
{
	__u64 size = EVENTS_SIZE_WAIT;

	if (f->wait.slow) {
		size = EVENTS_SIZE_AROUND;
		if (stack) {
			bpf_probe_read_kernel(&f->stack, sizeof(f->stack), stack);
			size = EVENTS_SIZE_FULL;
		}
	}
	/* The loader looks by itself: waking it would be an event of its own. */
	if (bpf_ringbuf_output(&events_ring, f, size, BPF_RB_NO_WAKEUP))
		count(COUNTER_ring_full);
	else
		count(COUNTER_streamed);
}

/* The table of this CPU to write to now; its number in *@index. */
static __always_inline struct events_table *table_now(__u32 *index)
{
	*index = (*(volatile __u32 *)&control.events_bank & 1) * settings.events.nr_cpus +
		 bpf_get_smp_processor_id();
	return bpf_map_lookup_elem(&events_tables, index);
}

/* Is it among the longest of this CPU? Then it takes a place in the table. */
static __always_inline void keep_if_long(struct events_full *f, const struct events_stack *stack)
{
	__u32 cpu = bpf_get_smp_processor_id(), index;
	__u64 *writes = bpf_map_lookup_elem(&events_writes, &cpu);
	struct events_table *table;

	if (!writes)
		return;
	/*
	 * Full barrier, before the bank is read. Pairs with quiet() in events.c: it either sees the
	 * odd number and waits, or this sees the new bank.
	 */
	__sync_fetch_and_add(writes, 1);
	table = table_now(&index);
	if (table && f->wait.ns > table->least)
		keep(table, index * settings.events.worst, f, stack);
	__sync_fetch_and_add(writes, 1);
}

static __noinline int events_tell(bool kept, struct events_task *e, struct wake_state *wake,
				  struct task_struct *p, struct events_span *s)
{
	struct events_stack *stack = NULL;
	struct events_full *f;
	__u32 zero = 0;

	f = bpf_map_lookup_elem(&events_scratch, &zero);
	if (!f)
		return 0;
	fill_wait(&f->wait, e, wake, p, s);
	f->wait.slow = settings.events.slower_ns && s->ns >= settings.events.slower_ns;
	if (settings.events.log && (kept || f->wait.slow))
		collect_around(e, wake->moves, f, s);
	if (settings.events.stacks && s->population != EVENTS_FIRST_RUN)
		stack = bpf_task_storage_get(&events_stacks, p, NULL, 0);
	if (settings.events.worst && kept)
		keep_if_long(f, stack);
	if (settings.events.flight_len)
		fly(f);
	if ((settings.events.slower_ns || settings.events.stream) &&
	    (f->wait.slow || settings.events.stream))
		hand_over(f, stack);
	return 0;
}

/*
 * events_waited - a wait of @p, which is switched in now, is over: @s, as events_ending() has it;
 * only while events_on()
 */
static __always_inline void events_waited(struct events_task *e, struct wake_state *wake,
					  struct task_struct *p, struct events_span *s)
{
	bool kept = false, slow;

	if (settings.events.worst) {
		__u32 index;
		struct events_table *table = table_now(&index);

		kept = table && s->ns > table->least;
	}
	slow = settings.events.slower_ns && s->ns >= settings.events.slower_ns;
	if (kept || slow || settings.events.stream || settings.events.flight_len)
		events_tell(kept, e, wake, p, s);
}
#endif
