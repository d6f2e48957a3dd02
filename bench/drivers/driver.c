// SPDX-License-Identifier: GPL-2.0-only
#include "bench/drivers/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The answer follows a wake by some microseconds; after this it is not coming soon. */
#define LOOK_NS 200000ULL

#define LOOKS_PER_CLOCK 32

const struct arm *driver_arm(struct bench_state *st)
{
	const char *name = bench_arm(st);
	const struct arm *arm = arm_find(name);

	if (arm)
		bench_label(st, "%s", arm->describe());
	else
		bench_skip(st, "%s", arm_missing(name));
	return arm;
}

int driver_place(struct bench_state *st, enum driver_side *side)
{
	int cpu;

	*side = bench_param_is(st, "cpu", "same") ? SAME_CPU : OTHER_CPU;
	cpu = bench_cpu(st, *side == SAME_CPU ? 0 : 1);
	return cpu < 0 ? bench_skip(st, "needs two CPUs, and may use only one") : cpu;
}

const struct arm *driver_lives(struct bench_state *st)
{
	const struct arm *arm = driver_arm(st);
	int ret;

	if (!arm)
		return NULL;
	ret = arm->cycle_prepare ? arm->cycle_prepare() : 0;
	if (ret) {
		bench_fail(st, "cannot start: %s", strerror(-ret));
		return NULL;
	}
	return arm;
}

bool count_reaches(const uint32_t *count, uint32_t value)
{
	uint64_t end = bench_now_ns() + DRIVER_PATIENCE_NS;

	/* Acquire: what the counting threads did before. */
	while (__atomic_load_n(count, __ATOMIC_ACQUIRE) != value) {
		if (bench_now_ns() > end)
			return false;
		sched_yield();
	}
	return true;
}

bool thread_ends(pid_t tid)
{
	uint64_t end = bench_now_ns() + DRIVER_PATIENCE_NS;

	while (!syscall(SYS_tgkill, getpid(), tid, 0)) {
		if (bench_now_ns() > end)
			return false;
		sched_yield();
	}
	return true;
}

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" : : : "memory");
#endif
}

/* ---- handoff --------------------------------------------------------------------------------- */

enum { HANDOFF_NONE, HANDOFF_GIVEN, HANDOFF_ASLEEP };

void handoff_give(struct handoff *h)
{
	/* Release: what the giver wrote; pairs with the acquire in handoff_take(). */
	if (__atomic_exchange_n(&h->word, HANDOFF_GIVEN, __ATOMIC_ACQ_REL) == HANDOFF_ASLEEP)
		syscall(SYS_futex, &h->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static bool given(struct handoff *h)
{
	/* Acquire: pairs with the release in handoff_give(). */
	return __atomic_load_n(&h->word, __ATOMIC_ACQUIRE) == HANDOFF_GIVEN;
}

static void look(struct handoff *h)
{
	uint64_t end = bench_now_ns() + LOOK_NS;

	do {
		for (int i = 0; i < LOOKS_PER_CLOCK; i++) {
			if (given(h))
				return;
			pause_briefly();
		}
	} while (bench_now_ns() < end);
}

static bool sleep_until_given(struct handoff *h)
{
	const struct timespec second = { .tv_sec = 1 };
	uint64_t end = bench_now_ns() + DRIVER_PATIENCE_NS;
	uint32_t none = HANDOFF_NONE;

	/* Fails when given already; the kernel compares again, so nothing is slept through. */
	__atomic_compare_exchange_n(&h->word, &none, HANDOFF_ASLEEP, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
	while (!given(h)) {
		if (bench_now_ns() > end)
			return false;
		syscall(SYS_futex, &h->word, FUTEX_WAIT_PRIVATE, HANDOFF_ASLEEP, &second, NULL, 0);
	}
	return true;
}

bool handoff_take(struct handoff *h, enum driver_side side)
{
	if (side == OTHER_CPU)
		look(h);
	if (!given(h) && !sleep_until_given(h))
		return false;
	__atomic_store_n(&h->word, HANDOFF_NONE, __ATOMIC_RELAXED);
	return true;
}

/* ---- sleeper --------------------------------------------------------------------------------- */

int sleeper_open(struct sleeper *s, pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)tid);
	s->fd = open(path, O_RDONLY | O_CLOEXEC);
	return s->fd < 0 ? -errno : 0;
}

void sleeper_close(struct sleeper *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* State letter of the thread; 0 when it is gone. */
static char state_of(const struct sleeper *s)
{
	char text[160]; /* the name is at most 64 bytes long when escaped, the state follows it */
	ssize_t n = pread(s->fd, text, sizeof(text) - 1, 0);
	char *name_end;

	if (n <= 0)
		return 0;
	text[n] = 0;
	name_end = strrchr(text, ')');
	return name_end && name_end[1] == ' ' ? name_end[2] : 0;
}

bool sleeper_wait(struct sleeper *s, enum driver_side side)
{
	uint64_t end = 0;
	char state;

	for (unsigned int looks = 1;; looks++) {
		state = state_of(s);
		if (state == 'S')
			return true;
		if (!state)
			return false;
		if (looks % LOOKS_PER_CLOCK == 0) {
			if (!end)
				end = bench_now_ns() + DRIVER_PATIENCE_NS;
			else if (bench_now_ns() > end)
				return false;
		}
		/* It cannot fall asleep before it has had the CPU. */
		if (side == SAME_CPU)
			sched_yield();
	}
}
