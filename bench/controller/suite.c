// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/controller/child.h"
#include "bench/controller/interrupt.h"
#include "bench/controller/schedule.h"
#include "lib/measure/verdict.h"
#include "lib/probe/slot.h"

#define LIST_MAX_BYTES (4u << 20)
#define LIST_LIMIT_NS  10000000000ULL
#define MAX_BATCH      (1ULL << 32)

int suite_default_path(char *path, size_t len, char *err, size_t errlen)
{
	static const char *const at[] = { "kt-suite", "../libexec/kt-suite",
					  "../libexec/kt/kt-suite" };
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		slash[1] = '\0';
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		if (snprintf(path, len, "%s%s", self, at[i]) < (int)len && !access(path, X_OK))
			return 0;
	}
	snprintf(err, errlen,
		 "no kt-suite beside this program (%s) nor in ../libexec; name a benchmark binary",
		 self);
	return -ENOENT;
}

void suite_question_free(struct suite_question *q)
{
	for (unsigned int i = 0; i < q->nr_arms; i++)
		free(q->arm[i]);
	for (unsigned int i = 0; q->source && i < q->nr_arms; i++)
		free(q->source[i].of);
	free(q->source);
	free(q->arm);
	free(q->name);
	free(q->baseline);
}

void suite_free(struct suite *s)
{
	for (size_t i = 0; i < s->nr; i++)
		suite_question_free(&s->question[i]);
	free(s->question);
	free(s->path);
	*s = (struct suite){ 0 };
}

/* What may follow the fields that every line has. */
static int option_parse(struct suite_question *q, const char *option)
{
	char *end;

	if (!strcmp(option, "manual")) {
		q->manual = true;
		return 0;
	}
	if (strncmp(option, "batch=", strlen("batch=")))
		return -EINVAL;
	option += strlen("batch=");
	q->batch = strtoull(option, &end, 10);
	return *option < '1' || *option > '9' || *end || q->batch > MAX_BATCH ? -EINVAL : 0;
}

static bool has_arm(const struct suite_question *q, const char *name)
{
	for (unsigned int i = 0; i < q->nr_arms; i++)
		if (!strcmp(q->arm[i], name))
			return true;
	return false;
}

/* name TAB mode TAB phases TAB zone TAB baseline TAB arm,arm, then TAB manual, TAB batch=N */
static int question_parse(struct suite_question *q, char *line)
{
	char *field[6], *arm, *end, *option;
	int ret;

	for (int i = 0; i < 6; i++) {
		field[i] = strsep(&line, "\t");
		if (!field[i] || !*field[i])
			return -EINVAL;
	}
	q->batch = 1;
	while ((option = strsep(&line, "\t"))) {
		ret = option_parse(q, option);
		if (ret)
			return ret;
	}
	q->name = strdup(field[0]);
	q->latency = !strcmp(field[1], "latency");
	q->phases = !strcmp(field[2], "1");
	q->zone = strtod(field[3], &end);
	if (*end || !(q->zone >= 0 && q->zone < 1) || (!q->latency && strcmp(field[1], "time")))
		return -EINVAL;
	if (!q->zone)
		q->zone = VERDICT_DEFAULT_ZONE;
	if (strcmp(field[4], "-"))
		q->baseline = strdup(field[4]);
	q->arm = calloc(SCHEDULE_MAX_ARMS, sizeof(*q->arm));
	if (!q->name || !q->arm || (strcmp(field[4], "-") && !q->baseline))
		return -ENOMEM;
	while ((arm = strsep(&field[5], ","))) {
		if (!*arm || q->nr_arms == SCHEDULE_MAX_ARMS)
			return -EINVAL;
		q->arm[q->nr_arms] = strdup(arm);
		if (!q->arm[q->nr_arms])
			return -ENOMEM;
		q->nr_arms++;
	}
	return q->baseline && !has_arm(q, q->baseline) ? -ENXIO : 0;
}

static void say_bad_line(const struct suite_question *q, unsigned int line, int ret, char *err,
			 size_t errlen)
{
	if (ret == -ENXIO)
		snprintf(err, errlen,
			 "line %u of its list: %s has the baseline '%s', which is not one of its "
			 "arms",
			 line, q->name, q->baseline);
	else
		snprintf(err, errlen, "line %u of its list is not a question", line);
}

