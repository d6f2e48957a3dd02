// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shaped like a test driver's capture thread: a frame each few jiffies, counted from the start so
 * that nothing is lost by rounding; between two frames it asks schedule() until the time has come.
 */
#include <linux/atomic.h>
#include <linux/freezer.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#define FRAMES_PER_S 200
#define NR_BUFFERS   3

struct buffer {
	struct list_head list;
	unsigned long sequence;
};

struct capture {
	struct task_struct *kthread;
	spinlock_t slock;
	struct list_head free, filled;
	wait_queue_head_t done_wait;
	unsigned long start, sequence;
	bool restart;
	int early;
};

static struct buffer buffers[NR_BUFFERS];
static struct capture capture;

static void fill_buffer(struct capture *c)
{
	struct buffer *b;

	spin_lock_irq(&c->slock);
	if (!list_empty(&c->free)) {
		b = list_first_entry(&c->free, struct buffer, list);
		list_del_init(&b->list);
		b->sequence = c->sequence;
		list_add_tail(&b->list, &c->filled);
	}
	spin_unlock_irq(&c->slock);
	wake_up(&c->done_wait);
}

static int capture_thread(void *data)
{
	struct capture *c = data;
	unsigned long now, since, wait;

	set_freezable();
	c->restart = true;
	for (;;) {
		try_to_freeze();
		if (kthread_should_stop())
			break;
		now = jiffies;
		if (c->restart) {
			c->start = now;
			c->sequence = 0;
			c->restart = false;
		}
		since = now - c->start;
		if (since < c->sequence * HZ / FRAMES_PER_S)
			c->early++;
		/* A frame that should have been is skipped. */
		c->sequence = since * FRAMES_PER_S / HZ;
		fill_buffer(c);
		c->sequence++;
		wait = (c->sequence * HZ + FRAMES_PER_S - 1) / FRAMES_PER_S - since;
		while (time_is_after_jiffies(now + wait) && !kthread_should_stop())
			schedule();
	}
	return 0;
}

static struct buffer *take_filled(struct capture *c)
{
	struct buffer *b = NULL;

	spin_lock_irq(&c->slock);
	if (!list_empty(&c->filled)) {
		b = list_first_entry(&c->filled, struct buffer, list);
		list_del_init(&b->list);
	}
	spin_unlock_irq(&c->slock);
	return b;
}

static void give_back(struct capture *c, struct buffer *b)
{
	spin_lock_irq(&c->slock);
	list_add_tail(&b->list, &c->free);
	spin_unlock_irq(&c->slock);
}

static int __init capture_init(void)
{
	struct capture *c = &capture;
	unsigned long last = 0, disorder = 0;
	struct buffer *b;
	int i;

	spin_lock_init(&c->slock);
	init_waitqueue_head(&c->done_wait);
	INIT_LIST_HEAD(&c->free);
	INIT_LIST_HEAD(&c->filled);
	for (i = 0; i < NR_BUFFERS; i++)
		give_back(c, &buffers[i]);
	c->kthread = kthread_run(capture_thread, c, "%s-vid-cap", "shape");
	if (IS_ERR(c->kthread))
		return PTR_ERR(c->kthread);
	for (i = 0; i < 10; i++) {
		wait_event(c->done_wait, (b = take_filled(c)) != NULL);
		disorder += i && b->sequence <= last;
		last = b->sequence;
		give_back(c, b);
	}
	pr_info("frames out of order: %lu\n", disorder);
	return 0;
}

static void __exit capture_exit(void)
{
	int ret = kthread_stop(capture.kthread);

	pr_info("stopped: %d, early frames: %d\n", ret, capture.early);
}

module_init(capture_init);
module_exit(capture_exit);
MODULE_LICENSE("GPL");
