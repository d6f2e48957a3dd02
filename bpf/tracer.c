// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/tracer.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bpf/episodes.h"
#include "bpf/events.h"
#include "bpf/pidns.h"
#include "bpf/topology.h"
#include "bpf/tracer_impl.h"
#include "bpf/wakes.h"

/* ---- what the kernel lets us do -------------------------------------------------------------- */

int tracer_permitted(char *err, size_t errlen)
{
	/* The least of what every kind does: load a tp_btf program. Nothing is attached. */
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_RAW_TP);
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd, id;

	error_log_start();
	id = libbpf_find_vmlinux_btf_id("sched_switch", BPF_TRACE_RAW_TP);
	if (id < 0)
		return error_explain(err, errlen, id, "read the kernel's types");
	opts.attach_btf_id = id;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "kt_permitted", "GPL", insns, 2, &opts);
	if (fd < 0)
		return error_explain(err, errlen, -errno, "load a BPF program");
	close(fd);
	return 0;
}

/* ---- life ------------------------------------------------------------------------------------ */

/* Before 5.11 BPF memory is charged to this limit; where it may not be raised it is not needed. */
static void raise_memlock(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &all);
}

static int copy_opts(struct tracer *t, const struct tracer_opts *o)
{
	int ret;

	t->opts = *o;
	t->opts.command = o->command ? strdup(o->command) : NULL;
	ret = filter_copy(&t->opts.filter, &o->filter);
	return o->command && !t->opts.command ? -ENOMEM : ret;
}

static int fill_settings(struct tracer *t, char *err, size_t errlen)
{
	const struct tracer_opts *o = &t->opts;
	struct tracer_settings *s = t->settings;
	uint32_t id;

	if (!pidns_to_global(getpid(), &id))
		s->self_tgid = id;
	/* Arms exist only in processes that were added. */
	s->by_process = t->by_process =
		o->filter.nr_tgids || o->filter.nr_tids || o->group == TRACER_GROUP_ARM;
	t->follows = t->by_process || (t->ops->stamps && !o->kthreads);
	s->follow = o->follow_children;
	s->kthreads = o->kthreads;
	s->group = o->group;
	s->by = o->by;
	s->switch_has_state = feature_tracepoint_args("sched_switch") >= 4;
	return filter_settings(t, err, errlen);
}

static const char *const follow_programs[] = { "on_process_fork", "on_process_exec",
					       "on_process_free" };
#define NR_FOLLOW (sizeof(follow_programs) / sizeof(follow_programs[0]))

/* An object whose subjects belong to no process has none of them. */
static void autoload(struct tracer *t, const char *program, bool on)
{
	struct bpf_program *p = bpf_object__find_program_by_name(t->obj, program);

	if (p)
		bpf_program__set_autoload(p, on);
}

static void autoload_follow(struct tracer *t)
{
	for (size_t i = 0; i < NR_FOLLOW; i++)
		autoload(t, follow_programs[i], t->follows);
	autoload(t, "seed_children", t->opts.follow_children);
}

static int open_skeleton(struct tracer *t, char *err, size_t errlen)
{
	int ret;

	error_log_start();
	ret = t->ops->skeleton->open(t);
	if (ret)
		return error_explain(err, errlen, ret, "open the %s tracer", t->ops->about.name);
	return 0;
}

static int load(struct tracer *t, char *err, size_t errlen)
{
	int ret = slab_size(t);
	char lacks[256];

	ret = ret ?: bands_size(t);
	ret = ret ?: matrix_size(t);
	if (ret)
		return error_explain(err, errlen, ret, "size the histograms");
	ret = filter_sizes(t);
	if (ret)
		return error_explain(err, errlen, ret, "size the filters");
	autoload_follow(t);
	ret = attach_usdt_prepare(t);
	if (ret)
		return error_explain(err, errlen, ret, "prepare the probes");
	error_log_start();
	ret = t->ops->skeleton->load(t);
	t->settings = NULL; /* read-only from here on */
	if (ret && features_missing(t->ops->about.needs, lacks, sizeof(lacks)))
		return error_say(err, errlen, -ENOTSUP,
				 "cannot load the %s tracer: this kernel has no %s",
				 t->ops->about.name, lacks);
	if (ret)
		return error_explain(err, errlen, ret, "load the %s tracer", t->ops->about.name);
	ret = bands_map(t) ?: matrix_map(t);
	if (ret)
		return error_explain(err, errlen, ret, "map the histograms");
	return slab_map(t, err, errlen);
}

