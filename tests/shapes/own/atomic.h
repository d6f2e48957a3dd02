/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHAPES_ATOMIC_H
#define SHAPES_ATOMIC_H
typedef struct {
	int counter;
} atomic_t;

#define ATOMIC_INIT(i) \
	{              \
		(i)    \
	}
#define atomic_read(v)	       __atomic_load_n(&(v)->counter, __ATOMIC_SEQ_CST)
#define atomic_set(v, i)       __atomic_store_n(&(v)->counter, i, __ATOMIC_SEQ_CST)
#define atomic_inc(v)	       ((void)__atomic_add_fetch(&(v)->counter, 1, __ATOMIC_SEQ_CST))
#define atomic_dec_and_test(v) (__atomic_sub_fetch(&(v)->counter, 1, __ATOMIC_SEQ_CST) == 0)

#define READ_ONCE(x)	 __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), v, __ATOMIC_SEQ_CST)
#endif
