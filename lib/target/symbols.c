// SPDX-License-Identifier: GPL-2.0-only
#include "lib/target/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/target/elf_file.h"
#include "lib/target/maps.h"
#include "lib/target/proc.h"
#include "lib/target/walk.h"

int elf_walk(const char *path, int (*each)(const Elf64_Sym *sym, const char *name, void *arg),
	     void *arg)
{
	static const unsigned int tables[] = { SHT_SYMTAB, SHT_DYNSYM };
	struct elf_file e;
	int ret = elf_file_open(&e, path, -1);

	if (ret)
		return ret == -ENOEXEC ? -EINVAL : ret;
	for (size_t t = 0; !ret && t < sizeof(tables) / sizeof(tables[0]); t++) {
		Elf_Scn *scn = NULL;

		while (!ret && (scn = elf_nextscn(e.elf, scn))) {
			struct elf_strings names;
			Elf64_Sym sym;
			GElf_Shdr sh;
			Elf_Data *data;

			if (!gelf_getshdr(scn, &sh) || sh.sh_type != tables[t] ||
			    sh.sh_entsize != sizeof(sym))
				continue;
			names = elf_file_strings(&e, sh.sh_link);
			data = elf_file_data(&e, scn, &sh);
			for (size_t i = 0; data && !ret && i < data->d_size / sizeof(sym); i++) {
				const char *name;

				memcpy(&sym, (const char *)data->d_buf + i * sizeof(sym),
				       sizeof(sym));
				if (sym.st_shndx == SHN_UNDEF)
					continue;
				name = elf_string(&names, sym.st_name);
				if (name && *name)
					ret = each(&sym, name, arg);
			}
			break; /* a file has one of each */
		}
	}
	elf_file_close(&e);
	return ret;
}

struct by_name {
	const char *symbol;
	uint64_t addr, size;
};

static int match_name(const Elf64_Sym *sym, const char *name, void *arg)
{
	struct by_name *n = arg;

	if (GELF_ST_TYPE(sym->st_info) == STT_TLS || strcmp(name, n->symbol))
		return 0;
	n->addr = sym->st_value;
	n->size = sym->st_size;
	return 1;
}

int symbol_find_in_file(const char *path, const char *symbol, uint64_t *addr, uint64_t *size)
{
	struct by_name n = { .symbol = symbol };
	int ret = elf_walk(path, match_name, &n);

	if (ret <= 0)
		return ret ?: -ENOENT;
	*addr = n.addr;
	if (size)
		*size = n.size;
	return 0;
}

struct by_addr {
	uint64_t addr;	/* wanted */
	uint64_t start; /* of the best symbol so far */
	char *out;
	size_t len;
	bool found;
};

static void name_at(struct by_addr *a, const char *name, uint64_t start)
{
	a->found = true;
	a->start = start;
	if (a->addr == start)
		snprintf(a->out, a->len, "%.*s", (int)a->len, name);
	else
		snprintf(a->out, a->len, "%.*s+0x%" PRIx64, (int)a->len, name, a->addr - start);
}

static int match_addr(const Elf64_Sym *sym, const char *name, void *arg)
{
	struct by_addr *a = arg;

	if (GELF_ST_TYPE(sym->st_info) != STT_FUNC || a->addr < sym->st_value ||
	    a->addr - sym->st_value >= (sym->st_size ?: 1) ||
	    (a->found && sym->st_value <= a->start))
		return 0;
	name_at(a, name, sym->st_value);
	return 0;
}

int symbol_name_in_file(const char *path, uint64_t vaddr, char *out, size_t outlen)
{
	struct by_addr a = { .addr = vaddr, .out = out, .len = outlen };
	int ret;

	snprintf(out, outlen, "0x%" PRIx64, vaddr);
	ret = elf_walk(path, match_addr, &a);
	return a.found ? 0 : ret ?: -ENOENT;
}

struct find_symbol {
	const char *symbol;
	char exe[PATH_MAX];
	uint64_t addr;
	bool found, in_exe;
};

static int find_in_mapping(const struct mapping *m, void *arg)
{
	struct find_symbol *f = arg;
	char path[PATH_MAX];
	uint64_t addr, bias;
	bool exe;

	if (!m->executable || mapping_open_path(m, path, sizeof(path)) ||
	    symbol_find_in_file(path, f->symbol, &addr, NULL) || mapping_bias(m, path, &bias))
		return 0;
	exe = !strcmp(m->path, f->exe);
	if (!f->found || exe) {
		f->addr = addr + bias;
		f->found = true;
	}
	return exe;
}

