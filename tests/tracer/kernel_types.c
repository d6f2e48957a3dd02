// SPDX-License-Identifier: GPL-2.0-only
/*
 * Do the programs load where the kernel's types are those of an older one, or of a newer one?
 *
 *	kernel_types FILE	(FILE: room for a copy of the kernel's BTF)
 *
 * A copy of this kernel's BTF gets the members' other names and sizes; libbpf relocates the programs
 * by it. What such a program then reads would be wrong, so none is attached.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/tracer_shared.h"

#include "bpf/park_shared.h"
#include "bpf/park.skel.h"
#include "bpf/wakeup.skel.h"
#include "bpf/workqueue_shared.h"
#include "bpf/workqueue_state.h"
#include "bpf/workqueue.skel.h"

static char last[512];

static int keep_last(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	if (level == LIBBPF_WARN)
		vsnprintf(last, sizeof(last), fmt, ap);
	return 0;
}

/* Names in BTF are offsets of strings: one that ends like another is a few bytes further on. */
static void rename_member(struct btf *btf, const char *type, const char *member, unsigned int skip)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);
	struct btf_type *t = id < 0 ? NULL : (struct btf_type *)btf__type_by_id(btf, id);
	struct btf_member *m = t ? btf_members(t) : NULL;

	for (unsigned int i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, m[i].name_off), member))
			m[i].name_off += skip;
}

/* A member becomes of another type. */
static void retype(struct btf *btf, const char *type, const char *member, const char *to)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);
	int other = btf__find_by_name_kind(btf, to, BTF_KIND_TYPEDEF);
	struct btf_type *t =
		id < 0 || other < 0 ? NULL : (struct btf_type *)btf__type_by_id(btf, id);
	struct btf_member *m = t ? btf_members(t) : NULL;

	for (unsigned int i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, m[i].name_off), member))
			m[i].type = (__u32)other;
}

static void rename_enum(struct btf *btf, const char *type, unsigned int skip)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_ENUM);

	if (id >= 0)
		((struct btf_type *)btf__type_by_id(btf, id))->name_off += skip;
}

static int write_types(const char *path)
{
	struct btf *btf = btf__load_vmlinux_btf();
	const void *raw;
	__u32 size;
	FILE *out;

	if (!btf)
		return -errno;
	rename_member(btf, "task_struct", "__state", 2);	/* state: before 5.14 */
	rename_member(btf, "task_struct", "worker_private", 1); /* none: before 5.17 */
	rename_member(btf, "kthread", "full_name", 1);
	retype(btf, "worker_pool", "nr_running", "atomic_t"); /* before 5.18 */
	retype(btf, "task_struct", "on_cpu", "u8");	      /* by 7.2 */
	retype(btf, "task_struct", "on_rq", "u8");
	rename_enum(btf, "work_bits", 1); /* without a name: before 6.9 */
	raw = btf__raw_data(btf, &size);
	out = raw ? fopen(path, "w") : NULL;
	if (!out || fwrite(raw, size, 1, out) != 1 || fclose(out))
		return -EIO;
	btf__free(btf);
	return 0;
}

static int report(const char *name, int err)
{
	if (!err)
		return 0;
	printf("FAIL: %s does not load: %s %s", name, strerror(-err), last);
	return 1;
}

static int wakeup_fails(const struct bpf_object_open_opts *opts)
{
	static const char *const programs[] = { "on_sched_switch", "on_sched_migrate_task",
						"on_sched_wakeup", "on_sched_wakeup_new",
						"on_sched_waking" };
	struct wakeup_bpf *s = wakeup_bpf__open_opts(opts);
	int err = s ? 0 : -errno;

	for (size_t i = 0; s && i < sizeof(programs) / sizeof(programs[0]); i++)
		bpf_program__set_autoload(bpf_object__find_program_by_name(s->obj, programs[i]),
					  true);
	err = err ?: wakeup_bpf__load(s);
	wakeup_bpf__destroy(s);
	return report("wakeup", err);
}

static int park_fails(const struct bpf_object_open_opts *opts)
{
	struct park_bpf *s = park_bpf__open_opts(opts);
	int err = s ? 0 : -errno;

	if (s) {
		bpf_program__set_autoload(s->progs.on_sched_switch, true);
		bpf_program__set_autoload(s->progs.on_sched_waking, true);
	}
	err = err ?: park_bpf__load(s);
	park_bpf__destroy(s);
	return report("park", err);
}

static int workqueue_fails(const struct bpf_object_open_opts *opts)
{
	static const char *const programs[] = { "on_worker_exit", "on_end", "on_start",
						"on_activate", "on_queue" };
	struct workqueue_bpf *s = workqueue_bpf__open_opts(opts);
	int err = s ? 0 : -errno;

	for (size_t i = 0; s && i < sizeof(programs) / sizeof(programs[0]); i++)
		bpf_program__set_autoload(bpf_object__find_program_by_name(s->obj, programs[i]),
					  true);
	err = err ?: workqueue_bpf__load(s);
	workqueue_bpf__destroy(s);
	return report("workqueue", err);
}

int main(int argc, char **argv)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = argv[1]);
	int failed;

	libbpf_set_print(keep_last);
	if (argc != 2 || write_types(argv[1])) {
		fprintf(stderr, "kernel_types: cannot write a copy of the kernel's types\n");
		return 1;
	}
	failed = wakeup_fails(&opts) + park_fails(&opts) + workqueue_fails(&opts);
	printf("%d passed, %d failed\n", 3 - failed, failed);
	return failed > 0;
}
