// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is measured, by name: files, directories, and revisions of a small repository, whose suite
 * is a program that prints which revision it is.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/controller/interrupt.h"
#include "bench/controller/subject.h"
#include "lib/target/symbols.h"

static char dir[] = "/tmp/subject-test-XXXXXX";
static char err[400];
static struct subject s;

/* A command line in the repository; its exit status. */
__attribute__((format(printf, 1, 2))) static int sh(const char *fmt, ...)
{
	char command[2000];
	int status;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	/* It leaves SIGCHLD to us, and system() waits for its own child. */
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The makefile of a suite; each build of it leaves a line in ../builds. */
static const char makefile[] =
	"VERSION\t\t:= 1.2\n"
	"build/kt-suite: build/suite.o\n"
	"\t$(CC) $(LDFLAGS) -o $@ build/suite.o\n"
	"build/suite.o: suite.c build/flags build/version\n"
	"\techo built >>'%s/builds'\n"
	"\t$(CC) $(CFLAGS) -DVERSION=\\\"$$(cat build/version)\\\" -c -o $@ suite.c\n"
	"build/flags: FORCE\n"
	"\tmkdir -p build; echo '$(CFLAGS) $(LDFLAGS)' | cmp -s - $@ || echo '$(CFLAGS) "
	"$(LDFLAGS)' >$@\n"
	"build/version: FORCE\n"
	"\techo $(VERSION) >$@\n"
	"FORCE:\n";

static void write_file(const char *name, const char *fmt, ...)
{
	FILE *f = fopen(name, "w");
	va_list ap;

	cr_assert_not_null(f, "%s", name);
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	cr_assert_eq(fclose(f), 0);
}

static void commit(const char *what)
{
	write_file(
		"suite.c",
		"#include <stdio.h>\n"
		"int measured(int x) { return x * 3 + 1; }\n"
		"int main(void) { printf(\"%s %%s %%d\\n\", VERSION, measured(1)); return 0; }\n",
		what);
	cr_assert_eq(sh("git add -A && git commit -qm '%s'", what), 0);
}

static void begin(void)
{
	unsetenv("CC");
	unsetenv("CFLAGS");
	unsetenv("CPPFLAGS");
	unsetenv("LDFLAGS");
	setenv("GIT_AUTHOR_NAME", "test", 1);
	setenv("GIT_AUTHOR_EMAIL", "test@localhost", 1);
	setenv("GIT_COMMITTER_NAME", "test", 1);
	setenv("GIT_COMMITTER_EMAIL", "test@localhost", 1);
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
	cr_assert_eq(sh("git init -q repository"), 0);
	cr_assert_eq(chdir("repository"), 0);
	write_file("Makefile", makefile, dir);
	commit("first");
	commit("second");
	interrupt_install();
}

static void end(void)
{
	subject_free(&s);
	cr_assert_eq(chdir("/"), 0);
	sh("rm -rf '%s'", dir);
}

TestSuite(controller_subject, .init = begin, .fini = end, .timeout = 120);

static int nr_builds(void)
{
	char path[200];
	struct stat sb;

	snprintf(path, sizeof(path), "%s/builds", dir);
	return stat(path, &sb) ? 0 : (int)sb.st_size / 6;
}

static void find(const char *name)
{
	subject_free(&s);
	cr_assert_eq(subject_find(&s, name, err, sizeof(err)), 0, "%s: %s", name, err);
	cr_expect_str_eq(s.name, name);
	cr_expect_str_eq(s.path, subject_variant(&s, 0));
}

static void expect_none(const char *name, int ret, const char *why)
{
	struct subject none;

	cr_expect_eq(subject_find(&none, name, err, sizeof(err)), ret, "%s: %s", name, err);
	cr_expect(strstr(err, why), "%s", err);
	cr_expect_null(none.path);
	cr_expect_eq(none.nr_variants, 0);
}

/* ---- files ----------------------------------------------------------------------------------- */

Test(controller_subject, a_path_that_exists_is_a_binary_or_a_directory_with_one)
{
	static const char *const at[] = { "build/kt-suite", "kt-suite", "libexec/kt-suite",
					  "libexec/kt/kt-suite" };
	char path[100];

	cr_assert_eq(sh("mkdir -p prefix/libexec/kt prefix/build && touch HEAD"), 0);
	expect_none("prefix", -ENOENT, "directory prefix has no kt-suite");
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		snprintf(path, sizeof(path), "prefix/%s", at[i]);
		write_file(path, "x");
		find("prefix");
		cr_expect_str_eq(s.path, path, "%s", s.path);
		cr_expect_eq(s.nr_variants, 1);
		cr_expect_null(s.revision);
		cr_expect_null(s.reason);
	}
	find("HEAD");
	cr_expect_str_eq(s.path, "HEAD", "a file of that name is first");
	cr_expect_str_eq(subject_variant(&s, 12345), "HEAD");
	find("rev:HEAD");
	cr_expect_not_null(s.revision);
}

