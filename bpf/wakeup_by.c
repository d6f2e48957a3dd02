// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/wakeup_by.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/percpu.h"
#include "bpf/topology.h"
#include "bpf/wakeup_shared.h"

static bool is_by(const struct tracer *t, enum tracer_by by)
{
	return t->opts.group == TRACER_GROUP_SUBJECT && t->opts.by == by;
}

int wakeup_by_open(struct tracer *t, char *err, size_t errlen)
{
	struct bpf_map *near = bpf_object__find_map_by_name(t->obj, "near");
	int ret;

	/* Where it is not known the idle task alone stands for interrupts. */
	if (is_by(t, TRACER_BY_WAKER))
		percpu_preempt_count(&t->settings->events.preempt_count);
	if (is_by(t, TRACER_BY_CGROUP) && !t->opts.filter.nr_cgroups) {
		ret = cgroup_of_scheduler(&t->hierarchy, err, errlen);
		if (ret)
			return ret;
	}
	if (!is_by(t, TRACER_BY_PLACEMENT))
		return 0;
	ret = bpf_map__set_max_entries(near, t->nr_cpus);
	return ret ? error_explain(err, errlen, ret, "size the map of CPUs") : 0;
}

int wakeup_by_begin(struct tracer *t, char *err, size_t errlen)
{
	for (uint32_t cpu = 0; is_by(t, TRACER_BY_PLACEMENT) && cpu < t->nr_cpus; cpu++) {
		struct topology_near at = topology_of("/sys/devices/system", cpu);
		struct wakeup_near near = { .cache = at.cache, .node = at.node };

		if (bpf_map_update_elem(tracer_map_fd(t, "near"), &cpu, &near, BPF_ANY))
			return error_explain(err, errlen, -errno, "set the places of CPUs");
	}
	return 0;
}

/* ---- cgroups --------------------------------------------------------------------------------- */

/* The path of the cgroup that subject @s is; NULL: no memory. One that is gone keeps its own name. */
static const char *cgroup_learn(struct tracer *t, struct wakeup_by *b,
				const struct tracer_subject *s)
{
	char path[PATH_MAX];

	if (!b->cgroup) {
		b->cgroup = calloc(t->nr_groups, sizeof(*b->cgroup));
		b->nr_groups = b->cgroup ? t->nr_groups : 0;
	}
	if (s->group >= b->nr_groups)
		return NULL;
	if (b->cgroup[s->group])
		return b->cgroup[s->group];
	if (cgroup_path(&t->hierarchy, s->key[0], path, sizeof(path)))
		snprintf(path, sizeof(path), ".../%.*s", TRACER_NAME_LEN, s->name);
	b->cgroup[s->group] = strdup(path);
	return b->cgroup[s->group];
}

int wakeup_by_poll(struct tracer *t, struct wakeup_by *b)
{
	int fd = tracer_map_fd(t, "subjects");

	if (!is_by(t, TRACER_BY_CGROUP))
		return 0;
	for (; b->nr_looked_at < tracer_nr_subjects(t); b->nr_looked_at++) {
		struct tracer_subject s;

		if (!bpf_map_lookup_elem(fd, &b->nr_looked_at, &s) && s.key[1] &&
		    !cgroup_learn(t, b, &s))
			return -ENOMEM;
	}
	return 0;
}

/* What does not fit loses its beginning: the end tells cgroups apart. */
static void copy_end(char *to, size_t size, const char *from)
{
	size_t len = strlen(from);

	if (len < size)
		snprintf(to, size, "%s", from);
	else
		snprintf(to, size, "...%s", from + len - (size - sizeof("...")));
}

/* ---- names ----------------------------------------------------------------------------------- */

static const char *placement_name(uint64_t number)
{
#define PLACEMENT_NAME(constant, name) [PLACEMENT_##constant] = name,
	static const char *const names[NR_PLACEMENTS] = { WAKEUP_PLACEMENTS(PLACEMENT_NAME) };

	return number && number < NR_PLACEMENTS ? names[number] : names[PLACEMENT_UNKNOWN];
}

void wakeup_by_name(struct tracer *t, struct wakeup_by *b, const struct tracer_subject *s,
		    char *name, size_t size)
{
	const char *cgroup;

	switch (t->opts.by) {
	case TRACER_BY_CPU:
		snprintf(name, size, "CPU %llu", (unsigned long long)s->key[0] - 1);
		break;
	case TRACER_BY_PLACEMENT:
		snprintf(name, size, "%s", placement_name(s->key[0]));
		break;
	case TRACER_BY_CGROUP:
		cgroup = cgroup_learn(t, b, s);
		copy_end(name, size, cgroup ?: s->name);
		break;
	case TRACER_BY_THREAD:
		snprintf(name, size, "%.*s-%u", TRACER_NAME_LEN, s->name, s->tid);
		break;
	default:
		snprintf(name, size, "%.*s", TRACER_NAME_LEN, s->name);
		break;
	}
}

void wakeup_by_free(struct wakeup_by *b)
{
	for (uint32_t i = 0; i < b->nr_groups; i++)
		free(b->cgroup[i]);
	free(b->cgroup);
	memset(b, 0, sizeof(*b));
}
