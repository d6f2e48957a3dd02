/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_HOG_H
#define KT_CONTROLLER_HOG_H
/*
 * A load that comes and goes, as other programs do: a process that for 0.5 to 4.5 s takes 1
 * of every 2 ms of a CPU, then rests for 0.5 to 6.5 s, and comes back on another CPU.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * hog_start - it dies with us, whatever ends us, and by itself after @limit_ns
 *
 * Return: 0 and @pid, for child_kill(); or -errno and a sentence in @err.
 */
int hog_start(pid_t *pid, uint64_t limit_ns, uint64_t seed, char *err, size_t errlen);
#endif
