// SPDX-License-Identifier: GPL-2.0-only
#include "lib/kthread/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long counts[KTHREAD_WARN_NR];
static int abort_on_warn = -1; /* -1: the environment decides */
static void (*hook)(enum kthread_warning w, const char *text);

static bool must_abort(void)
{
	int on = __atomic_load_n(&abort_on_warn, __ATOMIC_RELAXED);
	const char *env;

	if (on < 0) {
		env = secure_getenv("KTHREAD_WARN");
		on = env && !strcmp(env, "abort");
		__atomic_store_n(&abort_on_warn, on, __ATOMIC_RELAXED);
	}
	return on;
}

void kthread_warn(enum kthread_warning w, const char *fmt, ...)
{
	void (*fn)(enum kthread_warning, const char *) = __atomic_load_n(&hook, __ATOMIC_ACQUIRE);
	bool fatal = must_abort();
	char text[256];
	va_list ap;
	int state;

	if (w <= KTHREAD_WARN_ANY || w >= KTHREAD_WARN_NR)
		return;
	__atomic_fetch_add(&counts[KTHREAD_WARN_ANY], 1, __ATOMIC_RELAXED);
	if (__atomic_fetch_add(&counts[w], 1, __ATOMIC_RELAXED) && !fatal && w != KTHREAD_WARN_ON)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (fn) {
		fn(w, text);
	} else {
		/* Printing is a cancellation point, a call that reports misuse is not. */
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
		fprintf(stderr, "libkthread: %s\n", text);
		pthread_setcancelstate(state, NULL);
	}
	if (fatal)
		abort();
}

void kthread_warn_site(const char *file, int line, const char *func, const char *fmt, ...)
{
	char text[192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text[strcspn(text, "\n")] = 0;
	kthread_warn(KTHREAD_WARN_ON, "%s:%d: %s(): %s", file, line, func, text);
}

void kthread_bug_site(const char *file, int line, const char *func, const char *text)
{
	kthread_warn_site(file, line, func, "%s", text);
	abort();
}

unsigned long kthread_warn_count(enum kthread_warning w)
{
	return w >= KTHREAD_WARN_ANY && w < KTHREAD_WARN_NR
		       ? __atomic_load_n(&counts[w], __ATOMIC_RELAXED)
		       : 0;
}

void kthread_warn_abort(bool on)
{
	__atomic_store_n(&abort_on_warn, on, __ATOMIC_RELAXED);
}

void kthread_warn_hook(void (*fn)(enum kthread_warning w, const char *text))
{
	__atomic_store_n(&hook, fn, __ATOMIC_RELEASE);
}
