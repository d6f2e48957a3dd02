// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/controller/check.h"
#include "bench/controller/child.h"
#include "bench/controller/interrupt.h"
#include "lib/cli/cli.h"
#include "lib/probe/slot.h"

/* A SIGCHLD between the look at the child and the sleep is missed; then this long passes. */
#define SLICE_NS      200000000L
#define QUIT_LIMIT_NS 2000000000ULL
/* For a worker to come up and answer that it has no such arm. */
#define ASK_LIMIT_NS 10000000000ULL

/* Exit status of an old worker on a page that it does not know, and of any when no version fits. */
#define STATUS_REFUSED 2

#define PADDING "KT_BENCH_PADDING="

/* ---- a process and its page ------------------------------------------------------------------ */

/* Our environment and a variable whose value has @bytes bytes; in one piece of memory, or NULL. */
static char **padded_environment(size_t bytes)
{
	char **env, *padding;
	size_t nr = 0, kept = 0;

	while (environ && environ[nr])
		nr++;
	env = malloc((nr + 2) * sizeof(*env) + sizeof(PADDING) + bytes);
	if (!env)
		return NULL;
	/* One of an outer run would add its size to ours. */
	for (size_t i = 0; i < nr; i++)
		if (strncmp(environ[i], PADDING, strlen(PADDING)))
			env[kept++] = environ[i];
	padding = (char *)(env + nr + 2);
	memcpy(padding, PADDING, sizeof(PADDING));
	memset(padding + strlen(PADDING), 'x', bytes);
	padding[strlen(PADDING) + bytes] = '\0';
	env[kept++] = padding;
	env[kept] = NULL;
	return env;
}

/* Linux before 3.17 has no memfd: a file that nobody finds. It knows no seals. */
static int open_unlinked(void)
{
	char path[] = "/dev/shm/kt-bench.XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd >= 0)
		unlink(path);
	return fd;
}

/*
 * The page, and *@fd of it for the worker. Where it can be sealed it cannot be cut short, which would
 * cost us a SIGBUS.
 */
