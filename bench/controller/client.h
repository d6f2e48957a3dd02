/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_CLIENT_H
#define KT_CONTROLLER_CLIENT_H
/*
 * The controller's end of the shared page (bench/harness/wire.h): one worker process, obeying one
 * call at a time while this process sleeps.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/harness/wire.h"

struct client {
	pid_t pid; /* 0: none */
	struct wire *wire;
};

/* client_start - a worker of the binary at @path; 0, or -errno and a sentence in @err */
int client_start(struct client *c, const char *path, char *err, size_t errlen);

/*
 * client_call - hand @cmd over (the other fields of c->wire are the caller's to set) and sleep
 * until the reply
 *
 * Return: 0: the reply is in c->wire; -EPIPE: the worker has ended (reaped); -ETIMEDOUT: no reply
 * within @limit_ns; -EINTR: interrupt_seen(). But for 0 there is a sentence in @err, and the worker
 * is of no more use.
 */
int client_call(struct client *c, enum wire_cmd cmd, uint64_t limit_ns, char *err, size_t errlen);

/* client_stop - kill and reap the worker if it lives, unmap the page */
void client_stop(struct client *c);

/* client_quit - ask the worker to end by itself, briefly; then client_stop() */
void client_quit(struct client *c);
#endif
