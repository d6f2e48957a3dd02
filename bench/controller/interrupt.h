/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_INTERRUPT_H
#define KT_CONTROLLER_INTERRUPT_H
/*
 * SIGINT, SIGTERM and SIGHUP ask the run to end at the next chance; SIGCHLD only ends a wait early.
 * A SIGHUP that was ignored when we were started (nohup) stays ignored. SIGPIPE is ignored: a
 * reader that went away must not cost the record its end.
 */
#include <stdbool.h>

/* interrupt_install - handlers for this process, flag cleared */
void interrupt_install(void);
bool interrupt_seen(void);

/*
 * interrupt_remove - the measuring is over: signals do again what they usually do, except SIGPIPE
 *
 * What renders the report need not cope with reads that a signal cuts short. The flag stays.
 */
void interrupt_remove(void);

/*
 * interrupt_child - in a forked child before exec: defaults again, but SIGINT ignored (the terminal
 * sends it to all)
 */
void interrupt_child(void);
#endif
