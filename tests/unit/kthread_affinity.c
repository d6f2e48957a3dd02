// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preferred CPUs and NUMA nodes. A mutation is named by its file in tests/mutations/. Linked with
 * the testing build: the nodes are those of a directory made here, so that one machine has as many
 * as it takes.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/unit/kthread_test.h"

extern const char *kthread_test_node_dir;
extern int (*kthread_test_fail)(const char *what);

TestSuite(kthread_affinity, .timeout = 60);

static struct cpumask allowed, only[2];

static void cpus_of(pid_t tid, struct cpumask *m)
{
	cpumask_clear(m);
	cr_assert_geq(syscall(SYS_sched_getaffinity, tid, sizeof(m->bits), m->bits), 0);
}

static bool same(const struct cpumask *a, const struct cpumask *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static bool runs_on(struct task_struct *k, const struct cpumask *m)
{
	struct cpumask now;

	cpus_of(k->pid, &now);
	return same(&now, m);
}

/* Two CPUs, and what all threads may use. */
static void needs_two_cpus(void)
{
	unsigned int i;

	cpus_of(0, &allowed);
	for (i = 0; i < 2; i++) {
		cpumask_clear(&only[i]);
		cpumask_set_cpu(i, &only[i]);
		if (!cpumask_test_cpu(i, &allowed))
			cr_skip_test("may not run on CPU 0 and CPU 1");
	}
}

/* ---- preferred CPUs -------------------------------------------------------------------------- */

/* Mutations A01: the mask is noted only. A02: the first of two masks stays. */
Test(kthread_affinity, preferred_cpus_are_taken)
{
	struct task_struct *k;

	needs_two_cpus();
	k = kthread_create(until_stop, NULL, "prefers");
	cr_expect(runs_on(k, &allowed));
	cr_expect_eq(kthread_affine_preferred(k, &only[1]), 0);
	cr_expect(runs_on(k, &only[1]));
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0);
	cr_expect_eq(kthread_affine_preferred(k, &only[0]), 0);
	cr_expect(runs_on(k, &only[0]), "a second call is reported, and its mask taken");
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_AFFINE), 1);
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(kthread_get_state(k) == TASK_INTERRUPTIBLE));
	cr_expect(runs_on(k, &only[0]));
	cr_expect_eq(kthread_stop(k), 42);
}

/* Mutation A03: no way back to all CPUs. */
Test(kthread_affinity, where_none_can_be_had_all_are_taken)
{
	struct cpumask absent;
	struct task_struct *k;

	needs_two_cpus();
	cpumask_clear(&absent);
	cpumask_set_cpu(KTHREAD_NR_CPUS - 1, &absent);
	k = kthread_create(until_stop, NULL, "prefers");
	cr_expect_eq(kthread_affine_preferred(k, &only[1]), 0);
	cr_expect_eq(kthread_affine_preferred(k, &absent), 0);
	cr_expect(runs_on(k, &allowed));
	kthread_stop(k);
}

static int no_memory(const char *what)
{
	return !strcmp(what, "affinity");
}

/* Mutations A04: started threads, A05: bound threads are not refused. */
Test(kthread_affinity, what_is_refused)
{
	struct task_struct *k = kthread_create(until_stop, NULL, "prefers");

	needs_two_cpus();
	kthread_test_fail = no_memory;
	cr_expect_eq(kthread_affine_preferred(k, &only[0]), -ENOMEM);
	kthread_test_fail = NULL;
	cr_expect(runs_on(k, &allowed));
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(kthread_get_state(k) == TASK_INTERRUPTIBLE));
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0);
	cr_expect_eq(kthread_affine_preferred(k, &only[0]), -EINVAL);
	cr_expect(runs_on(k, &allowed));
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_AFFINE), 1);
	kthread_stop(k);

	k = kthread_create_on_cpu(until_stop, NULL, 0, "bound/%u");
	cr_expect_eq(kthread_affine_preferred(k, &only[1]), -EINVAL);
	cr_expect(runs_on(k, &only[0]));
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_AFFINE), 2);
	kthread_stop(k);

	cr_expect_eq(kthread_affine_preferred(current, &only[1]), -EINVAL);
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_STOP_FOREIGN), 1);
}

static void moved_away(struct task_struct *k)
{
	cr_assert_eq(syscall(SYS_sched_setaffinity, k->pid, sizeof(allowed.bits), allowed.bits), 0);
	cr_assert(runs_on(k, &allowed));
}

/*
 * Mutations A06: the refresh stops behind the first thread. A07: kthread_cpu_online() does not
 * refresh. A08: bound threads are moved, too.
 */
