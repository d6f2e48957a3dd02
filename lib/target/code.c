// SPDX-License-Identifier: GPL-2.0-only
#include "lib/target/code.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/target/image.h"
#include "lib/target/insn.h"

/* Bytes and slots looked at before we give up: programs of 10 MB stay below it. */
#define MAX_WORK (1ULL << 30)
/* Of pointers to pointers: a list is followed so far. */
#define MAX_DEPTH 1000
/* An index that the compiler has folded into the address leads so far before what is meant. */
#define MAX_BEFORE 64

enum object_state { NOT_SEEN, IN_PROGRESS, IS_SAME, IS_OTHER };

struct comparison {
	struct image a, b;
	unsigned char *state; /* of pairs, by id: enum object_state */
	uint64_t work;
	int depth;
};

static bool same_place(struct comparison *c, uint64_t a, uint64_t b);

static bool spend(struct comparison *c, uint64_t bytes)
{
	c->work += bytes + 1;
	return c->work < MAX_WORK;
}

/* ---- pairs of symbols ------------------------------------------------------------------------ */

/* Without the number that the compiler gives a local variable: "state.3". */
static size_t stem(const struct image_symbol *s)
{
	size_t len = strlen(s->name), end = len;

	if (s->kind == IMAGE_FUNCTION)
		return len;
	while (end && isdigit((unsigned char)s->name[end - 1]))
		end--;
	return end > 1 && end < len && s->name[end - 1] == '.' ? end - 1 : len;
}

static int compare_names(const struct image_symbol *x, const struct image_symbol *y)
{
	size_t nx = stem(x), ny = stem(y), n = nx < ny ? nx : ny;
	int cmp = memcmp(x->name, y->name, n);

	return cmp ? cmp : nx < ny ? -1 : nx > ny;
}

/* Equal for those that may be a pair; and the same for local symbols of whatever file. */
static int compare_keys(const struct image_symbol *x, const struct image_symbol *y)
{
	int cmp = compare_names(x, y);

	if (!cmp)
		cmp = (x->kind == IMAGE_FUNCTION) - (y->kind == IMAGE_FUNCTION);
	return cmp ? cmp : strcmp(x->file, y->file);
}

static int by_key(const void *a, const void *b)
{
	const struct image_symbol *x = *(struct image_symbol *const *)a;
	const struct image_symbol *y = *(struct image_symbol *const *)b;
	int cmp = compare_keys(x, y);

	return cmp ? cmp : x->order < y->order ? -1 : x->order > y->order;
}

static int by_name(const void *a, const void *b)
{
	const struct image_symbol *x = *(struct image_symbol *const *)a;
	const struct image_symbol *y = *(struct image_symbol *const *)b;
	int cmp = compare_names(x, y);

	return cmp ? cmp : x->order < y->order ? -1 : x->order > y->order;
}

/* Pointers to those of @nr symbols that have no partner yet. */
static struct image_symbol **list_single(struct image_symbol *symbol, size_t nr, size_t *found)
{
	struct image_symbol **list = calloc(nr + 1, sizeof(struct image_symbol *));

	*found = 0;
	for (size_t i = 0; list && i < nr; i++)
		if (symbol[i].id == IMAGE_NO_ID)
			list[(*found)++] = &symbol[i];
	return list;
}

/*
 * Partners by name and file, those of one name in their order; then by name alone where that
 * leaves one on each side, as the file of a hidden symbol is not known. 0 or -ENOMEM
 */
static int pair_up(struct image_symbol *a, size_t nr_a, struct image_symbol *b, size_t nr_b,
		   uint32_t *id)
{
	int (*const order[])(const void *, const void *) = { by_key, by_name };
	struct image_symbol **x, **y;
	size_t nx, ny;

	for (int pass = 0; pass < 2; pass++) {
		x = list_single(a, nr_a, &nx);
		y = list_single(b, nr_b, &ny);
		if (!x || !y) {
			free(x);
			free(y);
			return -ENOMEM;
		}
		qsort(x, nx, sizeof(*x), order[pass]);
		qsort(y, ny, sizeof(*y), order[pass]);
		for (size_t i = 0, k = 0; i < nx && k < ny;) {
			int cmp = pass ? compare_names(x[i], y[k]) : compare_keys(x[i], y[k]);
			bool twice = pass && ((i + 1 < nx && !compare_names(x[i], x[i + 1])) ||
					      (k + 1 < ny && !compare_names(y[k], y[k + 1])));

			if (!cmp && !twice)
				x[i]->id = y[k]->id = (*id)++;
			i += cmp <= 0;
			k += cmp >= 0;
		}
		free(x);
		free(y);
	}
	return 0;
}

