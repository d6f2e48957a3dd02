/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_KERNEL_ARM_H
#define KT_CONTROLLER_KERNEL_ARM_H
/*
 * The kernel's own kthread_worker, beside the questions about queue delay: seen through the tracer,
 * without a verdict, because its conditions cannot be made equal from outside.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/record/record.h"

#define KERNEL_ARM_SECONDS 1

/* kernel_arm_fits - is @question one that the kernel's worker answers too? */
bool kernel_arm_fits(const char *question);

/*
 * kernel_arm_measure - watch the kernel's workers for about a second while short-lived network
 * namespaces give one of them work; writes `trace` (subject "kernel") and `losses` records for
 * @question
 *
 * Return: 0, also when no work was seen; -ENOTSUP, -EPERM: this kernel or user cannot, with a
 * sentence in @err; another -errno of writing.
 */
int kernel_arm_measure(struct record_writer *w, const char *question, char *err, size_t errlen);
#endif
