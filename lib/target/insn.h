/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TARGET_INSN_H
#define KT_TARGET_INSN_H
/*
 * How long an x86-64 instruction is, and where in it addresses stand. Knows the prefixes, all
 * opcode maps up to AVX-512, and not what an instruction does.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct insn {
	unsigned int length;
	/* Offsets of four bytes each; 0: it has none. */
	unsigned int relative;	   /* a distance from its end: a jump's, a call's, an operand's */
	bool is_memory;		   /* of that: an operand in memory, or an address of such */
	unsigned int displacement; /* from a register, a segment or 0 */
	unsigned int immediate;
};

/* insn_decode - the one that begins at @x, of @nr bytes at most. Return: false: it is unknown. */
bool insn_decode(const unsigned char *x, size_t nr, struct insn *in);
#endif