int symbol_find_in_process(pid_t pid, const char *symbol, uint64_t *addr)
{
	struct find_symbol f = { .symbol = symbol };
	int ret;

	proc_exe(pid, f.exe, sizeof(f.exe));
	ret = maps_each(pid, find_in_mapping, &f);
	if (ret < 0)
		return ret;
	if (!f.found)
		return -ENOENT;
	*addr = f.addr;
	return 0;
}

struct find_function {
	uint64_t addr;
	char *out;
	size_t len;
};

static int name_in_mapping(const struct mapping *m, void *arg)
{
	struct find_function *f = arg;
	char path[PATH_MAX];
	uint64_t bias;
	int ret;

	if (f->addr < m->start || f->addr >= m->end)
		return 0;
	ret = mapping_open_path(m, path, sizeof(path));
	if (!ret)
		ret = mapping_bias(m, path, &bias);
	if (!ret)
		ret = symbol_name_in_file(path, f->addr - bias, f->out, f->len);
	return ret ?: 1;
}

int symbol_name_in_process(pid_t pid, uint64_t addr, char *out, size_t outlen)
{
	struct find_function f = { .addr = addr, .out = out, .len = outlen };
	int ret;

	ret = maps_each(pid, name_in_mapping, &f);
	if (ret == 1)
		return 0;
	snprintf(out, outlen, "0x%" PRIx64, addr);
	return ret ?: -ENOENT;
}

struct take {
	struct symbol_code *code;
	int nr;
};

static int take_mapping(const struct mapping *m, void *arg)
{
	struct take *t = arg;
	struct symbol_code c = { .start = m->start, .end = m->end }, *grown;
	char path[PATH_MAX];

	if (!m->executable || mapping_open_path(m, path, sizeof(path)) ||
	    mapping_bias(m, path, &c.bias))
		return 0;
	grown = reallocarray(t->code, (size_t)t->nr + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	t->code = grown;
	c.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (c.fd >= 0)
		t->code[t->nr++] = c;
	return 0;
}

int symbol_code_take(pid_t pid, struct symbol_code **code)
{
	struct take t = { 0 };
	int ret = maps_each(pid, take_mapping, &t);

	if (ret < 0) {
		for (int i = 0; i < t.nr; i++)
			close(t.code[i].fd);
		free(t.code);
		return ret;
	}
	*code = t.code;
	return t.nr;
}

int symbol_name_in_code(const struct symbol_code *code, int nr, uint64_t addr, char *out,
			size_t outlen)
{
	for (int i = 0; i < nr; i++) {
		char path[32];

		if (addr < code[i].start || addr >= code[i].end)
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", code[i].fd);
		return symbol_name_in_file(path, addr - code[i].bias, out, outlen);
	}
	return -ENOENT;
}

/* Calls @each for the text symbols of the kernel; -EPERM when all addresses read as 0. */
int kallsyms_walk(int (*each)(uint64_t addr, const char *name, void *arg), void *arg)
{
	FILE *in = fopen("/proc/kallsyms", "re");
	char *line = NULL;
	size_t size = 0;
	bool hidden = true;
	int ret = 0;

	if (!in)
		return -errno;
	while (!ret && getline(&line, &size, in) > 0) {
		char *end, *name;
		uint64_t addr = strtoull(line, &end, 16);

		if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ')
			continue;
		hidden &= !addr;
		name = end + 3;
		name[strcspn(name, "\t\n")] = 0;
		if (end[1] == 't' || end[1] == 'T' || end[1] == 'w' || end[1] == 'W')
			ret = each(addr, name, arg);
	}
	free(line);
	fclose(in);
	return ret ?: hidden ? -EPERM : 0;
}

static int match_kernel_name(uint64_t addr, const char *name, void *arg)
{
	struct by_name *n = arg;

	if (!addr || strcmp(name, n->symbol))
		return 0;
	n->addr = addr;
	return 1;
}

int symbol_find_in_kernel(const char *symbol, uint64_t *addr)
{
	struct by_name n = { .symbol = symbol };
	int ret = kallsyms_walk(match_kernel_name, &n);

	if (ret <= 0)
		return ret ?: -ENOENT;
	*addr = n.addr;
	return 0;
}
