// SPDX-License-Identifier: GPL-2.0-only
/*
 * report: the page's colours are apart for normal, protan, deutan and tritan eyes, in light and in dark.
 *
 * They are read from the style of a page, so that what is judged is what a reader gets. Colour vision
 * is simulated by the matrices of Machado, Oliveira and Fernandes, "A Physiologically-based Model for
 * Simulation of Color Vision Deficiency" (2009), severity 1, on linear light. Of tritan eyes they are
 * rough, so those are also simulated by Brettel, Viénot and Mollon, "Computerized simulation of color
 * appearance for dichromats" (1997): two half planes, in the form that linear sRGB takes. Differences
 * are CIEDE2000, contrasts those of WCAG 2.
 */
#include "tests/unit/report_records.h"

#include <math.h>

#include "lib/report/page.h"

TestSuite(report_colours, .init = begin, .fini = finish, .timeout = 120);

#define APART	 10.0 /* CIEDE2000 */
#define GRAPHICS 3.0  /* contrast, WCAG 1.4.11 */
#define WORDS	 4.5  /* contrast, WCAG 1.4.3 */
#define NR_FIRST 6
#define FURTHER	 24
#define DEGREE	 (M_PI / 180)

struct colour {
	double v[3]; /* linear red, green, blue; or L, a, b */
};

/* ---- how colours are seen -------------------------------------------------------------------- */

enum eyes { NORMAL, PROTAN, DEUTAN, TRITAN, TRITAN_1997, NR_EYES };

static const char *const eyes_name[NR_EYES] = { "normal", "protan", "deutan", "tritan",
						"tritan (1997)" };

static const double machado[][9] = {
	[PROTAN] = { 0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882,
		     -0.048116, 1.051998 },
	[DEUTAN] = { 0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820,
		     0.042940, 0.968881 },
	[TRITAN] = { 1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733,
		     0.691367, 0.303900 },
};
static const double brettel_side[3] = { 0.03901, -0.02788, -0.01113 };
static const double brettel[2][9] = {
	{ 0.93678, 0.18979, -0.12657, 0.06154, 0.81526, 0.12320, -0.37562, 1.12767, 0.24796 },
	{ 1.01277, 0.13548, -0.14826, -0.01243, 0.86812, 0.14431, 0.07589, 0.80500, 0.11911 },
};

static double times(const double row[3], struct colour c)
{
	return row[0] * c.v[0] + row[1] * c.v[1] + row[2] * c.v[2];
}

static struct colour seen(struct colour c, enum eyes eyes)
{
	const double *m =
		eyes == TRITAN_1997 ? brettel[times(brettel_side, c) >= 0] : machado[eyes];
	struct colour s = c;

	for (int i = 0; eyes != NORMAL && i < 3; i++)
		s.v[i] = fmin(fmax(times(&m[3 * i], c), 0), 1);
	return s;
}

