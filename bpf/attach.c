// SPDX-License-Identifier: GPL-2.0-only
/* Attaching a tracer's programs: to tracepoints and iterators; probes are attach_usdt.c's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/tracer_impl.h"

/* A place for one more link, which belongs to @t from now on and goes with the next detach. */
static struct tracer_link *new_link(struct tracer *t)
{
	struct tracer_link *grown = reallocarray(t->link, t->nr_links + 1, sizeof(*grown));

	if (!grown)
		return NULL;
	t->link = grown;
	return &t->link[t->nr_links++];
}

int attach_keep(struct tracer *t, struct bpf_link *link)
{
	struct tracer_link *l = new_link(t);

	if (!l) {
		bpf_link__destroy(link);
		return -ENOMEM;
	}
	*l = (struct tracer_link){ .link = link, .fd = -1 };
	return 0;
}

int attach_keep_fd(struct tracer *t, int fd)
{
	struct tracer_link *l = new_link(t);

	if (!l) {
		close(fd);
		return -ENOMEM;
	}
	*l = (struct tracer_link){ .fd = fd };
	return 0;
}

void attach_undo(struct tracer *t)
{
	bpf_link__destroy(t->waiting);
	t->waiting = NULL;
	while (t->nr_links) {
		struct tracer_link *l = &t->link[--t->nr_links];

		if (l->link)
			bpf_link__destroy(l->link);
		else
			close(l->fd);
	}
	t->nr_specs = 0;
}

int attach_program(struct tracer *t, const char *name, char *err, size_t errlen)
{
	struct bpf_program *p = bpf_object__find_program_by_name(t->obj, name);
	struct bpf_link *link;

	if (!p)
		return error_say(err, errlen, -ENOENT, "there is no program %s", name);
	error_log_start();
	link = bpf_program__attach(p);
	if (!link)
		return error_explain(err, errlen, -errno, "attach %s", name);
	return attach_keep(t, link);
}

static int attach_iter(struct tracer *t, const char *prog, struct bpf_link **link, char *err,
		       size_t errlen)
{
	struct bpf_program *p = bpf_object__find_program_by_name(t->obj, prog);

	if (!p)
		return error_say(err, errlen, -ENOENT, "there is no program %s", prog);
	error_log_start();
	*link = bpf_program__attach_iter(p, NULL);
	return *link ? 0 : error_explain(err, errlen, -errno, "attach the iterator %s", prog);
}

/* 0 or -errno */
static int run_iter(const struct bpf_link *link)
{
	int fd = bpf_iter_create(bpf_link__fd(link)), ret;
	char buf[64];
	ssize_t n;

	if (fd < 0)
		return -errno;
	do
		n = read(fd, buf, sizeof(buf));
	while (n > 0 || (n < 0 && errno == EAGAIN));
	ret = n < 0 ? -errno : 0;
	close(fd);
	return ret;
}

int attach_iter_once(struct tracer *t, const char *prog, char *err, size_t errlen)
{
	struct bpf_link *link;
	int ret = attach_iter(t, prog, &link, err, errlen);

	if (ret)
		return ret;
	ret = run_iter(link);
	if (ret)
		error_explain(err, errlen, ret, "run the iterator %s", prog);
	bpf_link__destroy(link);
	return ret;
}

int attach_waiting(struct tracer *t, char *err, size_t errlen)
{
	return attach_iter(t, "find_waiting", &t->waiting, err, errlen);
}

int tracer_waiting(struct tracer *t, struct tracer_waiting *w)
{
	struct tracer_found *found = &t->control->found;
	int ret;

	memset(w, 0, sizeof(*w));
	if (!t->waiting || !t->enabled)
		return 0;
	memset(found, 0, sizeof(*found));
	ret = run_iter(t->waiting);
	if (ret || !found->nr)
		return ret;
	w->nr = found->nr;
	w->tid = found->tid;
	w->ns = slab_clock_ns() - found->since_ns;
	snprintf(w->name, sizeof(w->name), "%.*s", TRACER_NAME_LEN, found->name);
	return 0;
}

int attach_without(struct tracer *t, int ret, const char *costs, const char *err)
{
	if (ret != -EPERM && ret != -EACCES)
		return ret;
	if (t->lacks[0])
		return 0;
	if (t->settled)
		snprintf(
			t->lacks, sizeof(t->lacks),
			"%s after an exec: the privilege to look at the process again was given up",
			costs);
	else
		snprintf(t->lacks, sizeof(t->lacks), "%s: %s", costs, err);
	return 0;
}
