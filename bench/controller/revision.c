// SPDX-License-Identifier: GPL-2.0-only
/*
 * build/revisions/KEY/ has kt-suite-0, kt-suite-1, ... of a finished build, and a file `reason`
 * when there is only one. While it is made it is KEY.part/, which is renamed at the end; KEY.lock
 * is held by the process that makes it, KEY.log has what the build printed.
 */
#include "bench/controller/revision.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/controller/child.h"
#include "bench/controller/interrupt.h"
#include "lib/cli/cli.h"
#include "lib/probe/slot.h"

/* How often an interrupt is looked for, in ms. */
#define SLICE_MS  50
#define LOG_LINES 12
#define MAX_ARGS  8

/* Exit statuses of the scripts. */
enum { NO_REPOSITORY = 3, NO_REVISION = 4 };

/*
 * $1: the revision. Prints three lines: top directory, commit, subject.
 *
 * Root in a user's tree, as `sudo kt bench` is, may read it like the user.
 */
static const char look_up[] = "git() { command git -c safe.directory='*' \"$@\" 2>/dev/null; }\n"
			      "command -v git >/dev/null || exit 127\n"
			      "git rev-parse --show-toplevel || exit 3\n"
			      "case $1 in -*) exit 4 ;; esac\n"
			      "git rev-parse -q --verify \"$1^{commit}\" || exit 4\n"
			      "git log -1 --no-show-signature --format=%s \"$1^{commit}\" --\n";

/*
 * $1: top directory, $2: commit, $3: directory to build in, $4: number of variants. Runs no hook
 * and fetches no submodule. What an outer make or git has put into the environment is not for this
 * one.
 *
 * A finished directory that has lost its binaries is in the way of the new one.
 *
 * We set the version, as this tree is not git's. The variants are linked by the same
 * Makefile: `-o build/flags` keeps it from building everything anew because of the other LDFLAGS.
 * What is linked again must be another file.
 */
static const char build[] =
	"set -eu\n"
	"commit=$2 part=$3 nr=$4\n"
	"rm -rf \"$part\" \"${part%.part}\"\n"
	"trap '[ $? -eq 0 ] || { cd /; rm -rf \"$part\"; }' EXIT\n"
	"mkdir -p \"$part/tree\"\n"
	"git -c safe.directory='*' -C \"$1\" archive -o \"$part/tree.tar\" \"$commit\"\n"
	"tar -xf \"$part/tree.tar\" -C \"$part/tree\"\n"
	"rm \"$part/tree.tar\"\n"
	"cd \"$part/tree\"\n"
	"unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES B GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE\n"
	"export BOOTSTRAP=no\n"
	"number=$(sed -n 's/^VERSION[[:space:]]*:=[[:space:]]*//p' Makefile | head -n 1)\n"
	"mkdir -p build\n"
	"echo \"${number:-0}-g$(echo \"$commit\" | cut -c1-7)\" >build/version\n"
	"one() { make -o build/version \"$@\" build/kt-suite; }\n"
	"one -j\"$(nproc)\"\n"
	"cp build/kt-suite ../kt-suite-0\n"
	"pad() {\n"
	"	for s in text section\\ .rodata data bss; do\n"
	"		printf '\\t.%s\\n\\t.skip %d\\n' \"$s\" $(($1 * 1072))\n"
	"	done\n"
	"	printf '\\t.section .note.GNU-stack,\"\",%%progbits\\n'\n"
	"}\n"
	"relink() {\n"
	"	pad \"$1\" >build/pad.s && ${CC:-cc} -c -o build/pad.o build/pad.s || return 1\n"
	"	rm -f build/kt-suite\n"
	"	one -o build/flags LDFLAGS=\"${LDFLAGS:-} build/pad.o\" || return 1\n"
	"	! cmp -s build/kt-suite ../kt-suite-0 || return 1\n"
	"	cp build/kt-suite \"../kt-suite-$1\"\n"
	"}\n"
	"i=1\n"
	"while [ $i -lt \"$nr\" ]; do\n"
	"	relink $i || break\n"
	"	i=$((i + 1))\n"
	"done\n"
	"if [ $i -lt \"$nr\" ]; then\n"
	"	find .. -name 'kt-suite-[1-9]*' -exec rm {} +\n"
	"	echo 'its Makefile does not link it again with padding in front' >../reason\n"
	"fi\n"
	"cd ../..\n"
	"rm -rf \"$part/tree\"\n";

struct script {
	const char *text;
	const char *arg[MAX_ARGS];
	int out;  /* 0: nowhere */
	int keep; /* as child_start */
};

static int start_script(pid_t *pid, const struct script *s, char *err, size_t errlen)
{
	char *argv[MAX_ARGS + 5] = { "sh", "-c", (char *)s->text, "sh" };
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC), ret;
	struct child_start start = { .path = "/bin/sh",
				     .argv = argv,
				     .out = s->out ? s->out : nowhere,
				     .messages = s->out ? s->out : nowhere,
				     .keep = s->keep,
				     .own_group = true };

	for (int i = 0; i < MAX_ARGS && s->arg[i]; i++)
		argv[4 + i] = (char *)s->arg[i];
	ret = child_spawn(pid, &start, err, errlen);
	if (nowhere >= 0)
		close(nowhere);
	return ret;
}

