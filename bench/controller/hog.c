// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/hog.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "bench/controller/child.h"
#include "bench/controller/interrupt.h"

#define MS 1000000ULL

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

static void rest(uint64_t ns)
{
	const struct timespec t = { (time_t)(ns / 1000000000ULL), (long)(ns % 1000000000ULL) };

	nanosleep(&t, NULL);
}

static uint64_t draw(uint64_t *state, uint64_t from, uint64_t to)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return from + (*state >> 33) % (to - from);
}

/* To one of the CPUs that we may use; where that is refused it stays where it is. */
static void move(const cpu_set_t *allowed, uint64_t *state)
{
	unsigned int nr = (unsigned int)CPU_COUNT(allowed), nth;
	cpu_set_t one;

	if (!nr)
		return;
	nth = (unsigned int)draw(state, 0, nr);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, allowed) || nth--)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
		return;
	}
}

static void burst(uint64_t length_ns)
{
	uint64_t end = now_ns() + length_ns, until;

	while (now_ns() < end) {
		until = now_ns() + MS;
		while (now_ns() < until)
			;
		rest(MS);
	}
}

static void __attribute__((noreturn)) run(uint64_t limit_ns, uint64_t seed)
{
	uint64_t end = now_ns() + limit_ns, state = seed;
	cpu_set_t allowed;

	CPU_ZERO(&allowed);
	sched_getaffinity(0, sizeof(allowed), &allowed);
	while (now_ns() < end) {
		move(&allowed, &state);
		burst(draw(&state, 500 * MS, 4500 * MS));
		rest(draw(&state, 500 * MS, 6500 * MS));
	}
	_exit(0);
}

int hog_start(pid_t *pid, uint64_t limit_ns, uint64_t seed, char *err, size_t errlen)
{
	pid_t self = getpid();

	*pid = fork();
	if (!*pid) {
		child_die_with_parent(self);
		interrupt_child();
		prctl(PR_SET_NAME, "kt-hog");
		run(limit_ns, seed);
	}
	if (*pid > 0)
		return 0;
	snprintf(err, errlen, "cannot start the load: %s", strerror(errno));
	*pid = 0;
	return -EAGAIN;
}
