// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lines that were taken, in the order in which they came, in a file without a name. A copy of a
 * run that goes on where another one was cut off may come much later: runs are put together from their
 * parts at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/record/lines.h"
#include "lib/record/merge_impl.h"

struct merge_spool {
	FILE *file;
	char *dir;
	struct lines *lines;
	size_t end; /* of the last part */
	bool open;
};

/* Not every file system can do without a name. */
static int nameless(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char *path;

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
		return fd;
	if (asprintf(&path, "%s/.kt-merge.XXXXXX", dir) < 0)
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	free(path);
	return fd;
}

int merge_begin_spool(struct merge *m, const char *dir, bool compressed, char *err, size_t errlen)
{
	struct merge_spool *s = calloc(1, sizeof(*s));
	int fd = s ? nameless(dir) : -1, ret = s ? 0 : -ENOMEM;

	if (s && fd >= 0)
		s->file = fdopen(fd, "w+");
	if (s && s->file)
		s->dir = strdup(dir);
	if (s && (!s->file || !s->dir))
		ret = -errno;
	if (!ret)
		ret = lines_begin(&s->lines, s->file, compressed);
	if (!ret) {
		m->private->spool = s;
		return 0;
	}
	snprintf(err, errlen, "cannot make a temporary file in %s: %s", dir, strerror(-ret));
	if (s && s->file)
		fclose(s->file);
	else if (fd >= 0)
		close(fd);
	if (s)
		free(s->dir);
	free(s);
	return ret;
}

const char *merge_spool_dir(const struct merge *m)
{
	return m->private->spool->dir;
}

int merge_spool_line(struct merge *m, const char *text, size_t length)
{
	struct merge_spool *s = m->private->spool;

	if (!s)
		return 0;
	s->open = true;
	return lines_add(s->lines, text, length);
}

int merge_spool_end(struct merge *m, struct merge_run *run)
{
	struct merge_spool *s = m->private->spool;
	struct merge_segment part;
	int ret;

	if (!s || !s->open)
		return 0;
	part.begin = s->end;
	ret = lines_part(s->lines, &part.end);
	/* A full disk is this one's: later it would be taken for that of the record. */
	if (!ret && fflush(s->file))
		ret = -errno;
	if (ret)
		return ret;
	if (!merge_grow(&run->segment, run->nr_segments, &run->room_segments, sizeof(part)))
		return -ENOMEM;
	run->segment[run->nr_segments++] = part;
	s->end = part.end;
	s->open = false;
	return 0;
}

static int copy_part(const struct merge_spool *s, const struct merge_segment *part, FILE *out)
{
	size_t left = part->end - part->begin, n;
	char bytes[1 << 16];

	if (fseeko(s->file, (off_t)part->begin, SEEK_SET))
		return -errno;
	for (; left; left -= n) {
		n = left < sizeof(bytes) ? left : sizeof(bytes);
		errno = 0;
		if (fread(bytes, n, 1, s->file) != 1 || fwrite(bytes, n, 1, out) != 1)
			return -(errno ?: EIO);
	}
	return 0;
}

int merge_write(struct merge *m, FILE *out)
{
	struct merge_private *p = m->private;
	int ret = 0;

	for (size_t i = 0; i < m->nr_runs; i++)
		for (size_t k = 0; !ret && k < p->run[i].nr_segments; k++)
			ret = copy_part(p->spool, &p->run[i].segment[k], out);
	return ret;
}

void merge_spool_free(struct merge_spool *s)
{
	if (!s)
		return;
	lines_end(s->lines);
	fclose(s->file);
	free(s->dir);
	free(s);
}