/* All that the script started ends with it, when it is not awaited any more. */
static int wait_script(pid_t pid, int *status)
{
	while (waitpid(pid, status, WNOHANG) != pid) {
		if (interrupt_seen()) {
			kill(-pid, SIGKILL);
			child_kill(pid);
			return -EINTR;
		}
		poll(NULL, 0, SLICE_MS);
	}
	return 0;
}

/* ---- which commit ---------------------------------------------------------------------------- */

/* Up to @size - 1 bytes that come through @fd; the rest is dropped. */
static int read_text(int fd, char *text, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char more[256];
	size_t len = 0;
	ssize_t n;

	for (;;) {
		if (interrupt_seen())
			return -EINTR;
		if (poll(&p, 1, SLICE_MS) <= 0)
			continue;
		n = len + 1 < size ? read(fd, text + len, size - len - 1)
				   : read(fd, more, sizeof(more));
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		if (n > 0 && len + 1 < size)
			len += (size_t)n;
	}
	text[len] = '\0';
	return 0;
}

struct found {
	char text[PATH_MAX + 600];
	char *top, *commit, *subject; /* in text */
};

static int find_commit(struct found *f, const char *name, char *err, size_t errlen)
{
	struct script s = { .text = look_up, .arg = { name } };
	char *rest = f->text;
	int fds[2], status = 0, ret;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC)) {
		ret = -errno;
		snprintf(err, errlen, "cannot make a pipe: %s", strerror(-ret));
		return ret;
	}
	s.out = fds[1];
	ret = start_script(&pid, &s, err, errlen);
	close(fds[1]);
	if (ret) {
		close(fds[0]);
		return ret;
	}
	ret = read_text(fds[0], f->text, sizeof(f->text));
	close(fds[0]);
	if (wait_script(pid, &status) || ret) {
		snprintf(err, errlen, "interrupted");
		return -EINTR;
	}
	f->top = strsep(&rest, "\n");
	f->commit = strsep(&rest, "\n");
	f->subject = strsep(&rest, "\n");
	if (!status && f->subject)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_REVISION)
		snprintf(err, errlen, "'%s' is not a file, and not a revision of the repository %s",
			 name, f->top);
	else if (WIFEXITED(status) && WEXITSTATUS(status) == NO_REPOSITORY)
		snprintf(err, errlen,
			 "'%s' is not a file, and not a revision, as this is not in a git "
			 "repository",
			 name);
	else
		snprintf(
			err, errlen,
			"'%s' is not a file, and git, which would look for a revision, cannot be run",
			name);
	return -ENOENT;
}

/* ---- its build ------------------------------------------------------------------------------- */

/* What else decides what comes out; "" when none of it is set. */
static void settings_key(char *key, size_t len)
{
	static const char *const name[] = { "CC", "CFLAGS", "CPPFLAGS", "LDFLAGS" };
	uint64_t hash = 0xcbf29ce484222325ULL; /* FNV-1a */
	bool any = false;

	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		const char *value = getenv(name[i]);

		any = any || value;
		for (const char *c = value ? value : ""; *c; c++)
			hash = (hash ^ (unsigned char)*c) * 0x100000001b3ULL;
		hash = (hash ^ (value ? 1u : 2u) << 8) * 0x100000001b3ULL;
	}
	key[0] = '\0';
	if (any)
		snprintf(key, len, "-%08x", (unsigned int)(hash ^ hash >> 32));
}

int revision_variant_path(const struct revision *r, unsigned int variant, char *path, size_t len)
{
	return snprintf(path, len, "%s/kt-suite-%u", r->dir, variant) < (int)len ? 0
										 : -ENAMETOOLONG;
}

/* Is it there, finished? Then fill in what of. */
static bool take_finished(struct revision *r, unsigned int nr_variants)
{
	char path[PATH_MAX + 16];
	FILE *f;

	r->nr_variants = 0;
	r->reason[0] = '\0';
	while (r->nr_variants < nr_variants &&
	       !revision_variant_path(r, r->nr_variants, path, sizeof(path)) && !access(path, X_OK))
		r->nr_variants++;
	snprintf(path, sizeof(path), "%s/reason", r->dir);
	f = fopen(path, "re");
	if (f) {
		if (fgets(r->reason, sizeof(r->reason), f))
			r->reason[strcspn(r->reason, "\n")] = '\0';
		fclose(f);
	}
	return r->nr_variants > 0;
}

/* The last lines of @path, for those who wait for what it says. */
static void show_end(const char *path)
{
	char text[4096], *line[LOG_LINES], *at = text, *next;
	int fd = open(path, O_RDONLY | O_CLOEXEC), nr = 0;
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	off_t from = size > (off_t)sizeof(text) - 1 ? size - (off_t)sizeof(text) + 1 : 0;
	ssize_t n = fd < 0 ? 0 : pread(fd, text, sizeof(text) - 1, from);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	while ((next = strsep(&at, "\n"))) {
		if (!*next)
			continue;
		if (nr == LOG_LINES)
			memmove(line, line + 1, --nr * sizeof(line[0]));
		line[nr++] = next;
	}
	for (int i = 0; i < nr; i++)
		cli_say("  %s", line[i]);
}

