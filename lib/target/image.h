/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TARGET_IMAGE_H
#define KT_TARGET_IMAGE_H
/*
 * An ELF file of x86-64 as it would lie in memory: bytes, symbols and relocations by address.
 *
 * The file is read whole; nothing in it is believed. What its headers promise and its bytes do not
 * keep is left out, and a file that is not one of these is refused with a reason. For lib/target
 * only (code.c).
 */
#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a symbol that has no partner in the other file. */
#define IMAGE_NO_ID UINT32_MAX

enum image_kind { IMAGE_FUNCTION, IMAGE_OBJECT, IMAGE_MARK /* without type and size */ };

struct image_symbol {
	uint64_t addr, size;
	const char *name;
	const char *file; /* of a local one: the source file; "" else */
	enum image_kind kind;
	bool local;
	uint32_t order; /* rises as they stand in the table */
	uint32_t id;	/* the same in both files for a pair; code.c sets it */
};

struct image_section {
	uint64_t addr, size;
	const unsigned char *bytes; /* NULL: zeros */
	bool code;
	bool changes; /* at run time, once the loader is done */
};

/* What the loader writes at an address. */
struct image_slot {
	uint64_t at;
	enum { SLOT_ADDRESS, SLOT_IMPORT, SLOT_THREAD, SLOT_OTHER } kind;
	const char *import; /* IMPORT */
	uint64_t value;	    /* address, offset in thread-local memory, or what is added */
};

struct image {
	unsigned char *file;
	size_t file_size, section_bytes;
	Elf *elf;
	bool fixed; /* it lies at the addresses it says */
	struct image_section *section;
	struct image_symbol *symbol; /* by rising address */
	struct image_symbol *thread; /* thread-local ones; addr is their offset */
	struct image_slot *slot;     /* by rising address */
	uint64_t *mark; /* where something begins that code or data refers to; rising */
	size_t nr_sections, nr_symbols, nr_threads, nr_slots, nr_marks;
	uint64_t thread_size; /* of thread-local memory, aligned: its end is the thread pointer */
};

/*
 * image_read - the file @path into @m
 *
 * Return: 0, or -errno and the reason in @why: then there is nothing to free.
 */
int image_read(struct image *m, const char *path, char *why, size_t len);
void image_free(struct image *m);

/* image_section_at - that covers @addr; NULL: none */
const struct image_section *image_section_at(const struct image *m, uint64_t addr);

/* image_bytes - the bytes from @addr to the end of its section, *@nr; NULL: none, or zeros */
const unsigned char *image_bytes(const struct image *m, uint64_t addr, uint64_t *nr);

/* image_symbols_from - index of the first symbol that lies at @addr or beyond */
size_t image_symbols_from(const struct image *m, uint64_t addr);

/* image_covering - the symbol, not a mark, that @addr lies within or at the start of; NULL: none */
const struct image_symbol *image_covering(const struct image *m, uint64_t addr);

/* image_slots_from - index of the first slot at @addr or beyond */
size_t image_slots_from(const struct image *m, uint64_t addr);

/* image_extent - how far what begins at @addr may reach: to the next mark, symbol or end */
uint64_t image_extent(const struct image *m, uint64_t addr);
#endif
