# The tracers. An object that includes a skeleton has it as a prerequisite.
tracer_sources := bpf/tracer.c bpf/slab.c bpf/process.c bpf/error.c bpf/glob.c bpf/pidns.c \
	bpf/wakeup.c
$B/bpf/pidns.o: $B/bpf/pidns.skel.h
$B/bpf/wakeup.o: $B/bpf/wakeup.skel.h
tracer_sources += bpf/targets.c bpf/maps.c bpf/symbols.c
tracer_sources += bpf/cmd_doctor.c bpf/doctor.c bpf/features.c
tracer_sources += bpf/cmd_trace.c bpf/trace_run.c bpf/trace_command.c bpf/snapshot.c
tracer_sources += bpf/usdt_files.c bpf/subject_func.c bpf/work.c bpf/stop.c bpf/park.c
$B/bpf/work.o: $B/bpf/work.skel.h
$B/bpf/stop.o: $B/bpf/stop.skel.h
$B/bpf/park.o: $B/bpf/park.skel.h

$(eval $(call archive,bpf/libtracer.a,$(tracer_sources)))
