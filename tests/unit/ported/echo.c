// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver of a device that echoes what it is sent, as the kernel has many such drivers: a
 * worker feeds the device, a thread takes its answers, a delayed work watches over it. It does not
 * know where it runs: for the kernel and for user space only the includes differ.
 */
#ifdef __KERNEL__
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#else
#include <kthread/kthread.h>
#include "user.h"
#endif
#include "echo.h"

/* ---- the device ------------------------------------------------------------------------------ */

/* Stands for the hardware and its interrupt: the answer is there, the thread is told. */
static void echo_device_work(struct kthread_work *work)
{
	struct echo_request *req = container_of(work, struct echo_request, work);
	struct echo_device *dev = req->dev;
	unsigned long flags;

	req->answer = ~req->question;
	spin_lock_irqsave(&dev->lock, flags);
	list_add_tail(&req->node, &dev->answered);
	spin_unlock_irqrestore(&dev->lock, flags);
	wake_up_process(dev->rx);
}

/* ---- the thread that takes the answers ------------------------------------------------------- */
static struct echo_request *echo_next(struct echo_device *dev)
{
	struct echo_request *req;
	unsigned long flags;

	spin_lock_irqsave(&dev->lock, flags);
	req = list_first_entry_or_null(&dev->answered, struct echo_request, node);
	if (req)
		list_del_init(&req->node);
	spin_unlock_irqrestore(&dev->lock, flags);
	return req;
}

static void echo_finish(struct echo_request *req, int status)
{
	req->status = status;
	complete(&req->done);
}

static int echo_rx_thread(void *data)
{
	struct echo_device *dev = data;
	struct echo_request *req;

	while (!kthread_should_stop()) {
		if (kthread_should_park()) {
			kthread_parkme();
			continue;
		}
		set_current_state(TASK_INTERRUPTIBLE);
		req = echo_next(dev);
		if (!req && !kthread_should_stop() && !kthread_should_park())
			schedule();
		__set_current_state(TASK_RUNNING);
		if (req) {
			dev->nr_received++;
			echo_finish(req, 0);
		}
		cond_resched();
	}
	return 0;
}

/* ---- the watchdog ---------------------------------------------------------------------------- */
static void echo_watchdog(struct kthread_work *work)
{
	struct kthread_delayed_work *dwork = container_of(work, struct kthread_delayed_work, work);
	struct echo_device *dev = container_of(dwork, struct echo_device, watchdog);

	dev->nr_idle++;
	complete(&dev->idle);
	kthread_queue_delayed_work(dev->worker, dwork, dev->idle_jiffies);
}

/* ---- for its users --------------------------------------------------------------------------- */
void echo_submit(struct echo_device *dev, struct echo_request *req, unsigned int question)
{
	kthread_init_work(&req->work, echo_device_work);
	init_completion(&req->done);
	INIT_LIST_HEAD(&req->node);
	req->dev = dev;
	req->question = question;
	req->status = -EINPROGRESS;
	kthread_queue_work(dev->worker, &req->work);
	kthread_mod_delayed_work(dev->worker, &dev->watchdog, dev->idle_jiffies);
}

int echo_wait(struct echo_request *req, unsigned int ms)
{
	if (!wait_for_completion_timeout(&req->done, msecs_to_jiffies(ms)))
		return -ETIMEDOUT;
	return req->status;
}

bool echo_abort(struct echo_request *req)
{
	return kthread_cancel_work_sync(&req->work);
}

/* After it no request is finished until echo_resume(); the device goes on answering. */
int echo_suspend(struct echo_device *dev)
{
	return kthread_park(dev->rx);
}

void echo_resume(struct echo_device *dev)
{
	kthread_unpark(dev->rx);
}

struct echo_device *echo_probe(int id, unsigned int idle_ms)
{
	struct echo_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	int err;

	if (!dev)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&dev->lock);
	INIT_LIST_HEAD(&dev->answered);
	init_completion(&dev->idle);
	dev->idle_jiffies = msecs_to_jiffies(idle_ms);
	kthread_init_delayed_work(&dev->watchdog, echo_watchdog);

	dev->worker = kthread_create_worker(0, "echo-dev/%d", id);
	if (IS_ERR(dev->worker)) {
		err = PTR_ERR(dev->worker);
		goto free_dev;
	}
	dev->rx = kthread_run(echo_rx_thread, dev, "echo-rx/%d", id);
	if (IS_ERR(dev->rx)) {
		err = PTR_ERR(dev->rx);
		goto destroy_worker;
	}
	kthread_queue_delayed_work(dev->worker, &dev->watchdog, dev->idle_jiffies);
	return dev;

destroy_worker:
	kthread_destroy_worker(dev->worker);
free_dev:
	kfree(dev);
	return ERR_PTR(err);
}

/* Requests that have no answer yet end with -ENODEV. */
void echo_remove(struct echo_device *dev)
{
	struct echo_request *req;

	kthread_cancel_delayed_work_sync(&dev->watchdog);
	kthread_destroy_worker(dev->worker);
	kthread_stop(dev->rx);
	while ((req = echo_next(dev)))
		echo_finish(req, -ENODEV);
	kfree(dev);
}
