// SPDX-License-Identifier: GPL-2.0-only
/*
 * controller_toggle: commands of two settings, and that the first one has the last word. Each command
 * here adds a letter to a file, so the file is the order in which they ran.
 */
#include "bench/controller/toggle.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/controller/interrupt.h"
#include "lib/probe/slot.h"

#define LIMIT_NS 30000000000ULL

static char dir[] = "/tmp/toggle-test-XXXXXX", path[64], a[128], b[128], err[400];

static void begin(void)
{
	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/ran", dir);
	snprintf(a, sizeof(a), "printf A >>%s", path);
	snprintf(b, sizeof(b), "printf B >>%s", path);
	interrupt_install();
}

static void end(void)
{
	unlink(path);
	rmdir(dir);
}

TestSuite(controller_toggle, .init = begin, .fini = end, .timeout = 60);

/* What has run so far. */
static const char *ran(void)
{
	static char text[64];
	FILE *in = fopen(path, "r");

	text[0] = '\0';
	if (in) {
		text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
		fclose(in);
	}
	return text;
}

static void expect_ran(const char *want)
{
	cr_expect_str_eq(ran(), want);
}

/* Of somebody who is not our child: when the file says so. */
static void await_ran(const char *want)
{
	uint64_t deadline = slot_clock_ns() + LIMIT_NS;

	while (strcmp(ran(), want) && slot_clock_ns() < deadline)
		usleep(1000);
	expect_ran(want);
}

static void expect_no_child(void)
{
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
	cr_expect_eq(errno, ECHILD);
}

Test(controller_toggle, commands_run_in_turn_and_the_first_one_last)
{
	struct toggle t;

	cr_assert_eq(toggle_begin(&t, a, b, LIMIT_NS, err, sizeof(err)), 0, "%s", err);
	cr_expect_eq(toggle_set(&t, 1, err, sizeof(err)), 0, "%s", err);
	expect_ran("B");
	cr_expect_eq(toggle_set(&t, 0, err, sizeof(err)), 0, "%s", err);
	cr_expect_eq(toggle_set(&t, 1, err, sizeof(err)), 0, "%s", err);
	expect_ran("BAB");
	cr_expect_eq(toggle_end(&t, err, sizeof(err)), 0, "%s", err);
	expect_ran("BABA");
	cr_expect_eq(toggle_end(&t, err, sizeof(err)), 0, "once is enough");
	expect_ran("BABA");
	expect_no_child();
}

Test(controller_toggle, where_nothing_was_set_nothing_is_undone)
{
	struct toggle t;

	cr_assert_eq(toggle_begin(&t, a, b, LIMIT_NS, err, sizeof(err)), 0, "%s", err);
	cr_expect_eq(toggle_end(&t, err, sizeof(err)), 0, "%s", err);
	expect_ran("");
	expect_no_child();
}

Test(controller_toggle, a_command_that_fails_is_named_with_its_status)
{
	struct toggle t;

	cr_assert_eq(toggle_begin(&t, a, "exit 3", LIMIT_NS, err, sizeof(err)), 0, "%s", err);
	cr_expect_eq(toggle_set(&t, 1, err, sizeof(err)), -ECANCELED);
	cr_expect_str_eq(err, "the command 'exit 3' of --toggle exited with status 3");
	cr_expect_eq(toggle_end(&t, err, sizeof(err)), 0, "%s", err);
	expect_ran("A");

	cr_assert_eq(toggle_begin(&t, "kill -9 $$", b, LIMIT_NS, err, sizeof(err)), 0, "%s", err);
	cr_expect_eq(toggle_set(&t, 1, err, sizeof(err)), 0, "%s", err);
	cr_expect_eq(toggle_end(&t, err, sizeof(err)), -ECANCELED);
	cr_expect_str_eq(err,
			 "the command 'kill -9 $$' of --toggle was killed by signal 9 (Killed)");
}