int tracer_open(struct tracer **out, const struct tracer_opts *o, char *err, size_t errlen)
{
	struct tracer *t;
	int ret;

	ret = tracer_permitted(err, errlen);
	if (ret)
		return ret;
	if (!tracer_kind_ops(o->kind))
		return error_say(err, errlen, -EINVAL, "unknown kind of tracer");
	t = calloc(1, sizeof(*t));
	if (!t || copy_opts(t, o)) {
		tracer_close(t);
		return error_say(err, errlen, -ENOMEM, "out of memory");
	}
	raise_memlock();
	t->stats_fd = -1;
	t->nr_cpus = topology_cpus("/sys/devices/system");
	t->ops = tracer_kind_ops(o->kind);
	ret = filter_check(t, err, errlen);
	ret = ret ?: open_skeleton(t, err, errlen);
	ret = ret ?: t->ops->open(t, err, errlen);
	ret = ret ?: fill_settings(t, err, errlen);
	ret = ret ?: events_open(t, err, errlen);
	ret = ret ?: episodes_open(t, err, errlen);
	ret = ret ?: load(t, err, errlen);
	ret = ret ?: events_begin(t, err, errlen);
	ret = ret ?: episodes_begin(t, err, errlen);
	ret = ret ?: filter_seed(t, err, errlen);
	if (ret) {
		tracer_close(t);
		return ret;
	}
	slab_start(t);
	*out = t;
	return 0;
}

int tracer_add_process(struct tracer *t, pid_t tgid, uint64_t registry_addr)
{
	return process_add(t, tgid, registry_addr);
}

int tracer_attach(struct tracer *t, char *err, size_t errlen)
{
	int ret = 0;
	size_t i;

	if (t->attached)
		return 0;
	t->lacks[0] = 0;
	for (i = 0; !ret && t->follows && i < NR_FOLLOW; i++)
		if (bpf_object__find_program_by_name(t->obj, follow_programs[i]))
			ret = attach_program(t, follow_programs[i], err, errlen);
	if (!ret && t->opts.follow_children)
		ret = process_seed_children(t, err, errlen);
	ret = ret ?: t->ops->attach(t, err, errlen);
	if (!ret) {
		t->attached = true;
		ret = process_look_all(t, err, errlen);
	}
	if (ret)
		tracer_detach(t);
	return ret;
}

void tracer_detach(struct tracer *t)
{
	tracer_enable(t, false);
	attach_undo(t);
	if (t->ops->detach)
		t->ops->detach(t);
	t->attached = false;
	process_forget_looks(t);
}

const char *tracer_lacks(const struct tracer *t)
{
	return t->lacks;
}

void tracer_enable(struct tracer *t, bool on)
{
	if (t->enabled == on)
		return;
	t->enabled = on;
	t->quiet = false;
	/*
	 * A new session voids what tasks remember: stamps of before the pause must not meet later
	 * ones.
	 */
	if (on) {
		t->control->enabled_ns = slab_clock_ns();
		__atomic_add_fetch(&t->control->session, 1, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&t->control->enabled, on, __ATOMIC_RELEASE);
}

static int poll_rings(struct tracer *t)
{
	return events_poll(t) ?: episodes_poll(t);
}

int tracer_poll(struct tracer *t)
{
	int ret = process_poll(t);

	ret = poll_rings(t) ?: ret;
	if (t->ops->poll)
		ret = t->ops->poll(t) ?: ret;
	return ret;
}

void tracer_on_event(struct tracer *t, tracer_each_event *each, void *arg)
{
	t->on_event = each;
	t->on_event_arg = arg;
}

int tracer_read(struct tracer *t, struct tracer_snapshot **s)
{
	int ret = slab_quiet(t);

	/* What programs that were still at work have counted as streamed is in the ring by now. */
	if (!ret && !t->enabled)
		ret = poll_rings(t);
	ret = ret ?: slab_read(t, s);
	if (ret)
		return ret;
	ret = events_hand_worst(t);
	if (ret)
		slab_snapshot_free(*s);
	return ret;
}

void tracer_snapshot_free(struct tracer_snapshot *s)
{
	slab_snapshot_free(s);
}

void tracer_close(struct tracer *t)
{
	if (!t)
		return;
	if (t->control)
		tracer_detach(t);
	events_close(t);
	episodes_close(t);
	bands_close(t);
	matrix_close(t);
	slab_free(t);
	process_free(t);
	if (t->skel)
		t->ops->skeleton->destroy(t);
	if (t->kind)
		t->ops->close(t);
	if (t->stats_fd >= 0)
		close(t->stats_fd);
	free(t->link);
	free(t->spec);
	filter_unload(t);
	free((char *)t->opts.command);
	free(t);
}
