/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_BENCH_H
#define KT_BENCH_H
/*
 * The benchmark API: what an author includes. Lives inside the measured process.
 *
 *	BENCHMARK(park, .params = BENCH_PARAMS("cpu=same,cross"),
 *		  .arms = BENCH_ARMS("libkthread", "futex"), .baseline = "futex",
 *		  .ctx_size = sizeof(struct park), .setup = park_setup, .teardown = park_teardown)
 *	{
 *		struct park *p = bench_ctx(st);
 *
 *		while (bench_keep_running(st))
 *			...
 *	}
 *	BENCH_MAIN()
 *
 * A benchmark with parameters is one question per combination: park/cpu=same, park/cpu=cross. Each
 * question is answered by its arms. setup, body and teardown are called per (question, arm): setup
 * once, then the body once per epoch with a fixed number of iterations, then teardown. The binary
 * is driven by `kt bench BINARY`; run by hand it measures each question briefly and prints a table.
 *
 * Installed as <ktbench/bench.h>, so it includes nothing of this project but built.h. For C, as
 * gcc and clang have it by default (gnu11 or later); C++ has no such initializers.
 *
 * Threads: setup, body and teardown run in one thread (the driving thread, pinned to CPU
 * bench_cpu(st, 0)). Functions marked "any thread" may be called by the threads a benchmark makes.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "bench/harness/built.h"

struct bench_state;
struct kthread_slot; /* what a tracer reads of a measured thread */

enum bench_mode {
	BENCH_TIME,    /* the epoch's wall time divided by its iterations: one value per epoch */
	BENCH_LATENCY, /* the body records each operation by bench_lat_record(), bench_resume() */
};

/* Definition of a benchmark; use it through BENCHMARK(), fields by name. */
struct bench_def {
	const char *name;
	const char *file;
	int line;
	void (*body)(struct bench_state *st);
	enum bench_mode mode;
	const char *const *params; /* BENCH_PARAMS("key=v1,v2", ...) */
	const char *const *arms;   /* BENCH_ARMS("name", ...) */
	const char *baseline;	   /* the arm the others are compared with; NULL: no comparison */
	double zone;		   /* indifference zone as a share, 0: default 0.01 */
	bool phases;		   /* operations are wakes that the tracer can split into phases */
	bool manual;		   /* runs only where a filter matches */
	/*
	 * BENCH_LATENCY: each value recorded is what so many operations took together, and is shown
	 * divided by it; 0: 1. For operations of nanoseconds, which a value alone would round. Not
	 * with phases, which are of single operations.
	 */
	unsigned int batch;
	bool (*exists)(struct bench_state *st); /* NULL: every combination of parameters does */
	size_t ctx_size;			/* zeroed memory for bench_ctx(), 64-byte aligned */
	int (*setup)(struct bench_state *st); /* 0, or -errno after bench_skip() or bench_fail() */
	void (*teardown)(struct bench_state *st);
	struct bench_def *next;
};

#define BENCH_ARMS(...)	  ((const char *const[]){ __VA_ARGS__, NULL })
#define BENCH_PARAMS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/*
 * Define and register. A constructor links the static definition into a list: no allocation.
 * The definition stands at file scope: only there is a compound literal (BENCH_ARMS) a constant.
 * BENCHMARK_NAMED: the C name @id_ and the shown name differ, so that several definitions with
 * parameters, arms or phases of their own can share one shown name (their questions must not).
 */
