$(eval $(call archive,lib/libprobe.a,lib/probe/slot.c lib/probe/probes.c))
