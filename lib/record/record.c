// SPDX-License-Identifier: GPL-2.0-only
#include "lib/record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define LINE_MAX_BYTES (16u << 20)

struct record_writer {
	int fd;
	int error;  /* first write that failed; nothing is written after it */
	off_t size; /* end of the last whole record */
};

__attribute__((format(printf, 3, 4))) static void say(char *err, size_t errlen, const char *fmt,
						      ...)
{
	va_list args;

	if (!errlen)
		return;
	va_start(args, fmt);
	vsnprintf(err, errlen, fmt, args);
	va_end(args);
}

/* ---- writing --------------------------------------------------------------------------------- */

int record_create(struct record_writer **w, const char *path, char *err, size_t errlen)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0644),
	    error = errno;

	*w = NULL;
	if (fd < 0 && error == EEXIST) {
		say(err, errlen, "%s exists already and is left alone; name another file", path);
		return -error;
	}
	if (fd < 0) {
		say(err, errlen, "cannot create %s: %s", path, strerror(error));
		return -error;
	}
	*w = calloc(1, sizeof(**w));
	if (!*w) {
		close(fd);
		say(err, errlen, "no memory");
		return -ENOMEM;
	}
	(*w)->fd = fd;
	return 0;
}

/*
 * A write that comes up short (disk full, file size limit) is taken back, so that the file ends
 * with a whole record; what could not be taken back is a torn last line, which readers ignore.
 */
static int write_line(struct record_writer *w, const char *line, size_t length)
{
	ssize_t n;

	do {
		n = write(w->fd, line, length);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)length) {
		w->size += n;
		return 0;
	}
	w->error = n < 0 ? -errno : -ENOSPC;
	if (n > 0 && ftruncate(w->fd, w->size))
		return w->error;
	return w->error;
}

int record_write(struct record_writer *w, json_t *record)
{
	char *text = record && !w->error ? json_dumps(record, JSON_COMPACT) : NULL, *line;
	size_t length;
	int error;

	json_decref(record);
	if (w->error)
		return w->error;
	if (!text)
		return record ? -EINVAL : -ENOMEM;
	length = strlen(text);
	line = realloc(text, length + 2);
	if (!line) {
		free(text);
		return -ENOMEM;
	}
	line[length] = '\n';
	error = write_line(w, line, length + 1);
	free(line);
	return error;
}

int record_close(struct record_writer *w)
{
	int error;

	if (!w)
		return 0;
	error = w->error;
	if (close(w->fd) && !error)
		error = -errno;
	free(w);
	return error;
}

/* ---- records every tool writes --------------------------------------------------------------- */

