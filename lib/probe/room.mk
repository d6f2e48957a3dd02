$(eval $(call archive,lib/libprobe.a,lib/probe/slot.c))
