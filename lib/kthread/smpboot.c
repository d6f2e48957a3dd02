// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of per-CPU threads. One mutex for all sets and for the CPUs that are online; the threads
 * themselves never take it.
 */
#include "lib/kthread/internal.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include "lib/kthread/testing.h"

/* What has been done for a thread; only the thread itself changes it, once it runs. */
enum status { STATUS_NONE, STATUS_ACTIVE, STATUS_PARKED };

struct kthread_smp_thread {
	struct smp_hotplug_thread *set;
	struct task_struct *task; /* NULL: none; else with a reference */
	unsigned int cpu;
	enum status status;
};

static struct {
	pthread_mutex_t lock;
	struct smp_hotplug_thread *sets;
	struct cpumask online;
	unsigned int nr_cpus; /* 0: not known yet */
} smp = { .lock = PTHREAD_MUTEX_INITIALIZER };

/*
 * The sets' threads are the parent's, and nobody frees a held lock. The child may have sets of its
 * own.
 */
void kt_smpboot_fork_child(void)
{
	pthread_mutex_init(&smp.lock, NULL);
	smp.sets = NULL;
}

static bool init_locked(void)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);

	if (smp.nr_cpus)
		return true;
	if (n < 1 || n > KTHREAD_NR_CPUS)
		return false;
	if (syscall(SYS_sched_getaffinity, getpid(), sizeof(smp.online.bits), smp.online.bits) < 0)
		return false;
	/* Release: the CPUs; pairs with kthread_cpus_online(). */
	__atomic_store_n(&smp.nr_cpus, (unsigned int)n, __ATOMIC_RELEASE);
	return true;
}

/* ---- the CPUs -------------------------------------------------------------------------------- */
const struct cpumask *kthread_cpus_online(void)
{
	if (__builtin_expect(!__atomic_load_n(&smp.nr_cpus, __ATOMIC_ACQUIRE), 0)) {
		pthread_mutex_lock(&smp.lock);
		init_locked();
		pthread_mutex_unlock(&smp.lock);
	}
	return &smp.online;
}

/* ---- the thread ------------------------------------------------------------------------------ */
static bool is_online(unsigned int cpu)
{
	const unsigned long *word = &smp.online.bits[cpu / KTHREAD_LONG_BITS];

	return __atomic_load_n(word, __ATOMIC_ACQUIRE) >> cpu % KTHREAD_LONG_BITS & 1;
}

/* Where the kernel gives up: somebody has moved the thread. Count it, and go back. */
static void check_cpu(struct kthread_smp_thread *td)
{
	int cpu = sched_getcpu();

	if (__builtin_expect(cpu < 0 || (unsigned int)cpu == td->cpu, 1))
		return;
	kthread_warn(KTHREAD_WARN_WRONG_CPU, "smpboot: %s runs on the wrong CPU (%d)",
		     current->comm, cpu);
	kt_apply_affinity(kt_self);
}

static int smpboot_fn(void *data)
{
	struct kthread_smp_thread *td = data;
	struct smp_hotplug_thread *set = td->set;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop()) {
			__set_current_state(TASK_RUNNING);
			if (set->cleanup && td->status != STATUS_NONE)
				set->cleanup(td->cpu, is_online(td->cpu));
			return 0;
		}
		if (kthread_should_park()) {
			__set_current_state(TASK_RUNNING);
			if (set->park && td->status == STATUS_ACTIVE) {
				set->park(td->cpu);
				td->status = STATUS_PARKED;
			}
			kthread_parkme();
			/* It may be a stop that ended the park. */
			continue;
		}
		check_cpu(td);
		if (td->status != STATUS_ACTIVE) {
			__set_current_state(TASK_RUNNING);
			if (td->status == STATUS_NONE && set->setup)
				set->setup(td->cpu);
			if (td->status == STATUS_PARKED && set->unpark)
				set->unpark(td->cpu);
			td->status = STATUS_ACTIVE;
		} else if (set->thread_should_run(td->cpu)) {
			__set_current_state(TASK_RUNNING);
			set->thread_fn(td->cpu);
		} else {
			schedule();
		}
	}
}

/* ---- under the lock -------------------------------------------------------------------------- */
static void store(struct kthread_smp_thread *td, struct task_struct *task)
{
	td->task = task;
	if (td->set->store)
		__atomic_store_n(&td->set->store[td->cpu], task, __ATOMIC_RELEASE);
}

