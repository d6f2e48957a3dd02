/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_NOISE_H
#define KT_CONTROLLER_NOISE_H
/*
 * What disturbed a block: CPU time stolen by the hypervisor, pressure on the CPUs, and a canary, a
 * fixed piece of work whose time should never change.
 */
#include <stdint.h>

#include "lib/record/types.h"

struct noise {
	uint64_t steal, total; /* ticks of /proc/stat, all CPUs */
	uint64_t psi_us;       /* "some" of /proc/pressure/cpu */
	uint64_t at_ns;
};

/* noise_start - what follows counts from here */
void noise_start(struct noise *n);

/*
 * noise_take - what disturbed since the last call, and start anew
 *
 * NAN where the system does not say, or no tick passed. Runs the canary: about 100 us.
 */
struct record_noise noise_take(struct noise *n);
#endif
