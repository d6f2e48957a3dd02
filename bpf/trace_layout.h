/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_TRACE_LAYOUT_H
#define KT_BPF_TRACE_LAYOUT_H
/* What a kind says of its figures, as a record: reports know no kind. */
#include "bpf/tracer.h"

struct record_writer;

/*
 * trace_layout_write - of a trace with @o
 * @target: name of the program that is traced, NULL: not one
 *
 * Return: 0 or -errno.
 */
int trace_layout_write(struct record_writer *w, const struct tracer_opts *o, const char *target);
#endif
