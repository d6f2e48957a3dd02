// SPDX-License-Identifier: GPL-2.0-only
/* report: plots, what they say in words, and what is said where there are none */
#include "tests/unit/report_records.h"

#include <math.h>
#include <sys/stat.h>

#include "lib/report/gnuplot.h"
#include "lib/report/page.h"
#include "lib/report/plot.h"

TestSuite(report_plots, .init = begin, .fini = finish, .timeout = 120);

static void needs_gnuplot(void)
{
	if (system("command -v gnuplot >/dev/null"))
		cr_skip_test("gnuplot is not installed");
}

static size_t count(const char *text, const char *what)
{
	size_t nr = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		nr++;
	return nr;
}

/* @nr blocks of two arms of 50 operations each, of about 1 and 2 us. */
static struct report *two_arms(int nr)
{
	question("q", "latency");
	for (int i = 0; i < nr; i++)
		block("q", false, epoch("old", wobble(i, 1000), 50),
		      epoch("new", wobble(i, 2000), 50), 0);
	return read_back();
}

static char *page_of(struct report *r)
{
	char *html = rendered(r, report_html);

	report_free(r);
	return html;
}

/* ---- what is drawn --------------------------------------------------------------------------- */

Test(report_plots, each_is_there_twice_drawn_and_in_words)
{
	char *html;

	needs_gnuplot();
	html = page_of(two_arms(12));
	cr_expect(strstr(html, "aria-label=\"Percentile spectrum. old: 1.00 µs at p50, "), "%s",
		  html);
	cr_expect(strstr(html, "new: 2.00 µs at p50, "));
	cr_expect(strstr(html, "600 values"));
	cr_expect(strstr(html, "aria-label=\"ECDF. old: 1.00 µs at p50, "));
	cr_expect_eq(count(html, "<svg class=plot"), count(html, "</figcaption>"));
	free(html);
}

Test(report_plots, names_stand_beside_their_curves)
{
	char *html;

	needs_gnuplot();
	html = page_of(two_arms(12));
	cr_expect_eq(count(html, "class=\"t\">old</text>"), 4, "spectrum, ECDF, epochs, heat map");
	cr_expect_eq(count(html, "class=\"t\">new</text>"), 5, "and the shift");
	cr_expect_eq(count(html, "<title>old</title>"), 3, "and as the tooltip of what is a curve");
	free(html);
}

Test(report_plots, of_what_gnuplot_writes_only_the_drawing_is_kept)
{
	char *html;

	needs_gnuplot();
	html = page_of(two_arms(12));
	cr_expect_eq(count(html, "font-family=\""), 0);
	cr_expect_eq(count(html, "gnuplot_plot"), 0);
	cr_expect_eq(count(html, "rgb("), 0);
	cr_expect_eq(count(html, "d=\"\""), 0, "no path without a step");
	free(html);
}

Test(report_plots, the_choice_of_a_drawing_needs_no_script)
{
	char *html;

	needs_gnuplot();
	html = page_of(two_arms(12));
	cr_expect_eq(count(html, "<input type=radio name=d0-0-0 "), 2);
	cr_expect_eq(count(html, "id=d0-0-0 checked><label for=d0-0-0>Percentile spectrum</label>"),
		     1);
	cr_expect_eq(count(html, "id=d0-0-1><label for=d0-0-1>ECDF</label>"), 1);
	free(html);
}

Test(report_plots, a_ribbon_needs_eight_instances)
{
	char *html;

	needs_gnuplot();
	html = page_of(two_arms(8));
	cr_expect_geq(count(html, "<path class=\"r\""), 4, "two arms, drawn twice");
	cr_expect(
		strstr(html, "Ribbon: where the percentile would lie had the blocks been others"));
	free(html);
}

Test(report_plots, with_seven_it_says_why_there_is_none)
{
	char *html;

	needs_gnuplot();
	html = page_of(two_arms(7));
	cr_expect_eq(count(html, "<path class=\"r\""), 0);
	cr_expect(strstr(html, "No ribbons: fewer than 8 blocks say nothing of others."));
	free(html);
}

