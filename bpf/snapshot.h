/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_SNAPSHOT_H
#define KT_BPF_SNAPSHOT_H
/*
 * Snapshots as records: the one place where what a tracer saw becomes `trace` and `losses`, for
 * `kt trace` and for `kt bench`.
 */
#include <stdint.h>

#include "bpf/tracer.h"
#include "lib/record/record.h"
#include "lib/record/types.h"

/*
 * snapshot_write_group - what group number @group saw, as subject @about->subject; nothing when it
 * saw nothing
 * @about: question, kind, subject and main_metric; the rest comes from @s
 *
 * Return: 0 or -errno.
 */
int snapshot_write_group(struct record_writer *w, const struct tracer_snapshot *s, uint32_t group,
			 const struct record_trace *about);

/*
 * snapshot_write_subjects - all groups, by their names; groups of one name (a function of several
 * processes) are one subject
 * @about: as above, without subject
 *
 * When there is one group for everything it is written even when it saw nothing: an empty interval
 * is an answer. Return: 0 or -errno.
 */
int snapshot_write_subjects(struct record_writer *w, const struct tracer_snapshot *s,
			    enum tracer_group by, const struct record_trace *about);

/* snapshot_write_losses - beside @question, or NULL; 0 or -errno */
int snapshot_write_losses(struct record_writer *w, const struct tracer_snapshot *s,
			  const char *question);
#endif
