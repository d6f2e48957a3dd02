/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_FUZZ_HOLDS_H
#define KT_TESTS_FUZZ_HOLDS_H
/* What a fuzzer demands beyond what the sanitizers see: an input for which it fails is kept. */
#include <stdio.h>
#include <stdlib.h>

#define HOLDS(condition)                                                    \
	do {                                                                \
		if (!(condition)) {                                         \
			fprintf(stderr, "does not hold: %s\n", #condition); \
			abort();                                            \
		}                                                           \
	} while (0)
#endif