static double linear(double v)
{
	return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double luminance(struct colour c)
{
	return times((double[]){ 0.2126, 0.7152, 0.0722 }, c);
}

static double contrast(struct colour a, struct colour b)
{
	double x = luminance(a) + 0.05, y = luminance(b) + 0.05;

	return x > y ? x / y : y / x;
}

static double lab_f(double t)
{
	return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

/* CIELAB under D65. */
static struct colour lab(struct colour c)
{
	double x = lab_f(times((double[]){ 0.4124564, 0.3575761, 0.1804375 }, c) / 0.95047),
	       y = lab_f(times((double[]){ 0.2126729, 0.7151522, 0.0721750 }, c)),
	       z = lab_f(times((double[]){ 0.0193339, 0.1191920, 0.9503041 }, c) / 1.08883);

	return (struct colour){ { 116 * y - 16, 500 * (x - y), 200 * (y - z) } };
}

static double hue(double b, double a)
{
	double h = atan2(b, a) / DEGREE;

	return h < 0 ? h + 360 : h;
}

static double to_the_7th(double c)
{
	return sqrt(pow(c, 7) / (pow(c, 7) + pow(25, 7)));
}

/* CIEDE2000 of two colours in CIELAB, all weights 1. */
static double difference(struct colour p, struct colour q)
{
	double g = 0.5 * (1 - to_the_7th((hypot(p.v[1], p.v[2]) + hypot(q.v[1], q.v[2])) / 2)),
	       a1 = p.v[1] * (1 + g), a2 = q.v[1] * (1 + g), c1 = hypot(a1, p.v[2]),
	       c2 = hypot(a2, q.v[2]), h1 = hue(p.v[2], a1), h2 = hue(q.v[2], a2), dh = h2 - h1,
	       h = (h1 + h2) / 2, l = (p.v[0] + q.v[0]) / 2 - 50, c = (c1 + c2) / 2, t, sl, sc, sh,
	       rt, dl, dc;

	if (c1 * c2 == 0) {
		dh = 0;
		h = h1 + h2;
	} else if (fabs(dh) > 180) {
		dh += dh > 0 ? -360 : 360;
		h += h < 180 ? 180 : -180;
	}
	t = 1 - 0.17 * cos((h - 30) * DEGREE) + 0.24 * cos(2 * h * DEGREE) +
	    0.32 * cos((3 * h + 6) * DEGREE) - 0.20 * cos((4 * h - 63) * DEGREE);
	sl = 1 + 0.015 * l * l / sqrt(20 + l * l);
	sc = 1 + 0.045 * c;
	sh = 1 + 0.015 * c * t;
	rt = -sin(60 * exp(-pow((h - 275) / 25, 2)) * DEGREE) * 2 * to_the_7th(c);
	dl = (q.v[0] - p.v[0]) / sl;
	dc = (c2 - c1) / sc;
	dh = 2 * sqrt(c1 * c2) * sin(dh / 2 * DEGREE) / sh;
	return sqrt(dl * dl + dc * dc + dh * dh + rt * dc * dh);
}

/* Pairs that Sharma, Wu and Dalal (2005) publish, one per branch of the formula. */
Test(report_colours, the_difference_is_that_of_the_published_pairs)
{
	static const struct {
		struct colour a, b;
		double want;
	} pair[] = {
		{ { { 50, 2.6772, -79.7751 } }, { { 50, 0, -82.7485 } }, 2.0425 },
		{ { { 50, -1.3802, -84.2814 } }, { { 50, 0, -82.7485 } }, 1.0000 },
		{ { { 50, 0, 0 } }, { { 50, -1, 2 } }, 2.3669 },
		{ { { 50, 2.4900, -0.0010 } }, { { 50, -2.4900, 0.0009 } }, 7.1792 },
		{ { { 50, 2.4900, -0.0010 } }, { { 50, -2.4900, 0.0011 } }, 7.2195 },
		{ { { 50, 2.5, 0 } }, { { 50, 0, -2.5 } }, 4.3065 },
		{ { { 50, 2.5, 0 } }, { { 73, 25, -18 } }, 27.1492 },
		{ { { 60.2574, -34.0099, 36.2677 } }, { { 60.4626, -34.1751, 39.4387 } }, 1.2644 },
		{ { { 2.0776, 0.0795, -1.1350 } }, { { 0.9033, -0.0636, -0.5514 } }, 0.9082 },
	};

	for (size_t i = 0; i < sizeof(pair) / sizeof(pair[0]); i++) {
		cr_expect_float_eq(difference(pair[i].a, pair[i].b), pair[i].want, 5e-5,
				   "pair %zu: %.4f", i, difference(pair[i].a, pair[i].b));
		cr_expect_float_eq(difference(pair[i].b, pair[i].a), pair[i].want, 5e-5, "pair %zu",
				   i);
	}
}

/* ---- the page's colours ---------------------------------------------------------------------- */

static struct colour of_hsl(double h, double s, double l)
{
	static const int offset[3] = { 0, 8, 4 };
	struct colour c;

	for (int i = 0; i < 3; i++) {
		double k = fmod(offset[i] + h / 30, 12),
		       v = l - s * fmin(l, 1 - l) * fmax(-1, fmin(fmin(k - 3, 9 - k), 1));

		c.v[i] = linear(v);
	}
	return c;
}

/* What --@name is in the first scheme of the page, the light one, or in the second. */
static struct colour of_page(const char *html, bool dark, const char *name)
{
	const char *block = strstr(html, ":root{--bg:"), *at;
	unsigned int r, g, b, s, l;
	char key[32];

	if (dark && block) {
		block = strstr(block + 1,
			       "@media screen and (prefers-color-scheme:dark){:root{--bg:");
		block = block ? strstr(block, ":root{") : NULL;
	}
	cr_assert_not_null(block);
	snprintf(key, sizeof(key), "--%s:", name);
	at = strstr(block, key);
	cr_assert(at && at < strchr(block, '}'), "%s is in the style", key);
	at += strlen(key);
	if (sscanf(at, "hsl(%u,%u%%,%u%%)", &r, &s, &l) == 3)
		return of_hsl(r, s / 100.0, l / 100.0);
	cr_assert_eq(sscanf(at, "#%2x%2x%2x;", &r, &g, &b), 3, "%.20s", at);
	return (struct colour){ { linear(r / 255.0), linear(g / 255.0), linear(b / 255.0) } };
}

static struct colour numbered(const char *html, bool dark, const char *name, int i)
{
	char key[16];

	snprintf(key, sizeof(key), "%s%d", name, i);
	return of_page(html, dark, key);
}

static void expect_apart(const char *what, bool dark, struct colour a, struct colour b,
			 double least)
{
	for (enum eyes e = NORMAL; e < NR_EYES; e++) {
		double d = difference(lab(seen(a, e)), lab(seen(b, e)));

		cr_expect_geq(d, least, "%s, %s, %s eyes: %.1f", what, dark ? "dark" : "light",
			      eyes_name[e], d);
	}
}

static void expect_contrast(const char *what, bool dark, struct colour a, struct colour b,
			    double least)
{
	cr_expect_geq(contrast(a, b), least, "%s, %s: %.2f", what, dark ? "dark" : "light",
		      contrast(a, b));
}

/* A page with so many arms. */
static char *page_of(unsigned int nr_arms)
{
	struct report *r;
	json_t *arms = json_array();
	char name[16], *html;

	for (unsigned int i = 0; i < nr_arms; i++) {
		sprintf(name, "arm%u", i);
		json_array_append_new(arms, json_string(name));
	}
	emit(json_pack("{s:s, s:s, s:s, s:o}", "type", "question", "question", "q", "mode",
		       "latency", "arms", arms));
	for (unsigned int i = 0; i < nr_arms; i++) {
		sprintf(name, "arm%u", i);
		block("q", false, epoch(name, 1000 * (uint64_t)(i + 1), 50), NULL, 0);
	}
	r = read_back();
	html = rendered(r, report_html);
	report_free(r);
	return html;
}

/* Asked for are the first six; all that have a fixed colour are. */
Test(report_colours, arms_are_apart_for_all_eyes_in_both_schemes)
{
	char *html = page_of(2), what[64];

	for (int dark = 0; dark < 2; dark++) {
		for (int i = 0; i < NR_COLOURS; i++) {
			for (int k = 0; k < i; k++) {
				snprintf(what, sizeof(what), "arms %d and %d%s", k, i,
					 i < NR_FIRST ? ", of the first" : "");
				expect_apart(what, dark, numbered(html, dark, "a", i),
					     numbered(html, dark, "a", k), APART);
			}
		}
	}
	free(html);
}

Test(report_colours, curves_stand_out_from_what_they_are_drawn_on)
{
	char *html = page_of(NR_COLOURS + FURTHER), what[64];

	for (int dark = 0; dark < 2; dark++) {
		for (int i = 0; i < NR_COLOURS + FURTHER; i++) {
			snprintf(what, sizeof(what), "arm %d", i);
			expect_contrast(what, dark, numbered(html, dark, "a", i),
					of_page(html, dark, "card"), GRAPHICS);
			expect_contrast(what, dark, numbered(html, dark, "a", i),
					of_page(html, dark, "bg"), GRAPHICS);
		}
		expect_contrast("axes", dark, of_page(html, dark, "axis"),
				of_page(html, dark, "card"), GRAPHICS);
	}
	free(html);
}

Test(report_colours, each_arm_has_a_pattern_of_its_own_in_its_curve_and_its_mark)
{
	char *html = page_of(NR_COLOURS + FURTHER), dash[64][PAGE_DASH], key[16], *at;

	for (unsigned int i = 0; i < 64; i++) {
		page_dash(dash[i], i);
		for (unsigned int k = 0; k < i; k++)
			cr_expect_str_neq(dash[i], dash[k], "%u and %u", i, k);
	}
	for (unsigned int i = 0; i < NR_COLOURS + FURTHER; i++) {
		snprintf(key, sizeof(key), ".k%u{", i);
		at = strstr(html, key);
		cr_assert_not_null(at, "%s", key);
		snprintf(key, sizeof(key), "class=\"sw k%u\"", i);
		cr_expect_not_null(strstr(html, key), "%s", key);
		/* The first line and gap of "(9,3)" in 90deg,var(--a1) 0 9px,#0000 0 12px */
		if (i) {
			unsigned int line, gap, colour, line_end, gap_end;

			cr_assert_eq(sscanf(dash[i], "(%u,%u", &line, &gap), 2, "%s", dash[i]);
			cr_expect_eq(sscanf(strstr(at, "90deg"),
					    "90deg,var(--a%u) 0 %upx,#0000 0 %upx", &colour,
					    &line_end, &gap_end),
				     3, "%.60s", at);
			cr_expect(colour == i && line_end == line && gap_end == line + gap,
				  "%.60s: %s", at, dash[i]);
		}
	}
	free(html);
}

Test(report_colours, verdicts_are_apart_and_can_be_read)
{
	static const char *const verdict[] = { "bad", "good", "same", "warn" };
	char *html = page_of(2), what[64], key[16];

	for (int dark = 0; dark < 2; dark++) {
		for (size_t i = 0; i < 4; i++) {
			struct colour c = of_page(html, dark, verdict[i]);

			for (size_t k = 0; k < i; k++) {
				snprintf(what, sizeof(what), "%s and %s", verdict[k], verdict[i]);
				expect_apart(what, dark, c, of_page(html, dark, verdict[k]), APART);
			}
			snprintf(key, sizeof(key), "%s-bg", verdict[i]);
			expect_contrast(key, dark, c, of_page(html, dark, key), WORDS);
			expect_contrast(verdict[i], dark, c, of_page(html, dark, "card"), WORDS);
			expect_contrast(verdict[i], dark, c, of_page(html, dark, "bg"), WORDS);
		}
	}
	free(html);
}

Test(report_colours, words_can_be_read_on_all_that_they_stand_on)
{
	static const char *const word[] = { "fg", "muted", "link" }, *const ground[] = { "bg",
											 "card",
											 "soft" };
	char *html = page_of(2), what[64];

	for (int dark = 0; dark < 2; dark++) {
		for (size_t i = 0; i < 9; i++) {
			snprintf(what, sizeof(what), "%s on %s", word[i % 3], ground[i / 3]);
			expect_contrast(what, dark, of_page(html, dark, word[i % 3]),
					of_page(html, dark, ground[i / 3]), WORDS);
		}
		expect_contrast("muted on same-bg", dark, of_page(html, dark, "muted"),
				of_page(html, dark, "same-bg"), WORDS);
		for (int i = 0; i < 5; i++) {
			snprintf(what, sizeof(what), "on phase %d", i);
			expect_contrast(what, dark, numbered(html, dark, "on", i),
					numbered(html, dark, "p", i), WORDS);
		}
		for (int i = 1; i <= 5; i++) {
			snprintf(what, sizeof(what), "on step %d", i);
			expect_contrast(what, dark, of_page(html, dark, "fg"),
					numbered(html, dark, "hot", i), WORDS);
			expect_contrast(what, dark, of_page(html, dark, "fg"),
					numbered(html, dark, "cold", i), WORDS);
		}
	}
	free(html);
}

Test(report_colours, phases_and_steps_are_apart)
{
	char *html = page_of(2), what[64];

	for (int dark = 0; dark < 2; dark++) {
		for (int i = 0; i < 5; i++) {
			for (int k = 0; k < i; k++) {
				snprintf(what, sizeof(what), "phases %d and %d", k, i);
				expect_apart(what, dark, numbered(html, dark, "p", i),
					     numbered(html, dark, "p", k), APART);
			}
		}
		/* Slower from faster, step by step; and each step goes on from the last, by more than is just seen. */
		for (int i = 1; i <= 5; i++) {
			snprintf(what, sizeof(what), "slower and faster, step %d", i);
			expect_apart(what, dark, numbered(html, dark, "hot", i),
				     numbered(html, dark, "cold", i), APART);
		}
		for (int i = 2; i <= 8; i++) {
			snprintf(what, sizeof(what), "step %d", i);
			if (i <= 5) {
				expect_apart(what, dark, numbered(html, dark, "hot", i),
					     numbered(html, dark, "hot", i - 1), 4);
				expect_apart(what, dark, numbered(html, dark, "cold", i),
					     numbered(html, dark, "cold", i - 1), 4);
			}
			expect_apart(what, dark, numbered(html, dark, "d", i),
				     numbered(html, dark, "d", i - 1), 5);
			cr_expect_eq(luminance(numbered(html, dark, "d", i)) >
					     luminance(numbered(html, dark, "d", i - 1)),
				     (bool)dark, "%s of many goes one way", what);
		}
	}
	free(html);
}
