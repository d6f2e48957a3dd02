// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/stacks.h"

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

#include "lib/record/types.h"
#include "lib/target/functions.h"
#include "lib/target/maps.h"

#include "bpf/pidns.h"

#define MAX_PROCESSES 256   /* the one met longest ago is forgotten */
#define MAX_FILES     1024  /* whose functions are named; those of others are addresses in them */
#define MAX_OPEN      128   /* files that are open until somebody asks for their functions */
#define MAX_NAMES     16384 /* remembered; a power of two */
#define MAX_TEXT      128

/* A file that processes map, and what stands in it once somebody asked. */
struct file {
	dev_t dev;
	ino_t ino;
	char name[64]; /* the last part of its path */
	int fd;	       /* -1: its functions have been read */
	struct functions *functions;
};

/* Executable memory of a process. */
struct code {
	uint64_t start, end;
	uint64_t bias; /* of the addresses in its file */
	uint32_t file; /* number + 1, 0: of no file, as the vdso and what is made at run time */
};

struct process {
	uint32_t tgid; /* 0: a free place */
	pid_t local;
	uint64_t met, looked_at; /* when, in meetings */
	dev_t dev;		 /* of its program: exec makes another of it */
	ino_t ino;
	struct code *code; /* NULL: never seen */
	size_t nr_code;
};

struct name {
	uint32_t tgid; /* 0: of the kernel */
	uint64_t addr;
	char *text; /* NULL: a free place */
};

struct stacks {
	struct functions *kernel; /* NULL: hidden from us */
	struct file file[MAX_FILES];
	uint32_t nr_files, nr_open;
	struct process process[MAX_PROCESSES];
	uint64_t meetings;
	struct name name[MAX_NAMES];
	size_t nr_names;
};

struct stacks *stacks_new(void)
{
	struct stacks *s = calloc(1, sizeof(*s));

	/* Now: the privilege to see addresses may be given up before the first stack comes. */
	if (s && functions_read_kernel(&s->kernel))
		s->kernel = NULL;
	return s;
}

/* ---- names that are known -------------------------------------------------------------------- */

static void forget_names(struct stacks *s)
{
	for (size_t i = 0; i < MAX_NAMES; i++) {
		free(s->name[i].text);
		s->name[i].text = NULL;
	}
	s->nr_names = 0;
}

static struct name *place_of(struct stacks *s, uint32_t tgid, uint64_t addr)
{
	uint64_t i = (addr ^ ((uint64_t)tgid << 40)) * 0x9e3779b97f4a7c15ULL >> 50;

	/* Never full: stacks_name() sees to that. */
	for (;; i++) {
		struct name *n = &s->name[i % MAX_NAMES];

		if (!n->text || (n->tgid == tgid && n->addr == addr))
			return n;
	}
}

/* ---- files ----------------------------------------------------------------------------------- */

