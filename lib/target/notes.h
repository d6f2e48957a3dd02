/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TARGET_NOTES_H
#define KT_TARGET_NOTES_H
/*
 * The notes by which a file says where its probes are (.note.stapsdt). Nothing in the file is
 * believed: a note that is cut short ends the walk with -EINVAL. For lib/target only.
 */
#include <stdint.h>

#include "lib/target/elf_file.h"

/* One site of a probe. The strings lie in the file's data and end within it. */
struct usdt_note {
	const char *provider, *name;
	const char *args;	  /* "size@operand ..."; "" when it has none */
	uint64_t site, semaphore; /* ELF addresses; semaphore 0: the probe has none */
};

/*
 * notes_each - call @each for every note of the file
 * @each: returns 0 to go on, else that value ends the walk and is returned
 *
 * Return: 0, what @each returned, or -EINVAL.
 */
int notes_each(const struct elf_file *f, int (*each)(const struct usdt_note *n, void *arg),
	       void *arg);
#endif
