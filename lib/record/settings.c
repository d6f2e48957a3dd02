// SPDX-License-Identifier: GPL-2.0-only
#include "lib/record/settings.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/record/input.h"
#include "lib/record/record.h"
#include "lib/record/shown.h"

/* ---- how the kernel was built ---------------------------------------------------------------- */

/* Without "CONFIG_". The last ones make a kernel check itself, which costs more than all others. */
static const char *const options[] = {
	"HZ",
	"HZ_PERIODIC",
	"NO_HZ_IDLE",
	"NO_HZ_FULL",
	"HIGH_RES_TIMERS",
	"PREEMPT",
	"PREEMPT_NONE",
	"PREEMPT_VOLUNTARY",
	"PREEMPT_LAZY",
	"PREEMPT_DYNAMIC",
	"PREEMPT_RT",
	"SCHED_AUTOGROUP",
	"SCHED_CLASS_EXT",
	"SCHED_CORE",
	"SCHED_MC",
	"SCHED_SMT",
	"CFS_BANDWIDTH",
	"RT_GROUP_SCHED",
	"IRQ_TIME_ACCOUNTING",
	"VIRT_CPU_ACCOUNTING_GEN",
	"PARAVIRT_SPINLOCKS",
	"DEBUG_PREEMPT",
	"KASAN",
	"KCSAN",
	"KMSAN",
	"PROVE_LOCKING",
};

static bool is_wanted(const char *option)
{
	size_t n = strcspn(option, "=");

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strlen(options[i]) == n && !strncmp(options[i], option, n))
			return true;
	return false;
}

/* "CONFIG_HZ=250" */
static void take_option(json_t *config, const char *line)
{
	if (!strncmp(line, "CONFIG_", 7) && strchr(line, '=') && is_wanted(line + 7))
		json_array_append_new(config, record_string(line + 7));
}

static json_t *read_config(struct input *in, uint64_t *hash)
{
	json_t *config = json_array();
	char chunk[4096], line[256];
	size_t length = 0;
	ssize_t n;

	while ((n = input_read(in, chunk, sizeof(chunk))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			*hash = (*hash ^ (unsigned char)chunk[i]) * 0x100000001b3ULL;
			if (chunk[i] != '\n') {
				/* What does not fit is not one of ours. */
				if (length < sizeof(line) - 1)
					line[length++] = chunk[i];
				continue;
			}
			line[length] = '\0';
			take_option(config, line);
			length = 0;
		}
	}
	return config;
}

json_t *settings_config(const char *release, json_t **hash)
{
	char path[2][128], buffer[SHOWN_PATH];
	uint64_t h = 0xcbf29ce484222325ULL;
	json_t *config = NULL;
	struct input *in;

	snprintf(path[0], sizeof(path[0]), "/proc/config.gz");
	snprintf(path[1], sizeof(path[1]), "/boot/config-%.100s", release);
	for (int i = 0; !config && i < 2; i++) {
		if (input_open(&in, shown_path(path[i], buffer)))
			continue;
		config = read_config(in, &h);
		input_close(in);
	}
	*hash = config ? json_sprintf("%016llx", (unsigned long long)h) : json_null();
	return config ? config : json_null();
}

/* ---- how it is set --------------------------------------------------------------------------- */

static const struct setting {
	const char *name, *path;
} settings[] = {
	{ "numa_balancing", "/proc/sys/kernel/numa_balancing" },
	{ "nmi_watchdog", "/proc/sys/kernel/nmi_watchdog" },
	{ "autogroup", "/proc/sys/kernel/sched_autogroup_enabled" },
	{ "rt_runtime_us", "/proc/sys/kernel/sched_rt_runtime_us" },
	{ "timer_migration", "/proc/sys/kernel/timer_migration" },
	{ "ksm", "/sys/kernel/mm/ksm/run" },
	{ "sched_ext", "/sys/kernel/sched_ext/state" },
};

json_t *settings_json(void)
{
	json_t *all = json_object();

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		json_object_set_new(all, settings[i].name, shown_text(settings[i].path));
	return all;
}

/* ---- idle states, heat ----------------------------------------------------------------------- */

void settings_idle_states(json_t **names, json_t **latency_us)
{
	char dir[96], path[128], name[64];
	long long us, off, most = 0;

	*names = NULL;
	for (int i = 0; i < 64; i++) {
		snprintf(dir, sizeof(dir), CPU_DIR "cpu0/cpuidle/state%d", i);
		if (!shown_exists(dir))
			break;
		if (!*names)
			*names = json_array();
		snprintf(path, sizeof(path), "%s/disable", dir);
		if (shown_number(path, &off) && off)
			continue;
		snprintf(path, sizeof(path), "%s/name", dir);
		if (shown_line(path, name, sizeof(name)))
			json_array_append_new(*names, record_string(name));
		snprintf(path, sizeof(path), "%s/latency", dir);
		if (shown_number(path, &us) && us > most)
			most = us;
	}
	*latency_us = *names ? json_integer(most) : json_null();
	if (!*names)
		*names = json_null();
}

static void add_count(const char *path, void *arg)
{
	long long *sum = arg, n;

	if (shown_number(path, &n))
		*sum += n;
}

json_t *settings_throttled(void)
{
	long long sum = 0;

	/* A package counts once for each of its CPUs; more than zero is what is asked for. */
	return shown_each(CPU_DIR "cpu[0-9]*/thermal_throttle/*_throttle_count", add_count, &sum)
		       ? json_integer(sum)
		       : json_null();
}
