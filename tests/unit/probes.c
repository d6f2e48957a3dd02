// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probes as other tools see them: the notes in the shared library, and in this program, which
 * links the static one. Each site is looked at byte by byte.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kthread/kthread.h>

#include "lib/probe/slot.h"

TestSuite(probes, .timeout = 60);

struct probe {
	const char *provider, *name;
	int nr_args;
	const char *args;
};

static const struct probe probes[] = {
#define PROBE(provider, name, nr, args) { #provider, #name, nr, args },
#define SLOT_PROBE			PROBE
#define WORK_PROBE			PROBE
#include "lib/probe/probes.def"
#undef PROBE
#undef SLOT_PROBE
#undef WORK_PROBE
};
#define NR_PROBES (sizeof(probes) / sizeof(probes[0]))

struct site {
	const struct probe *probe;
	uint64_t pc, base, semaphore;
	char args[128];
};

struct image {
	Elf *elf;
	int fd;
	struct site sites[256];
	unsigned int nr;
};

static const struct probe *find_probe(const char *provider, const char *name)
{
	size_t i;

	for (i = 0; i < NR_PROBES; i++)
		if (!strcmp(probes[i].provider, provider) && !strcmp(probes[i].name, name))
			return &probes[i];
	return NULL;
}

static Elf_Scn *section(struct image *im, const char *name, GElf_Shdr *sh)
{
	Elf_Scn *scn = NULL;
	size_t strings;

	elf_getshdrstrndx(im->elf, &strings);
	while ((scn = elf_nextscn(im->elf, scn))) {
		gelf_getshdr(scn, sh);
		if (!strcmp(elf_strptr(im->elf, strings, sh->sh_name), name))
			return scn;
	}
	return NULL;
}

static void add_site(struct image *im, const char *desc)
{
	struct site *s = &im->sites[im->nr++];
	const char *provider = desc + 24;
	const char *name = provider + strlen(provider) + 1;

	memcpy(&s->pc, desc, 8);
	memcpy(&s->base, desc + 8, 8);
	memcpy(&s->semaphore, desc + 16, 8);
	snprintf(s->args, sizeof(s->args), "%s", name + strlen(name) + 1);
	s->probe = find_probe(provider, name);
	cr_assert(s->probe, "%s:%s is not in probes.def", provider, name);
}

static void image_open(struct image *im, const char *path)
{
	size_t at = 0, name_at, desc_at;
	GElf_Shdr sh;
	GElf_Nhdr note;
	Elf_Data *data;
	Elf_Scn *scn;

	memset(im, 0, sizeof(*im));
	elf_version(EV_CURRENT);
	im->fd = open(path, O_RDONLY);
	cr_assert(im->fd >= 0, "cannot open %s", path);
	im->elf = elf_begin(im->fd, ELF_C_READ, NULL);
	scn = section(im, ".note.stapsdt", &sh);
	cr_assert(scn, "%s has no notes", path);
	data = elf_getdata(scn, NULL);
	while ((at = gelf_getnote(data, at, &note, &name_at, &desc_at))) {
		const char *base = data->d_buf;

		cr_assert_str_eq(base + name_at, "stapsdt");
		cr_assert_eq(note.n_type, 3);
		cr_assert_lt(im->nr, 256);
		add_site(im, base + desc_at);
	}
}

static void image_close(struct image *im)
{
	elf_end(im->elf);
	close(im->fd);
}

/* The bytes of the file that are mapped at @addr. */
static void read_code(struct image *im, uint64_t addr, unsigned char *buf, size_t size)
{
	GElf_Phdr ph;
	size_t n, i;

	elf_getphdrnum(im->elf, &n);
	for (i = 0; i < n; i++) {
		gelf_getphdr(im->elf, (int)i, &ph);
		if (ph.p_type != PT_LOAD || addr < ph.p_vaddr ||
		    addr + size > ph.p_vaddr + ph.p_filesz)
			continue;
		cr_assert_eq(pread(im->fd, buf, size, (off_t)(addr - ph.p_vaddr + ph.p_offset)),
			     (ssize_t)size);
		return;
	}
	cr_assert_fail("address %lx is nowhere in the file", (unsigned long)addr);
}

/*
 * "-4@%eax 8@$5": as many as probes.def says, each of a size and sign of its type, none in memory
 */
static void check_args(const struct site *s)
{
	char copy[128], types[256], *arg, *type, *a = NULL, *t = NULL;
	int n = 0, size;

	strcpy(copy, s->args);
	snprintf(types, sizeof(types), "%s", s->probe->args);
	type = strtok_r(types, ",", &t);
	for (arg = strtok_r(copy, " ", &a); arg; arg = strtok_r(NULL, " ", &a)) {
		cr_assert(type, "%s: more arguments than in probes.def: %s", s->probe->name,
			  s->args);
		size = atoi(arg);
		cr_expect_eq(size, strchr(type, '*') ? (int)sizeof(void *) : -4, "%s: %s for %s",
			     s->probe->name, arg, type);
		cr_expect(!strchr(arg, '(') && !strchr(arg, '['), "%s: operand in memory: %s",
			  s->probe->name, arg);
		type = strtok_r(NULL, ",", &t);
		n++;
	}
	cr_expect_eq(n, s->probe->nr_args, "%s: %s", s->probe->name, s->args);
}

