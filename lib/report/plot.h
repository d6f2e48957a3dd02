/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_PLOT_H
#define KT_REPORT_PLOT_H
/*
 * A plot from the inside. One file per topic (plot_curves.c, ...) has a function for each of its kinds,
 * which writes what gnuplot is to read, and beside it, in HTML, what the plot says; plots.c has a row
 * for each kind.
 *
 * gnuplot knows no arms and no names: everything is drawn in a colour that says what it is and which
 * one (plot_colour()), a name is the text "@" with a number. When the drawing is taken over
 * (plot_svg.c), these become the page's own classes, colours and names. So nothing of a record ever
 * reaches an interpreter, and one drawing serves light and dark.
 */
#include <math.h>

#include "lib/measure/band.h"
#include "lib/report/page.h"
#include "lib/report/plots.h"

/* In the units of the drawing; in the SVG file ten times as many. */
#define PLOT_WIDTH  560
#define PLOT_HEIGHT 300
#define PLOT_LEFT   80
#define PLOT_RIGHT  124 /* where names of curves stand, also in the larger letters of narrow pages */
#define PLOT_TOP    14
#define PLOT_BOTTOM 30

/* Bytes and characters of a name beside a curve. */
#define PLOT_NAME 11

/* Nothing is drawn of fewer values. */
#define PLOT_MIN_VALUES 20

struct plot {
	enum plot_kind kind;
	size_t question;
	const char *metric; /* of a trace; else NULL */
	unsigned int height;
	char *finding;	 /* HTML: what it says, in words */
	char *caption;	 /* HTML: what is drawn */
	const char *svg; /* as gnuplot drew it; NULL: not yet, or not at all */
};

/* What a kind of plot writes to. */
struct plot_out {
	FILE *gp;      /* the script of gnuplot */
	FILE *finding; /* sentences for those who do not see it */
	FILE *caption; /* for all; begins with the kind's title */
};

/* What something in a drawing is; its number is the one of an arm's colour where nothing else is said. */
enum plot_role {
	ROLE_AXIS, /* the frame and its marks, which gnuplot draws in black */
	ROLE_CURVE,
	ROLE_RIBBON, /* what an interval covers */
	ROLE_NAME,   /* of an arm, beside its curve */
	ROLE_POINTS,
	ROLE_EXTENT, /* from the smallest to the largest of values that one place stands for */
	ROLE_CELL,   /* of a heat map; number: its level, from 1 on */
	ROLE_NOISE,  /* a stretch that was disturbed */
	ROLE_ZONE,   /* in which nothing is called different */
	ROLE_LEVEL,  /* a line to compare with: the ratio 1 */
	NR_ROLES
};

#define PLOT_LEVELS 8

#define PLOT_COLOUR 8

/* plot_colour - "#rrnnnn" for gnuplot; returns @text */
char *plot_colour(char text[PLOT_COLOUR], enum plot_role role, unsigned int number);

/* ---- axes: plot_axis.c ----------------------------------------------------------------------- */

struct plot_extent {
	double lo, hi;
};
#define PLOT_NOTHING        \
	{                   \
		INFINITY, 0 \
	}

/* plot_reach - @e is to hold @v, if that is above 0 */
void plot_reach(struct plot_extent *e, double v);

/* plot_widen - room at both ends, so that curves do not lie on the frame */
struct plot_extent plot_widen(struct plot_extent e);

/* plot_frame - a drawing of its own begins; the axes are linear and without limits */
void plot_frame(FILE *gp);

/* plot_time_axis - @axis "x" or "y" is of times from @e.lo to @e.hi, logarithmic, in round figures */
void plot_time_axis(FILE *gp, const char *axis, struct plot_extent e);

/* plot_time_axis_of_few - the same with two or three figures, where there is little room */
void plot_time_axis_of_few(FILE *gp, const char *axis, struct plot_extent e);

/* plot_ratio_axis - y is of ratios, logarithmic */
void plot_ratio_axis(FILE *gp, struct plot_extent e);

/* plot_percentile_axis - x is 1 / (1 - q), logarithmic, from q = 0 to where it is @hi */
void plot_percentile_axis(FILE *gp, double hi);

/* A name beside the end of its curve. */
struct plot_label {
	unsigned int colour;
	double x,
		at; /* where the curve ends: 0 is left and at the bottom, 1 right and at the top */
};

