/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHAPES_BITOPS_H
#define SHAPES_BITOPS_H
#define set_bit(nr, word)  ((void)__atomic_fetch_or(word, 1UL << (nr), __ATOMIC_SEQ_CST))
#define test_bit(nr, word) (__atomic_load_n(word, __ATOMIC_SEQ_CST) >> (nr)&1)
#define test_and_clear_bit(nr, word) \
	(__atomic_fetch_and(word, ~(1UL << (nr)), __ATOMIC_SEQ_CST) >> (nr)&1)
#endif
