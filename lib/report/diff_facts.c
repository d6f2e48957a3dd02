// SPDX-License-Identifier: GPL-2.0-only
/*
 * In what the runs differ apart from their figures: whatever their environments and headers say,
 * also what this version has no name for. What is another one in each run (times, load, seeds) is
 * left out.
 */
#include "lib/report/diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/build.h"

#define MAX_FACTS	   512
#define MAX_VALUES_OF_FACT 16
#define MAX_KEY		   160
#define MAX_TEXT	   4096

/* In the order in which they are shown; the others follow under their own keys. */
static const struct {
	const char *key, *name;
} known[] = {
	{ "host_id", "host" },
	{ "boot_id", "boot" },
	{ "kernel.release", "kernel" },
	{ "kernel.version", "kernel build" },
	{ "kernel.machine", "architecture" },
	{ "kernel.preempt", "preemption" },
	{ "kernel.cmdline", "kernel options" },
	{ "kernel.cmdline_hash", "kernel command line (hash)" },
	{ "distribution", "distribution" },
	{ "cpu.model", "CPU model" },
	{ "cpu.microcode", "microcode" },
	{ "cpu.online", "CPUs online" },
	{ "cpu.allowed", "CPUs allowed" },
	{ "cpu.isolated", "isolated CPUs" },
	{ "cpu.nohz_full", "CPUs without ticks" },
	{ "cpu.packages", "packages" },
	{ "cpu.cores", "cores" },
	{ "cpu.numa_nodes", "NUMA nodes" },
	{ "cpu.smt", "SMT" },
	{ "cpu.hypervisor", "virtual machine" },
	{ "frequency.driver", "frequency driver" },
	{ "frequency.governor", "governor" },
	{ "frequency.min_khz", "lowest frequency, kHz" },
	{ "frequency.max_khz", "highest frequency, kHz" },
	{ "frequency.turbo", "turbo" },
	{ "frequency.idle_driver", "idle driver" },
	{ "frequency.idle_governor", "idle governor" },
	{ "clock.source", "clock source" },
	{ "transparent_hugepage", "transparent huge pages" },
	{ "settings.ksm", "merging of equal pages" },
	{ "settings.numa_balancing", "NUMA balancing" },
	{ "settings.nmi_watchdog", "NMI watchdog" },
	{ "watched.bpf_programs", "BPF programs of others" },
	{ "watched.tracer", "tracer in tracefs" },
	{ "watched.events", "trace events in tracefs" },
	{ "process.policy", "scheduling policy" },
	{ "process.nice", "nice" },
	{ "process.timer_slack_ns", "timer slack, ns" },
	{ "process.cpu_quota", "CPU quota" },
	{ "process.root", "as root" },
	{ "build.libc", "libc" },
	{ "header.version", "kt" },
	{ "header.build_id", "build of kt" },
	{ "header.compiler", "compiler of kt" },
	{ "header.flags", "flags of kt" },
	{ "header.suite.name", "suite" },
	{ "header.suite.version", "version of the suite" },
	{ "header.suite.build_id", "build of the suite" },
	{ "header.suite.compiler", "compiler of the suite" },
	{ "header.suite.flags", "flags of the suite" },
	{ "header.traced", "traced" },
	{ "header.command", "command" },
};

#define NR_KNOWN (sizeof(known) / sizeof(known[0]))

/* Another one in each run, or said by another one. */
static const char *const left_out[] = {
	"type",		 "load",	   "warnings",	  "clock.step_ns",  "clock.read_ns",
	"build.version", "build.compiler", "build.flags", "cpu.nr_allowed",
};

static bool is_left_out(const char *key)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		if (!strcmp(key, left_out[i]))
			return true;
	return false;
}

/* ---- one value ------------------------------------------------------------------------------- */

static struct diff_fact *add_fact(struct diff *d, const char *key, const char *name)
{
	struct diff_fact f = { .key = report_keep(d->store, key) };

	f.name = name ? name : f.key;
	if (!f.key || !build_grow((void **)&d->fact, d->nr_facts, &d->room_facts, sizeof(f)))
		return NULL;
	d->fact[d->nr_facts] = f;
	return &d->fact[d->nr_facts++];
}