Test(report_plots, too_few_values_are_not_drawn_and_that_is_said)
{
	char *html;

	needs_gnuplot();
	question("q", "latency");
	block("q", false, epoch("old", 1000, 10), epoch("new", 2000, 9), 0);
	html = page_of(read_back());
	cr_expect_eq(count(html, "<svg class=plot"), 0);
	cr_expect(strstr(html, "Too few values to draw."));
	free(html);
}

/* ---- the shift function ---------------------------------------------------------------------- */

Test(report_plots, a_shift_is_the_ratio_by_percentile_with_its_interval)
{
	char *html, *at;
	double ratio, lo, hi;

	needs_gnuplot();
	html = page_of(two_arms(24));
	at = strstr(html, "aria-label=\"Shift function. new to old: ");
	cr_assert_not_null(at);
	cr_assert_eq(sscanf(strstr(at, "old: ") + 5, "%lf at p50 (%lf to %lf),", &ratio, &lo, &hi),
		     3);
	cr_expect_float_eq(ratio, 2, 0.01);
	cr_expect(lo <= ratio && ratio <= hi && lo > 1.9 && hi < 2.1, "%g [%g, %g]", ratio, lo, hi);
	cr_expect(strstr(html, "a ratio to that of the baseline, old, of all operations."));
	cr_expect_eq(count(html, "<path class=\"z\""), 1, "the zone of no difference");
	free(html);
}

Test(report_plots, without_a_baseline_there_is_no_shift)
{
	char *html;

	needs_gnuplot();
	emit(json_pack("{s:s, s:s, s:s, s:[s,s]}", "type", "question", "question", "q", "mode",
		       "latency", "arms", "old", "new"));
	for (int i = 0; i < 12; i++)
		block("q", false, epoch("old", wobble(i, 1000), 50),
		      epoch("new", wobble(i, 2000), 50), 0);
	html = page_of(read_back());
	cr_expect_eq(count(html, "aria-label=\"Shift function"), 0);
	cr_expect_eq(count(html, "aria-label=\"ECDF"), 1);
	free(html);
}

/* ---- over time ------------------------------------------------------------------------------- */

Test(report_plots, epochs_stand_in_the_order_of_time)
{
	char *html, *at;
	double drift = 0;

	needs_gnuplot();
	/* The second half of the time "new" takes a tenth longer. */
	question("q", "latency");
	for (int i = 0; i < 24; i++)
		block("q", false, epoch("old", wobble(i, 1000), 50),
		      epoch("new", wobble(i, i < 12 ? 2000 : 2200), 50), 0);
	html = page_of(read_back());
	cr_expect(strstr(html, "aria-label=\"Epochs. old: 24 epochs, median 1.00 µs"));
	at = strstr(html, "new: 24 epochs, median ");
	cr_assert_not_null(at);
	cr_assert_eq(sscanf(strstr(at, "second half") + 12, "%lf %% from the first", &drift), 1);
	cr_expect_float_eq(drift, 10, 0.5, "it says that it drifts: %g", drift);
	cr_expect_eq(count(html, "<path class=\"o\""), 2, "a dot for each");
	free(html);
}

Test(report_plots, many_epochs_are_taken_together_and_none_is_lost)
{
	char *html;

	needs_gnuplot();
	html = page_of(two_arms(1000));
	cr_expect(strstr(html, "old: 1000 epochs, median 1.00 µs"));
	cr_expect_eq(count(html, "<path class=\"e\""), 2, "from the lowest to the highest");
	cr_expect(strstr(html, "a bar stands for neighbours, from the lowest to the highest"));
	cr_expect_lt(strlen(html), 250000, "%zu bytes", strlen(html));
	free(html);
}

