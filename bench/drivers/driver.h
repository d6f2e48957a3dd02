/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_DRIVERS_DRIVER_H
#define KT_DRIVERS_DRIVER_H
/*
 * What the drivers share: the arm that answers, where its threads go, and waiting for states.
 *
 * All of it is the drivers' own and the same for every arm, so that how a driver waits favours
 * none: answers come back through a handoff, which is not a contender, and a thread counts as
 * asleep when the kernel says so. Every wait ends: after DRIVER_PATIENCE_NS the operation has
 * failed.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/arms/arm.h"
#include "bench/harness/bench.h"

/* Far beyond any wait on a loaded machine, and still an end. */
#define DRIVER_PATIENCE_NS 20000000000ULL

enum driver_side { SAME_CPU, OTHER_CPU };

/*
 * DRIVER_ARMS - a list for .arms of BENCHMARK(): all arms that can what the question needs
 *
 *	DRIVER_ARMS(park_arms, .can = ARM_CAN_PARK);
 *	BENCHMARK(park, .arms = park_arms, .baseline = "futex", ...)
 *
 * The fields are those of struct arm_ask. An arm whose library this build lacks is in the list, for
 * driver_arm() to skip it with the reason. Filled before main() makes the questions.
 */
#define DRIVER_ARMS(list_, ...)                                     \
	static const char *list_[ARM_MAX + 1];                      \
	__attribute__((constructor)) static void list_##_fill(void) \
	{                                                           \
		arms_that(list_, (struct arm_ask){ __VA_ARGS__ });  \
	}                                                           \
	static const char *list_[ARM_MAX + 1]

/* driver_arm - the arm asked for, labelled; NULL after bench_skip() */
const struct arm *driver_arm(struct bench_state *st);

/* driver_place - CPU of the other thread by parameter cpu=; negative after bench_skip() */
int driver_place(struct bench_state *st, enum driver_side *side);

/*
 * A binary event from one thread to another. One gives, one takes, in turn. The taker on another
 * CPU looks for a while before it sleeps, so that the answer does not cost a wake; on the same CPU
 * it sleeps at once.
 */
struct handoff {
	uint32_t word;
} __attribute__((aligned(64)));

void handoff_give(struct handoff *h);
bool handoff_take(struct handoff *h, enum driver_side side); /* false: out of patience */

/*
 * driver_lives - get ready for @st's arm, one of those that ARM_CAN_LIVE, to create and stop threads
 *
 * Return: the arm, which needs cycle_finish (if any) in the end, or NULL after bench_skip().
 */
const struct arm *driver_lives(struct bench_state *st);

/* count_reaches - yield until *@count is @value; false: out of patience */
bool count_reaches(const uint32_t *count, uint32_t value);

/*
 * thread_ends - yield until the kernel knows no thread @tid of this process; false: out of patience
 */
bool thread_ends(pid_t tid);

/*
 * A thread of this process whose sleep can be awaited. Asleep: the kernel shows state S for it,
 * which on another CPU may be a moment before it has left that CPU.
 */
struct sleeper {
	int fd;
};

int sleeper_open(struct sleeper *s, pid_t tid);		     /* 0 or -errno */
bool sleeper_wait(struct sleeper *s, enum driver_side side); /* false: gone, or out of patience */
void sleeper_close(struct sleeper *s);
#endif