static void read_functions(struct stacks *s, struct file *f)
{
	char path[32];

	if (f->fd < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", f->fd);
	if (functions_read_file(&f->functions, path))
		f->functions = NULL;
	close(f->fd);
	f->fd = -1;
	s->nr_open--;
}

/* Its number + 1; 0: not to be had. */
static uint32_t take_file(struct stacks *s, const struct mapping *m, const char *path)
{
	const char *base = strrchr(m->path, '/');
	struct file *f;
	int fd;

	for (uint32_t i = s->nr_files; i; i--)
		if (s->file[i - 1].dev == m->dev && s->file[i - 1].ino == m->ino)
			return i;
	fd = s->nr_files < MAX_FILES ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	if (fd < 0)
		return 0;
	f = &s->file[s->nr_files++];
	*f = (struct file){ .dev = m->dev, .ino = m->ino, .fd = fd };
	snprintf(f->name, sizeof(f->name), "%.*s", (int)sizeof(f->name) - 1,
		 base ? base + 1 : m->path);
	if (++s->nr_open > MAX_OPEN)
		read_functions(s, f);
	return s->nr_files;
}

/* ---- processes ------------------------------------------------------------------------------- */

struct look {
	struct stacks *s;
	struct code *code;
	size_t nr;
};

static int add_code(struct look *l, struct code c)
{
	struct code *grown = reallocarray(l->code, l->nr + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	l->code = grown;
	l->code[l->nr++] = c;
	return 0;
}

static int take_mapping(const struct mapping *m, void *arg)
{
	struct code c = { .start = m->start, .end = m->end };
	struct look *l = arg;
	char path[PATH_MAX];

	if (!m->executable)
		return 0;
	if (!mapping_open_path(m, path, sizeof(path)) && !mapping_bias(m, path, &c.bias))
		c.file = take_file(l->s, m, path);
	return add_code(l, c);
}

/* What no file is mapped at. */
static int take_others(struct look *l, pid_t pid)
{
	char name[64], line[512], perm[5];
	struct code c = { 0 };
	int ret = 0;
	FILE *in;

	snprintf(name, sizeof(name), "/proc/%d/maps", pid);
	in = fopen(name, "re");
	if (!in)
		return -errno;
	/* The rest of a longer line does not look like one. */
	while (!ret && fgets(line, sizeof(line), in))
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s ", &c.start, &c.end, perm) == 3 &&
		    perm[2] == 'x' && !strchr(line, '/'))
			ret = add_code(l, c);
	fclose(in);
	return ret;
}

/* One that has ended meanwhile stays as it was. */
static void look_at(struct stacks *s, struct process *p)
{
	struct look l = { .s = s };

	p->looked_at = s->meetings;
	if (maps_each(p->local, take_mapping, &l) || take_others(&l, p->local) || !l.nr) {
		free(l.code);
		return;
	}
	free(p->code);
	p->code = l.code;
	p->nr_code = l.nr;
}

/* The process itself, or the place to put it. */
static struct process *find_process(struct stacks *s, uint32_t tgid)
{
	struct process *oldest = &s->process[0];

	for (size_t i = 0; i < MAX_PROCESSES; i++) {
		if (s->process[i].tgid == tgid)
			return &s->process[i];
		if (s->process[i].met < oldest->met)
			oldest = &s->process[i];
	}
	return oldest;
}

void stacks_meet(struct stacks *s, uint32_t tgid)
{
	struct process *p;
	char exe[64];
	struct stat st;

	if (!tgid)
		return;
	p = find_process(s, tgid);
	if (p->tgid != tgid) {
		free(p->code);
		*p = (struct process){ .tgid = tgid };
		if (pidns_to_local(tgid, &p->local))
			p->local = 0;
	}
	p->met = ++s->meetings;
	snprintf(exe, sizeof(exe), "/proc/%d/exe", p->local);
	if (!p->local || stat(exe, &st) || (p->code && p->dev == st.st_dev && p->ino == st.st_ino))
		return;
	if (p->code)
		forget_names(s);
	p->dev = st.st_dev;
	p->ino = st.st_ino;
	look_at(s, p);
}

void stacks_free(struct stacks *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < MAX_PROCESSES; i++)
		free(s->process[i].code);
	for (size_t i = 0; i < s->nr_files; i++) {
		if (s->file[i].fd >= 0)
			close(s->file[i].fd);
		functions_free(s->file[i].functions);
	}
	forget_names(s);
	functions_free(s->kernel);
	free(s);
}

/* ---- naming ---------------------------------------------------------------------------------- */

static const struct code *code_at(const struct process *p, uint64_t addr)
{
	for (size_t i = 0; i < p->nr_code; i++)
		if (addr >= p->code[i].start && addr < p->code[i].end)
			return &p->code[i];
	return NULL;
}

/*
 * is_frame - false: a program without frame pointers made it up. Of a process that was never seen
 * it is not known.
 */
