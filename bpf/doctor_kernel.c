// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel has of what the tracers use: types, programs, maps, events, probes. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/doctor_impl.h"
#include "bpf/features.h"
#include "bpf/kinds.h"
#include "bpf/privilege.h"
#include "bpf/refine.h"

static void types(struct examination *e)
{
	static const char file[] = "/sys/kernel/btf/vmlinux";
	enum availability there = availability_of_file(&fs_sysfs, file);
	const char *remedy = NULL;

	e->btf = btf__load_vmlinux_btf();
	if (libbpf_get_error(e->btf))
		e->btf = NULL;
	if (e->btf) {
		doctor_say(e, "BTF", AVAILABLE, "", NULL, "%u types", btf__type_cnt(e->btf));
		return;
	}
	if (there == AVAILABLE)
		there = NOT_KNOWN; /* a file of another form */
	if (there == NOT_MOUNTED)
		remedy = "mount -t sysfs sysfs /sys";
	else if (there == ABSENT)
		remedy = "a kernel built with CONFIG_DEBUG_INFO_BTF";
	else if (there == NOT_SHOWN)
		remedy = "mount --bind /sys/kernel/btf of the host there";
	doctor_say(e, "BTF", there, "all tracing", remedy, "no %s",
		   there == NOT_MOUNTED ? "/sys" : file);
}

/* Load "return 0" as a program of type @type; -errno when the kernel refuses. */
static int try_program(enum bpf_prog_type type, enum bpf_attach_type attach, int btf_id)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, o, .expected_attach_type = attach,
		    .attach_btf_id = (uint32_t)btf_id);
	int fd = bpf_prog_load(type, "kt_doctor", "GPL", insns, 2, &o);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void btf_program(struct examination *e, const char *name, enum bpf_attach_type attach,
			const char *type, uint32_t kind, const char *costs)
{
	int id = e->btf ? btf__find_by_name_kind(e->btf, type, kind) : -ENOENT;

	if (!e->btf)
		doctor_say(e, name, e->may_bpf ? NOT_KNOWN : FORBIDDEN, costs,
			   e->may_bpf ? NULL : e->refusal.command, "%s",
			   e->may_bpf ? "without BTF they cannot be tried" : e->refusal.why);
	else
		doctor_say_tried(e, name,
				 id < 0 ? -ENOENT : try_program(BPF_PROG_TYPE_TRACING, attach, id),
				 costs, NULL);
}

static void programs(struct examination *e)
{
	btf_program(e, "tp_btf programs", BPF_TRACE_RAW_TP, "btf_trace_sched_switch",
		    BTF_KIND_TYPEDEF, "kt trace wakeup, park, and all kernel threads");
	doctor_say_tried(e, "raw_tp programs", try_program(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0),
			 "run times of kernel workers", NULL);
	btf_program(
		e, "iter/task programs", BPF_TRACE_ITER, "bpf_iter_task", BTF_KIND_FUNC,
		"state for threads older than the tracer: their first wakes count as storage_failed");
}

static void maps(struct examination *e)
{
	int ok = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL);

	/* The library cannot tell refused from unknown: without privilege it is refused. */
	doctor_say_tried(e, "ring buffer maps",
			 ok == 1      ? 0
			 : e->may_bpf ? ok ?: -EINVAL
				      : -EPERM,
			 "single waits and lifecycle events", "Linux 5.8 or later");
	for (enum feature f = 0; f < NR_FEATURES; f++) {
		char costs[160] = "kt trace ";
		size_t used = strlen(costs);
		int ret = feature_try(f);

		tracer_kind_list(tracer_kinds_needing(f), "and", costs + used,
				 sizeof(costs) - used);
		doctor_say_tried(e, feature_text[f].name,
				 !ret	      ? 0
				 : e->may_bpf ? -ENOTSUP
					      : -EPERM,
				 costs, feature_text[f].since);
	}
}

/* Tracepoints that not every kernel has, by the kernel's types; up to five stand together. */
static const struct {
	const char *name, *prefix;
	const char *event[5];
	const char *costs, *since;
} events[] = {
	{ "sched_kthread_* events",
	  "sched_kthread_",
	  { "stop", "stop_ret", "work_queue_work", "work_execute_start", "work_execute_end" },
	  "kt trace work and stop for kernel threads",
	  "Linux 5.11 or later" },
	{ "workqueue_* events",
	  "workqueue_",
	  { "queue_work", "activate_work", "execute_start", "execute_end" },
	  "kt trace workqueue",
	  "a kernel built with CONFIG_TRACEPOINTS" },
};

