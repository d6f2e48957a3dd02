/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHAPES_SLAB_H
#define SHAPES_SLAB_H
#include <stdlib.h>

#define kzalloc(size, gfp) calloc(1, size)
#define kfree(p)	   free(p)
#endif