/* Length of the well-formed UTF-8 sequence at @s, 0 when there is none. */
static size_t utf8_length(const unsigned char *s)
{
	size_t n = s[0] < 0x80	 ? 1
		   : s[0] < 0xc2 ? 0
		   : s[0] < 0xe0 ? 2
		   : s[0] < 0xf0 ? 3
		   : s[0] < 0xf5 ? 4
				 : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

json_t *record_string(const char *s)
{
	size_t length = strlen(s), out = 0;
	char *clean = malloc(4 * length + 1);
	json_t *j;

	if (!clean)
		return NULL;
	while (*s) {
		size_t n = utf8_length((const unsigned char *)s);

		if (n) {
			memcpy(clean + out, s, n);
			out += n;
			s += n;
		} else {
			out += (size_t)sprintf(clean + out, "\\x%02x", (unsigned char)*s++);
		}
	}
	j = json_stringn(clean, out);
	free(clean);
	return j;
}

static void make_uuid(char text[37])
{
	unsigned char b[16];

	/* The kernel's pool is up when a program runs; a short read cannot happen for 16 bytes. */
	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		memset(b, 0, sizeof(b));
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	snprintf(text, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
		 b[13], b[14], b[15]);
}

static json_int_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (json_int_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

json_t *record_header(const char *tool, int argc, char **argv)
{
	json_t *command = json_array();
	time_t now = time(NULL);
	char start[32] = "", id[37];
	struct tm utc;

	for (int i = 0; i < argc; i++)
		json_array_append_new(command, record_string(argv[i]));
	if (gmtime_r(&now, &utc))
		strftime(start, sizeof(start), "%Y-%m-%dT%H:%M:%SZ", &utc);
	make_uuid(id);
	return json_pack("{s:s, s:i, s:s, s:s, s:o, s:s, s:s, s:I}", "type", "header", "schema",
			 RECORD_SCHEMA, "tool", tool, "version", KT_VERSION, "command", command,
			 "id", id, "start", start, "start_ns", monotonic_ns());
}

json_t *record_end(const char *status)
{
	return json_pack("{s:s, s:s, s:I}", "type", "end", "status", status, "time_ns",
			 monotonic_ns());
}

/* ---- reading --------------------------------------------------------------------------------- */

struct line_reader {
	gzFile in; /* reads what is not compressed as it is */
	const char *path;
	char *line;
	size_t length, room;
	bool ended;	    /* the line had its newline */
	bool too_long;	    /* and was not kept */
	const char *damage; /* why the data end early; NULL: they do not */
	size_t at, filled;
	char chunk[1 << 16];
};

/* More data into the chunk. Return: 1, 0 at the end, or -errno. */
static int fill(struct line_reader *r)
{
	int n = gzread(r->in, r->chunk, sizeof(r->chunk)), code;

	r->at = 0;
	r->filled = n > 0 ? (size_t)n : 0;
	if (n > 0)
		return 1;
	gzerror(r->in, &code);
	if (code == Z_BUF_ERROR)
		r->damage = "the compressed data is cut off";
	else if (code == Z_DATA_ERROR)
		r->damage = "the compressed data is damaged from here on";
	else if (code == Z_ERRNO)
		return errno ? -errno : -EIO;
	else if (code == Z_MEM_ERROR)
		return -ENOMEM;
	return 0;
}

static int keep(struct line_reader *r, const char *text, size_t length)
{
	if (r->length + length > LINE_MAX_BYTES)
		r->too_long = true;
	if (r->too_long)
		return 0;
	if (r->length + length > r->room) {
		size_t room = r->room ? r->room : sizeof(r->chunk);
		char *line;

		while (room < r->length + length)
			room *= 2;
		line = realloc(r->line, room);
		if (!line)
			return -ENOMEM;
		r->line = line;
		r->room = room;
	}
	memcpy(r->line + r->length, text, length);
	r->length += length;
	return 0;
}

/* The next line without its newline. Return: 1, 0 at the end of the file, or -errno. */
static int next_line(struct line_reader *r)
{
	bool any = false;
	int ret;

	r->length = 0;
	r->ended = r->too_long = false;
	while (!r->ended) {
		const char *newline;
		size_t n;

		if (r->at == r->filled) {
			ret = r->damage ? 0 : fill(r);
			if (ret <= 0)
				return ret < 0 ? ret : any;
		}
		any = true;
		newline = memchr(r->chunk + r->at, '\n', r->filled - r->at);
		n = newline ? (size_t)(newline - r->chunk) - r->at : r->filled - r->at;
		ret = keep(r, r->chunk + r->at, n);
		if (ret)
			return ret;
		r->at += n + (newline != NULL);
		r->ended = newline != NULL;
	}
	return 1;
}

struct reading {
	const struct record_visitor *v;
	struct line_reader in;
	size_t line;
	bool begun; /* a header has come */
	char *err;
	size_t errlen;
};

static void skip(const struct reading *r, size_t line, const char *reason)
{
	if (r->v->torn)
		r->v->torn(line, reason, r->v->arg);
}

static const char *parse_reason(const json_error_t *e)
{
	switch (json_error_code(e)) {
	case json_error_invalid_utf8:
		return "invalid UTF-8";
	case json_error_stack_overflow:
		return "nested too deep";
	case json_error_numeric_overflow:
		return "a number is too big";
	case json_error_duplicate_key:
		return "a name is given twice";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "a NUL in a string";
	default:
		return "malformed JSON";
	}
}

/* The record in @text, or NULL and why there is none. */
static json_t *parse(const char *text, size_t length, const char **reason)
{
	json_error_t why;
	json_t *record = json_loadb(text, length, JSON_REJECT_DUPLICATES, &why);

	*reason = !record					     ? parse_reason(&why)
		  : !json_is_object(record)			     ? "not a JSON object"
		  : !json_is_string(json_object_get(record, "type")) ? "a record without a type"
								     : NULL;
	if (!*reason)
		return record;
	json_decref(record);
	return NULL;
}

/*
 * The header that cat put at the end of a torn line; the last one, since a header ends its line.
 */
static json_t *find_header(const char *line, size_t length)
{
	static const char begin[] = "{\"type\":\"header\"";
	const char *at = NULL, *next = line, *end = line + length, *reason;

	while ((next = memmem(next, (size_t)(end - next), begin, sizeof(begin) - 1)))
		at = next++;
	return at ? parse(at, (size_t)(end - at), &reason) : NULL;
}

/* 0: a header of a schema that is known. */
static int check_header(const struct reading *r, const json_t *header)
{
	const json_t *schema = json_object_get(header, "schema");
	const char *version = json_string_value(json_object_get(header, "version"));
	json_int_t n = json_integer_value(schema);

	if (json_is_integer(schema) && n >= 1 && n <= RECORD_SCHEMA)
		return 0;
	if (json_is_integer(schema))
		say(r->err, r->errlen,
		    "%s: line %zu: schema %" JSON_INTEGER_FORMAT
		    ", written by kt %.40s: only schemas 1 to %d are known here",
		    r->in.path, r->line, n, version ? version : "of an unknown version",
		    RECORD_SCHEMA);
	else
		say(r->err, r->errlen, "%s: line %zu: a header without a schema", r->in.path,
		    r->line);
	return -EINVAL;
}

/* Return: 0, -EINVAL, or what the visitor returned. */
static int take(struct reading *r, const json_t *record)
{
	const char *type = json_string_value(json_object_get(record, "type"));
	int ret;

	if (!strcmp(type, "header")) {
		ret = check_header(r, record);
		if (ret)
			return ret;
		for (size_t line = 1; !r->begun && line < r->line; line++)
			skip(r, line, "before the first header");
		r->begun = true;
	}
	return r->begun ? r->v->each(record, r->line, r->v->arg) : 0;
}

static int take_line(struct reading *r)
{
	struct line_reader *in = &r->in;
	const char *reason = "longer than 16 MiB";
	json_t *record = NULL;
	int ret;

	r->line++;
	if (!in->too_long) {
		if (!r->begun && memchr(in->line, '\0', in->length)) {
			say(r->err, r->errlen, "%s: line %zu: not a kt record: binary data",
			    in->path, r->line);
			return -EINVAL;
		}
		record = parse(in->line, in->length, &reason);
	}
	if (!record && !in->too_long) {
		record = find_header(in->line, in->length);
		if (record || !in->ended)
			reason = "cut off";
	}
	if (reason && r->begun)
		skip(r, r->line, reason);
	if (!record)
		return 0;
	ret = take(r, record);
	json_decref(record);
	return ret;
}

static int read_records(struct reading *r)
{
	struct line_reader *in = &r->in;
	int got, ret;

	while ((got = next_line(in)) > 0) {
		ret = take_line(r);
		if (ret)
			return ret;
	}
	if (got) {
		say(r->err, r->errlen, "cannot read %s: %s", in->path, strerror(-got));
		return got;
	}
	if (r->begun) {
		if (in->damage)
			skip(r, r->line, in->damage);
		return 0;
	}
	if (!r->line)
		say(r->err, r->errlen, "%s is %s, not a kt record", in->path,
		    in->damage ? "compressed data cut off or damaged at its beginning" : "empty");
	else
		say(r->err, r->errlen, "%s: not a kt record: no line of it is a header", in->path);
	return -EINVAL;
}

/* "-": standard input, which stays open. NULL: errno says why. */
static gzFile open_input(const char *path)
{
	bool standard = !strcmp(path, "-");
	int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
			  : open(path, O_RDONLY | O_CLOEXEC);
	gzFile in;

	if (fd < 0)
		return NULL;
	in = gzdopen(fd, "r");
	if (!in) {
		close(fd);
		errno = ENOMEM;
	}
	return in;
}

int record_read(const char *path, const struct record_visitor *v, char *err, size_t errlen)
{
	struct reading *r = calloc(1, sizeof(*r));
	int ret;

	if (!r) {
		say(err, errlen, "no memory");
		return -ENOMEM;
	}
	*r = (struct reading){ .v = v, .err = err, .errlen = errlen };
	r->in.path = strcmp(path, "-") ? path : "standard input";
	r->in.in = open_input(path);
	if (r->in.in) {
		ret = read_records(r);
		gzclose_r(r->in.in);
	} else {
		ret = -errno;
		say(err, errlen, "cannot read %s: %s", r->in.path, strerror(-ret));
	}
	free(r->in.line);
	free(r);
	return ret;
}
