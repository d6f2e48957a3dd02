# The contenders. libuv and GLib are optional: found by pkg-config, else arm_missing() names the package.
arms_sources := bench/arms/arms.c bench/arms/thread.c bench/arms/futex.c bench/arms/atomic.c \
	bench/arms/condvar.c bench/arms/eventfd.c bench/arms/pthread.c bench/arms/libkthread.c \
	bench/arms/keventd.c
ARM_LIBS :=
flags_bench/arms/arms :=

ifeq ($(call have,libuv),yes)
arms_sources += bench/arms/libuv.c
flags_bench/arms/arms += -DHAVE_LIBUV
flags_bench/arms/libuv := $(call pkg_cflags,libuv)
ARM_LIBS += $(call pkg_libs,libuv)
endif

ifeq ($(call have,glib-2.0),yes)
arms_sources += bench/arms/glib.c
flags_bench/arms/arms += -DHAVE_GLIB
flags_bench/arms/glib := $(call pkg_cflags,glib-2.0)
ARM_LIBS += $(call pkg_libs,glib-2.0)
endif

$(eval $(call archive,bench/libarms.a,$(arms_sources)))
