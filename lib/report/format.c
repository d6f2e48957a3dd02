// SPDX-License-Identifier: GPL-2.0-only
/* What the renderers share apart from escaping: figures for people. */
#include "lib/report/render.h"

#include <math.h>
#include <string.h>

char *format_ns(char text[FIGURE], double ns)
{
	static const char *const unit[] = { "ns", "us", "ms", "s" };
	double v = fabs(ns);
	int u = 0;

	if (!isfinite(ns)) {
		strcpy(text, "-");
		return text;
	}
	/* 999.5 would be shown as 1000 */
	for (; u < 3 && v >= 999.5; u++)
		v /= 1000;
	if (ns < 0)
		v = -v;
	snprintf(text, FIGURE, "%.*f %s",
		 fabs(v) >= 99.95   ? 0
		 : fabs(v) >= 9.995 ? 1
				    : 2,
		 v, unit[u]);
	if (u == 0 && v == floor(v))
		snprintf(text, FIGURE, "%.0f ns", v);
	return text;
}

char *format_count(char text[FIGURE], double n)
{
	char digits[FIGURE];
	int length = snprintf(digits, sizeof(digits), "%.0f", n), out = 0;

	if (!isfinite(n) || length > 16) {
		snprintf(text, FIGURE, isfinite(n) ? "%.3g" : "-", n);
		return text;
	}
	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0 && digits[i - 1] != '-')
			text[out++] = ' ';
		text[out++] = digits[i];
	}
	text[out] = '\0';
	return text;
}

char *format_ratio(char text[FIGURE], double ratio)
{
	if (!isfinite(ratio))
		strcpy(text, "-");
	else
		snprintf(text, FIGURE, "%.*f",
			 ratio >= 99.95	   ? 0
			 : ratio >= 9.995  ? 1
			 : ratio >= 1.9995 ? 2
					   : 3,
			 ratio);
	return text;
}

char *format_counter(char text[FIGURE], const struct report_result *r, double sum)
{
	double value = sum / (double)r->iterations;

	return value == floor(value) ? format_count(text, value) : format_ratio(text, value);
}

char *format_percent(char text[FIGURE], double share)
{
	if (fabs(share) < 0.0005) /* no "-0.0 %" */
		share = 0;
	if (!(fabs(share) < 1e12)) /* more is not a share, and does not fit */
		strcpy(text, "-");
	else
		snprintf(text, FIGURE, "%.*f %%",
			 fabs(share) < 0.0995 && 100 * share != floor(100 * share) ? 1 : 0,
			 100 * share);
	return text;
}

char *format_small_percent(char text[FIGURE], double share)
{
	if (share > 0 && share < 0.0095)
		snprintf(text, FIGURE, "%.1g %%", 100 * share);
	else
		format_percent(text, share);
	return text;
}

const char *report_phase_title(enum report_phase p)
{
	static const char *const title[REPORT_NR_PHASES] = {
		[PHASE_END_TO_END] = "end to end",
		[PHASE_CALL] = "call",
		[PHASE_WAKE] = "wake",
		[PHASE_RUNQ] = "runq",
		[PHASE_PREMIG] = "before migration",
		[PHASE_RESUME] = "resume",
		[PHASE_UNATTRIBUTED] = "unattributed",
		[PHASE_WOKEN] = "kernel's part",
	};

	return title[p];
}

double report_result_share(const struct report_result *r, enum report_phase p)
{
	const struct hist *whole = r->phase[PHASE_END_TO_END], *part = r->phase[p];

	if (!whole || !part || part->count != whole->count || !whole->sum)
		return NAN;
	return (double)part->sum / (double)whole->sum;
}

bool report_phases_add_up(const struct report_result *r)
{
	static const enum report_phase part[] = { PHASE_CALL, PHASE_WAKE, PHASE_RUNQ,
						  PHASE_RESUME };

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		if (isnan(report_result_share(r, part[i])))
			return false;
	return true;
}

const char *report_seen_by(const struct report_result *r)
{
	return strcmp(r->name, "kthread") ? "the tracer" : "a kernel module";
}

const struct hist *report_delay_busy(const struct report_result *r)
{
	if (!r->from_trace || !r->main_metric || !strcmp(r->main_metric, "delay_busy"))
		return NULL;
	return report_metric_hist(r, "delay_busy");
}

double report_observer_effect(const struct report_result *r)
{
	struct report_stats traced = report_stats(r->traced);

	return r->stats.p50 > 0 ? traced.p50 / r->stats.p50 : NAN;
}

void report_write_loss(FILE *out, const struct report_result *r, const struct record_count *loss,
		       report_word *word)
{
	uint64_t all = report_sum(r->hist ? r->hist->count : 0, r->traced ? r->traced->count : 0);
	char text[2][FIGURE];

	for (size_t i = 0; i < r->nr_losses; i++)
		all = report_sum(all, r->loss[i].value);
	fprintf(out, "%s of %s values were ", format_count(text[0], (double)loss->value),
		format_count(text[1], (double)all));
	if (!strcmp(loss->name, "impossible")) {
		fputs("impossible and left out", out);
		return;
	}
	fputs("left out: ", out);
	word(out, loss->name);
}
