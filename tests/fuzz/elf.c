// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of the readers of ELF files: lib/target's probes, marks, sites and symbols. The files are
 * those of traced processes, which may be anything. tests/fuzz/afl.sh builds and runs it.
 *
 * An input is a file. Beyond what the sanitizers see, each answer must be within its bounds.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/target/sites.h"
#include "lib/target/symbols.h"
#include "lib/target/targets.h"

#include "tests/fuzz/holds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_file(const struct target_file *f)
{
	HOLDS(f->nr_probes && f->nr_probes <= TARGET_MAX_PROBES);
	HOLDS(f->nr_slots <= TARGET_MAX_SLOTS);
	for (uint32_t i = 0; i < f->nr_probes; i++) {
		const struct target_probe *p = &f->probe[i];

		HOLDS(p->nr_sites && strlen(p->provider) < sizeof(p->provider) &&
		      strlen(p->name) < sizeof(p->name));
		HOLDS(target_find(f, p->provider, p->name) == p);
	}
}

static void read_sites(const char *path, const struct target_probe *p)
{
	struct usdt_site *site;
	int nr = sites_read(path, p->provider, p->name, &site);

	HOLDS(nr <= SITES_MAX);
	for (int i = 0; i < nr; i++)
		HOLDS(strlen(site[i].args) < (1U << 30));
	if (nr > 0)
		sites_free(site, nr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct targets t = { 0 };
	uint64_t addr = 0, of = 0;
	char path[64], name[40];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	HOLDS(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	HOLDS(targets_add_file(&t, path, "fuzz") <= 1);
	HOLDS(t.nr + t.nr_others <= 1);
	for (uint32_t i = 0; i < t.nr; i++) {
		check_file(&t.file[i]);
		for (uint32_t k = 0; k < t.file[i].nr_probes && k < 4; k++)
			read_sites(path, &t.file[i].probe[k]);
	}
	targets_find_slots(&t, getpid(), &of);
	symbol_find_in_file(path, "demo_hit", &addr, &of);
	memset(name, 'x', sizeof(name));
	symbol_name_in_file(path, addr + 1, name, sizeof(name));
	HOLDS(memchr(name, 0, sizeof(name)));
	targets_free(&t);
	close(fd);
	return 0;
}
