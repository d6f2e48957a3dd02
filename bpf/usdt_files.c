// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/usdt_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/episodes.h"

/* Does @f have what the kind cannot do without? */
static const struct usdt_want *first_missing(const struct usdt_files *u,
					     const struct target_file *f)
{
	for (uint32_t i = 0; i < u->nr_want; i++)
		if (!u->want[i].optional && !target_find(f, u->want[i].provider, u->want[i].name))
			return &u->want[i];
	return NULL;
}

static bool any_usable(const struct usdt_files *u)
{
	for (uint32_t i = 0; i < u->targets.nr; i++)
		if (!first_missing(u, &u->targets.file[i]))
			return true;
	return false;
}

/* What newcomers.h asks for; processes that may not be looked at are left out. */
static int look_at(void *arg, pid_t pid)
{
	int ret = targets_add_process(arg, pid);

	return ret == -ESRCH || ret == -ENOMEM ? ret : 0;
}

/* Newcomers first: whoever comes while we look is seen by them. */
static int scan_all(struct usdt_files *u)
{
	return newcomers_open(&u->newcomers) ?: newcomers_all(look_at, &u->targets);
}

/*
 * The @i-th process or thread that was named; 0: there are no more. A thread's maps are its
 * process's.
 */
static pid_t named(const struct tracer *t, uint32_t i)
{
	const struct filter *f = &t->opts.filter;

	if (f->nr_tgids)
		return i < f->nr_tgids ? f->tgid[i] : 0;
	return i < f->nr_tids ? f->tid[i] : 0;
}

static int say_missing(const struct tracer *t, const struct usdt_files *u, char *err, size_t errlen)
{
	const struct usdt_want *w = u->want;
	pid_t pid = named(t, 0);

	for (uint32_t i = 0; i < u->targets.nr; i++)
		w = first_missing(u, &u->targets.file[i]) ?: w;
	if (!pid)
		return error_say(
			err, errlen, -ENOENT,
			"no running process has the probe %s:%s; name a program linked with "
			"libkthread (-p PID, or -- COMMAND), or trace the kernel's threads "
			"(--kthreads)",
			w->provider, w->name);
	return error_say(
		err, errlen, -ENOENT,
		"process %d has no probe %s:%s in any file it maps%s; it must be linked with "
		"libkthread (built with probes)%s",
		pid, w->provider, w->name, named(t, 1) ? ", nor has any other one given" : "",
		u->targets.nr ? "; it is linked with a libkthread too old to have this probe" : "");
}

static int add_named(struct tracer *t, struct usdt_files *u, char *err, size_t errlen)
{
	for (uint32_t i = 0; named(t, i); i++) {
		int n = targets_add_process(&u->targets, named(t, i));

		if (n == -ESRCH)
			return error_say(err, errlen, n, "no process has the id %d", named(t, i));
		if (n < 0)
			return error_explain_process(err, errlen, n, "read the files", named(t, i));
	}
	return 0;
}

int usdt_files_open(struct tracer *t, struct usdt_files *u, char *err, size_t errlen)
{
	int n;

	if (t->opts.command) {
		n = process_command_files(t, &u->targets);
		return n == -ENOMEM ? error_say(err, errlen, n, "out of memory") : 0;
	}
	n = named(t, 0) ? add_named(t, u, err, errlen) : scan_all(u);
	if (n)
		return n;
	return any_usable(u) ? 0 : say_missing(t, u, err, errlen);
}

static bool names_matter(const struct tracer *t)
{
	return t->opts.filter.nr_globs ||
	       (t->opts.group == TRACER_GROUP_SUBJECT && t->opts.by != TRACER_BY_FUNC);
}

static bool is_needed(const struct tracer *t, const struct usdt_want *w)
{
	return !t->opts.kthreads && (!w->names || names_matter(t)) &&
	       (!w->episodes || episodes_asked(&t->opts));
}

