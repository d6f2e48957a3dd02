// SPDX-License-Identifier: GPL-2.0-only
/*
 * A worker's armed works by deadline: a heap whose nodes lie in the works, so that nothing is
 * allocated.
 *
 * A complete binary tree in which no work is due before its parent; the digits of n lead from the
 * root to the n-th work. Arming, moving and taking one cost at most as many steps as the number of
 * works has binary digits, and mostly one or two: half of all works have none below them.
 *
 * A work that is moved to a later deadline stays where it is, by its old one, and none of its
 * neighbours is touched: with many works, memory is what costs. It goes where it belongs when its
 * old time comes; the first one also before the thread sleeps.
 *
 * All are also on delayed_work_list, in no order. A work initialised again while armed loses its
 * links, and with them whatever is below it. The list loses nothing but that work, and the tree is
 * grown from it again. The loss is seen in time: before a work is due, all that were above it have
 * been taken, and whoever takes or moves a work looks whether its neighbours agree with it.
 *
 * Everything here needs both locks.
 */
#include <kthread/delayed.h>

#include "lib/kthread/queue.h"

/* More than any tree has levels: a torn one may have a ring. */
#define MAX_STEPS 64

/* Before a sleep, with the locks held: beyond that, waking once too often is cheaper. */
#define MAX_CORRECTED 8

static inline bool is_earlier(const struct kthread_delayed_work *a,
			      const struct kthread_delayed_work *b)
{
	return a->key_ns < b->key_ns || (a->key_ns == b->key_ns && a->key_order < b->key_order);
}

/* ---- the tree; false or NULL: it is torn ----------------------------------------------------- */
static inline bool is_child(const struct kthread_delayed_work *d,
			    const struct kthread_delayed_work *parent)
{
	return parent->child[0] == d || parent->child[1] == d;
}

static inline bool is_known_above(const struct kthread_worker *w,
				  const struct kthread_delayed_work *d)
{
	return d->parent ? is_child(d, d->parent) : w->first_delayed == d;
}

/* Do the neighbours of @d agree with it? */
static inline bool is_placed(const struct kthread_worker *w, const struct kthread_delayed_work *d)
{
	if (d->child[0] && d->child[0]->parent != d)
		return false;
	if (d->child[1] && d->child[1]->parent != d)
		return false;
	return is_known_above(w, d);
}

static inline void adopt(struct kthread_delayed_work *parent, int side,
			 struct kthread_delayed_work *child)
{
	parent->child[side] = child;
	if (child)
		child->parent = parent;
}

/* @d takes the place of @old below @parent. */
static inline void replace(struct kthread_worker *w, struct kthread_delayed_work *parent,
			   struct kthread_delayed_work *old, struct kthread_delayed_work *d)
{
	d->parent = parent;
	if (parent)
		parent->child[parent->child[1] == old] = d;
	else
		w->first_delayed = d;
}

/* @d and its parent change places. */
static bool rise(struct kthread_worker *w, struct kthread_delayed_work *d)
{
	struct kthread_delayed_work *down = d->parent, *parent = down->parent;
	struct kthread_delayed_work *left = d->child[0], *right = d->child[1], *beside;
	int side = down->child[1] == d;

	beside = down->child[!side];
	if (!is_placed(w, d) || !is_placed(w, down) || beside == d ||
	    (parent && is_child(d, parent)))
		return false;
	replace(w, parent, down, d);
	adopt(d, side, down);
	adopt(d, !side, beside);
	adopt(down, 0, left);
	adopt(down, 1, right);
	return true;
}

static struct kthread_delayed_work *earlier_child(const struct kthread_delayed_work *d)
{
	struct kthread_delayed_work *left = d->child[0], *right = d->child[1];

	return left && right && is_earlier(right, left) ? right : left;
}

static bool rises(struct kthread_worker *w, struct kthread_delayed_work *d)
{
	int steps = 0;

	if (!is_known_above(w, d))
		return false;
	while (d->parent && is_earlier(d, d->parent))
		if (++steps > MAX_STEPS || !rise(w, d))
			return false;
	return true;
}

static bool sinks(struct kthread_worker *w, struct kthread_delayed_work *d)
{
	struct kthread_delayed_work *child;
	int steps = 0;

	if (!is_placed(w, d))
		return false;
	while ((child = earlier_child(d)) && is_earlier(child, d))
		if (++steps > MAX_STEPS || !rise(w, child))
			return false;
	return true;
}

/* The parent of the @n-th, which is its child[@n % 2]. */
static struct kthread_delayed_work *parent_of(const struct kthread_worker *w, unsigned int n)
{
	struct kthread_delayed_work *d = w->first_delayed, *child;
	int bit = 31 - __builtin_clz(n);

	/* The root has no neighbour above it. */
	if (!d || !d->work.armed || d->parent || d->key_ns != w->first_due_ns)
		return NULL;
	while (--bit > 0) {
		child = d->child[n >> bit & 1];
		if (!child || child->parent != d)
			return NULL;
		d = child;
	}
	return d;
}

