/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TESTS_SANITIZER_H
#define KT_TESTS_SANITIZER_H
/* What a test is compiled with, by gcc and by clang, which say so each in its own way. */
#ifdef __has_feature
#define KT_HAS_FEATURE(x) __has_feature(x)
#else
#define KT_HAS_FEATURE(x) 0
#endif

#if defined(__SANITIZE_THREAD__) || KT_HAS_FEATURE(thread_sanitizer)
#define WITH_TSAN 1
#else
#define WITH_TSAN 0
#endif

#if defined(__SANITIZE_ADDRESS__) || KT_HAS_FEATURE(address_sanitizer)
#define WITH_ASAN 1
#else
#define WITH_ASAN 0
#endif
#endif
