// SPDX-License-Identifier: GPL-2.0-only
/* The filters from words to what BPF asks: constants in the settings, and maps. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/target/proc.h"

#include "bpf/pidns.h"
#include "bpf/tracer_impl.h"

/* ---- what /proc says of ids ------------------------------------------------------------------ */

/* What stands after "NAME:" in the status file of @tid; false: no such thread. */
static bool status_line(pid_t tid, const char *name, char *value, size_t size)
{
	char path[64], line[256];
	size_t len = strlen(name);
	bool found = false;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	in = fopen(path, "re");
	while (in && !found && fgets(line, sizeof(line), in)) {
		found = !strncmp(line, name, len) && line[len] == ':';
		if (found)
			snprintf(value, size, "%s", line + len + 1);
	}
	if (in)
		fclose(in);
	return found;
}

static pid_t process_of_thread(pid_t tid)
{
	char value[256];

	return status_line(tid, "Tgid", value, sizeof(value)) ? atoi(value) : -ESRCH;
}

/* The id of @tid in its own pid namespace, which is the innermost and the last one named. */
static pid_t own_tid(pid_t tid)
{
	char value[256], *last;

	if (!status_line(tid, "NSpid", value, sizeof(value)))
		return tid;
	value[strcspn(value, "\n")] = 0;
	last = strrchr(value, '\t');
	return last ? atoi(last + 1) : tid;
}

