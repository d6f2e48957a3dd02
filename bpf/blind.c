// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/blind.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bpf/blind.skel.h"
#include "bpf/topology.h"

/* Of so many naps on an idle machine nearly each is a switch from the idle task. */
#define NR_NAPS	 60
#define NAP_NS	 500000
#define FEWEST	 5
#define MAX_CPUS 8192

enum blind_verdict blind_judge(const struct blind_cpu *cpu)
{
	if (cpu->bpf < FEWEST)
		return BLIND_NEVER_IDLE;
	return cpu->event < cpu->bpf / 2 ? BLIND_BLIND : BLIND_SEES;
}

/* ---- the tracepoint's own counter ------------------------------------------------------------ */

static int tracepoint_id(uint64_t *id)
{
	FILE *in = fopen("/sys/kernel/tracing/events/sched/sched_switch/id", "re");
	int ret = -errno;

	if (!in)
		in = fopen("/sys/kernel/debug/tracing/events/sched/sched_switch/id", "re");
	if (!in)
		return ret;
	ret = fscanf(in, "%lu", id) == 1 ? 0 : -EINVAL;
	fclose(in);
	return ret;
}

static int open_counter(uint64_t id, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = id,
		.disabled = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, PERF_EVENT_IOC_SET_FILTER, "prev_pid == 0")) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

/* ---- something to see ------------------------------------------------------------------------ */

static void *nap(void *arg)
{
	const struct timespec ts = { .tv_nsec = NAP_NS };
	int cpu = *(int *)arg;
	size_t size = CPU_ALLOC_SIZE(cpu + 1);
	cpu_set_t *set = CPU_ALLOC(cpu + 1);

	if (!set)
		return NULL;
	CPU_ZERO_S(size, set);
	CPU_SET_S(cpu, size, set);
	if (!sched_setaffinity(0, size, set))
		for (int i = 0; i < NR_NAPS; i++)
			nanosleep(&ts, NULL);
	CPU_FREE(set);
	return NULL;
}

static void nap_on_all(struct blind_cpu *cpu, int nr)
{
	pthread_t *thread = calloc((size_t)nr, sizeof(*thread));
	int started = 0;

	while (thread && started < nr &&
	       !pthread_create(&thread[started], NULL, nap, &cpu[started].cpu))
		started++;
	while (started--)
		pthread_join(thread[started], NULL);
	free(thread);
}

/* ---- both ------------------------------------------------------------------------------------ */

static int allowed_cpus(struct blind_cpu **cpus)
{
	size_t size = CPU_ALLOC_SIZE(MAX_CPUS);
	cpu_set_t *set = CPU_ALLOC(MAX_CPUS);
	int nr = 0;

	*cpus = calloc(MAX_CPUS, sizeof(**cpus));
	if (!set || !*cpus || sched_getaffinity(0, size, set)) {
		free(*cpus);
		nr = -ENOMEM;
	}
	for (int i = 0; nr >= 0 && i < MAX_CPUS; i++)
		if (CPU_ISSET_S(i, size, set))
			(*cpus)[nr++].cpu = i;
	CPU_FREE(set);
	return nr;
}

static int read_bpf(struct blind_bpf *skel, struct blind_cpu *cpu, int nr)
{
	int ret = 0;

	for (int i = 0; i < nr && !ret; i++)
		if (bpf_map_lookup_elem(bpf_map__fd(skel->maps.from_idle), &cpu[i].cpu,
					&cpu[i].bpf))
			ret = -errno;
	return ret;
}

static int load(struct blind_bpf **skel)
{
	int ret;

	*skel = blind_bpf__open();
	if (!*skel)
		return -errno;
	ret = bpf_map__set_max_entries((*skel)->maps.from_idle,
				       topology_cpus("/sys/devices/system"));
	ret = ret ?: blind_bpf__load(*skel);
	if (ret)
		blind_bpf__destroy(*skel);
	return ret;
}

/* The counters begin before BPF's and end after it: they cannot have seen less by that. */
static int count_both(struct blind_bpf *skel, const int *counter, struct blind_cpu *cpu, int nr)
{
	int ret;

	for (int i = 0; i < nr; i++)
		ioctl(counter[i], PERF_EVENT_IOC_ENABLE, 0);
	ret = blind_bpf__attach(skel);
	if (ret)
		return ret;
	nap_on_all(cpu, nr);
	ret = read_bpf(skel, cpu, nr);
	for (int i = 0; i < nr && !ret; i++)
		if (read(counter[i], &cpu[i].event, sizeof(cpu[i].event)) < 0)
			ret = -errno;
	return ret;
}

int blind_count(struct blind_cpu **cpus, const char **what)
{
	int nr, ret, opened = 0, *counter = NULL;
	struct blind_bpf *skel;
	uint64_t id;

	*cpus = NULL;
	*what = "load a program";
	ret = load(&skel);
	if (ret)
		return ret;
	nr = ret = allowed_cpus(cpus);
	if (ret >= 0) {
		*what = "read the number of sched_switch in tracefs";
		ret = tracepoint_id(&id);
	}
	counter = nr > 0 ? calloc((size_t)nr, sizeof(*counter)) : NULL;
	if (!ret && !counter)
		ret = -ENOMEM;
	if (!ret)
		*what = "count a tracepoint";
	for (; !ret && opened < nr; opened++) {
		counter[opened] = open_counter(id, (*cpus)[opened].cpu);
		if (counter[opened] < 0) {
			ret = counter[opened];
			break;
		}
	}
	ret = ret ?: count_both(skel, counter, *cpus, nr);
	while (opened--)
		close(counter[opened]);
	free(counter);
	blind_bpf__destroy(skel);
	if (!ret)
		return nr;
	free(*cpus);
	*cpus = NULL;
	return ret;
}
