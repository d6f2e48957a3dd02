/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TARGET_TARGETS_H
#define KT_TARGET_TARGETS_H
/*
 * lib/target: what a process is made of, seen from outside.
 *
 *	targets.h	the files with our probes, of a process, a command or a path
 *	sites.h		all sites of one probe, for attaching without libbpf
 *	maps.h		the mappings of a process, and how to open what is mapped
 *	proc.h		what else /proc says of it: its program, its state
 *	symbols.h	names to addresses and back: in files, in processes, in the kernel
 *	functions.h	the functions of a file or of the kernel as a table
 *	code.h		which functions of two programs differ
 *
 * The room reads /proc and ELF files and keeps what it found in the caller's structs. It knows
 * lib/probe at most; nothing of BPF, nothing of tracers and records. It attaches nothing, changes
 * nothing in the process and prints nothing. One thread at a time uses a struct.
 *
 * This header: which files carry our probes. A file counts by what its ELF notes say, never by its
 * name: libkthread may be linked statically, renamed, deleted since, or lie in another mount
 * namespace. Files are told apart by device and inode.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TARGET_MAX_SITES 16
#define TARGET_MAX_SLOTS 4
/* A file that has more of our providers is not ours: it is refused. */
#define TARGET_MAX_PROBES 256

/* One probe name of one file; all its sites share the semaphore. */
struct target_probe {
	char provider[32];
	char name[64];
	uint64_t semaphore; /* ELF address, 0: the probe has none */
	uint32_t nr_sites;  /* all of them, also those beyond TARGET_MAX_SITES */
	uint64_t site[TARGET_MAX_SITES];
};

struct target_file {
	dev_t dev;
	ino_t ino;
	int fd;	    /* kept open: the file may be deleted, its process end */
	char *path; /* opens it by that, in this process only */
	char *name; /* for people: as that process calls it */
	uint32_t nr_probes;
	struct target_probe *probe;
	/* ELF addresses, by marks (lib/probe/mark.h); of older files by symbols */
	uint64_t flush;	   /* function of the works by which a flush waits, 0: not known */
	uint32_t nr_slots; /* of them a program uses one */
	uint64_t slots[TARGET_MAX_SLOTS];
};

/* A file that has no probes of ours, as it was when it was read. */
struct target_other {
	dev_t dev;
	ino_t ino;
	int64_t mtime_ns, size;
};

/* A set of files. Zeroed memory is an empty one. */
struct targets {
	uint32_t nr;
	struct target_file *file;
	uint32_t nr_others; /* so that nothing is read twice */
	struct target_other *other;
};

/*
 * targets_add_file - add @path when its notes name at least one probe of our providers ("sched",
 * "kthread")
 * @name: how to call it in messages, NULL: @path
 *
 * A file that is in the set already, or is not an ELF file, or has no such probe adds nothing.
 * Return: the number of files added (0 or 1), or -errno (also -EINVAL for a broken ELF file).
 */
int targets_add_file(struct targets *t, const char *path, const char *name);

/*
 * targets_add_process - add every file that @pid maps executable and that has our probes
 *
 * Return: number of files added, -ESRCH when @pid is gone, -EACCES or -EPERM: it maps none of the
 * set, and some that we may not look at, or another -errno.
 */
int targets_add_process(struct targets *t, pid_t pid);

/*
 * targets_add_command - add what @argv0 will map when it is executed: the file itself and the
 * libraries its loader names. What it executes later is not known here, nor, of a program whose
 * exec gives privilege, its libraries.
 * @become: makes the child in which the loader runs the process of @who, for whom the command will
 *	run; 0, else it is not run. Allocates nothing. NULL: for ourselves
 *
 * Return: number of files added (0: none has probes, or it is a script), -ENOENT: no such command,
 * or another -errno.
 */
int targets_add_command(struct targets *t, const char *argv0, int (*become)(const void *who),
			const void *who);

/*
 * targets_find_slots - address of the struct kthread_slot_registry that @pid uses, by those of its
 * files that are in the set
 *
 * That one which a thread has registered in; where the memory of @pid may not be read, the
 * program's own, else that of the library first mapped. Return: 0, -ENOENT: none yet, -ESRCH, or
 * another -errno.
 */
int targets_find_slots(const struct targets *t, pid_t pid, uint64_t *addr);

/* target_find - the probe of @f, NULL when the file does not have it */
const struct target_probe *target_find(const struct target_file *f, const char *provider,
				       const char *name);

void targets_free(struct targets *t);
#endif
