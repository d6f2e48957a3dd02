// SPDX-License-Identifier: GPL-2.0-only
/* Attaching a tracer's programs: to tracepoints and iterators; probes are attach_usdt.c's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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

int attach_iter_once(struct tracer *t, const char *prog, char *err, size_t errlen)
{
	struct bpf_program *p = bpf_object__find_program_by_name(t->obj, prog);
	struct bpf_link *link;
	char buf[64];
	ssize_t n;
	int fd;

	if (!p)
		return error_say(err, errlen, -ENOENT, "there is no program %s", prog);
	error_log_start();
	link = bpf_program__attach_iter(p, NULL);
	if (!link)
		return error_explain(err, errlen, -errno, "attach the iterator %s", prog);
	fd = bpf_iter_create(bpf_link__fd(link));
	n = fd < 0 ? -1 : 1;
	while (n > 0 || (n < 0 && fd >= 0 && errno == EAGAIN))
		n = read(fd, buf, sizeof(buf));
	if (n < 0)
		error_explain(err, errlen, -errno, "run the iterator %s", prog);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return n < 0 ? -EIO : 0;
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
