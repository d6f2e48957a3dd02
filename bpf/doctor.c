// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/doctor.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "bpf/features.h"
#include "bpf/kinds.h"
#include "bpf/refine.h"

#define ROOT_OR_CAPS "run as root, or grant CAP_BPF and CAP_PERFMON"

struct examination {
	struct doctor *d;
	struct btf *btf;    /* NULL: the kernel has none for us */
	uint64_t caps;	    /* effective */
	bool is_privileged; /* enough for BPF as far as capabilities go */
};

__attribute__((format(printf, 6, 7))) static void say(struct examination *e, const char *name,
						      enum capability_state s, const char *costs,
						      const char *remedy, const char *fmt, ...)
{
	struct capability *c;
	va_list ap;

	if (e->d->nr == DOCTOR_MAX_CAPABILITIES)
		return;
	c = &e->d->capability[e->d->nr++];
	c->name = name;
	c->state = s;
	snprintf(c->costs, sizeof(c->costs), "%s", s == CAPABILITY_OK ? "" : costs);
	c->remedy = s == CAPABILITY_OK ? NULL : remedy;
	va_start(ap, fmt);
	vsnprintf(c->why, sizeof(c->why), fmt, ap);
	va_end(ap);
}

/* The outcome of a trial: @ret is 0 or a negative errno. */
static void say_tried(struct examination *e, const char *name, int ret, const char *costs)
{
	if (!ret)
		say(e, name, CAPABILITY_OK, costs, NULL, "%s", "");
	else if (ret == -EPERM || ret == -EACCES)
		say(e, name, CAPABILITY_FORBIDDEN, costs,
		    e->is_privileged ? "boot with lockdown=none" : ROOT_OR_CAPS,
		    e->is_privileged
			    ? "refused despite the capabilities, as by a locked-down kernel"
			    : "this process lacks the capabilities");
	else
		say(e, name, CAPABILITY_ABSENT, costs, NULL, "%s", strerror(-ret));
}

static bool read_line(const char *path, char *out, size_t len)
{
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(out, (int)len, f);

	if (f)
		fclose(f);
	if (ok)
		out[strcspn(out, "\n")] = 0;
	return ok;
}

static void examine_privilege(struct examination *e)
{
	char line[128] = "", *missing = "";
	FILE *f = fopen("/proc/self/status", "re");
	struct rlimit rl = { 0 };

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "CapEff:", 7))
			e->caps = strtoull(line + 7, NULL, 16);
	if (f)
		fclose(f);
	if (e->caps & 1ULL << CAP_SYS_ADMIN ||
	    !(~e->caps & (1ULL << CAP_BPF | 1ULL << CAP_PERFMON)))
		e->is_privileged = true;
	else
		missing = e->caps & 1ULL << CAP_BPF	  ? "no CAP_PERFMON"
			  : e->caps & 1ULL << CAP_PERFMON ? "no CAP_BPF"
							  : "neither CAP_BPF nor CAP_PERFMON";
	if (e->is_privileged)
		say(e, "capabilities", CAPABILITY_OK, "", NULL, "%s",
		    e->caps & 1ULL << CAP_SYS_ADMIN ? "CAP_SYS_ADMIN" : "CAP_BPF and CAP_PERFMON");
	else
		say(e, "capabilities", CAPABILITY_FORBIDDEN, "all tracing", ROOT_OR_CAPS, "%s",
		    missing);

	getrlimit(RLIMIT_MEMLOCK, &rl);
	if (rl.rlim_cur == RLIM_INFINITY)
		say(e, "memlock limit", CAPABILITY_OK, "", NULL, "unlimited");
	else
		say(e, "memlock limit", CAPABILITY_OK, "", NULL,
		    "%llu kB; only kernels before 5.11 count BPF maps against it",
		    (unsigned long long)rl.rlim_cur / 1024);

	if (!read_line("/sys/kernel/security/lockdown", line, sizeof(line)))
		say(e, "lockdown", CAPABILITY_NOT_CONFIGURED, "nothing; only its level is unknown",
		    "mount -t securityfs nodev /sys/kernel/security", "its level cannot be read");
	else if (strstr(line, "[none]"))
		say(e, "lockdown", CAPABILITY_OK, "", NULL, "none");
	else
		say(e, "lockdown", CAPABILITY_FORBIDDEN,
		    "kprobes and fentry; at level confidentiality all reads of kernel memory",
		    "boot with lockdown=none", "%s", line);
}