static int add_text(struct diff *d, struct diff_fact *f, enum diff_side s, const char *text,
		    size_t runs)
{
	struct diff_text t = { .runs = runs };

	for (size_t i = 0; i < f->nr[s]; i++) {
		if (strcmp(f->value[s][i].text, text))
			continue;
		f->value[s][i].runs += runs;
		return 0;
	}
	/* As many as that are one: the list is for people. */
	if (f->nr[s] == MAX_VALUES_OF_FACT) {
		f->value[s][MAX_VALUES_OF_FACT - 1].text = "others";
		f->value[s][MAX_VALUES_OF_FACT - 1].runs += runs;
		return 0;
	}
	t.text = report_keep(d->store, text);
	if (!t.text || !build_grow((void **)&f->value[s], f->nr[s], &f->room[s], sizeof(t)))
		return -ENOMEM;
	f->value[s][f->nr[s]++] = t;
	return 0;
}

static int add(struct diff *d, const struct diff_run *run, const char *key, const char *text)
{
	for (size_t i = 0; i < d->nr_facts; i++)
		if (!strcmp(d->fact[i].key, key))
			return add_text(d, &d->fact[i], run->side, text, 1);
	if (d->nr_facts == MAX_FACTS) {
		d->more_facts++;
		return 0;
	}
	if (!add_fact(d, key, NULL))
		return -ENOMEM;
	return add_text(d, &d->fact[d->nr_facts - 1], run->side, text, 1);
}

/* ---- environments ---------------------------------------------------------------------------- */

/* false: not a value of one piece */
static bool scalar_text(const json_t *j, char *text, size_t size)
{
	if (json_is_string(j))
		snprintf(text, size, "%s", json_string_value(j));
	else if (json_is_integer(j))
		snprintf(text, size, "%" JSON_INTEGER_FORMAT, json_integer_value(j));
	else if (json_is_real(j))
		snprintf(text, size, "%g", json_real_value(j));
	else if (json_is_boolean(j))
		snprintf(text, size, "%s", json_is_true(j) ? "yes" : "no");
	else
		return false;
	return true;
}

static void list_text(const json_t *j, char *text, size_t size)
{
	size_t i, used = 0;
	json_t *item;

	*text = '\0';
	json_array_foreach (j, i, item) {
		char one[MAX_TEXT];

		if (used < size && scalar_text(item, one, sizeof(one)))
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "",
						 one);
	}
}

/* As deep as build_take_environment() takes it. Null is as if it were not there. */
static int add_object(struct diff *d, const struct diff_run *run, const char *before,
		      const json_t *object)
{
	const char *key;
	json_t *value;
	int ret = 0;

	json_object_foreach ((json_t *)object, key, value) {
		char path[MAX_KEY], text[MAX_TEXT];

		snprintf(path, sizeof(path), "%s%s%s", before, *before ? "." : "", key);
		if (ret || is_left_out(path))
			continue;
		if (json_is_object(value)) {
			ret = add_object(d, run, path, value);
			continue;
		}
		if (json_is_array(value))
			list_text(value, text, sizeof(text));
		else if (!scalar_text(value, text, sizeof(text)))
			continue;
		ret = add(d, run, path, text);
	}
	return ret;
}

/* ---- headers --------------------------------------------------------------------------------- */

static int add_said(struct diff *d, const struct diff_run *run, const char *key, const char *text)
{
	return text ? add(d, run, key, text) : 0;
}

static int add_build(struct diff *d, const struct diff_run *run, const char *what,
		     const struct record_build *b)
{
	const char *const text[] = { b->version, b->build_id, b->compiler, b->flags };
	static const char *const part[] = { "version", "build_id", "compiler", "flags" };
	int ret = 0;

	for (size_t i = 0; !ret && i < sizeof(part) / sizeof(part[0]); i++) {
		char key[64];

		snprintf(key, sizeof(key), "header.%s%s", what, part[i]);
		ret = add_said(d, run, key, text[i]);
	}
	return ret;
}

