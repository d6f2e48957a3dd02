// SPDX-License-Identifier: GPL-2.0-only
#include "lib/target/sites.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/target/notes.h"

struct reading {
	Elf *elf;
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
	if (r->nr == SITES_MAX || file_offset(r->elf, n->site, &site.offset))
		return -EINVAL;
	if (n->semaphore && file_offset(r->elf, n->semaphore, &site.semaphore))
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
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret = -EINVAL;

	if (fd < 0)
		return -errno;
	elf_version(EV_CURRENT);
	r.elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (r.elf && elf_kind(r.elf) == ELF_K_ELF)
		ret = notes_each(r.elf, add_site, &r);
	elf_end(r.elf);
	close(fd);
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