Test(kthread_affinity, a_refresh_asks_again)
{
	struct task_struct *k[3];
	int i;

	needs_two_cpus();
	for (i = 0; i < 3; i++) {
		k[i] = kthread_run(until_stop, NULL, "plain");
		kthread_stop(k[i]);
		k[i] = kthread_create(until_stop, NULL, "prefers/%d", i);
		cr_assert_eq(kthread_affine_preferred(k[i], &only[i % 2]), 0);
	}
	/* Who binds it later means it. */
	kthread_bind(k[2], 1);
	for (i = 0; i < 3; i++)
		wake_up_process(k[i]);
	moved_away(k[0]);
	moved_away(k[1]);
	kthread_refresh_affinity();
	for (i = 0; i < 3; i++)
		cr_expect(runs_on(k[i], &only[i == 0 ? 0 : 1]), "%d", i);
	moved_away(k[0]);
	cr_expect_eq(kthread_cpu_online(0), 0);
	cr_expect(runs_on(k[0], &only[0]));
	moved_away(k[1]);
	cr_expect_eq(kthreads_update_housekeeping(), 0);
	cr_expect(runs_on(k[1], &only[1]));
	for (i = 0; i < 3; i++)
		kthread_stop(k[i]);
}

static int ends(void *data)
{
	return data != NULL;
}

/*
 * Mutation A09: a thread that ends stays listed (red under the address sanitizer, or by its hang).
 */
Test(kthread_affinity, threads_that_ended_are_not_listed)
{
	struct task_struct *k;
	int i;

	needs_two_cpus();
	for (i = 0; i < 100; i++) {
		k = kthread_create(ends, NULL, "ends");
		cr_assert_eq(kthread_affine_preferred(k, &only[0]), 0);
		get_task_struct(k);
		if (i % 2)
			wake_up_process(k);
		kthread_stop_put(k);
		kthread_refresh_affinity();
	}
}

/* Mutation A10: the child goes on with the parent's list. */
Test(kthread_affinity, a_child_has_a_list_of_its_own)
{
	struct task_struct *k = kthread_create(until_stop, NULL, "prefers");
	int status;
	pid_t pid;

	needs_two_cpus();
	cr_assert_eq(kthread_affine_preferred(k, &only[0]), 0);
	moved_away(k);
	pid = fork();
	if (!pid) {
		alarm(20);
		kthread_refresh_affinity();
		_exit(runs_on(k, &allowed) ? 0 : 1);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(status, 0, "the parent's thread is not the child's to move");
	kthread_stop(k);
}

/* ---- nodes ----------------------------------------------------------------------------------- */
static char node_dir[] = "/tmp/kthread_nodes_XXXXXX";

static void put_file(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", node_dir, name);
	f = fopen(path, "w");
	cr_assert_not_null(f);
	fputs(text, f);
	fclose(f);
}

static void put_node(const char *name, const char *cpulist)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", node_dir, name);
	cr_assert_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/cpulist", name);
	put_file(path, cpulist);
}

static void make_nodes(const char *online)
{
	cr_assert_not_null(mkdtemp(node_dir));
	put_file("online", online);
	put_node("node0", "0\n");
	put_node("node1", "1,3-4\n");
	kthread_test_node_dir = node_dir;
}

static void remove_nodes(void)
{
	static const char *const names[] = { "online",	      "node0/cpulist", "node0",
					     "node1/cpulist", "node1",	       "" };
	char path[256];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", node_dir, names[i]);
		remove(path);
	}
}

struct place {
	struct cpumask cpus;
	int mode, error;
	unsigned long nodes[16];
	unsigned int done;
};

/* What rules the thread's stack, and its CPUs. */
static int look_around(void *data)
{
	struct place *p = data;
	int local = 0;

	p->mode = -1;
	p->error = syscall(SYS_get_mempolicy, &p->mode, p->nodes, 8 * sizeof(p->nodes), &local,
			   MPOL_F_ADDR)
			   ? errno
			   : 0;
	cpus_of(0, &p->cpus);
	__atomic_store_n(&p->done, 1, __ATOMIC_RELEASE);
	return until_stop(NULL);
}

static struct place place_of(struct task_struct *k, struct place *p)
{
	cr_assert(!IS_ERR(k));
	p->done = 0;
	wake_up_process(k);
	cr_assert(WAIT_UNTIL(READ(p->done)));
	kthread_stop(k);
	if (p->error)
		cr_skip_test("the kernel tells no memory policies");
	return *p;
}

/*
 * Mutations A11: no stack is bound. A12: the policy stays with the stack. A13: no CPUs are
 * preferred.
 */
