// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shaped like a display's vertical blank works: a real-time worker per screen; works wait for a
 * frame number on a list, the interrupt queues those that are due; flush and cancel wait with the
 * lock of the list.
 */
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

struct crtc {
	spinlock_t event_lock;
	wait_queue_head_t work_wait;
	struct list_head pending;
	struct kthread_worker *worker;
	struct task_struct *interrupt;
	u64 frame;
};

struct vblank_work {
	struct kthread_work base;
	struct crtc *crtc;
	struct list_head node;
	u64 frame;
	int cancelling;
	u64 ran_at;
};

static struct crtc crtc;

static void handle_vblank(struct crtc *c)
{
	struct vblank_work *work, *next;
	bool wake = false;

	spin_lock_irq(&c->event_lock);
	c->frame++;
	list_for_each_entry_safe(work, next, &c->pending, node)
	{
		if (c->frame < work->frame)
			continue;
		list_del_init(&work->node);
		kthread_queue_work(c->worker, &work->base);
		wake = true;
	}
	spin_unlock_irq(&c->event_lock);
	if (wake)
		wake_up_all(&c->work_wait);
}

static int interrupt_thread(void *arg)
{
	ktime_t period = ms_to_ktime(2);

	while (!kthread_should_stop()) {
		set_current_state(TASK_IDLE);
		schedule_hrtimeout_range(&period, 0, HRTIMER_MODE_REL);
		handle_vblank(arg);
	}
	return 0;
}

static bool schedule_work_at(struct vblank_work *work, u64 in_frames)
{
	struct crtc *c = work->crtc;
	bool queued = false;

	spin_lock_irq(&c->event_lock);
	if (!work->cancelling && list_empty(&work->node)) {
		work->frame = c->frame + in_frames;
		list_add_tail(&work->node, &c->pending);
		queued = true;
	}
	spin_unlock_irq(&c->event_lock);
	return queued;
}

static void flush_vblank_work(struct vblank_work *work)
{
	struct crtc *c = work->crtc;

	spin_lock_irq(&c->event_lock);
	wait_event_lock_irq(c->work_wait, list_empty(&work->node), c->event_lock);
	spin_unlock_irq(&c->event_lock);
	kthread_flush_work(&work->base);
}

static bool cancel_vblank_work(struct vblank_work *work)
{
	struct crtc *c = work->crtc;
	bool was_pending;

	spin_lock_irq(&c->event_lock);
	was_pending = !list_empty(&work->node);
	if (was_pending)
		list_del_init(&work->node);
	work->cancelling++;
	spin_unlock_irq(&c->event_lock);
	wake_up_all(&c->work_wait);
	if (kthread_cancel_work_sync(&work->base))
		was_pending = true;
	spin_lock_irq(&c->event_lock);
	work->cancelling--;
	spin_unlock_irq(&c->event_lock);
	return was_pending;
}

static void program_hardware(struct kthread_work *base)
{
	struct vblank_work *work = container_of(base, struct vblank_work, base);

	spin_lock_irq(&work->crtc->event_lock);
	work->ran_at = work->crtc->frame;
	spin_unlock_irq(&work->crtc->event_lock);
}

static void init_vblank_work(struct vblank_work *work, struct crtc *c)
{
	*work = (struct vblank_work){ .crtc = c };
	kthread_init_work(&work->base, program_hardware);
	INIT_LIST_HEAD(&work->node);
}

static int __init vblank_init(void)
{
	struct crtc *c = &crtc;
	struct vblank_work soon, far;

	spin_lock_init(&c->event_lock);
	init_waitqueue_head(&c->work_wait);
	INIT_LIST_HEAD(&c->pending);
	c->worker = kthread_create_worker(0, "card%d-crtc%d", 0, 0);
	if (IS_ERR(c->worker))
		return PTR_ERR(c->worker);
	sched_set_fifo(c->worker->task);
	c->interrupt = kthread_run(interrupt_thread, c, "irq/vblank");
	if (IS_ERR(c->interrupt))
		return PTR_ERR(c->interrupt);

	init_vblank_work(&soon, c);
	init_vblank_work(&far, c);
	pr_info("scheduled: %d %d\n", schedule_work_at(&soon, 3), schedule_work_at(&far, 1000000));
	pr_info("again: %d\n", schedule_work_at(&far, 1));
	flush_vblank_work(&soon);
	pr_info("not early: %d\n", soon.ran_at >= soon.frame);
	pr_info("taken back: %d, ran: %d\n", cancel_vblank_work(&far), far.ran_at != 0);
	pr_info("nothing to take back: %d\n", cancel_vblank_work(&soon));
	return 0;
}

static void __exit vblank_exit(void)
{
	kthread_stop(crtc.interrupt);
	kthread_destroy_worker(crtc.worker);
}

module_init(vblank_init);
module_exit(vblank_exit);
MODULE_LICENSE("GPL");
