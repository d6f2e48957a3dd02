/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_STRESS_WATCH_H
#define KT_TESTS_STRESS_WATCH_H
/*
 * Scenarios that race with themselves, for as long as the program is told: seeded delays at the
 * library's marked points, and a watchdog that ends a hang and prints where everybody is.
 *
 * NAME SEED SECONDS [TEXT]: each scenario whose name contains TEXT has an equal part of SECONDS and
 * plays rounds until it is over, at least one. The first that fails ends the program.
 * STRESS_HANG=N: a round that does not end within N seconds (60) hangs. KT_SKIP=NAME:NAME skips
 * these, and prints KT_SKIP_REASON.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/uio.h>

#include "lib/kthread/internal.h"

#include "tests/stress/stress.h"

extern void (*kthread_test_delay)(const char *point);

#define CHECK(cond)                                                       \
	do {                                                              \
		if (!(cond)) {                                            \
			printf("%s:%d: %s\n", __FILE__, __LINE__, #cond); \
			return false;                                     \
		}                                                         \
	} while (0)

/* ---- who passed which point last ------------------------------------------------------------- */
#define NR_SEEN 256

static struct seen {
	pid_t tid; /* 0: free */
	const char *point;
	struct kt_task *task; /* may be gone by now */
} seen[NR_SEEN];

static pthread_key_t seen_key;
static __thread struct seen *seen_self;

static inline void seen_leave(void *s)
{
	seen_self = NULL;
	__atomic_store_n(&((struct seen *)s)->tid, 0, __ATOMIC_RELEASE);
}

