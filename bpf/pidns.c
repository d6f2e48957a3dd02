// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/pidns.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "bpf/pidns.skel.h"

/* The initial pid namespace has this inode number on every kernel (PROC_PID_INIT_INO). */
#define INITIAL_PID_NS 4026531836U

static ino_t own_ns(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) ? INITIAL_PID_NS : st.st_ino;
}

static int run(struct pidns_bpf *skel)
{
	struct bpf_link *link = bpf_program__attach_iter(skel->progs.find_id, NULL);
	ssize_t n = -1;
	char buf[16];
	int fd, ret;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	/* The program writes nothing, so one read goes over all tasks. */
	do
		n = fd < 0 ? -1 : read(fd, buf, sizeof(buf));
	while (n > 0 || (n < 0 && errno == EAGAIN));
	ret = n < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return ret;
}

static int translate(uint32_t id, bool local, uint32_t *other)
{
	ino_t ns = own_ns();
	struct pidns_bpf *skel;
	int ret;

	if (ns == INITIAL_PID_NS) {
		*other = id;
		return 0;
	}
	skel = pidns_bpf__open();
	if (!skel)
		return -errno;
	skel->rodata->local_ns = ns;
	ret = pidns_bpf__load(skel);
	if (!ret) {
		skel->bss->wanted = id;
		skel->bss->wanted_is_local = local;
		ret = run(skel);
	}
	if (!ret) {
		*other = skel->bss->found;
		ret = *other ? 0 : -ESRCH;
	}
	pidns_bpf__destroy(skel);
	return ret;
}

int pidns_to_global(pid_t local, uint32_t *global)
{
	return translate(local, true, global);
}

int pidns_to_local(uint32_t global, pid_t *local)
{
	uint32_t id = 0;
	int ret = translate(global, false, &id);

	*local = (pid_t)id;
	return ret;
}
