// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/uprobe_multi.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

/* The command's number and arguments, as the kernel's interface has them since 6.6. */
#define LINK_CREATE 28

struct link_create {
	uint32_t prog_fd;
	uint32_t target_fd;
	uint32_t attach_type;
	uint32_t flags;
	uint64_t path;
	uint64_t offsets;
	uint64_t ref_ctr_offsets;
	uint64_t cookies;
	uint32_t cnt;
	uint32_t multi_flags;
	uint32_t pid;
	uint32_t reserved;
};

int uprobe_multi_link(int prog, const struct uprobe_multi *at)
{
	struct link_create arg = {
		.prog_fd = (uint32_t)prog,
		.attach_type = UPROBE_MULTI_ATTACH_TYPE,
		.path = (uint64_t)(uintptr_t)at->path,
		.offsets = (uint64_t)(uintptr_t)at->offset,
		.ref_ctr_offsets = (uint64_t)(uintptr_t)at->semaphore,
		.cookies = (uint64_t)(uintptr_t)at->cookie,
		.cnt = at->nr,
	};
	int fd = (int)syscall(SYS_bpf, LINK_CREATE, &arg, sizeof(arg));

	return fd < 0 ? -errno : fd;
}

/* A directory has no code: a kernel that knows such links says so (EBADF) and attaches nothing. */
static int try_link(int prog)
{
	const uint64_t none = 0;
	const struct uprobe_multi at = { .path = "/", .nr = 1, .offset = &none };
	int ret = uprobe_multi_link(prog, &at);

	if (ret >= 0)
		close(ret);
	return ret == -EBADF ? 0 : ret < 0 ? ret : -EINVAL;
}

int uprobe_multi_try(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, o, .expected_attach_type = UPROBE_MULTI_ATTACH_TYPE);
	int prog = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "kt_multi", "GPL", insns, 2, &o), ret;

	if (prog < 0)
		return prog;
	ret = try_link(prog);
	close(prog);
	return ret;
}
