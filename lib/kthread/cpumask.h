/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KTHREAD_CPUMASK_H
#define KTHREAD_CPUMASK_H
/*
 * Sets of CPUs. The functions that count, compare and look for CPUs know only those below nr_cpu_ids,
 * the number of CPUs that the machine can have; the rest of a set is not looked at.
 *
 * Online are the CPUs that the process may run on at the start; later kthread_cpu_online() and
 * kthread_cpu_offline() say so (<kthread/smpboot.h>). Present and active are the same as online.
 */
#include <stdbool.h>
#include <string.h>

#define KTHREAD_NR_CPUS	  8192
#define KTHREAD_LONG_BITS (8 * sizeof(unsigned long))

struct cpumask {
	unsigned long bits[KTHREAD_NR_CPUS / (8 * sizeof(unsigned long))];
};

typedef struct cpumask cpumask_t;

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

unsigned int kthread_nr_cpu_ids(void);
const struct cpumask *kthread_cpus_online(void);
const struct cpumask *kthread_cpus_possible(void);
const struct cpumask *kthread_cpumask_of(unsigned int cpu);
unsigned int kthread_cpumask_next(int cpu, const struct cpumask *m);
unsigned int kthread_cpumask_last(const struct cpumask *m);
unsigned int kthread_cpumask_weight(const struct cpumask *m);

#define nr_cpu_ids	  kthread_nr_cpu_ids()
#define cpu_online_mask	  kthread_cpus_online()
#define cpu_present_mask  kthread_cpus_online()
#define cpu_active_mask	  kthread_cpus_online()
#define cpu_possible_mask kthread_cpus_possible()

/* ---- one set --------------------------------------------------------------------------------- */
static inline void cpumask_clear(struct cpumask *m)
{
	memset(m, 0, sizeof(*m));
}

static inline void cpumask_setall(struct cpumask *m)
{
	memset(m, 0xff, sizeof(*m));
}

static inline void cpumask_set_cpu(unsigned int cpu, struct cpumask *m)
{
	m->bits[cpu / KTHREAD_LONG_BITS] |= 1UL << cpu % KTHREAD_LONG_BITS;
}

static inline void cpumask_clear_cpu(unsigned int cpu, struct cpumask *m)
{
	m->bits[cpu / KTHREAD_LONG_BITS] &= ~(1UL << cpu % KTHREAD_LONG_BITS);
}

/* Others may change the set of online CPUs meanwhile. */
static inline bool cpumask_test_cpu(unsigned int cpu, const struct cpumask *m)
{
	return __atomic_load_n(&m->bits[cpu / KTHREAD_LONG_BITS], __ATOMIC_RELAXED) >>
		       cpu % KTHREAD_LONG_BITS &
	       1;
}

static inline void cpumask_copy(struct cpumask *to, const struct cpumask *from)
{
	*to = *from;
}

/* cpumask_of - the set of @cpu alone */
static inline const struct cpumask *cpumask_of(unsigned int cpu)
{
	return kthread_cpumask_of(cpu);
}

static inline unsigned int cpumask_weight(const struct cpumask *m)
{
	return kthread_cpumask_weight(m);
}

/* cpumask_first, cpumask_last, cpumask_any - nr_cpu_ids or more: the set is empty */
static inline unsigned int cpumask_first(const struct cpumask *m)
{
	return kthread_cpumask_next(-1, m);
}

static inline unsigned int cpumask_last(const struct cpumask *m)
{
	return kthread_cpumask_last(m);
}

static inline unsigned int cpumask_any(const struct cpumask *m)
{
	return kthread_cpumask_next(-1, m);
}

/* cpumask_next - the first CPU of @m after @cpu; nr_cpu_ids or more: there is none */
static inline unsigned int cpumask_next(int cpu, const struct cpumask *m)
{
	return kthread_cpumask_next(cpu, m);
}

static inline bool cpumask_empty(const struct cpumask *m)
{
	return cpumask_first(m) >= nr_cpu_ids;
}

static inline bool cpumask_full(const struct cpumask *m)
{
	return cpumask_weight(m) == nr_cpu_ids;
}

/* ---- two sets -------------------------------------------------------------------------------- */
#define KTHREAD_CPUMASK_LONGS (sizeof(struct cpumask) / sizeof(unsigned long))