static void examine_btf(struct examination *e)
{
	struct stat st;

	e->btf = btf__load_vmlinux_btf();
	if (libbpf_get_error(e->btf))
		e->btf = NULL;
	if (e->btf)
		say(e, "BTF", CAPABILITY_OK, "", NULL, "%u types", btf__type_cnt(e->btf));
	else if (stat("/sys/kernel/btf/vmlinux", &st))
		say(e, "BTF", CAPABILITY_ABSENT, "all tracing",
		    "a kernel built with CONFIG_DEBUG_INFO_BTF", "no /sys/kernel/btf/vmlinux");
	else
		say(e, "BTF", CAPABILITY_FORBIDDEN, "all tracing", NULL,
		    "/sys/kernel/btf/vmlinux cannot be read");
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

static int try_btf_program(struct examination *e, enum bpf_attach_type attach, const char *name,
			   uint32_t kind)
{
	int id = e->btf ? btf__find_by_name_kind(e->btf, name, kind) : -ENOENT;

	return id < 0 ? -ENOENT : try_program(BPF_PROG_TYPE_TRACING, attach, id);
}

static void examine_programs(struct examination *e)
{
	say_tried(e, "tp_btf programs",
		  try_btf_program(e, BPF_TRACE_RAW_TP, "btf_trace_sched_switch", BTF_KIND_TYPEDEF),
		  "kt trace wakeup, park, and all kernel threads");
	say_tried(e, "raw_tp programs", try_program(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0),
		  "run times of kernel workers");
	say_tried(
		e, "iter/task programs",
		try_btf_program(e, BPF_TRACE_ITER, "bpf_iter_task", BTF_KIND_FUNC),
		"state for threads older than the tracer: their first wakes count as storage_failed");
}

static void examine_maps(struct examination *e)
{
	char costs[160] = "kt trace ";
	size_t used = strlen(costs);
	int ok = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL);

	/* The library does not tell refused from unknown: without privilege it is refused. */
	say_tried(e, "ring buffer maps",
		  ok == 1	     ? 0
		  : e->is_privileged ? ok ?: -EINVAL
				     : -EPERM,
		  "outliers and lifecycle events");
	for (enum feature f = 0; f < NR_FEATURES; f++) {
		int ret = feature_try(f);

		tracer_kind_list(tracer_kinds_needing(f), "and", costs + used,
				 sizeof(costs) - used);
		if (!ret || !e->is_privileged)
			say_tried(e, feature_text[f].name, ret ? -EPERM : 0, costs);
		else
			say(e, feature_text[f].name, CAPABILITY_ABSENT, costs,
			    feature_text[f].since, "refused by this kernel");
	}
}

