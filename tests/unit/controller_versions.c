// SPDX-License-Identifier: GPL-2.0-only
/*
 * Old and new workers: kt drives suites of each version of the shared page that there has been, and
 * workers of this build obey controllers to come.
 *
 * This program is a worker of version N of the page when it is run as .../worker-N. Where the
 * fields of old versions lie stands here once more, as the builds of then have it.
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "bench/controller/client.h"
#include "tests/unit/controller_test.h"

BENCHMARK(now, .arms = BENCH_ARMS("a", "b"))
{
	volatile unsigned long v = 1;

	while (bench_keep_running(st))
		for (int i = 0; i < 100; i++)
			v = v * 3 + 1;
}

/* ---- workers of old versions ----------------------------------------------------------------- */

struct old_worker {
	const char *name;
	uint32_t version, size;
	size_t call, answered; /* 0: calls had no numbers */
	size_t status, changed, registry, start, impossible, message, nr_counters, counter, hist;
	const char *options; /* what its list has after the arms */
};

static const struct old_worker old_workers[] = {
	{ "1", 1, 35560, 0, 0, 48, 0, 56, 64, 0, 112, 368, 376, 696, "" },
	{ "1-manual", 1, 35560, 0, 0, 48, 0, 56, 64, 0, 112, 368, 376, 696, "\tmanual" },
	{ "2-first", 2, 35568, 0, 0, 48, 0, 56, 64, 112, 120, 376, 384, 704, "\tmanual" },
	{ "2", 2, 35576, 48, 52, 56, 60, 64, 72, 120, 128, 384, 392, 712, "\tmanual\tbatch=4" },
	{ "3", 3, 35576, 48, 52, 56, 60, 64, 72, 120, 128, 384, 392, 712, "\tbatch=4" },
};

#define NR_OLD (sizeof(old_workers) / sizeof(old_workers[0]))

#define REGISTRY 0x1234567890ULL

static char *at; /* the page, in the worker */

static uint32_t *word(size_t offset)
{
	return (uint32_t *)(at + offset);
}

static uint64_t *number(size_t offset)
{
	return (uint64_t *)(at + offset);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * S + (uint64_t)ts.tv_nsec;
}

static void wait_for_turn(void)
{
	const struct timespec limit = { .tv_sec = 1 };
	pid_t parent = getppid();

	while (__atomic_load_n(word(16), __ATOMIC_ACQUIRE) != WIRE_WORKER && getppid() == parent)
		syscall(SYS_futex, word(16), FUTEX_WAIT, WIRE_CONTROLLER, &limit, NULL, 0);
}

