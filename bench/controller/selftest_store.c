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

static const char *text_at(const json_t *environment, const char *object, const char *key)
{
	const json_t *at = object ? json_object_get(environment, object) : environment;

	return json_string_value(json_object_get(at, key));
}

static const char *cpu_of(const json_t *environment)
{
	return text_at(environment, "cpu", "model");
}

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

/* All of the file, in memory of the caller's to free; NULL: it is not what we keep. */
static char *read_file(int dir, const char *name, size_t *length)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	char *text = NULL;
	ssize_t n = -1;

	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	    st.st_size > 0 && st.st_size <= SELFTEST_MAX_FILE)
		text = malloc((size_t)st.st_size);
	if (text)
		n = read(fd, text, (size_t)st.st_size);
	if (fd >= 0)
		close(fd);
	if (n > 0) {
		*length = (size_t)n;
		return text;
	}
	free(text);
	return NULL;
}

/* The self-test among the lines of @text; @t has what it says. */
static json_t *selftest_in(const char *text, size_t length, struct record_selftest *t)
{
	const char *end = text + length, *newline;
	char why[160];

	for (; text < end; text = newline + 1) {
		json_t *record;
		const char *type;

		newline = memchr(text, '\n', (size_t)(end - text));
		if (!newline)
			break;
		record = json_loadb(text, (size_t)(newline - text), JSON_REJECT_DUPLICATES, NULL);
		type = record ? record_type(record) : NULL;
		if (type && !strcmp(type, "selftest") &&
		    !record_read_selftest(record, t, why, sizeof(why)))
			return record;
		json_decref(record);
	}
	return NULL;
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* Is @a rather to be taken than @b, for a run under @kernel? */
static bool is_better(const struct record_selftest *a, const struct record_selftest *b,
		      const char *kernel)
{
	if (same(a->kernel, kernel) != same(b->kernel, kernel))
		return same(a->kernel, kernel);
	return strcmp(a->start ? a->start : "", b->start ? b->start : "") > 0;
}

static json_t *best_in(DIR *dir, const json_t *environment)
{
	static struct record_selftest best, t;
	const char *host = text_at(environment, NULL, "host_id"), *cpu = cpu_of(environment);
	const char *kernel = text_at(environment, "kernel", "release");
	char begin[64];
	json_t *found = NULL;
	struct dirent *entry;
	int nr = 0;

	if (!is_hex(host))
		return NULL;
	snprintf(begin, sizeof(begin), PREFIX "%s-", host);
	while (nr < MAX_FILES && (entry = readdir(dir))) {
		json_t *record = NULL;
		size_t length;
		char *text;

		if (strncmp(entry->d_name, begin, strlen(begin)))
			continue;
		nr++;
		text = read_file(dirfd(dir), entry->d_name, &length);
		if (text)
			record = selftest_in(text, length, &t);
		free(text);
		if (record && same(t.host_id, host) && (same(t.cpu, cpu) || (!t.cpu && !cpu)) &&
		    (!found || is_better(&t, &best, kernel))) {
			json_decref(found);
			found = json_incref(record);
			best = t;
		}
		json_decref(record);
	}
	return found;
}

json_t *selftest_find(const json_t *environment)
{
	char path[PATH_MAX], why[256];
	json_t *found;
	DIR *dir;

	if (selftest_store_dir(path, sizeof(path), why, sizeof(why)))
		return NULL;
	dir = opendir(path);
	if (!dir)
		return NULL;
	found = best_in(dir, environment);
	closedir(dir);
	return found;
}

int selftest_copy(struct record_writer *w)
{
	static struct record_selftest t;
	json_t *environment = record_environment_now(), *found;
	char why[160];
	int ret = 0;

	found = environment ? selftest_find(environment) : NULL;
	/* What we write, and not what else the file may have in it. */
	if (found && !record_read_selftest(found, &t, why, sizeof(why)))
		ret = record_write_selftest(w, &t);
	json_decref(found);
	json_decref(environment);
	return ret;
}
