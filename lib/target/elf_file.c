// SPDX-License-Identifier: GPL-2.0-only
#include "lib/target/elf_file.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Symbols of the largest programs there are need less. */
#define MAX_SECTION_BYTES (512ULL << 20)

#if __BYTE_ORDER == __LITTLE_ENDIAN
#define OUR_DATA ELFDATA2LSB
#else
#define OUR_DATA ELFDATA2MSB
#endif

int elf_file_open_plain(const char *path)
{
	/* A path may lead to a pipe by the time it is opened. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), ret;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		return fd;
	ret = S_ISREG(st.st_mode) ? -errno : -ENOEXEC;
	close(fd);
	return ret;
}

/*
 * Before libelf believes it. Sections beyond 65 279 are counted elsewhere: no linked program has
 * them, and libelf would make room for as many as it says.
 */
static int check_header(int fd, uint64_t size)
{
	Elf64_Ehdr h;

	if (size < sizeof(h) || pread(fd, &h, sizeof(h), 0) != sizeof(h) ||
	    memcmp(h.e_ident, ELFMAG, SELFMAG) || h.e_ident[EI_CLASS] != ELFCLASS64 ||
	    h.e_ident[EI_DATA] != OUR_DATA)
		return -ENOEXEC;
	if (h.e_shoff && (!h.e_shnum || h.e_shentsize != sizeof(Elf64_Shdr)))
		return -ENOEXEC;
	if (h.e_phnum == PN_XNUM || (h.e_phnum && h.e_phentsize != sizeof(Elf64_Phdr)))
		return -ENOEXEC;
	return 0;
}

int elf_file_open(struct elf_file *f, const char *path, int fd)
{
	struct stat st;
	int ret;

	f->fd = path ? elf_file_open_plain(path) : fd;
	f->elf = NULL;
	if (f->fd < 0)
		return f->fd;
	if (fstat(f->fd, &st)) {
		ret = -errno;
		goto close_fd;
	}
	f->size = (uint64_t)st.st_size;
	ret = S_ISREG(st.st_mode) ? check_header(f->fd, f->size) : -ENOEXEC;
	if (ret)
		goto close_fd;
	elf_version(EV_CURRENT);
	f->elf = elf_begin(f->fd, ELF_C_READ, NULL);
	if (!f->elf || elf_kind(f->elf) != ELF_K_ELF || gelf_getclass(f->elf) != ELFCLASS64) {
		ret = -ENOEXEC;
		elf_end(f->elf);
		goto close_fd;
	}
	if (!path)
		f->fd = -1;
	return 0;

close_fd:
	if (path)
		close(f->fd);
	return ret;
}

void elf_file_close(struct elf_file *f)
{
	elf_end(f->elf);
	if (f->fd >= 0)
		close(f->fd);
}

Elf_Data *elf_file_data(const struct elf_file *f, Elf_Scn *scn, const GElf_Shdr *sh)
{
	Elf_Data *data;

	if (sh->sh_type == SHT_NOBITS || sh->sh_size > MAX_SECTION_BYTES ||
	    sh->sh_offset > f->size || sh->sh_size > f->size - sh->sh_offset)
		return NULL;
	data = elf_rawdata(scn, NULL);
	return data && data->d_buf && data->d_size ? data : NULL;
}

struct elf_strings elf_file_strings(const struct elf_file *f, size_t index)
{
	struct elf_strings s = { NULL, 0 };
	Elf_Scn *scn = elf_getscn(f->elf, index);
	Elf_Data *data;
	GElf_Shdr sh;

	if (!scn || !gelf_getshdr(scn, &sh))
		return s;
	data = elf_file_data(f, scn, &sh);
	if (!data || ((const char *)data->d_buf)[data->d_size - 1])
		return s;
	s.text = data->d_buf;
	s.size = data->d_size;
	return s;
}

const char *elf_string(const struct elf_strings *s, size_t at)
{
	return at < s->size ? s->text + at : NULL;
}

Elf_Scn *elf_file_section(const struct elf_file *f, const char *name, uint32_t type, GElf_Shdr *sh)
{
	struct elf_strings names;
	Elf_Scn *scn = NULL;
	size_t index;

	if (elf_getshdrstrndx(f->elf, &index))
		return NULL;
	names = elf_file_strings(f, index);
	while ((scn = elf_nextscn(f->elf, scn))) {
		const char *own = gelf_getshdr(scn, sh) ? elf_string(&names, sh->sh_name) : NULL;

		if (own && !strcmp(own, name) && (type == SHT_NULL || sh->sh_type == type))
			return scn;
	}
	return NULL;
}

static size_t aligned(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

int elf_file_notes(const struct elf_file *f, const char *section, const char *owner,
		   int (*each)(const struct elf_note *n, void *arg), void *arg)
{
	size_t at = 0, left, name_size;
	const char *bytes;
	struct elf_note n;
	uint32_t head[3]; /* sizes of owner and descriptor, type */
	Elf_Data *data;
	GElf_Shdr sh;
	Elf_Scn *scn = elf_file_section(f, section, SHT_NOTE, &sh);
	int ret;

	data = scn ? elf_file_data(f, scn, &sh) : NULL;
	if (!data)
		return 0;
	bytes = data->d_buf;
	while (data->d_size - at >= sizeof(head)) {
		memcpy(head, bytes + at, sizeof(head));
		at += sizeof(head);
		left = data->d_size - at;
		name_size = aligned(head[0]);
		if (name_size > left || head[1] > left - name_size)
			return -EINVAL;
		n.type = head[2];
		n.desc = bytes + at + name_size;
		n.desc_size = head[1];
		n.desc_addr = sh.sh_addr + at + name_size;
		ret = head[0] == strlen(owner) + 1 && !memcmp(bytes + at, owner, head[0])
			      ? each(&n, arg)
			      : 0;
		if (ret)
			return ret;
		at += name_size + aligned(head[1]);
		/* The last one need not be filled up. */
		if (at > data->d_size)
			at = data->d_size;
	}
	return 0;
}
