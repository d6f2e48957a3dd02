// SPDX-License-Identifier: GPL-2.0-only
#include "lib/report/value.h"

#include <errno.h>
#include <math.h>

#include "lib/record/record.h"

json_t *value_number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

json_t *value_text(const char *s)
{
	return s ? record_string(s) : json_null();
}

json_t *value_count(uint64_t n)
{
	return n <= INT64_MAX ? json_integer((json_int_t)n) : json_real((double)n);
}

json_t *value_build(const struct record_build *b)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "version", value_text(b->version), "build_id",
			 value_text(b->build_id), "compiler", value_text(b->compiler), "flags",
			 value_text(b->flags));
}

int value_write(FILE *out, json_t *all)
{
	int ret;

	if (!all)
		return -ENOMEM;
	errno = 0;
	ret = json_dumpf(all, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
	json_decref(all);
	if (ret || fputc('\n', out) == EOF || fflush(out))
		return errno ? -errno : -EIO;
	return 0;
}
