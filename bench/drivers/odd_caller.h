/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_DRIVERS_ODD_CALLER_H
#define KT_DRIVERS_ODD_CALLER_H
/*
 * What a new thread takes over from a caller with odd settings, seen in a process of its own:
 * the thread that starts an engine is the same for all that the process creates later, so a process
 * that has created threads before shows nothing.
 */
#include <stdint.h>

/* kt-suite ODD_CALLER_OPTION ARM plain|odd: writes a struct odd_result to its standard output. */
#define ODD_CALLER_OPTION "--odd-caller"

enum odd_setting { ODD_MASK, ODD_AFFINITY, ODD_NICE, ODD_POLICY, ODD_SLACK, ODD_MEMPOLICY };

#define NR_ODD_SETTINGS 6

struct odd_result {
	uint64_t create_ns; /* create called -> returned, in the odd caller */
	/* The thread has what its caller had: 1, else 0; -1: the kernel does not know of it. */
	int8_t inherited[NR_ODD_SETTINGS];
	int8_t failed; /* an errno: then nothing else is said */
};

/*
 * odd_caller_main - the process: @starter says in which state the thread is that starts the
 * arm's engine, before it (odd: itself) creates the thread that is looked at
 *
 * Return: its exit status.
 */
int odd_caller_main(const char *arm, const char *starter);
#endif