static void check_code(struct image *im, const struct site *s)
{
#ifdef __x86_64__
	static const unsigned char want[] = { 0x90, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0 };
	unsigned char code[sizeof(want)];

	read_code(im, s->pc, code, sizeof(code));
	cr_expect(!memcmp(code, want, sizeof(want)), "%s: no nop and nop10", s->probe->name);
	cr_expect(s->pc % 4096 + sizeof(want) <= 4096, "%s crosses a page", s->probe->name);
	cr_expect_eq(s->pc % 16, 0, "%s is not aligned", s->probe->name);
#else
	(void)im;
	(void)s;
#endif
}

/* Queueing asks once for both. */
static bool share_semaphore(const char *a, const char *b)
{
	return (!strcmp(a, "work_log") && !strcmp(b, "sched_kthread_work_queue_work")) ||
	       (!strcmp(b, "work_log") && !strcmp(a, "sched_kthread_work_queue_work"));
}

static void check_image(struct image *im)
{
	uint64_t semaphore[NR_PROBES] = { 0 };
	unsigned char value[2];
	GElf_Shdr base, sem;
	size_t i, j;

	cr_assert(section(im, ".stapsdt.base", &base));
	cr_assert(section(im, ".probes", &sem));
	cr_expect_eq(sem.sh_type, SHT_PROGBITS, "the kernel counts in the file's mapping");
	for (i = 0; i < im->nr; i++) {
		struct site *s = &im->sites[i];

		cr_expect_eq(s->base, base.sh_addr, "%s", s->probe->name);
		check_args(s);
		check_code(im, s);
		cr_expect(s->semaphore >= sem.sh_addr &&
				  s->semaphore + 2 <= sem.sh_addr + sem.sh_size,
			  "%s: semaphore outside .probes", s->probe->name);
		read_code(im, s->semaphore, value, 2);
		cr_expect(!value[0] && !value[1], "%s: semaphore is not 0", s->probe->name);
		j = (size_t)(s->probe - probes);
		cr_expect(!semaphore[j] || semaphore[j] == s->semaphore, "%s: two semaphores",
			  s->probe->name);
		semaphore[j] = s->semaphore;
	}
	for (i = 0; i < NR_PROBES; i++) {
		cr_expect(semaphore[i], "%s:%s has no site", probes[i].provider, probes[i].name);
		for (j = 0; j < i; j++)
			cr_expect_eq(semaphore[i] == semaphore[j],
				     share_semaphore(probes[i].name, probes[j].name),
				     "the semaphores of %s and %s", probes[i].name, probes[j].name);
	}
}

/* All of the static library must be in this program for its sites to be. */
static void *volatile keep[] = { (void *)kthread_create_on_node, (void *)kthread_run_on_cpu,
				 (void *)kthread_create_worker_on_node, (void *)slot_register };

Test(probes, sites_in_a_program_with_the_static_library)
{
	struct image im;

	cr_assert(keep[0]);
	image_open(&im, "/proc/self/exe");
	check_image(&im);
	image_close(&im);
}

static void library_path(char *path, size_t size)
{
	char self[PATH_MAX], *slash;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int i;

	cr_assert(n > 0);
	self[n] = 0;
	for (i = 0; i < 3; i++) {
		slash = strrchr(self, '/');
		cr_assert(slash);
		*slash = 0;
	}
	snprintf(path, size, "%s/lib/libkthread.so.0", self);
}

Test(probes, sites_in_the_shared_library)
{
	char path[PATH_MAX + 32];
	struct image im;

	library_path(path, sizeof(path));
	image_open(&im, path);
	check_image(&im);
	image_close(&im);
}

/* What the tracer looks up by name. */
Test(probes, the_shared_library_exports_registry_and_semaphore)
{
	bool registry = false, semaphore = false;
	char path[PATH_MAX + 32];
	const char *name;
	struct image im;
	GElf_Shdr sh;
	GElf_Sym sym;
	Elf_Data *data;
	int i;

	library_path(path, sizeof(path));
	image_open(&im, path);
	data = elf_getdata(section(&im, ".dynsym", &sh), NULL);
	for (i = 0; gelf_getsym(data, i, &sym); i++) {
		name = elf_strptr(im.elf, sh.sh_link, sym.st_name);
		if (!sym.st_shndx || !*name)
			continue;
		cr_expect(!strncasecmp(name, "kthread_", 8), "exports %s", name);
		registry |= !strcmp(name, "kthread_slot_registry") &&
			    sym.st_size == sizeof(struct kthread_slot_registry);
		semaphore |= !strcmp(name, "kthread_slot_semaphore") && sym.st_size == 2;
	}
	cr_expect(registry);
	cr_expect(semaphore);
	image_close(&im);
}
