// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the 2004 engine creates: a newborn is held before its first instruction, and those who wait
 * for it are looked at. The program is linked so that the engine's pthread_create() and
 * aligned_alloc() come by here.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>

#include "lib/keventd/keventd.h"

#include "tests/unit/await.h"

TestSuite(keventd_chain, .timeout = 60);

int __real_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg);
void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);

/* ---- newborns that are held ------------------------------------------------------------------ */
static bool holding;		      /* newborns, from now on */
static unsigned int nr_cloned;	      /* threads made while holding */
static unsigned int nr_let_go;	      /* newborns that may run */
static pid_t held[16], cloned_by[16]; /* who they are, and who made them */

struct birth {
	void *(*fn)(void *arg);
	void *arg;
	unsigned int nr;
};

static void *is_held(void *arg)
{
	struct birth birth = *(struct birth *)arg;

	free(arg);
	__atomic_store_n(&held[birth.nr], gettid(), __ATOMIC_RELEASE);
	cr_assert(WAIT_UNTIL(READ(nr_let_go) > birth.nr));
	return birth.fn(birth.arg);
}

int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
	struct birth *birth;

	if (!READ(holding))
		return __real_pthread_create(t, attr, fn, arg);
	birth = malloc(sizeof(*birth));
	*birth = (struct birth){ .fn = fn, .arg = arg, .nr = ADD(nr_cloned) };
	cr_assert_lt(birth->nr, 16);
	__atomic_store_n(&cloned_by[birth->nr], gettid(), __ATOMIC_RELEASE);
	return __real_pthread_create(t, attr, is_held, birth);
}

static unsigned int nr_allocated;
static size_t largest;

void *__wrap_aligned_alloc(size_t align, size_t size)
{
	ADD(nr_allocated);
	if (size > largest)
		largest = size;
	return __real_aligned_alloc(align, size);
}

static bool is_asleep(pid_t *tid)
{
	return READ(*tid) && thread_state(READ(*tid)) == 'S';
}

static int until_stop(void *data)
{
	(void)data;
	while (!keventd_should_stop()) {
		keventd_set_state(KEVENTD_INTERRUPTIBLE);
		if (!keventd_should_stop())
			keventd_schedule();
	}
	keventd_set_state(KEVENTD_RUNNING);
	return 42;
}

struct creator {
	pthread_t thread;
	pid_t tid;
	struct keventd_task *k;
	unsigned int done;
};

static void *creates(void *arg)
{
	struct creator *c = arg;

	__atomic_store_n(&c->tid, gettid(), __ATOMIC_RELEASE);
	c->k = keventd_create(NULL, until_stop, NULL, "chain");
	ADD(c->done);
	return NULL;
}

static void creator_start(struct creator *c)
{
	*c = (struct creator){ .k = NULL };
	cr_assert_eq(__real_pthread_create(&c->thread, NULL, creates, c), 0);
	cr_assert(WAIT_UNTIL(is_asleep(&c->tid) || READ(c->done)));
	cr_assert_eq(READ(c->done), 0);
}

static void creator_end(struct creator *c)
{
	cr_assert(WAIT_UNTIL(READ(c->done)));
	pthread_join(c->thread, NULL);
	cr_assert(c->k);
	cr_expect_eq(keventd_stop(c->k), -EINTR);
}

static void hold_newborns(void)
{
	__atomic_store_n(&holding, true, __ATOMIC_RELEASE);
}

/*
 * Caller, helper, new thread, helper, caller: each waits for the next. Mutation M01: the caller
 * clones.
 */
Test(keventd_chain, M1_a_creation_is_a_chain_of_four_hand_overs)
{
	struct creator c;

	cr_assert_eq(keventd_init(), 0);
	hold_newborns();
	creator_start(&c);
	cr_assert(WAIT_UNTIL(READ(held[0])));
	cr_expect_neq(READ(cloned_by[0]), READ(c.tid), "not the caller clones");
	cr_expect(WAIT_UNTIL(is_asleep(&cloned_by[0])), "the helper waits for the newborn");
	cr_expect_eq(READ(c.done), 0);
	ADD(nr_let_go);
	creator_end(&c);
}

/* Mutation M02: the helper does not wait for the newborn. */
Test(keventd_chain, M2_the_helper_is_occupied_until_the_newborn_has_run)
{
	struct creator c[3];

	cr_assert_eq(keventd_init(), 0);
	hold_newborns();
	for (int i = 0; i < 3; i++)
		creator_start(&c[i]);
	for (unsigned int born = 1; born <= 3; born++) {
		cr_assert(WAIT_UNTIL(READ(nr_cloned) >= born && is_asleep(&cloned_by[born - 1])));
		for (int i = 0; i < 20; i++) {
			cr_assert_eq(READ(nr_cloned), born, "one at a time");
			usleep(100);
		}
		ADD(nr_let_go);
	}
	for (int i = 0; i < 3; i++)
		creator_end(&c[i]);
	cr_expect_eq(READ(cloned_by[0]), READ(cloned_by[2]), "by one helper");
}

/* Those who come later wait for a thread that is not theirs. Mutation M03: as above. */
Test(keventd_chain, M3_a_newborn_that_gets_no_cpu_holds_up_all_creators)
{
	struct creator first, later[4];

	cr_assert_eq(keventd_init(), 0);
	hold_newborns();
	creator_start(&first);
	cr_assert(WAIT_UNTIL(READ(held[0])));
	for (int i = 0; i < 4; i++)
		creator_start(&later[i]);
	/* Or else it sleeps when it has made them all. */
	cr_assert(WAIT_UNTIL(is_asleep(&cloned_by[0])));
	for (int i = 0; i < 20; i++) {
		for (int k = 0; k < 4; k++)
			cr_assert_eq(READ(later[k].done), 0);
		usleep(100);
	}
	cr_assert_eq(READ(nr_cloned), 1);
	__atomic_store_n(&nr_let_go, 5, __ATOMIC_RELEASE);
	creator_end(&first);
	for (int i = 0; i < 4; i++)
		creator_end(&later[i]);
}

/*
 * No bits, no result, no completion of its own: two cache lines hold a handle. Mutation M11: a
 * handle of more than that.
 */
Test(keventd_chain, M11_a_thread_has_its_handle_and_nothing_else)
{
	struct keventd_task *k[50];

	cr_assert_eq(keventd_init(), 0);
	nr_allocated = 0;
	for (int i = 0; i < 50; i++)
		k[i] = keventd_create(NULL, until_stop, NULL, "m11");
	cr_expect_eq(READ(nr_allocated), 50);
	cr_expect_leq(largest, 128);
	for (int i = 0; i < 50; i++)
		cr_expect_eq(keventd_stop(k[i]), -EINTR);
	cr_expect_eq(READ(nr_allocated), 50, "a stop needs none");
}
