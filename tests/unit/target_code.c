// SPDX-License-Identifier: GPL-2.0-only
/*
 * Code that only moved and code that changed: small programs, compiled here, linked in one order
 * and in another, with one thing changed and with none.
 */
#include <criterion/criterion.h>
#include <elf.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/target/code.h"
#include "lib/target/insn.h"

static char dir[] = "/tmp/code-test-XXXXXX";
static struct code_difference d;

__attribute__((format(printf, 1, 2))) static int sh(const char *fmt, ...)
{
	char command[1000];
	int status;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void begin(void)
{
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
#ifndef __x86_64__
	cr_skip_test("compares code of x86-64 only");
#endif
}

static void end(void)
{
	cr_assert_eq(chdir("/"), 0);
	sh("rm -rf '%s'", dir);
}

TestSuite(target_code, .init = begin, .fini = end, .timeout = 120);

/* ---- the program ----------------------------------------------------------------------------- */

/*
 * Two files with a static function and a variable of the same name; and what code refers to:
 * strings, constants, a jump table, tables of numbers, functions and strings, variables with and
 * without a beginning, thread-local ones, functions of the other file and of the C library.
 */
static const char one_c[] =
	"#include <stdio.h>\n"
	"#include <stdlib.h>\n"
	"#ifndef HALF\n#define HALF 0.5\n#endif\n"
	"#ifndef HELLO\n#define HELLO \"hello\"\n#endif\n"
	"#ifndef SECOND\n#define SECOND 200\n#endif\n"
	"#ifndef START\n#define START 41\n#endif\n"
	"#ifndef NAME\n#define NAME \"two\"\n#endif\n"
	"#ifndef CALLED\n#define CALLED named_a\n#endif\n"
	"#ifndef PRINT\n#define PRINT puts\n#endif\n"
	"#ifndef CASE\n#define CASE 6\n#endif\n"
	"#ifndef LOCAL\n#define LOCAL 3\n#endif\n"
	"#ifndef TURN\n#define TURN mine\n#endif\n"
	"__thread int mine = 3, other_mine = 4;\n"
	"static int kept = START, zeros[100];\n"
	"static const int numbers[] = { 100, SECOND, 300, 400, 500 };\n"
	"__attribute__((noipa)) static int helper(int x) { return x * LOCAL; }\n"
	"__attribute__((noipa)) void named_a(void) { zeros[3]++; }\n"
	"__attribute__((noipa)) void named_b(void) { zeros[4]++; }\n"
	"struct named { const char *name; void (*call)(void); };\n"
	"static const struct named table[] = { { \"one\", named_b }, { NAME, CALLED } };\n"
	"__attribute__((noipa)) double scaled(double x) { return x * HALF + 0.25; }\n"
	"__attribute__((noipa)) void greets(void) { PRINT(HELLO); }\n"
	"__attribute__((noipa)) int looks_up(unsigned int i) { return numbers[i % 5]; }\n"
	"__attribute__((noipa)) int keeps(void) { return kept++; }\n"
	"__attribute__((noipa)) int calls(int x) { return helper(x) + 1; }\n"
	"__attribute__((noipa)) int turns(void) { return TURN++; }\n"
	"__attribute__((noipa)) const char *walks(int i) { table[i].call(); return table[i].name; }\n"
	"__attribute__((noipa)) int jumps(int i, int x)\n"
	"{\n"
	"	switch (i) {\n"
	"	case 0: return keeps() * x;\n"
	"	case 1: return x + 11;\n"
	"	case 2: return x / 7;\n"
	"	case 3: return x ^ 0x1234;\n"
	"	case CASE: return looks_up((unsigned int)x);\n"
	"	case 5: greets(); return x * 77;\n"
	"	case 4: return x - keeps();\n"
	"	default: return 0;\n"
	"	}\n"
	"}\n"
	"#ifdef MORE\nint added(int x) { return x + 5; }\n#endif\n";

static const char two_c[] =
	"#include <math.h>\n"
	"#ifndef FACTOR\n#define FACTOR 5\n#endif\n"
	"extern double scaled(double x);\n"
	"static int kept = 7;\n"
	"__attribute__((noipa)) static int helper(int x) { return x - FACTOR; }\n"
	"__attribute__((noipa)) int calls_two(int x) { return helper(x) + kept++; }\n"
	"__attribute__((noipa)) double scaled_two(double x) { return scaled(x) + 123.25; }\n"
	"__attribute__((noipa)) const char *says_two(void) { return \"a text of the second file\"; }\n";

static const char main_c[] =
	"extern double scaled_two(double x); extern int jumps(int i, int x), calls(int x),\n"
	"	calls_two(int x), turns(void);\n"
	"extern const char *walks(int i), *says_two(void);\n"
	"int main(int argc, char **argv)\n"
	"{\n"
	"	return jumps(argc, 3) + (int)scaled_two(argc) + calls(argc) + calls_two(argc) +\n"
	"	       walks(argc & 1)[0] + says_two()[0] + turns() + !argv;\n"
	"}\n";

/* More than nothing in each section, so that all else moves. */
static const char pad_c[] = "int pad_more[] = { 1, 2, 3 };\n"
			    "const char *pad_text(int i) { return i ? \"pad\" : \"more of it\"; }\n"
			    "double pad_number(double x) { return x * 33.125 + pad_more[1]; }\n";

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	cr_assert_not_null(f);
	fputs(text, f);
	cr_assert_eq(fclose(f), 0);
}

