// SPDX-License-Identifier: GPL-2.0-only
#include "lib/target/sites.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/target/notes.h"

struct reading {
	struct elf_file file;
	const char *provider, *name;
	struct usdt_site *site;
	int nr;
};

/* Where in the file the byte of @addr lies; -EINVAL: it is not loaded from the file. */
static int file_offset(Elf *elf, uint64_t addr, uint64_t *offset)
{
	size_t nr;
	GElf_Phdr ph;

	if (elf_getphdrnum(elf, &nr))
		return -EINVAL;
	for (size_t i = 0; i < nr; i++) {
		if (!gelf_getphdr(elf, (int)i, &ph) || ph.p_type != PT_LOAD || addr < ph.p_vaddr ||
		    addr - ph.p_vaddr >= ph.p_filesz)
			continue;
		*offset = addr - ph.p_vaddr + ph.p_offset;
		return 0;
	}
	return -EINVAL;
}

static int add_site(const struct usdt_note *n, void *arg)
{
	struct usdt_site site = { 0 }, *grown;
	struct reading *r = arg;

	if (strcmp(n->provider, r->provider) || strcmp(n->name, r->name))
		return 0;
	if (r->nr == SITES_MAX || file_offset(r->file.elf, n->site, &site.offset))
		return -EINVAL;
	if (n->semaphore && file_offset(r->file.elf, n->semaphore, &site.semaphore))
		return -EINVAL;
	grown = reallocarray(r->site, (size_t)r->nr + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	r->site = grown;
	site.args = strdup(n->args);
	if (!site.args)
		return -ENOMEM;
	r->site[r->nr++] = site;
	return 0;
}

int sites_read(const char *path, const char *provider, const char *name, struct usdt_site **sites)
{
	struct reading r = { .provider = provider, .name = name };
	int ret = elf_file_open(&r.file, path, -1);

	if (ret)
		return ret == -ENOEXEC ? -EINVAL : ret;
	ret = notes_each(&r.file, add_site, &r);
	elf_file_close(&r.file);
	if (!ret && !r.nr)
		ret = -ENOENT;
	if (ret) {
		sites_free(r.site, r.nr);
		return ret;
	}
	*sites = r.site;
	return r.nr;
}

void sites_free(struct usdt_site *sites, int nr)
{
	for (int i = 0; i < nr; i++)
		free(sites[i].args);
	free(sites);
}
