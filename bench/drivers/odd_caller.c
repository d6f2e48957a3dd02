// SPDX-License-Identifier: GPL-2.0-only
#include "bench/drivers/odd_caller.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/drivers/driver.h"

#define ODD_NICE_STEP 5
#define ODD_SLACK_NS  123456UL

struct settings {
	sigset_t mask;
	cpu_set_t affinity;
	int nice, policy, slack_ns;
	int mempolicy; /* -1: a kernel without */
};

struct newborn {
	struct settings has;
	uint32_t ran;
};

static void read_settings(struct settings *s)
{
	memset(s, 0, sizeof(*s));
	pthread_sigmask(SIG_SETMASK, NULL, &s->mask);
	sched_getaffinity(0, sizeof(s->affinity), &s->affinity);
	s->nice = getpriority(PRIO_PROCESS, (id_t)gettid());
	s->policy = sched_getscheduler(0);
	s->slack_ns = prctl(PR_GET_TIMERSLACK);
	if (syscall(SYS_get_mempolicy, &s->mempolicy, NULL, 0, NULL, 0))
		s->mempolicy = -1;
}

static bool same_mask(const sigset_t *a, const sigset_t *b)
{
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		if (sigismember(a, sig) != sigismember(b, sig))
			return false;
	return true;
}

static void compare(struct odd_result *r, const struct settings *caller, const struct settings *has)
{
	r->inherited[ODD_MASK] = same_mask(&caller->mask, &has->mask);
	r->inherited[ODD_AFFINITY] = CPU_EQUAL(&caller->affinity, &has->affinity);
	r->inherited[ODD_NICE] = caller->nice == has->nice;
	r->inherited[ODD_POLICY] = caller->policy == has->policy;
	r->inherited[ODD_SLACK] = caller->slack_ns == has->slack_ns;
	r->inherited[ODD_MEMPOLICY] =
		caller->mempolicy < 0 ? -1 : caller->mempolicy == has->mempolicy;
}

static void be_plain(void)
{
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all)); /* the kernel cuts it to what is allowed */
	sched_setaffinity(0, sizeof(all), &all);
}

/* 0 or -errno. */
static int be_odd(void)
{
	int nice = getpriority(PRIO_PROCESS, (id_t)gettid()) + ODD_NICE_STEP;
	const struct sched_param other = { .sched_priority = 0 };
	unsigned long node = 1; /* the first */
	sigset_t mask;
	cpu_set_t one;
	int cpu = sched_getcpu();

	if (cpu < 0)
		return -errno;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	if (pthread_sigmask(SIG_SETMASK, &mask, NULL) || sched_setaffinity(0, sizeof(one), &one) ||
	    setpriority(PRIO_PROCESS, (id_t)gettid(), nice) ||
	    sched_setscheduler(0, SCHED_BATCH, &other) || prctl(PR_SET_TIMERSLACK, ODD_SLACK_NS))
		return -errno;
	if (syscall(SYS_set_mempolicy, MPOL_PREFERRED, &node, 8 * sizeof(node)) && errno != ENOSYS)
		return -errno;
	return 0;
}

static void newborn(void *arg)
{
	struct newborn *n = arg;

	if (!n)
		return;
	read_settings(&n->has);
	__atomic_store_n(&n->ran, 1, __ATOMIC_RELEASE); /* pairs with count_reaches() */
}

/* One life, to its end; 0 or -errno. */
static int live(const struct arm *arm, struct newborn *n, uint64_t *create_ns)
{
	const struct arm_life_opts o = { .cpu = -1, .fn = newborn, .arg = n };
	uint64_t begin = bench_now_ns();
	void *life;
	int ret = arm->life_create(&life, &o);

	*create_ns = bench_now_ns() - begin;
	if (ret)
		return ret;
	arm->life_start(life);
	if (n && !count_reaches(&n->ran, 1))
		ret = -ETIMEDOUT;
	arm->life_stop(life);
	return ret;
}

static int look(struct odd_result *r, const struct arm *arm, bool odd_starter)
{
	struct newborn n = { .ran = 0 };
	struct settings caller;
	int ret;

	be_plain();
	ret = odd_starter ? be_odd() : 0;
	if (!ret && arm->cycle_prepare)
		ret = arm->cycle_prepare();
	if (!ret)
		ret = live(arm, NULL, &r->create_ns); /* now every engine has been started */
	if (!ret && !odd_starter)
		ret = be_odd();
	if (ret)
		return ret;
	read_settings(&caller);
	ret = live(arm, &n, &r->create_ns);
	if (!ret)
		compare(r, &caller, &n.has);
	return ret;
}

int odd_caller_main(const char *name, const char *starter)
{
	const struct arm *arm = arm_find(name);
	struct odd_result r = { 0 };

	r.failed = arm && arm->life_create ? (int8_t)-look(&r, arm, !strcmp(starter, "odd"))
					   : (int8_t)EINVAL;
	return write(STDOUT_FILENO, &r, sizeof(r)) == (ssize_t)sizeof(r) ? 0 : 1;
}
