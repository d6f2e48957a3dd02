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

#include "bench/controller/wire_form.h"
#include "bench/harness/wire.h"

struct client {
	pid_t pid; /* 0: none */
	/* Shared, WIRE_ROOM bytes; read by client.c alone, as the worker may write at any time. */
	union wire_page *page;
	union wire_page *copy; /* of the page in an old form; NULL: it is in today's */
	const struct wire_form *form;
	uint32_t call; /* number of the last one */
	int status;    /* of waitpid(), once the worker has ended by itself */
};

/* What a worker is asked for; the fields of wire.h. */
struct client_request {
	enum wire_cmd cmd;
	uint32_t question, arm;
	uint64_t iterations; /* RUN */
	bool observe;	     /* RUN */
};

/*
 * client_agree - find out which version of the page the binary at @path speaks
 *
 * Asked of short-lived workers whose output goes nowhere, once as long as the file stays the same.
 * Return: 0, also when the workers ended or hung, which measuring will show; -EPROTO: it speaks
 * none of ours; -EINTR: interrupt_seen(); -errno: it cannot be started; a sentence in @err.
 */
int client_agree(const char *path, char *err, size_t errlen);

/*
 * client_start - a worker of the binary at @path, which client_agree() is asked about
 * @env_bytes: its environment has one variable more, with a value of so many bytes; 0: as ours. It
 * moves the stack, which processes of one binary should not all have at the same place.
 *
 * Return: 0, or -errno, also that of client_agree(), and a sentence in @err.
 */
int client_start(struct client *c, const char *path, size_t env_bytes, char *err, size_t errlen);

/*
 * client_call - hand @request over and sleep until the reply
 * @reply: gets a copy of the page with it, in today's form whatever the worker's is, its fields as
 * the worker left them (check.h)
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