static void event_groups(struct examination *e)
{
	int n = feature_tracepoint_args("sched_switch");

	if (!e->btf)
		doctor_say(e, "sched_switch prev_state", NOT_KNOWN, "", NULL, "no BTF to look in");
	else if (n >= 4)
		doctor_say(e, "sched_switch prev_state", AVAILABLE, "", NULL, "4th argument");
	else
		doctor_say(e, "sched_switch prev_state", ABSENT,
			   "a few switches in ten thousand are put in the wrong class (state read "
			   "from the task)",
			   "Linux 5.18 or later", "sched_switch has %d arguments", n);

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		char missing[120] = "", full[64];

		for (size_t k = 0; k < 5 && events[i].event[k]; k++) {
			size_t used = strlen(missing);

			snprintf(full, sizeof(full), "%s%s", events[i].prefix, events[i].event[k]);
			if (!feature_tracepoint_args(full))
				snprintf(missing + used, sizeof(missing) - used, "%s%s",
					 used ? " " : "", events[i].event[k]);
		}
		if (!e->btf)
			doctor_say(e, events[i].name, NOT_KNOWN, events[i].costs, NULL,
				   "no BTF to look in");
		else if (*missing)
			doctor_say(e, events[i].name, ABSENT, events[i].costs, events[i].since,
				   "without %s", missing);
		else
			doctor_say(e, events[i].name, AVAILABLE, "", NULL, "%s", "");
	}
}

static void refinement_rows(struct examination *e)
{
	for (size_t i = 0; i < NR_REFINEMENTS; i++) {
		const struct refinement *r = &refinements[i];
		char costs[160];

		snprintf(costs, sizeof(costs), "of kt trace wakeup --refine: %s", r->adds);
		if (!e->btf)
			doctor_say(e, r->name, NOT_KNOWN, costs, NULL, "no BTF to look in");
		else if (refinement_there(r))
			doctor_say(e, r->name, AVAILABLE, "", NULL, "--refine: %s", r->adds);
		else
			doctor_say(e, r->name, ABSENT, costs, r->since, "not in the kernel's BTF");
	}
}

static int try_perf_uprobe(uint32_t type)
{
	/*
	 * There is no code at offset 0, but permission is checked first; a real probe would change
	 * our text.
	 */
	struct perf_event_attr attr = { .type = type, .size = sizeof(attr) };
	int fd;

	attr.config1 = (uint64_t)(uintptr_t) "/proc/self/exe";
	fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

#define PROBES_COST "kt trace of programs that use libkthread, by their probes"

static void perf_uprobes(struct examination *e, const char *costs)
{
	static const char name[] = "uprobes by perf events",
			  dir[] = "/sys/bus/event_source/devices";
	enum availability there = availability_of_file(&fs_sysfs, dir);
	char line[64];
	int ret;

	if (there != AVAILABLE) {
		doctor_say(e, name, there, costs,
			   there == NOT_MOUNTED ? "mount -t sysfs sysfs /sys" : NULL, "no %s", dir);
		return;
	}
	if (!doctor_read_line("/sys/bus/event_source/devices/uprobe/type", line, sizeof(line))) {
		doctor_say(e, name, ABSENT, costs, "a kernel built with CONFIG_UPROBE_EVENTS",
			   "the kernel has no uprobe events");
		return;
	}
	ret = try_perf_uprobe((uint32_t)strtoul(line, NULL, 10));
	if ((ret == -EPERM || ret == -EACCES) && e->may_bpf && !privilege_has(CAP_SYS_ADMIN))
		doctor_say(e, name, FORBIDDEN, costs, "run as root, or grant CAP_SYS_ADMIN",
			   "this kernel requires CAP_SYS_ADMIN for them");
	else if (ret == -EPERM || ret == -EACCES)
		doctor_say_tried(e, name, ret, costs, NULL);
	else if (access("/sys/bus/event_source/devices/uprobe/format/ref_ctr_offset", F_OK))
		doctor_say(e, name, ABSENT, costs, "Linux 4.20 or later",
			   "no semaphores: the library's probes stay switched off");
	else
		doctor_say(e, name, AVAILABLE, "", NULL, "with semaphores");
}

static void probes(struct examination *e)
{
	int ret = feature_uprobe_multi();

	doctor_say_tried(e, "uprobe_multi links", ret,
			 "probes attach by perf events: slowly, and not with CAP_BPF and "
			 "CAP_PERFMON alone",
			 "Linux 6.6 or later");
	perf_uprobes(e, ret ? PROBES_COST : "nothing: there are uprobe_multi links");
}

static void statistics(struct examination *e)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	if (fd >= 0) {
		close(fd);
		doctor_say(e, "BPF run time statistics", AVAILABLE, "", NULL, "%s", "");
	} else if (fd == -EPERM) {
		doctor_say(e, "BPF run time statistics", FORBIDDEN,
			   "the BPF time in the tracer's own cost",
			   "run as root, or sysctl kernel.bpf_stats_enabled=1",
			   "only CAP_SYS_ADMIN may switch them on");
	} else {
		doctor_say_tried(e, "BPF run time statistics", fd,
				 "the BPF time in the tracer's own cost", "Linux 5.8 or later");
	}
}

void doctor_kernel(struct examination *e)
{
	types(e);
	programs(e);
	maps(e);
	event_groups(e);
	refinement_rows(e);
	probes(e);
	statistics(e);
}
