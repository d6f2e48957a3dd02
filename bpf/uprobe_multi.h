/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_UPROBE_MULTI_H
#define KT_BPF_UPROBE_MULTI_H
/*
 * Links of the kernel's uprobe_multi (Linux 6.6 or later), made by bpf(2) itself: libbpf before 1.3
 * does not know them.
 *
 * One link is for many places of one file, for all processes that map it. Unlike a probe by
 * perf_event_open(2) it asks for no capability beyond those that load the program, so CAP_BPF and
 * CAP_PERFMON suffice.
 */
#include <stdint.h>

/* What a program must be loaded as (expected_attach_type); then it attaches in no other way. */
#define UPROBE_MULTI_ATTACH_TYPE 48

struct uprobe_multi {
	const char *path;
	uint32_t nr;
	const uint64_t *offset;	   /* in the file, @nr of them */
	const uint64_t *semaphore; /* likewise: the counter that is raised meanwhile, or 0 */
	const uint64_t *cookie;	   /* what bpf_get_attach_cookie() answers there */
};

/* uprobe_multi_link - attach the loaded program @prog. Return: the link's descriptor, or -errno */
int uprobe_multi_link(int prog, const struct uprobe_multi *at);

/* uprobe_multi_try - 0: this kernel has such links and we may make them; else -errno */
int uprobe_multi_try(void);
#endif
