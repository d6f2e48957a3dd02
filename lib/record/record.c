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

/* Does @s look like what stands for a byte that is not UTF-8? */
static bool is_escape(const char *s)
{
	static const char hex[] = "0123456789abcdef";

	return s[0] == '\\' && s[1] == 'x' && s[2] && strchr(hex, s[2]) && s[3] &&
	       strchr(hex, s[3]);
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

		if (n && !is_escape(s)) {
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
