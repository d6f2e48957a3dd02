// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/outcome.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/report/report.h"

static int make_dir(const char *path, char *err, size_t errlen)
{
	if (!mkdir(path, 0777) || errno == EEXIST)
		return 0;
	snprintf(err, errlen, "cannot make directory %s: %s; choose a file with -o", path,
		 strerror(errno));
	return -errno;
}

int outcome_create(struct outcome *o, const char *id, char *err, size_t errlen)
{
	time_t now = time(NULL);
	char stamp[32];
	struct tm tm;
	int r;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(o->dir, sizeof(o->dir), "results/runs/%s-%.8s", stamp, id);
	snprintf(o->record, sizeof(o->record), "%s/" OUTCOME_RECORD, o->dir);
	r = make_dir("results", err, errlen);
	if (!r)
		r = make_dir("results/runs", err, errlen);
	if (!r)
		r = make_dir(o->dir, err, errlen);
	return r;
}

static int render(const struct outcome *o, const char *name,
		  int (*renderer)(FILE *, const struct report *), const struct report *rep,
		  char *err, size_t errlen)
{
	char path[192];
	FILE *f;
	int r;

	snprintf(path, sizeof(path), "%s/%s", o->dir, name);
	f = fopen(path, "we");
	r = f ? renderer(f, rep) : -errno;
	if (f && fclose(f) && !r)
		r = -errno;
	if (r)
		snprintf(err, errlen, "cannot write %s: %s", path, strerror(-r));
	return r;
}

/* By rename, so that the link is never missing. */
static int link_latest(const struct outcome *o, char *err, size_t errlen)
{
	const char *target = o->dir + strlen("results/");
	char temporary[64];

	snprintf(temporary, sizeof(temporary), "results/.latest-%d", (int)getpid());
	unlink(temporary);
	if (!symlink(target, temporary) && !rename(temporary, "results/latest"))
		return 0;
	snprintf(err, errlen, "cannot renew the link results/latest: %s", strerror(errno));
	unlink(temporary);
	return -EIO;
}

int outcome_publish(const struct outcome *o, char *err, size_t errlen)
{
	struct report *rep;
	int r;

	r = report_load(&rep, o->record, err, errlen);
	if (r)
		return r;
	r = render(o, "report.html", report_html, rep, err, errlen);
	if (!r)
		r = render(o, "report.json", report_json, rep, err, errlen);
	report_free(rep);
	return r ? r : link_latest(o, err, errlen);
}

static int stdout_width(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col ? 0 : size.ws_col;
}

int outcome_print(const char *path, char *err, size_t errlen)
{
	const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");
	struct terminal_style style = { .width = stdout_width() };
	struct report *rep;
	int r;

	style.colour =
		isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") && !(no_colour && *no_colour);
	r = report_load(&rep, path, err, errlen);
	if (r)
		return r;
	r = report_text(stdout, rep, &style);
	if (!r && fflush(stdout))
		r = -errno;
	if (r)
		snprintf(err, errlen, "cannot print the table: %s", strerror(-r));
	report_free(rep);
	return r;
}