Test(kthread_affinity, a_node_gets_the_stack_and_its_cpus_are_preferred, .fini = remove_nodes)
{
	struct task_struct *k;
	struct place p;

	needs_two_cpus();
	make_nodes("0-1\n");
	k = kthread_create_on_node(look_around, &p, 0, "node/0");
	cr_expect(runs_on(k, &allowed), "not before the first wake");
	place_of(k, &p);
	cr_expect_eq(p.mode, MPOL_PREFERRED);
	cr_expect_eq(p.nodes[0], 1);
	cr_expect(same(&p.cpus, &only[0]));
	/* Its stack is used again. */
	place_of(kthread_create(look_around, &p, "no node"), &p);
	cr_expect_eq(p.mode, MPOL_DEFAULT);
	cr_expect(same(&p.cpus, &allowed));
	/* There may be no memory, and not all of its CPUs: a wish. */
	place_of(kthread_create_on_node(look_around, &p, 1, "node/1"), &p);
	cr_expect(same(&p.cpus, &only[1]) || cpumask_test_cpu(3, &allowed));
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_ANY), 0);
}

/* Mutation A14: the node's CPUs replace what the caller asked for. */
Test(kthread_affinity, who_says_what_is_preferred_wins_over_the_node, .fini = remove_nodes)
{
	struct task_struct *k;
	struct place p;

	needs_two_cpus();
	make_nodes("0-1\n");
	k = kthread_create_on_node(look_around, &p, 0, "node/0");
	cr_assert_eq(kthread_affine_preferred(k, &only[1]), 0);
	place_of(k, &p);
	cr_expect(same(&p.cpus, &only[1]));
	k = kthread_create_on_node(look_around, &p, 0, "node/0");
	kthread_bind(k, 1);
	place_of(k, &p);
	cr_expect(same(&p.cpus, &only[1]));
	/* Bound to a CPU it has its memory there. */
	place_of(kthread_create_on_cpu(look_around, &p, 0, "cpu/%u"), &p);
	cr_expect(same(&p.cpus, &only[0]));
	cr_expect_eq(p.mode, MPOL_PREFERRED);
	cr_expect_eq(p.nodes[0], 1);
}

/* Mutation A15: without a look at the profile. */
Test(kthread_affinity, before_6_14_a_node_is_for_memory_only, .fini = remove_nodes)
{
	struct place p;

	needs_two_cpus();
	cr_assert_eq(kthread_set_profile("6.13"), 0);
	make_nodes("0-1\n");
	place_of(kthread_create_on_node(look_around, &p, 0, "node/0"), &p);
	cr_expect_eq(p.mode, MPOL_PREFERRED);
	cr_expect(same(&p.cpus, &allowed));
}

/* Mutations A16: one that is not there is used. A17: the only one is. */
Test(kthread_affinity, a_node_that_is_not_there_is_reported_and_ignored, .fini = remove_nodes)
{
	static const int bad[] = { 2, 1023, 1024, 1 << 30, -2 };
	struct place p;
	size_t i;

	needs_two_cpus();
	make_nodes("0-1\n");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		place_of(kthread_create_on_node(look_around, &p, bad[i], "node"), &p);
		cr_expect_eq(p.mode, MPOL_DEFAULT);
		cr_expect(same(&p.cpus, &allowed));
		cr_expect_eq(kthread_warn_count(KTHREAD_WARN_NODE), i + 1, "%d", bad[i]);
	}
	/* Where there is one only, it has no effect. */
	put_file("online", "0\n");
	place_of(kthread_create_on_node(look_around, &p, 0, "node"), &p);
	cr_expect_eq(p.mode, MPOL_DEFAULT);
	cr_expect(same(&p.cpus, &allowed));
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_NODE), i);
}

static void looks(struct kthread_work *work)
{
	(void)work;
}

/* Mutation A18: the node of a worker is not handed on. */
Test(kthread_affinity, a_worker_on_a_node, .fini = remove_nodes)
{
	struct kthread_worker *w;
	struct kthread_work work;

	needs_two_cpus();
	make_nodes("0-1\n");
	w = kthread_create_worker_on_node(0, 0, "node");
	cr_assert(!IS_ERR(w));
	kthread_init_work(&work, looks);
	kthread_queue_work(w, &work);
	kthread_flush_work(&work);
	cr_expect(runs_on(w->task, &only[0]));
	kthread_destroy_worker(w);
	w = kthread_create_worker_on_node(0, 7, "node");
	cr_assert(!IS_ERR(w));
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_NODE), 1);
	kthread_destroy_worker(w);
}

/* On this machine as it is. */
Test(kthread_affinity, the_nodes_of_the_machine)
{
	struct place p;

	cpus_of(0, &allowed);
	place_of(kthread_create_on_node(look_around, &p, 0, "node/0"), &p);
	place_of(kthread_create_on_cpu(look_around, &p, 0, "cpu/%u"), &p);
	cr_expect_eq(kthread_warn_count(KTHREAD_WARN_NODE), 0);
}
