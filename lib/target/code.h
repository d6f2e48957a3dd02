/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TARGET_CODE_H
#define KT_TARGET_CODE_H
/*
 * Are the functions of two programs the same, except for where they lie?
 *
 * Compared are the instructions of each function with those of the function of that name (and
 * source file, when it is a local one). Addresses in them may differ when they lead to the same
 * place of the same function or variable, to the same imported symbol, or to constants and strings
 * of equal bytes. What a function refers to is part of it: constants, also through tables of
 * pointers, and the initial values of variables.
 *
 * For links and builds of related sources, x86-64 only. Functions of which it cannot tell count as
 * changed.
 */
#include <stddef.h>
#include <stdint.h>

enum code_status { CODE_SAME, CODE_CHANGED, CODE_UNKNOWN };

#define CODE_MAX_NAMES 20

struct code_difference {
	enum code_status status;
	char reason[192];	    /* of UNKNOWN */
	uint64_t compared, changed; /* functions; one that only one of them has is changed */
	size_t nr_names;	    /* of some that changed, those of the first addresses */
	char name[CODE_MAX_NAMES][64];
};

/*
 * code_compare - the programs at @old and @new
 *
 * UNKNOWN when one cannot be read, is stripped, is for another machine, or takes too long: hostile
 * files cost seconds at most.
 */
void code_compare(struct code_difference *d, const char *old, const char *new);
#endif