static int make_page(struct client *c, int *fd)
{
	bool sealed;
	void *memory;

	*fd = memfd_create("kt-bench", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	sealed = *fd >= 0 || errno != ENOSYS;
	if (!sealed)
		*fd = open_unlinked();
	if (*fd < 0 || ftruncate(*fd, WIRE_ROOM) ||
	    (sealed && fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)))
		return -errno;
	memory = mmap(NULL, WIRE_ROOM, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, *fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	c->page = memory;
	if (c->form->translate) {
		c->copy = malloc(sizeof(*c->copy));
		if (!c->copy)
			return -ENOMEM;
	}
	wire_form_begin(c->form, c->page);
	return 0;
}

/* A worker with a page of @form. What it prints goes to @output; 0: beside our messages. */
static int start_with(struct client *c, const struct wire_form *form, const char *path,
		      size_t env_bytes, int output, char *err, size_t errlen)
{
	char option[32], *argv[] = { (char *)path, option, NULL };
	struct child_start start = { .path = path, .argv = argv, .messages = output };
	char **env = NULL;
	int fd = -1, ret;

	*c = (struct client){ .form = form };
	ret = make_page(c, &fd);
	if (!ret && env_bytes) {
		start.env = env = padded_environment(env_bytes);
		ret = env ? 0 : -ENOMEM;
	}
	if (ret) {
		snprintf(err, errlen, "cannot make the page to share with a worker: %s",
			 strerror(-ret));
		goto out;
	}
	snprintf(option, sizeof(option), "--bench-wire=%d", fd);
	/* What a benchmark prints belongs beside our messages, not into our results. */
	start.out = output ? output : STDERR_FILENO;
	start.keep = fd;
	ret = child_spawn(&c->pid, &start, err, errlen);
out:
	free(env);
	if (fd >= 0)
		close(fd);
	if (ret)
		client_stop(c);
	return ret;
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* Release: pairs with the acquire in the worker's turn_wait(); it sees the whole command. */
static void turn_give(struct wire_head *w)
{
	__atomic_store_n(&w->turn, WIRE_WORKER, __ATOMIC_RELEASE);
	syscall(SYS_futex, &w->turn, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* Acquire: pairs with the release in the worker's turn_give(); the reply is seen whole. */
static int turn_wait(struct client *c, uint64_t limit_ns, char *err, size_t errlen)
{
	const struct timespec slice = { .tv_nsec = SLICE_NS };
	uint64_t deadline = slot_clock_ns() + limit_ns;
	struct wire_head *w = &c->page->head;
	uint32_t turn;

	while ((turn = __atomic_load_n(&w->turn, __ATOMIC_ACQUIRE)) != WIRE_CONTROLLER) {
		if (turn != WIRE_WORKER) {
			snprintf(err, errlen, "the shared page was overwritten (turn is %u)", turn);
			return -EPROTO;
		}
		if (waitpid(c->pid, &c->status, WNOHANG) == c->pid) {
			c->pid = 0;
			child_status_text(c->status, err, errlen);
			return -EPIPE;
		}
		if (interrupt_seen()) {
			snprintf(err, errlen, "interrupted");
			return -EINTR;
		}
		if (slot_clock_ns() > deadline) {
			snprintf(err, errlen, "no answer within %.3g s", (double)limit_ns / 1e9);
			return -ETIMEDOUT;
		}
		syscall(SYS_futex, &w->turn, FUTEX_WAIT, WIRE_WORKER, &slice, NULL, 0);
	}
	return 0;
}

int client_call(struct client *c, const struct client_request *request, uint64_t limit_ns,
		struct wire *reply, char *err, size_t errlen)
{
	struct wire_head *w = &c->page->head;
	union wire_page *copy = c->copy ? c->copy : (union wire_page *)reply;
	int ret;

	/* All of them, each time: the worker may have overwritten any. */
	w->cmd = request->cmd;
	w->question = request->question;
	w->arm = request->arm;
	w->observe = request->observe;
	w->iterations = request->iterations;
	c->call++;
	if (c->form->numbered)
		c->page->now.call = c->call;
	turn_give(w);
	ret = turn_wait(c, limit_ns, err, errlen);
	if (ret)
		return ret;
	memcpy(copy, c->page, c->form->size);
	/* From here on the copy only: the compiler must not go back to the page for a field of it. */
	__asm__ volatile("" : : : "memory");
	if (check_page(copy, c->form, c->call, err, errlen))
		return -EPROTO;
	if (c->copy)
		c->form->translate(reply, copy);
	reply->call = reply->answered = c->call;
	return 0;
}

/* ---- which version --------------------------------------------------------------------------- */

/* What files were found to speak; a file that is replaced is another one. */
struct spoken {
	char *path;
	struct stat file;
	const struct wire_form *form;
};

static struct spoken *spoken;
static size_t nr_spoken;

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static const struct wire_form *form_of(const char *path, const struct stat *file)
{
	for (size_t i = 0; i < nr_spoken; i++)
		if (!strcmp(spoken[i].path, path) && is_same_file(&spoken[i].file, file))
			return spoken[i].form;
	return NULL;
}

/* Without memory it is asked again the next time. */
static void remember_form(const char *path, const struct stat *file, const struct wire_form *form)
{
	struct spoken *more = realloc(spoken, (nr_spoken + 1) * sizeof(*more));
	char *name = strdup(path);

	if (more)
		spoken = more;
	if (more && name)
		spoken[nr_spoken++] = (struct spoken){ name, *file, form };
	else
		free(name);
}

/*
 * A worker with a page of @form: does it take it? It does when it answers, if only that it has no
 * such arm. One that ends or hangs in another way than by refusing is left to the measuring, which
 * reports that.
 *
 * Return: 1: it answers; 0: something else happened; -EAGAIN: it refuses this form; -EPROTO: it has
 * no version in common with us; -EINTR, or what kept it from being started.
 */
static int ask(const char *path, const struct wire_form *form, int nowhere, char *err,
	       size_t errlen)
{
	const struct client_request request = { .cmd = WIRE_TEARDOWN, .arm = UINT32_MAX };
	static struct wire reply;
	uint32_t oldest, newest;
	struct client c;
	int ret = start_with(&c, form, path, 0, nowhere, err, errlen);

	if (ret)
		return ret;
	ret = client_call(&c, &request, ASK_LIMIT_NS, &reply, err, errlen);
	if (!ret)
		ret = 1;
	else if (ret == -EPIPE && WIFEXITED(c.status) && WEXITSTATUS(c.status) == STATUS_REFUSED)
		ret = -EAGAIN;
	else if (ret != -EINTR)
		ret = 0;
	oldest = form->translate ? 0 : c.page->now.worker_oldest;
	newest = form->translate ? 0 : c.page->now.worker_newest;
	if (ret == -EAGAIN && newest) {
		snprintf(
			err, errlen,
			"%s speaks versions %u to %u of the protocol with kt, and this kt %d to %d",
			path, oldest, newest, WIRE_FORM_OLDEST, WIRE_VERSION);
		ret = -EPROTO;
	}
	client_stop(&c);
	return ret;
}

static int find_form(const char *path, const struct wire_form **form, char *err, size_t errlen)
{
	int nowhere = cli_open_nothing(), ret = -EAGAIN;
	struct stat file;
	bool known = !stat(path, &file);

	*form = known ? form_of(path, &file) : NULL;
	for (size_t i = 0; !*form && ret == -EAGAIN && i < wire_nr_forms; i++) {
		ret = ask(path, &wire_forms[i], nowhere, err, errlen);
		if (ret >= 0)
			*form = &wire_forms[i];
	}
	if (nowhere >= 0)
		close(nowhere);
	if (ret == 1 && known)
		remember_form(path, &file, *form);
	if (*form)
		return 0;
	if (ret == -EAGAIN)
		snprintf(err, errlen,
			 "%s speaks none of the versions of the protocol with kt that this kt "
			 "speaks (%d to %d)",
			 path, WIRE_FORM_OLDEST, WIRE_VERSION);
	return ret == -EAGAIN ? -EPROTO : ret;
}

int client_agree(const char *path, char *err, size_t errlen)
{
	const struct wire_form *form;

	return find_form(path, &form, err, errlen);
}

int client_start(struct client *c, const char *path, size_t env_bytes, char *err, size_t errlen)
{
	const struct wire_form *form;
	int ret = find_form(path, &form, err, errlen);

	*c = (struct client){ 0 };
	return ret ? ret : start_with(c, form, path, env_bytes, 0, err, errlen);
}

/* ---- its end --------------------------------------------------------------------------------- */

void client_stop(struct client *c)
{
	child_kill(c->pid);
	c->pid = 0;
	if (c->page)
		munmap(c->page, WIRE_ROOM);
	free(c->copy);
	c->page = c->copy = NULL;
}

void client_quit(struct client *c)
{
	char ignored[128];

	/* QUIT has no reply: the end of the process is it. */
	if (c->pid > 0) {
		c->page->head.cmd = WIRE_QUIT;
		turn_give(&c->page->head);
		turn_wait(c, QUIT_LIMIT_NS, ignored, sizeof(ignored));
	}
	client_stop(c);
}
