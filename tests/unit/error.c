// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/error.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "bpf/privilege.h"

static libbpf_print_fn_t keep;

/* As libbpf does it. */
__attribute__((format(printf, 1, 2))) static void warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	keep(LIBBPF_WARN, fmt, args);
	va_end(args);
}

static void start(void)
{
	if (!privilege_has(CAP_SYS_ADMIN))
		cr_skip_test("without privilege another reason comes first");
	error_log_start();
	keep = libbpf_set_print(NULL);
}

static void explain(char *err, size_t len, int errnum)
{
	cr_expect_eq(error_explain(err, len, errnum, "load it"), errnum);
}

Test(error, the_end_of_a_long_verifier_log_is_what_is_said)
{
	static char text[50000], err[512];

	start();
	for (size_t used = 0; used + 40 < sizeof(text);)
		used += (size_t)sprintf(text + used, "%zu: (bf) r1 = r6\n", used);
	warn("libbpf: prog 'on_first': BPF program load failed: Permission denied\n");
	warn("libbpf: prog 'on_second': -- BEGIN PROG LOAD LOG --\n%sR5 unbounded memory access\n"
	     "processed 99 insns (limit 1000000)\n-- END PROG LOAD LOG --\n",
	     text);
	warn("libbpf: prog 'on_second': failed to load: -13\n");
	warn("libbpf: failed to load object 'x'\n");

	explain(err, sizeof(err), -EACCES);

	cr_expect(strstr(err, "cannot load it: "), "%s", err);
	cr_expect(strstr(err, "on_second: R5 unbounded memory access"), "%s", err);
}

Test(error, what_fits_is_kept_whole)
{
	char err[512];

	start();
	warn("libbpf: map 'hists': failed to create: No space left on device(-28)\n");

	explain(err, sizeof(err), -ENOSPC);

	cr_expect(strstr(err, "No space left on device: map 'hists': failed to create"), "%s", err);
}

Test(error, messages_of_before_are_not_said_again)
{
	char err[512];

	start();
	warn("libbpf: of another failure\n");
	error_log_start();

	explain(err, sizeof(err), -ENOSPC);

	cr_expect_null(strstr(err, "another"), "%s", err);
}