static inline void set_key(struct kthread_delayed_work *d)
{
	d->key_ns = d->due_ns;
	d->key_order = d->order;
}

static bool grow(struct kthread_worker *w, struct kthread_delayed_work *d)
{
	unsigned int n = ++w->nr_delayed;
	struct kthread_delayed_work *parent;

	set_key(d);
	d->child[0] = d->child[1] = d->parent = NULL;
	if (n == 1) {
		w->first_delayed = d;
		return true;
	}
	parent = parent_of(w, n);
	if (!parent || parent->child[n & 1] || parent == d || is_child(d, parent))
		return false;
	adopt(parent, n & 1, d);
	return rises(w, d);
}

/* The last one takes the place of @d. */
static bool shrink(struct kthread_worker *w, struct kthread_delayed_work *d)
{
	unsigned int n = w->nr_delayed;
	struct kthread_delayed_work *parent, *last;

	if (!n || !is_placed(w, d))
		return false;
	w->nr_delayed--;
	if (n == 1) {
		w->first_delayed = NULL;
		return true;
	}
	parent = parent_of(w, n);
	last = parent ? parent->child[n & 1] : NULL;
	if (!last || last->parent != parent)
		return false;
	parent->child[n & 1] = NULL;
	if (last == d)
		return true;
	replace(w, d->parent, d, last);
	adopt(last, 0, d->child[0]);
	adopt(last, 1, d->child[1]);
	return rises(w, last) && sinks(w, last);
}

/* So that kthread_queue_work() sees it without the other lock. */
static void note_first(struct kthread_worker *w)
{
	uint64_t due_ns = w->first_delayed ? w->first_delayed->key_ns : NEVER_NS;

	/* It may come in a second that was quiet. */
	if (due_ns < w->first_due_ns)
		__atomic_store_n(&w->quiet_second, 0, __ATOMIC_RELAXED);
	if (w->first_due_ns != due_ns)
		__atomic_store_n(&w->first_due_ns, due_ns, __ATOMIC_RELAXED);
}

void kt_armed_regrow_locked(struct kthread_worker *w)
{
	struct kthread_node *n;

	w->first_delayed = NULL;
	w->nr_delayed = 0;
	for (n = w->delayed_work_list.next; n != &w->delayed_work_list; n = n->next) {
		grow(w, delayed_of(n));
		note_first(w);
	}
	note_first(w);
}

void kt_mend_locked(struct kthread_worker *w)
{
	kt_mend_list(&w->work_list, &w->submitted);
	kt_mend_list(&w->delayed_work_list, NULL);
	kt_armed_regrow_locked(w);
	w->mended = true;
}

/* ---- what the others call -------------------------------------------------------------------- */
void kt_armed_add_locked(struct kthread_worker *w, struct kthread_delayed_work *d, uint64_t due_ns)
{
	if (__builtin_expect(!has_sound_tail(&w->delayed_work_list), 0))
		kt_mend_locked(w);
	d->due_ns = due_ns;
	d->order = w->next_order++;
	insert_before(&d->work.node, &w->delayed_work_list);
	if (__builtin_expect(!grow(w, d), 0))
		kt_mend_locked(w);
	note_first(w);
}

void kt_armed_move_locked(struct kthread_worker *w, struct kthread_delayed_work *d, uint64_t due_ns)
{
	d->due_ns = due_ns;
	d->order = w->next_order++;
	if (due_ns >= d->key_ns)
		return;
	set_key(d);
	if (__builtin_expect(!rises(w, d), 0))
		kt_mend_locked(w);
	note_first(w);
}

void kt_armed_remove_locked(struct kthread_worker *w, struct kthread_delayed_work *d)
{
	remove_node(&d->work.node);
	if (__builtin_expect(!shrink(w, d), 0))
		kt_mend_locked(w);
	note_first(w);
}

/* Put the first one where it belongs. Return: false: it was there, or no work is armed */
static bool correct_first(struct kthread_worker *w)
{
	struct kthread_delayed_work *first = w->first_delayed;

	if (first && (!first->work.armed || first->key_ns != w->first_due_ns)) {
		kt_mend_locked(w);
		return true;
	}
	if (!first || (first->key_ns == first->due_ns && first->key_order == first->order))
		return false;
	set_key(first);
	if (__builtin_expect(!sinks(w, first), 0))
		kt_mend_locked(w);
	note_first(w);
	return true;
}

struct kthread_delayed_work *kt_armed_due_locked(struct kthread_worker *w, uint64_t now_ns)
{
	do
		if (w->first_due_ns > now_ns)
			return NULL;
	while (correct_first(w));
	return w->first_delayed;
}

uint64_t kt_armed_first_locked(struct kthread_worker *w)
{
	int i;

	for (i = 0; i < MAX_CORRECTED && correct_first(w); i++)
		;
	return w->first_due_ns;
}
