/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_SETTINGS_H
#define KT_RECORD_SETTINGS_H
/*
 * Parts of an environment: how the kernel was built and is set as far as that changes timing, and
 * what watches it. For lib/record only.
 */
#include <jansson.h>

/*
 * settings_config - ["HZ=250", ...] of the kernel's own configuration, and *@hash of all of it; both
 * null where the kernel does not show it
 */
json_t *settings_config(const char *release, json_t **hash);

/* settings_json - of /proc/sys and /sys, each null where it is not shown */
json_t *settings_json(void);

/*
 * settings_idle_states - of the first CPU the names of those that are switched on, the deepest last, and
 * how long it takes to leave the slowest; both null where none are shown
 */
void settings_idle_states(json_t **names, json_t **latency_us);

/* settings_throttled - how often a CPU got too hot and was slowed down since it booted, or null */
json_t *settings_throttled(void);
#endif
