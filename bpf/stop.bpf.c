// SPDX-License-Identifier: GPL-2.0-only
/*
 * stop: how long kthread_stop() takes, from its call to its return, for its caller.
 *
 * The return's event does not name the stopped thread, so the two are paired by the calling thread,
 * which is in one stop at a time. The subject is the stopped thread.
 */
#define HIST_PREEMPTIBLE
#define TRACER_THREAD_NAMES
#include "bpf/common.bpf.h"
#include "bpf/filters.bpf.h"
#include "bpf/follow.bpf.h"
#include "bpf/hist.bpf.h"
#include "bpf/names.bpf.h"
#include "bpf/subjects.bpf.h"
#include <bpf/usdt.bpf.h>

#include "bpf/stop_shared.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STOP_MAX_PENDING);
	__type(key, __u32);
	__type(value, struct stop_pending);
} stops SEC(".maps");

/* Identity by name. Two names of one hash would share a group: 2^-64 and harmless. */
static __always_inline void key_by_name(struct tracer_subject *s)
{
	__u64 h = 0xcbf29ce484222325ULL;
	__u32 i;

	for (i = 0; i < TRACER_NAME_LEN; i++) {
		if (!s->name[i])
			break;
		h = (h ^ (__u8)s->name[i]) * 0x100000001b3ULL;
	}
	s->key[0] = h;
	s->key[1] = 1;
	s->tid = 0;
}

/*
 * @s: NULL for a stop that does not count: its return must find its beginning all the same.
 */
static __always_inline int stop_begun(__u64 now, struct tracer_subject *s)
{
	struct stop_pending fresh = { .start_ns = now, .session = control.session }, *known;
	__u32 caller = (__u32)bpf_get_current_pid_tgid();

	if (!s) {
		fresh.group = TRACER_NO_GROUP;
	} else if (settings.group == TRACER_GROUP_SUBJECT) {
		key_by_name(s);
		fresh.group = subject_group(s);
	}
	known = bpf_map_lookup_elem(&stops, &caller);
	if (known && known->session == fresh.session)
		count(COUNTER_superseded);
	if (bpf_map_update_elem(&stops, &caller, &fresh, BPF_ANY))
		return lose(COUNTER_map_full);
	return 0;
}

static __always_inline int stop_ended(__u64 now)
{
	__u32 caller = (__u32)bpf_get_current_pid_tgid();
	struct stop_pending *known = bpf_map_lookup_elem(&stops, &caller), s;

	if (!known)
		return lose(COUNTER_unmatched);
	s = *known;
	bpf_map_delete_elem(&stops, &caller);
	if (s.session != control.session)
		return lose(COUNTER_unmatched);
	if (now < s.start_ns)
		return lose(COUNTER_negative);
	if (s.group != TRACER_NO_GROUP && wanted_cpu(bpf_get_smp_processor_id()))
		hist_record(s.group, 0, now - s.start_ns);
	return 0;
}

/* ---- the library's probes -------------------------------------------------------------------- */

SEC("?usdt")
int BPF_USDT(on_usdt_stop, char *comm, int tid)
{
	struct task_struct *p = bpf_get_current_task_btf();
	struct tracer_subject s = {};
	__u64 now = bpf_ktime_get_ns();

	if (!started() || !wanted_process(p))
		return 0;
	if (!library_name(p->tgid, tid, s.name, sizeof(s.name)))
		bpf_probe_read_user_str(s.name, sizeof(s.name), comm);
	if (!wanted_thread(p->tgid, tid) || (settings.by_name && !text_matches(s.name))) {
		count(COUNTER_filtered);
		return stop_begun(now, NULL);
	}
	return stop_begun(now, &s);
}

SEC("?usdt")
int BPF_USDT(on_usdt_stop_ret, int ret)
{
	__u64 now = bpf_ktime_get_ns();

	if (!started() || !wanted_process(bpf_get_current_task_btf()))
		return 0;
	return stop_ended(now);
}

/* ---- the kernel's tracepoints ---------------------------------------------------------------- */

SEC("?tp_btf/sched_kthread_stop")
int BPF_PROG(on_kernel_stop, struct task_struct *k)
{
	__u64 now = bpf_ktime_get_ns();
	struct tracer_subject s = {};

	if (!started())
		return 0;
	if (!wanted(k)) {
		count(COUNTER_filtered);
		return stop_begun(now, NULL);
	}
	task_name(k, s.name, sizeof(s.name));
	return stop_begun(now, &s);
}

SEC("?tp_btf/sched_kthread_stop_ret")
int BPF_PROG(on_kernel_stop_ret, int ret)
{
	__u64 now = bpf_ktime_get_ns();

	return started() ? stop_ended(now) : 0;
}

/* A thread that was ended inside of its stop must not leave it to the next one with its id. */
SEC("?tp_btf/sched_process_exit")
int BPF_PROG(on_thread_exit, struct task_struct *p)
{
	__u32 tid = p->pid;

	bpf_map_delete_elem(&stops, &tid);
	return 0;
}
