// SPDX-License-Identifier: GPL-2.0-only
/*
 * record_quiet: what an environment is made of, and what `kt env --check` makes of it, on machines
 * that are directories; and what is said where a machine shows nothing.
 */
#include "lib/record/quiet.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/record/environment.h"
#include "lib/record/shown.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static char root[32], command[64];
static struct quiet_check check[QUIET_MAX_CHECKS];
static const struct quiet_moment still = { .processes_shown = true };

static void begin(void)
{
	strcpy(root, "/tmp/kt-quiet-XXXXXX");
	cr_assert_not_null(mkdtemp(root));
	shown_below(root);
}

static void finish(void)
{
	snprintf(command, sizeof(command), "rm -rf %s", root);
	cr_expect_eq(system(command), 0);
}

TestSuite(record_quiet, .init = begin, .fini = finish, .timeout = 60);

/* A file of the machine. */
static void put(const char *path, const char *text)
{
	char whole[300];
	FILE *out;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(whole, 0700);
		*slash = '/';
	}
	out = fopen(whole, "w");
	cr_assert_not_null(out, "%s", whole);
	fputs(text, out);
	fclose(out);
}

/* A machine of two CPUs on which nothing disturbs. */
static void put_quiet_machine(void)
{
	static const char *const file[][2] = {
		{ "/proc/cpuinfo", "model name\t: A CPU\nflags\t\t: fpu tsc\n" },
		{ "/proc/cmdline", "quiet isolcpus=1 password=x nohz_full=1\n" },
		{ "/proc/stat", "cpu  10 0 10 80 0 0 0 0 0 0\n" },
		{ "/proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n" },
		{ "/proc/pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n" },
		{ "/proc/pressure/io", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n" },
		{ "/proc/self/cgroup", "0::/a/b\n" },
		{ "/proc/sys/kernel/numa_balancing", "0\n" },
		{ "/proc/sys/kernel/nmi_watchdog", "0\n" },
		{ "/proc/config.gz", "CONFIG_HZ=1000\n# CONFIG_KASAN is not set\n" },
		{ "/sys/fs/cgroup/cgroup.controllers", "cpu\n" },
		{ "/sys/fs/cgroup/a/cpu.max", "max 100000\n" },
		{ "/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n" },
		{ "/sys/kernel/mm/ksm/run", "0\n" },
		{ "/sys/kernel/tracing/current_tracer", "nop\n" },
		{ "/sys/kernel/tracing/set_event", "bpf_trace:bpf_trace_printk\n" },
		{ CPU_DIR "online", "0-1\n" },
		{ CPU_DIR "isolated", "1\n" },
		{ CPU_DIR "nohz_full", "1\n" },
		{ CPU_DIR "smt/control", "off\n" },
		{ CPU_DIR "intel_pstate/no_turbo", "1\n" },
		{ CPU_DIR "cpu0/cpufreq/scaling_governor", "performance\n" },
		{ CPU_DIR "cpu1/cpufreq/scaling_governor", "performance\n" },
		{ CPU_DIR "cpu0/thermal_throttle/core_throttle_count", "0\n" },
		{ CPU_DIR "cpu0/cpuidle/state0/name", "POLL\n" },
		{ CPU_DIR "cpu0/cpuidle/state0/latency", "0\n" },
		{ CPU_DIR "cpu0/cpuidle/state1/name", "C1\n" },
		{ CPU_DIR "cpu0/cpuidle/state1/latency", "2\n" },
		{ CPU_DIR "cpu0/cpuidle/state2/name", "C6\n" },
		{ CPU_DIR "cpu0/cpuidle/state2/latency", "133\n" },
		{ CPU_DIR "cpu0/cpuidle/state2/disable", "1\n" },
		{ "/sys/devices/system/node/node0/x", "" },
		{ "/sys/devices/system/node/node1/x", "" },
		{ "/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n" },
		{ "/sys/devices/system/clocksource/clocksource0/available_clocksource",
		  "tsc hpet\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(file); i++)
		put(file[i][0], file[i][1]);
}

/*
 * The environment of that machine, without what is asked of the kernel by system calls: this process
 * may be one with a nice of its own, beside BPF programs, on a loaded machine.
 */
static json_t *environment(void)
{
	json_t *e = environment_now(), *process = json_object_get(e, "process");

	cr_assert_not_null(e);
	json_object_set_new(process, "policy", json_string("other"));
	json_object_set_new(process, "nice", json_integer(0));
	json_object_set_new(process, "timer_slack_ns", json_integer(50000));
	json_object_set_new(json_object_get(e, "cpu"), "nr_allowed", json_integer(2));
	json_object_set_new(json_object_get(e, "watched"), "bpf_programs", json_integer(0));
	json_object_set_new(json_object_get(e, "load"), "average",
			    json_pack("[f,f,f]", 0.1, 0.1, 0.1));
	json_object_set_new(e, "variables", json_object());
	return e;
}

static const struct quiet_check *find(const char *name)
{
	for (size_t i = 0; check[i].name; i++)
		if (!strcmp(check[i].name, name))
			return &check[i];
	cr_assert_fail("no check '%s'", name);
	return NULL;
}

static void judge(const struct quiet_moment *m)
{
	json_t *e = environment();

	memset(check, 0, sizeof(check));
	cr_assert_gt(quiet_judge(check, e, m), 20);
	json_decref(e);
}

/* @but: names of checks that are left out; so is how the test itself was built. */
static void expect_all(enum quiet_state state, const char *but)
{
	for (size_t i = 0; check[i].name; i++) {
		if (!strcmp(check[i].name, "build") || strstr(but, check[i].name))
			continue;
		cr_expect_eq(check[i].state, state, "%s: %s: %s", check[i].name,
			     quiet_state_name(check[i].state), check[i].text);
		cr_expect(state == QUIET_FINE ? !*check[i].text : *check[i].text, "%s",
			  check[i].name);
	}
}

/* ---- quiet, and hidden ----------------------------------------------------------------------- */

Test(record_quiet, a_quiet_machine_is_fine)
{
	put_quiet_machine();
	judge(&still);
	expect_all(QUIET_FINE, "");
}

/* What is absent where nothing is shown is not there: no scheduler, no KSM, no one to end. */
Test(record_quiet, what_a_machine_does_not_show_is_not_called_fine)
{
	static const struct quiet_moment unknown = { .steal = NAN, .busy = NAN };

	judge(&unknown);
	expect_all(QUIET_NOT_SHOWN,
		   "one-cpu load bpf sched-ext numa ksm huge-pages watchdog irqbalance "
		   "priority timer-slack variables");
	cr_expect_eq(find("governor")->state, QUIET_NOT_SHOWN);
}

Test(record_quiet, lists_that_are_empty_are_not_hidden_ones)
{
	json_t *e;

	put_quiet_machine();
	put(CPU_DIR "isolated", "\n");
	put(CPU_DIR "nohz_full", "  (null)\n");
	judge(&still);
	cr_expect_eq(find("isolated")->state, QUIET_HINT);
	cr_expect_eq(find("tick")->state, QUIET_HINT);
	e = environment();
	cr_expect_str_eq(json_string_value(json_object_get(json_object_get(e, "cpu"), "isolated")),
			 "");
	json_decref(e);
}

/* ---- what disturbs ---------------------------------------------------------------------------- */

static const struct disturbance {
	const char *path, *text; /* a file of the machine, and what it has */
	const char *name;
	enum quiet_state state;
	const char *says, *fix, *undo;
} disturbances[] = {
	{ CPU_DIR "cpu1/cpufreq/scaling_governor", "powersave\n", "governor", QUIET_WARNING,
	  "performance, powersave", "cpupower frequency-set -g performance", "" },
	{ CPU_DIR "intel_pstate/no_turbo", "0\n", "turbo", QUIET_WARNING, "turbo is on",
	  "echo 1 > " CPU_DIR "intel_pstate/no_turbo",
	  "echo 0 > " CPU_DIR "intel_pstate/no_turbo" },
	{ CPU_DIR "smt/control", "on\n", "smt", QUIET_WARNING, "share a core",
	  "echo off > " CPU_DIR "smt/control", "echo on > " CPU_DIR "smt/control" },
	{ CPU_DIR "cpu0/cpuidle/state2/disable", "0\n", "idle-states", QUIET_WARNING,
	  "C6 and takes 133 us", "cpupower idle-set -D 5", "cpupower idle-set -E" },
	{ CPU_DIR "cpu0/thermal_throttle/core_throttle_count", "3\n", "throttled", QUIET_HINT,
	  "3 times since boot", "cpupower frequency-set", "" },
	{ "/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n", "clock",
	  QUIET_WARNING, "hpet", "echo tsc >", "echo hpet >" },
	{ "/proc/cpuinfo", "flags : fpu hypervisor tsc\n", "hypervisor", QUIET_WARNING,
	  "virtual machine", "bare metal", "" },
	{ "/proc/stat", "cpu  10 0 10 60 0 0 0 20 0 0\n", "steal", QUIET_HINT, "20 %",
	  "dedicated CPUs", "" },
	{ "/sys/fs/cgroup/a/cpu.max", "50000 100000\n", "quota", QUIET_WARNING, "50000 100000",
	  "cpu.max", "" },
	{ "/proc/pressure/cpu", "some avg10=12.30 avg60=0 avg300=0 total=1\n", "pressure",
	  QUIET_WARNING, "for a CPU in 12 %", "ps -eo pcpu", "" },
	{ "/proc/pressure/memory", "some avg10=2.00 avg60=0 avg300=0 total=1\n", "pressure",
	  QUIET_WARNING, "for memory in 2 %", "ps -eo rss", "" },
	{ "/proc/pressure/io", "some avg10=50.0 avg60=0 avg300=0 total=1\n", "pressure",
	  QUIET_WARNING, "for a disk in 50 %", "ps -eo stat", "" },
	{ "/sys/kernel/tracing/current_tracer", "function\n", "tracefs", QUIET_WARNING,
	  "the function tracer", "echo nop >", "echo function >" },
	{ "/sys/kernel/tracing/set_event", "sched:sched_switch\nsched:sched_waking\n", "tracefs",
	  QUIET_WARNING, "2 trace events are", "echo > /sys/kernel/tracing/set_event", "" },
	{ "/proc/config.gz", "CONFIG_KASAN=y\n", "kernel-debug", QUIET_WARNING, "CONFIG_KASAN=y",
	  "built without it", "" },
	{ "/sys/kernel/sched_ext/state", "enabled\n", "sched-ext", QUIET_HINT, "sched_ext",
	  "end the program", "" },
	{ "/proc/sys/kernel/numa_balancing", "1\n", "numa", QUIET_WARNING, "NUMA",
	  "sysctl kernel.numa_balancing=0", "sysctl kernel.numa_balancing=1" },
	{ "/sys/kernel/mm/ksm/run", "1\n", "ksm", QUIET_WARNING, "KSM", "echo 0 >", "echo 1 >" },
	{ "/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n", "huge-pages",
	  QUIET_HINT, "huge pages", "echo madvise >", "echo always >" },
	{ "/proc/sys/kernel/nmi_watchdog", "1\n", "watchdog", QUIET_HINT, "watchdog",
	  "sysctl kernel.nmi_watchdog=0", "sysctl kernel.nmi_watchdog=1" },
};

Test(record_quiet, each_file_that_says_otherwise_is_one_finding_with_its_command)
{
	for (size_t i = 0; i < ARRAY_SIZE(disturbances); i++) {
		const struct disturbance *d = &disturbances[i];
		const struct quiet_check *c;

		put_quiet_machine();
		put(d->path, d->text);
		judge(&still);
		c = find(d->name);
		cr_expect_eq(c->state, d->state, "%s %s: %s", d->path, d->name,
			     quiet_state_name(c->state));
		cr_expect_not_null(strstr(c->text, d->says), "%s: %s", d->name, c->text);
		cr_expect_not_null(strstr(c->fix, d->fix), "%s: %s", d->name, c->fix);
		cr_expect(*d->undo ? strstr(c->undo, d->undo) != NULL : !*c->undo, "%s: %s",
			  d->name, c->undo);
		expect_all(QUIET_FINE, d->name);
		snprintf(command, sizeof(command), "rm -rf %s/*", root);
		cr_assert_eq(system(command), 0);
	}
}

Test(record_quiet, memory_of_one_node_does_not_move)
{
	char node[64];

	put_quiet_machine();
	put("/proc/sys/kernel/numa_balancing", "1\n");
	snprintf(node, sizeof(node), "%s/sys/devices/system/node/node1/x", root);
	unlink(node);
	*strrchr(node, '/') = '\0';
	rmdir(node);
	judge(&still);
	expect_all(QUIET_FINE, "");
}

Test(record_quiet, what_goes_on_now)
{
	static const struct {
		struct quiet_moment m;
		const char *name, *says;
		enum quiet_state state;
	} now[] = {
		{ { .steal = 0.05, .steal_ticks = 5, .processes_shown = true },
		  "steal",
		  "5 %",
		  QUIET_WARNING },
		{ { .steal = 0.05, .steal_ticks = 2, .processes_shown = true },
		  "steal",
		  "",
		  QUIET_FINE },
		{ { .busy = 1.25, .processes_shown = true }, "busy", "1.2 CPUs", QUIET_WARNING },
		{ { .throttled = 1, .processes_shown = true },
		  "throttled",
		  "too hot",
		  QUIET_WARNING },
		{ { .profiler = "perf 123" }, "profiler", "perf 123", QUIET_WARNING },
		{ { .profiler = NULL }, "profiler", "root alone", QUIET_NOT_SHOWN },
		{ { .irqbalance = true, .processes_shown = true },
		  "irqbalance",
		  "irqbalance",
		  QUIET_HINT },
	};

	put_quiet_machine();
	for (size_t i = 0; i < ARRAY_SIZE(now); i++) {
		judge(&now[i].m);
		cr_expect_eq(find(now[i].name)->state, now[i].state, "%s", now[i].name);
		cr_expect_not_null(strstr(find(now[i].name)->text, now[i].says), "%s: %s",
				   now[i].name, find(now[i].name)->text);
	}
}

/* By what the kernel says of this process. */
Test(record_quiet, how_kt_itself_runs)
{
	json_t *e, *process;

	put_quiet_machine();
	e = environment();
	process = json_object_get(e, "process");
	json_object_set_new(process, "nice", json_integer(5));
	json_object_set_new(process, "timer_slack_ns", json_integer(1000000));
	json_object_set_new(json_object_get(e, "watched"), "bpf_programs", json_integer(1));
	json_object_set_new(json_object_get(e, "variables"), "LD_PRELOAD", json_string("x.so"));
	quiet_judge(check, e, &still);
	cr_expect_str_eq(find("priority")->undo, "renice -n 5 $$");
	cr_expect_not_null(strstr(find("timer-slack")->text, "1000 us late"));
	cr_expect_str_eq(find("bpf")->text, "1 BPF program of others traces this kernel");
	cr_expect_str_eq(find("variables")->fix, "unset LD_PRELOAD");
	json_object_set_new(process, "policy", json_string("fifo"));
	quiet_judge(check, e, &still);
	cr_expect_not_null(strstr(find("priority")->text, "fifo"));
	json_decref(e);
}

/* ---- the recipe ------------------------------------------------------------------------------ */

/* Everything that the README's recipe changes is as it must not be. */
static void put_noisy_machine(void)
{
	put_quiet_machine();
	put(CPU_DIR "cpu0/cpufreq/scaling_governor", "schedutil\n");
	put(CPU_DIR "cpu1/cpufreq/scaling_governor", "schedutil\n");
	put(CPU_DIR "intel_pstate/no_turbo", "0\n");
	put(CPU_DIR "smt/control", "on\n");
	put(CPU_DIR "cpu0/cpuidle/state2/disable", "0\n");
	put(CPU_DIR "isolated", "\n");
	put("/proc/sys/kernel/numa_balancing", "1\n");
	put("/proc/sys/kernel/nmi_watchdog", "1\n");
	put("/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
	put("/sys/kernel/mm/ksm/run", "1\n");
}

/* What stands between backticks in @cell is in @said. Return: how many there are. */
static size_t expect_said(const char *name, char *cell, const char *said)
{
	size_t nr = 0;

	for (char *at = strtok(strchr(cell, '`'), "`"); at; at = strtok(NULL, "`")) {
		if (nr++ % 2 == 0)
			cr_expect_not_null(strstr(said, at), "%s: '%s', not '%s'", name, said, at);
	}
	return nr;
}

Test(record_quiet, the_recipe_of_the_readme_is_what_the_checks_say)
{
	static const struct quiet_moment balanced = { .irqbalance = true, .processes_shown = true };
	char line[512], quiet[200], back[200], name[64];
	FILE *in = fopen("README.md", "r");
	size_t nr = 0;

	put_noisy_machine();
	judge(&balanced);
	cr_assert_not_null(in, "the tests run in the root of the tree");
	while (fgets(line, sizeof(line), in)) {
		if (sscanf(line, "| `%63[a-z-]` |%199[^|]|%199[^|]|", name, quiet, back) != 3 ||
		    !strstr("governor turbo smt idle-states irqbalance numa huge-pages ksm watchdog "
			    "isolated",
			    name))
			continue;
		cr_expect_neq(find(name)->state, QUIET_FINE, "%s", name);
		cr_expect_gt(expect_said(name, quiet, find(name)->fix), 0);
		if (strchr(back, '`'))
			expect_said(name, back, find(name)->undo);
		nr++;
	}
	fclose(in);
	cr_expect_eq(nr, 10);
}

/* ---- records and lines ------------------------------------------------------------------------ */

Test(record_quiet, a_record_has_the_warnings_that_need_no_looking)
{
	json_t *e, *all, *w;
	bool found = false;
	size_t i;

	put_quiet_machine();
	put(CPU_DIR "smt/control", "on\n");
	put(CPU_DIR "isolated", "\n");
	e = environment();
	all = quiet_warnings(e);
	json_array_foreach (all, i, w) {
		const char *text = json_string_value(json_object_get(w, "text"));

		found |= text && strstr(text, "SMT is on");
		cr_expect(!text || !strstr(text, "isolated"), "a hint");
	}
	cr_expect(found);
	json_decref(all);
	json_decref(e);
}

static const char *line_of(struct environment_line *line, int nr, const char *label)
{
	for (int i = 0; i < nr; i++)
		if (!strcmp(line[i].label, label))
			return line[i].text;
	cr_assert_fail("no line '%s'", label);
	return NULL;
}

Test(record_quiet, an_environment_in_lines)
{
	struct environment_line line[ENVIRONMENT_MAX_LINES];
	json_t *e;
	int nr;

	put_quiet_machine();
	e = environment();
	nr = environment_lines(e, NULL, line);
	cr_assert_gt(nr, 10);
	cr_expect_not_null(strstr(line_of(line, nr, "kernel"), "HZ 1000"));
	cr_expect_str_eq(line_of(line, nr, "boot options"), "isolcpus=1, nohz_full=1");
	cr_expect_not_null(strstr(line_of(line, nr, "CPU"), "A CPU, microcode not shown"));
	cr_expect_not_null(
		strstr(line_of(line, nr, "frequency"), "governor performance, not shown to"));
	cr_expect_not_null(strstr(line_of(line, nr, "idle"), "POLL, C1, at most 2 us"));
	cr_expect_not_null(strstr(line_of(line, nr, "limits"), "CPU quota max"));
	cr_expect_str_eq(line_of(line, nr, "distribution"), "not shown");
	for (int i = 0; i < nr; i++)
		free(line[i].text);
	nr = environment_lines(e, "a name", line);
	cr_expect_str_eq(line_of(line, nr, "host"), "a name");
	for (int i = 0; i < nr; i++)
		free(line[i].text);
	json_decref(e);
}

Test(record_quiet, a_limit_of_older_control_groups)
{
	json_t *e;

	put("/proc/self/cgroup", "4:memory:/m\n3:cpu,cpuacct:/a/b\n1:name=systemd:/\n");
	put("/sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us", "-1\n");
	put("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "20000\n");
	e = environment();
	cr_expect_str_eq(json_string_value(
				 json_object_get(json_object_get(e, "process"), "cpu_quota")),
			 "20000");
	json_decref(e);
	put("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "-1\n");
	e = environment();
	cr_expect_str_eq(json_string_value(
				 json_object_get(json_object_get(e, "process"), "cpu_quota")),
			 "max");
	json_decref(e);
}
