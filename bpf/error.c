// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/error.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/availability.h"
#include "bpf/privilege.h"

/*
 * libbpf's messages of the last failure: enough for the verifier's last lines. One thread traces.
 */
static char log_text[8192];
static size_t log_used;

/* The end of all that was said: a verifier's log is long, and its last lines are what matters. */
static int log_keep(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	size_t len, drop;
	char *text, *tail;

	if (level == LIBBPF_DEBUG || vasprintf(&text, fmt, ap) < 0)
		return 0;
	tail = text;
	len = strlen(text);
	if (len >= sizeof(log_text)) {
		tail += len - (sizeof(log_text) - 1);
		len = sizeof(log_text) - 1;
	}
	drop = log_used + len < sizeof(log_text) ? 0 : log_used + len - (sizeof(log_text) - 1);
	log_used -= drop;
	memmove(log_text, log_text + drop, log_used);
	memcpy(log_text + log_used, tail, len + 1);
	log_used += len;
	free(text);
	return 0;
}

void error_log_start(void)
{
	log_used = 0;
	log_text[0] = 0;
	libbpf_set_print(log_keep);
}

/* The program that libbpf spoke of last, "a program" when it spoke of none. */
static const char *log_program(void)
{
	static char name[64];
	const char *at = log_text, *found = NULL;

	while ((at = strstr(at, "libbpf: prog '")))
		found = at += strlen("libbpf: prog '");
	if (!found)
		return "a program";
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(found, "'"), found);
	return name;
}

/* Lines that frame a verifier's log say nothing about the cause. */
static bool line_says_something(const char *line)
{
	static const char *const frame[] = { "-- END",	       "-- BEGIN",
					     "processed ",     "max_states",
					     "failed to load", "libbpf: failed to load",
					     "peak_states" };
	size_t i;

	if (!*line)
		return false;
	for (i = 0; i < sizeof(frame) / sizeof(frame[0]); i++)
		if (strstr(line, frame[i]))
			return false;
	return true;
}

/* The last message that says something, one line, "" when there is none. */
static const char *log_last(void)
{
	static char last[256];
	char *copy = strdup(log_text), *line, *save = NULL;

	last[0] = 0;
	if (!copy)
		return last;
	for (line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (line_says_something(line))
			snprintf(last, sizeof(last), "%s",
				 strncmp(line, "libbpf: ", 8) ? line : line + 8);
	free(copy);
	return last;
}

static bool file_has(const char *path, const char *what)
{
	char line[256];
	bool has = false;
	FILE *in = fopen(path, "re");

	while (in && !has && fgets(line, sizeof(line), in))
		has = strstr(line, what);
	if (in)
		fclose(in);
	return has;
}

/* Inode of the initial user namespace, on every kernel (PROC_USER_INIT_INO). */
#define INITIAL_USER_NS 4026531837U

static bool in_user_namespace(void)
{
	struct stat st;

	return !stat("/proc/self/ns/user", &st) && st.st_ino != INITIAL_USER_NS;
}

#define SET(field, ...) snprintf(r->field, sizeof(r->field), __VA_ARGS__)

static void missing_caps(struct refusal *r, bool bpf, bool perfmon)
{
	char self[256] = "kt";
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0)
		self[n] = 0;
	SET(why, "not permitted, %s%s%s missing", bpf ? "" : "CAP_BPF",
	    bpf || perfmon ? "" : " and ", perfmon ? "" : "CAP_PERFMON");
	SET(remedy, "run as root or grant CAP_BPF and CAP_PERFMON");
	SET(command, "setcap cap_bpf,cap_perfmon=ep %s", self);
}

void error_refusal(struct refusal *r)
{
	uint64_t caps = privilege_now();
	bool admin = caps & PRIVILEGE_BIT(CAP_SYS_ADMIN);
	bool bpf = admin || caps & PRIVILEGE_BIT(CAP_BPF);
	bool perfmon = admin || caps & PRIVILEGE_BIT(CAP_PERFMON);

	memset(r, 0, sizeof(*r));
	if (in_user_namespace()) {
		SET(why, "not permitted inside a user namespace");
		SET(remedy, "run outside of it");
		SET(command, "run kt on the host, or the container with --userns=host");
	} else if (!bpf || !perfmon) {
		missing_caps(r, bpf, perfmon);
	} else if (file_has("/sys/kernel/security/lockdown", "[confidentiality]")) {
		SET(why, "the kernel is locked down (confidentiality)");
		SET(remedy, "boot without lockdown=confidentiality");
		SET(command, "%s", r->remedy);
	} else if (file_has("/proc/self/status", "Seccomp:\t2")) {
		SET(why, "refused although privileged; a seccomp filter, as containers have, may "
			 "forbid bpf()");
		SET(command, "docker run --security-opt seccomp=unconfined, or the like");
	} else {
		SET(why, "refused although privileged; %sa security module may forbid it",
		    file_has("/sys/kernel/security/lockdown", "[integrity]")
			    ? "the kernel is locked down (integrity), or "
			    : "");
		SET(command, "dmesg | grep -i -e denied -e lockdown");
	}
}

