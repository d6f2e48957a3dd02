/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_COUNTERS_H
#define KT_BPF_COUNTERS_H
/*
 * The counters of all tracers: one list for BPF, loader and reports. LOSS(x) makes a number
 * incomplete, NOTE(x) only explains. The name printed is x. At most 64: a kind lists its own by bit
 * mask.
 */
#define TRACER_COUNTERS(LOSS, NOTE)                                                                \
	LOSS(ring_full)	       /* an outlier or event found no room in the ring */                 \
	LOSS(map_full)	       /* the map of pending items is full */                              \
	LOSS(storage_failed)   /* no memory for a task's state */                                  \
	LOSS(groups_full)      /* more subjects than nr_groups */                                  \
	LOSS(processes_full)   /* more followed processes than the map holds */                    \
	LOSS(recursion_missed) /* the kernel skipped a program because it was running already */   \
	LOSS(switch_missed)    /* no sched_switch came between two that exclude each other */      \
	LOSS(log_overrun)      /* a work that a worker's log no longer held when it was read */    \
	LOSS(record_failed)    /* a histogram index out of range: a bug of ours, never silent */   \
	NOTE(absorbed)	       /* woken while still running or queued: no latency */               \
	NOTE(spun)	       /* T4 stamped with no sched_waking: the wait was a spin */          \
	NOTE(no_slot)	       /* woken thread of a process with slots has none */                 \
	NOTE(no_t0)	       /* woken with no request stamp */                                   \
	NOTE(stale_t0)	       /* the request stamp is older than the last answer */               \
	NOTE(t0_reused)	       /* the request stamp belongs to an earlier wake */                  \
	NOTE(idle_waker)       /* woken out of an idle CPU (interrupt): no T0 can be read */       \
	NOTE(foreign_waker) /* woken by another process or a kernel thread: no T0 can be read */   \
	NOTE(no_t4)	    /* thread ended or lost its slot before its first instruction stamp */ \
	NOTE(reblocked)	    /* blocked again before T4: the next wake is a link of the chain */    \
	NOTE(t4_overrun)    /* T4 was replaced by a later one before it could be read */           \
	NOTE(slot_fault)    /* slot not readable at that moment */                                 \
	NOTE(untagged)	    /* woken thread belongs to no arm */                                   \
	NOTE(new_task)	    /* first run of a new thread */                                        \
	NOTE(preempted)	    /* switched out by the kernel while runnable */                        \
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
	NOTE(flush_work)    /* the kernel's own marker works of a flush */

#define COUNTER_ENUM(name) COUNTER_##name,
enum tracer_counter_id { TRACER_COUNTERS(COUNTER_ENUM, COUNTER_ENUM) NR_COUNTERS };
#undef COUNTER_ENUM

_Static_assert(NR_COUNTERS <= 64, "masks are 64 bits");
#define COUNTER_BIT(name) (1ULL << COUNTER_##name)

/* What every kind can lose; a kind adds its own. */
#define COUNTERS_ALL_KINDS                                                                      \
	(COUNTER_BIT(storage_failed) | COUNTER_BIT(groups_full) | COUNTER_BIT(processes_full) | \
	 COUNTER_BIT(recursion_missed) | COUNTER_BIT(record_failed))

/* Not reported by name: the number of events handled comes after the counters. */
#define COUNTER_EVENTS	 NR_COUNTERS
#define NR_COUNTER_SLOTS (NR_COUNTERS + 1)
#endif
