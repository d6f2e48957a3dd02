// SPDX-License-Identifier: GPL-2.0-only
#include "lib/target/marks.h"

#include <string.h>

#include "lib/probe/mark.h"

static int mark_add(const struct elf_note *n, void *arg)
{
	struct target_file *f = arg;
	uint64_t distance;

	if (n->desc_size != sizeof(distance))
		return 0;
	memcpy(&distance, n->desc, sizeof(distance));
	if (n->type == KT_MARK_FLUSH)
		f->flush = n->desc_addr + distance;
	else if (n->type == KT_MARK_SLOTS && f->nr_slots < TARGET_MAX_SLOTS)
		f->slots[f->nr_slots++] = n->desc_addr + distance;
	return 0;
}

void marks_read(struct target_file *f, const struct elf_file *e)
{
	elf_file_notes(e, KT_MARK_SECTION, KT_MARK_OWNER, mark_add, f);
}
