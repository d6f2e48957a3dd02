// SPDX-License-Identifier: GPL-2.0-only
#include "lib/record/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define GZIP_ONLY (16 + MAX_WBITS)

struct lines {
	FILE *out;
	size_t written;
	bool compressed, open; /* open: a compressed part has begun */
	z_stream z;
	unsigned char raw[1 << 16];
};

static int put(struct lines *l, const void *bytes, size_t size)
{
	errno = 0;
	if (size && fwrite(bytes, size, 1, l->out) != 1)
		return -(errno ?: EIO);
	l->written += size;
	return 0;
}

/* @flush: Z_NO_FLUSH or Z_FINISH */
static int compress_some(struct lines *l, const char *bytes, size_t size, int flush)
{
	int code, ret;

	l->z.next_in = (unsigned char *)bytes;
	l->z.avail_in = (uInt)size;
	do {
		l->z.next_out = l->raw;
		l->z.avail_out = sizeof(l->raw);
		code = deflate(&l->z, flush);
		ret = put(l, l->raw, sizeof(l->raw) - l->z.avail_out);
	} while (!ret && !l->z.avail_out);
	return ret ? ret : code == Z_STREAM_ERROR ? -EINVAL : 0;
}

int lines_begin(struct lines **l, FILE *out, bool compressed)
{
	*l = calloc(1, sizeof(**l));
	if (!*l)
		return -ENOMEM;
	(*l)->out = out;
	(*l)->compressed = compressed;
	return 0;
}

int lines_add(struct lines *l, const char *text, size_t length)
{
	int ret;

	if (!l->compressed) {
		ret = put(l, text, length);
		return ret ? ret : put(l, "\n", 1);
	}
	/* The header of gzip has no time: the same lines are the same bytes. */
	if (!l->open && deflateInit2(&l->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_ONLY, 8,
				     Z_DEFAULT_STRATEGY))
		return -ENOMEM;
	l->open = true;
	ret = compress_some(l, text, length, Z_NO_FLUSH);
	return ret ? ret : compress_some(l, "\n", 1, Z_NO_FLUSH);
}

int lines_part(struct lines *l, size_t *end)
{
	int ret = l->open ? compress_some(l, NULL, 0, Z_FINISH) : 0;

	if (l->open)
		deflateEnd(&l->z);
	memset(&l->z, 0, sizeof(l->z));
	l->open = false;
	*end = l->written;
	return ret;
}

int lines_end(struct lines *l)
{
	size_t end;
	int ret = l ? lines_part(l, &end) : 0;

	if (l && !ret && fflush(l->out))
		ret = -errno;
	free(l);
	return ret;
}
