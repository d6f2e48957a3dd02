// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a reader must know to judge figures from a machine he has not seen. Everything here is
 * readable without privilege; what the machine does not have, or does not show, is null. Nothing
 * that names the owner is recorded: the host name only as a hash, of the kernel command line only
 * the options that change timing.
 */
#include "lib/record/record.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <gnu/libc-version.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "lib/record/build.h"
#include "lib/record/doctor.h"
#include "lib/record/types.h"

#define CPU_DIR "/sys/devices/system/cpu/"

/* First line of @path without blanks at its end; false when it cannot be read or is empty. */
static bool read_line(const char *path, char *text, size_t size)
{
	FILE *in = fopen(path, "re");
	bool got = in && fgets(text, (int)size, in);
	size_t n;

	if (in)
		fclose(in);
	if (!got)
		return false;
	for (n = strlen(text); n && isspace((unsigned char)text[n - 1]);)
		text[--n] = '\0';
	return n > 0;
}

static json_t *file_text(const char *path)
{
	char text[1024];

	return read_line(path, text, sizeof(text)) ? record_string(text) : json_null();
}

/* Value of "key : value" or key=value lines; the first match. */
static bool find_value(const char *path, const char *key, char separator, char *value, size_t size)
{
	FILE *in = fopen(path, "re");
	char line[4096];
	bool found = false;

	while (in && !found && fgets(line, sizeof(line), in)) {
		char *at = strchr(line, separator), *end;

		if (!at || strncmp(line, key, strlen(key)))
			continue;
		end = line + strlen(key);
		while (isspace((unsigned char)*end))
			end++;
		if (end != at)
			continue;
		for (at++; isspace((unsigned char)*at) || *at == '"';)
			at++;
		for (end = at + strlen(at);
		     end > at && (isspace((unsigned char)end[-1]) || end[-1] == '"');)
			*--end = '\0';
		snprintf(value, size, "%s", at);
		found = true;
	}
	if (in)
		fclose(in);
	return found;
}

static json_t *value_text(const char *path, const char *key, char separator)
{
	char value[512];

	return find_value(path, key, separator, value, sizeof(value)) ? record_string(value)
								      : json_null();
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

/* FNV-1a: short and stable; meant to tell hosts apart, not to withstand a search. */
static void hash_text(uint64_t *hash, const char *s)
{
	for (; *s; s++)
		*hash = (*hash ^ (unsigned char)*s) * 0x100000001b3ULL;
}

#define HASH_START 0xcbf29ce484222325ULL

static json_t *hash_json(uint64_t hash)
{
	return json_sprintf("%016llx", (unsigned long long)hash);
}

/* With the machine id, so that a host name cannot be found by trying names. */
static json_t *host_id(const char *nodename)
{
	uint64_t hash = HASH_START;
	char id[128];

	hash_text(&hash, nodename);
	if (read_line("/etc/machine-id", id, sizeof(id)))
		hash_text(&hash, id);
	return hash_json(hash);
}

/* Runs of one boot have the same one, and no others. */
static json_t *boot_id(void)
{
	uint64_t hash = HASH_START;
	char id[64];

	if (!read_line("/proc/sys/kernel/random/boot_id", id, sizeof(id)))
		return json_null();
	hash_text(&hash, id);
	return hash_json(hash);
}

/* Options that change timing. The rest may hold secrets and addresses: hashed only. */
static bool cmdline_option_matters(const char *option)
{
	static const char *const known[] = {
		"clocksource",
		"cpuidle",
		"idle",
		"intel_idle",
		"intel_pstate",
		"amd_pstate",
		"isolcpus",
		"kvm",
		"maxcpus",
		"mitigations",
		"nmi_watchdog",
		"nohz",
		"nohz_full",
		"nosmt",
		"nosoftlockup",
		"nospectre_v1",
		"nospectre_v2",
		"nowatchdog",
		"nr_cpus",
		"preempt",
		"processor",
		"psi",
		"rcu_nocbs",
		"rcutree",
		"sched_verbose",
		"skew_tick",
		"spectre_v2",
		"threadirqs",
		"transparent_hugepage",
		"tsc",
	};
	size_t length = strcspn(option, "=.");

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i]) == length && !strncmp(known[i], option, length))
			return true;
	return false;
}

