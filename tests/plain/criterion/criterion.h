/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_PLAIN_H
#define KT_TESTS_PLAIN_H
/*
 * A plain runner behind Criterion's names, for where Criterion itself cannot run: under the thread
 * sanitizer and in programs of another architecture. Only what tests/unit/kthread_*.c and their
 * neighbours use. Each test runs in a child process of its own, so that one that crashes or hangs
 * costs nothing but itself; the program ends with `N passed, N failed`.
 *
 * The environment: KT_ONLY=TEXT runs only the tests whose name contains it; KT_SKIP=NAME:NAME skips
 * these, and prints KT_SKIP_REASON=TEXT; KT_TIMEOUT_SCALE=N multiplies the bounds in time, for
 * emulators and sanitizers.
 */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/sanitizer.h"

struct plain_test {
	const char *plain_suite, *plain_name;
	void (*plain_fn)(void); /* NULL: a suite */
	void (*init)(void), (*fini)(void);
	double timeout; /* seconds */
	int signal, exit_code;
	bool disabled;
	const char *description;
	struct plain_test *plain_next;
};

static struct plain_test *plain_first, **plain_end = &plain_first;
static unsigned int plain_failures; /* of cr_expect, which goes on */

#define PLAIN_PASSED  0
#define PLAIN_FAILED  1
#define PLAIN_SKIPPED 77

#define PLAIN_REGISTER(id, ...)                                            \
	static struct plain_test plain_##id = { __VA_ARGS__ };             \
	static __attribute__((constructor)) void plain_register_##id(void) \
	{                                                                  \
		*plain_end = &plain_##id;                                  \
		plain_end = &plain_##id.plain_next;                        \
	}