Test(controller_subject, what_is_not_there_is_said_to)
{
	expect_none("nothing", -ENOENT, "'nothing' is not a file, and not a revision of the ");
	expect_none("rev:Makefile", -ENOENT, "not a revision");
	expect_none("--since=yesterday", -ENOENT, "not a revision");
	expect_none("HEAD^{tree}", -ENOENT, "not a revision");
	cr_assert_eq(chdir(dir), 0);
	expect_none("HEAD", -ENOENT, "this is not in a git repository");
}

/* ---- revisions ------------------------------------------------------------------------------- */

/* What @path prints begins so. */
static void expect_prints(const char *path, const char *begins)
{
	char line[100] = "", command[600];
	FILE *p;

	snprintf(command, sizeof(command), "'%s'", path);
	p = popen(command, "r");
	cr_assert_not_null(p);
	cr_expect(fgets(line, sizeof(line), p) && !strncmp(line, begins, strlen(begins)), "%s: %s",
		  path, line);
	pclose(p);
}

Test(controller_subject, a_revision_is_built_once_and_linked_at_several_places)
{
	uint64_t at[SUBJECT_VARIANTS];
	struct subject again;

	write_file("suite.c", "what is not committed is not built");
	find("HEAD~1");
	cr_expect_eq(s.nr_variants, SUBJECT_VARIANTS);
	cr_expect_eq(strlen(s.revision), 40);
	cr_expect_null(s.reason, "%s", s.reason);
	for (unsigned int i = 0; i < s.nr_variants; i++) {
		expect_prints(subject_variant(&s, i), "first 1.2-g");
		cr_assert_eq(symbol_find_in_file(subject_variant(&s, i), "measured", &at[i], NULL),
			     0);
		cr_expect(i == 0 || at[i] > at[i - 1], "%u", i);
		cr_expect(i == 0 || at[i] % 64 != at[i - 1] % 64, "%u", i);
	}
	cr_expect_str_eq(subject_variant(&s, SUBJECT_VARIANTS + 1), subject_variant(&s, 1));
	cr_expect_eq(nr_builds(), 1);

	cr_assert_eq(subject_find(&again, s.revision, err, sizeof(err)), 0, "%s", err);
	cr_expect_str_eq(again.path, s.path);
	cr_expect_eq(again.nr_variants, SUBJECT_VARIANTS);
	cr_expect_eq(nr_builds(), 1);
	subject_free(&again);
	cr_assert_eq(subject_find(&again, "HEAD", err, sizeof(err)), 0, "%s", err);
	expect_prints(again.path, "second ");
	cr_expect_eq(nr_builds(), 2);
	subject_free(&again);
}

Test(controller_subject, the_repository_is_left_as_it_was)
{
	write_file(".git/hooks/post-checkout", "#!/bin/sh\ntouch '%s/hook'\n", dir);
	cr_assert_eq(sh("chmod +x .git/hooks/post-checkout; mkdir below; "
			"find .git | sort >../before"),
		     0);
	cr_assert_eq(chdir("below"), 0);
	find("HEAD~1");
	cr_assert_eq(chdir(".."), 0);
	cr_expect_eq(sh("find .git | sort | cmp - ../before"), 0);
	cr_expect_eq(sh("test -z \"$(git status --porcelain)\""), 0);
	cr_expect_eq(sh("test -e ../hook"), 1);
	cr_expect_eq(sh("test \"$(ls build/revisions/*/)\" = \"$(printf "
			"'kt-suite-0\\nkt-suite-1\\nkt-suite-2')\""),
		     0);
}

Test(controller_subject, what_was_built_half_is_built_again)
{
	cr_assert_eq(sh("d=build/revisions/$(git rev-parse HEAD).part; mkdir -p $d/tree/build && "
			"touch $d/kt-suite-0 $d/tree/build/kt-suite"),
		     0);
	find("HEAD");
	cr_expect_eq(nr_builds(), 1);
	expect_prints(s.path, "second ");
}

