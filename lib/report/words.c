// SPDX-License-Identifier: GPL-2.0-only
/* Comparisons in words: the verdict, why there is none, and why a row seems to say something else. */
#include "lib/report/render.h"

#include <math.h>
#include <string.h>

static const char *const kind_name[NR_REPORT_KINDS] = {
	[REPORT_ARMS] = "arms",
	[REPORT_BUILDS] = "builds",
	[REPORT_SETTINGS] = "settings",
	[REPORT_RUNS] = "runs",
};

const char *report_kind_name(enum report_kind k)
{
	return kind_name[k];
}

const char *report_verdict_name(const struct report_comparison *c)
{
	return c->kind == REPORT_ARMS ? verdict_name(c->j.verdict)
				      : verdict_change_name(c->j.verdict);
}

void report_write_verdict(FILE *out, const struct report_comparison *c)
{
	if (c->moved)
		fputs(c->unstable ? "unstable: same code, moved" : "same code, moved", out);
	else if (c->unstable && c->j.verdict == VERDICT_INCONCLUSIVE)
		fputs("unstable", out);
	else
		fprintf(out, "%s%s", c->unstable ? "unstable: " : "", report_verdict_name(c));
}

/* "12 s", "4 min", "3 h" */
static void write_time(FILE *out, double seconds)
{
	if (seconds < 99.5)
		fprintf(out, "about %.0f s more", fmax(seconds, 1));
	else if (seconds < 99.5 * 60)
		fprintf(out, "about %.0f min more", seconds / 60);
	else if (seconds < 48 * 3600)
		fprintf(out, "about %.0f h more", seconds / 3600);
	else
		fputs("more than two days more", out);
}

/* false: the interval says it */
static bool write_reason(FILE *out, const struct report_comparison *c)
{
	const char *unit = c->of_blocks ? "block" : "instance";

	switch (c->j.reason) {
	case JUDGE_DECIDED:
	case JUDGE_WIDE:
		return false;
	case JUDGE_FEW_INSTANCES:
		fprintf(out, "too few %ss (%zu)", unit, c->j.nr);
		return true;
	case JUDGE_FEW_VALUES:
		fputs("fewer than ten operations beyond it", out);
		return true;
	case JUDGE_FEW_BURSTS:
		fprintf(out, "%s came in about %.0f burst%s",
			c->j.metric == JUDGE_MEAN ? "the difference" : "slow operations",
			fmax(c->j.bursts, 1), c->j.bursts < 1.5 ? "" : "s");
		return true;
	case JUDGE_DRIFTS:
		fprintf(out, "neighbouring %ss are correlated", unit);
		return true;
	case JUDGE_NOTHING:
		fprintf(out, "no %s has both arms", unit);
		return true;
	case JUDGE_UNCONFIRMED:
		if (c->rechecked) {
			fputs("the first and the second measurement disagree", out);
			return true;
		}
		fprintf(out, "not yet confirmed by fresh %ss", unit);
		return true;
	case JUDGE_ZEROS:
		fputs("zeros have no ratio", out);
		return true;
	}
	return false;
}

void report_write_why(FILE *out, const struct report_comparison *c)
{
	bool said;

	if (c->j.verdict != VERDICT_INCONCLUSIVE)
		return;
	said = write_reason(out, c);
	if (isnan(c->more_s))
		return;
	fputs(said ? ", " : "", out);
	write_time(out, c->more_s);
}

void report_write_apart(FILE *out, const struct report_comparison *c)
{
	char judged[FIGURE], shown[FIGURE];

	format_ratio(judged, c->j.ratio);
	format_ratio(shown, c->shown);
	if (c->j.metric == JUDGE_P50)
		fprintf(out, "typical %s, pooled %s: slow operations come in bursts", judged,
			shown);
	else
		fprintf(out, "%s where both were measured, %s of all: one was measured longer",
			judged, shown);
}

bool report_is_baseline_missing(const struct report *r, const struct report_question *q)
{
	return !q->from_trace && q->baseline && !report_baseline(r, q);
}

void report_write_baseline_missing(FILE *out, const struct report *r,
				   const struct report_question *q, report_word *word)
{
	for (size_t i = 0; i < q->nr_results; i++) {
		if (strcmp(r->result[q->first_result + i].name, q->baseline))
			continue;
		fputs("no verdicts: the baseline ", out);
		word(out, q->baseline);
		fputs(" was not measured", out);
		return;
	}
	fputs("no verdicts: the baseline ", out);
	word(out, q->baseline);
	fputs(" is not among the arms", out);
}
