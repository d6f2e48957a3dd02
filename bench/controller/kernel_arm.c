// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/kernel_arm.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/controller/child.h"
#include "bench/controller/interrupt.h"
#include "bpf/snapshot.h"
#include "lib/probe/slot.h"

/*
 * A network namespace that goes away makes the kernel wait for an expedited RCU grace period, which
 * on kernels that have rcu_exp_gp_kthread_worker queues a work to it. They are torn down in the
 * background, several at once: the pause lets each have its own grace period and bounds how many
 * wait.
 */
#define CHURN_PAUSE_NS 10000000L
#define CHURN_MAX      200
#define POLL_NS	       20000000L

bool kernel_arm_fits(const char *question)
{
	static const char topic[] = "work_queue/worker=idle";

	return !strncmp(question, topic, sizeof(topic) - 1) &&
	       (question[sizeof(topic) - 1] == '/' || !question[sizeof(topic) - 1]);
}

static void pause_ns(long ns)
{
	const struct timespec ts = { .tv_nsec = ns };

	nanosleep(&ts, NULL);
}

/* Runs in a child of its own; each namespace lives and dies with a grandchild. */
static void churn(void)
{
	pid_t self = getpid(), pid;
	int status;

	for (int i = 0; i < CHURN_MAX; i++) {
		pid = fork();
		if (pid == 0) {
			child_die_with_parent(self);
			_exit(unshare(CLONE_NEWNET) ? 1 : 0);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			_exit(1);
		pause_ns(CHURN_PAUSE_NS);
	}
	_exit(0);
}

static int watch(struct tracer *t, struct record_writer *w, const char *question, char *err,
		 size_t errlen)
{
	const struct record_trace about = { .question = question, .subject = "kernel" };
	uint64_t end = slot_clock_ns() + KERNEL_ARM_SECONDS * 1000000000ULL;
	pid_t self = getpid(), pid;
	struct tracer_snapshot *s;
	int ret;

	tracer_enable(t, true);
	pid = fork();
	if (pid < 0) {
		snprintf(err, errlen, "cannot fork: %s", strerror(errno));
		return -errno;
	}
	if (pid == 0) {
		child_die_with_parent(self);
		interrupt_child();
		churn();
	}
	while (slot_clock_ns() < end && !interrupt_seen()) {
		tracer_poll(t);
		pause_ns(POLL_NS);
	}
	tracer_enable(t, false);
	child_kill(pid);
	ret = tracer_read(t, &s);
	if (ret) {
		snprintf(err, errlen, "cannot read the tracer: %s", strerror(-ret));
		return ret;
	}
	if (s->nr_groups)
		ret = snapshot_write_group(w, s, 0, &about);
	if (!ret)
		ret = snapshot_write_losses(w, s, question);
	tracer_snapshot_free(s);
	if (ret)
		snprintf(err, errlen, "cannot write the record: %s", strerror(-ret));
	return ret;
}

int kernel_arm_measure(struct record_writer *w, const char *question, char *err, size_t errlen)
{
	struct tracer_opts o = {
		.kind = TRACER_WORK, .group = TRACER_GROUP_ALL, .nr_groups = 1, .kthreads = true
	};
	struct tracer *t;
	int ret;

	ret = tracer_open(&t, &o, err, errlen);
	if (ret)
		return ret;
	ret = tracer_attach(t, err, errlen);
	if (!ret)
		ret = watch(t, w, question, err, errlen);
	tracer_close(t);
	return ret;
}
