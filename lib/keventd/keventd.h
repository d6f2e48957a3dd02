/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_KEVENTD_H
#define KT_KEVENTD_H
/*
 * The 2004 design of kernel threads, rebuilt to be measured against libkthread: not for use.
 *
 * Faithful in what made it slow or fragile; M1 to M16 are the properties that the drivers
 * (engines/...) and the tests look at:
 *	M1	creation is a chain: caller, helper, new thread, helper, caller;
 *	M2, M3	the helper, a work queue with one thread, is occupied until each newborn has
 *		run: one that gets no CPU holds up all creators;
 *	M4, M5	one lock and one record serve all stops: each waits for those before it;
 *	M6	a thread that asks whether to stop reads the record that every stop writes
 *		twice;
 *	M7	a stop from a thread that is being stopped hangs;
 *	M8	stop of a thread that ended by itself hangs, and so do all later stops;
 *	M9	so does stop of a thread that leaves by keventd_exit() or pthread_exit();
 *	M10	a caller that waits for its thread cannot be cancelled;
 *	M11	the engine keeps nothing per thread, but see below;
 *	M12	the caller writes the name after creation: until then it is the helper's;
 *	M13	signal mask and affinity are reset in the new thread, the nice value is the
 *		helper's; before the helper is up creation runs in the caller, whose nice value
 *		then leaks in;
 *	M14	a newborn waits in the ordinary, interruptible state: any wake starts it;
 *	M15	there is no parking: pausing is stop and create;
 *	M16	there are no workers: loops are made by hand from states and wakes.
 *
 * Waits use futexes with one word per thread, and threads the same attributes, as in libkthread, so
 * that the designs are compared and not the primitives.
 *
 * Differs from 2004: the name that other programs see is set by the thread itself when it is first
 * woken (user space cannot write it from outside at that price). The handle is memory of its own
 * and counted, as the kernel's task is; the thread holds a reference until it ends.
 *
 * kthread_exit_files(), by which each thread gave up its creator's directories and open files for
 * those of init, has no counterpart: all threads of a process share the process's. A thread gets
 * others only from a caller that has unshared its own (unshare(2)), before the helper is up; user
 * space has no way back.
 *
 * keventd_bind() checks, as kthread_bind() did, that the thread still waits for its first wake, and
 * waits until it is off its CPU. Where the kernel stopped the caller (BUG_ON) it returns -EBUSY; a
 * CPU that is offline, which the kernel could bind to, is refused by the system.
 */
#include <stdbool.h>
#include <sys/types.h>

struct keventd_task;

enum keventd_state { KEVENTD_RUNNING, KEVENTD_INTERRUPTIBLE };

/* keventd_init - start the helper; without it creation runs in the caller. 0 or -errno; once */
int keventd_init(void);

/*
 * keventd_create - make a thread that waits to be woken; @namefmt: printf format, 15 bytes are kept
 *
 * Return: the handle, valid until the thread ends; NULL with *@err = -errno. @err may be NULL.
 */
struct keventd_task *keventd_create(int *err, int (*threadfn)(void *data), void *data,
				    const char *namefmt, ...) __attribute__((format(printf, 4, 5)));

/* keventd_bind - pin @k to @cpu; before the first wake, else -EBUSY. 0 or -errno */
int keventd_bind(struct keventd_task *k, int cpu);

/* keventd_wake_up - 1 if @k slept or was about to, else 0 */
int keventd_wake_up(struct keventd_task *k);

#define keventd_run(err, threadfn, data, namefmt, ...)                               \
	({                                                                           \
		struct keventd_task *keventd_run_k =                                 \
			keventd_create(err, threadfn, data, namefmt, ##__VA_ARGS__); \
		if (keventd_run_k)                                                   \
			keventd_wake_up(keventd_run_k);                              \
		keventd_run_k;                                                       \
	})

/* keventd_stop - the result of @k's function, -EINTR if it never ran. Hangs as said above. */
int keventd_stop(struct keventd_task *k);

/* For the thread itself: */
void keventd_exit(void) __attribute__((noreturn)); /* end here; no stop hears of it */
struct keventd_task *keventd_current(void);	   /* NULL: not one of these threads */
bool keventd_should_stop(void);
void keventd_set_state(enum keventd_state state);
void keventd_schedule(void); /* sleep, if the state says so, until woken */

struct keventd_task *keventd_get(struct keventd_task *k);
void keventd_put(struct keventd_task *k);
pid_t keventd_tid(const struct keventd_task *k);
const char *keventd_comm(const struct keventd_task *k);
#endif