static json_t *kernel_json(const struct utsname *u)
{
	json_t *options = json_array(), *preempt;
	uint64_t hash = HASH_START;
	char line[4096], *save = NULL;
	char text[128];

	if (read_line("/proc/cmdline", line, sizeof(line))) {
		hash_text(&hash, line);
		for (char *o = strtok_r(line, " ", &save); o && strcmp(o, "--");
		     o = strtok_r(NULL, " ", &save))
			if (cmdline_option_matters(o))
				json_array_append_new(options, record_string(o));
	}
	if (read_line("/sys/kernel/debug/sched/preempt", text, sizeof(text)))
		preempt = record_string(text);
	else
		preempt = json_string(strstr(u->version, "PREEMPT_RT")	      ? "rt"
				      : strstr(u->version, "PREEMPT_DYNAMIC") ? "dynamic"
				      : strstr(u->version, "PREEMPT")	      ? "full"
								      : "none or voluntary");
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "release", record_string(u->release),
			 "version", record_string(u->version), "machine", record_string(u->machine),
			 "preempt", preempt, "cmdline", options, "cmdline_hash", hash_json(hash));
}

static size_t count_paths(const char *pattern)
{
	glob_t found;
	size_t nr = glob(pattern, 0, NULL, &found) ? 0 : found.gl_pathc;

	globfree(&found);
	return nr;
}

/*
 * Different values of one topology file over all CPUs: packages, or cores when joined with the
 * package.
 */
static size_t count_cores(bool packages)
{
	uint32_t seen[4096];
	size_t nr = 0, i;

	for (int cpu = 0; cpu < 4096; cpu++) {
		char path[96], package[32] = "", core[32] = "";
		uint32_t key;

		snprintf(path, sizeof(path), CPU_DIR "cpu%d/topology/physical_package_id", cpu);
		if (!read_line(path, package, sizeof(package)))
			continue;
		snprintf(path, sizeof(path), CPU_DIR "cpu%d/topology/core_id", cpu);
		read_line(path, core, sizeof(core));
		key = (uint32_t)atoi(package) << 16 |
		      (packages ? 0 : (uint32_t)atoi(core) & 0xffff);
		for (i = 0; i < nr && seen[i] != key;)
			i++;
		if (i == nr && nr < 4096)
			seen[nr++] = key;
	}
	return nr;
}

static size_t count_allowed(void)
{
	cpu_set_t *set = CPU_ALLOC(65536);
	size_t size = CPU_ALLOC_SIZE(65536), nr = 0;

	if (set && !sched_getaffinity(0, size, set))
		nr = (size_t)CPU_COUNT_S(size, set);
	CPU_FREE(set);
	return nr;
}

static json_t *cpu_json(void)
{
	char flags[4096];
	json_t *hypervisor = json_null();

	if (find_value("/proc/cpuinfo", "flags", ':', flags, sizeof(flags)))
		hypervisor = json_boolean(strstr(flags, " hypervisor") != NULL);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:o}", "model",
			 value_text("/proc/cpuinfo", "model name", ':'), "microcode",
			 value_text("/proc/cpuinfo", "microcode", ':'), "online",
			 file_text(CPU_DIR "online"), "allowed",
			 value_text("/proc/self/status", "Cpus_allowed_list", ':'), "isolated",
			 file_text(CPU_DIR "isolated"), "nohz_full", file_text(CPU_DIR "nohz_full"),
			 "nr_allowed", (json_int_t)count_allowed(), "packages",
			 (json_int_t)count_cores(true), "cores", (json_int_t)count_cores(false),
			 "numa_nodes",
			 (json_int_t)count_paths("/sys/devices/system/node/node[0-9]*"), "smt",
			 file_text(CPU_DIR "smt/control"), "hypervisor", hypervisor);
}

static json_t *turbo_json(void)
{
	char text[16];

	if (read_line(CPU_DIR "intel_pstate/no_turbo", text, sizeof(text)))
		return json_boolean(text[0] == '0');
	if (read_line(CPU_DIR "cpufreq/boost", text, sizeof(text)))
		return json_boolean(text[0] == '1');
	return json_null();
}

