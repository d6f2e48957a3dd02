# The tracers. An object that includes a skeleton has it as a prerequisite.
tracer_sources :=
tracer_sources += bpf/targets.c bpf/maps.c bpf/symbols.c
tracer_sources += bpf/cmd_doctor.c bpf/doctor.c

$(eval $(call archive,bpf/libtracer.a,$(tracer_sources)))
