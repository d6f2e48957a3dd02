// SPDX-License-Identifier: GPL-2.0-only
/*
 * The set of traced processes: BPF keeps the map (follow.bpf.h), this side looks at each process
 * once it is there or has called exec, and again with growing pauses while something may still turn
 * up.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/target/proc.h"
#include "lib/target/targets.h"

#include "bpf/caller.h"
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

/* Sorted by tgid: the place where it is, or belongs. */
static uint32_t place_of(const struct tracer *t, uint32_t tgid)
{
	uint32_t low = 0, high = t->nr_processes;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (t->process[middle].tgid < tgid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct tracer_known_process *find(struct tracer *t, uint32_t tgid)
{
	uint32_t at = place_of(t, tgid);

	return at < t->nr_processes && t->process[at].tgid == tgid ? &t->process[at] : NULL;
}

static struct tracer_known_process *know(struct tracer *t, uint32_t tgid)
{
	struct tracer_known_process *p = find(t, tgid);
	uint32_t at = place_of(t, tgid);

	if (p)
		return p;
	p = reallocarray(t->process, t->nr_processes + 1, sizeof(*p));
	if (!p)
		return NULL;
	t->process = p;
	p += at;
	memmove(p + 1, p, (t->nr_processes++ - at) * sizeof(*p));
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

	if (t->by_process && t->attached && bpf_object__find_program_by_name(t->obj, "seed_tasks"))
		attach_iter_once(t, "seed_tasks", err, sizeof(err));
}

static int look(struct tracer *t, struct tracer_known_process *p, char *err, size_t errlen)
{
	uint64_t pause = LOOK_FIRST_NS << (p->looked < 7 ? p->looked : 7);
	int ret;

	/* A process that was seen before, and has not called exec since, shows us nothing new. */
	if (!t->ops->process || (t->settled && p->looked && !p->execs)) {
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

static int join(struct tracer *t, pid_t tgid, uint64_t registry_addr, bool given)
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
	p->done = registry_addr != 0;
	p->given = p->done && given;
	if (registry_addr)
		announce_registry(t);
	seed_threads(t);
	return 0;
}

int process_add(struct tracer *t, pid_t tgid, uint64_t registry_addr)
{
	return join(t, tgid, registry_addr, true);
}

/* A process that is not of the set is there for its registry alone. */
static int set_registry_of_any(struct tracer *t, pid_t tgid, uint64_t registry_addr)
{
	int ret = join(t, tgid, registry_addr, false);

	/* A full map costs the stamps, and the kernel's phases stay. */
	return ret == -E2BIG || ret == -ESRCH ? 0 : ret;
}

int process_set_registry(struct tracer *t, pid_t tgid, uint64_t registry_addr)
{
	struct tracer_process value;
	struct tracer_known_process *p;
	uint32_t id;
	int ret, fd = tracer_map_fd(t, "processes");

	if (!t->by_process)
		return set_registry_of_any(t, tgid, registry_addr);
	ret = pidns_to_global(tgid, &id);
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
	uint32_t i, left = 0;

	for (i = 0; i < t->nr_processes; i++)
		if (!bpf_map_lookup_elem(fd, &t->process[i].tgid, &value))
			t->process[left++] = t->process[i];
	t->nr_processes = left;
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
			/* Where all are traced, those that turn up with new files are looked at. */
			p->done = !p->local || !t->by_process;
			p->looked = 0;
			p->next_ns = 0;
		}
	}
	return 0;
}

int process_seed_children(struct tracer *t, char *err, size_t errlen)
{
	uint32_t before;
	int ret;

	/*
	 * Forks are seen already. A task of which the parent joins now may have been passed over,
	 * and so may one whose ancestor is far: until a run finds nothing more.
	 */
	do {
		before = t->control->children_found;
		ret = attach_iter_once(t, "seed_children", err, errlen);
	} while (!ret && before != t->control->children_found);
	return ret ?: resync(t);
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

/* A descendant is nobody's to name, and may end at any time. */
static bool is_descendant(const struct tracer *t, const struct tracer_known_process *p)
{
	const struct filter *f = &t->opts.filter;

	for (uint32_t i = 0; i < f->nr_tgids; i++)
		if (f->tgid[i] == p->local)
			return false;
	return t->opts.follow_children;
}

int process_look_all(struct tracer *t, char *err, size_t errlen)
{
	uint32_t i;
	int ret;

	for (i = 0; i < t->nr_processes; i++) {
		if (t->process[i].done)
			continue;
		ret = look(t, &t->process[i], err, errlen);
		if (ret && !(ret == -ESRCH && is_descendant(t, &t->process[i])))
			return ret;
	}
	return 0;
}

static int become(const void *who)
{
	return caller_become(who);
}

int process_command_files(const struct tracer *t, struct targets *files)
{
	return targets_add_command(files, t->opts.command, become, t->opts.who);
}

void process_forget_looks(struct tracer *t)
{
	uint32_t i;

	/* An address that came by tracer_add_process() stays good. */
	for (i = 0; i < t->nr_processes; i++) {
		t->process[i].done = t->process[i].given || !t->process[i].local || !t->by_process;
		t->process[i].looked = 0;
		t->process[i].next_ns = 0;
	}
}

/* Where the first thread has ended others may go on; the kernel knows when all have. */
static bool process_lives(pid_t tgid)
{
	struct pollfd p = { .events = POLLIN };
	bool lives;

	p.fd = (int)syscall(SYS_pidfd_open, tgid, 0);
	if (p.fd < 0)
		return errno != ESRCH;
	lives = poll(&p, 1, 0) == 0;
	close(p.fd);
	return lives;
}

static bool thread_lives(pid_t tid)
{
	char line[PROC_STAT_SIZE];
	const char *stat = proc_stat(tid, line);

	return stat && !strchr("ZXx", stat[1]);
}

bool tracer_ended(struct tracer *t)
{
	const struct filter *f = &t->opts.filter;
	uint32_t i;

	for (i = 0; i < f->nr_tids; i++)
		if (thread_lives(f->tid[i]))
			return false;
	if (f->nr_tids)
		return true;
	for (i = 0; i < f->nr_tgids; i++)
		if (process_lives(f->tgid[i]))
			return false;
	for (i = 0; t->opts.follow_children && i < t->nr_processes; i++)
		if (t->process[i].local && process_lives(t->process[i].local))
			return false;
	return f->nr_tgids != 0;
}

void process_free(struct tracer *t)
{
	free(t->process);
	t->process = NULL;
	t->nr_processes = 0;
}
