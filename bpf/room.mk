# The tracers. An object NAME.bpf.c has a loader NAME.c, which includes its skeleton; the kinds are such pairs.
bpf_objects := $(patsubst %.bpf.c,%,$(wildcard bpf/*.bpf.c))
tracer_sources := bpf/tracer.c bpf/kinds.c $(bpf_objects:%=%.c) bpf/usdt_kind.c bpf/usdt_files.c bpf/subject_func.c \
	bpf/process.c bpf/slab.c bpf/cells.c bpf/settle.c bpf/counts.c bpf/attach.c bpf/attach_usdt.c bpf/usdt_args.c \
	bpf/uprobe_multi.c bpf/features.c bpf/error.c bpf/glob.c bpf/filter.c bpf/filter_load.c bpf/cgroups.c
tracer_sources += bpf/caller.c bpf/privilege.c bpf/tracer_settle.c bpf/events.c bpf/percpu.c bpf/topology.c bpf/wakeup_by.c \
	bpf/refine.c
tracer_sources += bpf/cmd_trace.c bpf/trace_options.c bpf/trace_run.c bpf/trace_command.c bpf/snapshot.c
tracer_sources += bpf/cmd_doctor.c bpf/doctor.c
$(foreach o,$(bpf_objects),$(eval $B/$o.o: $B/$o.skel.h))

$(eval $(call archive,bpf/libtracer.a,$(tracer_sources)))
