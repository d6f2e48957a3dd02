/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_DRIVERS_HOGS_H
#define KT_DRIVERS_HOGS_H
/*
 * Threads that want a CPU while an epoch runs and do nothing with it: the machine of a question whose
 * parameter load= says so, the same for every arm, with the policy and nice value of all the others.
 * Between epochs they sleep.
 *
 * load=hog: one, on the CPU of the thread that is woken. load=crowd: one on each CPU, so that there
 * are more threads that run than CPUs.
 */
#include "bench/drivers/driver.h"

struct hogs;

/* hogs_create - for the load of @st's question: 0, or negative after bench_skip() or bench_fail() */
int hogs_create(struct hogs **hogs, struct bench_state *st);

/* hogs_run - until hogs_rest(); returns when each has its CPU. false: out of patience */
bool hogs_run(struct hogs *hogs);
bool hogs_rest(struct hogs *hogs);

/* hogs_destroy - nothing when @hogs is NULL */
void hogs_destroy(struct hogs *hogs);
#endif