/* cpumask_and - @to: the CPUs in both. Return: are there any? */
static inline bool cpumask_and(struct cpumask *to, const struct cpumask *a, const struct cpumask *b)
{
	unsigned int i;

	for (i = 0; i < KTHREAD_CPUMASK_LONGS; i++)
		to->bits[i] = a->bits[i] & b->bits[i];
	return !cpumask_empty(to);
}

/* cpumask_andnot - @to: the CPUs of @a that are not in @b. Return: are there any? */
static inline bool cpumask_andnot(struct cpumask *to, const struct cpumask *a,
				  const struct cpumask *b)
{
	unsigned int i;

	for (i = 0; i < KTHREAD_CPUMASK_LONGS; i++)
		to->bits[i] = a->bits[i] & ~b->bits[i];
	return !cpumask_empty(to);
}

static inline void cpumask_or(struct cpumask *to, const struct cpumask *a, const struct cpumask *b)
{
	unsigned int i;

	for (i = 0; i < KTHREAD_CPUMASK_LONGS; i++)
		to->bits[i] = a->bits[i] | b->bits[i];
}

static inline void cpumask_xor(struct cpumask *to, const struct cpumask *a, const struct cpumask *b)
{
	unsigned int i;

	for (i = 0; i < KTHREAD_CPUMASK_LONGS; i++)
		to->bits[i] = a->bits[i] ^ b->bits[i];
}

static inline bool cpumask_intersects(const struct cpumask *a, const struct cpumask *b)
{
	struct cpumask both;

	return cpumask_and(&both, a, b);
}

/* cpumask_subset - is all of @a in @b? */
static inline bool cpumask_subset(const struct cpumask *a, const struct cpumask *b)
{
	struct cpumask rest;

	return !cpumask_andnot(&rest, a, b);
}

static inline bool cpumask_equal(const struct cpumask *a, const struct cpumask *b)
{
	return cpumask_subset(a, b) && cpumask_subset(b, a);
}

/* cpumask_any_and - a CPU in both; nr_cpu_ids or more: there is none */
static inline unsigned int cpumask_any_and(const struct cpumask *a, const struct cpumask *b)
{
	struct cpumask both;

	cpumask_and(&both, a, b);
	return cpumask_first(&both);
}

/* cpumask_any_but - a CPU of @m other than @cpu; nr_cpu_ids or more: there is none */
static inline unsigned int cpumask_any_but(const struct cpumask *m, unsigned int cpu)
{
	unsigned int any = cpumask_first(m);

	return any == cpu ? cpumask_next((int)cpu, m) : any;
}

/* ---- sets that the kernel may allocate: here they are arrays of one -------------------------- */
typedef struct cpumask cpumask_var_t[1];

#define alloc_cpumask_var(mask, gfp)  ((void)(mask), true)
#define zalloc_cpumask_var(mask, gfp) (cpumask_clear(*(mask)), true)
#define free_cpumask_var(mask)	      ((void)(mask))

/* ---- the machine's --------------------------------------------------------------------------- */
static inline bool cpu_online(unsigned int cpu)
{
	return cpu < nr_cpu_ids && cpumask_test_cpu(cpu, cpu_online_mask);
}

static inline bool cpu_possible(unsigned int cpu)
{
	return cpu < nr_cpu_ids;
}

static inline unsigned int num_online_cpus(void)
{
	return cpumask_weight(cpu_online_mask);
}

static inline unsigned int num_possible_cpus(void)
{
	return nr_cpu_ids;
}

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop

/* for_each_cpu - loops over the CPUs of @mask, ascending; @cpu: nr_cpu_ids or more at the end */
#define for_each_cpu(cpu, mask)                                             \
	for ((cpu) = cpumask_first(mask); (unsigned int)(cpu) < nr_cpu_ids; \
	     (cpu) = cpumask_next((int)(cpu), mask))

#define for_each_online_cpu(cpu)   for_each_cpu (cpu, cpu_online_mask)
#define for_each_present_cpu(cpu)  for_each_cpu (cpu, cpu_present_mask)
#define for_each_possible_cpu(cpu) for_each_cpu (cpu, cpu_possible_mask)
#endif
