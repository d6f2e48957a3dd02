// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scenarios with libkthread: `conformance [ID...]` runs all, or those named, each in a process
 * of its own, and prints their transcript. `conformance --list`: their ids, kinds and titles.
 */
#include "scenario.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static const struct scenario *running;
static bool warned;
static cpu_set_t cpus; /* what this process may use */

void say(const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	printf("%s: %s\n", running->id, line);
	fflush(stdout);
}

void absent(void)
{
	say("absent");
}

static void on_warning(enum kthread_warning w, const char *text)
{
	(void)w;
	(void)text;
	__atomic_store_n(&warned, true, __ATOMIC_SEQ_CST);
}

/* ---- compat.h -------------------------------------------------------------------------------- */
void *alloc(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		abort();
	return p;
}

void nap_ms(unsigned int ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

int this_cpu(void)
{
	return sched_getcpu();
}

int nr_bound(struct task_struct *k)
{
	cpu_set_t set;

	return sched_getaffinity(k->pid, sizeof(set), &set) ? -1 : CPU_COUNT(&set);
}

const struct cpumask *mask_of(int cpu)
{
	static struct cpumask mask;

	cpumask_clear(&mask);
	cpumask_set_cpu((unsigned int)cpu, &mask);
	return &mask;
}

int last_cpu(void)
{
	int cpu = CPU_SETSIZE - 1;

	while (cpu > 0 && !CPU_ISSET(cpu, &cpus))
		cpu--;
	return cpu;
}

bool has_exited(struct task_struct *k)
{
	return syscall(SYS_tgkill, getpid(), k->pid, 0) != 0;
}

bool seems_blocked(struct task_struct *k)
{
	char path[64], text[256], *state;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", k->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	state = strrchr(text, ')');
	return state && state[1] && strchr("SD", state[2]);
}

void send_term(struct task_struct *k)
{
	syscall(SYS_tgkill, getpid(), k->pid, SIGTERM);
}

struct task_struct *create_killed(int (*fn)(void *data), void *data)
{
	struct kthread_cancel cancel = KTHREAD_CANCEL_INIT;

	kthread_cancel_create(&cancel);
	return kthread_create_cancellable(&cancel, fn, data, "killed");
}

int move_from_outside(struct task_struct *k, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(k->pid, sizeof(set), &set) ? -EINVAL : 0;
}

void set_affinity_of_current(int cpu)
{
	move_from_outside(current, cpu);
}

int nice_of_current(void)
{
	return getpriority(PRIO_PROCESS, (id_t)gettid());
}

void set_nice_of_current(int nice_value)
{
	setpriority(PRIO_PROCESS, (id_t)gettid(), nice_value);
}

bool policy_is_normal(void)
{
	return sched_getscheduler(0) == SCHED_OTHER;
}

int freeze_prepare(struct task_struct *k)
{
	(void)k; /* all that are freezable are frozen */
	return 0;
}

int freeze_now(void)
{
	return kthread_freeze_all(30 * HZ);
}

int thaw_now(void)
{
	kthread_thaw_all();
	return 0;
}

int cpu_off(int cpu)
{
	return kthread_cpu_offline((unsigned int)cpu);
}

int cpu_on(int cpu)
{
	return kthread_cpu_online((unsigned int)cpu);
}

/* ---- running --------------------------------------------------------------------------------- */
static void run(const struct scenario *s)
{
	int status = 0;
	pid_t pid;

	running = s;
	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		perror("conformance: fork");
		exit(1);
	}
	if (!pid) {
		alarm(120);
		kthread_warn_hook(on_warning);
		s->run();
		if (__atomic_load_n(&warned, __ATOMIC_SEQ_CST))
			say("warned");
		fflush(stdout);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		say(WTERMSIG(status) == SIGALRM ? "the scenario does not end"
						: "killed by signal %d",
		    WTERMSIG(status));
}

static const struct scenario *find(const char *id)
{
	int i;

	for (i = 0; i < nr_scenarios; i++)
		if (!strcmp(scenarios[i].id, id))
			return &scenarios[i];
	fprintf(stderr, "conformance: no scenario '%s'; --list names them\n", id);
	exit(2);
}

int main(int argc, char **argv)
{
	int i;

	if (argc > 1 && !strcmp(argv[1], "--list")) {
		for (i = 0; i < nr_scenarios; i++)
			printf("%s %s %s\n", scenarios[i].id, kind_name(scenarios[i].kind),
			       scenarios[i].title);
		return 0;
	}
	sched_getaffinity(0, sizeof(cpus), &cpus);
	for (i = 1; i < argc; i++)
		find(argv[i]);
	for (i = 0; i < nr_scenarios && argc == 1; i++)
		run(&scenarios[i]);
	for (i = 1; i < argc; i++)
		run(find(argv[i]));
	return 0;
}
