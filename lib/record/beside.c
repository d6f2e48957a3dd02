// SPDX-License-Identifier: GPL-2.0-only
#include "lib/record/beside.h"

json_t *beside_dropped_json(const char *arm, const char *reason)
{
	json_t *dropped = json_object();

	field_put_text(&dropped, "arm", arm);
	field_put_text(&dropped, "reason", reason);
	return dropped;
}

json_t *beside_noise_json(const struct record_noise *n)
{
	json_t *noise = json_object();

	field_put_number(&noise, "steal", n->steal);
	field_put_number(&noise, "psi_cpu", n->psi_cpu);
	field_put_number(&noise, "canary_ns", n->canary_ns);
	field_put_number(&noise, "foreign", n->foreign);
	field_put_count(&noise, "wall_ns", n->wall_ns);
	return noise;
}

bool beside_get_dropped(const struct field_source *s, struct record_dropped *dropped, size_t *nr)
{
	struct field_source inner = { .why = s->why, .whylen = s->whylen };
	json_t *list;
	size_t i;

	if (!field_get_array(s, "dropped", RECORD_MAX_ARMS, &list))
		return false;
	json_array_foreach (list, i, inner.object)
		if (!field_get_text(&inner, "arm", &dropped[i].arm) ||
		    !field_get_text(&inner, "reason", &dropped[i].reason))
			return false;
	*nr = i;
	return true;
}

bool beside_get_noise(const struct field_source *s, struct record_noise *n)
{
	struct field_source inner = { .why = s->why, .whylen = s->whylen };
	json_t *noise;

	if (!field_get_object(s, "noise", SIZE_MAX, &noise))
		return false;
	inner.object = noise;
	return field_get_number(&inner, "steal", &n->steal) &&
	       field_get_number(&inner, "psi_cpu", &n->psi_cpu) &&
	       field_get_number(&inner, "canary_ns", &n->canary_ns) &&
	       field_get_number(&inner, "foreign", &n->foreign) &&
	       field_get_count(&inner, "wall_ns", &n->wall_ns);
}
