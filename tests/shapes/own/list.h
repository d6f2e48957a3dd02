/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHAPES_LIST_H
#define SHAPES_LIST_H
#include <kthread/container_of.h>

#include <stdbool.h>

struct list_head {
	struct list_head *next, *prev;
};

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head->prev = head;
}

static inline void list_add_tail(struct list_head *n, struct list_head *head)
{
	n->prev = head->prev;
	n->next = head;
	head->prev->next = n;
	head->prev = n;
}

static inline void list_del_init(struct list_head *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	INIT_LIST_HEAD(n);
}

static inline bool list_empty(const struct list_head *head)
{
	return __atomic_load_n(&head->next, __ATOMIC_RELAXED) == head;
}

#define list_first_entry(head, type, member) container_of((head)->next, type, member)
#define list_for_each_entry_safe(pos, n, head, member)                    \
	for (pos = container_of((head)->next, __typeof__(*pos), member),  \
	    n = container_of(pos->member.next, __typeof__(*pos), member); \
	     &pos->member != (head);                                      \
	     pos = n, n = container_of(n->member.next, __typeof__(*n), member))
#endif
