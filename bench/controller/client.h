/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_CLIENT_H
#define KT_CONTROLLER_CLIENT_H
/*
 * The controller's end of the shared page (bench/harness/wire.h): one worker process, obeying one
 * call at a time while this process sleeps.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/harness/wire.h"

struct client {
	pid_t pid;	   /* 0: none */
	struct wire *page; /* shared; read by client.c alone, as the worker may write at any time */
	uint32_t call;	   /* number of the last one */
};

/* What a worker is asked for; the fields of wire.h. */
struct client_request {
	enum wire_cmd cmd;
	uint32_t question, arm;
	uint64_t iterations; /* RUN */
	bool observe;	     /* RUN */
};

/*
 * client_start - a worker of the binary at @path
 * @env_bytes: size of one variable that is added to its environment, which moves its stack; 0: none
 *
 * Return: 0, or -errno and a sentence in @err.
 */
int client_start(struct client *c, const char *path, size_t env_bytes, char *err, size_t errlen);

/*
 * client_call - hand @request over and sleep until the reply
 * @reply: gets a copy of the page with it, its fields as the worker left them (check.h)
 *
 * Return: 0; -EPIPE: the worker has ended (reaped); -ETIMEDOUT: no reply within @limit_ns; -EPROTO:
 * it overwrote the page, no call can be trusted any more; -EINTR: interrupt_seen(). Except for 0
 * there is a sentence in @err, and the worker is of no more use.
 */
int client_call(struct client *c, const struct client_request *request, uint64_t limit_ns,
		struct wire *reply, char *err, size_t errlen);

/* client_stop - kill and reap the worker if it lives, unmap the page */
void client_stop(struct client *c);

/* client_quit - ask the worker to end by itself, briefly; then client_stop() */
void client_quit(struct client *c);
#endif