static int make_thread(struct smp_hotplug_thread *set, unsigned int cpu)
{
	struct kthread_smp_thread *td = &set->threads[cpu];
	struct task_struct *k;
	int ret;

	*td = (struct kthread_smp_thread){ .set = set, .cpu = cpu };
	k = kthread_create_on_cpu(smpboot_fn, td, cpu, set->thread_comm);
	if (IS_ERR(k))
		return (int)PTR_ERR(k);
	kthread_set_per_cpu(k, (int)cpu);
	get_task_struct(k);
	/* Parked it runs nothing, so that create comes before all its other callbacks. */
	ret = kthread_bind_error(k) ?: kthread_park(k);
	if (ret) {
		kthread_stop_put(k);
		return ret;
	}
	store(td, k);
	if (set->create)
		set->create(cpu);
	return 0;
}

static void unpark(struct kthread_smp_thread *td)
{
	if (td->task && !td->set->selfparking)
		kthread_unpark(td->task);
}

static void stop_all(struct smp_hotplug_thread *set)
{
	unsigned int cpu;

	for (cpu = 0; cpu < smp.nr_cpus; cpu++) {
		struct task_struct *k = set->threads[cpu].task;

		if (!k)
			continue;
		kthread_stop(k);
		store(&set->threads[cpu], NULL);
		put_task_struct(k);
	}
	free(set->threads);
	set->threads = NULL;
}

static int register_locked(struct smp_hotplug_thread *set)
{
	unsigned int cpu;
	int ret = 0;

	if (!init_locked())
		return -EINVAL;
	set->threads = KT_FAIL("smpboot") ? NULL : calloc(smp.nr_cpus, sizeof(*set->threads));
	if (!set->threads)
		return -ENOMEM;
	for (cpu = 0; cpu < smp.nr_cpus && !ret; cpu++) {
		if (!is_online(cpu))
			continue;
		ret = make_thread(set, cpu);
		if (!ret)
			unpark(&set->threads[cpu]);
	}
	if (ret) {
		stop_all(set);
		return ret;
	}
	set->next = smp.sets;
	smp.sets = set;
	return 0;
}

/* ---- the interface --------------------------------------------------------------------------- */
int kthread_smpboot_register(struct smp_hotplug_thread *set)
{
	int ret;

	pthread_mutex_lock(&smp.lock);
	ret = register_locked(set);
	pthread_mutex_unlock(&smp.lock);
	return ret;
}

void kthread_smpboot_unregister(struct smp_hotplug_thread *set)
{
	struct smp_hotplug_thread **p;

	pthread_mutex_lock(&smp.lock);
	for (p = &smp.sets; *p && *p != set; p = &(*p)->next)
		;
	if (*p) {
		*p = set->next;
		stop_all(set);
	}
	pthread_mutex_unlock(&smp.lock);
}

static int online_locked(unsigned int cpu)
{
	struct smp_hotplug_thread *set;
	int ret;

	if (!init_locked() || cpu >= smp.nr_cpus)
		return -EINVAL;
	if (is_online(cpu))
		return 0;
	for (set = smp.sets; set; set = set->next) {
		ret = set->threads[cpu].task ? 0 : make_thread(set, cpu);
		if (ret)
			return ret;
	}
	/* Release: pairs with is_online() of the threads. */
	__atomic_fetch_or(&smp.online.bits[cpu / KTHREAD_LONG_BITS], 1UL << cpu % KTHREAD_LONG_BITS,
			  __ATOMIC_RELEASE);
	for (set = smp.sets; set; set = set->next)
		unpark(&set->threads[cpu]);
	return 0;
}

int kthread_cpu_online(unsigned int cpu)
{
	int ret;

	pthread_mutex_lock(&smp.lock);
	ret = online_locked(cpu);
	pthread_mutex_unlock(&smp.lock);
	if (!ret)
		kthread_refresh_affinity();
	return ret;
}

static int offline_locked(unsigned int cpu)
{
	struct smp_hotplug_thread *set;

	if (!init_locked() || cpu >= smp.nr_cpus)
		return -EINVAL;
	if (!is_online(cpu))
		return 0;
	for (set = smp.sets; set; set = set->next)
		if (set->threads[cpu].task && !set->selfparking)
			kthread_park(set->threads[cpu].task);
	__atomic_fetch_and(&smp.online.bits[cpu / KTHREAD_LONG_BITS],
			   ~(1UL << cpu % KTHREAD_LONG_BITS), __ATOMIC_RELEASE);
	return 0;
}

int kthread_cpu_offline(unsigned int cpu)
{
	int ret;

	pthread_mutex_lock(&smp.lock);
	ret = offline_locked(cpu);
	pthread_mutex_unlock(&smp.lock);
	return ret;
}
