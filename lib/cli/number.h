/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CLI_NUMBER_H
#define KT_CLI_NUMBER_H
/* Whole numbers as people type them: counts, seeds, process and thread ids. */
#include <stdbool.h>
#include <stdint.h>

/*
 * number_parse - decimal digits and nothing else, a number from @min to @max
 *
 * Return: true and *@value; false: *@value is as it was.
 */
bool number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value);
#endif
