/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TARGET_SYMBOLS_H
#define KT_TARGET_SYMBOLS_H
/*
 * Names to addresses and back, by ELF symbol tables and kallsyms.
 *
 * A name comes out as "name" or "name+0x10", cut to the caller's buffer. Where there is none it is
 * the address, "0x...", and the return says why.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * symbol_find_in_file - ELF address and size of a symbol of the file @path, .dynsym or .symtab
 * @size: NULL: not asked for
 *
 * Return: 0, -ENOENT, or another -errno.
 */
int symbol_find_in_file(const char *path, const char *symbol, uint64_t *addr, uint64_t *size);

/*
 * symbol_find_in_process - address of the data or function @symbol in process @pid, as @pid sees it
 *
 * The program itself comes first, then its libraries in the order of their addresses.
 * Return: 0, -ENOENT (no such symbol), -ESRCH, or another -errno.
 */
int symbol_find_in_process(pid_t pid, const char *symbol, uint64_t *addr);

/*
 * symbol_find_in_kernel - address of kernel function @symbol by /proc/kallsyms
 *
 * Return: 0, -ENOENT, or -EPERM when the kernel hides its addresses from us.
 */
int symbol_find_in_kernel(const char *symbol, uint64_t *addr);

/* symbol_name_in_file - name of the function that covers ELF address @vaddr of the file @path */
int symbol_name_in_file(const char *path, uint64_t vaddr, char *out, size_t outlen);

/* symbol_name_in_process - name of the function that covers @addr in process @pid */
int symbol_name_in_process(pid_t pid, uint64_t addr, char *out, size_t outlen);

/* A code mapping remembered: names can be found in it when its process has ended. */
struct symbol_code {
	uint64_t start, end, bias;
	int fd;
};

/*
 * symbol_code_take - what @pid maps executable now; the caller closes each fd and frees the array
 *
 * Return: the number of mappings, or -errno.
 */
int symbol_code_take(pid_t pid, struct symbol_code **code);

/*
 * symbol_name_in_code - as symbol_name_in_process(), from what was remembered; @out stays as it is
 * where nothing was mapped
 */
int symbol_name_in_code(const struct symbol_code *code, int nr, uint64_t addr, char *out,
			size_t outlen);
#endif
