// SPDX-License-Identifier: GPL-2.0-only
#include "lib/record/doctor.h"

#include <errno.h>
#include <jansson.h>

#include "lib/record/record.h"

static void set_text(json_t *of, const char *key, const char *text)
{
	if (*text)
		json_object_set_new(of, key, record_string(text));
}

static json_t *capability_json(const struct record_capability *c)
{
	json_t *o = json_pack("{s:s, s:s}", "name", c->name, "state", c->state);

	set_text(o, "why", c->why);
	set_text(o, "costs", c->costs);
	set_text(o, "remedy", c->remedy);
	return o;
}

int record_doctor_json(FILE *out, const char *version, const struct record_capability *capability,
		       size_t nr, const struct record_warning *warning, size_t nr_warnings)
{
	json_t *capabilities = json_array(), *warnings = json_array(), *all;
	int ret;

	for (size_t i = 0; i < nr; i++)
		json_array_append_new(capabilities, capability_json(&capability[i]));
	for (size_t i = 0; i < nr_warnings; i++)
		json_array_append_new(warnings, json_pack("{s:o, s:o}", "text",
							  record_string(warning[i].text), "fix",
							  record_string(warning[i].fix)));
	all = json_pack("{s:s, s:o, s:o}", "kt", version, "capabilities", capabilities, "warnings",
			warnings);
	ret = all && !json_dumpf(all, out, JSON_INDENT(2)) ? 0 : -EIO;
	json_decref(all);
	if (!ret && fputc('\n', out) == EOF)
		ret = -EIO;
	return ret;
}