/* Program @name, with @flags for one.c and two.c, its objects in the order @order. */
static void make(const char *name, const char *flags, const char *order, const char *ldflags)
{
	write_file("one.c", one_c);
	write_file("two.c", two_c);
	write_file("main.c", main_c);
	write_file("pad.c", pad_c);
	cr_assert_eq(sh("for f in one two main pad; do "
			"cc -O2 -w -fno-lto -fvisibility=hidden -fno-reorder-blocks-and-partition "
			"%s -c $f.c || exit 1; done; "
			"cc %s -o %s %s -lm",
			flags, ldflags, name, order),
		     0, "%s", name);
}

#define USUAL "one.o two.o main.o pad.o"
#define MOVED "pad.o main.o two.o one.o"

/* The names that changed, put together by blanks in alphabetical order. */
static const char *changed(void)
{
	static char text[CODE_MAX_NAMES * sizeof(d.name[0])];
	const char *name[CODE_MAX_NAMES];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < d.nr_names; i++)
		name[i] = d.name[i];
	for (size_t i = 1; i < d.nr_names; i++)
		for (size_t k = i; k && strcmp(name[k - 1], name[k]) > 0; k--) {
			const char *swap = name[k];

			name[k] = name[k - 1];
			name[k - 1] = swap;
		}
	for (size_t i = 0; i < d.nr_names; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "",
					name[i]);
	return text;
}

static void expect_same(const char *old, const char *new)
{
	code_compare(&d, old, new);
	cr_expect_eq(d.status, CODE_SAME, "%s and %s: %s %s", old, new, d.reason, changed());
	cr_expect(d.compared >= 14, "%zu", (size_t)d.compared);
	cr_expect_eq(d.changed, 0);
	cr_expect_eq(d.nr_names, 0);
}

/* ---- moved ----------------------------------------------------------------------------------- */

Test(target_code, code_that_only_moved_is_the_same)
{
	static const char *const flags[] = { "", "-march=haswell -O3", "-fcf-protection -fno-plt",
					     "-fno-omit-frame-pointer -Os" };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		make("usual", flags[i], USUAL, "");
		make("moved", flags[i], MOVED, "");
		cr_assert_neq(sh("cmp -s usual moved"), 0);
		expect_same("usual", "usual");
		expect_same("usual", "moved");
		expect_same("moved", "usual");
	}
}

Test(target_code, also_in_programs_at_a_fixed_place_and_bound_at_once)
{
	make("usual", "-fno-pie", USUAL, "-no-pie");
	make("moved", "-fno-pie", MOVED, "-no-pie -Wl,-z,now");
	expect_same("usual", "moved");
	make("moved", "-fno-pie -DNAME='\"tow\"' -DHALF=0.75", MOVED, "-no-pie");
	code_compare(&d, "usual", "moved");
	cr_expect_str_eq(changed(), "scaled walks");
	make("moved", "-fno-pie -DNAME='\"tow\"' -DHALF=0.75", USUAL, "-no-pie");
	code_compare(&d, "usual", "moved");
	cr_expect_str_eq(changed(), "scaled walks");
	make("usual", "", USUAL, "-Wl,-z,now");
	make("moved", "-g", MOVED, "-Wl,-z,lazy");
	expect_same("usual", "moved");
}

/* ---- changed --------------------------------------------------------------------------------- */

