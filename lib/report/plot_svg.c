// SPDX-License-Identifier: GPL-2.0-only
/*
 * From what gnuplot drew to what stands in the page: an eighth of its size, in the page's own classes.
 *
 * Of gnuplot's file the paths, polygons, points and texts are taken. All things of one kind and colour
 * that follow each other become one path, in whole tenths and relative steps.
 */
#include "lib/report/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- tags ------------------------------------------------------------------------------------ */

/* A tag without its brackets. */
struct tag {
	const char *at, *end;
};

static bool next_tag(const char **at, struct tag *t)
{
	t->at = strchr(*at, '<');
	if (!t->at)
		return false;
	t->at++;
	t->end = strchr(t->at, '>');
	if (!t->end)
		return false;
	*at = t->end + 1;
	return true;
}

static bool is_named(const struct tag *t, const char *name)
{
	size_t length = strlen(name);

	return !strncmp(t->at, name, length) && (t->at[length] == ' ' || t->at + length >= t->end);
}

/* The value of attribute @name, up to its closing quote; NULL: it has none. */
static const char *attribute(const struct tag *t, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = t->at; (at = strstr(at, name)) && at < t->end; at += length) {
		const char *after = at + length;

		after += strspn(after, " ");
		if (at[-1] != ' ' || *after != '=')
			continue;
		after++;
		after += strspn(after, " ");
		if (after < t->end && (*after == '\'' || *after == '"'))
			return after + 1;
	}
	return NULL;
}

/* ---- the pen --------------------------------------------------------------------------------- */

/* Draws paths one after another; what is like the last goes on with it. */
struct pen {
	const struct page *p;
	FILE *out;
	enum plot_role role;
	unsigned int number;
	char dash[64];
	bool open, moved, implied; /* implied: a pair without a letter is a line */
	long x, y, to_x, to_y;
};

static const char *arm_name(const struct page *p, unsigned int number)
{
	const char *name = number < p->nr_arms && p->arm[number] ? p->arm[number] : "";

	return *name ? name : "all";
}

static void pen_end(struct pen *pen)
{
	if (!pen->open)
		return;
	fputs("\"", pen->out);
	if (pen->role == ROLE_CURVE) {
		fputs("><title>", pen->out);
		page_word(pen->out, arm_name(pen->p, pen->number));
		fputs("</title></path>\n", pen->out);
	} else {
		fputs("/>\n", pen->out);
	}
	pen->open = false;
}

/* Dashes in tenths. */
static void write_dash(FILE *out, const char *dash)
{
	char *end;

	if (!*dash)
		return;
	fputs(" stroke-dasharray=\"", out);
	for (const char *before = ""; *dash; before = " ") {
		double length = strtod(dash, &end);

		if (end == dash)
			break;
		fprintf(out, "%s%.0f", before, 10 * length);
		dash = end + strspn(end, ", ");
	}
	fputc('"', out);
}

static void pen_select(struct pen *pen, enum plot_role role, unsigned int number, const char *dash)
{
	static const char *const class[NR_ROLES] = {
		[ROLE_CURVE] = "c",  [ROLE_RIBBON] = "r", [ROLE_NAME] = "l",
		[ROLE_POINTS] = "o", [ROLE_EXTENT] = "e", [ROLE_CELL] = "h",
		[ROLE_NOISE] = "n",  [ROLE_ZONE] = "z",	  [ROLE_LEVEL] = "v",
	};

	if (pen->open && pen->role == role && pen->number == number && !strcmp(pen->dash, dash))
		return;
	pen_end(pen);
	pen->role = role;
	pen->number = number;
	snprintf(pen->dash, sizeof(pen->dash), "%s", dash);
	fprintf(pen->out, "<path class=\"%s", class[role]);
	if (role == ROLE_CELL)
		fprintf(pen->out, "%u", number);
	fputc('"', pen->out);
	if (role == ROLE_RIBBON)
		fprintf(pen->out, " style=\"fill:var(--a%u)\"", number);
	else if (role < ROLE_CELL)
		fprintf(pen->out, " style=\"stroke:var(--a%u)\"", number);
	write_dash(pen->out, dash);
	fputs(" d=\"", pen->out);
	pen->x = pen->y = pen->to_x = pen->to_y = 0;
	pen->open = true;
	pen->moved = false;
}

