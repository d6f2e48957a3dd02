// SPDX-License-Identifier: GPL-2.0-only
/*
 * Curves, drawn by one gnuplot process for the whole page.
 *
 * What gnuplot reads is made here of figures and our own words only; arms are told apart by colours
 * numbered rgb(1,N/256,N%256), which are replaced by the page's own when its SVG is taken over. That gives
 * dark mode, and no name from a record ever reaches an interpreter.
 */
#include "lib/report/page.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_POINTS 56
#define MIN_VALUES 20
/*
 * Far beyond what a page of a hundred questions takes; a gnuplot that hangs must not hang the
 * report.
 */
#define GNUPLOT_SECONDS 120

extern char **environ;

struct plots {
	char dir[256];
	size_t nr;
	bool *drawn; /* by plot_index() */
};

static size_t plot_index(size_t question, size_t metric, enum plot_kind kind)
{
	return (question * MAX_CURVE_METRICS + metric) * NR_PLOTS + (size_t)kind;
}

/* ---- what is drawn --------------------------------------------------------------------------- */

size_t plots_metrics(const struct page *p, const struct report_question *q,
		     const char *metric[MAX_CURVE_METRICS])
{
	size_t nr = 0;

	metric[nr++] = NULL;
	if (!q->from_trace)
		return nr;
	nr = 0;
	for (size_t i = 0; i < 2 * q->nr_results; i++) {
		const struct report_result *r = &p->r->result[q->first_result + i / 2];
		const char *name = i % 2 ? "delay_busy" : r->main_metric;
		bool known = !name || !report_metric_hist(r, name);

		for (size_t k = 0; !known && k < nr; k++)
			known = !strcmp(name, metric[k]);
		if (!known && nr < MAX_CURVE_METRICS)
			metric[nr++] = name;
	}
	return nr;
}

/* Walks the distributions of one metric that have enough values. Begins zeroed. */
struct curve {
	const struct report_result *r;
	const struct hist *h; /* NULL: the main distribution */
	uint64_t count;
	size_t next, nr; /* results looked at, curves given out */
};

static bool next_curve(const struct page *p, const struct report_question *q, const char *metric,
		       struct curve *c)
{
	size_t end = q->nr_results;

	if (q->from_trace && end > MAX_TRACE_CURVES)
		end = MAX_TRACE_CURVES;
	while (c->next < end) {
		c->r = &p->r->result[q->first_result + c->next++];
		c->h = metric ? report_metric_hist(c->r, metric) : NULL;
		c->count = !metric ? c->r->stats.count : c->h ? c->h->count : 0;
		if (c->count < MIN_VALUES)
			continue;
		c->nr++;
		return true;
	}
	return false;
}

static double curve_quantile(const struct curve *c, double q)
{
	return c->h ? hist_quantile(c->h, q) : report_quantile(c->r, q);
}

/* ---- what gnuplot reads ---------------------------------------------------------------------- */

struct extent {
	double lo, hi;
};

static void reach(struct extent *e, double v)
{
	if (!(v > 0))
		return;
	e->lo = fmin(e->lo, v);
	e->hi = fmax(e->hi, v);
}

/* Largest share that ten values lie beyond. */
static double last_share(const struct curve *c)
{
	return 1 - 10 / (double)c->count;
}

/* Points of one curve: x is 1/(1-q) from q = 0 on, evenly spaced on the logarithmic axis. */
static void write_spectrum(FILE *gp, const struct curve *c, struct extent *x, struct extent *y)
{
	double end = log10(1 / (1 - last_share(c)));

	for (int i = 0; i < MAX_POINTS; i++) {
		double at = pow(10, end * i / (MAX_POINTS - 1)), v = curve_quantile(c, 1 - 1 / at);

		reach(x, at);
		reach(y, v);
		fprintf(gp, "%.5g %.5g\n", at, v > 0 ? v : 0.1);
	}
}

/* Points evenly spaced in the share, up to where single values begin. */
static void write_ecdf(FILE *gp, const struct curve *c, struct extent *x, struct extent *y)
{
	double end = fmin(last_share(c), 0.99);

	for (int i = 0; i < MAX_POINTS; i++) {
		double q = end * i / (MAX_POINTS - 1), v = curve_quantile(c, q);

		reach(x, v);
		reach(y, 1);
		fprintf(gp, "%.5g %.5g\n", v > 0 ? v : 0.1, q);
	}
}

