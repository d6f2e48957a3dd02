// SPDX-License-Identifier: GPL-2.0-only
/* Sleeping and waking: what a wake costs stands first, the slow ways below. */
#include "lib/kthread/internal.h"

#include <errno.h>
#include <sched.h>

#include "lib/kthread/stamp.h"
#include "lib/kthread/testing.h"

/* After a failed spin, waits to let pass: doubles with each failure in a row, up to 2^this. */
#define SPIN_SKIP_MAX_ORDER 8

/* Not in the phase word: a hint for the next spin, which may well come late. */
void kt_waker_here(struct kt_task *t)
{
	int cpu;

	if (!__atomic_load_n(&t->spin_max_ns, __ATOMIC_RELAXED))
		return;
	cpu = sched_getcpu();
	if (__atomic_load_n(&t->waker_cpu, __ATOMIC_RELAXED) != cpu)
		__atomic_store_n(&t->waker_cpu, cpu, __ATOMIC_RELAXED);
}

uint32_t kt_wake(struct kt_task *t, uint32_t states)
{
	uint32_t old;

	kt_slot_request(t, states);
	kt_waker_here(t);
	KT_DELAY("wake");
	/* Pairs with the acquire of kt_sleep() and of kthread_set_state(). Model: wake.pml 2, 4 */
	old = kt_phase_wake(&t->phase, states, PHASE_NOTIFY);
	return __builtin_expect(old & PHASE_NOTIFY, 0) ? kt_notify_wake(t, states) : old;
}

int kthread_wake_state(struct task_struct *p, unsigned int state)
{
	struct kt_task *t = kt_task(p);
	uint32_t states = state & PHASE_STATES;
	pid_t tid = t->task.pid;
	uint32_t old;
	int woken;

	USDT(kthread, wake_begin, tid);
	old = kt_wake(t, states);
	woken = (old & states) != 0;
	/* From here on @t may be gone: it may have run and ended. */
	kt_phase_kick(&t->phase, old, states);
	USDT(kthread, wake_end, tid, woken);
	return woken;
}

void kthread_set_state(unsigned int state)
{
	struct kt_task *t = kt_current();

	t->announced = (state & PHASE_STATES) != 0;
	if (state & PHASE_STATES)
		kt_slot_absorb(t);
	/*
	 * Pairs with kt_phase_wake(): later loads see what a waker wrote whose wake we missed.
	 * Model: wake.pml 1, 3, 5
	 */
	kt_phase_change(&t->phase, PHASE_STATES, state & PHASE_STATES);
	KT_DELAY("state");
}

void kthread_set_state_relaxed(unsigned int state)
{
	struct kt_task *t = kt_current();

	/* Nobody else sets a state: what is clear stays clear. */
	if (!(state & PHASE_STATES) &&
	    !(__atomic_load_n(&t->phase, __ATOMIC_RELAXED) & PHASE_STATES)) {
		t->announced = false;
		return;
	}
	kthread_set_state(state);
}

unsigned int kthread_get_state(struct task_struct *p)
{
	return __atomic_load_n(&kt_task(p)->phase, __ATOMIC_RELAXED) & PHASE_STATES;
}

/*
 * What the thread looks at before it sleeps. Not in task.c, which defines kt_self: there the
 * compiler takes a slower way to it in the shared library.
 */
bool kthread_should_stop(void)
{
	struct kt_task *t = kt_self;

	/* Acquire: what the stopper wrote; pairs with request_stop(). */
	return t && __atomic_load_n(&t->phase, __ATOMIC_ACQUIRE) & PHASE_SHOULD_STOP;
}

bool kthread_should_park(void)
{
	struct kt_task *t = kt_self;

	/* Acquire: what the parker wrote; pairs with request_park(). */
	return t && __atomic_load_n(&t->phase, __ATOMIC_ACQUIRE) & PHASE_SHOULD_PARK;
}

bool kthread_should_stop_or_park(void)
{
	struct kt_task *t = kt_self;

	return t && __atomic_load_n(&t->phase, __ATOMIC_ACQUIRE) &
			    (PHASE_SHOULD_STOP | PHASE_SHOULD_PARK);
}

/* What ends interruptible waits: a signal; and, unlike in old kernels, a stop. */
static bool has_pending(uint32_t phase)
{
	if (phase & PHASE_SIGNAL)
		return true;
	return phase & PHASE_SHOULD_STOP && !kt_profile_has(PROFILE_STOP_LEAVES_WAITS);
}

bool kthread_signal_pending(struct task_struct *p)
{
	return has_pending(__atomic_load_n(&kt_task(p)->phase, __ATOMIC_ACQUIRE));
}

