// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that lies to whoever traces it: it works, parks and wakes as others do, and meanwhile
 * writes over the slots in which its threads tell of themselves. See hostile_target.sh.
 */
#include <kthread/kthread.h>
#include <kthread/worker.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/probe/slot.h"
#include "lib/probe/work_log.h"

static unsigned char anything[1 << 16];

static uint64_t lie(uint64_t *seed)
{
	static const uint64_t bad[] = { 0, 1, ~0ULL, 1ULL << 47, 0xffff800000000000ULL, 4096 };

	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	switch (*seed >> 61) {
	case 0:
		return bad[(*seed >> 32) % (sizeof(bad) / sizeof(bad[0]))];
	case 1:
		return (uintptr_t)&kthread_slot_registry;
	case 2:
		return (uintptr_t)anything + (*seed >> 40) % sizeof(anything);
	default:
		return *seed >> 16;
	}
}

/* What is at @at, and @bytes of it, is nobody's to write but ours. */
static void scribble(void *at, size_t bytes, uint64_t *seed)
{
	volatile uint64_t *word = at;

	for (size_t i = 0; i < bytes / sizeof(*word); i++)
		word[i] = lie(seed);
}

static int liar(void *unused)
{
	struct kthread_slot_registry *r = &kthread_slot_registry;
	uint64_t seed = 1;

	(void)unused;
	while (!kthread_should_stop()) {
		scribble(r->slot, sizeof(r->slot), &seed);
		scribble(anything, sizeof(anything), &seed);
		for (uint32_t i = 0; i < KTHREAD_SLOT_NR; i += 3) {
			/* Found by its thread id: our own. */
			r->slot[i].tid = (uint32_t)(getpid() + i % 8);
			r->slot[i].t4_ns = lie(&seed);
		}
		((struct kthread_work_log *)anything)->head.magic = KTHREAD_LOG_MAGIC;
		((struct kthread_work_log *)anything)->head.started = ~0U;
		r->nr = (uint32_t)lie(&seed);
		usleep(200);
	}
	return 0;
}

static void nothing(struct kthread_work *work)
{
	(void)work;
}

int main(void)
{
	struct kthread_worker *worker;
	struct task_struct *t;
	struct kthread_work work;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(120);
	kthread_init_work(&work, nothing);
	worker = kthread_create_worker(0, "hostile");
	t = kthread_run(liar, NULL, "hostile_liar");
	if (IS_ERR(worker) || IS_ERR(t))
		return 1;
	puts("ready");
	fflush(stdout);
	for (;;) {
		kthread_queue_work(worker, &work);
		kthread_flush_work(&work);
		usleep(100);
	}
}
