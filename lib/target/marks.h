/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TARGET_MARKS_H
#define KT_TARGET_MARKS_H
/* The marks of a file (lib/probe/mark.h), which say where a few things of ours lie. */
#include "lib/target/targets.h"

/* marks_read - what the file open at @f->fd marks, into @f; a broken or other file has no marks */
void marks_read(struct target_file *f);
#endif
