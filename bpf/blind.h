/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_BLIND_H
#define KT_BPF_BLIND_H
/*
 * CPUs whose tracepoints do not reach tracefs and perf although BPF sees them: on some virtual
 * machines all events in a CPU's idle task are missing there, and no overrun says so.
 *
 * Each CPU is made to leave its idle task a number of times, and what BPF counted of that is held
 * against what the tracepoint's own counter did.
 */
#include <stddef.h>
#include <stdint.h>

struct blind_cpu {
	int cpu;
	uint64_t bpf, event; /* switches from the idle task: by BPF, by the tracepoint's counter */
};

enum blind_verdict { BLIND_SEES, BLIND_BLIND, BLIND_NEVER_IDLE /* too few to say */ };

/* blind_judge - pure */
enum blind_verdict blind_judge(const struct blind_cpu *cpu);

/*
 * blind_count - for all CPUs that this process may use; *@cpus is for free()
 *
 * Takes some 50 ms. Leaves nothing.
 * Return: the number of CPUs, or -errno and what could not be done in @what.
 */
int blind_count(struct blind_cpu **cpus, const char **what);
#endif