static bool takes_value(const char *word, const char *shorter, const char *longer, bool *next)
{
	size_t length = strlen(longer);

	*next = !strcmp(word, shorter) || !strcmp(word, longer);
	return *next || (!strncmp(word, longer, length) && word[length] == '=');
}

/* Without the file and the seed, which are another one in each run. */
static int add_command(struct diff *d, const struct diff_run *run)
{
	char *text = NULL;
	size_t length, i;
	bool skip = false;
	json_t *item;
	FILE *out;
	int ret;

	if (!run->header.command)
		return 0;
	out = open_memstream(&text, &length);
	if (!out)
		return -ENOMEM;
	fputs("kt", out);
	json_array_foreach (run->header.command, i, item) {
		const char *s = json_string_value(item);

		if (!s || !i || skip) {
			skip = false;
			continue;
		}
		if (takes_value(s, "-o", "--output", &skip) ||
		    takes_value(s, "--seed", "--seed", &skip))
			continue;
		fprintf(out, " %s", s);
	}
	ret = fclose(out) ? -ENOMEM : add(d, run, "header.command", text);
	free(text);
	return ret;
}

static int add_header(struct diff *d, const struct diff_run *run)
{
	const struct record_header *h = &run->header;
	int ret = add_build(d, run, "", &h->kt);

	if (!ret)
		ret = add_said(d, run, "header.suite.name", h->suite_name);
	if (!ret)
		ret = add_build(d, run, "suite.", &h->suite);
	if (!ret)
		ret = add(d, run, "header.traced", h->traced ? "yes" : "no");
	return ret ? ret : add_command(d, run);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static size_t runs_that_say(const struct diff_fact *f, enum diff_side s)
{
	size_t nr = 0;

	for (size_t i = 0; i < f->nr[s]; i++)
		nr += f->value[s][i].runs;
	return nr;
}

/* A variable that is not there is not set; anything else was not recorded, or not shown. */
static int add_unknown(struct diff *d, struct diff_fact *f)
{
	const char *text = strncmp(f->key, "variables.", 10) ? "unknown" : "not set";
	int ret = 0;

	for (int s = 0; !ret && s < NR_DIFF_SIDES; s++) {
		size_t said = runs_that_say(f, (enum diff_side)s);

		if (said < d->nr[s])
			ret = add_text(d, f, (enum diff_side)s, text, d->nr[s] - said);
	}
	return ret;
}

static bool has_text(const struct diff_fact *f, enum diff_side s, const char *text)
{
	for (size_t i = 0; i < f->nr[s]; i++)
		if (!strcmp(f->value[s][i].text, text))
			return true;
	return false;
}

/* The same values on both sides, however many runs have which, are nothing between them. */
static bool differs(const struct diff_fact *f)
{
	if (f->nr[DIFF_BASE] != f->nr[DIFF_NEW])
		return true;
	for (size_t i = 0; i < f->nr[DIFF_BASE]; i++)
		if (!has_text(f, DIFF_NEW, f->value[DIFF_BASE][i].text))
			return true;
	return false;
}

/* What is the same everywhere, or was never said, is nothing to show. */
static void keep_differing(struct diff *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->nr_facts; i++) {
		struct diff_fact *f = &d->fact[i];

		f->between = differs(f);
		if (f->between || f->nr[DIFF_BASE] > 1) {
			d->fact[kept++] = *f;
			continue;
		}
		for (int s = 0; s < NR_DIFF_SIDES; s++)
			free(f->value[s]);
	}
	d->nr_facts = kept;
}

int diff_compare_facts(struct diff *d)
{
	int ret = 0;

	for (size_t i = 0; i < NR_KNOWN; i++)
		if (!add_fact(d, known[i].key, known[i].name))
			return -ENOMEM;
	for (size_t i = 0; !ret && i < d->nr_runs; i++) {
		const struct diff_run *run = &d->run[i];

		if (run->left_out)
			continue;
		ret = add_header(d, run);
		if (!ret && run->environment.all)
			ret = add_object(d, run, "", run->environment.all);
	}
	for (size_t i = 0; !ret && i < d->nr_facts; i++)
		ret = add_unknown(d, &d->fact[i]);
	if (!ret)
		keep_differing(d);
	return ret;
}