/* ---- data ------------------------------------------------------------------------------------ */

static bool same_thread_variable(struct comparison *c, uint64_t a, uint64_t b)
{
	for (size_t i = 0; i < c->a.nr_threads; i++) {
		const struct image_symbol *x = &c->a.thread[i];

		if (x->id == IMAGE_NO_ID || (a - x->addr >= x->size && a != x->addr))
			continue;
		for (size_t k = 0; k < c->b.nr_threads; k++)
			if (!spend(c, 1) || c->b.thread[k].id == x->id)
				return a - x->addr == b - c->b.thread[k].addr;
	}
	return false;
}

static bool same_slot(struct comparison *c, const struct image_slot *x, const struct image_slot *y)
{
	if (x->kind != y->kind)
		return false;
	switch (x->kind) {
	case SLOT_IMPORT:
		return !strcmp(x->import, y->import) && x->value == y->value;
	case SLOT_ADDRESS:
		return same_place(c, x->value, y->value);
	case SLOT_THREAD:
		return same_thread_variable(c, x->value, y->value);
	default:
		return x->value == y->value;
	}
}

/* An entry of a jump table: how far the code is from the table's beginning. */
static bool same_jump(struct comparison *c, uint64_t a, uint64_t b, const unsigned char *x,
		      const unsigned char *y)
{
	const struct image_section *to_a, *to_b;
	int32_t jump_a, jump_b;

	memcpy(&jump_a, x, sizeof(jump_a));
	memcpy(&jump_b, y, sizeof(jump_b));
	a += (uint64_t)(int64_t)jump_a;
	b += (uint64_t)(int64_t)jump_b;
	to_a = image_section_at(&c->a, a);
	to_b = image_section_at(&c->b, b);
	return to_a && to_b && to_a->code && to_b->code && same_place(c, a, b);
}

/* Of programs at fixed places: 8 bytes of both that are addresses. */
static bool are_pointers(const struct comparison *c, const unsigned char *x, const unsigned char *y,
			 uint64_t *a, uint64_t *b)
{
	memcpy(a, x, sizeof(*a));
	memcpy(b, y, sizeof(*b));
	return image_section_at(&c->a, *a) && image_section_at(&c->b, *b);
}

/* @size bytes at both addresses, @x and @y, in which the loader writes nothing; NULL: zeros. */
static bool same_plain(struct comparison *c, uint64_t a, uint64_t b, const unsigned char *x,
		       const unsigned char *y, uint64_t from, uint64_t to)
{
	uint64_t p, q, word;

	for (uint64_t at = from; at < to; at++) {
		if (c->a.fixed && c->b.fixed && x && y && !((a + at) & 7) && !((b + at) & 7) &&
		    at + 8 <= to && are_pointers(c, x + at, y + at, &p, &q)) {
			if (!spend(c, 8) || !same_place(c, p, q))
				return false;
			at += 7;
			continue;
		}
		if ((x ? x[at] : 0) == (y ? y[at] : 0))
			continue;
		word = at & ~3ULL;
		if (!x || !y || word < from || word + 4 > to ||
		    !same_jump(c, a, b, x + word, y + word))
			return false;
		at = word + 3;
	}
	return true;
}

