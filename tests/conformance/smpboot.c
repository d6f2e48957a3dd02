// SPDX-License-Identifier: GPL-2.0-only
/* Sets of per-CPU threads (P14): the order of their callbacks, on the last CPU. */
#include "scenario.h"

static atomic_t wanted, ran;

static int the_cpu;

/*
 * One letter per callback on the last CPU: create, setup, fn, park, unpark, Cleanup (online) or x
 * (not).
 */
static void note(unsigned int cpu, char name)
{
	if ((int)cpu == the_cpu)
		log_add(name);
}

static int should_run(unsigned int cpu)
{
	return (int)cpu == the_cpu && atomic_read(&wanted);
}

static void fn(unsigned int cpu)
{
	atomic_set(&wanted, 0);
	log_add('f');
	if (this_cpu() != (int)cpu)
		say("on another CPU");
	atomic_set(&ran, 1);
}

static void on_create(unsigned int cpu)
{
	note(cpu, 'c');
}

static void on_setup(unsigned int cpu)
{
	note(cpu, 's');
}

static void on_park(unsigned int cpu)
{
	note(cpu, 'p');
}

static void on_unpark(unsigned int cpu)
{
	note(cpu, 'u');
}

static void on_cleanup(unsigned int cpu, bool online)
{
	note(cpu, online ? 'C' : 'x');
}

static struct smp_hotplug_thread set;
#ifdef __KERNEL__
static DEFINE_PER_CPU(struct task_struct *, store);
#else
static struct task_struct *threads[1024];
#endif

static void set_init(void)
{
	log_reset();
	the_cpu = last_cpu();
	memset(&set, 0, sizeof(set));
#ifdef __KERNEL__
	set.store = &store;
#else
	set.store = threads;
#endif
	set.thread_should_run = should_run;
	set.thread_fn = fn;
	set.create = on_create;
	set.setup = on_setup;
	set.park = on_park;
	set.unpark = on_unpark;
	set.cleanup = on_cleanup;
	set.thread_comm = "ktc-set/%u";
}

static struct task_struct *thread_of_last(void)
{
#ifdef __KERNEL__
	return *per_cpu_ptr(set.store, the_cpu);
#else
	return threads[the_cpu];
#endif
}

static void run_fn(void)
{
	atomic_set(&ran, 0);
	atomic_set(&wanted, 1);
	wake_up_process(thread_of_last());
	AWAIT(atomic_read(&ran));
}

void scenario_P14(void)
{
	set_init();
	say("register: %s", err(smpboot_register_percpu_thread(&set)));
	run_fn();
	run_fn();
	say("callbacks: %s", log_text());
	smpboot_unregister_percpu_thread(&set);
	say("unregistered: %s", log_text());
}

void scenario_P21(void)
{
	set_init();
	smpboot_register_percpu_thread(&set);
	run_fn();
	say("callbacks: %s", log_text());
	say("CPU off: %s", err(cpu_off(the_cpu)));
	say("callbacks: %s, %s", log_text(), state_name(thread_of_last()));
	say("CPU on: %s", err(cpu_on(the_cpu)));
	run_fn();
	say("callbacks: %s", log_text());
	smpboot_unregister_percpu_thread(&set);
	say("unregistered: %s", log_text());
}

void scenario_P22(void)
{
	set_init();
	smpboot_register_percpu_thread(&set);
	run_fn();
	cpu_off(the_cpu);
	smpboot_unregister_percpu_thread(&set);
	say("unregistered while its CPU is off: %s", log_text());
	cpu_on(the_cpu);
}

/* Never run on its CPU, so never set up: no cleanup. */
void scenario_P23(void)
{
	set_init();
	cpu_off(the_cpu);
	say("register while the CPU is off: %s", err(smpboot_register_percpu_thread(&set)));
	say("callbacks: '%s'", log_text());
	smpboot_unregister_percpu_thread(&set);
	say("unregistered: '%s'", log_text());
	cpu_on(the_cpu);
}