static inline void seen_enter(void)
{
	unsigned int i;
	pid_t none;

	for (i = 0; i < NR_SEEN; i++) {
		none = 0;
		if (__atomic_compare_exchange_n(&seen[i].tid, &none, gettid(), false,
						__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			break;
	}
	if (i == NR_SEEN)
		return;
	seen_self = &seen[i];
	pthread_setspecific(seen_key, seen_self);
}

/* ---- delays ---------------------------------------------------------------------------------- */
static uint64_t stress_seed;
static unsigned int nr_streams;
/* Of this round: one point in so many is where threads wait long; 0: all points alike. */
static unsigned int slow_points;

/* The same in each run of a program, as an address is not. */
static inline unsigned int hash(const char *s)
{
	unsigned int h = 5381;

	while (*s)
		h = h * 33 + (unsigned char)*s++;
	return h;
}

/* Each thread has a stream of numbers of its own, in the order in which they ask first. */
static inline uint64_t rnd(void)
{
	static __thread uint64_t x;

	if (!x)
		x = stress_state(stress_seed, ADD(nr_streams));
	return stress_random(&x);
}

static inline void spend(uint64_t r, unsigned int nr)
{
	volatile unsigned int i;

	for (i = 0; i < r % nr; i++)
		;
}

static inline void delay_somewhere(uint64_t r)
{
	switch (r & 31) {
	case 0:
		usleep(r >> 8 & 127);
		break;
	case 1:
	case 2:
		sched_yield();
		break;
	case 3:
	case 4:
	case 5:
		spend(r >> 8, 1024);
		break;
	default:
		break;
	}
}

static inline void seen_at(const char *point)
{
	if (!seen_self)
		seen_enter();
	if (seen_self) {
		__atomic_store_n(&seen_self->task, kt_self, __ATOMIC_RELAXED);
		__atomic_store_n(&seen_self->point, point, __ATOMIC_RELAXED);
	}
}

/* For millions of operations, which are to run at full speed into each other. */
static inline void delay_seldom(const char *point)
{
	uint64_t r = rnd();

	seen_at(point);
	if (!(r & 4095))
		usleep(r >> 12 & 63);
	else if (!(r & 1023))
		sched_yield();
}

static inline void delay(const char *point)
{
	unsigned int slow = __atomic_load_n(&slow_points, __ATOMIC_RELAXED);
	uint64_t r = rnd();

	seen_at(point);
	if (!slow)
		delay_somewhere(r);
	else if (hash(point) % 7 == slow % 7 && r & 1)
		usleep(r >> 8 & 255);
}

/* ---- the watchdog ---------------------------------------------------------------------------- */
static unsigned int nr_steps;		/* grows while all is well */
static const char *playing = "nothing"; /* the scenario */

static inline void step(void)
{
	__atomic_fetch_add(&nr_steps, 1, __ATOMIC_RELAXED);
}

/* The first line of /proc/self/task/TID/WHAT */
static inline const char *of_thread(char *text, size_t size, pid_t tid, const char *what)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/%s", tid, what);
	f = fopen(path, "r");
	if (!f || !fgets(text, (int)size, f))
		snprintf(text, size, "-");
	if (f)
		fclose(f);
	text[strcspn(text, "\n")] = 0;
	return text;
}

/* The handle may be gone, so the kernel is asked to read it. */
static inline bool phase_of(struct kt_task *t, uint32_t *phase)
{
	struct iovec to = { phase, sizeof(*phase) }, from = { &t->phase, sizeof(*phase) };

	return t && process_vm_readv(getpid(), &to, 1, &from, 1, 0) == sizeof(*phase);
}

/*
 * One line per thread: its last point, its phase word and where that is, and its system call (a
 * futex's first argument is the word on which the thread sleeps).
 */
static inline void where_is_everybody(void)
{
	DIR *d = opendir("/proc/self/task");
	char comm[64], call[256];
	struct dirent *e;
	unsigned int i;

	while (d && (e = readdir(d))) {
		pid_t tid = atoi(e->d_name);
		struct seen *s = NULL;
		uint32_t phase = 0;

		for (i = 0; i < NR_SEEN; i++)
			if (tid && READ(seen[i].tid) == tid)
				s = &seen[i];
		if (!tid)
			continue;
		printf("  %d %s: %c", tid, of_thread(comm, sizeof(comm), tid, "comm"),
		       thread_state(tid));
		if (s)
			printf(", after \"%s\"", s->point);
		if (s && phase_of(s->task, &phase))
			printf(", phase %#x at %p", phase, (void *)&s->task->phase);
		printf(", call %s\n", of_thread(call, sizeof(call), tid, "syscall"));
	}
	if (d)
		closedir(d);
}

static inline void *watch(void *seconds)
{
	unsigned int before = 0, same = 0, limit = (unsigned int)(uintptr_t)seconds;

	while (same < limit) {
		sleep(1);
		same = READ(nr_steps) == before ? same + 1 : 0;
		before = READ(nr_steps);
	}
	printf("%s: nothing has happened for %u s; where the threads are:\n", READ(playing), limit);
	where_is_everybody();
	stress_check(false, READ(playing));
	stress_end();
	fflush(NULL);
	_exit(1);
}

/* ---- others, who do something at the same time; each a thread that stays --------------------- */
#define NR_OTHERS 4

static struct other {
	pthread_t thread;
	sem_t go, done;
	void (*fn)(void *arg);
	void *arg;
} others[NR_OTHERS];

static inline void sem_take(sem_t *s)
{
	while (sem_wait(s) && errno == EINTR)
		;
}

static inline void *other_main(void *arg)
{
	struct other *o = arg;

	for (;;) {
		sem_take(&o->go);
		delay_somewhere(rnd());
		o->fn(o->arg);
		sem_post(&o->done);
	}
	return NULL;
}

/* Let other @nr do this now; and wait until it has. */
static inline void other_go(unsigned int nr, void (*fn)(void *arg), void *arg)
{
	others[nr].fn = fn;
	others[nr].arg = arg;
	sem_post(&others[nr].go);
}

static inline void other_wait(unsigned int nr)
{
	sem_take(&others[nr].done);
}

static inline void others_start(void)
{
	unsigned int i;

	for (i = 0; i < NR_OTHERS; i++) {
		sem_init(&others[i].go, 0, 0);
		sem_init(&others[i].done, 0, 0);
		if (pthread_create(&others[i].thread, NULL, other_main, &others[i]))
			abort();
	}
}

/* ---- the program ----------------------------------------------------------------------------- */
struct scenario {
	const char *name;
	bool (*round)(void);
};

static inline void quiet(enum kthread_warning w, const char *text)
{
	(void)w;
	(void)text;
}

static inline bool play(const struct scenario *s, double seconds)
{
	double end = test_seconds() + seconds;
	unsigned int rounds = 0;

	__atomic_store_n(&playing, s->name, __ATOMIC_RELEASE);
	do {
		__atomic_store_n(&slow_points, rounds & 1 ? rnd() | 1 : 0, __ATOMIC_RELAXED);
		if (!s->round()) {
			printf("%s: round %u\n", s->name, rounds);
			return false;
		}
		rounds++;
		step();
	} while (test_seconds() < end);
	printf("%s: %u rounds\n", s->name, rounds);
	return true;
}

static inline void stress_begin(int argc, char **argv, void (*at_points)(const char *point))
{
	const char *hang = getenv("STRESS_HANG");
	pthread_t watchdog;

	stress_seed = stress_arg(argc, argv, 1, 1);
	setvbuf(stdout, NULL, _IOLBF, 0);
	pthread_key_create(&seen_key, seen_leave);
	kthread_warn_hook(quiet);
	__atomic_store_n(&kthread_test_delay, at_points, __ATOMIC_RELEASE);
	if (pthread_create(&watchdog, NULL, watch, (void *)(hang ? strtoul(hang, NULL, 0) : 60)))
		abort();
}

static inline void scenarios_play(int argc, char **argv, const struct scenario *s, unsigned int nr)
{
	double seconds = (double)stress_arg(argc, argv, 2, 10);
	const char *text = argc > 3 ? argv[3] : "";
	const char *skip = getenv("KT_SKIP") ?: "";
	unsigned int i, nr_wanted = 0;

	stress_begin(argc, argv, delay);
	others_start();
	for (i = 0; i < nr; i++)
		nr_wanted += strstr(s[i].name, text) && !strstr(skip, s[i].name);
	for (i = 0; i < nr && !stress_failed; i++) {
		if (!strstr(s[i].name, text))
			continue;
		if (strstr(skip, s[i].name))
			printf("skipped: %s: %s\n", s[i].name,
			       getenv("KT_SKIP_REASON") ?: "KT_SKIP names it");
		else
			stress_check(play(&s[i], seconds / nr_wanted), s[i].name);
	}
}
#endif