/* @size bytes at both addresses: what the loader writes there, and the bytes between. */
static bool same_bytes(struct comparison *c, uint64_t a, uint64_t b, uint64_t size)
{
	size_t i = image_slots_from(&c->a, a), k = image_slots_from(&c->b, b);
	const unsigned char *x, *y;
	uint64_t nx, ny;

	if (!spend(c, size))
		return false;
	x = image_bytes(&c->a, a, &nx);
	y = image_bytes(&c->b, b, &ny);
	if (nx < size || ny < size)
		return false;
	for (uint64_t at = 0; at < size;) {
		bool in_a = i < c->a.nr_slots && c->a.slot[i].at - a < size;
		bool in_b = k < c->b.nr_slots && c->b.slot[k].at - b < size;
		uint64_t next = in_a ? c->a.slot[i].at - a : size;

		if (in_a != in_b || (in_a && next != c->b.slot[k].at - b) ||
		    !same_plain(c, a, b, x, y, at, next))
			return false;
		if (!in_a)
			break;
		if (!spend(c, 8) || !same_slot(c, &c->a.slot[i++], &c->b.slot[k++]))
			return false;
		at = next + 8;
	}
	return true;
}

/* Two variables or constants of one name. */
static bool same_object(struct comparison *c, const struct image_symbol *x,
			const struct image_symbol *y)
{
	unsigned char *state = x->id == y->id && x->id != IMAGE_NO_ID ? &c->state[x->id] : NULL;
	bool same;

	if (x->size != y->size)
		return false;
	if (state && *state != NOT_SEEN)
		return *state != IS_OTHER;
	if (state)
		*state = IN_PROGRESS;
	same = same_bytes(c, x->addr, y->addr, x->size);
	if (state)
		*state = same ? IS_SAME : IS_OTHER;
	return same;
}

/* Constants without a name: as far as both can reach, which is to where something else begins. */
static bool same_nameless(struct comparison *c, uint64_t a, uint64_t b)
{
	const struct image_section *x = image_section_at(&c->a, a), *y = image_section_at(&c->b, b);
	uint64_t size_a, size_b;

	if (!x || !y || x->code || y->code || x->changes || y->changes)
		return false;
	size_a = image_extent(&c->a, a);
	size_b = image_extent(&c->b, b);
	return same_bytes(c, a, b, size_a < size_b ? size_a : size_b);
}

/* ---- places ---------------------------------------------------------------------------------- */

/* The slot through which the stub at @addr jumps, as in .plt; NULL: it is not one. */
static const struct image_slot *stub_slot(const struct image *m, uint64_t addr)
{
	const unsigned char *x;
	int32_t displacement;
	uint64_t nr, to;
	size_t i;

	x = image_bytes(m, addr, &nr);
	for (uint64_t at = 0; x && at + 6 <= nr && at < 12; at++) {
		if (x[at] != 0xff || x[at + 1] != 0x25)
			continue;
		memcpy(&displacement, x + at + 2, sizeof(displacement));
		to = addr + at + 6 + (uint64_t)(int64_t)displacement;
		i = image_slots_from(m, to);
		return i < m->nr_slots && m->slot[i].at == to ? &m->slot[i] : NULL;
	}
	return NULL;
}

static const struct image_slot *slot_at(const struct image *m, uint64_t addr)
{
	size_t i = image_slots_from(m, addr);

	return i < m->nr_slots && m->slot[i].at == addr ? &m->slot[i] : NULL;
}

/* Some symbol begins at both that is a pair: functions, variables, marks of the linker. */
static bool same_beginning(struct comparison *c, uint64_t a, uint64_t b, bool *same)
{
	size_t first = image_symbols_from(&c->b, b);

	for (size_t i = image_symbols_from(&c->a, a);
	     i < c->a.nr_symbols && c->a.symbol[i].addr == a; i++) {
		const struct image_symbol *x = &c->a.symbol[i];

		for (size_t k = first; k < c->b.nr_symbols && c->b.symbol[k].addr == b; k++) {
			const struct image_symbol *y = &c->b.symbol[k];

			if (!spend(c, 1))
				return false;
			if (x->id != y->id || x->id == IMAGE_NO_ID)
				continue;
			*same = x->kind != IMAGE_OBJECT || same_object(c, x, y);
			return true;
		}
	}
	return false;
}

