// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a reader must know to judge figures from a machine he has not seen. Everything here is
 * readable without privilege; what the machine does not have, or does not show, is null. Nothing
 * that names the owner is recorded: the host name only as a hash, of the kernel command line only
 * the options that change timing.
 */
#include "lib/record/environment.h"

#include <ctype.h>
#include <errno.h>
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
#include "lib/record/field.h"
#include "lib/record/quiet.h"
#include "lib/record/record.h"
#include "lib/record/settings.h"
#include "lib/record/shown.h"
#include "lib/record/types.h"
#include "lib/record/watched.h"

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
	if (shown_line("/etc/machine-id", id, sizeof(id)))
		hash_text(&hash, id);
	return hash_json(hash);
}

/* Runs of one boot have the same one, and no others. */
static json_t *boot_id(void)
{
	uint64_t hash = HASH_START;
	char id[64];

	if (!shown_line("/proc/sys/kernel/random/boot_id", id, sizeof(id)))
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
	json_t *options = json_array(), *preempt, *config, *config_hash;
	uint64_t hash = HASH_START;
	char line[4096], *save = NULL;
	char text[128];

	if (shown_line("/proc/cmdline", line, sizeof(line))) {
		hash_text(&hash, line);
		for (char *o = strtok_r(line, " ", &save); o && strcmp(o, "--");
		     o = strtok_r(NULL, " ", &save))
			if (cmdline_option_matters(o))
				json_array_append_new(options, record_string(o));
	}
	if (shown_line("/sys/kernel/debug/sched/preempt", text, sizeof(text)))
		preempt = record_string(text);
	else
		preempt = json_string(strstr(u->version, "PREEMPT_RT")	      ? "rt"
				      : strstr(u->version, "PREEMPT_DYNAMIC") ? "dynamic"
				      : strstr(u->version, "PREEMPT")	      ? "full"
								      : "none or voluntary");
	config = settings_config(u->release, &config_hash);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "release",
			 record_string(u->release), "version", record_string(u->version), "machine",
			 record_string(u->machine), "preempt", preempt, "cmdline", options,
			 "cmdline_hash", hash_json(hash), "config", config, "config_hash",
			 config_hash);
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
		if (!shown_line(path, package, sizeof(package)))
			continue;
		snprintf(path, sizeof(path), CPU_DIR "cpu%d/topology/core_id", cpu);
		shown_line(path, core, sizeof(core));
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

/* A kernel that could, and was not asked to, shows a printed NULL there. */
static json_t *without_tick_json(void)
{
	json_t *list = shown_list(CPU_DIR "nohz_full");

	if (!json_is_string(list) || !strstr(json_string_value(list), "(null)"))
		return list;
	json_decref(list);
	return json_string("");
}

static json_t *cpu_json(void)
{
	char flags[4096];
	json_t *hypervisor = json_null();

	if (shown_value("/proc/cpuinfo", "flags", ':', flags, sizeof(flags)))
		hypervisor = json_boolean(strstr(flags, " hypervisor") != NULL);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:o}", "model",
			 shown_value_text("/proc/cpuinfo", "model name", ':'), "microcode",
			 shown_value_text("/proc/cpuinfo", "microcode", ':'), "online",
			 shown_text(CPU_DIR "online"), "allowed",
			 shown_value_text("/proc/self/status", "Cpus_allowed_list", ':'),
			 "isolated", shown_list(CPU_DIR "isolated"), "nohz_full",
			 without_tick_json(), "nr_allowed", (json_int_t)count_allowed(), "packages",
			 (json_int_t)count_cores(true), "cores", (json_int_t)count_cores(false),
			 "numa_nodes",
			 (json_int_t)shown_each("/sys/devices/system/node/node[0-9]*", NULL, NULL),
			 "smt", shown_text(CPU_DIR "smt/control"), "hypervisor", hypervisor);
}

static json_t *turbo_json(void)
{
	char text[16];

	if (shown_line(CPU_DIR "intel_pstate/no_turbo", text, sizeof(text)))
		return json_boolean(text[0] == '0');
	if (shown_line(CPU_DIR "cpufreq/boost", text, sizeof(text)))
		return json_boolean(text[0] == '1');
	return json_null();
}

struct governors {
	char text[256];
};

static void add_governor(const char *path, void *arg)
{
	struct governors *g = arg;
	char one[32];
	size_t used = strlen(g->text);

	if (shown_line(path, one, sizeof(one)) && !strstr(g->text, one))
		snprintf(g->text + used, sizeof(g->text) - used, "%s%s", used ? ", " : "", one);
}

/* That of all CPUs, or the different ones. */
static json_t *governor_json(void)
{
	struct governors g = { "" };

	shown_each(CPU_DIR "cpu[0-9]*/cpufreq/scaling_governor", add_governor, &g);
	return *g.text ? record_string(g.text) : json_null();
}

static json_t *frequency_json(void)
{
	const char *dir = CPU_DIR "cpu0/cpufreq/";
	json_t *states, *latency_us;
	char path[3][96];
	const char *const name[] = { "scaling_driver", "scaling_min_freq", "scaling_max_freq" };

	for (int i = 0; i < 3; i++)
		snprintf(path[i], sizeof(path[i]), "%s%s", dir, name[i]);
	settings_idle_states(&states, &latency_us);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "driver",
			 shown_text(path[0]), "governor", governor_json(), "min_khz",
			 shown_text(path[1]), "max_khz", shown_text(path[2]), "turbo", turbo_json(),
			 "idle_driver", shown_text(CPU_DIR "cpuidle/current_driver"),
			 "idle_governor", shown_text(CPU_DIR "cpuidle/current_governor"),
			 "idle_states", states, "idle_latency_us", latency_us);
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
		shown_text("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
		"step_ns", step == UINT64_MAX ? json_null() : json_integer((json_int_t)step),
		"read_ns", (double)read_ps / 1000, "available",
		shown_text("/sys/devices/system/clocksource/clocksource0/available_clocksource"));
}

