// SPDX-License-Identifier: GPL-2.0-only
/* Each plot as a file of its own: its style inside, light or dark as the reader of the picture is set. */
#include "lib/report/plot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/cli/output.h"

/* Above the drawing: what it is of. */
#define HEAD	  320
#define MAX_TITLE 64 /* characters of a question's name there */
#define MAX_NAME  100

/* ---- names ----------------------------------------------------------------------------------- */

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("=_.-", c));
}

/* FNV-1a: the same name has the same file in all reports. */
static uint64_t digest(const char *s)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 0x100000001b3;
	return hash;
}

/*
 * Of a name from a record what may stand in that of a file; "/" is "--". Where something is left out,
 * or where two names could become one, its digest tells them apart.
 */
static void write_name(FILE *out, const char *s)
{
	const char *whole = s;
	size_t nr = 0;
	bool changed =
		!is_plain(*s) || *s == '.' || *s == '-' || strstr(s, "--") || strlen(s) > MAX_NAME;

	for (; *s && nr < MAX_NAME; s++, nr++) {
		bool plain = is_plain(*s) && (nr || (*s != '.' && *s != '-'));

		if (*s == '/' && nr)
			fputs("--", out);
		else
			fputc(plain ? *s : '_', out);
		changed |= !plain && (*s != '/' || !nr);
	}
	if (changed)
		fprintf(out, "~%016" PRIx64, digest(whole));
}

char *plot_file_name(const struct report *r, const struct plot *plot, const char *kind)
{
	const struct report_question *q = &r->question[plot->question];
	char *name = NULL;
	size_t length;
	FILE *out = open_memstream(&name, &length);

	if (!out)
		return NULL;
	fputs(q->from_trace ? "trace-" : "", out);
	write_name(out, q->name);
	if (r->apart || r->nr_groups > 1)
		fprintf(out, ".run%zu", q->run + 1);
	fprintf(out, ".%s", kind);
	if (plot->metric) {
		fputc('.', out);
		write_name(out, plot->metric);
	}
	fputs(".svg", out);
	if (fclose(out)) {
		free(name);
		return NULL;
	}
	return name;
}

/* ---- files ----------------------------------------------------------------------------------- */

static void write_head(const struct page *p, const struct plot *plot)
{
	const struct report_question *q = &p->r->question[plot->question];

	fprintf(p->out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" width=\"%d\" height=\"%u\" "
		"viewBox=\"0 -%d %d %u\" role=\"img\">\n<title>",
		PLOT_WIDTH, plot->height + HEAD / 10, HEAD, 10 * PLOT_WIDTH,
		10 * plot->height + HEAD);
	page_name(p, q->name);
	fprintf(p->out, ": %s</title>\n<desc>%s %s</desc>\n<style>", plots_title(plot->kind),
		plot->finding, plot->caption);
	page_write_colours(p);
	fprintf(p->out,
		"%ssvg{font-family:system-ui,sans-serif}.plot .bg{fill:var(--card)}.plot .head{fill:var(--fg);font-weight:600}"
		"</style>\n<rect class=\"bg\" y=\"-%d\" width=\"%d\" height=\"%u\"/>\n<text class=\"head\" x=\"100\" y=\"-110\">",
		plot_style, HEAD, 10 * PLOT_WIDTH, 10 * plot->height + HEAD);
	plot_short(p->out, q->name, MAX_TITLE);
	fprintf(p->out, " · %s", plots_title(plot->kind));
	if (plot->metric) {
		fputs(" of ", p->out);
		plot_short(p->out, plot->metric, MAX_TITLE);
	}
	fputs("</text>\n", p->out);
}

static int write_file(const struct page *page, const struct plot *plot, const char *path,
		      bool replace, char *err, size_t errlen)
{
	struct page p = *page;
	struct output out;
	int ret = output_open(&out, path, replace ? OUTPUT_REPLACE : OUTPUT_REFUSE, err, errlen);

	if (ret)
		return ret;
	p.out = out.stream;
	errno = 0;
	write_head(&p, plot);
	plot_take_over(&p, plot->svg);
	fputs("</svg>\n", p.out);
	ret = fflush(p.out) || ferror(p.out) ? (errno ? -errno : -EIO) : 0;
	return output_close(&out, ret, err, errlen);
}

static int make_directory(const char *dir, char *err, size_t errlen)
{
	struct stat at;

	if (!mkdir(dir, 0777))
		return 0;
	if (errno == EEXIST && !stat(dir, &at)) {
		if (S_ISDIR(at.st_mode))
			return 0;
		snprintf(err, errlen, "%s is not a directory", dir);
		return -ENOTDIR;
	}
	snprintf(err, errlen, "cannot make the directory %s: %s", dir, strerror(errno));
	return -errno;
}

/* Before the first is written: no half of them beside what was there. */
static int refuse_existing(const char *dir, char *const *name, size_t nr, char *err, size_t errlen)
{
	for (size_t i = 0; i < nr; i++) {
		struct stat at;
		char *path;
		bool there;

		if (asprintf(&path, "%s/%s", dir, name[i]) < 0) {
			snprintf(err, errlen, "out of memory");
			return -ENOMEM;
		}
		there = !lstat(path, &at);
		if (there)
			snprintf(err, errlen, "%s exists already", path);
		free(path);
		if (there)
			return -EEXIST;
	}
	return 0;
}

int plot_write_files(const struct page *p, const struct plot *plot, size_t nr, char *const *name,
		     const char *dir, bool replace, char *err, size_t errlen)
{
	int ret = make_directory(dir, err, errlen);

	if (!ret && !replace)
		ret = refuse_existing(dir, name, nr, err, errlen);
	for (size_t i = 0; !ret && i < nr; i++) {
		char *path;

		if (!plot_is_drawn(&plot[i])) {
			snprintf(err, errlen, "gnuplot has not drawn %.200s", name[i]);
			ret = -EIO;
		} else if (asprintf(&path, "%s/%s", dir, name[i]) < 0) {
			snprintf(err, errlen, "out of memory");
			ret = -ENOMEM;
		} else {
			ret = write_file(p, &plot[i], path, replace, err, errlen);
			free(path);
		}
	}
	return ret;
}
