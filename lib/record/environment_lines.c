// SPDX-License-Identifier: GPL-2.0-only
/* An environment for people: what belongs together in one line. */
#include "lib/record/environment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* "{path}" is what the environment has there, "{path|how}" the same in a unit that people read. */
static const struct line {
	const char *label, *template;
} lines[] = {
	{ "host", "{host_id}, boot {boot_id}" },
	{ "kernel", "Linux {kernel.release} {kernel.machine}, preemption {kernel.preempt}, HZ "
		    "{kernel.config|hz}" },
	{ "boot options", "{kernel.cmdline}" },
	{ "distribution", "{distribution}" },
	{ "CPU", "{cpu.model}, microcode {cpu.microcode}, virtual: {cpu.hypervisor}" },
	{ "CPUs",
	  "online {cpu.online}, allowed {cpu.allowed}, isolated {cpu.isolated}, without tick "
	  "{cpu.nohz_full}" },
	{ "topology",
	  "packages {cpu.packages}, cores {cpu.cores}, NUMA nodes {cpu.numa_nodes}, SMT "
	  "{cpu.smt}" },
	{ "frequency",
	  "{frequency.driver}, governor {frequency.governor}, {frequency.min_khz|khz} to "
	  "{frequency.max_khz|khz}, turbo {frequency.turbo}" },
	{ "idle", "{frequency.idle_driver}, governor {frequency.idle_governor}, states "
		  "{frequency.idle_states}, at most {frequency.idle_latency_us} us to wake" },
	{ "clock",
	  "{clock.source}, {clock.read_ns} ns a read, steps of {clock.step_ns} ns; available: "
	  "{clock.available}" },
	{ "mitigations", "{mitigations|vulnerable}" },
	{ "memory", "huge pages {transparent_hugepage|chosen}, KSM {settings.ksm}, NUMA balancing "
		    "{settings.numa_balancing}" },
	{ "scheduler",
	  "autogroups {settings.autogroup}, real time {settings.rt_runtime_us} us of each "
	  "second, sched_ext {settings.sched_ext}" },
	{ "watched by", "BPF programs {watched.bpf_programs}, tracer {watched.tracer}, "
			"trace events {watched.events}, NMI watchdog {settings.nmi_watchdog}" },
	{ "process", "policy {process.policy}, nice {process.nice}, timer slack "
		     "{process.timer_slack_ns} ns, root: {process.root}" },
	{ "limits",
	  "CPU quota {process.cpu_quota}, rtprio {process.rtprio_limit}, memlock {process.memlock_limit}" },
	{ "load", "{load.average}, steal since boot {load.steal|share}, throttled "
		  "since boot: {load.throttled}" },
	{ "pressure",
	  "CPU {load.psi_cpu|psi}, memory {load.psi_memory|psi}, disk {load.psi_io|psi}" },
	{ "kt", "{build.version}, {build.compiler} {build.flags}, libc {build.libc}" },
	{ "variables", "{variables}" },
};

#define NR_LINES (sizeof(lines) / sizeof(lines[0]))
_Static_assert(NR_LINES <= ENVIRONMENT_MAX_LINES, "room for all lines");

/* ---- values ---------------------------------------------------------------------------------- */

static const char hidden[] = "not shown";

static void write_value(FILE *out, const json_t *v);

static void write_list(FILE *out, const json_t *v)
{
	const json_t *item;
	size_t i;

	if (!json_array_size(v))
		fputs("none", out);
	json_array_foreach (v, i, item) {
		fputs(i ? ", " : "", out);
		write_value(out, item);
	}
}

static void write_pairs(FILE *out, const json_t *v)
{
	const char *key, *between = "";
	json_t *item;

	if (!json_object_size(v))
		fputs("none set", out);
	json_object_foreach ((json_t *)v, key, item) {
		fprintf(out, "%s%s=", between, key);
		write_value(out, item);
		between = " ";
	}
}

static void write_value(FILE *out, const json_t *v)
{
	if (json_is_string(v))
		fputs(*json_string_value(v) ? json_string_value(v) : "none", out);
	else if (json_is_integer(v))
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (json_is_real(v))
		fprintf(out, "%.3g", json_real_value(v));
	else if (json_is_boolean(v))
		fputs(json_is_true(v) ? "yes" : "no", out);
	else if (json_is_array(v))
		write_list(out, v);
	else if (json_is_object(v))
		write_pairs(out, v);
	else
		fputs(hidden, out);
}