Test(report_plots, a_heat_map_has_a_panel_for_each_arm)
{
	char *html;

	needs_gnuplot();
	html = page_of(two_arms(12));
	cr_expect(strstr(html, "aria-label=\"Heat map. old: medians of 12 stretches from 999 ns to "
			       "1.00 µs, longest 1.00 µs. new: "));
	cr_expect_gt(count(html, "<path class=\"h8\""), 0, "where most are");
	free(html);
}

static struct report *half_seconds(double steal)
{
	question("q", "latency");
	for (int i = 0; i < 8; i++)
		block("q", false, epoch("old", wobble(i, 10000000), 50),
		      epoch("new", wobble(i, 10000000), 50), i == 3 ? steal : 0);
	return read_back();
}

Test(report_plots, noise_is_marked_where_it_was)
{
	char *html;

	needs_gnuplot();
	html = page_of(half_seconds(0.5));
	cr_expect(strstr(html, "Shaded: 1 of 8 blocks lie in noisy half seconds."));
	cr_expect_eq(count(html, "<path class=\"n\""), 4, "behind two panels of two drawings");
	free(html);
}

Test(report_plots, quiet_is_said_to_be_quiet)
{
	char *html;

	needs_gnuplot();
	html = page_of(half_seconds(0));
	cr_expect_eq(count(html, "No half second was noisy."), 2);
	cr_expect_eq(count(html, "<path class=\"n\""), 0);
	free(html);
}

/* ---- what goes wrong ------------------------------------------------------------------------- */

/* Puts a gnuplot before the real one that does @what. */
static void false_gnuplot(char *dir, const char *what)
{
	char name[64], *path_now;
	FILE *f;

	cr_assert_not_null(mkdtemp(dir));
	snprintf(name, sizeof(name), "%s/gnuplot", dir);
	f = fopen(name, "w");
	cr_assert_not_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", what);
	fclose(f);
	cr_assert_eq(chmod(name, 0755), 0);
	cr_assert_gt(asprintf(&path_now, "%s:%s", dir, getenv("PATH")), 0);
	setenv("PATH", path_now, 1);
	free(path_now);
}

static void remove_false_gnuplot(const char *dir)
{
	char name[64];

	snprintf(name, sizeof(name), "%s/gnuplot", dir);
	unlink(name);
	rmdir(dir);
}

Test(report_plots, no_directory_for_temporary_files_is_needed)
{
	char *html;

	needs_gnuplot();
	setenv("TMPDIR", "/nonexistent", 1);
	html = page_of(two_arms(8));
	cr_expect_gt(count(html, "<svg class=plot"), 0);
	cr_expect_eq(count(html, "No plots."), 0);
	free(html);
}

Test(report_plots, a_missing_gnuplot_is_named_with_its_packages)
{
	char *html;

	setenv("PATH", "/nonexistent", 1);
	html = page_of(two_arms(8));
	cr_expect(
		strstr(html, "<b>No plots.</b> They are drawn by gnuplot, which is not installed"));
	cr_expect(strstr(html, "<code>gnuplot-minimal</code> (Fedora)"));
	free(html);
}

Test(report_plots, a_gnuplot_that_fails_is_quoted)
{
	char dir[] = "/tmp/kt-gnuplot-XXXXXX", *html;

	false_gnuplot(dir, "printf 'plot\\n     ^\\nline 7: <cannot> draw\\n' >&2; exit 3");
	html = page_of(two_arms(8));
	cr_expect(strstr(html, "<b>No plots.</b> gnuplot failed with status 3: line 7: "
			       "&lt;cannot&gt; draw.</p>"));
	remove_false_gnuplot(dir);
	free(html);
}

Test(report_plots, a_gnuplot_that_dies_is_told_from_one_that_fails)
{
	char dir[] = "/tmp/kt-gnuplot-XXXXXX", *html;

	false_gnuplot(dir, "kill -SEGV $$");
	html = page_of(two_arms(8));
	cr_expect(strstr(html, "gnuplot was ended by signal 11 (Segmentation fault)"));
	remove_false_gnuplot(dir);
	free(html);
}

