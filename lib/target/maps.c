// SPDX-License-Identifier: GPL-2.0-only
#include "lib/target/maps.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "lib/target/elf_file.h"

int maps_each(pid_t pid, int (*each)(const struct mapping *m, void *arg), void *arg)
{
	char name[64], *line = NULL;
	size_t size = 0;
	int ret = 0;
	FILE *in;

	snprintf(name, sizeof(name), "/proc/%d/maps", pid);
	in = fopen(name, "re");
	if (!in)
		return errno == ENOENT ? -ESRCH : -errno;
	errno = 0;
	while (!ret && getline(&line, &size, in) > 0) {
		struct mapping m = { .pid = pid };
		unsigned int major, minor;
		unsigned long ino;
		char perm[5];
		int at = 0;

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %lu %n", &m.start,
			   &m.end, perm, &m.offset, &major, &minor, &ino, &at) < 7 ||
		    line[at] != '/')
			continue;
		line[strcspn(line, "\n")] = 0;
		m.executable = perm[2] == 'x';
		m.dev = makedev(major, minor);
		m.ino = ino;
		m.path = line + at;
		ret = each(&m, arg);
	}
	/* A process that ends while it is read gives ESRCH in the middle. */
	if (!ret && ferror(in))
		ret = -errno;
	free(line);
	fclose(in);
	return ret;
}

/*
 * 0, -ENOENT: it is another file, or -errno. Overlay and btrfs show another device in maps than in
 * stat: where the path can only be right, the inode number has to do.
 */
static int leads_to(const char *path, const struct mapping *m, bool same_device)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	return S_ISREG(st.st_mode) && st.st_ino == m->ino && (!same_device || st.st_dev == m->dev)
		       ? 0
		       : -ENOENT;
}

int mapping_open_path(const struct mapping *m, char *out, size_t len)
{
	int ret;

	snprintf(out, len, "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, m->pid, m->start, m->end);
	if (!leads_to(out, m, false))
		return 0;
	snprintf(out, len, "/proc/%d/root%s", m->pid, m->path);
	ret = leads_to(out, m, false);
	if (ret != -EACCES && ret != -EPERM)
		return ret;
	/* Another user's process: perhaps it sees what we see. */
	snprintf(out, len, "%s", m->path);
	return leads_to(out, m, true) ? ret : 0;
}

int mapping_bias(const struct mapping *m, const char *path, uint64_t *bias)
{
	struct elf_file e;
	int ret = elf_file_open(&e, path, -1);
	size_t nr = 0;
	GElf_Phdr ph;

	if (ret)
		return ret;
	ret = -ENOENT;
	if (!elf_getphdrnum(e.elf, &nr))
		for (size_t i = 0; i < nr && ret; i++) {
			if (!gelf_getphdr(e.elf, (int)i, &ph) || ph.p_type != PT_LOAD ||
			    m->offset + (m->end - m->start) <= ph.p_offset ||
			    m->offset >= ph.p_offset + ph.p_filesz || !(ph.p_flags & PF_X))
				continue;
			*bias = m->start - m->offset - (ph.p_vaddr - ph.p_offset);
			ret = 0;
		}
	elf_file_close(&e);
	return ret;
}
