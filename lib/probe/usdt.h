/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_PROBE_USDT_H
#define KT_PROBE_USDT_H
/*
 * Static user-space probes (USDT), readable by every tool that knows .note.stapsdt.
 *
 *	USDT(kthread, park_end, tid, ret);
 *
 * A probe costs a load and a branch until somebody attaches: the kernel then raises its semaphore,
 * and only then are the arguments computed. At most USDT_MAX_ARGS arguments, each an integer
 * or a pointer; the note gives each one's size and signedness. -DKT_NO_PROBES leaves all sites out.
 *
 * Use it in .c files only: a site in a static inline function would be compiled into the programs
 * of our users, where no tool looks for it. The name must stand in probes.def.
 *
 * On x86-64 the note points at a 1-byte nop, which every kernel can replace by a breakpoint, and a
 * 10-byte nop follows, which kernels that know it turn into a call that leaves the red zone alone.
 * Never a 5-byte nop: kernels 6.18 to 7.2 replace that by a call that overwrites the red zone and
 * kills forked children. The site is 16-byte aligned, so its 11 bytes never cross a page.
 */
#define USDT_MAX_ARGS 6

/*
 * Semaphores, one per provider:name, 2 bytes in .probes; the kernel counts the attached tools in
 * it. "used": an optimiser that sees the whole program sees nobody write them.
 */
#define USDT_SEMAPHORE(provider, name) kt_probe_##provider##_##name##_semaphore
#define USDT_SEMAPHORE_ATTR	       __attribute__((weak, used, section(".probes"), aligned(2)))

#define PROBE(provider, name, nr, args) \
	extern unsigned short USDT_SEMAPHORE(provider, name) __attribute__((visibility("hidden")));
#define SLOT_PROBE(provider, name, nr, args) extern unsigned short kthread_slot_semaphore;
#define WORK_PROBE(provider, name, nr, args)
#include "lib/probe/probes.def"
#undef PROBE
#undef SLOT_PROBE
#undef WORK_PROBE

#define kt_probe_kthread_work_log_semaphore kt_probe_sched_sched_kthread_work_queue_work_semaphore

#ifdef __x86_64__
#define USDT_SITE       \
	"	.balign	16\n" \
	"990:	nop\n"    \
	"	.byte	0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0\n"
#else
#define USDT_SITE "990:	nop\n"
#endif

#if __SIZEOF_POINTER__ == 8
#define USDT_WORD ".8byte"
#else
#define USDT_WORD ".4byte"
#endif

/*
 * The note: owner and type, then addresses of the site, of .stapsdt.base (tools compare it with the
 * section's address to undo prelinking, so all notes of a file share one) and of the semaphore,
 * then the three strings.
 */
#define USDT_NOTE(provider, name, semaphore, args)                                   \
	USDT_SITE                                                                    \
	"	.pushsection .note.stapsdt, \"?\", \"note\"\n"                             \
	"	.balign	4\n"                                                               \
	"	.4byte	992f - 991f, 994f - 993f, 3\n"                                      \
	"991:	.asciz	\"stapsdt\"\n"                                                  \
	"992:	.balign	4\n"                                                           \
	"993:	" USDT_WORD "	990b, _.stapsdt.base, " semaphore "\n"               \
	"	.asciz	\"" provider "\"\n"                                          \
	"	.asciz	\"" name "\"\n"                                              \
	"	.asciz	\"" args "\"\n"                                              \
	"994:	.balign	4\n"                                                           \
	"	.popsection\n"                                                             \
	"	.ifndef	_.stapsdt.base\n"                                                  \
	"	.pushsection .stapsdt.base, \"aG\", \"progbits\", .stapsdt.base, comdat\n" \
	"	.weak	_.stapsdt.base\n"                                                    \
	"	.hidden	_.stapsdt.base\n"                                                  \
	"_.stapsdt.base: .space 1\n"                                                 \
	"	.size	_.stapsdt.base, 1\n"                                                 \
	"	.popsection\n"                                                             \
	"	.endif\n"

/* An argument in a register or as a constant ("nr"): old readers cannot parse memory operands. */
#define USDT_TYPE(x) __typeof__((x) + 0)
#define USDT_SIZE(x)                                          \
	((int)sizeof(USDT_TYPE(x)) * _Generic((x) + 0, int    \
					      : -1, long      \
					      : -1, long long \
					      : -1, default : 1))
#define USDT_IN(n, x) [size##n] "n"(USDT_SIZE(x)), [arg##n] "nr"((x) + 0)
#define USDT_OUT(n)   "%c[size" #n "]@%[arg" #n "]"

#define USDT_OUT_0
#define USDT_OUT_1 USDT_OUT(1)
#define USDT_OUT_2 USDT_OUT_1 " " USDT_OUT(2)
#define USDT_OUT_3 USDT_OUT_2 " " USDT_OUT(3)
#define USDT_OUT_4 USDT_OUT_3 " " USDT_OUT(4)
#define USDT_OUT_5 USDT_OUT_4 " " USDT_OUT(5)
#define USDT_OUT_6 USDT_OUT_5 " " USDT_OUT(6)

#define USDT_IN_0()
#define USDT_IN_1(a)		    USDT_IN(1, a)
#define USDT_IN_2(a, b)		    USDT_IN_1(a), USDT_IN(2, b)
#define USDT_IN_3(a, b, c)	    USDT_IN_2(a, b), USDT_IN(3, c)
#define USDT_IN_4(a, b, c, d)	    USDT_IN_3(a, b, c), USDT_IN(4, d)
#define USDT_IN_5(a, b, c, d, e)    USDT_IN_4(a, b, c, d), USDT_IN(5, e)
#define USDT_IN_6(a, b, c, d, e, f) USDT_IN_5(a, b, c, d, e), USDT_IN(6, f)

#define USDT_COUNT(...)				     USDT_COUNT_(_, ##__VA_ARGS__, 6, 5, 4, 3, 2, 1, 0)
#define USDT_COUNT_(_, a, b, c, d, e, f, count, ...) count
#define USDT_PASTE(a, b)			     USDT_PASTE_(a, b)
#define USDT_PASTE_(a, b)			     a##b
#define USDT_STRING(x)				     USDT_STRING_(x)
#define USDT_STRING_(x)				     #x

/* The site itself, for code that has looked at @semaphore already. */
#define USDT_FIRE(provider, name, semaphore, ...)                                     \
	__asm__ volatile(USDT_NOTE(#provider, #name, USDT_STRING(semaphore),          \
				   USDT_PASTE(USDT_OUT_, USDT_COUNT(__VA_ARGS__)))    \
			 :                                                            \
			 : USDT_PASTE(USDT_IN_, USDT_COUNT(__VA_ARGS__))(__VA_ARGS__) \
			 : "memory")

#ifndef KT_NO_PROBES
#define USDT_ENABLED(semaphore) \
	__builtin_expect(__atomic_load_n(&(semaphore), __ATOMIC_RELAXED) != 0, 0)
#else
#define USDT_ENABLED(semaphore) 0
#endif

#define USDT_IF(provider, name, semaphore, ...)                              \
	do {                                                                 \
		if (USDT_ENABLED(semaphore))                                 \
			USDT_FIRE(provider, name, semaphore, ##__VA_ARGS__); \
	} while (0)

#define USDT(provider, name, ...) \
	USDT_IF(provider, name, USDT_SEMAPHORE(provider, name), ##__VA_ARGS__)
#endif
