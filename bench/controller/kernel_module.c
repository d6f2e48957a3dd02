// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/kernel_module.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/measure/hist.h"
#include "lib/probe/slot.h"
#include "lib/record/types.h"

#define NR_OPERATIONS 2000
#define HIST_K	      7 /* as of the other arms */

static const struct {
	const char *question, *operation, *metric;
} known[] = {
	{ "create_stop", "create_stop", "end_to_end" },
	{ "park/cpu=same", "park same", "end_to_end" },
	{ "park/cpu=cross", "park cross", "end_to_end" },
	{ "work_queue/worker=idle/cpu=same", "queue same", "delay_idle" },
	{ "work_queue/worker=idle/cpu=cross", "queue cross", "delay_idle" },
};

static int find(const char *question)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i].question, question))
			return (int)i;
	return -1;
}

bool kernel_module_command(const char *question, unsigned int nr, char *text, size_t size)
{
	int i = find(question);

	if (i >= 0)
		snprintf(text, size, "%s %u", known[i].operation, nr);
	return i >= 0;
}

bool kernel_module_loaded(void)
{
	return !access(KERNEL_MODULE_FILE, F_OK);
}

/* Return: 0 or -errno */
static int measure(int fd, const char *command, struct hist *h)
{
	uint64_t ns[512];
	ssize_t n;

	if (write(fd, command, strlen(command)) < 0)
		return -errno;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	while ((n = read(fd, ns, sizeof(ns))) > 0)
		for (size_t i = 0; i < (size_t)n / sizeof(ns[0]); i++)
			hist_add(h, ns[i]);
	return n < 0 ? -errno : 0;
}

int kernel_module_measure(struct record_writer *w, const char *question, char *err, size_t errlen)
{
	struct record_trace t = { .question = question, .subject = "kthread", .nr_metrics = 1 };
	int fd, ret, i = find(question);
	char command[48];
	struct hist h;

	if (!kernel_module_command(question, NR_OPERATIONS, command, sizeof(command)))
		return 0;
	fd = open(KERNEL_MODULE_FILE, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		ret = -errno;
		snprintf(err, errlen, "cannot open " KERNEL_MODULE_FILE ": %s", strerror(-ret));
		return ret;
	}
	hist_init(&h, HIST_K);
	t.metric[0] = (struct record_metric){ known[i].metric, &h };
	t.start_ns = slot_clock_ns();
	ret = measure(fd, command, &h);
	close(fd);
	if (ret) {
		snprintf(err, errlen, "'%s' in the kernel: %s", command,
			 ret == -ENODEV ? "there is only one CPU" : strerror(-ret));
		return ret;
	}
	t.end_ns = slot_clock_ns();
	ret = record_write_trace(w, &t);
	if (ret)
		snprintf(err, errlen, "cannot write the record: %s", strerror(-ret));
	return ret;
}
