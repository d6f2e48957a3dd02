/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_NEWCOMERS_H
#define KT_BPF_NEWCOMERS_H
/*
 * Processes that turn up with program files not seen before, where all processes are traced.
 *
 * The kernel says by perf records who maps what executable, on which we look when we are polled: a
 * file is looked at once, in the first process that maps it. Where it may not say, or said more
 * than its buffers hold, all processes are looked at, as they are at the beginning.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct newcomers_ring;

/* Zeroed memory is one that is not open. */
struct newcomers {
	struct newcomers_ring *ring; /* per CPU that was online */
	uint32_t nr_rings;
	int nr_online;	/* CPUs, when they were opened */
	uint64_t *file; /* identities of those seen, sorted */
	uint32_t nr_files, room;
	uint64_t next_check_ns;
	bool behind; /* something was not said: look at all */
};

/*
 * newcomers_look - look at process @pid; 0, -ESRCH: it has ended, or another -errno, which ends the
 * poll
 */
typedef int (*newcomers_look)(void *arg, pid_t pid);

/* newcomers_open - from now on nothing is missed; 0, or -ENOMEM */
int newcomers_open(struct newcomers *n);

/* newcomers_all - look at each process there is; 0, or what @look ended it with */
int newcomers_all(newcomers_look look, void *arg);

/* newcomers_poll - look at those that turned up since; 0, or what @look ended it with */
int newcomers_poll(struct newcomers *n, newcomers_look look, void *arg);

void newcomers_close(struct newcomers *n);
#endif
