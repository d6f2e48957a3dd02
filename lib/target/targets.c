// SPDX-License-Identifier: GPL-2.0-only
#include "lib/target/targets.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/probe/slot.h"

#include "lib/target/elf_file.h"
#include "lib/target/maps.h"
#include "lib/target/marks.h"
#include "lib/target/notes.h"
#include "lib/target/proc.h"
#include "lib/target/symbols.h"

extern char **environ;

static bool is_ours(const char *provider)
{
	return !strcmp(provider, "sched") || !strcmp(provider, "kthread");
}

static struct target_probe *probe_get(struct target_file *f, const char *provider, const char *name)
{
	struct target_probe *p;

	for (uint32_t i = 0; i < f->nr_probes; i++)
		if (!strcmp(f->probe[i].provider, provider) && !strcmp(f->probe[i].name, name))
			return &f->probe[i];
	p = reallocarray(f->probe, f->nr_probes + 1, sizeof(*p));
	if (!p)
		return NULL;
	f->probe = p;
	p = &f->probe[f->nr_probes++];
	memset(p, 0, sizeof(*p));
	snprintf(p->provider, sizeof(p->provider), "%s", provider);
	snprintf(p->name, sizeof(p->name), "%s", name);
	return p;
}

static int note_add(const struct usdt_note *n, void *arg)
{
	struct target_file *f = arg;
	struct target_probe *p;

	if (strlen(n->provider) >= sizeof(p->provider) || strlen(n->name) >= sizeof(p->name) ||
	    !is_ours(n->provider))
		return 0;
	if (f->nr_probes >= TARGET_MAX_PROBES)
		return -EINVAL;
	p = probe_get(f, n->provider, n->name);
	if (!p)
		return -ENOMEM;
	if (p->nr_sites < TARGET_MAX_SITES)
		p->site[p->nr_sites] = n->site;
	p->nr_sites++;
	p->semaphore = n->semaphore;
	return 0;
}

static void file_free(struct target_file *f)
{
	free(f->probe);
	free(f->path);
	free(f->name);
	close(f->fd);
}

static struct target_other other_of(const struct stat *st)
{
	return (struct target_other){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
		.size = st->st_size,
	};
}

static bool is_known(const struct targets *t, const struct stat *st)
{
	struct target_other o = other_of(st);

	for (uint32_t i = 0; i < t->nr; i++)
		if (t->file[i].dev == st->st_dev && t->file[i].ino == st->st_ino)
			return true;
	for (uint32_t i = 0; i < t->nr_others; i++)
		if (t->other[i].ino == o.ino && t->other[i].dev == o.dev &&
		    t->other[i].mtime_ns == o.mtime_ns && t->other[i].size == o.size)
			return true;
	return false;
}

/* Without memory for it the file is read again next time. */
static void remember_other(struct targets *t, const struct stat *st)
{
	struct target_other *grown = reallocarray(t->other, t->nr_others + 1, sizeof(*grown));

	if (!grown)
		return;
	t->other = grown;
	t->other[t->nr_others++] = other_of(st);
}

/* What files say by their symbols that are older than marks. */
static void read_old_marks(struct target_file *f)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", f->fd);
	if (!f->flush)
		symbol_find_in_file(path, "kthread_flush_work_fn", &f->flush, NULL);
	if (!f->nr_slots && target_find(f, "kthread", "slot"))
		f->nr_slots =
			!symbol_find_in_file(path, "kthread_slot_registry", &f->slots[0], NULL);
}

int targets_add_file(struct targets *t, const char *path, const char *name)
{
	struct target_file f = { 0 }, *grown;
	struct stat st;
	struct elf_file elf;
	int ret = 0;

	f.fd = elf_file_open_plain(path);
	if (f.fd < 0)
		return f.fd == -ENOEXEC ? 0 : f.fd;
	if (fstat(f.fd, &st)) {
		ret = -errno;
		goto drop;
	}
	if (is_known(t, &st))
		goto drop;
	if (!elf_file_open(&elf, NULL, f.fd)) {
		ret = notes_each(&elf, note_add, &f);
		if (!ret && f.nr_probes)
			marks_read(&f, &elf);
		elf_file_close(&elf);
	}
	if (!f.nr_probes)
		remember_other(t, &st);
	if (ret || !f.nr_probes)
		goto drop;
	read_old_marks(&f);
	f.dev = st.st_dev;
	f.ino = st.st_ino;
	f.name = strdup(name ?: path);
	grown = reallocarray(t->file, t->nr + 1, sizeof(*grown));
	if (grown)
		t->file = grown;
	if (asprintf(&f.path, "/proc/self/fd/%d", f.fd) < 0)
		f.path = NULL;
	if (!f.path || !f.name || !grown) {
		ret = -ENOMEM;
		goto drop;
	}
	t->file[t->nr++] = f;
	return 1;

drop:
	file_free(&f);
	return ret;
}

