// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver's thread, as the kernel has many: it sleeps until the device has frames for it, or
 * until the driver is removed. Above main() only the includes and the atomics are not the kernel's.
 */
#include <kthread/kthread.h>
#include <stdio.h>

struct toy {
	struct task_struct *thread;
	unsigned int raised;	/* frames the device has announced */
	unsigned int handled;	/* only the thread changes it */
	struct completion five; /* five of them are handled */
};

static int toy_thread(void *data)
{
	struct toy *toy = data;

	for (;;) {
		/* First the state, then the look: a wake between the two ends schedule(). */
		set_current_state(TASK_INTERRUPTIBLE);
		if (__atomic_load_n(&toy->raised, __ATOMIC_ACQUIRE) != toy->handled) {
			__set_current_state(TASK_RUNNING);
			if (++toy->handled == 5)
				complete(&toy->five);
		} else if (kthread_should_stop()) {
			break;
		} else {
			schedule();
		}
	}
	/* Whoever leaves such a loop is not about to sleep any more. */
	__set_current_state(TASK_RUNNING);
	return (int)toy->handled;
}

/* What the interrupt handler would do. Between wakes the thread may find several frames. */
static void toy_interrupt(struct toy *toy)
{
	__atomic_fetch_add(&toy->raised, 1, __ATOMIC_RELEASE);
	wake_up_process(toy->thread);
}

static int toy_probe(struct toy *toy, int id)
{
	init_completion(&toy->five);
	/* An error is inside the pointer, never NULL. */
	toy->thread = kthread_run(toy_thread, toy, "toy/%d", id);
	return PTR_ERR_OR_ZERO(toy->thread);
}

/* Returns when the thread has ended: after this nothing of the driver runs. */
static int toy_remove(struct toy *toy)
{
	return kthread_stop(toy->thread);
}

int main(void)
{
	struct toy toy = { .raised = 0 };
	int i, ret;

	ret = toy_probe(&toy, 0);
	if (ret) {
		fprintf(stderr, "toy: no thread: error %d\n", ret);
		return 1;
	}
	for (i = 0; i < 5; i++)
		toy_interrupt(&toy);
	wait_for_completion(&toy.five);
	/* Announced before the stop, so it is handled: the loop looks at frames first. */
	toy_interrupt(&toy);
	printf("toy/0 handled %d frames\n", toy_remove(&toy));
	return 0;
}