struct change {
	const char *flags, *names;
};

Test(target_code, what_changed_is_named_and_nothing_else)
{
	static const struct change changes[] = {
		{ "-DHALF=0.75", "scaled" },
		{ "-DHELLO='\"hullo\"'", "greets" },
		{ "-DHELLO='\"hello, you\"'", "greets" },
		{ "-DSECOND=201", "looks_up" },
		{ "-DSTART=42", "keeps" },
		{ "-DNAME='\"tow\"'", "walks" },
		{ "-DCALLED=named_b", "walks" },
		{ "-DPRINT=perror", "greets" },
		{ "-DCASE=7", "jumps" },
		{ "-DLOCAL=9", "helper" },
		{ "-DFACTOR=6", "helper" },
		{ "-DTURN=other_mine", "turns" },
		{ "-DMORE", "added" },
	};

	make("usual", "", USUAL, "");
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const struct change *c = &changes[i];

		make("changed", c->flags, USUAL, "");
		code_compare(&d, "usual", "changed");
		cr_expect_eq(d.status, CODE_CHANGED, "%s", c->flags);
		cr_expect_str_eq(changed(), c->names, "%s: %s", c->flags, changed());
		cr_expect_eq(d.changed, 1);
		make("changed", c->flags, MOVED, "");
		code_compare(&d, "changed", "usual");
		cr_expect_str_eq(changed(), c->names, "%s, moved: %s", c->flags, changed());
	}
}

Test(target_code, pointers_are_followed_to_their_end_and_no_further)
{
	FILE *f;

	write_file("pad.c", pad_c);
	cr_assert_eq(sh("cc -O2 -c pad.c"), 0);
	for (int k = 0; k < 3; k++) {
		f = fopen("list.c", "w");
		cr_assert_not_null(f);
		fprintf(f,
			"struct node { const struct node *next; int value; };\n"
			"const struct node n0 = { 0, %d };\n",
			k == 2 ? 7 : 6);
		for (int i = 1; i < 200; i++)
			fprintf(f, "const struct node n%d = { &n%d, %d };\n", i, i - 1, i);
		fputs("int first(void) { const struct node *n = &n199; int sum = 0;\n"
		      "	for (; n; n = n->next) sum += n->value; return sum; }\n"
		      "__asm__(\".section .data.rel.ro,\\\"aw\\\"\\n.balign 8\\n\"\n"
		      "	\".Lself: .quad .Lself\\n.text\");\n"
		      "__attribute__((noipa)) int *itself(void) { int *at;\n"
		      "	__asm__(\"lea .Lself(%%rip), %0\" : \"=r\"(at)); return at; }\n"
		      "int main(void) { return first() + (itself() != 0); }\n",
		      f);
		fclose(f);
		cr_assert_eq(sh("cc -O1 -fPIE -o list-%d %s list.c", k, k ? "pad.o" : ""), 0);
	}
	code_compare(&d, "list-0", "list-1");
	cr_expect_str_eq(changed(), "itself pad_number pad_text", "%s", changed());
	code_compare(&d, "list-1", "list-2");
	cr_expect_str_eq(changed(), "first itself", "%s", changed());
}

Test(target_code, more_changes_than_names_are_counted)
{
	FILE *f;

	for (int k = 0; k < 2; k++) {
		f = fopen("many.c", "w");
		cr_assert_not_null(f);
		for (int i = 0; i < 50; i++)
			fprintf(f, "int f%d(int x) { return x * %d; }\n", i, i * 100 + 3 + k);
		fprintf(f, "int main(void) { return f1(2); }\n");
		fclose(f);
		cr_assert_eq(sh("cc -O0 -o many-%d many.c", k), 0);
	}
	code_compare(&d, "many-0", "many-1");
	cr_expect_eq(d.changed, 50);
	cr_expect_eq(d.nr_names, CODE_MAX_NAMES);
	cr_expect(d.compared >= 51);
}

/* ---- unknown --------------------------------------------------------------------------------- */

static void expect_unknown(const char *old, const char *new, const char *why)
{
	code_compare(&d, old, new);
	cr_expect_eq(d.status, CODE_UNKNOWN);
	cr_expect(strstr(d.reason, why), "%s and %s: %s", old, new, d.reason);
	cr_expect_eq(d.compared, 0);
	cr_expect_eq(d.changed, 0);
	cr_expect_eq(d.nr_names, 0);
}

