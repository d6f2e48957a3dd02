// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver written for the kernel (ported/echo.c), included as it is: it compiles, works, and
 * does nothing that the library would report as misuse.
 */
#include <criterion/criterion.h>

#include "tests/unit/ported/echo.c"

#define NR	 100
#define LONG_MS	 60000 /* nothing waits so long unless it is broken */
#define NEVER_MS 1000000000

struct gate {
	struct kthread_work work;
	struct completion entered, open;
};

static void wait_at_gate(struct kthread_work *work)
{
	struct gate *gate = container_of(work, struct gate, work);

	complete(&gate->entered);
	wait_for_completion(&gate->open);
}

/* Keep the device busy, so that what is submitted now stays pending. */
static void close_gate(struct gate *gate, struct echo_device *dev)
{
	kthread_init_work(&gate->work, wait_at_gate);
	init_completion(&gate->entered);
	init_completion(&gate->open);
	kthread_queue_work(dev->worker, &gate->work);
	wait_for_completion(&gate->entered);
}

static struct echo_device *probe(unsigned int idle_ms)
{
	struct echo_device *dev = echo_probe(3, idle_ms);

	cr_assert(!IS_ERR(dev), "error %ld", PTR_ERR(dev));
	return dev;
}

static void remove_it(struct echo_device *dev)
{
	echo_remove(dev);
	cr_assert_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0, "misuse was reported");
}

Test(ported_driver, answers_every_request, .timeout = 60)
{
	struct echo_device *dev = probe(NEVER_MS);
	struct echo_request req[NR];
	unsigned int i;

	for (i = 0; i < NR; i++)
		echo_submit(dev, &req[i], i);
	for (i = 0; i < NR; i++) {
		cr_assert_eq(echo_wait(&req[i], LONG_MS), 0);
		cr_assert_eq(req[i].answer, ~i);
	}
	cr_assert_eq(echo_suspend(dev), 0);
	cr_assert_eq(dev->nr_received, NR, "what the thread counted is visible once it is parked");
	echo_resume(dev);
	remove_it(dev);
}

Test(ported_driver, suspended_it_finishes_nothing_and_loses_nothing, .timeout = 60)
{
	struct echo_device *dev = probe(NEVER_MS);
	struct echo_request req[NR];
	unsigned int i;

	cr_assert_eq(echo_suspend(dev), 0);
	for (i = 0; i < NR; i++)
		echo_submit(dev, &req[i], i);
	kthread_flush_worker(dev->worker);
	for (i = 0; i < NR; i++)
		cr_assert(!completion_done(&req[i].done));
	cr_assert_eq(dev->nr_received, 0);

	echo_resume(dev);
	for (i = 0; i < NR; i++)
		cr_assert_eq(echo_wait(&req[i], LONG_MS), 0);
	remove_it(dev);
}

Test(ported_driver, an_aborted_request_never_reaches_the_device, .timeout = 60)
{
	struct echo_device *dev = probe(NEVER_MS);
	struct echo_request first, second;
	struct gate gate;

	close_gate(&gate, dev);
	echo_submit(dev, &first, 1);
	echo_submit(dev, &second, 2);
	cr_assert(echo_abort(&first));
	complete(&gate.open);
	cr_assert_eq(echo_wait(&second, LONG_MS), 0);

	cr_assert_eq(first.status, -EINPROGRESS);
	cr_assert(!completion_done(&first.done));
	cr_assert(!echo_abort(&second), "it has been answered");
	remove_it(dev);
}

Test(ported_driver, removed_while_suspended_it_ends_what_is_unfinished, .timeout = 60)
{
	struct echo_device *dev = probe(NEVER_MS);
	struct echo_request req;

	cr_assert_eq(echo_suspend(dev), 0);
	echo_submit(dev, &req, 1);
	remove_it(dev);

	cr_assert_eq(echo_wait(&req, 0), -ENODEV);
}

Test(ported_driver, the_watchdog_finds_an_idle_device_again_and_again, .timeout = 60)
{
	struct echo_device *dev = probe(1);
	int i;

	for (i = 0; i < 3; i++)
		wait_for_completion(&dev->idle);
	remove_it(dev);
}
