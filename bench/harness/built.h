/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_BENCH_BUILT_H
#define KT_BENCH_BUILT_H
/*
 * How a benchmark binary was built, as ELF notes in the binary: `kt bench` reads them without
 * running it, and what is not there is not known. Each is text, with its terminating zero.
 *
 * libktbench leaves its version; BENCH_BUILT(), which BENCH_MAIN() has in it, leaves the compiler
 * of the file it stands in and the flags, where the binary's Makefile defines KT_SUITE_FLAGS as a
 * string.
 */
#include <stdint.h>

#define BENCH_NOTE_OWNER    "ktbench"
#define BENCH_NOTE_VERSION  1
#define BENCH_NOTE_COMPILER 2
#define BENCH_NOTE_FLAGS    3

#define BENCH_NOTE(name_, type_, text_)                                                      \
	static const struct {                                                                \
		uint32_t owner_size, text_size, type;                                        \
		char owner[sizeof(BENCH_NOTE_OWNER)];                                        \
		char text[(sizeof(text_) + 3) / 4 * 4];                                      \
	} bench_note_##name_ __attribute__((section(".note.ktbench"), used, aligned(4))) = { \
		sizeof(BENCH_NOTE_OWNER), sizeof(text_), type_, BENCH_NOTE_OWNER, text_      \
	}

#ifdef __clang__
#define BENCH_COMPILER "clang " __clang_version__
#else
#define BENCH_COMPILER "gcc " __VERSION__
#endif

#ifdef KT_SUITE_FLAGS
#define BENCH_BUILT()                                              \
	BENCH_NOTE(compiler, BENCH_NOTE_COMPILER, BENCH_COMPILER); \
	BENCH_NOTE(flags, BENCH_NOTE_FLAGS, KT_SUITE_FLAGS)
#else
#define BENCH_BUILT() BENCH_NOTE(compiler, BENCH_NOTE_COMPILER, BENCH_COMPILER)
#endif
#endif