static void give_turn(void)
{
	__atomic_store_n(word(16), WIRE_CONTROLLER, __ATOMIC_RELEASE);
	syscall(SYS_futex, word(16), FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void old_run(const struct old_worker *o)
{
	struct hist *h = (struct hist *)(at + o->hist);
	uint64_t iterations = *number(40);

	*number(o->start) = now_ns();
	for (uint64_t i = 0; i < iterations; i++)
		at[o->message + 200] = (char)i;
	*number(o->start + 8) = now_ns();
	for (int i = 1; i <= 4; i++) /* cpu_ns, nvcsw, nivcsw, minflt */
		*number(o->start + 8 + 8 * (size_t)i) = (uint64_t)i;
	*word(o->nr_counters) = 1;
	strcpy(at + o->counter, "ops");
	*(double *)(at + o->counter + 32) = 2.5;
	hist_init(h, HIST_K_USER);
	hist_add(h, 1000);
}

static void old_obey(const struct old_worker *o)
{
	uint32_t call = o->call ? *word(o->call) : 0;
	const char *padding = getenv("KT_BENCH_PADDING");
	bool known = *word(24) == 0 && *word(28) < 2; /* question, arm */

	*number(o->registry) = REGISTRY;
	if (o->changed) /* a hole in version 2 */
		*word(o->changed) = o->version == 3 ? 2 : 0xeeee;
	*word(o->status) = known ? WIRE_OK : WIRE_FAILED;
	snprintf(at + o->message, WIRE_MESSAGE, "%zu", padding ? strlen(padding) : 0);
	if (known && *word(20) == WIRE_RUN)
		old_run(o);
	if (o->impossible)
		*number(o->impossible) = 7;
	if (o->answered)
		*word(o->answered) = call;
}

static int old_worker(const struct old_worker *o, int fd)
{
	struct stat sb;

	if (fstat(fd, &sb) || sb.st_size < (off_t)o->size)
		return 2;
	at = mmap(NULL, o->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED || *word(8) != o->version || *word(12) != o->size) {
		fprintf(stderr, "this binary and `kt` are of different builds\n");
		return 2;
	}
	for (wait_for_turn(); *word(20) != WIRE_QUIT; wait_for_turn()) {
		old_obey(o);
		give_turn();
	}
	return 0;
}

/* ---- and of those to come, and of none ------------------------------------------------------- */

/* Speaks @oldest to @newest; has one field more than the controller, after those of today. */
static int new_worker(uint32_t oldest, uint32_t newest, int fd)
{
	struct wire *w = mmap(NULL, WIRE_ROOM, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (w == MAP_FAILED)
		return 1;
	at = (char *)w;
	w->worker_oldest = oldest;
	w->worker_newest = newest;
	if (w->version < oldest || w->oldest > newest)
		return 2;
	w->spoken = w->version < newest ? w->version : newest;
	for (wait_for_turn(); w->cmd != WIRE_QUIT; wait_for_turn()) {
		*number(sizeof(*w) + 8) = 4711;
		w->status = w->arm < 2 ? WIRE_OK : WIRE_FAILED;
		snprintf(w->message, sizeof(w->message), "version %u", w->spoken);
		w->answered = w->call;
		give_turn();
	}
	return 0;
}

static int be_named(const char *name, const char *option)
{
	int fd = atoi(option + strlen("--bench-wire="));

	for (size_t i = 0; i < NR_OLD; i++) {
		if (strcmp(name, old_workers[i].name))
			continue;
		if (strcmp(option, "--bench-list"))
			return old_worker(&old_workers[i], fd);
		printf("q\ttime\t0\t0.01\t-\ta,b%s\n", old_workers[i].options);
		return 0;
	}
	if (!strcmp(option, "--bench-list")) {
		puts("q\ttime\t0\t0.01\t-\ta,b");
		return 0;
	}
	if (!strcmp(name, "5-6"))
		return new_worker(5, 6, fd);
	if (!strcmp(name, "4-6"))
		return new_worker(4, 6, fd);
	if (!strcmp(name, "crash"))
		raise(SIGKILL);
	while (!strcmp(name, "hang"))
		pause();
	if (!strcmp(name, "shrink") && (!ftruncate(fd, 0) || errno != EPERM))
		return 3;
	return 2; /* none */
}

__attribute__((constructor)) static void be_old(int argc, char **argv)
{
	const char *name = strstr(argc > 1 ? argv[0] : "", "/worker-");
	const char *starts = getenv("KT_TEST_STARTS");
	int status, fd = starts ? open(starts, O_WRONLY | O_APPEND | O_CREAT, 0600) : -1;

	if (!name)
		return;
	if (fd >= 0 && write(fd, "x", 1) != 1)
		_exit(1);
	status = be_named(name + strlen("/worker-"), argv[1]);
	fflush(stdout);
	_exit(status);
}

BE_WORKER()

/* ---- tests ----------------------------------------------------------------------------------- */

static char worker[96], said[96];

/* The path of worker @name, in worker. */
static const char *named(const char *name)
{
	char self[200];
	ssize_t n = readlink(SELF, self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	snprintf(worker, sizeof(worker), "%s/worker-%s", dir, name);
	if (symlink(self, worker))
		cr_assert_eq(errno, EEXIST);
	return worker;
}

static void begin(void)
{
	init();
	snprintf(said, sizeof(said), "%s/said", dir);
	interrupt_install();
}

static void end(void)
{
	static const char *const others[] = { "5-6", "4-6", "crash", "hang", "shrink", "none" };

	for (size_t i = 0; i < NR_OLD; i++)
		unlink(named(old_workers[i].name));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		unlink(named(others[i]));
	unlink(said);
	fini();
}

TestSuite(controller_versions, .init = begin, .fini = end, .timeout = 120);

static struct wire reply;

static void call(struct client *c, enum wire_cmd cmd, uint32_t arm, uint64_t iterations)
{
	const struct client_request request = { .cmd = cmd, .arm = arm, .iterations = iterations };
	char err[300] = "";

	memset(&reply, 0xee, sizeof(reply));
	cr_assert_eq(client_call(c, &request, 60 * S, &reply, err, sizeof(err)), 0, "%s", err);
}

Test(controller_versions, an_answer_of_an_old_worker_is_put_into_todays_picture)
{
	struct client c;
	char err[300] = "";

	for (size_t i = 0; i < NR_OLD; i++) {
		const struct old_worker *o = &old_workers[i];

		cr_assert_eq(client_start(&c, named(o->name), 0, err, sizeof(err)), 0, "%s: %s",
			     o->name, err);
		call(&c, WIRE_SETUP, 1, 0);
		cr_expect_eq(reply.status, WIRE_OK);
		call(&c, WIRE_RUN, 1, 123);
		cr_expect_eq(reply.answered, 2, "%s", o->name);
		cr_expect_eq(reply.call, 2);
		cr_expect_eq(reply.spoken, o->version, "%s", o->name);
		cr_expect_eq(reply.cmd, WIRE_RUN);
		cr_expect_eq(reply.arm, 1);
		cr_expect_eq(reply.iterations, 123);
		cr_expect_eq(reply.status, WIRE_OK);
		cr_expect_eq(reply.changed, o->version == 3 ? 2 : 0, "%s", o->name);
		cr_expect_eq(reply.registry_addr, REGISTRY);
		cr_expect(reply.start_ns <= reply.end_ns && reply.start_ns > 0);
		cr_expect_eq(reply.cpu_ns, 1);
		cr_expect_eq(reply.nvcsw, 2);
		cr_expect_eq(reply.nivcsw, 3);
		cr_expect_eq(reply.minflt, 4);
		cr_expect_eq(reply.nr_impossible, o->impossible ? 7 : 0, "%s", o->name);
		cr_expect_str_eq(reply.message, "0");
		cr_expect_eq(reply.nr_counters, 1);
		cr_expect_str_eq(reply.counter[0].name, "ops");
		cr_expect_eq(reply.counter[0].value, 2.5);
		cr_expect_eq(reply.hist.count, 1);
		cr_expect_eq(reply.hist.max, 1000);
		cr_expect(hist_is_consistent(&reply.hist));
		call(&c, WIRE_SETUP, 2, 0);
		cr_expect_eq(reply.status, WIRE_FAILED);
		client_quit(&c);
		expect_no_child();
	}
}

/* stderr goes to said from here to the end of the test. */
static void listen(void)
{
	int fd = open(said, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);

	fflush(stderr);
	cr_assert(fd >= 0 && dup2(fd, STDERR_FILENO) >= 0);
	close(fd);
}

static const char *heard(void)
{
	static char text[4096];
	int fd = open(said, O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

Test(controller_versions, suites_of_all_versions_are_listed_and_measured)
{
	struct measure_opts o = { .time_ns = 20 * MS, .patience_ns = 60 * S, .seed = 1 };
	char *argv[] = { "test" }, err[300] = "";
	struct run_summary sum;
	struct suite suite;

	listen();
	for (size_t i = 0; i < NR_OLD; i++) {
		const char *options = old_workers[i].options;

		unlink(path);
		o.path = named(old_workers[i].name);
		cr_assert_eq(suite_list(&suite, o.path, err, sizeof(err)), 0, "%s", err);
		cr_expect_eq(suite.question[0].manual, strstr(options, "manual") != NULL);
		cr_expect_eq(suite.question[0].batch, strstr(options, "batch") ? 4 : 1);
		cr_assert_eq(record_create(&o.out, path, err, sizeof(err)), 0, "%s", err);
		record_write_header(o.out, &(struct record_header){ .tool = "bench" }, 1, argv);
		cr_assert_eq(run_questions(&suite, &o, &sum, err, sizeof(err)), 0, "%s", err);
		cr_assert_eq(record_close(o.out), 0);
		suite_free(&suite);
		cr_expect_eq(sum.done, 1, "%s: %s", old_workers[i].name, heard());
		cr_expect(count("instance", "q") >= MIN_INSTANCES);
	}
	cr_expect_null(strstr(heard(), "different builds"), "%s", heard());
	expect_no_child();
}

static off_t nr_starts(const char *file)
{
	struct stat sb;

	return stat(file, &sb) ? 0 : sb.st_size;
}

Test(controller_versions, a_file_is_asked_once_for_its_version)
{
	char err[300] = "", starts[96];
	struct client c;

	snprintf(starts, sizeof(starts), "%s/starts", dir);
	setenv("KT_TEST_STARTS", starts, 1);
	cr_assert_eq(client_agree(named("2"), err, sizeof(err)), 0, "%s", err);
	cr_expect_eq(nr_starts(starts), 3, "versions 4, 3, 2");
	for (int i = 1; i < 3; i++) {
		cr_assert_eq(client_start(&c, worker, 0, err, sizeof(err)), 0, "%s", err);
		call(&c, WIRE_SETUP, 0, 0);
		client_quit(&c);
		cr_expect_eq(nr_starts(starts), 3 + i);
	}
	unlink(starts);
}

Test(controller_versions, a_worker_of_versions_to_come_speaks_the_highest_that_both_do)
{
	char err[300] = "";
	struct client c;

	cr_assert_eq(client_start(&c, named("4-6"), 0, err, sizeof(err)), 0, "%s", err);
	call(&c, WIRE_SETUP, 1, 0);
	cr_expect_str_eq(reply.message, "version 4");
	client_quit(&c);
}

static void expect_refused(const char *name, const char *why)
{
	char err[300] = "";
	struct client c;

	listen();
	cr_expect_eq(client_start(&c, named(name), 0, err, sizeof(err)), -EPROTO);
	cr_expect(strstr(err, why), "%s", err);
	cr_expect(!strncmp(err, worker, strlen(worker)), "%s", err);
	cr_expect_str_eq(heard(), "");
	client_stop(&c);
	expect_no_child();
}

Test(controller_versions, without_a_common_version_both_ranges_are_said)
{
	expect_refused("5-6",
		       " speaks versions 5 to 6 of the protocol with kt, and this kt 1 to 4");
}

Test(controller_versions, a_worker_that_refuses_all_is_said_to)
{
	expect_refused("none",
		       " speaks none of the versions of the protocol with kt that this kt speaks "
		       "(1 to 4)");
}

Test(controller_versions, a_worker_cannot_cut_the_page_short)
{
	char err[300] = "";
	struct client c;

	/* It exits with 2 when it cannot, and is then taken for one that refuses all. */
	cr_expect_eq(client_start(&c, named("shrink"), 0, err, sizeof(err)), -EPROTO, "%s", err);
	client_stop(&c);
}

Test(controller_versions, one_that_ends_or_cannot_be_run_is_reported_as_that)
{
	const struct client_request request = { .cmd = WIRE_SETUP };
	char err[300] = "";
	struct client c;

	cr_assert_eq(client_start(&c, named("crash"), 0, err, sizeof(err)), 0, "%s", err);
	cr_expect_eq(client_call(&c, &request, 60 * S, &reply, err, sizeof(err)), -EPIPE);
	cr_expect(strstr(err, "signal 9"), "%s", err);
	client_stop(&c);
	cr_expect_eq(client_start(&c, "/nowhere/suite", 0, err, sizeof(err)), -ENOENT);
	cr_expect(strstr(err, "cannot run /nowhere/suite"), "%s", err);
	client_stop(&c);
	expect_no_child();
}

Test(controller_versions, an_interrupt_ends_the_asking)
{
	char err[300] = "";
	struct client c;

	raise(SIGINT);
	cr_expect_eq(client_start(&c, named("hang"), 0, err, sizeof(err)), -EINTR);
	client_stop(&c);
	expect_no_child();
}

Test(controller_versions, the_environment_grows_by_a_variable)
{
	char err[300] = "";
	struct client c;

	setenv("KT_BENCH_PADDING", "of an outer run", 1);
	cr_assert_eq(client_start(&c, named("3"), 3000, err, sizeof(err)), 0, "%s", err);
	call(&c, WIRE_SETUP, 0, 0);
	cr_expect_str_eq(reply.message, "3000");
	client_quit(&c);
	cr_expect_eq(client_start(&c, worker, 10 << 20, err, sizeof(err)), -E2BIG);
	client_stop(&c);
	expect_no_child();
}

/* ---- a worker of this build and other controllers -------------------------------------------- */

/* Run this build's worker with a page of @size bytes; returns its wait status, or -1: it waits. */
static int drive(struct wire *w, size_t size, const char **words)
{
	char option[32], *argv[] = { SELF, option, NULL };
	int fd = memfd_create("page", 0), status = -1;
	struct wire *page;
	uint64_t deadline;
	pid_t pid;

	cr_assert(fd >= 0 && !ftruncate(fd, (off_t)size));
	page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	cr_assert_neq(page, MAP_FAILED);
	memcpy(page, w, size < sizeof(*w) ? size : sizeof(*w));
	page->turn = WIRE_WORKER;
	snprintf(option, sizeof(option), "--bench-wire=%d", fd);
	listen();
	pid = fork();
	if (!pid) {
		execv(argv[0], argv);
		_exit(127);
	}
	deadline = now_ns() + 60 * S;
	while (waitpid(pid, &status, WNOHANG) == 0 && now_ns() < deadline) {
		if (__atomic_load_n(&page->turn, __ATOMIC_ACQUIRE) == WIRE_CONTROLLER) {
			status = -1;
			break;
		}
		usleep(1000);
	}
	if (status == -1) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	memcpy(w, page, size < sizeof(*w) ? size : sizeof(*w));
	munmap(page, size);
	close(fd);
	*words = heard();
	return status;
}

static struct wire page_of(uint32_t oldest, uint32_t newest)
{
	return (struct wire){ .magic = WIRE_MAGIC,
			      .version = newest,
			      .size = 40000,
			      .oldest = oldest,
			      .cmd = WIRE_SETUP,
			      .arm = 1,
			      .call = 9 };
}

Test(controller_versions, a_worker_obeys_controllers_to_come)
{
	static struct wire w;
	const char *words;

	w = page_of(4, 7);
	cr_expect_eq(drive(&w, WIRE_ROOM, &words), -1, "%s", words);
	cr_expect_eq(w.spoken, 4);
	cr_expect_eq(w.worker_oldest, 4);
	cr_expect_eq(w.worker_newest, 4);
	cr_expect_eq(w.answered, 9);
	cr_expect_eq(w.status, WIRE_OK, "%s", w.message);
}

Test(controller_versions, and_says_which_versions_it_speaks_when_none_is_theirs)
{
	static struct wire w;
	const char *words;
	int status;

	w = page_of(5, 7);
	status = drive(&w, WIRE_ROOM, &words);
	cr_expect(status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 2);
	cr_expect_eq(w.worker_newest, 4);
	cr_expect_eq(w.spoken, 0);
	cr_expect(strstr(words, "too old for this `kt` (5 to 7)"), "%s", words);
}

Test(controller_versions, and_refuses_controllers_of_before)
{
	static struct wire w;
	const char *words;
	int status;

	w = page_of(0, 3);
	w.size = 35576;
	status = drive(&w, 35576, &words);
	cr_expect(status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 2);
	cr_expect(strstr(words, "speaks version 3 "), "%s", words);
	w = page_of(4, 4);
	status = drive(&w, 8192, &words);
	cr_expect(status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 2);
	cr_expect(strstr(words, "is not a page shared by"), "%s", words);
}
