// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/usdt_kind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct bpf_program *kernel_program(const struct tracer *t, uint32_t i)
{
	return bpf_object__find_program_by_name(t->obj, t->ops->usdt->kernel_programs[i]);
}

/* The tracepoint of a program stands in its section: tp_btf/NAME. */
static bool has_tracepoint(const struct bpf_program *p)
{
	const char *name = strchr(bpf_program__section_name(p), '/');

	return !name || feature_tracepoint_args(name + 1);
}

int usdt_kind_open(struct tracer *t, char *err, size_t errlen)
{
	const struct usdt_kind *k = t->ops->usdt;
	struct usdt_files *files = calloc(1, k->size ?: sizeof(*files));
	bool kernel = t->opts.kthreads;
	int ret;

	if (!files)
		return error_say(err, errlen, -ENOMEM, "out of memory");
	t->kind = files;
	if (t->opts.group == TRACER_GROUP_ARM)
		return error_say(err, errlen, -ENOTSUP, "%ss have no arms to be grouped by",
				 t->ops->about.name);
	for (uint32_t i = 0; kernel && i < k->nr_kernel_programs; i++)
		if (!has_tracepoint(kernel_program(t, i)))
			return error_say(err, errlen, -ENOTSUP, "this kernel has no %s",
					 k->kernel_events);
	files->want = k->want;
	files->nr_want = k->nr_want;
	files->prepare = k->prepare;
	if (!kernel) {
		ret = usdt_files_open(t, files, err, errlen);
		if (ret)
			return ret;
	}
	usdt_files_autoload(t, files);
	for (uint32_t i = 0; i < k->nr_kernel_programs; i++)
		bpf_program__set_autoload(kernel_program(t, i), kernel);
	bpf_program__set_autoload(bpf_object__find_program_by_name(t->obj, "on_thread_exit"), true);
	return 0;
}

int usdt_kind_attach(struct tracer *t, char *err, size_t errlen)
{
	const struct usdt_kind *k = t->ops->usdt;
	int ret = attach_program(t, "on_thread_exit", err, errlen);

	if (ret)
		return ret;
	if (!t->opts.kthreads)
		return usdt_files_attach(t, t->kind, err, errlen);
	for (uint32_t i = 0; i < k->nr_kernel_programs && !ret; i++)
		ret = attach_program(t, k->kernel_programs[i], err, errlen);
	return ret;
}

void usdt_kind_detach(struct tracer *t)
{
	usdt_files_detach(t->kind);
}

int usdt_kind_process(struct tracer *t, pid_t tgid, char *err, size_t errlen)
{
	return t->opts.kthreads ? 1 : usdt_files_process(t, t->kind, tgid, err, errlen);
}

int usdt_kind_poll(struct tracer *t)
{
	return t->opts.kthreads ? 0 : usdt_files_poll(t, t->kind);
}

void usdt_kind_close(struct tracer *t)
{
	usdt_files_free(t->kind);
	free(t->kind);
	t->kind = NULL;
}
