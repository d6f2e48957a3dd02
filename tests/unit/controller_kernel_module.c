// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own kthreads as an arm: which questions the module is asked; the rest is
 * tests/vm/suites/kernel_arm.
 */
#include <criterion/criterion.h>

#include "bench/controller/kernel_module.h"

Test(kernel_module, each_question_has_its_command)
{
	static const struct {
		const char *question, *command;
	} known[] = {
		{ "create_stop", "create_stop 5" },
		{ "park/cpu=same", "park same 5" },
		{ "park/cpu=cross", "park cross 5" },
		{ "work_queue/worker=idle/cpu=same", "queue same 5" },
		{ "work_queue/worker=idle/cpu=cross", "queue cross 5" },
	};
	char text[48];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		cr_assert(kernel_module_command(known[i].question, 5, text, sizeof(text)));
		cr_expect_str_eq(text, known[i].command);
	}
}

Test(kernel_module, other_questions_are_not_asked)
{
	char text[48] = "unchanged";

	cr_expect_not(kernel_module_command("wakeup/trip=oneway/cpu=same/wait=sleep", 5, text,
					    sizeof(text)));
	cr_expect_not(
		kernel_module_command("work_queue/worker=busy/cpu=same", 5, text, sizeof(text)));
	cr_expect_not(kernel_module_command("create_stopper", 5, text, sizeof(text)));
	cr_expect_str_eq(text, "unchanged");
}

Test(kernel_module, a_question_it_does_not_know_writes_nothing)
{
	char err[64] = "";

	cr_expect_eq(kernel_module_measure(NULL, "wakeup", err, sizeof(err)), 0);
	cr_expect_str_empty(err);
}