static int order_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What stands twice among @nr names, which are put in order; NULL: none */
static const char *find_twice(const char **name, size_t nr)
{
	qsort(name, nr, sizeof(*name), order_names);
	for (size_t i = 1; i < nr; i++)
		if (!strcmp(name[i - 1], name[i]))
			return name[i];
	return NULL;
}

/*
 * Names tell questions and arms apart in the record: of one name they would be pooled, as if they
 * were the same. 0 or -errno
 */
static int check_names(const struct suite *s, char *err, size_t errlen)
{
	const char *arm[SCHEDULE_MAX_ARMS], **name = calloc(s->nr + 1, sizeof(*name)), *twice;
	int ret = 0;

	if (!name) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	for (size_t i = 0; !ret && i < s->nr; i++) {
		const struct suite_question *q = &s->question[i];

		name[i] = q->name;
		memcpy(arm, q->arm, q->nr_arms * sizeof(arm[0]));
		twice = find_twice(arm, q->nr_arms);
		if (!twice)
			continue;
		snprintf(err, errlen, "question %s has two arms %s", q->name, twice);
		ret = -EEXIST;
	}
	twice = ret ? NULL : find_twice(name, s->nr);
	if (twice) {
		snprintf(err, errlen, "it has two questions %s", twice);
		ret = -EEXIST;
	}
	free(name);
	return ret;
}

int suite_parse(struct suite *s, char *text, char *err, size_t errlen)
{
	struct suite_question *more;
	char *line;
	int ret;

	*s = (struct suite){ 0 };
	for (uint32_t number = 0; (line = strsep(&text, "\n")) && (*line || text); number++) {
		more = realloc(s->question, (s->nr + 1) * sizeof(*more));
		ret = more ? 0 : -ENOMEM;
		if (more) {
			s->question = more;
			s->question[s->nr] = (struct suite_question){ .number = number };
			ret = question_parse(&s->question[s->nr++], line);
		}
		if (ret) {
			say_bad_line(more ? &s->question[s->nr - 1] : NULL, number + 1, ret, err,
				     errlen);
			suite_free(s);
			return ret == -ENXIO ? -EINVAL : ret;
		}
	}
	ret = check_names(s, err, errlen);
	if (ret)
		suite_free(s);
	return ret;
}

/* All that comes through @fd until its end; 0 or -errno. */
static int read_all(int fd, char **text)
{
	uint64_t deadline = slot_clock_ns() + LIST_LIMIT_NS;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len = 0, size = 1 << 16;
	ssize_t n;
	char *more;

	*text = malloc(size);
	while (*text) {
		if (interrupt_seen())
			return -EINTR;
		if (slot_clock_ns() > deadline)
			return -ETIMEDOUT;
		if (poll(&p, 1, 100) <= 0)
			continue;
		n = read(fd, *text + len, size - len - 1);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0) {
			(*text)[len] = '\0';
			return strlen(*text) == len ? 0 : -EINVAL;
		}
		len += n > 0 ? (size_t)n : 0;
		if (len + 1 < size)
			continue;
		if (size >= LIST_MAX_BYTES)
			return -EFBIG;
		size *= 2;
		more = realloc(*text, size);
		if (!more)
			return -ENOMEM;
		*text = more;
	}
	return -ENOMEM;
}

/* It has said all it will: its end, unless that never comes. 0 or -errno; ended either way. */
static int wait_end(pid_t pid, int *status)
{
	uint64_t deadline = slot_clock_ns() + LIST_LIMIT_NS;
	int ret = 0;

	while (!ret && waitpid(pid, status, WNOHANG) != pid) {
		if (interrupt_seen())
			ret = -EINTR;
		else if (slot_clock_ns() > deadline)
			ret = -ETIMEDOUT;
		else
			poll(NULL, 0, 1);
	}
	if (ret)
		child_kill(pid);
	return ret;
}

