/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_NOISE_H
#define KT_CONTROLLER_NOISE_H
/*
 * What disturbed an instance or a block: CPU time stolen by the hypervisor or used by other programs,
 * pressure on the CPUs, and a canary, a fixed piece of work whose time should never change.
 */
#include <stdint.h>

#include "lib/record/types.h"

struct noise {
	uint64_t steal, total; /* ticks of /proc/stat, all CPUs */
	/* of the CPUs that we may use: how many, and their time that nobody used or could use */
	unsigned int nr_cpus;
	uint64_t unused_ns;
	uint64_t own_ns; /* CPU time of kt and of all that it started */
	uint64_t psi_us; /* "some" of /proc/pressure/cpu */
	uint64_t at_ns;
};

/* noise_start - what follows counts from here */
void noise_start(struct noise *n);

/*
 * noise_take - what disturbed since the last call, and start anew
 *
 * NAN where the system does not say, or no tick passed. Runs the canary: about 150 us.
 */
struct record_noise noise_take(struct noise *n);
#endif
