// SPDX-License-Identifier: GPL-2.0-only
/* Noise: what the machine did while a question ran, and whether that was too much. */
#include "lib/report/build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/render.h"

/*
 * Steal is counted in ticks of 10 ms: in a short block one tick is many per cent, so blocks are
 * taken together to windows, and one is noisy when both its share and its ticks are many. So many
 * noisy windows, or such a canary, make a question unsteady.
 */
#define WINDOW_NS    0.5e9
#define TICK_NS	     10e6
#define NOISY_STEAL  0.02
#define NOISY_TICKS  3
#define NOISY_SHARE  0.2
#define CANARY_DRIFT 0.03

#define STEAL  (offsetof(struct record_noise, steal))
#define PSI    (offsetof(struct record_noise, psi_cpu))
#define CANARY (offsetof(struct record_noise, canary_ns))

static double value_of(const struct build_noise *n, size_t which)
{
	return *(const double *)((const char *)&n->noise + which);
}

/* Median of the values from @from to @to that are known. */
static double known_median(const struct build_question *q, size_t which, size_t from, size_t to,
			   double *scratch)
{
	size_t nr = 0;

	for (size_t i = from; i < to; i++)
		if (isfinite(value_of(&q->noise[i], which)))
			scratch[nr++] = value_of(&q->noise[i], which);
	return stat_median(scratch, nr);
}

static double known_mean(const struct build_question *q, size_t which)
{
	double sum = 0;
	size_t known = 0;

	for (size_t i = 0; i < q->nr_noise; i++) {
		double v = value_of(&q->noise[i], which);

		if (!isfinite(v))
			continue;
		sum += v;
		known++;
	}
	return known ? sum / (double)known : NAN;
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

struct window {
	double ns, known_ns, stolen_ns; /* stolen of one CPU's time, in known_ns */
};

static void close_window(struct report_noise *n, const struct window *w, double cpus)
{
	double share = w->stolen_ns / w->known_ns;

	n->nr_windows++;
	if (isfinite(share) && !(share <= n->steal_max))
		n->steal_max = share;
	n->nr_noisy += w->stolen_ns > NOISY_STEAL * w->known_ns &&
		       w->stolen_ns * cpus > (NOISY_TICKS - 0.5) * TICK_NS;
}

/* What is left at the end, less than a window, belongs to the one before; alone it is one. */
static void count_windows(struct report_noise *n, const struct build_question *q, double cpus)
{
	struct window w = { 0 }, full = { 0 };

	for (size_t i = 0; i < q->nr_noise; i++) {
		const struct build_noise *at = &q->noise[i];

		w.ns += at->wall_ns;
		if (isfinite(at->noise.steal)) {
			w.known_ns += at->wall_ns;
			w.stolen_ns += at->noise.steal * at->wall_ns;
		}
		if (w.ns < WINDOW_NS)
			continue;
		if (full.ns > 0)
			close_window(n, &full, cpus);
		full = w;
		w = (struct window){ 0 };
	}
	full.known_ns += w.known_ns;
	full.stolen_ns += w.stolen_ns;
	if (q->nr_noise)
		close_window(n, &full, cpus);
}

struct report_noise build_sum_up_noise(const struct build *b, const struct build_question *q,
				       double *scratch)
{
	size_t nr = q->nr_noise;
	struct report_noise n = { .steal_max = NAN };

	n.steal_mean = known_mean(q, STEAL);
	n.psi_mean = known_mean(q, PSI);
	n.canary_ns = known_median(q, CANARY, 0, nr, scratch);
	n.canary_drift = nr < 2 ? NAN
				: known_median(q, CANARY, nr / 2, nr, scratch) /
						  known_median(q, CANARY, 0, nr / 2, scratch) -
					  1;
	count_windows(&n, q, nr_cpus(b, q));
	n.unsteady = (double)n.nr_noisy > NOISY_SHARE * (double)n.nr_windows ||
		     fabs(n.canary_drift) > CANARY_DRIFT;
	return n;
}