/* Just before or at the end of a pair, as a compiler's arithmetic leads there. */
static bool same_neighbour(const struct comparison *c, uint64_t a, uint64_t b)
{
	size_t i = image_symbols_from(&c->a, a + 1), k = image_symbols_from(&c->b, b + 1);

	if (i < c->a.nr_symbols && k < c->b.nr_symbols) {
		const struct image_symbol *x = &c->a.symbol[i], *y = &c->b.symbol[k];

		if (x->id == y->id && x->id != IMAGE_NO_ID && x->addr - a <= MAX_BEFORE &&
		    x->addr - a == y->addr - b)
			return true;
	}
	i = image_symbols_from(&c->a, a);
	k = image_symbols_from(&c->b, b);
	if (i && k) {
		const struct image_symbol *x = &c->a.symbol[i - 1], *y = &c->b.symbol[k - 1];

		return x->id == y->id && x->id != IMAGE_NO_ID && a == x->addr + x->size &&
		       b == y->addr + y->size;
	}
	return false;
}

static bool find_same_place(struct comparison *c, uint64_t a, uint64_t b)
{
	const struct image_symbol *x = image_covering(&c->a, a), *y = image_covering(&c->b, b);
	const struct image_slot *p, *q;
	bool same;

	if (same_beginning(c, a, b, &same))
		return same;
	if (x && y) {
		bool pair = x->id == y->id && x->id != IMAGE_NO_ID;

		/* Two constants of a function may be numbered the other way round. */
		if (!pair && x->kind == IMAGE_OBJECT && y->kind == IMAGE_OBJECT &&
		    !compare_names(x, y) && image_section_at(&c->a, a) &&
		    !image_section_at(&c->a, a)->changes)
			pair = same_object(c, x, y);
		if (pair && a - x->addr == b - y->addr)
			return x->kind != IMAGE_OBJECT || same_object(c, x, y);
		return same_neighbour(c, a, b);
	}
	if (x || y)
		return false;
	p = slot_at(&c->a, a);
	q = slot_at(&c->b, b);
	if (p && q)
		return same_slot(c, p, q);
	p = stub_slot(&c->a, a);
	q = stub_slot(&c->b, b);
	if (p && q)
		return same_slot(c, p, q);
	return same_nameless(c, a, b);
}

/* Do address @a of the one and @b of the other mean the same? */
static bool same_place(struct comparison *c, uint64_t a, uint64_t b)
{
	bool same;

	if (c->depth == MAX_DEPTH)
		return false;
	c->depth++;
	same = find_same_place(c, a, b);
	c->depth--;
	return same;
}

/* ---- functions ------------------------------------------------------------------------------- */

static uint32_t word_at(const unsigned char *x)
{
	uint32_t word;

	memcpy(&word, x, sizeof(word));
	return word;
}

/* An address: that of thread-local memory, or in a program that lies at a fixed place. */
static bool same_absolute(struct comparison *c, uint32_t x, uint32_t y)
{
	uint64_t p = (uint64_t)(int64_t)(int32_t)x, q = (uint64_t)(int64_t)(int32_t)y;

	if (c->a.fixed && c->b.fixed && image_section_at(&c->a, p) && image_section_at(&c->b, q))
		return same_place(c, p, q);
	if (x == y)
		return true;
	/* Before the thread pointer, which is the end of it. */
	return x >> 31 && y >> 31 &&
	       same_thread_variable(c, c->a.thread_size + p, c->b.thread_size + q);
}

/* The instruction @in, of both, at addresses @a and @b, its bytes at @x and @y. */
static bool same_insn(struct comparison *c, const struct insn *in, uint64_t a, uint64_t b,
		      const unsigned char *x, const unsigned char *y)
{
	for (unsigned int i = 0; i < in->length;) {
		if (!i || (i != in->relative && i != in->displacement && i != in->immediate)) {
			if (x[i] != y[i])
				return false;
			i++;
			continue;
		}
		if (i == in->relative) {
			uint64_t p = (uint64_t)(int64_t)(int32_t)word_at(x + i);
			uint64_t q = (uint64_t)(int64_t)(int32_t)word_at(y + i);

			if (!same_place(c, a + in->length + p, b + in->length + q))
				return false;
		} else if (!same_absolute(c, word_at(x + i), word_at(y + i))) {
			return false;
		}
		i += 4;
	}
	return true;
}