static void examine_events(struct examination *e)
{
	static const char *const kthread_events[] = {
		"sched_kthread_stop", "sched_kthread_stop_ret", "sched_kthread_work_queue_work",
		"sched_kthread_work_execute_start", "sched_kthread_work_execute_end"
	};
	char missing[120] = "";
	int n = feature_tracepoint_args("sched_switch");

	if (n >= 4)
		say(e, "sched_switch prev_state", CAPABILITY_OK, "", NULL, "4th argument");
	else
		say(e, "sched_switch prev_state", CAPABILITY_ABSENT,
		    "a few switches in ten thousand are put in the wrong class (state read from the task)",
		    "Linux 5.18 or later",
		    !n ? "no BTF to look in" : "sched_switch has %d arguments", n);

	for (size_t i = 0; i < sizeof(kthread_events) / sizeof(kthread_events[0]); i++)
		if (!feature_tracepoint_args(kthread_events[i]))
			snprintf(missing + strlen(missing), sizeof(missing) - strlen(missing),
				 "%s%s", *missing ? " " : "",
				 kthread_events[i] + strlen("sched_kthread_"));
	if (*missing)
		say(e, "sched_kthread_* events", CAPABILITY_ABSENT,
		    "kt trace work and stop for kernel threads", "Linux 5.11 or later",
		    "without %s", missing);
	else
		say(e, "sched_kthread_* events", CAPABILITY_OK, "", NULL, "all five");
	if (!feature_tracepoint_args("workqueue_execute_start"))
		say(e, "workqueue_* events", CAPABILITY_ABSENT, "kt trace workqueue",
		    "a kernel with BTF and CONFIG_TRACEPOINTS", "not in the kernel's BTF");
	else
		say(e, "workqueue_* events", CAPABILITY_OK, "", NULL, "%s", "");
	for (size_t i = 0; i < NR_REFINEMENTS; i++) {
		const struct refinement *r = &refinements[i];
		char costs[160];

		snprintf(costs, sizeof(costs), "of kt trace wakeup --refine: %s", r->adds);
		if (refinement_there(r))
			say(e, r->name, CAPABILITY_OK, "", NULL, "--refine: %s", r->adds);
		else
			say(e, r->name, CAPABILITY_ABSENT, costs, r->since,
			    "not in the kernel's BTF");
	}
}

static int perf_open(struct perf_event_attr *attr)
{
	int fd;

	attr->size = sizeof(*attr);
	fd = (int)syscall(SYS_perf_event_open, attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void examine_perf(struct examination *e)
{
	const char *const costs = "kt trace of programs that use libkthread, by their probes";
	struct perf_event_attr clock = { .type = PERF_TYPE_SOFTWARE,
					 .config = PERF_COUNT_SW_CPU_CLOCK };
	struct perf_event_attr uprobe = { 0 };
	char line[64] = "?";
	int ret = perf_open(&clock);

	read_line("/proc/sys/kernel/perf_event_paranoid", line, sizeof(line));
	if (ret)
		say_tried(e, "perf events", ret, costs);
	else
		say(e, "perf events", CAPABILITY_OK, "", NULL, "perf_event_paranoid is %s", line);

	if (!read_line("/sys/bus/event_source/devices/uprobe/type", line, sizeof(line))) {
		say(e, "uprobes and USDT", CAPABILITY_ABSENT, costs,
		    "a kernel built with CONFIG_UPROBE_EVENTS", "the kernel has no uprobe events");
		return;
	}
	/*
	 * There is no code at offset 0, but permission is checked first; a real probe would change
	 * our text.
	 */
	uprobe.type = (uint32_t)strtoul(line, NULL, 10);
	uprobe.config1 = (uint64_t)(uintptr_t) "/proc/self/exe";
	ret = perf_open(&uprobe);
	if ((ret == -EPERM || ret == -EACCES) && e->is_privileged &&
	    !(e->caps & 1ULL << CAP_SYS_ADMIN))
		say(e, "uprobes and USDT", CAPABILITY_FORBIDDEN, costs,
		    "run as root, or grant CAP_SYS_ADMIN",
		    "this kernel requires CAP_SYS_ADMIN for them");
	else if (ret == -EPERM || ret == -EACCES)
		say_tried(e, "uprobes and USDT", ret, costs);
	else if (access("/sys/bus/event_source/devices/uprobe/format/ref_ctr_offset", F_OK))
		say(e, "uprobes and USDT", CAPABILITY_ABSENT, costs, "Linux 4.20 or later",
		    "no semaphores: the library's probes stay switched off");
	else
		say(e, "uprobes and USDT", CAPABILITY_OK, "", NULL, "with semaphores");
}

/* Hidden addresses are all 0; shown ones may begin with a 0, of the per-CPU area. */
static bool addresses_shown(const char *symbols)
{
	for (const char *line = symbols; line; line = strchr(line, '\n')) {
		if (*line == '\n')
			line++;
		if (strlen(line) > 16 && strspn(line, "0") < 16)
			return true;
	}
	return false;
}

static void examine_files(struct examination *e)
{
	char symbols[4096] = "";
	int fd;

	if (!access("/sys/kernel/tracing/trace", F_OK) ||
	    !access("/sys/kernel/debug/tracing/trace", F_OK))
		say(e, "tracefs", CAPABILITY_OK, "", NULL, "mounted");
	else
		say(e, "tracefs",
		    e->is_privileged ? CAPABILITY_NOT_CONFIGURED : CAPABILITY_FORBIDDEN,
		    "nothing of kt; bpftrace and perf need it",
		    "mount -t tracefs nodev /sys/kernel/tracing",
		    e->is_privileged ? "not mounted"
				     : "not mounted, or not readable by this process");

	fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (fd >= 0) {
		close(fd);
		say(e, "BPF run time statistics", CAPABILITY_OK, "", NULL, "%s", "");
	} else {
		say_tried(e, "BPF run time statistics", fd,
			  "the BPF time in the tracer's own cost");
	}

	fd = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, symbols, sizeof(symbols) - 1) < 16)
		say(e, "kernel symbols", CAPABILITY_ABSENT,
		    "names of kernel functions; flushes of kernel workers count as works",
		    "a kernel built with CONFIG_KALLSYMS", "no /proc/kallsyms");
	else if (!addresses_shown(symbols))
		say(e, "kernel symbols", CAPABILITY_FORBIDDEN,
		    "names of kernel functions; flushes of kernel workers count as works",
		    "run as root, or sysctl kernel.kptr_restrict=0",
		    "addresses are hidden from this process");
	else
		say(e, "kernel symbols", CAPABILITY_OK, "", NULL, "%s", "");
	if (fd >= 0)
		close(fd);
}

