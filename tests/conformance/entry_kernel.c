// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scenarios as a kernel module: writing an id to /proc/kt-conformance runs that scenario in the
 * writer's context, reading it lists ids and kinds. The transcript goes to the kernel log, each
 * line with "ktc: " before it, between "ktc: ID begin" and "ktc: ID end", so that the kernel's own
 * warnings stand where they belong.
 */
#include "scenario.h"

#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/signal.h>
#include <linux/uaccess.h>
#include <linux/umh.h>

static const struct scenario *running;

void say(const char *fmt, ...)
{
	struct va_format vaf;
	va_list ap;

	va_start(ap, fmt);
	vaf.fmt = fmt;
	vaf.va = &ap;
	pr_info("ktc: %s: %pV\n", running->id, &vaf);
	va_end(ap);
}

void absent(void)
{
	say("absent");
}

/* ---- compat.h -------------------------------------------------------------------------------- */
void send_term(struct task_struct *k)
{
	send_sig(SIGTERM, k, 1);
}

struct killed {
	int (*fn)(void *data);
	void *data;
	struct task_struct *made;
};

static long create_while_killed(void *arg)
{
	struct killed *killed = arg;

	kernel_sigaction(SIGKILL, SIG_DFL);
	send_sig(SIGKILL, current, 1);
	killed->made = kthread_create(killed->fn, killed->data, "killed");
	flush_signals(current);
	return 0;
}

struct task_struct *create_killed(int (*fn)(void *data), void *data)
{
	struct killed *killed = alloc(sizeof(*killed));

	killed->fn = fn;
	killed->data = data;
	call_returns(call_start(create_while_killed, killed));
	return killed->made;
}

void set_affinity_of_current(int cpu)
{
	set_cpus_allowed_ptr(current, cpumask_of(cpu));
}

int nice_of_current(void)
{
	return task_nice(current);
}

void set_nice_of_current(int nice)
{
	set_user_nice(current, nice);
}

bool policy_is_normal(void)
{
	return current->policy == SCHED_NORMAL;
}

static int shell(const char *command)
{
	char *argv[] = { "/bin/sh", "-c", (char *)command, NULL };
	char *envp[] = { "PATH=/bin", NULL };

	return call_usermodehelper(argv[0], argv, envp, UMH_WAIT_PROC) ? -EINVAL : 0;
}

int move_from_outside(struct task_struct *k, int cpu)
{
	char command[80];

	snprintf(command, sizeof(command), "taskset -p %x %d", 1U << cpu, k->pid);
	return shell(command);
}

/* The freezer that reaches kthreads without a suspend: the control group's (version 1). */
int freeze_prepare(struct task_struct *k)
{
	char command[200];

	snprintf(
		command, sizeof(command),
		"mkdir -p /tmp/fz; [ -d /tmp/fz/ktc ] || { mount -t cgroup -o freezer fz /tmp/fz && "
		"mkdir /tmp/fz/ktc; } && echo %d >/tmp/fz/ktc/tasks",
		k->pid);
	return shell(command);
}

int freeze_now(void)
{
	return shell("echo FROZEN >/tmp/fz/ktc/freezer.state && for i in $(seq 300); do "
		     "[ $(cat /tmp/fz/ktc/freezer.state) = FROZEN ] && exit 0; sleep 0.01; done; "
		     "exit 1");
}

int thaw_now(void)
{
	return shell("echo THAWED >/tmp/fz/ktc/freezer.state");
}

int cpu_off(int cpu)
{
	return remove_cpu(cpu);
}

int cpu_on(int cpu)
{
	return add_cpu(cpu);
}

/* ---- running --------------------------------------------------------------------------------- */
static ssize_t write_id(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	char id[16] = "";
	int i;

	if (copy_from_user(id, buf, min(len, sizeof(id) - 1)))
		return -EFAULT;
	strim(id);
	for (i = 0; i < nr_scenarios; i++) {
		if (strcmp(scenarios[i].id, id))
			continue;
		running = &scenarios[i];
		pr_info("ktc: %s begin\n", running->id);
		running->run();
		pr_info("ktc: %s end\n", running->id);
		return len;
	}
	return -EINVAL;
}

static int list(struct seq_file *m, void *v)
{
	int i;

	for (i = 0; i < nr_scenarios; i++)
		seq_printf(m, "%s %s\n", scenarios[i].id, kind_name(scenarios[i].kind));
	return 0;
}

static int open_list(struct inode *inode, struct file *file)
{
	return single_open(file, list, NULL);
}

static const struct proc_ops ops = {
	.proc_open = open_list,
	.proc_read = seq_read,
	.proc_write = write_id,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

static int __init conformance_init(void)
{
	return proc_create("kt-conformance", 0600, NULL, &ops) ? 0 : -ENOMEM;
}

static void __exit conformance_exit(void)
{
	remove_proc_entry("kt-conformance", NULL);
}

module_init(conformance_init);
module_exit(conformance_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("kthread scenarios, to compare libkthread with");
