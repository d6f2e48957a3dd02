// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/starved.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More are not looked at: each is a file to be read while the trace begins. */
#define MAX_THREADS 256

struct account {
	pid_t tid;
	uint64_t ran_ns, turns; /* on a CPU so far; how often it was switched in */
};

struct starved {
	uint32_t nr;
	struct account thread[MAX_THREADS];
};

static bool read_account(struct account *a)
{
	char path[64];
	uint64_t delay;
	bool fine;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", a->tid);
	in = fopen(path, "re");
	if (!in)
		return false;
	fine = fscanf(in, "%" SCNu64 " %" SCNu64 " %" SCNu64, &a->ran_ns, &delay, &a->turns) == 3;
	fclose(in);
	return fine;
}

static void watch_thread(struct starved *s, pid_t tid)
{
	struct account *a = &s->thread[s->nr];

	if (s->nr == MAX_THREADS)
		return;
	a->tid = tid;
	s->nr += read_account(a);
}

static void watch_process(struct starved *s, pid_t tgid)
{
	const struct dirent *entry;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", tgid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (*entry->d_name != '.')
			watch_thread(s, (pid_t)strtol(entry->d_name, NULL, 10));
	if (dir)
		closedir(dir);
}

struct starved *starved_watch(const struct filter *f)
{
	struct starved *s = calloc(1, sizeof(*s));

	for (uint32_t i = 0; s && i < f->nr_tgids; i++)
		watch_process(s, f->tgid[i]);
	for (uint32_t i = 0; s && i < f->nr_tids; i++)
		watch_thread(s, f->tid[i]);
	if (s && s->nr)
		return s;
	free(s);
	return NULL;
}

/* Its name and whether it is ready to run; false: it is gone. */
static bool read_state(pid_t tid, char name[64], bool *ready)
{
	char path[64], line[512], *end;
	bool fine;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	in = fopen(path, "re");
	if (!in)
		return false;
	fine = fgets(line, sizeof(line), in) && strchr(line, '(');
	fclose(in);
	/* The name may hold anything, also ") R". */
	end = fine ? strrchr(line, ')') : NULL;
	if (!end || strlen(end) < 3)
		return false;
	*ready = end[2] == 'R';
	*end = 0;
	snprintf(name, 64, "%s", strchr(line, '(') + 1);
	return true;
}

uint32_t starved_find(const struct starved *s, char *text, size_t size)
{
	uint32_t nr = 0;

	text[0] = 0;
	for (uint32_t i = 0; s && i < s->nr; i++) {
		struct account now = { .tid = s->thread[i].tid };
		char name[64];
		bool ready;

		/* One that runs all the time has no turn either, but its time goes on. */
		if (!read_account(&now) || now.ran_ns != s->thread[i].ran_ns ||
		    now.turns != s->thread[i].turns || !read_state(now.tid, name, &ready) || !ready)
			continue;
		if (!nr++)
			snprintf(text, size, "%s %d", name, now.tid);
	}
	return nr;
}

void starved_free(struct starved *s)
{
	free(s);
}
