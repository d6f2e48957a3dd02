/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_TRACE_COMMAND_H
#define KT_BPF_TRACE_COMMAND_H
/*
 * A command that is executed only when tracing is on: start it, hold it just before exec, release
 * it.
 *
 * It waits without sleeping at the very end, so that its release is not a wakeup of the traced
 * process.
 */
#include <stddef.h>
#include <sys/types.h>

struct caller;
struct trace_command;

/*
 * trace_command_hold - fork; the child waits to execute @argv
 * @who: whose the child becomes at once; NULL: it stays ours
 *
 * Return: 0, or -errno and one sentence in @err.
 */
int trace_command_hold(struct trace_command **c, char **argv, const struct caller *who, char *err,
		       size_t errlen);

pid_t trace_command_pid(const struct trace_command *c);

/*
 * trace_command_wake - bring the child to its last, sleepless wait; counting may begin when it
 * returns
 */
int trace_command_wake(struct trace_command *c, char *err, size_t errlen);

/*
 * trace_command_go - let it execute
 *
 * Return: 0 when it has; -errno of exec and one sentence in @err: then it has ended.
 */
int trace_command_go(struct trace_command *c, char *err, size_t errlen);

/* trace_command_ended - has it ended? Does not wait. */
int trace_command_ended(struct trace_command *c);

/*
 * trace_command_wait - wait for its end; its exit status, 128 + number of the signal that ended it
 */
int trace_command_wait(struct trace_command *c);

/* trace_command_signal - pass a signal on, while it lives */
void trace_command_signal(struct trace_command *c, int sig);

/* trace_command_free - ends a child that was not released; NULL is fine */
void trace_command_free(struct trace_command *c);
#endif
