/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_TOGGLE_H
#define KT_CONTROLLER_TOGGLE_H
/*
 * Two settings of the machine, each made by a command: `kt bench --toggle CMD_A CMD_B`.
 *
 * Setting A is the one that the machine is left in, whatever happens. So the commands are run by a
 * process of their own, the keeper, which runs CMD_A once more when the pipe to us closes: because
 * we ended the toggle, or because we are gone, even by SIGKILL. One process runs them all, one after
 * the other, so that the last one is never overtaken by one that was still under way. It is in a
 * session of its own, which Ctrl-C does not reach, and ends after its last command.
 *
 * Commands are run by /bin/sh, without standard input; what they print goes to standard error. One
 * that takes longer than the limit is ended, with the processes of its group.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct toggle {
	const char *command[2];
	pid_t keeper;	 /* 0: none */
	int ask, answer; /* our ends of the pipes */
	uint64_t limit_ns;
};

/*
 * toggle_begin - start the keeper; nothing is run yet
 * @limit_ns: for each command
 *
 * The keeper holds nothing open of ours but standard error. Return: 0, or -errno and a sentence.
 */
int toggle_begin(struct toggle *t, const char *a, const char *b, uint64_t limit_ns, char *err,
		 size_t errlen);

/*
 * toggle_set - make setting 0 (A) or 1 (B)
 *
 * Return: 0; -EINTR when interrupt_seen(); -ECANCELED when the command failed or did not end, or
 * -EPIPE when the keeper is gone, with a sentence in @err.
 */
int toggle_set(struct toggle *t, unsigned int setting, char *err, size_t errlen);

/*
 * toggle_end - leave the machine in setting A, if the keeper was begun, and wait for it
 *
 * Return: 0, or -ECANCELED and a sentence in @err when the command failed.
 */
int toggle_end(struct toggle *t, char *err, size_t errlen);
#endif
