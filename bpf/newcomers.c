// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/newcomers.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/target/maps.h"

#include "bpf/topology.h"

/* Some 150 mappings between two polls, per CPU. */
#define RING_PAGES 4

/* How often CPUs are counted; without perf, how often all processes are looked at. */
#define CHECK_NS 2000000000ULL

/* Then those seen are forgotten, and looked at once more. */
#define MAX_FILES 65536

struct newcomers_ring {
	int fd;
	struct perf_event_mmap_page *page;
};

/* What the kernel writes of a mapping; its file's name follows. */
struct mapped {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t addr, len, pgoff;
	uint32_t maj, min;
	uint64_t ino, ino_generation;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static size_t ring_bytes(void)
{
	return RING_PAGES * (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- the kernel's records -------------------------------------------------------------------- */

static int ring_open(struct newcomers_ring *r, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.exclude_kernel = 1,
		.mmap = 1,
		.mmap2 = 1,
	};
	void *at;

	r->fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (r->fd < 0)
		return -errno;
	at = mmap(NULL, ring_bytes() + (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
		  MAP_SHARED, r->fd, 0);
	if (at == MAP_FAILED) {
		close(r->fd);
		return -errno;
	}
	r->page = at;
	return 0;
}

static void close_rings(struct newcomers *n)
{
	while (n->nr_rings) {
		struct newcomers_ring *r = &n->ring[--n->nr_rings];

		munmap(r->page, ring_bytes() + (size_t)sysconf(_SC_PAGESIZE));
		close(r->fd);
	}
	free(n->ring);
	n->ring = NULL;
}

int newcomers_open(struct newcomers *n)
{
	uint32_t nr = topology_cpus("/sys/devices/system");

	n->nr_online = (int)sysconf(_SC_NPROCESSORS_ONLN);
	n->next_check_ns = now_ns() + CHECK_NS;
	n->ring = calloc(nr, sizeof(*n->ring));
	if (!n->ring)
		return -ENOMEM;
	/* One that is offline, or all: what is not permitted. */
	for (uint32_t cpu = 0; cpu < nr; cpu++)
		if (!ring_open(&n->ring[n->nr_rings], (int)cpu))
			n->nr_rings++;
	return 0;
}

/* @size bytes from position @at on, which may go round the end. */
static void ring_copy(const struct newcomers_ring *r, uint64_t at, void *to, size_t size)
{
	const char *data = (const char *)r->page + sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < size; i++)
		((char *)to)[i] = data[(at + i) & (ring_bytes() - 1)];
}

/* ---- files that were seen -------------------------------------------------------------------- */

/* Another file of the same identity would be passed over: one in 2^64. */
static uint64_t identity(const struct mapped *m)
{
	const uint64_t part[] = { (uint64_t)m->maj << 32 | m->min, m->ino, m->ino_generation };
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		h = (h ^ part[i]) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 32;
	}
	return h;
}

/* The place where @id is, or belongs. */
static uint32_t file_place(const struct newcomers *n, uint64_t id)
{
	uint32_t low = 0, high = n->nr_files;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (n->file[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool file_seen(const struct newcomers *n, uint64_t id)
{
	uint32_t at = file_place(n, id);

	return at < n->nr_files && n->file[at] == id;
}

static int file_add(struct newcomers *n, uint64_t id)
{
	uint32_t at;

	if (n->nr_files == MAX_FILES)
		n->nr_files = 0;
	if (n->nr_files == n->room) {
		uint64_t *grown = reallocarray(n->file, n->room * 2 + 64, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		n->file = grown;
		n->room = n->room * 2 + 64;
	}
	at = file_place(n, id);
	memmove(&n->file[at + 1], &n->file[at], (n->nr_files++ - at) * sizeof(*n->file));
	n->file[at] = id;
	return 0;
}

/* ---- looking --------------------------------------------------------------------------------- */

int newcomers_all(newcomers_look look, void *arg)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	int ret = 0;

	if (!proc)
		return -errno;
	while (!ret && (d = readdir(proc))) {
		pid_t pid = isdigit((unsigned char)d->d_name[0]) ? atoi(d->d_name) : getpid();

		ret = pid == getpid() ? 0 : look(arg, pid);
		if (ret == -ESRCH)
			ret = 0;
	}
	closedir(proc);
	return ret;
}

static int stop_at_first(const struct mapping *m, void *arg)
{
	(void)m;
	(void)arg;
	return 1;
}

static bool maps_anything(pid_t pid)
{
	return maps_each(pid, stop_at_first, NULL) == 1;
}

static int look_at_mapped(struct newcomers *n, const struct mapped *m, newcomers_look look,
			  void *arg)
{
	uint64_t id = identity(m);
	int ret;

	/* No id: it is not in our pid namespace. No inode: no file. */
	if ((int32_t)m->pid <= 0 || !m->ino || (pid_t)m->pid == getpid() || file_seen(n, id))
		return 0;
	ret = look(arg, (pid_t)m->pid);
	/*
	 * Has it ended, the next one that maps the file will be looked at. One that nobody waited for
	 * yet is there, and maps nothing: of such a one the look may have seen anything or nothing.
	 */
	if (ret == -ESRCH || (!ret && !maps_anything((pid_t)m->pid)))
		return 0;
	return ret ?: file_add(n, id);
}

static int ring_poll(struct newcomers *n, struct newcomers_ring *r, newcomers_look look, void *arg)
{
	/* Acquire: the records before it are written. */
	uint64_t head = __atomic_load_n(&r->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t at = r->page->data_tail;
	int ret = 0;

	while (!ret && at < head) {
		struct perf_event_header header;
		struct mapped m;

		ring_copy(r, at, &header, sizeof(header));
		if (header.type == PERF_RECORD_MMAP2 && header.size >= sizeof(m)) {
			ring_copy(r, at, &m, sizeof(m));
			ret = look_at_mapped(n, &m, look, arg);
		} else if (header.type == PERF_RECORD_LOST) {
			n->behind = true;
		}
		at += header.size;
	}
	/* Release: we have read what the kernel may write over now. */
	__atomic_store_n(&r->page->data_tail, at, __ATOMIC_RELEASE);
	return ret;
}

/* A CPU that came online says nothing yet. */
static int check(struct newcomers *n)
{
	n->next_check_ns = now_ns() + CHECK_NS;
	if (!n->nr_rings)
		n->behind = true;
	if (sysconf(_SC_NPROCESSORS_ONLN) == n->nr_online)
		return 0;
	close_rings(n);
	n->behind = true;
	return newcomers_open(n);
}

int newcomers_poll(struct newcomers *n, newcomers_look look, void *arg)
{
	int ret = 0;

	for (uint32_t i = 0; i < n->nr_rings && !ret; i++)
		ret = ring_poll(n, &n->ring[i], look, arg);
	/* A flood of processes must not have us read all of /proc each time. */
	if (ret || now_ns() < n->next_check_ns)
		return ret;
	ret = check(n);
	if (ret || !n->behind)
		return ret;
	n->behind = false;
	return newcomers_all(look, arg);
}

void newcomers_close(struct newcomers *n)
{
	close_rings(n);
	free(n->file);
	*n = (struct newcomers){ 0 };
}
