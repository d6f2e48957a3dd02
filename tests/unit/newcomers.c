// SPDX-License-Identifier: GPL-2.0-only
/* Processes that turn up: each program file is looked at once; without perf all processes are. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bpf/newcomers.h"

TestSuite(newcomers, .timeout = 60);

/* Of which process it is asked how often, and what it is told. */
struct asked {
	pid_t pid;
	int times, of_us, ret;
};

static int look(void *arg, pid_t pid)
{
	struct asked *a = arg;

	a->of_us += pid == getpid();
	a->times += pid == a->pid;
	return pid == a->pid ? a->ret : 0;
}

/* A program of its own, which reads until its input ends. */
static char program[] = "/tmp/kt-newcomers-XXXXXX";

static void copy_program(void)
{
	int in = open("/bin/cat", O_RDONLY | O_CLOEXEC), out = mkstemp(program);
	char buf[65536];
	ssize_t n;

	cr_assert(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		cr_assert_eq(write(out, buf, (size_t)n), n);
	cr_assert_eq(fchmod(out, 0755), 0);
	close(in), close(out);
}

/* Running it; what it says back shows that it does. */
static pid_t run_program(int *to)
{
	int in[2], out[2];
	char c = 'x';
	pid_t pid;

	cr_assert(!pipe2(in, O_CLOEXEC) && !pipe2(out, O_CLOEXEC));
	pid = fork();
	if (!pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl(program, program, NULL);
		_exit(127);
	}
	cr_assert(write(in[1], &c, 1) == 1 && read(out[0], &c, 1) == 1);
	close(in[0]), close(out[0]), close(out[1]);
	*to = in[1];
	return pid;
}

static void end_program(pid_t pid, int to)
{
	close(to);
	waitpid(pid, NULL, 0);
}

Test(newcomers, a_file_is_looked_at_in_the_first_process_that_maps_it)
{
	struct asked first = { 0 }, second = { 0 };
	struct newcomers n = { 0 };
	int to[2];

	copy_program();
	cr_assert_eq(newcomers_open(&n), 0);
	if (!n.nr_rings)
		cr_skip_test("perf events of all processes are not permitted");
	first.pid = run_program(&to[0]);
	cr_expect_eq(newcomers_poll(&n, look, &first), 0);
	cr_expect_geq(first.times, 1);
	cr_expect_eq(first.of_us, 0);

	/* Its file, and those that cat is linked with, are known by now. */
	second.pid = run_program(&to[1]);
	cr_expect_eq(newcomers_poll(&n, look, &second), 0);
	cr_expect_eq(second.times, 0);
	end_program(first.pid, to[0]);
	end_program(second.pid, to[1]);
	newcomers_close(&n);
	unlink(program);
}

Test(newcomers, one_that_ended_leaves_the_file_to_the_next)
{
	struct asked first = { .ret = -ESRCH }, second = { 0 };
	struct newcomers n = { 0 };
	int to[2];

	copy_program();
	cr_assert_eq(newcomers_open(&n), 0);
	if (!n.nr_rings)
		cr_skip_test("perf events of all processes are not permitted");
	first.pid = run_program(&to[0]);
	cr_expect_eq(newcomers_poll(&n, look, &first), 0);
	second.pid = run_program(&to[1]);
	cr_expect_eq(newcomers_poll(&n, look, &second), 0);
	cr_expect_geq(second.times, 1);
	end_program(first.pid, to[0]);
	end_program(second.pid, to[1]);
	newcomers_close(&n);
	unlink(program);
}

/* Its directory in /proc is there, its mappings are not. */
Test(newcomers, one_that_nobody_waited_for_leaves_it_as_well)
{
	struct asked first = { 0 }, second = { 0 };
	struct newcomers n = { 0 };
	siginfo_t ended;
	int to[2];

	copy_program();
	cr_assert_eq(newcomers_open(&n), 0);
	if (!n.nr_rings)
		cr_skip_test("perf events of all processes are not permitted");
	first.pid = run_program(&to[0]);
	close(to[0]);
	cr_assert_eq(waitid(P_PID, (id_t)first.pid, &ended, WEXITED | WNOWAIT), 0);
	cr_expect_eq(newcomers_poll(&n, look, &first), 0);
	cr_expect_geq(first.times, 1);
	second.pid = run_program(&to[1]);
	cr_expect_eq(newcomers_poll(&n, look, &second), 0);
	cr_expect_geq(second.times, 1);
	waitpid(first.pid, NULL, 0);
	end_program(second.pid, to[1]);
	newcomers_close(&n);
	unlink(program);
}

Test(newcomers, an_error_ends_the_look)
{
	struct asked parent = { .pid = getppid(), .ret = -ENOMEM };

	cr_expect_eq(newcomers_all(look, &parent), -ENOMEM);
	parent.ret = -ESRCH;
	cr_expect_eq(newcomers_all(look, &parent), 0);
	cr_expect_eq(parent.times, 2);
	cr_expect_eq(parent.of_us, 0);
}

Test(newcomers, without_perf_all_are_looked_at_now_and_then)
{
	struct asked parent = { .pid = getppid() };
	/* As where no ring could be opened. */
	struct newcomers n = { .nr_online = (int)sysconf(_SC_NPROCESSORS_ONLN) };

	cr_expect_eq(newcomers_poll(&n, look, &parent), 0);
	cr_expect_eq(parent.times, 1);
	cr_expect_eq(newcomers_poll(&n, look, &parent), 0);
	cr_expect_eq(parent.times, 1, "not at each poll");
	n.next_check_ns = 0;
	cr_expect_eq(newcomers_poll(&n, look, &parent), 0);
	cr_expect_eq(parent.times, 2);
	newcomers_close(&n);
}