static void pen_move(struct pen *pen, double x, double y)
{
	pen->to_x = lround(10 * x);
	pen->to_y = lround(10 * y);
	pen->moved = true;
}

static void pair(FILE *out, long x, long y)
{
	fprintf(out, "%ld%s%ld", x, y < 0 ? "" : " ", y);
}

/* The first step of a path is from 0, 0. */
static void pen_step_to_start(struct pen *pen)
{
	if (!pen->moved)
		return;
	fputc('m', pen->out);
	pair(pen->out, pen->to_x - pen->x, pen->to_y - pen->y);
	pen->x = pen->to_x;
	pen->y = pen->to_y;
	pen->moved = false;
	pen->implied = true;
}

static void pen_line(struct pen *pen, double x, double y)
{
	long dx, dy;

	pen_step_to_start(pen);
	dx = lround(10 * x) - pen->x;
	dy = lround(10 * y) - pen->y;
	if (!dx && !dy)
		return;
	pen->x += dx;
	pen->y += dy;
	if (!dx || !dy) {
		fprintf(pen->out, "%c%ld", dx ? 'h' : 'v', dx ? dx : dy);
		pen->implied = false;
		return;
	}
	if (!pen->implied)
		fputc('l', pen->out);
	else if (dx >= 0)
		fputc(' ', pen->out);
	pair(pen->out, dx, dy);
	pen->implied = true;
}

/* A point is a line of no length with round ends. */
static void pen_dot(struct pen *pen, double x, double y)
{
	pen_move(pen, x, y);
	pen_step_to_start(pen);
	fputs("h0", pen->out);
	pen->implied = false;
}

/* ---- a drawing ------------------------------------------------------------------------------- */

/* The grid lies below everything, the frame above it. */
struct drawing {
	struct pen grid, body, frame;
	FILE *text;
	size_t nr; /* things in the body */
};

/* What a colour stands for; false: none of ours. */
static bool read_colour(const char *colour, enum plot_role *role, unsigned int *number)
{
	unsigned int r, g, b;

	if (!colour || sscanf(colour, "rgb(%u,%u,%u)", &r, &g, &b) != 3 || r >= NR_ROLES)
		return false;
	*role = (enum plot_role)r;
	*number = g << 8 | b;
	return true;
}

/* "x,y" at *@at. */
static bool read_pair(const char **at, double *x, double *y)
{
	char *end;

	*x = strtod(*at, &end);
	if (end == *at || *end != ',')
		return false;
	*at = end + 1;
	*y = strtod(*at, &end);
	if (end == *at)
		return false;
	*at = end;
	return true;
}

static void draw_points(struct pen *pen, const char *d)
{
	double x, y;

	for (;;) {
		d += strspn(d, " \t\n");
		if (*d == 'M' || *d == 'L') {
			char command = *d++;

			if (!read_pair(&d, &x, &y))
				return;
			if (command == 'M')
				pen_move(pen, x, y);
			else
				pen_line(pen, x, y);
		} else {
			return;
		}
	}
}

static void take_path(struct drawing *g, const struct tag *t)
{
	const char *d = attribute(t, "d"), *dash = attribute(t, "stroke-dasharray");
	enum plot_role role;
	unsigned int number;
	char pattern[64] = "";

	if (!d)
		return;
	if (attribute(t, "class")) { /* gridline */
		draw_points(&g->grid, d);
		return;
	}
	if (!read_colour(attribute(t, "stroke"), &role, &number))
		return;
	if (role == ROLE_AXIS) {
		draw_points(&g->frame, d);
		return;
	}
	if (dash)
		snprintf(pattern, sizeof(pattern), "%.*s", (int)strcspn(dash, "'\""), dash);
	pen_select(&g->body, role, number, pattern);
	draw_points(&g->body, d);
	g->nr++;
}

static void take_polygon(struct drawing *g, const struct tag *t)
{
	const char *at = attribute(t, "points");
	enum plot_role role;
	unsigned int number;
	double x, y;

	if (!at || !read_colour(attribute(t, "fill"), &role, &number) || role == ROLE_AXIS)
		return;
	pen_select(&g->body, role, number, "");
	for (bool first = true;; first = false) {
		at += strspn(at, " \t\n");
		if (!read_pair(&at, &x, &y))
			break;
		if (first)
			pen_move(&g->body, x, y);
		else
			pen_line(&g->body, x, y);
	}
	fputc('z', g->body.out);
	/* Closed, it is where it began: the next step starts from where the pen was put down. */
	g->body.x = g->body.to_x;
	g->body.y = g->body.to_y;
	g->body.implied = false;
	g->nr++;
}