static void examine_clock(struct examination *e)
{
	struct timespec a, b, t;
	const int reads = 1000;
	char line[64] = "unknown";
	long ns, best = 0;

	read_line("/sys/devices/system/clocksource/clocksource0/current_clocksource", line,
		  sizeof(line));
	/* The fastest of a few rounds: a switch in the middle does not count. */
	for (int round = 0; round < 5; round++) {
		clock_gettime(CLOCK_MONOTONIC, &a);
		for (int i = 0; i < reads; i++)
			clock_gettime(CLOCK_MONOTONIC, &t);
		clock_gettime(CLOCK_MONOTONIC, &b);
		ns = (b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec;
		if (!best || ns < best)
			best = ns;
	}
	say(e, "clock source", CAPABILITY_OK, "", NULL, "%s, %ld ns per stamp", line, best / reads);
}

static bool in_path(const char *tool)
{
	const char *dir = getenv("PATH") ?: "/usr/bin:/bin", *end;
	char path[4096];

	for (;; dir = end + 1) {
		end = strchrnul(dir, ':');
		snprintf(path, sizeof(path), "%.*s/%s", (int)(end - dir), dir, tool);
		if (!access(path, X_OK))
			return true;
		if (!*end)
			return false;
	}
}

static void examine_tools(struct examination *e)
{
	if (in_path("gnuplot"))
		say(e, "gnuplot", CAPABILITY_OK, "", NULL, "%s", "");
	else
		say(e, "gnuplot", CAPABILITY_NOT_CONFIGURED, "plots in HTML reports",
		    "apt-get install gnuplot-nox", "not installed");
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

void doctor_examine(struct doctor *d)
{
	libbpf_print_fn_t before = libbpf_set_print(quiet);
	struct examination e = { .d = d };

	d->nr = 0;
	examine_privilege(&e);
	examine_btf(&e);
	examine_programs(&e);
	examine_maps(&e);
	examine_events(&e);
	examine_perf(&e);
	examine_files(&e);
	examine_clock(&e);
	examine_tools(&e);
	btf__free(e.btf);
	libbpf_set_print(before);
}

const char *capability_state_name(enum capability_state s)
{
	static const char *const names[] = {
		[CAPABILITY_OK] = "ok",
		[CAPABILITY_ABSENT] = "absent",
		[CAPABILITY_FORBIDDEN] = "forbidden",
		[CAPABILITY_NOT_CONFIGURED] = "not configured",
	};

	return names[s];
}
