// SPDX-License-Identifier: GPL-2.0-only
/*
 * report: names are hostile. Whatever a thread, an arm or a reason is called, it shows and does
 * nothing.
 */
#include "tests/unit/report_test.h"

#include <criterion/parameterized.h>
#include <ctype.h>
#include <dirent.h>
#include <sys/stat.h>

#include "lib/report/diff.h"
#include "lib/report/page.h"
#include "lib/report/value.h"

#define HOSTILE "<script>alert(1)</script>\x1b[31m"

static char *escaped(const char *s, void (*escape)(FILE *out, const char *s))
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	escape(out, s);
	fclose(out);
	return text;
}

static void terminal(FILE *out, const char *s)
{
	cr_expect_eq(escape_terminal(NULL, s), escape_terminal(out, s), "counting is as writing");
}

struct hostile {
	char raw[48], terminal[80], html[100], shell[80];
};

ParameterizedTestParameters(report_hostile, escapes)
{
	static struct hostile names[] = {
		{ "plain", "plain", "plain", "plain" },
		{ "", "", "", "''" },
		{ HOSTILE, "<script>alert(1)</script>\\x1b[31m",
		  "&lt;script&gt;alert(1)&lt;/script&gt;\\x1b[31m",
		  "$'<script>alert(1)</script>\\x1b[31m'" },
		{ "a\nb\tc\r", "a\\x0ab\\x09c\\x0d", "a\\x0ab\\x09c\\x0d",
		  "$'a\\x0ab\\x09c\\x0d'" },
		{ "\"'&", "\"'&", "&quot;&#39;&amp;", "'\"'\\''&'" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7",
		  "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7",
		  "'\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7'" },
		/* not UTF-8: a lone byte, an overlong '/', half a surrogate, a cut sequence */
		{ "\xff", "\\xff", "\\xff", "$'\\xff'" },
		{ "\xc0\xaf", "\\xc0\\xaf", "\\xc0\\xaf", "$'\\xc0\\xaf'" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80", "$'\\xed\\xa0\\x80'" },
		{ "x\xe2\x82", "x\\xe2\\x82", "x\\xe2\\x82", "$'x\\xe2\\x82'" },
		/* C1 control (CSI), right-to-left override, zero width space, byte order mark */
		{ "\xc2\x9b"
		  "31m",
		  "\\xc2\\x9b31m", "\\xc2\\x9b31m", "$'\\xc2\\x9b31m'" },
		{ "\xe2\x80\xae"
		  "txt",
		  "\\xe2\\x80\\xaetxt", "\\xe2\\x80\\xaetxt", "$'\\xe2\\x80\\xaetxt'" },
		{ "\xe2\x80\x8b", "\\xe2\\x80\\x8b", "\\xe2\\x80\\x8b", "$'\\xe2\\x80\\x8b'" },
		{ "\x7f", "\\x7f", "\\x7f", "$'\\x7f'" },
		{ "$(id) `id` ;", "$(id) `id` ;", "$(id) `id` ;", "'$(id) `id` ;'" },
	};

	return cr_make_param_array(struct hostile, names, sizeof(names) / sizeof(names[0]));
}

ParameterizedTest(struct hostile *h, report_hostile, escapes)
{
	char *t = escaped(h->raw, terminal), *html = escaped(h->raw, escape_html);
	char *shell = escaped(h->raw, escape_shell);

	cr_expect_str_eq(t, h->terminal, "terminal: %s", t);
	cr_expect_str_eq(html, h->html, "html: %s", html);
	cr_expect_str_eq(shell, h->shell, "shell: %s", shell);
	free(t);
	free(html);
	free(shell);
}

/* Of arms, and of two builds and two settings: their names, commands, compilers and functions. */
static char records[][40] = { GOLDEN("hostile.jsonl"), GOLDEN("hostile_sides.jsonl") };
#define NR_RECORDS (sizeof(records) / sizeof(records[0]))

ParameterizedTestParameters(report_hostile, terminal_sees_no_control_characters)
{
	return cr_make_param_array(char[40], records, NR_RECORDS);
}

/* No control character but newlines, and in colour only our own sequences. */
ParameterizedTest(char (*record)[40], report_hostile, terminal_sees_no_control_characters)
{
	struct report *r = load(*record);
	char *text = rendered(r, as_text), *colour = rendered(r, as_colour);

	for (const char *c = text; *c; c++)
		cr_assert(*c == '\n' || !iscntrl((unsigned char)*c), "byte %02x",
			  (unsigned char)*c);
	for (const char *c = colour; (c = strchr(c, '\x1b')); c++)
		cr_assert(strchr("0123", c[2]) && strchr("m123", c[3]), "a sequence of ours: %.5s",
			  c + 1);
	cr_expect(strstr(colour, "\x1b[1m"), "there is colour at all");
	cr_expect(strstr(text, "<script>alert(1)</script>\\x1b[31m"), "and the name can be read");
	free(text);
	free(colour);
	report_free(r);
}

/* Those that jansson leaves as they are: DEL, and the ones of two bytes. It stays the same value. */
Test(report_hostile, json_has_no_control_character_of_any_width)
{
	json_t *before = json_pack("{s:s}", "a\x7f",
				   "\xc2\x80\xc2\x9b"
				   "31m \xc2\xa0\xc3\xa9"),
	       *after;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	cr_assert_eq(value_dump(out, before, JSON_COMPACT), 0);
	fclose(out);
	cr_expect_str_eq(text, "{\"a\\u007f\":\"\\u0080\\u009b31m \xc2\xa0\xc3\xa9\"}");
	after = json_loads(text, 0, NULL);
	cr_expect(json_equal(before, after));
	json_decref(before);
	json_decref(after);
	free(text);
}

ParameterizedTestParameters(report_hostile, json_keeps_the_name_and_no_control_character)
{
	return cr_make_param_array(char[40], records, NR_RECORDS);
}

ParameterizedTest(char (*record)[40], report_hostile, json_keeps_the_name_and_no_control_character)
{
	struct report *r = load(*record);
	char *text = rendered(r, report_json);
	json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *row;
	bool found = false;
	size_t i;

	cr_assert_not_null(j);
	for (const char *c = text; *c; c++)
		cr_assert(*c == '\n' || !iscntrl((unsigned char)*c), "byte %02x",
			  (unsigned char)*c);
	json_array_foreach (json_object_get(j, "results"), i, row) {
		const char *arm = json_string_value(json_object_get(row, "arm")),
			   *of = json_string_value(json_object_get(row, "of"));

		found |= (arm && !strcmp(arm, HOSTILE)) || (of && !strcmp(of, HOSTILE));
	}
	cr_expect(found, "the name comes back as it was");
	json_decref(j);
	free(text);
	report_free(r);
}

static size_t count(const char *text, const char *what)
{
	size_t nr = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		nr++;
	return nr;
}

static void is_harmless_page(const char *html)
{
	const char *script = strstr(html, "<script>");

	cr_expect_eq(count(html, "<script"), 1, "ours");
	cr_assert_not_null(script);
	cr_expect_eq(strncmp(script + 8, page_script, strlen(page_script)), 0, "as it is");
	cr_expect_eq(strncmp(script + 8 + strlen(page_script), "</script>", 9), 0);
	cr_expect_not_null(strstr(html, page_script_hash), "and allowed by its hash");
	cr_expect_eq(count(html, "\x1b"), 0);
	cr_expect_eq(count(html, "http:"), 0, "no request to anywhere");
	cr_expect_eq(count(html, "https:"), 0);
	cr_expect_eq(count(html, "src="), 0);
	cr_expect_eq(count(html, "<link"), 0);
	cr_expect_eq(count(html, "@import"), 0);
	cr_expect_eq(count(html, "url("), 0);
	cr_expect_eq(count(html, "onload"), 0);
	cr_expect_gt(count(html, "default-src 'none'"), 0,
		     "the page forbids itself what it does not need");
	cr_expect_geq(count(html, "&lt;script&gt;"), 2, "the name is shown");
	cr_expect_eq(count(html, "<svg"), count(html, "</svg>"));
	cr_expect_eq(count(html, "<g>") + count(html, "<g "), count(html, "</g>"));
}

/* Every id once, or links and labels of one plot would reach into another. */
static void ids_are_unique(const char *html)
{
	static char seen[256][200];
	size_t nr = 0;

	for (const char *at = html; (at = strstr(at, " id=")); at++) {
		char id[200];

		/* Those that are made of names stand in quotes. */
		cr_assert(sscanf(at, " id=\"%199[^\"]\"", id) == 1 ||
			  sscanf(at, " id=%199[^ >]", id) == 1);
		for (size_t i = 0; i < nr; i++)
			cr_expect_str_neq(seen[i], id);
		if (nr < 256)
			strcpy(seen[nr++], id);
	}
	cr_expect_gt(nr, 3);
}

/* Every link of the page leads to a part of it. */
static void links_lead_somewhere(const char *html)
{
	for (const char *at = html; (at = strstr(at, "href=\"#")); at++) {
		char link[200], quoted[220], plain[220];
		const char *at_id;
		size_t length;

		cr_assert_eq(sscanf(at, "href=\"#%199[^\"]\"", link), 1);
		snprintf(quoted, sizeof(quoted), " id=\"%s\"", link);
		length = (size_t)snprintf(plain, sizeof(plain), " id=%s", link);
		if (strstr(html, quoted))
			continue;
		at_id = strstr(html, plain);
		while (at_id && !strchr(" >", at_id[length]))
			at_id = strstr(at_id + length, plain);
		cr_expect_not_null(at_id, "nothing has the id %s", link);
	}
}

ParameterizedTestParameters(report_hostile, page_without_gnuplot_is_harmless_and_names_the_package)
{
	return cr_make_param_array(char[40], records, NR_RECORDS);
}

ParameterizedTest(char (*record)[40], report_hostile,
		  page_without_gnuplot_is_harmless_and_names_the_package)
{
	struct report *r = load(*record);
	char *html;

	setenv("PATH", "/nonexistent", 1);
	html = rendered(r, report_html);
	is_harmless_page(html);
	ids_are_unique(html);
	links_lead_somewhere(html);
	cr_expect(strstr(html, "gnuplot-nox"));
	free(html);
	report_free(r);
}

static int is_visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

Test(report_hostile, page_with_plots_is_harmless_and_leaves_nothing_behind, .timeout = 120)
{
	char tmp[] = "/tmp/kt-report-XXXXXX", *html;
	struct dirent **left = NULL;
	struct report *r;

	if (system("command -v gnuplot >/dev/null"))
		cr_skip_test("gnuplot is not installed");
	cr_assert_not_null(mkdtemp(tmp));
	setenv("TMPDIR", tmp, 1);
	unlink("/tmp/owned");
	r = load(GOLDEN("hostile.jsonl"));
	html = rendered(r, report_html);
	is_harmless_page(html);
	ids_are_unique(html);
	links_lead_somewhere(html);
	cr_expect_geq(count(html, "<svg class=plot"), 2);
	cr_expect_gt(count(html, "<title>&lt;script&gt;"), 0, "as the tooltip of its curve");
	cr_expect_gt(count(html, "stroke:var(--a"), 3, "curves have the arms' colours");
	cr_expect_eq(access("/tmp/owned", F_OK), -1, "a name was run as a command");
	cr_expect_eq(scandir(tmp, &left, is_visible, NULL), 0, "temporary files are left");
	rmdir(tmp);
	free(left);
	free(html);
	report_free(r);
}

Test(report_hostile, a_page_of_recorded_runs_is_harmless)
{
	struct diff *d = diff_new();
	char err[200], *html = NULL;
	size_t length;
	FILE *out = open_memstream(&html, &length);

	cr_assert_eq(diff_read(d, DIFF_BASE, GOLDEN("runs_new.jsonl"), err, sizeof(err)), 0, "%s",
		     err);
	cr_assert_eq(diff_read(d, DIFF_NEW, GOLDEN("runs_base.jsonl"), err, sizeof(err)), 0, "%s",
		     err);
	cr_assert_eq(diff_finish(d, err, sizeof(err)), 0, "%s", err);
	cr_assert_eq(diff_format_named("html")->render(out, d, NULL), 0);
	fclose(out);
	is_harmless_page(html);
	ids_are_unique(html);
	links_lead_somewhere(html);
	free(html);
	diff_free(d);
}

/* All that a header says of two sides is shown, in each format, and escaped in each. */
Test(report_hostile, what_was_compared_is_shown_escaped)
{
	struct report *r = load(GOLDEN("hostile_sides.jsonl"));
	char *text = rendered(r, as_text), *html = rendered(r, report_html),
	     *json = rendered(r, report_json);
	json_t *j = json_loads(json, JSON_REJECT_DUPLICATES, NULL), *runs, *run;

	cr_expect(strstr(text, "old: <script>alert(1)</script>\\x1b[31m, <script>"), "%s", text);
	cr_expect(strstr(text, "functions differ: <script>alert(1)</script>\\x1b[31m and 22 more"));
	cr_expect(strstr(text, "A: <script>alert(1)</script>\\x1b[31m\n"));
	cr_expect(strstr(html, "old: &lt;script&gt;alert(1)&lt;/script&gt;\\x1b[31m"));
	cr_expect(strstr(html, "differ: &lt;script&gt;alert(1)&lt;/script&gt;\\x1b[31m"));
	cr_expect(strstr(html, "B: &lt;script&gt;alert(1)&lt;/script&gt;\\x1b[31m"));
	cr_expect(strstr(html, "not compared: &lt;script&gt;"));
	runs = json_object_get(j, "runs");
	run = json_array_get(runs, 0);
	cr_expect_str_eq(json_string_value(
				 json_object_get(json_object_get(run, "against"), "name")),
			 HOSTILE);
	run = json_array_get(runs, 1);
	cr_expect_str_eq(json_string_value(json_array_get(json_object_get(run, "toggle"), 1)),
			 HOSTILE);
	run = json_array_get(runs, 2);
	cr_expect_str_eq(json_string_value(json_object_get(json_object_get(run, "code"), "reason")),
			 HOSTILE);
	json_decref(j);
	free(json);
	free(html);
	free(text);
	report_free(r);
}
