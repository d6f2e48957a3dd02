/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_RENDER_H
#define KT_REPORT_RENDER_H
/*
 * What the renderers share: figures for people, and the one place per format where hostile text is
 * made harmless. Everything that came out of a record goes through one of the escapes.
 */
#include <stdint.h>
#include <stdio.h>

#include "lib/report/report.h"

#define FIGURE 24 /* bytes that hold any formatted figure */

/*
 * format_ns - three digits and a unit: "847 ns", "3.42 us", "12.0 ms"; "-" for NAN. Returns @text.
 */
char *format_ns(char text[FIGURE], double ns);
/* format_count - digits in groups of three */
char *format_count(char text[FIGURE], double n);
/* format_ratio - "0.994", "12.3", "151"; "-" for NAN */
char *format_ratio(char text[FIGURE], double ratio);
/* format_counter - @sum of one of @r's counters, per operation; @r has operations */
char *format_counter(char text[FIGURE], const struct report_result *r, double sum);
/* format_percent - "12.3 %" of a share, "-" for NAN */
char *format_percent(char text[FIGURE], double share);

/* format_small_percent - the same of shares that are small and not nothing: "0.003 %" */
char *format_small_percent(char text[FIGURE], double share);

/*
 * escape_terminal - @s as one line that moves no cursor: control characters, direction overrides
 * and bytes that are not UTF-8 become \xNN. Return: characters (columns of a simple script)
 * written; @out NULL only counts.
 */
int escape_terminal(FILE *out, const char *s);
void escape_terminal_word(FILE *out, const char *s);

/*
 * escape_terminal_cut - the same with ".." in its middle when it would take more than @columns, 4 or
 * more. Return: characters written, at most @columns
 */
int escape_terminal_cut(FILE *out, const char *s, int columns);

/* escape_html - @s as text or quoted attribute of HTML and SVG; the same characters become \xNN */
void escape_html(FILE *out, const char *s);

/*
 * escape_html_short - the same; of more than @most bytes the beginning and the end, and between them
 * how many bytes it has. What it writes then takes about 3/4 of @most, whatever they are.
 */
void escape_html_short(FILE *out, const char *s, size_t most);

/*
 * escape_label - @s as the value of a label in OpenMetrics, without its quotes. What is not shown in
 * clear becomes \xNN, and of more than 200 bytes only the beginning is there; such a value ends in ~
 * and a hash of the whole, so that different names stay different series.
 */
void escape_label(FILE *out, const char *s);

/* escape_shell - @s as one word of a shell command, for the terminal: '...' where it needs it */
void escape_shell(FILE *out, const char *s);

/*
 * escape_csv - @s as one cell of comma-separated values, quoted where it needs it; the same characters
 * become \xNN. A spreadsheet would take it for a formula when it begins with = + - or @: then, and
 * after a semicolon, an apostrophe stands before that.
 */
void escape_csv(FILE *out, const char *s);

/*
 * escape_markdown - @s as code in a line of Markdown, also in a table: the same characters become \xNN,
 * and nothing is Markdown, HTML, a link or a mention, for those who render it neither
 */
void escape_markdown(FILE *out, const char *s);

/* escape_markdown_is_plain - @s is a harmless sentence as it stands, within a line */
bool escape_markdown_is_plain(const char *s);

/*
 * What is written in words goes through @word where it comes from a record: escape_terminal_word(),
 * escape_html(), escape_shell().
 */
typedef void report_word(FILE *out, const char *s);

/* report_write_waiter - who waited: "redis-server 4711" */
void report_write_waiter(FILE *out, const struct report_event *e, report_word *word);

/*
 * report_write_waker - who woke it: "ksoftirqd/1 17 on CPU 1", "an interrupt on the idle CPU 0"
 *
 * Only where @e has a waker.
 */
void report_write_waker(FILE *out, const struct report_event *e, report_word *word);

/* report_write_behind - who ran most of the time meanwhile; false: nobody did, or it is not known */
bool report_write_behind(FILE *out, const struct report_event *e, report_word *word);

/* report_phase_title - "end to end", "call", ... */
const char *report_phase_title(enum report_phase p);

/*
 * report_result_share - mean of phase @p as a share of the mean end to end; NAN when either is
 * missing, or when they are of different wakes (a tracer may know a part of a wake whose other
 * stamps are missing)
 */
double report_result_share(const struct report_result *r, enum report_phase p);