static bool is_frame(struct stacks *s, uint32_t tgid, uint64_t addr)
{
	struct process *p = find_process(s, tgid);

	if (p->tgid != tgid || !p->code || code_at(p, addr))
		return true;
	/* A library that it has opened since. */
	if (p->looked_at == s->meetings)
		return false;
	look_at(s, p);
	return code_at(p, addr);
}

static void put(char text[MAX_TEXT], const char *name, uint64_t into)
{
	/* Versions of a symbol, "@@GLIBC_2.17", are for linkers. */
	int length = (int)strcspn(name, "@");

	if (length > MAX_TEXT - 24)
		length = MAX_TEXT - 24;
	if (into)
		snprintf(text, MAX_TEXT, "%.*s+0x%" PRIx64, length, name, into);
	else
		snprintf(text, MAX_TEXT, "%.*s", length, name);
}

static void put_kernel(const struct stacks *s, char text[MAX_TEXT], uint64_t addr)
{
	const char *name;
	uint64_t into;

	name = s->kernel ? functions_name(s->kernel, addr, &into) : NULL;
	if (name)
		put(text, name, into);
}

static void put_user(struct stacks *s, char text[MAX_TEXT], uint32_t tgid, uint64_t addr)
{
	const struct process *p = find_process(s, tgid);
	const struct code *c = p->tgid == tgid ? code_at(p, addr) : NULL;
	struct file *f = c && c->file ? &s->file[c->file - 1] : NULL;
	const char *name;
	uint64_t into;

	if (!f)
		return;
	read_functions(s, f);
	addr -= c->bias;
	name = f->functions ? functions_name(f->functions, addr, &into) : NULL;
	if (name)
		put(text, name, into);
	else
		put(text, f->name, addr);
}

static const char *name_of(struct stacks *s, uint32_t tgid, uint64_t addr)
{
	struct name *n = place_of(s, tgid, addr);
	char text[MAX_TEXT];

	if (n->text)
		return n->text;
	snprintf(text, sizeof(text), "0x%" PRIx64, addr);
	if (tgid)
		put_user(s, text, tgid, addr);
	else
		put_kernel(s, text, addr);
	n->text = strdup(text);
	if (!n->text)
		return "";
	n->tgid = tgid;
	n->addr = addr;
	s->nr_names++;
	return n->text;
}

/* What a tracepoint and our program, which has no name here, add to the kernel's stack. */
static bool is_tracing(const char *name)
{
	static const char *const begins[] = { "bpf_prog_",    "bpf_get_stack", "bpf_trace_run",
					      "__bpf_trace_", "__traceiter_",  "trace_call_bpf" };

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (!strncmp(name, begins[i], strlen(begins[i])))
			return true;
	return false;
}

/* The first frame that is not the tracing's. */
static uint32_t skip_tracing(struct stacks *s, const struct events_stack *stack)
{
	uint32_t first = 0;

	for (uint32_t i = 0; i < stack->nr_kernel && i < 8; i++)
		if (is_tracing(name_of(s, 0, stack->kernel[i])))
			first = i + 1;
	return first;
}

void stacks_name(struct stacks *s, const struct events_stack *stack, struct record_event *e)
{
	uint32_t nr_kernel = stack->nr_kernel, nr_user = stack->nr_user, i;

	if (nr_kernel > EVENTS_MAX_FRAMES || nr_user > EVENTS_MAX_FRAMES)
		return;
	if (s->nr_names > MAX_NAMES / 2)
		forget_names(s);
	stacks_meet(s, nr_user ? stack->tgid : 0);
	e->has_stack = true;
	for (i = skip_tracing(s, stack); i < nr_kernel; i++)
		e->kernel.frame[e->kernel.nr++] = name_of(s, 0, stack->kernel[i]);
	for (i = 0; i < nr_user; i++) {
		if (i && !is_frame(s, stack->tgid, stack->user[i]))
			break;
		e->user.frame[e->user.nr++] = name_of(s, stack->tgid, stack->user[i]);
	}
}
