// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
	struct record_warning *w;

	if (e->d->nr_warnings == DOCTOR_MAX_WARNINGS)
		return;
	w = &e->d->warning[e->d->nr_warnings++];
	snprintf(w->text, sizeof(w->text), "%s", text);
	snprintf(w->fix, sizeof(w->fix), "%s", fix);
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
