/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CLI_NUMBER_H
#define KT_CLI_NUMBER_H
/* Numbers as people type them: counts, seeds, process and thread ids; shares. */
#include <stdbool.h>
#include <stdint.h>

/*
 * number_parse - decimal digits and nothing else, a number from @min to @max
 *
 * Return: true and *@value; false: *@value is as it was.
 */
bool number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/*
 * number_parse_share - a share of one: "0.02", or "2%"; from @min to @max
 *
 * Return: true and *@value; false: *@value is as it was.
 */
bool number_parse_share(const char *text, double min, double max, double *value);
#endif
