// SPDX-License-Identifier: GPL-2.0-only
/* What is mounted and shown to this process: tracefs, kernel symbols; and the tools it runs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/doctor_impl.h"

static void tracefs(struct examination *e)
{
	const char *const costs = "nothing of kt; bpftrace, perf and trace-cmd need it";
	const char *root = fs_tracefs.root;
	enum availability there = availability_of_file(&fs_tracefs, root);

	if (there == NOT_MOUNTED &&
	    availability_of_file(&fs_debug_tracefs, fs_debug_tracefs.root) == AVAILABLE) {
		root = fs_debug_tracefs.root;
		there = AVAILABLE;
	}
	switch (there) {
	case AVAILABLE:
		doctor_say(e, "tracefs", there, costs, NULL, "mounted on %s", root);
		break;
	case FORBIDDEN:
		doctor_say(e, "tracefs", there, costs,
			   "run as root, or chmod 755 /sys/kernel/tracing",
			   "mounted, but this process may not read it");
		break;
	case NOT_MOUNTED:
		doctor_say(e, "tracefs", there, costs,
			   availability_of_fs(&fs_sysfs) == AVAILABLE
				   ? "mount -t tracefs tracefs /sys/kernel/tracing"
				   : "mount -t sysfs sysfs /sys; "
				     "mount -t tracefs tracefs /sys/kernel/tracing",
			   "%s", "");
		break;
	case ABSENT:
		doctor_say(e, "tracefs", there, costs, "a kernel built with CONFIG_TRACING",
			   "the kernel does not have it");
		break;
	default:
		doctor_say(e, "tracefs", there, costs, "umount /sys/kernel/tracing",
			   "another file system is mounted over it");
	}
}

/* Hidden addresses are all 0; shown ones may begin with a 0, of the per-CPU area. */
static bool addresses_shown(const char *symbols)
{
	for (const char *line = symbols; line; line = strchr(line, '\n')) {
		if (*line == '\n')
			line++;
		if (strlen(line) > 16 && strspn(line, "0") < 16)
			return true;
	}
	return false;
}

static void kernel_symbols(struct examination *e)
{
	static const char file[] = "/proc/kallsyms", name[] = "kernel symbols";
	const char *const costs = "names of kernel functions; flushes of kernel workers count as "
				  "works";
	enum availability there = availability_of_file(&fs_proc, file);
	char symbols[4096] = "";
	int fd;

	if (there != AVAILABLE) {
		doctor_say(e, name, there, costs,
			   there == NOT_MOUNTED ? "mount -t proc proc /proc"
			   : there == ABSENT	? "a kernel built with CONFIG_KALLSYMS"
						: NULL,
			   "no %s", file);
		return;
	}
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, symbols, sizeof(symbols) - 1) < 16)
		doctor_say(e, name, NOT_KNOWN, costs, NULL, "%s cannot be read", file);
	else if (!addresses_shown(symbols))
		doctor_say(e, name, NOT_SHOWN, costs,
			   "run as root, or grant CAP_SYSLOG and sysctl kernel.kptr_restrict=1",
			   "their addresses are hidden from this process");
	else
		doctor_say(e, name, AVAILABLE, "", NULL, "%s", "");
	if (fd >= 0)
		close(fd);
}

static bool in_path(const char *tool)
{
	const char *dir = getenv("PATH") ?: "/usr/bin:/bin", *end;
	char path[4096];

	for (;; dir = end + 1) {
		end = strchrnul(dir, ':');
		snprintf(path, sizeof(path), "%.*s/%s", (int)(end - dir), dir, tool);
		if (!access(path, X_OK))
			return true;
		if (!*end)
			return false;
	}
}

static void tools(struct examination *e)
{
	if (in_path("gnuplot"))
		doctor_say(e, "gnuplot", AVAILABLE, "", NULL, "%s", "");
	else
		doctor_say(e, "gnuplot", NOT_CONFIGURED, "plots in HTML reports",
			   "apt-get install gnuplot-nox", "not installed");
}

void doctor_files(struct examination *e)
{
	tracefs(e);
	kernel_symbols(e);
	tools(e);
}
