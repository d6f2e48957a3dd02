$(eval $(call archive,lib/libkeventd.a,lib/keventd/keventd.c))
