/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TARGET_WALK_H
#define KT_TARGET_WALK_H
/* All symbols of a file, of the kernel, one after the other. For lib/target only. */
#include <gelf.h>
#include <stdint.h>

/*
 * elf_walk - call @each for every defined symbol of @path, .symtab first: it also has the hidden
 * ones
 *
 * Return: 0, or what @each returned when it was not 0, or -errno.
 */
int elf_walk(const char *path, int (*each)(const Elf64_Sym *sym, const char *name, void *arg),
	     void *arg);

/* kallsyms_walk - the text symbols of the kernel; returns as above, -EPERM when all are hidden */
int kallsyms_walk(int (*each)(uint64_t addr, const char *name, void *arg), void *arg);
#endif
