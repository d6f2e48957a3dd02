// SPDX-License-Identifier: GPL-2.0-only
#include "lib/target/image.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/target/insn.h"

/* Beyond these it is not a benchmark; every walk below is bounded by them. */
#define MAX_FILE_BYTES	 (256u << 20)
#define MAX_SECTIONS	 256
#define MAX_SYMBOLS	 (1u << 22)
#define MAX_THREADS	 4096
#define MAX_SLOTS	 (1u << 22)
#define MAX_MARKS	 (1u << 24)
#define MAX_THREAD_BYTES (1ULL << 32)
#define MAX_OVERLAP	 4  /* names of each function, on average */
#define MAX_ALIASES	 64 /* of one address that are looked at */

/* ---- growing arrays -------------------------------------------------------------------------- */

/* Room for one more element at the end of *@array; NULL: no memory, and it is as before. */
static void *one_more(void *array, size_t nr, size_t size)
{
	void **at = array, *more;

	/* At each power of two. */
	if (nr & (nr - 1))
		return (char *)*at + nr * size;
	more = realloc(*at, (nr ? nr * 2 : 1) * size);
	if (!more)
		return NULL;
	*at = more;
	return (char *)more + nr * size;
}

/* ---- the file -------------------------------------------------------------------------------- */

static int read_file(struct image *m, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret = 0;
	struct stat sb;
	ssize_t n;

	if (fd < 0 || fstat(fd, &sb)) {
		ret = -errno;
		goto out;
	}
	if (!S_ISREG(sb.st_mode) || sb.st_size <= 0 || sb.st_size > MAX_FILE_BYTES) {
		ret = S_ISREG(sb.st_mode) && sb.st_size > 0 ? -EFBIG : -ENOEXEC;
		goto out;
	}
	m->file = malloc((size_t)sb.st_size);
	if (!m->file)
		ret = -ENOMEM;
	while (!ret && m->file_size < (size_t)sb.st_size) {
		n = read(fd, m->file + m->file_size, (size_t)sb.st_size - m->file_size);
		if (n > 0)
			m->file_size += (size_t)n;
		else if (n == 0)
			break;
		else if (errno != EINTR)
			ret = -errno;
	}
out:
	if (fd >= 0)
		close(fd);
	return ret;
}

static int open_elf(struct image *m, char *why, size_t len)
{
	GElf_Ehdr eh;

	elf_version(EV_CURRENT);
	m->elf = elf_memory((char *)m->file, m->file_size);
	if (!m->elf || elf_kind(m->elf) != ELF_K_ELF || !gelf_getehdr(m->elf, &eh)) {
		snprintf(why, len, "it is not an ELF file");
		return -ENOEXEC;
	}
	if (eh.e_machine != EM_X86_64 || eh.e_ident[EI_DATA] != ELFDATA2LSB ||
	    eh.e_ident[EI_CLASS] != ELFCLASS64) {
		snprintf(why, len, "it is not for x86-64");
		return -ENOEXEC;
	}
	if (eh.e_type != ET_EXEC && eh.e_type != ET_DYN) {
		snprintf(why, len, "it is not a linked program");
		return -ENOEXEC;
	}
	m->fixed = eh.e_type == ET_EXEC;
	return 0;
}

/* ---- sections -------------------------------------------------------------------------------- */

static int add_section(struct image *m, const GElf_Shdr *sh, const char *name)
{
	struct image_section *s;

	/* Addresses that wrap around cover nothing; bytes must be in the file. */
	if (!sh->sh_size || sh->sh_addr + sh->sh_size < sh->sh_addr || (sh->sh_flags & SHF_TLS))
		return 0;
	if (sh->sh_type != SHT_NOBITS &&
	    (sh->sh_offset > m->file_size || sh->sh_size > m->file_size - sh->sh_offset))
		return 0;
	/* No two have the same bytes. */
	if (sh->sh_type != SHT_NOBITS) {
		if (sh->sh_size > m->file_size - m->section_bytes)
			return -ENOEXEC;
		m->section_bytes += sh->sh_size;
	}
	if (m->nr_sections == MAX_SECTIONS)
		return -EFBIG;
	s = one_more(&m->section, m->nr_sections, sizeof(*s));
	if (!s)
		return -ENOMEM;
	*s = (struct image_section){ .addr = sh->sh_addr, .size = sh->sh_size };
	s->bytes = sh->sh_type == SHT_NOBITS ? NULL : m->file + sh->sh_offset;
	s->code = sh->sh_flags & SHF_EXECINSTR;
	s->changes = (sh->sh_flags & SHF_WRITE) &&
		     !(name && !strncmp(name, ".data.rel.ro", strlen(".data.rel.ro")));
	m->nr_sections++;
	return 0;
}

