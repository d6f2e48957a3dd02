/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TARGET_PROC_H
#define KT_TARGET_PROC_H
/* What /proc says of a process or thread besides its mappings. */
#include <stddef.h>
#include <sys/types.h>

/* proc_exe - the path of its program, as maps_each() shows it; "" when it is not shown */
void proc_exe(pid_t pid, char *path, size_t size);

/* Longer than any line of /proc/PID/stat. */
#define PROC_STAT_SIZE 1024

/*
 * proc_stat - the fields of its stat file that follow the name, from the state on: " S 1 ..."
 *
 * Return: they lie in @line; NULL: there is no such process or thread.
 */
const char *proc_stat(pid_t pid, char line[PROC_STAT_SIZE]);
#endif