/* One at a time, also when what another one started has outlived it: the builds hold it as well. */
static int take_lock(const char *path, int *fd, char *err, size_t errlen)
{
	bool said = false;

	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (*fd < 0) {
		snprintf(err, errlen, "cannot open %s: %s", path, strerror(errno));
		return -errno;
	}
	while (flock(*fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			snprintf(err, errlen, "cannot lock %s: %s", path, strerror(errno));
			return -errno;
		}
		if (interrupt_seen()) {
			snprintf(err, errlen, "interrupted");
			return -EINTR;
		}
		if (!said)
			cli_say("waiting for another kt that builds the same (%s)", path);
		said = true;
		poll(NULL, 0, SLICE_MS);
	}
	return 0;
}

/* build/revisions/ of the repository, which does not show in its status. */
static int make_room(const char *top, char *err, size_t errlen)
{
	char path[PATH_MAX + 32];
	int fd, ret = 0;

	snprintf(path, sizeof(path), "%s/build", top);
	if (mkdir(path, 0777) && errno != EEXIST)
		ret = -errno;
	snprintf(path, sizeof(path), "%s/build/revisions", top);
	if (!ret && mkdir(path, 0777) && errno != EEXIST)
		ret = -errno;
	if (ret) {
		snprintf(err, errlen, "cannot make %s: %s", path, strerror(-ret));
		return ret;
	}
	snprintf(path, sizeof(path), "%s/build/revisions/.gitignore", top);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd >= 0) {
		if (write(fd, "*\n", 2) != 2)
			unlink(path);
		close(fd);
	}
	return 0;
}

struct places {
	char part[PATH_MAX + 8], log[PATH_MAX + 8], lock[PATH_MAX + 8];
};

static int make_it(struct revision *r, const struct found *f, const struct places *at, int lock,
		   unsigned int nr_variants, char *err, size_t errlen)
{
	char nr[16];
	struct script s = { .text = build,
			    .arg = { f->top, f->commit, at->part, nr },
			    .keep = lock };
	uint64_t begin_ns = slot_clock_ns();
	int status = 0, ret;
	pid_t pid;

	snprintf(nr, sizeof(nr), "%u", nr_variants);
	s.out = open(at->log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	if (s.out < 0) {
		ret = -errno;
		snprintf(err, errlen, "cannot write %s: %s", at->log, strerror(-ret));
		return ret;
	}
	cli_say("building %.12s (%.60s), output in %s", f->commit, f->subject, at->log);
	ret = start_script(&pid, &s, err, errlen);
	close(s.out);
	if (ret)
		return ret;
	ret = wait_script(pid, &status);
	if (ret) {
		snprintf(err, errlen, "interrupted");
		return ret;
	}
	if (status) {
		show_end(at->log);
		snprintf(err, errlen, "cannot build revision %.12s; all of its output is in %s",
			 f->commit, at->log);
		return -EIO;
	}
	if (rename(at->part, r->dir)) {
		ret = -errno;
		snprintf(err, errlen, "cannot rename %s: %s", at->part, strerror(-ret));
		return ret;
	}
	cli_say("built in %.0f s", (double)(slot_clock_ns() - begin_ns) / 1e9);
	return take_finished(r, nr_variants) ? 0 : -EIO;
}

int revision_build(struct revision *r, const char *name, unsigned int nr_variants, char *err,
		   size_t errlen)
{
	struct found f = { 0 };
	struct places at;
	char settings[16];
	int lock = -1, ret;

	*r = (struct revision){ 0 };
	ret = find_commit(&f, name, err, errlen);
	if (ret)
		return ret;
	settings_key(settings, sizeof(settings));
	snprintf(r->commit, sizeof(r->commit), "%s", f.commit);
	if (snprintf(r->dir, sizeof(r->dir), "%s/build/revisions/%s%s", f.top, r->commit,
		     settings) >= (int)sizeof(r->dir)) {
		snprintf(err, errlen, "the path of the repository is too long: %s", f.top);
		return -ENAMETOOLONG;
	}
	if (take_finished(r, nr_variants))
		return 0;
	snprintf(at.part, sizeof(at.part), "%s.part", r->dir);
	snprintf(at.log, sizeof(at.log), "%s.log", r->dir);
	snprintf(at.lock, sizeof(at.lock), "%s.lock", r->dir);
	ret = make_room(f.top, err, errlen);
	if (!ret)
		ret = take_lock(at.lock, &lock, err, errlen);
	/* Somebody else may have finished it while we waited. */
	if (!ret && !take_finished(r, nr_variants))
		ret = make_it(r, &f, &at, lock, nr_variants, err, errlen);
	if (lock >= 0) {
		/* A compiler's server may have been left with it. */
		flock(lock, LOCK_UN);
		close(lock);
	}
	return ret;
}
