// SPDX-License-Identifier: GPL-2.0-only
#include "lib/record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct record_writer {
	int fd; /* -1: there is only who looks on */
	record_look *look;
	void *arg;
	bool stream; /* not a file of our own: nothing can be taken back */
	int failed;  /* -errno of the first write that failed; nothing is written after it */
	off_t size;  /* end of the last whole record */
};

/* ---- writing --------------------------------------------------------------------------------- */

int record_create(struct record_writer **w, const char *path, char *err, size_t errlen)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	int ret = fd < 0 ? -errno : 0;

	*w = NULL;
	if (ret == -EEXIST)
		snprintf(err, errlen, "%s exists already and is left alone; name another file",
			 path);
	else if (ret)
		snprintf(err, errlen, "cannot create %s: %s", path, strerror(-ret));
	if (ret)
		return ret;
	*w = calloc(1, sizeof(**w));
	if (!*w) {
		close(fd);
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	(*w)->fd = fd;
	return 0;
}

int record_stream(struct record_writer **w, int fd)
{
	*w = calloc(1, sizeof(**w));
	if (!*w) {
		close(fd);
		return -ENOMEM;
	}
	(*w)->fd = fd;
	(*w)->stream = true;
	return 0;
}

int record_watched(struct record_writer **w, record_look *look, void *arg)
{
	*w = calloc(1, sizeof(**w));
	if (!*w)
		return -ENOMEM;
	(*w)->fd = -1;
	record_watch(*w, look, arg);
	return 0;
}

void record_watch(struct record_writer *w, record_look *look, void *arg)
{
	w->look = look;
	w->arg = arg;
}

/* false: it cannot be waited for */
static bool wait_for_room(const struct record_writer *w)
{
	struct pollfd p = { .fd = w->fd, .events = POLLOUT };

	return poll(&p, 1, -1) == 1 || errno == EINTR;
}

/*
 * A write that comes up short (disk full, file size limit) is taken back, so that the file ends
 * with a whole record; what could not be taken back is a torn last line, which readers ignore. In a
 * stream it goes on: a signal cuts the write to a pipe. A full pipe is waited for, also when
 * another program that has it open made it one whose writers do not wait.
 */
static int write_line(struct record_writer *w, const char *line, size_t length)
{
	size_t done = 0;
	ssize_t n;

	do {
		n = write(w->fd, line + done, length - done);
		done += n > 0 ? (size_t)n : 0;
	} while ((n < 0 && (errno == EINTR || (errno == EAGAIN && wait_for_room(w)))) ||
		 (n > 0 && w->stream && done < length));
	if (done == length) {
		w->size += (off_t)length;
		return 0;
	}
	w->failed = n < 0 ? -errno : -ENOSPC;
	if (n > 0 && !w->stream && ftruncate(w->fd, w->size))
		return w->failed;
	return w->failed;
}

static int write_record(struct record_writer *w, const json_t *record)
{
	char *text = json_dumps(record, JSON_COMPACT), *line;
	size_t length;
	int ret;

	if (!text)
		return -EINVAL;
	length = strlen(text);
	if (length > RECORD_MAX_LINE) {
		free(text);
		return -EFBIG;
	}
	line = realloc(text, length + 2);
	if (!line) {
		free(text);
		return -ENOMEM;
	}
	line[length] = '\n';
	ret = write_line(w, line, length + 1);
	free(line);
	return ret;
}

int record_write(struct record_writer *w, json_t *record)
{
	int ret = w->failed;

	if (!ret && !record)
		ret = -ENOMEM;
	if (!ret && w->fd >= 0)
		ret = write_record(w, record);
	if (!ret && w->look)
		ret = w->look(record, w->arg);
	json_decref(record);
	return ret;
}

int record_close(struct record_writer *w)
{
	int ret;

	if (!w)
		return 0;
	ret = w->failed;
	if (w->fd >= 0 && close(w->fd) && !ret)
		ret = -errno;
	free(w);
	return ret;
}

/* ---- names ----------------------------------------------------------------------------------- */

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
