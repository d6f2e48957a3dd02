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
