// SPDX-License-Identifier: GPL-2.0-only
/* Which privilege an attached tracer keeps. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/target/proc.h"

#include "bpf/caller.h"
#include "bpf/privilege.h"
#include "bpf/tracer_impl.h"

/* To look at another process: its maps, its files, also the deleted ones. */
#define KEEP_TO_LOOK                                                          \
	(PRIVILEGE_BIT(CAP_SYS_PTRACE) | PRIVILEGE_BIT(CAP_DAC_READ_SEARCH) | \
	 PRIVILEGE_BIT(PRIVILEGE_CHECKPOINT_RESTORE))

/* To attach to what was found: the program is loaded, but ids of a pid namespace need one more. */
#define KEEP_TO_ATTACH (PRIVILEGE_BIT(CAP_BPF) | PRIVILEGE_BIT(CAP_PERFMON))

/* A process has found its libraries by then, even on a busy machine. */
#define START_NS 500000000ULL

static bool later_processes(const struct tracer_opts *o)
{
	return o->follow_children || (!o->filter.nr_tgids && !o->filter.nr_tids && !o->kthreads);
}

static uint64_t needed(const struct tracer *t)
{
	uint64_t keep = 0;

	if (later_processes(&t->opts)) {
		keep |= KEEP_TO_LOOK | KEEP_TO_ATTACH;
		/* By perf events, this kernel or that asks for it. */
		if (!t->uprobe_multi)
			keep |= PRIVILEGE_BIT(CAP_SYS_ADMIN);
	}
	/* Whoever wakes may be met at any time, and its functions named; so are the kernel's. */
	if (t->opts.events.stacks)
		keep |= KEEP_TO_LOOK | PRIVILEGE_BIT(CAP_SYSLOG);
	/* Addresses of the kernel's functions, shown when a name is asked for. */
	if (t->opts.kthreads && (t->opts.group == TRACER_GROUP_SUBJECT || t->episodes))
		keep |= PRIVILEGE_BIT(CAP_SYSLOG);
	return keep;
}

/*
 * Does the tracer get at its own maps with what is effective now? Some kernels refuse all of bpf()
 * without CAP_BPF.
 */
static bool can_read(struct tracer *t)
{
	uint32_t key;
	struct tracer_snapshot *s;

	if (bpf_map_get_next_key(tracer_map_fd(t, "processes"), NULL, &key) &&
	    (errno == EPERM || errno == EACCES))
		return false;
	if (tracer_read(t, &s))
		return false;
	tracer_snapshot_free(s);
	return true;
}

/* When @pid has started, by CLOCK_BOOTTIME, 0: gone */
static uint64_t started_ns(pid_t pid)
{
	unsigned long long ticks = 0;
	char line[PROC_STAT_SIZE];
	const char *stat = proc_stat(pid, line);

	if (!stat || sscanf(stat,
			    " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
			    "%*d %*d %*d %llu",
			    &ticks) != 1)
		return 0;
	return ticks * (1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK));
}

static bool any_starts(const struct tracer *t)
{
	struct timespec ts;
	uint64_t now;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	now = (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
	for (uint32_t i = 0; i < t->nr_processes; i++) {
		uint64_t started = t->process[i].done ? 0 : started_ns(t->process[i].local);

		if (started && started < now && now - started < START_NS)
			return true;
	}
	return false;
}

/* A process that has just been started maps its libraries while we look: see them all first. */
static void let_start(struct tracer *t)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	char err[256];

	while (any_starts(t)) {
		nanosleep(&pause, NULL);
		process_look_all(t, err, sizeof(err));
	}
}

int tracer_settle(struct tracer *t, const struct caller *who, bool runs, char *err, size_t errlen)
{
	static const uint64_t to_read[] = { 0, PRIVILEGE_BIT(CAP_BPF),
					    PRIVILEGE_BIT(CAP_BPF) | PRIVILEGE_BIT(CAP_SYS_ADMIN) };
	uint64_t keep = needed(t);
	int ret = -EPERM;

	if (!later_processes(&t->opts))
		let_start(t);
	for (size_t i = 0; ret && i < sizeof(to_read) / sizeof(to_read[0]); i++) {
		ret = privilege_use(keep | to_read[i]);
		if (!ret && !can_read(t))
			ret = -EPERM;
		if (!ret)
			keep |= to_read[i];
	}
	ret = ret ?: privilege_keep(keep, who, runs);
	if (ret)
		return error_explain(err, errlen, ret, "give up privilege");
	t->settled = !later_processes(&t->opts);
	return 0;
}
