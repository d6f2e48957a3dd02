// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/selftest_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/record/record.h"

#define PREFIX "selftest-"
#define SUFFIX ".jsonl"

/* More files of one host than this are not looked at: kernels come and go. */
#define MAX_FILES 256

/* ---- where ----------------------------------------------------------------------------------- */

int selftest_store_dir(char *path, size_t size, char *err, size_t errlen)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n;

	if (state && *state == '/')
		n = snprintf(path, size, "%s/kt", state);
	else if (!geteuid())
		n = snprintf(path, size, "/var/lib/kt");
	else if (home && *home == '/')
		n = snprintf(path, size, "%s/.local/state/kt", home);
	else
		n = -1;
	if (n >= 0 && (size_t)n < size)
		return 0;
	snprintf(err, errlen,
		 "there is no directory for it: set XDG_STATE_HOME or HOME, or give --no-store");
	return -ENOENT;
}

/* With those above it, each for its owner alone. */
static int make_dirs(const char *path, char *err, size_t errlen)
{
	char part[PATH_MAX];

	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = part; slash;) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(part, 0700) && errno != EEXIST) {
			snprintf(
				err, errlen,
				"cannot make directory %s: %s; set XDG_STATE_HOME, or give --no-store",
				part, strerror(errno));
			return -errno;
		}
		if (slash)
			*slash = '/';
	}
	return 0;
}

/* As an identity is; it becomes a part of a file's name. */
static bool is_hex(const char *s)
{
	return s && *s && strspn(s, "0123456789abcdef") == strlen(s) && strlen(s) <= 32;
}

static uint64_t hash(uint64_t h, const char *s)
{
	do {
		h = (h ^ (unsigned char)*s) * 0x100000001b3ULL;
	} while (*s++);
	return h;
}

/* ---- keeping --------------------------------------------------------------------------------- */

int selftest_write(struct record_writer *w, const struct record_header *h, int argc, char **argv,
		   const struct record_selftest *t)
{
	int ret = record_write_header(w, h, argc, argv);

	if (!ret)
		ret = record_write_environment(w);
	if (!ret)
		ret = record_write_selftest(w, t);
	if (!ret)
		ret = record_write_end(w, t->complete ? RECORD_COMPLETE : RECORD_INTERRUPTED);
	return ret;
}

/* Into a file that nobody reads yet. */
static int write_beside(const char *temporary, const struct record_header *h, int argc, char **argv,
			const struct record_selftest *t)
{
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct record_writer *w;
	int ret, closed;

	if (fd < 0)
		return -errno;
	ret = record_stream(&w, fd);
	if (ret)
		return ret;
	ret = selftest_write(w, h, argc, argv, t);
	if (!ret && fsync(fd))
		ret = -errno;
	closed = record_close(w);
	return ret ? ret : closed;
}

int selftest_store(const struct record_header *h, int argc, char **argv,
		   const struct record_selftest *t, char *path, size_t size, char *err,
		   size_t errlen)
{
	char dir[PATH_MAX - 128], temporary[PATH_MAX];
	uint64_t key = 0xcbf29ce484222325ULL;
	int ret = selftest_store_dir(dir, sizeof(dir), err, errlen);

	if (ret)
		return ret;
	if (!is_hex(t->host_id)) {
		snprintf(err, errlen, "the machine's identity is not known");
		return -EINVAL;
	}
	ret = make_dirs(dir, err, errlen);
	if (ret)
		return ret;
	key = hash(hash(key, t->cpu ? t->cpu : ""), t->kernel ? t->kernel : "");
	snprintf(path, size, "%s/" PREFIX "%s-%016" PRIx64 SUFFIX, dir, t->host_id, key);
	snprintf(temporary, sizeof(temporary), "%s/.%s%d", dir, PREFIX, (int)getpid());
	unlink(temporary); /* of one that was killed and had our number */
	ret = write_beside(temporary, h, argc, argv, t);
	if (!ret && rename(temporary, path))
		ret = -errno;
	if (!ret)
		return 0;
	unlink(temporary);
	snprintf(err, errlen, "cannot write %s: %s; set XDG_STATE_HOME, or give --no-store", path,
		 strerror(-ret));
	return ret;
}

