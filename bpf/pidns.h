/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_PIDNS_H
#define KT_BPF_PIDNS_H
/*
 * Process and thread ids: "local" as this process's pid namespace shows them (what users type, what
 * /proc shows), "global" as the kernel's initial namespace does (what BPF sees). Where this process
 * lives in the initial one they are the same and nothing is loaded.
 *
 * Return: 0, -ESRCH when no such thread is visible, or another -errno.
 */
#include <stdint.h>
#include <sys/types.h>

int pidns_to_global(pid_t local, uint32_t *global);
int pidns_to_local(uint32_t global, pid_t *local);
#endif
