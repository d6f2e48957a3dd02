/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_KERNEL_MODULE_H
#define KT_CONTROLLER_KERNEL_MODULE_H
/*
 * The kernel's own kthreads beside the questions create_stop, park and work_queue/worker=idle,
 * measured inside the kernel by the module of bench/kernel/, which scripts/kernel-arm loads.
 * Without a verdict: no blocks are interleaved with those of the other arms.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/record/record.h"

#define KERNEL_MODULE_FILE "/proc/kt-kernel-arm"

/*
 * kernel_module_command - what to write into the file for @question, for @nr operations
 *
 * Return: false if the module has no answer to it.
 */
bool kernel_module_command(const char *question, unsigned int nr, char *text, size_t size);

/* kernel_module_loaded - is the module there? */
bool kernel_module_loaded(void);

/*
 * kernel_module_measure - one `trace` record, subject "kthread", if the module knows @question
 *
 * Return: 0; -errno with a sentence in @err.
 */
int kernel_module_measure(struct record_writer *w, const char *question, char *err, size_t errlen);
#endif
