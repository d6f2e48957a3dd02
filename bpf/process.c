// SPDX-License-Identifier: GPL-2.0-only
/*
 * The set of traced processes: BPF keeps the map (follow.bpf.h), this side looks at each process
 * once it is there or has called exec, and again with growing pauses while something may still turn
 * up.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/pidns.h"
#include "bpf/tracer_impl.h"

#define LOOK_FIRST_NS 10000000ULL
#define LOOK_LAST_NS  1000000000ULL

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static struct tracer_known_process *find(struct tracer *t, uint32_t tgid)
{
	uint32_t i;

	for (i = 0; i < t->nr_processes; i++)
		if (t->process[i].tgid == tgid)
			return &t->process[i];
	return NULL;
}

static struct tracer_known_process *know(struct tracer *t, uint32_t tgid)
{
	struct tracer_known_process *p = find(t, tgid);

	if (p)
		return p;
	p = realloc(t->process, (t->nr_processes + 1) * sizeof(*p));
	if (!p)
		return NULL;
	t->process = p;
	p += t->nr_processes++;
	memset(p, 0, sizeof(*p));
	p->tgid = tgid;
	if (pidns_to_local(tgid, &p->local))
		p->done = true; /* not visible from here, or gone */
	return p;
}

/* Threads that were there before their process joined have no storage yet. */
static void seed_threads(struct tracer *t)
{
	char err[8];

	if (t->attached && bpf_object__find_program_by_name(t->obj, "seed_tasks"))
		attach_iter_once(t, "seed_tasks", err, sizeof(err));
}

static int look(struct tracer *t, struct tracer_known_process *p, char *err, size_t errlen)
{
	uint64_t pause = LOOK_FIRST_NS << (p->looked < 7 ? p->looked : 7);
	int ret;

	if (!t->ops->process) {
		p->done = true;
		return 0;
	}
	p->looked++;
	p->next_ns = now_ns() + (pause < LOOK_LAST_NS ? pause : LOOK_LAST_NS);
	ret = t->ops->process(t, p->local, err, errlen);
	if (ret > 0 || ret == -ESRCH)
		p->done = true;
	return ret < 0 ? ret : 0;
}

/* Release: a program that sees the new number of changes finds the address in the map. */
static void announce_registry(struct tracer *t)
{
	__atomic_store_n(&t->control->stamped, 1, __ATOMIC_RELEASE);
	__atomic_add_fetch(&t->control->process_changes, 1, __ATOMIC_RELEASE);
}

int process_add(struct tracer *t, pid_t tgid, uint64_t registry_addr)
{
	struct tracer_process value = { .registry = registry_addr };
	struct tracer_known_process *p;
	uint32_t id;
	int ret;

	if (kill(tgid, 0) && errno == ESRCH)
		return -ESRCH;
	ret = pidns_to_global(tgid, &id);
	if (ret)
		return ret;
	if (bpf_map_update_elem(tracer_map_fd(t, "processes"), &id, &value, BPF_ANY))
		return -errno;
	p = know(t, id);
	if (!p)
		return -ENOMEM;
	p->registry = registry_addr;
	p->done = p->given = registry_addr != 0;
	if (registry_addr)
		announce_registry(t);
	seed_threads(t);
	return 0;
}

int process_set_registry(struct tracer *t, pid_t tgid, uint64_t registry_addr)
{
	struct tracer_process value;
	struct tracer_known_process *p;
	uint32_t id;
	int ret = pidns_to_global(tgid, &id), fd = tracer_map_fd(t, "processes");

	if (ret)
		return ret;
	p = find(t, id);
	/* Gone, or exec came in between: then it will be looked at again. */
	if (!p || bpf_map_lookup_elem(fd, &id, &value) || value.execs != p->execs)
		return 0;
	value.registry = registry_addr;
	if (bpf_map_update_elem(fd, &id, &value, BPF_EXIST))
		return -errno == -ENOENT ? 0 : -errno;
	p->registry = registry_addr;
	announce_registry(t);
	return 0;
}

static void forget_gone(struct tracer *t, int fd)
{
	struct tracer_process value;
	uint32_t i = 0;

	while (i < t->nr_processes)
		if (bpf_map_lookup_elem(fd, &t->process[i].tgid, &value))
			t->process[i] = t->process[--t->nr_processes];
		else
			i++;
}

/* Bring our list in line with the map. */
static int resync(struct tracer *t)
{
	int fd = tracer_map_fd(t, "processes"), left = TRACER_MAX_PROCESSES;
	uint32_t key, *prev = NULL;

	forget_gone(t, fd);
	while (left-- && !bpf_map_get_next_key(fd, prev, &key)) {
		struct tracer_known_process *p = find(t, key);
		struct tracer_process value;
		bool joined = !p;

		prev = &key;
		if (bpf_map_lookup_elem(fd, &key, &value))
			continue;
		p = know(t, key);
		if (!p)
			return -ENOMEM;
		if (joined || p->execs != value.execs) {
			p->execs = value.execs;
			p->registry = value.registry;
			p->done = !p->local;
			p->looked = 0;
			p->next_ns = 0;
		}
	}
	return 0;
}