struct add_mapping {
	struct targets *t;
	int added;
	int refused; /* -errno of a file that we may not look at */
	bool any;    /* it maps a file of the set */
};

static int add_mapping(const struct mapping *m, void *arg)
{
	struct add_mapping *a = arg;
	char path[PATH_MAX];
	int n;

	if (!m->executable)
		return 0;
	for (uint32_t i = 0; i < a->t->nr; i++)
		if (a->t->file[i].dev == m->dev && a->t->file[i].ino == m->ino) {
			a->any = true;
			return 0;
		}
	n = mapping_open_path(m, path, sizeof(path));
	n = n ?: targets_add_file(a->t, path, m->path);
	if (n > 0)
		a->added += n;
	else if (n == -EACCES || n == -EPERM)
		a->refused = n;
	/* A library that cannot be read or is broken has no probes for us; the others count. */
	return n == -ENOMEM ? n : 0;
}

int targets_add_process(struct targets *t, pid_t pid)
{
	struct add_mapping a = { .t = t };
	int ret = maps_each(pid, add_mapping, &a);

	if (ret < 0)
		return ret;
	return a.added || a.any ? a.added : a.refused;
}

/* The child that is @program's loader, asked to list what it would map. */
static void __attribute__((noreturn))
ask(const char *program, char **env, int out, int (*become)(const void *who), const void *who)
{
	char *argv[] = { (char *)program, NULL };
	int in = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (in < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(in, STDERR_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0 || (become && become(who)))
		_exit(127);
	execve(program, argv, env);
	_exit(127);
}

static char **environment_of_question(void)
{
	size_t nr = 0;
	char **env;

	while (environ[nr])
		nr++;
	env = calloc(nr + 2, sizeof(*env));
	if (!env)
		return NULL;
	memcpy(env, environ, nr * sizeof(*env));
	env[nr] = "LD_TRACE_LOADED_OBJECTS=1";
	return env;
}

/* What the loader would map, one "name => path (address)" per line. */
static int add_needed(struct targets *t, const char *program, int (*become)(const void *who),
		      const void *who)
{
	char **env = environment_of_question(), *line = NULL;
	int fd[2], ret, status, n, added = 0;
	size_t size = 0;
	FILE *in;
	pid_t pid;

	if (!env)
		return -ENOMEM;
	if (pipe2(fd, O_CLOEXEC)) {
		ret = -errno;
		free(env);
		return ret;
	}
	pid = fork();
	if (!pid)
		ask(program, env, fd[1], become, who);
	ret = pid < 0 ? -errno : 0;
	free(env);
	close(fd[1]);
	if (ret) {
		close(fd[0]);
		return ret;
	}
	in = fdopen(fd[0], "r");
	while (in && getline(&line, &size, in) > 0) {
		char *path = strchr(line, '/'), *end = path ? strrchr(path, ' ') : NULL;

		if (!end)
			continue;
		*end = 0;
		n = targets_add_file(t, path, NULL);
		added += n > 0;
	}
	free(line);
	if (in)
		fclose(in);
	else
		close(fd[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return added;
}

/* Does the program header name the loader of glibc? */
static bool names_loader(int fd, const GElf_Phdr *ph)
{
	char interp[PATH_MAX] = "", *base;
	size_t len = ph->p_filesz < sizeof(interp) ? ph->p_filesz : sizeof(interp) - 1;

	if (ph->p_type != PT_INTERP || pread(fd, interp, len, (off_t)ph->p_offset) != (ssize_t)len)
		return false;
	base = strrchr(interp, '/');
	base = base ? base + 1 : interp;
	return !strncmp(base, "ld-linux", 8) || !strncmp(base, "ld64.so", 7) ||
	       !strncmp(base, "ld.so", 5);
}

/* Does an exec of it give more than who executes it has? */
static bool gives_privilege(const char *path)
{
	struct stat st;

	return stat(path, &st) || st.st_mode & (S_ISUID | S_ISGID) ||
	       getxattr(path, "security.capability", NULL, 0) >= 0;
}

/*
 * Only a program with the loader that knows the question may be asked; a static one, or one of
 * another C library, would simply run. So may one that gives privilege: then the loader obeys no
 * variables.
 */
static bool can_be_asked(const char *path)
{
	bool found = false;
	struct elf_file e;
	size_t nr = 0;
	GElf_Phdr ph;

	if (gives_privilege(path) || elf_file_open(&e, path, -1))
		return false;
	if (!elf_getphdrnum(e.elf, &nr))
		for (size_t i = 0; i < nr && !found; i++)
			found = gelf_getphdr(e.elf, (int)i, &ph) && names_loader(e.fd, &ph);
	elf_file_close(&e);
	return found;
}

/* As execvp() searches. */
static int find_command(const char *argv0, char *out, size_t len)
{
	const char *dir = getenv("PATH") ?: "/usr/local/bin:/usr/bin:/bin", *end;

	if (strchr(argv0, '/')) {
		snprintf(out, len, "%s", argv0);
		return access(out, X_OK) ? -errno : 0;
	}
	for (;; dir = end + 1) {
		struct stat st;

		end = strchrnul(dir, ':');
		snprintf(out, len, "%.*s%s%s", (int)(end - dir), dir, end > dir ? "/" : "./",
			 argv0);
		if (!access(out, X_OK) && !stat(out, &st) && S_ISREG(st.st_mode))
			return 0;
		if (!*end)
			return -ENOENT;
	}
}

int targets_add_command(struct targets *t, const char *argv0, int (*become)(const void *who),
			const void *who)
{
	char path[PATH_MAX];
	int ret, n, needed;

	ret = find_command(argv0, path, sizeof(path));
	if (ret)
		return ret;
	n = targets_add_file(t, path, argv0);
	if (n < 0 || !can_be_asked(path))
		return n < 0 && n != -ENOMEM ? 0 : n;
	needed = add_needed(t, path, become, who);
	return needed < 0 ? n : n + needed;
}

/* ---- the slots of a process ------------------------------------------------------------------ */

struct find_slots {
	const struct targets *t;
	pid_t pid;
	char exe[PATH_MAX];
	uint64_t addr; /* the best so far */
	bool found;
};

static const struct target_file *file_of(const struct targets *t, const struct mapping *m)
{
	char path[PATH_MAX];
	struct stat st;

	for (uint32_t i = 0; i < t->nr; i++) {
		if (t->file[i].ino != m->ino)
			continue;
		/* Overlay and btrfs show another device in maps than in stat. */
		if (t->file[i].dev == m->dev ||
		    (!mapping_open_path(m, path, sizeof(path)) && !stat(path, &st) &&
		     st.st_dev == t->file[i].dev && st.st_ino == t->file[i].ino))
			return &t->file[i];
	}
	return NULL;
}

enum magic { MAGIC_NONE, MAGIC_THERE, MAGIC_UNKNOWN };

/* Is there a registry at @addr? It says so itself, once a thread has registered. */
static enum magic look_for_magic(pid_t pid, uint64_t addr)
{
	struct {
		uint64_t magic;
		uint32_t version, nr;
	} head = { 0 };
	struct iovec here = { &head, sizeof(head) }, there = { (void *)addr, sizeof(head) };

	if (process_vm_readv(pid, &here, 1, &there, 1, 0) != (ssize_t)sizeof(head))
		return errno == EPERM || errno == ENOSYS ? MAGIC_UNKNOWN : MAGIC_NONE;
	return head.magic == KTHREAD_SLOT_MAGIC && head.version == KTHREAD_SLOT_VERSION &&
			       head.nr == KTHREAD_SLOT_NR
		       ? MAGIC_THERE
		       : MAGIC_NONE;
}

static int slots_in_mapping(const struct mapping *m, void *arg)
{
	struct find_slots *f = arg;
	const struct target_file *file = m->executable ? file_of(f->t, m) : NULL;
	uint64_t bias;
	bool exe;

	if (!file || !file->nr_slots || mapping_bias(m, file->path, &bias))
		return 0;
	exe = !strcmp(m->path, f->exe);
	for (uint32_t i = 0; i < file->nr_slots; i++) {
		uint64_t addr = file->slots[i] + bias;
		enum magic magic = look_for_magic(f->pid, addr);

		if (magic == MAGIC_NONE || (magic == MAGIC_UNKNOWN && f->found && !exe))
			continue;
		f->addr = addr;
		f->found = true;
		if (magic == MAGIC_THERE)
			return 1;
		if (exe)
			exe = false; /* its first one */
	}
	return 0;
}

int targets_find_slots(const struct targets *t, pid_t pid, uint64_t *addr)
{
	struct find_slots f = { .t = t, .pid = pid };
	int ret;

	proc_exe(pid, f.exe, sizeof(f.exe));
	ret = maps_each(pid, slots_in_mapping, &f);
	if (ret < 0)
		return ret;
	if (!f.found)
		return -ENOENT;
	*addr = f.addr;
	return 0;
}

const struct target_probe *target_find(const struct target_file *f, const char *provider,
				       const char *name)
{
	for (uint32_t i = 0; i < f->nr_probes; i++)
		if (!strcmp(f->probe[i].provider, provider) && !strcmp(f->probe[i].name, name))
			return &f->probe[i];
	return NULL;
}

void targets_free(struct targets *t)
{
	for (uint32_t i = 0; i < t->nr; i++)
		file_free(&t->file[i]);
	free(t->file);
	free(t->other);
	memset(t, 0, sizeof(*t));
}
