// SPDX-License-Identifier: GPL-2.0-only
#include "lib/target/insn.h"

/* The architecture's own limit. */
#define MAX_LENGTH 15

/*
 * The tables of opcodes: one byte, after 0f, after 0f 38, after 0f 3a. The others of EVEX have no
 * immediates, like that after 0f 38.
 */
enum map { MAP_1, MAP_0F, MAP_0F38, MAP_0F3A };

/* What follows an opcode. */
enum shape {
	BAD = 'x',
	PLAIN = '.',
	MODRM = 'm', /* a byte that names the operands */
	IMM8 = 'b',
	IMM16 = 'w',
	IMMZ = 'z', /* 4 bytes; 2 with the prefix 66 */
	REL8 = 'r',
	REL32 = 'R',
	MODRM_IMM8 = 'B',
	MODRM_IMMZ = 'Z',
	ENTER = 'e',	/* 3 bytes */
	MOFFS = 'a',	/* an address of 8 bytes; 4 with the prefix 67 */
	MOV_IMM = 'v',	/* IMMZ, or 8 bytes with REX.W */
	GROUP_F6 = '6', /* MODRM, with an immediate when it is a test */
	GROUP_F7 = '7',
};

static enum shape shape_of_1(unsigned char op)
{
	static const char from_60[] = "xxxmxxxxzZbB...." /* 60 */
				      "rrrrrrrrrrrrrrrr" /* 70 */
				      "BZxBmmmmmmmmmmmm" /* 80 */
				      "..........x....." /* 90 */
				      "aaaa....bz......" /* a0 */
				      "bbbbbbbbvvvvvvvv" /* b0 */
				      "BBw.xxBZe.w..bx." /* c0 */
				      "mmmmxxx.mmmmmmmm" /* d0 */
				      "rrrrbbbbRRxr...." /* e0 */
				      "x.xx..67......mm" /* f0 */;

	if (op >= 0x60)
		return (enum shape)from_60[op - 0x60];
	if (op >= 0x50)
		return PLAIN;
	if (op >= 0x40 || (op & 7) > 5)
		return BAD;
	return (op & 7) == 4 ? IMM8 : (op & 7) == 5 ? IMMZ : MODRM;
}

static enum shape shape_of_0f(unsigned char op)
{
	switch (op) {
	case 0x04:
	case 0x0a:
	case 0x0c:
	case 0x24 ... 0x27:
	case 0x38 ... 0x3f:
	case 0x7a ... 0x7b:
	case 0xa6 ... 0xa7:
		return BAD;
	case 0x05 ... 0x09:
	case 0x0b:
	case 0x0e:
	case 0x30 ... 0x37:
	case 0x77:
	case 0xa0 ... 0xa2:
	case 0xa8 ... 0xaa:
	case 0xc8 ... 0xcf:
		return PLAIN;
	case 0x0f:
	case 0x70 ... 0x73:
	case 0xa4:
	case 0xac:
	case 0xba:
	case 0xc2:
	case 0xc4 ... 0xc6:
		return MODRM_IMM8;
	case 0x80 ... 0x8f:
		return REL32;
	default:
		return MODRM;
	}
}

static enum shape shape_of(enum map map, unsigned char op)
{
	switch (map) {
	case MAP_1:
		return shape_of_1(op);
	case MAP_0F:
		return shape_of_0f(op);
	case MAP_0F3A:
		return MODRM_IMM8;
	default:
		return MODRM;
	}
}

struct decoder {
	const unsigned char *x;
	size_t nr, at;
	bool word, address32, wide; /* prefixes 66, 67, REX.W */
	unsigned char modrm;
	struct insn *in;
};

static unsigned char next(struct decoder *d)
{
	return d->at < d->nr ? d->x[d->at++] : (d->at = d->nr + 1, 0);
}