int process_poll(struct tracer *t)
{
	uint32_t changes = __atomic_load_n(&t->control->process_changes, __ATOMIC_ACQUIRE), i;
	uint64_t now = now_ns();
	int ret = 0;

	if (changes != t->process_changes) {
		t->process_changes = changes;
		ret = resync(t);
	}
	for (i = 0; i < t->nr_processes; i++) {
		char err[256];

		/*
		 * A process that cannot be searched keeps what needs no search: not an error of the
		 * tracer.
		 */
		if (!t->process[i].done && now >= t->process[i].next_ns)
			look(t, &t->process[i], err, sizeof(err));
	}
	return ret;
}

int process_look_all(struct tracer *t, char *err, size_t errlen)
{
	uint32_t i;
	int ret;

	for (i = 0; i < t->nr_processes; i++) {
		if (t->process[i].done)
			continue;
		ret = look(t, &t->process[i], err, errlen);
		if (ret)
			return ret;
	}
	return 0;
}

void process_forget_looks(struct tracer *t)
{
	uint32_t i;

	/* An address that came by tracer_add_process() stays good. */
	for (i = 0; i < t->nr_processes; i++) {
		t->process[i].done = t->process[i].given || !t->process[i].local;
		t->process[i].looked = 0;
		t->process[i].next_ns = 0;
	}
}

/* The process of thread @tid: Tgid in its status file. */
static pid_t process_of_thread(pid_t tid)
{
	char name[64], line[128];
	int tgid = -ESRCH;
	FILE *in;

	snprintf(name, sizeof(name), "/proc/%d/status", tid);
	in = fopen(name, "re");
	while (in && fgets(line, sizeof(line), in))
		if (sscanf(line, "Tgid: %d", &tgid) == 1)
			break;
	if (in)
		fclose(in);
	return tgid;
}

/* PF_KTHREAD among the flags of its stat file. */
static bool is_kernel_thread(pid_t tid)
{
	char name[64], line[512] = "", *name_end;
	unsigned int flags = 0;
	FILE *in;

	snprintf(name, sizeof(name), "/proc/%d/stat", tid);
	in = fopen(name, "re");
	if (!in)
		return false;
	name_end = fgets(line, sizeof(line), in) ? strrchr(line, ')') : NULL;
	fclose(in);
	return name_end && sscanf(name_end + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
	       flags & 0x00200000;
}

int process_check(struct tracer *t, char *err, size_t errlen)
{
	const struct tracer_opts *o = &t->opts;
	pid_t of = o->tgid ? process_of_thread(o->tgid) : 0,
	      of_tid = o->tid ? process_of_thread(o->tid) : 0;
	uint32_t id;

	if (of < 0)
		return error_say(err, errlen, -ESRCH, "no process has the id %d", o->tgid);
	if (of_tid < 0)
		return error_say(err, errlen, -ESRCH, "no thread has the id %d", o->tid);
	if (of && of != o->tgid)
		return error_say(err, errlen, -ESRCH, "%d is a thread of process %d, not a process",
				 o->tgid, of);
	if (of && of_tid && of != of_tid)
		return error_say(err, errlen, -ESRCH, "thread %d belongs to process %d, not to %d",
				 o->tid, of_tid, of);
	if (!o->kthreads && (of || of_tid) && is_kernel_thread(of_tid ?: of))
		return error_say(err, errlen, -EINVAL,
				 "%d is a kernel thread; they are traced by --kthreads -t %d",
				 of_tid ?: of, of_tid ?: of);
	if (o->kthreads && of_tid && !is_kernel_thread(of_tid))
		return error_say(err, errlen, -EINVAL,
				 "thread %d is not a kernel thread; leave --kthreads out", o->tid);
	if ((of || of_tid) && pidns_to_global(of ?: of_tid, &id))
		return error_say(
			err, errlen, -ENOTSUP,
			"cannot translate the id %d out of this pid namespace; run in the initial one",
			of ?: of_tid);
	return 0;
}

int process_seed(struct tracer *t, char *err, size_t errlen)
{
	pid_t tgid = t->opts.tgid ?: t->opts.tid ? process_of_thread(t->opts.tid) : 0;
	int ret;

	if (!tgid || !t->by_process)
		return 0;
	ret = process_add(t, tgid, 0);
	if (ret)
		return error_explain(err, errlen, ret, "trace process %d", tgid);
	return 0;
}

void process_free(struct tracer *t)
{
	free(t->process);
	t->process = NULL;
	t->nr_processes = 0;
}
