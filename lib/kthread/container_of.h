/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_CONTAINER_OF_H
#define KTHREAD_CONTAINER_OF_H
/* container_of - the structure of @type whose @member is at @ptr */
#include <stddef.h>

#ifndef container_of
#define container_of(ptr, type, member) \
	((type *)((char *)(1 ? (ptr) : &((type *)0)->member) - offsetof(type, member)))
#endif
#endif
