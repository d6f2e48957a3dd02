/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_KEVENTD_H
#define KT_KEVENTD_H
/*
 * The 2004 design of kernel threads, rebuilt to be measured against libkthread: not for use.
 *
 * Faithful in what made it slow or fragile:
 *	- a helper with a work queue of its own creates threads and is occupied until each has run;
 *	- before the helper is up, creation runs in the caller, whose nice value leaks in;
 *	- the name is written by the caller after creation: until then it is the helper's;
 *	- one global mutex and one global record serve all stops: they queue behind each other, and
 *each thread that asks whether it should stop reads the line that every stop writes;
 *	- stop waits for the thread's report, not for its end; a thread that ended by itself, or by
 *	  pthread_exit(), never reports: that stop hangs, and so do all later ones; so does a stop
 *	  from a thread that is being stopped.
 * No parking, no workers: that age had none. Waits use futexes with one word per thread, and
 *threads the same attributes, as in libkthread, so that the designs are compared and not the
 *primitives.
 *
 * Differs from 2004: the name that other programs see is set by the thread itself when it is first
 * woken (user space cannot write it from outside at that price); handles are counted here, too.
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

/* keventd_bind - pin @k to @cpu; before the first wake. 0 or -errno */
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

/* keventd_stop - the result of @k's function, -EINTR if it never ran. Hangs as told above. */
int keventd_stop(struct keventd_task *k);

/* For the thread itself: */
struct keventd_task *keventd_current(void); /* NULL: not one of these threads */
bool keventd_should_stop(void);
void keventd_set_state(enum keventd_state state);
void keventd_schedule(void); /* sleep, if the state says so, until woken */

struct keventd_task *keventd_get(struct keventd_task *k);
void keventd_put(struct keventd_task *k);
pid_t keventd_tid(const struct keventd_task *k);
const char *keventd_comm(const struct keventd_task *k);
#endif
