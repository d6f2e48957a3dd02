// SPDX-License-Identifier: GPL-2.0-only
#include "lib/report/value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>

#include "lib/record/record.h"

/* ---- values ---------------------------------------------------------------------------------- */

json_t *value_number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

json_t *value_text(const char *s)
{
	return s ? record_string(s) : json_null();
}

json_t *value_count(uint64_t n)
{
	char digits[24];

	if (n <= INT64_MAX)
		return json_integer((json_int_t)n);
	snprintf(digits, sizeof(digits), "%" PRIu64, n);
	return json_string(digits);
}

json_t *value_build(const struct record_build *b)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "version", value_text(b->version), "build_id",
			 value_text(b->build_id), "compiler", value_text(b->compiler), "flags",
			 value_text(b->flags));
}

/* Exact where a value is a whole ns. */
static json_t *in_ns(uint64_t n, double unit)
{
	return unit == 1 ? value_count(n) : value_number((double)n * unit);
}

json_t *value_hist(const struct hist *h, double unit)
{
	json_t *buckets;
	uint32_t nr;

	if (!h || !h->count)
		return json_null();
	buckets = json_array();
	nr = HIST_NR_BUCKETS(h->k);
	for (uint32_t i = 0; i < nr; i++) {
		/* The last one has what is beyond the end as well. */
		bool open = i + 1 == nr && h->overflow;

		if (h->bucket[i])
			json_array_append_new(buckets,
					      json_pack("[o, o, o]", in_ns(hist_low(i, h->k), unit),
							open ? json_null()
							     : in_ns(hist_low(i + 1, h->k), unit),
							value_count(h->bucket[i])));
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "k", value_count(h->k), "count",
			 value_count(h->count), "sum",
			 h->sum < UINT64_MAX ? in_ns(h->sum, unit) : json_null(), "min",
			 in_ns(h->min, unit), "max", in_ns(h->max, unit), "overflow",
			 value_count(h->overflow), "buckets", buckets);
}

json_t *value_counts(const struct record_count *list, size_t nr)
{
	json_t *all = json_object();

	for (size_t i = 0; i < nr; i++)
		json_object_set_new(all, list[i].name, value_count(list[i].value));
	return all;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* jansson leaves these as they are: DEL, and U+0080 to U+009F, which have two bytes. */
static int dump_part(const char *s, size_t size, void *arg)
{
	FILE *out = arg;

	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)s[i],
			      next = i + 1 < size ? (unsigned char)s[i + 1] : 0;

		if (c == 0x7f || (c == 0xc2 && next >= 0x80 && next < 0xa0))
			fprintf(out, "\\u%04x", c == 0x7f ? c : next);
		else
			putc(c, out);
		i += c == 0xc2 && next >= 0x80 && next < 0xa0;
	}
	return ferror(out) ? -1 : 0;
}

int value_dump(FILE *out, const json_t *j, size_t flags)
{
	return json_dump_callback(j, dump_part, out, flags);
}

static bool is_scalar(const json_t *j)
{
	return !json_is_object(j) && !json_is_array(j);
}

/* Numbers, or rows of numbers: on one line. */
static bool is_flat(const json_t *j)
{
	json_t *item;
	size_t i;

	if (!json_is_array(j))
		return is_scalar(j);
	json_array_foreach (j, i, item)
		if (!is_flat(item))
			return false;
	return true;
}

static void newline(FILE *out, int depth)
{
	fprintf(out, "\n%*s", depth, "");
}

static int print(FILE *out, const json_t *j, int depth);

static int print_members(FILE *out, const json_t *object, int depth)
{
	const char *key, *before = "";
	json_t *item;
	int ret = 0;

	json_object_foreach ((json_t *)object, key, item) {
		/* Keys are escaped like any text. */
		json_t *name = json_string(key);

		fputs(before, out);
		newline(out, depth);
		ret |= name ? value_dump(out, name, JSON_ENCODE_ANY) : -1;
		json_decref(name);
		fputs(": ", out);
		ret |= print(out, item, depth);
		before = ",";
	}
	return ret;
}

static int print_items(FILE *out, const json_t *array, int depth)
{
	json_t *item;
	size_t i;
	int ret = 0;

	json_array_foreach (array, i, item) {
		fputs(i ? "," : "", out);
		newline(out, depth);
		ret |= print(out, item, depth);
	}
	return ret;
}

/* Return: not 0 on failure, which may be that of the stream */
static int print(FILE *out, const json_t *j, int depth)
{
	bool object = json_is_object(j);
	int ret;

	if (is_flat(j) || (object && !json_object_size(j)))
		return value_dump(out, j, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(9));
	fputc(object ? '{' : '[', out);
	ret = object ? print_members(out, j, depth + 1) : print_items(out, j, depth + 1);
	newline(out, depth);
	fputc(object ? '}' : ']', out);
	return ret;
}

void value_begin(struct value_writer *w, FILE *out)
{
	errno = 0;
	*w = (struct value_writer){ .out = out, .before = "{" };
}

/* A failure of the stream shows at its end. */
static void write_value(struct value_writer *w, json_t *value, int depth)
{
	if (!w->ret && !value)
		w->ret = -ENOMEM;
	if (!w->ret && print(w->out, value, depth) && !ferror(w->out))
		w->ret = -ENOMEM;
	json_decref(value);
}

void value_member(struct value_writer *w, const char *key, json_t *value)
{
	fprintf(w->out, "%s\n \"%s\": ", w->before, key);
	write_value(w, value, 1);
	w->before = ",";
}

void value_list(struct value_writer *w, const char *key)
{
	fprintf(w->out, "%s\n \"%s\": [", w->before, key);
	w->before = "";
}

void value_item(struct value_writer *w, json_t *value)
{
	fputs(w->before, w->out);
	newline(w->out, 2);
	write_value(w, value, 2);
	w->before = ",";
}

void value_list_end(struct value_writer *w)
{
	if (*w->before)
		newline(w->out, 1);
	fputc(']', w->out);
	w->before = ",";
}

int value_end(struct value_writer *w)
{
	fputs("\n}\n", w->out);
	if (w->ret)
		return w->ret;
	if (fflush(w->out) || ferror(w->out))
		return errno ? -errno : -EIO;
	return 0;
}

int value_write(FILE *out, json_t *all)
{
	struct value_writer w;
	const char *key;
	json_t *item;

	value_begin(&w, out);
	json_object_foreach (all, key, item)
		value_member(&w, key, json_incref(item));
	if (!all)
		w.ret = -ENOMEM;
	json_decref(all);
	return value_end(&w);
}
