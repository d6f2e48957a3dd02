/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_BUILD_H
#define KT_RECORD_BUILD_H
/* How programs were built: what distinguishes one build from another. */
#include <stddef.h>
#include <stdint.h>

#include "lib/record/types.h"

#define RECORD_BUILD_ID_SIZE 65

/* record_build_self - of this program, statically; a build id that the linker left out is NULL */
void record_build_self(struct record_build *b);

/*
 * record_build_id - of the ELF file @path, in hexadecimal; one longer than 32 bytes is cut off
 *
 * Return: 0; -ENOENT when the file has none; -ENOEXEC when it is not an ELF file; or -errno.
 */
int record_build_id(const char *path, char id[RECORD_BUILD_ID_SIZE]);

/*
 * record_build_note - the text of the ELF note of @owner and @type in the file @path, cut off where
 * @text ends; returns as above
 */
int record_build_note(const char *path, const char *owner, uint32_t type, char *text, size_t size);
#endif
