/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_ABOUT_H
#define KT_CONTROLLER_ABOUT_H
/* What a benchmark binary was built as, and how two differ, read from their files. */
#include "lib/record/build.h"
#include "lib/record/types.h"
#include "lib/target/code.h"

struct about {
	char build_id[RECORD_BUILD_ID_SIZE];
	char version[64], compiler[128], flags[1024];
};

/*
 * about_suite - of the binary at @path its file name and its build; the strings are in @a and @path
 */
void about_suite(struct about *a, const char *path, const char **name, struct record_build *b);

/*
 * about_code - how the functions of the binaries at @old and @new differ, except for where they
 * lie; the strings are in @d
 */
void about_code(struct code_difference *d, const char *old, const char *new, struct record_code *c);
#endif