static bool interrupted(uint32_t phase)
{
	if (phase & PHASE_INTERRUPTIBLE)
		return has_pending(phase);
	return (phase & PHASE_WAKEKILL) && (phase & PHASE_KILL);
}

/* In the futex until the state is clear or the wait must end. */
static int sleep_in_kernel(struct kt_task *t, const struct timespec *until)
{
	/* Acquire, also below: what wakers wrote; pairs with kt_phase_wake(). Model: wake.pml 7 */
	uint32_t old = __atomic_load_n(&t->phase, __ATOMIC_ACQUIRE);
	int ret = 0;

	while (old & PHASE_STATES) {
		if (interrupted(old))
			ret = -EINTR;
		if (ret) {
			/*
			 * A wake that came first leaves the state clear: nothing is taken from it.
			 */
			kt_phase_change(&t->phase, PHASE_STATES | PHASE_ASLEEP, 0);
			return ret;
		}
		if (!(old & PHASE_ASLEEP)) {
			/* Pairs with kt_phase_kick(). Model: wake.pml 6, 8 */
			if (!__atomic_compare_exchange_n(&t->phase, &old, old | PHASE_ASLEEP, true,
							 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
				continue;
			old |= PHASE_ASLEEP;
			KT_DELAY("asleep");
		}
		ret = kt_futex_wait(&t->phase, old, until, FUTEX_SELF);
		old = __atomic_load_n(&t->phase, __ATOMIC_ACQUIRE);
	}
	return 0;
}

/* A waker on our own CPU cannot run while we spin; nor is there anything to learn then. */
static bool waker_elsewhere(struct kt_task *t)
{
	int cpu = __atomic_load_n(&t->waker_cpu, __ATOMIC_RELAXED);

	return cpu >= 0 && cpu != sched_getcpu();
}

bool kt_spin_wanted(struct kt_task *t)
{
	if (!__atomic_load_n(&t->spin_max_ns, __ATOMIC_RELAXED) || !waker_elsewhere(t))
		return false;
	if (!t->spin_skip)
		return true;
	t->spin_skip--;
	return false;
}

static bool spin(struct kt_task *t, uint64_t begin_ns, uint32_t max_ns)
{
	int i;

	do {
		for (i = 0; i < KT_SPIN_CHUNK; i++) {
			/* Acquire: pairs with kt_phase_wake(). Model: wake.pml 7 */
			if (!(__atomic_load_n(&t->phase, __ATOMIC_ACQUIRE) & PHASE_STATES))
				return true;
			kt_cpu_relax();
		}
	} while (slot_clock_ns() - begin_ns < max_ns);
	return false;
}

/* Would a spin run over the end of the wait? */
static bool ends_within(const struct timespec *until, uint64_t now_ns, uint32_t max_ns)
{
	uint64_t end_ns = now_ns + max_ns;

	return (uint64_t)until->tv_sec < end_ns / 1000000000ULL ||
	       ((uint64_t)until->tv_sec == end_ns / 1000000000ULL &&
		(uint64_t)until->tv_nsec <= end_ns % 1000000000ULL);
}

/*
 * What teaches us whether to spin is what came of the last spin, and how long a wait took that had
 * none. While waits are long a trial remains, every 256th: two threads that wait for each other and
 * both sleep would never see how short their waits could be.
 */
static void learn(struct kt_task *t, uint64_t begin_ns, uint32_t max_ns, bool spun)
{
	if (spun) {
		t->spin_skip = 1U << t->spin_failed;
		if (t->spin_failed < SPIN_SKIP_MAX_ORDER)
			t->spin_failed++;
	} else if (slot_clock_ns() - begin_ns <= max_ns) {
		t->spin_failed = 0;
		t->spin_skip /= 2;
	}
}

/* With another CPU's waker, and leave to spin. */
static __attribute__((noinline)) int sleep_with_spin(struct kt_task *t,
						     const struct timespec *until, uint32_t max_ns)
{
	uint64_t begin_ns = slot_clock_ns();
	bool spun = kt_spin_wanted(t) && !(until && ends_within(until, begin_ns, max_ns));
	int ret;

	if (spun && spin(t, begin_ns, max_ns)) {
		t->spin_failed = 0;
		return 0;
	}
	ret = sleep_in_kernel(t, until);
	learn(t, begin_ns, max_ns, spun);
	return ret;
}

int kt_sleep(struct kt_task *t, const struct timespec *until)
{
	uint32_t max_ns = __atomic_load_n(&t->spin_max_ns, __ATOMIC_RELAXED);
	int ret;

	KT_DELAY("sleep");
	if (max_ns && waker_elsewhere(t))
		ret = sleep_with_spin(t, until, max_ns);
	else
		ret = sleep_in_kernel(t, until);
	kt_slot_resume(t);
	return ret;
}

int kt_sleep_spun(struct kt_task *t, const struct timespec *until, uint64_t spun_ns)
{
	uint32_t max_ns = __atomic_load_n(&t->spin_max_ns, __ATOMIC_RELAXED);
	uint64_t begin_ns = spun_ns;
	int ret;

	KT_DELAY("sleep");
	if (!begin_ns && max_ns && waker_elsewhere(t))
		begin_ns = slot_clock_ns();
	ret = sleep_in_kernel(t, until);
	if (begin_ns)
		learn(t, begin_ns, max_ns, spun_ns != 0);
	kt_slot_resume(t);
	return ret;
}

/* The rare cases: no state was announced, or the thread calls need_resched() now and then. */
static __attribute__((noinline)) int schedule_rare(struct kt_task *t, const struct timespec *until)
{
	int ret = 0;

	if (t->announced) {
		t->announced = false;
		ret = kt_sleep(t, until);
	} else {
		kt_yield();
	}
	if (t->asks_resched)
		kt_slice_restart(t);
	return ret;
}

int kt_schedule(struct kt_task *t, const struct timespec *until)
{
	if (__builtin_expect(!t->announced || t->asks_resched, 0))
		return schedule_rare(t, until);
	t->announced = false;
	return kt_sleep(t, until);
}

void kthread_schedule(void)
{
	kt_schedule(kt_current(), NULL);
}

long kthread_schedule_timeout(long timeout)
{
	struct kt_task *t = kt_current();
	struct timespec until;

	if (timeout == MAX_SCHEDULE_TIMEOUT) {
		kt_schedule(t, NULL);
		return MAX_SCHEDULE_TIMEOUT;
	}
	if (timeout < 0) {
		kthread_warn(KTHREAD_WARN_TIMEOUT_NEGATIVE,
			     "schedule_timeout: negative timeout %ld", timeout);
		kt_phase_change(&t->phase, PHASE_STATES, 0);
		return 0;
	}
	kt_deadline(&until, timeout);
	return kt_schedule(t, &until) == -ETIMEDOUT ? 0 : kt_left(&until);
}

void kthread_set_spin(struct task_struct *k, unsigned int max_ns)
{
	if (k)
		__atomic_store_n(&kt_task(k)->spin_max_ns, max_ns, __ATOMIC_RELAXED);
	else
		__atomic_store_n(&kt_spin_ns, max_ns, __ATOMIC_RELAXED);
}

/* ---- controllers ----------------------------------------------------------------------------- */
uint32_t kt_wait_change(struct kt_task *t, uint32_t seen)
{
	uint32_t set = seen | PHASE_WAITED;

	/* Pairs with whoever clears WAITED and wakes. Model: park.pml 1, 4, exit.pml 4, 6 */
	if (!(seen & PHASE_WAITED) &&
	    !__atomic_compare_exchange_n(&t->phase, &seen, set, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE))
		return seen;
	KT_DELAY("controller");
	kt_futex_wait(&t->phase, set, NULL, FUTEX_CONTROLLER);
	return __atomic_load_n(&t->phase, __ATOMIC_ACQUIRE);
}

/* ---- time ------------------------------------------------------------------------------------ */
unsigned long kthread_jiffies(void)
{
	return (unsigned long)(slot_clock_ns() / 1000000ULL);
}

uint64_t kthread_jiffies_64(void)
{
	return slot_clock_ns() / 1000000ULL;
}

uint64_t kthread_clock_ns(void)
{
	return slot_clock_ns();
}

void kt_deadline_ns(struct timespec *ts, uint64_t at_ns)
{
	ts->tv_sec = (time_t)(at_ns / 1000000000ULL);
	ts->tv_nsec = (long)(at_ns % 1000000000ULL);
}

void kt_deadline(struct timespec *ts, long timeout)
{
	clock_gettime(CLOCK_MONOTONIC, ts);
	ts->tv_sec += timeout / HZ;
	ts->tv_nsec += timeout % HZ * 1000000L;
	if (ts->tv_nsec >= 1000000000L) {
		ts->tv_nsec -= 1000000000L;
		ts->tv_sec++;
	}
}

/* Rounded up: a thread that is woken in time has at least one jiffy left. */
long kt_left(const struct timespec *until)
{
	struct timespec now;
	long s, ns, left;

	clock_gettime(CLOCK_MONOTONIC, &now);
	s = until->tv_sec - now.tv_sec;
	ns = until->tv_nsec - now.tv_nsec;
	if (ns < 0) {
		s--;
		ns += 1000000000L;
	}
	/* In jiffies from the start: nanoseconds of a long timeout do not fit. */
	left = s * HZ + (ns + 999999) / 1000000;
	return left <= 0 ? 1 : left;
}
