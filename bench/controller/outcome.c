// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/outcome.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/cli/cli.h"
#include "lib/cli/output.h"
#include "lib/report/changes.h"
#include "lib/report/report.h"
#include "lib/report/targets.h"

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
	int ret;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(o->dir, sizeof(o->dir), "results/runs/%s-%.8s", stamp, id);
	snprintf(o->record, sizeof(o->record), "%s/" OUTCOME_RECORD, o->dir);
	ret = make_dir("results", err, errlen);
	if (!ret)
		ret = make_dir("results/runs", err, errlen);
	if (!ret)
		ret = make_dir(o->dir, err, errlen);
	return ret;
}

static int render(const struct outcome *o, const char *name,
		  int (*renderer)(FILE *, const struct report *), const struct report *rep,
		  char *err, size_t errlen)
{
	struct output out;
	char path[192];
	int ret;

	snprintf(path, sizeof(path), "%s/%s", o->dir, name);
	ret = output_open(&out, path, OUTPUT_REFUSE, err, errlen);
	return ret ? ret : output_close(&out, renderer(out.stream, rep), err, errlen);
}

/* By rename, so that the link is never missing. */
static int link_latest(const struct outcome *o, char *err, size_t errlen)
{
	const char *target = o->dir + strlen("results/");
	char temporary[64];

	snprintf(temporary, sizeof(temporary), "results/.latest-%d", (int)getpid());
	unlink(temporary);
	if (!symlink(target, temporary) && !rename(temporary, OUTCOME_LATEST))
		return 0;
	snprintf(err, errlen, "cannot update the link " OUTCOME_LATEST ": %s", strerror(errno));
	unlink(temporary);
	return -EIO;
}

int outcome_publish(const struct outcome *o, const char *targets, char *err, size_t errlen)
{
	struct report_targets *held = NULL;
	struct report *rep;
	int ret;

	ret = report_load(&rep, o->record, err, errlen);
	if (ret)
		return ret;
	if (targets)
		ret = report_targets_read(&held, rep, targets, err, errlen);
	rep->targets = held;
	if (!ret)
		ret = render(o, "report.html", report_html, rep, err, errlen);
	if (!ret)
		ret = render(o, "report.json", report_json, rep, err, errlen);
	report_targets_free(held);
	report_free(rep);
	return ret ? ret : link_latest(o, err, errlen);
}

/* @targets: what there is of them, for the caller to free */
static int print(struct report *rep, const struct outcome_show *show,
		 struct report_targets **targets, char *err, size_t errlen)
{
	struct terminal_style style = terminal_style_of(stdout);
	int ret = 0;

	if (show->targets)
		ret = report_targets_read(targets, rep, show->targets, err, errlen);
	if (ret)
		return ret;
	rep->targets = *targets;
	rep->more = show->more;
	ret = show->full ? report_text(stdout, rep, &style) : report_summary(stdout, rep, &style);
	if (!ret && fflush(stdout))
		ret = -errno;
	if (ret)
		snprintf(err, errlen, "cannot print the report: %s", strerror(-ret));
	return ret;
}

int outcome_print(const char *path, const struct outcome_show *show, struct outcome_failures *f,
		  char *err, size_t errlen)
{
	struct report_targets *targets = NULL;
	struct report *rep;
	int ret;

	*f = (struct outcome_failures){ 0 };
	ret = report_load(&rep, path, err, errlen);
	if (ret)
		return ret;
	f->found = report_failures(rep, show->fail_on, f->why, sizeof(f->why));
	ret = print(rep, show, &targets, err, errlen);
	report_targets_free(targets);
	report_free(rep);
	return ret;
}

int outcome_unsteady(const char *path, char *err, size_t errlen)
{
	char why[REPORT_WHY_UNSTEADY];
	struct report *rep;
	int ret, nr = 0;

	ret = report_load(&rep, path, err, errlen);
	if (ret)
		return ret;
	for (size_t i = 0; i < rep->nr_questions; i++) {
		const struct report_question *q = &rep->question[i];

		if (!q->noise.unsteady)
			continue;
		cli_say("%s: the machine was unsteady: %s", q->name,
			report_why_unsteady(why, sizeof(why), &q->noise));
		nr++;
	}
	report_free(rep);
	return nr;
}
