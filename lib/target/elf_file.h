/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TARGET_ELF_FILE_H
#define KT_TARGET_ELF_FILE_H
/*
 * ELF files of traced processes, which may be anything: broken, hostile, or rewritten while they
 * are read. For lib/target only.
 *
 * Read, never mapped: a file that is cut short meanwhile costs an error, not a SIGBUS. What a file
 * may cost is bounded: sections of a sane number and size, all of them within the file, and string
 * tables that end.
 */
#include <gelf.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file {
	int fd;
	Elf *elf;
	uint64_t size;
};

/*
 * elf_file_open - the regular file @path, or @fd if @path is NULL: it then stays the caller's
 *
 * Return: 0, -ENOEXEC when it is not an ELF file of this machine's word and byte order, or another
 * -errno: then there is nothing to close.
 */
int elf_file_open(struct elf_file *f, const char *path, int fd);
void elf_file_close(struct elf_file *f);

/* elf_file_open_plain - a file descriptor of the regular file @path, or -errno: never blocks */
int elf_file_open_plain(const char *path);

/* elf_file_data - the bytes of section @scn, whose header is @sh; NULL: none, or too many */
Elf_Data *elf_file_data(const struct elf_file *f, Elf_Scn *scn, const GElf_Shdr *sh);

/* A string table: it ends with a 0, so that each string in it does. */
struct elf_strings {
	const char *text;
	size_t size;
};

/* elf_file_strings - those of section number @index; an empty table when they are not sound */
struct elf_strings elf_file_strings(const struct elf_file *f, size_t index);

/*
 * elf_file_section - section @name of type @type (SHT_NULL: any) and its header; NULL: it has none
 */
Elf_Scn *elf_file_section(const struct elf_file *f, const char *name, uint32_t type, GElf_Shdr *sh);

struct elf_note {
	uint32_t type;
	const char *desc;
	size_t desc_size;
	uint64_t desc_addr; /* ELF address of the descriptor, where its section is loaded */
};

/*
 * elf_file_notes - call @each for the notes of @owner in the section @section
 * @each: returns 0 to go on, else that value ends the walk and is returned
 *
 * Return: 0, what @each returned, or -EINVAL when one is cut short.
 */
int elf_file_notes(const struct elf_file *f, const char *section, const char *owner,
		   int (*each)(const struct elf_note *n, void *arg), void *arg);

/* elf_string - the string at @at; NULL: there is none */
const char *elf_string(const struct elf_strings *s, size_t at);
#endif
