// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shaped like a bus controller's message pump: callers queue messages and may wait for them; one
 * work of one worker takes them off, one at a time, and queues itself for the next.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct message {
	struct list_head queue;
	unsigned int len;
	int status;
	void (*complete)(void *context);
	void *context;
};

struct controller {
	struct kthread_worker *kworker;
	struct kthread_work pump_messages;
	spinlock_t queue_lock;
	struct list_head queue;
	bool running, busy;
	unsigned int nr_bytes, nr_idle;
};

static struct controller *controller;
static DECLARE_COMPLETION(finished);

static void pump_messages(struct kthread_work *work)
{
	struct controller *c = container_of(work, struct controller, pump_messages);
	struct message *m;

	spin_lock_irq(&c->queue_lock);
	if (list_empty(&c->queue)) {
		/* Once per busy time the hardware is switched off. */
		c->nr_idle += c->busy;
		c->busy = false;
		spin_unlock_irq(&c->queue_lock);
		return;
	}
	m = list_first_entry(&c->queue, struct message, queue);
	list_del_init(&m->queue);
	c->busy = true;
	spin_unlock_irq(&c->queue_lock);

	usleep_range(100, 200);
	c->nr_bytes += m->len;
	m->status = 0;
	kthread_queue_work(c->kworker, &c->pump_messages);
	m->complete(m->context);
}

static int queue_message(struct controller *c, struct message *m)
{
	int ret = 0;

	spin_lock_irq(&c->queue_lock);
	if (c->running)
		list_add_tail(&m->queue, &c->queue);
	else
		ret = -ESHUTDOWN;
	if (!ret && !c->busy)
		kthread_queue_work(c->kworker, &c->pump_messages);
	spin_unlock_irq(&c->queue_lock);
	return ret;
}

static void message_done(void *context)
{
	complete(context);
}

static int sync_message(struct controller *c, unsigned int len)
{
	DECLARE_COMPLETION_ONSTACK(done);
	struct message m = { .len = len, .status = -EINPROGRESS, .complete = message_done };
	int ret;

	m.context = &done;
	ret = queue_message(c, &m);
	if (ret)
		return ret;
	wait_for_completion(&done);
	return m.status;
}

static int client(void *arg)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < 10 && !ret; i++)
		ret = sync_message(arg, 4);
	complete(&finished);
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	return ret;
}

static int __init spi_init(void)
{
	struct controller *c = kzalloc(sizeof(*c), GFP_KERNEL);
	struct task_struct *clients[3];
	int i, sum = 0;

	if (!c)
		return -ENOMEM;
	controller = c;
	spin_lock_init(&c->queue_lock);
	INIT_LIST_HEAD(&c->queue);
	c->kworker = kthread_create_worker(0, "%s", "spi-shape");
	if (IS_ERR(c->kworker))
		return PTR_ERR(c->kworker);
	kthread_init_work(&c->pump_messages, pump_messages);
	sched_set_fifo(c->kworker->task);
	c->running = true;
	for (i = 0; i < 3; i++)
		clients[i] = kthread_run(client, c, "client/%d", i);
	for (i = 0; i < 3; i++)
		wait_for_completion(&finished);
	for (i = 0; i < 3; i++)
		sum += kthread_stop(clients[i]);
	pr_info("errors: %d\n", sum);
	return 0;
}

static void __exit spi_exit(void)
{
	struct controller *c = controller;

	spin_lock_irq(&c->queue_lock);
	c->running = false;
	spin_unlock_irq(&c->queue_lock);
	pr_info("refused: %d\n", sync_message(c, 1) == -ESHUTDOWN);
	kthread_flush_worker(c->kworker);
	kthread_destroy_worker(c->kworker);
	pr_info("bytes: %u, went idle: %d\n", c->nr_bytes, c->nr_idle > 0);
	kfree(c);
}

module_init(spi_init);
module_exit(spi_exit);
MODULE_LICENSE("GPL");
