// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t seen;

static void on_stop(int sig)
{
	(void)sig;
	seen = 1;
}

static void on_child(int sig)
{
	(void)sig;
}

static void handle(int sig, void (*handler)(int))
{
	/* Without SA_RESTART: the futex wait for the worker must come back. */
	struct sigaction sa = { .sa_handler = handler };

	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

/* As nohup wishes, for us and for the workers. */
static bool hangup_ignored(void)
{
	struct sigaction sa;

	return !sigaction(SIGHUP, NULL, &sa) && sa.sa_handler == SIG_IGN;
}

void interrupt_install(void)
{
	seen = 0;
	handle(SIGINT, on_stop);
	handle(SIGTERM, on_stop);
	if (!hangup_ignored())
		handle(SIGHUP, on_stop);
	handle(SIGCHLD, on_child);
	handle(SIGPIPE, SIG_IGN);
}

bool interrupt_seen(void)
{
	return seen;
}

void interrupt_remove(void)
{
	static const int reset[] = { SIGINT, SIGTERM, SIGCHLD };

	for (size_t i = 0; i < sizeof(reset) / sizeof(reset[0]); i++)
		handle(reset[i], SIG_DFL);
	if (!hangup_ignored())
		handle(SIGHUP, SIG_DFL);
}

void interrupt_child(void)
{
	sigset_t none;

	interrupt_remove();
	handle(SIGPIPE, SIG_DFL);
	handle(SIGXFSZ, SIG_DFL); /* lib/cli/output.h ignores both */
	handle(SIGINT, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
