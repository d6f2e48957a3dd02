// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf_attached PID [EXCEPT...]: wait until each BPF program that is loaded is attached too, but for
 * those named EXCEPT, and print "NAME TYPE" for all. Exit status 1, and the names of those that are
 * not, after 200 seconds or when process PID, which loads them, has ended.
 *
 * bpftool says the same, but takes so long to start in an emulated machine that the suite would.
 * Kernels before 5.15 have no link for a probe in a program: there PID's descriptors are asked.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_PROGRAMS 64
#define DEADLINE_S   200

struct program {
	char name[64];
	const char *type;
	bool attached;
};

static struct program programs[MAX_PROGRAMS];
static size_t nr_programs;

/* Ids of attached programs. */
static uint32_t attached[4 * MAX_PROGRAMS];
static size_t nr_attached;

static void add_attached(uint32_t id)
{
	if (nr_attached < sizeof(attached) / sizeof(attached[0]))
		attached[nr_attached++] = id;
}

static bool is_attached(uint32_t id)
{
	for (size_t i = 0; i < nr_attached; i++)
		if (attached[i] == id)
			return true;
	return false;
}

static const char *type_name(uint32_t type)
{
	switch (type) {
	case BPF_PROG_TYPE_TRACING:
		return "tracing";
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
		return "raw_tracepoint";
	case BPF_PROG_TYPE_KPROBE:
		return "kprobe";
	default:
		return "other";
	}
}

/* The kernel keeps 15 characters; its BTF has all of them. */
static void full_name(int fd, struct program *p)
{
	struct bpf_func_info func = { 0 };
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	const struct btf_type *t;
	const char *name;
	struct btf *btf;

	info.nr_func_info = 1;
	info.func_info_rec_size = sizeof(func);
	info.func_info = (uintptr_t)&func;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) || !info.btf_id || !info.nr_func_info)
		return;
	btf = btf__load_from_kernel_by_id(info.btf_id);
	if (!btf)
		return;
	t = btf__type_by_id(btf, func.type_id);
	name = t ? btf__name_by_offset(btf, t->name_off) : NULL;
	if (name)
		snprintf(p->name, sizeof(p->name), "%s", name);
	btf__free(btf);
}

static void list_programs(void)
{
	uint32_t id = 0;

	nr_programs = 0;
	while (nr_programs < MAX_PROGRAMS && !bpf_prog_get_next_id(id, &id)) {
		struct program *p = &programs[nr_programs];
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len)) {
			*p = (struct program){ .type = type_name(info.type),
					       .attached = is_attached(id) };
			snprintf(p->name, sizeof(p->name), "%s", info.name);
			full_name(fd, p);
			nr_programs++;
		}
		close(fd);
	}
}

static void look_at_links(void)
{
	uint32_t id = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		struct bpf_link_info info = { 0 };
		uint32_t len = sizeof(info);
		int fd = bpf_link_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len))
			add_attached(info.prog_id);
		close(fd);
	}
}

static void look_at_descriptors(pid_t pid)
{
	char path[64];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	if (!d)
		return;
	while ((e = readdir(d))) {
		uint32_t len = 0, id = 0, type;
		__u64 offset, addr;

		if (!bpf_task_fd_query(pid, atoi(e->d_name), 0, NULL, &len, &id, &type, &offset,
				       &addr))
			add_attached(id);
	}
	closedir(d);
}

static bool is_excepted(const struct program *p, char **except)
{
	for (; *except; except++)
		if (!strcmp(p->name, *except))
			return true;
	return false;
}

static bool all_attached(char **except)
{
	size_t n = 0;

	for (size_t i = 0; i < nr_programs; i++) {
		if (!programs[i].attached && !is_excepted(&programs[i], except))
			return false;
		n += programs[i].attached;
	}
	return n;
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + DEADLINE_S;
	bool done = false;
	pid_t pid;

	if (argc < 2) {
		fprintf(stderr, "usage: bpf_attached PID [EXCEPT...]\n");
		return 2;
	}
	pid = atoi(argv[1]);
	while (!done && !kill(pid, 0) && time(NULL) < end) {
		usleep(20000);
		/*
		 * What is attached first: when it is all that there is afterwards, loading, which
		 * comes before attaching, was over.
		 */
		nr_attached = 0;
		look_at_links();
		look_at_descriptors(pid);
		list_programs();
		done = all_attached(argv + 2);
	}
	for (size_t i = 0; i < nr_programs; i++)
		if (done || !programs[i].attached)
			printf("%s %s\n", programs[i].name, programs[i].type);
	return !done;
}
