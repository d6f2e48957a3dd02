// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/noise.h"

#include <inttypes.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench/controller/child.h"
#include "lib/probe/slot.h"

/*
 * A chain of dependent multiplications, 3 to 4 cycles each on current CPUs: about 30 us. What
 * interrupts it makes one reading longer, so the shortest of several counts; what is recorded is
 * the time of CANARY_STEPS.
 */
#define CANARY_STEPS	80000
#define CANARY_PART	20000
#define CANARY_READINGS 6

enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, NR_KINDS };

static uint64_t chain_ns(void)
{
	uint64_t begin = slot_clock_ns(), v = begin | 1;

	for (int i = 0; i < CANARY_PART; i++)
		v = v * 6364136223846793005ULL + 1;
	__asm__ volatile("" : : "r"(v));
	return slot_clock_ns() - begin;
}

static double canary_ns(void)
{
	uint64_t least = UINT64_MAX, ns;

	for (int i = 0; i < CANARY_READINGS; i++) {
		ns = chain_ns();
		if (ns < least)
			least = ns;
	}
	return (double)least * CANARY_STEPS / CANARY_PART;
}

/* ---- CPUs ------------------------------------------------------------------------------------ */

static bool read_kinds(const char *text, uint64_t t[NR_KINDS])
{
	return sscanf(text,
		      " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		      " %" SCNu64 " %" SCNu64,
		      &t[USER], &t[NICE], &t[SYSTEM], &t[IDLE], &t[IOWAIT], &t[IRQ], &t[SOFTIRQ],
		      &t[STEAL]) == NR_KINDS;
}

/* "cpu" is the sum of all CPUs, "cpu3" is one of them. */
static void add_line(struct noise *n, const char *line, const cpu_set_t *ours)
{
	uint64_t t[NR_KINDS], tick_ns = 1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK);
	int cpu, length = 0;

	if (line[3] == ' ') {
		if (!read_kinds(line + 3, t))
			return;
		n->steal = t[STEAL];
		for (int i = 0; i < NR_KINDS; i++)
			n->total += t[i];
		return;
	}
	if (sscanf(line, "cpu%d%n", &cpu, &length) != 1 || cpu < 0 || cpu >= CPU_SETSIZE ||
	    !CPU_ISSET(cpu, ours) || !read_kinds(line + length, t))
		return;
	n->nr_cpus++;
	n->unused_ns += (t[IDLE] + t[IOWAIT] + t[STEAL]) * tick_ns;
}

static void read_stat(struct noise *n)
{
	FILE *f = fopen("/proc/stat", "re");
	cpu_set_t ours;
	char line[512];

	n->steal = n->total = n->unused_ns = 0;
	n->nr_cpus = 0;
	if (!f)
		return;
	if (sched_getaffinity(0, sizeof(ours), &ours))
		CPU_ZERO(&ours);
	while (fgets(line, sizeof(line), f) && !strncmp(line, "cpu", 3))
		add_line(n, line, &ours);
	fclose(f);
}

static uint64_t timeval_ns(struct timeval t)
{
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_usec * 1000;
}

/* Of this process, of the children that have ended, and of those that live. */
static uint64_t read_own(void)
{
	struct rusage ended = { 0 };
	struct timespec self = { 0 };

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &self);
	getrusage(RUSAGE_CHILDREN, &ended);
	return (uint64_t)self.tv_sec * 1000000000ULL + (uint64_t)self.tv_nsec +
	       timeval_ns(ended.ru_utime) + timeval_ns(ended.ru_stime) + child_cpu_ns();
}

static void read_psi(struct noise *n)
{
	FILE *f = fopen("/proc/pressure/cpu", "re");
	const char *total;
	char line[256];

	n->psi_us = UINT64_MAX;
	if (!f)
		return;
	if (fgets(line, sizeof(line), f) && (total = strstr(line, "total=")))
		if (sscanf(total, "total=%" SCNu64, &n->psi_us) != 1)
			n->psi_us = UINT64_MAX;
	fclose(f);
}

void noise_start(struct noise *n)
{
	read_stat(n);
	n->own_ns = read_own();
	n->at_ns = slot_clock_ns();
	read_psi(n);
}

/* How many CPUs others kept busy. A little below 0 is how ticks are counted. */
static double foreign(const struct noise *was, const struct noise *now, double wall)
{
	if (!now->nr_cpus || now->nr_cpus != was->nr_cpus || now->unused_ns < was->unused_ns ||
	    now->own_ns < was->own_ns)
		return NAN;
	return now->nr_cpus -
	       ((double)(now->unused_ns - was->unused_ns) + (double)(now->own_ns - was->own_ns)) /
		       wall;
}

struct record_noise noise_take(struct noise *n)
{
	struct record_noise taken = { .steal = NAN, .foreign = NAN, .psi_cpu = NAN };
	struct noise was = *n;

	taken.canary_ns = canary_ns();
	noise_start(n);
	taken.wall_ns = n->at_ns - was.at_ns;
	/* /proc/stat may step back a little; then nothing is said. */
	if (n->total > was.total && n->steal >= was.steal)
		taken.steal = (double)(n->steal - was.steal) / (double)(n->total - was.total);
	if (!taken.wall_ns)
		return taken;
	taken.foreign = foreign(&was, n, (double)taken.wall_ns);
	if (n->psi_us != UINT64_MAX && was.psi_us != UINT64_MAX && n->psi_us >= was.psi_us)
		taken.psi_cpu = (double)(n->psi_us - was.psi_us) * 1000.0 / (double)taken.wall_ns;
	return taken;
}
