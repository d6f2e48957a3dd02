// SPDX-License-Identifier: GPL-2.0-only
#include "lib/cli/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TTY_EVERY_NS   250000000ULL
#define PLAIN_EVERY_NS 10000000000ULL

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

void progress_init(struct progress *p, size_t nr, double planned_s)
{
	const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");

	*p = (struct progress){ .nr = nr, .planned_s = planned_s, .start_ns = now_ns() };
	p->tty = isatty(STDERR_FILENO) && term && strcmp(term, "dumb");
	p->colour = p->tty && !(no_colour && *no_colour);
	p->last_ns = p->start_ns;
}

void progress_question(struct progress *p, const char *name, double planned_s)
{
	p->done_s += p->current_s;
	p->index += p->question != NULL;
	p->question = name;
	p->current_s = planned_s;
	if (p->tty)
		p->last_ns = 0;
}

/*
 * Seconds to go: the plan, stretched by how much longer than planned it has taken so far. The
 * stretch counts fully only after some seconds, so that the first guess is not a wild one.
 */
static double eta_s(const struct progress *p, double share, double passed_s)
{
	double done = p->done_s + p->current_s * share, stretch = 1;

	if (done > 0 && passed_s > 5)
		stretch = passed_s / done;
	return (p->planned_s - done) * stretch;
}

void progress_update(struct progress *p, const char *what, double share)
{
	uint64_t now = now_ns();
	double eta;

	if (now - p->last_ns < (p->tty ? TTY_EVERY_NS : PLAIN_EVERY_NS))
		return;
	p->last_ns = now;
	share = share < 0 ? 0 : share > 1 ? 1 : share;
	eta = eta_s(p, share, (double)(now - p->start_ns) / 1e9);
	if (p->tty)
		fprintf(stderr, "\r\033[K[%zu/%zu] %s%s%s  %s %.0f %%  %.0f s left", p->index + 1,
			p->nr, p->colour ? "\033[1m" : "", p->question, p->colour ? "\033[0m" : "",
			what, share * 100, eta < 0 ? 0 : eta);
	else
		fprintf(stderr, "kt bench: [%zu/%zu] %s, about %.0f s left\n", p->index + 1, p->nr,
			p->question, eta < 0 ? 0 : eta);
	p->shown = p->tty;
	fflush(stderr);
}

void progress_done(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
	fflush(stderr);
}

void progress_say(struct progress *p, const char *fmt, ...)
{
	va_list ap;

	progress_done(p);
	va_start(ap, fmt);
	fputs("kt bench: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}
