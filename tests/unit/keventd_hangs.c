// SPDX-License-Identifier: GPL-2.0-only
/*
 * The 2004 engine hangs where it did. Each scene is played by a child, under a watchdog: it hangs
 * when it has come to the call in question and then, look after look, all its threads sleep and
 * none of them has run in between. Nothing in a scene waits with a timeout at that point, so
 * nothing can go on. Beside each scene stands its like that does not hang, so that the watchdog is
 * seen to tell one from the other.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/keventd/keventd.h"

TestSuite(keventd_hangs, .timeout = 60);

#define LOOK_US	   5000
#define QUIET	   40	/* looks in a row without a sign of life */
#define PATIENCE   4000 /* looks in all */
#define SCENE_ENDS 7	/* its exit status when it came back */

/* ---- the watchdog ---------------------------------------------------------------------------- */

/* Shared with the child: it has come to the call in question. */
static unsigned int *arrived;

/* Whether thread @tid of @pid is asleep, and how often it went to sleep so far. */
static bool status_of(pid_t pid, pid_t tid, long *nr)
{
	char path[64], line[128], state = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", (int)pid, (int)tid);
	f = fopen(path, "r");
	if (!f)
		return false;
	*nr = -1;
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "State: %c", &state);
		sscanf(line, "voluntary_ctxt_switches: %ld", nr);
	}
	fclose(f);
	return state == 'S' && *nr >= 0;
}

/* How often the threads of @pid have gone to sleep so far; -1 if one is not asleep now. */
static long sleeps(pid_t pid)
{
	char path[64];
	struct dirent *e;
	long n, sum = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	d = opendir(path);
	if (!d)
		return -1;
	while (sum >= 0 && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		sum = status_of(pid, atoi(e->d_name), &n) ? sum + n : -1;
	}
	closedir(d);
	return sum;
}

static bool hangs(int (*scene)(void))
{
	long before = -1, now;
	int quiet = 0, status;
	pid_t pid;

	arrived = mmap(NULL, sizeof(*arrived), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	cr_assert_neq(arrived, MAP_FAILED);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(scene());
	}
	for (int look = 0; look < PATIENCE && quiet < QUIET; look++) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == SCENE_ENDS,
				  "the scene was not played: status %x", (unsigned int)status);
			return false;
		}
		now = __atomic_load_n(arrived, __ATOMIC_ACQUIRE) ? sleeps(pid) : -1;
		quiet = now >= 0 && now == before ? quiet + 1 : 0;
		before = now;
		usleep(LOOK_US);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	cr_assert_eq(quiet, QUIET, "neither ended nor hung");
	return true;
}

static void arrive(void)
{
	__atomic_store_n(arrived, 1, __ATOMIC_RELEASE);
}

/* ---- what scenes are made of ----------------------------------------------------------------- */

static bool exists(pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d", (int)tid);
	return !access(path, F_OK);
}

static bool wait_gone(pid_t tid)
{
	for (int i = 0; i < 100000; i++) {
		if (!exists(tid))
			return true;
		usleep(100);
	}
	return false;
}

static bool wait_asleep(pid_t *tid)
{
	long n;

	for (int i = 0; i < 100000; i++) {
		pid_t t = __atomic_load_n(tid, __ATOMIC_ACQUIRE);

		if (t && status_of(getpid(), t, &n))
			return true;
		if (t && !exists(t))
			return false;
		usleep(100);
	}
	return false;
}

static void sleep_until_stop(void)
{
	while (!keventd_should_stop()) {
		keventd_set_state(KEVENTD_INTERRUPTIBLE);
		if (!keventd_should_stop())
			keventd_schedule();
	}
	keventd_set_state(KEVENTD_RUNNING);
}

static int until_stop(void *data)
{
	(void)data;
	sleep_until_stop();
	return 42;
}

struct part {
	int (*fn)(void *data);
	void *data;
	bool begun;
};

static int play(void *data)
{
	struct part *p = data;
	struct part mine = *p;

	__atomic_store_n(&p->begun, true, __ATOMIC_RELEASE);
	return mine.fn(mine.data);
}

/* Once its function has begun: a thread that is stopped before skips it, and hangs nobody. */
static struct keventd_task *run(int (*fn)(void *data), void *data)
{
	struct part part = { .fn = fn, .data = data };
	struct keventd_task *k = keventd_create(NULL, play, &part, "scene");

