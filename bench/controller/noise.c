// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/noise.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/probe/slot.h"

/* A chain of dependent multiplications, 3 to 4 cycles each on current CPUs: about 100 us. */
#define CANARY_STEPS 80000

static uint64_t canary_ns(void)
{
	uint64_t begin = slot_clock_ns(), v = begin | 1;

	for (int i = 0; i < CANARY_STEPS; i++)
		v = v * 6364136223846793005ULL + 1;
	__asm__ volatile("" : : "r"(v));
	return slot_clock_ns() - begin;
}

static void read_stat(struct noise *n)
{
	uint64_t t[8] = { 0 };
	FILE *f = fopen("/proc/stat", "re");

	n->steal = n->total = 0;
	if (!f)
		return;
	if (fscanf(f,
		   "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		   " %" SCNu64 " %" SCNu64,
		   &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]) == 8) {
		n->steal = t[7];
		for (int i = 0; i < 8; i++)
			n->total += t[i];
	}
	fclose(f);
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
	read_psi(n);
	n->at_ns = slot_clock_ns();
}

struct record_noise noise_take(struct noise *n)
{
	struct record_noise taken = { .steal = NAN, .psi_cpu = NAN };
	struct noise was = *n;
	uint64_t wall;

	taken.canary_ns = (double)canary_ns();
	noise_start(n);
	wall = n->at_ns - was.at_ns;
	/* /proc/stat may step back a little; then nothing is said. */
	if (n->total > was.total && n->steal >= was.steal)
		taken.steal = (double)(n->steal - was.steal) / (double)(n->total - was.total);
	if (n->psi_us != UINT64_MAX && was.psi_us != UINT64_MAX && n->psi_us >= was.psi_us && wall)
		taken.psi_cpu = (double)(n->psi_us - was.psi_us) * 1000.0 / (double)wall;
	return taken;
}
