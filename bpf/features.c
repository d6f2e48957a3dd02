// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/features.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "bpf/error.h"
#include "bpf/uprobe_multi.h"

const struct feature_text feature_text[NR_FEATURES] = {
	[FEATURE_ATOMICS] = { "atomic operations of BPF", "Linux 5.12 or later" },
	[FEATURE_CURRENT_TASK] = { "typed current task of BPF", "Linux 5.11 or later" },
	[FEATURE_TASK_STORAGE] = { "task storage maps", "Linux 5.13 or later" },
};

static int try_load(const struct bpf_insn *insns, size_t nr)
{
	int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "kt_feature", "GPL", insns, nr, NULL);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* On the stack: exchange what was just stored. */
static int try_atomics(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_STX | BPF_MEM | BPF_DW,
		  .dst_reg = BPF_REG_10,
		  .src_reg = BPF_REG_0,
		  .off = -8 },
		{ .code = BPF_STX | BPF_ATOMIC | BPF_DW,
		  .dst_reg = BPF_REG_10,
		  .src_reg = BPF_REG_0,
		  .off = -8,
		  .imm = BPF_CMPXCHG },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return try_load(insns, sizeof(insns) / sizeof(insns[0]));
}

static int try_current_task(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_current_task_btf },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return try_load(insns, sizeof(insns) / sizeof(insns[0]));
}

int feature_load_program(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return try_load(insns, sizeof(insns) / sizeof(insns[0]));
}

int feature_try(enum feature f)
{
	int ok;

	switch (f) {
	case FEATURE_ATOMICS:
		return try_atomics();
	case FEATURE_CURRENT_TASK:
		return try_current_task();
	default:
		ok = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, NULL);
		/* The library cannot tell refused from unknown. */
		return ok == 1 ? 0 : ok ?: -EINVAL;
	}
}

int features_missing(unsigned int needs, char *text, size_t size)
{
	size_t used = 0;
	int nr = 0;

	text[0] = 0;
	for (enum feature f = 0; f < NR_FEATURES; f++) {
		int ret = needs & FEATURE_BIT(f) ? feature_try(f) : 0;

		if (!ret || ret == -EPERM || used >= size)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s (needs %s)",
					 nr ? " and no " : "", feature_text[f].name,
					 feature_text[f].since);
		nr++;
	}
	return nr;
}

static bool multi_hidden;

int feature_uprobe_multi(void)
{
	return multi_hidden ? -EINVAL : uprobe_multi_try();
}

void feature_hide_uprobe_multi(void)
{
	multi_hidden = true;
}

/* The kernel's types, read once; NULL: it does not show them. */
static const struct btf *kernel_types(void)
{
	static struct btf *kernel;

	error_log_start();
	if (!kernel)
		kernel = btf__load_vmlinux_btf();
	return kernel;
}

int feature_enumerator(const char *of, const char *name)
{
	const struct btf *kernel = kernel_types();
	int id = kernel ? btf__find_by_name_kind(kernel, of, BTF_KIND_ENUM) : -1;
	const struct btf_type *type = id > 0 ? btf__type_by_id(kernel, id) : NULL;

	for (int i = 0; type && i < btf_vlen(type); i++) {
		const struct btf_enum *e = &btf_enum(type)[i];

		if (!strcmp(btf__name_by_offset(kernel, e->name_off), name))
			return e->val;
	}
	return -1;
}

int feature_tracepoint_args(const char *name)
{
	const struct btf *kernel = kernel_types();
	const struct btf_type *type;
	char full[128];
	int id;

	if (!kernel)
		return 0;
	snprintf(full, sizeof(full), "btf_trace_%s", name);
	id = btf__find_by_name_kind(kernel, full, BTF_KIND_TYPEDEF);
	if (id < 0)
		return 0;
	type = btf__type_by_id(kernel, id); /* typedef -> pointer -> function prototype */
	type = type ? btf__type_by_id(kernel, type->type) : NULL;
	type = type && btf_is_ptr(type) ? btf__type_by_id(kernel, type->type) : NULL;
	/* its first parameter is the tracepoint's private data */
	return type && btf_is_func_proto(type) ? btf_vlen(type) - 1 : 0;
}
