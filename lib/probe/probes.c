// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The semaphores of all probes; weak, because libkthread and libprobe each carry this object. */
#include "lib/probe/usdt.h"

#define PROBE(provider, name, nr, args) \
	unsigned short USDT_SEMAPHORE(provider, name) USDT_SEMAPHORE_ATTR = 0;
#define SLOT_PROBE(provider, name, nr, args)
#define WORK_PROBE(provider, name, nr, args)
#include "lib/probe/probes.def"
