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
#include <unistd.h>

#define CAP_DAC_OVERRIDE_BIT	1
#define CAP_DAC_READ_SEARCH_BIT 2
#define CAP_SYS_PTRACE_BIT	19
#define CAP_SYS_ADMIN_BIT	21
#define CAP_PERFMON_BIT		38
#define CAP_BPF_BIT		39

/*
 * libbpf's messages of the last failure: enough for the verifier's last lines. One thread traces.
 */
static char log_text[8192];
static size_t log_used;

static int log_keep(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char line[8192];
	size_t len;

	if (level == LIBBPF_DEBUG)
		return 0;
	vsnprintf(line, sizeof(line), fmt, ap);
	len = strlen(line);
	if (len >= sizeof(log_text))
		return 0;
	if (log_used + len >= sizeof(log_text))
		log_used = 0;
	memcpy(log_text + log_used, line, len + 1);
	log_used += len;
	return 0;
}

void error_log_start(void)
{
	log_used = 0;
	log_text[0] = 0;
	libbpf_set_print(log_keep);
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

static uint64_t effective_caps(void)
{
	unsigned long long caps = 0;
	char line[128];
	FILE *in = fopen("/proc/self/status", "re");

	while (in && fgets(line, sizeof(line), in))
		if (sscanf(line, "CapEff: %llx", &caps) == 1)
			break;
	if (in)
		fclose(in);
	return caps;
}

static bool file_has(const char *path, const char *what)
{
	char text[256] = "";
	FILE *in = fopen(path, "re");
	bool has = in && fgets(text, sizeof(text), in) && strstr(text, what);

	if (in)
		fclose(in);
	return has;
}

static bool in_user_namespace(void)
{
	unsigned long inside = 1, outside = 1, nr = 0;
	FILE *in = fopen("/proc/self/uid_map", "re");
	bool whole = in && fscanf(in, "%lu %lu %lu", &inside, &outside, &nr) == 3 && !inside &&
		     !outside && nr == 4294967295UL;

	if (in)
		fclose(in);
	return !whole;
}

static void why_not_permitted(char *out, size_t len)
{
	uint64_t caps = effective_caps();
	bool admin = caps >> CAP_SYS_ADMIN_BIT & 1;
	bool bpf = admin || caps >> CAP_BPF_BIT & 1, perfmon = admin || caps >> CAP_PERFMON_BIT & 1;

	if (!bpf || !perfmon)
		snprintf(
			out, len,
			"not permitted, %s%s%s missing; run as root or grant CAP_BPF and CAP_PERFMON",
			bpf ? "" : "CAP_BPF", bpf || perfmon ? "" : " and ",
			perfmon ? "" : "CAP_PERFMON");
	else if (in_user_namespace())
		snprintf(out, len, "not permitted inside a user namespace; run outside of it");
	else if (file_has("/sys/kernel/security/lockdown", "[confidentiality]"))
		snprintf(
			out, len,
			"the kernel is locked down (confidentiality); boot without lockdown=confidentiality");
	else if (file_has("/sys/kernel/security/lockdown", "[integrity]"))
		snprintf(out, len,
			 "refused although privileged, the kernel is locked down (integrity)");
	else
		snprintf(
			out, len,
			"refused although privileged; a container's seccomp filter or a security module forbids bpf()");
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
	const char *last;
	va_list ap;

	va_start(ap, what);
	vsnprintf(did, sizeof(did), what, ap);
	va_end(ap);

	if (errnum == -EPERM || errnum == -EACCES) {
		why_not_permitted(why, sizeof(why));
		/* Also -EACCES: a program the verifier refuses. Its words are the cause then. */
		last = errnum == -EACCES ? log_last() : "";
		if (*last && !strstr(why, "missing"))
			snprintf(why, sizeof(why), "the verifier refused: %s", last);
	} else if (access("/sys/kernel/btf/vmlinux", R_OK)) {
		snprintf(
			why, sizeof(why),
			"no /sys/kernel/btf/vmlinux; boot a kernel built with CONFIG_DEBUG_INFO_BTF");
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
	uint64_t caps = effective_caps();

	if (errnum != -EPERM && errnum != -EACCES)
		return error_explain(err, errlen, errnum, "%s of process %d", what, pid);
	if (!(caps >> CAP_SYS_PTRACE_BIT & 1))
		why = "not permitted, CAP_SYS_PTRACE missing; run as root or grant it";
	else if (!(caps >> CAP_DAC_READ_SEARCH_BIT & 1) && !(caps >> CAP_DAC_OVERRIDE_BIT & 1))
		why = "not permitted, CAP_DAC_READ_SEARCH missing for files that only others may "
		      "read; run as root or grant it";
	return error_say(err, errlen, errnum, "cannot %s of process %d: %s", what, pid, why);
}

int error_explain_probe(char *err, size_t errlen, int errnum, const char *provider,
			const char *name)
{
	if ((errnum != -EPERM && errnum != -EACCES) || effective_caps() >> CAP_SYS_ADMIN_BIT & 1)
		return error_explain(err, errlen, errnum, "attach the probe %s:%s", provider, name);
	return error_say(
		err, errlen, errnum,
		"cannot attach the probe %s:%s: this kernel requires CAP_SYS_ADMIN to attach "
		"user-space probes; run as root or grant it",
		provider, name);
}
