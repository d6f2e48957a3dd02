// SPDX-License-Identifier: GPL-2.0-only
#include "lib/record/build.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef KT_BUILD_FLAGS
#define KT_BUILD_FLAGS ""
#endif

struct wanted {
	const char *owner;
	uint32_t type;
	unsigned char *bytes;
	size_t size; /* in: room, out: how many came */
};

/* Looks through @notes, which are those of a segment. */
static bool find_in(Elf_Data *notes, struct wanted *w)
{
	size_t at = 0, next, name, desc, owner_size = strlen(w->owner) + 1;
	GElf_Nhdr note;

	while ((next = gelf_getnote(notes, at, &note, &name, &desc))) {
		const char *bytes = notes->d_buf;

		if (note.n_type == w->type && note.n_namesz == owner_size &&
		    !memcmp(bytes + name, w->owner, owner_size)) {
			if (w->size > note.n_descsz)
				w->size = note.n_descsz;
			memcpy(w->bytes, bytes + desc, w->size);
			return true;
		}
		at = next;
	}
	return false;
}

static int find_in_elf(Elf *elf, struct wanted *w)
{
	size_t nr;

	if (!elf || elf_kind(elf) != ELF_K_ELF || elf_getphdrnum(elf, &nr))
		return -ENOEXEC;
	for (size_t i = 0; i < nr; i++) {
		GElf_Phdr p;
		Elf_Data *notes;

		if (!gelf_getphdr(elf, (int)i, &p) || p.p_type != PT_NOTE)
			continue;
		/* Notes aligned to 8 bytes are laid out differently. */
		notes = elf_getdata_rawchunk(elf, (int64_t)p.p_offset, p.p_filesz,
					     p.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
		if (notes && find_in(notes, w))
			return 0;
	}
	return -ENOENT;
}

static int find_note(const char *path, struct wanted *w)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;
	Elf *elf;

	if (fd < 0)
		return -errno;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	ret = find_in_elf(elf, w);
	elf_end(elf);
	close(fd);
	return ret;
}

int record_build_id(const char *path, char id[RECORD_BUILD_ID_SIZE])
{
	unsigned char bytes[RECORD_BUILD_ID_SIZE / 2];
	struct wanted w = { "GNU", NT_GNU_BUILD_ID, bytes, sizeof(bytes) };
	int ret = find_note(path, &w);

	id[0] = '\0';
	for (size_t i = 0; !ret && i < w.size; i++)
		sprintf(id + 2 * i, "%02x", bytes[i]);
	return ret;
}

int record_build_note(const char *path, const char *owner, uint32_t type, char *text, size_t size)
{
	struct wanted w = { owner, type, (unsigned char *)text, size - 1 };
	int ret = find_note(path, &w);

	text[ret ? 0 : w.size] = '\0';
	return ret;
}

void record_build_self(struct record_build *b)
{
	static char id[RECORD_BUILD_ID_SIZE];

	b->version = KT_VERSION;
	b->build_id = record_build_id("/proc/self/exe", id) ? NULL : id;
#ifdef __clang__
	b->compiler = "clang " __clang_version__;
#else
	b->compiler = "gcc " __VERSION__;
#endif
	b->flags = KT_BUILD_FLAGS;
}
