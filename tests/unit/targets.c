// SPDX-License-Identifier: GPL-2.0-only
/*
 * targets: which files carry our probes, and where symbols lie; on files this test has compiled
 * itself.
 */
#include "lib/target/targets.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/target/sites.h"
#include "lib/target/symbols.h"

static char dir[] = "/tmp/kt-targets-XXXXXX";

/*
 * A probe by its note alone: two sites of sched:demo, one of kthread:other, one of a foreign
 * provider.
 */
static const char library[] =
	"#define NOTE(prov, name, sema, args) __asm__ volatile( \\\n"
	"	\"990: nop\\n\" \\\n"
	"	\".pushsection .note.stapsdt,\\\"\\\",@note\\n.balign 4\\n\" \\\n"
	"	\".4byte 992f-991f, 994f-993f, 3\\n991: .asciz \\\"stapsdt\\\"\\n992: .balign 4\\n\" \\\n"
	"	\"993: .8byte 990b, _.stapsdt.base, \" sema \"\\n\" \\\n"
	"	\".asciz \\\"\" prov \"\\\"\\n.asciz \\\"\" name \"\\\"\\n.asciz \\\"\" args \"\\\"\\n\" \\\n"
	"	\"994: .balign 4\\n.popsection\\n\" \\\n"
	"	\".ifndef _.stapsdt.base\\n\" \\\n"
	"	\".pushsection .stapsdt.base,\\\"aG\\\",\\\"progbits\\\",.stapsdt.base,comdat\\n\" \\\n"
	"	\".weak _.stapsdt.base\\n.hidden _.stapsdt.base\\n_.stapsdt.base: .space 1\\n\" \\\n"
	"	\".size _.stapsdt.base, 1\\n.popsection\\n.endif\\n\")\n"
	"__attribute__((visibility(\"hidden\"), section(\".probes\"))) unsigned short demo_sema;\n"
	"long demo_data = 7;\n"
	"void demo_hit(void);\n"
	"void demo_hit(void) { NOTE(\"sched\", \"demo\", \"demo_sema\", \"\");\n"
	"	NOTE(\"sched\", \"demo\", \"demo_sema\", \"-4@$5 8@%rsp\");\n"
	"	NOTE(\"kthread\", \"other\", \"0\", \"\"); NOTE(\"foreign\", \"x\", \"0\", \"\"); }\n";
static const char program[] =
	"#include <stdio.h>\n#include <unistd.h>\n"
	"extern long demo_data;\nvoid demo_hit(void);\n"
	"int main(void) { char c; demo_hit();\n"
	"	printf(\"%p %p\\n\", (void *)&demo_data, (void *)demo_hit); fflush(stdout);\n"
	"	return read(0, &c, 1) < 0; }\n";

static void shell(const char *fmt, const char *arg)
{
	char cmd[1024];

	snprintf(cmd, sizeof(cmd), fmt, dir, arg);
	cr_assert_eq(system(cmd), 0, "%s", cmd);
}

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	cr_assert(f);
	fputs(text, f);
	fclose(f);
}

static void set_up(void)
{
	cr_assert(mkdtemp(dir));
	put("lib.c", library);
	put("prog.c", program);
	put("bare.c", "int main(void) { return 0; }\n");
	put("script", "#!/bin/sh\nexit 0\n");
	shell("cd %s && cc -g -fPIC -shared -o libdemo.so lib.c && cc -o bare bare.c && chmod +x script",
	      "");
	shell("cd %s && cc -pie -fPIE -o shared prog.c -L. -ldemo '-Wl,-rpath,$ORIGIN'", "");
	shell("cd %s && cc -pie -fPIE -o pie prog.c lib.c", "");
	shell("cd %s && cc -no-pie -static -o static prog.c lib.c", "");
	shell("cd %s && cp libdemo.so renamed.bin && printf 'not ELF' > text", "");
}

static void tear_down(void)
{
	shell("rm -rf %s", "");
}

TestSuite(targets, .init = set_up, .fini = tear_down, .timeout = 60);

static const char *in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static unsigned char byte_at(const struct target_file *f, uint64_t offset)
{
	unsigned char c = 0;

	cr_assert_eq(pread(f->fd, &c, 1, (off_t)offset), 1, "%s", f->name);
	return c;
}

static void check_sites(const struct target_file *f)
{
	struct usdt_site *site = NULL;

	cr_assert_eq(sites_read(f->path, "sched", "demo", &site), 2, "%s", f->name);
	for (int i = 0; i < 2; i++) {
		cr_expect_eq(byte_at(f, site[i].offset), 0x90, "the nop");
		cr_expect_eq(byte_at(f, site[i].semaphore), 0);
		cr_expect_neq(site[i].semaphore, 0);
		cr_expect_str_eq(site[i].args, i ? "-4@$5 8@%rsp" : "");
	}
	cr_expect_neq(site[0].offset, site[1].offset);
	cr_expect_eq(site[0].semaphore, site[1].semaphore);
	sites_free(site, 2);
	cr_assert_eq(sites_read(f->path, "kthread", "other", &site), 1);
	cr_expect_eq(site->semaphore, 0);
	sites_free(site, 1);
	cr_expect_eq(sites_read(f->path, "foreign", "y", &site), -ENOENT);
	cr_expect_eq(sites_read(in_dir("text"), "sched", "demo", &site), -EINVAL);
}