static json_t *frequency_json(void)
{
	const char *dir = CPU_DIR "cpu0/cpufreq/";
	char path[4][96];
	const char *const name[] = { "scaling_driver", "scaling_governor", "scaling_min_freq",
				     "scaling_max_freq" };

	for (int i = 0; i < 4; i++)
		snprintf(path[i], sizeof(path[i]), "%s%s", dir, name[i]);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "driver", file_text(path[0]),
			 "governor", file_text(path[1]), "min_khz", file_text(path[2]), "max_khz",
			 file_text(path[3]), "turbo", turbo_json(), "idle_driver",
			 file_text(CPU_DIR "cpuidle/current_driver"), "idle_governor",
			 file_text(CPU_DIR "cpuidle/current_governor"));
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Cheapest of a few batches, so that being scheduled away does not count. Takes about 2 ms. */
static json_t *clock_json(void)
{
	uint64_t step = UINT64_MAX, read_ps = UINT64_MAX;

	for (int batch = 0; batch < 20; batch++) {
		uint64_t begin = now_ns(), last = begin, now = begin;

		for (int i = 0; i < 1000; i++) {
			now = now_ns();
			if (now != last && now - last < step)
				step = now - last;
			last = now;
		}
		if ((now - begin) < read_ps)
			read_ps = now - begin; /* ns for 1000 reads: ps for one */
	}
	return json_pack(
		"{s:o, s:o, s:f, s:o}", "source",
		file_text("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
		"step_ns", step == UINT64_MAX ? json_null() : json_integer((json_int_t)step),
		"read_ns", (double)read_ps / 1000, "available",
		file_text("/sys/devices/system/clocksource/clocksource0/available_clocksource"));
}

static json_t *mitigations_json(void)
{
	json_t *all = json_object();
	glob_t found;

	if (!glob(CPU_DIR "vulnerabilities/*", 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++)
			json_object_set_new(all, strrchr(found.gl_pathv[i], '/') + 1,
					    file_text(found.gl_pathv[i]));
	globfree(&found);
	return all;
}

/*
 * The nearest CPU quota from this process's cgroup upwards (v2), as "quota period"; null: no limit
 * seen.
 */
static json_t *cpu_quota_json(void)
{
	FILE *in = fopen("/proc/self/cgroup", "re");
	char line[1024], path[1200], text[64];
	json_t *quota = NULL;

	while (in && !quota && fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::/", 4))
			continue;
		for (char *end = line + strlen(line); !quota && end && end >= line + 3;) {
			*end = '\0';
			snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cpu.max", line + 3);
			if (read_line(path, text, sizeof(text)) && strncmp(text, "max", 3))
				quota = record_string(text);
			end = strrchr(line + 3, '/');
		}
	}
	if (in)
		fclose(in);
	if (!quota && read_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", text, sizeof(text)) &&
	    text[0] != '-')
		quota = record_string(text);
	return quota ? quota : json_null();
}

static json_t *limit_json(int resource)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit))
		return json_null();
	return limit.rlim_cur == RLIM_INFINITY ? json_string("unlimited")
					       : json_integer((json_int_t)limit.rlim_cur);
}

static json_t *process_json(void)
{
	static const char *const policy[] = { "other", "fifo", "rr",	   "batch",
					      "iso",   "idle", "deadline", "ext" };
	int p = sched_getscheduler(0) & 0xff, slack = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);

	return json_pack("{s:s, s:i, s:o, s:o, s:o, s:o, s:b}", "policy",
			 (size_t)p < sizeof(policy) / sizeof(policy[0]) ? policy[p] : "unknown",
			 "nice", getpriority(PRIO_PROCESS, 0), "timer_slack_ns",
			 slack >= 0 ? json_integer(slack) : json_null(), "rtprio_limit",
			 limit_json(RLIMIT_RTPRIO), "memlock_limit", limit_json(RLIMIT_MEMLOCK),
			 "cpu_quota", cpu_quota_json(), "root", geteuid() == 0);
}

static json_t *load_json(void)
{
	double load[3];

	return json_pack("{s:o, s:o}", "average",
			 getloadavg(load, 3) == 3 ? json_pack("[f,f,f]", load[0], load[1], load[2])
						  : json_null(),
			 "psi_cpu", file_text("/proc/pressure/cpu"));
}

static json_t *build_json(void)
{
	struct record_build b;

	record_build_self(&b);
	return json_pack("{s:s, s:s, s:s, s:s}", "version", b.version, "compiler", b.compiler,
			 "flags", b.flags, "libc", gnu_get_libc_version());
}

/* Variables that change how the arms run. */
static json_t *variables_json(void)
{
	static const char *const names[] = { "GLIBC_TUNABLES",	"LD_PRELOAD",
					     "LD_BIND_NOW",	"MALLOC_ARENA_MAX",
					     "OMP_NUM_THREADS", "UV_THREADPOOL_SIZE",
					     "UV_USE_IO_URING" };
	json_t *set = json_object();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (getenv(names[i]))
			json_object_set_new(set, names[i], record_string(getenv(names[i])));
	return set;
}

static void warn(json_t *warnings, json_t *text, const char *fix)
{
	json_array_append_new(warnings, json_pack("{s:o, s:s}", "text", text, "fix", fix));
}

