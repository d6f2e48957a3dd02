// SPDX-License-Identifier: GPL-2.0-only
#include "lib/target/functions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/target/walk.h"

struct function {
	uint64_t addr, size;
	uint64_t name; /* offset in the text */
};

struct functions {
	struct function *function; /* by rising address, of one address as they were read */
	size_t nr, max;
	char *text;
	size_t used, size;
};

/* How many functions may lie around an address before the one that covers it is not found. */
#define MAX_NESTED 8

/* ---- reading --------------------------------------------------------------------------------- */

static int grow(void **at, size_t *max, size_t needed, size_t size)
{
	size_t more = *max ?: 4096;
	void *grown;

	if (needed <= *max)
		return 0;
	while (more < needed)
		more *= 2;
	grown = reallocarray(*at, more, size);
	if (!grown)
		return -ENOMEM;
	*at = grown;
	*max = more;
	return 0;
}

static int add(struct functions *f, uint64_t addr, uint64_t size, const char *name)
{
	size_t length = strlen(name) + 1;

	if (grow((void **)&f->function, &f->max, f->nr + 1, sizeof(*f->function)) ||
	    grow((void **)&f->text, &f->size, f->used + length, 1))
		return -ENOMEM;
	memcpy(f->text + f->used, name, length);
	f->function[f->nr++] = (struct function){ addr, size, f->used };
	f->used += length;
	return 0;
}

static int add_symbol(const Elf64_Sym *sym, const char *name, void *arg)
{
	unsigned int type = GELF_ST_TYPE(sym->st_info);

	if (type != STT_FUNC && type != STT_GNU_IFUNC)
		return 0;
	return add(arg, sym->st_value, sym->st_size ?: 1, name);
}

/* The kernel does not say how long they are: to the next one, and none is longer than this. */
#define MAX_KERNEL_SIZE (1 << 20)

static int add_text(uint64_t addr, const char *name, void *arg)
{
	return addr ? add(arg, addr, MAX_KERNEL_SIZE, name) : 0;
}

static int by_address(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static int finish(struct functions **out, struct functions *f, int ret)
{
	if (ret) {
		functions_free(f);
		return ret;
	}
	qsort(f->function, f->nr, sizeof(f->function[0]), by_address);
	*out = f;
	return 0;
}

int functions_read_file(struct functions **out, const char *path)
{
	struct functions *f = calloc(1, sizeof(*f));

	return f ? finish(out, f, elf_walk(path, add_symbol, f)) : -ENOMEM;
}

int functions_read_kernel(struct functions **out)
{
	struct functions *f = calloc(1, sizeof(*f));

	return f ? finish(out, f, kallsyms_walk(add_text, f)) : -ENOMEM;
}

void functions_free(struct functions *f)
{
	if (!f)
		return;
	free(f->function);
	free(f->text);
	free(f);
}

/* ---- naming ---------------------------------------------------------------------------------- */

/* Index of the first function beyond @addr. */
static size_t beyond(const struct functions *f, uint64_t addr)
{
	size_t low = 0, high = f->nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f->function[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *functions_name(const struct functions *f, uint64_t addr, uint64_t *into)
{
	size_t at = beyond(f, addr);

	for (size_t i = 0; at && i < MAX_NESTED; i++) {
		const struct function *one = &f->function[--at];

		if (addr - one->addr >= one->size)
			continue;
		/* Of several names of one address the first one read. */
		while (at && f->function[at - 1].addr == one->addr)
			one = &f->function[--at];
		*into = addr - one->addr;
		return f->text + one->name;
	}
	return NULL;
}
