/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_ENVIRONMENT_H
#define KT_RECORD_ENVIRONMENT_H
/*
 * The environment of this machine, as a record has it and as people read it. SCHEMA.md has its
 * fields.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* environment_now - without its warnings; NULL: no memory */
json_t *environment_now(void);

/* One line for people: "clock", "tsc, 24.7 ns a read". Values that are null read "not shown". */
struct environment_line {
	const char *label;
	char *text; /* of any characters but control characters */
};

#define ENVIRONMENT_MAX_LINES 48

/*
 * environment_lines - @environment in a few lines
 *
 * @host: what to say for the host name, NULL: its hash. Return: how many, each text for free();
 * -ENOMEM, and nothing to free.
 */
int environment_lines(const json_t *environment, const char *host,
		      struct environment_line line[ENVIRONMENT_MAX_LINES]);

/*
 * environment_write_json - all fields of the record, and "host" when @host is not NULL; 0, -ENOMEM or
 * -EIO
 */
int environment_write_json(FILE *out, const char *host);
#endif
