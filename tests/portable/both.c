// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each macro of the headers once, and the types that they use, in the words that C99 and C++11 have
 * in common: compiled as either, by gcc and clang, with -pedantic, the headers as the user's own and
 * as the system's. Prints what it counted.
 */
#include <pthread.h>
#include <stdio.h>

#include <kthread/kthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void spin_lock_irq(pthread_mutex_t *l)
{
	pthread_mutex_lock(l);
}

static void spin_unlock_irq(pthread_mutex_t *l)
{
	pthread_mutex_unlock(l);
}

static unsigned int nr;

static void counts(struct kthread_work *work)
{
	(void)work;
	__atomic_fetch_add(&nr, 1, __ATOMIC_ACQ_REL);
}

struct item {
	int value;
	struct kthread_work work;
};

static void counts_item(struct kthread_work *work)
{
	struct item *item = container_of(work, struct item, work);

	__atomic_fetch_add(&nr, (unsigned int)item->value, __ATOMIC_ACQ_REL);
}

static DECLARE_WAIT_QUEUE_HEAD(wq);
static DECLARE_COMPLETION(done);
static DEFINE_KTHREAD_WORKER(own_worker);
static struct kthread_worker other_worker = KTHREAD_WORKER_INIT(other_worker);
static DEFINE_KTHREAD_WORK(a_work, counts);
static struct kthread_work other_work = KTHREAD_WORK_INIT(other_work, counts);
static DEFINE_KTHREAD_DELAYED_WORK(a_dwork, counts);
static struct kthread_delayed_work other_dwork = KTHREAD_DELAYED_WORK_INIT(other_dwork, counts);

static int waits(void *data)
{
	DEFINE_WAIT(wait);
	DECLARE_WAITQUEUE(entry, current);
	ktime_t kt = ms_to_ktime(1);
	int ret = 0;

	(void)data;
	allow_signal(SIGUSR1);
	set_user_nice(current, 1);
	wait_event_timeout(wq, false, 1);
	ret += (int)wait_event_interruptible_timeout(wq, false, 1);
	ret += (int)wait_event_freezable_timeout(wq, false, 1);
	wait_event(wq, true);
	ret += wait_event_interruptible(wq, true);
	ret += wait_event_interruptible_exclusive(wq, true);
	ret += wait_event_killable(wq, true);
	ret += wait_event_freezable(wq, true);
	spin_lock_irq(&lock);
	wait_event_lock_irq(wq, true, lock);
	wait_event_lock_irq_cmd(wq, true, lock, (void)0);
	ret += wait_event_interruptible_lock_irq(wq, true, lock);
	ret += wait_event_interruptible_lock_irq_cmd(wq, true, lock, (void)0);
	ret += (int)wait_event_lock_irq_timeout(wq, false, lock, 1);
	ret += (int)wait_event_interruptible_lock_irq_timeout(wq, false, lock, 1);
	spin_unlock_irq(&lock);
	prepare_to_wait(&wq, &wait, TASK_INTERRUPTIBLE);
	finish_wait(&wq, &wait);
	add_wait_queue(&wq, &entry);
	remove_wait_queue(&wq, &entry);
	set_current_state(TASK_INTERRUPTIBLE);
	ret += schedule_hrtimeout(&kt, HRTIMER_MODE_REL);
	__set_current_state(TASK_RUNNING);
	if (need_resched())
		cond_resched();
	complete(&done);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return ret + 42;
}

/* Under each of its names. Return: how many could be made */
static int workers(void)
{
	int cpu = (int)cpumask_first(cpu_online_mask);
	struct kthread_worker *w[] = {
		kthread_create_worker(0, "plain"),
		kthread_create_worker(KTW_FREEZABLE, "with/%d", 1),
		kthread_create_worker_on_cpu(cpu, 0, "new/%u"),
		kthread_create_worker_on_cpu(cpu, 0, "helper/%d", cpu),
		kthread_run_worker(0, "run"),
		kthread_run_worker(0, "run/%s", "more"),
		kthread_run_worker_on_cpu(cpu, 0, "new/%u"),
	};
	int i, made = 0;

	for (i = 0; i < (int)(sizeof(w) / sizeof(w[0])); i++) {
		if (IS_ERR(w[i]))
			continue;
		made++;
		kthread_init_work(&a_work, counts);
		kthread_queue_work(w[i], &a_work);
		kthread_flush_worker(w[i]);
		kthread_destroy_worker(w[i]);
	}
	return made;
}

static void own(struct kthread_worker *worker)
{
	struct task_struct *k = kthread_run(kthread_worker_fn, worker, "own");
	struct kthread_delayed_work dwork;
	struct item item;

	if (IS_ERR(k))
		return;
	item.value = 10;
	kthread_init_work(&item.work, counts_item);
	kthread_init_delayed_work(&dwork, counts);
	kthread_queue_work(worker, &other_work);
	kthread_queue_work(worker, &item.work);
	kthread_queue_delayed_work(worker, &dwork, 1);
	kthread_flush_delayed_work(&dwork);
	kthread_flush_work(&item.work);
	kthread_stop(k);
}

int main(void)
{
	struct completion on_stack = COMPLETION_INITIALIZER_ONSTACK(on_stack);
	DEFINE_KTHREAD_WORKER_ONSTACK(stack_worker);
	struct task_struct *k = kthread_run(waits, NULL, "waits");
	struct task_struct *never = kthread_create(waits, NULL, "never/%d", 2);
	unsigned int cpu, cpus = 0;
	cpumask_var_t mask;
	int ret;

	if (IS_ERR(k) || IS_ERR_OR_NULL(never) || WARN_ON(!k) || WARN_ON_ONCE(!never) ||
	    WARN(k == never, "the same") || WARN_ONCE(k == never, "%s", "the same"))
		return 1;
	BUG_ON(k == never);
	wait_for_completion(&done);
	ret = kthread_stop(k);
	complete(&on_stack);
	wait_for_completion(&on_stack);
	for_each_online_cpu (cpu)
		cpus++;
	if (!zalloc_cpumask_var(&mask, GFP_KERNEL) || !cpumask_empty(mask))
		return 1;
	free_cpumask_var(mask);
	printf("waits %d, never %d, workers %d, CPUs %s, ", ret, kthread_stop(never), workers(),
	       cpus == num_online_cpus() ? "all" : "some");
	own(&own_worker);
	kthread_init_work(&other_work, counts);
	own(&other_worker);
	kthread_init_work(&other_work, counts);
	own(&stack_worker);
	kthread_cancel_delayed_work_sync(&a_dwork);
	kthread_cancel_delayed_work_sync(&other_dwork);
	printf("works %u, misuse %lu\n", nr, kthread_warn_count(KTHREAD_WARN_ANY));
	return 0;
}
