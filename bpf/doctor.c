// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/doctor.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/record/types.h"

#include "bpf/doctor_impl.h"

void doctor_say(struct examination *e, const char *name, enum availability state, const char *costs,
		const char *remedy, const char *fmt, ...)
{
	struct capability *c;
	va_list ap;

	if (e->d->nr == DOCTOR_MAX_CAPABILITIES)
		return;
	c = &e->d->capability[e->d->nr++];
	c->name = name;
	c->state = state;
	if (state != AVAILABLE) {
		snprintf(c->costs, sizeof(c->costs), "%s", costs);
		snprintf(c->remedy, sizeof(c->remedy), "%s", remedy ?: "");
	}
	va_start(ap, fmt);
	vsnprintf(c->why, sizeof(c->why), fmt, ap);
	va_end(ap);
}

void doctor_say_tried(struct examination *e, const char *name, int ret, const char *costs,
		      const char *since)
{
	if (!ret)
		doctor_say(e, name, AVAILABLE, costs, NULL, "%s", "");
	else if (ret == -EPERM || ret == -EACCES)
		doctor_say(e, name, FORBIDDEN, costs, e->refusal.command, "%s", e->refusal.why);
	else if (ret == -EINVAL || ret == -ENOENT || ret == -ENOTSUP)
		doctor_say(e, name, ABSENT, costs, since, "this kernel does not have it");
	else
		doctor_say(e, name, NOT_KNOWN, costs, NULL, "%s", strerror(-ret));
}

void doctor_warn(struct examination *e, const char *text, const char *fix)
{
	json_array_append_new(e->d->warnings, json_pack("{s:s, s:s}", "text", text, "fix", fix));
}

bool doctor_read_line(const char *path, char *out, size_t len)
{
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(out, (int)len, f);

	if (f)
		fclose(f);
	if (ok)
		out[strcspn(out, "\n")] = 0;
	return ok;
}

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
	d->warnings = record_machine_warnings();
	for (size_t i = 0; i < sizeof(examinations) / sizeof(examinations[0]); i++)
		examinations[i](&e);
	btf__free(e.btf);
	libbpf_set_print(before);
}

void doctor_free(struct doctor *d)
{
	json_decref(d->warnings);
	d->warnings = NULL;
}
