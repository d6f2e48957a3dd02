/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_KERNEL_TYPES_H
#define KT_BPF_KERNEL_TYPES_H
/*
 * The kernel's types as far as our BPF programs touch them; for BPF only.
 *
 * Written by hand: libbpf relocates each access by the member's name (preserve_access_index), so
 * order, offsets and members left out do not matter. What is not in the running kernel's BTF must
 * be asked for with bpf_core_field_exists() before it is read. Constants below are macros in the
 * kernel, hence not in BTF; their values have not changed since the oldest kernel we load on unless
 * said otherwise.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>

#define PF_WQ_WORKER  0x00000020
#define PF_KTHREAD    0x00200000
#define TASK_PARKED   0x00000040 /* since 4.14 */
#define TASK_COMM_LEN 16
#define WQ_BH	      0x00000001 /* since 6.9; the bit had no use before */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next, *prev;
};

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	unsigned int level;
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

/* What the clocks of a time namespace (5.5) are ahead of the initial one's. */
struct timespec64 {
	long long tv_sec;
	long tv_nsec;
};

struct timens_offsets {
	struct timespec64 monotonic;
};

struct time_namespace {
	struct timens_offsets offsets;
};

struct nsproxy {
	struct time_namespace *time_ns;
};

struct mm_struct {
	unsigned long task_size;
};

struct kernfs_node {
	__u64 id; /* of a cgroup; the inode number of its directory */
	const char *name;
};

struct cgroup;
struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
};

/* The cgroups of a task, one per hierarchy; another one takes its place when the task moves. */
struct css_set {
	struct cgroup *dfl_cgrp;	       /* in the hierarchy of version 2 */
	struct cgroup_subsys_state *subsys[1]; /* by controller, wherever it is mounted */
};

struct thread_info {
	unsigned int cpu; /* 5.16; before: the task's */
};

struct rq;
struct cfs_rq {
	struct rq *rq; /* where tasks can be grouped */
};

struct sched_entity {
	struct cfs_rq *cfs_rq;
};

struct task_struct {
	struct sched_entity se;
	struct thread_info thread_info;
	unsigned int __state; /* 5.14; before: state */
	unsigned int flags;
	/* A byte each in 7.2 and later. Unsigned here, as loads of another size must be. */
	unsigned int on_cpu;
	unsigned int on_rq;
	int pid;
	int tgid;
	int exit_code;
	__u64 start_boottime;
	struct mm_struct *mm;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct nsproxy *nsproxy;
	struct css_set *cgroups;
	char comm[TASK_COMM_LEN];
	int *set_child_tid;   /* before 5.17: a kthread's struct kthread */
	void *worker_private; /* since 5.17: a kthread's struct kthread */
};

enum KTHREAD_BITS {
	KTHREAD_IS_PER_CPU = 0,
	KTHREAD_SHOULD_STOP,
	KTHREAD_SHOULD_PARK,
};

struct kthread {
	unsigned long flags;
	void *data;
	char *full_name; /* 5.17; NULL when comm holds it all */
};

struct kthread_work;
struct kthread_worker {
	struct task_struct *task;
	struct kthread_work *current_work;
};

struct kthread_work {
	struct list_head node;
	void (*func)(struct kthread_work *work);
	struct kthread_worker *worker;
	int canceling;
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

struct work_struct {
	atomic_long_t data;
	void (*func)(struct work_struct *work);
};

enum work_bits { /* before 6.9 without a name */
		 WORK_STRUCT_PENDING_BIT = 0,
		 WORK_STRUCT_INACTIVE_BIT = 1,
		 WORK_OFFQ_BH_BIT = 4, /* 6.9 */
};

struct workqueue_struct {
	unsigned int flags;
	char name[24]; /* 32 since 6.9 */
};

struct worker_pool {
	int nr_running; /* 5.18; before: an atomic_t */
	int nr_idle;
};

struct worker_pool___atomic {
	atomic_t nr_running;
};

struct pool_workqueue {
	struct worker_pool *pool;
	struct workqueue_struct *wq;
};

/* A kworker's kthread.data. */
struct worker {
	struct pool_workqueue *current_pwq;
};

struct linux_binprm;

/* iter/task */
struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop
#endif
