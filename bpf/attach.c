// SPDX-License-Identifier: GPL-2.0-only
/* Attaching a tracer's programs: to tracepoints, to probes of programs, to iterators. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "bpf/tracer_impl.h"

/* @link belongs to @t from now on and goes with the next detach. */
static int keep_link(struct tracer *t, struct bpf_link *link)
{
	struct bpf_link **grown = reallocarray(t->link, t->nr_links + 1, sizeof(*grown));

	if (!grown) {
		bpf_link__destroy(link);
		return -ENOMEM;
	}
	t->link = grown;
	t->link[t->nr_links++] = link;
	return 0;
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
	return keep_link(t, link);
}

int attach_usdt(struct tracer *t, const char *prog, const char *path, const char *provider,
		const char *name, uint64_t cookie, char *err, size_t errlen)
{
	struct bpf_program *p = bpf_object__find_program_by_name(t->obj, prog);
	LIBBPF_OPTS(bpf_usdt_opts, opts, .usdt_cookie = cookie);
	struct bpf_link *link;

	if (!p)
		return error_say(err, errlen, -ENOENT, "there is no program %s", prog);
	error_log_start();
	link = bpf_program__attach_usdt(p, -1, path, provider, name, &opts);
	if (!link)
		return error_explain_probe(err, errlen, -errno, provider, name);
	return keep_link(t, link);
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
