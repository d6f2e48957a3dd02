// SPDX-License-Identifier: GPL-2.0-only
#include "lib/record/watched.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/record/shown.h"

/* ---- BPF programs ---------------------------------------------------------------------------- */

static int bpf(int cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

/* Those that run when something is traced; not those of sockets, control groups and networks. */
static bool is_tracing(uint32_t type)
{
	switch (type) {
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_PERF_EVENT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
	case BPF_PROG_TYPE_TRACING:
		return true;
	default:
		return false;
	}
}

/* A program of this process has a descriptor here. */
static bool is_own(uint32_t id)
{
	DIR *dir = opendir("/proc/self/fdinfo");
	const struct dirent *e;
	bool own = false;

	while (dir && !own && (e = readdir(dir))) {
		char path[300], value[32];

		snprintf(path, sizeof(path), "/proc/self/fdinfo/%s", e->d_name);
		own = shown_value(path, "prog_id", ':', value, sizeof(value)) &&
		      strtoul(value, NULL, 10) == id;
	}
	if (dir)
		closedir(dir);
	return own;
}

static bool traces(uint32_t id)
{
	union bpf_attr attr = { .prog_id = id };
	struct bpf_prog_info info = { 0 };
	bool traces;
	int fd;

	if (is_own(id))
		return false;
	fd = bpf(BPF_PROG_GET_FD_BY_ID, &attr);
	if (fd < 0)
		return false;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uint64_t)(uintptr_t)&info;
	traces = !bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) && is_tracing(info.type);
	close(fd);
	return traces;
}

static json_t *bpf_programs(void)
{
	union bpf_attr attr = { 0 };
	json_int_t nr = 0;

	while (!bpf(BPF_PROG_GET_NEXT_ID, &attr)) {
		uint32_t id = attr.next_id;

		nr += traces(id);
		memset(&attr, 0, sizeof(attr));
		attr.start_id = id;
	}
	return errno == ENOENT ? json_integer(nr) : json_null();
}

/* ---- tracefs --------------------------------------------------------------------------------- */

static const char *const tracefs[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

static json_t *events(const char *dir)
{
	char path[64], line[256];
	json_int_t nr = 0;
	FILE *in;

	snprintf(path, sizeof(path), "%s/set_event", dir);
	in = shown_open(path);
	if (!in)
		return json_null();
	/* bpf_trace_printk() switches its own event on, and leaves it so. */
	while (fgets(line, sizeof(line), in))
		nr += strncmp(line, "bpf_trace:", 10) != 0;
	fclose(in);
	return json_integer(nr);
}

json_t *watched_json(void)
{
	json_t *tracer = json_null(), *on = json_null();

	for (int i = 0; i < 2 && json_is_null(on); i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s/current_tracer", tracefs[i]);
		tracer = shown_text(path);
		on = events(tracefs[i]);
	}
	return json_pack("{s:o, s:o, s:o}", "bpf_programs", bpf_programs(), "tracer", tracer,
			 "events", on);
}

/* ---- processes ------------------------------------------------------------------------------- */

/* -1: its descriptors are not shown */
static int has_perf_event(const char *pid)
{
	char path[300], link[64];
	const struct dirent *e;
	int found = 0;
	ssize_t n;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT || errno == ESRCH ? 0 : -1;
	while (!found && (e = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%.20s/fd/%.20s", pid, e->d_name);
		n = readlink(path, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		found = !strcmp(link, "anon_inode:[perf_event]");
	}
	closedir(dir);
	return found;
}

static void look_at(struct watched_processes *w, const char *pid)
{
	char path[64], comm[32] = "";
	int perf;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	shown_line(path, comm, sizeof(comm));
	if (!strcmp(comm, "irqbalance"))
		w->irqbalance = true;
	if (atol(pid) == getpid())
		return;
	perf = has_perf_event(pid);
	w->all_shown &= perf >= 0;
	if (perf > 0 && !w->nr_profilers++)
		snprintf(w->profiler, sizeof(w->profiler), "%s %.20s", comm, pid);
}

void watched_look(struct watched_processes *w)
{
	const struct dirent *e;
	DIR *dir = opendir("/proc");

	memset(w, 0, sizeof(*w));
	if (!dir)
		return;
	w->all_shown = true;
	while ((e = readdir(dir)))
		if (isdigit((unsigned char)e->d_name[0]))
			look_at(w, e->d_name);
	closedir(dir);
}