int suite_list(struct suite *s, const char *path, char *err, size_t errlen)
{
	char *argv[] = { (char *)path, "--bench-list", NULL }, *text = NULL, why[160] = "";
	struct child_start start = { .path = path, .argv = argv };
	int fds[2], status = 0, ret;
	struct stat sb;
	pid_t pid;

	*s = (struct suite){ 0 };
	if (!stat(path, &sb) && S_ISDIR(sb.st_mode)) {
		snprintf(err, errlen, "cannot run %s: it is a directory", path);
		return -EISDIR;
	}
	if (pipe2(fds, O_CLOEXEC)) {
		snprintf(err, errlen, "cannot make a pipe: %s", strerror(errno));
		return -errno;
	}
	start.out = fds[1];
	ret = child_spawn(&pid, &start, err, errlen);
	close(fds[1]);
	if (ret) {
		close(fds[0]);
		return ret;
	}
	ret = read_all(fds[0], &text);
	close(fds[0]);
	if (ret)
		child_kill(pid);
	else
		ret = wait_end(pid, &status);
	if (!ret && status) {
		child_status_text(status, why, sizeof(why));
		ret = -EINVAL;
	} else if (ret) {
		snprintf(why, sizeof(why), "%s", strerror(-ret));
	}
	if (!ret)
		ret = suite_parse(s, text, why, sizeof(why));
	if (!ret && !s->nr) {
		snprintf(why, sizeof(why), "it lists no questions");
		ret = -EINVAL;
	}
	if (!ret && !(s->path = strdup(path)))
		ret = -ENOMEM;
	if (ret == -EEXIST) {
		snprintf(err, errlen, "cannot measure with %s: %s", path, why);
	} else if (ret) {
		suite_free(s);
		snprintf(err, errlen, "%s is not a benchmark binary (built with BENCH_MAIN()): %s",
			 path, why);
	}
	free(text);
	return ret;
}

int suite_filter(struct suite *s, const char *regex, char *err, size_t errlen)
{
	char why[128];
	size_t kept = 0;
	regex_t re;
	int ret = regcomp(&re, regex, REG_EXTENDED | REG_NOSUB);

	if (ret) {
		regerror(ret, &re, why, sizeof(why));
		snprintf(err, errlen, "bad regular expression '%s': %s", regex, why);
		return -EINVAL;
	}
	for (size_t i = 0; i < s->nr; i++) {
		if (regexec(&re, s->question[i].name, 0, NULL, 0))
			suite_question_free(&s->question[i]);
		else
			s->question[kept++] = s->question[i];
	}
	s->nr = kept;
	regfree(&re);
	return 0;
}

void suite_drop_manual(struct suite *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->nr; i++) {
		if (s->question[i].manual)
			suite_question_free(&s->question[i]);
		else
			s->question[kept++] = s->question[i];
	}
	s->nr = kept;
}

/* ---- what they are compared by --------------------------------------------------------------- */

static bool had_arm(const struct suite *s, size_t question, const char *name)
{
	for (size_t i = 0; i < question; i++)
		if (has_arm(&s->question[i], name))
			return true;
	return false;
}

static void say_arms(const struct suite *s, const char *baseline, char *err, size_t errlen)
{
	size_t used =
		(size_t)snprintf(err, errlen, "no question has an arm '%s'; there are", baseline);
	const char *before = " ";

	for (size_t i = 0; i < s->nr; i++) {
		const struct suite_question *q = &s->question[i];

		for (unsigned int k = 0; k < q->nr_arms && used < errlen; k++) {
			if (had_arm(s, i, q->arm[k]))
				continue;
			used += (size_t)snprintf(err + used, errlen - used, "%s%s", before,
						 q->arm[k]);
			before = ", ";
		}
	}
}

int suite_compare_by(struct suite *s, const char *baseline, double zone, char *err, size_t errlen)
{
	bool found = !baseline;

	for (size_t i = 0; i < s->nr; i++) {
		struct suite_question *q = &s->question[i];
		char *name;

		if (zone > 0)
			q->zone = zone;
		if (!baseline || !has_arm(q, baseline))
			continue;
		name = strdup(baseline);
		if (!name) {
			snprintf(err, errlen, "out of memory");
			return -ENOMEM;
		}
		free(q->baseline);
		q->baseline = name;
		found = true;
	}
	if (found)
		return 0;
	say_arms(s, baseline, err, errlen);
	return -EINVAL;
}