	if (!k)
		_exit(1);
	keventd_get(k);
	keventd_wake_up(k);
	for (int i = 0; i < 100000 && !__atomic_load_n(&part.begun, __ATOMIC_ACQUIRE); i++)
		usleep(100);
	if (!part.begun)
		_exit(5);
	return k;
}

/* ---- M7: a thread that is told to stop, and first stops another ------------------------------ */

static int stops_another(void *data)
{
	sleep_until_stop();
	arrive();
	return keventd_stop(data);
}

static int nested_stop(void)
{
	struct keventd_task *inner;

	keventd_init();
	inner = run(until_stop, NULL);
	keventd_stop(run(stops_another, inner));
	return SCENE_ENDS;
}

static int stop_one_after_the_other(void)
{
	struct keventd_task *inner;

	keventd_init();
	inner = run(until_stop, NULL);
	arrive();
	keventd_stop(run(until_stop, NULL));
	keventd_stop(inner);
	return SCENE_ENDS;
}

/* Mutation M07: who is being stopped may not stop. */
Test(keventd_hangs, M7_nested_stop)
{
	cr_expect(hangs(nested_stop));
	cr_expect_not(hangs(stop_one_after_the_other));
}

/* ---- M8: a thread that ended by itself ------------------------------------------------------- */

static int ends(void *data)
{
	return data ? 1 : 0;
}

static struct keventd_task *ended(void)
{
	struct keventd_task *k = run(ends, NULL);

	if (!wait_gone(keventd_tid(k)))
		_exit(2);
	return k;
}

static int stop_after_the_end(void)
{
	struct keventd_task *k;

	keventd_init();
	k = ended();
	arrive();
	keventd_stop(k);
	return SCENE_ENDS;
}

/* Mutation M08: a stop sees that the thread has ended. */
Test(keventd_hangs, M8_stop_of_a_thread_that_ended)
{
	cr_expect(hangs(stop_after_the_end));
}

struct stopper {
	struct keventd_task *k;
	pid_t tid;
};

static void *stops(void *arg)
{
	struct stopper *s = arg;

	__atomic_store_n(&s->tid, gettid(), __ATOMIC_RELEASE);
	keventd_stop(s->k);
	return NULL;
}

/* A healthy thread is stopped while, or without that, another caller stops one that has ended. */
static int later_stop(bool poisoned)
{
	struct stopper dead = { .tid = 0 };
	struct keventd_task *healthy;
	pthread_t t;

	keventd_init();
	healthy = run(until_stop, NULL);
	dead.k = ended();
	if (poisoned) {
		pthread_create(&t, NULL, stops, &dead);
		/* It has the lock once it sleeps: there is nothing else to sleep for. */
		if (!wait_asleep(&dead.tid))
			return 4;
	}
	arrive();
	if (keventd_stop(healthy) != 42)
		return 3;
	return SCENE_ENDS;
}

static int later_stop_poisoned(void)
{
	return later_stop(true);
}

static int later_stop_clean(void)
{
	return later_stop(false);
}

/* Mutation M08b: as above. */
Test(keventd_hangs, M8_and_all_later_stops)
{
	cr_expect(hangs(later_stop_poisoned));
	cr_expect_not(hangs(later_stop_clean));
}

/* ---- M9: a thread that leaves without returning ---------------------------------------------- */

static int exits_when_stopped(void *data)
{
	sleep_until_stop();
	if (data)
		keventd_exit();
	pthread_exit(NULL);
}

static int stop_of(int (*fn)(void *data), void *data)
{
	struct keventd_task *k;

	keventd_init();
	k = run(fn, data);
	arrive();
	keventd_stop(k);
	return SCENE_ENDS;
}

static int stop_of_one_that_exits(void)
{
	return stop_of(exits_when_stopped, arrived);
}

static int stop_of_one_that_exits_its_pthread(void)
{
	return stop_of(exits_when_stopped, NULL);
}

static int stop_of_one_that_returns(void)
{
	return stop_of(until_stop, NULL);
}

/* Mutation M09: each exit tells the stopper. */
Test(keventd_hangs, M9_stop_of_a_thread_that_exits_directly)
{
	cr_expect(hangs(stop_of_one_that_exits));
	cr_expect(hangs(stop_of_one_that_exits_its_pthread));
	cr_expect_not(hangs(stop_of_one_that_returns));
}
