// SPDX-License-Identifier: GPL-2.0-only
#include "lib/cli/number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	unsigned long long v;

	/* strtoull() takes blanks and signs as well, and wraps a negative number around. */
	if (!*text || text[strspn(text, "0123456789")])
		return false;
	errno = 0;
	v = strtoull(text, NULL, 10);
	if (errno || v < min || v > max)
		return false;
	*value = v;
	return true;
}

bool number_parse_share(const char *text, double min, double max, double *value)
{
	size_t whole = strspn(text, "0123456789"), length = whole;
	double v;

	/* strtod() takes exponents, hexadecimal digits and words as well. */
	if (text[length] == '.')
		length += 1 + strspn(text + length + 1, "0123456789");
	if (!whole || strcmp(text + length, text[length] == '%' ? "%" : ""))
		return false;
	v = strtod(text, NULL);
	if (text[length] == '%')
		v /= 100;
	if (!(v >= min && v <= max))
		return false;
	*value = v;
	return true;
}