static void check_file(const struct target_file *f)
{
	const struct target_probe *demo = target_find(f, "sched", "demo");
	const struct target_probe *other = target_find(f, "kthread", "other");
	uint64_t addr, size;
	char name[64];

	cr_assert(demo && other);
	cr_expect_eq(f->nr_probes, 2, "the foreign provider is not ours");
	cr_expect_eq(demo->nr_sites, 2);
	cr_expect_eq(other->nr_sites, 1);
	cr_expect_eq(other->semaphore, 0);
	cr_expect_null(target_find(f, "sched", "other"));
	cr_assert_eq(symbol_find_in_file(f->path, "demo_sema", &addr, &size), 0);
	cr_expect_eq(demo->semaphore, addr);
	cr_expect_eq(size, 2);
	cr_assert_eq(symbol_find_in_file(f->path, "demo_hit", &addr, &size), 0);
	cr_expect(demo->site[0] >= addr && demo->site[0] < addr + size);
	cr_expect_eq(symbol_name_in_file(f->path, addr, name, sizeof(name)), 0);
	cr_expect_str_eq(name, "demo_hit");
	cr_expect_eq(symbol_name_in_file(f->path, demo->site[1], name, sizeof(name)), 0);
	cr_expect(!strncmp(name, "demo_hit+0x", 11));
	check_sites(f);
}

Test(targets, file_with_probes_counts_whatever_its_name)
{
	static const char *const names[] = { "libdemo.so", "renamed.bin", "pie", "static" };
	struct targets t = { 0 };

	for (unsigned int i = 0; i < 4; i++) {
		cr_assert_eq(targets_add_file(&t, in_dir(names[i]), NULL), 1, "%s", names[i]);
		check_file(&t.file[i]);
	}
	cr_expect_eq(targets_add_file(&t, in_dir("pie"), NULL), 0, "the same file twice");
	cr_expect_eq(t.nr, 4);
	targets_free(&t);
}

Test(targets, file_without_probes_adds_nothing)
{
	struct targets t = { 0 };

	cr_expect_eq(targets_add_file(&t, in_dir("bare"), NULL), 0);
	cr_expect_eq(targets_add_file(&t, in_dir("text"), NULL), 0);
	cr_expect_eq(targets_add_file(&t, in_dir("shared"), NULL), 0, "its library has them");
	cr_expect_eq(targets_add_file(&t, in_dir("absent"), NULL), -ENOENT);
	cr_expect_eq(t.nr, 0);
	targets_free(&t);
}

/* What a process maps may be anything by the time it is read. */
Test(targets, files_that_are_cut_or_no_files_cost_nothing, .timeout = 60)
{
	struct targets t = { 0 };
	char cut[128];

	shell("cd %s && mkfifo pipe && cp libdemo.so cut.so", "");
	cr_expect_eq(targets_add_file(&t, in_dir("pipe"), NULL), 0, "and it does not wait");
	cr_expect_eq(targets_add_file(&t, in_dir("."), NULL), 0);
	cr_expect_eq(targets_add_file(&t, "/dev/zero", NULL), 0);
	snprintf(cut, sizeof(cut), "%s", in_dir("cut.so"));
	for (off_t size = 16000; size > 0; size -= 97) {
		struct usdt_site *site;
		uint64_t addr;
		int nr;

		cr_assert_eq(truncate(cut, size), 0);
		targets_add_file(&t, cut, NULL);
		nr = sites_read(cut, "sched", "demo", &site);
		if (nr > 0)
			sites_free(site, nr);
		symbol_find_in_file(cut, "demo_data", &addr, NULL);
		targets_free(&t);
	}
	cr_expect_eq(t.nr, 0);
}

Test(targets, command_is_searched_with_its_libraries_and_not_run)
{
	static const struct {
		const char *name;
		int added;
	} commands[] = {
		{ "shared", 1 }, { "pie", 1 }, { "static", 1 }, { "bare", 0 }, { "script", 0 }
	};

	for (unsigned int i = 0; i < 5; i++) {
		struct targets t = { 0 };

		cr_expect_eq(targets_add_command(&t, in_dir(commands[i].name), NULL, NULL),
			     commands[i].added, "%s", commands[i].name);
		targets_free(&t);
	}
	struct targets t = { 0 };

	cr_expect_eq(targets_add_command(&t, "no-such-command-of-kt", NULL, NULL), -ENOENT);
	cr_expect_eq(targets_add_command(&t, "true", NULL, NULL), 0);
	targets_free(&t);
}