const struct image_section *image_section_at(const struct image *m, uint64_t addr)
{
	for (size_t i = 0; i < m->nr_sections; i++)
		if (addr - m->section[i].addr < m->section[i].size)
			return &m->section[i];
	return NULL;
}

const unsigned char *image_bytes(const struct image *m, uint64_t addr, uint64_t *nr)
{
	const struct image_section *s = image_section_at(m, addr);

	*nr = s ? s->size - (addr - s->addr) : 0;
	return s && s->bytes ? s->bytes + (addr - s->addr) : NULL;
}

/* ---- symbols --------------------------------------------------------------------------------- */

/* The linker's own, at places that say nothing of what lies there. */
static bool is_linkers(const char *name)
{
	return !strcmp(name, "_GLOBAL_OFFSET_TABLE_") || !strcmp(name, "_DYNAMIC") ||
	       !strcmp(name, "__GNU_EH_FRAME_HDR");
}

static int add_symbol(struct image *m, const GElf_Sym *sym, const char *name, const char *file)
{
	int type = GELF_ST_TYPE(sym->st_info);
	bool thread = type == STT_TLS;
	struct image_symbol *s;

	if (sym->st_shndx == SHN_UNDEF || sym->st_shndx == SHN_ABS || is_linkers(name) ||
	    (type != STT_FUNC && type != STT_OBJECT && type != STT_NOTYPE && !thread))
		return 0;
	/* The end of a section is a place as well. */
	if (!thread && !image_section_at(m, sym->st_value) &&
	    !image_section_at(m, sym->st_value - 1))
		return 0;
	if (m->nr_symbols >= MAX_SYMBOLS || m->nr_threads >= MAX_THREADS)
		return -EFBIG;
	s = thread ? one_more(&m->thread, m->nr_threads, sizeof(*s))
		   : one_more(&m->symbol, m->nr_symbols, sizeof(*s));
	if (!s)
		return -ENOMEM;
	*s = (struct image_symbol){ .addr = sym->st_value,
				    .size = sym->st_size,
				    .name = name,
				    .order = (uint32_t)(m->nr_symbols + m->nr_threads),
				    .local = GELF_ST_BIND(sym->st_info) == STB_LOCAL,
				    .id = IMAGE_NO_ID };
	s->file = s->local ? file : "";
	s->kind = type == STT_FUNC     ? IMAGE_FUNCTION
		  : type == STT_NOTYPE ? IMAGE_MARK
				       : IMAGE_OBJECT;
	if (thread)
		m->nr_threads++;
	else
		m->nr_symbols++;
	return 0;
}

static int read_symbols(struct image *m, Elf_Scn *scn, const GElf_Shdr *sh)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	const char *file = "", *name;
	GElf_Sym sym;
	int ret = 0;

	for (int i = 1; !ret && data && gelf_getsym(data, i, &sym); i++) {
		name = elf_strptr(m->elf, sh->sh_link, sym.st_name);
		if (!name)
			continue;
		if (GELF_ST_TYPE(sym.st_info) == STT_FILE)
			file = name;
		else if (*name)
			ret = add_symbol(m, &sym, name, file);
	}
	return ret;
}

