/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_SUBJECT_FUNC_H
#define KT_BPF_SUBJECT_FUNC_H
/*
 * Functions as subjects: from address to name while the process still lives, kept until the report
 * asks.
 *
 * A subject of a process has key {function, process id}, tid the process id, and its name holds a
 * struct func_origin: where the function lies, seen from the probe site, so that a name can also be
 * found when the process has ended. A kernel function has process id 0.
 */
#include "bpf/tracer_shared.h"

struct func_origin {
	uint64_t cookie;   /* of the probe that was hit, see usdt_files.h; 0: none */
	uint64_t distance; /* function - site */
};

_Static_assert(sizeof(struct func_origin) <= TRACER_NAME_LEN, "fits in the name of a subject");

#ifndef __bpf__
#include "bpf/tracer_impl.h"
#include "bpf/usdt_files.h"

struct functions;
struct learned_process;

/* A function of a process; tgid 0: of the kernel. */
struct func_at {
	uint64_t func;
	uint32_t tgid;
	struct func_origin origin;
};

/* Zeroed memory is an empty one. */
struct subject_funcs {
	char **name; /* by group; NULL: not looked up yet */
	uint32_t nr;
	struct learned_process *process;
	uint32_t nr_processes;
	struct functions *kernel; /* of the kernel; NULL: not read yet */
};

/*
 * subject_funcs_learn - remember what process @pid maps now, for when it has ended; failures are no
 * loss yet
 */
void subject_funcs_learn(struct subject_funcs *f, pid_t pid);

/* subject_funcs_find - the name of the function @at; false: nobody knows it, now */
bool subject_funcs_find(const struct tracer *t, struct subject_funcs *f,
			const struct usdt_files *files, const struct func_at *at, char *name,
			size_t size);

/* subject_funcs_poll - look up the names of the functions that turned up since; 0 or -errno */
int subject_funcs_poll(struct tracer *t, struct subject_funcs *f, const struct usdt_files *files);

/* subject_func_name - name of the function of subject @s, "0x..." when nobody knows it */
void subject_func_name(struct tracer *t, struct subject_funcs *f, const struct usdt_files *files,
		       const struct tracer_subject *s, char *name, size_t size);
void subject_funcs_free(struct subject_funcs *f);
#endif
#endif