/* PF_KTHREAD among the flags of its stat file. */
static bool is_kernel_thread(pid_t tid)
{
	char line[PROC_STAT_SIZE];
	const char *stat = proc_stat(tid, line);
	unsigned int flags = 0;

	return stat && sscanf(stat, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
	       flags & 0x00200000;
}

/* ---- do they exist? -------------------------------------------------------------------------- */

static int check_kernel_thread(const struct tracer *t, pid_t tid, char *err, size_t errlen)
{
	bool is = is_kernel_thread(tid);

	if (is && !t->opts.kthreads)
		return error_say(err, errlen, -EINVAL,
				 "%d is a kernel thread; trace it with --kthreads -t %d", tid, tid);
	if (!is && t->opts.kthreads)
		return error_say(err, errlen, -EINVAL,
				 "thread %d is not a kernel thread; leave out --kthreads", tid);
	return 0;
}

static int check_process(struct tracer *t, pid_t tgid, char *err, size_t errlen)
{
	pid_t of = process_of_thread(tgid);

	if (of < 0)
		return error_say(err, errlen, -ESRCH, "no process has the id %d", tgid);
	if (of != tgid)
		return error_say(err, errlen, -ESRCH, "%d is a thread of process %d, not a process",
				 tgid, of);
	return check_kernel_thread(t, tgid, err, errlen);
}

static bool has_process(const struct filter *f, pid_t tgid)
{
	uint32_t i = 0;

	while (i < f->nr_tgids && f->tgid[i] != tgid)
		i++;
	return i < f->nr_tgids;
}

static int check_thread(struct tracer *t, pid_t tid, char *err, size_t errlen)
{
	const struct filter *f = &t->opts.filter;
	pid_t of = process_of_thread(tid);

	if (of < 0)
		return error_say(err, errlen, -ESRCH, "no thread has the id %d", tid);
	/* One of a descendant is found out later. */
	if (f->nr_tgids && !t->opts.follow_children && !has_process(f, of))
		return error_say(err, errlen, -ESRCH,
				 "thread %d belongs to process %d, not to %d%s", tid, of,
				 f->tgid[0], f->nr_tgids > 1 ? " or another one given" : "");
	return check_kernel_thread(t, tid, err, errlen);
}

static int check_namespace(struct tracer *t, char *err, size_t errlen)
{
	const struct filter *f = &t->opts.filter;
	pid_t any = f->nr_tgids ? f->tgid[0] : f->nr_tids ? f->tid[0] : 0;
	uint32_t id;

	if (!any || !pidns_to_global(any, &id))
		return 0;
	return error_say(
		err, errlen, -ENOTSUP,
		"cannot translate the id %d out of this pid namespace; run in the initial one",
		any);
}

static int check_cpus(struct tracer *t, char *err, size_t errlen)
{
	const struct filter *f = &t->opts.filter;

	for (uint32_t cpu = t->nr_cpus; f->cpus && cpu < FILTER_MAX_CPUS; cpu++)
		if (f->cpus[cpu / 64] >> cpu % 64 & 1)
			return error_say(err, errlen, -EINVAL,
					 "there is no CPU %u; this machine has 0 to %u", cpu,
					 t->nr_cpus - 1);
	return 0;
}

int filter_check(struct tracer *t, char *err, size_t errlen)
{
	const struct filter *f = &t->opts.filter;
	int ret = 0;
	uint32_t i;

	for (i = 0; !ret && i < f->nr_tgids; i++)
		ret = check_process(t, f->tgid[i], err, errlen);
	for (i = 0; !ret && i < f->nr_tids; i++)
		ret = check_thread(t, f->tid[i], err, errlen);
	ret = ret ?: check_namespace(t, err, errlen);
	return ret ?: check_cpus(t, err, errlen);
}

/* ---- constants ------------------------------------------------------------------------------- */

static int pack_globs(struct tracer_settings *s, const struct filter *f, char *err, size_t errlen)
{
	for (uint32_t i = 0; i < f->nr_globs; i++) {
		int ret = s->nr_globs ? glob_add(&s->glob[s->nr_globs - 1], f->glob[i]) : -ENOSPC;

		if (ret == -ENOSPC && s->nr_globs == TRACER_MAX_GLOBS)
			return error_say(err, errlen, -E2BIG,
					 "too many patterns of names: %u of %u fit", i,
					 f->nr_globs);
		if (ret == -ENOSPC)
			ret = glob_compile(&s->glob[s->nr_globs++], f->glob[i]);
		if (ret)
			return error_say(err, errlen, -EINVAL, "'%s' is not a valid shell pattern",
					 f->glob[i]);
	}
	s->by_name = f->nr_globs != 0;
	return 0;
}

static int find_cgroups(struct tracer *t, char *err, size_t errlen)
{
	const struct filter *f = &t->opts.filter;
	struct cgroup_hierarchy *h = &t->hierarchy, *first;
	int ret = 0;

	t->cgroup_id = calloc(f->nr_cgroups ?: 1, sizeof(*t->cgroup_id));
	first = malloc(sizeof(*first));
	if (!t->cgroup_id || !first)
		ret = error_say(err, errlen, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < f->nr_cgroups && !ret; i++) {
		ret = cgroup_find(f->cgroup[i], h, &t->cgroup_id[i], err, errlen);
		if (!i)
			*first = *h;
		else if (!ret && h->dev != first->dev)
			ret = error_say(
				err, errlen, -EINVAL,
				"'%s' and '%s' lie in different hierarchies of cgroups; give those of one",
				f->cgroup[0], f->cgroup[i]);
	}
	free(first);
	return ret;
}

int filter_settings(struct tracer *t, char *err, size_t errlen)
{
	const struct filter *f = &t->opts.filter;
	struct tracer_settings *s = t->settings;
	int ret;

	s->by_thread = f->nr_tids != 0;
	s->by_cpu = f->cpus != NULL;
	if (f->cpus)
		memcpy(s->cpus, f->cpus, sizeof(s->cpus));
	ret = find_cgroups(t, err, errlen);
	if (ret)
		return ret;
	s->by_cgroup = f->nr_cgroups != 0;
	s->cgroup_controller = t->hierarchy.controller;
	return pack_globs(s, f, err, errlen);
}

/* ---- maps ------------------------------------------------------------------------------------ */

static int set_size(struct tracer *t, const char *name, uint32_t nr)
{
	return bpf_map__set_max_entries(bpf_object__find_map_by_name(t->obj, name), nr ?: 1);
}

int filter_sizes(struct tracer *t)
{
	return set_size(t, "wanted_threads", t->opts.filter.nr_tids)
		       ?: set_size(t, "wanted_cgroups", t->opts.filter.nr_cgroups);
}

static int seed_thread(struct tracer *t, pid_t tid)
{
	struct tracer_thread key = { .tid = (uint32_t)own_tid(tid) };
	pid_t of = process_of_thread(tid);
	uint32_t one = 1;
	int ret;

	if (of < 0)
		return -ESRCH;
	ret = pidns_to_global(of, &key.tgid);
	if (!ret && bpf_map_update_elem(tracer_map_fd(t, "wanted_threads"), &key, &one, BPF_ANY))
		ret = -errno;
	/* Where processes were given they are the set, and this one is among them or may join. */
	return ret ?: t->opts.filter.nr_tgids ? 0 : process_add(t, of, 0);
}

int filter_seed(struct tracer *t, char *err, size_t errlen)
{
	const struct filter *f = &t->opts.filter;
	const uint32_t one = 1;
	uint32_t i;
	int ret;

	for (i = 0; i < f->nr_cgroups; i++)
		if (bpf_map_update_elem(tracer_map_fd(t, "wanted_cgroups"), &t->cgroup_id[i], &one,
					BPF_ANY))
			return error_explain(err, errlen, -errno, "trace cgroup %s", f->cgroup[i]);
	for (i = 0; t->by_process && i < f->nr_tgids; i++) {
		ret = process_add(t, f->tgid[i], 0);
		if (ret)
			return error_explain(err, errlen, ret, "trace process %d", f->tgid[i]);
	}
	for (i = 0; i < f->nr_tids; i++) {
		ret = seed_thread(t, f->tid[i]);
		if (ret)
			return error_explain(err, errlen, ret, "trace thread %d", f->tid[i]);
	}
	return 0;
}

void filter_unload(struct tracer *t)
{
	filter_free(&t->opts.filter);
	free(t->cgroup_id);
	t->cgroup_id = NULL;
}
