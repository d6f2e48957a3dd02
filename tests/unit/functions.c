// SPDX-License-Identifier: GPL-2.0-only
/* functions: addresses of this program and of the kernel have the names that their tables say. */
#include "lib/target/functions.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

TestSuite(functions, .timeout = 60);

static struct functions *f;
static uint64_t into;

static int find_base(struct dl_phdr_info *info, size_t size, void *base)
{
	(void)size;
	*(uint64_t *)base = info->dlpi_addr;
	return 1; /* the program comes first */
}

/* As the file has it. */
static uint64_t in_file(const void *p)
{
	uint64_t base = 0;

	dl_iterate_phdr(find_base, &base);
	return (uint64_t)(uintptr_t)p - base;
}

__attribute__((noinline)) int a_function_of_this_test(int x)
{
	volatile int y = x;

	return y * 3;
}

Test(functions, an_address_in_a_function_has_its_name)
{
	uint64_t at = in_file((const void *)a_function_of_this_test);

	cr_assert_eq(functions_read_file(&f, "/proc/self/exe"), 0);
	cr_expect_str_eq(functions_name(f, at, &into), "a_function_of_this_test");
	cr_expect_eq(into, 0);
	cr_expect_str_eq(functions_name(f, at + 3, &into), "a_function_of_this_test");
	cr_expect_eq(into, 3);
	cr_expect_null(functions_name(f, 1, &into), "before all of them");
	cr_expect_null(functions_name(f, UINT64_MAX, &into), "after all of them");
	functions_free(f);
}

Test(functions, a_function_has_one_name_from_its_first_byte_on)
{
	size_t nr = 0;

	cr_assert_eq(functions_read_file(&f, "/proc/self/exe"), 0);
	for (uint64_t at = in_file((const void *)a_function_of_this_test), end = at + 4096;
	     at < end; at++) {
		const char *name = functions_name(f, at, &into);

		if (!name)
			continue;
		nr++;
		cr_expect_str_eq(functions_name(f, at - into, &into), name);
		cr_expect_eq(into, 0);
	}
	cr_expect_gt(nr, 10);
	functions_free(f);
}

Test(functions, a_file_that_is_none_is_refused)
{
	cr_expect_eq(functions_read_file(&f, "/no/such/file"), -ENOENT);
	cr_expect_eq(functions_read_file(&f, "Makefile"), -EINVAL);
}

Test(functions, the_kernel_has_functions_where_it_shows_them)
{
	int ret = functions_read_kernel(&f);
	char line[256], name[200];
	uint64_t addr;
	size_t nr = 0;
	FILE *in;
	char type;

	if (ret == -EPERM)
		cr_skip_test("the kernel hides its addresses");
	cr_assert_eq(ret, 0);
	in = fopen("/proc/kallsyms", "r");
	cr_assert_not_null(in);
	while (nr < 2000 && fgets(line, sizeof(line), in)) {
		const char *found;

		if (sscanf(line, "%lx %c %199s", &addr, &type, name) != 3 || type != 'T')
			continue;
		found = functions_name(f, addr + 1, &into);
		cr_assert_not_null(found, "%s", name);
		/* Another one may have the same address, or the next byte. */
		nr++;
		if (!strcmp(found, name))
			cr_expect_eq(into, 1);
	}
	fclose(in);
	cr_expect_gt(nr, 100);
	functions_free(f);
}
