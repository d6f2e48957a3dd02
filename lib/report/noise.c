// SPDX-License-Identifier: GPL-2.0-only
/* Noise: what the machine did while a question ran, and whether that was too much. */
#include "lib/report/build.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/render.h"

/*
 * Steal and idle time are counted in ticks of 10 ms: in a short block one tick is many per cent, so
 * blocks and instances are joined to windows. A window is noisy when steal has both so large a share
 * of it and so many ticks, or when other programs kept so many CPUs busy. Such a share of noisy
 * windows makes a question unsteady.
 */
#define WINDOW_NS     0.5e9
#define TICK_NS	      10e6
#define NOISY_STEAL   0.02
#define NOISY_TICKS   3
#define NOISY_FOREIGN 0.5
#define NOISY_SHARE   0.2

/* So does a canary that moves so far from one half of the question to the other. */
#define CANARY_DRIFT 0.03

#define STEAL  (offsetof(struct record_noise, steal))
#define PSI    (offsetof(struct record_noise, psi_cpu))
#define CANARY (offsetof(struct record_noise, canary_ns))

static double value_of(const struct build_noise *n, size_t which)
{
	return *(const double *)((const char *)&n->noise + which);
}

/* The values that are known. Return: how many */
static size_t known(const struct build_question *q, size_t which, double *values)
{
	size_t nr = 0;

	for (size_t i = 0; i < q->nr_noise; i++)
		if (isfinite(value_of(&q->noise[i], which)))
			values[nr++] = value_of(&q->noise[i], which);
	return nr;
}

static double known_mean(const struct build_question *q, size_t which)
{
	double sum = 0;
	size_t nr = 0;

	for (size_t i = 0; i < q->nr_noise; i++) {
		double v = value_of(&q->noise[i], which);

		if (!isfinite(v))
			continue;
		sum += v;
		nr++;
	}
	return nr ? sum / (double)nr : NAN;
}

/* CPUs that the shares are of; 1 where the record does not say. */
static double nr_cpus(const struct build *b, const struct build_question *q)
{
	const char *list = NULL;
	size_t nr = 0;

	if (q->q.run < b->report->nr_runs)
		list = json_string_value(
			report_environment_at(&b->report->run[q->q.run], "cpu.online"));
	/* "0-3,8": ranges and single ones */
	while (list && *list) {
		char *end;
		unsigned long from = strtoul(list, &end, 10), to = from;

		if (end == list)
			break;
		if (*end == '-') {
			list = end + 1;
			to = strtoul(list, &end, 10);
		}
		if (end == list || to < from || to - from > 65536)
			break;
		nr += to - from + 1;
		list = *end == ',' ? end + 1 : end;
	}
	return nr ? (double)nr : 1;
}

/* Time of one CPU, and how long it was looked for. */
struct taken {
	double ns, known_ns;
};

struct window {
	double ns;
	struct taken stolen, foreign;
	size_t first; /* of its blocks and instances */
};

static double share_of(const struct taken *t)
{
	return t->known_ns > 0 ? t->ns / t->known_ns : NAN;
}

static void take(struct taken *t, double share, double wall_ns)
{
	if (!isfinite(share))
		return;
	t->known_ns += wall_ns;
	t->ns += share * wall_ns;
}

static void most(double *of, double share)
{
	if (isfinite(share) && !(share <= *of))
		*of = share;
}

/* Its blocks and instances end before number @end. */
static void close_window(struct report_noise *n, struct build_question *q, const struct window *w,
			 size_t end, double cpus)
{
	const struct taken *s = &w->stolen;
	bool stolen = s->ns > NOISY_STEAL * s->known_ns &&
		      s->ns * cpus > (NOISY_TICKS - 0.5) * TICK_NS,
	     foreign = share_of(&w->foreign) > NOISY_FOREIGN;

	most(&n->steal_max, share_of(s));
	most(&n->foreign_max, share_of(&w->foreign));
	n->nr_windows++;
	n->nr_stolen += stolen;
	n->nr_foreign += foreign;
	n->nr_noisy += stolen || foreign;
	for (size_t i = w->first; i < end; i++)
		q->noise[i].noisy = stolen || foreign;
}

/*
 * What is left at the end, less than a window, belongs to the one before. What is shorter than a
 * window in all has none.
 */
static void count_windows(struct report_noise *n, struct build_question *q, double cpus)
{
	struct window w = { 0 }, full = { 0 };
	struct taken foreign = { 0 };

	for (size_t i = 0; i < q->nr_noise; i++) {
		const struct build_noise *at = &q->noise[i];

		w.ns += at->wall_ns;
		take(&w.stolen, at->noise.steal, at->wall_ns);
		take(&w.foreign, at->noise.foreign, at->wall_ns);
		take(&foreign, at->noise.foreign, at->wall_ns);
		if (w.ns < WINDOW_NS)
			continue;
		if (full.ns > 0)
			close_window(n, q, &full, w.first, cpus);
		full = w;
		w = (struct window){ .first = i + 1 };
	}
	n->foreign_mean = share_of(&foreign);
	if (!(full.ns > 0))
		return;
	take(&full.stolen, share_of(&w.stolen), w.stolen.known_ns);
	take(&full.foreign, share_of(&w.foreign), w.foreign.known_ns);
	close_window(n, q, &full, q->nr_noise, cpus);
}

static void look_at_canary(struct report_noise *n, const struct build_question *q, double *scratch)
{
	size_t nr = known(q, CANARY, scratch);

	n->canary_moved = stat_moved(scratch, nr, CANARY_DRIFT, &n->canary_drift);
	n->canary_ns = stat_median(scratch, nr);
}

struct report_noise build_sum_up_noise(const struct build *b, struct build_question *q,
				       double *scratch)
{
	struct report_noise n = { .steal_max = NAN, .foreign_max = NAN };

	n.steal_mean = known_mean(q, STEAL);
	n.psi_mean = known_mean(q, PSI);
	look_at_canary(&n, q, scratch);
	count_windows(&n, q, nr_cpus(b, q));
	n.unsteady = (double)n.nr_noisy > NOISY_SHARE * (double)n.nr_windows || n.canary_moved;
	return n;
}

/* ---- in words -------------------------------------------------------------------------------- */

const char *report_why_unsteady(char *text, size_t size, const struct report_noise *n)
{
	char steal[FIGURE], drift[FIGURE];
	const char *between = ": ";
	size_t len;

	len = (size_t)snprintf(text, size, "%zu of %zu half seconds noisy", n->nr_noisy,
			       n->nr_windows);
	if (n->nr_foreign) {
		len += (size_t)snprintf(text + len, size - len,
					"%s%.1f CPUs of other programs, most %.1f", between,
					n->foreign_mean, n->foreign_max);
		between = ", ";
	}
	if (n->nr_stolen)
		len += (size_t)snprintf(text + len, size - len, "%ssteal up to %s", between,
					format_percent(steal, n->steal_max));
	if (n->canary_moved)
		snprintf(text + len, size - len, "; a fixed loop's time moved by %s",
			 format_percent(drift, n->canary_drift));
	return text;
}
