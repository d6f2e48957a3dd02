/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TARGET_FUNCTIONS_H
#define KT_TARGET_FUNCTIONS_H
/*
 * The functions of a file, or of the kernel, as a table, for naming many addresses.
 * symbols.h looks through all symbols for each one.
 */
#include <stdint.h>

struct functions;

/*
 * functions_read_file - those of the ELF file @path; functions_read_kernel - of /proc/kallsyms
 *
 * Return: 0 and *@f; -EPERM when the kernel hides its addresses from us; or another -errno. A file
 * without functions is an empty table.
 */
int functions_read_file(struct functions **f, const char *path);
int functions_read_kernel(struct functions **f);
void functions_free(struct functions *f);

/*
 * functions_name - the function that covers @addr, and how far into it that is; NULL: none does
 *
 * Addresses of a file are those in its ELF headers. The text belongs to @f.
 */
const char *functions_name(const struct functions *f, uint64_t addr, uint64_t *into);
#endif