void usdt_files_autoload(struct tracer *t, const struct usdt_files *u)
{
	bool names = false;

	for (uint32_t i = 0; i < u->nr_want; i++) {
		struct bpf_program *p = bpf_object__find_program_by_name(t->obj, u->want[i].prog);

		bpf_program__set_autoload(p, is_needed(t, &u->want[i]));
		names |= u->want[i].names && is_needed(t, &u->want[i]);
	}
	bpf_program__set_autoload(bpf_object__find_program_by_name(t->obj, "on_named_thread_exit"),
				  names);
}

#define COOKIE_PROBE_BITS 8

const struct target_probe *usdt_files_probe(const struct usdt_files *u, uint64_t cookie,
					    const struct target_file **f)
{
	uint64_t file = cookie >> COOKIE_PROBE_BITS, want = cookie & ((1 << COOKIE_PROBE_BITS) - 1);

	if (!file || file > u->targets.nr || want >= u->nr_want)
		return NULL;
	*f = &u->targets.file[file - 1];
	return target_find(*f, u->want[want].provider, u->want[want].name);
}

static int attach_file(struct tracer *t, struct usdt_files *u, uint32_t index, char *err,
		       size_t errlen)
{
	const struct target_file *f = &u->targets.file[index];
	int ret = 0;

	/*
	 * From the last to the first: what closes an interval must be there before what opens one.
	 */
	for (uint32_t i = u->nr_want; i-- > 0 && !ret;) {
		const struct usdt_want *w = &u->want[i];
		const struct target_probe *p = target_find(f, w->provider, w->name);
		uint64_t cookie = (uint64_t)(index + 1) << COOKIE_PROBE_BITS | i;

		if (!p || !is_needed(t, w) || (w->with && !target_find(f, "kthread", w->with)) ||
		    (w->unless && target_find(f, "kthread", w->unless)))
			continue;
		ret = u->prepare ? u->prepare(t, f, p, cookie) : 0;
		if (ret)
			return error_explain(err, errlen, ret, "prepare the probes of %s", f->name);
		ret = attach_usdt(t, w->prog, f->path, w->provider, w->name, cookie, err, errlen);
	}
	return ret;
}

/*
 * A file of which a probe cannot be attached, where nobody named a process: 0, the trace goes on
 * without it and says so; or @ret, when the next file would fare no better.
 */
static int pass_over(struct tracer *t, const struct target_file *f, int ret, const char *err)
{
	if (named(t, 0) || ret == -EPERM || ret == -EACCES || ret == -ENOMEM)
		return ret;
	if (!t->lacks[0])
		snprintf(t->lacks, sizeof(t->lacks), "no probes in processes that map %s: %s",
			 f->name, err);
	return 0;
}

int usdt_files_attach(struct tracer *t, struct usdt_files *u, char *err, size_t errlen)
{
	int ret = 0;

	if (names_matter(t) && !u->names_attached) {
		ret = attach_program(t, "on_named_thread_exit", err, errlen);
		u->names_attached = !ret;
	}
	for (; u->nr_attached < u->targets.nr && !ret; u->nr_attached++) {
		const struct target_file *f = &u->targets.file[u->nr_attached];

		if (first_missing(u, f))
			continue;
		ret = attach_file(t, u, u->nr_attached, err, errlen);
		if (ret)
			ret = pass_over(t, f, ret, err);
	}
	return ret;
}

int usdt_files_process(struct tracer *t, struct usdt_files *u, pid_t tgid, char *err, size_t errlen)
{
	int n = targets_add_process(&u->targets, tgid), ret;

	if (n < 0)
		return n == -ENOMEM ? n : 0;
	ret = usdt_files_attach(t, u, err, errlen);
	/* The loader maps libraries one by one: look again until there is one with probes. */
	return ret ?: any_usable(u);
}

int usdt_files_poll(struct tracer *t, struct usdt_files *u)
{
	char err[256];
	int ret;

	if (named(t, 0))
		return 0;
	ret = newcomers_poll(&u->newcomers, look_at, &u->targets);
	return ret ?: usdt_files_attach(t, u, err, sizeof(err));
}

void usdt_files_detach(struct usdt_files *u)
{
	u->nr_attached = 0;
	u->names_attached = false;
}

void usdt_files_free(struct usdt_files *u)
{
	newcomers_close(&u->newcomers);
	targets_free(&u->targets);
}
