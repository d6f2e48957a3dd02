/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_TARGETS_H
#define KT_BPF_TARGETS_H
/*
 * Which files carry our probes, and where a symbol of a process lies.
 *
 * A file counts by what its ELF notes say, never by its name: libkthread may be linked statically,
 * renamed, deleted since, or lie in another mount namespace. Files are told apart by device and
 * inode. Knows nothing of BPF and attaches nothing; prints nothing.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TARGET_MAX_SITES 16

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
 * A file that is in the set already, or is no ELF file, or has no such probe adds nothing.
 * Return: the number of files added (0 or 1), or -errno (also -EINVAL for a broken ELF file).
 */
int targets_add_file(struct targets *t, const char *path, const char *name);

/*
 * targets_add_process - add every file that @pid maps executable and that has our probes
 *
 * Return: number of files added, -ESRCH when @pid is gone, or another -errno.
 */
int targets_add_process(struct targets *t, pid_t pid);

/*
 * targets_add_command - add what @argv0 will map when it is executed: the file itself and the
 * libraries its loader names. What it executes later is not known here.
 *
 * Return: number of files added (0: none has probes, or it is a script), -ENOENT: no such command,
 * or another -errno.
 */
int targets_add_command(struct targets *t, const char *argv0);

/* target_find - the probe of @f, NULL when the file does not have it */
const struct target_probe *target_find(const struct target_file *f, const char *provider,
				       const char *name);

/* target_function - name of the function at ELF address @vaddr, as elf_function() */
int target_function(const struct target_file *f, uint64_t vaddr, char *out, size_t outlen);

void targets_free(struct targets *t);

/*
 * elf_symbol - ELF address and size of a symbol of the file @path, .dynsym or .symtab
 *
 * Return: 0, -ENOENT, or another -errno.
 */
int elf_symbol(const char *path, const char *symbol, uint64_t *addr, uint64_t *size);

/*
 * process_symbol - address of the data or function @symbol in process @pid, as @pid sees it
 *
 * The program itself comes first, then its libraries in the order of their addresses.
 * Return: 0, -ENOENT (no such symbol), -ESRCH, or another -errno.
 */
int process_symbol(pid_t pid, const char *symbol, uint64_t *addr);

/*
 * process_function - name of the function that covers @addr in process @pid: "name" or "name+0x10"
 *
 * Return: 0, or -errno: then @out is "0x...".
 */
int process_function(pid_t pid, uint64_t addr, char *out, size_t outlen);

/*
 * A code mapping remembered: names can be found in it when its process has ended.
 */
struct mapped_code {
	uint64_t start, end, bias;
	int fd;
};

/*
 * mapped_code_take - what @pid maps executable now; the caller closes each fd and frees the array
 *
 * Return: the number of mappings, or -errno.
 */
int mapped_code_take(pid_t pid, struct mapped_code **code);

/* mapped_function - as process_function(), from what was remembered */
int mapped_function(const struct mapped_code *code, int nr, uint64_t addr, char *out,
		    size_t outlen);

/* elf_function - the same for the ELF address @vaddr of the file @path */
int elf_function(const char *path, uint64_t vaddr, char *out, size_t outlen);

/*
 * kernel_symbol - address of kernel function @symbol by /proc/kallsyms
 *
 * Return: 0, -ENOENT, or -EPERM when the kernel hides its addresses from us.
 */
int kernel_symbol(const char *symbol, uint64_t *addr);

/* kernel_function - name of the kernel function at @addr; 0, or -errno: then @out is "0x..." */
int kernel_function(uint64_t addr, char *out, size_t outlen);
#endif