/* Digits and unit of a round figure: "5.00 us" is shown as "5 µs". */
static void write_tic(FILE *gp, double v, bool first)
{
	char text[FIGURE], *unit;

	format_ns(text, v);
	unit = strchr(text, ' ');
	fprintf(gp, "%s\"%g %s\" %.6g", first ? "" : ", ", atof(text),
		!strcmp(unit, " us") ? "µs" : unit + 1, v);
}

/* A step of 1, 2 or 5 of some decade that cuts @e into about four. */
static double round_step(struct extent e)
{
	double raw = (e.hi - e.lo) / 4, decade = pow(10, floor(log10(raw)));

	return decade * (raw / decade < 1.5 ? 1 : raw / decade < 3.5 ? 2 : 5);
}

/*
 * Decades when the axis spans many, 1-2-5 when it spans some, even steps when it spans hardly one.
 */
static void write_time_tics(FILE *gp, const char *axis, struct extent e)
{
	static const double in_decade[] = { 1, 2, 5 };
	double span = e.hi / e.lo, step = round_step(e);
	size_t per_decade = span < 60 ? 3 : 1;
	bool first = true;

	fprintf(gp, "set %stics (", axis);
	if (span < 5) {
		for (double v = ceil(e.lo / step) * step; v <= e.hi; v += step, first = false)
			write_tic(gp, v, first);
		fputs(")\n", gp);
		return;
	}
	for (int decade = -2; decade < 13; decade++) {
		for (size_t i = 0; i < per_decade; i++) {
			double v = in_decade[i] * pow(10, decade);

			if (v < e.lo || v > e.hi)
				continue;
			write_tic(gp, v, first);
			first = false;
		}
	}
	fputs(")\n", gp);
}

/* Room at both ends, so that curves do not lie on the frame. */
static struct extent widen(struct extent e)
{
	double margin = fmax(1.04, pow(e.hi / e.lo, 0.04));

	return (struct extent){ e.lo / margin, e.hi * margin };
}

static void write_curves(FILE *gp, const struct page *p, const struct report_question *q,
			 const char *metric)
{
	char dash[PAGE_DASH];
	struct curve c = { 0 };

	fputs("plot ", gp);
	while (next_curve(p, q, metric, &c)) {
		unsigned int colour = page_colour(p, c.r->name);

		page_dash(dash, colour);
		fprintf(gp, "%s$d%zu using 1:2 with lines lw 2 dt %s lc rgb '#01%04x'",
			c.nr > 1 ? ", " : "", c.nr, dash, colour);
	}
	fputc('\n', gp);
}

static bool write_plot(FILE *gp, const struct page *p, size_t index, const char *metric, size_t m,
		       enum plot_kind kind)
{
	const struct report_question *q = &p->r->question[index];
	struct extent x = { INFINITY, 0 }, y = { INFINITY, 0 };
	struct curve c = { 0 };

	while (next_curve(p, q, metric, &c)) {
		fprintf(gp, "$d%zu << END\n", c.nr);
		if (kind == PLOT_SPECTRUM)
			write_spectrum(gp, &c, &x, &y);
		else
			write_ecdf(gp, &c, &x, &y);
		fputs("END\n", gp);
	}
	if (!c.nr || !(x.hi > 0) || !(y.hi > 0))
		return false;
	fprintf(gp, "set output '%zu.svg'\n", plot_index(index, m, kind));
	if (kind == PLOT_SPECTRUM) {
		y = widen(y);
		fprintf(gp, "set logscale xy\nset xrange [1:%g]\nset yrange [%g:%g]\n",
			fmax(x.hi, 2) * 1.05, y.lo, y.hi);
		fputs("set xtics ('0' 1, '50 %%' 2, '90 %%' 10, '99 %%' 100, '99.9 %%' 1e3, '99.99 %%' 1e4, '99.999 %%' 1e5)\n",
		      gp);
		write_time_tics(gp, "y", y);
	} else {
		x = widen(x);
		fprintf(gp,
			"unset logscale y\nset logscale x\nset xrange [%g:%g]\nset yrange [0:1]\n",
			x.lo, x.hi);
		fputs("set ytics ('0' 0, '25 %%' 0.25, '50 %%' 0.5, '75 %%' 0.75, '100 %%' 1)\n",
		      gp);
		write_time_tics(gp, "x", x);
	}
	write_curves(gp, p, q, metric);
	return true;
}