/* ---- finding --------------------------------------------------------------------------------- */

/* Only what we keep: -1 for anything else. */
static int open_kept(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	char first;

	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	    st.st_size <= SELFTEST_MAX_FILE && pread(fd, &first, 1, 0) == 1 && first == '{')
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

struct reading {
	const struct record_machine *m;
	struct record_writer *w; /* NULL: only look */
	bool found;
	char start[64], kernel[96];
	struct record_selftest t;
};

static bool is_of(const struct record_selftest *t, const struct record_machine *m)
{
	return t->host_id && !strcmp(t->host_id, m->host_id) &&
	       !strcmp(t->cpu ? t->cpu : "", m->cpu);
}

/* Texts of a record last as long as this call. */
static int take(const json_t *record, size_t line, void *arg)
{
	struct reading *r = arg;
	char why[160];

	(void)line;
	if (r->found || strcmp(record_type(record), "selftest") ||
	    record_read_selftest(record, &r->t, why, sizeof(why)) || !is_of(&r->t, r->m))
		return 0;
	r->found = true;
	snprintf(r->start, sizeof(r->start), "%s", r->t.start ? r->t.start : "");
	snprintf(r->kernel, sizeof(r->kernel), "%s", r->t.kernel ? r->t.kernel : "");
	/* What we write, and not what else the file may have in it. */
	return r->w ? record_write_selftest(r->w, &r->t) : 0;
}

/* The self-test of machine @m in the file at @path, into @w or only looked at: r->found. */
static int read_kept(struct reading *r, const char *path, const struct record_machine *m,
		     struct record_writer *w)
{
	const struct record_visitor v = { .each = take, .arg = r };
	char in[40], why[PATH_MAX + 160];
	int fd = open_kept(path), ret;

	r->m = m;
	r->w = w;
	r->found = false;
	if (fd < 0)
		return 0;
	snprintf(in, sizeof(in), "/proc/self/fd/%d", fd);
	ret = record_read(in, &v, why, sizeof(why));
	close(fd);
	/* A file that is no good is not an error; a record that could not be written is. */
	return w && r->found ? ret : 0;
}

/* Is what @r has just found rather to be taken than @k? */
static bool is_better(const struct reading *r, const struct selftest_kept *k)
{
	bool mine = !strcmp(r->kernel, r->m->kernel), its = !strcmp(k->kernel, r->m->kernel);

	return mine != its ? mine : strcmp(r->start, k->start) > 0;
}

static void look_in(DIR *dir, const char *path, struct reading *r, const struct record_machine *m,
		    struct selftest_kept *k)
{
	char begin[64], file[PATH_MAX];
	struct dirent *entry;
	int nr = 0;

	snprintf(begin, sizeof(begin), PREFIX "%s-", m->host_id);
	while (nr < MAX_FILES && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, begin, strlen(begin)))
			continue;
		nr++;
		if (snprintf(file, sizeof(file), "%s/%s", path, entry->d_name) >= (int)sizeof(file))
			continue;
		read_kept(r, file, m, NULL);
		if (!r->found || (*k->path && !is_better(r, k)))
			continue;
		memcpy(k->path, file, sizeof(k->path));
		memcpy(k->start, r->start, sizeof(k->start));
		memcpy(k->kernel, r->kernel, sizeof(k->kernel));
	}
}

bool selftest_find(const struct record_machine *m, struct selftest_kept *k)
{
	struct reading *r = calloc(1, sizeof(*r));
	char path[PATH_MAX], why[256];
	DIR *dir = NULL;

	k->path[0] = '\0';
	if (r && is_hex(m->host_id) && !selftest_store_dir(path, sizeof(path), why, sizeof(why)))
		dir = opendir(path);
	if (dir) {
		look_in(dir, path, r, m, k);
		closedir(dir);
	}
	free(r);
	return k->path[0];
}

int selftest_copy(struct record_writer *w)
{
	struct reading *r = calloc(1, sizeof(*r));
	struct record_machine m;
	struct selftest_kept k;
	int ret = 0;

	record_machine_now(&m);
	if (r && selftest_find(&m, &k))
		ret = read_kept(r, k.path, &m, w);
	free(r);
	return ret;
}
