/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TARGET_MARKS_H
#define KT_TARGET_MARKS_H
/* The marks of a file (lib/probe/mark.h), which say where a few things of ours lie. */
#include "lib/target/elf_file.h"
#include "lib/target/targets.h"

/* marks_read - what the file @e marks, into @f; of broken notes what comes before */
void marks_read(struct target_file *f, const struct elf_file *e);
#endif
