// SPDX-License-Identifier: GPL-2.0-only
#include "lib/target/proc.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void proc_exe(pid_t pid, char *path, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	n = readlink(link, path, size - 1);
	path[n > 0 ? n : 0] = 0;
}

const char *proc_stat(pid_t pid, char line[PROC_STAT_SIZE])
{
	char name[64], *name_end = NULL;
	FILE *in;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	in = fopen(name, "re");
	if (!in)
		return NULL;
	/* The name may hold anything, brackets too. */
	if (fgets(line, PROC_STAT_SIZE, in))
		name_end = strrchr(line, ')');
	fclose(in);
	return name_end ? name_end + 1 : NULL;
}
