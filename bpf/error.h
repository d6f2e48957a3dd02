/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_ERROR_H
#define KT_BPF_ERROR_H
/*
 * Words for what goes wrong: one sentence into the caller's buffer, with the remedy where it is
 * known. Each function returns @errnum (negative), so that it can stand in a return. One thread
 * traces, and libbpf's messages since error_log_start() are part of what can be said.
 */
#include <stddef.h>
#include <sys/types.h>

/* error_log_start - libbpf's messages go to a buffer instead of stderr; call before using libbpf */
void error_log_start(void);

/* error_say - a sentence worded by the caller */
int error_say(char *err, size_t errlen, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * error_explain - "cannot <what>: <reason>; <remedy>"
 *
 * -EPERM and -EACCES are told apart: not root and CAP_BPF or CAP_PERFMON missing (which), kernel
 * locked down; a failed load adds the verifier's last line.
 */
int error_explain(char *err, size_t errlen, int errnum, const char *what, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * error_explain_process - the same when process @pid could not be looked into: "cannot <what> of
 * process <pid>: ..."; what is missing then is CAP_SYS_PTRACE, not BPF
 */
int error_explain_process(char *err, size_t errlen, int errnum, const char *what, pid_t pid);

/*
 * error_explain_probe - the same when a probe of a program could not be attached: some kernels
 * require CAP_SYS_ADMIN for that, others accept CAP_PERFMON
 */
int error_explain_probe(char *err, size_t errlen, int errnum, const char *provider,
			const char *name);

/* Why the kernel refuses BPF to this process, as far as can be seen. */
struct refusal {
	char why[160];
	char remedy[96];   /* for a sentence; "": none is known */
	char command[352]; /* that helps, or shows more */
};

void error_refusal(struct refusal *r);
#endif