/* Two bytes of the ELF header. */
static void patch(const char *name, off_t offset, uint16_t value)
{
	int fd = open(name, O_WRONLY);

	cr_assert(fd >= 0 && pwrite(fd, &value, sizeof(value), offset) == sizeof(value));
	close(fd);
}

Test(target_code, what_cannot_be_compared_has_a_reason)
{
	make("usual", "", USUAL, "");
	cr_assert_eq(sh("strip -o stripped usual && cp usual arm && cp one.o object && "
			"head -c 100 usual >torn && : >empty"),
		     0);
	patch("arm", offsetof(Elf64_Ehdr, e_machine), EM_AARCH64);
	expect_unknown("stripped", "usual", "the old binary: it is stripped");
	expect_unknown("usual", "stripped", "the new binary: it is stripped");
	expect_unknown("usual", "arm", "the new binary: it is not for x86-64");
	expect_unknown("object", "usual", "the old binary: it is not a linked program");
	expect_unknown("usual", "one.c", "the new binary: it is not an ELF file");
	expect_unknown("empty", "usual", "the old binary: it is not an ELF file");
	expect_unknown("usual", ".", "the new binary: it is not an ELF file");
	expect_unknown("usual", "nowhere", "the new binary: No such file");
	code_compare(&d, "torn", "usual");
	cr_expect_eq(d.status, CODE_UNKNOWN);
}

/* Whatever stands in it, it costs neither memory nor hours; what comes out does not matter. */
Test(target_code, a_hostile_file_is_survived)
{
	static unsigned char bytes[1 << 20];
	uint64_t random = 88172645463325252ULL;
	ssize_t nr;
	int fd;

	make("usual", "", USUAL, "-s");
	make("usual", "", USUAL, "");
	fd = open("usual", O_RDONLY);
	nr = read(fd, bytes, sizeof(bytes));
	close(fd);
	cr_assert(nr > 4096 && nr < (ssize_t)sizeof(bytes));
	for (int i = 0; i < 600; i++) {
		static unsigned char spoiled[sizeof(bytes)];
		Elf64_Ehdr *eh = (Elf64_Ehdr *)spoiled;

		memcpy(spoiled, bytes, (size_t)nr);
		for (int k = 0; k < 1 + i % 16; k++) {
			size_t at;

			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			/* The headers, their table, or anything. */
			at = random % 3 == 0   ? random / 3 % 64
			     : random % 3 == 1 ? eh->e_shoff + random / 3 % 2000
					       : random / 3;
			spoiled[at % (size_t)nr] = (unsigned char)(random >> 32);
		}
		fd = open("spoiled", O_WRONLY | O_CREAT | O_TRUNC, 0600);
		cr_assert_eq(write(fd, spoiled, (size_t)nr - (i % 5 ? 0 : random % 4096)),
			     nr - (ssize_t)(i % 5 ? 0 : random % 4096));
		close(fd);
		code_compare(&d, "usual", "spoiled");
		code_compare(&d, "spoiled", "spoiled");
		cr_expect(d.nr_names <= CODE_MAX_NAMES);
	}
}

/* ---- instructions ---------------------------------------------------------------------------- */

struct encoded {
	const char *bytes;
	unsigned int length, relative, displacement, immediate;
	bool is_memory;
};

