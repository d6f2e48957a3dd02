// SPDX-License-Identifier: GPL-2.0-only
/* What this process may do: capabilities, namespaces, limits, what the kernel is locked to. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/doctor_impl.h"
#include "bpf/features.h"
#include "bpf/privilege.h"

/* Inode of the initial pid namespace, on every kernel (PROC_PID_INIT_INO). */
#define INITIAL_PID_NS 4026531836U

static void capabilities(struct examination *e)
{
	uint64_t caps = privilege_now();
	int ret = feature_load_program();

	/* That it was refused has many reasons; that it was not, none. */
	e->may_bpf = ret != -EPERM && ret != -EACCES;
	error_refusal(&e->refusal);
	if (e->may_bpf)
		doctor_say(e, "capabilities", AVAILABLE, "", NULL, "%s",
			   caps & PRIVILEGE_BIT(CAP_SYS_ADMIN) ? "CAP_SYS_ADMIN"
							       : "CAP_BPF and CAP_PERFMON");
	else
		doctor_say(e, "capabilities", FORBIDDEN, "all tracing", e->refusal.command, "%s",
			   e->refusal.why);
}

/* Whose files and memory maps the tracers can look at, to find probes and stamps. */
static void other_processes(struct examination *e)
{
	const char *const costs = "of other users' processes only the kernel's phases are seen, "
				  "and no park, work and stop";
	uint64_t caps = privilege_now();
	bool looks = caps & PRIVILEGE_BIT(CAP_SYS_PTRACE);
	bool reads = caps & (PRIVILEGE_BIT(CAP_DAC_READ_SEARCH) | PRIVILEGE_BIT(CAP_DAC_OVERRIDE));
	enum availability proc = availability_of_fs(&fs_proc);
	struct stat st;

	if (proc != AVAILABLE)
		doctor_say(e, "other processes", proc,
			   "all threads are named by number, none is "
			   "found by -p",
			   "mount -t proc proc /proc", "no /proc");
	else if (!stat("/proc/self/ns/pid", &st) && st.st_ino != INITIAL_PID_NS)
		doctor_say(e, "other processes", NOT_SHOWN,
			   "processes outside cannot be named by -p and -t",
			   "run kt on the host, or the container with --pid=host",
			   "only those of this pid namespace");
	else if (access("/proc/1", F_OK))
		doctor_say(e, "other processes", NOT_SHOWN, costs,
			   "mount -o remount,hidepid=0 /proc", "/proc is mounted with hidepid");
	else if (!looks)
		doctor_say(e, "other processes", FORBIDDEN, costs,
			   "run as root, or grant CAP_SYS_PTRACE", "no CAP_SYS_PTRACE");
	else if (!reads)
		doctor_say(e, "other processes", AVAILABLE, "", NULL,
			   "except programs that only their owner may read (CAP_DAC_READ_SEARCH)");
	else
		doctor_say(e, "other processes", AVAILABLE, "", NULL, "%s", "");
}

static void memlock(struct examination *e)
{
	struct rlimit rl = { 0 };

	getrlimit(RLIMIT_MEMLOCK, &rl);
	if (rl.rlim_cur == RLIM_INFINITY)
		doctor_say(e, "memlock limit", AVAILABLE, "", NULL, "unlimited");
	else
		doctor_say(e, "memlock limit", AVAILABLE, "", NULL,
			   "%llu kB; only kernels before 5.11 count BPF maps against it",
			   (unsigned long long)rl.rlim_cur / 1024);
}

static void lockdown(struct examination *e)
{
	static const char file[] = "/sys/kernel/security/lockdown";
	enum availability there = availability_of_file(&fs_securityfs, file);
	const char *const costs = "nothing; only its level is unknown";
	char line[128] = "";

	if (there == AVAILABLE && doctor_read_line(file, line, sizeof(line))) {
		if (strstr(line, "[none]"))
			doctor_say(e, "lockdown", AVAILABLE, "", NULL, "none");
		else if (strstr(line, "[confidentiality]"))
			doctor_say(e, "lockdown", FORBIDDEN, "all tracing",
				   "boot without lockdown=confidentiality", "%s", line);
		else
			doctor_say(
				e, "lockdown", AVAILABLE, "", NULL,
				"integrity: kprobes and fentry are refused, and kt does not need them");
	} else if (there == ABSENT) {
		doctor_say(e, "lockdown", AVAILABLE, "", NULL, "this kernel has none");
	} else if (there == NOT_MOUNTED) {
		doctor_say(e, "lockdown", there, costs,
			   "mount -t securityfs securityfs /sys/kernel/security",
			   "its level is in securityfs, which is not mounted");
	} else {
		doctor_say(e, "lockdown", there, costs, NULL, "%s cannot be read", file);
	}
}

void doctor_privilege(struct examination *e)
{
	capabilities(e);
	other_processes(e);
	memlock(e);
	lockdown(e);
}
