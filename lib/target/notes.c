// SPDX-License-Identifier: GPL-2.0-only
#include "lib/target/notes.h"

#include <errno.h>
#include <gelf.h>
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

/* The section with the notes, NULL: it has none; *@base: of .stapsdt.base. */
static int find_notes(Elf *elf, Elf_Scn **notes, uint64_t *base)
{
	Elf_Scn *scn = NULL;
	size_t shstr;
	GElf_Shdr sh;

	*notes = NULL;
	*base = 0;
	if (gelf_getclass(elf) != ELFCLASS64 || elf_getshdrstrndx(elf, &shstr))
		return 0;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *name;

		if (!gelf_getshdr(scn, &sh))
			return -EINVAL;
		name = elf_strptr(elf, shstr, sh.sh_name);
		if (!name)
			continue;
		if (sh.sh_type == SHT_NOTE && !strcmp(name, ".note.stapsdt"))
			*notes = scn;
		else if (!strcmp(name, ".stapsdt.base"))
			*base = sh.sh_addr;
	}
	return 0;
}

int notes_each(Elf *elf, int (*each)(const struct usdt_note *n, void *arg), void *arg)
{
	size_t at = 0, name_at, desc_at;
	struct usdt_note note;
	Elf_Data *data;
	Elf_Scn *notes;
	GElf_Nhdr nh;
	uint64_t base;
	int ret = find_notes(elf, &notes, &base);

	if (ret || !notes)
		return ret;
	data = elf_getdata(notes, NULL);
	if (!data)
		return -EINVAL;
	while (at < data->d_size && (at = gelf_getnote(data, at, &nh, &name_at, &desc_at))) {
		const char *buf = data->d_buf;

		if (nh.n_type != 3 || nh.n_namesz != sizeof("stapsdt") ||
		    memcmp(buf + name_at, "stapsdt", sizeof("stapsdt")))
			continue;
		ret = note_parse(&note, buf + desc_at, nh.n_descsz, base);
		ret = ret ?: each(&note, arg);
		if (ret)
			return ret;
	}
	return 0;
}