static int write_script(struct plots *plots, const struct page *p)
{
	char path[sizeof(plots->dir) + 16];
	const char *metric[MAX_CURVE_METRICS];
	size_t nr;
	FILE *gp;

	snprintf(path, sizeof(path), "%s/script", plots->dir);
	gp = fopen(path, "wxe");
	if (!gp)
		return -errno;
	fputs("set encoding utf8\nset terminal svg size 560,300 dynamic font 'sans-serif,12' noenhanced\n"
	      "unset key\nset border 3 lc rgb '#000000'\nset tics nomirror scale 0.5,0.3\n"
	      "set grid lc rgb '#808080' lw 1 dt 1\nset rmargin 3\nset tmargin 1\n",
	      gp);
	for (size_t i = 0; i < plots->nr; i++) {
		nr = plots_metrics(p, &p->r->question[i], metric);
		for (size_t m = 0; m < nr; m++)
			for (enum plot_kind kind = 0; kind < NR_PLOTS; kind++)
				plots->drawn[plot_index(i, m, kind)] =
					write_plot(gp, p, i, metric[m], m, kind);
	}
	if (fclose(gp))
		return -errno;
	return 0;
}

/* ---- gnuplot --------------------------------------------------------------------------------- */

/* Waits for @pid, but not for ever. 0 when it ended well. */
static int wait_for(pid_t pid)
{
	const struct timespec tick = { .tv_nsec = 5000000 };
	int status;

	for (int i = 0; i < GNUPLOT_SECONDS * 200; i++) {
		pid_t got = waitpid(pid, &status, WNOHANG);

		if (got == pid)
			return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
		if (got < 0 && errno != EINTR)
			return -errno;
		nanosleep(&tick, NULL);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -ETIMEDOUT;
}

static int run_gnuplot(const char *dir)
{
	char *const argv[] = { "gnuplot", "script", NULL };
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int ret;

	ret = posix_spawn_file_actions_init(&actions);
	if (ret)
		return -ret;
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addchdir_np(&actions, dir);
	ret = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return ret ? -ret : wait_for(pid);
}

/* ---- taking the drawing over ----------------------------------------------------------------- */

/* Removes every attribute that begins with @start and ends with the @quote after it. */
static void drop_attribute(char *line, const char *start, char quote)
{
	char *at, *end;

	while ((at = strstr(line, start))) {
		end = strchr(at + strlen(start), quote);
		if (!end)
			return;
		memmove(at, end + 1, strlen(end + 1) + 1);
	}
}

/* A path of our numbered colours gets the class of its arm, one of the axes theirs. */
static void write_path(FILE *out, char *line)
{
	unsigned int r, g, b;
	char *stroke = strstr(line, "stroke='rgb("), *rest;

	if (!stroke || sscanf(stroke, "stroke='rgb(%u,%u,%u)'", &r, &g, &b) != 3) {
		fputs(line, out);
		return;
	}
	rest = strchr(stroke + strlen("stroke='"), '\'');
	if (!rest) {
		fputs(line, out);
		return;
	}
	*stroke = '\0';
	fputs(line, out);
	if (r == 1)
		fprintf(out, "style='stroke:var(--a%u)'", g << 8 | b);
	else if (!strstr(rest, "class="))
		fputs("class=axis", out);
	fputs(rest + 1, out);
}

/* The n-th curve, counted from 1, for its tooltip. */
static const char *curve_name(const struct page *p, const struct report_question *q,
			      const char *metric, size_t n)
{
	struct curve c = { 0 };

	while (next_curve(p, q, metric, &c))
		if (c.nr == n)
			return c.r->name;
	return "";
}

static void write_line(const struct page *p, const struct report_question *q, const char *metric,
		       char *line)
{
	char *plot = strstr(line, "<g id=\"gnuplot_plot_");
	char *width;

	if (plot) {
		fputs("<g><title>", p->out);
		plot += strlen("<g id=\"gnuplot_plot_");
		page_text(p, curve_name(p, q, metric, strtoul(plot, NULL, 10)));
		fputs("</title>\n", p->out);
		return;
	}
	width = strstr(line, "stroke-width=\"");
	if (!strncmp(line, "<g fill=\"none\"", 14) && width) {
		fprintf(p->out, "<g fill=none stroke-width=%.1f>\n",
			atof(width + strlen("stroke-width=\"")));
		return;
	}
	drop_attribute(line, " font-family=\"", '"');
	drop_attribute(line, " font-size=\"", '"');
	drop_attribute(line, " fill=\"", '"');
	drop_attribute(line, " stroke=\"", '"');
	write_path(p->out, line);
}

static bool is_empty_group(const char *line, const char *next)
{
	return !strncmp(line, "<g fill=\"none\"", 14) && !strncmp(next, "</g>", 4);
}

/*
 * Between its definitions, which nothing here uses, and its end; groups without content are left
 * out.
 */
static void take_over(const struct page *p, const struct report_question *q, const char *metric,
		      FILE *svg)
{
	char buffer[2][8192], *line = buffer[0], *next = buffer[1], *swap;
	bool body = false, held = false;

	while (fgets(next, sizeof(buffer[0]), svg)) {
		if (!body) {
			body = strstr(next, "</defs>") != NULL;
			continue;
		}
		if (held && is_empty_group(line, next)) {
			held = false;
			continue;
		}
		if (held)
			write_line(p, q, metric, line);
		swap = line;
		line = next;
		next = swap;
		held = true;
		/*
		 * gnuplot's outer group is opened before the definitions: its end and that of the
		 * file are ours
		 */
		if (!strncmp(line, "</svg>", 6))
			break;
	}
}

bool plots_write(const struct page *p, size_t question, const char *metric, size_t m,
		 enum plot_kind kind)
{
	static const char *const what[NR_PLOTS] = { "percentile spectrum",
						    "distribution function" };
	struct plots *plots = p->plots;
	char path[sizeof(plots->dir) + 32];
	FILE *svg;

	if (!plots || !plots->drawn[plot_index(question, m, kind)])
		return false;
	snprintf(path, sizeof(path), "%s/%zu.svg", plots->dir, plot_index(question, m, kind));
	svg = fopen(path, "re");
	if (!svg)
		return false;
	fprintf(p->out, "<svg class=plot viewBox=\"0 0 560 300\" role=img aria-label=\"%s\"><g>\n",
		what[kind]);
	take_over(p, &p->r->question[question], metric, svg);
	fputs("</svg>\n", p->out);
	fclose(svg);
	return true;
}

/* ---- life ------------------------------------------------------------------------------------ */

int plots_make(struct plots **plots, const struct page *p)
{
	const char *tmp = getenv("TMPDIR");
	struct plots *made = calloc(1, sizeof(*made));
	int ret;

	*plots = NULL;
	if (!made)
		return -ENOMEM;
	made->nr = p->r->nr_questions;
	made->drawn = calloc(plot_index(made->nr, 0, 0) + 1, sizeof(*made->drawn));
	snprintf(made->dir, sizeof(made->dir), "%s/kt-plots.XXXXXX",
		 tmp && strlen(tmp) < 200 ? tmp : "/tmp");
	if (!made->drawn || !mkdtemp(made->dir)) {
		ret = made->drawn ? -errno : -ENOMEM;
		free(made->drawn);
		free(made);
		return ret;
	}
	ret = write_script(made, p);
	if (!ret)
		ret = run_gnuplot(made->dir);
	if (ret)
		plots_free(made);
	else
		*plots = made;
	return ret;
}

void plots_free(struct plots *plots)
{
	char path[sizeof(plots->dir) + 32];

	if (!plots)
		return;
	for (size_t i = 0; i < plot_index(plots->nr, 0, 0); i++) {
		if (!plots->drawn[i])
			continue;
		snprintf(path, sizeof(path), "%s/%zu.svg", plots->dir, i);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/script", plots->dir);
	unlink(path);
	rmdir(plots->dir);
	free(plots->drawn);
	free(plots);
}
