/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHAPES_TYPES_H
#define SHAPES_TYPES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef uint64_t u64;
typedef int64_t s64;
typedef uint32_t u32;
#endif
