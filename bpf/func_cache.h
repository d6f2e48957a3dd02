/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_FUNC_CACHE_H
#define KT_BPF_FUNC_CACHE_H
/* Names of functions for single works, of which there may be many: each is looked for once. */
#include <stdbool.h>
#include <stdint.h>

#include "bpf/subject_func.h"

struct func_named;

/* Zeroed memory is an empty one. */
struct func_cache {
	struct func_named *named; /* by hash */
	uint32_t nr;
	uint32_t
		pass; /* the caller adds to it now and then: what had no name is looked for again */
};

/* func_cache_name - of @at, or "0x..." when nobody knows it; until the next call. NULL: no memory */
const char *func_cache_name(struct func_cache *c, const struct tracer *t, struct subject_funcs *f,
			    const struct usdt_files *files, const struct func_at *at);
void func_cache_free(struct func_cache *c);
#endif