static bool same_function(struct comparison *c, const struct image_symbol *f,
			  const struct image_symbol *g)
{
	const unsigned char *x, *y;
	struct insn in, other;
	uint64_t nx, ny;

	x = image_bytes(&c->a, f->addr, &nx);
	y = image_bytes(&c->b, g->addr, &ny);
	if (f->size != g->size || !x || !y || nx < f->size || ny < f->size || !spend(c, f->size))
		return false;
	for (uint64_t at = 0; at < f->size; at += in.length) {
		if (!insn_decode(x + at, f->size - at, &in) ||
		    !insn_decode(y + at, f->size - at, &other) || in.length != other.length ||
		    in.relative != other.relative || in.displacement != other.displacement ||
		    in.immediate != other.immediate ||
		    !same_insn(c, &in, f->addr + at, g->addr + at, x + at, y + at))
			return false;
	}
	return true;
}

/* ---- both programs --------------------------------------------------------------------------- */

static void note(struct code_difference *d, const struct image_symbol *s)
{
	d->changed++;
	if (d->nr_names < CODE_MAX_NAMES)
		snprintf(d->name[d->nr_names++], sizeof(d->name[0]), "%s", s->name);
}

/*
 * Of the functions that begin where the @i-th symbol does, that one which stands for them: which
 * has a partner, if any does. NULL: another symbol stands for it, or it is not a function.
 */
static const struct image_symbol *function_at(const struct image *m, size_t i)
{
	const struct image_symbol *s = &m->symbol[i], *found = NULL;

	if (i && s[-1].addr == s->addr)
		return NULL;
	for (size_t k = i; k < m->nr_symbols && m->symbol[k].addr == s->addr; k++) {
		const struct image_symbol *f = &m->symbol[k];

		if (f->kind == IMAGE_FUNCTION && f->size &&
		    (!found || (found->id == IMAGE_NO_ID && f->id != IMAGE_NO_ID)))
			found = f;
	}
	return found;
}

static int compare_all(struct comparison *c, struct code_difference *d)
{
	const struct image_symbol **partner, *f;
	uint32_t nr = 0;
	int ret;

	ret = pair_up(c->a.symbol, c->a.nr_symbols, c->b.symbol, c->b.nr_symbols, &nr);
	if (!ret)
		ret = pair_up(c->a.thread, c->a.nr_threads, c->b.thread, c->b.nr_threads, &nr);
	if (ret)
		return ret;
	c->state = calloc(nr + 1, sizeof(*c->state));
	partner = calloc(nr + 1, sizeof(*partner));
	if (!c->state || !partner) {
		free(partner);
		return -ENOMEM;
	}
	for (size_t i = 0; i < c->b.nr_symbols; i++)
		if (c->b.symbol[i].id != IMAGE_NO_ID)
			partner[c->b.symbol[i].id] = &c->b.symbol[i];
	for (size_t i = 0; i < c->a.nr_symbols; i++) {
		f = function_at(&c->a, i);
		if (!f)
			continue;
		d->compared++;
		if (f->id == IMAGE_NO_ID || !same_function(c, f, partner[f->id]))
			note(d, f);
	}
	for (size_t i = 0; i < c->b.nr_symbols; i++) {
		f = function_at(&c->b, i);
		if (!f || f->id != IMAGE_NO_ID)
			continue;
		d->compared++;
		note(d, f);
	}
	free(partner);
	return c->work < MAX_WORK ? 0 : -EFBIG;
}

void code_compare(struct code_difference *d, const char *old, const char *new)
{
	struct comparison c = { 0 };
	char why[128];
	int ret;

	*d = (struct code_difference){ .status = CODE_UNKNOWN };
	if (image_read(&c.a, old, why, sizeof(why))) {
		snprintf(d->reason, sizeof(d->reason), "the old binary: %s", why);
		return;
	}
	if (image_read(&c.b, new, why, sizeof(why))) {
		snprintf(d->reason, sizeof(d->reason), "the new binary: %s", why);
		goto out;
	}
	ret = compare_all(&c, d);
	if (ret)
		snprintf(d->reason, sizeof(d->reason), "%s",
			 ret == -EFBIG ? "they are too large to compare" : strerror(-ret));
	else if (!d->compared)
		snprintf(d->reason, sizeof(d->reason), "they have no functions by name");
	else
		d->status = d->changed ? CODE_CHANGED : CODE_SAME;
	if (d->status == CODE_UNKNOWN)
		d->compared = d->changed = d->nr_names = 0;
out:
	free(c.state);
	image_free(&c.a);
	image_free(&c.b);
}