static void take_point(struct drawing *g, const struct tag *t)
{
	const char *place = attribute(t, "transform");
	enum plot_role role;
	unsigned int number;
	double x, y;

	if (!place || sscanf(place, "translate(%lf,%lf)", &x, &y) != 2 ||
	    !read_colour(attribute(t, "color"), &role, &number) || role == ROLE_AXIS)
		return;
	pen_select(&g->body, role, number, "");
	pen_dot(&g->body, x, y);
	g->nr++;
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* @g_tag: the group around the text, which says where it stands. */
static void take_text(const struct page *p, struct drawing *g, const struct tag *g_tag,
		      const char *text)
{
	const char *place = attribute(g_tag, "transform"),
		   *anchor = attribute(g_tag, "text-anchor");
	enum plot_role role;
	unsigned int number;
	double x, y;

	text += strspn(text, " ");
	if (!place || sscanf(place, "translate(%lf,%lf)", &x, &y) != 2)
		return;
	fprintf(g->text, "<text x=\"%ld\" y=\"%ld\"", lround(10 * x), lround(10 * y));
	if (anchor && (*anchor == 'm' || *anchor == 'e'))
		fprintf(g->text, " text-anchor=\"%s\"", *anchor == 'm' ? "middle" : "end");
	if (read_colour(attribute(g_tag, "fill"), &role, &number) && role == ROLE_NAME) {
		fputs(" class=\"t\">", g->text);
		if (*text == '@')
			plot_short(g->text, arm_name(p, number), PLOT_NAME);
		else
			fprintf(g->text, "%.*s", (int)strcspn(text, "<"), text);
	} else {
		fprintf(g->text, ">%.*s", (int)strcspn(text, "<"), text);
	}
	fputs("</text>\n", g->text);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void take_all(const struct page *p, struct drawing *g, const char *svg)
{
	struct tag t, group = { "", "" };

	while (next_tag(&svg, &t)) {
		if (is_named(&t, "path"))
			take_path(g, &t);
		else if (is_named(&t, "polygon"))
			take_polygon(g, &t);
		else if (is_named(&t, "use"))
			take_point(g, &t);
		else if (is_named(&t, "text"))
			take_text(p, g, &group, t.end + 1);
		else if (is_named(&t, "g"))
			group = t;
	}
	pen_end(&g->body);
}

/* Of what was drawn without a path of its own: all of it as one. */
static void write_lines(FILE *out, const char *class, const char *d)
{
	if (*d)
		fprintf(out, "<path class=\"%s\" d=\"%s\"/>\n", class, d);
}

static bool is_whole(const char *svg)
{
	return svg && strstr(svg, "</defs>") && strstr(svg, "</svg>");
}

bool plot_is_drawn(const struct plot *plot)
{
	return is_whole(plot->svg);
}

bool plot_take_over(const struct page *p, const char *svg)
{
	char *text[4] = { NULL };
	size_t length[4];
	FILE *out[4];
	struct drawing g = { .nr = 0 };
	bool done = true;

	if (!is_whole(svg))
		return false;
	svg = strstr(svg, "</defs>");
	for (int i = 0; i < 4; i++) {
		out[i] = open_memstream(&text[i], &length[i]);
		done &= out[i] != NULL;
	}
	if (done) {
		g.grid = (struct pen){ .p = p, .out = out[0] };
		g.body = (struct pen){ .p = p, .out = out[1] };
		g.frame = (struct pen){ .p = p, .out = out[2] };
		g.text = out[3];
		take_all(p, &g, svg);
	}
	for (int i = 0; i < 4; i++)
		if (out[i])
			fclose(out[i]);
	if (done && g.nr) {
		write_lines(p->out, "grid", text[0]);
		fputs(text[1], p->out);
		write_lines(p->out, "axis", text[2]);
		fputs(text[3], p->out);
	}
	for (int i = 0; i < 4; i++)
		free(text[i]);
	return done && g.nr;
}