static int by_address(const void *a, const void *b)
{
	const struct image_symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Index of the first of @nr elements of @size bytes that begins with a number of @addr or more. */
static size_t first_from(const void *array, size_t nr, size_t size, uint64_t addr)
{
	size_t low = 0, high = nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		uint64_t at;

		memcpy(&at, (const char *)array + mid * size, sizeof(at));
		if (at < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

_Static_assert(offsetof(struct image_symbol, addr) == 0 && offsetof(struct image_slot, at) == 0,
	       "what first_from() reads");

size_t image_symbols_from(const struct image *m, uint64_t addr)
{
	return first_from(m->symbol, m->nr_symbols, sizeof(*m->symbol), addr);
}

const struct image_symbol *image_covering(const struct image *m, uint64_t addr)
{
	size_t i = image_symbols_from(m, addr), k = i;

	for (; k < m->nr_symbols && m->symbol[k].addr == addr && k - i < MAX_ALIASES; k++)
		if (m->symbol[k].kind != IMAGE_MARK)
			return &m->symbol[k];
	/* The nearest before it; marks and aliases of it stand between. */
	for (k = i; k > 0 && i - k < MAX_ALIASES; k--)
		if (addr - m->symbol[k - 1].addr < m->symbol[k - 1].size)
			return &m->symbol[k - 1];
	return NULL;
}

/* ---- relocations ----------------------------------------------------------------------------- */

static int read_slots(struct image *m, Elf_Scn *scn, const GElf_Shdr *sh)
{
	Elf_Data *data = elf_getdata(scn, NULL), *symbols = NULL;
	Elf_Scn *linked = elf_getscn(m->elf, sh->sh_link);
	struct image_slot *s;
	GElf_Shdr names;
	GElf_Rela rela;
	GElf_Sym sym;

	if (linked && gelf_getshdr(linked, &names) && names.sh_type == SHT_DYNSYM)
		symbols = elf_getdata(linked, NULL);
	for (int i = 0; data && gelf_getrela(data, i, &rela); i++) {
		uint32_t of = GELF_R_SYM(rela.r_info), type = GELF_R_TYPE(rela.r_info);

		if (m->nr_slots == MAX_SLOTS)
			return -EFBIG;
		s = one_more(&m->slot, m->nr_slots, sizeof(*s));
		if (!s)
			return -ENOMEM;
		*s = (struct image_slot){ .at = rela.r_offset, .kind = SLOT_OTHER };
		s->value = (uint64_t)rela.r_addend;
		m->nr_slots++;
		if (!of) {
			if (type == R_X86_64_RELATIVE || type == R_X86_64_IRELATIVE)
				s->kind = SLOT_ADDRESS;
			else if (type == R_X86_64_TPOFF64 || type == R_X86_64_DTPOFF64)
				s->kind = SLOT_THREAD;
			continue;
		}
		if (!symbols || !gelf_getsym(symbols, (int)of, &sym))
			continue;
		if (sym.st_shndx == SHN_UNDEF || type == R_X86_64_COPY) {
			s->import = elf_strptr(m->elf, names.sh_link, sym.st_name);
			s->kind = s->import ? SLOT_IMPORT : SLOT_OTHER;
		} else {
			s->kind = GELF_ST_TYPE(sym.st_info) == STT_TLS ? SLOT_THREAD : SLOT_ADDRESS;
			s->value += sym.st_value;
		}
	}
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const struct image_slot *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

size_t image_slots_from(const struct image *m, uint64_t addr)
{
	return first_from(m->slot, m->nr_slots, sizeof(*m->slot), addr);
}

/* ---- where things begin ---------------------------------------------------------------------- */

static int add_mark(struct image *m, uint64_t addr)
{
	const struct image_section *s = image_section_at(m, addr);
	uint64_t *mark;

	if (!s || s->code)
		return 0;
	if (m->nr_marks == MAX_MARKS)
		return -EFBIG;
	mark = one_more(&m->mark, m->nr_marks, sizeof(*mark));
	if (!mark)
		return -ENOMEM;
	*mark = addr;
	m->nr_marks++;
	return 0;
}

/* Of a program at a fixed place: the four bytes at @x may be an address. */
static int mark_absolute(struct image *m, const unsigned char *x)
{
	int32_t address;

	memcpy(&address, x, sizeof(address));
	return add_mark(m, (uint64_t)(int64_t)address);
}

/* What the instructions of @f refer to in memory. */
static int mark_operands(struct image *m, const struct image_symbol *f)
{
	int32_t distance;
	struct insn in;
	uint64_t nr;
	const unsigned char *x = image_bytes(m, f->addr, &nr);
	int ret = 0;

	if (!x || f->size > nr)
		return 0;
	for (uint64_t at = 0; !ret && insn_decode(x + at, f->size - at, &in); at += in.length) {
		if (in.is_memory) {
			memcpy(&distance, x + at + in.relative, sizeof(distance));
			ret = add_mark(m, f->addr + at + in.length + (uint64_t)(int64_t)distance);
		}
		if (!ret && m->fixed && in.displacement)
			ret = mark_absolute(m, x + at + in.displacement);
		if (!ret && m->fixed && in.immediate)
			ret = mark_absolute(m, x + at + in.immediate);
	}
	return ret;
}

/* Of a program at a fixed place: the addresses that stand in its data. */
static int mark_pointers(struct image *m, const struct image_section *s)
{
	uint64_t address;
	int ret = 0;

	for (uint64_t at = -s->addr & 7; !ret && s->bytes && at + 8 <= s->size; at += 8) {
		memcpy(&address, s->bytes + at, sizeof(address));
		if (address)
			ret = add_mark(m, address);
	}
	return ret;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int find_marks(struct image *m)
{
	uint64_t bytes = 0;
	int ret = 0;

	for (size_t i = 0; !ret && i < m->nr_symbols; i++) {
		if (m->symbol[i].kind != IMAGE_FUNCTION || m->symbol[i].size > m->file_size)
			continue;
		bytes += m->symbol[i].size;
		ret = bytes > MAX_OVERLAP * m->file_size ? -EFBIG : mark_operands(m, &m->symbol[i]);
	}
	for (size_t i = 0; !ret && i < m->nr_slots; i++)
		if (m->slot[i].kind == SLOT_ADDRESS)
			ret = add_mark(m, m->slot[i].value);
	for (size_t i = 0; !ret && m->fixed && i < m->nr_sections; i++)
		if (!m->section[i].code)
			ret = mark_pointers(m, &m->section[i]);
	if (m->nr_marks)
		qsort(m->mark, m->nr_marks, sizeof(*m->mark), by_number);
	return ret;
}

uint64_t image_extent(const struct image *m, uint64_t addr)
{
	const struct image_section *s = image_section_at(m, addr);
	size_t mark = first_from(m->mark, m->nr_marks, sizeof(*m->mark), addr + 1);
	size_t symbol = image_symbols_from(m, addr + 1);
	uint64_t end = s ? s->addr + s->size : addr;

	if (mark < m->nr_marks && m->mark[mark] < end)
		end = m->mark[mark];
	if (symbol < m->nr_symbols && m->symbol[symbol].addr < end)
		end = m->symbol[symbol].addr;
	return end - addr;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int read_sections(struct image *m, char *why, size_t len)
{
	Elf_Scn *scn = NULL;
	size_t names = 0;
	GElf_Shdr sh;
	int ret = 0;

	elf_getshdrstrndx(m->elf, &names);
	while (!ret && (scn = elf_nextscn(m->elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || !(sh.sh_flags & SHF_ALLOC))
			continue;
		if (sh.sh_type == SHT_RELR) {
			snprintf(why, len, "its relocations are packed");
			return -ENOEXEC;
		}
		ret = add_section(m, &sh, elf_strptr(m->elf, names, sh.sh_name));
	}
	return ret;
}

static int read_tables(struct image *m)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	int ret = 0;

	while (!ret && (scn = elf_nextscn(m->elf, scn))) {
		if (!gelf_getshdr(scn, &sh))
			continue;
		if (sh.sh_type == SHT_SYMTAB)
			ret = read_symbols(m, scn, &sh);
		else if (sh.sh_type == SHT_RELA && (sh.sh_flags & SHF_ALLOC))
			ret = read_slots(m, scn, &sh);
	}
	if (m->nr_symbols)
		qsort(m->symbol, m->nr_symbols, sizeof(*m->symbol), by_address);
	if (m->nr_slots)
		qsort(m->slot, m->nr_slots, sizeof(*m->slot), by_place);
	return ret;
}

static void read_thread_size(struct image *m)
{
	GElf_Phdr ph;

	for (int i = 0; gelf_getphdr(m->elf, i, &ph); i++)
		if (ph.p_type == PT_TLS && ph.p_memsz < MAX_THREAD_BYTES && ph.p_align &&
		    ph.p_align < MAX_THREAD_BYTES)
			m->thread_size = (ph.p_memsz + ph.p_align - 1) / ph.p_align * ph.p_align;
}

int image_read(struct image *m, const char *path, char *why, size_t len)
{
	int ret;

	*m = (struct image){ 0 };
	why[0] = '\0';
	ret = read_file(m, path);
	if (!ret)
		ret = open_elf(m, why, len);
	if (!ret)
		ret = read_sections(m, why, len);
	if (!ret)
		ret = read_tables(m);
	if (!ret)
		ret = find_marks(m);
	if (!ret)
		read_thread_size(m);
	if (!ret && !m->nr_symbols) {
		snprintf(why, len, "it is stripped of its symbols");
		ret = -ENOENT;
	}
	if (ret && !why[0])
		snprintf(why, len, "%s",
			 ret == -ENOEXEC ? "it is not an ELF file"
			 : ret == -EFBIG ? "it is too large"
					 : strerror(-ret));
	if (ret)
		image_free(m);
	return ret;
}

void image_free(struct image *m)
{
	if (m->elf)
		elf_end(m->elf);
	free(m->section);
	free(m->symbol);
	free(m->thread);
	free(m->slot);
	free(m->mark);
	free(m->file);
	*m = (struct image){ 0 };
}
