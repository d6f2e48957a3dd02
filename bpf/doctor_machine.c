// SPDX-License-Identifier: GPL-2.0-only
/* The machine: its clock, and CPUs of which other tools miss what BPF sees. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bpf/blind.h"
#include "bpf/doctor_impl.h"

static void stamps(struct examination *e)
{
	struct timespec a, b, t;
	const int reads = 1000;
	char line[64] = "unknown";
	long ns, best = 0;

	doctor_read_line("/sys/devices/system/clocksource/clocksource0/current_clocksource", line,
			 sizeof(line));
	/* The fastest of a few rounds: a switch in the middle does not count. */
	for (int round = 0; round < 5; round++) {
		clock_gettime(CLOCK_MONOTONIC, &a);
		for (int i = 0; i < reads; i++)
			clock_gettime(CLOCK_MONOTONIC, &t);
		clock_gettime(CLOCK_MONOTONIC, &b);
		ns = (b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec;
		if (!best || ns < best)
			best = ns;
	}
	doctor_say(e, "clock source", AVAILABLE, "", NULL, "%s, %ld ns per stamp", line,
		   best / reads);
}

/* "CPU 1 (0 of 41 switches from its idle task), ..." of those with @verdict. Return: how many. */
static int list_cpus(const struct blind_cpu *cpu, int nr, enum blind_verdict verdict, char *out,
		     size_t len)
{
	size_t used = 0;
	int found = 0;

	out[0] = 0;
	for (int i = 0; i < nr; i++) {
		if (blind_judge(&cpu[i]) != verdict)
			continue;
		found++;
		if (used + 1 >= len)
			continue;
		used += (size_t)snprintf(out + used, len - used, "%sCPU %d", used ? ", " : "",
					 cpu[i].cpu);
		if (verdict == BLIND_BLIND && used < len)
			used += (size_t)snprintf(out + used, len - used,
						 " (%" PRIu64 " of %" PRIu64
						 " switches from its idle task)",
						 cpu[i].event, cpu[i].bpf);
	}
	return found;
}

static void tracefs_cpus(struct examination *e)
{
	static const char
		name[] = "tracefs on each CPU",
		costs[] = "perf, trace-cmd and ftrace are wrong there without saying so; kt "
			  "is not";
	struct blind_cpu *cpu;
	const char *what;
	char list[160];
	int nr = blind_count(&cpu, &what);

	if (nr == -EPERM || nr == -EACCES) {
		doctor_say(e, name, NOT_KNOWN, "nothing of kt", "run as root",
			   "not permitted to %s", what);
		return;
	}
	if (nr < 0) {
		doctor_say(e, name, NOT_KNOWN, "nothing of kt", NULL, "cannot %s: %s", what,
			   strerror(-nr));
		return;
	}
	if (list_cpus(cpu, nr, BLIND_BLIND, list, sizeof(list)))
		doctor_say(e, name, NOT_SHOWN, costs, "use kt, or other tools of BPF, on such CPUs",
			   "%s", list);
	else if (list_cpus(cpu, nr, BLIND_NEVER_IDLE, list, sizeof(list)))
		doctor_say(e, name, NOT_KNOWN, "nothing of kt", "run kt doctor while they are idle",
			   "never idle: %s", list);
	else
		doctor_say(e, name, AVAILABLE, "", NULL, "%s", "");
	free(cpu);
}

static bool file_has(const char *path, const char *word)
{
	char *line = NULL;
	size_t size = 0;
	bool found = false;
	FILE *in = fopen(path, "re");

	while (in && !found && getline(&line, &size, in) > 0)
		found = strstr(line, word);
	free(line);
	if (in)
		fclose(in);
	return found;
}

/* Share of the CPU time since boot that other guests had, 0..1. */
static double stolen(void)
{
	double user, nice, system, idle, iowait, irq, softirq, steal, all;
	char line[256];

	if (!doctor_read_line("/proc/stat", line, sizeof(line)) ||
	    sscanf(line, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &user, &nice, &system, &idle,
		   &iowait, &irq, &softirq, &steal) != 8)
		return 0;
	all = user + nice + system + idle + iowait + irq + softirq + steal;
	return all > 0 ? steal / all : 0;
}

#define CPUIDLE "/sys/devices/system/cpu/cpuidle/"

/* What a virtual machine does to waits, beyond what every record says of it. */
static void virtual_machine(struct examination *e)
{
	bool polls = file_has(CPUIDLE "current_governor", "haltpoll") ||
		     file_has("/proc/cmdline", "idle=poll");
	char text[96];

	if (!file_has("/proc/cpuinfo", " hypervisor"))
		return;
	if (!polls)
		doctor_warn(e,
			    "a CPU that idles leaves this virtual machine, and the wake that "
			    "ends it waits for the hypervisor: it shows as `wake`",
			    file_has(CPUIDLE "available_governors", "haltpoll")
				    ? "echo haltpoll > " CPUIDLE "current_governor"
				    : "boot the guest with idle=poll, where the host can spare it");
	if (stolen() < 0.01)
		return;
	snprintf(text, sizeof(text), "other guests had %.0f %% of the CPU time since boot (steal)",
		 100 * stolen());
	doctor_warn(e, text, "ask the host for dedicated CPUs; tracers cannot see such a pause");
}

void doctor_machine(struct examination *e)
{
	stamps(e);
	tracefs_cpus(e);
	virtual_machine(e);
}
