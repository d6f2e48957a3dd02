// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/doctor.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <string.h>

#include "bpf/doctor_impl.h"

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

static void (*const examinations[])(struct examination *e) = {
	doctor_privilege,
	doctor_kernel,
	doctor_files,
	doctor_machine,
};

void doctor_examine(struct doctor *d)
{
	libbpf_print_fn_t before = libbpf_set_print(quiet);
	struct examination e = { .d = d };

	memset(d, 0, sizeof(*d));
	d->nr_warnings = record_machine_warnings(d->warning, DOCTOR_MAX_WARNINGS);
	for (size_t i = 0; i < sizeof(examinations) / sizeof(examinations[0]); i++)
		examinations[i](&e);
	btf__free(e.btf);
	libbpf_set_print(before);
}