#ifdef __x86_64__
/* The program @name, of which the loader, @loader, makes the file "ran" and ends. */
static void put_program(const char *name, const char *loader)
{
	char cmd[512];

	/* Without a C library, which would look for its own program headers. */
	put("loader.c",
	    "static long call(long n, long a, long b)\n"
	    "{ __asm__ volatile(\"syscall\" : \"+a\"(n) : \"D\"(a), \"S\"(b) : \"rcx\", \"r11\", \"memory\"); return n; }\n"
	    "void _start(void);\n"
	    "void _start(void) { call(85, (long)DIR \"/ran\", 0600); call(231, 0, 0); }\n");
	shell("cd %1$s && chmod 777 . && cc -static -nostdlib -fno-stack-protector -DDIR='\"%1$s\"' -o %2$s loader.c",
	      loader);
	snprintf(cmd, sizeof(cmd), "cd %%s && cc -o %s bare.c -Wl,--dynamic-linker=%s/%%s", name,
		 dir);
	shell(cmd, loader);
}

static int nobody(const void *who)
{
	cr_expect_eq(*(const int *)who, 4);
	return geteuid() ? 0 : setresuid(65534, 65534, 65534);
}

static int nothing(const void *who)
{
	(void)who;
	return -EPERM;
}

/* A loader of another kind does not know the question: it would run the program. */
Test(targets, command_with_a_foreign_loader_is_not_run)
{
	struct targets t = { 0 };

	put_program("foreign", "loader");
	cr_expect_eq(targets_add_command(&t, in_dir("foreign"), NULL, NULL), 0);
	cr_expect(access(in_dir("ran"), F_OK), "it was run");
	targets_free(&t);
}

/* The file that the loader makes says whose it is. */
Test(targets, loader_of_a_command_is_that_of_whom_it_will_run_for)
{
	struct targets t = { 0 };
	const int four = 4;
	struct stat st;

	put_program("asked", "ld-linux-of-test");
	cr_expect_eq(targets_add_command(&t, in_dir("asked"), nothing, NULL), 0);
	cr_expect(access(in_dir("ran"), F_OK), "it was run");
	cr_expect_eq(targets_add_command(&t, in_dir("asked"), nobody, &four), 0);
	cr_assert_eq(stat(in_dir("ran"), &st), 0, "it was not run");
	cr_expect_eq(st.st_uid, geteuid() ? geteuid() : 65534);
	targets_free(&t);
}

/* In a program that gives privilege the loader obeys no variables, and may run it. */
Test(targets, command_that_gives_privilege_is_not_run)
{
	struct targets t = { 0 };

	put_program("raised", "ld-linux-of-test");
	cr_assert_eq(chmod(in_dir("raised"), 04755), 0);
	cr_expect_eq(targets_add_command(&t, in_dir("raised"), NULL, NULL), 0);
	cr_expect(access(in_dir("ran"), F_OK), "it was run");
	targets_free(&t);
}
#endif

/* Start @name, learn where it says its symbols are, check that the maps say the same. */
static void check_process(const char *name, const char *unlink_first)
{
	struct targets t = { 0 };
	int in[2], out[2], status;
	uint64_t addr;
	char text[128], fn[64];
	void *data, *code;
	ssize_t n;
	pid_t pid;

	cr_assert_eq(pipe(in) | pipe(out), 0);
	pid = fork();
	if (!pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execl(in_dir(name), name, NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	n = read(out[0], text, sizeof(text) - 1);
	cr_assert(n > 0);
	text[n] = 0;
	cr_assert_eq(sscanf(text, "%p %p", &data, &code), 2);
	if (unlink_first)
		unlink(in_dir(unlink_first));

	cr_expect_eq(targets_add_process(&t, pid), 1, "%s", name);
	if (t.nr)
		check_file(&t.file[0]);
	cr_expect_eq(symbol_find_in_process(pid, "demo_data", &addr), 0, "%s", name);
	cr_expect_eq(addr, (uint64_t)(uintptr_t)data, "%s", name);
	cr_expect_eq(symbol_name_in_process(pid, (uint64_t)(uintptr_t)code + 1, fn, sizeof(fn)), 0,
		     "%s", name);
	cr_expect_str_eq(fn, "demo_hit+0x1", "%s", name);
	cr_expect_eq(symbol_find_in_process(pid, "no_such_symbol", &addr), -ENOENT);

	close(in[1]);
	cr_expect_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(targets_add_process(&t, pid), -ESRCH, "gone");
	targets_free(&t);
}

Test(targets, process_with_a_shared_library)
{
	check_process("shared", NULL);
}

Test(targets, process_that_is_position_independent)
{
	check_process("pie", NULL);
}

Test(targets, process_that_is_static)
{
	check_process("static", NULL);
}

Test(targets, process_whose_library_was_deleted_since)
{
	if (geteuid())
		cr_skip_test("reading a deleted file by map_files needs CAP_SYS_ADMIN");
	check_process("shared", "libdemo.so");
}

Test(targets, kernel_symbols_have_addresses)
{
	uint64_t addr;
	int err = symbol_find_in_kernel("schedule", &addr);

	if (err == -EPERM)
		cr_skip_test("the kernel hides its addresses here");
	cr_assert_eq(err, 0);
	cr_expect_eq(symbol_find_in_kernel("no_such_function_of_kt", &addr), -ENOENT);
}
