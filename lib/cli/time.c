// SPDX-License-Identifier: GPL-2.0-only
#include "lib/cli/time.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

uint64_t time_parse(const char *text)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "ns", 1 },   { "us", 1e3 },   { "ms", 1e6 }, { "s", 1e9 },
		      { "m", 60e9 }, { "h", 3600e9 }, { "", 1e9 } };
	size_t digits = strspn(text, "0123456789.");
	char *end;
	double v = strtod(text, &end);

	/* strtod() takes blanks, signs, hexadecimal, exponents and "inf" as well. */
	if (end != text + digits)
		return 0;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(end, units[i].unit) && v * units[i].ns >= 1 && v * units[i].ns < 1e18)
			return (uint64_t)(v * units[i].ns);
	return 0;
}
