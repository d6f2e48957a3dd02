# The tracers. An object NAME.bpf.c has a loader NAME.c, which includes its skeleton; the kinds are such pairs.
bpf_objects := $(patsubst %.bpf.c,%,$(wildcard bpf/*.bpf.c))
tracer_sources := $(filter-out %.bpf.c,$(wildcard bpf/*.c))
$(foreach o,$(bpf_objects),$(eval $B/$o.o: $B/$o.skel.h))

$(eval $(call archive,bpf/libtracer.a,$(tracer_sources)))
