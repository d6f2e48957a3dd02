// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own kthreads as an arm of `kt bench`, measured where they run. scripts/kernel-arm
 * builds and loads this module; bench/controller/kernel_module.c talks to it.
 *
 * /proc/kt-kernel-arm: write "create_stop N", "park same|cross N" or "queue same|cross N" to make N
 * operations, then read N times in ns, as 64-bit numbers of this machine. The spans are those of
 * the questions create_stop, park and work_queue/worker=idle. cross: the peer is bound to the
 * second CPU that is online.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/vmalloc.h>

#define MAX_OPERATIONS 100000U

struct run {
	int (*measure)(struct run *r);
	unsigned int nr, cpu, peer_cpu;
	u64 *ns;
	int ret;
	struct completion done;
};

static DEFINE_MUTEX(lock); /* of last */
static struct run last;

/* Until @k waits for work; times begin when everybody is asleep. */
static void await_asleep(struct task_struct *k)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 14, 0)
	while (READ_ONCE(k->__state) != TASK_INTERRUPTIBLE)
#else
	while (READ_ONCE(k->state) != TASK_INTERRUPTIBLE)
#endif
		usleep_range(10, 20);
}

/* ---- create_stop ----------------------------------------------------------------------------- */
static int short_life(void *ran)
{
	complete(ran);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static int measure_create_stop(struct run *r)
{
	struct task_struct *k;
	unsigned int i;
	u64 begin;

	for (i = 0; i < r->nr; i++) {
		DECLARE_COMPLETION_ONSTACK(ran);

		begin = ktime_get_ns();
		k = kthread_run(short_life, &ran, "kt-arm-life");
		if (IS_ERR(k))
			return PTR_ERR(k);
		wait_for_completion(&ran);
		kthread_stop(k);
		r->ns[i] = ktime_get_ns() - begin;
		cond_resched();
	}
	return 0;
}

/* ---- park ------------------------------------------------------------------------------------ */
struct parker {
	u64 ran_ns;
	struct completion ran;
};

static int park_peer(void *data)
{
	struct parker *p = data;

	while (!kthread_should_stop()) {
		if (kthread_should_park()) {
			kthread_parkme();
			p->ran_ns = ktime_get_ns();
			complete(&p->ran);
			continue;
		}
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop() && !kthread_should_park())
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	return 0;
}

static int measure_park(struct run *r)
{
	struct parker p = { 0 };
	struct task_struct *k;
	unsigned int i;
	int ret = 0;
	u64 begin;

	init_completion(&p.ran);
	k = kthread_create(park_peer, &p, "kt-arm-park");
	if (IS_ERR(k))
		return PTR_ERR(k);
	kthread_bind(k, r->peer_cpu);
	wake_up_process(k);
	for (i = 0; i < r->nr && !ret; i++) {
		await_asleep(k);
		begin = ktime_get_ns();
		ret = kthread_park(k);
		kthread_unpark(k);
		if (ret)
			break;
		wait_for_completion(&p.ran);
		r->ns[i] = p.ran_ns - begin;
	}
	kthread_stop(k);
	return ret;
}

/* ---- queue ----------------------------------------------------------------------------------- */
struct stamped {
	struct kthread_work work;
	u64 ran_ns;
};

static void stamp(struct kthread_work *work)
{
	container_of(work, struct stamped, work)->ran_ns = ktime_get_ns();
}

static int measure_queue(struct run *r)
{
	struct kthread_worker *w;
	struct stamped s;
	unsigned int i;
	u64 begin;

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
	w = kthread_create_worker_on_cpu(r->peer_cpu, 0, "kt-arm-work/%u", r->peer_cpu);
#else
	w = kthread_run_worker_on_cpu(r->peer_cpu, 0, "kt-arm-work/%u");
#endif
	if (IS_ERR(w))
		return PTR_ERR(w);
	kthread_init_work(&s.work, stamp);
	for (i = 0; i < r->nr; i++) {
		await_asleep(w->task);
		begin = ktime_get_ns();
		kthread_queue_work(w, &s.work);
		kthread_flush_work(&s.work);
		r->ns[i] = s.ran_ns - begin;
	}
	kthread_destroy_worker(w);
	return 0;
}

/* ---- the file -------------------------------------------------------------------------------- */
static int controller(void *data)
{
	struct run *r = data;

	r->ret = r->measure(r);
	complete(&r->done);
	return 0;
}

static int parse(struct run *r, const char *text)
{
	char name[16] = "", place[16] = "";
	bool cross;

	r->cpu = cpumask_first(cpu_online_mask);
	r->peer_cpu = r->cpu;
	if (sscanf(text, "create_stop %u", &r->nr) == 1) {
		r->measure = measure_create_stop;
	} else if (sscanf(text, "%15s %15s %u", name, place, &r->nr) == 3) {
		r->measure = !strcmp(name, "park")    ? measure_park
			     : !strcmp(name, "queue") ? measure_queue
						      : NULL;
		cross = !strcmp(place, "cross");
		if (!r->measure || (!cross && strcmp(place, "same")))
			return -EINVAL;
		if (cross)
			r->peer_cpu = cpumask_next(r->cpu, cpu_online_mask);
	} else {
		return -EINVAL;
	}
	if (!r->nr || r->nr > MAX_OPERATIONS)
		return -EINVAL;
	return r->peer_cpu < nr_cpu_ids ? 0 : -ENODEV;
}

static int measure_locked(struct run *r)
{
	struct task_struct *k;

	r->ns = vmalloc(r->nr * sizeof(*r->ns));
	if (!r->ns)
		return -ENOMEM;
	init_completion(&r->done);
	k = kthread_create(controller, r, "kt-arm");
	if (IS_ERR(k))
		return PTR_ERR(k);
	if (r->measure != measure_create_stop)
		kthread_bind(k, r->cpu);
	wake_up_process(k);
	wait_for_completion(&r->done);
	return r->ret;
}

static ssize_t arm_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	char text[48] = "";
	int ret;

	if (len >= sizeof(text) || copy_from_user(text, buf, len))
		return -EINVAL;
	mutex_lock(&lock);
	vfree(last.ns);
	last = (struct run){ 0 };
	ret = parse(&last, text);
	if (!ret)
		ret = measure_locked(&last);
	if (ret)
		last.nr = 0;
	mutex_unlock(&lock);
	/* The next read begins with the first time. */
	*pos = 0;
	return ret ? ret : len;
}

static ssize_t arm_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	ssize_t ret;

	mutex_lock(&lock);
	ret = simple_read_from_buffer(buf, len, pos, last.ns, last.nr * sizeof(*last.ns));
	mutex_unlock(&lock);
	return ret;
}

static const struct proc_ops arm_ops = {
	.proc_read = arm_read,
	.proc_write = arm_write,
	.proc_lseek = default_llseek,
};

static int __init arm_init(void)
{
	return proc_create("kt-kernel-arm", 0600, NULL, &arm_ops) ? 0 : -ENOMEM;
}

static void __exit arm_exit(void)
{
	remove_proc_entry("kt-kernel-arm", NULL);
	vfree(last.ns);
}

module_init(arm_init);
module_exit(arm_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("kthreads of the kernel, measured for kt bench");