/* report_phases_add_up - call, wake, runq and resume are there for the same wakes */
bool report_phases_add_up(const struct report_result *r);

/*
 * report_seen_by - what saw a subject beside the arms of a question: "the tracer", or
 * "a kernel module"
 */
const char *report_seen_by(const struct report_result *r);

/*
 * report_delay_busy - of a subject beside the arms of a question whose own figures are of something
 * else; NULL: none
 */
const struct hist *report_delay_busy(const struct report_result *r);

/*
 * report_observer_effect - median end to end of traced blocks / of untraced blocks, NAN when either
 * is missing
 */
double report_observer_effect(const struct report_result *r);

/* report_verdict_name - "slower", of builds and settings "regressed", ... */
const char *report_verdict_name(const struct report_comparison *c);

/* report_write_verdict - the same, or "unstable: slower", "same code, moved" */
void report_write_verdict(FILE *out, const struct report_comparison *c);

/*
 * report_write_why - of an inconclusive comparison why it is, and about how much more measuring would
 * decide; "slow operations came in about 3 bursts, about 12 s more". Nothing when there is nothing to
 * say.
 */
void report_write_why(FILE *out, const struct report_comparison *c);

/*
 * report_write_apart - of a comparison whose rows' own ratio is another, why; "typical 1.00, pooled
 * 1.14: slow operations come in bursts"
 */
void report_write_apart(FILE *out, const struct report_comparison *c);

/* report_is_baseline_missing - @q has no comparisons because its baseline has no values */
bool report_is_baseline_missing(const struct report *r, const struct report_question *q);

/* report_write_baseline_missing - then why */
void report_write_baseline_missing(FILE *out, const struct report *r,
				   const struct report_question *q, report_word *word);

/* ---- runs ------------------------------------------------------------------------------------ */

/* report_write_runs_summary - "2 runs, 2 machines" */
void report_write_runs_summary(FILE *out, const struct report *r);

/* report_lists_runs - there is more to say of them than the head does of a single one */
bool report_lists_runs(const struct report *r);

/* report_write_run - "run 1  cf097ac8  2026-11-22T00:54:01Z  host 7ba6c5b2 ..." */
void report_write_run(FILE *out, const struct report *r, size_t index, report_word *word);

/* report_write_command - the command that repeats @run; where it must have a file, a new one */
void report_write_command(FILE *out, const struct report_run *run, report_word *word);

/* report_tool - "bench", "trace"; "" when it is not known */
const char *report_tool(const struct report_run *run);

/* report_not_traced - why a bench run has no phases; NULL when it has, or is not a bench run */
const char *report_not_traced(const struct report_run *run);

/* report_losses_missing - a trace that was cut off before it could say what it lost */
bool report_losses_missing(const struct report_run *run);

/*
 * report_write_selftest - of a run that has one: "2026-11-20, Linux 6.12: false alarms 0 of 212
 * [0, 1.4 %], sees 2 % of loop"
 */
void report_write_selftest(FILE *out, const struct report_run *run, report_word *word);

/*
 * report_selftest_sees - the smallest shift of @operation that was called slower in nine of ten
 * comparisons, as all larger ones were; NAN: none, or too few comparisons
 */
double report_selftest_sees(const struct record_selftest *t, const char *operation);

/* report_selftest_text - all of it, for the terminal */
void report_selftest_text(FILE *out, const struct record_selftest *t);

/* report_environment_at - at @path ("cpu.model") of the environment; NULL: not there */
const json_t *report_environment_at(const struct report_run *run, const char *path);

/* report_tracing_total - of all groups; the lists are the caller's to free() */
struct report_tracing report_tracing_total(const struct report *r);

/* ---- what was left out ----------------------------------------------------------------------- */

/* report_drop_name - "run", "question", "block", "epoch", "record", "line" */
const char *report_drop_name(enum report_drop_kind kind);

/* report_write_drops_summary - "1 question, 3 epochs and 12 more" */
void report_write_drops_summary(FILE *out, const struct report *r);

/*
 * report_write_drop - "3 epochs of libkthread in wakeup/trip=oneway: hist: it does not add up
 * (first at line 17)"
 */
void report_write_drop(FILE *out, const struct report *r, const struct report_drop *d,
		       report_word *word);

/* report_write_loss - "3 of 10 000 values were impossible and left out" */
void report_write_loss(FILE *out, const struct report_result *r, const struct record_count *loss,
		       report_word *word);
#endif
