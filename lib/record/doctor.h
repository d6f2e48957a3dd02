/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_DOCTOR_H
#define KT_RECORD_DOCTOR_H
/*
 * What `kt doctor` says of a machine, for programs: one JSON object, not a record. And the warnings
 * that a record of this machine has, apart from a record.
 */
#include <stddef.h>
#include <stdio.h>

/* What makes figures harder to trust, and what would change it. */
struct record_warning {
	char text[160];
	char fix[160];
};

/*
 * record_machine_warnings - of this machine, without its load now
 *
 * Return: how many of @w, at most @max, are filled.
 */
size_t record_machine_warnings(struct record_warning *w, size_t max);

/* One thing that was tried; "" where there is nothing to say. */
struct record_capability {
	const char *name, *state, *why, *costs, *remedy;
};

/* record_doctor_json - one object and the end of the line; 0 or -errno */
int record_doctor_json(FILE *out, const char *version, const struct record_capability *capability,
		       size_t nr, const struct record_warning *warning, size_t nr_warnings);
#endif
