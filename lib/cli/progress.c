// SPDX-License-Identifier: GPL-2.0-only
#include "lib/cli/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/cli/cli.h"

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
	*p = (struct progress){ .nr = nr, .planned_s = planned_s, .start_ns = now_ns() };
	p->style = terminal_style_of(stderr);
	p->last_ns = p->start_ns;
}

void progress_more(struct progress *p, size_t nr, double planned_s)
{
	p->nr += nr;
	p->planned_s += planned_s;
}

void progress_question(struct progress *p, const char *name, double planned_s)
{
	p->done_s += p->current_s;
	p->index += p->question != NULL;
	p->question = name;
	p->current_s = planned_s;
	if (p->style.cursor)
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

/*
 * Before and after are whole, the name gives way: a line that the terminal folds cannot be
 * rewritten. The window may have changed its width.
 */
static void status_line(const struct progress *p, const char *before, const char *name,
			const char *after)
{
	int width = terminal_style_of(stderr).width, room, length = (int)strlen(name);
	const char *dots = "";

	room = width - 1 - (int)(strlen(before) + strlen(after));
	if (width && length > room) {
		dots = "...";
		length = room > 3 ? room - 3 : 0;
		while (length && ((unsigned char)name[length] & 0xc0) == 0x80)
			length--;
	}
	fprintf(stderr, "\r\033[K%s%s%.*s%s%s%s", before, p->style.colour ? "\033[1m" : "", length,
		name, dots, p->style.colour ? "\033[0m" : "", after);
	fflush(stderr);
}

void progress_update(struct progress *p, const char *what, double share)
{
	char before[64], name[256], after[128];
	uint64_t now = now_ns();
	double eta;

	if (now - p->last_ns < (p->style.cursor ? TTY_EVERY_NS : PLAIN_EVERY_NS))
		return;
	p->last_ns = now;
	share = share < 0 ? 0 : share > 1 ? 1 : share;
	eta = eta_s(p, share, (double)(now - p->start_ns) / 1e9);
	eta = eta < 0 ? 0 : eta;
	if (!p->style.cursor) {
		cli_say("[%zu/%zu] %s, about %.0f s left", p->index + 1, p->nr, p->question, eta);
		return;
	}
	snprintf(before, sizeof(before), "[%zu/%zu] ", p->index + 1, p->nr);
	snprintf(name, sizeof(name), "%s", p->question);
	snprintf(after, sizeof(after), "  %s %.0f %%  %.0f s left", what, share * 100, eta);
	status_line(p, before, cli_harmless(name), after);
	p->shown = true;
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
	va_list args;

	progress_done(p);
	va_start(args, fmt);
	cli_vsay(fmt, args);
	va_end(args);
}
