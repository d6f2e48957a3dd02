// SPDX-License-Identifier: GPL-2.0-only
#include "lib/cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/cli/number.h"

#define STANDARD_OUTPUT "standard output"
/* Bytes of the file's name in that of the temporary one, which NAME_MAX limits as well. */
#define NAME_BYTES 200
#define MAX_TRIES  100

__attribute__((format(printf, 4, 5))) static int say(int ret, char *err, size_t errlen,
						     const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(err, errlen, fmt, args);
	va_end(args);
	return ret;
}

/* ---- in place -------------------------------------------------------------------------------- */

/*
 * The descriptor that @path is another name of, or -1. Opening it would begin a redirected file
 * anew, and fails for a socket.
 */
static int descriptor_of(const char *path)
{
	static const char *const dirs[] = { "/dev/fd/", "/proc/self/fd/" };
	uint64_t fd;

	if (!strcmp(path, "-") || !strcmp(path, "/dev/stdout"))
		return STDOUT_FILENO;
	if (!strcmp(path, "/dev/stderr"))
		return STDERR_FILENO;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (!strncmp(path, dirs[i], strlen(dirs[i])) &&
		    number_parse(path + strlen(dirs[i]), 0, INT_MAX, &fd))
			return (int)fd;
	return -1;
}

static int dup_writable(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	if ((flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return fd < 0 ? -errno : fd;
}

static int connect_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, ret;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

/* Neither made nor cut short: should a regular file have come to @path, it is left alone. */
static int open_in_place(const char *path)
{
	int fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && !S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -EEXIST;
}

int output_in_place(const char *path, int *fd, char *err, size_t errlen)
{
	const char *name = path && strcmp(path, "-") ? path : STANDARD_OUTPUT;
	char target[PATH_MAX];
	struct stat st;

	if (path) {
		signal(SIGPIPE, SIG_IGN);
		signal(SIGXFSZ, SIG_IGN);
	}
	path = path ?: "-";
	*fd = descriptor_of(path);
	if (*fd >= 0) {
		*fd = dup_writable(*fd);
		if (*fd == -EBADF)
			return say(-EBADF, err, errlen, "%s is not open for writing", name);
	} else if (!stat(path, &st)) {
		if (S_ISREG(st.st_mode))
			return 0;
		*fd = S_ISSOCK(st.st_mode) ? connect_socket(path) : open_in_place(path);
	} else if (errno == ENOENT) {
		ssize_t n = readlink(path, target, sizeof(target) - 1);

		if (n < 0 && *path)
			return 0;
		if (n < 0)
			return say(-ENOENT, err, errlen, "the name of the output is empty");
		target[n] = '\0';
		return say(-ENOENT, err, errlen, "%s is a link to %s, which does not exist", name,
			   target);
	} else {
		*fd = -errno;
	}
	if (*fd >= 0)
		return 1;
	return say(*fd, err, errlen, "cannot open %s: %s", name, strerror(-*fd));
}

/* ---- files ----------------------------------------------------------------------------------- */

/* What a signal that ends the program is to remove. */
static const char *volatile unfinished;
static const int ending[] = { SIGINT, SIGTERM, SIGHUP };
static bool caught[sizeof(ending) / sizeof(ending[0])];

static void remove_unfinished(int sig)
{
	const char *path = unfinished;

	if (path)
		unlink(path);
	signal(sig, SIG_DFL);
	raise(sig);
}

/* A signal that is ignored, or that the program catches itself, is left as it is. */
static void guard(const char *temporary)
{
	struct sigaction sa;

	unfinished = temporary;
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++) {
		caught[i] = !sigaction(ending[i], NULL, &sa) && sa.sa_handler == SIG_DFL;
		if (caught[i])
			signal(ending[i], remove_unfinished);
	}
}

static void unguard(void)
{
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		if (caught[i])
			signal(ending[i], SIG_DFL);
	unfinished = NULL;
}

/* Like mkstemp(), but with a short name of its own kind, and a mode that the umask limits. */
static int create_beside(const char *target, mode_t mode, char **temporary)
{
	const char *slash = strrchr(target, '/'), *base = slash ? slash + 1 : target;
	int fd = -1, ret;
	uint32_t random;

	for (int i = 0; i < MAX_TRIES; i++) {
		if (getrandom(&random, sizeof(random), 0) != sizeof(random))
			random = (uint32_t)getpid() + (uint32_t)i;
		if (asprintf(temporary, "%.*s.%.*s.%08x", (int)(base - target), target, NAME_BYTES,
			     base, random) < 0) {
			*temporary = NULL;
			return -ENOMEM;
		}
		fd = open(*temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd >= 0)
			return fd;
		ret = -errno;
		free(*temporary);
		*temporary = NULL;
		if (ret != -EEXIST)
			break;
	}
	return ret;
}

/* As @st was, as far as we may set it. The group's rights are not for another group. */
static void take_over(int fd, const struct stat *st)
{
	bool owner = st->st_uid == geteuid() || !fchown(fd, st->st_uid, (gid_t)-1);
	bool group = !fchown(fd, (uid_t)-1, st->st_gid);
	mode_t mode = st->st_mode & 07777;

	if (!owner || !group)
		mode &= 0777;
	if (!group)
		mode = (mode & ~(mode_t)070) | (mode & 07) << 3;
	fchmod(fd, mode);
}

/* The temporary file goes, unless it has become the file itself. */
static void forget(struct output *o)
{
	if (o->temporary) {
		unlink(o->temporary);
		unguard();
	}
	free(o->temporary);
	free(o->target);
	o->temporary = o->target = NULL;
	o->stream = NULL;
}

static int create_file(struct output *o, int *fd, char *err, size_t errlen)
{
	struct stat st;
	bool there = !stat(o->name, &st);

	if (there && o->existing == OUTPUT_REFUSE)
		return say(-EEXIST, err, errlen, "%s exists already", o->name);
	o->target = there ? realpath(o->name, NULL) : strdup(o->name);
	if (!o->target)
		return say(-errno, err, errlen, "cannot replace %s: %s", o->name, strerror(errno));
	/* The content of a file that few may read is not shown to others meanwhile. */
	*fd = create_beside(o->target, there ? 0600 : 0666, &o->temporary);
	if (*fd < 0)
		return say(*fd, err, errlen, "cannot %s %s: %s",
			   there ? "make a file beside" : "create", o->name, strerror(-*fd));
	guard(o->temporary);
	if (there)
		take_over(*fd, &st);
	return 0;
}

static int take_place(const struct output *o)
{
	struct stat st;

	if (o->existing == OUTPUT_REPLACE) {
		if (!lstat(o->target, &st) && !S_ISREG(st.st_mode))
			return -ESTALE;
		return rename(o->temporary, o->target) ? -errno : 0;
	}
	if (!renameat2(AT_FDCWD, o->temporary, AT_FDCWD, o->target, RENAME_NOREPLACE))
		return 0;
	/* Not every file system can do that; a second name is refused just as well. */
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	return link(o->temporary, o->target) ? -errno : 0;
}

/* ---- both ------------------------------------------------------------------------------------ */

int output_open(struct output *o, const char *path, enum output_existing existing, char *err,
		size_t errlen)
{
	int fd, ret;

	*o = (struct output){ .existing = existing };
	o->name = path && strcmp(path, "-") ? path : STANDARD_OUTPUT;
	ret = output_in_place(path, &fd, err, errlen);
	if (!ret)
		ret = create_file(o, &fd, err, errlen);
	if (ret < 0)
		goto forget;
	o->stream = fdopen(fd, "w");
	if (o->stream)
		return 0;
	ret = say(-errno, err, errlen, "cannot write %s: %s", o->name, strerror(errno));
	close(fd);
forget:
	forget(o);
	return ret;
}

int output_close(struct output *o, int ret, char *err, size_t errlen)
{
	if (!ret && ferror(o->stream))
		ret = -EIO;
	if (fclose(o->stream) && !ret)
		ret = -errno;
	if (!ret && o->temporary)
		ret = take_place(o);
	if (ret == -EEXIST)
		say(ret, err, errlen, "%s exists already", o->name);
	else if (ret == -ESTALE)
		say(ret, err, errlen, "%s has changed meanwhile and is left alone", o->name);
	else if (ret)
		say(ret, err, errlen, "cannot write %s: %s", o->name, strerror(-ret));
	forget(o);
	return ret;
}
