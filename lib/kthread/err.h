/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_ERR_H
#define KTHREAD_ERR_H
/*
 * Errors inside pointers, as in the kernel: the top 4095 addresses are error numbers.
 */
#include <stdbool.h>
#include <stddef.h>

#include <kthread/container_of.h>

#define MAX_ERRNO 4095

#define IS_ERR_VALUE(x) ((unsigned long)(void *)(x) >= (unsigned long)-MAX_ERRNO)

#ifdef __cplusplus
extern "C" {
#endif

static inline void *ERR_PTR(long error)
{
	return (void *)error;
}

static inline long PTR_ERR(const void *ptr)
{
	return (long)ptr;
}

static inline bool IS_ERR(const void *ptr)
{
	return IS_ERR_VALUE(ptr);
}

static inline bool IS_ERR_OR_NULL(const void *ptr)
{
	return !ptr || IS_ERR_VALUE(ptr);
}

static inline void *ERR_CAST(const void *ptr)
{
	return (void *)ptr;
}

static inline int PTR_ERR_OR_ZERO(const void *ptr)
{
	return IS_ERR(ptr) ? (int)PTR_ERR(ptr) : 0;
}

#ifdef __cplusplus
}
#endif
#endif
