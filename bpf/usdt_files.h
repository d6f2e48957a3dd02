/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_USDT_FILES_H
#define KT_BPF_USDT_FILES_H
/*
 * The part that the kinds with USDTs share: find the files with our probes in the traced processes
 * and attach a table of programs to each file once, for all processes.
 */
#include "lib/target/targets.h"

#include "bpf/newcomers.h"
#include "bpf/tracer_impl.h"

struct usdt_want {
	const char *prog; /* name of the program in the skeleton */
	const char *provider, *name;
	bool optional; /* older builds of the library may lack it */
	bool names;    /* only where threads' names matter */
	bool episodes; /* only where single works or parks are wanted */
	/* of kthread: only in files that have this probe, or have not that one; NULL: in all */
	const char *with, *unless;
};

/* What every kind wants for the threads' full names, see names.bpf.h. */
#define USDT_WANT_NAMES                                                                   \
	{                                                                                 \
		"on_thread_created", "kthread", "create", .optional = true, .names = true \
	}

struct usdt_files {
	const struct usdt_want *want;
	uint32_t nr_want;
	struct targets targets;
	uint32_t nr_attached;	    /* files [0, nr_attached) */
	struct newcomers newcomers; /* where all processes are traced */
	bool names_attached;	    /* the program that forgets the names of ended threads */
	/* called before each probe is attached, with its cookie; NULL: nothing to do */
	int (*prepare)(struct tracer *t, const struct target_file *f, const struct target_probe *p,
		       uint64_t cookie);
};

/*
 * usdt_files_probe - the probe that @cookie stands for, and its file; NULL: there is none
 *
 * Each probe of each file has a cookie of its own, so that an address can be seen from the probe's
 * site.
 */
const struct target_probe *usdt_files_probe(const struct usdt_files *u, uint64_t cookie,
					    const struct target_file **f);

/*
 * usdt_files_open - find the files of the process, thread or command in t->opts, else of all
 * processes
 *
 * Return: 0; -ENOENT when there is no such probe where one must be, -ESRCH: no such process; one
 * sentence in @err. A command without probes is not an error: it may execute another program.
 */
int usdt_files_open(struct tracer *t, struct usdt_files *u, char *err, size_t errlen);

/*
 * usdt_files_autoload - of the wanted programs load those that this trace needs; none with
 * --kthreads
 */
void usdt_files_autoload(struct tracer *t, const struct usdt_files *u);

/* usdt_files_attach - attach to the files that are not attached yet */
int usdt_files_attach(struct tracer *t, struct usdt_files *u, char *err, size_t errlen);

/* usdt_files_process - what tracer_ops.process asks for */
int usdt_files_process(struct tracer *t, struct usdt_files *u, pid_t tgid, char *err,
		       size_t errlen);

/* usdt_files_poll - where all processes are traced: look at those that turned up */
int usdt_files_poll(struct tracer *t, struct usdt_files *u);

/* usdt_files_detach - the links are gone; the files stay known */
void usdt_files_detach(struct usdt_files *u);
void usdt_files_free(struct usdt_files *u);
#endif
