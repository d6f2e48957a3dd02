/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_CHILD_H
#define KT_CONTROLLER_CHILD_H
/* Processes we start: each dies with us, whatever kills us. */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * child_spawn - run @path with @argv
 * @out: its standard output; @keep: a descriptor it inherits under the same number, or -1
 *
 * Standard input is /dev/null. Return: 0 and @pid, or -errno (also of a failed exec) and a sentence
 * in @err.
 */
int child_spawn(pid_t *pid, const char *path, char *const argv[], int out, int keep, char *err,
		size_t errlen);

/*
 * child_die_with_parent - in a forked child: end when @parent does; ends at once when it has
 * already
 */
void child_die_with_parent(pid_t parent);

/* child_kill - SIGKILL and reap; nothing when @pid is 0 */
void child_kill(pid_t pid);

/*
 * child_cpu_ns - CPU time of all children that child_spawn() made and nobody has reaped yet; one that
 * is reaped goes over into RUSAGE_CHILDREN
 */
uint64_t child_cpu_ns(void);

/* child_status_text - "killed by signal 11 (Segmentation fault)", "exited with status 3" */
void child_status_text(int status, char *text, size_t len);
#endif
