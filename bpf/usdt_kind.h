/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_USDT_KIND_H
#define KT_BPF_USDT_KIND_H
/*
 * The loader of a kind that sees user threads by the library's USDTs and kernel threads by
 * tracepoints: everything but its tables. Its object has a program "on_thread_exit", and those of
 * names.bpf.h.
 */
#include "bpf/tracer_impl.h"
#include "bpf/usdt_files.h"

struct usdt_kind {
	const struct usdt_want *want; /* for user threads */
	uint32_t nr_want;
	/*
	 * For kernel threads, attached in this order: what closes an interval comes before what
	 * opens one.
	 */
	const char *const *kernel_programs;
	uint32_t nr_kernel_programs;
	const char *kernel_events; /* what a kernel without their tracepoints has not, in words */
	size_t size; /* of t->kind, which begins with a struct usdt_files; 0: it is nothing else */
	/* as in struct usdt_files; NULL: nothing to do */
	int (*prepare)(struct tracer *t, const struct target_file *f, const struct target_probe *p,
		       uint64_t cookie);
};

/* What tracer_ops of the same names ask for; a kind may call them in functions of its own. */
int usdt_kind_open(struct tracer *t, char *err, size_t errlen);
int usdt_kind_attach(struct tracer *t, char *err, size_t errlen);
void usdt_kind_detach(struct tracer *t);
int usdt_kind_process(struct tracer *t, pid_t tgid, char *err, size_t errlen);
int usdt_kind_poll(struct tracer *t);
void usdt_kind_close(struct tracer *t);
#endif