Test(target_code, instructions_have_their_lengths_and_addresses)
{
	static const struct encoded encoded[] = {
		{ "\xc3", 1, 0, 0, 0, false },				   /* ret */
		{ "\xf3\x0f\x1e\xfa", 4, 0, 0, 0, false },		   /* endbr64 */
		{ "\xe8\1\2\3\4", 5, 1, 0, 0, false },			   /* call */
		{ "\x0f\x84\1\2\3\4", 6, 2, 0, 0, false },		   /* je */
		{ "\xeb\1", 2, 0, 0, 0, false },			   /* jmp, short */
		{ "\x48\x8d\x05\1\2\3\4", 7, 3, 0, 0, true },		   /* lea (%rip) */
		{ "\x83\x3d\1\2\3\4\5", 7, 2, 0, 0, true },		   /* cmpl $5,(%rip) */
		{ "\x66\xc7\x05\1\2\3\4\5\6", 9, 3, 0, 0, true },	   /* movw $,(%rip) */
		{ "\xc7\x05\1\2\3\4\5\6\7\x8", 10, 2, 0, 6, true },	   /* movl $,(%rip) */
		{ "\xf7\x05\1\2\3\4\5\6\7\x8", 10, 2, 0, 6, true },	   /* testl $,(%rip) */
		{ "\xf7\x1d\1\2\3\4", 6, 2, 0, 0, true },		   /* negl (%rip) */
		{ "\x3d\1\2\3\4", 5, 0, 0, 1, false },			   /* cmp $,%eax */
		{ "\x48\xb8\1\2\3\4\5\6\7\x8", 10, 0, 0, 0, false },	   /* movabs */
		{ "\x64\x8b\x04\x25\xf8\xff\xff\xff", 8, 0, 4, 0, false }, /* mov %fs:-8,%eax */
		{ "\x8b\x84\x98\1\2\3\4", 7, 0, 3, 0, false },		 /* mov disp(%rax,%rbx,4) */
		{ "\x8b\x44\x98\1", 4, 0, 0, 0, false },		 /* mov 1(%rax,%rbx,4) */
		{ "\xc5\xfb\x10\x05\1\2\3\4", 8, 4, 0, 0, true },	 /* vmovsd (%rip) */
		{ "\xc4\xe3\x79\x0f\x05\1\2\3\4\5", 10, 5, 0, 0, true }, /* vpalignr $,(%rip) */
		{ "\x62\xf1\x7c\x48\x10\x05\1\2\3\4", 10, 6, 0, 0, true }, /* vmovups, AVX-512 */
		{ "\x66\x0f\x3a\x0f\x05\1\2\3\4\5", 10, 5, 0, 0, true },   /* palignr $,(%rip) */
		{ "\x66\x0f\x73\xd8\x08", 5, 0, 0, 0, false },		   /* psrldq */
		{ "\xf2\x0f\x58\x05\1\2\3\4", 8, 4, 0, 0, true },	   /* addsd (%rip) */
		{ "\x66\x2e\x0f\x1f\x84\0\1\2\3\4", 10, 0, 6, 0, false },  /* nopw */
	};
	struct insn in;

	for (size_t i = 0; i < sizeof(encoded) / sizeof(encoded[0]); i++) {
		const struct encoded *e = &encoded[i];
		const unsigned char *x = (const unsigned char *)e->bytes;

		cr_assert(insn_decode(x, e->length, &in), "%zu", i);
		cr_expect_eq(in.length, e->length, "%zu", i);
		cr_expect_eq(in.relative, e->relative, "%zu", i);
		cr_expect_eq(in.is_memory, e->is_memory, "%zu", i);
		cr_expect_eq(in.displacement, e->displacement, "%zu", i);
		cr_expect_eq(in.immediate, e->immediate, "%zu", i);
		for (unsigned int shorter = 0; shorter < e->length; shorter++)
			cr_expect_not(insn_decode(x, shorter, &in), "%zu", i);
	}
	cr_expect_not(insn_decode((const unsigned char *)"\x06", 1, &in), "not in 64-bit mode");
	cr_expect_not(insn_decode((const unsigned char *)"ffffffffffffffff\xc3", 17, &in),
		      "prefixes without end");
}

/* All instructions of this program, by an independent reader of them. */
Test(target_code, lengths_agree_with_the_disassembler)
{
	char line[400], *at, *end;
	size_t nr = 0;
	FILE *p;

	if (sh("command -v objdump >out 2>&1"))
		cr_skip_test("needs objdump");
	p = popen("objdump -dw --insn-width=16 /proc/$PPID/exe", "r");
	cr_assert_not_null(p);
	while (fgets(line, sizeof(line), p)) {
		unsigned char x[16] = { 0 };
		unsigned int length = 0;
		struct insn in;
		long byte;

		at = strchr(line, '\t');
		end = at ? strchr(at + 1, '\t') : NULL;
		if (!end || strstr(end, "(bad)"))
			continue;
		while (at < end && length < sizeof(x)) {
			byte = strtol(at, &at, 16);
			if (at >= end)
				break;
			x[length++] = (unsigned char)byte;
			if (*at == ' ' && at[1] == ' ')
				break;
		}
		/* fstcw and the like are two for the processor. */
		if (x[0] == 0x9b)
			continue;
		nr++;
		cr_expect(insn_decode(x, sizeof(x), &in) && in.length == length, "%s", line);
		cr_expect_eq(in.is_memory, strstr(end, "(%rip)") != NULL, "%s", line);
	}
	pclose(p);
	cr_expect(nr > 5000, "%zu", nr);
}
