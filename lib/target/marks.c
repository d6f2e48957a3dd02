// SPDX-License-Identifier: GPL-2.0-only
#include "lib/target/marks.h"

#include <string.h>

#include "lib/probe/mark.h"

#include "lib/target/elf_file.h"

/* One note as it stands in its section. */
struct note {
	uint32_t type;
	const char *owner;
	size_t owner_size;
	const char *desc;
	size_t desc_size;
	uint64_t desc_addr;
};

static size_t aligned(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

/* The note at @at of a section's @d; 0: there is no further one, else where the next one begins. */
static size_t note_at(const Elf_Data *d, uint64_t addr, size_t at, struct note *n)
{
	const char *bytes = d->d_buf;
	uint32_t head[3];
	size_t left;

	if (at >= d->d_size || d->d_size - at < sizeof(head))
		return 0;
	memcpy(head, bytes + at, sizeof(head));
	at += sizeof(head);
	left = d->d_size - at;
	if (head[0] > left || aligned(head[0]) > left || head[1] > left - aligned(head[0]))
		return 0;
	n->owner = bytes + at;
	n->owner_size = head[0];
	n->desc = n->owner + aligned(head[0]);
	n->desc_size = head[1];
	n->type = head[2];
	n->desc_addr = addr + at + aligned(head[0]);
	return at + aligned(head[0]) + aligned(head[1]);
}

static void mark_add(struct target_file *f, const struct note *n)
{
	uint64_t distance;

	if (n->owner_size != sizeof(KT_MARK_OWNER) ||
	    memcmp(n->owner, KT_MARK_OWNER, n->owner_size) || n->desc_size != sizeof(distance))
		return;
	memcpy(&distance, n->desc, sizeof(distance));
	if (n->type == KT_MARK_FLUSH)
		f->flush = n->desc_addr + distance;
	else if (n->type == KT_MARK_SLOTS && f->nr_slots < TARGET_MAX_SLOTS)
		f->slots[f->nr_slots++] = n->desc_addr + distance;
}

void marks_read(struct target_file *f)
{
	struct elf_strings names;
	Elf_Scn *scn = NULL;
	struct elf_file e;
	GElf_Shdr sh;
	size_t index;

	if (elf_file_open(&e, NULL, f->fd))
		return;
	if (elf_getshdrstrndx(e.elf, &index))
		goto close;
	names = elf_file_strings(&e, index);
	while ((scn = elf_nextscn(e.elf, scn))) {
		const char *name = gelf_getshdr(scn, &sh) ? elf_string(&names, sh.sh_name) : NULL;
		size_t at = 0;
		struct note n;
		Elf_Data *d;

		if (!name || sh.sh_type != SHT_NOTE || strcmp(name, KT_MARK_SECTION))
			continue;
		d = elf_file_data(&e, scn, &sh);
		while (d && (at = note_at(d, sh.sh_addr, at, &n)))
			mark_add(f, &n);
	}
close:
	elf_file_close(&e);
}