/* Prefixes and the escapes before the opcode; the opcode is what is returned. */
static unsigned char read_opcode(struct decoder *d, enum map *map)
{
	unsigned char op = next(d), payload;

	*map = MAP_1;
	for (; d->at <= d->nr; op = next(d)) {
		if (op == 0x66)
			d->word = true;
		else if (op == 0x67)
			d->address32 = true;
		else if (op != 0xf0 && op != 0xf2 && op != 0xf3 && op != 0x2e && op != 0x36 &&
			 op != 0x3e && op != 0x26 && op != 0x64 && op != 0x65)
			break;
	}
	if ((op & 0xf0) == 0x40) {
		d->wide = op & 8;
		op = next(d);
	}
	switch (op) {
	case 0xc5: /* VEX of two bytes */
		next(d);
		*map = MAP_0F;
		return next(d);
	case 0xc4:
		payload = next(d) & 0x1f;
		next(d);
		*map = payload < MAP_0F38 ? MAP_0F : payload == MAP_0F3A ? MAP_0F3A : MAP_0F38;
		return next(d);
	case 0x62: /* EVEX */
		payload = next(d) & 7;
		next(d);
		next(d);
		*map = payload < MAP_0F38 ? MAP_0F : payload == MAP_0F3A ? MAP_0F3A : MAP_0F38;
		return next(d);
	case 0x0f:
		op = next(d);
		*map = op == 0x38 ? MAP_0F38 : op == 0x3a ? MAP_0F3A : MAP_0F;
		return *map == MAP_0F ? op : next(d);
	default:
		return op;
	}
}

static void read_operand(struct decoder *d)
{
	unsigned int mod, rm, base = 0;

	d->modrm = next(d);
	mod = d->modrm >> 6;
	rm = d->modrm & 7;
	if (mod == 3)
		return;
	if (rm == 4)
		base = next(d) & 7;
	if (mod == 0 && rm == 5) {
		d->in->relative = (unsigned int)d->at;
		d->in->is_memory = true;
		d->at += 4;
	} else if (mod == 2 || (mod == 0 && rm == 4 && base == 5)) {
		d->in->displacement = (unsigned int)d->at;
		d->at += 4;
	} else if (mod == 1) {
		d->at += 1;
	}
}

static void read_immediate(struct decoder *d, unsigned int size)
{
	if (size == 4)
		d->in->immediate = (unsigned int)d->at;
	d->at += size;
}

static bool read_rest(struct decoder *d, enum shape shape)
{
	unsigned int z = d->word && !d->wide ? 2 : 4;

	if (shape == MODRM || shape == MODRM_IMM8 || shape == MODRM_IMMZ || shape == GROUP_F6 ||
	    shape == GROUP_F7)
		read_operand(d);
	switch (shape) {
	case BAD:
		return false;
	case PLAIN:
	case MODRM:
		break;
	case IMM8:
	case REL8:
	case MODRM_IMM8:
		read_immediate(d, 1);
		break;
	case IMM16:
		read_immediate(d, 2);
		break;
	case ENTER:
		read_immediate(d, 3);
		break;
	case IMMZ:
	case MODRM_IMMZ:
		read_immediate(d, z);
		break;
	case REL32:
		d->in->relative = (unsigned int)d->at;
		d->at += 4;
		break;
	case MOFFS:
		read_immediate(d, d->address32 ? 4 : 8);
		break;
	case MOV_IMM:
		read_immediate(d, d->wide ? 8 : z);
		break;
	case GROUP_F6:
		read_immediate(d, (d->modrm >> 3 & 7) < 2 ? 1 : 0);
		break;
	case GROUP_F7:
		read_immediate(d, (d->modrm >> 3 & 7) < 2 ? z : 0);
		break;
	}
	return d->at <= d->nr;
}

bool insn_decode(const unsigned char *x, size_t nr, struct insn *in)
{
	struct decoder d = { .x = x, .nr = nr < MAX_LENGTH ? nr : MAX_LENGTH, .in = in };
	unsigned char op;
	enum map map;

	*in = (struct insn){ 0 };
	op = read_opcode(&d, &map);
	if (d.at > d.nr || !read_rest(&d, shape_of(map, op)))
		return false;
	in->length = (unsigned int)d.at;
	return true;
}
