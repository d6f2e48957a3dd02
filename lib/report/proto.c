// SPDX-License-Identifier: GPL-2.0-only
#include "lib/report/proto.h"

#include <stdlib.h>
#include <string.h>

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_LENGTH = 2 };

static unsigned char *grow(struct proto *p, size_t size)
{
	size_t wanted = p->room ? p->room : 4096;
	unsigned char *moved;

	while (wanted - p->length < size)
		wanted *= 2;
	if (wanted != p->room && !p->failed) {
		moved = realloc(p->data, wanted);
		p->failed = !moved;
		if (moved) {
			p->data = moved;
			p->room = wanted;
		}
	}
	if (p->failed)
		return NULL;
	p->length += size;
	return p->data + p->length - size;
}

/* Seven bits a byte, the low ones first; the top bit says that more follow. */
static void varint(struct proto *p, uint64_t value)
{
	unsigned char byte[10], *to;
	size_t nr = 0;

	do {
		byte[nr] = (unsigned char)(value & 0x7f) | (value >> 7 ? 0x80 : 0);
		value >>= 7;
		nr++;
	} while (value);
	to = grow(p, nr);
	if (to)
		memcpy(to, byte, nr);
}

static void tag(struct proto *p, uint32_t field, enum wire wire)
{
	varint(p, (uint64_t)field << 3 | wire);
}

void proto_number(struct proto *p, uint32_t field, uint64_t value)
{
	tag(p, field, WIRE_VARINT);
	varint(p, value);
}

void proto_fixed64(struct proto *p, uint32_t field, uint64_t value)
{
	unsigned char *to;

	tag(p, field, WIRE_FIXED64);
	to = grow(p, 8);
	for (int i = 0; to && i < 8; i++)
		to[i] = (unsigned char)(value >> 8 * i);
}

void proto_joined(struct proto *p, uint32_t field, const char *a, const char *b)
{
	size_t of_a = strlen(a), of_b = strlen(b);
	unsigned char *to;

	tag(p, field, WIRE_LENGTH);
	varint(p, of_a + of_b);
	to = grow(p, of_a + of_b);
	if (!to)
		return;
	memcpy(to, a, of_a);
	memcpy(to + of_a, b, of_b);
}

void proto_text(struct proto *p, uint32_t field, const char *text)
{
	if (text)
		proto_joined(p, field, text, "");
}

/*
 * The length is known at the end only: it has four bytes, of which the first three say that more
 * follow. Readers take that.
 */
#define LENGTH_BYTES 4

size_t proto_begin(struct proto *p, uint32_t field)
{
	tag(p, field, WIRE_LENGTH);
	grow(p, LENGTH_BYTES);
	return p->length;
}

void proto_end(struct proto *p, size_t begun)
{
	size_t length = p->length - begun;

	if (p->failed)
		return;
	if (length >> 7 * LENGTH_BYTES) {
		p->failed = true;
		return;
	}
	for (int i = 0; i < LENGTH_BYTES; i++)
		p->data[begun - LENGTH_BYTES + (size_t)i] =
			(unsigned char)(length >> 7 * i & 0x7f) | (i < LENGTH_BYTES - 1 ? 0x80 : 0);
}

void proto_flush(struct proto *p, FILE *out)
{
	if (!p->failed && p->length)
		fwrite(p->data, 1, p->length, out);
	p->length = 0;
}

void proto_free(struct proto *p)
{
	free(p->data);
	*p = (struct proto){ 0 };
}