/* Somebody has tidied up, or the disk was full when it was copied: a directory of that name is there. */
Test(controller_subject, what_lost_its_binary_is_built_again)
{
	find("HEAD");
	cr_assert_eq(sh("rm build/revisions/*/kt-suite-0"), 0);
	find("HEAD");
	cr_expect_eq(nr_builds(), 2);
	cr_expect_eq(s.nr_variants, SUBJECT_VARIANTS);
	expect_prints(s.path, "second ");
}

Test(controller_subject, other_settings_are_another_build)
{
	find("HEAD");
	setenv("CFLAGS", "-O1", 1);
	find("HEAD");
	cr_expect_eq(nr_builds(), 2);
	expect_prints(s.path, "second ");
	setenv("CFLAGS", "-O3", 1);
	setenv("LDFLAGS", "-Wl,-z,now", 1);
	find("HEAD");
	cr_expect_eq(nr_builds(), 3);
	cr_expect_eq(s.nr_variants, SUBJECT_VARIANTS);
}

Test(controller_subject, an_outer_make_has_no_say)
{
	setenv("MAKEFLAGS", "n -- VERSION=9", 1);
	setenv("GIT_DIR", ".git", 1);
	find("HEAD");
	expect_prints(s.path, "second 1.2-g");
}

static const char *heard(const char *path)
{
	static char text[4096];
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void listen(void)
{
	int fd = open("../said", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);

	cr_assert(fd >= 0 && dup2(fd, STDERR_FILENO) >= 0);
	close(fd);
}

Test(controller_subject, a_build_that_fails_shows_the_end_of_its_output)
{
	write_file("Makefile", "build/kt-suite:\n\t@for i in $$(seq 50); do echo line $$i; done\n"
			       "\t@echo this went wrong >&2; false\n");
	commit("broken");
	listen();
	expect_none("HEAD", -EIO, "cannot build revision ");
	cr_expect(strstr(err, "/build/revisions/"), "%s", err);
	cr_expect(strstr(heard("../said"), "this went wrong"), "%s", heard("../said"));
	cr_expect(strstr(heard("../said"), "line 50"), "%s", heard("../said"));
	cr_expect_null(strstr(heard("../said"), "line 7\n"), "%s", heard("../said"));
	cr_expect_eq(sh("ls -d build/revisions/*.part >../out 2>&1"), 2, "nothing is left");
}

Test(controller_subject, one_that_cannot_be_linked_again_is_one_variant_with_a_reason)
{
	write_file("Makefile", "build/kt-suite:\n\tmkdir -p build\n\t$(CC) -DVERSION='\"1\"' -o $@ "
			       "suite.c\n");
	commit("stubborn");
	for (int i = 0; i < 2; i++) {
		find("HEAD");
		cr_expect_eq(s.nr_variants, 1);
		cr_assert_not_null(s.reason);
		cr_expect(strstr(s.reason, "does not link it again"), "%s", s.reason);
		cr_expect_str_eq(subject_variant(&s, 2), s.path);
	}
}

/* Whether the file gets there within a minute. */
static bool appears(const char *path)
{
	for (int i = 0; i < 6000; i++) {
		if (!access(path, F_OK))
			return true;
		usleep(10000);
	}
	return false;
}

static bool ends(pid_t pid)
{
	for (int i = 0; i < 6000; i++) {
		if (kill(pid, 0) && errno == ESRCH)
			return true;
		usleep(10000);
	}
	return false;
}

Test(controller_subject, an_interrupt_ends_the_build_and_what_it_started)
{
	pid_t pid, parent = getpid();

	write_file("Makefile",
		   "build/kt-suite:\n\tsleep 100 & echo $$! >'%s/new' && mv '%s/new' '%s/pid'; "
		   "wait\n",
		   dir, dir, dir);
	commit("endless");
	pid = fork();
	if (!pid) {
		appears("../pid");
		kill(parent, SIGINT);
		_exit(0);
	}
	expect_none("HEAD", -EINTR, "interrupted");
	cr_expect(ends(atoi(heard("../pid"))));
	waitpid(pid, NULL, 0);
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1, "nothing is left");
}

Test(controller_subject, two_at_once_build_once)
{
	int status;
	pid_t pid;

	listen();
	pid = fork();
	if (!pid)
		_exit(subject_find(&s, "HEAD", err, sizeof(err)) || s.nr_variants != 3);
	find("HEAD");
	cr_expect_eq(s.nr_variants, SUBJECT_VARIANTS);
	waitpid(pid, &status, 0);
	cr_expect_eq(status, 0);
	cr_expect_eq(nr_builds(), 1);
}