Test(controller_toggle, a_command_that_does_not_end_is_ended_with_what_it_started)
{
	uint64_t deadline = slot_clock_ns() + LIMIT_NS;
	char slow[200], file[80];
	struct toggle t;
	int pid = 0;
	FILE *in;

	snprintf(file, sizeof(file), "%s.pid", path);
	snprintf(slow, sizeof(slow), "sleep 100 & echo $! >%s; wait", file);
	cr_assert_eq(toggle_begin(&t, a, slow, 2 * 1000000000ULL, err, sizeof(err)), 0, "%s", err);
	cr_expect_eq(toggle_set(&t, 1, err, sizeof(err)), -ECANCELED);
	cr_expect(strstr(err, "did not end within 2 s"), "%s", err);
	in = fopen(file, "r");
	cr_assert(in && fscanf(in, "%d", &pid) == 1);
	fclose(in);
	unlink(file);
	/* It is nobody's child by now. */
	while (!kill(pid, 0) && slot_clock_ns() < deadline)
		usleep(1000);
	cr_expect(kill(pid, 0) && errno == ESRCH, "%d is still there", pid);
	kill(pid, SIGKILL);
	cr_expect_eq(toggle_end(&t, err, sizeof(err)), 0, "%s", err);
	expect_ran("A");
}

/* The keeper is gone: the machine is put right from here. */
Test(controller_toggle, without_a_keeper_the_last_command_is_run_all_the_same)
{
	struct toggle t;

	cr_assert_eq(toggle_begin(&t, a, b, LIMIT_NS, err, sizeof(err)), 0, "%s", err);
	cr_expect_eq(toggle_set(&t, 1, err, sizeof(err)), 0, "%s", err);
	kill(t.keeper, SIGKILL);
	cr_expect_eq(toggle_set(&t, 0, err, sizeof(err)), -EPIPE);
	cr_expect_eq(toggle_end(&t, err, sizeof(err)), 0, "%s", err);
	expect_ran("BA");
	expect_no_child();
}

/* ---- whoever toggles is killed --------------------------------------------------------------- */

/* A process that makes setting B and waits; returned when it has. Its own session, as a terminal's. */
static pid_t toggler(const char *command_b)
{
	pid_t pid = fork();
	struct toggle t;

	if (pid)
		return pid;
	setsid();
	if (toggle_begin(&t, a, command_b, LIMIT_NS, err, sizeof(err)))
		_exit(1);
	toggle_set(&t, 1, err, sizeof(err));
	for (;;)
		pause();
}

/* The keeper becomes our child when its parent dies, so that we see it end. */
static void await_keeper(void)
{
	while (waitpid(-1, NULL, 0) > 0)
		;
	expect_no_child();
}

Test(controller_toggle, when_we_are_killed_the_machine_is_left_in_the_first_setting)
{
	pid_t pid;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = toggler(b);
	await_ran("B");
	kill(pid, SIGKILL);
	await_keeper();
	expect_ran("BA");
}

/* The one that is under way ends before the last one begins. */
Test(controller_toggle, a_command_under_way_when_we_are_killed_does_not_come_last)
{
	char slow[400];
	pid_t pid;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	snprintf(slow, sizeof(slow), "printf x >>%s; while [ ! -e %s.go ]; do sleep 0.01; done; %s",
		 path, path, b);
	pid = toggler(slow);
	await_ran("x");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	expect_ran("x");
	snprintf(slow, sizeof(slow), "%s.go", path);
	fclose(fopen(slow, "w"));
	await_keeper();
	unlink(slow);
	expect_ran("xBA");
}

/* The terminal sends it to the whole group. */
Test(controller_toggle, an_interrupt_of_the_group_does_not_reach_the_keeper)
{
	pid_t pid;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = toggler(b);
	await_ran("B");
	for (int i = 0; i < 3; i++) {
		kill(-pid, SIGINT);
		kill(-pid, SIGTERM);
		kill(-pid, SIGHUP);
	}
	expect_ran("B");
	kill(-pid, SIGKILL);
	await_keeper();
	expect_ran("BA");
}
