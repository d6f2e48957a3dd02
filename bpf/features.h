/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_FEATURES_H
#define KT_BPF_FEATURES_H
/*
 * What our BPF programs need of a kernel beyond BTF, found by trying it, never by the kernel's
 * version. Prints nothing and changes nothing.
 */
#include <stddef.h>

enum feature {
	FEATURE_ATOMICS, /* compare-and-swap: extremes kept by programs that can be preempted */
	FEATURE_CURRENT_TASK, /* bpf_get_current_task_btf() */
	FEATURE_TASK_STORAGE, /* maps by task: the wakeup tracer's states */
	NR_FEATURES,
};

#define FEATURE_BIT(f) (1U << (f))

struct feature_text {
	const char *name;
	const char *since; /* "Linux 5.12 or later" */
};

extern const struct feature_text feature_text[NR_FEATURES];

/* feature_load_program - 0: we may load programs that trace; else -errno */
int feature_load_program(void);

/*
 * feature_try - 0, or -errno as the kernel refused it; -EPERM: without privilege, so it may also be
 * absent
 */
int feature_try(enum feature f);

/*
 * features_missing - words for those of @needs (FEATURE_BITs) that this kernel lacks: "atomic
 * operations of BPF (needs Linux 5.12 or later)", more joined by "and"
 *
 * Return: how many.
 */
int features_missing(unsigned int needs, char *text, size_t size);

/*
 * feature_uprobe_multi - 0: probes of programs can be attached by uprobe_multi links; else -errno,
 * and they go by perf_event_open(2)
 */
int feature_uprobe_multi(void);

/* feature_hide_uprobe_multi - for tests: from now on as on a kernel without them */
void feature_hide_uprobe_multi(void);

/*
 * feature_tracepoint_args - the number of arguments of tracepoint @name, 0: the kernel's BTF has no
 * btf_trace_<name>
 */
int feature_tracepoint_args(const char *name);

/* feature_enumerator - value of @name in the kernel's enum @of; -1: there is none */
int feature_enumerator(const char *of, const char *name);
#endif