static void add_mitigation(const char *path, void *arg)
{
	json_object_set_new(arg, strrchr(path, '/') + 1, shown_text(path));
}

static json_t *mitigations_json(void)
{
	json_t *all = json_object();

	shown_each(CPU_DIR "vulnerabilities/*", add_mitigation, all);
	return all;
}

/* Path of this process's control group: of version 2, or of version 1 with the CPU's controller. */
static bool control_group(int version, char *path, size_t size)
{
	FILE *in = shown_open("/proc/self/cgroup");
	char line[1024];
	bool found = false;

	while (in && !found && fgets(line, sizeof(line), in)) {
		char *controllers = strchr(line, ':'), *at;

		at = controllers ? strchr(controllers + 1, ':') : NULL;
		if (!at || at[1] != '/')
			continue;
		*at++ = '\0';
		controllers++;
		found = version == 2
				? !*controllers
				: !strcmp(controllers, "cpu") || !strncmp(controllers, "cpu,", 4) ||
					  strstr(controllers, ",cpu,");
		at[strcspn(at, "\n")] = '\0';
		if (found)
			snprintf(path, size, "%s", at);
	}
	if (in)
		fclose(in);
	return found;
}

/*
 * The first limit in @file from this process's control group below @mount upwards; "max": there is none;
 * NULL: nothing of it is shown
 */
static json_t *quota_upwards(int version, const char *mount, const char *file)
{
	char group[1024], path[1200], text[64];

	if (!shown_exists(mount) || !control_group(version, group, sizeof(group)))
		return NULL;
	if (!strcmp(group, "/"))
		*group = '\0';
	for (char *end = group + strlen(group); end; end = strrchr(group, '/')) {
		*end = '\0';
		snprintf(path, sizeof(path), "%s%s/%s", mount, group, file);
		if (shown_line(path, text, sizeof(text)) && strncmp(text, "max", 3) &&
		    text[0] != '-')
			return record_string(text);
	}
	return json_string("max");
}

/* As "quota period" of version 2 of control groups; of version 1 the quota alone. */
static json_t *cpu_quota_json(void)
{
	json_t *quota = NULL;

	if (shown_exists("/sys/fs/cgroup/cgroup.controllers"))
		quota = quota_upwards(2, "/sys/fs/cgroup", "cpu.max");
	if (!quota)
		quota = quota_upwards(1, "/sys/fs/cgroup/cpu", "cpu.cfs_quota_us");
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

/* Share of the CPU time since boot that other guests had. */
static json_t *steal_json(void)
{
	double t[8], all = 0;
	char line[256];

	if (!shown_line("/proc/stat", line, sizeof(line)) ||
	    sscanf(line, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &t[0], &t[1], &t[2], &t[3], &t[4],
		   &t[5], &t[6], &t[7]) != 8)
		return json_null();
	for (int i = 0; i < 8; i++)
		all += t[i];
	return all > 0 ? json_real(t[7] / all) : json_null();
}

static json_t *load_json(void)
{
	double load[3];

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "average",
			 getloadavg(load, 3) == 3 ? json_pack("[f,f,f]", load[0], load[1], load[2])
						  : json_null(),
			 "psi_cpu", shown_text("/proc/pressure/cpu"), "psi_memory",
			 shown_text("/proc/pressure/memory"), "psi_io",
			 shown_text("/proc/pressure/io"), "steal", steal_json(), "throttled",
			 settings_throttled());
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

json_t *environment_now(void)
{
	struct utsname u;

	if (uname(&u))
		memset(&u, 0, sizeof(u));
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"host_id", host_id(u.nodename), "boot_id", boot_id(), "kernel", kernel_json(&u),
		"distribution", shown_value_text("/etc/os-release", "PRETTY_NAME", '='), "cpu",
		cpu_json(), "frequency", frequency_json(), "clock", clock_json(), "mitigations",
		mitigations_json(), "transparent_hugepage",
		shown_text("/sys/kernel/mm/transparent_hugepage/enabled"), "settings",
		settings_json(), "watched", watched_json(), "process", process_json(), "load",
		load_json(), "build", build_json(), "variables", variables_json());
}

int record_write_environment(struct record_writer *w)
{
	json_t *record = field_record("environment"), *now = environment_now();

	if (!now) {
		json_decref(record);
		return -ENOMEM;
	}
	json_object_update(record, now);
	field_put(&record, "warnings", quiet_warnings(now));
	json_decref(now);
	return record_write(w, record);
}

int environment_write_json(FILE *out, const char *host)
{
	json_t *all = json_object(), *now = environment_now();
	int ret = now ? 0 : -ENOMEM;

	if (host)
		field_put_text(&all, "host", host);
	if (now)
		json_object_update(all, now);
	field_put(&all, "warnings", quiet_warnings(now));
	if (!ret && (!all || json_dumpf(all, out, JSON_INDENT(2)) || fputc('\n', out) == EOF))
		ret = all ? -EIO : -ENOMEM;
	json_decref(now);
	json_decref(all);
	return ret;
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