/* Why the kernel's types are not there. */
static void why_no_btf(char *out, size_t len)
{
	static const char file[] = "/sys/kernel/btf/vmlinux";

	switch (availability_of_file(&fs_sysfs, file)) {
	case NOT_MOUNTED:
		snprintf(out, len, "/sys is not mounted; mount -t sysfs sysfs /sys");
		break;
	case NOT_SHOWN:
		snprintf(out, len, "%s is hidden by what is mounted over it", file);
		break;
	case FORBIDDEN:
		snprintf(out, len, "%s may not be read by this process", file);
		break;
	default:
		snprintf(out, len, "no %s; boot a kernel built with CONFIG_DEBUG_INFO_BTF", file);
	}
}

int error_say(char *err, size_t errlen, int errnum, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (errlen)
		vsnprintf(err, errlen, fmt, ap);
	va_end(ap);
	return errnum;
}

int error_explain(char *err, size_t errlen, int errnum, const char *what, ...)
{
	char did[192], why[384];
	struct refusal r;
	const char *last;
	va_list ap;

	va_start(ap, what);
	vsnprintf(did, sizeof(did), what, ap);
	va_end(ap);

	if (errnum == -EPERM || errnum == -EACCES) {
		error_refusal(&r);
		snprintf(why, sizeof(why), "%s%s%s", r.why, *r.remedy ? "; " : "", r.remedy);
		/* Also -EACCES: a program the verifier refuses. Its words are the cause then. */
		last = strstr(why, "although privileged") ? log_last() : "";
		if (*last && errnum == -EACCES)
			snprintf(why, sizeof(why), "the verifier refused %s: %s", log_program(),
				 last);
		else if (*last)
			snprintf(why, sizeof(why), "%s (%s)", r.why, last);
	} else if (access("/sys/kernel/btf/vmlinux", R_OK)) {
		why_no_btf(why, sizeof(why));
	} else if (errnum == -ENOSYS) {
		snprintf(why, sizeof(why), "this kernel has no bpf(); it needs CONFIG_BPF_SYSCALL");
	} else {
		last = log_last();
		snprintf(why, sizeof(why), "%s%s%s", strerror(-errnum), *last ? ": " : "", last);
	}
	return error_say(err, errlen, errnum, "cannot %s: %s", did, why);
}

int error_explain_process(char *err, size_t errlen, int errnum, const char *what, pid_t pid)
{
	const char *why = "refused although privileged; it is in another user namespace, or a "
			  "security module protects it";
	uint64_t caps = privilege_now();

	if (errnum != -EPERM && errnum != -EACCES)
		return error_explain(err, errlen, errnum, "%s of process %d", what, pid);
	if (!(caps & PRIVILEGE_BIT(CAP_SYS_PTRACE)))
		why = "not permitted, CAP_SYS_PTRACE missing; run as root or grant it";
	else if (!(caps & (PRIVILEGE_BIT(CAP_DAC_READ_SEARCH) | PRIVILEGE_BIT(CAP_DAC_OVERRIDE))))
		why = "not permitted, CAP_DAC_READ_SEARCH missing for files that only others may "
		      "read; run as root or grant it";
	return error_say(err, errlen, errnum, "cannot %s of process %d: %s", what, pid, why);
}

int error_explain_probe(char *err, size_t errlen, int errnum, const char *provider,
			const char *name)
{
	if ((errnum != -EPERM && errnum != -EACCES) || privilege_has(CAP_SYS_ADMIN))
		return error_explain(err, errlen, errnum, "attach the probe %s:%s", provider, name);
	return error_say(
		err, errlen, errnum,
		"cannot attach the probe %s:%s: this kernel requires CAP_SYS_ADMIN to attach "
		"user-space probes; run as root or grant it",
		provider, name);
}
