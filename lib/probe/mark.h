/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef KT_PROBE_MARK_H
#define KT_PROBE_MARK_H
/*
 * Marks: where a few functions and variables of ours lie, for tools that look into a program or
 * library whose symbols were stripped.
 *
 *	KT_MARK(KT_MARK_FLUSH, kthread_flush_work_fn);
 *
 * A mark is an ELF note in .note.kthread: owner "kthread", the type below, and as its descriptor
 * the distance from the descriptor itself to what is marked. The section is loaded with the
 * program, so no strip takes it, and a distance needs no relocation. A statement, for .c files;
 * what is marked must be defined in the same program or library: it is a hidden or local symbol.
 */
#define KT_MARK_SECTION ".note.kthread"
#define KT_MARK_OWNER	"kthread"
#define KT_MARK_FLUSH	1 /* the function of the works by which a flush waits */
#define KT_MARK_SLOTS	2 /* struct kthread_slot_registry */

#if __SIZEOF_POINTER__ == 8
#define KT_MARK_WORD ".8byte"
#else
#define KT_MARK_WORD ".4byte"
#endif

/* An address that the assembler computes, also in position-independent code: "i" takes none there. */
#ifdef __aarch64__
#define KT_MARK_ADDRESS "S"
#else
#define KT_MARK_ADDRESS "i"
#endif

#ifndef KT_NO_PROBES
#define KT_MARK(type, what)                                                          \
	__asm__ volatile("	.pushsection " KT_MARK_SECTION ", \"a\", \"note\"\n" \
			 "	.balign	4\n"                                              \
			 "	.4byte	882f - 881f, 884f - 883f, %c0\n"                   \
			 "881:	.asciz	\"" KT_MARK_OWNER "\"\n"                     \
			 "882:	.balign	4\n"                                          \
			 "883:	" KT_MARK_WORD "	%c1 - .\n"                          \
			 "884:	.balign	4\n"                                          \
			 "	.popsection\n"                                            \
			 :                                                           \
			 : "i"(type), KT_MARK_ADDRESS(what))
#else
#define KT_MARK(type, what) ((void)0)
#endif
#endif