static void write_khz(FILE *out, const json_t *v)
{
	const char *text = json_string_value(v);

	fprintf(out, "%.2f GHz", text ? atof(text) / 1e6 : 0);
}

/* Of the options with which the kernel was built. */
static void write_hz(FILE *out, const json_t *v)
{
	const json_t *option;
	const char *hz = hidden;
	size_t i;

	json_array_foreach (v, i, option)
		if (!strncmp(json_string_value(option) ?: "", "HZ=", 3))
			hz = json_string_value(option) + 3;
	fputs(hz, out);
}

/* "always [madvise] never" */
static void write_chosen(FILE *out, const json_t *v)
{
	const char *text = json_string_value(v), *at = text ? strchr(text, '[') : NULL;

	if (at)
		fprintf(out, "%.*s", (int)strcspn(at + 1, "]"), at + 1);
	else
		write_value(out, v);
}

static void write_share(FILE *out, const json_t *v)
{
	fprintf(out, "%.1f %%", 100 * json_number_value(v));
}

/* The share of the last ten seconds: "some avg10=44.41 avg60=..." */
static void write_psi(FILE *out, const json_t *v)
{
	const char *text = json_string_value(v), *at = text ? strstr(text, "avg10=") : NULL;

	if (at)
		fprintf(out, "%.*s %%", (int)strcspn(at + 6, " "), at + 6);
	else
		fputs(hidden, out);
}

/* Most are not affected, or mitigated; what is left is of interest. */
static void write_vulnerable(FILE *out, const json_t *v)
{
	const char *key, *between = ": vulnerable to ";
	json_t *item;

	fprintf(out, "%zu known", json_object_size(v));
	json_object_foreach ((json_t *)v, key, item) {
		const char *state = json_string_value(item);

		if (!state || strncmp(state, "Vulnerable", 10))
			continue;
		fprintf(out, "%s%s", between, key);
		between = ", ";
	}
	if (*between == ':')
		fputs(": vulnerable to none of them", out);
}

static const struct unit {
	const char *name;
	void (*write)(FILE *out, const json_t *v);
} units[] = {
	{ "hz", write_hz },	  { "khz", write_khz }, { "chosen", write_chosen },
	{ "share", write_share }, { "psi", write_psi }, { "vulnerable", write_vulnerable },
};

/* ---- lines ----------------------------------------------------------------------------------- */

static const json_t *at_path(const json_t *at, const char *path)
{
	char part[64];

	while (at && *path) {
		size_t n = strcspn(path, ".");

		snprintf(part, sizeof(part), "%.*s", (int)n, path);
		at = json_object_get(at, part);
		path += n + (path[n] == '.');
	}
	return at;
}

/* What stands between the braces. Return: whether there is such a value. */
static bool write_field(FILE *out, const json_t *environment, const char *field, size_t length)
{
	char path[96], *how;
	const json_t *v;

	snprintf(path, sizeof(path), "%.*s", (int)length, field);
	how = strchr(path, '|');
	if (how)
		*how++ = '\0';
	v = at_path(environment, path);
	if (!v || json_is_null(v)) {
		fputs(hidden, out);
		return false;
	}
	for (size_t i = 0; how && i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(how, units[i].name))
			units[i].write(out, v);
	if (!how)
		write_value(out, v);
	return true;
}

/* Where nothing of it is shown the line says so once. */
static char *fill(const json_t *environment, const char *template)
{
	bool any = false;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	for (const char *at = template; *at;) {
		size_t n = strcspn(at, "{");

		fwrite(at, 1, n, out);
		at += n;
		if (*at) {
			n = strcspn(++at, "}");
			any |= write_field(out, environment, at, n);
			at += n + 1;
		}
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	if (any)
		return text;
	free(text);
	return strdup(hidden);
}

int environment_lines(const json_t *environment, const char *host,
		      struct environment_line line[ENVIRONMENT_MAX_LINES])
{
	for (size_t i = 0; i < NR_LINES; i++) {
		const char *template = lines[i].template;

		line[i].label = lines[i].label;
		line[i].text = host && !i ? strdup(host) : fill(environment, template);
		if (line[i].text)
			continue;
		while (i--)
			free(line[i].text);
		return -ENOMEM;
	}
	return (int)NR_LINES;
}
