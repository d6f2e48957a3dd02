// SPDX-License-Identifier: GPL-2.0-only
/* report: the wire format of protocol buffers, byte by byte */
#include "tests/unit/report_test.h"

#include <criterion/parameterized.h>

#include "lib/report/proto.h"

static void holds(struct proto *p, const void *bytes, size_t length)
{
	cr_expect_not(p->failed);
	cr_expect_eq(p->length, length, "%zu bytes", p->length);
	cr_expect_arr_eq(p->data, bytes, length);
	proto_free(p);
}

struct number {
	uint64_t value;
	unsigned char bytes[10];
	size_t length;
};

ParameterizedTestParameters(report_proto, numbers)
{
	static struct number numbers[] = {
		{ 0, { 0 }, 1 },
		{ 127, { 0x7f }, 1 },
		{ 128, { 0x80, 0x01 }, 2 },
		{ 300, { 0xac, 0x02 }, 2 },
		{ 1ULL << 35, { 0x80, 0x80, 0x80, 0x80, 0x80, 0x01 }, 6 },
		{ UINT64_MAX, { 255, 255, 255, 255, 255, 255, 255, 255, 255, 1 }, 10 },
	};

	return cr_make_param_array(struct number, numbers, sizeof(numbers) / sizeof(numbers[0]));
}

ParameterizedTest(struct number *n, report_proto, numbers)
{
	struct proto p = { 0 };
	unsigned char all[11] = { 1 << 3 };

	memcpy(all + 1, n->bytes, n->length);
	proto_number(&p, 1, n->value);
	holds(&p, all, 1 + n->length);
}

Test(report_proto, numbers_of_fields_beyond_15_take_two_bytes)
{
	struct proto p = { 0 };

	proto_number(&p, 16, 1);
	holds(&p, "\x80\x01\x01", 3);
}

Test(report_proto, fixed_numbers_are_little_endian)
{
	struct proto p = { 0 };

	proto_fixed64(&p, 1, 0x0102030405060708);
	holds(&p, "\x09\x08\x07\x06\x05\x04\x03\x02\x01", 9);
}

Test(report_proto, texts)
{
	struct proto p = { 0 };

	proto_text(&p, 1, "ab");
	proto_text(&p, 1, NULL);
	proto_text(&p, 1, "");
	proto_joined(&p, 2, "a", "b");
	holds(&p,
	      "\x0a\x02"
	      "ab\x0a\x00\x12\x02"
	      "ab",
	      10);
}

/* Lengths have four bytes each, which is one of the ways to write them. */
Test(report_proto, messages_hold_messages)
{
	struct proto p = { 0 };
	size_t outer = proto_begin(&p, 1), inner;

	inner = proto_begin(&p, 2);
	proto_number(&p, 3, 5);
	proto_end(&p, inner);
	proto_end(&p, outer);
	holds(&p, "\x0a\x87\x80\x80\x00\x12\x82\x80\x80\x00\x18\x05", 12);
}

Test(report_proto, it_grows_and_is_empty_once_written)
{
	struct proto p = { 0 };
	char *text = malloc(100001), *written = NULL;
	size_t length, at;
	FILE *out = open_memstream(&written, &length);

	memset(text, 'x', 100000);
	text[100000] = '\0';
	at = proto_begin(&p, 1);
	proto_text(&p, 1, text);
	proto_end(&p, at);
	proto_flush(&p, out);
	fclose(out);
	cr_expect_eq(p.length, 0);
	cr_expect_eq(length, 5 + 4 + 100000);
	cr_expect_eq(written[length - 1], 'x');
	proto_free(&p);
	free(written);
	free(text);
}