Test(report_plots, one_that_draws_nothing_is_said_where_the_plot_would_be)
{
	char dir[] = "/tmp/kt-gnuplot-XXXXXX", *html;

	false_gnuplot(dir, "exit 0");
	html = page_of(two_arms(8));
	cr_expect_eq(count(html, "gnuplot has not drawn it."), count(html, "<svg class=plot"));
	cr_expect(strstr(html, "aria-label=\"Percentile spectrum. old: 1.00 µs at p50, "),
		  "what is known is said");
	remove_false_gnuplot(dir);
	free(html);
}

/* A gnuplot that does @what with a long script. Return: of gnuplot_run(), and its words */
static int run_false_gnuplot(const char *what, char *why, size_t whylen)
{
	char dir[] = "/tmp/kt-gnuplot-XXXXXX", *drawn = NULL, *script = malloc(1 << 20);
	int ret;

	cr_assert_not_null(script);
	memset(script, '#', (1 << 20) - 1);
	script[(1 << 20) - 1] = '\0';
	false_gnuplot(dir, what);
	ret = gnuplot_run(script, 1, &drawn, why, whylen);
	cr_expect_eq(drawn != NULL, !ret);
	remove_false_gnuplot(dir);
	free(script);
	free(drawn);
	return ret;
}

Test(report_plots, one_that_hangs_is_ended)
{
	char why[200] = "";

	cr_expect_eq(run_false_gnuplot("exec sleep 600", why, sizeof(why)), -ETIMEDOUT);
	cr_expect_str_eq(why, "gnuplot did not end within 1 s");
}

Test(report_plots, so_is_one_that_hangs_after_its_last_word)
{
	char why[200] = "";

	cr_expect_eq(run_false_gnuplot("exec sleep 600 <&- >&- 2>&-", why, sizeof(why)),
		     -ETIMEDOUT);
	cr_expect_str_eq(why, "gnuplot did not end within 1 s");
}

Test(report_plots, one_that_does_not_listen_ends_nobody_by_a_signal)
{
	char why[200] = "";

	cr_expect_eq(run_false_gnuplot("exec <&-; exit 4", why, sizeof(why)), -EIO);
	cr_expect_str_eq(why, "gnuplot failed with status 4");
}

Test(report_plots, half_a_drawing_is_none)
{
	char dir[] = "/tmp/kt-gnuplot-XXXXXX", *html;

	false_gnuplot(dir,
		      "cat >/dev/null; echo 'plot number 0'; "
		      "echo '<svg><defs></defs><path stroke=\"rgb(1,0,0)\" d=\"M1,1 L2,2\"/>'");
	html = page_of(two_arms(8));
	cr_expect_eq(count(html, "gnuplot has not drawn it."), count(html, "<svg class=plot"));
	remove_false_gnuplot(dir);
	free(html);
}

/* ---- names ----------------------------------------------------------------------------------- */

static void expect_short(const char *name, size_t characters, const char *expected)
{
	char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);

	plot_short(to, name, characters);
	fclose(to);
	cr_expect_str_eq(text, expected, "%s in %zu: %s", name, characters, text);
	free(text);
}

/* Sides are told apart at the end of a name. */
Test(report_plots, a_long_name_keeps_its_end)
{
	expect_short("libkthread", 11, "libkthread");
	expect_short("libkthreads", 11, "libkthreads");
	expect_short("libkthread (old)", 11, "libkt…(old)");
	expect_short("libkthread (new)", 11, "libkt…(new)");
	expect_short("αβγδεζηθικλμ", 11, "αβγδε…θικλμ");
	expect_short("<abcdefghij>", 11, "&lt;abcd…ghij&gt;");
	expect_short("ab\x1b[31mcdefgh", 11, "ab\\x1…defgh");
	expect_short("abcdefgh\x1b", 11, "abcde…h\\x1b");
	expect_short("", 11, "");
	expect_short("abc", 1, "…");
}
