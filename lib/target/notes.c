// SPDX-License-Identifier: GPL-2.0-only
#include "lib/target/notes.h"

#include <errno.h>
#include <string.h>

/* The string at @s, which ends before @end; moves *@s behind it. */
static const char *string_at(const char **s, const char *end)
{
	const char *text = *s, *nul = text < end ? memchr(text, 0, (size_t)(end - text)) : NULL;

	if (!nul)
		return NULL;
	*s = nul + 1;
	return text;
}

/*
 * Three addresses (site, where the linker thought .stapsdt.base was, semaphore), then the strings
 * provider, name, arguments. @base is where .stapsdt.base is: prelink moves it.
 */
static int note_parse(struct usdt_note *n, const char *desc, size_t len, uint64_t base)
{
	const char *at = desc + 3 * sizeof(uint64_t), *end = desc + len;
	uint64_t addr[3];

	if (len < sizeof(addr))
		return -EINVAL;
	memcpy(addr, desc, sizeof(addr));
	n->provider = string_at(&at, end);
	n->name = n->provider ? string_at(&at, end) : NULL;
	if (!n->name)
		return -EINVAL;
	n->args = string_at(&at, end) ?: "";
	if (base) {
		addr[0] += base - addr[1];
		if (addr[2])
			addr[2] += base - addr[1];
	}
	n->site = addr[0];
	n->semaphore = addr[2];
	return 0;
}

struct walk {
	int (*each)(const struct usdt_note *n, void *arg);
	void *arg;
	uint64_t base;
};

static int each_note(const struct elf_note *n, void *arg)
{
	struct usdt_note note;
	struct walk *w = arg;
	int ret;

	if (n->type != 3)
		return 0;
	ret = note_parse(&note, n->desc, n->desc_size, w->base);
	return ret ?: w->each(&note, w->arg);
}

int notes_each(const struct elf_file *f, int (*each)(const struct usdt_note *n, void *arg),
	       void *arg)
{
	struct walk w = { .each = each, .arg = arg };
	GElf_Shdr sh;

	if (elf_file_section(f, ".stapsdt.base", SHT_NULL, &sh))
		w.base = sh.sh_addr;
	return elf_file_notes(f, ".note.stapsdt", "stapsdt", each_note, &w);
}