/* plot_labels - names to the right of the frame, moved apart; none when there are too many */
void plot_labels(FILE *gp, struct plot_label *label, size_t nr);

/* ---- intervals: plot_bands.c ----------------------------------------------------------------- */

#define PLOT_Z 2.5758293 /* two-sided, 99 % as all that is judged */

/* What the instances of an arm leave open of its percentiles. */
struct plot_band {
	struct band band;
	struct band_edge *edge; /* NULL: nothing */
};

/* plot_band_make - @time: of the epochs of mode "time"; false: no memory, and nothing is known then */
bool plot_band_make(struct plot_band *b, const struct report_result *r, bool time);
struct band_interval plot_band_at(const struct plot_band *b, double q);
void plot_band_free(struct plot_band *b);

/* ---- over time: plot_panels.c ---------------------------------------------------------------- */

#define PLOT_MAX_PANELS 8
#define PLOT_MIN_PASSES 4

/* The arms of a question that have a panel. */
struct plot_panels {
	const struct report_question *q;
	double span; /* seconds */
	size_t nr, nr_left_out;
	const struct report_result *arm[PLOT_MAX_PANELS];
	size_t nr_passes[PLOT_MAX_PANELS];
};

/* plot_panels_find - none where it is not known when things were */
void plot_panels_find(struct plot_panels *s, const struct page *p, const struct plot *plot);

/* plot_when - where @ns, a time in @part, stands on the axis: seconds */
double plot_when(const struct report_question *q, const struct report_part *part, uint64_t ns);

/* plot_panels_height - of the drawing, when each panel is @each high */
unsigned int plot_panels_height(const struct plot_panels *s, unsigned int each);

/*
 * plot_panels_begin, plot_panel, plot_panels_end - around all, and before each "plot": its frame, its
 * axis of time, what was noisy, its name
 */
void plot_panels_begin(FILE *gp);
void plot_panel(FILE *gp, const struct page *p, const struct plot_panels *s, size_t n,
		unsigned int each);
void plot_panels_end(FILE *gp);

/* plot_say_noise - what the shades mean; plot_say_panels_left_out - which arms have no panel */
void plot_say_noise(FILE *out, const struct report_question *q);
void plot_say_panels_left_out(FILE *out, const struct plot_panels *s);

/* ---- words: plot_words.c --------------------------------------------------------------------- */

/* plot_ns - a time with its unit, for HTML */
void plot_ns(FILE *out, double ns);

/*
 * plot_short - @s in @characters at most, for HTML: of a longer one the beginning and the end, which tells
 * "name (old)" from "name (new)", and "…" between them
 */
void plot_short(FILE *out, const char *s, size_t characters);

/* plot_name - of an arm or a subject, for HTML */
void plot_name(FILE *out, const struct report_result *r);

/* ---- kinds ----------------------------------------------------------------------------------- */

/* What draws a kind of plot. Return: false: there is nothing to draw, and nothing was written to gp */
typedef bool plot_draw(const struct page *p, struct plot *plot, struct plot_out *out);

plot_draw plot_spectrum, plot_ecdf, plot_shift, plot_epochs, plot_heat, plot_matrix,
	plot_matrix_p99;

/* ---- taking over: plot_svg.c ----------------------------------------------------------------- */

/* plot_is_drawn - all of it */
bool plot_is_drawn(const struct plot *plot);

/*
 * plot_take_over - the drawing in @svg, as gnuplot wrote it, as the inside of an <svg> element to
 * p->out. Return: false: it has none, or not all of it
 */
bool plot_take_over(const struct page *p, const char *svg);

/* ---- files: plot_files.c --------------------------------------------------------------------- */

/* plot_style - what a drawing needs of a style; plots_style is what is around it */
extern const char plot_style[], plots_style[];

/* plot_file_name - for a plot of kind @kind, for free(); NULL: no memory. No "/", no "." before it */
char *plot_file_name(const struct report *r, const struct plot *plot, const char *kind);

/* plot_write_files - the @nr plots at @plot as files @name in @dir. Return: as plots_save() */
int plot_write_files(const struct page *p, const struct plot *plot, size_t nr, char *const *name,
		     const char *dir, bool replace, char *err, size_t errlen);
#endif
