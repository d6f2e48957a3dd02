/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_COUNTERS_H
#define KT_BPF_COUNTERS_H
/*
 * The counters of all tracers: one list for BPF, loader and reports. LOSS(x, of, text) makes a number
 * incomplete, NOTE(x) only explains. The name printed is x. At most 64: a kind lists its own by bit
 * mask.
 *
 * What a loss is one of, for its share: "values" of the kind's counted metrics, "hits" of tracepoints
 * and probes, "events" that are recorded one by one; "" none of these. Its text is a clause.
 */
#define TRACER_COUNTERS(LOSS, NOTE)                                                                \
	LOSS(ring_full, "events", "the ring had no room for it")                                   \
	LOSS(map_full, "values", "the map of pending items was full")                              \
	LOSS(storage_failed, "hits", "no memory for the state of a task")                          \
	LOSS(processes_full, "", "a process was not followed: the map of processes was full")      \
	LOSS(log_overrun, "values", "the log of a worker was overwritten before it was read")      \
	LOSS(recursion_missed, "hits", "the program was running already on that CPU")              \
	LOSS(switch_missed, "values", "the kernel reported no switch")                             \
	LOSS(record_failed, "values", "a histogram has no such bucket: a bug of kt")               \
	NOTE(unrecorded)    /* slow waits beyond slow_per_s: only in the sums */                   \
	NOTE(streamed)	    /* single waits handed over through the ring */                        \
	NOTE(absorbed)	    /* woken while still running or queued: no latency */                  \
	NOTE(spun)	    /* T4 stamped with no sched_waking: the wait was a spin */             \
	NOTE(no_slot)	    /* woken thread of a process with slots has none */                    \
	NOTE(no_t0)	    /* woken with no request stamp */                                      \
	NOTE(stale_t0)	    /* the request stamp is older than the last answer */                  \
	NOTE(t0_reused)	    /* the request stamp belongs to an earlier wake */                     \
	NOTE(idle_waker)    /* woken out of an idle CPU (interrupt): no T0 can be read */          \
	NOTE(foreign_waker) /* woken by another process or a kernel thread: no T0 can be read */   \
	NOTE(no_t4)	    /* thread ended or lost its slot before its first instruction stamp */ \
	NOTE(reblocked)	    /* blocked again before T4: the next wake is a link of the chain */    \
	NOTE(t4_overrun)    /* T4 was replaced by a later one before it could be read */           \
	NOTE(slot_fault)    /* slot not readable at that moment */                                 \
	NOTE(untagged)	    /* woken thread belongs to no arm */                                   \
	NOTE(new_task)	    /* first run of a new thread */                                        \
	NOTE(preempted)	    /* switched out by the kernel while runnable */                        \
	NOTE(yielded)	    /* of requeued, with --refine: nobody had asked for the CPU */         \
	NOTE(idle_polled)   /* with --refine: an idle CPU saw the wake without an interrupt */     \
	NOTE(requeued)	    /* switched out runnable: slice end, yield, return to user space */    \
	NOTE(migrated)	    /* moved to another CPU while queued */                                \
	NOTE(parked)	    /* blocked in the parked state */                                      \
	NOTE(unmatched)	    /* an end without its beginning (tracing began in between) */          \
	NOTE(superseded)    /* a beginning that replaced an unfinished one */                      \
	NOTE(negative)	    /* stamps out of order: dropped */                                     \
	NOTE(filtered)	    /* not what was asked for */                                           \
	NOTE(no_nudge)	    /* park asked of a thread that was awake */                            \
	NOTE(park_refused)  /* park returned an error: -EBUSY or -ENOSYS */                        \
	NOTE(cancelled)	    /* queued work that never started */                                   \
	NOTE(flush_work)    /* the kernel's own marker works of a flush */                         \
	NOTE(folded)	    /* value of a subject that found no room: it is in `others` */

#define COUNTER_ENUM(name, ...) COUNTER_##name,
enum tracer_counter_id { TRACER_COUNTERS(COUNTER_ENUM, COUNTER_ENUM) NR_COUNTERS };
#undef COUNTER_ENUM

_Static_assert(NR_COUNTERS <= 64, "masks are 64 bits");
#define COUNTER_BIT(name) (1ULL << COUNTER_##name)

/* What every kind can lose; a kind adds its own. */
#define COUNTERS_ALL_KINDS                                           \
	(COUNTER_BIT(storage_failed) | COUNTER_BIT(processes_full) | \
	 COUNTER_BIT(recursion_missed) | COUNTER_BIT(record_failed))

/* Not reported by name: the number of events handled comes after the counters. */
#define COUNTER_EVENTS	 NR_COUNTERS
#define NR_COUNTER_SLOTS (NR_COUNTERS + 1)
#endif
