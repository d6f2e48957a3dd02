/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_ON_SLOW_H
#define KT_BPF_ON_SLOW_H
/*
 * A command that is executed when a wait was slow, with the facts in its environment: KT_NS and the
 * like, as bpf/man/kt-trace.1 lists them; a fact that is not known is not set.
 *
 * One at a time, and at most one a second: a slow machine must not be made slower. Its standard
 * input is empty, its standard output our standard error, since ours may be the record.
 */
#include <stdint.h>

struct caller;
struct on_slow;
struct record_event;

/*
 * on_slow_new - @command for the shell, in the environment of @who, which this process is by then;
 * both must live on. NULL: out of memory
 */
struct on_slow *on_slow_new(const char *command, const struct caller *who);

/*
 * on_slow_tell - @e was slow: executes the command, unless one runs or the last one began less than
 * a second ago; does not wait
 */
void on_slow_tell(struct on_slow *o, const struct record_event *e);

/* on_slow_free - a command that runs goes on; NULL is fine */
void on_slow_free(struct on_slow *o);
#endif