/* What makes figures from this machine harder to trust, each with what would change it. */
static json_t *warnings_json(const json_t *cpu, const json_t *frequency, const json_t *clock,
			     const json_t *process, const json_t *load)
{
	json_t *w = json_array(), *turbo = json_object_get(frequency, "turbo");
	json_int_t cpus = json_integer_value(json_object_get(cpu, "nr_allowed"));
	double average = json_real_value(json_array_get(json_object_get(load, "average"), 0));
	const char *governor = text_of(frequency, "governor"), *source = text_of(clock, "source");

	if (*governor && strcmp(governor, "performance"))
		warn(w, json_sprintf("the frequency governor is %s", governor),
		     "cpupower frequency-set -g performance");
	if (json_is_true(turbo))
		warn(w,
		     json_string(
			     "turbo is on: the clock rate depends on temperature and neighbours"),
		     access(CPU_DIR "intel_pstate/no_turbo", F_OK)
			     ? "echo 0 > " CPU_DIR "cpufreq/boost"
			     : "echo 1 > " CPU_DIR "intel_pstate/no_turbo");
	if (!strcmp(text_of(cpu, "smt"), "on"))
		warn(w, json_string("SMT is on: sibling CPUs share a core"),
		     "echo off > " CPU_DIR "smt/control");
	if (strstr(text_of(clock, "available"), "tsc") && strcmp(source, "tsc"))
		warn(w, json_sprintf("the clock source is %s, slow to read", source),
		     "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource");
	if (json_is_true(json_object_get(cpu, "hypervisor")))
		warn(w,
		     json_string(
			     "a virtual machine: other guests take CPU time, and wake-ups go through the hypervisor"),
		     "measure on bare metal for absolute figures; ratios hold");
	if (json_is_string(json_object_get(process, "cpu_quota")))
		warn(w,
		     json_sprintf("a CPU quota throttles this process (%s)",
				  text_of(process, "cpu_quota")),
		     "echo max > cpu.max in the control group");
	if (cpus == 1)
		warn(w, json_string("only one CPU is allowed: questions across CPUs are skipped"),
		     "taskset -pc 0-$(($(nproc --all)-1)) $$");
	if (cpus > 0 && average > 0.5 * (double)cpus)
		warn(w,
		     json_sprintf("load average %.1f on %d CPUs before the run", average,
				  (int)cpus),
		     "ps -eo pcpu,pid,comm --sort=-pcpu | head");
#ifndef __OPTIMIZE__
	warn(w, json_string("kt was built without optimisation"), "make CFLAGS='-O2 -g'");
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	warn(w, json_string("kt was built with a sanitizer"), "make clean, then make");
#endif
	return w;
}

static json_t *environment_json(void)
{
	json_t *cpu = cpu_json(), *frequency = frequency_json(), *clock = clock_json();
	json_t *process = process_json(), *load = load_json();
	json_t *warnings = warnings_json(cpu, frequency, clock, process, load);
	struct utsname u;

	if (uname(&u))
		memset(&u, 0, sizeof(u));
	return json_pack(
		"{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"type", "environment", "host_id", host_id(u.nodename), "boot_id", boot_id(),
		"kernel", kernel_json(&u), "distribution",
		value_text("/etc/os-release", "PRETTY_NAME", '='), "cpu", cpu, "frequency",
		frequency, "clock", clock, "mitigations", mitigations_json(),
		"transparent_hugepage", file_text("/sys/kernel/mm/transparent_hugepage/enabled"),
		"process", process, "load", load, "build", build_json(), "variables",
		variables_json(), "warnings", warnings);
}

int record_write_environment(struct record_writer *w)
{
	return record_write(w, environment_json());
}

void record_machine_now(struct record_machine *m)
{
	json_t *cpu = cpu_json(), *host;
	struct utsname u;

	if (uname(&u))
		memset(&u, 0, sizeof(u));
	host = host_id(u.nodename);
	snprintf(m->host_id, sizeof(m->host_id), "%s", host ? json_string_value(host) : "");
	snprintf(m->cpu, sizeof(m->cpu), "%s", text_of(cpu, "model"));
	snprintf(m->kernel, sizeof(m->kernel), "%s", u.release);
	json_decref(cpu);
	json_decref(host);
}

size_t record_machine_warnings(struct record_warning *w, size_t max)
{
	json_t *cpu = cpu_json(), *frequency = frequency_json(), *clock = clock_json();
	json_t *process = process_json(), *warning;
	json_t *all = warnings_json(cpu, frequency, clock, process, NULL);
	size_t i, nr = 0;

	json_array_foreach (all, i, warning) {
		if (nr == max)
			break;
		snprintf(w[nr].text, sizeof(w[nr].text), "%s", text_of(warning, "text"));
		snprintf(w[nr].fix, sizeof(w[nr].fix), "%s", text_of(warning, "fix"));
		nr++;
	}
	json_decref(all);
	json_decref(cpu);
	json_decref(frequency);
	json_decref(clock);
	json_decref(process);
	return nr;
}
