// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the renderers share apart from escaping: figures for people, words for verdicts, what the
 * header says.
 */
#include "lib/report/render.h"

#include <inttypes.h>
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

char *format_counter(char text[FIGURE], const struct report_result *r, const json_t *sum)
{
	double value = json_number_value(sum) / (double)r->iterations;

	return value == floor(value) ? format_count(text, value) : format_ratio(text, value);
}

char *format_percent(char text[FIGURE], double share)
{
	if (fabs(share) < 0.0005) /* no "-0.0 %" */
		share = 0;
	if (!isfinite(share))
		strcpy(text, "-");
	else
		snprintf(text, FIGURE, "%.*f %%",
			 fabs(share) < 0.0995 && 100 * share != floor(100 * share) ? 1 : 0,
			 100 * share);
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
		[PHASE_KERNEL] = "kernel's part",
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

const char *report_verdict_text(const struct comparison *c)
{
	static const char *const unstable[] = {
		[VERDICT_REGRESSED] = "unstable: regressed",
		[VERDICT_IMPROVED] = "unstable: improved",
		[VERDICT_EQUIVALENT] = "unstable: equivalent",
		[VERDICT_INCONCLUSIVE] = "unstable",
	};

	return c->unstable ? unstable[c->verdict] : verdict_name(c->verdict);
}

const char *report_header_text(const struct report *r, const char *key)
{
	const char *s = json_string_value(json_object_get(r->header, key));

	return s ? s : "";
}

const char *report_not_traced(const struct report *r)
{
	const char *reason = report_header_text(r, "trace_reason");

	if (strcmp(report_header_text(r, "tool"), "bench") ||
	    json_is_true(json_object_get(r->header, "trace")))
		return NULL;
	return *reason ? reason : "the run was not traced";
}

bool report_losses_missing(const struct report *r)
{
	return !r->cost && !strcmp(report_header_text(r, "tool"), "trace");
}

static bool is_option(const char *word, const char *shorter, const char *longer)
{
	return !strcmp(word, shorter) || !strcmp(word, longer);
}

void report_write_command(FILE *out, const struct report *r, void (*word)(FILE *out, const char *s))
{
	json_t *command = json_object_get(r->header, "command"),
	       *seed = json_object_get(r->header, "seed"), *item;
	bool seeded = false, skip = false;
	size_t i;

	fputs("kt", out);
	json_array_foreach (command, i, item) {
		const char *s = json_string_value(item);

		/*
		 * Where kt was installed is the reader's own affair, and the file of that run is
		 * taken.
		 */
		if (!s || skip || (!i && strcmp(s, report_header_text(r, "tool")))) {
			skip = false;
			continue;
		}
		skip = is_option(s, "-o", "--output");
		if (skip || !strncmp(s, "--output=", 9))
			continue;
		seeded |= is_option(s, "-s", "--seed") || !strncmp(s, "--seed=", 7);
		fputc(' ', out);
		word(out, s);
	}
	if (json_is_integer(seed) && !seeded)
		fprintf(out, " --seed %" PRId64, (int64_t)json_integer_value(seed));
}

const json_t *report_environment_at(const struct report *r, const char *path)
{
	const json_t *at = r->environment;
	char part[64];

	while (at && *path) {
		size_t n = strcspn(path, ".");

		snprintf(part, sizeof(part), "%.*s", (int)n, path);
		at = json_object_get(at, part);
		path += n + (path[n] == '.');
	}
	return json_is_null(at) ? NULL : at;
}
