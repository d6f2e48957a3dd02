// SPDX-License-Identifier: GPL-2.0-only
/* What the commands share. */
#include <criterion/criterion.h>

#include "lib/cli/time.h"

Test(cli, times_have_a_unit_or_are_seconds)
{
	static const char *const none[] = { "",		"s",	 "0",	"0s",  "-1s", "3 s",
					    "3parsecs", "1e300", "inf", "nan", "1x",  "0.1ns" };

	cr_expect_eq(time_parse("5"), 5000000000ULL);
	cr_expect_eq(time_parse("5s"), 5000000000ULL);
	cr_expect_eq(time_parse("0.5"), 500000000ULL);
	cr_expect_eq(time_parse("1ns"), 1ULL);
	cr_expect_eq(time_parse("20us"), 20000ULL);
	cr_expect_eq(time_parse("1.5ms"), 1500000ULL);
	cr_expect_eq(time_parse("2m"), 120000000000ULL);
	cr_expect_eq(time_parse("1h"), 3600000000000ULL);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		cr_expect_eq(time_parse(none[i]), 0ULL, "'%s'", none[i]);
}
