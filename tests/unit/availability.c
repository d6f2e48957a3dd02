// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/availability.h"

#include <criterion/criterion.h>
#include <linux/magic.h>
#include <unistd.h>

Test(availability, proc_is_there_as_the_tests_need_it)
{
	cr_expect_eq(availability_of_fs(&fs_proc), AVAILABLE);
	cr_expect_eq(availability_of_file(&fs_proc, "/proc/self/status"), AVAILABLE);
}

Test(availability, a_file_that_the_file_system_lacks_is_absent)
{
	cr_expect_eq(availability_of_file(&fs_proc, "/proc/no-such"), ABSENT);
	cr_expect_eq(availability_of_file(&fs_proc, "/proc/self/no-such/below"), ABSENT);
	cr_expect_eq(availability_of_file(&fs_proc, "/proc/self/status/below"), ABSENT);
}

Test(availability, a_file_system_elsewhere_is_not_mounted_here)
{
	const struct pseudo_fs nowhere = { "/no-such-root", PROC_SUPER_MAGIC, "proc" };
	const struct pseudo_fs other = { "/", PROC_SUPER_MAGIC, "proc" };

	cr_expect_eq(availability_of_fs(&nowhere), NOT_MOUNTED);
	cr_expect_eq(availability_of_fs(&other), NOT_MOUNTED);
	cr_expect_eq(availability_of_file(&nowhere, "/no-such-root/x"), NOT_MOUNTED);
}

Test(availability, a_file_system_that_the_kernel_does_not_know_is_absent)
{
	const struct pseudo_fs unknown = { "/no-such-root", PROC_SUPER_MAGIC, "no-such-fs" };
	const struct pseudo_fs prefix = { "/no-such-root", PROC_SUPER_MAGIC, "pro" };

	cr_expect_eq(availability_of_fs(&unknown), ABSENT);
	cr_expect_eq(availability_of_fs(&prefix), ABSENT, "names are compared whole");
}

Test(availability, what_lies_over_a_file_hides_it)
{
	/* /proc/self/root leads out of proc: what is missing there, proc does not lack. */
	cr_expect_eq(availability_of_file(&fs_proc, "/proc/self/root/no-such"), NOT_SHOWN);
	cr_expect_eq(availability_of_file(&fs_proc, "/proc/self/root/dev/null"), NOT_SHOWN);
}

Test(availability, a_file_of_others_is_forbidden)
{
	if (!geteuid() && setresuid(65534, 65534, 65534))
		cr_skip_test("cannot become another user");
	cr_expect_eq(availability_of_file(&fs_proc, "/proc/1/environ"), FORBIDDEN);
	cr_expect_eq(availability_of_file(&fs_proc, "/proc/1/fd/0"), FORBIDDEN);
}

Test(availability, every_state_has_a_name_of_its_own)
{
	for (int i = 0; i < NR_AVAILABILITIES; i++)
		for (int k = 0; k < i; k++)
			cr_expect_str_neq(availability_name(i), availability_name(k));
}
