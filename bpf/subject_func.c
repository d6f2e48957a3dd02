// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/subject_func.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/target/functions.h"
#include "lib/target/symbols.h"

#include "bpf/pidns.h"

/* A process that exec'ed often, or many of them: then the oldest ones keep what they have. */
#define MAX_LEARNED 64

struct learned_process {
	uint32_t tgid; /* in the kernel's initial namespace */
	struct symbol_code *code;
	int nr;
};

/*
 * The function lies where it was seen from the probe's site. With several sites it is not known
 * which one was hit: then only a name that all but one site rule out counts.
 */
static bool name_by_origin(const struct func_origin *o, const struct usdt_files *files, char *name,
			   size_t size)
{
	const struct target_file *f;
	const struct target_probe *p = usdt_files_probe(files, o->cookie, &f);
	int found = 0;

	for (uint32_t s = 0; p && s < p->nr_sites && s < TARGET_MAX_SITES; s++) {
		char candidate[128];

		/* A function's address is that of its symbol. */
		if (symbol_name_in_file(f->path, o->distance + p->site[s], candidate,
					sizeof(candidate)) ||
		    strchr(candidate, '+'))
			continue;
		snprintf(name, size, "%s", candidate);
		found++;
	}
	return found == 1;
}

static pid_t local_pid(const struct tracer *t, uint32_t tgid)
{
	for (uint32_t i = 0; i < t->nr_processes; i++)
		if (t->process[i].tgid == tgid)
			return t->process[i].local;
	return (pid_t)tgid;
}

static void forget(struct learned_process *p)
{
	for (int i = 0; i < p->nr; i++)
		close(p->code[i].fd);
	free(p->code);
	p->code = NULL;
	p->nr = 0;
}

static struct learned_process *learned(const struct subject_funcs *f, uint32_t tgid)
{
	for (uint32_t i = 0; i < f->nr_processes; i++)
		if (f->process[i].tgid == tgid)
			return &f->process[i];
	return NULL;
}

void subject_funcs_learn(struct subject_funcs *f, pid_t pid)
{
	struct learned_process *p, *grown;
	struct symbol_code *code;
	uint32_t tgid;
	int nr;

	if (pidns_to_global(pid, &tgid))
		return;
	p = learned(f, tgid);
	nr = !p && f->nr_processes == MAX_LEARNED ? 0 : symbol_code_take(pid, &code);
	if (nr <= 0)
		return;
	if (!p) {
		grown = reallocarray(f->process, f->nr_processes + 1, sizeof(*grown));
		if (!grown) {
			forget(&(struct learned_process){ .code = code, .nr = nr });
			return;
		}
		f->process = grown;
		p = &f->process[f->nr_processes++];
		*p = (struct learned_process){ .tgid = tgid };
	}
	forget(p);
	p->code = code;
	p->nr = nr;
}

static bool read_kernel(struct subject_funcs *f)
{
	functions_free(f->kernel);
	f->kernel = NULL;
	return !functions_read_kernel(&f->kernel);
}

/* A function begins where its symbol does; what does not may be of a module that came later. */
static bool name_in_kernel(struct subject_funcs *f, uint64_t func, char *name, size_t size)
{
	bool fresh = !f->kernel;
	const char *known;
	uint64_t into;

	if (fresh && !read_kernel(f))
		return false;
	known = functions_name(f->kernel, func, &into);
	if (!fresh && (!known || into)) {
		if (!read_kernel(f))
			return false;
		known = functions_name(f->kernel, func, &into);
	}
	if (!known)
		return false;
	if (into)
		snprintf(name, size, "%s+0x%" PRIx64, known, into);
	else
		snprintf(name, size, "%s", known);
	return true;
}

bool subject_funcs_find(const struct tracer *t, struct subject_funcs *f,
			const struct usdt_files *files, const struct func_at *at, char *name,
			size_t size)
{
	const struct learned_process *p = learned(f, at->tgid);

	if (!at->tgid)
		return name_in_kernel(f, at->func, name, size);
	return name_by_origin(&at->origin, files, name, size) ||
	       !symbol_name_in_process(local_pid(t, at->tgid), at->func, name, size) ||
	       (p && !symbol_name_in_code(p->code, p->nr, at->func, name, size));
}

static bool name_subject(const struct tracer *t, struct subject_funcs *f,
			 const struct usdt_files *files, const struct tracer_subject *s, char *name,
			 size_t size)
{
	struct func_at at = { .func = s->key[0], .tgid = s->tid };

	memcpy(&at.origin, s->name, sizeof(at.origin));
	return subject_funcs_find(t, f, files, &at, name, size);
}

int subject_funcs_poll(struct tracer *t, struct subject_funcs *f, const struct usdt_files *files)
{
	int fd = tracer_map_fd(t, "subjects");

	if (fd < 0)
		return fd;
	if (!f->name) {
		f->name = calloc(t->nr_groups, sizeof(*f->name));
		if (!f->name)
			return -ENOMEM;
		f->nr = t->nr_groups;
	}
	for (uint32_t group = 0; group < tracer_nr_subjects(t); group++) {
		struct tracer_subject s;
		char name[128];

		if (f->name[group] || bpf_map_lookup_elem(fd, &group, &s) || !s.key[0])
			continue;
		/*
		 * A process that has just called exec may not have mapped the file yet: later
		 * again.
		 */
		if (name_subject(t, f, files, &s, name, sizeof(name)))
			f->name[group] = strdup(name);
	}
	return 0;
}

void subject_func_name(struct tracer *t, struct subject_funcs *f, const struct usdt_files *files,
		       const struct tracer_subject *s, char *name, size_t size)
{
	if (s->group >= f->nr || !f->name[s->group])
		subject_funcs_poll(t, f, files);
	if (s->group < f->nr && f->name[s->group])
		snprintf(name, size, "%s", f->name[s->group]);
	else
		snprintf(name, size, "0x%" PRIx64, (uint64_t)s->key[0]);
}

void subject_funcs_free(struct subject_funcs *f)
{
	for (uint32_t i = 0; i < f->nr; i++)
		free(f->name[i]);
	free(f->name);
	for (uint32_t i = 0; i < f->nr_processes; i++)
		forget(&f->process[i]);
	free(f->process);
	functions_free(f->kernel);
	memset(f, 0, sizeof(*f));
}
