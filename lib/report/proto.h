/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_PROTO_H
#define KT_REPORT_PROTO_H
/*
 * Messages in the wire format of protocol buffers: fields one after the other, each its number and
 * how it is written, a message in a message with its length before it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Zeroed: empty. */
struct proto {
	unsigned char *data;
	size_t length, room;
	bool failed; /* no memory, once and for all: what was added since is missing */
};

/* proto_number - a field of type uint64, uint32, int32 (not below 0), bool or enum */
void proto_number(struct proto *p, uint32_t field, uint64_t value);
void proto_fixed64(struct proto *p, uint32_t field, uint64_t value);
/* proto_text - a string; it is to be UTF-8. NULL: the field is not there */
void proto_text(struct proto *p, uint32_t field, const char *text);

/* proto_joined - @a and @b as one string */
void proto_joined(struct proto *p, uint32_t field, const char *a, const char *b);

/* proto_begin - a message as field @field, until proto_end() with what this returned */
size_t proto_begin(struct proto *p, uint32_t field);
void proto_end(struct proto *p, size_t begun);

/* proto_flush - what has come so far to @out, and empty; all messages have ended */
void proto_flush(struct proto *p, FILE *out);

void proto_free(struct proto *p);
#endif
