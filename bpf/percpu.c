// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/percpu.h"

#include <errno.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

/* Offset of the variable @name in the section of per-CPU variables, and its type. */
static int find_variable(const struct btf *btf, const char *name, uint64_t *offset, uint32_t *type)
{
	int id = btf__find_by_name_kind(btf, ".data..percpu", BTF_KIND_DATASEC);
	const struct btf_type *section = id < 0 ? NULL : btf__type_by_id(btf, (uint32_t)id);
	const struct btf_var_secinfo *var;

	if (!section)
		return -ENOENT;
	var = btf_var_secinfos(section);
	for (uint32_t i = 0; i < btf_vlen(section); i++) {
		const struct btf_type *v = btf__type_by_id(btf, var[i].type);

		if (strcmp(btf__name_by_offset(btf, v->name_off), name))
			continue;
		*offset = var[i].offset;
		*type = v->type;
		return 0;
	}
	return -ENOENT;
}

static int find_member(const struct btf *btf, uint32_t type, const char *name, uint64_t *offset)
{
	int id = btf__resolve_type(btf, type);
	const struct btf_type *t = id < 0 ? NULL : btf__type_by_id(btf, (uint32_t)id);
	const struct btf_member *m;

	if (!t || !btf_is_composite(t))
		return -ENOENT;
	m = btf_members(t);
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		uint32_t at = btf_member_bit_offset(t, i) / 8;

		/* From 6.2 to 6.14 it stands within a struct in a union without names. */
		if (!strcmp(btf__name_by_offset(btf, m[i].name_off), name) ||
		    (!m[i].name_off && !find_member(btf, m[i].type, name, offset))) {
			*offset += at;
			return 0;
		}
	}
	return -ENOENT;
}

int percpu_preempt_count(uint64_t *distance)
{
	struct btf *btf = btf__load_vmlinux_btf();
	uint64_t queue, count, member = 0;
	uint32_t type;
	int ret;

	if (!btf)
		return -errno;
	ret = find_variable(btf, "runqueues", &queue, &type);
	if (!ret && find_variable(btf, "__preempt_count", &count, &type)) {
		ret = find_variable(btf, "pcpu_hot", &count, &type);
		ret = ret ?: find_member(btf, type, "preempt_count", &member);
	}
	if (!ret)
		*distance = count + member - queue;
	btf__free(btf);
	return ret;
}