#define Test(suite, name, ...)                                                     \
	static void suite##_##name##_test(void);                                   \
	PLAIN_REGISTER(suite##_##name, .plain_suite = #suite, .plain_name = #name, \
		       .plain_fn = suite##_##name##_test, ##__VA_ARGS__)           \
	static void suite##_##name##_test(void)

#define TestSuite(suite, ...) \
	PLAIN_REGISTER(suite##_suite, .plain_suite = #suite, ##__VA_ARGS__) struct plain_test

static inline __attribute__((format(printf, 4, 5))) void
plain_fail(const char *file, int line, const char *cond, const char *fmt, ...)
{
	__builtin_va_list ap;

	__builtin_va_start(ap, fmt);
	fprintf(stderr, "%s:%d: %s: ", file, line, cond);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	__builtin_va_end(ap);
	__atomic_fetch_add(&plain_failures, 1, __ATOMIC_RELAXED);
}

#define PLAIN_EXPECT(cond, text, ...) \
	((cond) ? true : (plain_fail(__FILE__, __LINE__, text, " " __VA_ARGS__), false))
#define PLAIN_ASSERT(cond, text, ...)                         \
	do {                                                  \
		if (!PLAIN_EXPECT(cond, text, ##__VA_ARGS__)) \
			_exit(PLAIN_FAILED);                  \
	} while (0)

#define cr_assert(c, ...)	     PLAIN_ASSERT(c, #c, ##__VA_ARGS__)
#define cr_assert_not(c, ...)	     PLAIN_ASSERT(!(c), "not " #c, ##__VA_ARGS__)
#define cr_assert_eq(a, b, ...)	     PLAIN_ASSERT((a) == (b), #a " == " #b, ##__VA_ARGS__)
#define cr_assert_neq(a, b, ...)     PLAIN_ASSERT((a) != (b), #a " != " #b, ##__VA_ARGS__)
#define cr_assert_lt(a, b, ...)	     PLAIN_ASSERT((a) < (b), #a " < " #b, ##__VA_ARGS__)
#define cr_assert_leq(a, b, ...)     PLAIN_ASSERT((a) <= (b), #a " <= " #b, ##__VA_ARGS__)
#define cr_assert_gt(a, b, ...)	     PLAIN_ASSERT((a) > (b), #a " > " #b, ##__VA_ARGS__)
#define cr_assert_geq(a, b, ...)     PLAIN_ASSERT((a) >= (b), #a " >= " #b, ##__VA_ARGS__)
#define cr_assert_null(a, ...)	     PLAIN_ASSERT((a) == NULL, #a " is NULL", ##__VA_ARGS__)
#define cr_assert_not_null(a, ...)   PLAIN_ASSERT((a) != NULL, #a " is not NULL", ##__VA_ARGS__)
#define cr_assert_str_eq(a, b, ...)  PLAIN_ASSERT(!strcmp(a, b), #a " is " #b, ##__VA_ARGS__)
#define cr_assert_str_neq(a, b, ...) PLAIN_ASSERT(strcmp(a, b), #a " is not " #b, ##__VA_ARGS__)
#define cr_assert_fail(...)	     PLAIN_ASSERT(false, "failed", ##__VA_ARGS__)
#define cr_expect(c, ...)	     ((void)PLAIN_EXPECT(c, #c, ##__VA_ARGS__))
#define cr_expect_not(c, ...)	     ((void)PLAIN_EXPECT(!(c), "not " #c, ##__VA_ARGS__))
#define cr_expect_eq(a, b, ...)	     ((void)PLAIN_EXPECT((a) == (b), #a " == " #b, ##__VA_ARGS__))
#define cr_expect_neq(a, b, ...)     ((void)PLAIN_EXPECT((a) != (b), #a " != " #b, ##__VA_ARGS__))
#define cr_expect_lt(a, b, ...)	     ((void)PLAIN_EXPECT((a) < (b), #a " < " #b, ##__VA_ARGS__))
#define cr_expect_leq(a, b, ...)     ((void)PLAIN_EXPECT((a) <= (b), #a " <= " #b, ##__VA_ARGS__))
#define cr_expect_gt(a, b, ...)	     ((void)PLAIN_EXPECT((a) > (b), #a " > " #b, ##__VA_ARGS__))
#define cr_expect_geq(a, b, ...)     ((void)PLAIN_EXPECT((a) >= (b), #a " >= " #b, ##__VA_ARGS__))
#define cr_expect_null(a, ...)	     ((void)PLAIN_EXPECT((a) == NULL, #a " is NULL", ##__VA_ARGS__))
#define cr_expect_not_null(a, ...)   ((void)PLAIN_EXPECT((a) != NULL, #a " set", ##__VA_ARGS__))
#define cr_expect_str_eq(a, b, ...)  ((void)PLAIN_EXPECT(!strcmp(a, b), #a " is " #b, ##__VA_ARGS__))
#define cr_log_info(...)	     fprintf(stderr, __VA_ARGS__)

#define cr_skip_test(...)                                 \
	do {                                              \
		fprintf(stderr, "skipped: " __VA_ARGS__); \
		fputc('\n', stderr);                      \
		_exit(PLAIN_SKIPPED);                     \
	} while (0)

#if WITH_TSAN
/* A test may fork in a child that has threads: TSan itself would refuse. */
__attribute__((visibility("default"))) const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "die_after_fork=0:halt_on_error=1";
}
#endif

static inline void *plain_tell_tid(void *tid)
{
	*(pid_t *)tid = gettid();
	return NULL;
}

/*
 * TSan has a thread of its own, which comes with the first of ours: before tests count threads. Ours
 * is among those for a moment after it was joined, and for longer in an emulator.
 */
static inline void plain_warm_up(void)
{
	char entry[64];
	pthread_t t;
	pid_t tid;

	if (pthread_create(&t, NULL, plain_tell_tid, &tid))
		return;
	pthread_join(t, NULL);
	snprintf(entry, sizeof(entry), "/proc/self/task/%d", (int)tid);
	while (!access(entry, F_OK))
		usleep(1000);
}

static inline bool plain_is_listed(const char *name, const char *list)
{
	size_t len = strlen(name);
	const char *p = list;

	while (p && (p = strstr(p, name))) {
		if ((p == list || p[-1] == ':') && (!p[len] || p[len] == ':'))
			return true;
		p += len;
	}
	return false;
}

static inline int plain_run(const struct plain_test *t)
{
	const char *scale = getenv("KT_TIMEOUT_SCALE");
	const struct plain_test *s;
	double timeout = t->timeout;
	int status;
	pid_t pid;

	if (plain_is_listed(t->plain_name, getenv("KT_SKIP"))) {
		fprintf(stderr, "skipped: %s: %s\n", t->plain_name,
			getenv("KT_SKIP_REASON") ?: "KT_SKIP names it");
		return PLAIN_SKIPPED;
	}
	for (s = plain_first; s; s = s->plain_next)
		if (!timeout && !s->plain_fn && !strcmp(s->plain_suite, t->plain_suite))
			timeout = s->timeout;
	fflush(NULL);
	pid = fork();
	if (!pid) {
		alarm((unsigned int)((timeout ? timeout : 300) * (scale ? atof(scale) : 1)) + 1);
		plain_warm_up();
		if (t->init)
			t->init();
		t->plain_fn();
		if (t->fini)
			t->fini();
		/* exit(), not _exit(): sanitizers report, and set their status, on the way out. */
		exit(plain_failures ? PLAIN_FAILED : PLAIN_PASSED);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return PLAIN_FAILED;
	if (WIFSIGNALED(status)) {
		if (WTERMSIG(status) == t->signal)
			return PLAIN_PASSED;
		fprintf(stderr, "%s: %s\n", t->plain_name,
			WTERMSIG(status) == SIGALRM ? "did not end in time"
						    : strsignal(WTERMSIG(status)));
		return PLAIN_FAILED;
	}
	return t->signal || WEXITSTATUS(status) != t->exit_code
		       ? WEXITSTATUS(status) ?: PLAIN_FAILED
		       : PLAIN_PASSED;
}

int main(void)
{
	unsigned int passed = 0, failed = 0, skipped = 0;
	const char *only = getenv("KT_ONLY");
	const struct plain_test *t;
	int status;

	for (t = plain_first; t; t = t->plain_next) {
		if (!t->plain_fn || t->disabled || (only && !strstr(t->plain_name, only)))
			continue;
		status = plain_run(t);
		passed += status == PLAIN_PASSED;
		skipped += status == PLAIN_SKIPPED;
		if (status != PLAIN_PASSED && status != PLAIN_SKIPPED) {
			printf("FAIL %s\n", t->plain_name);
			failed++;
		}
	}
	if (skipped)
		printf("%u skipped\n", skipped);
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
#endif
