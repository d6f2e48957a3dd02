/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_DOCTOR_IMPL_H
#define KT_BPF_DOCTOR_IMPL_H
/*
 * Inside of the doctor: one file per topic, each with one function of the list in doctor.c. They
 * say one capability after the other; the order of the report is theirs.
 */
#include <stdbool.h>
#include <stdint.h>

#include "bpf/doctor.h"
#include "bpf/error.h"

struct btf;

struct examination {
	struct doctor *d;
	struct btf *btf;	/* the kernel's types; NULL: none for us */
	bool may_bpf;		/* the kernel lets us load a program */
	struct refusal refusal; /* why not, when it does not */
};

/*
 * doctor_say - one capability
 * @costs: what is lost without it
 * @remedy: what helps, NULL: nothing known
 * @fmt: what was found
 *
 * With AVAILABLE neither costs nor remedy are shown.
 */
void doctor_say(struct examination *e, const char *name, enum availability state, const char *costs,
		const char *remedy, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/*
 * doctor_say_tried - the outcome of a trial of bpf(2), @ret 0 or -errno: refused is forbidden, by
 * what forbids BPF; anything else is absent
 * @since: which kernels have it, NULL: not known
 */
void doctor_say_tried(struct examination *e, const char *name, int ret, const char *costs,
		      const char *since);

/* doctor_warn - one more of the machine's warnings, and what would change it */
void doctor_warn(struct examination *e, const char *text, const char *fix);

/* doctor_read_line - the first line of @path. Return: false: it cannot be read. */
bool doctor_read_line(const char *path, char *out, size_t len);

void doctor_privilege(struct examination *e); /* doctor_privilege.c: what this process may */
void doctor_kernel(struct examination *e);    /* doctor_kernel.c: what the kernel has */
void doctor_files(struct examination *e);     /* doctor_files.c: what is mounted and shown */
void doctor_machine(struct examination *e);   /* doctor_machine.c: clock, CPUs, tools */
#endif
