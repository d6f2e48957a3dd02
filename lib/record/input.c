// SPDX-License-Identifier: GPL-2.0-only
#include "lib/record/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define GZIP_ONLY (16 + MAX_WBITS)

/*
 * zlib's own functions for files drop whatever follows a compressed part and is not compressed, and
 * say nothing. Lines of JSON never begin with gzip's first byte, so here each line may begin a
 * compressed part, and each compressed part is followed by a line.
 */
struct input {
	int fd;
	bool ended;	    /* nothing more to read from @fd */
	bool at_line_start; /* of what is not compressed */
	bool inflating;
	const char *damage;
	z_stream z;
	size_t at, filled;
	unsigned char raw[1 << 16];
};

int input_open(struct input **in, const char *path)
{
	int ret = 0;

	*in = calloc(1, sizeof(**in));
	if (!*in)
		return -ENOMEM;
	(*in)->at_line_start = true;
	(*in)->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC)
				      : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	if ((*in)->fd < 0) {
		ret = -errno;
		free(*in);
		*in = NULL;
	}
	return ret;
}

/* Until @least bytes wait in the buffer, or the file has no more. 0 or -errno. */
static int fill(struct input *in, size_t least)
{
	ssize_t n;

	if (in->filled - in->at >= least)
		return 0;
	memmove(in->raw, in->raw + in->at, in->filled - in->at);
	in->filled -= in->at;
	in->at = 0;
	while (in->filled < least && !in->ended) {
		n = read(in->fd, in->raw + in->filled, sizeof(in->raw) - in->filled);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		in->ended = !n;
		in->filled += (size_t)n;
	}
	return 0;
}

/* @got: what came out, 0 also when no output came of the input. 0 or -errno. */
static int inflate_some(struct input *in, char *bytes, size_t size, size_t *got)
{
	int ret = fill(in, 1), code;

	if (ret)
		return ret;
	in->z.next_in = in->raw + in->at;
	in->z.avail_in = (uInt)(in->filled - in->at);
	in->z.next_out = (unsigned char *)bytes;
	in->z.avail_out = (uInt)size;
	code = inflate(&in->z, Z_NO_FLUSH);
	in->at = in->filled - in->z.avail_in;
	*got = size - in->z.avail_out;
	if (code == Z_OK || (code == Z_BUF_ERROR && !in->ended))
		return 0;
	inflateEnd(&in->z);
	in->inflating = false;
	in->at_line_start = true;
	if (code == Z_MEM_ERROR)
		return -ENOMEM;
	if (code == Z_BUF_ERROR)
		in->damage = "the compressed data is cut off";
	else if (code != Z_STREAM_END)
		in->damage = "the compressed data is damaged from here on";
	return 0;
}

/* Up to the line that may begin a compressed part. 0 or -errno. */
static int copy_some(struct input *in, char *bytes, size_t size, size_t *got)
{
	const unsigned char *end;
	int ret = fill(in, 2);
	size_t n;

	if (ret)
		return ret;
	n = in->filled - in->at;
	if (in->at_line_start && n >= 2 && in->raw[in->at] == 0x1f && in->raw[in->at + 1] == 0x8b) {
		memset(&in->z, 0, sizeof(in->z));
		in->inflating = inflateInit2(&in->z, GZIP_ONLY) == Z_OK;
		return in->inflating ? 0 : -ENOMEM;
	}
	if (n > size)
		n = size;
	end = memmem(in->raw + in->at, n, "\n\x1f", 2);
	if (end)
		n = (size_t)(end - in->raw) + 1 - in->at;
	memcpy(bytes, in->raw + in->at, n);
	in->at += n;
	in->at_line_start = n && bytes[n - 1] == '\n';
	*got = n;
	return 0;
}

ssize_t input_read(struct input *in, char *bytes, size_t size)
{
	size_t got = 0;
	int ret;

	while (!got && !in->damage) {
		if (in->inflating)
			ret = inflate_some(in, bytes, size, &got);
		else
			ret = copy_some(in, bytes, size, &got);
		if (ret)
			return ret;
		if (!got && !in->inflating && in->ended && in->at == in->filled)
			break;
	}
	return (ssize_t)got;
}

const char *input_damage(const struct input *in)
{
	return in->damage;
}

void input_close(struct input *in)
{
	if (!in)
		return;
	if (in->inflating)
		inflateEnd(&in->z);
	close(in->fd);
	free(in);
}