#define BENCHMARK_NAMED(id_, name_, ...)                                      \
	static void bench_body_##id_(struct bench_state *st);                 \
	static struct bench_def bench_def_##id_ = { .name = name_,            \
						    .file = __FILE__,         \
						    .line = __LINE__,         \
						    .body = bench_body_##id_, \
						    ##__VA_ARGS__ };          \
	__attribute__((constructor)) static void bench_register_##id_(void)   \
	{                                                                     \
		bench_register(&bench_def_##id_);                             \
	}                                                                     \
	static void bench_body_##id_(struct bench_state *st)

#define BENCHMARK(name_, ...) BENCHMARK_NAMED(name_, #name_, ##__VA_ARGS__)

void bench_register(struct bench_def *def);

/* First member of the opaque state, so that the loop test is inline and costs one decrement. */
struct bench_loop {
	uint64_t left;
};

/* Slow path of bench_keep_running(): starts the clock at the first call, stops it at the last. */
bool bench_loop_edge(struct bench_state *st);

static inline bool bench_keep_running(struct bench_state *st)
{
	struct bench_loop *l = (struct bench_loop *)st;

	if (__builtin_expect(l->left > 1, 1)) {
		l->left--;
		return true;
	}
	return bench_loop_edge(st);
}

uint64_t bench_iterations(const struct bench_state *st); /* of this epoch */
void *bench_ctx(struct bench_state *st);
const char *bench_arm(const struct bench_state *st);
const char *bench_question(const struct bench_state *st); /* full name */

/* bench_param - value of parameter @key; NULL when the benchmark has none of that name */
const char *bench_param(const struct bench_state *st, const char *key);
bool bench_param_is(const struct bench_state *st, const char *key, const char *value);
long bench_param_int(const struct bench_state *st, const char *key);

/*
 * bench_cpu - the @index-th CPU to place threads on; bench_cpu(st, 0) is the driving thread's
 *
 * CPUs are of different cores where the machine has them. -1 when there are fewer allowed CPUs.
 */
int bench_cpu(const struct bench_state *st, unsigned int index);

/* bench_now_ns - CLOCK_MONOTONIC, any thread */
static inline uint64_t bench_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

/*
 * bench_lat_record - one operation took @ns. Any thread, but one at a time.
 *
 * A value of 2^63 or more is impossible: the end was before the beginning, as when another thread
 * has not written one of the two yet. It is counted as lost for this arm, named in the record with
 * the count, and left out of every figure. An epoch with no other values is not used.
 */
void bench_lat_record(struct bench_state *st, uint64_t ns);

/*
 * bench_request / bench_resume - the two ends of a wake, on the driver's clock
 *
 * The waker calls bench_request() as its last statement before the wake and hands the value over;
 * the woken thread calls bench_resume() as its first statement after the wait. It records the
 * latency and, while a tracer looks (a traced epoch, or `kt trace` from outside), both stamps in
 * the woken thread's slot @s, the same way for every arm. Any thread. A resume before its request
 * is an impossible value, as for bench_lat_record().
 */
uint64_t bench_request(struct bench_state *st, struct kthread_slot *s);
uint64_t bench_resume(struct bench_state *st, struct kthread_slot *s, uint64_t begin_ns);

/*
 * bench_slot - slot of the calling thread, made at the first call and tagged with this question and
 * arm, so that the tracer counts the thread's wakes. Call it in the measured thread, at its start.
 * Any thread.
 */
struct kthread_slot *bench_slot(struct bench_state *st);

/*
 * bench_counter - a named figure of this epoch, summed over epochs; shown per iteration. Any number
 * up to 8.
 */
void bench_counter(struct bench_state *st, const char *name, double value);

/* bench_label - one line about the arm (version, idiom), shown in the report */
void bench_label(struct bench_state *st, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * bench_skip - this arm cannot answer this question here; bench_fail - it went wrong
 *
 * With the reason, shown in the report. Return: a negative value for setup to return.
 */
int bench_skip(struct bench_state *st, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int bench_fail(struct bench_state *st, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * What the compiler must not see through. A loop whose result nobody uses is removed, and one whose
 * input is known is computed once, before it runs: either takes no time, and the record says
 * "elided" of such an arm. In each iteration
 *
 *	bench_keep_input(x);
 *	bench_keep(f(x));
 *
 * bench_keep - the compiler must compute @value: a number or a pointer
 * bench_keep_input - and must take the variable @var, a number or a pointer, for changed
 * bench_keep_object - both, for a variable of any type: a struct, an array
 * bench_clobber - and must not keep memory in registers
 */
#define bench_keep(value)	  __asm__ volatile("" : : "r"(value) : "memory")
#define bench_keep_input(var)	  __asm__ volatile("" : "+r"(var) : : "memory")
#define bench_keep_object(object) __asm__ volatile("" : "+m"(object) : : "memory")
#define bench_clobber()		  __asm__ volatile("" : : : "memory")

int bench_main(int argc, char **argv);

/* At file scope. With a main() of its own a binary has BENCH_BUILT(); beside it. */
#define BENCH_MAIN()                           \
	BENCH_BUILT();                         \
	int main(int argc, char **argv)        \
	{                                      \
		return bench_main(argc, argv); \
	}
#endif
