/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CLI_TIME_H
#define KT_CLI_TIME_H
/* Times as people type them. */
#include <stdint.h>

/*
 * time_parse - "3s", "250ms", units ns us ms s m h, seconds without one
 *
 * Return: ns, or 0 when @text is not a time above zero and below 30 years.
 */
uint64_t time_parse(const char *text);
#endif
