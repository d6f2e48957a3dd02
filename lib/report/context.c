// SPDX-License-Identifier: GPL-2.0-only
/* What the figures rest on, as all renderers say it: runs, their commands, tracing, environment. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/render.h"

/* ---- runs ------------------------------------------------------------------------------------ */

static void write_number(FILE *out, size_t nr, const char *one)
{
	fprintf(out, "%zu %s%s", nr, one, nr == 1 ? "" : "s");
}

void report_write_runs_summary(FILE *out, const struct report *r)
{
	size_t unknown = 0;
	uint64_t hosts = 0;

	for (size_t i = 0; i < r->nr_runs; i++) {
		const struct report_run *run = &r->run[i];

		unknown += !run->environment.host_id && !run->header.hosts;
		hosts = report_sum(hosts, run->header.hosts);
	}
	write_number(out, r->nr_runs, "run");
	if (hosts)
		fprintf(out, ", %" PRIu64 " host%s merged, each an instance", hosts,
			hosts == 1 ? "" : "s");
	if (r->nr_machines) {
		fputs(", ", out);
		write_number(out, r->nr_machines, "machine");
	}
	if (unknown)
		fprintf(out, ", %zu of an unknown machine", unknown);
	if (r->nr_kernels > 1) {
		fputs(", ", out);
		write_number(out, r->nr_kernels, "kernel");
	}
	if (r->nr_builds > 1) {
		fputs(", ", out);
		write_number(out, r->nr_builds, "build");
	}
}

static void write_short(FILE *out, const char *label, const char *text, report_word *word)
{
	char part[9];

	if (!text)
		return;
	snprintf(part, sizeof(part), "%s", text);
	fputs(label, out);
	word(out, part);
}

static void write_text(FILE *out, const char *label, const char *text, report_word *word)
{
	fputs(label, out);
	word(out, text ? text : "not known");
}

void report_write_run(FILE *out, const struct report *r, size_t index, report_word *word)
{
	const struct report_run *run = &r->run[index];
	const struct record_header *h = &run->header;

	fprintf(out, "run %zu", index + 1);
	write_short(out, "  ", h->id, word);
	write_text(out, "  ", h->start, word);
	if (h->hosts)
		fprintf(out, "  %" PRIu64 " hosts", h->hosts);
	else
		write_short(out, "  host ", run->environment.host_id ?: "unknown", word);
	write_text(out, "  Linux ", run->environment.kernel, word);
	write_text(out, "  kt ", h->kt.version, word);
	if (r->nr_builds > 1) {
		write_short(out, "  build ", h->kt.build_id, word);
		write_short(out, "  suite ", h->suite.build_id, word);
	}
	if (h->kind == RECORD_BUILDS) {
		write_text(out, "  against ", h->against.name, word);
	} else if (h->kind == RECORD_SETTINGS) {
		write_text(out, "  A: ", h->toggle[0], word);
		write_text(out, "  B: ", h->toggle[1], word);
	}
	if (run->group != index)
		fprintf(out, ", pooled with run %zu", run->group + 1);
	if (run->copies > 1)
		fprintf(out, ", stands in the input %zu times and counts once", run->copies);
	if (!run->complete)
		fputs(", interrupted", out);
}

bool report_lists_runs(const struct report *r)
{
	return r->nr_runs > 1 || r->run[0].copies > 1 || r->run[0].header.hosts;
}

const char *report_tool(const struct report_run *run)
{
	return run->header.tool ? run->header.tool : "";
}

static bool is_option(const char *word, const char *shorter, const char *longer)
{
	return !strcmp(word, shorter) || !strcmp(word, longer);
}

/* Single events go into a file only: without one the command would be refused. */
static bool records_events(const json_t *command)
{
	const char *s;
	json_t *item;
	size_t i;

	json_array_foreach (command, i, item) {
		s = json_string_value(item);
		if (s && (!strcmp(s, "--stream") || !strncmp(s, "--flight", 8) ||
			  !strncmp(s, "--slower-than", 13)))
			return true;
	}
	return false;
}

void report_write_command(FILE *out, const struct report_run *run, report_word *word)
{
	bool seeded = false, skip = false, ours = true;
	bool events = records_events(run->header.command);
	json_t *item;
	size_t i;

	fputs("kt", out);
	json_array_foreach (run->header.command, i, item) {
		const char *s = json_string_value(item);

		/*
		 * Where kt was installed is the reader's own affair, and the file of that run is
		 * taken.
		 */
		if (!s || skip || (!i && strcmp(s, report_tool(run)))) {
			skip = false;
			continue;
		}
		ours &= !!strcmp(s, "--"); /* what follows is COMMAND's */
		skip = ours && is_option(s, "-o", "--output");
		if (skip ||
		    (ours && (!strncmp(s, "--output=", 9) || (!strncmp(s, "-o", 2) && s[2])))) {
			if (events)
				fputs(" -o again.jsonl", out);
			continue;
		}
		seeded |= is_option(s, "-s", "--seed") || !strncmp(s, "--seed=", 7);
		fputc(' ', out);
		word(out, s);
	}
	if (run->header.has_seed && !seeded)
		fprintf(out, " --seed %" PRIu64, run->header.seed);
}

/* ---- environment and tracing ----------------------------------------------------------------- */

const char *report_not_traced(const struct report_run *run)
{
	const char *reason = run->header.trace_reason;

	if (strcmp(report_tool(run), "bench") || run->header.traced)
		return NULL;
	return reason && *reason ? reason : "the run was not traced";
}

bool report_losses_missing(const struct report_run *run)
{
	return !run->tracing.known && !strcmp(report_tool(run), "trace");
}

const json_t *report_environment_at(const struct report_run *run, const char *path)
{
	const json_t *at = run->environment.all;
	char part[64];

	while (at && *path) {
		size_t n = strcspn(path, ".");

		snprintf(part, sizeof(part), "%.*s", (int)n, path);
		at = json_object_get(at, part);
		path += n + (path[n] == '.');
	}
	return json_is_null(at) ? NULL : at;
}

/* @to has room for all of @list. */
static void add_counts(struct record_count *to, size_t *nr, const struct record_count *list,
		       size_t nr_list)
{
	for (size_t i = 0; i < nr_list; i++) {
		size_t at = 0;

		while (at < *nr && strcmp(to[at].name, list[i].name))
			at++;
		if (at == *nr)
			to[(*nr)++] = list[i];
		else
			to[at].value = report_sum(to[at].value, list[i].value);
	}
}

struct report_tracing report_tracing_total(const struct report *r)
{
	struct report_tracing total = { 0 };
	size_t nr_losses = 0, nr_counters = 0;

	for (size_t i = 0; i < r->nr_runs; i++) {
		nr_losses += r->run[i].tracing.nr_losses;
		nr_counters += r->run[i].tracing.nr_counters;
	}
	total.loss = calloc(nr_losses + 1, sizeof(*total.loss));
	total.counter = calloc(nr_counters + 1, sizeof(*total.counter));
	if (!total.loss || !total.counter)
		return total;
	for (size_t i = 0; i < r->nr_runs; i++) {
		const struct report_tracing *t = &r->run[i].tracing;

		total.known |= t->known;
		total.has_bpf_ns |= t->has_bpf_ns;
		total.events = report_sum(total.events, t->events);
		total.cpu_ns = report_sum(total.cpu_ns, t->cpu_ns);
		total.bpf_ns = report_sum(total.bpf_ns, t->bpf_ns);
		add_counts(total.loss, &total.nr_losses, t->loss, t->nr_losses);
		add_counts(total.counter, &total.nr_counters, t->counter, t->nr_counters);
	}
	return total;
}
